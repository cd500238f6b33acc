"""The customer is there: an advocate asks for one thing, the customer confirms it live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse

from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.authority.models import Appointment, Presence
from parties.authority.states import PRESENCE, PresenceAct, PresenceState
from parties.correspondence.services import tell
from parties.people.models import User
from parties.security.models import IdentityCheck
from parties.security.services import IdentityNotProven, enter_code, send_code
from parties.security.states import PRESENCE_CODE
from records.audit import services as audit
from records.audit.services import record
from terms.facts import Action, Role

LASTS = timedelta(minutes=15)
ASKED_AN_HOUR = 10
Perform = Callable[[Presence], Any]


class PresenceRefused(Exception):
    """It can't be asked for or confirmed; the message says why."""


def ask_together(
    *,
    account: Account,
    by: User,
    act: str,
    action: Action,
    facts: dict[str, Any],
    words: str,
    at: datetime,
    through: User | None = None,
) -> Presence:
    """Ask the customer, who is there, for one thing; `words` say exactly what will be done.

    `through` is the member of staff who has both on the phone. Raises NotAuthorised if an
    advocate may not even do it with the customer there, and PresenceRefused where nobody could
    confirm. (VP-PAR-05, BS-PARTY-10, RF-TCP-03.)
    """
    on = authority.local_day(account, at)
    decision = authority.require(by, action, account, on=on, at=at, customer_present=True)
    row = authority.appointment_by_public_id(account, decision.authority)
    holder = authority.holder(account)
    if row is None or row.role != Role.ADVOCATE:
        raise PresenceRefused("Only an advocate needs the customer there: do it yourself.")
    if holder is None:
        raise PresenceRefused("The customer has no log-in here yet. Call the provider together.")
    lately = Presence.objects.filter(
        account=account, advocate=by, asked_at__gt=at - timedelta(hours=1)
    )
    if lately.count() >= ASKED_AN_HOUR:
        raise PresenceRefused(
            "You asked for several things in the last hour, and each is an email to the customer. "
            "Wait an hour, or call the provider together."
        )
    with transaction.atomic():
        presence = Presence.objects.create(
            account=account,
            advocate=by,
            appointment=row,
            act=act,
            action=action.value,
            facts=facts,
            words=words[:300],
            asked_at=at,
            ends_at=at + LASTS,
            through=through,
        )
        _record(presence, "ask_with_customer", by=by, at=at)
        _tell_customer(presence, holder, at)
    return presence


def _tell_customer(presence: Presence, holder: User, at: datetime) -> None:
    by, through = presence.advocate, presence.through
    body = f"What would be done: {presence.words} Confirm only if you are with {by} now."
    tell(
        presence.account,
        to=holder.email,
        name=str(holder),
        at=at,
        headline=f"{by} asks for something with you",
        body=f"{body} {through} is on the phone with {by}." if through else body,
        path=reverse("together_one", args=[presence.public_id]),
        label="Read and answer",
    )


def confirm_on_screen(
    *, presence: Presence, by: User, at: datetime, perform: Perform, proof: str = ""
) -> Presence:
    """Confirm on the customer's own screen; `perform` does it in the same transaction.

    Raises NotAuthorised for anyone who may not do it themselves, and PresenceRefused too late.
    """
    account = presence.account
    on = authority.local_day(account, at)
    if by.pk == presence.advocate_id:
        raise PresenceRefused("The customer confirms this, not you.")
    decision = authority.require(by, Action(presence.action), account, on=on, at=at)
    if decision.role != Role.HOLDER:
        raise PresenceRefused("Only the account holder confirms this.")
    return confirm(presence, by=by, at=at, perform=perform, facts={"identity_check": proof})


def send_presence_code(*, presence: Presence, at: datetime) -> IdentityCheck:
    """Send the customer a code that says what will be done, to be entered for them.

    Raises IdentityNotProven after too many codes.
    """
    still_open(presence, at)
    holder = authority.holder(presence.account)
    if holder is None:
        raise PresenceRefused("The customer has no log-in here yet.")
    with transaction.atomic():
        check = send_code(
            account=presence.account,
            person=holder,
            purpose=PRESENCE_CODE,
            about=f"{presence.advocate} asks: {presence.words}",
            at=at,
            asked_by=presence.through,
        )
        presence.code = check
        presence.save(update_fields=["code"])
    return check


def confirm_by_code(*, presence: Presence, code: str, at: datetime, perform: Perform) -> Presence:
    """Confirm by the code that the customer was sent. Raises IdentityNotProven, PresenceRefused.

    Wrong codes are counted, whatever else happens.
    """
    still_open(presence, at)
    if presence.code is None:
        raise IdentityNotProven("Send a code to the customer first.")
    check = enter_code(check=presence.code, code=code, at=at)
    facts = {"identity_check": str(check.public_id)}
    return confirm(presence, by=check.person, at=at, perform=perform, facts=facts)


def confirm(
    presence: Presence, *, by: User, at: datetime, perform: Perform, facts: dict[str, str]
) -> Presence:
    """Mark it as confirmed by the customer and do it, in one transaction."""
    with transaction.atomic():
        row = _locked(presence)
        still_open(row, at)
        _in_force(row.appointment, at)
        row.state = PRESENCE.after(PresenceState(row.state), PresenceAct.CONFIRM)
        row.confirmed_at, row.confirmed_by, row.ends_at = at, by, at + LASTS
        row.save(update_fields=["state", "confirmed_at", "confirmed_by", "ends_at"])
        perform(row)
        _record(row, "confirm_presence", by=by, at=at, facts=facts)
    return row


def end_together(*, presence: Presence, by: User, at: datetime) -> Presence:
    """End it at once, at either side's wish; the customer's no to a question is a refusal."""
    with transaction.atomic():
        row = _locked(presence)
        asked = row.state == PresenceState.ASKED
        act = PresenceAct.REFUSE if asked and by.pk != row.advocate_id else PresenceAct.END
        row.state = PRESENCE.after(PresenceState(row.state), act)
        row.ended_at = at
        row.save(update_fields=["state", "ended_at"])
        _record(row, f"{act.value}_presence", by=by, at=at)
    return row


def _locked(presence: Presence) -> Presence:
    return (
        Presence.objects.select_for_update(of=("self",))
        .select_related(
            "account__customer__provider", "advocate", "appointment__user", "confirmed_by"
        )
        .get(pk=presence.pk)
    )


def still_open(presence: Presence, at: datetime) -> None:
    """Raise PresenceRefused for what was answered, ended or has lapsed."""
    if presence.state != PresenceState.ASKED or at >= presence.ends_at:
        raise PresenceRefused("This is over. Ask again if you are still together.")


def _in_force(appointment: Appointment, at: datetime) -> None:
    on = authority.local_day(appointment.account, at)
    ended = appointment.revoked_at or (appointment.ends_on and appointment.ends_on < on)
    if ended:
        raise PresenceRefused("The advocate's appointment has ended.")


def _record(
    presence: Presence,
    action: str,
    *,
    by: User,
    at: datetime,
    facts: dict[str, str] | None = None,
) -> None:
    record(
        account_id=presence.account_id,
        at=at,
        action=action,
        actor=audit.Actor(
            user_id=by.pk,
            name=str(by),
            authority=str(presence.appointment.public_id),
            acted_as=Role.ADVOCATE.value if by.pk == presence.advocate_id else Role.HOLDER.value,
        ),
        subject=str(presence.public_id),
        reason=presence.words,
        after={"advocate": str(presence.advocate), "act": presence.act, **(facts or {})},
    )
