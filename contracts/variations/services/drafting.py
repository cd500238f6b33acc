"""Draft a change of price, and work out what it does to each service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from contracts.catalogue.models import Plan
from contracts.catalogue.services import provider_day, require_right
from contracts.supply.models import Service
from contracts.variations.models import Variation
from contracts.variations.states import OPEN, Forced, Hurts, PriceWay
from parties.people.models import User
from terms.calendar import in_words, months_on
from terms.money import ZERO

from .base import VariationRefused
from .prices import PRICES
from .working_out import AT_ONCE, work_out

FURTHEST_MONTHS = 36


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What staff say of a change of price.

    `amount` is the new price per unit and month, or what is added to each (below zero: taken
    off), in dollars in the GST basis of the price. `says` is why, as customers read it.
    `notice_days` with `notice_why` is what the provider chooses where the terms ask for
    reasonable notice; `offers_way_out` lets those leave free whom the terms only allow to be let.
    """

    plan: Plan
    service: Service | None = None
    way: PriceWay
    amount: Decimal
    effective_on: date
    says: str
    hurts: Hurts = Hurts.MATERIAL
    forced_by: Forced | None = None
    supplier_wide: bool = False
    offers_way_out: bool = False
    notice_days: int | None = None
    notice_why: str = ""


def draft_price_change(*, draft: Draft, by: User, at: datetime) -> Variation:
    """Keep a draft and work out whom it touches, from when and with which way out.

    Nobody is told and nothing changes. The same draft made twice is one. Raises NotAuthorised,
    and VariationRefused for a day that is over, a price below zero, or one that changes nothing.
    """
    provider = draft.plan.provider
    require_right(by, provider, PRICES.drafts)
    _require_possible(draft, provider_day(provider, at))
    with transaction.atomic():
        # Two who draft the same at the same moment make one.
        Plan.objects.select_for_update(no_key=True).get(pk=draft.plan.pk)
        same = Variation.objects.filter(
            plan=draft.plan,
            service=draft.service,
            way=draft.way,
            amount=draft.amount,
            effective_on=draft.effective_on,
            state__in=OPEN,
        ).first()
        if same is not None:
            return same
        change = Variation.objects.create(
            provider=provider,
            plan=draft.plan,
            service=draft.service,
            way=draft.way,
            amount=draft.amount,
            effective_on=draft.effective_on,
            hurts=draft.hurts,
            forced_by=draft.forced_by or "",
            supplier_wide=draft.supplier_wide,
            offers_way_out=draft.offers_way_out,
            notice_days=draft.notice_days,
            notice_why=draft.notice_why,
            says=draft.says,
            drafted_by=by,
            drafted_at=at,
        )
    work_out(change, at=at, most=AT_ONCE)
    change.refresh_from_db()
    return change


def _require_possible(draft: Draft, today: date) -> None:
    """Raise VariationRefused for what no customer could be told."""
    if draft.way == PriceWay.TO and draft.amount < ZERO:
        raise VariationRefused("A price is not below $0.00.")
    if draft.way == PriceWay.BY and draft.amount == ZERO:
        raise VariationRefused("Give an amount other than $0.00: nothing would change.")
    is_same = draft.amount == draft.plan.monthly_fee
    if draft.way == PriceWay.TO and draft.service is None and is_same:
        raise VariationRefused("The plan costs that already: nothing would change.")
    if draft.effective_on <= today:
        raise VariationRefused(
            f"A price changes after it was told: choose a day after {in_words(today)}."
        )
    furthest = months_on(today, FURTHEST_MONTHS)
    if draft.effective_on > furthest:
        raise VariationRefused(f"Choose a day up to {in_words(furthest)}.")
    if draft.notice_days is not None and not draft.notice_why.strip():
        raise VariationRefused("Say why so many days' notice are reasonable. It is kept.")
    if draft.service is not None and draft.service.plan_id != draft.plan.pk:
        raise VariationRefused("The service is on another plan by now: draft it anew.")
