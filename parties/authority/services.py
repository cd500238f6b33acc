"""End, check and remind of appointments."""

from __future__ import annotations

from parties.accounts.models import Account
from parties.accounts.services import lock_account


def lock_people(account: Account) -> None:
    """Let nobody else appoint, end or commit on this account until the transaction is over.

    What somebody does is judged under it: their own authority can't end in between.
    """
    lock_account(account.pk)
