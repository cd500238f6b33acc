"""Sign staff in for a test."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from parties.accounts.models import Account
from parties.people.models import User


def sign_in_staff(client: Client, user: User, *, because_of: Account | None = None) -> Client:
    """Sign a member of staff in; with `because_of`, they have said why they open that account."""
    client.force_login(user)
    if because_of is not None:
        give_reason(client, because_of)
    return client


def give_reason(client: Client, account: Account) -> None:
    """Say why the account's record is opened."""
    reason = reverse("admin:reason", args=[account.public_id])
    client.post(reason, {"reason": "The customer called about a bill"})
