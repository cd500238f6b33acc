"""What a provider's network says of work that it was asked for, signed with a shared secret."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from django.conf import settings

from contracts.network.services import NetworkWord

from .signed import NotSigned, require_signed

LONGEST = 10_000


class NotTheNetwork(Exception):
    """What came is not from the network, is too old to be believed, or can't be read."""


def secret_of(provider_key: str) -> str | None:
    """The secret that a provider's network signs with; None where it sends nothing."""
    return settings.NETWORK_HOOK_SECRETS.get(provider_key) or None


def read_word(secret: str, body: bytes, signed: str, at: datetime) -> NetworkWord:
    """What a message says. Raises NotTheNetwork for one without a fresh signature, or none."""
    if len(body) > LONGEST:
        raise NotTheNetwork("It is longer than a word about one order can be.")
    try:
        require_signed(secret, body, signed, at=at)
    except NotSigned as unsigned:
        raise NotTheNetwork(str(unsigned)) from unsigned
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
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as unread:
        raise NotTheNetwork(
            "Send JSON with order, result (done or failed), at (with its time zone) and why."
        ) from unread
    if word.at.tzinfo is None:
        raise NotTheNetwork("“at” names no time zone.")
    return word
