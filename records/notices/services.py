"""Give notice, and deliver what waits: claim one, send, mark, with the same Message-ID on a retry.

What can't be sent is given up and stays on a worklist until staff send it again or tell it.
"""

from __future__ import annotations

import contextlib
import time as time_module
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.utils import parseaddr
from functools import partial
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from celery import current_app
from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string

from records.audit.services import SYSTEM, Actor, record
from records.documents.models import Document
from records.documents.services import ensure_file, make_again
from records.documents.states import Status as DocumentStatus

from .models import TOKEN, Notice, Redirect
from .paper import Paper, letter_of
from .selectors import place_of, redirect_of, sendable
from .states import Channel, Priority, Status
from .texts import Instead, Refused, gateway, text_is_too_late, turn_into_email

log = structlog.get_logger(__name__)

BATCH = 200
BUDGET = 30  # seconds: a sweep makes way for other work, and the next one goes on
# Longer than one message can take with a mail server that times out at every turn.
LEASE = timedelta(minutes=3)
GIVE_UP_AFTER = 14  # tries; the waits double up to six hours, about two days in all
LONGEST_WAIT = timedelta(hours=6)
DELIVERY_TASK = "records.notices.deliver_queued"
URGENT_TASK = "records.notices.deliver_urgent"
UNMADE = "Its document could not be made"

Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class Sender:
    """On whose behalf a notice is given."""

    name: str
    reply_to: str = ""


@dataclass(frozen=True)
class Link:
    """What a letter leads to, by kind and by reference or token: the portal knows its address."""

    kind: str
    reference: str = ""

    @property
    def address(self) -> str:
        """The whole address, as it stands in the letter."""
        reference = f"{self.reference}/" if self.reference else ""
        return f"{settings.SITE_URL}/go/{self.kind}/{reference}"


def give_notice(
    *,
    kind: str,
    to: str,
    sender: Sender,
    at: datetime,
    context: dict[str, Any],
    account_id: int | None = None,
    subject_ref: str = "",
    because: list[dict[str, Any]] | None = None,
    documents: Iterable[Document] = (),
    unsubscribe_url: str = "",
    is_secret: bool = False,
    channel: Channel = Channel.EMAIL,
    priority: Priority | None = None,
    paper: Paper | None = None,
    instead: Instead | None = None,
) -> Notice:
    """Queue an email written from templates/notices/<kind>, in the caller's transaction.

    A text message is written from <kind>_text.txt; only staff see its subject, and the email
    `instead` of it goes where it can't. On `paper` it is a letter, which staff print and post;
    `to` is where it would go else. It goes out after the commit, once its documents are ready.
    Marketing alone carries an `unsubscribe_url` (RF-MSG-01, RF-MSG-02).
    """
    facts = {**context, "because": because or []}
    if paper is not None:
        channel, facts["url"] = Channel.POST, ""
    title = " ".join(render_to_string(f"notices/{kind}_subject.txt", facts).split())
    notice = queue_message(
        kind=kind,
        to=to,
        sender=sender,
        at=at,
        title=title,
        account_id=account_id,
        subject_ref=subject_ref,
        because=because or [],
        unsubscribe_url=unsubscribe_url,
        is_secret=is_secret,
        channel=channel,
        priority=priority,
        postal_address="\n".join(paper.address) if paper else "",
        instead={"to": instead.to, **_words(kind, Channel.EMAIL, facts)} if instead else {},
        not_after=instead.after if instead else None,
        **_words(kind, channel, facts),
    )
    notice.attachments.set(documents)
    if paper is not None:
        notice.attachments.add(letter_of(notice, paper))
    return notice


def _words(kind: str, channel: Channel, facts: dict[str, Any]) -> dict[str, str]:
    if channel == Channel.TEXT:
        return {"text": render_to_string(f"notices/{kind}_text.txt", facts).strip()}
    text = render_to_string(f"notices/{kind}.txt", facts).strip() + "\n"
    if channel == Channel.POST:
        return {"text": text}
    return {
        "text": text,
        "html": render_to_string(f"notices/{kind}.html", facts),
    }


