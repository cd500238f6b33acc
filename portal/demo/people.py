"""Who signs in to the demo, with which password and second factor."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from parties.accounts.models import Provider
from parties.people.models import User
from parties.people.services import grant_staff_role
from parties.people.states import StaffRole

PASSWORD = "calm-harbour-2026"  # noqa: S105
DOMAIN = "demo.example"
TOTP_PERIOD = 30


@dataclass(frozen=True, kw_only=True)
class Login:
    """A row of the list that `make run` prints."""

    who: str
    email: str
    what: str
    secret: str = ""


def person(key: str, name: str, at: datetime) -> User:
    """The person with this key, made on first call, with a verified email address."""
    email = f"{key}@{DOMAIN}"
    found = User.objects.filter(email=email).first()
    if found:
        return found
    user = User.objects.create_user(email, PASSWORD, full_name=name, date_joined=at)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def staff_member(
    key: str, name: str, role: StaffRole, provider: Provider | None, at: datetime, seed: int
) -> User:
    """A member of staff with a role and a second factor that the seed decides."""
    user = person(key, name, at)
    user.provider = provider
    user.save()
    grant_staff_role(user=user, role=role, asked_by="Sasha Senior, head of service", at=at)
    Authenticator.objects.get_or_create(
        user=user,
        type=Authenticator.Type.TOTP,
        defaults={"data": {"secret": get_adapter().encrypt(totp_secret(key, seed))}},
    )
    return user


def totp_secret(key: str, seed: int) -> str:
    """The base-32 secret of a demo staff member, the same for the same seed."""
    return base64.b32encode(hashlib.sha256(f"{seed}/{key}".encode()).digest()[:20]).decode()


def totp_code(secret: str, at: datetime) -> str:
    """The six digits that an authenticator app would show at that moment."""
    counter = int(at.timestamp()) // TOTP_PERIOD
    return str(format_hotp_value(hotp_value(secret, counter)))
