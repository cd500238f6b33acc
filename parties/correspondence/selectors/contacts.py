"""What binds an account: its terms, the law beneath them, the days that count."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import OuterRef, Subquery
from phonenumber_field.phonenumber import PhoneNumber

from parties.accounts.models import (
    Account,
    Provider,
)
from parties.accounts.selectors import binding
from parties.correspondence.models import Preference, SafeContact
from parties.correspondence.states import CHOICES, PreferenceKind
from parties.people.models import User
from records.notices.selectors import redirect_of
from terms.binding import Binding


def credit_binding(account: Account, on: date, **known: Any) -> Binding:
    """What binds the account where cutting it off is at stake: with its people's safety known.

    The law then forbids to restrict, suspend or disconnect (RF-DFV-03).
    """
    raised = SafeContact.objects.filter(
        account=account, safety_threat=True, ended_at__isnull=True
    ).exists()
    return binding(account, on, dfv_safety_threat=raised, **known)


AUSTRALIA = 61


def phone_in_words(phone: PhoneNumber | str) -> str:
    """A phone number as people write it: 0491 570 156, a foreign one with its country."""
    number = PhoneNumber.from_string(phone) if isinstance(phone, str) else phone
    return str(number.as_national if number.country_code == AUSTRALIA else number.as_international)


def preferences(account: Account) -> dict[PreferenceKind, str]:
    """What holds for the account of each kind; the first choice where nothing was chosen."""
    chosen = {kind: choices[0][0] for kind, choices in CHOICES.items()}
    # Oldest first, so that the newest of each kind is what stays.
    for row in Preference.objects.filter(account=account).order_by("chosen_at", "pk"):
        chosen[PreferenceKind(row.kind)] = row.value
    return chosen


def goes_by_post(account: Account, to: str, *, wanted: bool = False) -> bool:
    """Whether a formal notice to this address goes as a letter: because staff want it, or the
    customer asked to be reached so.

    Never where a safe contact is obeyed: a letter at home may be read by the wrong person.
    """
    if not account.street or redirect_of(to, account.pk) is not None:
        return False
    return wanted or preferences(account)[PreferenceKind.REACH] == "post"


def wanting_news(provider: Provider) -> list[Account]:
    """The accounts of a provider that agreed to news and offers."""
    newest = Preference.objects.filter(
        account=OuterRef("pk"), kind=PreferenceKind.MARKETING
    ).order_by("-chosen_at", "-pk")
    return list(
        Account.objects.filter(customer__provider=provider)
        .annotate(news=Subquery(newest.values("value")[:1]))
        .filter(news="yes")
        .select_related("customer__provider")
    )


def safe_contacts(account: Account) -> list[SafeContact]:
    """The safe contacts that hold on the account, for those who have to use them."""
    return list(
        SafeContact.objects.filter(account=account, ended_at__isnull=True).select_related(
            "user", "account__customer"
        )
    )


def safe_contacts_of(user: User) -> list[SafeContact]:
    """The person's own safe contacts, on whichever account."""
    return list(
        SafeContact.objects.filter(user=user, ended_at__isnull=True).select_related(
            "account__customer"
        )
    )


def places_for_secrets(
    *, account: Account | None = None, user: User | None = None
) -> list[SafeContact]:
    """The confirmed safe contacts that codes and acting links obey, of an account or a person."""
    rows = SafeContact.objects.filter(carries_secrets=True)
    if account is not None:
        rows = rows.filter(account=account)
    if user is not None:
        rows = rows.filter(user=user)
    return list(rows.select_related("user", "account__customer"))


def safe_contact_of(account: Account, user: User) -> SafeContact | None:
    """The person's own safe contact; nobody else's is ever shown on the account."""
    return SafeContact.objects.filter(account=account, user=user, ended_at__isnull=True).first()
