"""Text messages leave by the gateway that the settings name; without one there are none."""

from __future__ import annotations

from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


class Refused(Exception):
    """The gateway will never take this message: trying again is of no use."""


class Gateway(Protocol):
    """Takes text messages."""

    def send(self, *, to: str, text: str, reference: str) -> None:
        """Hand one over. The same `reference` again is the same message.

        Raises OSError where a later try may succeed, and Refused where none will.
        """


def texts_offered() -> bool:
    """Whether the portal can send text messages at all."""
    return bool(settings.TEXT_GATEWAY)


def gateway() -> Gateway:
    """The gateway of the settings. Raises LookupError where there is none."""
    if not texts_offered():
        raise LookupError("No gateway for text messages is set up: set SMS_GATEWAY_URL.")
    return cast(Gateway, import_string(settings.TEXT_GATEWAY)())
