"""What leaving costs on a day, part by part, with what is not known of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from contracts.agreements.models import AgreedFigure
from contracts.agreements.selectors import Answer, ask, binding
from contracts.agreements.states import FigureKind
from contracts.equipment.selectors import Piece, pieces_of, still_ours
from contracts.supply.models import Service
from contracts.supply.selectors import period_on
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account
from terms import rules
from terms.binding import Binding
from terms.calendar import in_words
from terms.clause import Clause, Reason, Source, Terms, as_json
from terms.facts import BadFacts
from terms.money import ZERO, gst_on, gst_within, in_dollars, to_cents, total
from terms.profile import TermsSilent
from terms.rules.billing import billing_period, part_period
from terms.rules.early_termination import (
    EarlyTermination,
    HardwareSubsidy,
    Unrecovered,
    WaivedItems,
)
from terms.rules.leaving import AgreedEarlyEnd, By, Cause, PortEndsService, PortOut
from terms.rules.lines import LineTerms, ListedPrices, PriceBasis
from terms.vocabulary import Service as Kind

from .endings import End, end_of, term_ends_on

ONE_DAY = timedelta(days=1)
Reasons = list[dict[str, Any]]

# What the terms price by figures of each customer's own agreement, and its words.
RESTS_ON: tuple[tuple[type[Terms], FigureKind, str], ...] = (
    (HardwareSubsidy, FigureKind.HARDWARE_PRICE, "what discounted hardware costs in full"),
    (HardwareSubsidy, FigureKind.HARDWARE_PAID, "what was paid for that hardware"),
    (WaivedItems, FigureKind.WAIVED_ITEMS, "the value of what was discounted or waived"),
    (AgreedEarlyEnd, FigureKind.ADMIN_CHARGE, "the administration charge of an agreed early end"),
    (Unrecovered, FigureKind.PROVISIONING_COST, "what it cost to provision the service"),
    (Unrecovered, FigureKind.UNAVOIDABLE_COSTS, "further costs that can't be avoided"),
    (Unrecovered, FigureKind.MINIMUM_SPEND, "the minimum monthly spend, and your use beyond it"),
    (Unrecovered, FigureKind.CREDITS_GIVEN, "credits and rebates that you were given"),
)
ONLY_BY_AGREEMENT = (WaivedItems, AgreedEarlyEnd)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One charge of leaving, in dollars, GST included; `ex` is the sum before GST, if so priced.

    `says` is for a part of 0.00: why nothing is due.
    """

    key: str
    label: str
    amount: Decimal
    ex: Decimal | None = None
    says: str = ""
    because: Reasons = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What ending a service on a day costs: known parts, and in words what nobody knows yet."""

    parts: tuple[Part, ...]
    unknown: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        """The known parts, in dollars, GST included."""
        return total(part.amount for part in self.parts)

    @property
    def is_known(self) -> bool:
        return not self.unknown


@dataclass(frozen=True, kw_only=True)
class GivenBack:
    """Days that were billed already and come after the end: their share of the fee, GST included.

    `amount` is None where days of a longer period are shared out on the bill itself.
    """

    starts_on: date
    ends_on: date
    amount: Decimal | None
    because: Reasons = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """When a service could end and what that costs, as asked on a day."""

    service: Service
    end: End
    cost: Cost
    given_back: GivenBack | None
    equipment: Answer | None
    to_bring: tuple[Piece, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Porting:
    """What moving to another provider on a day ends, and costs.

    `ends_service`: the move itself ends it; otherwise the notice of the move runs to `notice_to`
    and the service goes on until it is cancelled. None: the terms say nothing that decides it.
    """

    on: date
    ends_service: bool | None
    cost: Cost | None = None
    notice_to: date | None = None
    because: Reasons


def services_to_leave(account: Account) -> list[Service]:
    """The account's services that run, with what their cost is worked out from; four queries."""
    rows = (
        Service.objects.filter(
            contract__account=account,
            status__in=[ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED],
        )
        .select_related("plan", "contract")
        .prefetch_related("periods", "agreed_figures", "pieces")
        .order_by("label", "pk")
    )
    found = list(rows)
    for service in found:
        service.contract.account = account
    return found


