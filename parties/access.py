"""Who may do what: the one decision point for pages, API, admin, tasks and emails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, partial
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.functional import cached_property

from records.audit.services import Actor as AuditActor
from records.audit.services import record_read
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.clause import Clause, Reason, Source, dump
from terms.facts import Action, Role, read_facts
from terms.profile import TermsSilent

from . import selectors
from .models import Account, Appointment, IdentityCheck, StaffGrant, User
from .selectors import Acting
from .states import (
    DATA_OF,
    JOBS,
    STAFF_MAY,
    STAFF_SEES,
    HighRisk,
    StaffData,
    StaffRole,
)

__all__ = [
    "AccountPage",
    "Acting",
    "Action",
    "Decision",
    "NotAuthorised",
    "Role",
    "StepUp",
    "audit_actor",
    "current",
    "is_remote",
    "keep_proof",
    "local_day",
    "may",
    "powers",
    "proof_of",
    "require",
    "role_names",
    "sees_in_lists",
    "staff_may",
    "staff_roles",
    "staff_sees",
    "trial",
    "viewing",
    "with_customer",
]

STAFF = "staff"
SESSION_KEY = "account"
VIEWING_KEY = "viewing"
PROOFS_KEY = "proofs"
# How long a second factor counts as fresh (RF-ID-01).
FRESH = timedelta(minutes=15)


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


def local_day(account: Account, at: datetime) -> date:
    """The date of an instant on the clock of the account's state."""
    return at.astimezone(State(account.state).zone).date()


def may(
    actor: User,
    action: Action,
    account: Account,
    *,
    on: date,
    at: datetime | None = None,
    customer_present: bool = False,
    amount: Decimal | None = None,
    service: str = "",
    standings: Iterable[Appointment] | None = None,
) -> Decision:
    """Decide whether `actor` may do `action` on `account`, by the terms and the floor, on a day.

    `at` is the instant where hours count: a cooling-off, a customer who is there with their
    advocate; without it the day's beginning counts. `amount` is the expense in dollars, GST
    included; `service` the public id of the service concerned. Of several standings the widest
    that is in force answers; staff are judged by their role. `standings` are the actor's own on
    this account, where they have been read already.
    """
    if actor.is_staff:
        return staff_may(actor, action, account, on=on)
    asked = _Question(action, on, at, customer_present, amount, service)
    bound = cache(partial(selectors.binding, account, on))
    decisions = [
        _judge(appointment, account, asked, bound)
        for appointment in (standings or selectors.standings(account, actor, on))
    ]
    allowed = [decision for decision in decisions if decision.allowed]
    if allowed:
        return min(allowed, key=lambda decision: decision.masked)
    return decisions[0] if decisions else Decision(allowed=False)


@dataclass(frozen=True)
class _Question:
    """What is asked of a standing."""

    action: Action
    on: date
    at: datetime | None = None
    customer_present: bool = False
    amount: Decimal | None = None
    service: str = ""


def _judge(
    appointment: Appointment, account: Account, asked: _Question, bound: Callable[[], Binding]
) -> Decision:
    authority = str(appointment.public_id)
    if appointment.role == Role.HOLDER and not (
        appointment.ends_on and appointment.ends_on < asked.on
    ):
        # The holder is the customer: no document needs to grant what is theirs.
        return Decision(allowed=True, authority=authority, role=appointment.role)
    present = asked.customer_present or (
        appointment.role == Role.ADVOCATE
        and asked.at is not None
        and selectors.is_present(appointment, asked.action, asked.at)
    )
    facts = {
        "actor": _facts_of(appointment, asked),
        "action": asked.action.value,
        "customer_present": present,
        "on": asked.on,
        "tcp": account.customer.is_tcp,
        **({} if asked.amount is None else {"amount": asked.amount}),
    }
    decision = _decide(bound(), facts, role=appointment.role, authority=authority)
    return _not_yet(appointment, asked, decision) if decision.allowed else decision


def _decide(binding: Binding, facts: dict[str, Any], *, role: str, authority: str) -> Decision:
    try:
        answer = binding.decide(rules.may, **read_facts(rules.may, facts))
    except TermsSilent as silence:
        return Decision(allowed=False, because=dump(silence.because), role=role)
    return Decision(
        allowed=bool(answer.allowed),
        masked=bool(answer.masked),
        because=dump(answer.because),
        authority=authority,
        role=role,
    )


