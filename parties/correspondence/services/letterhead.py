"""What every document on paper prints: who it is from, under which brand, and to whom."""

from __future__ import annotations

from typing import Any

from parties.accounts.models import Account
from terms.library import Provider


def letterhead(account: Account, facts: Provider) -> dict[str, Any]:
    """Who supplies, under which brand, and to whom, as documents/_letterhead.html prints it."""
    customer = account.customer
    return {
        "seller": {
            "name": facts.name,
            "legal_name": facts.legal_name,
            "abn": facts.abn,
            "address": [facts.address] if facts.address else [],
            "phone": facts.contacts.get("phone", ""),
            "email": facts.contacts.get("email", ""),
            "hours": facts.contacts.get("hours", ""),
        },
        "brand": {
            "colour": facts.brand.colour,
            "mark": facts.brand.mark or facts.name[:2].upper(),
        },
        "customer": {
            "name": customer.name,
            "abn": customer.abn,
            "address": [
                account.street,
                f"{account.suburb} {account.state} {account.postcode}",
            ],
        },
    }
