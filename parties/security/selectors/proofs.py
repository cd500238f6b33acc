"""What binds an account: its terms, the law beneath them, the days that count."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from parties.accounts.models import (
    Account,
)
from parties.accounts.selectors import FLOOR
from parties.people.models import User
from parties.security.models import ContactChange, EmailChange, IdentityCheck
from parties.security.states import HighRisk
from terms import library
from terms.clause import as_json
from terms.rules import identity_check


def why_high_risk(account: Account, risk: HighRisk, on: date) -> list[dict[str, Any]]:
    """Why a step needs a second factor (RF-ID-01 to RF-ID-04); empty if it does not.

    A provider may turn off single entries of the house's own list, none of the law's.
    """
    law = library.load(FLOOR, library.in_force(FLOOR, on)).as_seen(tcp=True, on=on)
    turned_off = risk.value in account.customer.provider.low_risk
    answer = identity_check(law, step=risk.value, turned_off=turned_off)
    return as_json(answer.because) if answer.factors else []


def old_contact_points(account: Account, person: User, at: datetime) -> list[str]:
    """Email addresses of a person, or for the account's bills, until a change still undoable."""
    lately = {"undo_until__gt": at, "changed_at__lte": at, "undone_at__isnull": True}
    log_in = EmailChange.objects.filter(user=person, **lately).values_list("before", flat=True)
    bills = ContactChange.objects.filter(account=account, **lately).values_list(
        "before__billing_email", flat=True
    )
    return [address for address in dict.fromkeys([*log_in, *bills]) if address]


def open_code(account: Account, person: User, purpose: str, at: datetime) -> IdentityCheck | None:
    """The code that was sent for this purpose and can still be entered."""
    return IdentityCheck.objects.filter(
        account=account, person=person, purpose=purpose, passed_at__isnull=True, expires_at__gt=at
    ).first()
