"""New versions of the terms: drafted, approved by a second person, told, binding on their days."""

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

from contracts.variations import selectors as variations
from contracts.variations import services
from contracts.variations.models import TermsChange, TermsVariation
from contracts.variations.services import TermsDraft
from parties.accounts.models import Account, Provider
from parties.accounts.selectors import terms_in_words
from parties.authority.selectors import local_day
from portal.web.sheets import csv_file
from terms.calendar import in_words

from .drafted import REFUSALS, DraftedAdmin, ToldAdmin
from .variations_forms import TermsDraftForm

COLUMNS = (
    *("Account", "Contract", "Stands", "Old version", "From", "Earliest by its notice"),
    *("Way out by", "Way out until", "Told", "Received"),
)


@admin.register(TermsVariation)
class TermsVariationAdmin(DraftedAdmin):
    """New versions of the terms, with whom each binds from when, and the step that comes next."""

    provider_path = "provider"
    kind = services.TERMS
    list_display = (
        *("version", "provider", "effective_on", "harms", "state", "drafted_by", "decided_by"),
    )
    list_filter = ("state", "provider", ("problem", admin.EmptyFieldListFilter))
    search_fields = ("version", "says")
    list_select_related = ("provider", "drafted_by", "decided_by")
    date_hierarchy = "effective_on"
    fields = (
        *("version", "provider", "effective_on", "state", "says", "harms", "forced_by"),
        *("supplier_wide", "offers_way_out", "notice_days", "notice_why"),
        *("drafted_by", "drafted_at", "worked_at", "decided_by", "decided_at", "decided_why"),
        "problem",
    )
    change_form_template = "admin/contracts/termsvariation/change_form.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        name = "contracts_termsvariation_csv"
        return [path("<int:pk>/csv/", view(self.as_csv), name=name), *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Draft a new version; whom it binds from when is shown next."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        providers = {one.key: one for one in self._providers(request)}
        offered = _versions(providers)
        form = TermsDraftForm(request.POST or None, versions=offered)
        if form.is_valid():
            key, facts = form.facts
            try:
                row = services.draft_terms_change(
                    provider=providers[key],
                    draft=TermsDraft(**facts),
                    by=request.user,
                    at=request.at,
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Drafted. Nobody is told yet: look at what it does.")
                return redirect("admin:contracts_termsvariation_change", row.pk)
        return self.step(
            request,
            form,
            title="Draft new terms",
            action="Show whom it binds from when",
            notes=""
            if offered
            else "No version but the first is published: there is none to "
            "draft. A version is published with the portal.",
            intro="New contracts are made under the version of their day. Every customer under an "
            "older one is told before, as their terms and the law say. A second person approves "
            "it first.",
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
            rows = reverse("admin:contracts_termschange_changelist")
            extra = {
                "days": variations.days_of(row),
                "states": variations.states_of(row),
                "rows": f"{rows}?of={row.pk}",
                "csv": reverse("admin:contracts_termsvariation_csv", args=[row.pk]),
                "steps": self.steps_of(request, row),
            }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def about(self, row: TermsVariation) -> str:
        printed = terms_in_words(row.provider.key, row.version)
        return f"{row.provider}: {printed}, for nobody before {in_words(row.effective_on)}"

    def what_it_does(self, row: TermsVariation) -> str:
        days = [
            f"from {in_words(one.effective_on)} {one.contracts}"
            if one.effective_on
            else f"from a day that waits for the length of notice {one.contracts}"
            for one in variations.days_of(row)
        ]
        free = sum(one.with_way_out for one in variations.days_of(row))
        bound = f"Contracts that it binds, told today: {', '.join(days) or 'none'}."
        return f"{bound} {free} can leave without a fee because of it."

    def as_csv(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Every contract of a version, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return csv_file(f"new-terms-{row.pk}", COLUMNS, _cells(row))

    def _providers(self, request: HttpRequest) -> QuerySet[Provider]:
        mine = request.user.provider_id
        rows = Provider.objects.order_by("name")
        return rows.filter(pk=mine) if mine else rows


class OfTermsFilter(admin.SimpleListFilter):
    """The contracts of one version."""

    title = "version"
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        asked = str(self.used_parameters.get("of") or request.GET.get("of", ""))
        found = TermsVariation.objects.filter(pk=asked).first() if _is_key(asked) else None
        return [(asked, str(found))] if found else [("0", "None chosen")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(variation=value) if _is_key(value) else queryset


@admin.register(TermsChange)
class TermsChangeAdmin(ToldAdmin):
    """From when a version binds each contract, with the notice that its customer gets."""

    kind = services.TERMS
    stays = "Let it keep its terms"
    template = "notices/terms_change.txt"
    provider_path = "contract__account__customer__provider"
    list_display = (
        *("account", "contract", "version", "effective_on", "way_out_by", "way_out_until"),
        *("told_on", "state"),
    )
    list_filter = (
        OfTermsFilter,
        "state",
        "way_out_by",
        ("problem", admin.EmptyFieldListFilter),
        "contract__account__customer__provider",
    )
    search_fields = ("contract__reference", "contract__account__number")
    list_select_related = ("contract__account__customer", "variation")
    fields = (
        *("account", "contract", "state", "version_before", "version", "effective_on"),
        *("earliest_on", "notice_required", "way_out_by", "way_out_until"),
        *("told_on", "received_on", "applied_at", "problem"),
    )
    change_form_template = "admin/contracts/variation/one_change_form.html"

    def letter_of(self, row: TermsChange, at: datetime) -> tuple[Account, dict[str, Any]]:
        account = row.contract.account
        return account, services.terms_letter_facts(row, account, local_day(account, at))

    @admin.display(description="account", ordering="contract__account__number")
    def account(self, row: TermsChange) -> str:
        return row.contract.account.number

    @admin.display(description="new version", ordering="variation__version")
    def version(self, row: TermsChange) -> str:
        return row.variation.version


def _is_key(asked: str) -> bool:
    return asked.isdecimal() and len(asked) < 19


def _versions(providers: dict[str, Provider]) -> list[tuple[str, str]]:
    """What can be drafted: the key and version of each, and the words for it."""
    return [
        (f"{key} {version}", f"{provider}: {terms_in_words(key, version)}")
        for key, provider in providers.items()
        for version in variations.versions_to_bring(key)
    ]


def _cells(row: TermsVariation) -> Iterator[tuple[Any, ...]]:
    found = row.changes.select_related("contract__account").order_by("pk")
    for one in found.iterator(500):
        yield (
            one.contract.account.number,
            one.contract.reference,
            one.get_state_display(),
            one.version_before,
            one.effective_on or "",
            one.earliest_on or "",
            one.get_way_out_by_display(),
            one.way_out_until or "",
            one.told_on or "",
            one.received_on or "",
        )
