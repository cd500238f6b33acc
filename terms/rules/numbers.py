"""Telephone numbers: moving them in, the public number database, and their replacement."""

from dataclasses import dataclass
from datetime import date, datetime

from terms.calendar import Channel, State, in_words, months_on
from terms.clause import Terms, shape
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import Service


@shape("port_in_cutover")
class PortInCutover(Terms):
    """Porting days after the port advice before a number is cut over; a new advice starts anew."""

    porting_days: int


@dataclass(frozen=True, kw_only=True)
class Cutover(Result):
    """The first day on which a number can be cut over."""

    earliest_cutover_on: date | None = None


def port_in_cutover(
    profile: Profile, *, advice_sent_on: date, resubmitted_on: date | None = None
) -> Cutover:
    """Return the first day for a cutover (CV-VOI-01)."""
    terms = profile.of(PortInCutover)
    counted = profile.calendar(day="porting").count(
        resubmitted_on or advice_sent_on, terms.porting_days
    )
    return Cutover(earliest_cutover_on=counted.day, because=(terms.because(*counted.steps),))


@shape("port_in_withdraw")
class PortInWithdraw(Terms):
    """A port-in can be withdrawn only before the cutover request is received."""


@dataclass(frozen=True, kw_only=True)
class Withdrawal(Result):
    """Whether a port-in can still be withdrawn."""

    allowed: bool | None = None


def port_in_withdraw(
    profile: Profile, *, asked_at: datetime, cutover_request_at: datetime | None = None
) -> Withdrawal:
    """Return whether a port-in can still be withdrawn (CV-VOI-02)."""
    terms = profile.of(PortInWithdraw)
    if cutover_request_at is None:
        step = "no cutover was requested yet"
        return Withdrawal(allowed=True, because=(terms.because(step),))
    before = asked_at < cutover_request_at
    step = f"asked {'before' if before else 'no earlier than'} the cutover request"
    return Withdrawal(allowed=before, because=(terms.because(step),))


@shape("service_transfer")
class ServiceTransfer(Terms):
    """Working days that a transfer from another provider may need."""

    working_days: int


@dataclass(frozen=True, kw_only=True)
class Transfer(Result):
    """The day by which a transfer is expected to be done; an estimate, no promise."""

    expected_by: date | None = combine("earliest")


def service_transfer(
    profile: Profile, *, requested_on: date, state: State | None = None
) -> Transfer:
    """Return by when a transfer is expected (CV-PST-01)."""
    terms = profile.of(ServiceTransfer)
    counted = profile.calendar(state).count(requested_on, terms.working_days)
    return Transfer(expected_by=counted.day, because=(terms.because(*counted.steps),))


@shape("ipnd_change")
class IpndChange(Terms):
    """Ways to ask for a change of details in the public number database that count as writing."""

    channels: tuple[Channel, ...]


@dataclass(frozen=True, kw_only=True)
class IpndRequest(Result):
    """Whether a request for a change is taken."""

    accepted: bool | None = None


def ipnd_change(profile: Profile, *, channel: Channel) -> IpndRequest:
    """Return whether a request to change public number data is taken (CV-VOI-04)."""
    terms = profile.of(IpndChange)
    accepted = channel in terms.channels
    step = f"{channel.replace('_', ' ')} is {'' if accepted else 'not '}in writing"
    return IpndRequest(accepted=accepted, because=(terms.because(step),))


@shape("address_check")
class AddressCheck(Terms):
    """The customer keeps the service address right."""


@shape("address_check.emergency")
class EmergencyAddress(Terms):
    """Services whose emergency calls rely on that address, all of a family if one is named.

    Those calls fail without power or internet too, so the warning does not wait for a move.
    `without` are services from which emergency calls are not supported at all.
    """

    services: tuple[Service, ...]
    without: tuple[Service, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AddressChecked(Result):
    """Whether the address has to be put right, and whether emergency calls hang on that."""

    update_required: bool | None = None
    emergency_warning: bool | None = None
    emergency_supported: bool | None = None


def address_check(
    profile: Profile, *, service: Service, address_on_record: str, address_in_use: str
) -> AddressChecked:
    """Return whether the service address is the one in use (CV-VOI-05, VP-OTH-03)."""
    terms, emergency = profile.of(AddressCheck), profile.of(EmergencyAddress)
    differs = _plain(address_on_record) != _plain(address_in_use)
    relies = any(each in emergency.services for each in service.families)
    unsupported = any(each in emergency.without for each in service.families)
    warn = unsupported or relies
    because = [terms.because(f"in use: {address_in_use}; on record: {address_on_record}")]
    if unsupported:
        because.append(emergency.because(f"{service.words} does not support emergency calls"))
    elif relies:
        calls = "would go out with the old address" if differs else "rely on this address"
        because.append(emergency.because(f"emergency calls {calls}"))
    return AddressChecked(
        update_required=differs,
        emergency_warning=warn,
        emergency_supported=False if unsupported else None,
        because=tuple(because),
    )


def _plain(address: str) -> str:
    return " ".join(address.casefold().replace(",", " ").split())


@shape("identifier_change")
class IdentifierChange(Terms):
    """Months of notice before an address, number or code is replaced."""

    months: int


@dataclass(frozen=True, kw_only=True)
class Replacement(Result):
    """The first day on which an identifier may be replaced."""

    earliest_on: date | None = combine("longest")


def identifier_change(profile: Profile, *, notice_received_on: date) -> Replacement:
    """Return from when an address, number or code may be replaced (GL-USE-03)."""
    terms = profile.of(IdentifierChange)
    day = months_on(notice_received_on, terms.months)
    step = f"{terms.months} month after {in_words(notice_received_on)} is {in_words(day)}"
    return Replacement(earliest_on=day, because=(terms.because(step),))
