"""Which records of all rooms are there for a member of staff, where something private is at stake.

What follows from a complaint about somebody's safety is as private as the complaint: for whoever
does not hold the privacy role it is in no list, count, search or history.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from complaints.tickets.models import Complaint
from complaints.tickets.selectors import not_private
from parties.accounts.models import Account
from parties.authority.selectors import sees_in_lists
from parties.people.models import User
from parties.people.states import StaffData
from records.audit.models import Entry
from records.deadlines.models import Deadline
from records.documents.models import Document
from records.notices.models import Notice
from records.notices.selectors import not_redirected


def sees_private(user: User) -> bool:
    """Whether somebody holds the role for which private complaints are there."""
    return sees_in_lists(user, StaffData.PRIVATE)


def is_private_read(user: User, account: Account) -> bool:
    """Whether that somebody looked at an account would hint at something private there.

    Privacy officers look where a private complaint is; their looks are none of the account's
    history then.
    """
    private = Complaint.objects.filter(account=account, safety_threat=True)
    return sees_private(user) and private.exists()


def messages_known_to(user: User, rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """The messages that tell no more than somebody may know of safe contacts and complaints."""
    if not sees_in_lists(user, StaffData.SAFETY):
        rows = not_redirected(rows)
    return _known(user, rows, "subject_ref")


def papers_known_to(user: User, rows: QuerySet[Document]) -> QuerySet[Document]:
    """The documents that belong to nothing private, or all."""
    return _known(user, rows, "subject")


def clocks_known_to(user: User, rows: QuerySet[Deadline]) -> QuerySet[Deadline]:
    """The deadlines of what somebody may know of."""
    return _known(user, rows, "subject")


def entries_known_to(user: User, rows: QuerySet[Entry]) -> QuerySet[Entry]:
    """The audit trail without what is private, and without what names something private."""
    if sees_private(user):
        return rows
    return not_private(rows.filter(is_private=False), "subject")


def _known(user: User, rows: QuerySet[Any], field: str) -> QuerySet[Any]:
    return rows if sees_private(user) else not_private(rows, field)
