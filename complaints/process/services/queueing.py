"""Keep on each complaint what it owes first, so that the queue is read by an index."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save

from complaints.process.selectors import first_owed
from complaints.tickets.models import Complaint
from complaints.tickets.states import OVER
from records.deadlines.models import Deadline
from records.deadlines.states import Status

# What a save has to touch to change what is owed first; None: all of it was saved.
OF_DEADLINE, OF_COMPLAINT = frozenset({"status"}), frozenset({"state"})
FIRST = ("first_due_at", "first_due_on", "first_duty")


def keep_order() -> None:
    """Watch deadlines and complaints from now on; called once, when Django is set up."""
    post_save.connect(_deadline_saved, sender=Deadline, dispatch_uid="complaints.queue.deadline")
    post_save.connect(_complaint_saved, sender=Complaint, dispatch_uid="complaints.queue")


def settle_first(reference: str) -> None:
    """Note what is owed first about a complaint that is read and locked here.

    Whoever sweeps deadlines holds one of them and must not wait for a complaint that somebody
    else holds and who waits for that deadline: then it is noted once this transaction is over.
    """
    found = _locked(reference, skip_locked=True)
    if found is None:
        transaction.on_commit(partial(_settle_later, reference))
    else:
        _note(found)


def _settle_later(reference: str) -> None:
    with transaction.atomic():
        if (found := _locked(reference)) is not None:
            _note(found)


def _locked(reference: str, **how: Any) -> Complaint | None:
    rows = Complaint.objects.select_for_update(of=("self",), **how).filter(reference=reference)
    return rows.only("pk", "reference", "state", *FIRST).first()


def _note(complaint: Complaint) -> None:
    row = None if complaint.state in OVER else first_owed(complaint.reference)
    now = (row.due_at, row.due_on, row.duty) if row else (None, None, "")
    if now != tuple(getattr(complaint, name) for name in FIRST):
        Complaint.objects.filter(pk=complaint.pk).update(**dict(zip(FIRST, now, strict=True)))


def _deadline_saved(instance: Deadline, update_fields: Any, **_: Any) -> None:
    """A day that is over and missed is owed as before; everything else may change the order."""
    touched = update_fields is None or OF_DEADLINE & set(update_fields)
    unchanged = update_fields is not None and instance.status in (Status.OPEN, Status.MISSED)
    if touched and not unchanged and instance.subject.startswith("C-"):
        settle_first(instance.subject)


def _complaint_saved(instance: Complaint, update_fields: Any, **_: Any) -> None:
    if update_fields is None or OF_COMPLAINT & set(update_fields):
        settle_first(instance.reference)
