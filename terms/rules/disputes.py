"""Contested bills: how long, with what effect, and what follows from the outcome."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from terms.calendar import Count, DayCount, State, in_words, months_on
from terms.clause import Reason, Terms, shape
from terms.facts import met, missing, needed
from terms.money import ZERO, in_dollars, to_cents
from terms.profile import Profile
from terms.result import Result, combine
from terms.rules._roll import rolled

DAYS_IN_A_YEAR = 365


@shape("dispute_window")
class DisputeWindow(Terms):
    """Days from receipt of the bill, or months from its issue, in which to dispute it."""

    days: int | None = None
    months: int | None = None


@shape("dispute_window.withhold")
class Withhold(Terms):
    """Whether the disputed part may be withheld; `in_time`: only if disputed inside the window.

    `days_from_invoice`: only if disputed in so many days from the date of the invoice, though a
    dispute may be raised later.
    """

    allowed: bool
    in_time: bool = False
    days_from_invoice: int | None = None


@dataclass(frozen=True, kw_only=True)
class DisputeWindowAnswer(Result):
    """The last day for disputing, and whether the disputed part may stay unpaid meanwhile."""

    last_day: date = combine("longest")
    may_withhold: bool = combine("any")


def dispute_window(
    profile: Profile,
    *,
    invoice_date: date,
    received_on: date | None = None,
    lodged_on: date | None = None,
    tcp: bool = False,
    state: State | None = None,
) -> DisputeWindowAnswer:
    """Return how long a bill may be disputed (VP-PAY-03, BS-DISP-05, GL-DISP-04; A2).

    A bill is received on its issue date unless `received_on` says otherwise; the later counts.
    """
    terms = profile.of(DisputeWindow, tcp=tcp)
    last_day, reasons = _last_day(profile, terms, invoice_date, received_on, state)
    withhold = profile.of(Withhold, tcp=tcp)
    late = withhold.in_time and lodged_on is not None and lodged_on > last_day
    if withhold.days_from_invoice is not None and lodged_on is not None:
        late = late or lodged_on > invoice_date + timedelta(days=withhold.days_from_invoice)
    step = "the disputed part only" if withhold.allowed else "pay on time, credit later"
    if withhold.days_from_invoice is not None and lodged_on is None:
        by = invoice_date + timedelta(days=withhold.days_from_invoice)
        step = f"{step}, if disputed by {in_words(by)}"
    return DisputeWindowAnswer(
        last_day=last_day,
        may_withhold=withhold.allowed and not late,
        because=(*reasons, withhold.because("disputed too late" if late else step)),
    )


def _last_day(
    profile: Profile,
    terms: DisputeWindow,
    invoice_date: date,
    received_on: date | None,
    state: State | None,
) -> tuple[date, tuple[Reason, ...]]:
    calendar = profile.calendar(state)
    if terms.months is not None:
        end = months_on(invoice_date, terms.months)
        step = f"{terms.months} months after {in_words(invoice_date)}: {in_words(end)}"
        counted = DayCount(end, lambda: (step,))
    else:
        start = max(invoice_date, received_on or invoice_date)
        counted = calendar.count(start, terms.days or 0, Count.CALENDAR_DAYS)
    moved, roll = rolled(profile, calendar, counted)
    return moved.day, (terms.because(*counted.steps), *roll)


@shape("dispute_outcome")
class DisputeOutcome(Terms):
    """What was charged wrongly is credited; `interest`: and there is no interest at all."""

    no_interest: bool = False


@shape("dispute_outcome.payable")
class Payable(Terms):
    """Days from the outcome in which to pay what turned out payable; 0 = it was due all along.

    `both_states`: working days are counted in the customer's state and in the provider's, and the
    later day stands.
    """

    days: int
    counted_in: Count
    both_states: bool = False


@shape("dispute_outcome.interest")
class DisputeInterest(Terms):
    """Simple interest from the due date to payment on what turned out payable, in % a month."""

    percent_a_month: Decimal


@dataclass(frozen=True, kw_only=True)
class DisputeOutcomeAnswer(Result):
    """Credit, what stays payable and until when, and interest, in dollars."""

    credit: Decimal = combine("highest")
    payable: Decimal | None = combine("lowest")
    pay_by: date | None = combine("longest")
    interest: Decimal | None = combine("lowest")


def dispute_outcome(
    profile: Profile,
    *,
    upheld: bool,
    disputed_amount: Decimal,
    due_date: date,
    outcome_notified_on: date,
    upheld_amount: Decimal | None = None,
    paid_on: date | None = None,
    tcp: bool = False,
    state: State | None = None,
) -> DisputeOutcomeAnswer:
    """Return what follows from a decided dispute (VP-BIL-14, BS-DISP-02, -04, GL-DISP-07 to -09).

    `upheld_amount` is the part decided for the customer where that is not all or nothing.
    """
    terms = profile.of(DisputeOutcome, tcp=tcp)
    whole = disputed_amount if upheld else ZERO
    credit = to_cents(whole if upheld_amount is None else upheld_amount)
    payable = to_cents(disputed_amount - credit)
    shown = f"credit {in_dollars(credit)}, payable {in_dollars(payable)}"
    reasons = [terms.because(shown)]
    pay_by, interest = None, ZERO if terms.no_interest else None
    later = profile.find(Payable, tcp=tcp)
    if later and payable:
        pay_by, why = _pay_by(profile, later, due_date, outcome_notified_on, state)
        reasons += why
    rate = profile.find(DisputeInterest, tcp=tcp)
    if rate:
        interest, reason = _interest(rate, payable, due_date, paid_on)
        reasons.append(reason)
    return DisputeOutcomeAnswer(
        credit=credit,
        payable=payable,
        pay_by=pay_by,
        interest=interest,
        because=tuple(reversed(reasons)) if payable else tuple(reasons),
    )


def _pay_by(
    profile: Profile, later: Payable, due_date: date, told_on: date, state: State | None
) -> tuple[date, list[Reason]]:
    if later.days == 0:
        return due_date, [later.because(f"it was due on {in_words(due_date)} all along")]
    calendar = profile.calendar(state)
    counted = calendar.count(told_on, later.days, later.counted_in)
    moved, roll = rolled(profile, calendar, counted)
    steps = [*counted.steps]
    if later.both_states:
        home = profile.calendar().count(told_on, later.days, later.counted_in)
        if home.day > moved.day:
            moved, steps = home, [*counted.steps, f"by the provider's days {in_words(home.day)}"]
    if due_date > moved.day:
        steps.append(f"never before its own due date, {in_words(due_date)}")
    return max(moved.day, due_date), [*roll, later.because(*steps)]


def _interest(
    rate: DisputeInterest, payable: Decimal, due_date: date, paid_on: date | None
) -> tuple[Decimal | None, Reason]:
    if not payable:
        return ZERO, rate.because("nothing is payable, so there is no interest")
    if paid_on is None:
        return None, rate.because("interest is known once it is paid")
    days = max((paid_on - due_date).days, 0)
    yearly = rate.percent_a_month * 12
    interest = to_cents(payable * yearly / 100 / DAYS_IN_A_YEAR * days)
    step = (
        f"{in_dollars(payable)} × {yearly} % / {DAYS_IN_A_YEAR} × {days} days"
        f" = {in_dollars(interest)}"
    )
    return interest, rate.because(step)


@shape("dispute_notice")
class DisputeNotice(Terms):
    """A dispute is given in writing, names customer and invoice, and says why."""


@shape("dispute_notice.names")
class NamesWhat(Terms):
    """A dispute says how much, or which kind of charge, is contested; it needs no form."""


@dataclass(frozen=True, kw_only=True)
class DisputeNoticeAnswer(Result):
    """Whether a notice opens a dispute."""

    valid: bool = combine("any")


def dispute_notice(
    profile: Profile,
    *,
    in_writing: bool,
    identifies_customer: bool,
    identifies_invoice: bool,
    grounds_given: bool,
    given_on: date,
    invoice_date: date,
    received_on: date | None = None,
    amount_given: bool = False,
) -> DisputeNoticeAnswer:
    """Return whether a notice of dispute is complete and in time (GL-DISP-05, VP-DIS-01).

    `grounds_given` says that it names what is wrong, `amount_given` that it names the sum.
    """
    if names := profile.find(NamesWhat):
        valid = bool(met((None, amount_given), (None, grounds_given)))
        step = "the amount or the kind of charge is " + ("named" if valid else "missing")
        return DisputeNoticeAnswer(valid=valid, because=(names.because(step),))
    terms = profile.of(DisputeNotice)
    window = profile.of(DisputeWindow)
    last_day, reasons = _last_day(profile, window, invoice_date, received_on, None)
    in_form = (
        ("writing", in_writing),
        ("the customer's name", identifies_customer),
        ("the invoice", identifies_invoice),
        ("the grounds", grounds_given),
    )
    owed = missing(*in_form)
    owed += missing((f"notice by {in_words(last_day)}", given_on <= last_day))
    step = f"missing: {', '.join(owed)}" if owed else "complete and in time"
    return DisputeNoticeAnswer(valid=not owed, because=(terms.because(step), *reasons))


@shape("dispute_escalation")
class DisputeEscalation(Terms):
    """Working days at the first stage."""

    working_days: int


@shape("dispute_escalation.group")
class GroupEscalation(Terms):
    """Working days at the second stage."""

    working_days: int


@dataclass(frozen=True, kw_only=True)
class DisputeEscalationAnswer(Result):
    """The last day of each stage."""

    resolve_by: date = combine("earliest")
    group_resolve_by: date | None = combine("earliest")


def dispute_escalation(
    profile: Profile,
    *,
    referred_on: date,
    escalated_on: date | None = None,
    state: State | None = None,
) -> DisputeEscalationAnswer:
    """Return by when each stage answers a dispute (GL-DISP-02, GL-DISP-03)."""
    calendar = profile.calendar(state)
    first = profile.of(DisputeEscalation)
    counted = calendar.count(referred_on, first.working_days)
    because: tuple[Reason, ...] = (first.because(*counted.steps),)
    if escalated_on is None:
        return DisputeEscalationAnswer(resolve_by=counted.day, because=because)
    second = profile.of(GroupEscalation)
    later = calendar.count(escalated_on, second.working_days)
    return DisputeEscalationAnswer(
        resolve_by=counted.day,
        group_resolve_by=later.day,
        because=(*because, second.because(*later.steps)),
    )


@shape("general_dispute")
class GeneralDispute(Terms):
    """Days from the invoice date for notice, and from that notice for acknowledging it."""

    notice_days: int
    acknowledge_days: int


@shape("general_dispute.bills")
class BillsMeanwhile(Terms):
    """Whether bills stay payable on time meanwhile."""

    still_payable: bool


@dataclass(frozen=True, kw_only=True)
class GeneralDisputeAnswer(Result):
    """The window of a dispute that is not about billing."""

    last_day: date = combine("longest")
    in_time: bool = combine("any")
    bills_still_payable: bool = combine("all")
    acknowledge_by: date | None = combine("earliest")


def general_dispute(
    profile: Profile,
    *,
    invoice_date: date,
    notice_received_on: date,
    state: State | None = None,
) -> GeneralDisputeAnswer:
    """Return the clocks of a general dispute (GL-DISP-10, GL-DISP-11)."""
    terms = profile.of(GeneralDispute)
    bills = profile.of(BillsMeanwhile)
    calendar = profile.calendar(state)
    last = calendar.count(invoice_date, terms.notice_days, Count.CALENDAR_DAYS)
    in_time = notice_received_on <= last.day
    answer = calendar.count(notice_received_on, terms.acknowledge_days, Count.CALENDAR_DAYS)
    steps = (*last.steps, f"acknowledge by {in_words(answer.day)}") if in_time else last.steps
    return GeneralDisputeAnswer(
        last_day=last.day,
        in_time=in_time,
        bills_still_payable=bills.still_payable,
        acknowledge_by=answer.day if in_time else None,
        because=(terms.because(*steps), bills.because("bills stay payable on time")),
    )


@shape("legal_action_hold")
class LegalActionHold(Terms):
    """Whole working days that pass between telling the outcome and any court step.

    The first possible day is the day after, or (`then_next_working_day`) the next working day.
    """

    working_days: int
    then_next_working_day: bool


@dataclass(frozen=True, kw_only=True)
class LegalActionHoldAnswer(Result):
    """The first day on which court steps are possible."""

    not_before: date = combine("longest")


def legal_action_hold(
    profile: Profile, *, outcome_advised_on: date, state: State | None = None
) -> LegalActionHoldAnswer:
    """Return from when court steps are possible (VP-DIS-04, RF-TCP-19; A24)."""
    terms = profile.of(LegalActionHold)
    calendar = profile.calendar(state)
    counted = calendar.count(outcome_advised_on, terms.working_days)
    after = counted.day + timedelta(days=1)
    opens = calendar.next_working_day(after) if terms.then_next_working_day else after
    because = (terms.because(*counted.steps, f"from {in_words(opens)}"),)
    return LegalActionHoldAnswer(not_before=opens, because=because)


@shape("credit_management")
class CreditManagement(Terms):
    """Whether the amount of an open complaint is left out of collection."""

    disputed_left_out: bool


@dataclass(frozen=True, kw_only=True)
class CreditManagementAnswer(Result):
    """How much of what is overdue may be chased, in dollars."""

    allowed_on: Decimal = combine("lowest")


def credit_management(
    profile: Profile,
    *,
    complaint_open: bool,
    amount_overdue: Decimal,
    amount_disputed: Decimal | None = None,
    tcp: bool = False,
) -> CreditManagementAnswer:
    """Return how much may be chased (VP-DIS-02, BS-DISP-02, BS-DISP-03)."""
    return chaseable(
        profile.of(CreditManagement, tcp=tcp), complaint_open, amount_disputed, amount_overdue
    )


def chaseable(
    terms: CreditManagement, complaint_open: bool, disputed: Decimal | None, overdue: Decimal
) -> CreditManagementAnswer:
    """Apply one document's rule on contested amounts (VP-DIS-02, RF-TCP-18)."""
    if not (complaint_open and terms.disputed_left_out):
        step = f"all of {in_dollars(overdue)}"
        return CreditManagementAnswer(allowed_on=to_cents(overdue), because=(terms.because(step),))
    disputed = needed("amount_disputed", disputed)
    rest = to_cents(max(overdue - disputed, ZERO))
    step = f"{in_dollars(overdue)} − {in_dollars(disputed)} = {in_dollars(rest)}"
    return CreditManagementAnswer(allowed_on=rest, because=(terms.because(step),))


