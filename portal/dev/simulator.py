"""A payment gateway for laptops and tests: speaks the calls of Stripe that the portal uses.

Payments and what is still to be told of them are files in a folder, one for each.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from . import simulated_cards
from .simulated_cards import folder

KEY_PREFIX = "sk_simulated_"
TIMEOUT = 10  # seconds
LATE = timedelta(days=3)
# What of a payment is the simulator's own and no part of a session.
OURS = (
    *("provider", "what", "method", "blocked", "unsent", "refused", "card", "failure"),
    "disputed",
)
BLOCKED = "[brands_blocked]"
TRIES = ("pay", "fail", "late", "cancel")


@dataclass(frozen=True)
class Message:
    """A webhook as it is sent: the provider that it is for, its body, its signature."""

    provider: str
    body: bytes
    signature: str


def open_page(provider: str, form: Mapping[str, str], key: str, page: str) -> dict[str, Any]:
    """Make a checkout session of a form; the same idempotency key gives the one made before."""
    name = hashlib.sha256(f"{provider} {key}".encode()).hexdigest()[:24]
    session = f"cs_test_{name}"
    if (known := find(session)) is not None:
        return known
    row: dict[str, Any] = {
        "id": session,
        "object": "checkout.session",
        "mode": form["mode"],
        "provider": provider,
        "url": page.format(session),
        "status": "open",
        "payment_status": "no_payment_required" if form["mode"] == "setup" else "unpaid",
        "payment_intent": None,
        **_asked_for(form),
        "method": form["payment_method_types[0]"],
        "blocked": [value for name, value in form.items() if BLOCKED in name],
        "client_reference_id": form["client_reference_id"],
        "success_url": form["success_url"],
        "cancel_url": form["cancel_url"],
        "unsent": [],
    }
    _keep(row)
    return row


def _asked_for(form: Mapping[str, str]) -> dict[str, Any]:
    """What a page asks for: an amount, or a card to keep."""
    if form["mode"] == "setup":
        return {
            "amount_total": None,
            "currency": None,
            "what": "A card to keep",
            "customer": None,
            "setup_intent": None,
        }
    return {
        "amount_total": int(form["line_items[0][price_data][unit_amount]"]),
        "currency": form["line_items[0][price_data][currency]"],
        "what": form["line_items[0][price_data][product_data][name]"],
    }


def find(session: str) -> dict[str, Any] | None:
    """A payment by its session's id."""
    if not session.replace("_", "").isalnum():
        return None
    file = folder() / f"{session}.json"
    return json.loads(file.read_text()) if file.is_file() else None


def payments() -> list[dict[str, Any]]:
    """All payments, the newest first."""
    files = sorted(folder().glob("cs_*.json"), key=lambda file: -file.stat().st_mtime)
    return [json.loads(file.read_text()) for file in files]


def act(row: dict[str, Any], deed: str, at: datetime) -> None:
    """Do what a button says: the payer pays, fails or gives a card, or the bank answers later."""
    if row["status"] == "open":
        _act_of_payer(row, deed, at)
    elif row["status"] == "complete" and row["payment_status"] == "unpaid":
        if deed == "bank_pays":
            row["payment_status"] = "paid"
            _say(row, "checkout.session.async_payment_succeeded", at)
        elif deed == "bank_refuses":
            row["refused"] = True
            _say(row, "checkout.session.async_payment_failed", at)
    elif row["payment_status"] == "paid" and deed == "take_back":
        row["disputed"] = True
        _say(row, "charge.dispute.funds_withdrawn", at)
    _keep(row)


