"""Pages on which staff take a step about people: check, change, record."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from contracts.locations.services import change_contact
from parties.accounts import selectors as accounts
from parties.accounts.models import Account
from parties.appointments import services as appointments
from parties.appointments.services import HolderChange, HolderChangeRefused
from parties.authority.models import HolderEvent
from parties.authority.states import HolderEventKind
from parties.desk import selectors as desk
from parties.security import services as security
from parties.security.models import ContactChange, IdentityCheck
from parties.security.services import IdentityNotProven
from parties.security.states import RISK_OF, Factor, HighRisk
from portal.composition.identity_forms import CodeForm
from terms.facts import Action

from .base import AddStepAdmin
from .forms import CallerForm, HolderForm, StaffContactForm


@admin.register(IdentityCheck)
class IdentityCheckAdmin(AddStepAdmin):
    """Who proved who they are, when, how and what for; adding one checks a caller."""

    provider_path = "account__customer__provider"
    list_display = ("person", "account", "purpose", "factor", "asked_at", "asked_by", "passed_at")
    list_filter = ("purpose", "factor", "account__customer__provider")
    search_fields = ("person__full_name", "account__number")
    list_select_related = ("person", "account__customer", "asked_by")
    exclude = ("code_hash",)
    add_title = "Check who is calling"
    action = Action.CHANGE_DETAILS

    def get_urls(self) -> list[Any]:
        code = self.admin_site.admin_view(self.code)
        return [
            path("<int:pk>/code/", code, name="parties_identitycheck_code"),
            *super().get_urls(),
        ]

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Send a code, or note the documents; who is calling and what about is filled in."""
        form = CallerForm(
            request.POST or None, account=account, initial=self._of_call(request, account)
        )
        if form.is_valid():
            given = form.cleaned_data | {"account": account, "at": request.at}
            evidence = given.pop("evidence")
            try:
                if given["factor"] == Factor.DOCUMENTS:
                    security.note_factor(**given, evidence=evidence, seen_by=request.user)
                    messages.success(request, "The documents are noted. It counts for 15 minutes.")
                    return self.done(request, account)
                check = security.send_code(**given, asked_by=request.user)
                return redirect("admin:parties_identitycheck_code", check.pk)
            except IdentityNotProven as refusal:
                form.add_error(None, str(refusal))
        return self.step(
            request,
            form,
            title=self.add_title,
            action="Continue",
            about=account,
            intro=accounts.access_needs(account.customer),
        )

    def _of_call(self, request: HttpRequest, account: Account) -> dict[str, Any]:
        """Who is calling, and the high-risk step that they ask for."""
        call = desk.open_call(request.user, request.at, account)
        if call is None or call.appointment is None:
            return {}
        risk = RISK_OF.get(Action(call.step), HighRisk.CHANGE_DETAILS)
        return {"person": call.appointment.user_id, "purpose": risk}

    def code(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Enter the code that the caller reads out."""
        check = self.get_object(request, str(pk))
        if check is None or check.asked_by_id != request.user.pk:
            raise Http404
        return self.for_caller(request, check.account, lambda: self._code(request, check))

    def _code(self, request: HttpRequest, check: IdentityCheck) -> HttpResponse:
        form = CodeForm(request.POST or None)
        if form.is_valid():
            try:
                security.enter_code(check=check, code=form.cleaned_data["code"], at=request.at)
                messages.success(request, f"{check.person} is who they say, for 15 minutes.")
                return self.done(request, check.account)
            except IdentityNotProven as refusal:
                form.add_error("code", str(refusal))
        return self.step(
            request,
            form,
            title="Enter the code",
            action="Check",
            about=check.person,
            intro=f"Sent to {check.sent_to or 'their phone'}. Ask the caller to read it out.",
        )


@admin.register(ContactChange)
class ContactChangeAdmin(AddStepAdmin):
    """Changes of contact details; adding one changes them for a customer who asks."""

    provider_path = "account__customer__provider"
    list_display = ("account", "changed_at", "by", "undo_until", "undone_at")
    list_filter = ("account__customer__provider",)
    search_fields = ("account__number", "account__customer__name")
    list_select_related = ("account__customer", "by")
    exclude = ("token_hash",)
    add_title = "Change contact details"
    action = asked_of = Action.CHANGE_DETAILS

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Change contact details, with the caller's identity checked, or a reason why not."""
        proof = self.proof(request, account, HighRisk.CHANGE_DETAILS)
        form = StaffContactForm(
            request.POST or None, initial=security.contact_details(account), checked=proof
        )
        if form.is_valid():
            given = form.cleaned_data
            change_contact(
                account=account,
                by=request.user,
                at=request.at,
                proof=proof,
                without=given.pop("without", ""),
                details=given,
            )
            messages.success(request, "Changed. The old address is told and can undo it.")
            return self.done(request, account)
        return self.step(request, form, title=self.add_title, action="Change them", about=account)


@admin.register(HolderEvent)
class HolderEventAdmin(AddStepAdmin):
    """What happened to account holders; adding one may change the holder.

    Anybody may report it, so nothing is asked of who is calling but the evidence.
    """

    provider_path = "account__customer__provider"
    list_display = ("account", "kind", "since", "old_holder", "new_holder_email", "recorded_by")
    list_filter = ("kind", "account__customer__provider")
    search_fields = ("account__number", "account__customer__name")
    list_select_related = ("account__customer", "old_holder", "recorded_by")
    change_form_template = "admin/parties/holderevent/change_form.html"
    add_title = "Record what happened to the account holder"
    action = Action.ADD_REPRESENTATIVE

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Record what happened, with its evidence; end the old standing, invite the new holder."""
        proof = self.proof(request, account, HighRisk.TRANSFER)
        form = HolderForm(request.POST or None, checked=proof)
        because: list[dict[str, Any]] = []
        if form.is_valid():
            given = form.cleaned_data
            checked = proof or f"none: {given.pop('without')}"
            kind = HolderEventKind(given.pop("kind"))
            try:
                appointments.record_holder_event(
                    account=account,
                    happened=HolderChange(kind=kind, **given),
                    by=request.user,
                    at=request.at,
                    checked=checked,
                )
                messages.success(request, "Recorded. Standings and invitation follow from it.")
                return self.done(request, account)
            except HolderChangeRefused as refusal:
                form.add_error(None, str(refusal))
                because = refusal.because
        return self.step(
            request,
            form,
            title=self.add_title,
            action="Record it",
            about=account,
            because=because,
        )
