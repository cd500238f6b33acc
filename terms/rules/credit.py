"""Debts that stay unpaid: breaches, escalation, security and costs."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from terms.calendar import Calendar, Count, DayCount, State, in_words
from terms.clause import Reason, Terms, shape
from terms.facts import needed
from terms.money import ZERO, in_dollars, percent_of, to_cents, total
from terms.profile import Profile
from terms.result import Result, combine
from terms.rules._roll import rolled
from terms.rules.payment import invoice_due_date
from terms.vocabulary import Word


@shape("overdue_escalation")
class OverdueEscalation(Terms):
    """Days overdue from which a collector may come in."""

    days: int


@shape("overdue_escalation.credit_report")
class CreditReport(Terms):
    """Days overdue beyond which a default may be reported."""

    days: int


@dataclass(frozen=True, kw_only=True)
class OverdueEscalationAnswer(Result):
    """From when a debt may go to a collector and to a credit bureau."""

    collections_from: date = combine("longest")
    credit_report_from: date = combine("longest")


def overdue_escalation(
    profile: Profile, *, due_date: date, state: State | None = None
) -> OverdueEscalationAnswer:
    """Return from when an overdue bill may be escalated (BS-PAY-09, BS-PAY-11)."""
    calendar = profile.calendar(state)
    collect, report = profile.of(OverdueEscalation), profile.of(CreditReport)
    first = calendar.count(due_date, collect.days, Count.CALENDAR_DAYS)
    later = calendar.count(due_date, report.days + 1, Count.CALENDAR_DAYS)
    collections, roll = rolled(profile, calendar, first)
    credit_report, roll_too = rolled(profile, calendar, later)
    return OverdueEscalationAnswer(
        collections_from=collections.day,
        credit_report_from=credit_report.day,
        because=(
            collect.because(*first.steps),
            *roll,
            report.because(*later.steps),
            *roll_too,
        ),
    )


@dataclass(frozen=True)
class Bill:
    """A bill that was issued: when, for how many dollars, and whether it is paid."""

    bill: str
    bill_date: date
    amount: Decimal
    paid: bool


@shape("bill_acceleration")
class BillAcceleration(Terms):
    """One overdue bill makes every issued bill payable at once, if so many days overdue."""

    overdue_days: int = 0


@dataclass(frozen=True, kw_only=True)
class BillAccelerationAnswer(Result):
    """Whether a bill is overdue, and how many dollars are due now."""

    overdue: bool = combine("all")
    due_now: Decimal = combine("lowest")


def bill_acceleration(
    profile: Profile, *, bills: tuple[Bill, ...], on: date, state: State | None = None
) -> BillAccelerationAnswer:
    """Return what is payable on a day (BS-PAY-04)."""
    terms = profile.of(BillAcceleration)
    unpaid = [bill for bill in bills if not bill.paid and bill.bill_date <= on]
    due = {bill.bill: _due(profile, bill, state) for bill in unpaid}
    grace = timedelta(days=terms.overdue_days)
    late = [bill.bill for bill in unpaid if due[bill.bill] < on]
    overdue = [name for name in late if due[name] + grace < on]
    payable = [bill for bill in unpaid if overdue or due[bill.bill] <= on]
    steps = [f"{name} was due on {in_words(due[name])}" for name in overdue]
    amount = total(bill.amount for bill in payable)
    steps.append(f"due now: {in_dollars(amount)}")
    return BillAccelerationAnswer(
        overdue=bool(late), due_now=amount, because=(terms.because(*steps),)
    )


def _due(profile: Profile, bill: Bill, state: State | None) -> date:
    answer = invoice_due_date(profile, issue_date=bill.bill_date, state=state)
    return needed("due_date", answer.due_date)


@shape("nonpayment_termination")
class NonpaymentTermination(Terms):
    """Days past due, or (`from_notice`) past a notice, after which the provider may terminate."""

    days: int
    from_notice: bool = False


@shape("nonpayment_termination.disputed")
class DisputedKeepsIt(Terms):
    """A contested amount is not unpaid money: it gives no right to terminate."""


@shape("nonpayment_termination.hardship")
class HardshipKeepsIt(Terms):
    """An arrangement in force gives no right to terminate."""


@dataclass(frozen=True, kw_only=True)
class NonpaymentTerminationAnswer(Result):
    """Whether non-payment may end it, the last day to pay, and the first to terminate."""

    allowed: bool | None = combine("all")
    last_day_to_pay: date | None = combine("longest")
    may_terminate_from: date | None = combine("longest")


def nonpayment_termination(
    profile: Profile,
    *,
    due_date: date,
    notice_received_on: date | None = None,
    disputed: bool = False,
    hardship: bool = False,
) -> NonpaymentTerminationAnswer:
    """Return when non-payment allows termination (GL-SUSP-08, CV-SUS-01, VP-SUS-08).

    `disputed` means all of what is unpaid; `notice_received_on` is the day on which the notice
    that announces the end, or demands payment by default of it, was received.
    """
    terms = profile.of(NonpaymentTermination)
    for met, bar in (
        (disputed, profile.find(DisputedKeepsIt)),
        (hardship, profile.find(HardshipKeepsIt)),
    ):
        if met and bar:
            step = "the amount is properly contested" if disputed else "an arrangement is in force"
            return NonpaymentTerminationAnswer(
                allowed=False, because=(bar.because(step), terms.because())
            )
    start = due_date
    if terms.from_notice:
        if notice_received_on is None or notice_received_on <= due_date:
            step = "no default notice was received after the due date"
            return NonpaymentTerminationAnswer(allowed=False, because=(terms.because(step),))
        start = notice_received_on
    last = start + timedelta(days=terms.days)
    opens = last + timedelta(days=1)
    step = f"day {terms.days} after {in_words(start)} is {in_words(last)}: from {in_words(opens)}"
    return NonpaymentTerminationAnswer(
        allowed=True,
        last_day_to_pay=last,
        may_terminate_from=opens,
        because=(terms.because(step),),
    )


@shape("breach_cure")
class BreachCure(Terms):
    """Named for the breach: days from the notice in which to put it right.

    `then_act`: the day after, the other side may act. `by`: only such a notice counts.
    """

    days: int
    counted_in: Count
    then_act: bool = True
    by: Literal["customer", "provider"] | None = None


@dataclass(frozen=True, kw_only=True)
class BreachCureAnswer(Result):
    """The last day to put a breach right, and the first to act on it."""

    last_day: date | None = combine("longest")
    may_act_from: date | None = combine("longest")


@shape("breach_cure.incurable")
class Incurable(Terms):
    """Named for the breach: one that cannot be put right needs no days."""


def breach_cure(
    profile: Profile,
    *,
    asked_on: date,
    kind: Literal["breach", "spam_suspension", "fair_use", "rack_units", "material_breach"],
    by: Literal["customer", "provider"] | None = None,
    curable: bool = True,
    state: State | None = None,
) -> BreachCureAnswer:
    """Return how long a breach may be put right (VP-SUS-03, CV-SUS-05, BS-SUSP-06, GL-SUSP-06).

    `asked_on` is the day on which the notice was received; `by` is who gave it; `curable` says
    whether the breach can be put right at all.
    """
    incurable = profile.find(Incurable, name=kind)
    if incurable and not curable:
        step = f"it cannot be put right: from {in_words(asked_on)}"
        return BreachCureAnswer(may_act_from=asked_on, because=(incurable.because(step),))
    terms = profile.of(BreachCure, name=kind)
    if terms.by and by and terms.by != by:
        raise profile.silent("breach_cure", beyond=True)
    calendar = profile.calendar(state)
    counted = calendar.count(asked_on, terms.days, terms.counted_in)
    last, roll = rolled(profile, calendar, counted)
    because = (terms.because(*counted.steps), *roll)
    if not terms.then_act:
        return BreachCureAnswer(last_day=last.day, because=because)
    act, roll_too = _day_after(profile, calendar, last.day)
    return BreachCureAnswer(last_day=last.day, may_act_from=act, because=(*because, *roll_too))


def _day_after(profile: Profile, calendar: Calendar, day: date) -> tuple[date, tuple[Reason, ...]]:
    counted, roll = rolled(profile, calendar, DayCount(day + timedelta(days=1), lambda: ()))
    return counted.day, roll


@shape("power_breach_cure")
class PowerBreachCure(Terms):
    """Elapsed hours from the notice in which to draw less power."""

    hours: int


@dataclass(frozen=True, kw_only=True)
class PowerBreachCureAnswer(Result):
    """The moment by which it is put right."""

    cure_by: datetime = combine("longest")


def power_breach_cure(profile: Profile, *, received_at: datetime) -> PowerBreachCureAnswer:
    """Return until when too much power may be put right; hours are elapsed ones (CV-COL-03)."""
    terms = profile.of(PowerBreachCure)
    cure_by = profile.calendar().hours_on(received_at, terms.hours)
    step = f"{terms.hours} hours later: {in_words(cure_by.date())}, {cure_by:%H:%M}"
    return PowerBreachCureAnswer(cure_by=cure_by, because=(terms.because(step),))


class InsolvencyEvent(Word):
    """What shows that a customer cannot pay."""

    APPOINTMENT = "appointment"
    SEIZURE = "seizure"
    CREDITORS_ARRANGEMENT = "creditors_arrangement"
    CEASED_BUSINESS = "ceased_business"


@shape("insolvency_default")
class InsolvencyDefault(Terms):
    """Working days that such an event must last before it counts; others count at once."""

    working_days: int
    lasting: tuple[InsolvencyEvent, ...] = tuple(InsolvencyEvent)


@dataclass(frozen=True, kw_only=True)
class InsolvencyDefaultAnswer(Result):
    """From when an insolvency appointment allows the end."""

    earliest_on: date = combine("longest")


def insolvency_default(
    profile: Profile,
    *,
    appointed_on: date,
    event: InsolvencyEvent = InsolvencyEvent.APPOINTMENT,
    state: State | None = None,
) -> InsolvencyDefaultAnswer:
    """Return when an appointment has lasted long enough: the day after (CV-SUS-03).

    `appointed_on` is the day of the event, whichever it is; what need not last counts from then.
    """
    terms = profile.of(InsolvencyDefault)
    if event not in terms.lasting or not terms.working_days:
        step = f"{event.words} counts at once: from {in_words(appointed_on)}"
        return InsolvencyDefaultAnswer(earliest_on=appointed_on, because=(terms.because(step),))
    counted = profile.calendar(state).count(appointed_on, terms.working_days)
    opens = counted.day + timedelta(days=1)
    return InsolvencyDefaultAnswer(
        earliest_on=opens, because=(terms.because(*counted.steps, f"from {in_words(opens)}"),)
    )


@shape("security_draw")
class SecurityDraw(Terms):
    """A security pays what is overdue and not disputed."""


@shape("security_draw.notice")
class DrawNotice(Terms):
    """Working days that the customer has for paying before the draw."""

    working_days: int


@dataclass(frozen=True, kw_only=True)
class SecurityDrawAnswer(Result):
    """How many dollars may be drawn, the last day to pay instead, the first to draw."""

    max_draw: Decimal = combine("lowest")
    pay_by: date | None = combine("longest")
    draw_from: date | None = combine("longest")


def security_draw(
    profile: Profile,
    *,
    security_held: Decimal,
    amount_overdue: Decimal,
    amount_disputed: Decimal,
    tcp: bool,
    advised_on: date | None = None,
    state: State | None = None,
) -> SecurityDrawAnswer:
    """Return what may be drawn from a security, and when (BS-PAY-13, BS-PAY-14; BS-AMB-23)."""
    terms = profile.of(SecurityDraw)
    undisputed = max(amount_overdue - amount_disputed, ZERO)
    draw = to_cents(min(security_held, undisputed))
    step = f"overdue less disputed {in_dollars(undisputed)}, held {in_dollars(security_held)}"
    reason = terms.because(step)
    notice = profile.find(DrawNotice, tcp=tcp)
    if notice is None or advised_on is None:
        because = (reason,) if notice is None else (reason, notice.because("tell first"))
        return SecurityDrawAnswer(max_draw=draw, because=because)
    calendar = profile.calendar(state)
    counted = calendar.count(advised_on, notice.working_days)
    opens, roll = _day_after(profile, calendar, counted.day)
    return SecurityDrawAnswer(
        max_draw=draw,
        pay_by=counted.day,
        draw_from=opens,
        because=(reason, notice.because(*counted.steps), *roll),
    )


@shape("deposit_settlement")
class DepositSettlement(Terms):
    """What is held is set off against what is owed; the rest goes back."""


@dataclass(frozen=True, kw_only=True)
class DepositSettlementAnswer(Result):
    """How a deposit is used at the end, in dollars."""

    applied: Decimal = combine("lowest")
    refund: Decimal = combine("highest")
    still_owed: Decimal = combine("lowest")


def deposit_settlement(
    profile: Profile, *, held: Decimal, owed: Decimal
) -> DepositSettlementAnswer:
    """Return how a deposit settles the last debts (VP-SUS-17, VP-PAY-11)."""
    terms = profile.of(DepositSettlement)
    applied = to_cents(min(held, owed))
    step = f"held {in_dollars(held)}, owed {in_dollars(owed)}: set off {in_dollars(applied)}"
    return DepositSettlementAnswer(
        applied=applied,
        refund=to_cents(held - applied),
        still_owed=to_cents(owed - applied),
        because=(terms.because(step),),
    )


@shape("collection_costs")
class CollectionCosts(Terms):
    """A defaulter pays an agency's commission, as if all were recovered, and lawyers' costs."""


@shape("collection_costs.incurred")
class CostsIncurred(Terms):
    """A defaulter repays what collecting really cost, as far as that is reasonable."""


@shape("collection_costs.if_told")
class CostsIfTold(Terms):
    """Only what it cost, and only if amount or method was told to the customer before."""


@dataclass(frozen=True, kw_only=True)
class CollectionCostsAnswer(Result):
    """Commission, and all that may be recovered, in dollars."""

    commission: Decimal | None = combine("lowest")
    total_recoverable: Decimal | None = combine("lowest")


def collection_costs(
    profile: Profile,
    *,
    debt: Decimal,
    commission_percent: Decimal | None = None,
    legal_costs: Decimal = ZERO,
    paid_to_collector: Decimal | None = None,
    tcp: bool = False,
    charge_advised: bool | None = None,
) -> CollectionCostsAnswer:
    """Return what recovering a debt costs the defaulter (GL-PAY-10, BS-PAY-08, VP-PAY-08).

    `paid_to_collector` is what the collector really took; `charge_advised` says whether amount or
    method of such costs was told beforehand.
    """
    if incurred := profile.find(CostsIncurred):
        told = profile.find(CostsIfTold, tcp=tcp)
        if told and not charge_advised:
            step = "amount and method were not told beforehand, so nothing is added"
            return CollectionCostsAnswer(
                commission=ZERO, total_recoverable=to_cents(debt), because=(told.because(step),)
            )
        return _incurred(incurred, debt, commission_percent, legal_costs, paid_to_collector)
    terms = profile.of(CollectionCosts)
    if commission_percent is None:
        step = "the collector's commission is not known yet"
        return CollectionCostsAnswer(because=(terms.because(step),))
    commission = to_cents(percent_of(debt, commission_percent))
    recoverable = to_cents(debt + commission + legal_costs)
    step = (
        f"{in_dollars(debt)} + {commission_percent} % = {in_dollars(commission)} + lawyers "
        f"{in_dollars(legal_costs)}: {in_dollars(recoverable)}"
    )
    return CollectionCostsAnswer(
        commission=commission, total_recoverable=recoverable, because=(terms.because(step),)
    )


def _incurred(
    terms: CostsIncurred,
    debt: Decimal,
    percent: Decimal | None,
    legal_costs: Decimal,
    paid: Decimal | None,
) -> CollectionCostsAnswer:
    """Add what collecting really cost; without a figure for it nothing can be added."""
    if paid is None and percent is None:
        step = "what the collector took is not known yet: only what was really paid is added"
        return CollectionCostsAnswer(because=(terms.because(step),))
    fee = to_cents(paid if paid is not None else percent_of(debt, percent or ZERO))
    total_ = to_cents(debt + fee + legal_costs)
    step = (
        f"{in_dollars(debt)} + {in_dollars(fee)} really paid + lawyers {in_dollars(legal_costs)}"
        f" = {in_dollars(total_)}"
    )
    return CollectionCostsAnswer(
        commission=fee, total_recoverable=total_, because=(terms.because(step),)
    )


@shape("dishonour_fee")
class DishonourFee(Terms):
    """A dishonoured payment costs what the bank took and one reasonable fee of the provider's."""


