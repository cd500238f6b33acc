"""Staff take down a fault for whoever told them, with hours and cost to read out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from complaints.lodging.services import LodgingRefused, TakenDown, take_down_fault
from contracts.requests import selectors as requests
from contracts.requests.selectors import CostTold, Desk, clock
from contracts.requests.services import FaultRefused, Report
from contracts.requests.states import Trouble
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account
from parties.accounts.selectors import zone_of
from parties.authority.selectors import NotAuthorised
from parties.desk import selectors as desk
from portal.web.fields import MomentField
from terms.calendar import Channel
from terms.facts import Action
from terms.money import in_dollars

from .base import AddStepAdmin
from .complaints_heard import HEARD_BY

TITLE = "Write down a fault"


class WhichServiceForm(forms.Form):
    """Which service does not work: hours and cost are its own."""

    service = forms.ChoiceField(label="Which service does not work?", widget=forms.RadioSelect)

    def __init__(self, *args: Any, services: list[Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].choices = [(str(one.public_id), str(one)) for one in services]


class HeardFaultForm(forms.Form):
    """What somebody told staff of a fault; agreeing to a cost is never needed."""

    caller = forms.CharField(label="Who told us", max_length=120, help_text="It is kept.")
    channel = forms.ChoiceField(label="How did it come?", choices=HEARD_BY)
    trouble = forms.ChoiceField(
        label="What is wrong?", choices=Trouble.choices, widget=forms.RadioSelect
    )
    what = forms.CharField(
        label="In their words", max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )
    since = MomentField(label="Since when?", required=False, help_text="If they know.")
    tried = forms.CharField(label="What have they tried?", max_length=500, required=False)
    reach = forms.CharField(
        label="How can we reach them meanwhile?",
        max_length=200,
        required=False,
        help_text="A phone that works, and when somebody is there.",
    )
    accepts_cost = forms.BooleanField(
        label="I read out what it can cost, and they agree to it",
        required=False,
        help_text="Without it the fault is taken down all the same, and nobody is sent at a cost.",
    )
    is_complaint = forms.BooleanField(
        label="They say that it is a complaint",
        required=False,
        help_text="A fault is none by itself; do not talk them out of it.",
    )

    def __init__(self, *args: Any, told: CostTold, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not told.can_cost:
            del self.fields["accepts_cost"]

    def report(self) -> Report:
        """What was said, as the desk takes it."""
        given = self.cleaned_data
        return Report(
            trouble=Trouble(given["trouble"]),
            what=given["what"],
            since=given["since"],
            tried=given["tried"],
            reach=given["reach"],
            accepts_cost=given.get("accepts_cost", False),
            caller=given["caller"],
        )


class HeardFaults(AddStepAdmin):
    """Adding a fault is taking it down for whoever is calling."""

    add_title = TITLE
    action = Action.TROUBLESHOOT
    asked_of = Action.TROUBLESHOOT

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Ask which service it is, then what is wrong."""
        running = _running(account)
        asked = request.GET.get("service", "")
        service = next((one for one in running if str(one.public_id) == asked), None)
        if service is None and len(running) == 1:
            service = running[0]
        if service is not None:
            return self._take_down(request, account, service)
        form = WhichServiceForm(request.POST or None, services=running)
        if form.is_valid():
            where = {"account": account.number, "service": form.cleaned_data["service"]}
            return redirect(f"{request.path}?{urlencode(where)}")
        none = "Nothing on this account runs, so there is nothing to mend."
        return self.step(
            request,
            form,
            title=TITLE,
            action="Show hours and cost",
            about=account,
            intro="" if running else none,
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )

    def _take_down(self, request: HttpRequest, account: Account, service: Service) -> HttpResponse:
        call = desk.open_call(request.user, request.at, account)
        told = requests.cost_told(service, request.at)
        initial = {"caller": call.caller if call else "", "channel": Channel.PHONE}
        form = HeardFaultForm(request.POST or None, told=told, initial=initial)
        hours = requests.desk_now(service, request.at)
        because = [*hours.because, *told.because]
        if form.is_valid():
            try:
                taken = take_down_fault(
                    service=service,
                    said=form.report(),
                    channel=Channel(form.cleaned_data["channel"]),
                    is_complaint=form.cleaned_data["is_complaint"],
                    person=call.appointment.user if call and call.appointment else None,
                    staff=request.user,
                    at=request.at,
                )
            except (FaultRefused, LodgingRefused) as refusal:
                form.add_error(None, str(refusal))
            except NotAuthorised as refusal:
                form.add_error(*BEYOND.get(refusal.action, ELSE))
                because = refusal.decision.because
            else:
                messages.success(request, _done(taken))
                return redirect("admin:contracts_fault_change", taken.fault.pk)
        return self.step(
            request,
            form,
            title=TITLE,
            action="Take it down",
            about=f"{service}, {account}",
            notes=_read_out(service, told, hours, request),
            intro="In danger they call 000 from any phone that works.",
            because=because,
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )


# What a caller may not do, by what it takes: the field to correct, and what to do instead.
BEYOND = {
    Action.INCUR_EXPENSE: (
        "accepts_cost",
        "Who is calling may not agree to this cost on the account. Take the tick out, and ask the "
        "account holder before anybody is sent.",
    ),
    Action.LODGE_COMPLAINT: (
        "is_complaint",
        "Who is calling may not complain about this account. Take the tick out: the fault is "
        "taken down without it.",
    ),
}
ELSE = (
    None,
    "Who is calling may not report a fault of this service. Ask for somebody who may act for it.",
)


def _done(taken: TakenDown) -> str:
    """What to tell who is calling; a complaint of others is not theirs to hear of."""
    also = f" Their complaint is {taken.complaint.reference}." if taken.complaint else ""
    return f"Taken down. The reference is {taken.fault.reference}: tell it to them.{also}"


def _running(account: Account) -> list[Service]:
    """The account's services that run; one query."""
    rows = Service.objects.filter(
        contract__account=account, status__in=(ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)
    )
    wanted = rows.select_related("plan", "contract__account__customer__provider")
    return list(wanted.order_by("label", "pk"))


def _read_out(service: Service, told: CostTold, hours: Desk, request: HttpRequest) -> str:
    """The desk's hours and the cost, as words to read out before they agree."""
    outages = requests.news_of_outages(service.contract.account, request.at, service)
    running = [one.card for one in outages if not one.card.is_ahead]
    if running:
        when = f"It belongs to an outage that we know of, {running[0].reference}."
    elif hours.is_open:
        when = "Our fault desk is open and takes this at once."
    else:
        opens = clock(hours.taken_at, zone_of(service.contract.account))
        when = f"Our fault desk is closed. It takes this on {opens}."
    parts = "; ".join(
        f"{name}: {in_dollars(first)} for the first hour, then {in_dollars(more)} an hour"
        for name, first, more in told.parts
    )
    return f"Read out: {when} {told.words} {parts}".strip()