def leaving_of(service: Service, *, today: date, asked_on: date | None = None) -> Leaving:
    """What a notice given today would mean for a service, on the day asked for or the earliest."""
    bound = binding(service.contract, today)
    end = end_of(service, bound, notice_on=today, asked_on=asked_on)
    if end.ends_on is None:
        return Leaving(
            service=service, end=end, cost=Cost(parts=()), given_back=None, equipment=None
        )
    return Leaving(
        service=service,
        end=end,
        cost=cost_of(service, bound, ends_on=end.ends_on),
        given_back=given_back(service, bound, end.ends_on),
        equipment=_equipment(bound, end.ends_on),
        to_bring=tuple(still_ours(pieces_of(service, today, ended_on=end.ends_on))),
    )


def leaving_all(account: Account, *, today: date, asked_on: date | None = None) -> list[Leaving]:
    """The same for every service that runs."""
    return [
        leaving_of(service, today=today, asked_on=asked_on)
        for service in services_to_leave(account)
    ]


def together(found: Iterable[Leaving]) -> Cost:
    """What leaving with several services costs, in one sum."""
    costs = [one.cost for one in found]
    unknown = dict.fromkeys(words for cost in costs for words in cost.unknown)
    parts = tuple(part for cost in costs for part in cost.parts)
    return Cost(parts=parts, unknown=tuple(unknown))


def cost_of(
    service: Service,
    bound: Binding,
    *,
    ends_on: date,
    by: By = By.CUSTOMER,
    cause: Cause = Cause.NONE,
) -> Cost:
    """What ending the service on its last day `ends_on` costs, by the agreement or the terms.

    A quoted charge comes before the terms; where these name no charge, that is said.
    """
    figures = figures_of(service)
    quoted = figures.get(FigureKind.QUOTED_EARLY_CHARGE)
    if quoted is not None and by is not By.PROVIDER:
        return Cost(parts=(_quoted(quoted, ends_on),))
    last_day = term_ends_on(service, bound)
    try:
        answer = _early_termination(service, bound, figures, ends_on, last_day, by, cause)
    except TermsSilent as silence:
        if silence.speaks:
            return Cost(parts=(), unknown=("a charge that a clause of your terms speaks of",))
        says = "Your terms name no charge for leaving."
        part = Part(
            key="early",
            label="Leaving early",
            amount=ZERO,
            says=says,
            because=as_json(silence.because),
        )
        return Cost(parts=(part,))
    except BadFacts:
        if last_day is not None:
            return Cost(parts=(), unknown=("the charge for leaving early",))
        part = Part(
            key="early", label="Leaving early", amount=ZERO, says="There is no minimum term."
        )
        return Cost(parts=(part,))
    inside = last_day is not None and ends_on < last_day
    parts = _parts(answer, bound, _charge_basis(bound, figures), is_inside=inside)
    if not inside or by is By.PROVIDER:
        return Cost(parts=parts)
    parts += _administration(figures, bound, by)
    unknown = _unknown(bound, figures, by)
    if unknown:
        # What rests on a figure that nobody knows is not free.
        parts = tuple(part for part in parts if part.amount)
    return Cost(parts=parts, unknown=unknown)


def porting_of(service: Service, *, on: date, today: date) -> Porting:
    """What moving to another provider on a day would end and cost (VP-SUS-15, CV-TRM-06, -07)."""
    bound = binding(service.contract, today)
    kind = service.plan.kind
    ends, moves = (bound.profile.find(one, service=kind) for one in (PortEndsService, PortOut))
    if ends is None and moves is None:
        # What the terms say of other services says nothing of this one.
        because: Reasons = []
        try:
            bound.decide(rules.port_out, port_notice_on=on)
        except TermsSilent as silence:
            because = as_json(silence.because)
        return Porting(on=on, ends_service=None, because=because)
    facts = {
        "port_notice_on": on,
        "activated_on": service.activated_on,
        "contract_start": service.contract.started_on,
        "minimum_months": service.term_months,
    }
    known = {key: value for key, value in facts.items() if value is not None}
    answer = ask(bound, rules.port_out, **known)
    ends_on = getattr(answer.result, "service_ends_on", None)
    if ends_on is None:
        met = getattr(answer.result, "port_notice_met_on", None)
        return Porting(on=on, ends_service=False, notice_to=met, because=answer.because)
    cost = cost_of(service, bound, ends_on=ends_on, by=By.PORT)
    return Porting(on=on, ends_service=True, cost=cost, because=answer.because)


