from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q, QuerySet

from records.documents.models import Document
from records.documents.states import Status as DocumentStatus

from .models import Notice, Redirect
from .states import Channel, Status


def sendable(at: datetime) -> QuerySet[Notice]:
    """What could go out now: it is its turn, its documents are made, and nobody is sending it."""
    unready = Document.objects.exclude(status=DocumentStatus.READY)
    waits = Notice.attachments.through.objects.filter(document__in=unready)
    return Notice.objects.filter(
        Q(status=Status.QUEUED, next_try_at__lte=at)
        | Q(status=Status.SENDING, leased_until__lte=at)
    ).exclude(pk__in=waits.values("notice_id"))


def oldest_sendable(at: datetime) -> datetime | None:
    """Since when the longest-waiting notice could have gone out, or None if none could.

    One that waits for somebody's hours or for the next try at a full mailbox is not late.
    """
    late = sendable(at).order_by("next_try_at").values_list("next_try_at", flat=True)
    return late.first()


def not_redirected(rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """Those notices that tell nobody of a safe contact: by where they went, or that they waited.

    What could go no safe way was given up before it was tried.
    """
    return (
        rows.exclude(status__in=[Status.BY_HAND, Status.TOLD])
        .exclude(status=Status.FAILED, attempts=0)
        .exclude(opens__isnull=False)
        .exclude(to__in=Redirect.objects.values("to"))
        .exclude(to__in=Redirect.objects.exclude(text_to="").values("text_to"))
    )


def redirect_of(
    address: str, account_id: int | None, *, for_secrets: bool = False
) -> Redirect | None:
    """Where messages to this address go instead, if anywhere; one for the account comes first.

    Secrets have redirects of their own: they go only where place and person are proven.
    """
    return (
        Redirect.objects.filter(
            address=address.lower(), for_secrets=for_secrets, ended_at__isnull=True
        )
        .filter(Q(account__isnull=True) | Q(account_id=account_id))
        .order_by(F("account").asc(nulls_last=True), "-since")
        .first()
    )


def place_of(to: str, channel: Channel, account_id: int | None) -> tuple[Channel, str] | None:
    """Where a secret message for this address really goes; None where no way is safe.

    A code or link to sign in was asked for a moment ago by whoever waits for it: it can neither
    be told by staff nor come tomorrow. A text never goes to a number that is redirected.
    """
    redirect = redirect_of(to, account_id, for_secrets=True)
    if redirect is None or (channel == Channel.EMAIL and redirect.by_hand):
        return channel, to
    if channel == Channel.TEXT and redirect.text_to:
        return Channel.TEXT, redirect.text_to
    return None if redirect.by_hand else (Channel.EMAIL, redirect.to)
