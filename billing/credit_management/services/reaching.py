"""When, how often and by which way a debt may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from billing.credit_management.models import PaymentReminder
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from parties.authority.selectors import AccountStanding
from parties.correspondence import selectors as correspondence
from parties.correspondence.states import PreferenceKind
from parties.security.selectors import proven_phone
from records.notices.texts import Instead
from terms import rules
from terms.calendar import State
from terms.profile import TermsSilent

# A text of this morning is not this afternoon's: the email goes instead.
TEXT_GOOD_FOR = timedelta(hours=3)


@dataclass(frozen=True, kw_only=True)
class ByText:
    """That a reminder goes as a text: to which number, what goes instead, and by which law."""

    number: str
    instead: Instead
    because: list[dict[str, Any]]


def is_hour(account: Account, on: date, at: datetime) -> bool:
    """Whether a debt may be asked for at this hour (RF-DEBT-01)."""
    try:
        answer = binding(account, on).decide(
            rules.contact_hours, at=at, state=State(account.state)
        )
    except TermsSilent:
        return True
    return bool(answer.allowed)


def may_write(account: Account, on: date) -> bool:
    """Whether one more message may ask for money: not too many in a week (RF-DEBT-02)."""
    days = tuple(
        PaymentReminder.objects.filter(
            invoice__account=account, sent_on__gt=on - timedelta(days=62)
        )
        .order_by("sent_on")
        .values_list("sent_on", flat=True)
        .distinct()
    )
    try:
        answer = binding(account, on).decide(rules.contact_frequency, contacts=days, asked_on=on)
    except TermsSilent:
        return True
    return bool(answer.allowed)


def by_text(account: Account, standing: AccountStanding, on: date, at: datetime) -> ByText | None:
    """How a reminder goes as a text, or None where it goes as an email.

    The holder wished it and proved their phone, nothing happened to them that leads their messages
    elsewhere, the sender may stand on it (RF-MSG-03), and the hours last for as long as it may
    take to go (RF-DEBT-01).
    """
    if correspondence.preferences(account)[PreferenceKind.REMINDERS] != "text":
        return None
    number = "" if standing.happenings else proven_phone(account)
    if not number or not is_hour(account, on, at + TEXT_GOOD_FOR):
        return None
    sender = correspondence.text_sender(account, on)
    if not sender.allowed:
        return None
    return ByText(
        number=number,
        instead=Instead(to=standing.to_email, after=at + TEXT_GOOD_FOR),
        because=sender.because,
    )
