"""Prove the chains, and read them out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery

from .models import Anchor, AnchoredHead, ChainHead, Entry

Head = tuple[int, int, str]


@dataclass(frozen=True)
class Discrepancy:
    """A place where a chain, or an anchor over the chains, does not hold.

    `account_id` is None and `sequence` 0 for a discrepancy of an anchor itself.
    """

    account_id: int | None
    sequence: int
    what: str


def facts_of(entry: Entry) -> dict[str, Any]:
    """What an entry says, as plain data: what its fingerprint covers and what is read out.

    What came later is named only where it says something: older fingerprints stay as they were.
    """
    later = {"for_whom": entry.for_whom} if entry.for_whom else {}
    return later | {
        "account": entry.account_id,
        "sequence": entry.sequence,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor_id,
        "actor_name": entry.actor_name,
        "authority": entry.authority,
        "acted_as": entry.acted_as,
        "action": entry.action,
        "subject": entry.subject,
        "reason": entry.reason,
        "before": entry.before,
        "after": entry.after,
        "because": entry.because,
        "from_where": entry.from_where,
        "request_id": entry.request_id,
        "private": entry.is_private,
        "prev": entry.prev_hash,
    }


def fingerprint(entry: Entry) -> str:
    """Return the SHA-256 that binds an entry's facts to the entry before it."""
    return _digest(facts_of(entry))


def anchor_fingerprint(day: date, previous: str, heads: Iterable[Head]) -> str:
    """Return the SHA-256 over the heads that moved by that day and the anchor before."""
    return _digest({"day": day.isoformat(), "prev": previous, "heads": [list(h) for h in heads]})


def _digest(facts: dict[str, Any]) -> str:
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def discrepancies() -> Iterator[Discrepancy]:
    """Yield every changed, missing or added entry, and every anchor that does not hold.

    All is read as it was at one moment: what is written meanwhile is no discrepancy.
    """
    with _one_moment():
        yield from _broken_chains()
        yield from _broken_anchors()


@contextmanager
def _one_moment() -> Iterator[None]:
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if connection.vendor == "postgresql" and is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _broken_chains() -> Iterator[Discrepancy]:
    """Walk all entries once, in order; a chain's head says where it has to end."""
    heads = {head.account_id: head for head in ChainHead.objects.all()}
    walk: _Walk | None = None
    for entry in Entry.objects.order_by("account_id", "sequence").iterator(2000):
        if walk is None or walk.account_id != entry.account_id:
            if walk is not None:
                yield from walk.end()
            walk = _Walk(entry.account_id, heads.pop(entry.account_id, None))
        yield from walk.step(entry)
    if walk is not None:
        yield from walk.end()
    for head in heads.values():
        yield from _Walk(head.account_id, head).end()


class _Walk:
    """A walk along one account's chain."""

    def __init__(self, account_id: int, head: ChainHead | None) -> None:
        self.account_id = account_id
        self.last = head.sequence if head else 0
        self.head_hash = head.hash if head else ""
        self.at, self.hash = 0, ""

    def step(self, entry: Entry) -> Iterator[Discrepancy]:
        whole = self.at + 1 == entry.sequence
        yield from self._gap(entry.sequence)
        if entry.sequence > self.last:
            yield Discrepancy(self.account_id, entry.sequence, "added")
        elif entry.hash != fingerprint(entry):
            yield Discrepancy(self.account_id, entry.sequence, "changed")
        elif whole and entry.prev_hash != self.hash:
            # This entry is sound, so it is the one before whose hash was made anew.
            yield Discrepancy(
                self.account_id, entry.sequence - 1, "changed, and its hash made anew"
            )
        self.at, self.hash = entry.sequence, entry.hash

    def end(self) -> Iterator[Discrepancy]:
        if self.at < self.last:
            yield from self._gap(self.last + 1)
        elif self.at == self.last and self.hash != self.head_hash:
            yield Discrepancy(self.account_id, self.at, "changed, and its hash made anew")

    def _gap(self, upto: int) -> Iterator[Discrepancy]:
        for sequence in range(self.at + 1, upto):
            yield Discrepancy(self.account_id, sequence, "missing")


def _broken_anchors() -> Iterator[Discrepancy]:
    previous = ""
    for anchor in Anchor.objects.order_by("day").iterator():
        heads = AnchoredHead.objects.filter(anchor=anchor).order_by("account_id")
        rows = heads.values_list("account_id", "sequence", "hash").iterator(2000)
        if anchor.prev_hash != previous:
            yield Discrepancy(
                None, 0, f"the anchor before that of {anchor.day} is missing or changed"
            )
        if anchor.hash != anchor_fingerprint(anchor.day, anchor.prev_hash, rows):
            yield Discrepancy(None, 0, f"the anchor of {anchor.day} was changed")
        previous = anchor.hash
    yield from _unanchored()


def _unanchored() -> Iterator[Discrepancy]:
    """Entries that an anchor saw and that are gone, or whose chain was written anew since."""
    now = Entry.objects.filter(account=OuterRef("account"), sequence=OuterRef("sequence"))
    sealed = AnchoredHead.objects.annotate(now=Subquery(now.values("hash")[:1]))
    for head in sealed.filter(Q(now=None) | ~Q(now=F("hash"))).order_by("account", "sequence"):
        what = (
            "missing, although an anchor saw it" if head.now is None else "not what an anchor saw"
        )
        yield Discrepancy(head.account_id, head.sequence, what)


def moved_heads() -> list[Head]:
    """The chains that grew since they were last anchored, by account."""
    anchored = AnchoredHead.objects.filter(
        account=OuterRef("account"), sequence=OuterRef("sequence")
    )
    heads = ChainHead.objects.exclude(Exists(anchored)).order_by("account_id")
    return list(heads.values_list("account_id", "sequence", "hash"))


def read_out(account_id: int) -> Iterator[dict[str, Any]]:
    """Every entry of one account as plain data, with its hash, oldest first."""
    rows = Entry.objects.filter(account_id=account_id).order_by("sequence")
    for entry in rows.annotate(number=F("account__number")).iterator(500):
        yield facts_of(entry) | {"account": entry.number, "hash": entry.hash}
