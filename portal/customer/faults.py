"""Faults: reported for one service, followed, agreed to, taken back, made a complaint."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import FormView, TemplateView

from complaints.lodging.services import complain_about_fault, report_fault
from complaints.tickets.selectors import readable
from contracts.requests import selectors as requests
from contracts.requests import services
from contracts.requests.models import Fault
from contracts.requests.selectors import CostTold
from contracts.requests.services import FaultRefused
from contracts.requests.states import OPEN_FAULT
from parties.authority.selectors import NotAuthorised
from parties.correspondence.services import mask_of
from portal.web.guards import AccountPage
from portal.web.outages import shown
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .faults_forms import FaultForm
from .services import ServicePage

BEYOND = (
    "It can cost more than you may agree to on this account. Take the tick out: we ask the "
    "account holder before anybody is sent."
)


class ReportFault(ServicePage, FormView):  # type: ignore[type-arg]
    """What does not work; when the desk takes it and what it can cost stand above the form."""

    action = Action.TROUBLESHOOT
    template_name = "customer/services/report_fault.html"
    form_class = FaultForm

    @cached_property
    def told(self) -> CostTold:
        return requests.cost_told(self.service, self.request.at)

    def get_form_kwargs(self) -> dict[str, Any]:
        may_agree = self.allows(Action.INCUR_EXPENSE, self.service_asked)
        return super().get_form_kwargs() | {"told": self.told, "may_agree": may_agree}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            service=self.service,
            told=self.told,
            desk=requests.desk_now(self.service, self.request.at),
            outages=shown(
                requests.news_of_outages(self.account, self.request.at, self.service),
                self.permissions,
            ),
            **kwargs,
        )

    def form_valid(self, form: FaultForm) -> HttpResponse:
        try:
            fault = report_fault(
                service=self.service,
                said=form.report(),
                is_complaint=form.cleaned_data["is_complaint"],
                by=self.request.user,
                at=self.request.at,
            )
        except FaultRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        except NotAuthorised as refusal:
            if refusal.action != Action.INCUR_EXPENSE:
                raise
            form.add_error("accepts_cost", BEYOND)
            return self.form_invalid(form)
        messages.success(self.request, f"We have your report. Its reference is {fault.reference}.")
        return redirect("fault", fault.reference)


class FaultPage(AccountPage):
    """A page about one fault of the account."""

    action = Action.TROUBLESHOOT
    section = "services"

    @cached_property
    def fault(self) -> Fault:
        found = requests.fault_by_reference(self.account, self.kwargs["reference"])
        if found is None:
            raise Http404("No such fault.")
        return found

    @property
    def service_asked(self) -> str:
        return str(self.fault.service.public_id)


class FaultDetail(FaultPage, TemplateView):
    """One fault: how it stands, who worked on it, what it cost and why."""

    template_name = "customer/services/fault.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        fault, service = self.fault, self.service_asked
        is_open = fault.state in OPEN_FAULT
        told = requests.cost_told(fault.service, self.request.at)
        # A complaint about somebody's safety is nobody else's business, nor that there is one.
        seen = readable(self.permissions).filter(reference=fault.complaint).exists()
        mask = mask_of(self.permissions)
        return super().get_context_data(
            fault=fault,
            what=mask.text(fault.what),
            result=mask.text(fault.result),
            outage=mask.text(fault.outage.what) if fault.outage else "",
            works=[(one, mask.text(one.words)) for one in fault.work.all()],
            complaint=fault.complaint if seen else "",
            service=fault.service,
            told=told,
            compensated=[(one, -one.amount) for one in requests.guarantee_given(fault)],
            is_open=is_open,
            waits_for_desk=is_open and fault.taken_at > self.request.at,
            may_agree=is_open
            and told.can_cost
            and not fault.free_under
            and fault.cost_accepted_at is None
            and self.allows(Action.INCUR_EXPENSE, service),
            may_complain=not seen and self.allows(Action.LODGE_COMPLAINT, service),
            **kwargs,
        )


class FaultStep(FaultPage, View):
    """A step of the customer about a fault: agree to its cost, complain, take it back."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        who = {"fault": self.fault, "by": request.user, "at": request.at}
        steps: dict[str, tuple[Any, str]] = {
            "agree": (services.accept_cost, "Noted. Somebody can be sent now."),
            "complain": (complain_about_fault, "It is a complaint now. We have written to you."),
            "withdraw": (services.withdraw_fault, "Your report is taken back."),
        }
        if self.kwargs["act"] not in steps:
            raise Http404
        step, done = steps[self.kwargs["act"]]
        try:
            step(**who)
        except FaultRefused as refusal:
            messages.error(request, str(refusal))
        except IllegalStep:
            messages.info(request, "It is over meanwhile, so nothing was done.")
        else:
            messages.success(request, done)
        return redirect("fault", self.fault.reference)
