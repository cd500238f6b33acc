"""Write the audit chains and seal them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from .models import Anchor, AnchoredHead, ChainHead, Entry
from .selectors import anchor_fingerprint, fingerprint, moved_heads
from .states import VIEW

log = structlog.get_logger(__name__)

# Repeated reads of the same page by the same person within this time are one act.
COALESCE = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts, under which authority and as what; without facts it is the portal itself."""

    user_id: int | None = None
    name: str = "system"
    authority: str = ""
    acted_as: str = ""
    for_whom: str = ""


SYSTEM = Actor()


@dataclass(frozen=True, kw_only=True)
class ActingFor:
    """A member of staff carries out somebody's wish on an account.

    `authority` is the appointment under which that person may wish it, or nothing.
    """

    account_id: int
    staff: Actor
    for_whom: str
    authority: str = ""


_behalf: ContextVar[ActingFor | None] = ContextVar("behalf", default=None)


@contextmanager
def on_behalf(behalf: ActingFor | None) -> Iterator[None]:
    """Record what is done on that account meanwhile as done by staff, for whom and under what.

    None leaves everything as it is. What the system does by itself stays its own.
    """
    token = _behalf.set(behalf)
    try:
        yield
    finally:
        _behalf.reset(token)


def _who(actor: Actor, account_id: int) -> Actor:
    behalf = _behalf.get()
    if behalf is None or behalf.account_id != account_id or actor.user_id is None:
        return actor
    authority = actor.authority or behalf.authority
    return replace(behalf.staff, for_whom=behalf.for_whom, authority=authority)


def record(
    *,
    account_id: int,
    at: datetime,
    action: str,
    actor: Actor = SYSTEM,
    subject: str = "",
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    because: list[dict[str, Any]] | None = None,
    is_private: bool = False,
) -> Entry:
    """Append one entry to the account's chain, in the caller's transaction.

    `is_private` keeps what concerns somebody's safety off every page of the account.
    """
    actor = _who(actor, account_id)
    with transaction.atomic():
        ChainHead.objects.get_or_create(account_id=account_id)
        head = ChainHead.objects.select_for_update().get(account_id=account_id)
        entry = Entry(
            account_id=account_id,
            sequence=head.sequence + 1,
            at=at,
            actor_id=actor.user_id,
            actor_name=_fit("actor_name", actor.name),
            authority=actor.authority,
            acted_as=_fit("acted_as", actor.acted_as),
            for_whom=_fit("for_whom", actor.for_whom),
            action=action,
            subject=_fit("subject", subject),
            reason=_fit("reason", reason),
            before=before or {},
            after=after or {},
            because=because or [],
            # The portal acts from nowhere, also when a request has nudged it.
            from_where=None if actor == SYSTEM else _context("address"),
            request_id=_context("request_id") or _context("task_id") or "",
            is_private=is_private,
            prev_hash=head.hash,
        )
        entry.hash = fingerprint(entry)
        entry.save()
        head.sequence, head.hash = entry.sequence, entry.hash
        head.save(update_fields=["sequence", "hash"])
    return entry


def _fit(name: str, text: str) -> str:
    """The text, cut where its column ends: an act never fails for the length of a name."""
    longest = getattr(Entry._meta.get_field(name), "max_length", None)
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"


def _context(name: str) -> str | None:
    """What is known of the request, or of the run of a task, in which something is done."""
    return structlog.contextvars.get_contextvars().get(name)


def record_read(
    *,
    account_id: int,
    at: datetime,
    actor: Actor,
    subject: str,
    reason: str = "",
    is_private: bool = False,
) -> None:
    """Record that someone other than the holder looked; repeats within 15 minutes are one act."""
    actor = _who(actor, account_id)
    seen = Entry.objects.filter(
        account_id=account_id,
        action=VIEW,
        actor_id=actor.user_id,
        authority=actor.authority,
        for_whom=_fit("for_whom", actor.for_whom),
        subject=_fit("subject", subject),
        at__gt=at - COALESCE,
    )
    if not seen.exists():
        record(
            account_id=account_id,
            at=at,
            action=VIEW,
            actor=actor,
            subject=subject,
            reason=reason,
            is_private=is_private,
        )


def anchor_chains(*, on: date, at: datetime) -> Anchor | None:
    """Seal every chain that grew, on top of the anchor before; None if the day has its anchor."""
    with transaction.atomic():
        if Anchor.objects.filter(day=on).exists():
            return None
        last = Anchor.objects.order_by("-day").first()
        previous = last.hash if last else ""
        heads = moved_heads()
        anchor = Anchor.objects.create(
            day=on,
            taken_at=at,
            moved=len(heads),
            prev_hash=previous,
            hash=anchor_fingerprint(on, previous, heads),
        )
        AnchoredHead.objects.bulk_create(
            [
                AnchoredHead(anchor=anchor, account_id=account_id, sequence=sequence, hash=hash_)
                for account_id, sequence, hash_ in heads
            ],
            batch_size=1000,
        )
    # The log is kept elsewhere: whoever rewrites the trail can't rewrite this line of it.
    log.info("audit_anchored", day=on.isoformat(), hash=anchor.hash)
    return anchor
