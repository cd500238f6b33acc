from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q, QuerySet

from .models import Notice, Redirect
from .states import Channel, Status


def oldest_waiting(at: datetime) -> datetime | None:
    """When the longest-waiting unsent notice was given, or None if nothing waits."""
    waiting = Notice.objects.filter(
        status__in=[Status.QUEUED, Status.SENDING], given_at__lte=at
    ).order_by("given_at")
    return waiting.values_list("given_at", flat=True).first()


def waiting_count() -> int:
    """How many notices have not gone out yet."""
    return Notice.objects.filter(status__in=[Status.QUEUED, Status.SENDING]).count()


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
