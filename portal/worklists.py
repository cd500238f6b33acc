"""What staff have to do now: counts that lead to the list behind them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from billing.models import RunProblem
from complaints.models import Complaint
from complaints.states import OVER, State
from contracts.models import PlanChange
from contracts.states import PlanChangeState
from parties.models import Account, Appointment, User
from parties.selectors import to_check
from records.deadlines.models import Deadline
from records.deadlines.states import Status
from records.notices.models import Notice
from records.notices.states import Status as NoticeStatus


def worklists(user: User, at: datetime) -> list[dict[str, Any]]:
    """The worklists a staff member may open, confined to their provider."""
    complaints = Complaint.objects.exclude(state__in=OVER)
    deadlines = Deadline.objects.filter(status__in=[Status.OPEN, Status.MISSED])
    problems = RunProblem.objects.all()
    failed = Notice.objects.filter(status=NoticeStatus.FAILED)
    unchecked = to_check(Appointment.objects.all())
    plan_changes = PlanChange.objects.filter(state=PlanChangeState.WAITING)
    if user.provider_id:
        complaints = complaints.filter(account__customer__provider=user.provider_id)
        deadlines = deadlines.filter(account__customer__provider=user.provider_id)
        problems = problems.filter(account__customer__provider=user.provider_id)
        failed = failed.filter(account__customer__provider=user.provider_id)
        unchecked = unchecked.filter(account__customer__provider=user.provider_id)
        plan_changes = plan_changes.filter(
            service__contract__account__customer__provider=user.provider_id
        )
    missed = deadlines.filter(due_at__lte=at).count()
    queue = reverse("admin:complaints_complaint_changelist")
    lists = [
        (
            "complaints.view_complaint",
            "Complaints with a missed duty",
            missed,
            f"{queue}?clock=missed",
            bool(missed),
        ),
        (
            "complaints.view_complaint",
            "Complaints to take in hand",
            complaints.filter(assigned_to__isnull=True).count(),
            f"{queue}?mine=nobody",
            False,
        ),
        (
            "complaints.view_complaint",
            "My complaints",
            complaints.filter(assigned_to=user).count(),
            f"{queue}?mine=me",
            False,
        ),
        (
            "complaints.view_complaint",
            "Answers accepted, to carry out",
            complaints.filter(state=State.IMPLEMENTING).count(),
            f"{queue}?state__exact=implementing",
            False,
        ),
        (
            "parties.view_appointment",
            "Appointments that wait for an identity check",
            unchecked.count(),
            f"{reverse('admin:parties_appointment_changelist')}?check=waits",
            False,
        ),
        (
            "contracts.view_planchange",
            "Plan changes that wait for our word",
            plan_changes.count(),
            f"{reverse('admin:contracts_planchange_changelist')}?state__exact=waiting",
            False,
        ),
        (
            "billing.view_billrun",
            "Accounts that could not be billed",
            problems.count(),
            reverse("admin:billing_runproblem_changelist"),
            problems.exists(),
        ),
        (
            "notices.view_notice",
            "Emails given up",
            failed.count(),
            f"{reverse('admin:notices_notice_changelist')}?status__exact=failed",
            failed.exists(),
        ),
    ]
    return [
        {"title": title, "count": count, "url": url, "overdue": overdue}
        for permission, title, count, url, overdue in lists
        if user.has_perm(permission)
    ]


def is_in_queue(user: User, account: Account, found: Any) -> bool:
    """Whether work in hand leads a member of staff to this record.

    A complaint of theirs leads to the whole account; one that nobody has taken leads those who
    work complaints to itself; an account that could not be billed leads those who bill to it.
    """
    unfinished = Complaint.objects.filter(account=account).exclude(state__in=OVER)
    if unfinished.filter(assigned_to=user).exists():
        return True
    if isinstance(found, Complaint) and user.has_perm("complaints.change_complaint"):
        return found.assigned_to_id is None and found.state not in OVER
    if user.has_perm("billing.add_billrun"):
        return RunProblem.objects.filter(account=account).exists()
    return False
