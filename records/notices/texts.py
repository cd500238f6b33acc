"""Text messages leave by the gateway that the settings name; without one there are none.

One that can't go can have an email behind it, which then goes instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from .models import Notice
from .states import Channel

LONGEST_REASON = 300


class Refused(Exception):
    """The gateway will never take this message: trying again is of no use."""


class Gateway(Protocol):
    """Takes text messages."""

    def send(self, *, to: str, text: str, reference: str) -> None:
        """Hand one over. The same `reference` again is the same message.

        Raises OSError where a later try may succeed, and Refused where none will.
        """


@dataclass(frozen=True, kw_only=True)
class Instead:
    """The email behind a text message: to which address, and from when on it goes instead."""

    to: str
    after: datetime


def text_is_too_late(notice: Notice, at: datetime) -> bool:
    """Whether the email behind a text has to go by now, because the text did not."""
    return bool(notice.instead) and notice.not_after is not None and at >= notice.not_after


def turn_into_email(notice: Notice, why: str) -> None:
    """Let the email behind a text go in its place; the caller addresses and saves the notice.

    It stays the same notice, so that whatever was told by it counts once.
    """
    notice.addressed_to, notice.addressed_by = notice.instead["to"], Channel.EMAIL
    notice.text, notice.html = notice.instead["text"], notice.instead["html"]
    notice.instead, notice.text_failed = {}, why[:LONGEST_REASON]


def texts_offered() -> bool:
    """Whether the portal can send text messages at all."""
    return bool(settings.TEXT_GATEWAY)


def answers_taken() -> bool:
    """Whether the gateway hands over what people answer, signed."""
    return texts_offered() and bool(settings.SMS_WEBHOOK_SECRET)


def gateway() -> Gateway:
    """The gateway of the settings. Raises LookupError where there is none."""
    if not texts_offered():
        raise LookupError("No gateway for text messages is set up: set SMS_GATEWAY_URL.")
    return cast(Gateway, import_string(settings.TEXT_GATEWAY)())
