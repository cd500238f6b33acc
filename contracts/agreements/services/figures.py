"""Note what was agreed for a service: amounts that its terms leave to a quotation or a form."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from contracts.agreements.models import AgreedFigure, Contract
from contracts.agreements.states import Basis, FigureKind
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.people.models import User
from records.audit.services import record
from terms.facts import Action
from terms.money import ZERO


class FigureRefused(Exception):
    """The amount can't be kept so; the message says what to do."""


def note_figure(
    *,
    contract: Contract,
    service_id: int,
    kind: FigureKind,
    amount: Decimal,
    basis: Basis,
    agreed_in: str,
    by: User,
    at: datetime,
    ends_before: date | None = None,
    why: str = "",
) -> AgreedFigure:
    """Keep an amount in dollars that was agreed for a service, in place of the last of its kind.

    `ends_before` belongs to a quoted charge for leaving: it is due if the service ends before that
    day. The same amount from the same paper is kept once. Raises NotAuthorised, and FigureRefused
    for an amount below zero, or a quoted charge without its day.
    """
    if amount < ZERO:
        raise FigureRefused("An amount is not below $0.00.")
    is_quoted = kind == FigureKind.QUOTED_EARLY_CHARGE
    if is_quoted and ends_before is None:
        raise FigureRefused("Say before which day the service has to end for the quoted charge.")
    account = contract.account
    on = authority.local_day(account, at)
    with transaction.atomic():
        lock_account(account.pk)
        decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at)
        rows = AgreedFigure.objects.filter(service=service_id, kind=kind)
        before = rows.filter(replaced_at__isnull=True).first()
        said = (amount, basis, agreed_in, ends_before if is_quoted else None)
        if before is not None:
            if (before.amount, before.basis, before.agreed_in, before.ends_before) == said:
                return before
            before.replaced_at = at
            before.save(update_fields=["replaced_at"])
        row = AgreedFigure.objects.create(
            service_id=service_id,
            kind=kind,
            amount=amount,
            basis=basis,
            agreed_in=agreed_in,
            ends_before=said[3],
            noted_by=by,
            noted_at=at,
        )
        record(
            account_id=account.pk,
            at=at,
            action="note_agreed_figure",
            actor=authority.with_customer(by, decision),
            subject=contract.reference,
            reason=why,
            before={"amount": str(before.amount)} if before else {},
            after={"what": row.get_kind_display(), "amount": str(amount), "in": agreed_in},
        )
    return row
