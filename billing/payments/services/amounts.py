"""Read amounts of money as people and banks write them."""

from __future__ import annotations

import re
from decimal import Decimal

from terms import money
from terms.money import ZERO, in_dollars

LARGEST = Decimal("10000000.00")

_OURS = re.compile(r"^(?:AUD|AU\$|A\$|\$)\s*|\s*(?:AUD|\$)$", re.IGNORECASE)
_PLAIN = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+)?(?:\.\d+)?", re.ASCII)
# What people and programs write for a minus, and for a space.
_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " "}
)


class PaymentRefused(Exception):
    """The amount, day or method is none that can be recorded; the message says what to do."""


def read_dollars(text: str, *, point: str = ".") -> Decimal:
    """The dollars that somebody wrote: "$1,234.50", "1 234,50" where `point` is a comma.

    A minus in front, behind, or brackets make it negative. Raises PaymentRefused for what is no
    amount, has parts of a cent, or names another currency.
    """
    shown = text.strip()
    left = shown.translate(_SIGNS)
    negative = False
    if left.startswith("(") and left.endswith(")"):
        negative, left = True, left[1:-1].strip()
    elif left.startswith("-"):
        negative, left = True, left[1:].strip()
    elif left.endswith("-"):
        negative, left = True, left[:-1].strip()
    left = _OURS.sub("", left, count=1).strip()
    if left.startswith("-") and not negative:
        negative, left = True, left[1:].strip()
    if re.search(r"[^\d\s.,'’+-]", left):
        raise PaymentRefused(
            f"“{shown}” is not in Australian dollars. Give an amount such as 1,234.50."
        )
    if point == ",":
        left = left.replace(".", "").replace(",", ".")
    left = re.sub(r"(?<=\d)[ '’](?=\d{3}(?:\D|$))", "", left)
    if not left or not _PLAIN.fullmatch(left) or not any(one.isdigit() for one in left):
        raise PaymentRefused(f"“{shown}” is no amount. Write it like 1,234.50.")
    amount = Decimal(left.replace(",", ""))
    _, _, cents = left.partition(".")
    if len(cents) > 2:
        raise PaymentRefused("Give dollars and cents: no more than two decimals.")
    return money.to_cents(-amount if negative else amount)


def require_amount(amount: Decimal) -> None:
    """Raise PaymentRefused unless it is an amount of money above 0.00, in whole cents."""
    if amount >= LARGEST:
        raise PaymentRefused(f"Give an amount below {in_dollars(LARGEST)}.")
    if amount != money.to_cents(amount):
        raise PaymentRefused("Give dollars and cents: no more than two decimals.")
    if amount <= ZERO:
        raise PaymentRefused("Give an amount above $0.00.")
