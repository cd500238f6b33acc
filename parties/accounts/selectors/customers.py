"""Customers, their accounts and what they chose."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import Prefetch, Q, QuerySet

from parties.accounts.models import Account, Block, Customer, Provider, TermsAcceptance
from terms.money import ZERO


def account_by_public_id(public_id: str) -> Account | None:
    """The account with what a page needs of it, or None."""
    return (
        Account.objects.filter(public_id=public_id)
        .select_related("customer__provider", "balance")
        .prefetch_related(Prefetch("acceptances", TermsAcceptance.objects.order_by("binds_from")))
        .first()
    )


def providers() -> list[Provider]:
    return list(Provider.objects.all())


def needs_second_person(provider: Provider, amount: Decimal) -> bool:
    """Whether an amount in dollars is above what one member of a provider's staff may decide."""
    limit = provider.second_person_above
    return limit is not None and (amount > limit or limit <= ZERO)


def access_needs(customer: Customer) -> str:
    """What helps when staff talk with the customer, in a sentence or two."""
    parts = [
        "Call through the National Relay Service." if customer.relay_service else "",
        f"Interpreter: {customer.interpreter_language}." if customer.interpreter_language else "",
        customer.access_notes,
    ]
    return " ".join(filter(None, parts))


def blocks_at(account: Account, at: datetime) -> list[Block]:
    """What keeps money on the account from being asked for at an instant, newest first."""
    return list(running_blocks(at).filter(account=account))


def running_blocks(at: datetime) -> QuerySet[Block]:
    """What keeps money from being asked for at an instant, on whatever account."""
    running = Q(ends_at__isnull=True) | Q(ends_at__gt=at)
    return Block.objects.filter(running, starts_at__lte=at)
