"""What the demo's people decided about their data, and one who is to be reached safely."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from parties.accounts.models import Account
from parties.authority.selectors import holder
from parties.correspondence.states import PreferenceKind, SafeChannel
from parties.privacy import services as privacy
from parties.privacy.states import PrivacyKind
from parties.security.services import set_safe_contact


def decide_history(accounts: list[Account], *, at: datetime) -> None:
    """Give the first account choices, a request and a file to come; the second, a safe contact."""
    first, second = accounts[0], accounts[1]
    by, quiet = holder(first), holder(second)
    if by is None or quiet is None:
        return
    days = timedelta(days=1)
    for kind, value, ago in (
        (PreferenceKind.MARKETING, "yes", 90),
        (PreferenceKind.LISTING, "listed", 60),
        (PreferenceKind.LISTING, "unlisted", 20),
    ):
        privacy.choose(account=first, by=by, at=at - ago * days, kind=kind, value=value)
    privacy.ask_privacy(
        account=first,
        by=by,
        kind=PrivacyKind.CORRECTION,
        text="The street number on my bills is wrong.",
        at=at - 12 * days,
    )
    privacy.ask_export(account=first, by=by, at=at)
    set_safe_contact(
        account=second,
        user=quiet,
        channel=SafeChannel.PHONE,
        address="0491 570 313",
        opens=time(9),
        closes=time(15),
        safety_threat=True,
        at=at - 3 * days,
    )
