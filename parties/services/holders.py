"""Change who holds an account, with evidence, and record what happened to the holder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from parties import access, selectors
from parties.models import Account, Appointment, HolderEvent, User
from parties.states import HolderEventKind
from records.audit.services import record
from terms import rules
from terms.clause import dump
from terms.facts import Action, Role, read_facts
from terms.profile import TermsSilent

from .invitations import invite_holder
from .letters import tell
from .standing import end_standing

# What ends the holder's standing by itself; the others do so if a new holder is named.
ENDS = frozenset({HolderEventKind.DEATH, HolderEventKind.INCAPACITY, HolderEventKind.SALE})


class HolderChangeRefused(Exception):
    """The holder can't be changed like this; `because` holds the clauses."""

    def __init__(self, message: str, because: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.because = because or []


@dataclass(frozen=True, kw_only=True)
class Happened:
    """What happened to the holder, since when, and by which evidence one knows."""

    kind: HolderEventKind
    since: date
    evidence: str
    new_holder_email: str = ""
    written_consent: bool = False


def record_holder_event(
    *, account: Account, happened: Happened, by: User, at: datetime, checked: str = ""
) -> HolderEvent:
    """Record it; where it ends the holder's standing, everyone whom they appointed goes too.

    A new holder is invited by email and claims the account with its number. A sale needs the
    consent that the terms ask for. `checked` names the identity check, or says why there was
    none. Raises NotAuthorised and HolderChangeRefused. (CV-PTY-04, VP-PAR-19, BS-PARTY-17.)
    """
    on = access.local_day(account, at)
    decision = access.require(by, Action.ADD_REPRESENTATIVE, account, on=on, at=at)
    if not happened.evidence.strip():
        raise HolderChangeRefused("Note the evidence: which document, seen by whom.")
    is_sale = happened.kind == HolderEventKind.SALE
    because = (
        _consent(account, happened, on)
        if is_sale
        else selectors.ground(account, happened.kind, happened.since, on).because
    )
    holder = selectors.holder(account)
    with transaction.atomic():
        event = HolderEvent.objects.create(
            account=account,
            kind=happened.kind,
            since=happened.since,
            evidence=happened.evidence,
            old_holder=holder,
            new_holder_email=happened.new_holder_email,
            recorded_by=by,
            recorded_at=at,
            because=because,
        )
        if happened.kind in ENDS or happened.new_holder_email:
            _end_all(account, happened, by, at)
        _record(event, access.with_customer(by, decision), at, checked)
        if happened.new_holder_email:
            actor = access.AuditActor(user_id=by.pk, name=str(by))
            invite_holder(account=account, email=happened.new_holder_email, at=at, by=actor)
        if holder and happened.kind == HolderEventKind.SALE:
            _tell_old_holder(account, holder, at)
    return event


def _record(event: HolderEvent, actor: access.AuditActor, at: datetime, checked: str) -> None:
    record(
        account_id=event.account_id,
        at=at,
        action="record_holder_event",
        actor=actor,
        subject=event.account.number,
        reason=event.evidence,
        before={"holder": str(event.old_holder or "")},
        after={
            "kind": event.kind,
            "since": event.since.isoformat(),
            "new_holder": event.new_holder_email,
            "identity_check": checked,
        },
        because=event.because,
    )


def _consent(account: Account, happened: Happened, on: date) -> list[dict[str, Any]]:
    facts = {"by": "customer", "written_consent": happened.written_consent}
    try:
        answer = selectors.binding(account, on).decide(
            rules.transfer_of_account, **read_facts(rules.transfer_of_account, facts)
        )
    except TermsSilent as silence:
        return dump(silence.because)
    because = dump(answer.because)
    if not answer.allowed:
        raise HolderChangeRefused("The terms ask for written consent to this.", because)
    return because


def _end_all(account: Account, happened: Happened, by: User, at: datetime) -> None:
    """End the holder's standing, and what rests on it: all that they granted."""
    why = f"The account holder: {happened.kind.label.lower()}"
    rows = Appointment.objects.select_for_update(of=("self",)).filter(
        account=account, revoked_at__isnull=True
    )
    for row in rows.select_related("user", "account__customer__provider"):
        end_standing(row, by=by, at=at, why=why)
        if row.role != Role.HOLDER:
            tell(
                account,
                to=row.user.email,
                name=row.person,
                at=at,
                headline=f"You no longer act for {account.customer.name}",
                body="Who held the account no longer does, and your appointment ended with that. "
                "A new account holder can appoint you again.",
            )


def _tell_old_holder(account: Account, holder: User, at: datetime) -> None:
    tell(
        account,
        to=holder.email,
        name=str(holder),
        at=at,
        headline=f"Account {account.number} passes to a new holder",
        body="You no longer hold it. If you did not agree to this, tell us at once.",
    )
