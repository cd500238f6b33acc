"""Write and prove the audit chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from .models import ChainHead, Entry

# Repeated reads of the same page by the same person within this time are one act.
COALESCE = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: a user, from where, under which authority; without a user it is the system."""

    user_id: int | None = None
    name: str = "system"
    authority: str = ""
    address: str | None = None


SYSTEM = Actor()


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
) -> Entry:
    """Append one entry to the account's chain, in the caller's transaction."""
    with transaction.atomic():
        ChainHead.objects.get_or_create(account_id=account_id)
        head = ChainHead.objects.select_for_update().get(account_id=account_id)
        entry = Entry(
            account_id=account_id,
            sequence=head.sequence + 1,
            at=at,
            actor_id=actor.user_id,
            actor_name=actor.name,
            authority=actor.authority,
            action=action,
            subject=subject,
            reason=reason,
            before=before or {},
            after=after or {},
            because=because or [],
            from_where=actor.address,
            request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
            prev_hash=head.hash,
        )
        entry.hash = fingerprint(entry)
        entry.save()
        head.sequence, head.hash = entry.sequence, entry.hash
        head.save(update_fields=["sequence", "hash"])
    return entry


def record_read(
    *, account_id: int, at: datetime, actor: Actor, subject: str, reason: str = ""
) -> None:
    """Record that someone other than the holder looked; repeats within 15 minutes are one act."""
    seen = Entry.objects.filter(
        account_id=account_id,
        action="view",
        actor_id=actor.user_id,
        subject=subject,
        at__gt=at - COALESCE,
    )
    if not seen.exists():
        record(
            account_id=account_id,
            at=at,
            action="view",
            actor=actor,
            subject=subject,
            reason=reason,
        )


def fingerprint(entry: Entry) -> str:
    """Return the SHA-256 that binds an entry's facts to the entry before it."""
    facts = {
        "account": entry.account_id,
        "sequence": entry.sequence,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor_id,
        "actor_name": entry.actor_name,
        "authority": entry.authority,
        "action": entry.action,
        "subject": entry.subject,
        "reason": entry.reason,
        "before": entry.before,
        "after": entry.after,
        "because": entry.because,
        "from_where": entry.from_where,
        "request_id": entry.request_id,
        "prev": entry.prev_hash,
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Flaw:
    """A place where an account's chain does not hold."""

    account_id: int
    sequence: int
    what: str


def flaws() -> Iterator[Flaw]:
    """Yield every changed, missing or added entry, account by account."""
    for head in ChainHead.objects.order_by("account_id").iterator():
        previous, expected = "", 1
        for entry in (
            Entry.objects.filter(account_id=head.account_id).order_by("sequence").iterator()
        ):
            if entry.sequence != expected:
                yield Flaw(head.account_id, expected, "missing")
            elif entry.prev_hash != previous or entry.hash != fingerprint(entry):
                yield Flaw(head.account_id, entry.sequence, "changed")
            previous, expected = entry.hash, entry.sequence + 1
        if expected != head.sequence + 1 or previous != head.hash:
            yield Flaw(head.account_id, expected, "missing at the end")
