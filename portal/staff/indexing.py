"""The consumer price index, entered by one person and confirmed by another."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from contracts.variations import services
from contracts.variations.models import IndexFigure
from contracts.variations.services import VariationRefused
from contracts.variations.states import FigureState
from parties.accounts.models import Provider
from parties.authority.selectors import NotAuthorised
from terms.lifecycle import IllegalStep

from .base import StepAdmin
from .variations_forms import ConfirmFigureForm, FigureForm

REFUSALS = (VariationRefused, IllegalStep, NotAuthorised)


@admin.register(IndexFigure)
class IndexFigureAdmin(StepAdmin):
    """Figures of the index; prices that rise by it are told by themselves."""

    provider_path = "provider"
    list_display = ("period", "percent", "provider", "published_on", "state", "entered_by")
    list_filter = ("state", "provider")
    search_fields = ("period", "source")
    list_select_related = ("provider", "entered_by")
    change_form_template = "admin/billing/decided_change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("contracts.add_variation"))

    def get_urls(self) -> list[Any]:
        decide = self.admin_site.admin_view(self.decide)
        name = "contracts_indexfigure_decide"
        return [path("<int:pk>/decide/", decide, name=name), *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Enter a figure as it was published."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = FigureForm(request.POST or None, providers=self._providers(request))
        if form.is_valid():
            try:
                row = services.enter_index_figure(
                    by=request.user, at=request.at, **form.cleaned_data
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{row.get_state_display()}.")
                return redirect("admin:contracts_indexfigure_change", row.pk)
        return self.step(
            request,
            form,
            title="Enter the consumer price index",
            action="Enter it",
            intro="Prices that the terms let rise each year follow it, once another person has "
            "confirmed it. Until then they are not known.",
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        waits = (
            row is not None
            and row.state == FigureState.ASKED
            and row.entered_by_id != request.user.pk
            and request.user.has_perm("contracts.change_variation")
        )
        name = "admin:contracts_indexfigure_decide"
        extra = {"decide": reverse(name, args=[row.pk]) if waits and row else ""}
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Confirm or refuse what somebody else entered."""
        if not request.user.has_perm("contracts.change_variation"):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        form = ConfirmFigureForm(request.POST or None)
        if form.is_valid():
            try:
                done = services.decide_index_figure(
                    figure=row, by=request.user, at=request.at, **form.cleaned_data
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{done.get_state_display()}.")
                return redirect("admin:contracts_indexfigure_change", pk)
        return self.step(
            request,
            form,
            title="Confirm the index",
            action="Decide",
            about=f"{row.percent} % {row.period}",
            intro=f"{row.entered_by} entered it, published {row.published_on:%-d %b %Y}: "
            f"{row.source}",
        )

    def _providers(self, request: HttpRequest) -> QuerySet[Provider]:
        mine = request.user.provider_id
        rows = Provider.objects.all()
        return rows.filter(pk=mine) if mine else rows
