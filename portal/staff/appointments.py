"""The steps that staff take about an appointment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import path, reverse

from parties.accounts import selectors as accounts
from parties.appointments import services as appointments
from parties.appointments.services import CheckRefused, KnowledgeRefused, StatementRefused
from parties.authority import selectors as authority
from parties.authority.models import Appointment
from parties.authority.selectors import staff_may
from parties.authority.states import ONLY_WITH_CUSTOMER
from parties.desk import selectors as desk
from terms.facts import Action, Role

from .base import StepAdmin
from .forms import EndAppointmentForm, StatementForm, VerifyForm, WhyForm


class CheckFilter(admin.SimpleListFilter):
    title = "identity check"
    parameter_name = "check"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waits", "Waits for a check")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return authority.to_check(queryset) if self.value() == "waits" else queryset


@admin.register(Appointment)
class AppointmentAdmin(StepAdmin):
    """Who stands where; its page leads to each step that is possible now."""

    provider_path = "account__customer__provider"
    list_display = (
        "person",
        "role",
        "account",
        "starts_on",
        "ends_on",
        "needs_check",
        "verified_at",
        "revoked_at",
    )
    list_filter = (
        CheckFilter,
        "role",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("named", "user__full_name", "user__email", "account__number")
    list_select_related = ("user", "account__customer")
    change_form_template = "admin/parties/appointment/change_form.html"

    def get_urls(self) -> list[Any]:
        def page(part: str, view: Any) -> Any:
            wrapped = self.admin_site.admin_view(view)
            return path(f"<int:pk>/{part}/", wrapped, name=f"parties_appointment_{part}")

        return [
            page("verify", self.verify),
            page("end", self.end),
            page("knowledge", self.knowledge),
            page("statement", self.statement),
            path(
                "<int:pk>/form/",
                self.admin_site.admin_view(self.file),
                name="parties_appointment_file",
            ),
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
        extra: dict[str, Any] = {}
        if row is not None:
            extra = {
                "signature": authority.signature_of(row),
                "needs": accounts.access_needs(row.account.customer),
                "steps": [
                    (words, reverse(f"admin:parties_appointment_{part}", args=[row.pk]))
                    for part, words, action in _steps_of(row)
                    if staff_may(request.user, action).allowed
                ],
            }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def verify(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note how the person's identity was checked."""
        row = self._in_force(request, pk, Action.CHANGE_DETAILS)
        title = "Note the identity check"

        def take(form: Any) -> str:
            appointments.verify(
                appointment=row, by=request.user, at=request.at, **form.cleaned_data
            )
            return f"{row.person}: the check is noted, both sides are told."

        form = VerifyForm(request.POST or None)
        return self._take(
            request,
            row,
            form,
            take,
            title=title,
            action=title,
            intro=accounts.access_needs(row.account.customer),
        )

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it for the customer who asks by phone, or for the person themselves."""
        row = self._in_force(request, pk, Action.REMOVE_REPRESENTATIVE)
        if row.role == Role.HOLDER:
            raise Http404
        proof = self.proof(request, row.account)

        def take(form: Any) -> str:
            given = form.cleaned_data
            appointments.revoke(
                appointment=row,
                by=request.user,
                at=request.at,
                why=given["why"],
                proof=proof,
                without=given.get("without", ""),
            )
            return f"{row.person} no longer acts here. Both sides are told."

        call = desk.open_call(request.user, request.at, row.account)
        lays_down = call is not None and call.appointment_id == row.pk
        return self._take(
            request,
            row,
            EndAppointmentForm(request.POST or None, checked=proof),
            take,
            title="End the appointment",
            action="End it now",
            asked_of=None if lays_down else Action.REMOVE_REPRESENTATIVE,
        )

    def knowledge(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that an employee has no authority after all, or take that back (CV-PTY-02)."""
        row = self._in_force(request, pk, Action.REMOVE_REPRESENTATIVE)
        if not row.employee:
            raise Http404
        known = not row.provider_knows_otherwise
        title = "We know that they have no authority" if known else "Rely on their word again"

        def take(form: Any) -> str:
            appointments.note_knowledge(
                appointment=row, by=request.user, known=known, at=request.at, **form.cleaned_data
            )
            return "Noted. The account holder is told."

        form = WhyForm(request.POST or None)
        return self._take(request, row, form, take, title=title, action="Note it")

    def statement(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note the customer's letter that an advocate does nothing without them."""
        row = self._in_force(request, pk, Action.CHANGE_DETAILS)
        if row.role != Role.ADVOCATE:
            raise Http404

        def take(form: Any) -> str:
            appointments.note_statement(
                appointment=row, by=request.user, at=request.at, **form.cleaned_data
            )
            return f"Noted. {row.person} does nothing here without the customer."

        return self._take(
            request,
            row,
            StatementForm(request.POST or None),
            take,
            title="Only with the customer there",
            action="Note it",
        )

    def _in_force(self, request: HttpRequest, pk: int, action: Action) -> Appointment:
        """The appointment that a step is about; one that has ended takes no more steps."""
        if not staff_may(request.user, action).allowed:
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or row.revoked_at:
            raise Http404
        return row

    def _take(
        self,
        request: HttpRequest,
        row: Appointment,
        form: Any,
        take: Callable[[Any], str],
        *,
        asked_of: Action | None = None,
        **page: Any,
    ) -> HttpResponse:
        """Show a step's form; take the step once it is filled in, in the caller's name if any."""

        def step() -> HttpResponse:
            if form.is_valid():
                try:
                    messages.success(request, take(form))
                    return self.done(request, row.account)
                except (CheckRefused, KnowledgeRefused, StatementRefused) as refusal:
                    form.add_error(None, str(refusal))
            back = reverse("admin:parties_appointment_change", args=[row.pk])
            return self.step(request, form, about=row, back=back, **page)

        return self.for_caller(request, row.account, step, asked_of=asked_of)

    def file(self, request: HttpRequest, pk: int) -> FileResponse:
        """The signed form as it was uploaded."""
        row = self.get_object(request, str(pk))
        signature = authority.signature_of(row) if row else None
        if signature is None or not signature.file:
            raise Http404
        return FileResponse(
            signature.file.open("rb"), as_attachment=True, content_type=signature.media_type
        )


def _steps_of(row: Appointment) -> Iterator[tuple[str, str, Action]]:
    """The steps that an appointment can take now: address, words, what staff need for it."""
    if row.revoked_at:
        return
    if row.verified_at is None:
        yield "verify", "Note the identity check", Action.CHANGE_DETAILS
    if row.role == Role.ADVOCATE and ONLY_WITH_CUSTOMER not in row.limits:
        yield "statement", "Only with the customer there", Action.CHANGE_DETAILS
    if row.employee:
        words = "Rely on their word again" if row.provider_knows_otherwise else "No authority"
        yield "knowledge", words, Action.REMOVE_REPRESENTATIVE
    if row.role != Role.HOLDER:
        yield "end", "End the appointment", Action.REMOVE_REPRESENTATIVE
