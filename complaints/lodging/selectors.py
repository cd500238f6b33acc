"""Questions about what is being written, about files, and about what a complaint would bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from complaints.lodging.models import Attachment, Draft
from parties.accounts.models import Account
from parties.authority.selectors import Permissions
from parties.people.models import User


@dataclass(frozen=True, kw_only=True)
class FileCard:
    """A file in a list; `size` in bytes."""

    public_id: str
    name: str
    size: int
    added_at: datetime
    by: str


def draft_of(account: Account, by: User, public_id: UUID, at: datetime) -> Draft | None:
    """Somebody's own draft on an account, sent or not; None once its days are over."""
    rows = Draft.objects.filter(account=account, by=by, public_id=public_id, expires_at__gt=at)
    return rows.select_related("complaint", "account__customer__provider").first()


def open_drafts(account: Account, by: User, at: datetime) -> QuerySet[Draft]:
    """What somebody began on the account and has not sent."""
    return Draft.objects.filter(
        account=account, by=by, complaint__isnull=True, expires_at__gt=at
    ).exclude(answers={})


def readable_files(permissions: Permissions, reference: str) -> QuerySet[Attachment]:
    """The files of a complaint that somebody may open who may read the complaint.

    A photo can't be masked: who may not know the customer opens their own alone.
    """
    rows = Attachment.objects.filter(account=permissions.account, complaint__reference=reference)
    if not permissions.sees_who:
        rows = rows.filter(by=permissions.actor)
    return rows.filter(Q(event__isnull=True) | Q(event__for_staff_only=False))


def file_cards(rows: QuerySet[Attachment]) -> list[FileCard]:
    """Cards of files; one query."""
    return [
        FileCard(
            public_id=str(row.public_id),
            name=row.name,
            size=row.size,
            added_at=row.added_at,
            by=str(row.by or ""),
        )
        for row in rows.select_related("by")
    ]
