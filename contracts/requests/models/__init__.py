"""Facts about what customers ask for and what befalls their services."""

from .faults import Fault, FaultWork
from .outages import Outage, OutageCredit, OutageCreditShare, OutageService, OutageUpdate

__all__ = [
    "Fault",
    "FaultWork",
    "Outage",
    "OutageCredit",
    "OutageCreditShare",
    "OutageService",
    "OutageUpdate",
]
