"""Home, the way in for staff, and health."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView

from billing.payments.selectors import balance
from complaints.tickets.selectors import open_complaints, readable
from contracts.supply.selectors import services
from parties.authority.models import Presence
from parties.authority.selectors import asked_of_customer
from portal.composition.assisted import with_customer
from portal.web.guards import StandingPage
from terms.facts import Action

NEWEST_BILLS = 3


class Home(StandingPage, TemplateView):
    """What I owe and when, what is wrong, what waits for me: each part for whoever may see it."""

    template_name = "portal/home.html"
    section = "home"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_pay, sees_account = self.allows(Action.PAY_BILL), self.allows(Action.VIEW_BILLS)
        return super().get_context_data(
            **(self._of_account() if sees_account else {}),
            **self._complaints(),
            sees_account=sees_account,
            may_only_pay=may_pay and not sees_account,
            may_complain=self.allows(Action.LODGE_COMPLAINT),
            may_only_ask=self.allows(Action.REQUEST_RECORDS)
            and not self.allows(Action.VIEW_PERSONAL_DETAILS),
            may_answer=self.allows(Action.ACCEPT_RESOLUTION),
            with_customer=with_customer(self.permissions),
            asked=self._asked(),
            account=self.account,
            today=self.today,
            **kwargs,
        )

    def _of_account(self) -> dict[str, Any]:
        """Bills and services, for whoever may see them."""
        owed = balance(self.account, self.today, newest=NEWEST_BILLS, shown=True)
        return {
            "balance": owed,
            "bills": owed.newest,
            "services": [
                one
                for one in services(self.account, self.today)
                if self.allows(Action.VIEW_BILLS, one.public_id)
            ],
        }

    def _complaints(self) -> dict[str, Any]:
        """The open complaints that the person may read, and those that wait for an answer."""
        if not self.allows(Action.LODGE_COMPLAINT):
            return {}
        found = open_complaints(self.account, self.today, readable(self.permissions))
        return {
            "complaints": found,
            "waiting": [one for one in found if one.state == "proposed"],
        }

    def _asked(self) -> list[Presence]:
        """What an advocate asks the account holder; looked up only if something is asked."""
        if not self.acting.is_asked or self.acting.for_someone_else:
            return []
        return asked_of_customer(self.account, self.request.at)
