"""An answer with its reasons, a refusal, and who acted, for the audit trail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.functional import cached_property

from parties.accounts import selectors as accounts
from parties.accounts.models import Account
from parties.authority import selectors as authority_selectors
from parties.authority.selectors import (
    STAFF,
    Acting,
    Decision,
    NotAuthorised,
    Permissions,
    is_theirs,
    local_day,
    staff_roles,
)
from parties.people.states import (
    PROOFS_KEY,
    SESSION_KEY,
    VIEWS_AS_CUSTOMER,
)
from parties.security import selectors as security
from parties.security.models import IdentityCheck
from parties.security.states import FRESH, HighRisk
from records.audit.services import Actor as AuditActor
from records.audit.services import record_read
from terms.facts import Action, Role


def audit_actor(request: HttpRequest, authority: str = "", acted_as: str = "") -> AuditActor:
    """Who acts in this request, under which appointment and as what, for the audit trail."""
    user = request.user
    return AuditActor(
        user_id=user.pk,
        name=str(user),
        authority=authority,
        acted_as=acted_as,
    )


# The field of a form that says for which account it was shown.
FORM_KEY = "form_account"
VIEWING_KEY = "viewing"
UNNAMED = "a customer of {}"


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
        request._current_account = known
    return known


def _read_current(request: HttpRequest) -> Current:
    if not request.user.is_authenticated:
        return Current((), None)
    if request.user.is_staff:
        seen = viewing(request)
        return Current((), seen.acting if seen else None)
    rows = authority_selectors.accounts_of(request.user, request.at)
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
    account = accounts.account_by_public_id(public_id)
    if account is None or not is_theirs(request.user, account):
        return None
    roles = staff_roles(request.user)
    if VIEWS_AS_CUSTOMER.isdisjoint(roles):
        return None
    acting = Acting(
        account=account,
        role=STAFF,
        role_label=", ".join(role.label for role in roles),
        holder_name=account.customer.name,
        ends_on=None,
        limits=(),
        standings=(),
    )
    return Viewing(acting=acting, reason=reason, until=datetime.fromisoformat(until))


def permissions_of(request: HttpRequest, acting: Acting) -> Permissions:
    """What the person of this request may do on one of their accounts, asked once each."""
    known = request.__dict__.setdefault("_permissions", {})
    key = acting.account.pk
    if key not in known:
        known[key] = Permissions(
            request.user,
            acting.account,
            on=local_day(acting.account, request.at),
            at=request.at,
            standings=acting.standings,
        )
    return known[key]


def shown_name(request: HttpRequest, acting: Acting) -> str:
    """Whom somebody acts for, by name only where they may know it."""
    if not acting.for_someone_else or permissions_of(request, acting).sees_who:
        return acting.holder_name
    return UNNAMED.format(acting.account.customer.provider.name)


def meant_elsewhere(request: HttpRequest) -> HttpResponse | None:
    """Answer a form that was shown for another account than the current one: nothing is done."""
    known, wanted = current(request), request.POST.get(FORM_KEY)
    if known.chosen is None or wanted in (None, str(known.chosen.account.public_id)):
        return None
    meant = next((row for row in known.choices if str(row.account.public_id) == wanted), None)
    context = {
        "meant": meant,
        "name": shown_name(request, meant) if meant else "",
        "back": request.headers.get("Referer", ""),
    }
    return render(request, "customer/people/other_account.html", context, status=409)


class StandingPage(LoginRequiredMixin):
    """A page about the current account for whoever stands on it: it shows what they may see.

    Reads by anyone but the holder leave an audit row.
    """

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
        if elsewhere := meant_elsewhere(request):
            return elsewhere
        self.decision = self.decide()
        if request.user.is_staff and (request.method not in ("GET", "HEAD") or self.own_only):
            action = getattr(self, "action", Action.VIEW_BILLS)
            raise NotAuthorised(replace(self.decision, allowed=False), action)
        if self.decision.role != Role.HOLDER:
            record_read(
                account_id=self.account.pk,
                at=request.at,
                actor=audit_actor(request, self.decision.authority, self.decision.role),
                subject=request.path[:80],
                reason=request.session.get(VIEWING_KEY, ("", ""))[1],
                is_private=self.is_private,
            )
        return super().dispatch(request, *args, **kwargs)

    def decide(self) -> Decision:
        """Under which standing the person is here."""
        standing = authority_selectors.standing_of(self.acting)
        authority = str(standing.public_id) if standing else ""
        return Decision(allowed=True, authority=authority, role=self.acting.role)

    def allows(self, action: Action, service: str = "") -> bool:
        """Whether the person may do this here, for what a page shows or offers."""
        return self.permissions.may(action, service).allowed

    @cached_property
    def permissions(self) -> Permissions:
        return permissions_of(self.request, self.acting)

    @cached_property
    def acting(self) -> Acting:
        chosen = current(self.request).chosen
        if chosen is None:
            raise Http404
        return chosen

    @cached_property
    def account(self) -> Account:
        return self.acting.account

    @cached_property
    def today(self) -> date:
        return local_day(self.account, self.request.at)


class AccountPage(StandingPage):
    """A page about the current account. It names its action; the terms decide who sees it.

    A page that shows more than its action covers names what it needs `also`.
    """

    action: Action
    also: tuple[Action, ...] = ()
    with_customer = False  # asks what is allowed if the customer is there: where one asks for that

    def decide(self) -> Decision:
        """What the terms say of the page's action, for the service that it is about, if any."""
        decision = self.permissions.require(
            self.action, self.service_asked, customer_present=self.with_customer
        )
        for action in self.also:
            self.permissions.require(action, self.service_asked)
        return decision

    @property
    def service_asked(self) -> str:
        """The public id of the service that the page is about; empty for the whole account."""
        return ""


def proof_of(request: HttpRequest, risk: HighRisk) -> str:
    """Return the public id of a fresh proof of identity for this step in this session, or "".

    It counts only on the account that it was given on: there it is recorded, and was told.
    """
    found = request.session.get(PROOFS_KEY, {}).get(risk.value)
    chosen = current(request).chosen
    if not found or chosen is None or found.get("account") != str(chosen.account.public_id):
        return ""
    fresh = datetime.fromisoformat(found["at"]) >= request.at - FRESH
    return str(found["check"]) if fresh else ""


def keep_proof(request: HttpRequest, risk: HighRisk, check: IdentityCheck) -> None:
    """Let a passed check count in this session, for its account and step, while it is fresh."""
    proofs = request.session.get(PROOFS_KEY, {})
    proofs[risk.value] = {
        "check": str(check.public_id),
        "account": str(check.account.public_id),
        "at": request.at.isoformat(),
    }
    request.session[PROOFS_KEY] = proofs


class StepUp:
    """A page that asks for a second factor first: `class Page(AccountPage, StepUp, FormView)`.

    `risk` names the step; the check that was passed is in `self.proof`.
    """

    risk: HighRisk

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.proof = proof_of(request, self.risk)
        account, today = self.account, self.today
        if not self.proof and security.why_high_risk(account, self.risk, today):
            target = resolve_url("prove_identity", self.risk.value)
            return redirect(f"{target}?{urlencode({'next': request.get_full_path()})}")
        return super().dispatch(request, *args, **kwargs)


def is_remote(request: HttpRequest) -> bool:
    """Whether the request comes from outside the provider's own networks, where these are set."""
    if not settings.STAFF_NETWORKS:
        return False
    address = ip_address(request.META["REMOTE_ADDR"])
    return not any(address in ip_network(network) for network in settings.STAFF_NETWORKS)
