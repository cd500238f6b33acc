"""Whether high-risk steps are stopped, on an account or for somebody's log-in."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q

from parties.accounts.models import Account
from parties.accounts.selectors import law, zone_of
from parties.people.models import User
from parties.security.models import Pause
from terms.facts import Role


def pause_of(account: Account) -> Pause | None:
    """The pause that holds on this account, if one does."""
    return Pause.objects.filter(account=account, lifted_at__isnull=True).first()


def pause_for(person: User) -> Pause | None:
    """The pause that holds a change of this person's log-in.

    It was made because of a step in their name, or on an account that they hold.
    """
    holds = Q(
        account__appointments__user=person,
        account__appointments__role=Role.HOLDER.value,
        account__appointments__revoked_at__isnull=True,
    )
    return (
        Pause.objects.filter(Q(person=person) | holds, lifted_at__isnull=True)
        .select_related("account__customer__provider")
        .first()
    )


def why_paused(pause: Pause, on: date) -> list[dict[str, Any]]:
    """Why a high-risk step is refused (RF-ID-06)."""
    since = pause.since.astimezone(zone_of(pause.account))
    _, cite = law("RF-ID-06", on)
    return cite(f"Paused since {since:%a} {since.day} {since:%b %Y, %H:%M}")
