"""Work that the network was asked for: what it did, what failed, for staff to say for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from contracts.network import services
from contracts.network.models import WorkOrder
from contracts.network.services import WorkRefused
from contracts.network.states import WorkKind, WorkState
from parties.authority.selectors import role_names
from portal.web.guards import audit_actor
from terms.lifecycle import IllegalStep

from .asking_network import SUPPLIES
from .base import StepsAdmin
from .unpaid_forms import NoForm

REFUSALS = (WorkRefused, IllegalStep)


class DoneForm(forms.Form):
    """When the network did it."""

    happened_at = forms.DateTimeField(
        label="When it was done",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Between when it was asked for and now: charges follow it.",
    )


class WhyForm(forms.Form):
    """Why something failed, or is taken back."""

    why = forms.CharField(label="Why", min_length=3, max_length=200, help_text="It is kept.")


@admin.register(WorkOrder)
class WorkOrderAdmin(StepsAdmin):
    """Asked, done or failed: by the network's own message, or as staff say for it."""

    provider_path = "service__contract__account__customer__provider"
    account_path = "service__contract__account"
    list_display = ("asked_at", "service", "kind", "state", "happened_at", "ended_by", "problem")
    list_filter = ("state", "kind", "service__contract__account__customer__provider")
    search_fields = (
        *("service__identifier", "service__label", "service__contract__account__number"),
    )
    list_select_related = ("service__contract__account__customer",)
    fields = (
        *("service", "kind", "cause", "state", "why", "asked_at", "asked_by"),
        *("happened_at", "ended_at", "ended_by", "problem", "public_id"),
    )
    readonly_fields = ("public_id",)
    steps = {
        "finished": "The network did it",
        "failed": "It failed",
        "again": "Ask again",
        "back": "Take it back",
    }

    def steps_now(self, request: HttpRequest, row: WorkOrder) -> list[str]:
        if not request.user.has_perm(SUPPLIES):
            return []
        back = [] if row.kind == WorkKind.RESTORE else ["back"]
        return {
            WorkState.ASKED: ["finished", "failed", *back],
            WorkState.FAILED: ["finished", "again", *back],
            WorkState.WITHDRAWN: ["finished"] if row.kind == WorkKind.SUSPEND else [],
            WorkState.DONE: [],
        }[WorkState(row.state)]

    def reasons(self, row: WorkOrder) -> list[dict[str, Any]]:
        return []

    def finished(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note when the network did it."""
        row = self._row(request, pk, "finished")
        form = DoneForm(request.POST or None, initial={"happened_at": request.at})

        def take() -> WorkOrder:
            given = form.cleaned_data["happened_at"]
            moment = _meant(given, row, request)
            return services.finish_work(
                order=row, done=True, happened_at=moment, at=request.at, actor=_actor(request)
            )

        intro = "The service stands so from then on, and charges follow it."
        return self._take(request, row, form, take, "The network did it", "Note it", intro)

    def failed(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that the network could not do it, and why."""
        row = self._row(request, pk, "failed")
        form = WhyForm(request.POST or None)

        def take() -> WorkOrder:
            return services.finish_work(
                order=row,
                done=False,
                happened_at=request.at,
                why=form.cleaned_data["why"],
                at=request.at,
                actor=_actor(request),
            )

        intro = "Nothing changes at the service. It stays on the worklist until it is done."
        return self._take(request, row, form, take, "It failed", "Note it", intro)

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the network once more."""
        row = self._row(request, pk, "again")
        form = NoForm(request.POST or None)

        def take() -> WorkOrder:
            return services.ask_again(order=row, at=request.at, actor=_actor(request))

        intro = f"It failed: {row.problem or 'nobody said why'}."
        return self._take(request, row, form, take, "Ask again", "Ask", intro)

    def back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take back what is not done."""
        row = self._row(request, pk, "back")
        form = WhyForm(request.POST or None)

        def take() -> WorkOrder:
            why = form.cleaned_data["why"]
            return services.withdraw_work(order=row, why=why, at=request.at, actor=_actor(request))

        intro = (
            "Done all the same, a suspension is undone at once, and costs the customer nothing."
        )
        return self._take(request, row, form, take, "Take it back", "Take it back", intro)

    def _row(self, request: HttpRequest, pk: int, slug: str) -> WorkOrder:
        if not request.user.has_perm(SUPPLIES):
            raise PermissionDenied
        row: WorkOrder | None = self.get_object(request, str(pk))
        if row is None or slug not in self.steps_now(request, row):
            raise Http404
        return row

    def _take(
        self,
        request: HttpRequest,
        row: WorkOrder,
        form: forms.Form,
        take: Callable[[], WorkOrder],
        title: str,
        action: str,
        intro: str,
    ) -> HttpResponse:
        page = reverse("admin:contracts_workorder_change", args=[row.pk])
        if form.is_valid():
            try:
                done = take()
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{done.get_state_display()}.")
                return redirect(page)
        return self.step(
            request, form, title=title, action=action, about=row, intro=intro, back=page
        )


def _actor(request: HttpRequest) -> Any:
    return audit_actor(request, acted_as=role_names(request.user))


def _meant(given: datetime, row: WorkOrder, request: HttpRequest) -> datetime:
    """The moment that is meant by one typed to the minute: not before the asking, not to come."""
    edges = (row.asked_at, request.at)
    minutes = [edge.replace(second=0, microsecond=0) for edge in edges]
    return min(max(given, row.asked_at), request.at) if given in minutes else given
