"""Whose phone reminders by text message go to: the holder's own, proven, and safe to write to."""

from __future__ import annotations

from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.correspondence import selectors as correspondence
from parties.people.models import User
from parties.security.models import IdentityCheck
from parties.security.states import Factor
from records.notices.selectors import redirect_of


def phone_for_reminders(account: Account, holder: User) -> str:
    """The mobile number on file that the holder's reminders could go to (+61491570156), or "".

    None where they are to be reached safely, confirmed or not, and none that somebody else's
    messages were led away from: what is not certain to be theirs alone is told by email, which
    follows a safe contact by itself (RF-DFV-01).
    """
    if correspondence.safe_contact_of(account, holder) is not None:
        return ""
    phone = correspondence.phone_of(holder, account, is_holder=True)
    if phone is None or phone.to != phone.on_file:
        return ""
    return "" if redirect_of(phone.to, account.pk) is not None else phone.to


def has_proven(account: Account, person: User, number: str) -> bool:
    """Whether a code that was texted to this number came back from the person."""
    return IdentityCheck.objects.filter(
        account=account,
        person=person,
        factor=Factor.TEXTED_CODE,
        sent_to=number,
        passed_at__isnull=False,
    ).exists()


def proven_phone(account: Account) -> str:
    """The number for the holder's reminders that they have proven, or "".

    A number that replaces it on file has to be proven anew.
    """
    holder = authority.holder(account)
    number = phone_for_reminders(account, holder) if holder else ""
    return number if holder and number and has_proven(account, holder, number) else ""
