"""Who may change what a provider offers, and whether a second person has to agree."""

from __future__ import annotations

from datetime import date, datetime

from parties.accounts.models import Provider
from parties.authority.selectors import Decision, NotAuthorised, role_names
from parties.people.models import User
from terms import library
from terms.facts import Action


def require_right(by: User, provider: Provider, permission: str) -> None:
    """Raise NotAuthorised for whoever may not do this for that provider."""
    is_theirs = by.provider_id is None or by.provider_id == provider.pk
    if not (by.is_staff and is_theirs and by.has_perm(permission)):
        raise NotAuthorised(Decision(allowed=False, role=role_names(by)), Action.OPEN_SERVICE)


def needs_two(provider: Provider) -> bool:
    """Whether a change for many needs two people: always, but where there is only one."""
    return provider.second_person_above is not None


def provider_day(provider: Provider, at: datetime) -> date:
    """The day of an instant on the provider's own clock."""
    home = library.load(provider.key, library.in_force(provider.key, at.date())).default_state
    return at.astimezone(home.zone).date() if home else at.date()
