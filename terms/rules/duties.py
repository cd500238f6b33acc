"""What the law bids a provider: by when to act, how long to keep, what to check and to tell."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from terms.calendar import State, in_words, months_on
from terms.clause import Terms, shape
from terms.facts import needed
from terms.money import in_dollars
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import Word


class Duty(Word):
    """What a provider has to do within a time; the words say from which day that runs."""

    ANSWER_ACCESS = "answer_access"
    ANSWER_CORRECTION = "answer_correction"
    ASSESS_BREACH = "assess_breach"
    END_MARKETING = "end_marketing"
    POST_PAYMENT = "post_payment"
    STOP_DIRECT_DEBIT = "stop_direct_debit"
    GIVE_TAX_INVOICE = "give_tax_invoice"
    REPORT_WRONG_LISTING = "report_wrong_listing"
    NAME_OMBUDSMAN = "name_ombudsman"
    DECIDE_ESCALATION = "decide_escalation"
    ANSWER_OMBUDSMAN = "answer_ombudsman"
    ANSWER_OMBUDSMAN_MEDICAL = "answer_ombudsman_medical"
    ANSWER_OMBUDSMAN_AGED = "answer_ombudsman_aged"
    CONTACT_FOR_OMBUDSMAN = "contact_for_ombudsman"
    REPORT_COMPLAINTS = "report_complaints"


@shape("duty_deadline")
class DutyDeadline(Terms):
    """Named for a duty: working days or calendar days in which it is done.

    `above` is a sum in dollars with GST up to which, itself included, there is no such duty.
    """

    working_days: int | None = None
    days: int | None = None
    above: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class DutyDue(Result):
    """The last day for doing it; None: nothing is owed."""

    by: date | None = combine("earliest")


def duty_deadline(
    profile: Profile,
    *,
    duty: Duty,
    since: date,
    total: Decimal | None = None,
    state: State | None = None,
) -> DutyDue:
    """Return by when a duty is done that arose on the day `since`.

    `total` is the sum with GST that a tax invoice is asked for. (RF-TCP-12, -15, -21, RF-CMP-08,
    -09, -17, -18, RF-TAX-07, RF-MSG-01, RF-PRIV-01 to -03.)
    """
    terms = profile.of(DutyDeadline, name=duty)
    if terms.above is not None and needed("total", total) <= terms.above:
        step = f"not owed for a total up to {in_dollars(terms.above)}"
        return DutyDue(because=(terms.because(step),))
    if terms.days is not None:
        by = since + timedelta(days=terms.days)
        step = f"day {terms.days} after {in_words(since)} is {in_words(by)}"
        return DutyDue(by=by, because=(terms.because(step),))
    counted = profile.calendar(state).count(since, terms.working_days or 0)
    return DutyDue(by=counted.day, because=(terms.because(*counted.steps),))


class Record(Word):
    """What is kept."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    ADJUSTMENT_NOTE = "adjustment_note"
    BILLING_DETAILS = "billing_details"
    COMPLAINT = "complaint"
    IDENTITY_CHECK = "identity_check"
    SUBSCRIBER = "subscriber"


@shape("record_keeping")
class RecordKeeping(Terms):
    """Named for a record: months for which it is kept at least."""

    months: int


@dataclass(frozen=True, kw_only=True)
class Kept(Result):
    """The last day on which a record has to be there."""

    kept_until: date | None = combine("longest")


def record_keeping(profile: Profile, *, record: Record, since: date) -> Kept:
    """Return until when a record is kept at least (RF-REC-01).

    `since` is the day it was made; the day of closing for a complaint, and of the account's end
    for who the subscriber was.
    """
    terms = profile.of(RecordKeeping, name=record)
    day = months_on(since, terms.months)
    step = f"{terms.months} months after {in_words(since)}: {in_words(day)}"
    return Kept(kept_until=day, because=(terms.because(step),))


@shape("identity_check")
class IdentityCheck(Terms):
    """How many different factors prove who somebody is, and whether the second is a fresh one."""

    factors: int
    fresh: bool


@shape("identity_check.step")
class HighRiskStep(Terms):
    """Named for a step before which identity is proved.

    A provider may turn off a step that is only the house's prudence (`house`), none of the law's.
    """

    house: bool = False


@dataclass(frozen=True, kw_only=True)
class Identified(Result):
    """How many factors are needed, and whether the second is fresh; None: it is no such step."""

    factors: int | None = combine("highest")
    fresh: bool | None = combine("any")


