"""Orders for tests: a customer, staff who write them, and the way to an accepted one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.catalogue.models import Plan
from contracts.catalogue.states import ServiceKind
from contracts.orders import services
from contracts.orders.models import Order, OrderLine
from contracts.orders.services import LineWish
from contracts.orders.states import Outcome
from parties.accounts.selectors import zone_of
from parties.people.models import User
from parties.people.states import StaffRole
from tests.world import World, make_staff, make_world

ZERO = Decimal("0.00")


@dataclass
class Shop:
    """A customer of a provider, and somebody of its staff who writes orders."""

    world: World
    staff: User

    @property
    def holder(self) -> User:
        return self.world.holder

    def at(self, text: str) -> datetime:
        """A moment on the customer's clock: at("2026-12-01 10:00"), or a day's noon."""
        when = datetime.fromisoformat(text if " " in text else f"{text} 12:00")
        return when.replace(tzinfo=zone_of(self.world.account))

    def plan(self, fee: str, kind: ServiceKind, name: str = "", **facts: Any) -> Plan:
        made: Plan = Plan.objects.create(
            provider=self.world.provider,
            code=f"{kind.value}-{Plan.objects.count()}",
            name=name or kind.label,
            kind=kind,
            monthly_fee=Decimal(fee),
            **facts,
        )
        return made

    def draft(self, line: LineWish, when: str, *, deposit: str = "", quotation: str = "") -> Order:
        return services.draft_order(
            account=self.world.account,
            by=self.staff,
            at=self.at(when),
            line=line,
            deposit=Decimal(deposit) if deposit else None,
            quotation=quotation,
        )

    def assess(self, order: Order, when: str) -> None:
        services.check_capacity(
            order=order,
            outcome=Outcome.CAN_PAY,
            reasons="Paid every bill of two years",
            by=self.staff,
            at=self.at(when),
        )

    def offer(self, order: Order, when: str, *, days: int = 30) -> Order:
        until = self.at(when).date() + timedelta(days=days)
        return services.offer_order(order=order, open_until=until, by=self.staff, at=self.at(when))

    def accept(self, order: Order, when: str, **facts: Any) -> Order:
        order.refresh_from_db()
        given = {
            "ticked": [one.pk for one in order.ticks.all()],
            "signed_as": "Mia Conti",
            "total_shown": order.total_inc,
            "by": self.holder,
        } | facts
        return services.accept_order(order=order, at=self.at(when), **given)

    def agreed(self, line: LineWish, offered: str, accepted: str, **facts: Any) -> Order:
        """An order that was assessed, offered and accepted."""
        order = self.draft(line, offered, **facts)
        self.assess(order, offered)
        return self.accept(self.offer(order, offered), accepted)

    def activate(self, line: OrderLine, on: str, *, held: Decimal = ZERO, **facts: Any) -> Any:
        return services.activate_line(
            line=line,
            activated_on=date.fromisoformat(on),
            held=held,
            by=self.staff,
            at=self.at(f"{on} 18:00"),
            **{"identifier": "SVC 1"} | facts,
        )


def open_shop(key: str = "comvergence", **facts: Any) -> Shop:
    """A protected business of a provider, and its team manager."""
    world = make_world(key, **{"state": "VIC"} | facts)
    return Shop(world, make_staff(StaffRole.TEAM_MANAGER))
