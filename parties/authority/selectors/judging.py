"""Whether somebody may do something: the one judge, with the facts of their standing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from parties.accounts import selectors as accounts
from parties.accounts.models import Account
from parties.accounts.states import AccountStatus
from parties.authority.models import Appointment
from parties.authority.states import NEEDS_RUNNING, ONLY_WITH_CUSTOMER
from parties.people.models import User
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.clause import Clause, Reason, Source, as_json
from terms.facts import Action, Role
from terms.money import ZERO
from terms.profile import TermsSilent
from terms.rules.authority import Actor, Permission

from .decisions import Decision, NotAuthorised
from .presence import LOOKS, is_looking
from .spending import Committed, SpendingLimits, appointment_lines, nothing_committed
from .staff import staff_may
from .standings import standings as standings_of


class DecisionContext:
    """What several questions about one account at one moment share, each read once."""

    def __init__(
        self,
        account: Account,
        on: date,
        at: datetime | None = None,
        looking: dict[int, bool] | None = None,
    ) -> None:
        self.account, self.on, self.at = account, on, at
        self._looking = looking or {}

    @cached_property
    def binding(self) -> Binding:
        return accounts.binding(self.account, self.on)

    @cached_property
    def lines(self) -> SpendingLimits:
        return appointment_lines(self.account)

    def is_present(self, appointment: Appointment, action: Action) -> bool:
        """Whether the customer is there with this advocate now, to look at what `action` shows."""
        if self.at is None or action not in LOOKS:
            return False
        if appointment.pk not in self._looking:
            self._looking[appointment.pk] = is_looking(appointment, self.at)
        return self._looking[appointment.pk]


def may(
    actor: User,
    action: Action,
    account: Account,
    *,
    on: date,
    at: datetime | None = None,
    customer_present: bool = False,
    amount: Decimal | None = None,
    committed: Committed = nothing_committed,
    service: str = "",
    standings: Iterable[Appointment] | None = None,
    known: DecisionContext | None = None,
) -> Decision:
    """Decide whether `actor` may do `action` on `account`, by the terms and the floor, on a day.

    `at` is the instant where hours count: a cooling-off, a customer who is there with their
    advocate; without it the day's beginning counts. `amount` is the expense in dollars a month,
    GST included; `committed` says what appointments have committed a month already, by their
    public ids; `service` is the public id of the service concerned. Of several standings the
    widest that is in force answers; staff are judged by their role. `standings` are the actor's
    own on this account, where they have been read already, and `known` is what was.
    """
    if actor.is_staff:
        return staff_may(actor, action, account, on=on)
    asked = _Question(action, on, at, customer_present, amount, committed, service)
    known = known or DecisionContext(account, on, at)
    decisions = [
        _judge(appointment, asked, known)
        for appointment in (standings or standings_of(account, actor, on))
    ]
    allowed = [decision for decision in decisions if decision.allowed]
    if allowed:
        best = min(allowed, key=lambda decision: decision.masked)
        return _unless_closed(best, action, account)
    return decisions[0] if decisions else Decision(allowed=False)


@dataclass(frozen=True)
class _Question:
    """What is asked of a standing."""

    action: Action
    on: date
    at: datetime | None = None
    customer_present: bool = False
    amount: Decimal | None = None
    committed: Committed = nothing_committed
    service: str = ""


def _judge(appointment: Appointment, asked: _Question, known: DecisionContext) -> Decision:
    authority = str(appointment.public_id)
    if appointment.role == Role.HOLDER and not (
        appointment.ends_on and appointment.ends_on < asked.on
    ):
        # The holder is the customer: no document needs to grant what is theirs.
        return Decision(allowed=True, authority=authority, role=appointment.role)
    present = asked.customer_present or (
        appointment.role == Role.ADVOCATE and known.is_present(appointment, asked.action)
    )
    actor, committed = _facts_of(appointment, asked), ZERO
    if asked.amount is not None:
        tightest = known.lines.tightest(appointment, asked.committed)
        if tightest is not None:
            actor = replace(actor, max_expense=tightest.limit)
            committed = tightest.committed
    decision = _decide(
        lambda: known.binding.decide(
            rules.may,
            actor=actor,
            action=asked.action,
            customer_present=present,
            on=asked.on,
            tcp=known.account.customer.is_tcp,
            amount=asked.amount,
            committed=committed,
        ),
        role=appointment.role,
        authority=authority,
    )
    return _not_yet(appointment, asked, decision) if decision.allowed else decision


def _unless_closed(decision: Decision, action: Action, account: Account) -> Decision:
    """Refuse what needs a running account; what is owed, read or complained of goes on."""
    if account.status != AccountStatus.CLOSED or action not in NEEDS_RUNNING:
        return decision
    says = "A closed account can still be read, paid and complained about."
    because = _house("account-closed", says, "the account is closed")
    return Decision(allowed=False, because=because, role=decision.role)


def _decide(ask: Callable[[], Permission], *, role: str, authority: str) -> Decision:
    try:
        answer = ask()
    except TermsSilent as silence:
        return Decision(allowed=False, because=as_json(silence.because), role=role)
    return Decision(
        allowed=bool(answer.allowed),
        masked=bool(answer.masked),
        because=as_json(answer.because),
        authority=authority,
        role=role,
    )


def _not_yet(appointment: Appointment, asked: _Question, decision: Decision) -> Decision:
    """Refuse what an appointment would allow once it is checked or its cooling-off is over."""
    zone = State(appointment.account.state).zone
    moment = asked.at or datetime.combine(asked.on, time(), zone)
    if appointment.held_at:
        says = "While high-risk steps are paused, no full authority begins to work."
        because = _house("paused", says, "it waits until the pause is lifted")
    elif appointment.works_from and moment < appointment.works_from:
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
    return as_json([Reason(clause, (step,))])


def _facts_of(appointment: Appointment, asked: _Question) -> Actor:
    """The facts of an appointment as the rule takes them.

    For a service that the appointment does not cover, everything is withheld.
    """
    limits = [_limit(word) for word in appointment.limits]
    if asked.service and appointment.services and asked.service not in appointment.services:
        limits.append(asked.action)
    return Actor(
        role=Role(appointment.role),
        limits=tuple(limits),
        from_=appointment.starts_on,
        until=appointment.ends_on,
        form_received_on=appointment.form_received_on,
        in_writing=appointment.in_writing,
        signed=appointment.signed,
        verified=appointment.verified_at is not None,
        substitute_agreed=bool(appointment.substitute),
        max_expense=appointment.max_expense,
        employee=appointment.employee,
        warrants_authority=appointment.warrants_authority,
        provider_knows_otherwise=appointment.provider_knows_otherwise,
        removal_notice_on=appointment.removal_notice_on,
    )


def _limit(word: str) -> Action | Literal["only_with_customer"]:
    return "only_with_customer" if word == ONLY_WITH_CUSTOMER else Action(word)


def powers(appointment: Appointment, *, on: date, at: datetime) -> dict[Action, Decision]:
    """Return what an appointment allows its person to do alone at that moment, and why not."""
    if appointment.revoked_at or appointment.starts_on > on:
        return dict.fromkeys(Action, Decision(allowed=False, role=appointment.role))
    account = appointment.account
    known = DecisionContext(account, on, at)
    judged = {action: _judge(appointment, _Question(action, on, at), known) for action in Action}
    return {
        action: _unless_closed(decision, action, account) if decision.allowed else decision
        for action, decision in judged.items()
    }


def what_if(
    appointment: Appointment, action: Action, on: date, bound: Binding, *, checked: bool = True
) -> Decision:
    """Say what an appointment, saved or not, would allow; `checked`: as if staff had checked it.

    Tells before anybody signs whether an appointment would work at all.
    """
    actor = _facts_of(appointment, _Question(action, on))
    actor = replace(
        actor,
        verified=checked or actor.verified,
        signed=checked or actor.signed,
        warrants_authority=actor.warrants_authority or bool(actor.employee),
    )
    return _decide(
        lambda: bound.decide(
            rules.may,
            actor=actor,
            action=action,
            customer_present=False,
            on=on,
            tcp=appointment.account.customer.is_tcp,
        ),
        role=appointment.role,
        authority="",
    )


def require(actor: User, action: Action, account: Account, **facts: Any) -> Decision:
    """Return the decision of `may`, with the same facts, if it is yes.

    Raises NotAuthorised, with its reasons, if it is no.
    """
    decision = may(actor, action, account, **facts)
    if not decision.allowed:
        raise NotAuthorised(decision, action)
    return decision


class Permissions:
    """What one person may do on one account at one moment; each question is asked once."""

    def __init__(
        self,
        actor: User,
        account: Account,
        *,
        on: date,
        at: datetime,
        standings: Iterable[Appointment] = (),
    ) -> None:
        self.actor, self.account, self.on, self.at = actor, account, on, at
        self.standings = tuple(standings)
        # The list of the person's accounts has read already who looks together now.
        looking = {row.pk: row.is_looking for row in self.standings if hasattr(row, "is_looking")}
        self._known = DecisionContext(account, on, at, looking)
        self._decided: dict[tuple[Action, str, bool], Decision] = {}

    def may(
        self, action: Action, service: str = "", *, customer_present: bool = False
    ) -> Decision:
        """Decide as `access.may` does."""
        key = (action, service, customer_present)
        if key not in self._decided:
            self._decided[key] = may(
                self.actor,
                action,
                self.account,
                on=self.on,
                at=self.at,
                customer_present=customer_present,
                service=service,
                standings=self.standings or None,
                known=self._known,
            )
        return self._decided[key]

    def require(
        self, action: Action, service: str = "", *, customer_present: bool = False
    ) -> Decision:
        """Return the decision if it is yes. Raises NotAuthorised if it is no."""
        decision = self.may(action, service, customer_present=customer_present)
        if not decision.allowed:
            raise NotAuthorised(decision, action)
        return decision

    def only_with_customer(self, action: Action) -> bool:
        """Whether it takes the customer's presence, and no more, for the person to do this."""
        if self.actor.is_staff or self.may(action).allowed:
            return False
        return self.may(action, customer_present=True).allowed

    @property
    def sees_who(self) -> bool:
        """Whether the person may know who the customer is."""
        decision = self.may(Action.VIEW_PERSONAL_DETAILS)
        return decision.allowed and not decision.masked