def queue_message(
    *,
    kind: str,
    to: str,
    sender: Sender,
    at: datetime,
    title: str,
    text: str,
    html: str = "",
    account_id: int | None = None,
    subject_ref: str = "",
    because: list[dict[str, Any]] | None = None,
    is_secret: bool = False,
    unsubscribe_url: str = "",
    channel: Channel = Channel.EMAIL,
    priority: Priority | None = None,
    postal_address: str = "",
    instead: dict[str, str] | None = None,
    not_after: datetime | None = None,
) -> Notice:
    """Queue a message whose words are already written, and nudge the delivery sweep on commit.

    Where its address is redirected, it goes there, in the hours agreed. Secrets are urgent by
    themselves: somebody waits for them.
    """
    if priority is None:
        ordinary = Priority.BULK if unsubscribe_url else Priority.NORMAL
        priority = Priority.URGENT if is_secret else ordinary
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    notice = Notice(
        account_id=account_id,
        kind=kind,
        subject_ref=subject_ref,
        channel=channel,
        to=to,
        addressed_to=to,
        addressed_by=channel,
        priority=priority,
        sender=f'"{sender.name}" <{address}>',
        reply_to=sender.reply_to,
        title=title[:250],
        text=text,
        html=html,
        because=because or [],
        is_secret=is_secret,
        message_id=f"<{uuid.uuid4()}@{address.partition('@')[2]}>",
        given_at=at,
        next_try_at=at,
        unsubscribe_url=unsubscribe_url,
        postal_address=postal_address,
        instead=instead or {},
        not_after=not_after,
    )
    _address(notice)
    notice.save()
    transaction.on_commit(partial(_nudge, _task_for(priority)))
    return notice


def redirect_messages(
    *,
    addresses: Iterable[tuple[int | None, str]],
    to: str,
    by_hand: bool,
    text_to: str = "",
    opens: time | None,
    closes: time | None,
    zone: str,
    at: datetime,
    for_secrets: bool = False,
) -> list[Redirect]:
    """Send elsewhere what would go to these (account, address) pairs, also what waits.

    `for_secrets` redirects codes and links that act, and those alone; without it, all the rest.
    """
    made = []
    with transaction.atomic():
        for account_id, address in addresses:
            end_redirects(addresses=[(account_id, address)], at=at, for_secrets=for_secrets)
            made.append(
                Redirect.objects.create(
                    account_id=account_id,
                    address=address.lower(),
                    to=to,
                    for_secrets=for_secrets,
                    by_hand=by_hand,
                    text_to=text_to,
                    opens=opens,
                    closes=closes,
                    zone=zone,
                    since=at,
                )
            )
        for redirect in made:
            waiting = Notice.objects.select_for_update().filter(
                status__in=[Status.QUEUED, Status.TO_POST],
                addressed_to__iexact=redirect.address,
            )
            if redirect.account_id is not None:
                waiting = waiting.filter(account_id=redirect.account_id)
            for notice in waiting:
                # A letter that nobody has posted yet goes the safe way, too.
                notice.status = Status.QUEUED
                _address(notice)
                notice.save()
    return made


def end_redirects(
    *, addresses: Iterable[tuple[int | None, str]], at: datetime, for_secrets: bool
) -> None:
    """Let messages, or secrets, to these (account, address) pairs go there again."""
    for account_id, address in addresses:
        open_ones = Redirect.objects.filter(
            address=address.lower(), for_secrets=for_secrets, ended_at__isnull=True
        )
        if account_id is None:
            open_ones = open_ones.filter(account__isnull=True)
        else:
            open_ones = open_ones.filter(account_id=account_id)
        open_ones.update(ended_at=at)


