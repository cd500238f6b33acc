"""What stands as the sender of text messages, and whether the law lets it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings

from parties.accounts.models import Account
from parties.accounts.selectors import binding
from terms import rules
from terms.clause import as_json
from terms.profile import TermsSilent


@dataclass(frozen=True, kw_only=True)
class TextSender:
    """The sender that a text shows, whether it may, and why (RF-MSG-03)."""

    shown: str
    allowed: bool
    because: list[dict[str, Any]]


def text_sender(account: Account, on: date) -> TextSender:
    """Who texts about this account come from on a day.

    The portal sends from a number. A name would have to be registered, and nobody told us of one.
    """
    shown = settings.SMS_SENDER
    try:
        answer = binding(account, on).decide(rules.text_sender, sender=shown)
    except TermsSilent as silence:
        return TextSender(shown=shown, allowed=True, because=as_json(silence.because))
    return TextSender(shown=shown, allowed=bool(answer.allowed), because=as_json(answer.because))
