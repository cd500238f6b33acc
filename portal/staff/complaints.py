"""The complaint queue: what is next for each, with the time left and the button that does it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from complaints.process import services as process
from complaints.tickets import selectors
from complaints.tickets.models import Complaint, Event
from complaints.tickets.states import LIFECYCLE, OVER, STAFF_ACTS, Act, Duty, State
from parties.authority.selectors import local_day, sees_in_lists
from parties.people.states import StaffData
from records.deadlines.models import Deadline
from records.deadlines.states import Status
from terms.lifecycle import IllegalStep

from .base import ReadOnlyAdmin
from .complaints_forms import CloseForm, StaffStepForm

# What each of the staff's steps calls, and the form that goes with it.
STEPS: dict[Act, tuple[Any, Any]] = {
    Act.INVESTIGATE: (process.start_investigation, None),
    Act.ASK_CUSTOMER: (process.ask_customer, StaffStepForm),
    Act.PROPOSE: (process.propose_resolution, StaffStepForm),
    Act.RESOLVE: (process.resolve_complaint, StaffStepForm),
    Act.CLOSE: (process.close_complaint, CloseForm),
}


class ClockFilter(admin.SimpleListFilter):
    title = "clock"
    parameter_name = "clock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("missed", "A duty was missed"), ("today", "Due today or earlier")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        owed = Deadline.objects.filter(subject=OuterRef("reference"))
        if self.value() == "missed":
            late = owed.filter(status__in=[Status.OPEN, Status.MISSED], due_at__lte=request.at)
            return queryset.filter(Exists(late))
        if self.value() == "today":
            near = owed.filter(status=Status.OPEN, due_on__lte=request.at.date())
            return queryset.filter(Exists(near))
        return queryset


class MineFilter(admin.SimpleListFilter):
    title = "in hand"
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Mine"), ("nobody", "Nobody's")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "me":
            return queryset.filter(assigned_to=request.user).exclude(state__in=OVER)
        if self.value() == "nobody":
            return queryset.filter(assigned_to__isnull=True).exclude(state__in=OVER)
        return queryset


@admin.register(Complaint)
class ComplaintAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    reference = "reference"
    list_display = (
        "reference",
        "next_duty",
        "is_urgent",
        "account",
        "topic",
        "state",
        "assigned_to",
        "received_at",
    )
    list_filter = (
        ClockFilter,
        MineFilter,
        "state",
        "is_urgent",
        "topic",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("reference", "account__number", "account__customer__name", "description")
    list_select_related = ("account__customer", "assigned_to")
    exclude = ("urgent_because", "version")
    guarded = {StaffData.SAFETY: ("safety_threat",)}
    change_form_template = "admin/complaints/complaint/change_form.html"

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """What is due first comes first; what owes nothing comes last."""
        return [F("first_due").asc(nulls_last=True), "-received_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        owed = Deadline.objects.filter(
            subject=OuterRef("reference"), status__in=[Status.OPEN, Status.MISSED]
        ).exclude(duty=Duty.EXPLAIN_DELAY)
        first = owed.order_by("due_at")
        return (
            super()
            .get_queryset(request)
            .annotate(
                first_due=Subquery(first.values("due_at")[:1]),
                first_duty=Subquery(first.values("duty")[:1]),
                first_due_on=Subquery(first.values("due_on")[:1]),
            )
            .annotate(
                time_left=ExpressionWrapper(
                    F("first_due") - Value(request.at, output_field=DateTimeField()),
                    output_field=DurationField(),
                )
            )
        )

    @admin.display(description="next duty", ordering="first_due")
    def next_duty(self, complaint: Any) -> str:
        """The duty that is due first, and its day."""
        if complaint.first_due is None:
            return "–"
        duty, hours = Duty(complaint.first_duty).label, complaint.time_left.total_seconds() / 3600
        if hours < 0:
            left = f"{-hours / 24:.0f} days late" if hours < -48 else f"{-hours:.0f} h late"
        else:
            left = f"{hours / 24:.0f} days left" if hours > 48 else f"{hours:.0f} h left"
        return f"{duty} by {complaint.first_due_on:%a %-d %b} ({left})"

    def get_urls(self) -> list[Any]:
        step = path(
            "<int:pk>/step/<slug:act>/",
            self.admin_site.admin_view(self.step_view),
            name="complaints_complaint_step",
        )
        return [step, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        complaint = self.get_object(request, object_id)
        extra: dict[str, Any] = {}
        if complaint is not None:
            record = selectors.record_of(
                complaint.account,
                complaint.reference,
                local_day(complaint.account, request.at),
            )
            extra = {
                "record": record,
                "complaint": complaint,
                "history": Event.objects.filter(complaint=complaint).select_related("by"),
                "acts": self._acts(request, complaint),
                "sees_safety": sees_in_lists(request.user, StaffData.SAFETY),
                "balance_url": reverse(
                    "admin:parties_account_change", args=[complaint.account_id]
                ),
            }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def _acts(self, request: HttpRequest, complaint: Complaint) -> list[dict[str, str]]:
        """The steps that are possible now for someone who may take them."""
        if not request.user.has_perm("complaints.change_complaint"):
            return []
        return [
            {
                "label": act.label,
                "url": reverse("admin:complaints_complaint_step", args=[complaint.pk, act.value]),
            }
            for act in LIFECYCLE.acts(State(complaint.state))
            if act in STEPS and act in STAFF_ACTS
        ]

    def step_view(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        """Ask for what the step needs, take it, and say so."""
        if not request.user.has_perm("complaints.change_complaint"):
            raise PermissionDenied
        complaint = self.get_object(request, str(pk))
        if complaint is None or act not in {step.value for step in STEPS}:
            raise Http404
        service, form_class = STEPS[Act(act)]
        back = reverse("admin:complaints_complaint_change", args=[pk])
        form = form_class(request.POST or None) if form_class else None
        if request.method == "POST" and (form is None or form.is_valid()):
            facts = form.cleaned_data if form else {}
            try:
                service(reference=complaint.reference, by=request.user, at=request.at, **facts)
            except (IllegalStep, process.StepRefused) as refusal:
                messages.error(request, f"{complaint.reference}: {refusal}")
            else:
                messages.success(
                    request, f"{complaint.reference}: {Act(act).label.lower()}, done."
                )
            return redirect(back)
        return TemplateResponse(
            request,
            "staff/complaints/step.html",
            {
                **self.admin_site.each_context(request),
                "title": f"{Act(act).label}: {complaint.reference}",
                "complaint": complaint,
                "record": selectors.record_of(
                    complaint.account,
                    complaint.reference,
                    local_day(complaint.account, request.at),
                ),
                "form": form,
                "back": back,
                "opts": self.opts,
            },
        )
