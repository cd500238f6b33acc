"""Complaints of people who give no name: followed by a reference and a secret, nothing else."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from django.core import signing
from django.db import transaction
from django.utils.crypto import salted_hmac

from complaints.clocks.services import Clocks, binding_of, start_clocks
from complaints.lodging.models import Follow
from complaints.tickets.models import Complaint, Event
from complaints.tickets.services import stop_cutting, tell_desk
from complaints.tickets.states import LIFECYCLE, Act, Duty, Happening, State, Topic
from parties.accounts.models import Account, Provider
from parties.accounts.selectors import binding, version_in_force
from parties.accounts.services import lock_account, stand_in_account
from parties.authority.selectors import local_day
from parties.people.services.tokens import digest
from records.audit import services as audit
from records.audit.services import record
from records.deadlines.services import meet_deadline
from records.references import ALPHABET, new_reference
from terms import rules
from terms.calendar import Channel
from terms.calendar import State as Region
from terms.clause import as_json
from terms.profile import TermsSilent

from .files import Upload, keep_files, record_files
from .receiving import CALLER, ComplaintDetails, LodgingRefused, urgency_of

NO_NAME = "Somebody who gives no name"
SIGNS = 16
# A page that was opened longer ago than this is opened anew before it is sent.
OPEN_FOR = timedelta(days=2)
_pages = signing.TimestampSigner(salt="complaint without a name")


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A complaint with the secret by which it is followed; nobody can look the secret up later."""

    complaint: Complaint
    secret: str


@dataclass(frozen=True, kw_only=True)
class Nameless:
    """Whether the terms take a complaint without a name, and why."""

    allowed: bool
    because: list[dict[str, Any]]


def new_page_key() -> str:
    """What a form holds so that a second click of it finds the same complaint and secret."""
    return _pages.sign(uuid4().hex)


def nameless_allowed(
    provider: Provider, region: Region, at: datetime, *, topic: str = Topic.OTHER
) -> Nameless:
    """Whether somebody may complain without saying who they are, while no account is concerned.

    By VP-PAR-20; where terms are silent a complaint is taken however it comes (RF-CMP-01).
    """
    account = stand_in_account(provider=provider, region=region, at=at)
    purpose: Literal["fault", "complaint"] = "fault" if topic == Topic.FAULT else "complaint"
    try:
        answer = binding(account, local_day(account, at)).decide(
            rules.anonymous_contact, purpose=purpose, relates_to_account=False
        )
    except TermsSilent as silence:
        return Nameless(allowed=True, because=as_json(silence.because))
    return Nameless(allowed=bool(answer.allowed), because=as_json(answer.because))


def lodge_nameless(
    *,
    provider: Provider,
    region: Region,
    details: ComplaintDetails,
    page_key: str,
    at: datetime,
    contact: str = "",
    uploads: list[Upload] | None = None,
) -> Followed:
    """Receive a complaint of somebody without a name, and acknowledge it on the screen at once.

    It stands on an account that stands in for whoever it is, protected as a consumer's. The same
    `page_key` again is the same complaint with the same secret. Raises LodgingRefused for a page
    that was open too long or that we did not make, and where the terms ask for a name.
    """
    secret = _secret_of(page_key)
    with transaction.atomic():
        account = stand_in_account(provider=provider, region=region, at=at)
        # Two clicks wait for each other here; the second finds what the first one made.
        lock_account(account.pk)
        known = Follow.objects.filter(secret_hash=digest(secret)).select_related("complaint")
        if (made := known.first()) is not None:
            return Followed(complaint=made.complaint, secret=secret)
        if not nameless_allowed(provider, region, at, topic=details.topic).allowed:
            raise LodgingRefused("These terms ask who you are: log in, or call us.")
        complaint = _receive(account, details, contact, at)
        Follow.objects.create(complaint=complaint, secret_hash=digest(secret))
        lodged = complaint.events.get(act=Happening.LODGE)
        if uploads:
            rows = keep_files(uploads, at=at, by=None, complaint=complaint, event=lodged)
            record_files(complaint, rows, actor=_actor(), at=at)
        _acknowledge(complaint, at)
        if complaint.is_urgent:
            tell_desk(complaint, "Urgent: a new complaint", at=at)
    return Followed(complaint=complaint, secret=secret)


