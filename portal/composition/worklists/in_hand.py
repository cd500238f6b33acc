"""Whether work in hand leads a member of staff to a record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from billing.charging.models import ChargeRequest
from billing.charging.states import ChargeState
from billing.credit_management.models import (
    Handover,
    Pursuit,
)
from billing.credit_management.states import HandoverState, Step
from billing.hardship.models import HelpRequest
from billing.hardship.states import HelpState
from billing.payments.models import (
    Draw,
    GatewayEvent,
    MoneyRequest,
    Refund,
)
from billing.payments.states import (
    DrawState,
    RefundState,
    RequestState,
)
from billing.runs.models import RunProblem
from complaints.process import selectors as complaints
from complaints.tickets.models import Complaint
from complaints.tickets.selectors import known_to_staff
from complaints.tickets.states import OVER
from contracts.equipment.models import Equipment
from contracts.equipment.states import Place
from contracts.leaving.models import EndNotice
from contracts.leaving.states import NoticeState
from contracts.requests.models import (
    Fault,
)
from contracts.requests.states import OPEN_FAULT
from contracts.variations.models import PriceChange, TermsChange
from contracts.variations.states import ChangeState
from parties.accounts.models import Account
from parties.authority.selectors import staff_may
from parties.people.models import User
from parties.privacy.models import PrivacyRequest
from parties.privacy.states import PrivacyState
from parties.security.models import Pause
from terms.facts import Action


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
    TermsChange: (
        _has("contracts.change_termschange"),
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
    Refund: (
        _has("billing.add_refund"),
        lambda row: row.state in (RefundState.ASKED, RefundState.FAILED),
    ),
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


def is_in_queue(user: User, account: Account, found: Any, at: datetime) -> bool:
    """Whether work in hand leads a member of staff to this record.

    A complaint of theirs leads to the whole account; what waits for work leads those who do it to
    itself; an account that could not be billed leads those who bill to it.
    """
    unfinished = known_to_staff(user, Complaint.objects.filter(account=account))
    if complaints.in_hand_of(unfinished, user, at).exists():
        return True
    if isinstance(found, Complaint):
        this = Complaint.objects.filter(pk=found.pk)
        if not complaints.workable(this, user).exists():
            return False
    does_it, waits = QUEUED.get(type(found), (None, None))
    if does_it is not None and waits is not None and does_it(user):
        return waits(found)
    if user.has_perm("billing.add_billrun"):
        return RunProblem.objects.filter(account=account).exists()
    return False
