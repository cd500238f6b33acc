"""What Django looks for here: the models of every room. Code imports them from their rooms."""

from contracts.agreements.models import AgreedFigure, Contract
from contracts.catalogue.models import FormerPrice, Plan
from contracts.equipment.models import Equipment
from contracts.leaving.models import EndNotice, TermReminder
from contracts.requests.models import (
    Fault,
    FaultWork,
    Outage,
    OutageCredit,
    OutageCreditShare,
    OutageService,
    OutageUpdate,
)
from contracts.supply.models import (
    Chargeable,
    Discount,
    PlanChange,
    Service,
    SupplyPeriod,
)
from contracts.variations.models import IndexFigure, PriceChange, Variation

__all__ = [
    "AgreedFigure",
    "Chargeable",
    "Contract",
    "Discount",
    "EndNotice",
    "Equipment",
    "Fault",
    "FaultWork",
    "FormerPrice",
    "IndexFigure",
    "Outage",
    "OutageCredit",
    "OutageCreditShare",
    "OutageService",
    "OutageUpdate",
    "Plan",
    "PlanChange",
    "PriceChange",
    "Service",
    "SupplyPeriod",
    "TermReminder",
    "Variation",
]