def _not_yet(appointment: Appointment, asked: _Question, decision: Decision) -> Decision:
    """Refuse what an appointment would allow once it is checked or its cooling-off is over."""
    zone = State(appointment.account.state).zone
    moment = asked.at or datetime.combine(asked.on, time(), zone)
    if appointment.works_from and moment < appointment.works_from:
        begins = appointment.works_from.astimezone(zone)
        why = f"it works from {begins:%a} {begins.day} {begins:%b %Y, %H:%M}"
        because = _house("cooling-off", "A full authority works after a time to think.", why)
    elif appointment.needs_check and appointment.verified_at is None:
        why = "nobody has checked it yet"
        because = _house("identity-check", "It works once staff have checked it.", why)
    else:
        return decision
    return Decision(allowed=False, because=because, role=decision.role)


def _house(id: str, says: str, step: str) -> list[dict[str, Any]]:
    clause = Clause(
        document="house", version="", id=id, heading=None, says=says, source=Source.DEFAULT
    )
    return dump([Reason(clause, (step,))])


def _facts_of(appointment: Appointment, asked: _Question) -> dict[str, Any]:
    """The facts of an appointment as the rule takes them.

    For a service that the appointment does not cover, everything is withheld.
    """
    limits = list(appointment.limits)
    if asked.service and appointment.services and asked.service not in appointment.services:
        limits.append(asked.action.value)
    facts: dict[str, Any] = {
        "role": appointment.role,
        "limits": limits,
        "from": appointment.starts_on,
        "in_writing": appointment.in_writing,
        "signed": appointment.signed,
        "verified": appointment.verified_at is not None,
        "substitute_agreed": bool(appointment.substitute),
        "warrants_authority": appointment.warrants_authority,
        "provider_knows_otherwise": appointment.provider_knows_otherwise,
    }
    optional = {
        "until": appointment.ends_on,
        "form_received_on": appointment.form_received_on,
        "max_expense": appointment.max_expense,
        "employee": appointment.employee,
        "removal_notice_on": appointment.removal_notice_on,
    }
    return facts | {key: value for key, value in optional.items() if value is not None}


def powers(appointment: Appointment, *, on: date, at: datetime) -> dict[Action, Decision]:
    """Return what an appointment allows its person to do alone at that moment, and why not."""
    account = appointment.account
    bound = cache(partial(selectors.binding, account, on))
    if appointment.revoked_at or appointment.starts_on > on:
        return dict.fromkeys(Action, Decision(allowed=False, role=appointment.role))
    return {
        action: _judge(appointment, account, _Question(action, on, at), bound) for action in Action
    }


def trial(
    appointment: Appointment, action: Action, on: date, bound: Binding, *, checked: bool = True
) -> Decision:
    """Say what an appointment, saved or not, would allow; `checked`: as if staff had checked it.

    Tells before anybody signs whether an appointment would work at all.
    """
    facts = _facts_of(appointment, _Question(action, on))
    facts |= {"verified": checked or facts["verified"], "signed": checked or facts["signed"]}
    if facts.get("employee"):
        facts["warrants_authority"] = True
    question = {
        "actor": facts,
        "action": action.value,
        "customer_present": False,
        "on": on,
        "tcp": appointment.account.customer.is_tcp,
    }
    return _decide(bound, question, role=appointment.role, authority="")


def staff_may(
    actor: User,
    action: Action,
    account: Account | None = None,
    *,
    on: date | None = None,
    remote: bool = False,
) -> Decision:
    """Decide by the role table whether a member of staff may do this, then by the terms.

    The terms are asked (VP-PRV-08 to VP-PRV-10) where an account and a day are given; `remote`
    says that the person works from outside the provider's own networks.
    """
    roles = staff_roles(actor)
    named = role_names(actor)
    if not _is_theirs(actor, account):
        return Decision(allowed=False, role=named)
    if not (actor.is_superuser or any(action in STAFF_MAY[role] for role in roles)):
        return Decision(allowed=False, role=named)
    if account is None or on is None:
        return Decision(allowed=True, role=named)
    return staff_sees(actor, DATA_OF.get(action, StaffData.ACCOUNT), account, on=on, remote=remote)


