"""What Django looks for here: the models of every room. Code imports them from their rooms."""

from contracts.agreements.models import AgreedFigure, Contract, FormerVersion
from contracts.barring.models import Bar, SimSwap
from contracts.catalogue.models import FormerPrice, ListChange, Plan, VendorLink
from contracts.equipment.models import Equipment
from contracts.leaving.models import EndNotice, TermReminder
from contracts.locations.models import ListingChange, ServiceAddress
from contracts.moving.models import Relocation
from contracts.network.models import WorkOrder
from contracts.orders.models import (
    CapacityCheck,
    Order,
    OrderLine,
    OrderTick,
    PortIn,
    Withdrawal,
)
from contracts.renewing.models import TermRenewal
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
from contracts.variations.models import (
    IndexFigure,
    PriceChange,
    TermsChange,
    TermsVariation,
    Variation,
)

__all__ = [
    "AgreedFigure",
    "Bar",
    "CapacityCheck",
    "Chargeable",
    "Contract",
    "Discount",
    "EndNotice",
    "Equipment",
    "Fault",
    "FaultWork",
    "FormerPrice",
    "FormerVersion",
    "IndexFigure",
    "ListChange",
    "ListingChange",
    "Order",
    "OrderLine",
    "OrderTick",
    "Outage",
    "OutageCredit",
    "OutageCreditShare",
    "OutageService",
    "OutageUpdate",
    "Plan",
    "PlanChange",
    "PortIn",
    "PriceChange",
    "Relocation",
    "Service",
    "ServiceAddress",
    "SimSwap",
    "SupplyPeriod",
    "TermReminder",
    "TermRenewal",
    "TermsChange",
    "TermsVariation",
    "Variation",
    "VendorLink",
    "Withdrawal",
    "WorkOrder",
]
