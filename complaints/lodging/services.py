"""Lodge a complaint: reference, urgency, clocks, hold and acknowledgement in one transaction."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.urls import reverse

from billing.disputes.services import hold_amount
from billing.invoices.models import Invoice
from complaints.clocks.services import acknowledge_by, binding_of, start_clocks
from complaints.tickets.models import Complaint, Event
from complaints.tickets.states import Duty
from parties.accounts.models import Account
from parties.accounts.selectors import version_in_force
from parties.authority import selectors as authority
from parties.correspondence.services import write
from parties.people.models import User
from records.audit import services as audit
from records.audit.services import record
from records.notices.models import Notice
from terms import facts as terms_facts
from terms import rules
from terms.calendar import Channel
from terms.clause import dump
from terms.facts import read_facts
from terms.profile import TermsSilent

# Without the letters and digits that are mistaken for each other on the phone.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What somebody tells when they complain; `disputed_amount` in dollars, GST included."""

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
    *, account: Account, by: User, at: datetime, channel: Channel = Channel.WEB, **told: Any
) -> Complaint:
    """Receive a complaint and start its clocks; the acknowledgement is queued with it.

    `told` are the fields of Told. Raises NotAuthorised if the person may not complain about this
    account.
    """
    facts = Told(**told)
    on = authority.local_day(account, at)
    decision = authority.require(by, terms_facts.Action.LODGE_COMPLAINT, account, on=on, at=at)
    complaint = Complaint(
        reference=new_reference(),
        account=account,
        lodged_by=by,
        role=decision.role,
        channel=channel,
        received_at=at,
        version=version_in_force(account, on),
        **vars(facts),
    )
    complaint.is_urgent, complaint.urgent_because = _urgency(complaint)
    with transaction.atomic():
        complaint.save()
        clocks = start_clocks(complaint, at=at)
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


def _record(
    complaint: Complaint, decision: authority.Decision, clocks: dict[str, Any], at: datetime
) -> None:
    """The first line of its history, and of the audit trail."""
    by, because = complaint.lodged_by, clocks.get("because", [])
    Event.objects.create(
        complaint=complaint,
        at=at,
        by=by,
        act="lodge",
        text=complaint.description,
        because=because,
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
        because=because,
    )


def new_reference() -> str:
    """A reference that can be read out and can't be guessed: C- and eight signs."""
    return "C-" + "".join(secrets.choice(ALPHABET) for _ in range(8))


def _urgency(complaint: Complaint) -> tuple[bool, list[dict[str, Any]]]:
    facts = {
        "hardship_related": complaint.hardship_related,
        "disconnection_without_process": complaint.disconnection_without_process,
        "priority_assistance": complaint.priority_assistance,
    }
    try:
        answer = binding_of(complaint).decide(
            rules.urgent_complaint, **read_facts(rules.urgent_complaint, facts)
        )
    except TermsSilent as silence:
        return False, dump(silence.because)
    return bool(answer.urgent), dump(answer.because)


def _tell(complaint: Complaint, by: User, clocks: dict[str, Any], at: datetime) -> Notice:
    dates = clocks.get("dates", {})
    return write(
        "complaint_received",
        account=complaint.account,
        to=by.email,
        name=str(by),
        at=at,
        path=reverse("complaint", args=[complaint.reference]),
        belongs_to=complaint.reference,
        because=clocks.get("because", []),
        replies_to="complaints_email",
        reference=complaint.reference,
        received_at=complaint.received_at,
        is_urgent=complaint.is_urgent,
        acknowledge_by=dates.get(Duty.ACKNOWLEDGE),
        propose_by=dates.get(Duty.PROPOSE),
    )
