"""Notices on paper: a letter with an address window, printed and posted by staff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from records.audit.services import Actor, record
from records.documents.models import Document
from records.documents.services import issue_document

from .models import Notice
from .states import Channel, Status

LETTER = "letter"


class PostRefused(ValueError):
    """What was noted about a letter can't be so; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a letter prints besides its words.

    `address` holds name and address line by line; `letterhead` plain data as
    documents/_letterhead.html takes it, with `account_number`; `issued_on` a day as text.
    """

    address: tuple[str, ...]
    letterhead: dict[str, Any]
    issued_on: str


def letter_of(notice: Notice, paper: Paper) -> Document:
    """Issue the letter's PDF: the words of the notice, with the clauses that it rests on."""
    if notice.account_id is None:
        raise PostRefused("A letter is about an account.")
    return issue_document(
        account_id=notice.account_id,
        kind=LETTER,
        subject=notice.message_id.strip("<>").partition("@")[0],
        title=notice.title,
        template="documents/letter.html",
        content={
            **paper.letterhead,
            "title": notice.title,
            "address": list(paper.address),
            "issued_on": paper.issued_on,
            "words": notice.text.partition("\n-- \n")[0].strip(),
        },
        at=notice.given_at,
    )


def letters(notice: Notice) -> QuerySet[Document]:
    """The letter that a notice is on paper; none for an email."""
    return notice.attachments.filter(kind=LETTER)


def mark_posted(
    *,
    notices: Iterable[Notice],
    posted_at: datetime,
    by: Actor,
    at: datetime,
    tracking: str = "",
) -> int:
    """Note that letters were posted at a moment, by whom, and registered as what.

    From then on they are sent: what follows is counted from their deemed receipt. All of them or
    none. Raises PostRefused for one that does not wait to be posted, a moment before it was
    written or still to come, and one number for several letters.
    """
    chosen = sorted(row.pk for row in notices)
    if posted_at > at:
        raise PostRefused("That moment is still to come: say when the letters were posted.")
    if not chosen:
        raise PostRefused("Choose at least one letter.")
    if tracking and len(chosen) > 1:
        raise PostRefused("A registered letter has a number of its own: note each by itself.")
    with transaction.atomic():
        rows = list(Notice.objects.select_for_update().filter(pk__in=chosen).order_by("pk"))
        for row in rows:
            if row.status != Status.TO_POST:
                raise PostRefused(f"“{row}” does not wait to be posted.")
            if posted_at < row.given_at.replace(second=0, microsecond=0):
                raise PostRefused(f"“{row}” was written after that: check day and time.")
            row.status, row.sent_at = Status.SENT, max(posted_at, row.given_at)
            row.posted_by, row.tracking = by.name[:150], tracking
            row.save(update_fields=["status", "sent_at", "posted_by", "tracking"])
            _record(row, "post_letter", by, at, {"posted_at": row.sent_at.isoformat()})
    return len(rows)


def prove_receipt(
    *, notice: Notice, received_at: datetime, proof: str, by: Actor, at: datetime
) -> None:
    """Note by when a letter is proven to have arrived, and by what: a signature, an answer.

    Raises PostRefused for a letter that was not posted, a moment before that or still to come, and
    without the proof.
    """
    with transaction.atomic():
        row = Notice.objects.select_for_update().get(pk=notice.pk)
        _require_posted(row)
        if row.sent_at is None or received_at < row.sent_at.replace(second=0, microsecond=0):
            raise PostRefused("It was posted after that: check day and time.")
        if received_at > at:
            raise PostRefused("That moment is still to come: say when it arrived.")
        if not proof.strip():
            raise PostRefused("Say what proves it: a signature, a carrier's record, an answer.")
        row.proven_at, row.proof = received_at, proof.strip()[:200]
        row.save(update_fields=["proven_at", "proof"])
        _record(row, "prove_receipt", by, at, {"received_at": received_at.isoformat()})


def mark_returned(*, notice: Notice, why: str, by: Actor, at: datetime) -> None:
    """Note that a letter came back: it was not received, and staff tell it another way.

    Raises PostRefused for one that was not posted, or is proven to have arrived.
    """
    with transaction.atomic():
        row = Notice.objects.select_for_update().get(pk=notice.pk)
        _require_posted(row)
        if row.proven_at is not None:
            raise PostRefused("It is proven to have arrived: correct that first.")
        row.status, row.error = Status.FAILED, f"Came back: {why}"[:300]
        row.attempts += 1
        row.save(update_fields=["status", "error", "attempts"])
        _record(row, "letter_came_back", by, at, {"why": why[:300]})


def _require_posted(row: Notice) -> None:
    if row.channel != Channel.POST or row.status != Status.SENT:
        raise PostRefused(f"“{row}” is no letter that was posted.")


def _record(row: Notice, action: str, by: Actor, at: datetime, after: dict[str, Any]) -> None:
    if row.account_id is not None:
        record(
            account_id=row.account_id,
            at=at,
            action=action,
            actor=by,
            after={"letter": row.title, **after},
            is_private=True,
        )
