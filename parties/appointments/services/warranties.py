"""An employee says that they have authority; the provider relies on it until it knows better."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from parties.authority import selectors as authority
from parties.authority.models import Appointment
from parties.correspondence.services import tell
from parties.people.models import User
from records.audit import services as audit
from records.audit.services import record
from terms import facts
from terms.facts import Action


def warrant_authority(*, appointment: Appointment, by: User, words: str, at: datetime) -> None:
    """Keep an employee's own word that they have authority; the holder is told (CV-PTY-02).

    Raises NotAuthorised for anyone but that employee.
    """
    holder = authority.holder(appointment.account)
    with transaction.atomic():
        row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
        if by.pk != row.user_id or not row.employee or row.revoked_at:
            raise authority.NotAuthorised(
                authority.Decision(allowed=False), facts.Action.INCUR_EXPENSE
            )
        row.warrants_authority = True
        row.save(update_fields=["warrants_authority"])
        record(
            account_id=appointment.account_id,
            at=at,
            action="warrant_authority",
            actor=audit.Actor(
                user_id=by.pk,
                name=str(by),
                authority=str(appointment.public_id),
                acted_as=appointment.role,
            ),
            subject=str(appointment.public_id),
            reason=words,
        )
        if holder:
            tell(
                appointment.account,
                to=holder.email,
                name=str(holder),
                at=at,
                headline=f"{by} says that they may agree for you",
                body=f"Their words: “{words}” We rely on them until you say otherwise. If it is "
                "not so, remove them under People.",
                path=reverse("appointment", args=[appointment.public_id]),
                label="Look at it",
            )


class KnowledgeRefused(Exception):
    """It can't be noted of this appointment; the message says why."""


def note_knowledge(
    *, appointment: Appointment, by: User, known: bool, why: str, at: datetime
) -> Appointment:
    """Note that the provider knows that an employee lacks the authority they claim, or not so.

    Reliance ends at once, and `known=False` takes it back. The holder is told. Raises
    NotAuthorised and KnowledgeRefused. (CV-PTY-02.)
    """
    account = appointment.account
    on = authority.local_day(account, at)
    action = Action.REMOVE_REPRESENTATIVE if known else Action.ADD_REPRESENTATIVE
    decision = authority.require(by, action, account, on=on, at=at)
    holder = authority.holder(account)
    with transaction.atomic():
        row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
        if row.revoked_at or not row.employee:
            raise KnowledgeRefused("Only an employee's own word of authority can be doubted.")
        if row.provider_knows_otherwise == known:
            raise KnowledgeRefused("This is noted already.")
        row.provider_knows_otherwise = known
        row.save(update_fields=["provider_knows_otherwise"])
        record(
            account_id=account.pk,
            at=at,
            action="doubt_authority" if known else "rely_on_authority",
            actor=authority.with_customer(by, decision),
            subject=str(row.public_id),
            reason=why,
            before={"relied_on": known},
            after={"relied_on": not known},
        )
        if holder:
            _tell_of_knowledge(row, holder, known, why, at)
    return row


def _tell_of_knowledge(
    row: Appointment, holder: User, known: bool, why: str, at: datetime
) -> None:
    headline = "We no longer rely on" if known else "We rely again on"
    outcome = (
        "They can agree to nothing for you until this is taken back."
        if known
        else "They can agree to things for you as before."
    )
    tell(
        row.account,
        to=holder.email,
        name=str(holder),
        at=at,
        headline=f"{headline} the word of {row.person}",
        body=f"Why: {why}. {outcome} If this is wrong, tell us.",
        path=reverse("appointment", args=[row.public_id]),
        label="Look at it",
    )
