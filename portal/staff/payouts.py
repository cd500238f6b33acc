"""What the gateway paid to the bank, for staff: found in a bank's file, or still to be found."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from billing.payments import selectors
from billing.payments.models import Payout
from terms.money import in_dollars

from .base import ReadOnlyAdmin


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin):
    """Payouts of the gateway; the match is made where staff say whose the bank's money is."""

    provider_path = "provider"
    list_display = ("day", "provider", "name", "came", "kept", "paid", "payment")
    list_filter = (("payment", admin.EmptyFieldListFilter), "provider")
    search_fields = ("name",)
    date_hierarchy = "day"
    list_select_related = ("provider", "payment")
    fields = (
        *("provider", "name", "day", "came", "kept", "paid", "what"),
        *("payment", "matched_at", "matched_by", "matched_why"),
    )

    @admin.display(description="payments less refunds")
    def came(self, row: Payout) -> str:
        return in_dollars(row.gross)

    @admin.display(description="fees of the gateway", ordering="fees")
    def kept(self, row: Payout) -> str:
        return in_dollars(row.fees)

    @admin.display(description="to our bank", ordering="amount")
    def paid(self, row: Payout) -> str:
        return in_dollars(row.amount)

    @admin.display(description="what it is of")
    def what(self, row: Payout) -> str:
        fit = selectors.fit_of(row)
        words = [f"{name}: {in_dollars(amount)}" for name, amount in fit.named()]
        if fit.unknown:
            names = ", ".join(fit.unknown)
            words.append(f"Not booked here: {in_dollars(fit.unknown_sum)} ({names})")
        return format_html(
            "<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((w,) for w in words))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields
