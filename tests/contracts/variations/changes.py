"""Changes of price for tests: drafted, approved by a second person, told, and really sent."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from contracts.catalogue.models import Plan
from contracts.variations import services
from contracts.variations.models import PriceChange, Variation
from contracts.variations.services import Draft
from contracts.variations.states import PriceWay
from parties.accounts.models import Provider
from parties.people.models import User
from parties.people.states import StaffRole
from records.notices.models import Notice
from records.notices.states import Status
from tests.contracts.leaving.contracts import Agreement, day
from tests.world import make_staff


def biller(provider: Provider | None = None) -> User:
    return make_staff(StaffRole.BILLING, provider)


def draft(plan: Plan, amount: str, effective_on: str, at: datetime, **facts: Any) -> Variation:
    by = facts.pop("by", None) or biller()
    given = {"way": PriceWay.TO, "says": "Our costs have risen."} | facts
    return services.draft_price_change(
        draft=Draft(plan=plan, amount=Decimal(amount), effective_on=day(effective_on), **given),
        by=by,
        at=at,
    )


def approve(change: Variation, at: datetime) -> Variation:
    """Sent to a second person, who approves."""
    services.ask_for_approval(change=change, by=change.drafted_by, at=at)
    return services.decide_change(change=change, approve=True, by=biller(), at=at)


def send_all(at: datetime) -> None:
    """The mail server takes what waits."""
    Notice.objects.filter(status=Status.QUEUED).update(status=Status.SENT, sent_at=at)


def announce(plan: Plan, amount: str, effective_on: str, at: datetime, **facts: Any) -> Variation:
    """Drafted, approved, told and sent at one moment."""
    change = approve(draft(plan, amount, effective_on, at, **facts), at)
    services.carry_price_changes(at=at)
    send_all(at)
    services.carry_price_changes(at=at)
    change.refresh_from_db()
    return change


def of(one: Agreement, change: Variation) -> PriceChange:
    return PriceChange.objects.select_related(
        "variation__plan", "notice", "service__contract__account__customer__provider"
    ).get(service=one.service, variation=change)


def fees(one: Agreement) -> list[tuple[str, str]]:
    """The service's price per unit, from which day on."""
    rows = one.service.periods.order_by("starts_on")
    found: list[tuple[str, str]] = []
    for row in rows:
        if not found or found[-1][1] != f"{row.unit_fee:.2f}":
            found.append((row.starts_on.isoformat(), f"{row.unit_fee:.2f}"))
    return found
