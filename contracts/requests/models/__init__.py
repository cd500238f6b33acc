"""Facts about what customers ask for and what befalls their services."""

from .outages import Outage, OutageCredit, OutageCreditShare, OutageService, OutageUpdate

__all__ = ["Outage", "OutageCredit", "OutageCreditShare", "OutageService", "OutageUpdate"]
