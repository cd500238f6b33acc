"""Leaving without a fee because a price or the terms change: until when, what is still paid."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.agreements.models import AgreedFigure
from contracts.agreements.selectors import ask, binding
from contracts.agreements.states import FigureKind
from contracts.equipment.selectors import Piece, pieces_of, still_ours
from contracts.supply.models import Service
from contracts.variations.models import PriceChange, TermsChange
from contracts.variations.selectors import Told, facts_of, open_way_out, terms_facts_of
from contracts.variations.states import HEARD, WayOutBy
from terms import rules
from terms.binding import Binding
from terms.calendar import in_words
from terms.money import ZERO, total
from terms.rules.lines import PriceBasis
from terms.rules.variation import WalkAway

from .costs import Cost, Part, cost_of, figures_of, in_basis
from .endings import end_of

STILL_OWED = (
    (FigureKind.INSTALLATION_UNPAID, "installation", "Installation not paid yet"),
    (FigureKind.EQUIPMENT_UNPAID, "equipment", "Equipment not paid yet, of use elsewhere"),
)


@dataclass(frozen=True, kw_only=True)
class WayOut:
    """Leaving because of a change of price or terms, with a last day, as asked on a day.

    Amounts are in dollars, GST included. `usage` is what was used and not billed yet; `cost` what
    else is still paid; `otherwise` what leaving that day costs without the change. `to_bring` is
    equipment that goes back, `latest_on` the last day that can be chosen. `refusal`
    says in words why it is not possible; then nothing but `otherwise` and `because` counts.
    """

    change: PriceChange | TermsChange
    service: Service
    ends_on: date
    latest_on: date | None
    usage: Decimal
    cost: Cost
    otherwise: Cost
    to_bring: tuple[Piece, ...] = ()
    refusal: str = ""
    because: list[dict[str, Any]] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """What is known of all that is still paid."""
        return self.usage + self.cost.total


def way_out(
    change: PriceChange | TermsChange,
    *,
    today: date,
    service: Service | None = None,
    ends_on: date | None = None,
    usage: Decimal = ZERO,
) -> WayOut:
    """What leaving because of a change means, on a last day or today.

    `service` says which one is left, where the change is one of a whole contract's terms.
    (VP-VAR-03, -04, BS-VAR-05, -06, RF-TCP-24; GL-CON-09 and CV-TRM-01 open none themselves.)
    """
    service = change.service if isinstance(change, PriceChange) else service
    if service is None:
        raise ValueError("Terms change for a contract: say which service is left.")
    bound = binding(service.contract, today)
    day = ends_on or today
    otherwise = cost_of(service, bound, ends_on=day)
    answer = _ask(
        change, service, bound, today=today, ends_on=day, usage=usage, fee=otherwise.total
    )
    latest = _latest(change, service, bound, today)
    refusal = _refusal(change, answer.result, today=today, ends_on=day, latest=latest)
    return WayOut(
        change=change,
        service=service,
        ends_on=day,
        latest_on=latest,
        usage=usage,
        cost=Cost(parts=()) if refusal else _still_owed(service, answer),
        otherwise=otherwise,
        to_bring=tuple(still_ours(pieces_of(service, today, ended_on=day))),
        refusal=refusal,
        because=answer.because,
    )


def ways_out_of(service: Service) -> list[PriceChange | TermsChange]:
    """Changes because of which a service could or can be left without a fee, the newest first.

    A notice may have reached us inside the days and be taken down after them.
    """
    told = {"state__in": HEARD, "way_out_until__isnull": False}
    prices = PriceChange.objects.filter(service=service, **told).select_related("variation")
    terms = TermsChange.objects.filter(contract=service.contract_id, **told)
    found: list[PriceChange | TermsChange] = [*prices, *terms.select_related("variation")]
    for one in prices:
        one.service = service
    return sorted(found, key=lambda one: one.told_on or date.max, reverse=True)


def _ask(
    change: PriceChange | TermsChange,
    service: Service,
    bound: Binding,
    *,
    today: date,
    ends_on: date,
    usage: Decimal,
    fee: Decimal,
) -> Any:
    # Whoever acts on a notice has received it, whatever day the terms deem.
    told = Told(on=change.told_on or today, received_on=min(change.received_on or today, today))
    owed = {kind: _unpaid(service, kind) or ZERO for kind, _, _ in STILL_OWED}
    facts = (
        facts_of(change, bound, told)
        if isinstance(change, PriceChange)
        else terms_facts_of(change, service.contract, bound, told)
    )
    return ask(
        bound,
        rules.walk_away_charge,
        **facts,
        notice_given_on=told.on,
        notice_received_on=told.received_on,
        cancelled_on=ends_on,
        leave_notice_on=today,
        usage_to_date=usage,
        installation_unpaid=owed[FigureKind.INSTALLATION_UNPAID],
        equipment_unpaid=owed[FigureKind.EQUIPMENT_UNPAID],
        equipment_usable_elsewhere=bool(owed[FigureKind.EQUIPMENT_UNPAID]),
        early_termination_fee=fee,
        supplier_applies_generally=change.variation.supplier_wide,
        offered=change.way_out_by == WayOutBy.OFFER,
    )


def _latest(
    change: PriceChange | TermsChange, service: Service, bound: Binding, today: date
) -> date | None:
    """The last day of service that can be chosen: inside the days, or after a notice inside them.

    Where the terms count the customer's notice, the day on which an ordinary one given today ends
    it is still open.
    """
    until = change.way_out_until
    window = bound.profile.find(WalkAway, acl=True)
    if until is None or window is None or not window.by_notice:
        return until
    plain = end_of(service, bound, notice_on=today).ends_on
    return max(until, plain) if plain else until


def _refusal(
    change: PriceChange | TermsChange,
    result: Any,
    *,
    today: date,
    ends_on: date,
    latest: date | None,
) -> str:
    until = change.way_out_until
    if until is None:
        return "This change opens no way out without a fee."
    if change.told_on is not None and today < change.told_on:
        return f"The customer was told of this change on {in_words(change.told_on)}, not before."
    if not open_way_out(change, today):
        return f"The days to leave without a fee ended on {in_words(until)}."
    if ends_on < today:
        return f"Give today, {in_words(today)}, or a later day."
    if latest is not None and ends_on > latest:
        return f"Give a last day up to {in_words(latest)}."
    return "" if getattr(result, "walk_away", False) else "This day is outside the days to leave."


def _still_owed(service: Service, answer: Any) -> Cost:
    """What is unpaid of installation and equipment, as far as it is on record."""
    figures = figures_of(service)
    parts = tuple(
        Part(key=key, label=label, amount=amount, because=answer.because)
        for kind, key, label in STILL_OWED
        if (amount := _unpaid(service, kind))
    )
    # What the terms leave out, such as installation where the equipment works nowhere else.
    counted = min(total(part.amount for part in parts), answer.result.charge or ZERO)
    if counted < total(part.amount for part in parts):
        parts = tuple(part for part in parts if part.key != "installation")
    missing = [label for kind, _, label in STILL_OWED if kind not in figures]
    unknown = tuple(f"{label[0].lower()}{label[1:]}, if anything" for label in missing)
    return Cost(parts=parts, unknown=unknown)


def _unpaid(service: Service, kind: FigureKind) -> Decimal | None:
    row: AgreedFigure | None = figures_of(service).get(kind)
    return None if row is None else in_basis(row.amount, row.basis, PriceBasis.INC)