@shape("sixty_day_action")
class SixtyDayAction(Terms):
    """Days past due after which the contract may end and a collector may come in."""

    days: int


@shape("sixty_day_action.disputed")
class SixtyDayDisputed(Terms):
    """A contested amount bars it."""


@shape("sixty_day_action.hardship")
class SixtyDayHardship(Terms):
    """An arrangement in hardship replaces the days."""


@dataclass(frozen=True, kw_only=True)
class SixtyDayActionAnswer(Result):
    """Whether and from when the contract may be ended and the debt handed over."""

    allowed: bool = combine("all")
    not_before: date | None = combine("longest")


def sixty_day_action(
    profile: Profile, *, due_date: date, disputed: bool, hardship: bool
) -> SixtyDayActionAnswer:
    """Return when ending the contract and collectors are possible (VP-SUS-08, VP-PAY-09, -10)."""
    terms = profile.of(SixtyDayAction)
    contested, arrangement = profile.find(SixtyDayDisputed), profile.find(SixtyDayHardship)
    if disputed and contested:
        reason = contested.because("the amount is contested")
        return SixtyDayActionAnswer(allowed=False, because=(reason, terms.because()))
    if hardship and arrangement:
        reason = arrangement.because("an arrangement is in force")
        return SixtyDayActionAnswer(allowed=False, because=(reason, terms.because()))
    opens = due_date + timedelta(days=terms.days + 1)
    step = f"day {terms.days} after {in_words(due_date)} is over: from {in_words(opens)}"
    return SixtyDayActionAnswer(allowed=True, not_before=opens, because=(terms.because(step),))
