"""Set, meet and replace deadlines; remind before they end and flag them when they are missed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from records.audit.services import record
from records.notices.models import Notice
from records.notices.services import Link, Sender, give_notice
from records.notices.states import GIVEN
from records.sweeps import each

from .models import Deadline, Reminder
from .states import LIFECYCLE, Act, Stage, Status

OPENING = time(9, 0)
CORRECTABLE = (Status.OPEN, Status.MISSED, Status.MET_LATE)


def set_deadline(
    *,
    account_id: int,
    subject: str,
    duty: str,
    title: str,
    due_on: date,
    remind_on: date,
    zone: str,
    at: datetime,
    because: list[dict[str, Any]],
    about: str,
    owner_email: str = "",
    due_at: datetime | None = None,
) -> Deadline:
    """Open a deadline; an open one for the same duty is kept and marked as replaced.

    One that was missed by then stays missed. `about` says what kind of thing the subject is, in
    words: "complaint". `due_at` is the instant where the law counts hours; by itself the end of
    the day `due_on`.
    """
    with transaction.atomic():
        earlier = _locked(subject, [duty], Status.OPEN)
        for old in earlier:
            _end(old, at)
        deadline = Deadline(
            account_id=account_id,
            subject=subject,
            duty=duty,
            title=title,
            due_on=due_on,
            due_at=due_at or _end_of(due_on, zone),
            remind_on=remind_on,
            zone=zone,
            set_at=at,
            because=because,
            owner_email=owner_email,
            about=about,
        )
        deadline.next_look_at = _next_look(deadline, at, done=())
        deadline.save()
        for old in earlier:
            old.superseded_by = deadline
            old.save(update_fields=["superseded_by"])
    return deadline


def correct_deadline(
    *,
    deadline: Deadline,
    due_on: date,
    remind_on: date,
    because: list[dict[str, Any]],
    at: datetime,
) -> Deadline | None:
    """Replace a deadline whose day turned out to be another: a state proclaimed a holiday.

    One that was flagged meanwhile is open again, or was met in time, if the right day is later;
    the wrong one stays on record. None if it was ended by somebody else meanwhile.
    """
    with transaction.atomic():
        old = Deadline.objects.select_for_update().get(pk=deadline.pk)
        before, due_at = Status(old.status), _end_of(due_on, old.zone)
        if before not in CORRECTABLE:
            return None
        old.status = LIFECYCLE.after(before, Act.CORRECT)
        old.next_look_at = None
        old.save(update_fields=["status", "next_look_at"])
        new = Deadline.objects.get(pk=old.pk)
        new.pk, new._state.adding = None, True
        new.due_on, new.due_at, new.remind_on = due_on, due_at, remind_on
        new.set_at, new.because = at, because
        new.problem, new.problem_at = "", None
        if before == Status.MET_LATE and old.done_at is not None:
            new.status = Status.MET if old.done_at < due_at else Status.MET_LATE
        else:
            # One that is over now and not flagged yet is flagged by the sweep, with a reminder.
            still_missed = before == Status.MISSED and at >= due_at
            new.status, new.done_at = Status.MISSED if still_missed else Status.OPEN, None
        new.next_look_at = _next_look(new, at, done=())
        new.save()
        old.superseded_by, old.done_at = new, at
        old.save(update_fields=["superseded_by", "done_at"])
        record(
            account_id=old.account_id,
            at=at,
            action="correct_deadline",
            subject=old.subject,
            before={"due_on": old.due_on.isoformat(), "status": before},
            after={"duty": old.duty, "due_on": due_on.isoformat(), "status": new.status},
            because=because,
        )
    return new


def discharge_by(*, deadline: Deadline, notice: Notice) -> None:
    """Name the notice that does the duty at the moment it is given."""
    deadline.notice = notice
    deadline.save(update_fields=["notice"])


def meet_deadline(*, subject: str, duty: str, at: datetime) -> Deadline | None:
    """Mark the duty as done at that moment, late if it was over; None if no such duty is owed."""
    with transaction.atomic():
        owed = _locked(subject, [duty], Status.OPEN, Status.MISSED)
        for deadline in owed:
            _meet(deadline, at)
    return owed[-1] if owed else None


def drop_deadlines(*, subject: str, at: datetime, duties: Iterable[str] | None = None) -> int:
    """Close what is still open about a subject that is over; what was missed stays missed."""
    with transaction.atomic():
        owed = _locked(subject, duties, Status.OPEN)
        for deadline in owed:
            _end(deadline, at)
    return len(owed)


def remind_and_flag(*, at: datetime) -> int:
    """Remind owners of deadlines that come near and flag those that were missed."""
    given = Deadline.objects.filter(
        status__in=[Status.OPEN, Status.MISSED],
        notice__isnull=False,
        notice__status__in=GIVEN,
    )
    each(given, lambda row: _look_at(row, at), at=at)
    due = Deadline.objects.filter(status=Status.OPEN, next_look_at__lte=at)
    return each(due.order_by("next_look_at"), lambda row: _look_at(row, at), at=at)


def _look_at(row: Deadline, at: datetime) -> int:
    deadline = (
        Deadline.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("notice")
        .prefetch_related("reminders")
        .filter(pk=row.pk, status__in=[Status.OPEN, Status.MISSED])
        .first()
    )
    if deadline is None:
        return 0
    notice = deadline.notice
    if notice is not None and notice.status in GIVEN and notice.sent_at is not None:
        _meet(deadline, notice.sent_at)
    elif deadline.status == Status.OPEN:
        _look(deadline, at)
    return 1


def _look(deadline: Deadline, at: datetime) -> None:
    done = {reminder.stage for reminder in deadline.reminders.all()}
    stage = _stage(deadline, at)
    if stage is not None and stage not in done:
        _remind(deadline, stage, at)
        done.add(stage)
    if stage == Stage.MISSED:
        _miss(deadline, at)
    deadline.next_look_at = _next_look(deadline, at, done=done)
    deadline.save(update_fields=["status", "next_look_at"])


def _locked(subject: str, duties: Iterable[str] | None, *statuses: Status) -> list[Deadline]:
    rows = Deadline.objects.select_for_update().filter(subject=subject, status__in=statuses)
    if duties is not None:
        rows = rows.filter(duty__in=list(duties))
    return list(rows.order_by("due_at", "pk"))


def _meet(deadline: Deadline, at: datetime) -> None:
    if at < deadline.due_at:
        deadline.status = LIFECYCLE.after(Status(deadline.status), Act.MEET_IN_TIME)
    else:
        _miss(deadline, at)
        deadline.status = LIFECYCLE.after(Status(deadline.status), Act.MEET)
    deadline.done_at, deadline.next_look_at = at, None
    deadline.save(update_fields=["status", "done_at", "next_look_at"])


def _end(deadline: Deadline, at: datetime) -> None:
    """End what nobody owes any longer; if its day was over by then, it was missed for good."""
    if at >= deadline.due_at:
        _miss(deadline, at)
    else:
        deadline.status = LIFECYCLE.after(Status(deadline.status), Act.SUPERSEDE)
        deadline.done_at = at
    deadline.next_look_at = None
    deadline.save(update_fields=["status", "done_at", "next_look_at"])


def _miss(deadline: Deadline, at: datetime) -> None:
    if deadline.status != Status.OPEN:
        return
    deadline.status = LIFECYCLE.after(Status.OPEN, Act.MISS)
    record(
        account_id=deadline.account_id,
        at=at,
        action="miss_deadline",
        subject=deadline.subject,
        after={"duty": deadline.duty, "due_on": deadline.due_on.isoformat()},
        because=deadline.because,
    )


def _end_of(day: date, zone: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))


def _instants(deadline: Deadline) -> dict[Stage, datetime]:
    zone = ZoneInfo(deadline.zone)
    return {
        Stage.SOON: datetime.combine(deadline.remind_on, OPENING, zone),
        Stage.TODAY: datetime.combine(deadline.due_on, OPENING, zone),
        Stage.MISSED: deadline.due_at,
    }


def _stage(deadline: Deadline, at: datetime) -> Stage | None:
    """The latest stage that has been reached: after an outage the earlier ones are skipped."""
    reached = [stage for stage, instant in _instants(deadline).items() if instant <= at]
    return reached[-1] if reached else None


def _next_look(deadline: Deadline, at: datetime, done: Iterable[str]) -> datetime | None:
    if deadline.status != Status.OPEN:
        return None
    ahead = [instant for stage, instant in _instants(deadline).items() if stage not in done]
    later = [instant for instant in ahead if instant > at]
    return min(later, default=deadline.due_at)


def _record_link(deadline: Deadline) -> Link:
    """Where staff see what it is about."""
    return Link(f"{deadline.about.replace(' ', '-')}-record", deadline.subject)


def _remind(deadline: Deadline, stage: Stage, at: datetime) -> None:
    notice = None
    if deadline.owner_email:
        notice = give_notice(
            kind="deadline_staff",
            to=deadline.owner_email,
            sender=Sender(name=f"{deadline.about.capitalize()} deadlines"),
            at=at,
            account_id=deadline.account_id,
            subject_ref=deadline.subject,
            because=deadline.because,
            context={
                "stage": stage.value,
                "stage_label": stage.label,
                "reference": deadline.subject,
                "title": deadline.title,
                "duty": deadline.duty,
                "due_on": deadline.due_on,
                "about": deadline.about,
                "url": _record_link(deadline).address,
            },
        )
    Reminder.objects.create(deadline=deadline, stage=stage, at=at, notice=notice)
