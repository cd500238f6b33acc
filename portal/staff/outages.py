"""Outages and planned work: declared with a preview, told step by step, ended."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from contracts.catalogue.states import ServiceKind
from contracts.requests import selectors as requests
from contracts.requests import services
from contracts.requests.models import Outage, OutageService
from contracts.requests.services import OutageRefused, Preview
from contracts.requests.states import CreditState, OutageState, Reach
from parties.accounts.models import Provider
from parties.authority.selectors import NotAuthorised, staff_may
from terms.calendar import in_words
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .base import ReadOnlyAdmin, StepsAdmin
from .giving import may_give
from .outages_forms import DeclareForm, EndForm, UpdateForm, WordsForm

REFUSALS = (OutageRefused, IllegalStep, NotAuthorised)
TOLD = "Said. Everybody whom it hits is told within minutes."


def may_declare(request: HttpRequest) -> bool:
    """Whether somebody looks after faults."""
    return staff_may(request.user, Action.TROUBLESHOOT).allowed


class NextWordFilter(admin.SimpleListFilter):
    """Those of which customers have to hear."""

    title = "next word"
    parameter_name = "word"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("owed", "Owed within the hour, or missed"), ("untold", "Not told to all yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "owed":
            return requests.to_say(queryset, request.at)
        return requests.not_told(queryset) if self.value() == "untold" else queryset


@admin.register(Outage)
class OutageAdmin(StepsAdmin):
    """Each outage, what was said of it and when, and the step that comes next."""

    provider_path = "provider"
    reference = "reference"
    list_display = (
        *("reference", "what", "provider", "is_planned", "reach", "state", "began_at"),
        *("expected_at", "owed_at", "many"),
    )
    list_filter = (
        "state",
        NextWordFilter,
        "is_planned",
        "reach",
        "provider",
        ("problem", admin.EmptyFieldListFilter),
    )
    search_fields = ("reference", "what")
    list_select_related = ("provider", "declared_by")
    date_hierarchy = "began_at"
    fields = (
        *("reference", "provider", "what", "state", "is_planned", "reach", "region"),
        *("hits_whole_state", "is_natural_disaster", "where"),
        *("began_at", "expected_at", "ended_at", "owed_at", "declared_by"),
        *("declared_at", "problem"),
    )
    readonly_fields = ("where",)
    change_form_template = "admin/contracts/outage/change_form.html"
    steps = {
        "update": "Say how it goes",
        "end": "Everything works again",
        "call_off": "Call it off",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(hit=Count("hits"))

    @admin.display(description="services hit", ordering="hit")
    def many(self, row: Any) -> int:
        return int(row.hit)

    @admin.display(description="Where, and which services")
    def where(self, row: Outage) -> str:
        kinds = [str(ServiceKind(one).label) for one in row.kinds]
        places = [*row.postcodes, *row.suburbs, *row.identifiers]
        return "; ".join(", ".join(part) for part in (kinds, places) if part)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_declare(request)

    def steps_now(self, request: HttpRequest, row: Outage) -> list[str]:
        is_open = row.state == OutageState.RUNNING and may_declare(request)
        return list(self.steps) if is_open else []

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
            hits = reverse("admin:contracts_outageservice_changelist")
            extra = {
                "card": requests.outage_card(row, request.at),
                "hit": row.hits.count(),
                "untold": row.hits.filter(told__lt=row.updates).count(),
                "hits": f"{hits}?outage__id__exact={row.pk}",
                "credit": _credit(request, row),
            }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Declare an outage: what it would do is shown first."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        mine = request.user.provider_id
        providers = Provider.objects.filter(pk=mine) if mine else Provider.objects.all()
        start = {"provider": mine, "began_at": request.at}
        form = DeclareForm(request.POST or None, providers=providers, initial=start)
        notes, action = "", "Show what it would do"
        because: list[dict[str, Any]] = []
        if form.is_valid():
            provider, said = form.cleaned_data["provider"], form.said()
            try:
                if form.is_previewed():
                    row = services.declare_outage(
                        provider=provider, said=said, by=request.user, at=request.at
                    )
                    messages.success(request, f"{row.reference} is declared. {TOLD}")
                    return redirect("admin:contracts_outage_change", row.pk)
                found = services.preview_outage(provider=provider, said=said, at=request.at)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
                because = getattr(refusal, "because", [])
            else:
                notes, because = _in_words(found), found.because
                form.show()
                action = "Declare it, and tell them"
        return self.step(
            request,
            form,
            title="Declare an outage or planned work",
            action=action,
            notes=notes,
            because=because,
            intro="Only those whom it hits are told: by email, on their pages, and on the public "
            "status page. Times are by the clock of Sydney.",
        )

    def update(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say how it goes."""
        return self._take(request, pk, "update", UpdateForm)

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say that everything works again."""
        return self._take(request, pk, "end", EndForm)

    def call_off(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say that it does not come, or was none."""
        return self._take(request, pk, "call_off", WordsForm)

    def _take(
        self, request: HttpRequest, pk: int, slug: str, form_class: type[Form]
    ) -> HttpResponse:
        if not may_declare(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or slug not in self.steps_now(request, row):
            raise Http404
        start = {"ended_at": request.at, "expected_at": row.expected_at}
        form = form_class(request.POST or None, initial=start)
        if form.is_valid():
            try:
                _say(slug, row, form, request)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, TOLD)
                return redirect("admin:contracts_outage_change", pk)
        latest = row.said.order_by("-number")[0]
        return self.step(
            request,
            form,
            title=self.steps[slug],
            action=self.steps[slug],
            about=row,
            notes=f"{row.hits.count():,} services are hit; their customers are told at once.",
            intro=f"Last said: {latest.words}",
            because=row.because,
            back=reverse("admin:contracts_outage_change", args=[pk]),
        )


