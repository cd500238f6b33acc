"""How allauth fits in: its mail goes through the outbox, its secrets are encrypted."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest

from records.notices.services import Sender, queue_message


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is by invitation; every message is a notice whose words are wiped once sent."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        request = context.get("request") or self.request
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

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/admin/" if request.user.is_staff else super().get_login_redirect_url(request)


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
