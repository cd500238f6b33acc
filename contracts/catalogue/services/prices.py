"""Let the price list follow what was decided."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction

from contracts.catalogue.models import FormerPrice, Plan


def replace_list_price(*, plan: Plan, monthly_fee: Decimal, on: date) -> Plan:
    """Let new orders pay another price from a day that has come; the former one stays on record.

    Nobody who is supplied already pays another price because of it. The same price changes
    nothing.
    """
    with transaction.atomic():
        row = Plan.objects.select_for_update().get(pk=plan.pk)
        if row.monthly_fee == monthly_fee:
            return row
        FormerPrice.objects.get_or_create(
            plan=row, replaced_on=on, defaults={"monthly_fee": row.monthly_fee}
        )
        row.monthly_fee = monthly_fee
        row.save(update_fields=["monthly_fee"])
    return row
