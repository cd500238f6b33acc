"""Whether somebody may do something: the one judge, with the facts of their standing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache, partial
from typing import Any

from parties import selectors
from parties.models import Account, Appointment, User
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.clause import Clause, Reason, Source, dump
from terms.facts import Action, Role, read_facts
from terms.profile import TermsSilent

from .decisions import Decision, NotAuthorised
from .staff import staff_may


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
