"""What staff have to do now: counts that lead to the list behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from billing.charging.models import NotBilled
from billing.charging.states import NotBilledReason
from billing.payments.models import GatewayEvent, MoneyRequest, Payment, Refund
from billing.payments.selectors import unmatched, unsolved
from billing.payments.states import RefundState, RequestState
from billing.runs.models import RunProblem
from complaints.tickets.models import Complaint
from complaints.tickets.states import OVER, State
from contracts.supply.models import PlanChange
from contracts.supply.states import PlanChangeState
from parties.accounts.models import Account
from parties.authority.models import Appointment
from parties.authority.selectors import invitation_expired, sees_in_lists, staff_may, to_check
from parties.desk.models import Call
from parties.desk.selectors import calls_to_close
from parties.people.models import User
from parties.people.states import StaffData
from parties.privacy.models import PrivacyRequest
from parties.privacy.states import PrivacyState
from parties.security.models import Pause
from records.deadlines.models import Deadline
from records.deadlines.states import Status
from records.documents.models import Document
from records.documents.states import Status as DocumentStatus
from records.notices.models import Notice
from records.notices.selectors import not_redirected
from records.notices.states import Status as NoticeStatus
from terms.facts import Action


def worklists(user: User, at: datetime) -> list[dict[str, Any]]:
    """The worklists a staff member may open, confined to their provider."""
    lists = [one for area in WORKLISTS for one in area(user, at)]
    return [
        {
            "title": one.title,
            "count": count,
            "url": f"{reverse(f'admin:{one.page}_changelist')}{one.query}",
            "overdue": one.urgent and bool(count),
        }
        for one in lists
        if user.has_perm(one.permission)
        for count in [one.rows.count()]
    ]


@dataclass(frozen=True)
class _List:
    """Work of one kind: who may open it, what it is called, where it lies, what is in it."""

    permission: str
    title: str
    page: str
    query: str
    rows: QuerySet[Any]
    urgent: bool = False


def _confined(user: User, rows: QuerySet[Any], account: str = "account") -> QuerySet[Any]:
    if user.provider_id:
        return rows.filter(**{f"{account}__customer__provider": user.provider_id})
    return rows


def _complaint_lists(user: User, at: datetime) -> list[_List]:
    view, page = "complaints.view_complaint", "complaints_complaint"
    running = _confined(user, Complaint.objects.exclude(state__in=OVER))
    owed = Deadline.objects.filter(status__in=[Status.OPEN, Status.MISSED], due_at__lte=at)
    missed = _confined(user, owed)
    free, mine = running.filter(assigned_to__isnull=True), running.filter(assigned_to=user)
    accepted = running.filter(state=State.IMPLEMENTING)
    return [
        _List(view, "Complaints with a missed duty", page, "?clock=missed", missed, urgent=True),
        _List(view, "Complaints to take in hand", page, "?mine=nobody", free),
        _List(view, "My complaints", page, "?mine=me", mine),
        _List(
            view,
            "Answers accepted, to carry out",
            page,
            "?state__exact=implementing",
            accepted,
        ),
    ]


def _people_lists(user: User, at: datetime) -> list[_List]:
    mine = Call.objects.filter(by=user)
    in_vain = invitation_expired(Account.objects.all(), at)
    if user.provider_id:
        in_vain = in_vain.filter(customer__provider=user.provider_id)
    return [
        _List(
            "parties.view_call",
            "My calls, outcome to note",
            "parties_call",
            "?outcome=mine",
            _confined(user, calls_to_close(mine, at)),
        ),
        _List(
            "parties.view_appointment",
            "Appointments that wait for an identity check",
            "parties_appointment",
            "?check=waits",
            _confined(user, to_check(Appointment.objects.all())),
        ),
        _List(
            "parties.view_pause",
            "High-risk steps that a customer stopped",
            "parties_pause",
            "?state=open",
            _confined(user, Pause.objects.filter(lifted_at__isnull=True)),
            urgent=True,
        ),
        _List(
            "parties.change_privacyrequest",
            "Privacy requests to answer",
            "parties_privacyrequest",
            "?state__exact=open",
            _confined(user, PrivacyRequest.objects.filter(state=PrivacyState.OPEN)),
        ),
        _List(
            "parties.view_account",
            "Account holders whose invitation expired",
            "parties_account",
            "?holder=lapsed",
            in_vain,
        ),
    ]


def _money_lists(user: User, at: datetime) -> list[_List]:
    money = unmatched(Payment.objects.all())
    if user.provider_id:
        money = money.filter(provider=user.provider_id)
    return [
        _List(
            "billing.add_payment",
            "Money that came in, whose is not known",
            "billing_payment",
            "?state=unmatched",
            money,
        ),
        _List(
            "billing.add_payment",
            "Services of which nobody has confirmed from which day on to bill",
            "billing_notbilled",
            "?reason__exact=to_confirm&settled_at__isempty=1",
            _confined(
                user,
                NotBilled.objects.filter(
                    reason=NotBilledReason.TO_CONFIRM, settled_at__isnull=True
                ),
            ),
            urgent=True,
        ),
        _List(
            "billing.add_moneyrequest",
            "Credit notes and write-offs that wait for a second person",
            "billing_moneyrequest",
            "?state__exact=asked",
            _confined(
                user,
                MoneyRequest.objects.filter(state=RequestState.ASKED),
                "invoice__account",
            ),
        ),
        _List(
            "billing.add_refund",
            "Refunds that wait for a second person",
            "billing_refund",
            "?state__exact=asked",
            _confined(user, Refund.objects.filter(state=RefundState.ASKED)),
        ),
    ]


def _gateway_lists(user: User, at: datetime) -> list[_List]:
    said = unsolved(GatewayEvent.objects.all())
    if user.provider_id:
        said = said.filter(provider=user.provider_id)
    return [
        _List(
            "billing.add_payment",
            "What the payment gateway said and does not fit",
            "billing_gatewayevent",
            "?state=open",
            said,
            urgent=True,
        ),
    ]


def _contract_lists(user: User, at: datetime) -> list[_List]:
    changes = PlanChange.objects.filter(state=PlanChangeState.WAITING)
    return [
        _List(
            "contracts.view_planchange",
            "Plan changes that wait for our decision",
            "contracts_planchange",
            "?state__exact=waiting",
            _confined(user, changes, "service__contract__account"),
        ),
    ]


def _billing_lists(user: User, at: datetime) -> list[_List]:
    return [
        _List(
            "billing.view_billrun",
            "Accounts that could not be billed",
            "billing_runproblem",
            "",
            _confined(user, RunProblem.objects.all()),
            urgent=True,
        ),
    ]


def _message_lists(user: User, at: datetime) -> list[_List]:
    notices = _confined(user, Notice.objects.all())
    if not sees_in_lists(user, StaffData.SAFETY):
        notices = not_redirected(notices)
    return [
        _List(
            "notices.view_notice",
            "Messages to tell by phone or post",
            "notices_notice",
            "?status__exact=by_hand",
            notices.filter(status=NoticeStatus.BY_HAND),
        ),
        _List(
            "notices.view_notice",
            "Messages given up: send again, to another address, or tell",
            "notices_notice",
            "?status__exact=failed",
            notices.filter(status=NoticeStatus.FAILED),
            urgent=True,
        ),
        _List(
            "documents.view_document",
            "PDFs that could not be made",
            "documents_document",
            "?status__exact=failed",
            _confined(user, Document.objects.filter(status=DocumentStatus.FAILED)),
            urgent=True,
        ),
    ]


# What sweeps work on by themselves, and what it is called.
SWEPT = (
    ("complaints.view_complaint", "Complaints", "complaints_complaint", Complaint, "account"),
    ("deadlines.view_deadline", "Deadlines", "deadlines_deadline", Deadline, "account"),
    (
        "contracts.view_planchange",
        "Plan changes",
        "contracts_planchange",
        PlanChange,
        "service__contract__account",
    ),
    (
        "parties.view_appointment",
        "Appointments",
        "parties_appointment",
        Appointment,
        "account",
    ),
)


def _unswept(user: User, at: datetime) -> list[_List]:
    """Rows on which a sweep failed: each says why, and the next sweep tries again."""
    return [
        _List(
            permission,
            f"{what} that the portal could not handle by itself",
            page,
            "?problem__isempty=0",
            _confined(user, model.objects.exclude(problem=""), account),
            urgent=True,
        )
        for permission, what, page, model, account in SWEPT
        if model.objects.exclude(problem="").exists()
    ]


# Each area's worklists, in the order of the page: an area adds its function here.
WORKLISTS = (
    _complaint_lists,
    _people_lists,
    _unswept,
    _contract_lists,
    _money_lists,
    _gateway_lists,
    _billing_lists,
    _message_lists,
)


def is_in_queue(user: User, account: Account, found: Any) -> bool:
    """Whether work in hand leads a member of staff to this record.

    A complaint of theirs leads to the whole account; one that nobody has taken, or an unanswered
    request about privacy or a pause that nobody has lifted, leads those who do such work to
    itself, as a credit, write-off or refund does that waits for a second person, and what a
    payment gateway said that does not fit; an account that could not be billed leads those who
    bill to it.
    """
    unfinished = Complaint.objects.filter(account=account).exclude(state__in=OVER)
    if unfinished.filter(assigned_to=user).exists():
        return True
    if isinstance(found, Complaint) and user.has_perm("complaints.change_complaint"):
        return found.assigned_to_id is None and found.state not in OVER
    if isinstance(found, PrivacyRequest) and user.has_perm("parties.change_privacyrequest"):
        return found.state == PrivacyState.OPEN
    if isinstance(found, Pause) and staff_may(user, Action.CHANGE_DETAILS).allowed:
        return found.lifted_at is None
    if isinstance(found, MoneyRequest) and user.has_perm("billing.add_moneyrequest"):
        return found.state == RequestState.ASKED
    if isinstance(found, Refund) and user.has_perm("billing.add_refund"):
        return found.state == RefundState.ASKED
    if isinstance(found, GatewayEvent) and user.has_perm("billing.add_payment"):
        return bool(found.problem) and found.solved_at is None
    if user.has_perm("billing.add_billrun"):
        return RunProblem.objects.filter(account=account).exists()
    return False
