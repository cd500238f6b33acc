"""Give notice, and deliver what waits: claim, send, mark, with the same Message-ID on a retry."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string

from records.documents.models import Document
from records.documents.services import ensure_file
from records.documents.states import Status as DocumentStatus

from .models import Notice
from .states import Status

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
) -> Notice:
    """Queue an email written from templates/notices/<kind>, in the caller's transaction.

    It goes out after the commit, once its documents are ready.
    """
    facts = {**context, "because": because or [], "site_url": settings.SITE_URL}
    title = " ".join(render_to_string(f"notices/{kind}_subject.txt", facts).split())
    notice = queue_message(
        kind=kind,
        to=to,
        sender=sender,
        at=at,
        title=title,
        text=render_to_string(f"notices/{kind}.txt", facts).strip() + "\n",
        html=render_to_string(f"notices/{kind}.html", facts),
        account_id=account_id,
        subject_ref=subject_ref,
        because=because or [],
    )
    notice.attachments.set(documents)
    return notice


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
) -> Notice:
    """Queue a message whose words are already written, and nudge the delivery sweep on commit."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    notice = Notice.objects.create(
        account_id=account_id,
        kind=kind,
        subject_ref=subject_ref,
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
    )
    transaction.on_commit(_nudge)
    return notice


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
        try:
            _send(notice)
        except Exception as failure:
            _note_failure(notice, at, failure)
            continue
        notice.status, notice.sent_at, notice.error = Status.SENT, at, ""
        if notice.is_secret:
            notice.text = notice.html = ""
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
            .order_by("next_try_at")
        )
        chosen = [notice.pk for notice in waiting[:BATCH]]
        Notice.objects.filter(pk__in=chosen).update(status=Status.SENDING, leased_until=at + LEASE)
    return chosen


def _send(notice: Notice) -> None:
    message = EmailMultiAlternatives(
        subject=notice.title,
        body=notice.text,
        from_email=notice.sender,
        to=[notice.to],
        reply_to=[notice.reply_to] if notice.reply_to else None,
        headers={"Message-ID": notice.message_id, "Auto-Submitted": "auto-generated"},
    )
    if notice.html:
        message.attach_alternative(notice.html, "text/html")
    for document in notice.attachments.all():
        message.attach(document.file_name, ensure_file(document), "application/pdf")
    message.send()


def _note_failure(notice: Notice, at: datetime, failure: Exception) -> None:
    log.warning("notice_failed", kind=notice.kind, notice=notice.pk, why=type(failure).__name__)
    notice.attempts += 1
    notice.error = f"{type(failure).__name__}: {failure}"[:300]
    notice.next_try_at = at + min(LONGEST_WAIT, timedelta(minutes=2**notice.attempts))
    notice.status = Status.FAILED if notice.attempts >= GIVE_UP_AFTER else Status.QUEUED
    notice.save(update_fields=["attempts", "error", "next_try_at", "status"])
