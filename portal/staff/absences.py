"""Who is away and who stands in: noted by themselves, or by a manager for somebody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from complaints.tickets.selectors import known_to_staff
from complaints.tickets.states import OVER
from parties.authority.selectors import staff_may, staff_roles
from parties.people.models import Absence, User
from parties.people.services import AbsenceRefused, end_absence, note_absence
from parties.people.states import StaffRole
from portal.web.fields import DayField
from terms.facts import Action

from .base import StepAdmin

MANAGERS = {StaffRole.TEAM_MANAGER, StaffRole.ADMINISTRATOR}


class AbsenceForm(forms.Form):
    """Who is away, when, and who stands in."""

    user = forms.ModelChoiceField(label="Who is away", queryset=User.objects.none())
    starts_on = DayField(label="First day away")
    ends_on = DayField(label="Last day away")
    substitute = forms.ModelChoiceField(
        label="Who stands in",
        queryset=User.objects.none(),
        help_text="They have your complaints among theirs on these days, and get the reminders.",
    )

    def __init__(self, *args: Any, who: QuerySet[User], colleagues: QuerySet[User], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = who
        self.fields["substitute"].queryset = colleagues


@admin.register(Absence)
class AbsenceAdmin(StepAdmin):
    """Absences of colleagues, the newest first."""

    list_display = ("user", "substitute", "starts_on", "ends_on", "standing")
    list_filter = (("cancelled_at", admin.EmptyFieldListFilter),)
    search_fields = ("user__full_name", "substitute__full_name")
    list_select_related = ("user", "substitute")
    date_hierarchy = "starts_on"
    fields = ("user", "substitute", "starts_on", "ends_on", "noted_by", "noted_at", "standing")
    readonly_fields = ("standing",)
    change_form_template = "admin/billing/steps_change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        mine = request.user.provider_id
        if not mine:
            return rows
        return rows.filter(Q(user__provider=mine) | Q(user=request.user))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return staff_may(request.user, Action.DISCUSS_ISSUE).allowed

    def has_add_permission(self, request: HttpRequest) -> bool:
        roles = set(staff_roles(request.user))
        return bool(roles & (MANAGERS | {StaffRole.FRONT_LINE, StaffRole.PRIVACY}))

    @admin.display(description="now")
    def standing(self, row: Absence) -> str:
        if row.cancelled_at is not None:
            return "Back early, or did not go"
        if row.over_at is not None:
            return "Over"
        return "Away: reminders go to who stands in" if row.begun_at else "Still to come"

    def get_urls(self) -> list[Any]:
        back = self.admin_site.admin_view(self.back_view)
        return [path("<int:pk>/back/", back, name="parties_absence_back"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        steps = []
        if row is not None and self._may_change(request, row):
            steps = [("Back early", reverse("admin:parties_absence_back", args=[row.pk]))]
        extra = {"steps": steps, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra)

    def _may_change(self, request: HttpRequest, row: Absence) -> bool:
        is_open = row.cancelled_at is None and row.over_at is None
        theirs = request.user in (row.user, row.noted_by) or self._is_manager(request)
        return is_open and theirs

    def _is_manager(self, request: HttpRequest) -> bool:
        return bool(MANAGERS & set(staff_roles(request.user)))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Note an absence; what goes to whom is said first."""
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        here = User.objects.filter(is_staff=True, is_active=True)
        if request.user.provider_id:
            here = here.filter(Q(provider=request.user.provider_id) | Q(provider__isnull=True))
        theirs = here.filter(provider=request.user.provider_id)
        who = theirs if self._is_manager(request) else here.filter(pk=request.user.pk)
        form = AbsenceForm(
            request.POST or None,
            who=who.order_by("full_name"),
            colleagues=here.order_by("full_name"),
            initial={"user": request.user.pk},
        )
        if form.is_valid():
            try:
                made = note_absence(**form.cleaned_data, by=request.user, at=request.at)
            except AbsenceRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                known = known_to_staff(request.user)
                count = known.filter(assigned_to=made.user).exclude(state__in=OVER)
                messages.success(
                    request,
                    f"Noted. {made.substitute} stands in for {made.user}, who has "
                    f"{count.count()} open complaints in hand now.",
                )
                return self.list_page()
        return self.step(
            request,
            form,
            title="Somebody is away",
            action="Note it",
            intro="On these days who stands in finds the complaints among their own and gets the "
            "reminders; nothing changes hands for good. Their own absence would go on to whoever "
            "stands in for them.",
        )

    def back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that somebody is back early, or does not go."""
        row = self.get_object(request, str(pk))
        if row is None or not self._may_change(request, row):
            raise Http404
        form = forms.Form(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            end_absence(absence=row, at=request.at)
            messages.success(request, "Noted. Reminders come back within a quarter of an hour.")
            return redirect("admin:parties_absence_change", row.pk)
        return self.step(
            request,
            form,
            title=f"{row.user} is back",
            action="Note it",
            about=row,
            back=reverse("admin:parties_absence_change", args=[row.pk]),
        )
