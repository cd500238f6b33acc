"""Customers, their accounts and what they chose."""

from __future__ import annotations

from datetime import datetime

from django.db.models import OuterRef, Prefetch, Subquery
from phonenumber_field.phonenumber import PhoneNumber

from parties.models import (
    Account,
    ContactChange,
    Customer,
    EmailChange,
    Preference,
    Provider,
    SafeContact,
    TermsAcceptance,
    User,
)
from parties.states import CHOICES, PreferenceKind

AUSTRALIA = 61


def account_by_public_id(public_id: str) -> Account | None:
    """The account with what a page needs of it, or None."""
    return (
        Account.objects.filter(public_id=public_id)
        .select_related("customer__provider")
        .prefetch_related(Prefetch("acceptances", TermsAcceptance.objects.order_by("binds_from")))
        .first()
    )


def providers() -> list[Provider]:
    return list(Provider.objects.all())


def phone_in_words(phone: PhoneNumber | str) -> str:
    """A phone number as people write it: 0491 570 156, a foreign one with its country."""
    number = PhoneNumber.from_string(phone) if isinstance(phone, str) else phone
    return str(number.as_national if number.country_code == AUSTRALIA else number.as_international)


def access_needs(customer: Customer) -> str:
    """What helps when staff talk with the customer, in a sentence or two."""
    parts = [
        "Call through the National Relay Service." if customer.relay_service else "",
        f"Interpreter: {customer.interpreter_language}." if customer.interpreter_language else "",
        customer.access_notes,
    ]
    return " ".join(filter(None, parts))


def preferences(account: Account) -> dict[PreferenceKind, str]:
    """What holds for the account of each kind; the first choice where nothing was chosen."""
    chosen = {kind: choices[0][0] for kind, choices in CHOICES.items()}
    # Oldest first, so that the newest of each kind is what stays.
    for row in Preference.objects.filter(account=account).order_by("chosen_at", "pk"):
        chosen[PreferenceKind(row.kind)] = row.value
    return chosen


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


def old_contact_points(account: Account, person: User, at: datetime) -> list[str]:
    """Email addresses of a person, or for the account's bills, until a change still undoable."""
    lately = {"undo_until__gt": at, "changed_at__lte": at, "undone_at__isnull": True}
    log_in = EmailChange.objects.filter(user=person, **lately).values_list("before", flat=True)
    bills = ContactChange.objects.filter(account=account, **lately).values_list(
        "before__billing_email", flat=True
    )
    return [address for address in dict.fromkeys([*log_in, *bills]) if address]


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
