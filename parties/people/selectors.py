"""What a provider can set for all of its customers and staff, within which bounds, and who may."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q, QuerySet

from parties.accounts.models import Provider
from parties.people.models import User
from parties.people.states import StaffRole


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting of a provider: what it is called, its bounds, and whether it takes two people.

    `lowest` and `highest` hold both ends; None is no bound. `unit` is what its number counts.
    """

    label: str
    group: str
    kind: type
    unit: str = ""
    lowest: Decimal | int | None = 0
    highest: Decimal | int | None = None
    optional: bool = False
    by_two: bool = False

    def problem(self, value: Any) -> str:
        """Return what is wrong with a value, or ""."""
        if value is None:
            return "" if self.optional else f"{self.label}: give a number."
        if self.kind in (int, Decimal):
            if self.lowest is not None and value < self.lowest:
                return f"{self.label}: not below {self.lowest}."
            if self.highest is not None and value > self.highest:
                return f"{self.label}: not above {self.highest}."
        if self.kind is Decimal and value.as_tuple().exponent < -2:
            return f"{self.label}: no more than two decimal places."
        return ""

    def read(self, text: Any) -> Any:
        """Return a value from how it is kept. Raise ValueError for what is none."""
        if text is None or self.kind is list:
            return text
        try:
            return self.kind(text)
        except InvalidOperation as wrong:
            raise ValueError(f"{text!r} is no amount") from wrong


MOST = Decimal("99999.99")
MONEY, CHASING, LOG_INS, DESK, PAID_INTO = (
    "Money",
    "Reminders and help with paying",
    "Log-ins and proofs",
    "Desk",
    "Where customers' money goes",
)


def _amount(label: str, group: str, unit: str = "dollars", **more: Any) -> Setting:
    return Setting(label=label, group=group, unit=unit, kind=Decimal, **{"highest": MOST, **more})


def _count(label: str, group: str, unit: str, lowest: int, highest: int, **more: Any) -> Setting:
    bounds: dict[str, Any] = {"lowest": lowest, "highest": highest}
    return Setting(label=label, group=group, unit=unit, kind=int, **bounds, **more)


def _text(label: str, group: str) -> Setting:
    # Where money goes is changed by two: a stranger's account number on bills is a fraud.
    return Setting(label=label, group=group, kind=str, optional=True, by_two=True)


# What lets money go, or costs customers something, takes two.
LOOSE: dict[str, Any] = {"optional": True, "by_two": True}
SETTINGS: dict[str, Setting] = {
    "second_person_above": _amount("A second person decides above", MONEY, **LOOSE),
    "late_payment_cost": _amount("What a late payment really costs", MONEY, **LOOSE),
    "late_payment_elected": Setting(
        label="For late payment we take", group=MONEY, kind=str, by_two=True
    ),
    "late_fee_amount": _amount("Late fee as published", MONEY, **LOOSE),
    "penalty_rate_percent": _amount(
        "Statutory penalty rate", MONEY, "per cent a year", highest=Decimal("50"), **LOOSE
    ),
    "chase_above": _amount("Nothing is chased below", CHASING),
    "remind_days_before": _count("Reminder before the due day", CHASING, "days", 0, 30),
    "extension_days": _count("More time that a customer takes at once", CHASING, "days", 0, 60),
    "extensions_a_year": _count("How often in any twelve months", CHASING, "times", 0, 12),
    "cooling_off_hours": _count(
        "Before a full authority works", LOG_INS, "hours", 0, 336, by_two=True
    ),
    # The longest are those of docs/security.md: a provider may be stricter, never looser.
    "customer_idle_hours": _count(
        "A customer's log-in ends when not used for", LOG_INS, "hours", 1, 336
    ),
    "customer_session_hours": _count("A customer's log-in ends after", LOG_INS, "hours", 1, 336),
    "staff_idle_minutes": _count(
        "A staff log-in ends when not used for", LOG_INS, "minutes", 5, 30
    ),
    "staff_session_hours": _count("A staff log-in ends after", LOG_INS, "hours", 1, 12),
    "complaints_email": Setting(label="The complaints desk is told at", group=DESK, kind=str),
    "biller_code": _text("BPAY biller code", PAID_INTO),
    "bank_account_name": _text("Name of the bank account", PAID_INTO),
    "bank_bsb": _text("BSB", PAID_INTO),
    "bank_account_number": _text("Account number", PAID_INTO),
    "debit_user_number": _text("Direct entry user number", PAID_INTO),
    "debit_user_name": _text("Direct entry user name", PAID_INTO),
    "debit_bank": _text("Bank of the file", PAID_INTO),
}
GROUPS = (MONEY, CHASING, LOG_INS, DESK, PAID_INTO)


def may_set(person: User, provider: Provider) -> bool:
    """Whether somebody is an administrator of this provider, or of all."""
    return _who_set(provider).filter(pk=person.pk).exists()


def colleagues_who_set(provider: Provider, person: User) -> QuerySet[User]:
    """Return everybody else who could decide about a provider's settings."""
    return _who_set(provider).exclude(pk=person.pk)


def _who_set(provider: Provider) -> QuerySet[User]:
    everywhere = Q(provider__isnull=True) | Q(provider=provider)
    role = Q(groups__name=StaffRole.ADMINISTRATOR.label) | Q(is_superuser=True)
    return User.objects.filter(everywhere & role, is_staff=True, is_active=True).distinct()
