"""Questions about complaints, answered as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from parties.accounts.models import Account
from parties.accounts.selectors import working_calendar
from parties.authority.selectors import Permissions, local_day, sees_in_lists
from parties.correspondence.services import NOTHING_HIDDEN, Mask
from parties.people.models import User
from parties.people.states import StaffData
from records.deadlines.selectors import DueDate, deadlines_of
from records.deadlines.states import Status
from terms.facts import Action
from terms.money import ZERO, in_dollars

from .models import Complaint, Event, Proposal, Remedy
from .states import (
    DONE,
    ENDED,
    IN_HAND,
    IN_THE_BACKGROUND,
    IN_WORDS,
    INTERNAL,
    OVER,
    Answer,
    Duty,
    Ending,
    RemedyKind,
    State,
)

# Where the customer reads other words than staff do.
SEEN_AS = {State.WAITING_FOR_CUSTOMER: "Waiting for you"}


@dataclass(frozen=True, kw_only=True)
class ComplaintCard:
    """A complaint in a list, with the duty that is next."""

    reference: str
    topic: str
    received_at: datetime
    state: str
    state_label: str
    is_urgent: bool
    is_over: bool
    next_duty: DueDate | None
    any_missed: bool


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What happens next, in the customer's words; `day` of `days` working days, where counted."""

    words: str
    on: date | None = None
    day: int | None = None
    days: int | None = None


@dataclass(frozen=True, kw_only=True)
class RemedyCard:
    """One thing that an answer gives, and what became of it; `is_money` names a sum."""

    words: str
    is_money: bool
    outcome: str
    is_done: bool


@dataclass(frozen=True, kw_only=True)
class ProposalCard:
    """A proposed answer with what it gives; `credit` in dollars, GST included, on a bill."""

    text: str
    credit: Decimal | None
    invoice: str
    customer_task: str
    carry_out_on: date | None
    remedies: list[RemedyCard]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of a complaint's history."""

    at: datetime
    who: str
    what: str
    text: str
    because: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ComplaintRecord:
    """Everything that the complaint's own page shows."""

    card: ComplaintCard
    description: str
    wanted: str
    channel: str
    lodged_by: str
    urgent_because: list[dict[str, Any]]
    service: str
    service_id: str
    disputed_invoice: str | None
    disputed_line: str
    disputed_amount: Decimal | None
    deadlines: list[DueDate]
    steps: list[Step]
    proposal: ProposalCard | None
    agreed: ProposalCard | None
    next: NextStep
    task: str
    can_answer: bool
    can_withdraw: bool
    can_agree: bool
    can_reopen: bool
    can_ask_manager: bool
    is_with_manager: bool
    answered_with: str
    answers_too: list[str]


def of_account(account: Account, viewer: User | None = None) -> QuerySet[Complaint]:
    """The account's complaints. One about a threat to safety is shown to its lodger alone.

    Without a viewer all are meant: for the rules. Staff who see the portal as a customer does see
    none that is private.
    """
    rows = Complaint.objects.filter(account=account)
    if viewer is None:
        return rows
    if viewer.is_staff:
        return rows.filter(safety_threat=False)
    return rows.exclude(Q(safety_threat=True) & ~Q(lodged_by=viewer))


def unseen_references(account: Account, viewer: User) -> list[str]:
    """The references of complaints that concern somebody else's safety."""
    seen = of_account(account, viewer).values("pk")
    return list(of_account(account).exclude(pk__in=seen).values_list("reference", flat=True))


def is_private(account: Account, reference: str) -> bool:
    """Whether a complaint is about a threat to safety: that somebody read it is private, too."""
    return of_account(account).filter(reference=reference, safety_threat=True).exists()


def known_to_staff(user: User, rows: QuerySet[Complaint] | None = None) -> QuerySet[Complaint]:
    """The complaints, of these or of all, that exist for a member of staff.

    Those about somebody's safety are the privacy role's alone: for all others they are not there.
    """
    found = Complaint.objects.all() if rows is None else rows
    if sees_in_lists(user, StaffData.PRIVATE):
        return found
    return found.filter(safety_threat=False)


def not_private(rows: QuerySet[Any], field: str, account: str = "account") -> QuerySet[Any]:
    """Those rows of another room that name no private complaint in their text `field`.

    `account` leads from them to their account; what follows from a private complaint is as
    private as the complaint itself.
    """
    named = (
        Complaint.objects.filter(safety_threat=True, account=OuterRef(account))
        .annotate(said=Cast(OuterRef(field), CharField()))
        .filter(said__contains=F("reference"))
    )
    private = Complaint.objects.filter(safety_threat=True).values("reference")
    return rows.exclude(**{f"{field}__in": private}).exclude(Exists(named))


def readable(permissions: Permissions) -> QuerySet[Complaint]:
    """The complaints that somebody may read on the account.

    What another lodged is about the account, so it is for those who may see that, or answer for
    the customer; everybody reads their own (RF-TCP-03).
    """
    rows = of_account(permissions.account, permissions.actor)
    opens = (Action.VIEW_BILLS, Action.ACCEPT_RESOLUTION)
    if any(permissions.may(action).allowed for action in opens):
        return rows
    return rows.filter(lodged_by=permissions.actor)


