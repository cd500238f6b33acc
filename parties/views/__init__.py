"""Choosing an account, claiming one, the people on it, and what lists have in common."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.generic import FormView, ListView, TemplateView

from parties import selectors, services
from parties.access import SESSION_KEY, AccountPage, Action, current, shown_name
from parties.forms import AcceptForm, ClaimForm
from parties.services.invitations import InvitationRefused, find_invitation

NUMBER = re.compile(r"-?\d+(\.\d+)?")
# What spreadsheets begin a formula with, full-width signs too.
FORMULA = "=+-@|%\uff1d\uff0b\uff0d\uff20"


class ListPage(AccountPage, ListView):  # type: ignore[type-arg]
    """A list of the account's things: search, sort, pages of 20, CSV.

    `search_in` are fields that a search looks in, `sorts` the orders offered by key (a key that
    no sort knows is ignored), `csv_columns` headings with the attribute behind each.
    """

    paginate_by = 20
    search_in: tuple[str, ...] = ()
    sorts: dict[str, str] = {}
    csv_columns: dict[str, str] = {}
    csv_name = "list"

    @property
    def searched(self) -> tuple[str, ...]:
        """The fields that this reader may search in."""
        return self.search_in

    def rows(self) -> QuerySet[Any]:
        """The account's rows, before search and order."""
        raise LookupError(f"{type(self).__name__} names no rows")

    def get_queryset(self) -> QuerySet[Any]:
        found = self.rows()
        asked = self.request.GET.get("q", "").strip()
        if asked:
            where = Q()
            for name in self.searched:
                where |= Q(**{f"{name}__icontains": asked})
            found = found.filter(where)
        order = self.request.GET.get("sort", "")
        field = self.sorts.get(order.lstrip("-"))
        if field:
            found = found.order_by(f"-{field}" if order.startswith("-") else field)
        return found

    def get_paginate_by(self, queryset: Any) -> int:
        return self.paginate_by

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get("format") == "csv" and self.csv_columns:
            return self._csv()
        return super().get(request, *args, **kwargs)

    def csv_rows(self) -> Iterable[Any]:
        """What the file holds, one object a row, for `csv_columns` to read."""
        return self.get_queryset().iterator(500)

    def _csv(self) -> StreamingHttpResponse:
        writer = csv.writer(_Echo())
        lines = (
            writer.writerow([csv_cell(getattr(row, name)) for name in self.csv_columns.values()])
            for row in self.csv_rows()
        )
        head = writer.writerow(list(self.csv_columns))
        return StreamingHttpResponse(
            (line for part in ([head], lines) for line in part),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{self.csv_name}.csv"'},
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(q=self.request.GET.get("q", ""), **kwargs)


class _Echo:
    """A file that hands each line on instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    text = "" if value is None else str(value)
    if not isinstance(value, str) or NUMBER.fullmatch(text):
        return text
    begins = text.lstrip()[:1]
    is_formula = (bool(begins) and begins in FORMULA) or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if is_formula else text


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
            ended=selectors.ended_standings(self.request.user, self.request.at),
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


class ClaimAccount(FormView):  # type: ignore[type-arg]
    """Claim an account, or take up an appointment on it, from the emailed invitation."""

    template_name = "parties/claim.html"
    form_class = ClaimForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            self.invitation = find_invitation(kwargs["token"], at=request.at)
        except InvitationRefused as refusal:
            context = {"refusal": str(refusal)}
            return render(request, "parties/claim_refused.html", context, status=410)
        return super().dispatch(request, *args, **kwargs)

    def get_form_class(self) -> type[ClaimForm | AcceptForm]:
        return AcceptForm if self.invitation.appointment_id else ClaimForm

    def get_form_kwargs(self) -> dict[str, Any]:
        has_log_in = services.has_log_in(self.invitation)
        return super().get_form_kwargs() | {"has_log_in": has_log_in}

    def get_initial(self) -> dict[str, Any]:
        row = self.invitation.appointment
        return {"full_name": row.person} if row else {}

    def form_valid(self, form: ClaimForm | AcceptForm) -> HttpResponse:
        take = services.claim_account if form.claims else services.accept_appointment
        try:
            user = take(token=self.kwargs["token"], at=self.request.at, **form.cleaned_data)
        except InvitationRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        if is_mfa_enabled(user):
            messages.success(self.request, f"{form.done} Log in with both factors.")
            return redirect("account_login")
        login(self.request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
        messages.success(self.request, form.done)
        return redirect("home")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(invitation=self.invitation, **kwargs)


class DeclineAppointment(View):
    """Decline an appointment from the emailed invitation."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            services.decline_appointment(token=token, at=request.at)
        except InvitationRefused as refusal:
            context = {"refusal": str(refusal)}
            return render(request, "parties/claim_refused.html", context, status=410)
        return render(request, "parties/declined.html")


class People(AccountPage, TemplateView):
    """Who stands where on the account."""

    action = Action.VIEW_PERSONAL_DETAILS
    template_name = "parties/people.html"
    section = "people"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            people=selectors.people_cards(self.account, self.today, self.request.at),
            standing=selectors.account_standing(self.account, self.today),
            may_appoint=self.allows(Action.ADD_REPRESENTATIVE),
            sees_history=self.allows(Action.VIEW_BILLS),
            **kwargs,
        )


class Profile(AccountPage, TemplateView):
    """The customer's own details, and how they are protected."""

    action = Action.VIEW_PERSONAL_DETAILS
    template_name = "parties/profile.html"
    section = "profile"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            account=self.account,
            customer=self.account.customer,
            standing=selectors.account_standing(self.account, self.today),
            may_change=self.allows(Action.CHANGE_DETAILS),
            **kwargs,
        )


class Looked(ListPage):
    """Who has looked at or changed the account: bills and amounts among it."""

    action = Action.VIEW_PERSONAL_DETAILS
    also = (Action.VIEW_BILLS,)
    template_name = "parties/looked.html"
    section = "people"
    search_in = ("actor_name", "for_whom", "action", "subject", "reason")
    sorts = {"when": "at", "who": "actor_name"}
    csv_name = "account-history"
    csv_columns = {
        "When": "when",
        "Who": "who",
        "As": "role",
        "What": "what",
        "About": "about",
        "Changed": "changed",
        "Reason": "reason",
        "For": "for_whom",
    }

    def rows(self) -> QuerySet[Any]:
        return selectors.history(self.account, self.request.GET.get("only", ""))

    def csv_rows(self) -> Iterable[Any]:
        return map(selectors.deed, super().csv_rows())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["only"] = self.request.GET.get("only", "")
        context["keep"] = {"only": context["only"]}
        context["kinds"] = selectors.KINDS_OF_DEED
        context["deeds"] = [selectors.deed(entry) for entry in context["page_obj"]]
        return context