def mark_told(*, notice: Notice, by: Actor, at: datetime) -> None:
    """Note that staff have told what could not be sent. Raises ValueError if it could be."""
    with transaction.atomic():
        row = Notice.objects.select_for_update().get(pk=notice.pk)
        if row.status not in (Status.BY_HAND, Status.FAILED):
            raise ValueError(f"“{row}” does not wait to be told by staff")
        row.status, row.sent_at = Status.TOLD, at
        row.save(update_fields=["status", "sent_at"])
        _record(row, action="tell_notice", by=by, at=at)


def send_again(*, notice: Notice, by: Actor, at: datetime, to: str = "") -> None:
    """Queue what was given up once more, `to` another address if one is named.

    A document that could not be made is tried again with it. Raises ValueError for a notice that
    was not given up, for one whose words are forgotten, and for a link that acts without a
    log-in, which goes to nobody but whom it was written for.
    """
    with transaction.atomic():
        row = Notice.objects.select_for_update().get(pk=notice.pk)
        if row.status != Status.FAILED:
            raise ValueError(f"“{row}” was not given up")
        if row.is_secret:
            raise ValueError(
                f"“{row}” held a code or link that was forgotten: let the person ask for a new one"
            )
        elsewhere = bool(to) and to.lower() != row.addressed_to.lower()
        if elsewhere and TOKEN.search(row.text):
            raise ValueError(
                f"“{row}” holds a link that acts without a log-in, so it can only go where it was "
                "written to: send it there again, or tell it by phone or post"
            )
        if elsewhere:
            row.addressed_to, row.addressed_by = to, Channel.EMAIL
        row.status, row.attempts, row.next_try_at = Status.QUEUED, 0, at
        _address(row)
        row.save()
        for document in row.attachments.filter(status=DocumentStatus.FAILED):
            make_again(document=document, at=at)
        _record(row, action="send_notice_again", by=by, at=at)
        transaction.on_commit(partial(_nudge, DELIVERY_TASK))


def draw_again(*, document: Document, by: Actor, at: datetime) -> None:
    """Try again to make a document, and send what was given up with it.

    Raises ValueError for a document that was not given up.
    """
    with transaction.atomic():
        make_again(document=document, at=at)
        given_up = Notice.objects.filter(attachments=document, status=Status.FAILED, error=UNMADE)
        for notice in given_up:
            send_again(notice=notice, by=by, at=at)


def _record(notice: Notice, *, action: str, by: Actor, at: datetime) -> None:
    if notice.account_id is not None:
        record(account_id=notice.account_id, at=at, action=action, actor=by, is_private=True)


def _address(notice: Notice) -> None:
    """Say where a notice goes now: where it was written to, or where that is redirected."""
    redirect = redirect_of(
        notice.addressed_to, notice.account_id, for_secrets=notice.carries_secret
    )
    notice.channel, notice.to = notice.addressed_by, notice.addressed_to
    if notice.channel == Channel.POST:
        notice.to = ", ".join(notice.postal_address.splitlines())[:254]
    notice.opens = notice.closes = None
    if redirect is not None:
        _follow(notice, redirect)


def _follow(notice: Notice, redirect: Redirect) -> None:
    """Address a notice as agreed; a secret one waits for neither hours nor staff."""
    if notice.is_secret:
        place = place_of(redirect.address, Channel(notice.channel), notice.account_id)
        if place is None:
            notice.status, notice.error = Status.FAILED, "No safe way to send it"
            _wipe(notice)
        else:
            notice.channel, notice.to = place
        return
    notice.opens, notice.closes, notice.zone = redirect.opens, redirect.closes, redirect.zone
    if notice.channel == Channel.TEXT and redirect.text_to:
        notice.to = redirect.text_to
        return
    notice.channel, notice.to = Channel.EMAIL, redirect.to
    if redirect.by_hand:
        notice.status = Status.BY_HAND


