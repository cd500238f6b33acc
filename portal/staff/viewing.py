"""Staff at work on a record: why they open it, what the customer sees."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from parties.accounts.models import Account
from parties.accounts.selectors import account_by_public_id
from portal.staff import openings
from portal.web import guards


class ReasonForm(forms.Form):
    """Why somebody opens a record or sees the portal as its customer; the customer can read it."""

    reason = forms.CharField(
        label="Reason",
        min_length=5,
        max_length=200,
        help_text="In a few words. The customer can read it, and the auditor does.",
        widget=forms.TextInput(attrs={"size": 60, "autofocus": True}),
    )


def ask_reason(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Ask why a record is opened that no work of the person's leads to; it holds half an hour."""
    account = _their_account(request, public_id)
    form = ReasonForm(request.POST or None)
    target = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = reverse("admin:parties_account_change", args=[account.pk])
    if request.method == "POST" and form.is_valid():
        openings.note_reason(request, account, form.cleaned_data["reason"])
        return redirect(target)
    context = {
        "title": "Why do you open this record?",
        "explanation": "No work in your queue leads to this account.",
        "button": "Open the record",
        "next": target,
    }
    return _reason_page(request, account, form, context)


def view_as_customer(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show the portal as the customer sees it: with a reason, reading only, for 15 minutes."""
    account = _their_account(request, public_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        openings.start_viewing(request, account, form.cleaned_data["reason"])
        return redirect("home")
    context = {
        "title": "View as customer",
        "explanation": "You read what the customer reads and change nothing. "
        "It ends after 15 minutes. Each page that you open stands in the customer's history.",
        "button": "View as customer",
    }
    return _reason_page(request, account, form, context)


@require_POST
def stop_viewing(request: HttpRequest) -> HttpResponse:
    """Go back to the staff side."""
    seen = guards.viewing(request)
    openings.stop_viewing(request)
    messages.success(request, "You no longer see the portal as a customer.")
    if seen is None:
        return redirect("admin:index")
    return redirect("admin:parties_account_change", seen.acting.account.pk)


def _their_account(request: HttpRequest, public_id: Any) -> Account:
    account = account_by_public_id(public_id)
    mine = request.user.provider_id
    if account is None or (mine and mine != account.customer.provider_id):
        raise Http404
    return account


def _reason_page(
    request: HttpRequest, account: Account, form: ReasonForm, context: dict[str, Any]
) -> HttpResponse:
    # Before the reason is given, the number is all that is shown of the customer.
    return TemplateResponse(
        request,
        "admin/reason.html",
        {**admin.site.each_context(request), "number": account.number, "form": form, **context},
    )
