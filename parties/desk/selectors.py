"""Calls in hand, and those whose outcome is still to be noted."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from parties.accounts.models import Account
from parties.people.models import User

from .models import Call


def open_call(by: User, at: datetime, account: Account | None = None) -> Call | None:
    """The call that a member of staff is on now; with an account, only if it is about that."""
    rows = Call.objects.filter(by=by, ended_at__isnull=True, ends_at__gt=at)
    if account is not None:
        rows = rows.filter(account=account)
    return rows.select_related("account__customer__provider", "appointment__user", "by").first()


def calls_to_close(rows: QuerySet[Call], at: datetime) -> QuerySet[Call]:
    """Those calls that are over by now and whose outcome nobody has noted."""
    return rows.filter(outcome="", ends_at__lte=at) | rows.filter(
        outcome="", ended_at__isnull=False
    )
