"""Lodge a complaint: reference, urgency, clocks, hold and acknowledgement in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.disputes.selectors import withholding
from billing.disputes.services import hold_amount
from billing.invoices.models import Invoice, InvoiceLine
from complaints.clocks.services import (
    Clocks,
    binding_of,
    dates_from_receipt,
    discharge,
    start_clocks,
)
from complaints.tickets.models import Complaint, Event
from complaints.tickets.services import may_take_down, stop_cutting, tell_desk, written_to
from complaints.tickets.states import LIFECYCLE, OVER, Act, CallDays, Duty, Happening, State, Topic
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.accounts.selectors import binding, version_in_force
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.correspondence.services import write
from parties.people.models import User
from records.audit import services as audit
from records.audit.services import record
from records.deadlines.services import meet_deadline
from records.notices.models import Notice
from records.notices.services import Link
from records.references import new_reference
from terms import rules
from terms.binding import Binding
from terms.calendar import Channel
from terms.clause import as_json
from terms.facts import Action
from terms.money import in_dollars
from terms.profile import TermsSilent

# The same words of the same person within this time are a second click, not a second complaint.
ONE_CLICK = timedelta(minutes=10)
# What is said is not written.
SPOKEN = (Channel.PHONE, Channel.VOICEMAIL, Channel.IN_PERSON)
# Who complains in these ways is there to be told.
THERE = frozenset({Channel.PHONE, Channel.IN_PERSON, Channel.CHAT})
CALLER = "caller"
# What came longer ago is nearly always a year that was mistyped.
OLDEST = timedelta(days=366)


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
    service: Service | None = None
    disputed_invoice: Invoice | None = None
    disputed_lines: tuple[InvoiceLine, ...] = ()
    disputed_amount: Decimal | None = None

    @property
    def kept(self) -> dict[str, Any]:
        """What a complaint keeps of it in its own row."""
        return {name: value for name, value in vars(self).items() if name != "disputed_lines"}


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """How and when a complaint reached staff, whose it is, and how they want to be told.

    `person` is somebody of the account; without one `caller_name` says who complains, and
    `caller_contact` how to reach them, and the days and hours beside it when. `told_at_once`: they
    heard reference and expected day while they were there.
    """

    channel: Channel
    received_at: datetime
    person: User | None = None
    caller_name: str = ""
    caller_contact: str = ""
    caller_days: str = CallDays.ANY
    caller_opens: time | None = None
    caller_closes: time | None = None
    told_by: Channel = Channel.EMAIL
    told_at_once: bool = False


class LodgingRefused(Exception):
    """What was written down of a complaint can't be so; the message says what to do."""


def lodge_complaint(
    *,
    account: Account,
    by: User,
    details: ComplaintDetails,
    at: datetime,
    channel: Channel = Channel.WEB,
    together_with: User | None = None,
) -> Complaint:
    """Receive a complaint and start its clocks; the acknowledgement is queued with it.

    `together_with` is the customer who confirmed it for their advocate. The same again within ten
    minutes is the same complaint. Raises NotAuthorised if the person may not complain about this
    account.
    """
    on = authority.local_day(account, at)
    with transaction.atomic():
        # Two clicks wait for each other here; the second finds what the first one made.
        lock_account(account.pk)
        decision = authority.require(
            by,
            Action.LODGE_COMPLAINT,
            account,
            on=on,
            at=at,
            customer_present=together_with is not None,
        )
        if (made := _made_already(account, by, details, at)) is not None:
            return made
        complaint = Complaint(
            reference=new_reference("C"),
            account=account,
            lodged_by=by,
            role=decision.role,
            channel=channel,
            received_at=at,
            version=version_in_force(account, on),
            **details.kept,
        )
        bound = binding_of(complaint)
        complaint.is_urgent, complaint.urgent_because = urgency_of(details, bound)
        complaint.save()
        complaint.disputed_lines.set(details.disputed_lines)
        clocks = start_clocks(complaint, bound, at=at)
        actor = authority.with_customer(by, decision, together_with)
        _record(complaint, actor, clocks, at)
        _hold(complaint, at)
        _acknowledge_by_letter(complaint, clocks, at)
        if complaint.is_urgent:
            tell_desk(complaint, "Urgent: a new complaint", at=at)
    return complaint