def given_back(service: Service, bound: Binding, ends_on: date) -> GivenBack | None:
    """The share of what was billed in advance for days after the end; None: nothing was."""
    through = service.billed_through
    if through is None or through <= ends_on:
        return None
    first, after = billing_period(ends_on + ONE_DAY, service.contract.account.bill_day)
    period = period_on(service, ends_on)
    one_month = service.plan.every_months == 1 and through < after
    if period is None or not one_month:
        return GivenBack(starts_on=ends_on + ONE_DAY, ends_on=through, amount=None)
    fee = period.unit_fee * period.quantity
    try:
        answer = bound.decide(
            part_period, fee=fee, days=(through - ends_on).days, of_days=(after - first).days
        )
    except TermsSilent:
        return GivenBack(starts_on=ends_on + ONE_DAY, ends_on=through, amount=None)
    amount = answer.amount or ZERO
    basis = period.price_basis or _list_basis(bound)
    return GivenBack(
        starts_on=ends_on + ONE_DAY,
        ends_on=through,
        amount=in_basis(to_cents(amount), basis, PriceBasis.INC),
        because=as_json(answer.because),
    )


def _early_termination(
    service: Service,
    bound: Binding,
    figures: dict[str, AgreedFigure],
    ends_on: date,
    last_day: date | None,
    by: By,
    cause: Cause,
) -> EarlyTermination:
    contract, basis = service.contract, _charge_basis(bound, figures)

    def known(kind: FigureKind) -> Decimal | None:
        row = figures.get(kind)
        return None if row is None else in_basis(row.amount, row.basis, basis)

    committed = known(FigureKind.COMMITTED_MONTHLY)
    fee = _monthly_fee(service, bound, ends_on, basis) if committed is None else committed
    facts: dict[str, Any] = {
        "monthly_fee": fee,
        "contract_start": contract.started_on,
        "activated_on": service.activated_on,
        "minimum_months": service.term_months,
        "hardware_rrp": known(FigureKind.HARDWARE_PRICE),
        "hardware_paid": known(FigureKind.HARDWARE_PAID),
        "waived_items_value": known(FigureKind.WAIVED_ITEMS),
        "provisioning_cost": known(FigureKind.PROVISIONING_COST),
        "unavoidable_costs": known(FigureKind.UNAVOIDABLE_COSTS),
        "minimum_monthly_spend": known(FigureKind.MINIMUM_SPEND),
        "credits_given": known(FigureKind.CREDITS_GIVEN),
        # What is paid each month is the least that anybody spends; use comes on top.
        "recent_monthly_spend": None if fee is None else (fee,),
    }
    return bound.decide(
        rules.early_termination,
        ended_on=ends_on,
        ended_by=by,
        cause=cause,
        service=Kind(service.plan.kind),
        **{name: value for name, value in facts.items() if value is not None},
    )


def _nothing(says: str, because: Reasons) -> Part:
    return Part(key="early", label="Leaving early", amount=ZERO, says=says, because=because)


def _parts(
    answer: EarlyTermination, bound: Binding, basis: PriceBasis, *, is_inside: bool
) -> tuple[Part, ...]:
    """The answer as parts; the waived items' reason stands with their own."""
    waived, prices = bound.profile.find(WaivedItems), bound.profile.find(LineTerms)
    own = {waived.clause.id} if waived else set()
    # What the rule says of GST is said of the document's own prices.
    elsewhere = {prices.clause.id} if prices and prices.basis is not basis else set()
    because = [one for one in answer.because if one.clause.id not in own | elsewhere]
    says = "" if is_inside else "No term is cut short."
    early = _priced("early", "Leaving early", answer.charge or ZERO, basis, because, says)
    if answer.waived_items_charge is None:
        return (early,)
    because = [one for one in answer.because if one.clause.id in own]
    label = "What was discounted or waived"
    return early, _priced("waived", label, answer.waived_items_charge, basis, because)


