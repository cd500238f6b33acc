"""Tokens of links that work without a log-in: the link holds one, the database only its hash."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """A token of 256 random bits, fit for a link."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token, and what it is found by."""
    return hashlib.sha256(token.encode()).hexdigest()
