"""A newer version of the terms that was told: what changes, from which day, and why then."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from contracts.variations import selectors as variations
from contracts.variations.models import TermsChange
from contracts.variations.services import cause_in_words
from parties.accounts.selectors import terms_in_words
from portal.web.guards import AccountPage
from terms.facts import Action


class TermsChangePage(AccountPage, TemplateView):
    """Both versions, the day, why, how it was told, and whether it opens a way out."""

    action = Action.VIEW_BILLS
    template_name = "customer/services/terms_change.html"
    section = "contract"

    @cached_property
    def change(self) -> TermsChange:
        found = variations.terms_change_by_public_id(self.account, str(self.kwargs["public_id"]))
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        change = self.change
        document = self.account.customer.provider.key
        return super().get_context_data(
            change=change,
            document=document,
            before=terms_in_words(document, change.version_before),
            after=terms_in_words(document, change.variation.version),
            cause=cause_in_words(change),
            may_leave=variations.opens_way_out(change, self.today),
            today=self.today,
            **kwargs,
        )
