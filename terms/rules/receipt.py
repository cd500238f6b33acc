"""When a notice counts as received."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from terms.calendar import Calendar, Channel, State, in_words
from terms.clause import Terms, shape
from terms.facts import needed
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import Listed

STANDARD_TIME = ZoneInfo("Australia/Brisbane")
"""Eastern standard time all year: Queensland keeps no daylight saving."""


@shape("deemed_receipt")
class DeemedReceipt(Terms):
    """Named for the channel. After `hours`, or on working day `working_days` at `at`.

    With `only_in_business_hours` the hours run from a sending inside them alone; `opens` (inside)
    and `closes` (outside) are the setting used where the sender's facts name none.
    """

    hours: int | None = None
    working_days: int | None = None
    at: time | None = None
    only_in_business_hours: bool = False
    opens: time | None = None
    closes: time | None = None


@shape("deemed_receipt.out_of_hours")
class OutOfHours(Terms):
    """Named for the channel: sent outside business hours, received on the next one at `at`."""

    at: time


@shape("deemed_receipt.on_confirmation")
class OnConfirmation(Terms):
    """Named for the channel: received when the confirmation of transmission arrives."""


@shape("deemed_receipt.failed")
class Failed(Terms):
    """Named for the channel: nothing is received where the transmission failed."""


@shape("deemed_receipt.pointer")
class Pointer(Terms):
    """A page is received some hours after the notice that points to it."""

    hours: int


@shape("deemed_receipt.proof")
class Proof(Terms):
    """Proof of an earlier receipt wins."""


@shape("deemed_receipt.no_channel")
class NoChannel(Terms):
    """Ways of telling that are no notice under this document."""

    channels: tuple[Channel, ...]


@dataclass(frozen=True)
class BusinessHours:
    """The recipient's hours on their own clock; opening time is inside, closing time outside."""

    open: time
    close: time


@dataclass(frozen=True, kw_only=True)
class Receipt(Result):
    """When a notice counts as received: the instant where an hour is stated, else the day alone.

    Both are None where it does not count as received.
    """

    received_at: datetime | None = None
    received_on: date | None = None


def deemed_receipt(
    profile: Profile,
    *,
    channel: Channel,
    sent_at: datetime,
    state: State | None = None,
    business_hours: BusinessHours | None = None,
    address_sent_by: Channel | None = None,
    delivery_failed: bool = False,
    confirmed_at: datetime | None = None,
    evidence_received_at: datetime | None = None,
) -> Receipt:
    """Return when a notice sent at `sent_at` counts as received (BS-NOT, GL-NOT).

    For a page on the web `address_sent_by` is the way in which its address went. Raise
    TermsSilent for a channel that the document does not speak of.
    """
    calendar = profile.calendar(state)
    refused = profile.find(NoChannel)
    if refused and channel in refused.channels:
        return Receipt(because=(refused.because(f"{channel} is no way to give notice"),))
    pointer = profile.find(Pointer, name=channel)
    travels_by = address_sent_by if pointer and address_sent_by else channel
    failed = profile.find(Failed, name=travels_by)
    if failed and delivery_failed:
        answer = Receipt(because=(failed.because("the transmission failed"),))
    elif pointer:
        answer = _pointed(profile, pointer, calendar, address_sent_by, sent_at, business_hours)
    else:
        answer = _received(profile, calendar, channel, sent_at, business_hours, confirmed_at)
    return _proved(profile, calendar, answer, evidence_received_at)


def _received(
    profile: Profile,
    calendar: Calendar,
    channel: Channel,
    sent_at: datetime,
    hours: BusinessHours | None,
    confirmed_at: datetime | None,
) -> Receipt:
    slip = profile.find(OnConfirmation, name=channel)
    if slip:
        return _on_confirmation(slip, calendar, confirmed_at)
    terms = profile.of(DeemedReceipt, name=channel)
    if terms.only_in_business_hours and not _inside(terms, calendar, sent_at, hours):
        late = profile.of(OutOfHours, name=channel)
        counted = calendar.count(calendar.day_of(sent_at), 1)
        steps = ("sent outside business hours", *counted.steps)
        return _at(calendar, calendar.at(counted.day, late.at), late, *steps)
    if terms.working_days is not None:
        counted = calendar.count(calendar.day_of(sent_at), terms.working_days)
        if terms.at is None:
            return Receipt(received_on=counted.day, because=(terms.because(*counted.steps),))
        return _at(calendar, calendar.at(counted.day, terms.at), terms, *counted.steps)
    hours_on = terms.hours or 0
    step = f"{hours_on} hours after sending" if hours_on else "on delivery"
    return _at(calendar, calendar.hours_on(sent_at, hours_on), terms, step)


