"""Many complaints at once: what would happen to each is shown first, then it is done."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from complaints.process import services as process
from complaints.tickets.models import Complaint
from parties.people.models import User

from .base import AddStepAdmin
from .seen_form import SeenForm

# So many at once; more are chosen on the next page of the list.
MOST = 100


class ManyForm(SeenForm):
    """Which complaints, and what was shown of them."""

    ids = forms.CharField(widget=forms.HiddenInput)


class HandOverForm(ManyForm):
    """To whom they are handed."""

    to = forms.ModelChoiceField(
        label="To", queryset=User.objects.none(), required=False, empty_label="Nobody: the desk"
    )

    def __init__(self, *args: Any, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = colleagues


class BulkComplaints(AddStepAdmin):
    """The two steps that can be taken with many complaints."""

    def get_urls(self) -> list[Any]:
        pages = [
            path(
                f"{name}-many/",
                self.admin_site.admin_view(view),
                name=f"complaints_complaint_{name}_many",
            )
            for name, view in (
                ("hand_over", self.hand_over_view),
                ("confirm", self.acknowledge_view),
            )
        ]
        return [*pages, *super().get_urls()]

    @admin.action(description="Hand over the chosen complaints…")
    def hand_over_many(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self._ask(queryset, "hand_over")

    @admin.action(description="Acknowledge the chosen complaints…")
    def acknowledge_many(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self._ask(queryset, "confirm")

    def _ask(self, queryset: QuerySet[Any], name: str) -> HttpResponse:
        ids = ",".join(str(pk) for pk in queryset.values_list("pk", flat=True)[:MOST])
        return redirect(f"{reverse(f'admin:complaints_complaint_{name}_many')}?ids={ids}")

    def _chosen(self, request: HttpRequest) -> list[Complaint]:
        """The complaints that the address or form names, of those that this person may see."""
        if not request.user.has_perm("complaints.change_complaint"):
            raise PermissionDenied
        asked = request.POST.get("ids", request.GET.get("ids", "")).split(",")
        chosen = [int(one) for one in asked if one.isdecimal() and len(one) < 12]
        rows = self.get_queryset(request).filter(pk__in=chosen[:MOST])
        return list(
            rows.select_related(
                "account__customer__provider", "assigned_to", "lodged_by", "acknowledgement"
            ).order_by("pk")
        )

    def hand_over_view(self, request: HttpRequest) -> HttpResponse:
        """Hand many over: to whom is asked, what happens is shown, then it is done."""
        rows = self._chosen(request)
        here = User.objects.filter(is_staff=True, is_active=True)
        if request.user.provider_id:
            here = here.filter(Q(provider=request.user.provider_id) | Q(provider__isnull=True))
        form = HandOverForm(
            request.POST or None,
            colleagues=here.order_by("full_name"),
            initial={"ids": request.GET.get("ids", "")},
        )
        how: dict[str, Any] = {"by": request.user, "at": request.at}

        def to() -> dict[str, Any]:
            return {"to": form.cleaned_data["to"], **how}

        return self._many(
            request,
            form,
            rows,
            "Hand complaints over",
            "Hand them over",
            lambda: process.plan_assign(rows, **to()),
            lambda: process.assign_many(rows, **to()),
        )

    def acknowledge_view(self, request: HttpRequest) -> HttpResponse:
        """Acknowledge many, each its own way; those that can't be are named with why."""
        rows = self._chosen(request)
        form = ManyForm(request.POST or None, initial={"ids": request.GET.get("ids", "")})
        how: dict[str, Any] = {"by": request.user, "at": request.at}
        return self._many(
            request,
            form,
            rows,
            "Acknowledge complaints",
            "Send what can go",
            lambda: process.plan_acknowledge(rows, **how),
            lambda: process.acknowledge_many(rows, **how),
        )

    def _many(
        self,
        request: HttpRequest,
        form: ManyForm,
        rows: list[Complaint],
        title: str,
        action: str,
        plan: Any,
        do: Any,
    ) -> HttpResponse:
        if not rows:
            messages.error(request, "Choose complaints from the list first.")
            return self.list_page()
        planned: list[process.Planned] = []
        if form.is_valid():
            if form.is_previewed():
                return self._say(request, do())
            planned = plan()
            form.show()
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "planned": planned,
            "ready": any(one.can for one in planned),
            "action": action,
            "opts": self.opts,
            "back": self.list_address,
        }
        return TemplateResponse(request, "staff/complaints/bulk.html", context)

    def _say(self, request: HttpRequest, done: list[process.Planned]) -> HttpResponse:
        for one in done:
            if not one.can:
                messages.error(request, f"{one.reference}: {one.words}")
        if count := sum(one.can for one in done):
            messages.success(request, f"{count} done.")
        return self.list_page()
