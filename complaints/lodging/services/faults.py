"""Fault reports that are complaints: because somebody says so, or by law during large outages."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from complaints.tickets.models import Complaint
from complaints.tickets.selectors import of_account
from contracts.requests.models import Fault
from contracts.requests.selectors import is_complaint_by_law
from contracts.requests.services import Report, become_complaint
from contracts.requests.services import report_fault as report
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.people.models import User

from .receiving import ComplaintDetails, lodge_complaint


def report_fault(
    *, service: Service, said: Report, is_complaint: bool, by: User, at: datetime
) -> Fault:
    """Take a fault report; it is a complaint where they say so, or the law does (RF-OUT-02).

    Raises NotAuthorised, FaultRefused.
    """
    with transaction.atomic():
        fault = report(service=service, report=said, by=by, at=at)
        if is_complaint or is_complaint_by_law(fault, fault.outage):
            complain_about_fault(fault=fault, by=by, at=at)
            fault.refresh_from_db()
    return fault


def complain_about_fault(*, fault: Fault, by: User, at: datetime) -> Complaint:
    """Make a fault report a complaint, once.

    One about a threat to safety is nobody else's business: whoever may not know of it makes their
    own. Raises NotAuthorised.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).get(
            pk=fault.service.contract.account_id
        )
        known = Fault.objects.get(pk=fault.pk).complaint
        about = f" It belongs to the outage {fault.outage.reference}." if fault.outage else ""
        description = f"Fault {fault.reference}: {fault.what}{about}"
        seen = of_account(account, by).filter(
            Q(reference=known) | Q(service=fault.service, description=description)
        )
        if (made := seen.order_by("pk").first()) is not None:
            return made
        details = ComplaintDetails(topic="fault", description=description, service=fault.service)
        complaint = lodge_complaint(account=account, by=by, at=at, details=details)
        become_complaint(fault=fault, reference=complaint.reference)
    return complaint