def _on_confirmation(
    slip: OnConfirmation, calendar: Calendar, confirmed_at: datetime | None
) -> Receipt:
    if confirmed_at is None:
        return Receipt(because=(slip.because("no confirmation of transmission"),))
    return _at(calendar, confirmed_at, slip, "when the confirmation arrived")


def _inside(
    terms: DeemedReceipt, calendar: Calendar, sent_at: datetime, hours: BusinessHours | None
) -> bool:
    opens = hours.open if hours else needed("business_hours", terms.opens)
    closes = hours.close if hours else needed("business_hours", terms.closes)
    clock = sent_at.astimezone(calendar.zone).time()
    return calendar.is_working_day(calendar.day_of(sent_at)) and opens <= clock < closes


def _pointed(
    profile: Profile,
    pointer: Pointer,
    calendar: Calendar,
    address_sent_by: Channel | None,
    sent_at: datetime,
    hours: BusinessHours | None,
) -> Receipt:
    by = needed("address_sent_by", address_sent_by)
    notice = _received(profile, calendar, by, sent_at, hours, None)
    landed = needed("confirmed_at", notice.received_at)
    step = f"{pointer.hours} hours after the notice that points to the page"
    answer = _at(calendar, calendar.hours_on(landed, pointer.hours), pointer, step)
    return replace(answer, because=answer.because + notice.because)


def _proved(
    profile: Profile, calendar: Calendar, answer: Receipt, evidence_at: datetime | None
) -> Receipt:
    proof = profile.find(Proof)
    if proof is None or evidence_at is None:
        return answer
    if answer.received_at is not None and answer.received_at <= evidence_at:
        return answer
    proved = _at(calendar, evidence_at, proof, "receipt is proved for an earlier moment")
    return replace(proved, because=proved.because + answer.because)


def _at(calendar: Calendar, instant: datetime, terms: Terms, *steps: str) -> Receipt:
    here = instant.astimezone(calendar.zone)
    return Receipt(
        received_at=here,
        received_on=here.date(),
        because=(terms.because(*steps, f"received {in_words(here.date())}, {here:%H:%M}"),),
    )


@shape("desk_open")
class DeskOpen(Terms):
    """Named for the desk: its hours, both ends inside, on its own or the customer's clock.

    `day` is the document's kind of day on which the desk works. With `or_standard_time` the desk
    is open, too, when it would be by eastern standard time all year.
    """

    opens: time
    closes: time
    at_customer: bool = False
    day: str = "working"
    or_standard_time: bool = False


@dataclass(frozen=True, kw_only=True)
class DeskOpenAnswer(Result):
    """Whether a desk is open."""

    open: bool = combine("any")


def desk_open(
    profile: Profile, *, desk: Listed, at: datetime, state: State | None = None
) -> DeskOpenAnswer:
    """Return whether a desk is open at an instant (VP-CMP-03, CV-NOT-03 to -05; A-09, A27).

    `state` is the customer's. Raise TermsSilent for a desk that the document does not know.
    """
    terms = profile.of(DeskOpen, name=desk)
    calendar = profile.calendar(state if terms.at_customer else None, terms.day)
    zone = calendar.zone if terms.at_customer else ZoneInfo(profile.desk_zone)
    answer = _open_by(terms, calendar, at.astimezone(zone), "at the desk")
    if answer.open or not terms.or_standard_time:
        return answer
    standard = _open_by(terms, calendar, at.astimezone(STANDARD_TIME), "by standard time")
    return replace(standard, because=answer.because + standard.because)


def _open_by(terms: DeskOpen, calendar: Calendar, here: datetime, where: str) -> DeskOpenAnswer:
    off = calendar.why_off(here.date())
    inside = terms.opens <= here.time() <= terms.closes
    step = f"{in_words(here.date())}, {here:%H:%M} {where}" + (f": {off}" if off else "")
    return DeskOpenAnswer(open=inside and off is None, because=(terms.because(step),))