def _wipe(notice: Notice) -> None:
    """Forget the secrets of what was sent or never will be: a copy of the table opens nothing."""
    if notice.is_secret:
        notice.text = notice.html = ""
    notice.text, notice.html = (TOKEN.sub("…", words) for words in (notice.text, notice.html))
    notice.instead = {}


def _opening(notice: Notice, at: datetime) -> datetime | None:
    """When the hours for this notice next open; None while they are open or it has none."""
    if notice.opens is None or notice.closes is None:
        return None
    here = at.astimezone(ZoneInfo(notice.zone))
    if notice.opens <= here.time() < notice.closes:
        return None
    day = here.date() + timedelta(days=here.time() >= notice.closes)
    return datetime.combine(day, notice.opens, here.tzinfo)


def _task_for(priority: int) -> str:
    return URGENT_TASK if priority == Priority.URGENT else DELIVERY_TASK


def _nudge(task: str) -> None:
    """Wake the worker. A lost nudge costs seconds: beat rings too."""
    if not settings.NUDGE_WORKER:
        return
    try:
        current_app.send_task(task, ignore_result=True, expires=60)
    except Exception as failure:
        log.warning("nudge_failed", why=str(failure))


def deliver_queued(*, at: datetime, clock: Clock | None = None, urgent_only: bool = False) -> int:
    """Send what waits and whose documents are ready; return how many were sent.

    What is urgent goes first, also before what was there when the sweep began. `clock` tells the
    moment of each sending; without one all is done at `at`.
    """
    now = clock or (lambda: at)
    _give_up_undrawn()
    sent, until = 0, time_module.monotonic() + BUDGET
    post = Post()
    try:
        for _ in range(BATCH):
            notice = _claim(now(), urgent_only)
            if notice is None or time_module.monotonic() > until:
                break
            sent += _deliver(notice, now, post)
    finally:
        post.close()
    return sent


def _deliver(notice: Notice, now: Clock, post: Post) -> bool:
    """Send one notice that this sweep holds, where it has to go at this moment."""
    lease = notice.lease
    try:
        if text_is_too_late(notice, now()):
            turn_into_email(notice, f"It had not gone when it was too late for it. {notice.error}")
        _address(notice)
        opening = _opening(notice, now()) if notice.status == Status.SENDING else None
        if opening is not None:
            notice.status, notice.next_try_at = Status.QUEUED, opening
        if notice.status == Status.SENDING and notice.channel == Channel.POST:
            # Its PDF is ready: what is left is done by hand.
            notice.status = Status.TO_POST
        if notice.status != Status.SENDING:
            _release(notice, lease, now())
            return False
        _send(notice, post)
    except Exception as failure:
        _note_failure(notice, now(), failure)
        _release(notice, lease, now())
        return False
    notice.status, notice.sent_at, notice.error = Status.SENT, now(), ""
    _wipe(notice)
    _release(notice, lease, now())
    return True


def _claim(at: datetime, urgent_only: bool) -> Notice | None:
    """Take the next notice for as long as the lease lasts.

    One at a time: a lease is never older than one message, and what is urgent overtakes.
    """
    with transaction.atomic():
        waiting = sendable(at).select_for_update(skip_locked=True, of=("self",))
        if urgent_only:
            waiting = waiting.filter(priority=Priority.URGENT)
        notice = waiting.order_by("priority", "next_try_at", "pk").first()
        if notice is None:
            return None
        notice.status, notice.lease = Status.SENDING, uuid.uuid4().hex
        notice.leased_until = at + LEASE
        notice.save(update_fields=["status", "lease", "leased_until"])
    return notice


