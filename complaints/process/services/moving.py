"""A complaint that came without a name goes to the account of whom it turns out to be."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from complaints.lodging.models import Attachment, Follow
from complaints.lodging.services import find_followed
from complaints.tickets.models import Complaint
from complaints.tickets.services import allow_cutting, stop_cutting
from complaints.tickets.states import OVER, CallDays, Happening
from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.authority.selectors import local_day
from parties.people.models import User
from parties.security.services import recent_check
from records.audit.services import Actor, record
from records.deadlines.models import Deadline
from terms import facts
from terms.calendar import Channel

from .steps import StepRefused, happen, locked, require_staff


def move_to_account(
    *,
    reference: str,
    account: Account,
    person: User,
    secret: str,
    by: User,
    at: datetime,
) -> Complaint:
    """Move a complaint without a name to the account of who proves that it is theirs.

    They prove two things: that it is theirs, by its secret, and who they are, by a fresh identity
    check on the account. Its days stay as they were told; letters go to them from now on, and the
    secret opens it no longer. The same again changes nothing. Raises StepRefused with what is
    missing, and NotAuthorised for staff or a person who may not complain about the account.
    """
    with transaction.atomic():
        complaint = locked(reference)
        if complaint.lodged_by_id == person.pk and complaint.account_id == account.pk:
            return complaint
        require_staff(complaint, by, at)
        _require_theirs(complaint, account, person, secret, at)
        was, actor = complaint.account, _actor(account, person, by, at)
        allow_cutting(complaint, at=at)
        complaint.account, complaint.lodged_by = account, person
        complaint.role = authority.require(
            person,
            facts.Action.LODGE_COMPLAINT,
            account,
            on=local_day(account, at),
            at=at,
        ).role
        complaint.caller_name, complaint.caller_contact = "", ""
        complaint.caller_days = CallDays.ANY
        complaint.caller_opens = complaint.caller_closes = None
        complaint.told_by = Channel.EMAIL
        complaint.save(
            update_fields=[
                "account",
                "lodged_by",
                "role",
                "caller_name",
                "caller_contact",
                "caller_days",
                "caller_opens",
                "caller_closes",
                "told_by",
            ]
        )
        Attachment.objects.filter(complaint=complaint).update(account=account)
        Deadline.objects.filter(subject=reference).update(account=account)
        Follow.objects.filter(complaint=complaint).delete()
        if complaint.state not in OVER:
            stop_cutting(complaint, at=at)
        record(
            account_id=was.pk,
            at=at,
            action="complaint_moved",
            actor=actor,
            subject=reference,
            is_private=complaint.safety_threat,
        )
        happen(
            complaint,
            Happening.ASSIGN,
            by=by,
            at=at,
            actor=actor,
            text="It came without a name. Who made it proved that it is theirs, and who they are.",
            for_staff_only=True,
        )
    return complaint


def _require_theirs(
    complaint: Complaint, account: Account, person: User, secret: str, at: datetime
) -> None:
    if complaint.lodged_by_id is not None:
        raise StepRefused("It has an account and a name already.")
    if account.customer.provider_id != complaint.account.customer.provider_id:
        raise StepRefused("That account is of another provider.")
    found = find_followed(reference=complaint.reference, secret=secret)
    if found is None or found.pk != complaint.pk:
        raise StepRefused("That is not the secret of this complaint: ask them to read it again.")
    if not recent_check(account, "", at=at, person=person):
        raise StepRefused(
            f"First check who {person} is, on account {account.number}: the check has to be fresh."
        )


def _actor(account: Account, person: User, by: User, at: datetime) -> Actor:
    mine = authority.staff_may(
        by, facts.Action.LODGE_COMPLAINT, account, on=local_day(account, at)
    )
    if not mine.allowed:
        raise authority.NotAuthorised(mine, facts.Action.LODGE_COMPLAINT)
    return Actor(user_id=by.pk, name=str(by), acted_as=mine.role, for_whom=str(person))
