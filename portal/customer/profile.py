"""Choosing an account, claiming one, the people on it, and what lists have in common."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView

from parties.authority import selectors as authority
from portal.web.guards import AccountPage
from terms.facts import Action


class Profile(AccountPage, TemplateView):
    """The customer's own details, and how they are protected."""

    action = Action.VIEW_PERSONAL_DETAILS
    template_name = "parties/profile.html"
    section = "profile"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            account=self.account,
            customer=self.account.customer,
            standing=authority.account_standing(self.account, self.today),
            may_change=self.allows(Action.CHANGE_DETAILS),
            **kwargs,
        )
