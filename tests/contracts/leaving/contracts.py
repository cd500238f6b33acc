"""Contracts for tests about leaving: one service on a contract of its own, as agreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from contracts.agreements.models import Contract
from contracts.agreements.services import note_figure
from contracts.agreements.states import Basis, FigureKind
from contracts.catalogue.models import Plan
from contracts.leaving import selectors as leaving
from contracts.leaving.selectors import Leaving
from contracts.supply.models import Service
from contracts.supply.services import start_supply
from contracts.supply.states import ServiceStatus
from parties.people.models import User
from terms import library
from terms.calendar import State
from tests.world import World, make_staff, make_world


def day(text: str) -> date:
    return date.fromisoformat(text)


@dataclass
class Agreement:
    """One service of one customer, with the staff who note what was agreed for it."""

    world: World
    service: Service
    staff: User

    def at(self, text: str, clock: str = "10:00") -> datetime:
        zone = State(self.world.account.state).zone
        return datetime.fromisoformat(f"{text} {clock}").replace(tzinfo=zone)

    def note(
        self, kind: FigureKind, amount: str, basis: Basis, until: str = "", *, paper: str = "Q1"
    ) -> None:
        note_figure(
            contract=self.service.contract,
            service_id=self.service.pk,
            kind=kind,
            amount=Decimal(amount),
            basis=basis,
            agreed_in=paper,
            by=self.staff,
            at=self.at(self.service.contract.started_on.isoformat()),
            ends_before=day(until) if until else None,
        )

    def fresh(self) -> Service:
        (found,) = leaving.services_to_leave(self.world.account)
        return found

    def leaving(self, today: str, asked: str = "") -> Leaving:
        """What leaving means, asked on a day, for the day asked for or the earliest."""
        on = day(asked) if asked else None
        return leaving.leaving_of(self.fresh(), today=day(today), asked_on=on)


def agree(
    key: str,
    fee: str,
    *,
    since: str,
    signed: str = "",
    months: int | None = None,
    basis: str = "",
    kind: str = "sip_trunk",
    **facts: Any,
) -> Agreement:
    """A service of a provider that runs since a day, for so many dollars a month."""
    world = make_world(key, opened_on=min(day(signed or since), day("2026-01-05")), **facts)
    plan = Plan.objects.create(
        provider=world.provider,
        code=f"plan-{Plan.objects.count()}",
        name="The plan",
        kind=kind,
        monthly_fee=Decimal(fee),
        minimum_months=months,
    )
    contract = Contract.objects.create(
        account=world.account,
        reference=f"K-{Contract.objects.count()}",
        version=library.in_force(key, day(since)),
        started_on=day(signed or since),
        minimum_months=months,
    )
    row = Service.objects.create(
        contract=contract,
        plan=plan,
        label="Office line",
        identifier=f"02 5550 {1000 + Service.objects.count()}",
        status=ServiceStatus.ORDERED,
    )
    made = Agreement(world, row, make_staff())
    made.service = start_supply(
        service=row, activated_on=day(since), price_basis=basis, at=made.at(since)
    )
    return made
