"""Passkeys: what a browser sends is checked for its shape, and a failure is told in words."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as allauth_forms
from django import forms
from django.core.exceptions import ValidationError

LONGEST = 20_000
DEEPEST = 4
FAILED = "This passkey did not work here. Try again, or use another way."
# What libraries raise at a credential that is none.
NOT_ONE = (AttributeError, KeyError, LookupError, OverflowError, TypeError, ValueError)


class CredentialField(forms.JSONField):
    """A credential as browsers send it: JSON of texts, a few levels deep.

    Raises ValidationError for anything else, so that nothing else is ever parsed.
    """

    widget = forms.HiddenInput
    default_error_messages = {"invalid": FAILED, "required": FAILED}

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and (len(value) > LONGEST or _depth(value) > DEEPEST):
            raise ValidationError(FAILED)
        found = super().to_python(value)
        response = found.get("response") if isinstance(found, dict) else None
        if not isinstance(response, dict):
            raise ValidationError(FAILED)
        texts = [found.get("id"), found.get("rawId"), found.get("type")]
        texts += [response.get("clientDataJSON")]
        if not all(isinstance(one, str) for one in texts):
            raise ValidationError(FAILED)
        return found


def _depth(text: str) -> int:
    """How deeply brackets stand in each other, at most; one in a text counts too."""
    depth = deepest = 0
    for sign in text:
        if sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth -= 1
    return deepest


class _Credential(allauth_forms.AuthenticateWebAuthnForm):
    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()
        except ValidationError as refusal:
            if refusal.code == "too_many_login_attempts":
                raise
            raise ValidationError(FAILED) from refusal
        except NOT_ONE as failure:
            raise ValidationError(FAILED) from failure


class AuthenticatePasskeyForm(_Credential):
    """The second step of a log-in, by passkey."""


class LoginPasskeyForm(_Credential, allauth_forms.LoginWebAuthnForm):
    """A log-in by passkey alone."""


class ReauthenticatePasskeyForm(_Credential, allauth_forms.ReauthenticateWebAuthnForm):
    """A factor asked for again."""


class AddPasskeyForm(allauth_forms.AddWebAuthnForm):
    """Set up a passkey; with the settings as they come it logs in by itself (discoverable)."""

    credential = CredentialField()
    passwordless = forms.BooleanField(
        label="Log in with it alone, without a password",
        required=False,
        initial=True,
        help_text="Untick this for a security key without a PIN: it is a second step only.",
    )

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except (ValidationError, *NOT_ONE) as failure:
            raise ValidationError(
                "Your device did not confirm who you are, or took too long. Try again; for a "
                "security key without a PIN untick the box first."
            ) from failure