def _release(notice: Notice, lease: str, at: datetime) -> None:
    """Keep what became of a notice, unless the lease ran out and another sweep holds it now."""
    with transaction.atomic():
        held = Notice.objects.select_for_update().filter(pk=notice.pk, lease=lease)
        before = held.filter(status=Status.SENDING).first()
        if before is None:
            log.warning("lease_lost", notice=notice.pk)
            return
        notice.lease, notice.leased_until = "", None
        notice.save()
        if notice.text_failed and not before.text_failed:
            _record(notice, action="email_instead_of_text", by=SYSTEM, at=at)


def _give_up_undrawn() -> None:
    """Hand to staff what waits for a document that could not be made."""
    failed = Document.objects.filter(status=DocumentStatus.FAILED)
    undrawn = Notice.attachments.through.objects.filter(document__in=failed)
    Notice.objects.filter(status=Status.QUEUED, pk__in=undrawn.values("notice_id")).update(
        status=Status.FAILED, attempts=F("attempts") + 1, error=UNMADE
    )


class Post:
    """One connection to the mail server for a sweep, opened when first needed."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def send(self, message: EmailMultiAlternatives) -> None:
        if self._connection is None:
            self._connection = get_connection()
            self._connection.open()
        try:
            self._connection.send_messages([message])
        except Exception:
            # Who knows in which state the conversation broke off: the next message gets a new one.
            self.close()
            raise

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError, SMTPException):
                connection.close()


def _send(notice: Notice, post: Post) -> None:
    if notice.channel == Channel.TEXT:
        gateway().send(to=notice.to, text=notice.text, reference=notice.message_id)
    else:
        post.send(_email(notice))


def _email(notice: Notice) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=notice.title,
        body=notice.text,
        from_email=notice.sender,
        to=[notice.to],
        reply_to=[notice.reply_to] if notice.reply_to else None,
        headers={"Message-ID": notice.message_id, **_kind_headers(notice)},
    )
    if notice.html:
        message.attach_alternative(notice.html, "text/html")
    for document in notice.attachments.all():
        message.attach(document.file_name, ensure_file(document), "application/pdf")
    return message


def _kind_headers(notice: Notice) -> dict[str, str]:
    """Marketing is ended with one click from the mail program (RFC 8058)."""
    if not notice.unsubscribe_url:
        return {"Auto-Submitted": "auto-generated"}
    return {
        "List-Unsubscribe": f"<{notice.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _note_failure(notice: Notice, at: datetime, failure: Exception) -> None:
    log.warning("notice_failed", kind=notice.kind, notice=notice.pk, why=type(failure).__name__)
    notice.attempts += 1
    notice.error = f"{type(failure).__name__}: {failure}"[:300]
    notice.next_try_at = at + min(LONGEST_WAIT, timedelta(minutes=2**notice.attempts))
    if notice.instead and notice.not_after is not None:
        # The email behind it does not wait for the next try.
        notice.next_try_at = min(notice.next_try_at, max(at, notice.not_after))
    over = notice.attempts >= GIVE_UP_AFTER or _is_final(failure)
    notice.status = Status.FAILED if over else Status.QUEUED
    if over and notice.instead:
        turn_into_email(notice, notice.error)
        notice.status, notice.attempts, notice.next_try_at = Status.QUEUED, 0, at
        _address(notice)
    elif over and notice.is_secret:
        # A link that acts stays: staff can still send it to whom it was written for.
        notice.text = notice.html = ""


def _is_final(failure: Exception) -> bool:
    """Whether the same message would be refused for ever (a 5xx about it; RFC 5321, 4.2.1).

    What the server holds against us (log-in, greeting) and a 4xx are for a later try.
    """
    if isinstance(failure, SMTPRecipientsRefused):
        codes = [code for code, _ in failure.recipients.values()]
        return bool(codes) and all(map(_is_permanent, codes))
    if isinstance(failure, SMTPDataError | SMTPSenderRefused):
        return _is_permanent(failure.smtp_code)
    return isinstance(failure, Refused | BadHeaderError | UnicodeError)


def _is_permanent(code: int) -> bool:
    return 500 <= code < 600
