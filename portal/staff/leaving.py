"""What staff see and note about leaving, on a service's own page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from contracts.agreements.services import FigureRefused, note_figure
from contracts.agreements.states import Basis, FigureKind
from contracts.leaving import selectors as leaving
from contracts.leaving.models import EndNotice
from contracts.leaving.services import (
    LeavingRefused,
    complete_end_cost,
    decide_early_end,
    take_back_end_notice,
)
from contracts.leaving.states import ALIVE, NoticeState
from contracts.supply.models import Service
from parties.authority.selectors import local_day, staff_may
from terms.facts import Action
from terms.lifecycle import IllegalStep
from terms.money import in_dollars

from .base import StepAdmin
from .contracts_forms import DecideForm
from .ending import RUNS, EndingSteps
from .leaving_forms import (
    BackForm,
    ConfirmForm,
    FigureForm,
    LeaveOnForm,
)


class LeavingSteps(EndingSteps):
    """Adds what leaving costs, and the amounts agreed, to a service's own page."""

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
        found = [(words, reverse(f"admin:{name}", args=[row.pk])) for words, name in links]
        return found + self.ending_links(request, row)

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


class CostFilter(admin.SimpleListFilter):
    """Notices by whether all that they cost is known."""

    title = "cost"
    parameter_name = "cost"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Not complete")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "open":
            return queryset
        return queryset.filter(state__in=ALIVE).exclude(unknown=[])


@admin.register(EndNotice)
class EndNoticeAdmin(StepAdmin):
    """Notices that end services, with the steps that a living one can take."""

    provider_path = "service__contract__account__customer__provider"
    list_display = ("service", "side", "form", "state", "received_on", "ends_on", "charge")
    list_filter = (
        "state",
        "side",
        CostFilter,
        ("problem", admin.EmptyFieldListFilter),
        "service__contract__account__customer__provider",
    )
    search_fields = ("service__label", "service__contract__account__number")
    list_select_related = ("service",)
    date_hierarchy = "ends_on"
    change_form_template = "admin/contracts/service/change_form.html"

    def get_urls(self) -> list[Any]:
        view, page = self.admin_site.admin_view, "contracts_endnotice"
        return [
            path("<int:pk>/decide/", view(self.decide), name=f"{page}_decide"),
            path("<int:pk>/back/", view(self.take_back), name=f"{page}_back_step"),
            path("<int:pk>/cost/", view(self.complete), name=f"{page}_cost_step"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        names: list[tuple[str, str]] = []
        if row is not None and staff_may(request.user, Action.CLOSE_SERVICE).allowed:
            today = local_day(row.service.contract.account, request.at)
            if row.state == NoticeState.ASKED:
                names.append(("Decide", "decide"))
            if leaving.may_be_taken_back(row, today):
                names.append(("The customer takes it back", "back_step"))
            if row.state in ALIVE and row.unknown:
                names.append(("Complete the cost", "cost_step"))
        steps = [
            (words, reverse(f"admin:contracts_endnotice_{name}", args=[object_id]))
            for words, name in names
        ]
        extra = {"steps": steps} | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Agree to an early end, at the cost that was shown, or refuse with a reason."""
        return self._take(request, pk, DecideForm, decide_early_end, "Decide on the early end")

    def take_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a notice back because the customer asks for it."""
        title = "The customer takes the notice back"
        return self._take(request, pk, BackForm, take_back_end_notice, title)

    def complete(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Work the cost out again from what is on record now."""
        return self._take(request, pk, ConfirmForm, complete_end_cost, "Complete the cost")

    def _take(
        self,
        request: HttpRequest,
        pk: int,
        form_class: type[Form],
        service: Callable[..., Any],
        title: str,
    ) -> HttpResponse:
        if not staff_may(request.user, Action.CLOSE_SERVICE).allowed:
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        is_sent = request.method == "POST"
        form = form_class(request.POST if is_sent else None)
        if is_sent and form.is_valid():
            try:
                service(notice=row, by=request.user, at=request.at, **form.cleaned_data)
            except (LeavingRefused, IllegalStep) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Done. The customer is told.")
                return redirect("admin:contracts_endnotice_change", pk)
        return self.step(
            request,
            form,
            title=title,
            action=title,
            about=row,
            intro=f"Known cost: {in_dollars(row.charge)} inc GST."
            + (f" Not known: {', '.join(row.unknown)}." if row.unknown else ""),
            because=row.because,
        )
