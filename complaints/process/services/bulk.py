"""Many complaints at once: what would happen to each is known before anything does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from complaints.tickets.models import Complaint
from complaints.tickets.services import written_to
from complaints.tickets.states import OVER, State
from parties.authority import selectors as authority
from parties.people.models import User
from records.notices import services as notices
from records.notices.states import Status
from terms.calendar import Channel

from .handling import assign_complaint
from .steps import StepRefused, may_work, require_staff


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What would happen to one complaint; where it can't, `words` say why and what to do."""

    reference: str
    can: bool
    words: str


def plan_assign(
    rows: Iterable[Complaint], *, to: User | None, by: User, at: datetime
) -> list[Planned]:
    """Say of each complaint whether it can be handed to a colleague, or back to the desk."""
    return [_planned_assign(row, to, by, at) for row in rows]


def _planned_assign(row: Complaint, to: User | None, by: User, at: datetime) -> Planned:
    whose = str(to or "the desk")
    why = ""
    if row.state in OVER:
        why = "It is over: reopen it first."
    elif not may_work(row, by, at):
        why = "It is not yours to work on."
    elif row.assigned_to_id == (to.pk if to else None):
        why = f"It is with {whose} already."
    elif to is not None and not may_work(row, to, at):
        why = f"{to} may not work on it."
    words = why or f"From {row.assigned_to or 'the desk'} to {whose}"
    return Planned(reference=row.reference, can=not why, words=words)


def assign_many(
    rows: Iterable[Complaint], *, to: User | None, by: User, at: datetime
) -> list[Planned]:
    """Hand over each that can be handed over; what can't stops none of the others."""
    done = []
    for row in rows:
        planned = _planned_assign(row, to, by, at)
        if planned.can:
            try:
                assign_complaint(reference=row.reference, by=by, to=to, at=at)
            except (StepRefused, authority.NotAuthorised) as refusal:
                planned = Planned(reference=row.reference, can=False, words=str(refusal))
        done.append(planned)
    return done


def plan_acknowledge(rows: Iterable[Complaint], *, by: User, at: datetime) -> list[Planned]:
    """Say of each complaint by which way it can be acknowledged from here, or why it can't.

    Each goes its own way (RF-CMP-02): an email that was refused goes once more where the address
    is another by now; what is told by phone, on paper or at a safe contact is told by a person.
    """
    return [_planned_acknowledgement(row, by, at) for row in rows]


def _planned_acknowledgement(row: Complaint, by: User, at: datetime) -> Planned:
    why = _why_not_by_email(row, by, at)
    words = why or f"By email, to the new address {written_to(row, at)[0]}"
    return Planned(reference=row.reference, can=not why, words=words)


def _why_not_by_email(row: Complaint, by: User, at: datetime) -> str:
    if row.state != State.RECEIVED:
        return "It is acknowledged already."
    if not may_work(row, by, at):
        return "It is not yours to work on."
    notice = row.acknowledgement
    if row.told_by != Channel.EMAIL or notice is None:
        how = row.get_told_by_display().lower()
        return f"They are told by {how}: tell them, then say how and when on its page."
    if notice.status == Status.BY_HAND:
        return "They have a safe contact: tell them there, and nowhere else."
    if notice.status != Status.FAILED:
        return "Its email is on its way: it is acknowledged once that has gone."
    if written_to(row, at)[0].lower() == notice.addressed_to.lower():
        return "The address refused it: ring or write, then say so on its page."
    return ""


def acknowledge_many(rows: Iterable[Complaint], *, by: User, at: datetime) -> list[Planned]:
    """Send each acknowledgement again that can go; what can't stops none of the others."""
    done = []
    for row in rows:
        planned = _planned_acknowledgement(row, by, at)
        notice = row.acknowledgement
        if planned.can and notice is not None:
            actor = authority.with_customer(by, require_staff(row, by, at))
            try:
                notices.send_again(notice=notice, by=actor, at=at, to=written_to(row, at)[0])
            except ValueError as refusal:
                planned = Planned(reference=row.reference, can=False, words=f"{refusal}.")
        done.append(planned)
    return done
