"""Keep the records of a complaint beyond their time, for a reason that is said."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from complaints.tickets.models import Complaint
from complaints.tickets.states import Happening
from parties.authority import selectors as authority
from parties.people.models import User

from .steps import StepRefused, happen, locked, require_manager


def keep_records(*, reference: str, by: User, text: str, at: datetime) -> Complaint:
    """Keep them until a manager says otherwise: a court, a claim or a regulator needs them.

    Raises NotAuthorised, and StepRefused where they are kept already.
    """
    return _mark(reference, by, Happening.KEEP, text, at)


def release_records(*, reference: str, by: User, text: str, at: datetime) -> Complaint:
    """Let them go once their time is over. Raises NotAuthorised, StepRefused."""
    return _mark(reference, by, Happening.RELEASE, text, at)


def _mark(reference: str, by: User, what: Happening, text: str, at: datetime) -> Complaint:
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_manager(complaint, by, at))
        is_kept = bool(complaint.kept_because)
        if is_kept == (what == Happening.KEEP):
            raise StepRefused(
                f"They are kept already: {complaint.kept_because}"
                if is_kept
                else "Nothing keeps them beyond their time."
            )
        complaint.kept_because = "" if is_kept else text[:300]
        complaint.save(update_fields=["kept_because"])
        happen(complaint, what, by=by, at=at, actor=actor, text=text[:300], for_staff_only=True)
    return complaint