@shape("dishonour_fee.if_told")
class DishonourAtCost(Terms):
    """Only what it really cost, and only if amount or method was told to the customer before."""


@dataclass(frozen=True, kw_only=True)
class DishonourFeeAnswer(Result):
    """What a dishonoured payment costs, in dollars; None: a part of it is not known."""

    charge: Decimal | None = combine("lowest")


def dishonour_fee(
    profile: Profile,
    *,
    bank_fee: Decimal | None = None,
    own_fee: Decimal | None = None,
    own_cost: Decimal | None = None,
    tcp: bool = False,
    charge_advised: bool | None = None,
) -> DishonourFeeAnswer:
    """Return what a dishonoured payment costs (BS-PAY-07, BS-PAY-10, GL-PAY-07).

    `bank_fee` is what the bank took, `own_fee` the provider's fee, `own_cost` what the failure
    really cost the provider besides.
    """
    terms, at_cost = profile.of(DishonourFee), profile.find(DishonourAtCost, tcp=tcp)
    if at_cost and not charge_advised:
        step = "neither amount nor method was told beforehand, so nothing"
        return DishonourFeeAnswer(charge=ZERO, because=(at_cost.because(step),))
    if bank_fee is None:
        step = "what the bank took is not known yet"
        return DishonourFeeAnswer(because=(terms.because(step),))
    own = own_fee or ZERO
    if at_cost:
        own = min(own, own_cost or ZERO)
    charge = to_cents(bank_fee + own)
    step = f"the bank's {in_dollars(bank_fee)} + {in_dollars(own)} = {in_dollars(charge)}"
    because: tuple[Reason, ...] = (terms.because(step),)
    if at_cost:
        because = (*because, at_cost.because("no more than it cost"))
    return DishonourFeeAnswer(charge=charge, because=because)
