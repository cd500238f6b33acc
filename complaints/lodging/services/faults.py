"""Fault reports that are complaints: because somebody says so, or by law during large outages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from complaints.tickets.models import Complaint
from complaints.tickets.selectors import of_account
from contracts.requests.models import Fault
from contracts.requests.selectors import cost_told, is_complaint_by_law
from contracts.requests.services import Report, become_complaint
from contracts.requests.services import report_fault as report
from contracts.supply.models import Service
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.people.models import User
from terms.calendar import Channel
from terms.facts import Action

from .receiving import Arrival, ComplaintDetails, lodge_complaint, lodge_for_customer


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


@dataclass(frozen=True, kw_only=True)
class TakenDown:
    """A fault that staff took down, and the caller's complaint about it, if it is one."""

    fault: Fault
    complaint: Complaint | None = None


def take_down_fault(
    *,
    service: Service,
    said: Report,
    channel: Channel,
    is_complaint: bool,
    person: User | None,
    staff: User,
    at: datetime,
) -> TakenDown:
    """Take down a fault for whoever told staff of it; a complaint as in `report_fault`.

    `person` is who called, where they have a log-in; without one `said.caller` is their name. The
    complaint is theirs, not that of the staff who write it down; one that others made, and that
    they may not know of, is none of theirs. Raises NotAuthorised, FaultRefused, and LodgingRefused
    where the complaint can't be taken down.
    """
    with transaction.atomic():
        if person is not None:
            _require_caller(service, said, person, at)
        fault = report(service=service, report=said, by=staff, at=at, channel=channel)
        by_law = not fault.complaint and is_complaint_by_law(fault, fault.outage)
        if not (is_complaint or by_law):
            return TakenDown(fault=fault)
        account = service.contract.account
        if person is not None and fault.complaint:
            known = of_account(account, person).filter(reference=fault.complaint).first()
            if known is not None:
                return TakenDown(fault=fault, complaint=known)
        complaint = lodge_for_customer(
            account=account,
            staff=staff,
            details=_details(fault),
            arrival=Arrival(
                channel=channel,
                received_at=at,
                person=person,
                caller_name="" if person else said.caller,
                caller_contact="" if person else said.reach,
                told_by=Channel.EMAIL if person else Channel.PHONE,
            ),
            at=at,
        )
        become_complaint(fault=fault, reference=complaint.reference)
        fault.refresh_from_db()
    return TakenDown(fault=fault, complaint=complaint)


def _require_caller(service: Service, said: Report, person: User, at: datetime) -> None:
    """That who called may report it, and agree to its cost where they do."""
    account = service.contract.account
    who = {"on": authority.local_day(account, at), "at": at, "service": str(service.public_id)}
    authority.require(person, Action.TROUBLESHOOT, account, **who)
    if said.accepts_cost:
        most = cost_told(service, at).most_at_first
        authority.require(person, Action.INCUR_EXPENSE, account, amount=most, **who)


def complain_about_fault(*, fault: Fault, by: User, at: datetime) -> Complaint:
    """Make a fault report a complaint, once.

    One about a threat to safety is nobody else's business: whoever may not know of it makes their
    own. Raises NotAuthorised.
    """
    with transaction.atomic():
        account = lock_account(fault.service.contract.account_id)
        known = Fault.objects.get(pk=fault.pk).complaint
        details = _details(fault)
        seen = of_account(account, by).filter(
            Q(reference=known) | Q(service=fault.service, description=details.description)
        )
        if (made := seen.order_by("pk").first()) is not None:
            return made
        complaint = lodge_complaint(account=account, by=by, at=at, details=details)
        become_complaint(fault=fault, reference=complaint.reference)
    return complaint


def _details(fault: Fault) -> ComplaintDetails:
    about = f" It belongs to the outage {fault.outage.reference}." if fault.outage else ""
    description = f"Fault {fault.reference}: {fault.what}{about}"
    return ComplaintDetails(topic="fault", description=description, service=fault.service)
