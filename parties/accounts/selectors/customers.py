"""Customers, their accounts and what they chose."""

from __future__ import annotations

from django.db.models import Prefetch

from parties.accounts.models import Account, Customer, Provider, TermsAcceptance


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


def access_needs(customer: Customer) -> str:
    """What helps when staff talk with the customer, in a sentence or two."""
    parts = [
        "Call through the National Relay Service." if customer.relay_service else "",
        f"Interpreter: {customer.interpreter_language}." if customer.interpreter_language else "",
        customer.access_notes,
    ]
    return " ".join(filter(None, parts))
