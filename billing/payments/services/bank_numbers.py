"""Numbers of bank accounts: read as people write them, and sealed where they are kept."""

from __future__ import annotations

import base64
import hashlib
import re

from cryptography.fernet import Fernet
from django.conf import settings

from .amounts import PaymentRefused

_SEPARATORS = re.compile(r"[\s.-]+")
# A file of direct debits holds no other letters.
_PLAIN = re.compile(r"[A-Za-z0-9 &'()*,./+$!%=:?@#_^-]+")


class BankNumberRefused(PaymentRefused):
    """What was typed is no BSB, number or name of a bank account; `field` says which."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


def read_bsb(text: str) -> str:
    """A BSB as banks write it, "062-000". Raises BankNumberRefused for what is none."""
    digits = _SEPARATORS.sub("", text)
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6) or digits == "0" * 6:
        raise BankNumberRefused("bsb", "A BSB has six digits, for instance 062-000.")
    return f"{digits[:3]}-{digits[3:]}"


def read_account_number(text: str) -> str:
    """The digits of an account number, four to nine. Raises BankNumberRefused for what is none."""
    digits = _SEPARATORS.sub("", text)
    if not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 9):
        raise BankNumberRefused(
            "number",
            "An account number has four to nine digits. A card's number is longer: it can't be "
            "used here.",
        )
    if not digits.strip("0"):
        raise BankNumberRefused("number", "An account number is not all zeros.")
    return digits


def read_payer_name(text: str) -> str:
    """The name of a bank account as a bank's file can hold it. Raises BankNumberRefused."""
    name = " ".join(text.split())
    if not 2 <= len(name) <= 32 or not _PLAIN.fullmatch(name):
        raise BankNumberRefused(
            "payer_name",
            "Give the account's name in 2 to 32 plain letters, as your bank writes it; leave "
            "accents out.",
        )
    return name


def seal(text: str) -> str:
    """The text, readable with the portal's key alone."""
    return _cipher().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What `seal` closed. Raises InvalidToken if the key is another one."""
    return _cipher().decrypt(sealed.encode()).decode()


def _cipher() -> Fernet:
    secret = settings.MFA_ENCRYPTION_KEY or settings.SECRET_KEY
    digest = hashlib.sha256(b"bank accounts" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
