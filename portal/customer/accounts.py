"""Choosing an account, claiming one, the people on it, and what lists have in common."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.generic import TemplateView

from parties.authority import selectors as authority
from parties.people.states import SESSION_KEY
from portal.web.guards import current, shown_name


class ChooseAccount(LoginRequiredMixin, TemplateView):
    """Pick the account to work on; the choice holds until another is made."""

    template_name = "parties/choose_account.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_staff:
            return redirect("admin:index")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            choices=[
                (row, shown_name(self.request, row)) for row in current(self.request).choices
            ],
            ended=authority.ended_standings(self.request.user, self.request.at),
            next=self.request.GET.get("next", ""),
            **kwargs,
        )


class SwitchAccount(LoginRequiredMixin, View):
    """Make one of the person's own accounts the current one."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = request.POST.get("account", "")
        row = next(
            (row for row in current(request).choices if str(row.account.public_id) == wanted), None
        )
        if row is None:
            messages.error(request, "That account is not yours to choose.")
            return redirect("choose_account")
        request.session[SESSION_KEY] = wanted
        name = shown_name(request, row)
        messages.success(request, f"You now see account {row.account.number}, {name}.")
        target = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
            return redirect(target)
        return redirect("home")
