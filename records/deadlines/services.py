"""Set, meet and replace deadlines; remind before they end and flag them when they are missed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from records.audit.services import record
from records.notices.services import Sender, give_notice

from .models import Deadline, Reminder
from .states import LIFECYCLE, Act, Stage, Status

BATCH = 500
OPENING = time(9, 0)


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
    owner_email: str = "",
    owner_path: str = "",
) -> Deadline:
    """Open a deadline; an open one for the same duty is kept and marked as replaced."""
    with transaction.atomic():
        earlier = list(
            Deadline.objects.select_for_update().filter(
                subject=subject, duty=duty, status__in=[Status.OPEN, Status.MISSED]
            )
        )
        for old in earlier:
            old.status = LIFECYCLE.after(Status(old.status), Act.SUPERSEDE)
            old.done_at = at
            old.save(update_fields=["status", "done_at"])
        deadline = Deadline(
            account_id=account_id,
            subject=subject,
            duty=duty,
            title=title,
            due_on=due_on,
            due_at=datetime.combine(due_on + timedelta(days=1), time(), ZoneInfo(zone)),
            remind_on=remind_on,
            zone=zone,
            set_at=at,
            because=because,
            owner_email=owner_email,
            owner_path=owner_path,
        )
        deadline.next_look_at = _next_look(deadline, at, done=())
        deadline.save()
        for old in earlier:
            old.superseded_by = deadline
            old.save(update_fields=["superseded_by"])
    return deadline


def meet_deadline(*, subject: str, duty: str, at: datetime) -> Deadline | None:
    """Mark the duty as done, late if it was missed; None if no such duty is owed."""
    with transaction.atomic():
        deadline = (
            Deadline.objects.select_for_update()
            .filter(subject=subject, duty=duty, status__in=[Status.OPEN, Status.MISSED])
            .first()
        )
        if deadline is None:
            return None
        if deadline.status == Status.OPEN and at >= deadline.due_at:
            deadline.status = LIFECYCLE.after(Status.OPEN, Act.MISS)
        deadline.status = LIFECYCLE.after(Status(deadline.status), Act.MEET)
        deadline.done_at = at
        deadline.save(update_fields=["status", "done_at"])
    return deadline


def drop_deadlines(*, subject: str, at: datetime, duties: Iterable[str] | None = None) -> int:
    """Close what is still open about a subject that is over; what was missed stays missed."""
    open_ones = Deadline.objects.filter(subject=subject, status=Status.OPEN)
    if duties is not None:
        open_ones = open_ones.filter(duty__in=list(duties))
    return open_ones.update(status=Status.SUPERSEDED, done_at=at)


def remind_and_flag(*, at: datetime) -> int:
    """Remind owners of deadlines that come near and flag those that were missed."""
    looked = 0
    while True:
        with transaction.atomic():
            due = list(
                Deadline.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("account__customer")
                .prefetch_related("reminders")
                .filter(status=Status.OPEN, next_look_at__lte=at)
                .order_by("next_look_at")[:BATCH]
            )
            for deadline in due:
                _look(deadline, at)
        looked += len(due)
        if len(due) < BATCH:
            return looked


def _look(deadline: Deadline, at: datetime) -> None:
    done = {reminder.stage for reminder in deadline.reminders.all()}
    stage = _stage(deadline, at)
    if stage is not None and stage not in done:
        _remind(deadline, stage, at)
        done.add(stage)
    if stage == Stage.MISSED:
        deadline.status = LIFECYCLE.after(Status.OPEN, Act.MISS)
        record(
            account_id=deadline.account_id,
            at=at,
            action="miss_deadline",
            subject=deadline.subject,
            after={"duty": deadline.duty, "due_on": deadline.due_on.isoformat()},
            because=deadline.because,
        )
    deadline.next_look_at = _next_look(deadline, at, done=done)
    deadline.save(update_fields=["status", "next_look_at"])


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


def _remind(deadline: Deadline, stage: Stage, at: datetime) -> None:
    notice = None
    if deadline.owner_email:
        notice = give_notice(
            kind="complaint_deadline_staff",
            to=deadline.owner_email,
            sender=Sender(name="Complaint deadlines"),
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
                "path": deadline.owner_path,
            },
        )
    Reminder.objects.create(deadline=deadline, stage=stage, at=at, notice=notice)
