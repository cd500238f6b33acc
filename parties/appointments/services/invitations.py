"""Claim an account, or take up an appointment on it: by emailed invitation, never by guessing."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction

from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.accounts.states import AccountStatus
from parties.authority import selectors as authority
from parties.authority.models import Appointment, Invitation
from parties.authority.states import POWERS
from parties.correspondence.services import why_not_a_name, write
from parties.people.models import User
from parties.people.services import digest, new_token
from records.audit.services import Actor, record
from records.notices.services import Link
from terms.calendar import State
from terms.facts import Action, Role

from .standing import revoke

VALID_FOR = timedelta(days=14)
WRONG_TRIES = 5


class InvitationRefused(Exception):
    """The invitation can't be used; the message says what to do instead."""


class WrongTry(InvitationRefused):
    """A wrong account number or password: one of the few tries that a link allows."""


def invite_holder(*, account: Account, email: str, at: datetime, by: Actor) -> Invitation:
    """Email a link with which the holder claims the account; earlier links stop working."""
    with transaction.atomic():
        invitation, link = _invitation(account, email, at, role=Role.HOLDER)
        write(
            "account_invitation",
            account=account,
            to=invitation.email,
            name=account.customer.name,
            at=at,
            link=link,
            expires_on=_last_day(invitation),
        )
        record(
            account_id=account.pk,
            at=at,
            action="invite_holder",
            actor=by,
            subject=account.number,
        )
    return invitation


def addresses_on_file(account: Account) -> list[str]:
    """Where the holder of an unclaimed account can be invited: at addresses known already."""
    event = account.holder_events.exclude(new_holder_email="").order_by("-recorded_at").first()
    named = [event.new_holder_email] if event else []
    return list(dict.fromkeys([*named, account.customer.email, account.billing_email]))


def why_not_invited(account: Account) -> str:
    """Why the holder of an account is not invited, in a sentence, or "" if they can be."""
    if account.status == AccountStatus.CLOSED:
        return "The account is closed."
    if authority.holder(account) is not None:
        return "Somebody holds this account. A new holder needs a change of it."
    return ""


def invite_again(*, account: Account, email: str, by: User, at: datetime) -> Invitation:
    """Staff invite the holder of an account that nobody has claimed; earlier links stop working.

    Raises NotAuthorised, and InvitationRefused where somebody holds the account, where it is
    closed, or where the address is not one that we have.
    """
    on = authority.local_day(account, at)
    authority.require(by, Action.CHANGE_DETAILS, account, on=on, at=at)
    if refusal := why_not_invited(account):
        raise InvitationRefused(refusal)
    if email not in addresses_on_file(account):
        raise InvitationRefused("Choose an address that we have; a new one needs a change first.")
    actor = Actor(user_id=by.pk, name=str(by), acted_as=authority.role_names(by))
    return invite_holder(account=account, email=email, at=at, by=actor)


def invite_appointed(appointment: Appointment, *, at: datetime) -> Invitation:
    """Email an appointed person a link with which they take it up or decline."""
    account = appointment.account
    with transaction.atomic():
        invitation, link = _invitation(
            account, appointment.user.email, at, role=appointment.role, appointment=appointment
        )
        withheld = set(appointment.limits)
        is_representative = appointment.role == Role.AUTHORISED_REP
        write(
            "appointment_invitation",
            introduces=True,
            account=account,
            to=invitation.email,
            name=appointment.person,
            at=at,
            link=link,
            customer_name=account.customer.name,
            role=appointment.get_role_display().lower(),
            powers=[words for action, words in POWERS.items() if action.value not in withheld]
            if is_representative
            else [],
            ends_on=appointment.ends_on,
            max_expense=appointment.max_expense,
            services=list(appointment.services.values()),
            expires_on=_last_day(invitation),
        )
    return invitation


def _invitation(
    account: Account,
    email: str,
    at: datetime,
    *,
    role: str,
    appointment: Appointment | None = None,
) -> tuple[Invitation, Link]:
    """Make an invitation in place of earlier ones; return it and its link."""
    token = new_token()
    Invitation.objects.filter(
        account=account, appointment=appointment, used_at__isnull=True
    ).update(expires_at=at)
    invitation = Invitation.objects.create(
        account=account,
        role=role,
        appointment=appointment,
        email=email.strip().lower(),
        token_hash=digest(token),
        sent_at=at,
        expires_at=at + VALID_FOR,
    )
    return invitation, Link("claim", token)


def _last_day(invitation: Invitation) -> date:
    return invitation.expires_at.astimezone(State(invitation.account.state).zone).date()


def find_invitation(token: str, *, at: datetime) -> Invitation:
    """Return the open invitation of a link. Raises InvitationRefused if it can't be used."""
    found = (
        Invitation.objects.filter(token_hash=digest(token))
        .select_related("account__customer__provider", "appointment__user")
        .first()
    )
    if found is None or found.used_at or found.expires_at <= at:
        raise InvitationRefused(
            "This invitation has been used, replaced or is too old. "
            "Ask your provider to send a new one."
        )
    if found.wrong_tries >= WRONG_TRIES:
        raise InvitationRefused(
            "What was entered was wrong too often. Ask your provider to send a new invitation."
        )
    return found


