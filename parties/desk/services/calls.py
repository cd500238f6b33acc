"""Take a call: staff say who calls and about what, and act for that person meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from parties.accounts.models import Account
from parties.authority import selectors as authority_selectors
from parties.authority.models import Appointment
from parties.authority.states import POWERS
from parties.desk.models import Call
from parties.people.models import User
from parties.people.states import TAKES_CALLS
from parties.security.services import recent_check
from records.audit.services import ActingFor, Actor, record
from terms.facts import Action

CALL_HOLDS = timedelta(minutes=30)


class CallRefused(Exception):
    """The call can't be taken or closed like this; the message says what to do."""


class CallerMayNot(Exception):
    """Who is calling may not ask for this; `decision` says why, by which clause."""

    def __init__(self, call: Call, action: Action, decision: authority_selectors.Decision) -> None:
        super().__init__(f"{call.caller} may not ask for this.")
        self.call = call
        self.action = action
        self.decision = decision


def may_take_calls(actor: User) -> bool:
    """Whether any of the person's roles talks with customers on the phone."""
    return not TAKES_CALLS.isdisjoint(authority_selectors.staff_roles(actor))


def take_call(
    *,
    account: Account,
    by: User,
    step: Action,
    at: datetime,
    appointment: Appointment | None = None,
    caller: str = "",
) -> Call:
    """Note who is calling, under which appointment if any, and about what; it holds half an hour.

    A call that the same member of staff was on is over with that. Raises NotAuthorised and
    CallRefused.
    """
    on = authority_selectors.local_day(account, at)
    decision = authority_selectors.require(by, Action.DISCUSS_ISSUE, account, on=on, at=at)
    if not may_take_calls(by):
        raise authority_selectors.NotAuthorised(decision, Action.DISCUSS_ISSUE)
    if appointment is not None:
        over = authority_selectors.standing_status(appointment, on, at) in authority_selectors.OVER
        if over or appointment.account_id != account.pk:
            raise CallRefused("Their appointment has ended. Note them as somebody else.")
    elif not caller.strip():
        raise CallRefused("Write down who is calling.")
    with transaction.atomic():
        Call.objects.filter(by=by, ended_at__isnull=True).update(ended_at=Least(F("ends_at"), at))
        call = Call.objects.create(
            account=account,
            appointment=appointment,
            caller=appointment.person if appointment else caller.strip(),
            step=step.value,
            by=by,
            started_at=at,
            ends_at=at + CALL_HOLDS,
        )
        _record(call, "take_call", at=at)
    return call


def end_call(*, call: Call, by: User, outcome: str, at: datetime) -> Call:
    """End a call and note how it went. Raises CallRefused for another's call, or a second time."""
    with transaction.atomic():
        row = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if row.by_id != by.pk:
            raise CallRefused("Only who took the call notes how it went.")
        if row.outcome:
            raise CallRefused("How it went is noted already.")
        row.outcome = outcome.strip()
        row.ended_at = row.ended_at or min(at, row.ends_at)
        row.save(update_fields=["outcome", "ended_at"])
        _record(row, "end_call", at=at, reason=row.outcome)
    return row


def behalf_of(call: Call, *, at: datetime, action: Action | None = None) -> ActingFor:
    """For whom staff act during a call, and under which appointment, if `action` needs one.

    Raises CallerMayNot where the caller could not do it themselves. A fact that anybody may
    report needs no authority and claims none.
    """
    authority = ""
    if action is not None:
        decision = _may(call, action, at)
        if not decision.allowed:
            raise CallerMayNot(call, action, decision)
        authority = decision.authority
    return ActingFor(
        account_id=call.account_id,
        staff=staff_actor(call.by),
        for_whom=call.for_whom,
        authority=authority,
    )


def staff_actor(by: User) -> Actor:
    """A member of staff with their roles, for the audit trail."""
    return Actor(user_id=by.pk, name=str(by), acted_as=authority_selectors.role_names(by))


@dataclass(frozen=True, kw_only=True)
class CallerPower:
    """Whether who is calling may ask for one thing, and why; `is_asked`: they call for it."""

    action: Action
    words: str
    is_asked: bool
    decision: authority_selectors.Decision


def caller_powers(call: Call, *, at: datetime) -> list[CallerPower]:
    """What who is calling may do alone at this moment, what they call for first."""
    judged: dict[Action, authority_selectors.Decision] = dict.fromkeys(
        Action, authority_selectors.Decision(allowed=False)
    )
    if call.appointment is not None:
        on = authority_selectors.local_day(call.account, at)
        judged = authority_selectors.powers(call.appointment, on=on, at=at)
    lines = [
        CallerPower(
            action=action, words=words, is_asked=action.value == call.step, decision=judged[action]
        )
        for action, words in POWERS.items()
    ]
    return sorted(lines, key=lambda line: not line.is_asked)


def proof_in_call(account: Account, purpose: str, *, call: Call | None, at: datetime) -> str:
    """The fresh identity check that a step can rely on: in a call, only that of who is calling."""
    if call is None:
        return recent_check(account, purpose, at=at)
    if call.appointment is None:
        return ""
    return recent_check(account, purpose, at=at, person=call.appointment.user)


def _may(call: Call, action: Action, at: datetime) -> authority_selectors.Decision:
    if call.appointment is None:
        return authority_selectors.Decision(allowed=False)
    account = call.account
    on = authority_selectors.local_day(account, at)
    return authority_selectors.may(call.appointment.user, action, account, on=on, at=at)


def _record(call: Call, action: str, *, at: datetime, reason: str = "") -> None:
    record(
        account_id=call.account_id,
        at=at,
        action=action,
        actor=replace(staff_actor(call.by), for_whom=call.for_whom),
        subject=call.get_step_display(),
        reason=reason,
    )