def identity_check(profile: Profile, *, step: str, turned_off: bool = False) -> Identified:
    """Return what proves who somebody is before a step (RF-ID-01 to RF-ID-04).

    `turned_off` says that the provider took the step off the house's own list.
    """
    terms, listed = profile.of(IdentityCheck), profile.find(HighRiskStep, name=step)
    named = step.replace("_", " ")
    if listed is None:
        return Identified(because=(terms.because(f"{named} is on no list of high-risk steps"),))
    if listed.house and turned_off:
        return Identified(because=(listed.because(f"{named} was turned off by the provider"),))
    fresh = ", the second a fresh one" if terms.fresh else ""
    return Identified(
        factors=terms.factors,
        fresh=terms.fresh,
        because=(
            terms.because(f"{terms.factors} different factors{fresh}"),
            listed.because(f"{named} is a high-risk step"),
        ),
    )


@shape("identity_documents")
class IdentityDocuments(Terms):
    """Documents that prove identity where factors cannot: so many of category A, or A and B."""

    category_a: int
    or_category_a: int
    with_category_b: int


@dataclass(frozen=True, kw_only=True)
class DocumentsSeen(Result):
    """Whether what staff saw proves who somebody is."""

    accepted: bool | None = combine("all")


def identity_documents(
    profile: Profile, *, category_a: int, category_b: int, accredited_check: bool = False
) -> DocumentsSeen:
    """Return whether documents or an accredited check prove identity (RF-ID-05).

    What somebody knows, such as a date of birth, never does.
    """
    terms = profile.of(IdentityDocuments)
    if accredited_check:
        return DocumentsSeen(accepted=True, because=(terms.because("an accredited check"),))
    enough = category_a >= terms.category_a or (
        category_a >= terms.or_category_a and category_b >= terms.with_category_b
    )
    step = f"{category_a} of category A, {category_b} of category B"
    return DocumentsSeen(accepted=enough, because=(terms.because(step),))


class Message(Word):
    """What a message is, apart from marketing."""

    BILL = "bill"
    NOTICE = "notice"
    REMINDER = "reminder"


@shape("message_content")
class PlainMessages(Terms):
    """In these messages no promotion, and no link to a page of offers."""

    kinds: tuple[Message, ...]


@shape("message_content.assistance")
class NamesAssistance(Terms):
    """These messages name the payment assistance policy; a general offer of help is not enough."""

    kinds: tuple[Message, ...]


@dataclass(frozen=True, kw_only=True)
class Content(Result):
    """Whether a message may go out with this content."""

    allowed: bool | None = combine("all")


def message_content(
    profile: Profile,
    *,
    message: Message,
    promotion: bool = False,
    link_to_offers: bool = False,
    names_assistance: bool = False,
) -> Content:
    """Return whether a bill, notice or reminder may hold this (RF-MSG-02, RF-TCP-27)."""
    plain, assistance = profile.of(PlainMessages), profile.find(NamesAssistance)
    if message in plain.kinds and (promotion or link_to_offers):
        step = "it promotes something" if promotion else "it links to a page of offers"
        return Content(allowed=False, because=(plain.because(step),))
    if assistance and message in assistance.kinds and not names_assistance:
        step = "it does not name the payment assistance policy"
        return Content(allowed=False, because=(assistance.because(step),))
    reasons = [plain.because("it promotes nothing")]
    if assistance and message in assistance.kinds:
        reasons.append(assistance.because("it names the payment assistance policy"))
    return Content(allowed=True, because=tuple(reasons))


@shape("text_sender")
class TextSender(Terms):
    """A name that stands as sender of text messages is registered; a number need not be."""


@dataclass(frozen=True, kw_only=True)
class SenderTaken(Result):
    """Whether text messages may show this sender."""

    allowed: bool | None = combine("all")


def text_sender(profile: Profile, *, sender: str, registered: bool = False) -> SenderTaken:
    """Return whether `sender`, a number or a name, may stand on text messages (RF-MSG-03)."""
    terms = profile.of(TextSender)
    digits = "".join(sender.split()).removeprefix("+")
    if digits.isdecimal():
        return SenderTaken(allowed=True, because=(terms.because("a number, no name"),))
    step = f"the name {sender} is {'' if registered else 'not '}registered"
    return SenderTaken(allowed=registered, because=(terms.because(step),))


@shape("decision_disclosure")
class DecisionDisclosure(Terms):
    """Whether the privacy policy has to list what programs decide about people."""

    owed: bool


@dataclass(frozen=True, kw_only=True)
class Disclosure(Result):
    """Whether the list is owed."""

    owed: bool | None = combine("any")


def decision_disclosure(profile: Profile) -> Disclosure:
    """Return whether the privacy policy lists decisions made by programs (RF-PRIV-04)."""
    terms = profile.of(DecisionDisclosure)
    step = "the list is owed" if terms.owed else "the law on it has not begun"
    return Disclosure(owed=terms.owed, because=(terms.because(step),))
