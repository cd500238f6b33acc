"""Changes of price: drafted, looked at, approved by a second person, told, withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from contracts.catalogue.models import Plan
from contracts.supply.models import Service
from contracts.variations import selectors as variations
from contracts.variations import services
from contracts.variations.models import PriceChange, Variation
from contracts.variations.services import Draft
from contracts.variations.states import PriceWay, VariationState
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from portal.web.sheets import csv_file
from terms.calendar import in_words
from terms.money import in_dollars

from .drafted import REFUSALS, DraftedAdmin, ToldAdmin
from .variations_forms import DraftForm

COLUMNS = (
    *("Account", "Service", "Stands", "Keeps its price", "Price now", "New price", "More a month"),
    *("From", "Earliest by its notice", "Way out by", "Way out until"),
)


@admin.register(Variation)
class VariationAdmin(DraftedAdmin):
    """Changes of price, with what each does, to whom, and the step that comes next."""

    provider_path = "provider"
    kind = services.PRICES
    list_display = (
        *("what", "provider", "new_price", "effective_on", "state", "drafted_by", "decided_by"),
    )
    list_filter = ("state", "provider", ("problem", admin.EmptyFieldListFilter))
    search_fields = ("plan__name", "service__label", "service__contract__account__number")
    list_select_related = ("provider", "plan", "service", "drafted_by", "decided_by")
    date_hierarchy = "effective_on"
    fields = (
        *("what", "provider", "new_price", "effective_on", "state", "says", "forced_by"),
        *("supplier_wide", "hurts", "offers_way_out", "notice_days", "notice_why"),
        *("drafted_by", "drafted_at", "worked_at", "decided_by", "decided_at", "decided_why"),
        *("listed_at", "problem"),
    )
    change_form_template = "admin/contracts/variation/change_form.html"

    @admin.display(description="what", ordering="plan__name")
    def what(self, row: Variation) -> str:
        return f"{row.service} alone" if row.service else f"All on {row.plan}"

    @admin.display(description="price")
    def new_price(self, row: Variation) -> str:
        if row.way == PriceWay.TO:
            return f"to {in_dollars(row.amount)}"
        return f"{'up' if row.amount > 0 else 'down'} by {in_dollars(abs(row.amount))}"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        name = "contracts_variation_csv"
        return [path("<int:pk>/csv/", view(self.as_csv), name=name), *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Draft a new price; whom it touches is shown next."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        plans = self.admin_site.get_model_admin(Plan).get_queryset(request)
        service = self._service_asked(request)
        if service is not None:
            plans = plans.filter(pk=service.plan_id)
        start = {"plan": service.plan_id} if service else {}
        form = DraftForm(request.POST or None, plans=plans.order_by("name"), initial=start)
        if form.is_valid():
            try:
                row = services.draft_price_change(
                    draft=Draft(service=service, **form.facts), by=request.user, at=request.at
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Drafted. Nobody is told yet: look at what it does.")
                return redirect("admin:contracts_variation_change", row.pk)
        return self.step(
            request,
            form,
            title="Draft a new price",
            action="Show what it does",
            about=service or "",
            intro="Every customer is told before, as their terms and the law say. A second person "
            "approves it first.",
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        extra: dict[str, Any] = {}
        if row is not None:
            early, day = variations.earliest_for_all(row)
            rows = reverse("admin:contracts_pricechange_changelist")
            extra = {
                "totals": variations.totals(row),
                "early": early if row.state in (VariationState.DRAFT, VariationState.ASKED) else 0,
                "earliest": day,
                "rows": f"{rows}?of={row.pk}",
                "csv": reverse("admin:contracts_variation_csv", args=[row.pk]),
                "steps": self.steps_of(request, row),
            }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def about(self, row: Variation) -> str:
        return f"{self.what(row)}, {self.new_price(row)} from {in_words(row.effective_on)}"

    def what_it_does(self, row: Variation) -> str:
        return _what_it_does(row)

    def as_csv(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Every service of a change, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return csv_file(f"price-change-{row.pk}", COLUMNS, _cells(row))

    def _service_asked(self, request: HttpRequest) -> Service | None:
        """The service alone that the address names, if the person may see it. Raises Http404."""
        asked = request.GET.get("service", "")
        if not asked:
            return None
        known = self.admin_site.get_model_admin(Service)
        found = known.get_object(request, asked) if asked.isdecimal() else None
        if found is None:
            raise Http404
        service: Service = found
        return service


class OfFilter(admin.SimpleListFilter):
    """The services of one change."""

    title = "change"
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        asked = self.used_parameters.get("of") or request.GET.get("of", "")
        found = Variation.objects.filter(pk=asked).first() if str(asked).isdecimal() else None
        return [(str(asked), str(found))] if found else [("0", "None chosen")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(variation=value) if value.isdecimal() else queryset


@admin.register(PriceChange)
class PriceChangeAdmin(ToldAdmin):
    """What a change of price does to each service, with the notice that its customer gets."""

    kind = services.PRICES
    stays = "Let it keep its price"
    template = "notices/price_change.txt"
    provider_path = "service__contract__account__customer__provider"
    list_display = (
        *("account", "service", "now", "new", "more", "effective_on", "keeps", "way_out_by"),
        *("way_out_until", "state"),
    )
    list_filter = (
        OfFilter,
        "state",
        "keeps",
        "way_out_by",
        ("problem", admin.EmptyFieldListFilter),
        "service__contract__account__customer__provider",
    )
    search_fields = ("service__label", "service__contract__account__number")
    list_select_related = ("service__contract__account__customer",)
    fields = (
        *("account", "service", "state", "now", "new", "more", "effective_on", "earliest_on"),
        *("notice_required", "keeps", "keeps_until", "way_out_by", "way_out_until"),
        *("told_on", "received_on", "applied_at", "problem"),
    )
    change_form_template = "admin/contracts/variation/one_change_form.html"

    def letter_of(self, row: PriceChange, at: datetime) -> tuple[Account, dict[str, Any]]:
        account = row.service.contract.account
        return account, services.letter_facts(row, local_day(account, at))

    @admin.display(description="account", ordering="service__contract__account__number")
    def account(self, row: PriceChange) -> str:
        return row.service.contract.account.number

    @admin.display(description="a month now, inc GST", ordering="monthly_before")
    def now(self, row: PriceChange) -> str:
        return in_dollars(row.monthly_before)

    @admin.display(description="new, inc GST", ordering="monthly_after")
    def new(self, row: PriceChange) -> str:
        return in_dollars(row.monthly_after)

    @admin.display(description="more")
    def more(self, row: PriceChange) -> str:
        return in_dollars(row.difference)


def _what_it_does(row: Variation) -> str:
    """What happens if it is sent out, in words."""
    found = variations.totals(row)
    per = "service pays" if found.pays_other == 1 else "services pay"
    more = "more" if found.difference >= 0 else "less"
    words = [
        f"{found.pays_other} {per} another price, all together "
        f"{in_dollars(abs(found.difference))} {more} a month, GST included.",
        f"{found.keeps_fixed} of them only after a fixed time.",
        f"{found.keeps_agreed} keep a price agreed for themselves.",
        f"{found.with_way_out} can leave without a fee because of it.",
    ]
    return " ".join(words)


def _cells(row: Variation) -> Iterator[tuple[Any, ...]]:
    found = row.changes.select_related("service__contract__account").order_by("pk")
    for one in found.iterator(500):
        yield (
            one.service.contract.account.number,
            str(one.service),
            one.get_state_display(),
            one.get_keeps_display(),
            one.monthly_before,
            one.monthly_after,
            one.difference,
            one.effective_on or "",
            one.earliest_on or "",
            one.get_way_out_by_display(),
            one.way_out_until or "",
        )
