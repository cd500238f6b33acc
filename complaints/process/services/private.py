"""Private complaints stay in the hands of their officers, and are never left with nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

from complaints.tickets.models import Complaint
from complaints.tickets.services import officers_of
from complaints.tickets.states import OVER
from parties.accounts.models import Provider
from parties.authority.selectors import who_sees
from parties.people.selectors import administrators_of
from parties.people.states import StaffData
from records.deadlines.models import Deadline
from records.deadlines.states import Status
from records.notices.models import Notice
from records.notices.services import Sender, give_notice
from records.sweeps import each

from .handling import leave_to_officers
from .steps import locked

UNSEEN = "private_unseen"
# Whoever can name an officer is told again after this long, until there is one.
AGAIN = timedelta(hours=24)


def mind_private(*, at: datetime) -> int:
    """Keep private complaints with who may know of them; return how many were put right or told.

    One in the hands of somebody who may not know of it, as after a change of roles, goes back to
    the officers with its reminders. Where a provider has no officer its administrators hear that
    something private waits, and nothing of what, each day until there is one.
    """
    rows = Complaint.objects.filter(safety_threat=True).exclude(state__in=OVER)

    def give_back(row: Complaint) -> int:
        if not _is_astray(row):
            return 0
        leave_to_officers(locked(row.reference), at=at)
        return 1

    done = each(rows.select_related("account__customer__provider"), give_back, at=at)
    waiting = Provider.objects.filter(pk__in=rows.values("account__customer__provider"))
    return done + sum(_tell_of_unseen(provider, at) for provider in waiting)


def _is_astray(row: Complaint) -> bool:
    """Whether somebody who may not know of it has it in hand, or is reminded of it."""
    officers = {one.pk: one.email for one in officers_of(row)}
    if row.assigned_to_id is not None and row.assigned_to_id not in officers:
        return True
    owed = Deadline.objects.filter(subject=row.reference, status=Status.OPEN)
    told = set(owed.values_list("owner_email", flat=True))
    return bool(told - (set(officers.values()) or {""}))


def _tell_of_unseen(provider: Provider, at: datetime) -> int:
    """Tell who can name an officer that something waits, unless they heard within a day."""
    if who_sees(StaffData.PRIVATE, provider).exists():
        return 0
    lately = Notice.objects.filter(kind=UNSEEN, subject_ref=provider.key, given_at__gt=at - AGAIN)
    heard = set(lately.values_list("to", flat=True))
    named = {one.email for one in administrators_of(provider)} or {provider.complaints_email}
    for address in sorted(named - heard):
        give_notice(
            kind=UNSEEN,
            to=address,
            sender=Sender(name="Complaints desk"),
            at=at,
            subject_ref=provider.key,
            context={"whose": provider.name},
        )
    return len(named - heard)
