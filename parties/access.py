"""Who may do what: the one decision point for pages, API, admin, tasks and emails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.functional import cached_property

from records.audit.services import Actor as AuditActor
from records.audit.services import record_read
from terms import rules
from terms.calendar import State
from terms.clause import dump
from terms.facts import Action, Role, read_facts
from terms.profile import TermsSilent

from . import selectors
from .models import Account, Appointment, User
from .selectors import Acting
from .states import StaffRole

__all__ = [
    "AccountPage",
    "Acting",
    "Action",
    "Decision",
    "NotAuthorised",
    "Role",
    "audit_actor",
    "current",
    "local_day",
    "may",
    "require",
    "staff_may",
]

SESSION_KEY = "account"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether an act is allowed, and why. `masked` hides the customer's personal details."""

    allowed: bool
    masked: bool = False
    because: list[dict[str, Any]] = field(default_factory=list)
    authority: str = ""
    role: str = ""


class NotAuthorised(Exception):
    """The person may not do this; `decision` says why, by which clause."""

    def __init__(self, decision: Decision, action: Action) -> None:
        super().__init__(f"{action.value} is not allowed")
        self.decision = decision
        self.action = action


_READS = frozenset({Action.VIEW_BILLS, Action.VIEW_PERSONAL_DETAILS, Action.DISCUSS_ISSUE})
_SERVES = _READS | {
    Action.REQUEST_RECORDS,
    Action.LODGE_COMPLAINT,
    Action.TROUBLESHOOT,
    Action.CHANGE_DETAILS,
}
# What each role of staff may do for a customer; the least that the work needs.
STAFF_MAY: dict[StaffRole, frozenset[Action]] = {
    StaffRole.FRONT_LINE: _SERVES | {Action.CHANGE_PLAN, Action.OPEN_SERVICE},
    StaffRole.TEAM_MANAGER: _SERVES
    | {Action.CHANGE_PLAN, Action.OPEN_SERVICE, Action.CLOSE_SERVICE, Action.ACCEPT_RESOLUTION}
    | {Action.ADD_REPRESENTATIVE, Action.REMOVE_REPRESENTATIVE, Action.ARRANGE_HARDSHIP},
    StaffRole.BILLING: _READS | {Action.PAY_BILL, Action.REQUEST_RECORDS},
    StaffRole.CREDIT: _READS | {Action.ARRANGE_HARDSHIP},
    StaffRole.PRIVACY: _READS | {Action.REQUEST_RECORDS, Action.CHANGE_DETAILS},
    StaffRole.AUDITOR: _READS,
    StaffRole.ADMINISTRATOR: frozenset(Action),
}


def local_day(account: Account, at: datetime) -> date:
    """The date of an instant on the clock of the account's state."""
    return at.astimezone(State(account.state).zone).date()


def may(
    actor: User,
    action: Action,
    account: Account,
    *,
    on: date,
    customer_present: bool = False,
    amount: Decimal | None = None,
    standings: Iterable[Appointment] | None = None,
) -> Decision:
    """Decide whether `actor` may do `action` on `account`, by the terms and the floor, on a day.

    Of several standings the widest that is in force answers; staff are judged by their role.
    `standings` are the actor's own on this account, where they have been read already.
    """
    if actor.is_staff:
        return staff_may(actor, action, account)
    decisions = [
        _judge(appointment, action, account, on, customer_present, amount)
        for appointment in (standings or selectors.standings(account, actor, on))
    ]
    allowed = [decision for decision in decisions if decision.allowed]
    if allowed:
        return min(allowed, key=lambda decision: decision.masked)
    return decisions[0] if decisions else Decision(allowed=False)


def _judge(
    appointment: Appointment,
    action: Action,
    account: Account,
    on: date,
    customer_present: bool,
    amount: Decimal | None,
) -> Decision:
    authority = str(appointment.public_id)
    if appointment.role == Role.HOLDER and not (appointment.ends_on and appointment.ends_on < on):
        # The holder is the customer: no document needs to grant what is theirs.
        return Decision(allowed=True, authority=authority, role=appointment.role)
    facts = {
        "actor": _facts_of(appointment),
        "action": action.value,
        "customer_present": customer_present,
        "on": on,
        **({} if amount is None else {"amount": amount}),
    }
    binding = selectors.binding(account, on)
    try:
        answer = binding.decide(rules.may, **read_facts(rules.may, facts))
    except TermsSilent as silence:
        return Decision(allowed=False, because=dump(silence.because), role=appointment.role)
    return Decision(
        allowed=bool(answer.allowed),
        masked=bool(answer.masked),
        because=dump(answer.because),
        authority=authority,
        role=appointment.role,
    )


