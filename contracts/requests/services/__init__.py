"""What customers ask for and what befalls their services: the steps."""

from .outages import (
    Declared,
    OutageRefused,
    Preview,
    call_off,
    declare_outage,
    end_outage,
    preview_outage,
    update_outage,
)
from .telling import tell_outages

__all__ = [
    "Declared",
    "OutageRefused",
    "Preview",
    "call_off",
    "declare_outage",
    "end_outage",
    "preview_outage",
    "tell_outages",
    "update_outage",
]
