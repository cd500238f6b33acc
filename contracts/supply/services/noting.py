"""Add a service to a contract that is on record, and put right how one is called."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from contracts.agreements.models import Contract
from contracts.catalogue.models import Plan
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.accounts.states import AccountStatus
from parties.authority import selectors as authority
from parties.authority.selectors import NotAuthorised
from parties.people.models import User
from records.audit.services import Actor, record
from terms.facts import Action

from .supplying import SupplyRefused

MOST = 10_000


@dataclass(frozen=True, kw_only=True)
class Named:
    """A service as a contract has it: its plan, what it is called and how many."""

    plan: Plan
    label: str
    identifier: str
    quantity: int = 1


def note_service(*, contract: Contract, named: Named, why: str, by: User, at: datetime) -> Service:
    """Add a service to a contract on record; it is charged once it is noted that it works.

    A plan that is not offered now may be meant: the paper is older than the list. The same again,
    while it does not work yet, is the same. Raises NotAuthorised, and SupplyRefused for a closed
    account, another provider's plan, a number below one, or no name.
    """
    account = contract.account
    actor = _require_staff(account, by, at)
    with transaction.atomic():
        lock_account(account.pk)
        if account.status == AccountStatus.CLOSED:
            raise SupplyRefused(f"Account {account.number} is closed: open a new account first.")
        if named.plan.provider_id != account.customer.provider_id:
            raise SupplyRefused("This plan is another provider's: choose one of the customer's.")
        if not 1 <= named.quantity <= MOST:
            raise SupplyRefused(f"Give how many: 1 to {MOST:,}.")
        _require_names(named.label, named.identifier)
        facts: dict[str, Any] = {name: getattr(named, name) for name in asdict(named)}
        known = Service.objects.filter(contract=contract, **facts).first()
        if known is not None:
            return known
        row = Service.objects.create(contract=contract, **facts)
        _note(row, "note_service", actor, at, why, after={"plan": str(named.plan), **_called(row)})
    return row


def name_service(
    *, service: Service, label: str, identifier: str, why: str, by: User, at: datetime
) -> Service:
    """Put right how a service is called and its number as noted; what is supplied stays.

    The same names change nothing. Raises NotAuthorised, and SupplyRefused without names or reason.
    """
    account = service.contract.account
    actor = _require_staff(account, by, at)
    with transaction.atomic():
        lock_account(account.pk)
        row = Service.objects.select_related("contract").get(pk=service.pk)
        _require_names(label, identifier)
        if not why.strip():
            raise SupplyRefused("Say why. It is kept.")
        before = _called(row)
        row.label, row.identifier = label.strip(), identifier.strip()
        if _called(row) != before:
            row.save(update_fields=["label", "identifier"])
            _note(row, "name_service", actor, at, why, before=before, after=_called(row))
    return row


def _require_staff(account: Account, by: User, at: datetime) -> Actor:
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at)
    if not by.is_staff:
        raise NotAuthorised(decision, Action.OPEN_SERVICE)
    return authority.with_customer(by, decision)


def _require_names(label: str, identifier: str) -> None:
    if not label.strip():
        raise SupplyRefused("Say what it is, as the customer reads it.")
    if not identifier.strip():
        raise SupplyRefused("Give its number, link or host name.")


def _called(row: Service) -> dict[str, str]:
    return {"label": row.label, "identifier": row.identifier, "quantity": str(row.quantity)}


def _note(
    row: Service,
    action: str,
    actor: Actor,
    at: datetime,
    why: str,
    *,
    after: dict[str, str],
    before: dict[str, str] | None = None,
) -> None:
    record(
        account_id=row.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=str(row.public_id),
        reason=why,
        before=before,
        after=after,
    )