def _facts_of(appointment: Appointment) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "role": appointment.role,
        "limits": appointment.limits,
        "from": appointment.starts_on,
        "in_writing": appointment.in_writing,
        "signed": appointment.signed,
        "verified": appointment.verified_at is not None,
    }
    optional = {
        "until": appointment.ends_on,
        "form_received_on": appointment.form_received_on,
        "max_expense": appointment.max_expense,
    }
    return facts | {key: value for key, value in optional.items() if value is not None}


def staff_may(actor: User, action: Action, account: Account | None = None) -> Decision:
    """Decide by the role table whether a member of staff may do this for this account."""
    if not (actor.is_staff and actor.is_active):
        return Decision(allowed=False)
    if account and actor.provider_id and actor.provider_id != account.customer.provider_id:
        return Decision(allowed=False, role="staff")
    roles = staff_roles(actor)
    allowed = actor.is_superuser or any(action in STAFF_MAY[role] for role in roles)
    return Decision(allowed=allowed, role=", ".join(role.label for role in roles) or "staff")


def staff_roles(actor: User) -> list[StaffRole]:
    """The roles that a member of staff holds, by their groups."""
    labels = {group.name for group in actor.groups.all()}
    return [role for role in StaffRole if role.label in labels]


def require(
    actor: User,
    action: Action,
    account: Account,
    *,
    on: date,
    customer_present: bool = False,
    amount: Decimal | None = None,
    standings: Iterable[Appointment] | None = None,
) -> Decision:
    """Return the decision if it is yes. Raises NotAuthorised, with its reasons, if it is no."""
    decision = may(
        actor,
        action,
        account,
        on=on,
        customer_present=customer_present,
        amount=amount,
        standings=standings,
    )
    if not decision.allowed:
        raise NotAuthorised(decision, action)
    return decision


def audit_actor(request: HttpRequest, authority: str = "") -> AuditActor:
    """Who acts in this request, for the audit trail."""
    user = request.user
    return AuditActor(
        user_id=user.pk,
        name=str(user),
        authority=authority,
        address=request.META.get("REMOTE_ADDR"),
    )


@dataclass(frozen=True)
class Current:
    """The accounts a person can choose from, and the one chosen."""

    choices: tuple[Acting, ...]
    chosen: Acting | None


def current(request: HttpRequest) -> Current:
    """Return the person's accounts and the current one, read once for each request.

    With one account it is chosen by itself; with several the person chooses.
    """
    known = getattr(request, "_current_account", None)
    if known is None:
        known = _read_current(request)
        request._current_account = known  # type: ignore[attr-defined]
    return known


def _read_current(request: HttpRequest) -> Current:
    if not request.user.is_authenticated or request.user.is_staff:
        return Current((), None)
    rows = selectors.accounts_of(request.user, request.at)
    wanted = request.session.get(SESSION_KEY)
    chosen = next((row for row in rows if str(row.account.public_id) == wanted), None)
    if chosen is None and len(rows) == 1:
        chosen = rows[0]
    return Current(tuple(rows), chosen)


class AccountPage(LoginRequiredMixin):
    """A page about the current account. It names its action; the terms decide who sees it.

    Reads by anyone but the holder leave an audit row.
    """

    action: Action
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        if request.user.is_staff:
            return redirect("admin:index")
        if current(request).chosen is None:
            return redirect(f"{resolve_url('choose_account')}?next={request.get_full_path()}")
        self.decision = require(
            request.user,
            self.action,
            self.account,
            on=self.today,
            standings=current(request).chosen.standings,
        )
        if self.decision.role != Role.HOLDER:
            record_read(
                account_id=self.account.pk,
                at=request.at,
                actor=audit_actor(request, self.decision.authority),
                subject=request.path[:80],
            )
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    @cached_property
    def account(self) -> Account:
        chosen = current(self.request).chosen
        if chosen is None:
            raise Http404
        return chosen.account

    @cached_property
    def today(self) -> date:
        return local_day(self.account, self.request.at)
