"""Claim an existing account: by its number and an emailed invitation, never by guessing."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from parties.models import Account, Appointment, Invitation, User
from records.audit.services import Actor, record
from records.notices.services import Sender, give_notice
from terms import library
from terms.calendar import State

VALID_FOR = timedelta(days=14)
WRONG_TRIES = 5


class InvitationRefused(Exception):
    """The invitation can't be used; the message says what to do instead."""


def invite_holder(*, account: Account, email: str, at: datetime, by: Actor) -> Invitation:
    """Email a link with which the holder claims the account; earlier links stop working."""
    token = secrets.token_urlsafe(32)
    facts = library.provider(account.customer.provider.key)
    with transaction.atomic():
        Invitation.objects.filter(account=account, used_at__isnull=True).update(expires_at=at)
        invitation = Invitation.objects.create(
            account=account,
            email=email.strip().lower(),
            token_hash=_digest(token),
            sent_at=at,
            expires_at=at + VALID_FOR,
        )
        give_notice(
            kind="account_invitation",
            to=invitation.email,
            sender=Sender(name=facts.name, reply_to=facts.contacts.get("email", "")),
            at=at,
            account_id=account.pk,
            subject_ref=account.number,
            context={
                "provider": facts,
                "account": account,
                "recipient_name": account.customer.name,
                "url": f"{settings.SITE_URL}{reverse('claim_account', args=[token])}",
                "expires_on": invitation.expires_at.astimezone(State(account.state).zone).date(),
            },
        )
        record(
            account_id=account.pk,
            at=at,
            action="invite_holder",
            actor=by,
            subject=account.number,
        )
    return invitation


def find_invitation(token: str, *, at: datetime) -> Invitation:
    """Return the open invitation of a link. Raises InvitationRefused if it can't be used."""
    found = (
        Invitation.objects.filter(token_hash=_digest(token))
        .select_related("account__customer__provider")
        .first()
    )
    if found is None or found.used_at or found.expires_at <= at:
        raise InvitationRefused(
            "This invitation has been used, replaced or is too old. "
            "Ask your provider to send a new one."
        )
    if found.wrong_tries >= WRONG_TRIES:
        raise InvitationRefused(
            "The account number was wrong too often. Ask your provider to send a new invitation."
        )
    return found


def claim_account(
    *, token: str, account_number: str, full_name: str, password: str, at: datetime
) -> User:
    """Make the invited person the holder of the account, with a verified email address.

    Raises InvitationRefused for a wrong account number or an unusable link.
    """
    invitation = find_invitation(token, at=at)
    account = invitation.account
    given = account_number.strip().upper().replace(" ", "")
    if not hmac.compare_digest(given.encode(), account.number.encode()):
        Invitation.objects.filter(pk=invitation.pk).update(wrong_tries=invitation.wrong_tries + 1)
        raise InvitationRefused(
            "That is not the account number that belongs to this invitation. "
            "You find it at the top of your bill."
        )
    with transaction.atomic():
        invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if invitation.used_at:
            raise InvitationRefused("This invitation has just been used. Sign in instead.")
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


def _person(email: str, full_name: str, password: str, at: datetime) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, password, full_name=full_name, date_joined=at)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    elif not user.check_password(password):
        raise InvitationRefused(
            "There is a log-in for this email address already. Enter its password, "
            "or reset it first and open this link again."
        )
    return user


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
