"""Facts about what customers ask for and what befalls their services."""

from .outages import Outage, OutageService, OutageUpdate

__all__ = ["Outage", "OutageService", "OutageUpdate"]
