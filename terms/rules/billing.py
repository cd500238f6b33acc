"""When a charge may be billed, from when and until when, and what a bill or its copy costs."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from terms import money
from terms.calendar import Count, State, in_words, month_end, months_on
from terms.clause import Terms, shape
from terms.facts import needed
from terms.money import Rounding
from terms.profile import Profile
from terms.result import Result, combine
from terms.rules._roll import rolled
from terms.rules.lines import LineTerms, PriceBasis
from terms.vocabulary import Listed

ONE_DAY = timedelta(days=1)


@shape("back_billing")
class BackBilling(Terms):
    """Calendar days after which a charge can no longer be billed; None: no limit.

    `tcp_days` is the limit for protected customers where they have one of their own.
    """

    days: int | None
    tcp_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class LastBillable(Result):
    """The last day on which a charge may be billed; None: no limit."""

    last_billable_on: date | None = combine("earliest")


def back_billing(profile: Profile, *, charge_incurred_on: date, tcp: bool = False) -> LastBillable:
    """Return how late a charge may be billed (CV-BIL-04, VP-BIL-09, BS-BILL-19, GL-BILL-12)."""
    terms = profile.of(BackBilling)
    days = terms.tcp_days if tcp and terms.tcp_days is not None else terms.days
    if days is None:
        return LastBillable(because=(terms.because("no limit is printed"),))
    day = charge_incurred_on + timedelta(days=days)
    steps = (
        f"day 0 is {in_words(charge_incurred_on)}",
        f"day {days} is {in_words(day)}, whatever day of the week",
    )
    return LastBillable(last_billable_on=day, because=(terms.because(*steps),))


class StartsWith(StrEnum):
    """The event from which an added item is charged."""

    INSTALLATION = "installation"
    ACTIVATION = "activation"
    CONNECTION = "connection"
    PROVISIONING = "provisioning"


_PAST = {
    StartsWith.ACTIVATION: "activated",
    StartsWith.CONNECTION: "connected",
    StartsWith.PROVISIONING: "provisioned",
}


@shape("billing_start")
class BillingStart(Terms):
    """Periodic charges run from the day the customer is told that the service is ready."""


@shape("billing_start.event")
class BillingStartsWith(Terms):
    """Charges run from this event of each service by itself."""

    event: StartsWith


@dataclass(frozen=True, kw_only=True)
class ChargesFrom(Result):
    """The first day that is charged."""

    charges_from: date | None = combine("longest")


def billing_start(
    profile: Profile,
    *,
    ready_notified_on: date | None = None,
    first_used_on: date | None = None,
    activated_on: date | None = None,
    connected_on: date | None = None,
    provisioned_on: date | None = None,
) -> ChargesFrom:
    """Return from when periodic charges run (GL-BILL-07, BS-CON-04, CV-BIL-02, VP-CON-04).

    For a document that counts from readiness, use does not matter.
    """
    if starts := profile.find(BillingStartsWith):
        days = {
            StartsWith.ACTIVATION: activated_on,
            StartsWith.CONNECTION: connected_on,
            StartsWith.PROVISIONING: provisioned_on,
        }
        day = needed(f"{_PAST[starts.event]}_on", days[starts.event])
        step = f"{starts.event} on {in_words(day)}"
        return ChargesFrom(charges_from=day, because=(starts.because(step),))
    ready_notified_on = needed("ready_notified_on", ready_notified_on)
    terms = profile.of(BillingStart)
    step = f"told that it is ready on {in_words(ready_notified_on)}"
    return ChargesFrom(charges_from=ready_notified_on, because=(terms.because(step),))


@shape("charge_start")
class ChargeStart(Terms):
    """Named for an added item: from which event it is charged, and whether to the term's end."""

    starts_with: StartsWith
    to_term_end: bool = False


@dataclass(frozen=True, kw_only=True)
class ChargedFrom(Result):
    """The first day that an added item is charged, and the last; None: no last day is printed."""

    charged_from: date | None = combine("longest")
    charged_until: date | None = combine("earliest")


def charge_start(
    profile: Profile,
    *,
    item: Listed,
    installed_on: date | None = None,
    activated_on: date | None = None,
    term_ends_on: date | None = None,
) -> ChargedFrom:
    """Return from when an added item is charged, and until when (CV-BIL-09, CV-BIL-10)."""
    terms = profile.of(ChargeStart, name=item)
    if terms.starts_with == StartsWith.ACTIVATION:
        day = needed("activated_on", activated_on)
    else:
        day = needed("installed_on", installed_on)
    steps = [f"{terms.starts_with} on {in_words(day)}"]
    until = term_ends_on if terms.to_term_end else None
    if until:
        steps.append(f"for the rest of the term, to {in_words(until)}")
    return ChargedFrom(charged_from=day, charged_until=until, because=(terms.because(*steps),))


