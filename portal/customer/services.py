"""What was agreed: services, and the contract with what it says today."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView

from billing.payments.selectors import balance, is_overdue
from contracts.agreements import selectors as agreements
from contracts.agreements.models import Contract
from contracts.barring import selectors as barring
from contracts.catalogue.models import Plan
from contracts.equipment import selectors as equipment
from contracts.leaving import selectors as leaving
from contracts.leaving.selectors import Leaving, TermCard
from contracts.leaving.states import Side
from contracts.locations import selectors as locations
from contracts.moving import selectors as moving
from contracts.orders import selectors as orders
from contracts.requests import selectors as requests
from contracts.supply import selectors as supply
from contracts.supply import services
from contracts.supply.models import Service
from contracts.supply.services import PlanChangeRefused
from contracts.supply.states import PlanChangeState, ServiceStatus
from contracts.variations import selectors as variations
from parties.accounts import selectors as accounts
from portal.web.guards import AccountPage
from portal.web.outages import shown
from terms.facts import Action


class Services(AccountPage, TemplateView):
    """The account's services."""

    action = Action.VIEW_BILLS
    template_name = "customer/services/services.html"
    section = "services"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        cards = supply.services(self.account, self.today)
        covered = [one for one in cards if self.allows(self.action, one.public_id)]
        may_order = self.allows(Action.OPEN_SERVICE)
        return super().get_context_data(services=covered, may_order=may_order, **kwargs)


class ServicePage(AccountPage):
    """A page about one service of the account."""

    section = "services"

    @property
    def service_asked(self) -> str:
        return str(self.kwargs["public_id"])

    @cached_property
    def service(self) -> Service:
        found = supply.service_by_public_id(self.account, self.service_asked)
        if found is None:
            raise Http404
        return found


class ServiceDetail(ServicePage, TemplateView):
    """One service: what it is, when its term ends, when it would end if you left today."""

    action = Action.VIEW_BILLS
    template_name = "customer/services/service.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        service = self.service
        return super().get_context_data(
            service=service,
            card=supply.service_card(service, self.today),
            term=leaving.term_card(service, self.today),
            leaving=_leaving(service, self.today),
            change=supply.open_plan_change(service),
            prices=variations.news_of(self.account, self.today, service),
            equipment=equipment.pieces_of(service, self.today),
            rise=variations.rise_ahead(service, self.today),
            faults=requests.faults_of(service)
            if self.allows(Action.TROUBLESHOOT, self.service_asked)
            else None,
            outages=shown(
                requests.news_of_outages(self.account, self.request.at, service),
                self.permissions,
            ),
            guarantee=requests.guarantee_of(service, self.today)
            if service.status != ServiceStatus.ENDED
            else None,
            place=locations.where(service, self.request.at),
            sees_address=self.allows(Action.VIEW_PERSONAL_DETAILS, self.service_asked),
            may_move=self.allows(Action.CHANGE_DETAILS, self.service_asked),
            moves=moving.moves_of(service),
            may_bar=bool(barring.kinds_of(service))
            and self.allows(Action.TROUBLESHOOT, self.service_asked),
            is_mobile=barring.has_sim(service),
            may_list=locations.is_listed_kind(service)
            and self.allows(Action.CHANGE_DETAILS, self.service_asked),
            may_change=self.allows(Action.CHANGE_PLAN, self.service_asked)
            and supply.has_other_plan(service),
            notice=(notice := leaving.living_notice(service)),
            may_take_back=notice is not None
            and notice.side == Side.CUSTOMER
            and leaving.may_be_taken_back(notice, self.today)
            and self.allows(Action.CLOSE_SERVICE, self.service_asked),
            today=self.today,
            **kwargs,
        )


def _leaving(service: Service, today: date) -> Leaving | None:
    """What a notice given today would mean; None for what doesn't run."""
    runs = service.status in (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)
    return leaving.leaving_of(service, today=today) if runs else None


class ContractPage(AccountPage, TemplateView):
    """The contracts, the version of the terms that binds, and what it says in figures."""

    action = Action.VIEW_BILLS
    template_name = "customer/services/contract.html"
    section = "contract"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        document = self.account.customer.provider.key
        # Read first, with who accepted: all that follows asks the same rows.
        accepted = accounts.accepted_terms(self.account, self.today)
        found = agreements.contracts(
            self.account,
            paper=orders.paper_of(),
            has_terms_news=variations.has_terms_news(self.today),
        )
        told = any(one.has_terms_news for one in found)
        news = variations.terms_news_of(self.account, self.today) if told else {}
        return super().get_context_data(
            contracts=[
                (
                    one,
                    accounts.terms_in_words(document, one.version),
                    self._covered(one),
                    news.get(one.pk),
                )
                for one in found
            ],
            sources=agreements.sources(self.account, self.today),
            sees_who=self.permissions.sees_who,
            accepted=accepted,
            version=accounts.terms_in_words(
                document, accounts.version_in_force(self.account, self.today)
            ),
            account=self.account,
            **kwargs,
        )

    def _covered(self, contract: Contract) -> list[TermCard]:
        """Its services that the person may see, each with its minimum term."""
        return [
            leaving.term_card(one, self.today)
            for one in contract.services.all()
            if self.allows(self.action, str(one.public_id))
        ]


class _PlanPage(ServicePage):
    """A page about the plan of one service."""

    action = Action.CHANGE_PLAN

    @cached_property
    def plan(self) -> Plan:
        code = self.kwargs["code"]
        found = next((one for one in supply.other_plans(self.service) if one.code == code), None)
        if found is None:
            raise Http404
        return found


class ChoosePlan(_PlanPage, TemplateView):
    """The provider's other plans of the same kind, with their prices."""

    template_name = "customer/services/choose_plan.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            service=self.service,
            card=supply.service_card(self.service, self.today),
            plans=supply.plan_prices(self.service, self.today),
            change=supply.open_plan_change(self.service),
            **kwargs,
        )


class ConfirmPlan(_PlanPage, TemplateView):
    """What the change means in days and dollars, and the button that asks for it."""

    template_name = "customer/services/confirm_plan.html"

    @cached_property
    def offer(self) -> supply.PlanOffer:
        overdue = is_overdue(self.account, self.today)
        return supply.plan_offer(self.service, self.plan, self.today, overdue=overdue)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        services.require_plan_change(
            request.user, self.service, self.offer, on=self.today, at=request.at
        )
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        try:
            change = services.request_plan_change(
                service=self.service,
                plan=self.plan,
                by=request.user,
                overdue=is_overdue(self.account, self.today),
                at=request.at,
            )
        except PlanChangeRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("confirm_plan", self.service.public_id, self.plan.code)
        agreed = change.state == PlanChangeState.AGREED
        words = "The change is agreed." if agreed else "We have your request and answer soon."
        messages.success(request, words)
        return redirect("service", self.service.public_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            service=self.service,
            offer=self.offer,
            overdue=balance(self.account, self.today).overdue,
            today=self.today,
            **kwargs,
        )


class WithdrawPlanChange(_PlanPage, View):
    """Take back a change that is not in force yet."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        change = supply.open_plan_change(self.service)
        if change is None:
            raise Http404
        services.withdraw_plan_change(change=change, by=request.user, at=request.at)
        messages.success(request, "The change is withdrawn. Your plan stays as it is.")
        return redirect("service", self.service.public_id)
