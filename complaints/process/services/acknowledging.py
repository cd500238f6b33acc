"""Acknowledge: when the email has gone out, or as staff told it another way."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from complaints.process.selectors import STUCK
from complaints.tickets.models import Complaint
from complaints.tickets.states import Act, Duty, State
from parties.authority import selectors as authority
from parties.people.models import User
from records.deadlines.services import meet_deadline
from records.notices.services import mark_told
from records.notices.states import GIVEN
from records.notices.states import Status as NoticeStatus
from records.sweeps import each
from terms.calendar import Channel

from . import steps
from .steps import StepRefused, locked, require_staff


def acknowledge_sent(*, at: datetime) -> int:
    """Mark complaints as acknowledged whose acknowledgement was given; return how many.

    However it was given: sent, or told by phone, letter or in person.
    """
    given = Complaint.objects.filter(
        state=State.RECEIVED, acknowledgement__status__in=GIVEN
    ).select_related("acknowledgement")
    return each(given, _acknowledge, at=at)


def _acknowledge(row: Complaint) -> int:
    notice = row.acknowledgement
    complaint = locked(row.reference)
    if complaint.state != State.RECEIVED or notice is None or notice.sent_at is None:
        return 0
    told = notice.status == NoticeStatus.TOLD
    text = "Told by our staff." if told else f"Sent by {notice.get_channel_display().lower()}."
    steps.step(complaint, Act.ACKNOWLEDGE, by=None, at=notice.sent_at, text=text)
    meet_deadline(subject=complaint.reference, duty=Duty.ACKNOWLEDGE, at=notice.sent_at)
    return 1


def acknowledge_by_hand(
    *,
    reference: str,
    by: User,
    channel: Channel,
    at: datetime,
    told_at: datetime | None = None,
    names_ombudsman: bool = False,
    text: str = "",
    from_now_on: bool = False,
) -> Complaint:
    """Note that staff told the customer of reference and expected day, and when.

    It counts like an email (RF-CMP-02). `from_now_on`: letters about it go that way, too. Raises
    StepRefused for a moment before receipt or still to come.
    """
    with transaction.atomic():
        complaint = locked(reference)
        moment = told_at or at
        if moment > at:
            raise StepRefused("That moment is still to come: say when you told the customer.")
        if moment < complaint.starts_at.replace(second=0, microsecond=0):
            raise StepRefused("That was before the complaint came in: check day and time.")
        # A clock that people read shows no seconds.
        moment = max(moment, complaint.starts_at)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        said = text or f"Told by {channel.value.replace('_', ' ')}."
        steps.step(
            complaint, Act.ACKNOWLEDGE, by=by, at=moment, text=said, actor=actor, channel=channel
        )
        meet_deadline(subject=reference, duty=Duty.ACKNOWLEDGE, at=moment)
        if names_ombudsman:
            meet_deadline(subject=reference, duty=Duty.NAME_OMBUDSMAN, at=moment)
        if from_now_on:
            complaint.told_by = channel
            complaint.save(update_fields=["told_by"])
        notice = complaint.acknowledgement
        if notice is not None and notice.status in STUCK:
            mark_told(notice=notice, by=actor, at=moment)
    return complaint
