"""Codes that were sent, and customers who are there with their advocate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from parties.accounts.models import Account
from parties.authority.models import Appointment, Presence
from parties.authority.states import PresenceState
from parties.people.models import User
from terms.facts import Action

LOOK_TOGETHER = "look"
LOOKS = frozenset({Action.VIEW_BILLS, Action.VIEW_PERSONAL_DETAILS, Action.REQUEST_RECORDS})


def is_looking(appointment: Appointment, at: datetime) -> bool:
    """Whether the customer is there with this advocate now, for looking at things together.

    A change is confirmed for itself and done at once; only looking goes on for a while.
    """
    return looking(appointment, at).exists()


def looking(appointment: Any, at: datetime) -> QuerySet[Presence]:
    """Where an appointment's person looks at things together with the customer at that moment."""
    return Presence.objects.filter(
        appointment=appointment, state=PresenceState.CONFIRMED, act=LOOK_TOGETHER, ends_at__gt=at
    )


def asked_of_customer(account: Account, at: datetime) -> list[Presence]:
    """What advocates ask the customer at this moment, newest first."""
    rows = Presence.objects.filter(account=account, state=PresenceState.ASKED, ends_at__gt=at)
    return list(rows.select_related("advocate"))


def presences(account: Account, *, by: User | None = None, limit: int = 50) -> list[Presence]:
    """What advocates, or the one given, asked for with the customer there, newest first."""
    rows = Presence.objects.filter(account=account).select_related("advocate", "account")
    return list((rows.filter(advocate=by) if by else rows)[:limit])


def presence_by_public_id(account: Account, public_id: Any) -> Presence | None:
    """One request of an advocate on the account."""
    return (
        Presence.objects.filter(account=account, public_id=public_id)
        .select_related(
            "advocate", "confirmed_by", "code", "appointment", "account__customer__provider"
        )
        .first()
    )
