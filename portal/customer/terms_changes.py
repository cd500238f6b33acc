"""A newer version of the terms that was told, and leaving without a fee because of it."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from contracts.supply.models import Service
from contracts.variations import selectors as variations
from contracts.variations.models import TermsChange
from contracts.variations.services import cause_in_words
from parties.accounts.selectors import terms_in_words
from portal.web.guards import AccountPage
from terms.facts import Action

from .way_out import LeaveFree


class _TermsPage(AccountPage):
    """A page about new terms of one contract."""

    section = "contract"

    @cached_property
    def change(self) -> TermsChange:
        found = variations.terms_change_by_public_id(self.account, str(self.kwargs["public_id"]))
        if found is None:
            raise Http404
        return found


class TermsChangePage(_TermsPage, TemplateView):
    """Both versions, the day, why, how it was told, and what it lets one leave without a fee."""

    action = Action.VIEW_BILLS
    template_name = "customer/services/terms_change.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        change = self.change
        may_leave = variations.open_way_out(change, self.today)
        document = self.account.customer.provider.key
        return super().get_context_data(
            change=change,
            document=document,
            before=terms_in_words(document, change.version_before),
            after=terms_in_words(document, change.variation.version),
            cause=cause_in_words(change),
            may_leave=may_leave,
            services=self._leavable() if may_leave else [],
            **kwargs,
        )

    def _leavable(self) -> list[Service]:
        """The services of the contract that run, as far as the person may end them."""
        return [
            one
            for one in variations.running(self.change.contract, self.today)
            if self.allows(Action.CLOSE_SERVICE, str(one.public_id))
        ]


class LeaveBecauseOfTerms(_TermsPage, LeaveFree):
    """Leave one service of a contract without a fee because of its new terms."""

    @cached_property
    def service(self) -> Service:
        found = (
            Service.objects.filter(
                public_id=self.kwargs["service_id"], contract=self.change.contract_id
            )
            .select_related("plan", "contract")
            .first()
        )
        if found is None:
            raise Http404
        found.contract.account = self.account
        return found

    def back(self) -> str:
        return reverse("terms_change", args=[self.change.public_id])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(ask_day=True, **kwargs)