class Billable(StrEnum):
    """What the billing of a kind of charge waits for."""

    PERIOD_START = "period_start"
    PERIOD_END = "period_end"
    EVENT = "event"


@shape("charge_billable_on")
class ChargeBillable(Terms):
    """Named for a kind of charge: billable so many days before a date of its own.

    A date of the billing period rolls to a working day; an event does not. With `pay_by` the event
    is the last day to pay instead.
    """

    waits_for: Billable
    lead_days: int | None = None
    pay_by: bool = False


@dataclass(frozen=True, kw_only=True)
class BillableFrom(Result):
    """The first day on which a charge may be billed, or the last on which it may be paid."""

    billable_from: date | None = combine("longest")
    payable_by: date | None = combine("longest")


def charge_billable_on(
    profile: Profile,
    *,
    kind: Listed,
    state: State | None = None,
    period_start: date | None = None,
    period_end: date | None = None,
    event_on: date | None = None,
) -> BillableFrom:
    """Return when a kind of charge may be billed (BS-BILL-03 to BS-BILL-07)."""
    terms, calendar = profile.of(ChargeBillable, name=kind), profile.calendar(state)
    if terms.waits_for == Billable.EVENT:
        day = needed("event_on", event_on)
        reason = terms.because(f"the event is on {in_words(day)}")
        if terms.pay_by:
            return BillableFrom(payable_by=day, because=(reason,))
        return BillableFrom(billable_from=day, because=(reason,))
    starts = terms.waits_for == Billable.PERIOD_START
    fact = needed("period_start", period_start) if starts else needed("period_end", period_end)
    day = fact - timedelta(days=terms.lead_days or 0)
    step = f"the period {'starts' if starts else 'ends'} on {in_words(fact)}"
    steps = (step, f"{terms.lead_days} days before") if terms.lead_days else (step,)
    counted, why = rolled(profile, calendar, calendar.count(day, 0, Count.CALENDAR_DAYS))
    return BillableFrom(billable_from=counted.day, because=(terms.because(*steps), *why))


@shape("prorata")
class Prorata(Terms):
    """The share of a monthly fee for the days from activation to the next issue date."""

    rounding: Rounding


@dataclass(frozen=True, kw_only=True)
class Share(Result):
    """The part of a monthly fee that is charged, in dollars."""

    amount: Decimal | None = combine("lowest")


def prorata(profile: Profile, *, monthly_fee: Decimal, activated_on: date, bill_day: int) -> Share:
    """Return the first part-month of a service (VP-BIL-07).

    The share is taken of the billing period that holds the activation, which counts.
    """
    terms = profile.of(Prorata)
    start, end = billing_period(activated_on, bill_day)
    days, period = (end - activated_on).days, (end - start).days
    amount = money.to_cents(monthly_fee * days / period, terms.rounding)
    steps = (
        f"the billing period is {in_words(start)} to {in_words(end - ONE_DAY)}: {period} days",
        f"charged from {in_words(activated_on)}: {days} days",
        f"{money.in_dollars(monthly_fee)} × {days} / {period}"
        f" = {money.in_dollars(amount)}, {terms.rounding.words}",
    )
    return Share(amount=amount, because=(terms.because(*steps),))


@dataclass(frozen=True, kw_only=True)
class PartPeriod(Result):
    """What some days of a billing period cost, in dollars; below zero for days given back.

    Where the terms sum an invoice exactly and round it once, it is not rounded here.
    """

    amount: Decimal | None = combine("lowest")


def part_period(profile: Profile, *, fee: Decimal, days: int, of_days: int) -> PartPeriod:
    """Return the share of a period's `fee` for `days` of its `of_days` (VP-BIL-06, VP-BIL-07).

    A credit is a share of a fee below zero and is rounded as its charge was. Where the document
    is silent on shares but sums prices without GST exactly and rounds once (CV-BIL-06,
    GL-BILL-09), so is the share.
    """
    share = fee * days / of_days
    sum_of = f"{money.in_dollars(fee)} × {days} / {of_days}"
    terms = profile.find(Prorata)
    if terms is not None:
        amount = money.to_cents(share, terms.rounding)
        step = f"{sum_of} = {money.in_dollars(amount)}, {terms.rounding.words}"
        return PartPeriod(amount=amount, because=(terms.because(step),))
    lines = profile.find(LineTerms)
    if lines is None or lines.each_line or lines.basis == PriceBasis.INC:
        raise profile.silent("prorata")
    step = f"{sum_of}, rounded with the whole invoice"
    return PartPeriod(amount=share, because=(lines.because(step),))


