"""Work of one kind, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from parties.people.models import User


@dataclass(frozen=True)
class Worklist:
    """Work of one kind: who may open it, what it is called, where it lies, what is in it."""

    permission: str
    title: str
    page: str
    query: str
    rows: QuerySet[Any]
    urgent: bool = False


def confined(user: User, rows: QuerySet[Any], account: str = "account") -> QuerySet[Any]:
    if user.provider_id:
        return rows.filter(**{f"{account}__customer__provider": user.provider_id})
    return rows