def find_followed(*, reference: str, secret: str) -> Complaint | None:
    """The complaint that this reference and secret open together; None says nothing of which."""
    typed = "".join(one for one in secret.upper() if one in ALPHABET)
    row = Follow.objects.filter(complaint__reference=reference.strip().upper()).first()
    kept = row.secret_hash if row else digest("")
    if not hmac.compare_digest(kept, digest(typed)) or row is None:
        return None
    return row.complaint


def _receive(account: Account, details: ComplaintDetails, contact: str, at: datetime) -> Complaint:
    complaint = Complaint(
        reference=new_reference("C"),
        account=account,
        lodged_by=None,
        role=CALLER,
        channel=Channel.WEB,
        received_at=at,
        caller_name=NO_NAME,
        caller_contact=contact,
        told_by=Channel.WEB,
        version=version_in_force(account, local_day(account, at)),
        **details.kept,
    )
    bound = binding_of(complaint)
    complaint.is_urgent, complaint.urgent_because = urgency_of(details, bound)
    complaint.save()
    _write_down(complaint, start_clocks(complaint, bound, at=at), at)
    stop_cutting(complaint, at=at)
    return complaint


def _write_down(complaint: Complaint, clocks: Clocks, at: datetime) -> None:
    Event.objects.create(
        complaint=complaint,
        at=at,
        act=Happening.LODGE,
        text=complaint.description,
        said_by=NO_NAME,
        because=clocks.because,
    )
    record(
        account_id=complaint.account_id,
        at=at,
        action="lodge_complaint",
        actor=_actor(),
        subject=complaint.reference,
        after={"topic": complaint.get_topic_display(), "urgent": complaint.is_urgent},
        is_private=complaint.safety_threat,
        because=clocks.because,
    )


def _acknowledge(complaint: Complaint, at: datetime) -> None:
    """The page that answers says reference and expected day: it is acknowledged (RF-CMP-02)."""
    complaint.state = LIFECYCLE.after(State(complaint.state), Act.ACKNOWLEDGE)
    complaint.save(update_fields=["state"])
    for duty in (Duty.ACKNOWLEDGE, Duty.NAME_OMBUDSMAN):
        meet_deadline(subject=complaint.reference, duty=duty, at=at)
    Event.objects.create(
        complaint=complaint,
        at=at,
        act=Act.ACKNOWLEDGE,
        text="On the screen, with reference, expected day and the ombudsman.",
        channel=Channel.WEB,
    )
    record(
        account_id=complaint.account_id,
        at=at,
        action="complaint_acknowledge",
        subject=complaint.reference,
        after={"state": complaint.state},
        is_private=complaint.safety_threat,
    )


def _actor() -> audit.Actor:
    return audit.Actor(name=NO_NAME, acted_as=CALLER)


def _secret_of(page_key: str) -> str:
    """The secret that belongs to a page: as random as its key, and known to nobody else."""
    try:
        key = _pages.unsign(page_key, max_age=OPEN_FOR)
    except signing.BadSignature as bad:
        raise LodgingRefused("This page was open for too long: send it once more.") from bad
    value = int.from_bytes(salted_hmac("follow a complaint", key, algorithm="sha256").digest())
    signs = []
    for _ in range(SIGNS):
        value, place = divmod(value, len(ALPHABET))
        signs.append(ALPHABET[place])
    return "".join(signs)


def in_groups(secret: str) -> str:
    """The secret as it is shown and read out: four signs and four signs."""
    return "-".join(secret[start : start + 4] for start in range(0, len(secret), 4))
