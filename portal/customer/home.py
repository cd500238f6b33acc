"""Home: what I owe and when, what is wrong, what waits for me."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView

from portal.composition import home
from portal.web.guards import StandingPage


class Home(StandingPage, TemplateView):
    """What every area has to show, each part for whoever may see it."""

    template_name = "customer/home.html"
    section = "home"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        reader = home.Reader(self)
        return super().get_context_data(
            banners=home.shown(home.BANNERS, reader),
            cards=home.shown(home.CARDS, reader),
            parts=home.shown(home.PARTS, reader),
            account=self.account,
            **kwargs,
        )
