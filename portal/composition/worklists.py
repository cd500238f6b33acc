"""What staff have to do now: counts that lead to the list behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from billing.charging.models import ChargeRequest, NotBilled
from billing.charging.states import ChargeState, NotBilledReason
from billing.credit_management.models import (
    DebtNotice,
    Deposit,
    Handover,
    Pursuit,
    SuspensionNotice,
)
from billing.credit_management.selectors import possible, to_settle
from billing.credit_management.states import HandoverState, Step
from billing.hardship.models import Arrangement, HelpRequest
from billing.hardship.states import HelpState
from billing.payments.models import (
    DebitFile,
    Draw,
    GatewayEvent,
    Mandate,
    MoneyRequest,
    Payment,
    Refund,
)
from billing.payments.selectors import send_by, to_send, to_stop, unmatched, unsolved
from billing.payments.states import (
    DebitFileState,
    DrawState,
    RefundState,
    RequestState,
)
from billing.runs.models import RunProblem
from complaints.analysis.selectors import lacks_cause
from complaints.inbound.models import InboundMail
from complaints.inbound.selectors import set_apart
from complaints.process import selectors as complaints
from complaints.tickets.models import Complaint
from complaints.tickets.states import OVER, State
from contracts.equipment.models import Equipment
from contracts.equipment.states import Place
from contracts.leaving.models import EndNotice
from contracts.leaving.states import ALIVE, NoticeState
from contracts.requests.models import (
    Fault,
    Outage,
    OutageCredit,
    OutageCreditShare,
    OutageService,
)
from contracts.requests.selectors import open_faults, to_say
from contracts.requests.states import OPEN_FAULT, CreditState, FaultState, OutageState
from contracts.supply.models import PlanChange, Service
from contracts.supply.states import PlanChangeState
from contracts.variations.models import IndexFigure, PriceChange, Variation
from contracts.variations.selectors import waiting_for_index
from contracts.variations.states import ChangeState, FigureState, VariationState
from parties.accounts.models import Account
from parties.authority.models import Appointment
from parties.authority.selectors import invitation_expired, sees_in_lists, staff_may, to_check
from parties.desk.models import Call
from parties.desk.selectors import calls_to_close
from parties.people.models import SettingChange, User
from parties.people.states import SettingState, StaffData
from parties.privacy.models import PrivacyRequest
from parties.privacy.states import PrivacyState
from parties.security.models import Pause
from records.deadlines.models import Deadline
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
    every = _confined(user, Complaint.objects.all())
    if not sees_in_lists(user, StaffData.SAFETY):
        every = every.filter(safety_threat=False)
    mails = InboundMail.objects.all()
    if user.provider_id:
        mails = mails.filter(provider=user.provider_id)
    running = every.exclude(state__in=OVER)
    missed, today = complaints.missed(every, at), complaints.due(every, at)
    unreached, asked = complaints.not_reached(every), complaints.to_decide(every)
    free, mine = running.filter(assigned_to__isnull=True), running.filter(assigned_to=user)
    accepted = running.filter(state=State.IMPLEMENTING)
    there = running.filter(with_ombudsman_since__isnull=False)
    return [
        _List(view, "Complaints with a missed duty", page, "?clock=missed", missed, urgent=True),
        _List(
            view,
            "Acknowledgements that did not arrive: tell them another way",
            page,
            "?needs=another_way",
            unreached,
            urgent=True,
        ),
        _List(view, "Complaints due today", page, "?clock=today", today),
        _List(view, "Complaints to take in hand", page, "?mine=nobody", free),
        _List(view, "My complaints", page, "?mine=me", mine),
        _List(
            view,
            "Answers accepted, to carry out",
            page,
            "?state__exact=implementing",
            accepted,
        ),
        _List(view, "Customers who ask for a manager", page, "?needs=manager", asked),
        _List(view, "Complaints with the ombudsman", page, "?needs=ombudsman", there),
        _List(
            "complaints.change_inboundmail",
            "Emails that belong to no complaint yet",
            "complaints_inboundmail",
            "?state__exact=set_apart",
            set_apart(mails),
        ),
        _List(
            view,
            "Complaints that ended, cause to be named",
            page,
            "?needs=cause",
            lacks_cause(every),
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


def _setting_lists(user: User, at: datetime) -> list[_List]:
    asked = SettingChange.objects.filter(state=SettingState.ASKED)
    if user.provider_id:
        asked = asked.filter(provider=user.provider_id)
    return [
        _List(
            "parties.add_settingchange",
            "Settings that wait for another administrator",
            "parties_settingchange",
            "?state__exact=asked",
            asked,
        )
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
            "billing.add_chargerequest",
            "Charges and discounts that wait for a second person",
            "billing_chargerequest",
            "?state__exact=asked",
            _confined(user, ChargeRequest.objects.filter(state=ChargeState.ASKED)),
        ),
        _List(
            "billing.add_refund",
            "Refunds that wait for a second person",
            "billing_refund",
            "?state__exact=asked",
            _confined(user, Refund.objects.filter(state=RefundState.ASKED)),
        ),
    ]


def _debit_lists(user: User, at: datetime) -> list[_List]:
    rows = _confined(user, Draw.objects.all())
    files = DebitFile.objects.filter(state=DebitFileState.ASKED)
    if user.provider_id:
        files = files.filter(provider=user.provider_id)
    return [
        _List(
            "billing.add_debitfile",
            "Direct debits to stop at the bank: the customer asked for it",
            "billing_draw",
            "?todo=stop",
            to_stop(rows),
            urgent=True,
        ),
        _List(
            "billing.add_debitfile",
            "Direct debits to send to the bank",
            "billing_draw",
            "?todo=send",
            to_send(rows, send_by(at)),
            urgent=True,
        ),
        _List(
            "billing.add_debitfile",
            "Files of direct debits that wait for a second person",
            "billing_debitfile",
            "?state__exact=asked",
            files,
        ),
    ]


def _unpaid_lists(user: User, at: datetime) -> list[_List]:
    if not staff_may(user, Action.ARRANGE_HARDSHIP).allowed:
        return []
    rows, page = _confined(user, Pursuit.objects.all()), "billing_pursuit"
    asked = _confined(user, HelpRequest.objects.filter(state=HelpState.ASKED))
    return [
        _List(
            "billing.view_helprequest",
            "Requests for help with paying to answer",
            "billing_helprequest",
            "?state__exact=asked",
            asked,
            urgent=True,
        ),
        _List(
            "billing.view_pursuit",
            "Overdue, reminded: a notice of suspension can be given",
            page,
            "?step__exact=notice",
            rows.filter(step=Step.NOTICE),
        ),
        _List(
            "billing.view_pursuit",
            "Overdue, announced: services can be suspended",
            page,
            "?step__exact=suspend",
            rows.filter(step=Step.SUSPEND),
        ),
        _List(
            "billing.view_pursuit",
            "Overdue: a person decides what comes next",
            page,
            "?step__exact=person",
            rows.filter(step=Step.PERSON),
        ),
        *_beyond_lists(rows, page, at),
        _List(
            "billing.view_deposit",
            "Deposits to settle: every service has ended",
            "billing_deposit",
            "?state__exact=held",
            to_settle(_confined(user, Deposit.objects.all())),
        ),
        _List(
            "billing.view_handover",
            "Debts taken back: tell the collector or the credit reporting body",
            "billing_handover",
            "?state__exact=recalled",
            _confined(user, Handover.objects.filter(state=HandoverState.RECALLED)),
            urgent=True,
        ),
    ]


def _beyond_lists(rows: QuerySet[Any], page: str, at: datetime) -> list[_List]:
    """What is possible on a debt beyond a suspension; each by a person."""
    titles = {
        "long": ("Suspended nearly as long as terms let it: bring back or end", True),
        "end": ("Overdue so long that services can be ended", False),
        "collect": ("Overdue so long that a collector can come in", False),
        "list": ("A next step to a default listing is possible", False),
    }
    return [
        _List(
            "billing.view_pursuit",
            title,
            page,
            f"?beyond={what}",
            possible(rows, what, at.date()),
            urgent=is_urgent,
        )
        for what, (title, is_urgent) in titles.items()
    ]


def _outage_credit_lists(user: User, at: datetime) -> list[_List]:
    if not staff_may(user, Action.PAY_BILL).allowed:
        return []
    rows = OutageCredit.objects.filter(state=CreditState.ASKED)
    if user.provider_id:
        rows = rows.filter(outage__provider=user.provider_id)
    return [
        _List(
            "contracts.view_outagecredit",
            "Credits for outages that wait for a second person",
            "contracts_outagecredit",
            "?state__exact=asked",
            rows,
        )
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
    notices = _confined(user, EndNotice.objects.all(), "service__contract__account")
    view, page = "contracts.view_endnotice", "contracts_endnotice"
    prices, figures = Variation.objects.all(), IndexFigure.objects.all()
    if user.provider_id:
        prices = prices.filter(provider=user.provider_id)
        figures = figures.filter(provider=user.provider_id)
    late = PriceChange.objects.filter(state=ChangeState.LATE)
    return [
        _List(
            "contracts.change_variation",
            "Price changes that wait for a second person",
            "contracts_variation",
            "?state__exact=asked",
            prices.filter(state=VariationState.ASKED),
        ),
        _List(
            "contracts.change_variation",
            "Customers whom no notice of a new price reached in time",
            "contracts_pricechange",
            "?state__exact=late",
            _confined(user, late, "service__contract__account"),
            urgent=True,
        ),
        _List(
            "contracts.change_variation",
            "Figures of the index that wait for a second person",
            "contracts_indexfigure",
            "?state__exact=asked",
            figures.filter(state=FigureState.ASKED),
        ),
        _List(
            "contracts.change_variation",
            "Services whose yearly rise waits for the index",
            "contracts_service",
            "?rise=waits",
            waiting_for_index(Service.objects.all(), at.date(), user.provider),
        ),
        _List(
            "contracts.change_variation",
            "Price changes that the portal could not handle by itself",
            "contracts_variation",
            "?problem__isempty=0",
            prices.exclude(problem=""),
            urgent=True,
        ),
        _List(
            "contracts.view_equipment",
            "Equipment that should be back already",
            "contracts_equipment",
            "?overdue=yes",
            _confined(
                user,
                Equipment.objects.filter(place=Place.DUE, due_on__lt=at.date()),
                "service__contract__account",
            ),
        ),
        _List(
            "contracts.view_planchange",
            "Plan changes that wait for our decision",
            "contracts_planchange",
            "?state__exact=waiting",
            _confined(user, changes, "service__contract__account"),
        ),
        _List(
            view,
            "Requests to leave early that wait for our decision",
            page,
            "?state__exact=asked",
            notices.filter(state=NoticeState.ASKED),
        ),
        _List(
            view,
            "Notices whose cost is not complete",
            page,
            "?cost=open",
            notices.filter(state__in=ALIVE).exclude(unknown=[]),
        ),
        _List(
            view,
            "Services that end by notice",
            page,
            "?state__exact=running",
            notices.filter(state=NoticeState.RUNNING),
        ),
    ]


def _fault_lists(user: User) -> list[_List]:
    rows = open_faults(_confined(user, Fault.objects.all(), "service__contract__account"))
    view, page = "contracts.view_fault", "contracts_fault"
    new = rows.filter(state=FaultState.REPORTED)
    return [
        _List(view, "Faults to take in hand", page, "?waits=new", new, urgent=True),
        _List(view, "Faults that are not over", page, "?waits=open", rows),
    ]


def _outage_lists(user: User, at: datetime) -> list[_List]:
    if not staff_may(user, Action.TROUBLESHOOT).allowed:
        return []
    view, page, rows = "contracts.view_outage", "contracts_outage", Outage.objects.all()
    if user.provider_id:
        rows = rows.filter(provider=user.provider_id)
    running = rows.filter(state=OutageState.RUNNING)
    return [
        _List(
            view,
            "Outages of which customers have to hear now",
            page,
            "?word=owed",
            to_say(rows, at),
            urgent=True,
        ),
        *_fault_lists(user),
        _List(
            view, "Outages and planned work, not over yet", page, "?state__exact=running", running
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
    ("billing.view_pursuit", "Accounts with open money", "billing_pursuit", Pursuit, "account"),
    (
        "billing.view_suspensionnotice",
        "Services to bring back",
        "billing_suspensionnotice",
        SuspensionNotice,
        "account",
    ),
    (
        "billing.view_debtnotice",
        "Notices of an end or a default",
        "billing_debtnotice",
        DebtNotice,
        "account",
    ),
    ("billing.view_mandate", "Mandates", "billing_mandate", Mandate, "account"),
    ("billing.view_draw", "Direct debits", "billing_draw", Draw, "account"),
    ("billing.view_handover", "Debts handed over", "billing_handover", Handover, "account"),
    (
        "billing.view_arrangement",
        "Payment arrangements",
        "billing_arrangement",
        Arrangement,
        "account",
    ),
    (
        "billing.view_helprequest",
        "Requests for help with paying",
        "billing_helprequest",
        HelpRequest,
        "account",
    ),
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
        "contracts.view_endnotice",
        "Notices to end a service",
        "contracts_endnotice",
        EndNotice,
        "service__contract__account",
    ),
    (
        "contracts.view_pricechange",
        "New prices of services",
        "contracts_pricechange",
        PriceChange,
        "service__contract__account",
    ),
    (
        "contracts.view_outageservice",
        "Customers to tell of an outage",
        "contracts_outageservice",
        OutageService,
        "service__contract__account",
    ),
    (
        "contracts.view_outagecreditshare",
        "Credits for an outage",
        "contracts_outagecreditshare",
        OutageCreditShare,
        "service__contract__account",
    ),
    (
        "contracts.view_equipment",
        "Pieces of equipment",
        "contracts_equipment",
        Equipment,
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
    _outage_lists,
    _contract_lists,
    _money_lists,
    _debit_lists,
    _unpaid_lists,
    _outage_credit_lists,
    _gateway_lists,
    _billing_lists,
    _message_lists,
    _setting_lists,
)


def _may(action: Action) -> Callable[[User], bool]:
    return lambda user: staff_may(user, action).allowed


def _has(permission: str) -> Callable[[User], bool]:
    return lambda user: user.has_perm(permission)


# Which records lead those who do such work to themselves, as long as they wait for it.
QUEUED: dict[type[Any], tuple[Callable[[User], bool], Callable[[Any], bool]]] = {
    Complaint: (
        _has("complaints.change_complaint"),
        lambda row: row.assigned_to_id is None and row.state not in OVER,
    ),
    PrivacyRequest: (
        _has("parties.change_privacyrequest"),
        lambda row: row.state == PrivacyState.OPEN,
    ),
    Pause: (_may(Action.CHANGE_DETAILS), lambda row: row.lifted_at is None),
    EndNotice: (_may(Action.CLOSE_SERVICE), lambda row: row.state == NoticeState.ASKED),
    Fault: (_may(Action.TROUBLESHOOT), lambda row: row.state in OPEN_FAULT),
    Equipment: (
        _may(Action.OPEN_SERVICE),
        lambda row: row.place == Place.DUE,
    ),
    PriceChange: (
        _has("contracts.change_pricechange"),
        lambda row: row.state == ChangeState.LATE,
    ),
    MoneyRequest: (
        _has("billing.add_moneyrequest"),
        lambda row: row.state == RequestState.ASKED,
    ),
    ChargeRequest: (
        _has("billing.add_chargerequest"),
        lambda row: row.state == ChargeState.ASKED,
    ),
    Draw: (
        _has("billing.add_debitfile"),
        lambda row: row.state in (DrawState.PLANNED, DrawState.IN_FILE, DrawState.SENT),
    ),
    Refund: (_has("billing.add_refund"), lambda row: row.state == RefundState.ASKED),
    HelpRequest: (_may(Action.ARRANGE_HARDSHIP), lambda row: row.state == HelpState.ASKED),
    Pursuit: (
        _may(Action.ARRANGE_HARDSHIP),
        lambda row: row.step in (Step.NOTICE, Step.SUSPEND, Step.SUSPENDED, Step.PERSON),
    ),
    Handover: (
        _may(Action.ARRANGE_HARDSHIP),
        lambda row: row.state == HandoverState.RECALLED,
    ),
    GatewayEvent: (
        _has("billing.add_payment"),
        lambda row: bool(row.problem) and row.solved_at is None,
    ),
}


def is_in_queue(user: User, account: Account, found: Any) -> bool:
    """Whether work in hand leads a member of staff to this record.

    A complaint of theirs leads to the whole account; what waits for work leads those who do it to
    itself; an account that could not be billed leads those who bill to it.
    """
    unfinished = Complaint.objects.filter(account=account).exclude(state__in=OVER)
    if unfinished.filter(assigned_to=user).exists():
        return True
    does_it, waits = QUEUED.get(type(found), (None, None))
    if does_it is not None and waits is not None and does_it(user):
        return waits(found)
    if user.has_perm("billing.add_billrun"):
        return RunProblem.objects.filter(account=account).exists()
    return False