def staff_sees(
    actor: User, data: StaffData, account: Account, *, on: date, remote: bool = False
) -> Decision:
    """Decide whether a member of staff sees this kind of data: by role table and by the terms.

    Of several roles the one that sees most answers; the reasons are the terms' own.
    """
    roles = staff_roles(actor)
    refused = Decision(allowed=False, role=role_names(actor))
    if not _is_theirs(actor, account):
        return refused
    grants = {
        grant.role: grant for grant in StaffGrant.objects.filter(user=actor, ended_at__isnull=True)
    }
    binding = selectors.binding(account, on)
    for role in roles:
        grant = grants.get(role.value)
        facts = {
            "job": JOBS.get(role, role.value),
            "data": data.value,
            "senior_request": grant is not None,
            "remote": remote,
            "selected_senior": bool(grant and grant.from_outside),
        }
        answer = binding.decide(rules.staff_access, **read_facts(rules.staff_access, facts))
        because = dump(answer.because)
        if answer.allowed and data in STAFF_SEES[role]:
            return replace(refused, allowed=True, because=because)
        refused = replace(refused, because=because)
    return refused


def sees_in_lists(actor: User, data: StaffData) -> bool:
    """Whether any of the person's roles sees this kind of data, where no one account is open."""
    return any(data in STAFF_SEES[role] for role in staff_roles(actor))


def _is_theirs(actor: User, account: Account | None) -> bool:
    """Whether the person works here, and for the provider of this account."""
    if not (actor.is_staff and actor.is_active):
        return False
    return not (
        account and actor.provider_id and actor.provider_id != account.customer.provider_id
    )


def role_names(actor: User) -> str:
    """The roles of a member of staff, as the audit trail names them."""
    return ", ".join(role.label for role in staff_roles(actor)) or "staff"


def staff_roles(actor: User) -> list[StaffRole]:
    """The roles that a member of staff holds, by their groups."""
    labels = {group.name for group in actor.groups.all()}
    return [role for role in StaffRole if role.label in labels]


def is_remote(request: HttpRequest) -> bool:
    """Whether the request comes from outside the provider's own networks, where these are set."""
    if not settings.STAFF_NETWORKS:
        return False
    address = ip_address(request.META["REMOTE_ADDR"])
    return not any(address in ip_network(network) for network in settings.STAFF_NETWORKS)


def require(
    actor: User,
    action: Action,
    account: Account,
    *,
    on: date,
    at: datetime | None = None,
    customer_present: bool = False,
    amount: Decimal | None = None,
    service: str = "",
    standings: Iterable[Appointment] | None = None,
) -> Decision:
    """Return the decision if it is yes. Raises NotAuthorised, with its reasons, if it is no."""
    decision = may(
        actor,
        action,
        account,
        on=on,
        at=at,
        customer_present=customer_present,
        amount=amount,
        service=service,
        standings=standings,
    )
    if not decision.allowed:
        raise NotAuthorised(decision, action)
    return decision


def audit_actor(request: HttpRequest, authority: str = "", acted_as: str = "") -> AuditActor:
    """Who acts in this request, under which appointment and as what, for the audit trail."""
    user = request.user
    return AuditActor(
        user_id=user.pk,
        name=str(user),
        authority=authority,
        acted_as=acted_as,
        address=request.META.get("REMOTE_ADDR"),
    )


@dataclass(frozen=True)
class Current:
    """The accounts a person can choose from, and the one chosen."""

    choices: tuple[Acting, ...]
    chosen: Acting | None


def current(request: HttpRequest) -> Current:
    """Return the person's accounts and the current one, read once for each request.

    With one account it is chosen by itself; with several the person chooses, also after they lost
    the one that they had chosen: what was meant for one account never falls on another.
    """
    known = getattr(request, "_current_account", None)
    if known is None:
        known = _read_current(request)
        request._current_account = known  # type: ignore[attr-defined]
    return known


