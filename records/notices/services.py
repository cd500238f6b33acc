"""Give notice, and deliver what waits: claim, send, mark, with the same Message-ID on a retry."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from celery import current_app
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string

from records.audit.services import Actor, record
from records.documents.models import Document
from records.documents.services import ensure_file
from records.documents.states import Status as DocumentStatus

from .models import TOKEN, Notice, Redirect
from .selectors import place_of, redirect_of
from .states import Channel, Status
from .texts import gateway

log = structlog.get_logger(__name__)

BATCH = 100
LEASE = timedelta(minutes=10)
GIVE_UP_AFTER = 14  # tries; the waits double up to six hours, about two days in all
LONGEST_WAIT = timedelta(hours=6)
DELIVERY_TASK = "records.notices.deliver_queued"


@dataclass(frozen=True, kw_only=True)
class Sender:
    """On whose behalf a notice is given."""

    name: str
    reply_to: str = ""


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
) -> Notice:
    """Queue an email written from templates/notices/<kind>, in the caller's transaction.

    A text message is written from <kind>_text.txt; only staff see its subject. It goes out after
    the commit, once its documents are ready. Marketing alone carries an `unsubscribe_url`
    (RF-MSG-01, RF-MSG-02).
    """
    facts = {**context, "because": because or [], "site_url": settings.SITE_URL}
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
        **_words(kind, channel, facts),
    )
    notice.attachments.set(documents)
    return notice


def _words(kind: str, channel: Channel, facts: dict[str, Any]) -> dict[str, str]:
    if channel == Channel.TEXT:
        return {"text": render_to_string(f"notices/{kind}_text.txt", facts).strip()}
    return {
        "text": render_to_string(f"notices/{kind}.txt", facts).strip() + "\n",
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
) -> Notice:
    """Queue a message whose words are already written, and nudge the delivery sweep on commit.

    Where its address is redirected, it goes there, in the hours agreed.
    """
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    notice = Notice(
        account_id=account_id,
        kind=kind,
        subject_ref=subject_ref,
        channel=channel,
        to=to,
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
    )
    redirect = redirect_of(to, account_id, for_secrets=notice.carries_secret)
    if redirect is not None:
        _follow(notice, redirect)
    notice.save()
    transaction.on_commit(_nudge)
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
                status=Status.QUEUED, to__iexact=redirect.address
            )
            if redirect.account_id is not None:
                waiting = waiting.filter(account_id=redirect.account_id)
            for notice in waiting:
                if notice.carries_secret != for_secrets:
                    continue
                _follow(notice, redirect)
                notice.save()
    return made


def end_redirects(
    *, addresses: Iterable[tuple[int | None, str]], at: datetime, for_secrets: bool
) -> None:
    """Let messages, or secrets, to these (account, address) pairs go there again."""
    for account_id, address in addresses:
        Redirect.objects.filter(
            account_id=account_id,
            address=address.lower(),
            for_secrets=for_secrets,
            ended_at__isnull=True,
        ).update(ended_at=at)


def mark_told(*, notice: Notice, by: Actor, at: datetime) -> None:
    """Note that staff have told what could not be emailed. Raises ValueError if it could be."""
    with transaction.atomic():
        row = Notice.objects.select_for_update().get(pk=notice.pk)
        if row.status != Status.BY_HAND:
            raise ValueError(f"“{row}” does not wait to be told by staff")
        row.status, row.sent_at = Status.TOLD, at
        row.save(update_fields=["status", "sent_at"])
        if row.account_id is not None:
            record(
                account_id=row.account_id, at=at, action="tell_notice", actor=by, is_private=True
            )


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


def _opening(notice: Notice, at: datetime) -> datetime | None:
    """When the hours for this notice next open; None while they are open or it has none."""
    if notice.opens is None or notice.closes is None:
        return None
    here = at.astimezone(ZoneInfo(notice.zone))
    if notice.opens <= here.time() < notice.closes:
        return None
    day = here.date() + timedelta(days=here.time() >= notice.closes)
    return datetime.combine(day, notice.opens, here.tzinfo)


def _nudge() -> None:
    """Wake the worker. A lost nudge costs seconds: beat rings too."""
    if not settings.NUDGE_WORKER:
        return
    try:
        current_app.send_task(DELIVERY_TASK, ignore_result=True, expires=60)
    except Exception as failure:
        log.warning("nudge_failed", why=str(failure))


def deliver_queued(*, at: datetime) -> int:
    """Send what waits and whose documents are ready; return how many were sent."""
    sent = 0
    for pk in _claim(at):
        notice = Notice.objects.get(pk=pk)
        opening = _opening(notice, at)
        if opening is not None:
            notice.status, notice.next_try_at = Status.QUEUED, opening
            notice.save(update_fields=["status", "next_try_at"])
            continue
        try:
            _send(notice)
        except Exception as failure:
            _note_failure(notice, at, failure)
            continue
        notice.status, notice.sent_at, notice.error = Status.SENT, at, ""
        _wipe(notice)
        notice.save(update_fields=["status", "sent_at", "error", "text", "html"])
        sent += 1
    return sent


def _claim(at: datetime) -> list[int]:
    """Mark a batch as being sent, for as long as the lease lasts."""
    unready = Document.objects.exclude(status=DocumentStatus.READY)
    with transaction.atomic():
        waiting = (
            Notice.objects.select_for_update(skip_locked=True)
            .filter(
                Q(status=Status.QUEUED, next_try_at__lte=at)
                | Q(status=Status.SENDING, leased_until__lte=at)
            )
            .exclude(
                pk__in=Notice.attachments.through.objects.filter(document__in=unready).values(
                    "notice_id"
                )
            )
            .order_by("next_try_at", "pk")
        )
        chosen = [notice.pk for notice in waiting[:BATCH]]
        Notice.objects.filter(pk__in=chosen).update(status=Status.SENDING, leased_until=at + LEASE)
    return chosen


def _send(notice: Notice) -> None:
    if notice.channel == Channel.TEXT:
        gateway().send(to=notice.to, text=notice.text, reference=notice.message_id)
    else:
        _email(notice)


def _email(notice: Notice) -> None:
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
    message.send()


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
    notice.status = Status.FAILED if notice.attempts >= GIVE_UP_AFTER else Status.QUEUED
    if notice.status == Status.FAILED:
        _wipe(notice)
    notice.save(update_fields=["attempts", "error", "next_try_at", "status", "text", "html"])
