"""What the portal could not handle by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from billing.credit_management.models import (
    DebtNotice,
    Handover,
    Pursuit,
    SuspensionNotice,
)
from billing.hardship.models import Arrangement, HelpRequest
from billing.payments.models import (
    Draw,
    Mandate,
    Refund,
)
from complaints.tickets.models import Complaint
from complaints.tickets.selectors import known_to_staff
from contracts.equipment.models import Equipment
from contracts.leaving.models import EndNotice
from contracts.orders.models import Order
from contracts.requests.models import (
    OutageCreditShare,
    OutageService,
)
from contracts.supply.models import PlanChange
from contracts.variations.models import PriceChange, TermsChange
from parties.authority.models import Appointment
from parties.people.models import User
from portal.composition.discretion import clocks_known_to
from records.deadlines.models import Deadline

from .base import Worklist, confined

# What sweeps work on by themselves, and what it is called.
SWEPT = (
    ("billing.view_pursuit", "Accounts with open money", "billing_pursuit", Pursuit, "account"),
    (
        "billing.view_suspensionnotice",
        "Services to bring back",
        "billing_suspensionnotice",
        SuspensionNotice,
        "account",
    ),
    (
        "billing.view_debtnotice",
        "Notices of an end or a default",
        "billing_debtnotice",
        DebtNotice,
        "account",
    ),
    ("billing.view_mandate", "Mandates", "billing_mandate", Mandate, "account"),
    ("billing.view_draw", "Direct debits", "billing_draw", Draw, "account"),
    ("billing.view_refund", "Refunds", "billing_refund", Refund, "account"),
    ("billing.view_handover", "Debts handed over", "billing_handover", Handover, "account"),
    (
        "billing.view_arrangement",
        "Payment arrangements",
        "billing_arrangement",
        Arrangement,
        "account",
    ),
    (
        "billing.view_helprequest",
        "Requests for help with paying",
        "billing_helprequest",
        HelpRequest,
        "account",
    ),
    ("complaints.view_complaint", "Complaints", "complaints_complaint", Complaint, "account"),
    ("deadlines.view_deadline", "Deadlines", "deadlines_deadline", Deadline, "account"),
    (
        "contracts.view_planchange",
        "Plan changes",
        "contracts_planchange",
        PlanChange,
        "service__contract__account",
    ),
    (
        "contracts.view_endnotice",
        "Notices to end a service",
        "contracts_endnotice",
        EndNotice,
        "service__contract__account",
    ),
    (
        "contracts.view_pricechange",
        "New prices of services",
        "contracts_pricechange",
        PriceChange,
        "service__contract__account",
    ),
    (
        "contracts.view_termschange",
        "New terms of contracts",
        "contracts_termschange",
        TermsChange,
        "contract__account",
    ),
    (
        "contracts.view_outageservice",
        "Customers to tell of an outage",
        "contracts_outageservice",
        OutageService,
        "service__contract__account",
    ),
    (
        "contracts.view_outagecreditshare",
        "Credits for an outage",
        "contracts_outagecreditshare",
        OutageCreditShare,
        "service__contract__account",
    ),
    ("contracts.view_order", "Offers to end", "contracts_order", Order, "account"),
    (
        "contracts.view_equipment",
        "Pieces of equipment",
        "contracts_equipment",
        Equipment,
        "service__contract__account",
    ),
    (
        "parties.view_appointment",
        "Appointments",
        "parties_appointment",
        Appointment,
        "account",
    ),
)


def _known(user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
    if rows.model is Complaint:
        return known_to_staff(user, rows)
    return clocks_known_to(user, rows) if rows.model is Deadline else rows


def unswept(user: User, at: datetime) -> list[Worklist]:
    """Rows on which a sweep failed: each says why, and the next sweep tries again."""
    return [
        Worklist(
            permission,
            f"{what} that the portal could not handle by itself",
            page,
            "?problem__isempty=0",
            _known(user, confined(user, model.objects.exclude(problem=""), account)),
            urgent=True,
        )
        for permission, what, page, model, account in SWEPT
        if model.objects.exclude(problem="").exists()
    ]
