"""What others post to us proves who sent it, and when: one signature for all with a secret."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime

TOLERANCE = 300  # seconds that a message may be old, or our clocks apart
FORM = re.compile(r"t=(\d{1,12}),v1=[0-9a-f]{64}")


class NotSigned(Exception):
    """It is not from whom it says, or too old to be believed; the message says which."""


def signature(secret: str, body: bytes, at: datetime) -> str:
    """The header that proves a message: its moment, and HMAC-SHA256 of "moment.body"."""
    return _signature(secret, body, int(at.timestamp()))


def require_signed(secret: str, body: bytes, header: str, *, at: datetime) -> None:
    """Raise NotSigned unless somebody who knows the secret signed it in the last five minutes."""
    found = FORM.fullmatch(header) if header.isascii() else None
    if not secret or found is None:
        raise NotSigned("Sign it: t=<seconds>,v1=<HMAC-SHA256 of seconds, a point and the body>.")
    moment = int(found[1])
    if not hmac.compare_digest(_signature(secret, body, moment), header):
        raise NotSigned("The signature does not fit.")
    if abs(at.timestamp() - moment) > TOLERANCE:
        raise NotSigned("It was signed more than five minutes ago, or ahead of time.")


def _signature(secret: str, body: bytes, moment: int) -> str:
    digest = hmac.new(secret.encode(), b"%d." % moment + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