def cards(account: Account, rows: list[Complaint], on: date) -> list[ComplaintCard]:
    """Cards of a page of the account's complaints; one query for all their deadlines."""
    due = deadlines_of(row.reference for row in rows)
    return [
        _card(row, _in_words(_with_days_left(account, due[row.reference], on))) for row in rows
    ]


def open_complaints(
    account: Account, on: date, rows: QuerySet[Complaint] | None = None, limit: int = 5
) -> list[ComplaintCard]:
    """The newest complaints that are not over: of all, or of those that somebody may read."""
    known = of_account(account) if rows is None else rows
    running = known.exclude(state__in=OVER)
    return cards(account, list(running[:limit]), on)


def _with_days_left(account: Account, due: list[DueDate], on: date) -> list[DueDate]:
    """Count the working days that are left for each duty, on the customer's calendar."""
    calendar = working_calendar(account, on)
    return [
        replace(one, left=calendar.working_days_between(on, one.due_on))
        if one.status == Status.OPEN
        else one
        for one in due
    ]


def record_of(
    account: Account,
    reference: str,
    on: date,
    rows: QuerySet[Complaint] | None = None,
    *,
    reader: User | None = None,
    mask: Mask = NOTHING_HIDDEN,
) -> ComplaintRecord | None:
    """One complaint of the account as it stands on a day; None if it is not among the rows.

    What others wrote, and their names, pass the `mask` of the reader; what the reader wrote stays
    as it was, so that nobody can find out by guessing what is hidden.
    """
    known = of_account(account) if rows is None else rows
    row = (
        known.filter(reference=reference)
        .select_related("lodged_by", "service", "disputed_invoice", "disputed_line")
        .first()
    )
    if row is None:
        return None
    due = _in_words(_with_days_left(account, deadlines_of([reference])[reference], on))
    events = Event.objects.filter(complaint=row, for_staff_only=False).select_related("by")
    steps = [_step(event, reader, mask) for event in events]
    lodger, state = row.lodged_by, State(row.state)
    told = NOTHING_HIDDEN if lodger is not None and lodger == reader else mask
    proposals = {one.answer: one for one in row.proposals.select_related("invoice")}
    accepted = proposals.get(Answer.ACCEPTED)
    task = accepted.customer_task if accepted and accepted.task_done_at is None else ""
    task = told.text(task) if state == State.IMPLEMENTING else ""
    return ComplaintRecord(
        card=_card(row, due),
        description=told.text(row.description),
        wanted=told.text(row.wanted),
        channel=row.get_channel_display(),
        lodged_by=_lodger(row, told),
        urgent_because=row.urgent_because,
        service=mask.text(str(row.service)) if row.service else "",
        service_id=str(row.service.public_id) if row.service else "",
        disputed_invoice=row.disputed_invoice.number if row.disputed_invoice else None,
        disputed_line=mask.text(str(row.disputed_line)) if row.disputed_line else "",
        disputed_amount=row.disputed_amount,
        deadlines=[one for one in due if reader is None or one.duty not in INTERNAL],
        steps=steps,
        proposal=_proposal(proposals.get(Answer.OPEN), mask),
        agreed=_proposal(accepted, mask),
        next=_next_step(row, due, task, on),
        task=task,
        can_answer=state == State.PROPOSED,
        can_withdraw=state not in OVER and state != State.RESOLVED,
        can_agree=state == State.RESOLVED,
        can_reopen=state in ENDED or state == State.RESOLVED,
        can_ask_manager=state not in OVER and row.escalated_at is None,
        is_with_manager=row.escalated_at is not None,
        answered_with=_answered_with(row),
        answers_too=list(
            row.merged.filter(state=State.MERGED).values_list("reference", flat=True)
        ),
    )


def _answered_with(row: Complaint) -> str:
    """The reference of the one that a complaint is answered together with, or ""."""
    if row.state != State.MERGED or row.merged_into is None:
        return ""
    return row.merged_into.reference


def _lodger(row: Complaint, mask: Mask) -> str:
    if row.lodged_by is None:
        return row.caller_name
    name = str(row.lodged_by)
    return name if row.lodged_by.is_staff else mask.name(name)


def _in_words(due: list[DueDate]) -> list[DueDate]:
    return [replace(one, title=IN_WORDS[Duty(one.duty)]) for one in due]


def _proposal(row: Proposal | None, mask: Mask) -> ProposalCard | None:
    if row is None:
        return None
    return ProposalCard(
        text=mask.text(row.text),
        credit=row.credit,
        invoice=row.invoice.number if row.invoice else "",
        customer_task=mask.text(row.customer_task),
        carry_out_on=row.carry_out_on,
        remedies=[
            RemedyCard(
                words=mask.text(remedy_in_words(one)),
                is_money=one.kind in (RemedyKind.LATE_CHARGE, RemedyKind.PLAN),
                outcome=mask.text(one.result),
                is_done=one.done_at is not None,
            )
            for one in remedies_of(row)
        ],
    )


