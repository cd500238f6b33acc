"""What staff see and note about leaving, on a service's own page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from contracts.agreements.services import FigureRefused, note_figure
from contracts.agreements.states import Basis, FigureKind
from contracts.leaving import selectors as leaving
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from parties.authority.selectors import local_day, staff_may
from terms.facts import Action

from .leaving_forms import FigureForm, LeaveOnForm

RUNS = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)


class LeavingSteps:
    """Adds what leaving costs, and the amounts agreed, to a service's own page."""

    admin_site: Any
    opts: Any
    get_object: Any
    has_view_permission: Any

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/leaving/", view(self.leaving), name="contracts_service_leaving"),
            path(
                "<int:pk>/figures/", view(self.note_figure), name="contracts_service_figure_step"
            ),
            *super().get_urls(),
        ]

    def leaving_links(self, request: HttpRequest, row: Service) -> list[tuple[str, str]]:
        """What somebody can open here about leaving, as words and address."""
        links = []
        if row.status in RUNS:
            links.append(("What leaving costs", "contracts_service_leaving"))
        if staff_may(request.user, Action.OPEN_SERVICE).allowed:
            links.append(("Amounts agreed", "contracts_service_figure_step"))
        return [(words, reverse(f"admin:{name}", args=[row.pk])) for words, name in links]

    def leaving(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a notice given today would mean, for a day or the earliest."""
        row = self._service(request, pk)
        if row.status not in RUNS:
            raise Http404
        today = local_day(row.contract.account, request.at)
        form = LeaveOnForm(request.GET or None)
        asked_on = form.cleaned_data["on"] if form.is_valid() else None
        if asked_on and asked_on < today:
            form.add_error("on", "Give today or a later day.")
            asked_on = None
        found = leaving.leaving_of(row, today=today, asked_on=asked_on)
        context = {
            "form": form,
            "one": found,
            "porting": leaving.porting_of(row, on=asked_on or today, today=today),
        }
        return self._page(
            request, "staff/contracts/leaving.html", row, "What leaving costs", context
        )

    def note_figure(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note an amount that was agreed for the service, beside those on record."""
        if not staff_may(request.user, Action.OPEN_SERVICE).allowed:
            raise PermissionDenied
        row = self._service(request, pk)
        form = FigureForm(request.POST or None)
        if form.is_valid():
            given = form.cleaned_data
            try:
                note_figure(
                    contract=row.contract,
                    service_id=row.pk,
                    by=request.user,
                    at=request.at,
                    **given | {"kind": FigureKind(given["kind"]), "basis": Basis(given["basis"])},
                )
            except FigureRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Noted. What leaving costs follows it.")
                return redirect("admin:contracts_service_figure_step", pk)
        context = {"form": form, "figures": row.agreed_figures.select_related("noted_by")}
        return self._page(request, "staff/contracts/figures.html", row, "Amounts agreed", context)

    def _service(self, request: HttpRequest, pk: int) -> Service:
        row: Service | None = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row

    def _page(
        self,
        request: HttpRequest,
        template: str,
        row: Service,
        title: str,
        context: dict[str, Any],
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "title": title,
                "about": row,
                "opts": self.opts,
                "back": reverse("admin:contracts_service_change", args=[row.pk]),
                **context,
            },
        )
