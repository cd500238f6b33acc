"""Whether somebody has just logged in or shown a factor, in this session."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from parties.people.models import User

# How long a password or passkey counts as just given.
FRESH_FOR = timedelta(minutes=5)
# A code from a mailbox is no proof of its own: an open session often has the mailbox beside it.
PROOFS = frozenset({"password", "mfa"})


class LogInAgain(Exception):
    """What was asked needs a fresh log-in, and there is nothing else that could be given again."""


# The pages where a factor is seen, made, added, changed or removed.
FACTOR_PAGES = frozenset(
    {
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
    }
)
ADDED_KEY = "factor_added_at"


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

    Raises ReauthenticationRequired, which allauth's middleware answers with its page, and
    LogInAgain for whoever has neither: a code that they log in with is all that they can give.
    """
    if gave_lately(request, at=at):
        return
    person = request.user
    if person.has_usable_password() or is_mfa_enabled(person):
        raise ReauthenticationRequired
    if not gave_lately(request, frozenset({"code"}), at=at):
        raise LogInAgain


def needs_factor(request: HttpRequest) -> bool:
    """Whether this page of factors asks for one first: whoever has one shows it, lately.

    The first one is set up after a proof of identity; its recovery codes are seen right after.
    """
    if not request.user.is_authenticated or not is_mfa_enabled(request.user):
        return False
    added = request.session.get(ADDED_KEY, 0)
    if added >= (request.at - FRESH_FOR).timestamp():
        return False
    return not gave_lately(request, frozenset({"mfa"}), at=request.at)


def note_added(*, request: HttpRequest, **_: object) -> None:
    """Keep that a factor was added in this session: it was shown to do so."""
    request.session[ADDED_KEY] = request.at.timestamp()


def has_app(person: User) -> bool:
    """Whether somebody has an authenticator app, and not passkeys alone."""
    return is_mfa_enabled(person, [Authenticator.Type.TOTP])


def factor_page(person: User) -> str:
    """The name of the page where somebody shows a factor of theirs."""
    only_passkeys = not has_app(person) and is_mfa_enabled(person)
    return "mfa_reauthenticate_webauthn" if only_passkeys else "mfa_reauthenticate"
