"""Change who holds an account, with evidence, and record what happened to the holder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from parties.accounts import selectors as accounts
from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.authority.models import Appointment, HolderEvent
from parties.authority.services import lock_people
from parties.authority.states import HolderEventKind
from parties.correspondence.services import tell
from parties.people.models import User
from parties.security.models import ContactChange
from parties.security.services import require_no_pause, stop_link
from parties.security.states import HighRisk
from records.audit import services as audit
from records.audit.services import record
from terms import rules
from terms.clause import as_json
from terms.facts import Action, Role
from terms.profile import TermsSilent

from .invitations import invite_holder
from .standing import end_standing

# What ends the holder's standing by itself; the others do so if a new holder is named.
ENDS = frozenset({HolderEventKind.DEATH, HolderEventKind.INCAPACITY, HolderEventKind.SALE})


class HolderChangeRefused(Exception):
    """The holder can't be changed like this; `because` holds the clauses."""

    def __init__(self, message: str, because: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.because = because or []


@dataclass(frozen=True, kw_only=True)
class HolderChange:
    """What happened to the holder, since when, and by which evidence one knows."""

    kind: HolderEventKind
    since: date
    evidence: str
    new_holder_email: str = ""
    written_consent: bool = False


def record_holder_event(
    *, account: Account, happened: HolderChange, by: User, at: datetime, checked: str = ""
) -> HolderEvent:
    """Record it; where it ends the holder's standing, everyone whom they appointed goes too.

    A new holder is invited by email and claims the account with its number. A sale needs the
    consent that the terms ask for. `checked` names the identity check, or says why there was
    none. Raises NotAuthorised, also for a new holder while that is paused, and
    HolderChangeRefused. (CV-PTY-04, VP-PAR-19, BS-PARTY-17.)
    """
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.ADD_REPRESENTATIVE, account, on=on, at=at)
    if happened.new_holder_email:
        require_no_pause(account, Action.ADD_REPRESENTATIVE, at=at)
    if not happened.evidence.strip():
        raise HolderChangeRefused("Note the evidence: which document, seen by whom.")
    because = _because(account, happened, on)
    event = HolderEvent(
        account=account,
        kind=happened.kind,
        since=happened.since,
        evidence=happened.evidence,
        old_holder=authority.holder(account),
        new_holder_email=happened.new_holder_email,
        recorded_by=by,
        recorded_at=at,
        because=because,
    )
    actor = authority.with_customer(by, decision)
    with transaction.atomic():
        lock_people(account)
        event.save()
        if happened.kind in ENDS or happened.new_holder_email:
            _end_all(account, happened, by, at)
        record(
            account_id=account.pk,
            at=at,
            action="record_holder_event",
            actor=actor,
            subject=account.number,
            reason=happened.evidence,
            before={"holder": str(event.old_holder or "")},
            after=_facts(happened) | {"identity_check": checked},
            because=because,
        )
        _follow_up(event, actor, at)
    return event


def _facts(happened: HolderChange) -> dict[str, str]:
    return {
        "kind": happened.kind,
        "since": happened.since.isoformat(),
        "new_holder": happened.new_holder_email,
    }


def _follow_up(event: HolderEvent, actor: audit.Actor, at: datetime) -> None:
    """Invite who comes next; tell who sold it."""
    account = event.account
    if event.new_holder_email:
        invite_holder(account=account, email=event.new_holder_email, at=at, by=actor)
    if event.old_holder and event.kind == HolderEventKind.SALE:
        _tell_old_holder(account, event.old_holder, at)


def _because(account: Account, happened: HolderChange, on: date) -> list[dict[str, Any]]:
    """The clauses on what happened; of a sale, those on the consent that it needs."""
    if happened.kind == HolderEventKind.SALE:
        return _consent(account, happened, on)
    return authority.ground(account, happened.kind, happened.since, on).because


def _consent(account: Account, happened: HolderChange, on: date) -> list[dict[str, Any]]:
    try:
        answer = accounts.binding(account, on).decide(
            rules.transfer_of_account,
            by="customer",
            written_consent=happened.written_consent,
        )
    except TermsSilent as silence:
        return as_json(silence.because)
    because = as_json(answer.because)
    if not answer.allowed:
        raise HolderChangeRefused("The terms ask for written consent to this.", because)
    return because


def _end_all(account: Account, happened: HolderChange, by: User, at: datetime) -> None:
    """End the holder's standing, and what rests on it: all that they granted.

    Their links can't set back what is the next holder's either.
    """
    ContactChange.objects.filter(account=account, undo_until__gt=at).update(undo_until=at)
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
        stop=stop_link(account, holder, HighRisk.TRANSFER, at=at),
    )
