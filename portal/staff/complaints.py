"""The complaint queue: what is next for each, with the time left and the steps that do it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import (
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    QuerySet,
    Value,
)
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse

from billing.disputes.services import AmountTooHigh
from billing.invoices.models import Invoice
from billing.ledger.services import MonthClosed
from billing.payments.services import CreditRefused, NeedsSecondPerson
from complaints.analysis.selectors import lacks_cause
from complaints.lodging import services as lodging
from complaints.ombudsman import services as ombudsman
from complaints.process import selectors as process_selectors
from complaints.process import services as process
from complaints.tickets import selectors
from complaints.tickets.models import Complaint, Event
from complaints.tickets.services import officers_of
from complaints.tickets.states import OVER, Duty, State, Topic
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.accounts.selectors import zone_of
from parties.authority.selectors import NotAuthorised, local_day, staff_roles
from parties.people.states import StaffData, StaffRole
from portal.composition.discretion import sees_private
from portal.web.files import attachment_response
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .complaint_steps import (
    MEANINGS,
    STEPS,
    Situation,
    Step,
    meanings,
    people_here,
    speakers,
    steps_now,
)
from .complaints_bulk import BulkComplaints
from .complaints_forms import EvidenceForm
from .complaints_heard import HeardForm, TakeForm
from .complaints_reach import SHORT, hours_to_call, how_to_reach
from .counting import UpTo

NO_OFFICER = (
    "an administrator: nobody is a privacy officer here, and they are asked to name one now"
)
REFUSALS = (
    lodging.FileRefused,
    process.StepRefused,
    IllegalStep,
    CreditRefused,
    NeedsSecondPerson,
    MonthClosed,
)


class ClockFilter(admin.SimpleListFilter):
    title = "clock"
    parameter_name = "clock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("missed", "A day was missed"),
            ("today", "Due today or earlier"),
            ("week", "Due within a week"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        mine = process_selectors.workable(queryset, request.user)
        if self.value() == "missed":
            return process_selectors.missed(mine, request.at)
        if self.value() in ("today", "week"):
            days = 7 if self.value() == "week" else 0
            return process_selectors.due(mine, request.at, days)
        return queryset


class MineFilter(admin.SimpleListFilter):
    title = "in hand"
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Mine"), ("nobody", "Nobody's")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "me":
            return process_selectors.in_hand_of(queryset, request.user, request.at)
        if self.value() == "nobody":
            mine = process_selectors.workable(queryset, request.user)
            return mine.filter(assigned_to__isnull=True).exclude(state__in=OVER)
        return queryset


class WorkFilter(admin.SimpleListFilter):
    title = "what it needs"
    parameter_name = "needs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("open", "All open ones"),
            ("another_way", "Acknowledged another way: the letter did not arrive"),
            ("customer", "The customer's word"),
            ("parts", "A technician or equipment that was agreed on"),
            ("manager", "A manager's decision"),
            ("privacy", "It is about privacy"),
            ("ombudsman", "It is with the ombudsman"),
            ("no_name", "It came without a name"),
            ("cause", "It is over, and its cause is not named"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "open":
            return queryset.exclude(state__in=OVER)
        if self.value() == "another_way":
            return process_selectors.not_reached(queryset)
        if self.value() == "customer":
            return process_selectors.waiting(queryset)
        if self.value() == "parts":
            return process_selectors.with_parts_to_do(queryset)
        if self.value() == "manager":
            return process_selectors.to_decide(queryset)
        if self.value() == "privacy":
            return queryset.filter(topic=Topic.PRIVACY).exclude(state__in=OVER)
        if self.value() == "ombudsman":
            return queryset.filter(with_ombudsman_since__isnull=False)
        if self.value() == "cause":
            return lacks_cause(queryset)
        if self.value() == "no_name":
            return queryset.filter(lodged_by__isnull=True)
        return queryset


@admin.register(Complaint)
class ComplaintAdmin(BulkComplaints):
    """Complaints, with the steps that staff take about them."""

    provider_path = "account__customer__provider"
    paginator = UpTo
    list_max_show_all = 0
    reference = "reference"
    list_display = (
        "reference",
        "next_duty",
        "urgency",
        "account",
        "state",
        "assigned_to",
        "received_at",
    )
    list_filter = (
        ClockFilter,
        MineFilter,
        WorkFilter,
        "state",
        "is_urgent",
        "topic",
        "cause",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("reference", "account__number", "account__customer__name", "description")
    list_select_related = ("account__customer", "assigned_to")
    exclude = ("urgent_because", "version", "related", "disputed_lines")
    guarded = {StaffData.PRIVATE: ("safety_threat",)}
    actions = ("take", "hand_back", "hand_over_many", "acknowledge_many")
    change_form_template = "admin/complaints/complaint/change_form.html"
    add_title = "Write down a complaint"
    action = Action.LODGE_COMPLAINT

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """What is due first comes first; what owes nothing comes last."""
        return [F("first_due_at").asc(nulls_last=True), "-received_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = selectors.known_to_staff(request.user, super().get_queryset(request))
        return rows.annotate(
            time_left=ExpressionWrapper(
                F("first_due_at") - Value(request.at, output_field=DateTimeField()),
                output_field=DurationField(),
            )
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A privacy officer takes down what is about privacy."""
        return super().has_add_permission(request) or (
            StaffRole.PRIVACY in staff_roles(request.user)
        )

    @admin.display(description="next duty", ordering="first_due_at")
    def next_duty(self, complaint: Any) -> str:
        """The duty that is due first, its day, and how long that is."""
        if complaint.first_due_at is None:
            return "With the ombudsman" if complaint.with_ombudsman_since else "–"
        duty, hours = SHORT[Duty(complaint.first_duty)], complaint.time_left.total_seconds() / 3600
        if hours < 0:
            left = f"{-hours / 24:.0f} d late" if hours < -48 else f"{-hours:.0f} h late"
        else:
            left = f"{hours / 24:.0f} d left" if hours > 48 else f"{hours:.0f} h left"
        return f"{duty} by {complaint.first_due_on:%a %-d %b}: {left}"

    @admin.display(description="urgent", ordering="is_urgent")
    def urgency(self, complaint: Complaint) -> str:
        return "Urgent" if complaint.is_urgent else ""

    @admin.action(description="Take the chosen complaints in hand")
    def take(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._assign(request, queryset, request.user)

    @admin.action(description="Hand the chosen complaints back to the desk")
    def hand_back(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._assign(request, queryset, None)

    def _assign(self, request: HttpRequest, queryset: QuerySet[Any], to: Any) -> None:
        """Hand over one by one: what can't be handed over stops none of the others."""
        done = 0
        for reference in queryset.values_list("reference", flat=True):
            try:
                process.assign_complaint(
                    reference=reference, by=request.user, to=to, at=request.at
                )
            except process.StepRefused as refusal:
                messages.error(request, f"{reference}: {refusal}")
            except NotAuthorised:
                messages.error(request, f"{reference}: your role may not work on it.")
            else:
                done += 1
        if done:
            messages.success(request, f"{done} handed over.")

    def get_urls(self) -> list[Any]:
        step = path(
            "<int:pk>/step/<slug:act>/",
            self.admin_site.admin_view(self.step_view),
            name="complaints_complaint_step",
        )
        file = path(
            "<int:pk>/file/<uuid:public_id>/",
            self.admin_site.admin_view(self.file_view),
            name="complaints_complaint_file",
        )
        pack = path(
            "<int:pk>/evidence/",
            self.admin_site.admin_view(self.evidence_view),
            name="complaints_complaint_evidence",
        )
        fetch = path(
            "<int:pk>/evidence/<uuid:public_id>/",
            self.admin_site.admin_view(self.fetch_view),
            name="complaints_complaint_fetch",
        )
        return [step, file, pack, fetch, *super().get_urls()]

    def evidence_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have an evidence pack made, by whoever may hand out records."""
        complaint = self.get_object(request, str(pk))
        if complaint is None:
            raise Http404
        form = EvidenceForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                ombudsman.ask_evidence(
                    reference=complaint.reference,
                    by=request.user,
                    at=request.at,
                    **form.cleaned_data,
                )
            except (process.StepRefused, NotAuthorised) as refusal:
                form.add_error(None, _words(refusal))
            else:
                messages.success(request, "It is being made. You get an email when it is ready.")
                return redirect("admin:complaints_complaint_change", pk)
        return self.step(
            request,
            form,
            title=f"Evidence pack: {complaint.reference}",
            action="Make the pack",
            about=f"{complaint.account}: {complaint.description[:300]}",
            intro="One ZIP file with the story, every letter, the calls of who complained, the "
            "contested bill, the clauses, the audit trail and what came with it, each with its "
            "hash. That it was made and fetched is on record.",
            back=reverse("admin:complaints_complaint_change", args=[pk]),
        )

    def fetch_view(self, request: HttpRequest, pk: int, public_id: UUID) -> HttpResponseBase:
        """The file of a pack that is ready."""
        complaint = self.get_object(request, str(pk))
        pack = complaint and complaint.evidence_packs.filter(public_id=public_id).first()
        if pack is None:
            raise Http404
        try:
            file = ombudsman.fetch_evidence(pack=pack, by=request.user, at=request.at)
        except (process.StepRefused, NotAuthorised) as refusal:
            messages.error(request, _words(refusal))
            return redirect("admin:complaints_complaint_change", pk)
        name = f"evidence-{complaint.reference}-{pack.asked_at:%Y-%m-%d}.zip"
        return FileResponse(file, as_attachment=True, filename=name)

    def file_view(self, request: HttpRequest, pk: int, public_id: UUID) -> HttpResponseBase:
        """A file of a complaint, for whoever may open the complaint."""
        complaint = self.get_object(request, str(pk))
        row = complaint and complaint.files.filter(public_id=public_id).first()
        if row is None:
            raise Http404
        return attachment_response(row)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        complaint = self.get_object(request, object_id)
        extra: dict[str, Any] = {"title": f"Complaint {complaint}", "subtitle": None}
        if complaint is not None:
            record = selectors.record_of(
                complaint.account,
                complaint.reference,
                local_day(complaint.account, request.at),
            )
            may_work = request.user.has_perm("complaints.change_complaint")
            now = Situation(complaint, request.user, request.at)
            extra |= {
                "record": record,
                "complaint": complaint,
                "history": Event.objects.filter(complaint=complaint)
                .select_related("by", "notice")
                .prefetch_related("files"),
                "acts": [(one, self._step_url(complaint, one)) for one in steps_now(now)]
                if may_work
                else [],
                "did_not_arrive": process_selectors.not_reached(
                    Complaint.objects.filter(pk=complaint.pk)
                ).exists(),
                "together": complaint.merged.filter(state=State.MERGED),
                "beside": selectors.known_to_staff(request.user, complaint.related.all()),
                "hours": hours_to_call(complaint, request.at),
                "packs": complaint.evidence_packs.select_related("asked_by")[:5],
                "may_pack": self._may_pack(request, complaint),
                "sees_safety": sees_private(request.user),
            }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def _may_pack(self, request: HttpRequest, complaint: Complaint) -> bool:
        try:
            ombudsman.require_may_have_evidence(complaint, request.user, request.at)
        except (process.StepRefused, NotAuthorised):
            return False
        return True

    def _step_url(self, complaint: Complaint, step: Step) -> str:
        return reverse("admin:complaints_complaint_step", args=[complaint.pk, step.slug])

    def step_view(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        """Ask for what the step needs, take it, and say so; what was typed stays if it fails."""
        if not request.user.has_perm("complaints.change_complaint"):
            raise PermissionDenied
        complaint = self.get_object(request, str(pk))
        if complaint is None or act not in STEPS:
            raise Http404
        step, now = STEPS[act], Situation(complaint, request.user, request.at)
        form = self._form(request, step, now)
        because: Any = ()
        if request.method == "POST" and (form is None or form.is_valid()):
            try:
                self._take_step(request, step, form, complaint)
            except (*REFUSALS, NotAuthorised) as refusal:
                because = getattr(refusal, "because", ())
                if form is None:
                    messages.error(request, _words(refusal))
                    return redirect("admin:complaints_complaint_change", pk)
                form.add_error(None, _words(refusal))
            else:
                messages.success(request, f"{complaint.reference}: {step.done}")
                return self._after(request, complaint)
        return self.step(
            request,
            form or "",
            title=f"{step.label}: {complaint.reference}",
            action=step.label,
            about=f"{complaint.account}: {complaint.description[:300]}",
            notes=how_to_reach(complaint, request.at),
            intro=step.intro,
            because=because,
            back=reverse("admin:complaints_complaint_change", args=[pk]),
        )

    def _form(self, request: HttpRequest, step: Step, now: Situation) -> Any:
        if step.form is None:
            return None
        known: dict[str, Any] = {"complaint": now.complaint, "user": now.user, "at": now.at}
        if step.form is HeardForm:
            found = {**meanings(now)}
            posted = request.POST.get("said", "")
            if posted and posted not in found:
                # The state moved on under an open form: the service says so, the words stay.
                found = {**_all_meanings(), **found}
            known |= {"meanings": found, "people": speakers(now.complaint, now.at)}
        return step.form(request.POST or None, request.FILES or None, **known)

    def _take_step(
        self, request: HttpRequest, step: Step, form: Any, complaint: Complaint
    ) -> None:
        call, facts = step.call, form.facts() if form else {}
        if call is None:
            call = form.meanings[form.cleaned_data["said"]][1]
        given = {"by": request.user, "at": request.at, **facts}
        call(reference=complaint.reference, **given)

    def _after(self, request: HttpRequest, complaint: Complaint) -> HttpResponse:
        """Go on to the complaint; to the customer's page where it is private from now on."""
        if self.get_queryset(request).filter(pk=complaint.pk).exists():
            return redirect("admin:complaints_complaint_change", complaint.pk)
        messages.warning(request, _who_goes_on(complaint))
        return redirect("admin:parties_account_change", complaint.account_id)

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Write down a complaint that reached staff."""
        zone = zone_of(account)
        form = TakeForm(
            request.POST or None,
            people=people_here(account, request.at),
            invoices=Invoice.objects.filter(account=account).order_by("-issue_date"),
            services=Service.objects.filter(contract__account=account).order_by("label"),
            zone=zone,
            initial={"received_at": request.at.astimezone(zone).replace(tzinfo=None)},
        )
        because: Any = ()
        if form.is_valid():
            try:
                complaint = lodging.lodge_for_customer(
                    account=account,
                    staff=request.user,
                    details=lodging.ComplaintDetails(**form.details()),
                    arrival=lodging.Arrival(**form.arrival()),
                    at=request.at,
                )
            except (lodging.LodgingRefused, AmountTooHigh) as refusal:
                form.add_error(None, str(refusal))
            except NotAuthorised as refusal:
                form.add_error(None, "This person may not complain about the account.")
                because = refusal.decision.because
            else:
                messages.success(
                    request,
                    f"Written down. The reference is {complaint.reference}: tell it to them.",
                )
                return self._after(request, complaint)
        return self.step(
            request,
            form,
            title=self.add_title,
            action="Write it down",
            about=account,
            because=because,
            intro="No proof is asked for, and a complaint costs nothing. One about somebody's "
            "safety goes to the privacy officers at once; nobody else finds it.",
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )


def _who_goes_on(complaint: Complaint) -> str:
    """To whom a private complaint went, for whoever wrote it down and sees it no more."""
    officers = [str(one) for one in officers_of(complaint)]
    who = f"{' or '.join(officers)}, privacy officer" if officers else NO_OFFICER
    return (
        "It is about somebody's safety, so from here on only privacy officers see it: you will "
        f"not find it again. Hand the call, or what else you know, to {who}."
    )


def _all_meanings() -> dict[str, tuple[str, Any]]:
    return {key: (label, call) for key, (label, call, _) in MEANINGS.items()}


def _words(refusal: Exception) -> str:
    if isinstance(refusal, NotAuthorised):
        return "Who said it may not decide this for the customer, or your role may not do it."
    if isinstance(refusal, IllegalStep):
        possible = ", ".join(one.replace("_", " ") for one in refusal.possible) or "nothing"
        state = str(refusal.state).replace("_", " ")
        return f"The complaint is {state} by now, so this can't be done. Possible: {possible}."
    return str(refusal)
