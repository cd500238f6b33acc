"""Lodge a complaint: reference, urgency, clocks, hold and acknowledgement in one transaction."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.disputes.services import hold_amount
from billing.invoices.models import Invoice
from complaints.clocks.services import Clocks, acknowledge_by, binding_of, start_clocks
from complaints.tickets.models import Complaint, Event
from complaints.tickets.states import OVER, Duty
from parties.accounts.models import Account
from parties.accounts.selectors import version_in_force
from parties.authority import selectors as authority
from parties.correspondence.services import write
from parties.people.models import User
from records.audit import services as audit
from records.audit.services import record
from records.notices.models import Notice
from records.notices.services import Link
from terms import rules
from terms.binding import Binding
from terms.calendar import Channel
from terms.clause import dump
from terms.facts import Action
from terms.profile import TermsSilent

# Without the letters and digits that are mistaken for each other on the phone.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


# The same words of the same person within this time are a second click, not a second complaint.
ONE_CLICK = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class ComplaintDetails:
    """What somebody complains of; `disputed_amount` in dollars, GST included."""

    topic: str
    description: str
    wanted: str = ""
    hardship_related: bool = False
    disconnection_without_process: bool = False
    priority_assistance: bool = False
    safety_threat: bool = False
    disputed_invoice: Invoice | None = None
    disputed_amount: Decimal | None = None


def lodge_complaint(
    *,
    account: Account,
    by: User,
    details: ComplaintDetails,
    at: datetime,
    channel: Channel = Channel.WEB,
) -> Complaint:
    """Receive a complaint and start its clocks; the acknowledgement is queued with it.

    The same again within ten minutes is the same complaint. Raises NotAuthorised if the person
    may not complain about this account.
    """
    on = authority.local_day(account, at)
    with transaction.atomic():
        # Two clicks wait for each other here; the second finds what the first one made.
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        decision = authority.require(by, Action.LODGE_COMPLAINT, account, on=on, at=at)
        if (made := _made_already(account, by, details, at)) is not None:
            return made
        complaint = Complaint(
            reference=new_reference(),
            account=account,
            lodged_by=by,
            role=decision.role,
            channel=channel,
            received_at=at,
            version=version_in_force(account, on),
            **vars(details),
        )
        bound = binding_of(complaint)
        complaint.is_urgent, complaint.urgent_because = _urgency(details, bound)
        complaint.save()
        clocks = start_clocks(complaint, bound, at=at)
        _record(complaint, decision, clocks, at)
        if complaint.disputed_invoice and complaint.disputed_amount:
            hold_amount(
                invoice=complaint.disputed_invoice,
                amount=complaint.disputed_amount,
                complaint=complaint.reference,
                at=at,
                is_private=complaint.safety_threat,
            )
        complaint.acknowledgement = _tell(complaint, by, clocks, at)
        complaint.save(update_fields=["acknowledgement"])
        acknowledge_by(complaint)
    return complaint


def _made_already(
    account: Account, by: User, details: ComplaintDetails, at: datetime
) -> Complaint | None:
    """The open complaint that the same person made of the same words just before."""
    recent = Complaint.objects.filter(
        account=account, lodged_by=by, received_at__range=(at - ONE_CLICK, at)
    )
    for one in recent.exclude(state__in=OVER).select_related("disputed_invoice"):
        if all(getattr(one, name) == value for name, value in vars(details).items()):
            return one
    return None


def _record(
    complaint: Complaint, decision: authority.Decision, clocks: Clocks, at: datetime
) -> None:
    """The first line of its history, and of the audit trail."""
    by = complaint.lodged_by
    Event.objects.create(
        complaint=complaint,
        at=at,
        by=by,
        act="lodge",
        text=complaint.description,
        because=clocks.because,
    )
    record(
        account_id=complaint.account_id,
        at=at,
        action="lodge_complaint",
        actor=audit.Actor(
            user_id=by.pk, name=str(by), authority=decision.authority, acted_as=decision.role
        ),
        subject=complaint.reference,
        after={"topic": complaint.get_topic_display(), "urgent": complaint.is_urgent},
        is_private=complaint.safety_threat,
        because=clocks.because,
    )


def new_reference() -> str:
    """A reference that can be read out and can't be guessed: C- and eight signs."""
    return "C-" + "".join(secrets.choice(ALPHABET) for _ in range(8))


def _urgency(details: ComplaintDetails, bound: Binding) -> tuple[bool, list[dict[str, Any]]]:
    try:
        answer = bound.decide(
            rules.urgent_complaint,
            hardship_related=details.hardship_related,
            disconnection_without_process=details.disconnection_without_process,
            priority_assistance=details.priority_assistance,
        )
    except TermsSilent as silence:
        return False, dump(silence.because)
    return bool(answer.urgent), dump(answer.because)


def _tell(complaint: Complaint, by: User, clocks: Clocks, at: datetime) -> Notice:
    return write(
        "complaint_received",
        account=complaint.account,
        to=by.email,
        name=str(by),
        at=at,
        link=Link("complaint", complaint.reference),
        belongs_to=complaint.reference,
        because=clocks.because,
        replies_to="complaints_email",
        reference=complaint.reference,
        received_at=complaint.received_at,
        is_urgent=complaint.is_urgent,
        acknowledge_by=clocks.dates.get(Duty.ACKNOWLEDGE),
        propose_by=clocks.dates.get(Duty.PROPOSE),
    )
