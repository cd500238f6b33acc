"""An advocate calls with the customer on the line: staff hear both, and it is done at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from parties.appointments.services import (
    Perform,
    PresenceRefused,
    ask_together,
    confirm,
    send_presence_code,
    still_open,
)
from parties.authority import selectors as authority
from parties.authority.models import Presence
from parties.correspondence.services import tell
from parties.desk.models import Call
from parties.people.models import User
from parties.security.models import IdentityCheck
from parties.security.services import IdentityNotProven, enter_code, note_factor
from parties.security.states import PRESENCE_CODE, Factor
from records.audit.services import on_behalf
from terms.facts import Action, Role

from .calls import behalf_of


@dataclass(frozen=True, kw_only=True)
class PhoneProof:
    """How the customer on the line proved who they are.

    By the code that they read out, by documents that staff saw, or not at all, for a reason that
    the customer is told.
    """

    code: str = ""
    documents: str = ""
    without: str = ""


def ask_by_phone(
    *,
    call: Call,
    act: str,
    action: Action,
    facts: dict[str, Any],
    words: str,
    at: datetime,
) -> Presence:
    """Put down what the advocate who is calling asks for with the customer on the line.

    Raises NotAuthorised where the staff's role, or the terms even with the customer there, say no,
    and PresenceRefused where the caller is no advocate. (VP-PAR-04, VP-PAR-05.)
    """
    account = call.account
    on = authority.local_day(account, at)
    authority.require(call.by, action, account, on=on, at=at)
    row = call.appointment
    if row is None or row.role != Role.ADVOCATE:
        raise PresenceRefused("This is for an advocate who calls with the customer on the line.")
    with _named(call, at):
        return ask_together(
            account=account,
            by=row.user,
            act=act,
            action=action,
            facts=facts,
            words=words,
            at=at,
            through=call.by,
        )


def send_phone_code(*, presence: Presence, call: Call, at: datetime) -> IdentityCheck:
    """Send the customer a code to read out. Raises IdentityNotProven and PresenceRefused."""
    _same_call(presence, call, at)
    with _named(call, at):
        return send_presence_code(presence=presence, at=at)


def confirm_by_phone(
    *,
    presence: Presence,
    call: Call,
    agreed: bool,
    proof: PhoneProof,
    at: datetime,
    perform: Perform,
) -> Presence:
    """Note that the customer on the line agreed, and do it: under the names of all three.

    Raises PresenceRefused too late, in another call or without their yes, IdentityNotProven
    without proof, and NotAuthorised where the staff's role does not reach. A wrong code is counted
    whatever else happens. (VP-PAR-04, VP-PAR-05, RF-ID-01, RF-ID-05.)
    """
    _same_call(presence, call, at)
    still_open(presence, at)
    account = presence.account
    on = authority.local_day(account, at)
    authority.require(call.by, Action(presence.action), account, on=on, at=at)
    holder = authority.holder(account)
    if holder is None:
        raise PresenceRefused("The customer has no log-in here yet.")
    if not agreed:
        raise PresenceRefused("Tick that the customer is there and agreed to exactly this.")
    with _named(call, at, holder):
        check = _entered(presence, proof, at)
        with transaction.atomic():
            shown = check or _checked(presence, holder, call.by, proof, at)
            if proof.without and not shown:
                _tell_unchecked(presence, holder, call.by, proof.without, at)
            facts = {
                "agreed": "said so on the phone",
                "identity_check": shown or f"none: {proof.without}",
            }
            return confirm(presence, by=holder, at=at, perform=perform, facts=facts)


def _entered(presence: Presence, proof: PhoneProof, at: datetime) -> str:
    """Take the code outside the transaction that does the act: a wrong one stays counted."""
    if not proof.code:
        return ""
    if presence.code is None:
        raise IdentityNotProven("Send a code to the customer first.")
    return str(enter_code(check=presence.code, code=proof.code, at=at).public_id)


def _checked(presence: Presence, holder: User, by: User, proof: PhoneProof, at: datetime) -> str:
    if proof.documents.strip():
        check = note_factor(
            account=presence.account,
            person=holder,
            purpose=PRESENCE_CODE,
            factor=Factor.DOCUMENTS,
            at=at,
            about=f"{presence.advocate} asks: {presence.words}"[:300],
            evidence=proof.documents,
            seen_by=by,
        )
        return str(check.public_id)
    if not proof.without.strip():
        raise IdentityNotProven(
            "Enter the code that the customer reads out, or the documents seen, or say why you go "
            "on without."
        )
    Presence.objects.filter(pk=presence.pk).update(without=proof.without[:250])
    return ""


def _tell_unchecked(
    presence: Presence, holder: User, by: User, without: str, at: datetime
) -> None:
    tell(
        presence.account,
        to=holder.email,
        name=str(holder),
        at=at,
        headline=f"Done on the phone for you and {presence.advocate}",
        body=f"What was done: {presence.words} {by} noted that you were on the line and agreed. "
        f"Nobody's identity was checked: {without}. If this was not agreed, tell us at once.",
    )


def _same_call(presence: Presence, call: Call, at: datetime) -> None:
    if call.ended_at is not None or at >= call.ends_at:
        raise PresenceRefused("The call is over. Say again who is calling.")
    same = presence.through_id == call.by_id and call.appointment_id == presence.appointment_id
    if not same:
        raise PresenceRefused("This was asked for in another call. Ask again in this one.")


@contextmanager
def _named(call: Call, at: datetime, holder: User | None = None) -> Iterator[None]:
    """Record what follows as done by staff for the advocate, who is with the customer or not."""
    behalf = behalf_of(call, at=at)
    on = authority.local_day(call.account, at)
    row = call.appointment
    if row is not None and authority.standing_status(row, on, at) not in authority.OVER:
        behalf = replace(behalf, authority=str(row.public_id))
    if holder is not None:
        behalf = replace(behalf, for_whom=f"{behalf.for_whom}, with {holder}, account holder")
    with on_behalf(behalf):
        yield