def has_log_in(invitation: Invitation) -> bool:
    """Whether the invited person logs in already, so that their password is asked for."""
    found = User.objects.filter(email=invitation.email).first()
    return found is not None and found.has_usable_password()


def claim_account(
    *, token: str, account_number: str, full_name: str, password: str, at: datetime
) -> User:
    """Make the invited person the holder of the account, with a verified email address.

    Raises InvitationRefused for an unusable link, an account that somebody holds, and for a wrong
    account number or password, which is counted.
    """
    given = account_number.strip().upper().replace(" ", "")
    with _one_try(token, at) as invitation:
        # Whoever claims the same account by another link waits for this one.
        account = lock_account(invitation.account_id)
        if not hmac.compare_digest(given.encode(), account.number.encode()):
            raise WrongTry(
                "That is not the account number that belongs to this invitation. "
                "You find it at the top of your bill."
            )
        if refusal := why_not_invited(account):
            raise InvitationRefused(refusal)
        user = _person(invitation.email, full_name, password, at)
        Appointment.objects.create(
            account=account,
            user=user,
            role=invitation.role,
            starts_on=at.astimezone(State(account.state).zone).date(),
            in_writing=True,
        )
        invitation.used_at = at
        invitation.save(update_fields=["used_at"])
        record(
            account_id=account.pk,
            at=at,
            action="claim_account",
            actor=Actor(user_id=user.pk, name=str(user)),
            subject=account.number,
        )
    return user


def accept_appointment(*, token: str, full_name: str, password: str, at: datetime) -> User:
    """Take up an appointment with a log-in of one's own; the email address is proven by the link.

    Raises InvitationRefused for an unusable link, and for a wrong password of an existing log-in,
    which is counted.
    """
    with _one_try(token, at) as invitation:
        appointment = invitation.appointment
        if appointment is None or appointment.revoked_at:
            raise InvitationRefused("This appointment has ended. Ask who invited you.")
        if appointment.user.is_staff:
            raise InvitationRefused(
                "This log-in works for a provider. Ask to be invited at another email address."
            )
        user = _person(invitation.email, full_name, password, at)
        appointment.awaits_acceptance = False
        appointment.save(update_fields=["awaits_acceptance"])
        invitation.used_at = at
        invitation.save(update_fields=["used_at"])
        record(
            account_id=appointment.account_id,
            at=at,
            action="accept_appointment",
            actor=Actor(user_id=user.pk, name=str(user), authority=str(appointment.public_id)),
            subject=appointment.account.number,
        )
    return user


def decline_appointment(*, token: str, at: datetime) -> Appointment:
    """Lay down an appointment that was never taken up. Raises InvitationRefused."""
    with transaction.atomic():
        invitation = _open_invitation(token, at)
        row = invitation.appointment
        if row is None:
            raise InvitationRefused("This invitation is for the account holder.")
        invitation.used_at = at
        invitation.save(update_fields=["used_at"])
        return revoke(appointment=row, by=row.user, at=at, why="Declined")


@contextmanager
def _one_try(token: str, at: datetime) -> Iterator[Invitation]:
    """The open invitation of a link, for one try at a time; what a wrong one did is undone."""
    with transaction.atomic():
        invitation = _open_invitation(token, at)
        try:
            with transaction.atomic():
                yield invitation
            return
        except WrongTry as wrong:
            refused = wrong
        invitation.wrong_tries += 1
        invitation.save(update_fields=["wrong_tries"])
    raise refused


def _open_invitation(token: str, at: datetime) -> Invitation:
    """The open invitation of a link, which nobody else uses meanwhile."""
    Invitation.objects.select_for_update().filter(token_hash=digest(token)).first()
    return find_invitation(token, at=at)


def _person(email: str, full_name: str, password: str, at: datetime) -> User:
    """The person behind an email address, which their link has proven.

    Someone who was only named in an appointment chooses a password now.
    """
    if refusal := why_not_a_name(full_name):
        raise InvitationRefused(refusal)
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, password, full_name=full_name, date_joined=at)
    elif user.password_stopped_at:
        raise InvitationRefused(
            "The password of this log-in was stopped. Reset it first, and open this link again."
        )
    elif not user.has_usable_password():
        user.full_name = full_name
        user.set_password(password)
        user.save(update_fields=["full_name", "password"])
    elif not user.check_password(password):
        raise WrongTry(
            "There is a log-in for this email address already. Enter its password, "
            "or reset it first and open this link again."
        )
    address, _ = EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": True}
    )
    if not EmailAddress.objects.filter(user=user, primary=True).exists():
        address.set_as_primary()
    return user
