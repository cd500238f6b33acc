"""Whether somebody has just logged in or shown a factor, in this session."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

# How long a password or passkey counts as just given.
FRESH_FOR = timedelta(minutes=5)
# A code from a mailbox is no proof of its own: an open session often has the mailbox beside it.
PROOFS = frozenset({"password", "mfa"})


def gave_lately(
    request: HttpRequest,
    methods: frozenset[str] = PROOFS,
    *,
    within: timedelta = FRESH_FOR,
    at: datetime,
) -> bool:
    """Whether one of these ways to log in was used in this session within that time."""
    since = (at - within).timestamp()
    records = get_authentication_records(request, request.user)
    return any(one["method"] in methods and one["at"] >= since for one in records)


def require_fresh(request: HttpRequest, *, at: datetime) -> None:
    """Ask for the password or a factor again unless one was just given; what was sent is kept.

    Raises ReauthenticationRequired, which allauth's middleware answers with its page.
    """
    if gave_lately(request, at=at):
        return
    person = request.user
    if person.has_usable_password() or is_mfa_enabled(person):
        raise ReauthenticationRequired