@admin.register(OutageService)
class OutageServiceAdmin(ReadOnlyAdmin):
    """Which services an outage hits, and what their customers were told."""

    provider_path = "service__contract__account__customer__provider"
    list_display = ("outage", "service", "account", "is_told")
    list_filter = (
        ("outage", admin.RelatedOnlyFieldListFilter),
        ("problem", admin.EmptyFieldListFilter),
        "service__contract__account__customer__provider",
    )
    search_fields = ("outage__reference", "service__contract__account__number")
    list_select_related = ("outage", "service__contract__account__customer")
    fields = ("outage", "service", "account", "told", "problem")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(said=F("outage__updates"))

    @admin.display(description="account", ordering="service__contract__account__number")
    def account(self, row: OutageService) -> str:
        return row.service.contract.account.number

    @admin.display(description="told the newest", boolean=True)
    def is_told(self, row: OutageService) -> bool:
        return row.told >= row.outage.updates


def _say(slug: str, row: Outage, form: Any, request: HttpRequest) -> None:
    who, given = {"by": request.user, "at": request.at}, form.cleaned_data
    if slug == "update":
        services.update_outage(
            outage=row,
            words=given["words"],
            expected_at=given["expected_at"],
            more=form.area(),
            **who,
        )
    elif slug == "end":
        services.end_outage(outage=row, ended_at=given["ended_at"], words=given["words"], **who)
    else:
        services.call_off(outage=row, words=given["words"], **who)


def _credit(request: HttpRequest, row: Outage) -> str:
    """The address of the step that gives a credit, or "" where it can't be taken."""
    if row.state != OutageState.ENDED or not may_give(request):
        return ""
    if row.credits.exclude(state=CreditState.REFUSED).exists():
        return ""
    return reverse("admin:contracts_outage_credit_step", args=[row.pk])


def _in_words(found: Preview) -> str:
    """What declaring would do, in words."""
    services = "1 service" if found.services == 1 else f"{found.services:,} services"
    accounts = "1 account" if found.accounts == 1 else f"{found.accounts:,} accounts"
    words = [f"It hits {services} of {accounts}: all are told."]
    if found.reach != Reach.OTHER:
        words.append(f"By law it is a {Reach(found.reach).label.lower()}.")
    if found.owed_at is not None:
        owed_at = timezone.localtime(found.owed_at)
        words.append(f"The next word is owed by {in_words(owed_at.date())}, {owed_at:%H:%M}.")
    if found.window.allowed is None and found.window.because:
        words.append("The terms name no hours for planned work.")
    return " ".join(words)
