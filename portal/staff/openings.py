"""Staff open customers' records: for a reason that is kept, and never without a trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from django.http import HttpRequest

from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.authority.selectors import Decision, NotAuthorised
from parties.desk import selectors as desk
from parties.people.models import User
from parties.people.states import VIEWS_AS_CUSTOMER, StaffData
from portal.composition.discretion import is_private_read
from portal.web import guards
from portal.web.guards import VIEWING_KEY
from records.audit.services import record, record_read
from terms.facts import Action

REASONS_KEY = "reasons"
REASON_HOLDS = timedelta(minutes=30)
VIEWING_HOLDS = timedelta(minutes=15)


class ReasonNeeded(Exception):
    """A member of staff opens a record that no work of theirs leads to: they have to say why."""

    def __init__(self, account: Account) -> None:
        super().__init__(f"Say why you open {account.number}.")
        self.account = account


def note_reason(request: HttpRequest, account: Account, reason: str) -> None:
    """Keep why somebody opens this account's record, for half an hour of their session."""
    kept = request.session.get(REASONS_KEY, {})
    kept[str(account.public_id)] = [reason, (request.at + REASON_HOLDS).isoformat()]
    request.session[REASONS_KEY] = kept


def reason_given(request: HttpRequest, account: Account) -> str:
    """The reason that still holds for this account, or nothing."""
    reason, until = request.session.get(REASONS_KEY, {}).get(str(account.public_id), ("", ""))
    return reason if until > request.at.isoformat() else ""


def open_record(
    request: HttpRequest, account: Account, *, subject: str, in_queue: bool = False
) -> None:
    """Let a member of staff open a record of this account, and leave a trace of it.

    Raises NotAuthorised where role or terms say no, ReasonNeeded where neither their queue nor a
    reason nor a call leads here.
    """
    on = authority.local_day(account, request.at)
    decision = authority.staff_sees(
        request.user, StaffData.ACCOUNT, account, on=on, remote=guards.is_remote(request)
    )
    if not decision.allowed:
        raise NotAuthorised(decision, Action.DISCUSS_ISSUE)
    call = desk.open_call(request.user, request.at, account)
    called = f"A call: {call.get_step_display().lower()}" if call else ""
    reason = reason_given(request, account) or called
    if not (in_queue or reason):
        raise ReasonNeeded(account)
    record_read(
        account_id=account.pk,
        at=request.at,
        actor=replace(
            guards.audit_actor(request, acted_as=decision.role),
            for_whom=call.for_whom if call else "",
        ),
        subject=subject[:80],
        reason=reason,
        is_private=is_private_read(request.user, account),
    )


def may_view_as(actor: User, account: Account, *, on: date, remote: bool = False) -> Decision:
    """Decide whether a member of staff may see the portal as this customer sees it."""
    decision = authority.staff_sees(actor, StaffData.CONTACT, account, on=on, remote=remote)
    if not VIEWS_AS_CUSTOMER.intersection(authority.staff_roles(actor)):
        return replace(decision, allowed=False)
    return decision


def start_viewing(request: HttpRequest, account: Account, reason: str) -> None:
    """Show the portal as the customer sees it, for 15 minutes. Raises NotAuthorised."""
    on = authority.local_day(account, request.at)
    decision = may_view_as(request.user, account, on=on, remote=guards.is_remote(request))
    if not decision.allowed:
        raise NotAuthorised(decision, Action.VIEW_PERSONAL_DETAILS)
    until = request.at + VIEWING_HOLDS
    request.session[VIEWING_KEY] = [str(account.public_id), reason, until.isoformat()]
    record(
        account_id=account.pk,
        at=request.at,
        action="view_as_customer",
        actor=guards.audit_actor(request, acted_as=decision.role),
        subject=account.number,
        reason=reason,
    )


def stop_viewing(request: HttpRequest) -> None:
    """Go back to being a member of staff."""
    request.session.pop(VIEWING_KEY, None)