def _read_current(request: HttpRequest) -> Current:
    if not request.user.is_authenticated:
        return Current((), None)
    if request.user.is_staff:
        seen = viewing(request)
        return Current((), seen.acting if seen else None)
    rows = selectors.accounts_of(request.user, request.at)
    wanted = request.session.get(SESSION_KEY)
    chosen = next((row for row in rows if str(row.account.public_id) == wanted), None)
    if chosen is None and wanted is None and len(rows) == 1:
        chosen = rows[0]
    return Current(tuple(rows), chosen)


@dataclass(frozen=True, kw_only=True)
class Viewing:
    """A member of staff sees the portal as a customer does: reading only, and not for long."""

    acting: Acting
    reason: str
    until: datetime


def viewing(request: HttpRequest) -> Viewing | None:
    """What a member of staff sees as a customer at the moment, if anything."""
    public_id, reason, until = request.session.get(VIEWING_KEY, ("", "", ""))
    if until <= request.at.isoformat():
        return None
    account = selectors.account_by_public_id(public_id)
    if account is None or not _is_theirs(request.user, account):
        return None
    acting = Acting(
        account=account,
        role=STAFF,
        role_label=role_names(request.user),
        holder_name=account.customer.name,
        ends_on=None,
        limits=(),
        standings=(),
    )
    return Viewing(acting=acting, reason=reason, until=datetime.fromisoformat(until))


class AccountPage(LoginRequiredMixin):
    """A page about the current account. It names its action; the terms decide who sees it.

    Reads by anyone but the holder leave an audit row.
    """

    action: Action
    with_customer = False  # asks what is allowed if the customer is there: where one asks for that
    own_only = False  # staff who see the portal as a customer does don't see this page
    is_private = False  # that somebody looked is nobody else's business
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        if request.user.is_staff and current(request).chosen is None:
            return redirect("admin:index")
        if current(request).chosen is None:
            return redirect(f"{resolve_url('choose_account')}?next={request.get_full_path()}")
        self.decision = require(
            request.user,
            self.action,
            self.account,
            on=self.today,
            at=request.at,
            standings=current(request).chosen.standings,
            customer_present=self.with_customer,
        )
        if request.user.is_staff and (request.method not in ("GET", "HEAD") or self.own_only):
            raise NotAuthorised(replace(self.decision, allowed=False), self.action)
        if self.decision.role != Role.HOLDER:
            record_read(
                account_id=self.account.pk,
                at=request.at,
                actor=audit_actor(request, self.decision.authority, self.decision.role),
                subject=request.path[:80],
                reason=request.session.get(VIEWING_KEY, ("", ""))[1],
                is_private=self.is_private,
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


def with_customer(by: User, decision: Decision, customer: User | None = None) -> AuditActor:
    """Who acts, for the audit trail: one person, or an advocate and the customer together."""
    name = f"{by} with {customer}" if customer else str(by)
    return AuditActor(user_id=by.pk, name=name, authority=decision.authority)


def proof_of(request: HttpRequest, risk: HighRisk) -> str:
    """Return the public id of a fresh proof of identity for this step in this session, or ""."""
    found = request.session.get(PROOFS_KEY, {}).get(risk.value)
    if not found or datetime.fromisoformat(found["at"]) < request.at - FRESH:
        return ""
    return str(found["check"])


def keep_proof(request: HttpRequest, risk: HighRisk, check: IdentityCheck) -> None:
    """Let a passed check count in this session, for this step, while it is fresh."""
    proofs = request.session.get(PROOFS_KEY, {})
    proofs[risk.value] = {"check": str(check.public_id), "at": request.at.isoformat()}
    request.session[PROOFS_KEY] = proofs


class StepUp:
    """A page that asks for a second factor first: `class Page(AccountPage, StepUp, FormView)`.

    `risk` names the step; the check that was passed is in `self.proof`.
    """

    risk: HighRisk

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.proof = proof_of(request, self.risk)
        account, today = self.account, self.today  # type: ignore[attr-defined]
        if not self.proof and selectors.why_high_risk(account, self.risk, today):
            target = resolve_url("prove_identity", self.risk.value)
            return redirect(f"{target}?{urlencode({'next': request.get_full_path()})}")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
