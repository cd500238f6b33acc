"""A new price that was told: what it is, why, and leaving without a fee because of it."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from contracts.supply.models import Service
from contracts.variations import selectors as variations
from contracts.variations.models import PriceChange
from contracts.variations.services import cause_in_words
from terms.facts import Action

from .way_out import LeaveFree, WayOutFacts


class _PricePage(WayOutFacts):
    """A page about a new price of one service."""

    section = "services"

    @cached_property
    def change(self) -> PriceChange:
        found = variations.change_by_public_id(self.account, str(self.kwargs["public_id"]))
        if found is None:
            raise Http404
        found.service.contract.account = self.account
        return found

    @property
    def service(self) -> Service:
        return self.change.service


class PriceChangePage(_PricePage, TemplateView):
    """Both prices, the day, why, how it was told, and what leaving because of it costs."""

    action = Action.VIEW_BILLS
    template_name = "customer/services/price_change.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            may_leave=variations.open_way_out(self.change, self.today),
            may_end=self.allows(Action.CLOSE_SERVICE, self.service_asked),
            rises=self.change.monthly_after > self.change.monthly_before,
            less=-self.change.difference,
            cause=cause_in_words(self.change),
            **kwargs,
        )


class LeaveBecauseOfPrice(_PricePage, LeaveFree):
    """Leave without a fee because of a new price."""

    def back(self) -> str:
        return reverse("price_change", args=[self.change.public_id])
