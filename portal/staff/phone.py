"""An advocate calls with the customer on the line: staff note what is asked and who agreed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from contracts.supply.services import PlanChangeRefused
from parties.appointments import services as appointments
from parties.appointments.services import PresenceRefused
from parties.authority import selectors as authority
from parties.authority.models import Presence
from parties.authority.selectors import NotAuthorised, local_day, may, staff_may
from parties.authority.states import PresenceState
from parties.desk import selectors as desk
from parties.desk import services as desk_services
from parties.desk.models import Call
from parties.desk.services import PhoneProof
from parties.security.services import IdentityNotProven
from portal.composition.assisted import ACTS, Act
from terms.facts import Role
from terms.lifecycle import IllegalStep

REFUSALS = (PresenceRefused, IdentityNotProven, PlanChangeRefused, IllegalStep)


class AgreedForm(forms.Form):
    """How the customer on the line proved who they are, and that they agreed."""

    code = forms.CharField(
        label="The code that the customer reads out",
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    documents = forms.CharField(
        label="Or the documents that you saw",
        max_length=300,
        required=False,
        help_text="Two of category A, or one A and two B.",
    )
    without = forms.CharField(
        label="Or why you go on without",
        max_length=250,
        required=False,
        help_text="It stands in the audit trail, and the customer is told.",
    )
    agreed = forms.BooleanField(
        label="The customer is on the line and agreed to exactly this", required=False
    )

    def clean_code(self) -> str:
        return "".join(filter(str.isdigit, self.cleaned_data["code"]))


def phone_acts(request: HttpRequest, call: Call) -> list[tuple[str, str]]:
    """What can be asked for in this call with the customer on the line: words and address."""
    if call.appointment is None or call.appointment.role != Role.ADVOCATE:
        return []
    return [
        (act.label, reverse("admin:phone_ask", args=[act.key]))
        for act in ACTS.values()
        if staff_may(request.user, act.action).allowed
    ]


def ask(request: HttpRequest, act: str, *, site: AdminSite) -> HttpResponse:
    """Put down exactly what the advocate asks for."""
    if not desk_services.may_take_calls(request.user):
        raise PermissionDenied
    chosen = ACTS.get(act)
    if chosen is None:
        raise Http404
    call = _call(request)
    if call is None:
        messages.error(request, "Say who is calling first.")
        return redirect("admin:parties_call_add")
    on = local_day(call.account, request.at)
    if chosen.sees and not _sees(request, call, chosen):
        messages.error(request, "Look at the account together first, then ask for this.")
        return redirect("admin:phone_ask", "look")
    form = chosen.form(request.POST or None, account=call.account, on=on)
    if request.method == "POST" and (form.is_valid() or not form.fields):
        try:
            presence = desk_services.ask_by_phone(
                call=call,
                act=chosen.key,
                action=chosen.action,
                facts=_facts(form),
                words=form.words(),
                at=request.at,
            )
            return redirect("admin:phone_answer", presence.public_id)
        except PresenceRefused as refusal:
            form.add_error(None, str(refusal))
        except NotAuthorised as refusal:
            return _refused(request, site, call, refusal)
    context = {
        **site.each_context(request),
        "title": chosen.label,
        "call": call,
        "form": form,
        "back": reverse("admin:parties_call_change", args=[call.pk]),
    }
    return TemplateResponse(request, "admin/parties/call/ask.html", context)


def answer(request: HttpRequest, public_id: Any, *, site: AdminSite) -> HttpResponse:
    """Read it to the customer; send the code, note the yes, or call it off."""
    call = _call(request)
    presence = authority.presence_by_public_id(call.account, public_id) if call else None
    if call is None or presence is None or presence.through_id != request.user.pk:
        raise Http404
    form = AgreedForm(request.POST or None)
    asked = request.POST.get("answer", "")
    steps = {"send": _send, "end": _end, "confirm": _confirm}
    if asked in steps:
        try:
            messages.success(request, steps[asked](request, call, presence, form))
            return redirect("admin:phone_answer", presence.public_id)
        except REFUSALS as refusal:
            messages.error(request, str(refusal))
    at = request.at
    is_open = at < presence.ends_at and presence.ended_at is None
    context = {
        **site.each_context(request),
        "title": ACTS[presence.act].label,
        "call": call,
        "presence": presence,
        "waits": is_open and presence.state == PresenceState.ASKED,
        "looks": is_open and presence.state == PresenceState.CONFIRMED and presence.act == "look",
        "lapsed": at >= presence.ends_at and presence.state == PresenceState.ASKED,
        "customer": authority.holder(presence.account),
        "form": form if asked == "confirm" else AgreedForm(),
        "back": reverse("admin:parties_call_change", args=[call.pk]),
    }
    return TemplateResponse(request, "admin/parties/call/answer.html", context)


def _send(request: HttpRequest, call: Call, presence: Presence, form: AgreedForm) -> str:
    desk_services.send_phone_code(presence=presence, call=call, at=request.at)
    return "The code is on its way to the customer. Ask them to read it out."


def _confirm(request: HttpRequest, call: Call, presence: Presence, form: AgreedForm) -> str:
    if not form.is_valid():
        raise PresenceRefused("Shorten what you wrote.")
    given = form.cleaned_data
    desk_services.confirm_by_phone(
        presence=presence,
        call=call,
        agreed=given.pop("agreed"),
        proof=PhoneProof(**given),
        at=request.at,
        perform=ACTS[presence.act].perform,
    )
    return "Done, under the names of all three."


def _end(request: HttpRequest, call: Call, presence: Presence, form: AgreedForm) -> str:
    appointments.end_together(presence=presence, by=request.user, at=request.at)
    return "It is over."


def _call(request: HttpRequest) -> Call | None:
    """The call with an advocate that the person is on."""
    call = desk.open_call(request.user, request.at)
    is_advocates = call and call.appointment and call.appointment.role == Role.ADVOCATE
    return call if is_advocates else None


def _sees(request: HttpRequest, call: Call, act: Act) -> bool:
    """Whether the advocate may see now what the question is about."""
    on = local_day(call.account, request.at)
    row = call.appointment
    return bool(
        row and act.sees and may(row.user, act.sees, call.account, on=on, at=request.at).allowed
    )


def _facts(form: Any) -> dict[str, Any]:
    return form.cleaned_data if form.is_bound else {}


def _refused(
    request: HttpRequest, site: AdminSite, call: Call, refusal: NotAuthorised
) -> HttpResponse:
    context = {
        **site.each_context(request),
        "title": "This may not be asked for",
        "call": call,
        "asked": refusal.action.value.replace("_", " "),
        "because": refusal.decision.because,
    }
    page = "admin/parties/caller_may_not.html"
    return TemplateResponse(request, page, context, status=403)
