"""Questions about the price list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from parties.accounts.models import Provider
from terms.money import in_dollars

from .models import FormerPrice, ListChange, Plan, VendorLink
from .states import ListKind, ListState


def list_price(plan: Plan, on: date) -> Decimal:
    """What a plan cost in the list on a day: per unit and month, in the list's own GST basis."""
    later = FormerPrice.objects.filter(plan=plan, replaced_on__gt=on).order_by("replaced_on")
    found = later.values_list("monthly_fee", flat=True).first()
    return plan.monthly_fee if found is None else found


def list_prices(plan: Plan) -> frozenset[Decimal]:
    """All prices that a plan ever had in the list, the one of now included."""
    former = FormerPrice.objects.filter(plan=plan).values_list("monthly_fee", flat=True)
    return frozenset([plan.monthly_fee, *former])


def vendor_links(provider: Provider) -> dict[str, str]:
    """Where vendors' own terms can be read, by their name in small letters. One query."""
    rows = VendorLink.objects.filter(provider=provider)
    return {vendor.casefold(): link for vendor, link in rows.values_list("vendor", "link")}


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A plan as the list offered it on a day: dollars per unit and month, in the list's basis."""

    plan: Plan
    monthly_fee: Decimal

    @property
    def price(self) -> str:
        """The fee as people write it."""
        return in_dollars(self.monthly_fee)


def price_list(provider: Provider, on: date) -> list[Listed]:
    """What new orders could choose from on a day that has come, at the prices of that day.

    In three queries, however long the list is.
    """
    came = ListChange.objects.filter(provider=provider, state=ListState.DONE)
    later: dict[int, ListKind] = {}
    for plan, kind in came.filter(on__gt=on).order_by("-on", "-pk").values_list("plan", "kind"):
        if kind != ListKind.PRICE:
            later[plan] = ListKind(kind)
    fees: dict[int, Decimal] = {}
    former = FormerPrice.objects.filter(plan__provider=provider, replaced_on__gt=on)
    for plan, fee in former.order_by("-replaced_on").values_list("plan", "monthly_fee"):
        fees[plan] = fee
    # The first thing that happened to a plan after the day tells how it stood on it.
    return [
        Listed(plan=one, monthly_fee=fees.get(one.pk, one.monthly_fee))
        for one in Plan.objects.filter(provider=provider).order_by("kind", "name", "pk")
        if (later[one.pk] == ListKind.END if one.pk in later else one.is_listed)
    ]


def list_versions(provider: Provider, on: date) -> list[date]:
    """The first days of each version of the list up to a day, newest first."""
    came = ListChange.objects.filter(provider=provider, state=ListState.DONE, on__lte=on)
    former = FormerPrice.objects.filter(plan__provider=provider, replaced_on__lte=on)
    days = {*came.values_list("on", flat=True), *former.values_list("replaced_on", flat=True)}
    return sorted(days, reverse=True)