def remedies_of(proposal: Proposal) -> QuerySet[Remedy]:
    """What an answer gives besides words and a credit."""
    return proposal.remedies.select_related("service", "plan", "equipment", "charge", "fault")


def remedy_in_words(row: Remedy, *, done: bool = False) -> str:
    """One thing that an answer gives, as the customer reads it, before or after it is done."""
    if row.kind == RemedyKind.LATE_CHARGE:
        verb = "took" if done else "take"
        return f"We {verb} back the late charge of {in_dollars(row.amount or ZERO)}."
    if row.kind == RemedyKind.PLAN and row.monthly is not None:
        verb = "moved" if done else "moves"
        return (
            f"{row.service} {verb} to {row.plan}, {in_dollars(row.monthly)} a month, GST "
            "included: no fee, and no new minimum term."
        )
    if row.kind == RemedyKind.VISIT:
        return " ".join(
            filter(None, [f"A technician comes to {row.service}, without charge.", row.text])
        )
    if row.kind == RemedyKind.EQUIPMENT:
        verb = "replaced" if done else "replace"
        return f"We {verb} the {row.equipment}, without charge."
    return "We sent you a letter of apology." if done else "You get a letter of apology."


def _next_step(row: Complaint, due: list[DueDate], task: str, on: date) -> NextStep:
    """What happens next, by where it stands and by what is owed."""
    state = State(row.state)
    if with_other := _answered_with(row):
        return NextStep(
            words=f"We answer it together with {with_other}, which came first. What you write "
            "here goes there."
        )
    if row.with_ombudsman_since is not None and state not in OVER:
        return NextStep(
            words="The ombudsman has it. Nothing is cut off because of that, and nobody chases "
            "what you contest."
        )
    if state in (State.RECEIVED, *IN_HAND):
        return _next_answer(row, due, on)
    if state == State.PROPOSED and row.answer_until is not None:
        words = "We could not reach you. If we hear nothing, we close it after"
        return NextStep(words=words, on=row.answer_until)
    if state == State.IMPLEMENTING and not task:
        done = next((one for one in due if one.duty == Duty.IMPLEMENT), None)
        return NextStep(words="We carry out what we agreed by", on=done.due_on if done else None)
    ending = f"Closed: {Ending(row.ending).label.lower()}. " if row.ending else "Closed. "
    words = {
        State.PROPOSED: "Read our answer, then accept or decline it.",
        State.IMPLEMENTING: "Do your part first; then our days to carry it out start.",
        State.RESOLVED: "It is carried out. Say whether it is settled, or what is missing.",
        State.WITHDRAWN: "It was withdrawn. You can have it opened again.",
        State.CLOSED: f"{ending}You can have it opened again.",
    }[state]
    return NextStep(words=words)


def _next_answer(row: Complaint, due: list[DueDate], on: date) -> NextStep:
    """By when our answer comes, and which of how many working days it is."""
    waits = row.state == State.WAITING_FOR_CUSTOMER
    words = "We need your reply to go on: write it below. " if waits else ""
    answers = [one for one in due if one.duty == Duty.PROPOSE and _is_owed(one)]
    if not answers:
        return NextStep(words=f"{words}We answer as soon as we can.")
    day = answers[-1].due_on
    if day < on:
        late = "Our answer is late. It is still owed, and a manager knows of it. It was due"
        return NextStep(words=f"{words}{late}", on=day)
    start = local_day(row.account, row.starts_at)
    calendar = working_calendar(row.account, on)
    return NextStep(
        words=f"{words}You get our answer by",
        on=day,
        day=max(calendar.working_days_between(start, on), 0),
        days=calendar.working_days_between(start, day),
    )


def _is_owed(one: DueDate) -> bool:
    return one.status in (Status.OPEN, Status.MISSED)


def _card(row: Complaint, due: list[DueDate]) -> ComplaintCard:
    # A later promise covers an earlier miss; the customer waits for what was promised to them.
    running = {one.duty for one in due if one.status == Status.OPEN}
    owed = [one for one in due if _is_owed(one)]
    told = [
        one
        for one in owed
        if one.duty not in (*IN_THE_BACKGROUND, *INTERNAL)
        and (one.status == Status.OPEN or one.duty not in running)
    ]
    return ComplaintCard(
        reference=row.reference,
        topic=row.get_topic_display(),
        received_at=row.received_at,
        state=row.state,
        state_label=SEEN_AS.get(State(row.state), row.get_state_display()),
        is_urgent=row.is_urgent,
        is_over=row.state in OVER,
        next_duty=told[0] if told else None,
        any_missed=any(one.was_missed for one in due),
    )


def _step(event: Event, reader: User | None, mask: Mask) -> Step:
    by = event.by
    told = NOTHING_HIDDEN if by is not None and by == reader else mask
    who = str(by or "The portal") if by is None or by.is_staff else told.name(str(by))
    if event.said_by:
        said_by = told.name(event.said_by)
        who = f"{who}, as told by {said_by}" if by is not None else said_by
    return Step(
        at=event.at,
        who=who,
        what=DONE[event.act],
        text=told.text(event.text),
        because=event.because,
    )
