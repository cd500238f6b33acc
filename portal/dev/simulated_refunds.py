"""Money that the simulated gateway gives back, in Stripe's own shapes; each refund is a file.

What was paid by card goes back at once. What was paid from a bank account waits until the
simulated bank at /dev/gateway/ takes it or sends it back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .simulated_cards import folder, read, write

DEEDS = {"arrives": "succeeded", "bounces": "failed"}


class NotGiven(Exception):
    """The gateway gives nothing back; the message is Stripe's code for why."""


def give_back(provider: str, form: Mapping[str, str], key: str, at: datetime) -> dict[str, Any]:
    """Make a refund; the same idempotency key gives the one made before.

    Raises LookupError for a payment that is not known, NotGiven where too little of it is left.
    """
    name = f"re_{hashlib.sha256(f'{provider} {key}'.encode()).hexdigest()[:24]}"
    if (known := read(name)) is not None:
        return known
    paid, is_debit = _payment(provider, form["payment_intent"])
    amount = int(form["amount"])
    given = [one for one in refunds(provider, form["payment_intent"]) if one["status"] != "failed"]
    if amount > paid - sum(one["amount"] for one in given):
        raise NotGiven("charge_already_refunded")
    made = {
        "id": name,
        "object": "refund",
        "provider": provider,
        "payment_intent": form["payment_intent"],
        "amount": amount,
        "currency": "aud",
        "created": int(at.timestamp()),
        "status": "pending" if is_debit else "succeeded",
        "failure_reason": None,
        "metadata": {"reference": form.get("metadata[reference]", "")},
    }
    write(name, made)
    return made


def refunds(provider: str, payment_intent: str) -> list[dict[str, Any]]:
    """What was given back of a payment, the newest first."""
    mine = [one for one in _all() if one["provider"] == provider]
    found = [one for one in mine if one["payment_intent"] == payment_intent]
    return sorted(found, key=lambda one: -one["created"])


def waiting() -> list[dict[str, Any]]:
    """What the simulated bank has still to answer."""
    return [one for one in _all() if one["status"] == "pending"]


def answer(name: str, deed: str, at: datetime) -> dict[str, Any] | None:
    """Let the bank take a refund or send it back; return what is told of it, if anything."""
    made = read(name) if name.startswith("re_") else None
    if made is None or deed not in DEEDS:
        return None
    made["status"] = DEEDS[deed]
    made["failure_reason"] = "declined" if deed == "bounces" else None
    write(name, made)
    return made | {"event": event_of(made, at)}


def event_of(made: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What the gateway tells of a refund by itself."""
    kind = "failed" if made["status"] == "failed" else "updated"
    return {
        "id": f"evt_{made['id']}_{made['status']}",
        "object": "event",
        "type": f"refund.{kind}",
        "created": int(at.timestamp()),
        "data": {"object": shown(made)},
    }


def shown(made: Mapping[str, Any]) -> dict[str, Any]:
    """A refund as the API shows it."""
    return {name: value for name, value in made.items() if name != "provider"}


def _payment(provider: str, payment_intent: str) -> tuple[int, bool]:
    """What was paid, in cents, and whether from a bank account. Raises LookupError."""
    charged = read(payment_intent) if payment_intent.startswith("pi_") else None
    if charged is not None and charged["provider"] == provider:
        return charged["amount"], False
    for file in folder().glob("cs_*.json"):
        row = json.loads(file.read_text())
        if (row["provider"], row["payment_intent"]) == (provider, payment_intent):
            return row["amount_total"], row["method"] == "au_becs_debit"
    raise LookupError(payment_intent)


def _all() -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in folder().glob("re_*.json")]
