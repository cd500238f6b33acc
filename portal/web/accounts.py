"""How allauth fits in: its mail goes through the outbox, its secrets are encrypted."""

from __future__ import annotations

import base64
import hashlib
from functools import partial
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import RateLimited
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest

from parties.people.models import User
from parties.security.services import log_ins
from parties.security.states import HighRisk
from records.notices.services import Sender, queue_message

from .fresh import has_app
from .guards import proof_of
from .limits import MAILS, WRONG_PASSWORDS, spend, within

# What the services tell whoever stands on an account, with the way to stop it.
TOLD_BY_US = frozenset(
    f"account/email/{what}" for what in ("password_changed", "password_reset", "password_set")
)


# What a stranger can have sent to any address.
ASKED_BY_ANYBODY = frozenset(
    f"account/email/{what}"
    for what in (
        "password_reset_key",
        "login_code",
        "unknown_account",
        "email_confirmation",
        "email_confirmation_signup",
    )
)


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is by invitation; every message is a notice whose words are wiped once sent."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        request = context.get("request") or self.request
        context = _from_our_address(context, request)
        if template_prefix in ASKED_BY_ANYBODY and not spend(MAILS, request, email):
            raise RateLimited
        message = self.render_mail(template_prefix, email, context)
        html = ""
        if isinstance(message, EmailMultiAlternatives):
            html = next(
                (str(part.content) for part in message.alternatives if "html" in part.mimetype), ""
            )
        queue_message(
            kind="sign_in",
            to=email,
            sender=Sender(name=settings.MFA_TOTP_ISSUER),
            at=request.at,
            title=message.subject,
            text=message.body,
            html=html,
            is_secret=True,
        )

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Name each way by what somebody has: with passkeys alone there is no app to ask for."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        for way in ways:
            if way["id"] == "mfa_reauthenticate:webauthn":
                way["description"] = "Use a passkey"
            elif way["id"] == "mfa_reauthenticate" and not has_app(user):
                way["description"] = "Use a recovery code"
        return ways

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse one more password after too many wrong ones, by sender and by victim."""
        if not within(WRONG_PASSWORDS, request, credentials.get("email", "")):
            raise self.validation_error("too_many_login_attempts")
        super().pre_authenticate(request, **credentials)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        spend(WRONG_PASSWORDS, request, credentials.get("email", ""))

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Short locks are for a sender and a victim: a stranger's tries lock the stranger."""
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}|{request.META.get('REMOTE_ADDR', '')}"

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm an address; where it is another than before, the log-in changes with it."""
        person, confirm = (
            email_address.user,
            partial(super().confirm_email, request, email_address),
        )
        if email_address.email == person.email:
            return confirm()
        try:
            return log_ins.change_log_in_email(
                person=person,
                to=email_address.email,
                confirm=confirm,
                proof=proof_of(request, HighRisk.CHANGE_EMAIL),
                at=request.at,
            )
        except log_ins.LogInRefused as refusal:
            messages.error(request, str(refusal))
            return False

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Leave to the services what they have told already, to whoever stands on an account."""
        if template_prefix == "account/email/email_changed":
            return
        if template_prefix in TOLD_BY_US and log_ins.standing_on(user, at=self.request.at):
            return
        super().send_notification_mail(template_prefix, user, context, email)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/admin/" if request.user.is_staff else super().get_login_redirect_url(request)


def _from_our_address(context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    """The same facts with links that start with SITE_URL, whatever host the request named."""
    asked = request.build_absolute_uri("/")
    return {
        name: f"{settings.SITE_URL}/{value[len(asked) :]}"
        if isinstance(value, str) and value.startswith(asked)
        else value
        for name, value in context.items()
    }


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors are never stored in the clear."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> Fernet:
    key = settings.MFA_ENCRYPTION_KEY or base64.urlsafe_b64encode(
        hashlib.sha256(b"second factors" + settings.SECRET_KEY.encode()).digest()
    )
    return Fernet(key)
