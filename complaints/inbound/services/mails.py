"""Take in emails: into their complaint where both are sure, else set apart for staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import IO

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from complaints.inbound.models import InboundMail
from complaints.inbound.selectors import ReadMail, complaint_of, own_words, provider_of, read_mail
from complaints.inbound.states import MailState
from complaints.lodging.services import AT_ONCE, FileRefused, Upload
from complaints.process import services as process
from complaints.process.services import Heard, StepRefused
from complaints.process.services.steps import require_staff
from complaints.tickets.models import Complaint
from complaints.tickets.selectors import known_to_staff
from complaints.tickets.services import tell_desk
from complaints.tickets.states import ENDED
from parties.authority import selectors as authority
from parties.people.models import User
from terms.calendar import Channel
from terms.facts import Action

# Larger ones are not taken from a mail server, which says so to the sender.
MOST = 40 * 1024 * 1024
TEXT = 20_000
Look = Callable[[str, IO[bytes]], Upload]


class MailRefused(Exception):
    """An email that is not taken in at all; the message says why."""


def receive_mail(*, raw: bytes, look: Look, at: datetime) -> InboundMail:
    """Take in one email, as a mail server hands it over; the same again is the same.

    Into its complaint it goes where it answers one of our letters, or names the reference, and
    comes from somebody who may speak about that complaint. Everything else is set apart, and
    automatic mail is kept. Nothing is ever answered by itself. `look` tells what a file is, and
    refuses it. Raises MailRefused for one that is too large or empty.
    """
    if not raw.strip():
        raise MailRefused("The message is empty.")
    if len(raw) > MOST:
        raise MailRefused("The message is larger than 40 MB.")
    mail = read_mail(raw)
    known = InboundMail.objects.filter(message_id=mail.message_id).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return _take_in(mail, raw, look, at)
    except IntegrityError:
        # Handed over twice at the same moment: the other one took it in.
        return InboundMail.objects.get(message_id=mail.message_id)


def _take_in(mail: ReadMail, raw: bytes, look: Look, at: datetime) -> InboundMail:
    complaint = complaint_of(mail)
    row = InboundMail(
        provider=complaint.account.customer.provider if complaint else provider_of(mail),
        message_id=mail.message_id,
        sender=mail.sender,
        subject=mail.subject,
        text=mail.text[:TEXT],
        received_at=at,
        state=MailState.AUTOMATIC,
        why=mail.automatic,
    )
    if not mail.automatic:
        person, why = _speaker(mail, complaint, at)
        row.state, row.why = MailState.SET_APART, why
        if complaint is not None and person is not None:
            row.complaint, row.state = complaint, MailState.IN_COMPLAINT
    row.raw.save("raw.eml", ContentFile(raw), save=False)
    # First the row: who hands the same over at this moment stops here.
    row.save()
    if row.state == MailState.IN_COMPLAINT and complaint is not None and person is not None:
        uploads, refused = _uploads(mail, look)
        process.add_message(
            reference=complaint.reference,
            by=person,
            text=_words(mail, refused),
            at=at,
            uploads=uploads,
            channel=Channel.EMAIL,
        )
    return row


def _speaker(mail: ReadMail, complaint: Complaint | None, at: datetime) -> tuple[User | None, str]:
    """Who of the complaint's people sent it; or nobody, and why it is set apart."""
    if complaint is None:
        return None, "It names no complaint, or more than one."
    if mail.forged:
        return None, "The mail server says that the sender's address is forged."
    if complaint.state in ENDED:
        return None, f"{complaint.reference} is over: open it again, or answer."
    person = User.objects.filter(email__iexact=mail.sender, is_active=True, is_staff=False).first()
    if person is None or (complaint.safety_threat and person.pk != complaint.lodged_by_id):
        return None, f"It names {complaint.reference}, but comes from somebody else."
    account = complaint.account
    on = authority.local_day(account, at)
    if not authority.may(person, Action.DISCUSS_ISSUE, account, on=on, at=at).allowed:
        return None, f"It names {complaint.reference}, but its sender may not speak about it."
    return person, ""


def _uploads(mail: ReadMail, look: Look) -> tuple[list[Upload], list[str]]:
    """The files that can be kept, and what is to be said of the others."""
    uploads: list[Upload] = []
    refused: list[str] = []
    for name, content in mail.parts:
        try:
            if len(uploads) == AT_ONCE:
                raise FileRefused(f"{name}: only {AT_ONCE} files are taken from one email.")
            uploads.append(look(name, BytesIO(content)))
        except FileRefused as refusal:
            refused.append(str(refusal))
    return uploads, refused


def _words(mail: ReadMail, refused: list[str]) -> str:
    text = own_words(mail.text[:TEXT]) or "(No words.)"
    return "\n".join([text, *(f"[Not taken: {one}]" for one in refused)])


def put_into_complaint(
    *, mail: InboundMail, reference: str, by: User, look: Look, at: datetime
) -> InboundMail:
    """Put an email that was set apart into a complaint, as its complainant's words.

    Staff made sure who sent it. Raises StepRefused for a reference that is not there or is
    another provider's, and for an email that was settled; NotAuthorised.
    """
    with transaction.atomic():
        row = _locked(mail)
        complaint = Complaint.objects.filter(reference=reference.strip().upper()).first()
        known = known_to_staff(by).filter(pk=complaint.pk).exists() if complaint else False
        if complaint is None or not known or not authority.is_theirs(by, complaint.account):
            raise StepRefused("There is no such complaint: check the reference.")
        require_staff(complaint, by, at)
        with row.raw.open("rb") as file:
            read = read_mail(file.read())
        uploads, refused = _uploads(read, look)
        process.add_message(
            reference=complaint.reference,
            by=complaint.lodged_by if not complaint.caller_name else None,
            heard=Heard(staff=by, channel=Channel.EMAIL),
            text=_words(read, refused),
            at=at,
            uploads=uploads,
        )
        tell_desk(complaint, "An email was put into the complaint", at=at)
        return _settle(row, by, at, MailState.IN_COMPLAINT, complaint)


def settle_mail(*, mail: InboundMail, by: User, note: str, at: datetime) -> InboundMail:
    """Note that an email needs nothing more, and why. Raises StepRefused once it was settled."""
    with transaction.atomic():
        row = _locked(mail)
        row.why = note[:300]
        return _settle(row, by, at, MailState.SETTLED, None)


def _locked(mail: InboundMail) -> InboundMail:
    row = InboundMail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
    if row.state not in (MailState.SET_APART, MailState.AUTOMATIC):
        raise StepRefused("It was settled already: see what became of it.")
    return row


def _settle(
    row: InboundMail, by: User, at: datetime, state: MailState, complaint: Complaint | None
) -> InboundMail:
    row.state, row.settled_by, row.settled_at, row.complaint = state, by, at, complaint
    row.save(update_fields=["state", "settled_by", "settled_at", "complaint", "why"])
    return row