def billing_period(day: date, bill_day: int) -> tuple[date, date]:
    """Return the issue date on or before a day, and the next one after it.

    A month without the day number is billed on its last day.
    """
    first = day.replace(day=1)
    this = _bill_date(first, bill_day)
    if day >= this:
        return this, _bill_date(months_on(first, 1), bill_day)
    return _bill_date(months_on(first, -1), bill_day), this


def _bill_date(month: date, bill_day: int) -> date:
    return month.replace(day=min(bill_day, month_end(month).day))


@shape("prepaid_expiry")
class PrepaidExpiry(Terms):
    """Months for which prepaid value can be used where the plan sets none; nothing is refunded."""

    use_by_months: int


@dataclass(frozen=True, kw_only=True)
class Expiry(Result):
    """The last day on which prepaid value can be used, and what is refunded, in dollars."""

    last_usable_on: date | None = combine("longest")
    refund: Decimal | None = None


def prepaid_expiry(
    profile: Profile,
    *,
    purchased_on: date,
    use_by_days: int | None = None,
    use_by_months: int | None = None,
) -> Expiry:
    """Return until when prepaid value lasts (BS-CON-11). The plan's own period comes first."""
    terms = profile.of(PrepaidExpiry)
    if use_by_days is not None:
        day, period = purchased_on + timedelta(days=use_by_days), f"{use_by_days} days"
    else:
        months = terms.use_by_months if use_by_months is None else use_by_months
        day, period = months_on(purchased_on, months), f"{months} months"
    step = f"{period} from {in_words(purchased_on)}, that day not counted"
    return Expiry(last_usable_on=day, refund=money.ZERO, because=(terms.because(step),))


@shape("gst_payable")
class GstPayable(Terms):
    """No GST has to be paid before a valid tax invoice is given."""


@dataclass(frozen=True, kw_only=True)
class GstDue(Result):
    """The GST that has to be paid now, in dollars."""

    gst_due: Decimal | None = combine("lowest")


def gst_payable(profile: Profile, *, amount_ex: Decimal, tax_invoice_valid: bool) -> GstDue:
    """Return the GST due on a price without GST (CV-BIL-07)."""
    terms = profile.of(GstPayable)
    if not tax_invoice_valid:
        return GstDue(gst_due=money.ZERO, because=(terms.because("no valid tax invoice yet"),))
    gst = money.to_cents(money.gst_on(amount_ex))
    step = f"a tenth of {money.in_dollars(amount_ex)}"
    return GstDue(gst_due=gst, because=(terms.because(step),))


@shape("recovery_cost")
class RecoveryCost(Terms):
    """A cost passed on is net of the input tax credit that the payee gets for it."""


@shape("recovery_cost.enforcement")
class EnforcementCost(Terms):
    """Reasonable costs of getting paid may be passed on."""


@dataclass(frozen=True, kw_only=True)
class Recoverable(Result):
    """What may be passed on, in dollars without GST."""

    recoverable_ex: Decimal | None = combine("lowest")


def recovery_cost(
    profile: Profile, *, paid_inc: Decimal, input_tax_credit: Decimal
) -> Recoverable:
    """Return what of a cost may be passed on (CV-PAY-05, CV-BIL-08)."""
    terms, enforcement = profile.of(RecoveryCost), profile.find(EnforcementCost)
    left = money.to_cents(paid_inc - input_tax_credit)
    step = f"{money.in_dollars(paid_inc)} less {money.in_dollars(input_tax_credit)} tax credit"
    if enforcement is None:
        return Recoverable(recoverable_ex=left, because=(terms.because(step),))
    why = enforcement.because("as far as it is reasonable and was really paid")
    return Recoverable(recoverable_ex=left, because=(terms.because(step), why))


@shape("deposit")
class Deposit(Terms):
    """Delivery may wait until a deposit that was asked for is paid in full."""


@dataclass(frozen=True, kw_only=True)
class Delivery(Result):
    """Whether delivery may start."""

    may_deliver: bool | None = None


def deposit(profile: Profile, *, paid: Decimal, required: Decimal | None = None) -> Delivery:
    """Return whether delivery may start (CV-CON-07)."""
    terms = profile.of(Deposit)
    if required is None:
        return Delivery(may_deliver=True, because=(terms.because("no deposit was asked for"),))
    step = f"{money.in_dollars(paid)} of {money.in_dollars(required)} is paid"
    return Delivery(may_deliver=paid >= required, because=(terms.because(step),))


