"""What the simulated gateway pays to a provider's bank, in Stripe's own shapes.

A payout is a file: all that came and went since the one before, less fees.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from .simulated_cards import folder, write

# What the gateway keeps of a payment: cents, and hundredths of a percent.
FEE, RATE = 30, 175
BANK = ZoneInfo("Australia/Sydney")


def pay_out(provider: str, at: datetime) -> dict[str, Any] | None:
    """Pay out what came and went since the last time; None where there is nothing."""
    known = {row["id"] for one in payouts(provider) for row in one["rows"]}
    rows = [row for row in _moved(provider) if row["id"] not in known]
    if not rows:
        return None
    made = {
        "id": f"po_{secrets.token_hex(8)}",
        "object": "payout",
        "provider": provider,
        "amount": sum(row["amount"] - row["fee"] for row in rows),
        "currency": "aud",
        "status": "paid",
        "arrival_date": int(_day(at).timestamp()),
        "rows": rows,
    }
    write(made["id"], made)
    return made


def payouts(provider: str) -> list[dict[str, Any]]:
    """What was paid to a provider's bank."""
    rows = [json.loads(file.read_text()) for file in folder().glob("po_*.json")]
    return [one for one in rows if one["provider"] == provider]


def shown(made: Mapping[str, Any]) -> dict[str, Any]:
    """A payout as the API shows it."""
    return {name: value for name, value in made.items() if name not in ("provider", "rows")}


def rows_of(provider: str, name: str) -> list[dict[str, Any]]:
    """The balance transactions of a payout, its own among them."""
    made = next((one for one in payouts(provider) if one["id"] == name), None)
    if made is None:
        return []
    own = _row(name, "payout", -made["amount"], 0, {"id": name, "object": "payout"})
    return [own, *made["rows"]]


def _day(at: datetime) -> datetime:
    """The bank's day, as Stripe writes days: its midnight in UTC."""
    return datetime(*at.astimezone(BANK).timetuple()[:3], tzinfo=UTC)


def _moved(provider: str) -> Iterator[dict[str, Any]]:
    """All that ever came to the provider's balance or left it."""
    for file in sorted(folder().glob("*_*.json")):
        one = json.loads(file.read_text())
        if one.get("provider") != provider:
            continue
        kind = one["id"].split("_", 1)[0] if "id" in one else ""
        if kind == "cs" and one["payment_status"] == "paid":
            yield _paid(one["payment_intent"], one["amount_total"])
            if one.get("disputed"):
                source = {"object": "dispute", "payment_intent": one["payment_intent"]}
                yield _row(f"du_{one['id']}", "adjustment", -one["amount_total"], 0, source)
        elif kind == "pi" and one["status"] == "succeeded":
            yield _paid(one["id"], one["amount"])
        elif kind == "re" and one["status"] == "succeeded":
            source = {"id": one["id"], "object": "refund"}
            yield _row(one["id"], "refund", -one["amount"], 0, source)


def _paid(intent: str, amount: int) -> dict[str, Any]:
    source = {"object": "charge", "payment_intent": intent}
    return _row(intent, "charge", amount, FEE + (amount * RATE + 5000) // 10000, source)


def _row(name: str, kind: str, amount: int, fee: int, source: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"txn_{name}",
        "object": "balance_transaction",
        "type": kind,
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "currency": "aud",
        "source": source,
    }
