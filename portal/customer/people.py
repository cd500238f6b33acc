"""Choosing an account, claiming one, the people on it, and what lists have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.views.generic import TemplateView

from parties.authority import selectors as authority
from parties.privacy import selectors as privacy
from portal.web.guards import AccountPage
from portal.web.lists import ListPage
from terms.facts import Action


class People(AccountPage, TemplateView):
    """Who stands where on the account."""

    action = Action.VIEW_PERSONAL_DETAILS
    template_name = "customer/people/people.html"
    section = "people"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            people=authority.people_cards(self.account, self.today, self.request.at),
            standing=authority.account_standing(self.account, self.today),
            may_appoint=self.allows(Action.ADD_REPRESENTATIVE),
            sees_history=self.allows(Action.VIEW_BILLS),
            **kwargs,
        )


class AccessHistory(ListPage):
    """Who has looked at or changed the account: bills and amounts among it."""

    action = Action.VIEW_PERSONAL_DETAILS
    also = (Action.VIEW_BILLS,)
    template_name = "customer/people/looked.html"
    section = "people"
    search_in = ("actor_name", "for_whom", "action", "subject", "reason")
    sorts = {"when": "at", "who": "actor_name"}
    csv_name = "account-history"
    csv_columns = {
        "When": "when",
        "Who": "who",
        "As": "role",
        "What": "what",
        "About": "about",
        "Changed": "changed",
        "Reason": "reason",
        "For": "for_whom",
    }

    def rows(self) -> QuerySet[Any]:
        return privacy.history(self.account, self.request.GET.get("only", ""))

    def csv_rows(self) -> Iterable[Any]:
        return map(privacy.deed, super().csv_rows())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["only"] = self.request.GET.get("only", "")
        context["keep"] = {"only": context["only"]}
        context["kinds"] = privacy.KINDS_OF_DEED
        context["deeds"] = [privacy.deed(entry) for entry in context["page_obj"]]
        return context
