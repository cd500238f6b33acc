"""Questions about the price list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from parties.accounts.models import Provider

from .models import FormerPrice, Plan, VendorLink


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
