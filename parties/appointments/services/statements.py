"""A customer writes that an advocate does nothing without them; staff note the letter."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from parties.authority import selectors as authority
from parties.authority.models import Appointment
from parties.authority.states import ONLY_WITH_CUSTOMER
from parties.correspondence.services import tell
from parties.people.models import User
from records.audit.services import record
from terms.facts import Action, Role


class StatementRefused(Exception):
    """The wish can't be noted of this appointment; the message says why."""


def note_statement(
    *, appointment: Appointment, by: User, statement: str, evidence: str, at: datetime
) -> Appointment:
    """Note the customer's written wish that this advocate does nothing alone; it holds at once.

    `evidence` says which letter, where it lies. Both sides are told. Raises NotAuthorised and
    StatementRefused. (VP-PAR-10, RF-TCP-03.)
    """
    account = appointment.account
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.CHANGE_DETAILS, account, on=on, at=at)
    holder = authority.holder(account)
    with transaction.atomic():
        row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
        if row.role != Role.ADVOCATE or row.revoked_at:
            raise StatementRefused("This is about an advocate who speaks for the customer now.")
        if ONLY_WITH_CUSTOMER in row.limits:
            raise StatementRefused("This advocate does nothing alone already.")
        before = {"limits": list(row.limits), "statement": row.statement}
        row.limits = [*row.limits, ONLY_WITH_CUSTOMER]
        row.statement = statement
        row.save(update_fields=["limits", "statement"])
        record(
            account_id=account.pk,
            at=at,
            action="note_statement",
            actor=authority.with_customer(by, decision),
            subject=str(row.public_id),
            reason=evidence,
            before=before,
            after={"limits": row.limits, "statement": statement},
        )
        told = {row.user.email: row.person}
        if holder:
            told[holder.email] = str(holder)
        for address, name in told.items():
            tell(
                account,
                to=address,
                name=name,
                at=at,
                headline=f"{row.person} does nothing without {account.customer.name}",
                body="We have the customer's letter about this, and it holds from now on. With "
                "the customer there, things can be asked for as before.",
                path=reverse("my_authority") if address == row.user.email else reverse("people"),
            )
    return row