def _act_of_payer(row: dict[str, Any], deed: str, at: datetime) -> None:
    """What somebody does on the page, or leaves undone until it expires."""
    is_debit = row["method"] == "au_becs_debit"
    if deed == "lapse":
        row["status"] = "expired"
        _say(row, "checkout.session.expired", at)
    elif row["mode"] == "setup":
        if deed in simulated_cards.CARDS:
            simulated_cards.keep(row, deed, at)
            _say(row, "checkout.session.completed", at)
    elif deed in ("pay", "late"):
        row |= {
            "status": "complete",
            "payment_intent": f"pi_{secrets.token_hex(8)}",
            "payment_status": "unpaid" if is_debit else "paid",
        }
        _say(row, "checkout.session.completed", at)
        if deed == "late":
            if is_debit:
                act(row, "bank_pays", at)
            row["unsent"].append(_event(row, "charge.dispute.funds_withdrawn", at + LATE))
    elif deed == "fail" and is_debit:
        act(row, "pay", at)
        act(row, "bank_refuses", at)


def hurry(row: dict[str, Any], at: datetime) -> None:
    """Let the days pass that what is still to be told waits for."""
    for event in row["unsent"]:
        event["created"] = min(event["created"], int(at.timestamp()))
    _keep(row)


def due(row: dict[str, Any], at: datetime) -> list[dict[str, Any]]:
    """What is to be told of a payment by now."""
    return [event for event in row["unsent"] if event["created"] <= at.timestamp()]


def send(row: dict[str, Any], address: str, at: datetime) -> None:
    """Tell the portal what is due; what it does not take is told again later."""
    for event in due(row, at):
        if not tell(row["provider"], event, address, at):
            break
        row["unsent"].remove(event)
    _keep(row)


def tell(provider: str, event: Mapping[str, Any], address: str, at: datetime) -> bool:
    """Tell the portal one thing; False where it does not take it."""
    message = sign(provider, event, at)
    request = Request(  # noqa: S310 - the portal's own address
        address,
        data=message.body,
        headers={"Content-Type": "application/json", "Stripe-Signature": message.signature},
    )
    try:
        with urlopen(request, timeout=TIMEOUT):  # noqa: S310
            return True
    except (URLError, OSError):
        return False


def sign(provider: str, event: Mapping[str, Any], at: datetime) -> Message:
    """An event as Stripe would send it to this provider's address."""
    body = json.dumps(event).encode()
    stamp = int(at.timestamp())
    secret = f"whsec_simulated_{provider}".encode()
    digest = hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return Message(provider=provider, body=body, signature=f"t={stamp},v1={digest}")


def as_session(row: Mapping[str, Any], *, expanded: bool = False) -> dict[str, Any]:
    """A payment as the API shows it; `expanded` names the money's own state."""
    shown = {name: value for name, value in row.items() if name not in OURS}
    if expanded and row.get("setup_intent"):
        shown["setup_intent"] = {
            "id": row["setup_intent"],
            "object": "setup_intent",
            "payment_method": row["card"],
        }
    if expanded and row["payment_intent"]:
        state = "requires_payment_method" if row.get("refused") else "processing"
        if row["payment_status"] == "paid":
            state = "succeeded"
        shown["payment_intent"] = {
            "id": row["payment_intent"],
            "object": "payment_intent",
            "status": state,
        }
    return shown


def _say(row: dict[str, Any], kind: str, at: datetime) -> None:
    row["unsent"].append(_event(row, kind, at))


def _event(row: dict[str, Any], kind: str, at: datetime) -> dict[str, Any]:
    thing = as_session(row)
    if kind.startswith("charge.dispute."):
        thing = {
            "id": f"du_{secrets.token_hex(8)}",
            "object": "dispute",
            "payment_intent": row["payment_intent"],
            "amount": row["amount_total"],
            "currency": row["currency"],
            "reason": "insufficient_funds",
        }
    return {
        "id": f"evt_{secrets.token_hex(8)}",
        "object": "event",
        "type": kind,
        "created": int(at.timestamp()),
        "data": {"object": thing},
    }


def _keep(row: Mapping[str, Any]) -> None:
    file = folder() / f"{row['id']}.json"
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps(row))
    draft.rename(file)
