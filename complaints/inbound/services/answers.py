"""Answers by text message: more time, or no more texts; all else is set apart for staff."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from email.message import EmailMessage

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from billing.credit_management.models import PaymentReminder
from billing.hardship.selectors import more_time
from billing.hardship.services import MoreTimeRefused, take_more_time
from complaints.inbound.models import InboundMail
from complaints.inbound.states import MailState
from parties.accounts.models import Account, Provider
from parties.authority import selectors as authority
from parties.authority.selectors import NotAuthorised
from parties.correspondence.selectors import text_number
from parties.correspondence.services import tell
from parties.correspondence.states import PreferenceKind
from parties.people.models import User
from parties.privacy import services as privacy
from parties.security.selectors import proven_phone
from records.notices.services import Link
from records.notices.states import Channel, Status
from records.notices.texts import Instead
from terms.calendar import in_words
from terms.money import in_dollars

from .wishes import agrees, day_wished, is_automatic, wishes_no_texts

LONGEST = 2000
# How long after a reminder an answer is one to it, and how many a day are answered by themselves.
ANSWERS_FOR = timedelta(days=31)
A_DAY = 3
ANSWER_GOOD_FOR = timedelta(hours=3)
BY_ITSELF = (MailState.TAKEN, MailState.OFFERED)


def hear_text(*, message_id: str, sender: str, text: str, at: datetime) -> InboundMail:
    """Take in one text message, as the gateway hands it over; the same id again is the same.

    Where it answers a reminder that we texted to a proven phone, a day is more time to pay and
    "stop" ends texts. What a machine wrote is kept, and everything else is set apart for staff.
    """
    key = f"text:{message_id}"
    known = InboundMail.objects.filter(message_id=key).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return _take_in(key, text_number(sender) or sender, text, at)
    except IntegrityError:
        # Handed over twice at the same moment: the other one took it in.
        return InboundMail.objects.get(message_id=key)


def _take_in(key: str, sender: str, text: str, at: datetime) -> InboundMail:
    words = text.replace("\0", "")[:LONGEST]
    row = InboundMail(
        message_id=key,
        sender=sender,
        subject="Text message",
        text=words,
        received_at=at,
        state=MailState.SET_APART,
    )
    account, row.why = _account_of(sender, at)
    row.provider = account.customer.provider if account else _provider_of(sender)
    row.raw.save("raw.eml", ContentFile(_as_mail(row)), save=False)
    # First the row: who hands the same over at this moment stops here.
    row.save()
    if sender == settings.SMS_SENDER or is_automatic(words):
        row.state, row.why = MailState.AUTOMATIC, "Written by a machine: nothing is answered."
    elif account is not None:
        holder = authority.holder(account)
        if holder is not None:
            _act(row, account, holder, at)
    row.save(update_fields=["state", "why"])
    return row


def _act(row: InboundMail, account: Account, holder: User, at: datetime) -> None:
    """Do what the answer wishes, where that is sure, and say so on the row."""
    if wishes_no_texts(row.text):
        _end_texts(row, account, holder, at)
        return
    on = authority.local_day(account, at)
    until = day_wished(row.text, on)
    mine = InboundMail.objects.filter(sender=row.sender, received_at__gt=at - timedelta(days=1))
    mine = mine.exclude(pk=row.pk)
    if until is None and agrees(row.text):
        last = mine.order_by("-received_at").first()
        if last is not None and last.state == MailState.OFFERED:
            until = more_time(account, authority.local_day(account, last.received_at)).latest
    if until is None:
        row.why = f"{account.number}: somebody has to read it."
    elif mine.filter(state__in=BY_ITSELF).count() >= A_DAY:
        row.why = f"{account.number}: several were answered today, so somebody has to look."
    else:
        _give_time(row, account, holder, until, at)


def _give_time(
    row: InboundMail, account: Account, holder: User, until: date, at: datetime
) -> None:
    found = more_time(account, authority.local_day(account, at))
    help_with = f"Need longer, or smaller parts? Help is free: {Link('help-paying').address}"
    if found.latest is not None and until > found.latest:
        last = in_words(found.latest)
        row.state, row.why = MailState.OFFERED, f"{account.number}: offered until {last}."
        _answer(
            row, account, f"At once it goes until {last}", f"Answer OK for it. {help_with}", at
        )
        return
    try:
        with transaction.atomic():
            made = take_more_time(account=account, by=holder, until=until, at=at)
    except MoreTimeRefused as refusal:
        row.state, row.why = MailState.TAKEN, f"{account.number}: {refusal}"
        _answer(row, account, "That does not go by a text", f"{refusal} {help_with}", at)
        return
    except NotAuthorised:
        row.why = f"{account.number}: its holder may not take more time by a text."
        return
    last = in_words(made.until)
    row.state, row.why = MailState.TAKEN, f"{account.number}: more time until {last}."
    body = f"Please pay {in_dollars(made.amount)} by then. It costs nothing. {help_with}"
    _answer(row, account, f"You have until {last}", body, at)


def _end_texts(row: InboundMail, account: Account, holder: User, at: datetime) -> None:
    privacy.choose(account=account, by=holder, at=at, kind=PreferenceKind.REMINDERS, value="email")
    row.state, row.why = MailState.TAKEN, f"{account.number}: reminders come by email again."
    standing = authority.account_standing(account, authority.local_day(account, at))
    tell(
        account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        headline="Reminders come by email again",
        body="You answered STOP to a text message from us, so we text you no more reminders.",
        link=Link("privacy"),
        label="See your choices",
    )


def _answer(row: InboundMail, account: Account, headline: str, body: str, at: datetime) -> None:
    """Answer by text, at the hour at which they wrote."""
    standing = authority.account_standing(account, authority.local_day(account, at))
    tell(
        account,
        to=row.sender,
        name=standing.to_name,
        at=at,
        headline=headline,
        body=body,
        channel=Channel.TEXT,
        instead=Instead(to=standing.to_email, after=at + ANSWER_GOOD_FOR),
    )


def _account_of(number: str, at: datetime) -> tuple[Account | None, str]:
    """The one account whose reminder was texted to this number lately; or none, and why."""
    texted = PaymentReminder.objects.filter(
        notice__channel=Channel.TEXT,
        notice__to=number,
        notice__status=Status.SENT,
        notice__sent_at__gt=at - ANSWERS_FOR,
        notice__sent_at__lte=at,
    )
    found = list(
        Account.objects.filter(pk__in=texted.values("invoice__account")).select_related(
            "customer__provider"
        )[:2]
    )
    if not found:
        return None, "It comes from a number that no reminder was texted to lately."
    if len(found) > 1:
        return None, "Several accounts were reminded at this number: ask which one is meant."
    if proven_phone(found[0]) != number:
        return None, f"{found[0].number}: its phone is another one by now."
    return found[0], ""


def _provider_of(number: str) -> Provider | None:
    """The provider whose customers alone have this number, so that its staff read the text."""
    rows = list(Provider.objects.filter(customers__phone=number).distinct()[:2])
    return rows[0] if len(rows) == 1 else None


def _as_mail(row: InboundMail) -> bytes:
    """The text as a message, so that staff put it into a complaint like an email."""
    message = EmailMessage()
    message["From"] = f"{row.sender.lstrip('+')}@text.invalid"
    message["Subject"] = row.subject
    message.set_content(row.text)
    return message.as_bytes()
