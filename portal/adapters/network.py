"""What a provider's network says of work that it was asked for, signed with a shared secret."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings

from contracts.network.services import NetworkWord

TOLERANCE = 300  # seconds that a message may be old, or ahead
LONGEST = 10_000


class NotTheNetwork(Exception):
    """What came is not from the network, is too old to be believed, or can't be read."""


def secret_of(provider_key: str) -> str | None:
    """The secret that a provider's network signs with; None where it sends nothing."""
    found: str | None = settings.NETWORK_HOOK_SECRETS.get(provider_key)
    return found


def signature(secret: str, body: bytes, at: datetime) -> str:
    """What proves a message: its moment, and HMAC-SHA256 of "moment.body"."""
    stamp = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def read_word(secret: str, body: bytes, signed: str, at: datetime) -> NetworkWord:
    """What a message says. Raises NotTheNetwork for one without a fresh signature, or none."""
    if len(body) > LONGEST:
        raise NotTheNetwork("It is longer than a word about one order can be.")
    stamp = dict(part.split("=", 1) for part in signed.split(",") if "=" in part).get("t", "")
    if not (signed.isascii() and stamp.isdigit()) or len(stamp) > 12:
        raise NotTheNetwork("Sign it: X-Network-Signature is t=<seconds>,v1=<HMAC-SHA256>.")
    moment = datetime.fromtimestamp(int(stamp), UTC)
    if not hmac.compare_digest(signature(secret, body, moment), signed):
        raise NotTheNetwork("The signature does not fit.")
    if abs((at - moment).total_seconds()) > TOLERANCE:
        raise NotTheNetwork("It was signed more than five minutes ago, or ahead of time.")
    try:
        facts = json.loads(body)
        if facts["result"] not in ("done", "failed"):
            raise NotTheNetwork("“result” is done or failed.")
        happened = datetime.fromisoformat(facts["at"])
        word = NetworkWord(
            order=UUID(facts["order"]),
            done=facts["result"] == "done",
            at=happened,
            why=str(facts.get("why", ""))[:200].replace("\x00", ""),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as unread:
        raise NotTheNetwork(
            "Send JSON with order, result (done or failed), at (with its time zone) and why."
        ) from unread
    if word.at.tzinfo is None:
        raise NotTheNetwork("“at” names no time zone.")
    return word
