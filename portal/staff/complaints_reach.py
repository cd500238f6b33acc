"""How and when staff reach who complains without a log-in, and what is owed, in short."""

from __future__ import annotations

from datetime import datetime

from complaints.clocks.selectors import CallingHours, calling_hours, last_call
from complaints.clocks.services import owed
from complaints.tickets.models import Complaint
from complaints.tickets.states import IN_THE_BACKGROUND, OVER, Duty
from parties.accounts.selectors import zone_of
from terms.calendar import in_words

# What is owed, as short as a queue needs it.
SHORT = {
    Duty.ACKNOWLEDGE: "Acknowledge",
    Duty.PROPOSE: "Answer",
    Duty.EXPLAIN_DELAY: "Explain a delay",
    Duty.IMPLEMENT: "Carry out",
    Duty.CONFIRM: "Confirm",
    Duty.NAME_OMBUDSMAN: "Name the ombudsman",
    Duty.EXPLAIN_ESCALATION: "Say how it goes on",
    Duty.DECIDE_ESCALATION: "Manager decides",
    Duty.ANSWER_OMBUDSMAN: "Answer the ombudsman",
    Duty.ANSWER_PRIVACY: "Answer about privacy",
    Duty.SETTLE_DISPUTE: "Settle the dispute",
    Duty.SETTLE_IN_GROUP: "Settle it in the group",
    Duty.FOLLOW_UP: "Ask again",
    Duty.DECIDE_CLOSING: "Close or go on",
}


def how_to_reach(complaint: Complaint, at: datetime) -> str:
    """How who complains without a log-in wants to be reached; empty for everybody else."""
    if complaint.lodged_by_id is None:
        return f"{complaint.caller_name}: they read this on the page where they follow it"
    if not complaint.caller_name:
        return ""
    reach = f"{complaint.caller_name}: {complaint.caller_contact or 'no contact given'}"
    hours = calling_hours(complaint, at)
    return f"{reach}. {_now(complaint, hours)}" if hours else reach


def hours_to_call(complaint: Complaint, at: datetime) -> str:
    """Whether they can be rung now, and by when they have to be for what is owed next."""
    hours = calling_hours(complaint, at)
    if hours is None:
        return ""
    last = "" if complaint.state in OVER else _last(complaint, at)
    return f"{_now(complaint, hours)} {last}".strip()


def _now(complaint: Complaint, hours: CallingHours) -> str:
    zone = zone_of(complaint.account)
    if hours.is_open and hours.until is not None:
        return f"You can ring now, until {hours.until.astimezone(zone):%H:%M}."
    if hours.next_at is None:
        return "Do not ring now: no hours are known."
    start = hours.next_at.astimezone(zone)
    return f"Do not ring now: next on {in_words(start.date())} at {start:%H:%M}."


def _last(complaint: Complaint, at: datetime) -> str:
    first = owed(complaint).exclude(duty__in=IN_THE_BACKGROUND).order_by("due_at").first()
    last = last_call(complaint, first.due_on, at) if first else None
    if first is None or last is None:
        return ""
    here = last.astimezone(zone_of(complaint.account))
    what = SHORT[Duty(first.duty)]
    return f"{what}: to be in time, ring by {in_words(here.date())}, {here:%H:%M}."
