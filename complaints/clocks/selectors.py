"""Questions about days that no deadline keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from complaints.tickets.models import Complaint
from complaints.tickets.states import Act, Answer, CallDays, Topic
from parties.accounts.selectors import binding
from parties.authority.selectors import local_day
from terms import rules
from terms.calendar import Calendar, OutsideCalendar
from terms.calendar import State as Region
from terms.clause import as_json
from terms.profile import TermsSilent


@dataclass(frozen=True, kw_only=True)
class Regulator:
    """From which day the privacy regulator (OAIC) can be asked, and why; None: it need not be."""

    opens_on: date | None
    because: list[dict[str, Any]]


def privacy_regulator(complaint: Complaint, *, answered: bool = True) -> Regulator | None:
    """From when a complaint about privacy can go to the regulator; None for any other complaint.

    Without an answer after the days that the terms name; with one that the customer is not known
    to be content with, at once (VP-PRV-15). Not `answered`: as if none had been given.
    """
    if complaint.topic != Topic.PRIVACY:
        return None
    account = complaint.account
    received_on = local_day(account, complaint.received_at)
    outcome_on, satisfied = _outcome(complaint) if answered else (None, None)
    bound = binding(account, received_on, version=complaint.version)
    try:
        answer = bound.decide(
            rules.privacy_complaint,
            received_on=received_on,
            outcome_on=outcome_on,
            satisfied=satisfied,
        )
    except TermsSilent as silence:
        return Regulator(opens_on=None, because=as_json(silence.because))
    return Regulator(opens_on=answer.oaic_from, because=as_json(answer.because))


def _outcome(complaint: Complaint) -> tuple[date | None, bool | None]:
    """The day of our first answer, and whether the customer is content with the last."""
    refused = complaint.events.filter(act=Act.REFUSE).order_by("at").first()
    rows = list(complaint.proposals.order_by("offered_at", "pk"))
    days = [row.offered_at for row in rows] + ([refused.at] if refused else [])
    if not days:
        return None, None
    content = {Answer.ACCEPTED: True, Answer.DECLINED: False}
    satisfied = False if refused else content.get(Answer(rows[-1].answer))
    return local_day(complaint.account, min(days)), satisfied


FRIDAY = 4
# So far ahead hours are looked for; no run of days off is longer.
AHEAD = 30


@dataclass(frozen=True, kw_only=True)
class CallingHours:
    """Whether somebody who named their hours can be rung now, and else from when.

    `until` ends the hours that run; `next_at` begins the next ones, None where none is known.
    """

    is_open: bool
    until: datetime | None
    next_at: datetime | None


def calling_hours(complaint: Complaint, at: datetime) -> CallingHours | None:
    """When the caller whose complaint it is may be rung (RF-DFV-01); None: they named no hours."""
    if complaint.caller_opens is None and complaint.caller_days == CallDays.ANY:
        return None
    days = _calling_days(complaint)
    today = local_day(complaint.account, at)
    for offset in range(AHEAD):
        day = today + timedelta(days=offset)
        found = _window(complaint, days, day)
        if found is None or found[1] <= at:
            continue
        opens, closes = found
        is_open = opens <= at
        return CallingHours(
            is_open=is_open,
            until=closes if is_open else None,
            next_at=None if is_open else opens,
        )
    return CallingHours(is_open=False, until=None, next_at=None)


def last_call(complaint: Complaint, due_on: date, at: datetime) -> datetime | None:
    """The end of the last hours in which the caller can be told by the end of a day.

    None where they named none, and where none are left from now on: then it has to be told now or
    late, as they asked.
    """
    if complaint.caller_opens is None and complaint.caller_days == CallDays.ANY:
        return None
    days = _calling_days(complaint)
    for offset in range(AHEAD):
        found = _window(complaint, days, due_on - timedelta(days=offset))
        if found is not None:
            return found[1] if found[1] > at else None
    return None


def _calling_days(complaint: Complaint) -> Calendar:
    bound = binding(complaint.account, local_day(complaint.account, complaint.starts_at))
    return bound.floor.calendar(Region(complaint.account.state))


def _window(complaint: Complaint, days: Calendar, day: date) -> tuple[datetime, datetime] | None:
    """The hours of one day in which they can be rung."""
    if complaint.caller_days != CallDays.ANY and day.weekday() > FRIDAY:
        return None
    try:
        if complaint.caller_days == CallDays.WORKING and not days.is_working_day(day):
            return None
    except OutsideCalendar:
        return None
    zone = Region(complaint.account.state).zone
    opens = datetime.combine(day, complaint.caller_opens or time.min, zone)
    if complaint.caller_closes is None:
        return opens, datetime.combine(day + timedelta(days=1), time.min, zone)
    return opens, datetime.combine(day, complaint.caller_closes, zone)
