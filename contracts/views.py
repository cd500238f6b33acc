"""What was agreed: services, and the contract with what it says today."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.views.generic import TemplateView

from parties.access import AccountPage, Action

from . import selectors


class Services(AccountPage, TemplateView):
    """The account's services."""

    action = Action.VIEW_BILLS
    template_name = "contracts/services.html"
    section = "services"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            services=selectors.services(self.account, self.today), **kwargs
        )


class ServiceDetail(AccountPage, TemplateView):
    """One service: what it is, when its term ends, when it would end if you left today."""

    action = Action.VIEW_BILLS
    template_name = "contracts/service.html"
    section = "services"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        service = selectors.service_by_public_id(self.account, self.kwargs["public_id"])
        if service is None:
            raise Http404
        return super().get_context_data(
            service=service,
            card=selectors.service_card(service, self.today),
            term=selectors.term_of(service.contract, service, self.today),
            leaving=selectors.leaving(service.contract, service, self.today),
            today=self.today,
            **kwargs,
        )


class ContractPage(AccountPage, TemplateView):
    """The contracts, the version of the terms that binds, and what it says in figures."""

    action = Action.VIEW_BILLS
    template_name = "contracts/contract.html"
    section = "contract"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            contracts=selectors.contracts(self.account),
            version=selectors.version_in_force(self.account, self.today),
            account=self.account,
            **kwargs,
        )
