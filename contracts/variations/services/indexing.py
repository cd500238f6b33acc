"""Prices that the terms let rise each year by an index that staff enter, two of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import structlog
from django.db import IntegrityError, transaction

from contracts.catalogue.services import needs_two, require_right
from contracts.variations.models import IndexFigure, Variation
from contracts.variations.selectors import YearlyRise, rises_to_tell
from contracts.variations.states import (
    FIGURE,
    FigureAct,
    FigureState,
    PriceWay,
    VariationState,
)
from parties.accounts.models import Provider
from parties.people.models import User
from terms.calendar import in_words

from .base import VariationRefused
from .prices import PRICES
from .working_out import work_out

log = structlog.get_logger(__name__)
# Nothing outside it was ever published for this country.
LOWEST, HIGHEST = Decimal("-15"), Decimal("30")


def enter_index_figure(
    *,
    provider: Provider,
    period: str,
    percent: Decimal,
    published_on: date,
    source: str,
    by: User,
    at: datetime,
) -> IndexFigure:
    """Keep by how many per cent the consumer price index rose; it counts once it is confirmed.

    A provider with one member of staff needs no second person. The same figure entered twice is
    one. Raises NotAuthorised, and VariationRefused for a figure that can't be, a day still to
    come, or another figure for the same period.
    """
    require_right(by, provider, PRICES.drafts)
    if not LOWEST <= percent <= HIGHEST:
        raise VariationRefused(f"Give per cent between {LOWEST} and {HIGHEST}: 3.1")
    if published_on > at.date():
        raise VariationRefused("It is published on a day that has come: check the day.")
    same = IndexFigure.objects.filter(provider=provider, period=period)
    known = same.exclude(state=FigureState.REFUSED).first()
    if known is None:
        try:
            with transaction.atomic():
                known = IndexFigure.objects.create(
                    provider=provider,
                    period=period,
                    percent=percent,
                    published_on=published_on,
                    source=source,
                    entered_by=by,
                    entered_at=at,
                )
                if not needs_two(provider):
                    _decide(known, FigureAct.CONFIRM, by, at)
        except IntegrityError:
            # Somebody else entered it at the same moment.
            known = same.exclude(state=FigureState.REFUSED).get()
    if known.percent != percent:
        raise VariationRefused(
            f"{known.percent} % is on record {period}: have that refused first."
        )
    return known


def decide_index_figure(
    *, figure: IndexFigure, approve: bool, by: User, at: datetime
) -> IndexFigure:
    """Confirm or refuse a figure that somebody else entered.

    Raises NotAuthorised, IllegalStep, and VariationRefused for whoever entered it.
    """
    require_right(by, figure.provider, PRICES.decides)
    with transaction.atomic():
        row = (
            IndexFigure.objects.select_for_update(of=("self",))
            .select_related("provider")
            .get(pk=figure.pk)
        )
        if row.entered_by_id == by.pk and needs_two(row.provider):
            raise VariationRefused("Whoever entered it can't confirm it: another person has to.")
        _decide(row, FigureAct.CONFIRM if approve else FigureAct.REFUSE, by, at)
    return row


def tell_yearly_rises(*, at: datetime) -> int:
    """Send out the rises that come near, where the index is known; return how many.

    Formula and figure were decided already, by the terms and by two people. The notice has its
    days all the same, and a rise that comes late starts late. One that fails stops no other.
    """
    sent = 0
    for rise in rises_to_tell(at.date()):
        if rise.unit_after is None or rise.figure is None:
            continue
        try:
            with transaction.atomic():
                _send(rise, rise.unit_after, rise.figure, at)
                sent += 1
        except Exception:
            log.exception("yearly_rise_failed", service=rise.service.pk)
    return sent


def _send(rise: YearlyRise, fee: Decimal, figure: IndexFigure, at: datetime) -> None:
    service = rise.service
    plan = type(service.plan).objects.select_for_update(no_key=True).get(pk=service.plan_id)
    change, is_new = Variation.objects.get_or_create(
        service=service,
        effective_on=rise.applies_on,
        is_yearly=True,
        defaults={
            "provider": plan.provider,
            "plan": plan,
            "way": PriceWay.TO,
            "amount": fee,
            "says": f"The yearly rise of your contract, on {in_words(rise.applies_on)}: the "
            f"consumer price index rose {figure.percent} % {figure.period}.",
            "drafted_by": figure.entered_by,
            "drafted_at": at,
        },
    )
    if not is_new:
        return
    work_out(change, at=at)
    change.refresh_from_db()
    change.state = VariationState.TELLING
    change.decided_by, change.decided_at = figure.decided_by, figure.decided_at
    change.save(update_fields=["state", "decided_by", "decided_at"])


def _decide(row: IndexFigure, act: FigureAct, by: User, at: datetime) -> None:
    row.state = FIGURE.after(FigureState(row.state), act)
    row.decided_by, row.decided_at = by, at
    row.save(update_fields=["state", "decided_by", "decided_at"])
