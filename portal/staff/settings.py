"""What a provider sets for all its customers and staff; who changed it, when and why."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from parties.accounts.models import Provider
from parties.accounts.models.customers import LATE_PAYMENT
from parties.authority.selectors import without_who_sees
from parties.people.models import SettingChange
from parties.people.selectors import GROUPS, SETTINGS, Setting, colleagues_who_set, may_set
from parties.people.services import SettingRefused, change_settings, decide_settings
from parties.people.states import SettingState, StaffData
from portal.web.fields import DollarsField
from terms.lifecycle import IllegalStep

from .base import StepAdmin
from .giving import DecisionForm

NEITHER = ("", "What the terms say")


class SettingsForm(forms.Form):
    """The settings of one group, and why they change."""

    reason = forms.CharField(
        label="Why",
        min_length=5,
        max_length=300,
        help_text="Kept with the change, for whoever decides about it and for auditors.",
    )

    def __init__(self, *args: Any, provider: Provider, names: list[str], **kwargs: Any) -> None:
        initial = {name: getattr(provider, name) for name in names}
        super().__init__(*args, initial=initial, **kwargs)
        for name in names:
            self.fields[name] = _field(name, SETTINGS[name])
        self.order_fields([*names, "reason"])


def _field(name: str, setting: Setting) -> Any:
    column: Any = Provider._meta.get_field(name)
    help_text = str(getattr(column, "help_text", ""))
    label = f"{setting.label} ({setting.unit})" if setting.unit else setting.label
    common = {"label": label, "required": not setting.optional, "help_text": help_text}
    if name == "late_payment_elected":
        choices = [NEITHER, *LATE_PAYMENT]
        return forms.ChoiceField(**{**common, "required": False}, choices=choices)
    if setting.unit == "dollars":
        return DollarsField(nil=True, **common)
    if setting.kind is Decimal:
        return forms.DecimalField(**common, max_digits=5, decimal_places=2)
    if setting.kind is int:
        return forms.IntegerField(**common, min_value=setting.lowest, max_value=setting.highest)
    return column.formfield(**common)


def _names(group: str) -> list[str]:
    return [name for name, one in SETTINGS.items() if one.group == group]


class OfficerFilter(admin.SimpleListFilter):
    title = "privacy officer"
    parameter_name = "officer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("none", "Nobody: what is private there is seen by nobody")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "none":
            return queryset
        return queryset.filter(pk__in=without_who_sees(StaffData.PRIVATE))


@admin.register(Provider)
class ProviderAdmin(StepAdmin):
    """Providers, with what each has set; the rest of what binds is in its terms."""

    provider_path = "pk"
    list_display = ("name", "key", "complaints_email")
    list_filter = (OfficerFilter,)
    fieldsets = (
        (None, {"fields": ("name", "key", "invoice_prefix")}),
        *((group, {"fields": tuple(_names(group))}) for group in GROUPS),
    )
    change_form_template = "admin/billing/steps_change_form.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [name for _, part in self.fieldsets for name in part["fields"]]

    def get_urls(self) -> list[Any]:
        change = self.admin_site.admin_view(self.change)
        return [
            path("<int:pk>/set/<int:group>/", change, name="parties_provider_set_step"),
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
            history = reverse("admin:parties_settingchange_changelist")
            steps = [("Who changed what", f"{history}?provider__id__exact={row.pk}")]
            if may_set(request.user, row):
                step = "admin:parties_provider_set_step"
                changes = [
                    (f"Change: {group}", reverse(step, args=[row.pk, at]))
                    for at, group in enumerate(GROUPS)
                ]
                steps = [*changes, *steps]
            extra["steps"] = steps
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def change(self, request: HttpRequest, pk: int, group: int) -> HttpResponse:
        """Change the settings of one group, at once or once a second person agrees."""
        row = self.get_object(request, str(pk))
        if row is None or group >= len(GROUPS):
            raise Http404
        if not may_set(request.user, row):
            raise PermissionDenied
        names = _names(GROUPS[group])
        form = SettingsForm(request.POST or None, provider=row, names=names)
        if form.is_valid():
            try:
                made = change_settings(
                    provider=row,
                    wanted={name: form.cleaned_data[name] for name in names},
                    reason=form.cleaned_data["reason"],
                    by=request.user,
                    at=request.at,
                )
            except SettingRefused as refusal:
                form.add_error(refusal.name, str(refusal))
            else:
                messages.success(request, _said(made))
                return redirect("admin:parties_settingchange_change", made.pk)
        by_two = [SETTINGS[name].label for name in names if SETTINGS[name].by_two]
        alone = not colleagues_who_set(row, request.user).exists()
        notes = ""
        if by_two and alone:
            notes = (
                "You are the only administrator here: nobody else has to agree, "
                "and the record says so."
            )
        elif by_two:
            notes = f"Another administrator has to agree to: {'; '.join(by_two)}."
        return self.step(
            request,
            form,
            title=f"Change: {GROUPS[group]}",
            action="Change it",
            about=row,
            notes=notes,
            intro="What differs from now is changed for all customers of this provider.",
            back=reverse("admin:parties_provider_change", args=[row.pk]),
        )


def _said(made: SettingChange) -> str:
    if made.state == SettingState.ASKED:
        return "It waits for another administrator, on their worklist."
    return "Changed. It holds from now on."


@admin.register(SettingChange)
class SettingChangeAdmin(StepAdmin):
    """Every change of a setting; those that wait are decided by somebody else."""

    provider_path = "provider"
    list_display = ("asked_at", "provider", "about", "state", "asked_by", "decided_by")
    list_filter = ("state", "provider")
    search_fields = ("about", "reason")
    list_select_related = ("provider", "asked_by", "decided_by")
    date_hierarchy = "asked_at"
    fields = (
        "provider",
        "changes",
        "reason",
        "state",
        "asked_by",
        "asked_at",
        "decided_by",
        "decided_at",
    )
    readonly_fields = ("changes",)
    change_form_template = "admin/billing/steps_change_form.html"

    @admin.display(description="from → to")
    def changes(self, row: SettingChange) -> SafeString:
        return format_html_join("", "<div>{}: {} → {}</div>", _in_words(row))

    def get_urls(self) -> list[Any]:
        decide = self.admin_site.admin_view(self.decide)
        return [
            path("<int:pk>/decide/", decide, name="parties_settingchange_decide"),
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
        waits = row is not None and row.state == SettingState.ASKED
        if waits and may_set(request.user, row.provider):
            address = reverse("admin:parties_settingchange_decide", args=[row.pk])
            extra["steps"] = [("Decide", address)]
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Approve or refuse what another asked for; whoever asked may only take it back."""
        row = self.get_object(request, str(pk))
        if row is None or row.state != SettingState.ASKED:
            raise Http404
        if not may_set(request.user, row.provider):
            raise PermissionDenied
        form = DecisionForm(request.POST or None)
        if form.is_valid():
            try:
                done = decide_settings(
                    change=row,
                    approve=form.cleaned_data["approve"],
                    by=request.user,
                    at=request.at,
                )
            except (SettingRefused, IllegalStep) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{done.get_state_display()}.")
                return redirect(f"{self.list_address}?state__exact={SettingState.ASKED}")
        return self.step(
            request,
            form,
            title="Decide",
            action="Decide",
            about=row,
            notes=f"{row.asked_by} asked for it: {row.reason}",
            intro="; ".join(f"{label}: {old} → {new}" for label, old, new in _in_words(row)) + ".",
        )


def _in_words(row: SettingChange) -> list[tuple[str, str, str]]:
    """Each setting that changed: what it is called, from what, to what."""
    return [
        (
            SETTINGS[name].label if name in SETTINGS else name.replace("_", " "),
            _value(row.before.get(name)),
            _value(value),
        )
        for name, value in row.after.items()
    ]


def _value(value: Any) -> str:
    return "nothing" if value in (None, "") else str(value)
