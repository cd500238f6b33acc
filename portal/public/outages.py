"""Outages and planned work for everybody to read, and how complaints about outages are handled."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.views.generic import TemplateView

from contracts.requests import selectors as requests
from parties.accounts.selectors import providers
from terms import library


class Status(TemplateView):
    """The providers whose outages can be read."""

    template_name = "public/status/providers.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = [(row.key, library.provider(row.key).name) for row in providers()]
        return super().get_context_data(providers=known, **kwargs)


class _OfProvider(TemplateView):
    """A page about one provider."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        key = self.kwargs["provider"]
        if key not in {row.key for row in providers()}:
            raise Http404(f"No provider {key!r}.")
        return super().get_context_data(**(kwargs | {"provider": library.provider(key)}))


class ProviderStatus(_OfProvider):
    """What does not work at a provider, what is planned, and what was lately."""

    template_name = "public/status/provider.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = requests.outages_of(self.kwargs["provider"], self.request.at)
        over = [one for one in found if one.is_over or one.is_called_off]
        return super().get_context_data(
            running=[one for one in found if one not in over and not one.is_ahead],
            ahead=[one for one in found if one.is_ahead],
            over=over,
            **kwargs,
        )


class OutageComplaints(_OfProvider):
    """How complaints about outages are handled, in writing (RF-OUT-05)."""

    template_name = "public/status/complaints.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        because = requests.outage_complaints_law(self.request.at.date())
        return super().get_context_data(because=because, **kwargs)


class OutagePage(TemplateView):
    """One outage: where, since when, until when, and all that was said of it."""

    template_name = "public/status/outage.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = requests.outage_by_reference(self.kwargs["reference"], self.request.at)
        if found is None:
            raise Http404("No such outage.")
        return super().get_context_data(outage=found, **kwargs)
