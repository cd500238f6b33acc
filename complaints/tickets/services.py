"""Who hears of a complaint, at once where it can't wait, and what it stops while it is open."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from billing.disputes.services import keep_private
from complaints.tickets.models import Complaint
from complaints.tickets.states import Topic
from parties.accounts.models import Account
from parties.accounts.services import block_chasing, lift_block
from parties.accounts.states import BlockKind
from parties.authority import selectors as authority
from parties.people.models import User
from parties.people.selectors import stand_in
from parties.people.states import StaffData, StaffRole
from records.notices.services import Link, Sender, give_notice
from terms.facts import Action


def written_to(complaint: Complaint, at: datetime) -> tuple[str, str]:
    """The email address and the name to which letters about a complaint go.

    Where who lodged it stands on the account no longer, it is no longer theirs to hear.
    """
    person, account = complaint.lodged_by, complaint.account
    on = authority.local_day(account, at)
    if person and authority.may(person, Action.LODGE_COMPLAINT, account, on=on, at=at).allowed:
        return person.email, str(person)
    standing = authority.account_standing(account, on)
    return standing.to_email, standing.to_name


def may_take_down(
    by: User, account: Account, topic: str, at: datetime, *, is_private: bool = False
) -> authority.Decision:
    """Whether somebody of the staff may write down what a customer says about a complaint.

    That is the desk's; a privacy officer's where it is about privacy, or `is_private`: about
    somebody's safety.
    """
    on = authority.local_day(account, at)
    decision = authority.staff_may(by, Action.LODGE_COMPLAINT, account, on=on)
    if decision.allowed or not (is_private or topic == Topic.PRIVACY):
        return decision
    if StaffRole.PRIVACY not in authority.staff_roles(by):
        return decision
    return authority.staff_may(by, Action.DISCUSS_ISSUE, account, on=on)


def tell_desk(
    complaint: Complaint,
    what: str,
    *,
    at: datetime,
    to: list[str] | None = None,
) -> None:
    """Let staff know at once: who has it in hand, or else the desk, or who is named in `to`."""
    owner = in_hand_of(complaint, at)
    for address in to or ([owner.email] if owner else desk_of(complaint)):
        give_notice(
            kind="complaint_staff",
            to=address,
            sender=Sender(name="Complaints desk"),
            at=at,
            account_id=complaint.account_id,
            subject_ref=complaint.reference,
            context={
                "what": what,
                "reference": complaint.reference,
                "is_urgent": complaint.is_urgent,
                "url": Link("complaint-record", complaint.reference).address,
            },
        )


def in_hand_of(complaint: Complaint, at: datetime) -> User | None:
    """Who does the work on a complaint today: who has it in hand, or stands in for them.

    Nobody where that person may not know of it.
    """
    owner = complaint.assigned_to
    if owner is None:
        return None
    today = stand_in(owner, at)
    for one in (today, owner):
        if not complaint.safety_threat or officers_of(complaint).filter(pk=one.pk).exists():
            return one
    return None


def officers_of(complaint: Complaint) -> QuerySet[User]:
    """The staff for whom a private complaint of this account is there."""
    return authority.who_sees(StaffData.PRIVATE, complaint.account.customer.provider)


def managers_of(complaint: Complaint) -> list[str]:
    """The addresses of the team managers who see this account; the desk where there is none.

    A private complaint has its officers in their place.
    """
    if complaint.safety_threat:
        return _officers(complaint)
    return _with_role(complaint, StaffRole.TEAM_MANAGER)


def desk_of(complaint: Complaint) -> list[str]:
    """Who hears of a complaint that nobody has in hand: of one about privacy its officers.

    Of a private one they alone, so nobody where there is none: `tell_of_unseen` says so.
    """
    if complaint.safety_threat:
        return _officers(complaint)
    if complaint.topic == Topic.PRIVACY:
        return _with_role(complaint, StaffRole.PRIVACY)
    return [complaint.account.customer.provider.complaints_email]


def _officers(complaint: Complaint) -> list[str]:
    return list(officers_of(complaint).values_list("email", flat=True))


def _with_role(complaint: Complaint, role: StaffRole) -> list[str]:
    provider = complaint.account.customer.provider
    found = User.objects.filter(is_active=True, is_staff=True, groups__name=role.label)
    mine = [one.email for one in found.order_by("pk") if one.provider_id in (None, provider.pk)]
    return mine or [provider.complaints_email]


def stop_cutting(complaint: Complaint, *, at: datetime) -> None:
    """Let nothing be asked for or cut while a complaint is open that somebody's safety hangs on.

    So it is with one about being cut off, or about money of somebody who asks for help with it;
    what else is contested is held by its amount alone (RF-DFV-03, RF-TCP-18). The same again is
    the same block.
    """
    if complaint.safety_threat:
        kind = BlockKind.SAFETY
        # Learnt later, it makes private what was contested in the open.
        keep_private(complaint=complaint.reference, at=at)
        lift_block(
            account=complaint.account,
            kind=BlockKind.COMPLAINT,
            subject=complaint.reference,
            at=at,
        )
    elif complaint.hardship_related or complaint.disconnection_without_process:
        kind = BlockKind.COMPLAINT
    else:
        return
    block_chasing(
        account=complaint.account,
        kind=kind,
        subject=complaint.reference,
        at=at,
        is_private=complaint.safety_threat,
    )


def allow_cutting(complaint: Complaint, *, at: datetime) -> None:
    """End what an open complaint stopped."""
    for kind in (BlockKind.SAFETY, BlockKind.COMPLAINT):
        lift_block(account=complaint.account, kind=kind, subject=complaint.reference, at=at)
