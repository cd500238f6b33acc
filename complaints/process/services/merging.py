"""Two complaints about one matter: answered together, parted again, or named beside each other.

Of two that go on together the one whose days began earlier is answered. The other keeps its words,
its history, what it holds and what it missed; each promise that it had made sooner is owed with
the answer now. What is about somebody's safety goes with nothing else.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from complaints.clocks.services import binding_of, hurry_clocks, owed, set_clock
from complaints.process import selectors
from complaints.tickets.models import Complaint
from complaints.tickets.services import stop_cutting, tell_desk
from complaints.tickets.states import (
    INTERNAL,
    LIFECYCLE,
    Act,
    Duty,
    Happening,
    State,
)
from parties.authority import selectors as authority
from parties.authority.selectors import local_day
from parties.people.models import User
from records.deadlines.models import Deadline
from records.deadlines.services import drop_deadlines
from records.deadlines.states import Status
from records.notices.models import Notice
from terms.calendar import State as Region

from .steps import StepRefused, happen, letter, locked, require_staff, step

TOGETHER = (
    "This complaint and another one on this account are about the same matter, so we answer both "
    "together. Nothing that was said is lost, and the earlier day counts. If they are about two "
    "different things, tell us: then we answer each by itself."
)
HEADLINE = "We answer your complaint together with another"
APART_HEADLINE = "We answer your complaint by itself"
APART = (
    "We answer this complaint by itself again, not together with another one. Its days count from "
    "when it came to us."
)


def merge_complaints(
    *, reference: str, other: Complaint, by: User, at: datetime, text: str = ""
) -> Complaint:
    """Answer two complaints of one account together; return the one that goes on.

    That is the one whose days began earlier. Both persons are told, `text` being a word to both.
    The same again changes nothing. Raises StepRefused with what stands against it.
    """
    with transaction.atomic():
        one, two = _both_locked(reference, other.reference)
        require_staff(one, by, at)
        if one.merged_into_id == two.pk and one.state == State.MERGED:
            return two
        if two.merged_into_id == one.pk and two.state == State.MERGED:
            return one
        if why := selectors.why_not_together(one, two):
            raise StepRefused(why)
        kept, gone = selectors.in_order(one, two)
        actor = authority.with_customer(by, require_staff(kept, by, at))
        _take_over(kept, gone, at)
        body = "\n\n".join(filter(None, [TOGETHER, text]))
        notice = _tell(gone, kept, HEADLINE, body, at)
        step(gone, Act.MERGE, by=by, at=at, text=body, notice=notice)
        drop_deadlines(subject=gone.reference, at=at)
        gone.merged.filter(state=State.MERGED).update(merged_into=kept)
        gone.merged_into, gone.merged_at = kept, at
        gone.save(update_fields=["merged_into", "merged_at"])
        if kept.lodged_by_id != gone.lodged_by_id:
            notice = _tell(kept, kept, HEADLINE, body, at)
        happen(kept, Happening.JOIN, by=by, at=at, text=body, actor=actor, notice=notice)
    return kept


def _both_locked(*references: str) -> tuple[Complaint, Complaint]:
    """Both complaints, locked in one order whichever was named first."""
    rows = {reference: locked(reference) for reference in sorted(references)}
    return rows[references[0]], rows[references[1]]


def _tell(
    complaint: Complaint, answered: Complaint, headline: str, body: str, at: datetime
) -> Notice | None:
    """Tell who made a complaint how it goes on, and by when the one that is `answered` is so.

    The letter names no other complaint: one that turns out to be private would be named with it.
    """
    due = owed(answered, Duty.PROPOSE).order_by("due_at").last()
    return letter(
        complaint,
        headline,
        body,
        at=at,
        names_ombudsman=False,
        day=due.due_on if due else None,
        day_label="You get our answer by",
    )


def _take_over(kept: Complaint, gone: Complaint, at: datetime) -> None:
    """Owe with the one what the other was promised: its urgency, its manager, each earlier day."""
    if gone.is_urgent and not kept.is_urgent:
        for name in ("hardship_related", "disconnection_without_process", "priority_assistance"):
            setattr(kept, name, getattr(kept, name) or getattr(gone, name))
        kept.is_urgent, kept.urgent_because = True, gone.urgent_because
        kept.save()
        stop_cutting(kept, at=at)
        hurry_clocks(kept, at=at)
    if gone.escalated_at is not None and kept.escalated_at is None:
        kept.escalated_at = gone.escalated_at
        kept.save(update_fields=["escalated_at"])
    for row in _running(gone):
        mine = owed(kept, Duty(row.duty)).order_by("due_at").last()
        if mine is None or row.due_at < mine.due_at:
            _set_again(kept, row, row.due_on, at)


def _running(complaint: Complaint) -> list[Deadline]:
    rows = Deadline.objects.filter(subject=complaint.reference, status=Status.OPEN)
    return list(rows.exclude(duty__in=INTERNAL).order_by("pk"))


def _set_again(complaint: Complaint, row: Deadline, due_on: date, at: datetime) -> None:
    """Owe on a complaint what a deadline says; a day told in a letter is kept as one."""
    same_day = due_on == row.due_on
    bound = binding_of(complaint, on=local_day(complaint.account, at))
    duty = Duty(row.duty)
    due_at = row.due_at if same_day else None
    set_clock(complaint, duty, due_on, row.because, bound, at=at, due_at=due_at)
    if duty == Duty.PROPOSE:
        complaint.promised_on = due_on
        complaint.save(update_fields=["promised_on"])


def split_complaint(*, reference: str, by: User, at: datetime) -> Complaint:
    """Answer a complaint by itself again; its days are those that it had, or as was told since.

    Where a day is over that we kept towards both, it is owed by the next working day. Both persons
    are told. Raises IllegalStep for one that goes on with no other, and NotAuthorised.
    """
    with transaction.atomic():
        gone = locked(reference)
        kept = gone.merged_into
        event = step(gone, Act.SPLIT, by=by, at=at, text=APART)
        if kept is None:
            return gone
        _part(gone, kept, at)
        event.notice = _tell(gone, gone, APART_HEADLINE, APART, at)
        event.save(update_fields=["notice"])
        notice = event.notice
        if kept.lodged_by_id != gone.lodged_by_id:
            notice = _tell(kept, kept, APART_HEADLINE, APART, at)
        happen(kept, Happening.PART, by=by, at=at, text=APART, notice=notice)
    return gone


def _part(gone: Complaint, kept: Complaint, at: datetime) -> None:
    """Let the days of a complaint run again that ended when it went on with another."""
    promised = kept.events.filter(act=Happening.EXPLAIN_DELAY, at__gte=gone.merged_at).exists()
    if promised:
        gone.promised_on = kept.promised_on
    ended = Deadline.objects.filter(
        subject=gone.reference,
        status=Status.SUPERSEDED,
        done_at=gone.merged_at,
        superseded_by__isnull=True,
    ).exclude(duty__in=INTERNAL)
    today = local_day(gone.account, at)
    for row in ended.order_by("pk"):
        if promised and row.duty == Duty.EXPLAIN_DELAY:
            continue
        due_on = row.due_on
        if promised and row.duty == Duty.PROPOSE and kept.promised_on is not None:
            due_on = kept.promised_on
        if due_on < today and _kept_since(kept, row.duty, gone.merged_at):
            calendar = binding_of(gone, on=today).calendar(Region(gone.account.state))
            due_on = calendar.nth_working_day(today, 1)
        _set_again(gone, row, due_on, at)
    gone.merged_into, gone.merged_at = None, None
    gone.save(update_fields=["merged_into", "merged_at", "promised_on"])


def _kept_since(kept: Complaint, duty: str, since: datetime | None) -> bool:
    rows = Deadline.objects.filter(subject=kept.reference, duty=duty, status=Status.MET)
    return rows.filter(done_at__gte=since).exists()


def part_all(complaint: Complaint, *, at: datetime) -> None:
    """Let each one that goes on with a complaint go on by itself, because this one ends otherwise.

    It was withdrawn, refused as vexatious, or turned out to be about somebody's safety: nothing of
    that is told with the others.
    """
    for gone in complaint.merged.filter(state=State.MERGED):
        row = locked(gone.reference)
        row.state = LIFECYCLE.after(State(row.state), Act.SPLIT)
        row.save(update_fields=["state"])
        _part(row, complaint, at)
        notice = _tell(row, row, APART_HEADLINE, APART, at)
        happen(row, Act.SPLIT, by=None, at=at, text=APART, notice=notice)
        tell_desk(row, "It goes on by itself again", at=at)


def link_complaints(*, reference: str, other: Complaint, by: User, at: datetime) -> Complaint:
    """Show two complaints of one account to staff beside each other; each is answered by itself.

    The same again changes nothing. Raises StepRefused for one of another account, and where one of
    them is about somebody's safety.
    """
    with transaction.atomic():
        one, two = _both_locked(reference, other.reference)
        actor = authority.with_customer(by, require_staff(one, by, at))
        if why := selectors.why_not_linked(one, two):
            raise StepRefused(why)
        if one.related.filter(pk=two.pk).exists():
            return one
        one.related.add(two)
        for row in (one, two):
            happen(
                row,
                Happening.LINK,
                by=by,
                at=at,
                # A reference in the history would outlive the link.
                text="Another complaint of this account is named beside it.",
                actor=actor,
                for_staff_only=True,
            )
    return one


def unlink_complaints(*, reference: str, other: Complaint, by: User, at: datetime) -> Complaint:
    """Show two complaints beside each other no longer."""
    with transaction.atomic():
        one, two = _both_locked(reference, other.reference)
        actor = authority.with_customer(by, require_staff(one, by, at))
        if not one.related.filter(pk=two.pk).exists():
            return one
        one.related.remove(two)
        for row in (one, two):
            happen(
                row,
                Happening.UNLINK,
                by=by,
                at=at,
                text="Another complaint is named beside it no longer.",
                actor=actor,
                for_staff_only=True,
            )
    return one
