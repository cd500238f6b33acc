"""When an invoice is due and how it may be paid."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from terms import money
from terms.calendar import Count, State, in_words
from terms.clause import Reason, Terms, shape
from terms.facts import needed
from terms.money import Rounding
from terms.profile import Profile
from terms.result import Result, combine
from terms.rules._roll import rolled
from terms.vocabulary import Card, Method, Word

ONE_DAY = timedelta(days=1)


class InvoiceKind(StrEnum):
    """What an invoice is for, where that changes when it is due."""

    NORMAL = "normal"
    FINAL = "final"
    CANCELLATION = "cancellation"


class Authority(StrEnum):
    """What the provider holds that lets it draw money by itself."""

    NONE = "none"
    DIRECT_DEBIT = "direct_debit"
    CREDIT_CARD = "credit_card"
    DEPOSIT = "deposit"


@shape("invoice_due_date")
class InvoiceDueDate(Terms):
    """Days from issue; may be named for a kind of invoice.

    `rolls` moves a day off to the next working day; `printed_first` puts a date printed on the
    invoice before the count.
    """

    days: int
    rolls: bool = False
    printed_first: bool = False


@dataclass(frozen=True, kw_only=True)
class DueDate(Result):
    """The last day on which payment is still on time."""

    due_date: date | None = combine("longest")


def invoice_due_date(
    profile: Profile,
    *,
    issue_date: date,
    state: State | None = None,
    kind: InvoiceKind = InvoiceKind.NORMAL,
    printed_due_date: date | None = None,
) -> DueDate:
    """Return the last day on which payment is on time (CV-, BS-PAY-01, VP-PAY-02, GL-PAY)."""
    due, calendar = profile.of(InvoiceDueDate, name=kind), profile.calendar(state)
    if due.printed_first and printed_due_date is not None:
        step = f"printed on the invoice: {in_words(printed_due_date)}"
        return DueDate(due_date=printed_due_date, because=(due.because(step),))
    counted = calendar.count(issue_date, due.days, Count.CALENDAR_DAYS)
    if not due.days:
        return DueDate(due_date=counted.day, because=(due.because("due at once"),))
    if due.rolls:
        counted = calendar.roll(counted)
        return DueDate(due_date=counted.day, because=(due.because(*counted.steps),))
    moved, why = rolled(profile, calendar, counted)
    return DueDate(due_date=moved.day, because=(due.because(*counted.steps), *why))


@shape("direct_debit.after_query")
class DebitAfterQuery(Terms):
    """The debit waits for the due date and for the end of the days in which to query the bill."""

    query_days: int


@shape("direct_debit.once_billed")
class DebitOnceBilled(Terms):
    """The debit may run `wait_days` after the bill; with no bill, once the period is over."""

    wait_days: int


@shape("direct_debit.no_wait")
class NoWait(Terms):
    """The customer agreed that no working days have to pass between the bill and the debit."""


@shape("direct_debit.by_authority")
class DebitByAuthority(Terms):
    """What is held may be drawn on as soon as a charge has accrued."""


@dataclass(frozen=True, kw_only=True)
class Debit(Result):
    """Whether money may be drawn, and the first day."""

    allowed: bool | None = combine("all")
    earliest_on: date | None = combine("longest")


def direct_debit(
    profile: Profile,
    *,
    issue_date: date | None = None,
    received_on: date | None = None,
    disputed: bool = False,
    state: State | None = None,
    period_end: date | None = None,
    tcp: bool = False,
    authority: Authority | None = None,
    charge_accrued_on: date | None = None,
    due_date: date | None = None,
) -> Debit:
    """Return whether and from when a payment may be drawn (VP-PAY-03, BS-PAY-02, GL-PAY-05).

    `due_date` is the day by which the bill can be paid, where it is known; else the terms' own.
    """
    if query := profile.find(DebitAfterQuery):
        return _debit_after_query(
            profile,
            query,
            needed("issue_date", issue_date),
            received_on,
            disputed,
            state,
            due_date,
        )
    if held := profile.find(DebitByAuthority):
        if needed("authority", authority) == Authority.NONE:
            return Debit(allowed=False, because=(held.because("no authority is held"),))
        accrued = needed("charge_accrued_on", charge_accrued_on)
        step = f"the charge accrued on {in_words(accrued)}"
        return Debit(allowed=True, earliest_on=accrued, because=(held.because(step),))
    billed, calendar = profile.of(DebitOnceBilled), profile.calendar(state)
    if issue_date is None:
        start = needed("period_end", period_end) + ONE_DAY
        steps = ("no bill is issued", f"the period ends on {in_words(start - ONE_DAY)}")
    else:
        start = issue_date + timedelta(days=billed.wait_days)
        steps = (f"billed on {in_words(issue_date)}", f"may be drawn from {in_words(start)}")
    counted, why = rolled(profile, calendar, calendar.count(start, 0, Count.CALENDAR_DAYS))
    if agreed := profile.find(NoWait, tcp=tcp):
        why = (*why, agreed.because("no wait was agreed; the bill is open before the debit"))
    return Debit(allowed=True, earliest_on=counted.day, because=(billed.because(*steps), *why))


def _debit_after_query(
    profile: Profile,
    query: DebitAfterQuery,
    issue_date: date,
    received_on: date | None,
    disputed: bool,
    state: State | None,
    due_date: date | None,
) -> Debit:
    if disputed:
        return Debit(allowed=False, because=(query.because("the amount is queried"),))
    why: tuple[Reason, ...] = ()
    if due_date is None:
        due = invoice_due_date(profile, issue_date=issue_date, state=state)
        due_date, why = needed("due_date", due.due_date), due.because
    last = (received_on or issue_date) + timedelta(days=query.query_days)
    earliest = max(due_date, last + ONE_DAY)
    steps = (
        f"it is due on {in_words(due_date)}",
        f"the days to query end on {in_words(last)}",
        f"may be drawn from {in_words(earliest)}",
    )
    return Debit(allowed=True, earliest_on=earliest, because=(query.because(*steps), *why))


@shape("card_surcharge.capped")
class CappedSurcharge(Terms):
    """No more than `max_percent` of the payment, for these cards; others bear none."""

    max_percent: Decimal
    cards: tuple[Card, ...]


@shape("card_surcharge.published")
class PublishedSurcharge(Terms):
    """The percentage that the provider published, except for what is `free`."""

    free: tuple[Card, ...]


@dataclass(frozen=True, kw_only=True)
class Surcharge(Result):
    """The most that may be added for paying by this card, in dollars."""

    max_surcharge: Decimal | None = combine("lowest")


def card_surcharge(
    profile: Profile,
    *,
    amount: Decimal,
    card: Card,
    notified_percent: Decimal | None = None,
) -> Surcharge:
    """Return the most that may be added to a payment of `amount` (BS-PAY-06, GL-PAY-09)."""
    if capped := profile.find(CappedSurcharge):
        if card not in capped.cards:
            step = f"{card} is no credit card"
            return Surcharge(max_surcharge=money.ZERO, because=(capped.because(step),))
        exact = money.percent_of(amount, capped.max_percent)
        most = money.to_cents(exact, Rounding.DOWN)
        step = f"{capped.max_percent} % of {money.in_dollars(amount)}, cut to the cent"
        return Surcharge(max_surcharge=most, because=(capped.because(step),))
    published = profile.of(PublishedSurcharge)
    if card in published.free or notified_percent is None:
        step = f"{card} is free" if card in published.free else "no surcharge was published"
        return Surcharge(max_surcharge=money.ZERO, because=(published.because(step),))
    most = money.to_cents(money.percent_of(amount, notified_percent))
    step = f"{notified_percent} % of {money.in_dollars(amount)}"
    return Surcharge(max_surcharge=most, because=(published.because(step),))


@shape("payment_method")
class PaymentMethods(Terms):
    """The ways to pay that are taken.

    `if_agreed` are taken only where the provider agrees; `if_on_invoice` says the same of every
    way that the invoice names, `others_if_agreed` of every other way. Where none of these applies
    a way that is not listed is not taken, or (`open`) is to be asked for.
    """

    accepted: tuple[Method, ...]
    if_agreed: tuple[Method, ...] = ()
    if_on_invoice: bool = False
    others_if_agreed: bool = False
    open: bool = False


@shape("payment_method.processing_fee")
class ProcessingFee(Terms):
    """A fee may be charged for ways to pay that are not automatic."""

    automatic: tuple[Method, ...]


@shape("payment_method.debit_only")
class DebitOnly(Terms):
    """On a plan that says so, direct debit is the only way to pay."""


@dataclass(frozen=True, kw_only=True)
class MethodTaken(Result):
    """Whether a way to pay is taken (None: ask), and whether a fee for it is allowed at all."""

    accepted: bool | None = None
    processing_fee_permitted: bool | None = combine("all")


def payment_method(
    profile: Profile,
    *,
    method: Method,
    provider_agrees: bool | None = None,
    on_invoice: bool | None = None,
    debit_only_plan: bool = False,
) -> MethodTaken:
    """Return whether a way to pay is taken (CV-PAY-02, -03, VP-PAY-01, GL-PAY-09, BS-PAY-06)."""
    taken = profile.of(PaymentMethods)
    only = profile.find(DebitOnly)
    if only and debit_only_plan:
        step = f"the plan is by direct debit only, this is {method.words}"
        accepted = method == Method.DIRECT_DEBIT
        return MethodTaken(accepted=accepted, because=(only.because(step),))
    named = method.words
    is_taken, why = _is_taken(taken, method, provider_agrees, on_invoice)
    if not is_taken:
        return MethodTaken(accepted=is_taken, because=(taken.because(why),))
    fee = profile.find(ProcessingFee)
    if fee is None:
        return MethodTaken(accepted=True, because=(taken.because(why),))
    permitted = method not in fee.automatic
    step = f"{named} is {'not ' if permitted else ''}automatic"
    return MethodTaken(
        accepted=True,
        processing_fee_permitted=permitted,
        because=(taken.because(why), fee.because(step)),
    )


def _is_taken(
    terms: PaymentMethods, method: Method, agrees: bool | None, on_invoice: bool | None
) -> tuple[bool | None, str]:
    """Return whether a way to pay is taken, or None where that is to be asked, and why."""
    named = method.words
    if method in terms.accepted:
        return True, f"{named} is taken"
    if terms.if_on_invoice and on_invoice:
        return True, f"{named} is named on the invoice"
    if method in terms.if_agreed or terms.others_if_agreed:
        agreed = "agrees" if agrees else "has not said that it agrees"
        return bool(agrees), f"{named} is taken only if the provider agrees, and it {agreed}"
    if terms.if_on_invoice:
        said = None if on_invoice is None else False
        return said, f"{named} is taken if the invoice names it"
    if terms.open:
        return None, f"{named} is not spoken of: ask"
    return False, f"not taken: {named}; taken are {_listed(terms.accepted)}"


def _listed(words: tuple[Word, ...]) -> str:
    return ", ".join(each.words for each in words)


@shape("payment_card")
class RefusedCards(Terms):
    """Cards that are not taken."""

    refused: tuple[Card, ...]


@shape("payment_card.accepted")
class AcceptedCards(Terms):
    """Cards that are taken, and others only if the provider has said so."""

    accepted: tuple[Card, ...]


@dataclass(frozen=True, kw_only=True)
class CardTaken(Result):
    """Whether a card is taken."""

    accepted: bool | None = None


def payment_card(profile: Profile, *, card: Card, notified: bool = False) -> CardTaken:
    """Return whether a card is taken (VP-PAY-04, BS-PAY-06).

    `notified` says that the provider has told its customers that it takes this card.
    """
    if listed := profile.find(AcceptedCards):
        if card in listed.accepted:
            step = f"{card.words} is named"
            return CardTaken(accepted=True, because=(listed.because(step),))
        said = "was" if notified else "was not"
        step = f"{card.words} only if it was notified, and it {said}"
        return CardTaken(accepted=notified, because=(listed.because(step),))
    terms = profile.of(RefusedCards)
    accepted = card not in terms.refused
    step = f"not taken are {_listed(terms.refused)}" if terms.refused else "all cards are taken"
    return CardTaken(accepted=accepted, because=(terms.because(step),))


@dataclass(frozen=True)
class Balance:
    """What is open on an invoice, in dollars."""

    invoice: str
    date: date
    amount: Decimal


@dataclass(frozen=True)
class Applied:
    """What part of a payment went to an invoice, in dollars."""

    invoice: str
    amount: Decimal


@shape("payment_allocation")
class OldestFirst(Terms):
    """Payments go to the oldest invoice first, of one day to the lowest number."""


@dataclass(frozen=True, kw_only=True)
class Allocation(Result):
    """Where a payment went, and what is left as credit, in dollars."""

    applied: tuple[Applied, ...] = ()
    credit: Decimal | None = None


def payment_allocation(
    profile: Profile, *, balances: tuple[Balance, ...], payment: Decimal
) -> Allocation:
    """Return how a payment is spread over open invoices (CV-PAY-06)."""
    terms = profile.of(OldestFirst)
    left, applied = payment, []
    for balance in sorted(balances, key=lambda each: (each.date, each.invoice)):
        part = min(left, balance.amount)
        if part > 0:
            applied.append(Applied(balance.invoice, part))
            left -= part
    steps = [f"{money.in_dollars(each.amount)} to {each.invoice}" for each in applied]
    return Allocation(
        applied=tuple(applied),
        credit=left,
        because=(terms.because(*steps, f"{money.in_dollars(left)} left over"),),
    )


@shape("card_check_refund")
class CardCheck(Terms):
    """A test charge in dollars, given back after so many working days."""

    amount: Decimal
    working_days: int


@dataclass(frozen=True, kw_only=True)
class CardCheckRefund(Result):
    """What is given back, in dollars, and by which day."""

    amount: Decimal | None = None
    refund_on: date | None = combine("earliest")


def card_check_refund(
    profile: Profile, *, charged_on: date, state: State | None = None
) -> CardCheckRefund:
    """Return when the test charge on a new card goes back (VP-CON-09)."""
    terms = profile.of(CardCheck)
    counted = profile.calendar(state).count(charged_on, terms.working_days)
    return CardCheckRefund(
        amount=terms.amount, refund_on=counted.day, because=(terms.because(*counted.steps),)
    )


class DebitChange(StrEnum):
    """What changes about a direct debit."""

    AMOUNT = "amount"
    TERMS = "terms"


@shape("debit_change")
class DebitChangeNotice(Terms):
    """Named for what changes: working or calendar days of notice that are all the customer's."""

    working_days: int | None = None
    days: int | None = None


@dataclass(frozen=True, kw_only=True)
class DebitChanged(Result):
    """The first day of the change."""

    earliest_on: date | None = combine("longest")


def debit_change(
    profile: Profile, *, change: DebitChange, notice_given_on: date, state: State | None = None
) -> DebitChanged:
    """Return from when a fixed amount or the terms of a debit change (RF-TCP-05, RF-PAY-03)."""
    terms = profile.of(DebitChangeNotice, name=change)
    kind = Count.CALENDAR_DAYS if terms.days is not None else Count.WORKING_DAYS
    days = terms.days if terms.days is not None else terms.working_days or 0
    counted = profile.calendar(state).count(notice_given_on, days, kind)
    opens = counted.day + ONE_DAY
    reason = terms.because(*counted.steps, f"changed from {in_words(opens)}")
    return DebitChanged(earliest_on=opens, because=(reason,))