@shape("bill_required")
class BillRequired(Terms):
    """A bill for each period, except prepaid or a fixed sum by automatic debit.

    That sum needs a bill once the total is more than `over_percent` above it.
    """

    over_percent: Decimal


@shape("bill_required.always")
class BillAlways(Terms):
    """Every charge is billed, also a fixed sum that is drawn by itself."""


@shape("bill_required.never")
class NoBillNeeded(Terms):
    """A charge can fall due with no bill at all."""


@dataclass(frozen=True, kw_only=True)
class Required(Result):
    """Whether a bill has to be issued for the period."""

    bill_required: bool | None = combine("any")


def bill_required(
    profile: Profile,
    *,
    tcp: bool,
    prepaid: bool,
    automatic_direct_debit: bool,
    fixed_amount: Decimal | None = None,
    bill_total: Decimal | None = None,
) -> Required:
    """Return whether a period needs a bill (BS-BILL-09, -11, GL-BILL-05, CV-BIL-01, VP-BIL-01)."""
    if always := profile.find(BillAlways, tcp=tcp):
        step = "all charges are billed, however they are paid"
        return Required(bill_required=True, because=(always.because(step),))
    terms = profile.find(BillRequired, tcp=tcp)
    if terms is None:
        never = profile.of(NoBillNeeded, tcp=tcp)
        return Required(bill_required=False, because=(never.because("charges fall due anyway"),))
    if prepaid:
        return Required(bill_required=False, because=(terms.because("the service is prepaid"),))
    if not automatic_direct_debit or fixed_amount is None:
        step = "no fixed sum is drawn automatically"
        return Required(bill_required=True, because=(terms.because(step),))
    limit = fixed_amount + money.percent_of(fixed_amount, terms.over_percent)
    over = needed("bill_total", bill_total) > limit
    step = f"the total is {'more' if over else 'no more'} than {money.in_dollars(limit)}"
    return Required(bill_required=over, because=(terms.because(step),))


@shape("itemised_billing_notice")
class ItemisedNotice(Terms):
    """Days of notice by the age in months of a charge's first bill, counted back, edges inside.

    `older_days` serves whatever is older than the last step.
    """

    within_months: tuple[int, ...]
    days: tuple[int, ...]
    older_days: int


@dataclass(frozen=True, kw_only=True)
class ItemisedSupply(Result):
    """The days of notice that itemised details need, and the day by which they are supplied."""

    notice_days: int | None = combine("lowest")
    supply_by: date | None = combine("earliest")


def itemised_billing_notice(
    profile: Profile, *, requested_on: date, first_billed_on: date, state: State | None = None
) -> ItemisedSupply:
    """Return by when itemised details are supplied (BS-BILL-17)."""
    terms, calendar = profile.of(ItemisedNotice), profile.calendar(state)
    days, age = terms.older_days, f"more than {terms.within_months[-1]} months ago"
    for months, each in zip(terms.within_months, terms.days, strict=True):
        if first_billed_on >= months_on(requested_on, -months):
            days, age = each, f"no more than {months} months ago"
            break
    count = calendar.count(requested_on, days, Count.CALENDAR_DAYS)
    counted, why = rolled(profile, calendar, count)
    reason = terms.because(f"first billed {age}: {days} days", *count.steps)
    return ItemisedSupply(notice_days=days, supply_by=counted.day, because=(reason, *why))


@shape("late_issue")
class LateIssue(Terms):
    """Working days in which a period is billed; each day later moves the due day."""

    working_days: int


@dataclass(frozen=True, kw_only=True)
class IssueAnswer(Result):
    """The last day for issuing a bill, and the earliest day on which a late one is due."""

    issue_by: date | None = combine("earliest")
    due_date: date | None = combine("longest")


def late_issue(
    profile: Profile,
    *,
    period_ended_on: date,
    issued_on: date | None = None,
    due_date: date | None = None,
    state: State | None = None,
) -> IssueAnswer:
    """Return by when a bill is issued, and when a late one falls due (RF-TCP-06).

    Lateness is counted in calendar days, and as many are added to `due_date`.
    """
    terms = profile.of(LateIssue)
    counted = profile.calendar(state).count(period_ended_on, terms.working_days)
    steps = list(counted.steps)
    if issued_on is None or due_date is None or issued_on <= counted.day:
        return IssueAnswer(
            issue_by=counted.day, due_date=due_date, because=(terms.because(*steps),)
        )
    late = issued_on - counted.day
    moved = due_date + late
    steps.append(f"issued {late.days} days late, so due on {in_words(moved)}")
    return IssueAnswer(issue_by=counted.day, due_date=moved, because=(terms.because(*steps),))
