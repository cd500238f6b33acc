"""Who stands in for whom, and what a provider can set for all of its customers and staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q, QuerySet

from parties.accounts.models import Provider
from parties.people.models import Absence, User
from parties.people.states import StaffRole
from terms.calendar import State


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
    "reconnection_price": _amount("Reconnection as on the price list", MONEY, **LOOSE),
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
    "network_work": Setting(label="Work at the network", group=DESK, kind=str),
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
    return administrators_of(provider).filter(pk=person.pk).exists()


def colleagues_who_set(provider: Provider, person: User) -> QuerySet[User]:
    """Return everybody else who could decide about a provider's settings."""
    return administrators_of(provider).exclude(pk=person.pk)


def administrators_of(provider: Provider) -> QuerySet[User]:
    """The active administrators of a provider, or of all; superusers are among them."""
    everywhere = Q(provider__isnull=True) | Q(provider=provider)
    role = Q(groups__name=StaffRole.ADMINISTRATOR.label) | Q(is_superuser=True)
    return User.objects.filter(everywhere & role, is_staff=True, is_active=True).distinct()


# Whose clock says which day it is at the desks.
DESK_CLOCK = State.NSW.zone


def desk_day(at: datetime) -> date:
    """The day at the desks."""
    return at.astimezone(DESK_CLOCK).date()


def absences_in(user: User, first: date, last: date) -> QuerySet[Absence]:
    """When somebody is away on some of these days."""
    return Absence.objects.filter(
        user=user, starts_on__lte=last, ends_on__gte=first, cancelled_at__isnull=True
    )


def stand_in(user: User, at: datetime) -> User:
    """Who does somebody's work today: themselves, or who stands in for them, and so on."""
    on, seen = desk_day(at), {user.pk}
    while True:
        away = absences_in(user, on, on).select_related("substitute").first()
        if away is None or away.substitute_id in seen:
            return user
        user = away.substitute
        seen.add(user.pk)


def standing_in_for(user: User, at: datetime) -> list[User]:
    """Whose work somebody does today besides their own."""
    on = desk_day(at)
    away = Absence.objects.filter(
        starts_on__lte=on, ends_on__gte=on, cancelled_at__isnull=True
    ).select_related("user")
    return [row.user for row in away if stand_in(row.user, at) == user]
