"""Credits for all whom an outage hit: shown first, asked for, decided by a second person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from contracts.requests import services
from contracts.requests.models import Outage, OutageCredit, OutageCreditShare
from contracts.requests.services import OutageRefused
from contracts.requests.states import CreditState
from parties.authority.selectors import NotAuthorised
from portal.web.fields import DollarsField
from terms.lifecycle import IllegalStep
from terms.money import in_dollars, total

from .base import ReadOnlyAdmin
from .giving import DecidedAdmin, may_give
from .seen_form import SeenForm

REFUSALS = (OutageRefused, IllegalStep, NotAuthorised)


class CreditForm(SeenForm):
    """How much each service gets."""

    each = DollarsField(
        label="For each service, GST included",
        required=False,
        help_text="In dollars. Empty: the fee of the days on which it did not work.",
    )
    reason = forms.CharField(
        label="Why", min_length=5, max_length=300, help_text="Whoever approves it reads it."
    )


@admin.register(OutageCredit)
class OutageCreditAdmin(DecidedAdmin):
    """Credits for outages; every one needs two people."""

    provider_path = "outage__provider"
    list_display = ("outage", "services", "dollars", "state", "asked_by", "decided_by")
    list_filter = ("state", "outage__provider")
    search_fields = ("outage__reference", "outage__what")
    list_select_related = ("outage", "asked_by", "decided_by")
    readonly_fields = ("dollars",)
    exclude = ("amount",)
    waiting = CreditState.ASKED
    refusals = REFUSALS

    @admin.display(description="all together, inc GST", ordering="amount")
    def dollars(self, row: OutageCredit) -> str:
        return in_dollars(row.amount)

    def take(self, row: Any, approve: bool, request: HttpRequest) -> Any:
        return services.decide_outage_credit(
            credit=row, approve=approve, by=request.user, at=request.at
        )

    def get_urls(self) -> list[Any]:
        ask = self.admin_site.admin_view(self.ask)
        return [
            path("for/<int:pk>/", ask, name="contracts_outage_credit_step"),
            *super().get_urls(),
        ]

    def ask(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a credit for all whom an outage hit, after a look at what that would come to."""
        if not may_give(request):
            raise PermissionDenied
        outage = self.admin_site.get_model_admin(Outage).get_object(request, str(pk))
        if outage is None:
            raise Http404
        form = CreditForm(request.POST or None)
        notes, action = "", "Show what it comes to"
        if form.is_valid():
            each, reason = form.cleaned_data["each"], form.cleaned_data["reason"]
            try:
                if form.is_previewed():
                    credit = services.ask_outage_credit(
                        outage=outage,
                        amount_each=each,
                        reason=reason,
                        by=request.user,
                        at=request.at,
                    )
                    messages.success(request, "Asked for. Another person approves it.")
                    return redirect("admin:contracts_outagecredit_change", credit.pk)
                shares = list(services.outage_credit_shares(outage, each))
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                together = in_dollars(total(amount for _, amount in shares))
                first = (
                    f" The first: {shares[0][0]}, {in_dollars(shares[0][1])}." if shares else ""
                )
                notes = f"{len(shares):,} services get {together} together, GST included.{first}"
                form.show()
                action = "Ask a second person to approve it"
        return self.step(
            request,
            form,
            title="Give a credit for an outage",
            action=action,
            about=outage,
            notes=notes,
            intro="It stands on the next bill of each, and they are told by email.",
            back=reverse("admin:contracts_outage_change", args=[pk]),
        )


@admin.register(OutageCreditShare)
class OutageCreditShareAdmin(ReadOnlyAdmin):
    """What each service got of a credit for an outage."""

    provider_path = "service__contract__account__customer__provider"
    list_display = ("service", "credit", "dollars", "is_billed")
    list_filter = (
        ("problem", admin.EmptyFieldListFilter),
        "service__contract__account__customer__provider",
    )
    search_fields = ("credit__outage__reference", "service__contract__account__number")
    list_select_related = ("service__contract__account__customer", "credit__outage")
    fields = ("service", "credit", "dollars", "chargeable", "problem")

    @admin.display(description="amount, inc GST", ordering="amount")
    def dollars(self, row: OutageCreditShare) -> str:
        return in_dollars(row.amount)

    @admin.display(description="on a bill or the next one", boolean=True)
    def is_billed(self, row: OutageCreditShare) -> bool:
        return row.chargeable_id is not None