def lodge_for_customer(
    *,
    account: Account,
    staff: User,
    details: ComplaintDetails,
    arrival: Arrival,
    at: datetime,
) -> Complaint:
    """Write down a complaint that reached staff by phone, letter or in another way.

    Its days run from the day it really came. Told of the reference while they are there, the
    customer is acknowledged at once (RF-CMP-02). The same again within ten minutes is the same
    complaint. Raises NotAuthorised for staff who may not take it and for a person who may not
    complain about this account, and LodgingRefused.
    """
    with transaction.atomic():
        lock_account(account.pk)
        actor, role = _standing(account, staff, details, arrival, at)
        _require_sound(account, arrival, at)
        by = arrival.person or staff
        if (made := _made_already(account, by, details, at, arrival)) is not None:
            return made
        received_on = authority.local_day(account, arrival.received_at)
        complaint = Complaint(
            reference=new_reference("C"),
            account=account,
            lodged_by=by,
            role=role,
            channel=arrival.channel,
            received_at=arrival.received_at,
            taken_by=staff,
            caller_name=arrival.caller_name,
            caller_contact=arrival.caller_contact,
            caller_days=arrival.caller_days,
            caller_opens=arrival.caller_opens,
            caller_closes=arrival.caller_closes,
            told_by=arrival.told_by,
            version=version_in_force(account, received_on),
            **details.kept,
        )
        bound = binding_of(complaint)
        complaint.is_urgent, complaint.urgent_because = urgency_of(details, bound)
        complaint.save()
        complaint.disputed_lines.set(details.disputed_lines)
        clocks = start_clocks(complaint, bound, at=at)
        _record(complaint, actor, clocks, at)
        _hold(complaint, at)
        _acknowledge_by_letter(complaint, clocks, at)
        if arrival.told_at_once:
            _acknowledge_now(complaint, arrival, actor, at)
        if complaint.is_urgent:
            tell_desk(complaint, "Urgent: a new complaint", at=at)
    return complaint


def _standing(
    account: Account, staff: User, details: ComplaintDetails, arrival: Arrival, at: datetime
) -> tuple[audit.Actor, str]:
    """Who writes it down for whom, and as what that person complains."""
    on = authority.local_day(account, at)
    private = details.safety_threat
    mine = may_take_down(staff, account, details.topic, at, is_private=private)
    if not mine.allowed:
        if may_take_down(staff, account, Topic.PRIVACY, at).allowed:
            raise LodgingRefused(
                "You take down what is about privacy or safety: the desk takes the rest."
            )
        raise authority.NotAuthorised(mine, Action.LODGE_COMPLAINT)
    whose, role = "", CALLER
    if arrival.person is not None:
        theirs = authority.require(arrival.person, Action.LODGE_COMPLAINT, account, on=on, at=at)
        whose, role = theirs.authority, theirs.role
    actor = audit.Actor(
        user_id=staff.pk,
        name=str(staff),
        acted_as=mine.role,
        authority=whose,
        for_whom=str(arrival.person or arrival.caller_name),
    )
    return actor, role


def _require_sound(account: Account, arrival: Arrival, at: datetime) -> None:
    if arrival.received_at > at:
        raise LodgingRefused("It can't have come in the future: check day and time.")
    if authority.local_day(account, arrival.received_at) < account.opened_on:
        raise LodgingRefused("The account did not exist on that day: check it.")
    if arrival.received_at < at - OLDEST:
        raise LodgingRefused("That is more than a year ago: check the year.")
    if arrival.person is None and not arrival.caller_name.strip():
        raise LodgingRefused("Say who complains: one of the people, or a name.")
    if arrival.person is None and arrival.told_by == Channel.EMAIL:
        raise LodgingRefused(
            "The portal can't email somebody without a log-in: say how they want to be told."
        )
    opens, closes = arrival.caller_opens, arrival.caller_closes
    if (opens is None) != (closes is None):
        raise LodgingRefused("Give both hours, or neither.")
    if opens is not None and closes is not None and opens >= closes:
        raise LodgingRefused("The second hour has to be later than the first.")
    if arrival.told_at_once and arrival.channel not in THERE:
        raise LodgingRefused("Only who is there can be told at once.")


def _acknowledge_now(
    complaint: Complaint, arrival: Arrival, actor: audit.Actor, at: datetime
) -> None:
    complaint.state = LIFECYCLE.after(State(complaint.state), Act.ACKNOWLEDGE)
    complaint.save(update_fields=["state"])
    meet_deadline(subject=complaint.reference, duty=Duty.ACKNOWLEDGE, at=at)
    Event.objects.create(
        complaint=complaint,
        at=at,
        by=complaint.taken_by,
        act=Act.ACKNOWLEDGE,
        text="Told of the reference and the expected day at once.",
        channel=arrival.channel,
    )
    record(
        account_id=complaint.account_id,
        at=at,
        action="complaint_acknowledge",
        actor=actor,
        subject=complaint.reference,
        after={"state": complaint.state},
        is_private=complaint.safety_threat,
    )


def _hold(complaint: Complaint, at: datetime) -> None:
    stop_cutting(complaint, at=at)
    if complaint.disputed_amount is not None:
        hold_contested(complaint, complaint.disputed_amount, at=at)


def hold_contested(complaint: Complaint, amount: Decimal, *, at: datetime) -> None:
    """Hold what a complaint contests, as far as terms and law let it wait; else say that it does
    not. What is private waits always, and nobody reads of it. Raises AmountTooHigh.
    """
    invoice = complaint.disputed_invoice
    if not invoice or not amount:
        return
    on = authority.local_day(complaint.account, complaint.starts_at)
    in_writing = complaint.channel not in SPOKEN
    found = withholding(invoice, contested_on=on, in_writing=in_writing)
    if found.allowed or complaint.safety_threat:
        hold_amount(
            invoice=invoice,
            amount=amount,
            complaint=complaint.reference,
            at=at,
            is_private=complaint.safety_threat,
        )
        return
    Event.objects.create(
        complaint=complaint,
        at=at,
        act=Happening.NOT_HELD,
        text=f"{in_dollars(amount)} of invoice {invoice.number} stays payable by its day while we "
        f"look into it: by these terms {found.words}. Nothing else about this complaint changes.",
        because=list(found.because),
    )


def _acknowledge_by_letter(complaint: Complaint, clocks: Clocks, at: datetime) -> None:
    """Let the email do the duty to acknowledge, and to name the ombudsman, once it is given."""
    complaint.acknowledgement = send_acknowledgement(complaint, clocks, at)
    complaint.save(update_fields=["acknowledgement"])
    if complaint.acknowledgement is not None:
        discharge(complaint, Duty.ACKNOWLEDGE, complaint.acknowledgement)
        discharge(complaint, Duty.NAME_OMBUDSMAN, complaint.acknowledgement)


def _made_already(
    account: Account,
    by: User,
    details: ComplaintDetails,
    at: datetime,
    arrival: Arrival | None = None,
) -> Complaint | None:
    """The open complaint that the same person made of the same words just before."""
    recent = Complaint.objects.filter(
        account=account,
        lodged_by=by,
        caller_name=arrival.caller_name if arrival else "",
        events__act=Happening.LODGE,
        events__at__range=(at - ONE_CLICK, at),
    )
    chosen = {line.pk for line in details.disputed_lines}
    for one in recent.exclude(state__in=OVER).select_related("disputed_invoice", "service"):
        same = all(getattr(one, name) == value for name, value in details.kept.items())
        if same and chosen == set(one.disputed_lines.values_list("pk", flat=True)):
            return one
    return None