def _priced(
    key: str,
    label: str,
    amount: Decimal,
    basis: PriceBasis,
    because: Iterable[Reason],
    says: str = "",
) -> Part:
    return Part(
        key=key,
        label=label,
        amount=in_basis(amount, basis, PriceBasis.INC),
        ex=amount if basis is PriceBasis.EX and amount else None,
        says=says,
        because=as_json(because),
    )


def _quoted(row: AgreedFigure, ends_on: date) -> Part:
    """A charge that a quotation names for ending before a day; none from that day on."""
    before = row.ends_before
    inside = before is not None and ends_on < before
    says = f"Agreed in {row.agreed_in}."
    clause = Clause(
        document="agreed",
        version=row.agreed_in,
        id=row.agreed_in,
        heading=None,
        says=says,
        source=Source.AGREED,
    )
    when = f"before {in_words(before)}" if before else "early"
    step = (
        f"quoted for ending {when}: {in_dollars(row.amount)} {row.get_basis_display()}"
        if inside
        else f"quoted for ending {when} only"
    )
    return _priced(
        "early",
        "Leaving early, as quoted",
        row.amount if inside else ZERO,
        PriceBasis(row.basis),
        [Reason(clause, (step,))],
        "" if inside else f"The charge quoted in {row.agreed_in} is over by then.",
    )


def _administration(figures: dict[str, AgreedFigure], bound: Binding, by: By) -> tuple[Part, ...]:
    """The charge for an early end that the provider agrees to, where one is on its price list."""
    terms = bound.profile.find(AgreedEarlyEnd)
    row = figures.get(FigureKind.ADMIN_CHARGE)
    if terms is None or row is None or by is not By.CUSTOMER:
        return ()
    step = f"{in_dollars(row.amount)} {row.get_basis_display()}, from {row.agreed_in}"
    label = "Administration of an early end by agreement"
    basis = PriceBasis(row.basis)
    return (_priced("administration", label, row.amount, basis, [terms.because(step)]),)


def _unknown(bound: Binding, figures: dict[str, AgreedFigure], by: By) -> tuple[str, ...]:
    """What the charge inside a term rests on besides, where nobody has noted it."""
    return tuple(
        words
        for shape, kind, words in RESTS_ON
        if bound.profile.find(shape) is not None
        and kind not in figures
        and not (by is By.PORT and shape in ONLY_BY_AGREEMENT)
    )


def _equipment(bound: Binding, ends_on: date) -> Answer | None:
    """By when equipment of the provider's goes back; None where the terms say nothing of it."""
    answer = ask(bound, rules.equipment_return, ended_on=ends_on)
    return None if answer.result is None else answer


def figures_of(service: Service) -> dict[str, AgreedFigure]:
    """The amounts agreed for a service that stand, by kind."""
    rows = service.agreed_figures.all()
    return {row.kind: row for row in rows if row.replaced_at is None}


def _monthly_fee(service: Service, bound: Binding, on: date, basis: PriceBasis) -> Decimal | None:
    """What is paid a month for all units, in a basis."""
    row = period_on(service, on)
    if row is None:
        return None
    return in_basis(row.unit_fee * row.quantity, row.price_basis or _list_basis(bound), basis)


def _charge_basis(bound: Binding, figures: dict[str, AgreedFigure]) -> PriceBasis:
    """In which basis a charge is worked out: hardware in its own, all else as the terms price."""
    hardware = figures.get(FigureKind.HARDWARE_PRICE)
    if hardware is not None and bound.profile.find(HardwareSubsidy) is not None:
        return PriceBasis(hardware.basis)
    lines = bound.profile.find(LineTerms) or (bound.default and bound.default.find(LineTerms))
    return lines.basis if lines else PriceBasis.INC


def _list_basis(bound: Binding) -> PriceBasis:
    """Whether the provider's listed prices hold GST; where no terms say, as the default has it."""
    listed = bound.profile.find(ListedPrices)
    return listed.basis if listed else _charge_basis(bound, {})


def in_basis(amount: Decimal, basis: str, wanted: PriceBasis) -> Decimal:
    """An amount of one basis in the other's, in whole cents where it changes."""
    if basis == wanted:
        return amount
    change = gst_on(amount) if wanted is PriceBasis.INC else -gst_within(amount)
    return to_cents(amount + change)
