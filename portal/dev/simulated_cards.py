"""Cards that the simulated gateway keeps, and what it takes from them; Stripe's own shapes.

A kept card and a charge are files beside the payments. What a card does is chosen on the page on
which it is given: it pays, has too little, or is reported lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

# What can be given on the page: a name, its brand, how it ends, and what comes of a charge.
CARDS = {
    "visa": ("visa", "4242", ""),
    "mastercard": ("mastercard", "4444", ""),
    "poor": ("visa", "0341", "insufficient_funds"),
    "lost": ("mastercard", "9987", "lost_card"),
}


def folder() -> Path:
    """Where all that the simulator knows lies."""
    place = Path(settings.GATEWAY_DIR)
    place.mkdir(parents=True, exist_ok=True)
    return place


def keep(row: dict[str, Any], name: str, at: datetime) -> None:
    """Keep a card for the payer of a page, and say that the page is done."""
    brand, last4, failure = CARDS[name]
    digest = hashlib.sha256(row["id"].encode()).hexdigest()[:16]
    row |= {
        "status": "complete",
        "customer": f"cus_{digest}",
        "setup_intent": f"seti_{digest}",
        "card": {
            "id": f"pm_{digest}",
            "object": "payment_method",
            "card": {
                "brand": brand,
                "last4": last4,
                "exp_month": 4,
                "exp_year": at.year + 2,
            },
        },
        "failure": failure,
    }
    write(
        row["card"]["id"],
        {"provider": row["provider"], "customer": row["customer"], "failure": failure},
    )


def charge(provider: str, form: Mapping[str, str], key: str, at: datetime) -> dict[str, Any]:
    """Take money from a kept card; the same idempotency key gives the charge made before.

    Raises LookupError for a card that is not kept.
    """
    name = f"pi_{hashlib.sha256(f'{provider} {key}'.encode()).hexdigest()[:24]}"
    known = read(name)
    if known is not None:
        return known
    card = read(form["payment_method"])
    if card is None or (card["provider"], card["customer"]) != (provider, form["customer"]):
        raise LookupError(form["payment_method"])
    failure = card["failure"]
    made = {
        "id": name,
        "object": "payment_intent",
        "provider": provider,
        "customer": form["customer"],
        "amount": int(form["amount"]),
        "currency": form["currency"],
        "created": int(at.timestamp()),
        "status": "requires_payment_method" if failure else "succeeded",
        "metadata": {
            field[len("metadata[") : -1]: value
            for field, value in form.items()
            if field.startswith("metadata[")
        },
        "last_payment_error": (
            {"type": "card_error", "code": "card_declined", "decline_code": failure}
            if failure
            else None
        ),
    }
    write(name, made)
    return made


def charges(provider: str, customer: str) -> list[dict[str, Any]]:
    """What was taken, or tried, from a payer's cards, the newest first."""
    found = [json.loads(file.read_text()) for file in folder().glob("pi_*.json")]
    mine = [one for one in found if (one["provider"], one["customer"]) == (provider, customer)]
    return sorted(mine, key=lambda one: -one["created"])


def forget(provider: str, card: str) -> bool:
    """Keep a card no longer; False where none is kept."""
    known = read(card) if card.startswith("pm_") else None
    if known is None or known["provider"] != provider:
        return False
    (folder() / f"{card}.json").unlink()
    return True


def event_of(made: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What the gateway tells of a charge by itself."""
    kind = "succeeded" if made["status"] == "succeeded" else "payment_failed"
    return {
        "id": f"evt_{made['id']}",
        "object": "event",
        "type": f"payment_intent.{kind}",
        "created": int(at.timestamp()),
        "data": {"object": shown(made)},
    }


def shown(made: Mapping[str, Any]) -> dict[str, Any]:
    """A charge as the API shows it."""
    return {name: value for name, value in made.items() if name != "provider"}


def read(name: str) -> dict[str, Any] | None:
    """What the simulator knows under a name of its own."""
    if not name.replace("_", "").isalnum():
        return None
    file = folder() / f"{name}.json"
    return json.loads(file.read_text()) if file.is_file() else None


def write(name: str, facts: Mapping[str, Any]) -> None:
    """Keep something under a name of the simulator's own."""
    file = folder() / f"{name}.json"
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps(facts))
    draft.rename(file)