def _record(complaint: Complaint, actor: audit.Actor, clocks: Clocks, at: datetime) -> None:
    """The first line of its history, and of the audit trail."""
    Event.objects.create(
        complaint=complaint,
        at=at,
        by=complaint.taken_by or complaint.lodged_by,
        act=Happening.LODGE,
        text=complaint.description,
        channel=complaint.channel if complaint.taken_by else "",
        said_by=actor.for_whom[:120],
        because=clocks.because,
    )
    record(
        account_id=complaint.account_id,
        at=at,
        action="lodge_complaint",
        actor=actor,
        subject=complaint.reference,
        after={"topic": complaint.get_topic_display(), "urgent": complaint.is_urgent},
        is_private=complaint.safety_threat,
        because=clocks.because,
    )


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What lodging would bring: urgent or not, the last good day of our answer, and why."""

    urgent: bool
    urgent_because: list[dict[str, Any]]
    answer_by: date | None
    because: list[dict[str, Any]]


def foretell(*, account: Account, details: ComplaintDetails, at: datetime) -> Outlook:
    """What would follow if this were lodged now; nothing is kept and no clock runs."""
    on = authority.local_day(account, at)
    complaint = Complaint(
        account=account,
        channel=Channel.WEB,
        received_at=at,
        version=version_in_force(account, on),
        **details.kept,
    )
    bound = binding_of(complaint)
    complaint.is_urgent, urgent_because = urgency_of(details, bound)
    clocks = dates_from_receipt(complaint, bound)
    return Outlook(
        urgent=complaint.is_urgent,
        urgent_because=urgent_because,
        answer_by=clocks.dates.get(Duty.PROPOSE),
        because=clocks.because,
    )


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Whether handling a complaint may be charged for, and why; told before anything is typed."""

    is_free: bool
    because: list[dict[str, Any]]


def cost_of_handling(account: Account, at: datetime) -> Cost:
    """What a complaint costs who makes it (VP-CMP-02, BS-COMP-03, RF-CMP).

    Where nothing allows a charge there is none.
    """
    try:
        answer = binding(account, authority.local_day(account, at)).decide(
            rules.complaint_cost, tcp=account.customer.is_tcp, kind="handling"
        )
    except TermsSilent as silence:
        return Cost(is_free=True, because=as_json(silence.because))
    return Cost(is_free=not answer.may_charge, because=as_json(answer.because))


def urgency_of(details: ComplaintDetails, bound: Binding) -> tuple[bool, list[dict[str, Any]]]:
    """Whether what was told makes it urgent, and why."""
    try:
        answer = bound.decide(
            rules.urgent_complaint,
            hardship_related=details.hardship_related,
            disconnection_without_process=details.disconnection_without_process,
            priority_assistance=details.priority_assistance,
        )
    except TermsSilent as silence:
        return False, as_json(silence.because)
    return bool(answer.urgent), as_json(answer.because)


def send_acknowledgement(complaint: Complaint, clocks: Clocks, at: datetime) -> Notice | None:
    """Write that we have it, with reference and expected day; None where staff tell it instead."""
    if complaint.told_by != Channel.EMAIL:
        return None
    to, name = written_to(complaint, at)
    return write(
        "complaint_received",
        account=complaint.account,
        to=to,
        name=name,
        at=at,
        link=Link("complaint", complaint.reference),
        belongs_to=complaint.reference,
        because=clocks.because,
        replies_to="complaints_email",
        reference=complaint.reference,
        received_at=complaint.starts_at,
        is_urgent=complaint.is_urgent,
        acknowledge_by=clocks.dates.get(Duty.ACKNOWLEDGE),
        propose_by=clocks.dates.get(Duty.PROPOSE),
    )
