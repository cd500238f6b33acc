"""Who acts for whom in the demo: appointments in every state, presences, changes of plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.catalogue.models import Plan
from contracts.supply.models import Service
from contracts.supply.services import request_plan_change
from parties.accounts.models import Account
from parties.appointments.services import (
    AppointmentRequest,
    Signing,
    appoint,
    ask_together,
    confirm_on_screen,
    end_together,
    verify,
)
from parties.authority.models import Appointment
from parties.authority.selectors import holder
from parties.authority.states import SignedHow
from parties.people.models import User
from portal.composition.assisted import ACTS
from terms.calendar import months_on
from terms.facts import Action, Role

from .complaints import settle_notices
from .people import DOMAIN, person


@dataclass
class Authority:
    """The people of one provider's accounts; everything goes through the services."""

    accounts: list[Account]
    facts: dict[str, Any]
    at: datetime

    def build(self) -> None:
        """Appoint, ask and change, each step at its own time."""
        self._spender()
        self._waits_for_check()
        self._thinks_again()
        for position, name in self.facts.get("contacts", {}).items():
            self._contact(position, name)
        self._presences()
        if "plan_change" in self.facts:
            self._plan_change(**self.facts["plan_change"])
        settle_notices(self.at - timedelta(minutes=30))

    @property
    def key(self) -> str:
        return str(self.accounts[0].customer.provider.key)

    def _appoint(
        self, account: Account, slug: str, name: str, at: datetime, **facts: Any
    ) -> Appointment:
        """Appointed by the holder, with a log-in taken up already."""
        by = self._holder(account)
        user = person(f"{slug}.{self.key}", name, at)
        today = at.date()
        how = facts.pop("how", SignedHow.TYPED)
        given = {
            "name": name,
            "email": f"{slug}.{self.key}@{DOMAIN}",
            "role": Role.AUTHORISED_REP,
            "starts_on": today,
            "ends_on": months_on(today, 12),
        } | facts
        words = "A video call with my support worker" if how == SignedHow.SUBSTITUTE else ""
        row = appoint(
            account=account,
            by=by,
            wanted=AppointmentRequest(**given),
            signing=Signing(how=how, name=str(by), words=words, address="203.0.113.20"),
            at=at,
        )
        row.user, row.awaits_acceptance = user, False
        row.save(update_fields=["awaits_acceptance"])
        return row

    def _spender(self) -> None:
        """May change plans up to a limit, and was checked by staff."""
        at = self.at - timedelta(days=20)
        cap = Decimal(self.facts["spender_limit"])
        limits = (Action.CLOSE_ACCOUNT.value, Action.ADD_REPRESENTATIVE.value)
        row = self._appoint(
            self.accounts[2], "spender", "Alex Novak", at, max_expense=cap, limits=limits
        )
        verify(
            appointment=row,
            by=self._desk(),
            how="By phone",
            evidence="Called back; licence and Medicare card read out",
            at=at + timedelta(hours=2),
        )

    def _waits_for_check(self) -> None:
        self._appoint(
            self.accounts[2],
            "waiting",
            "Sky Nolan",
            self.at - timedelta(hours=5),
            limits=(Action.CLOSE_ACCOUNT.value,),
            how=SignedHow.SUBSTITUTE,
        )

    def _thinks_again(self) -> None:
        """A full authority in its cooling-off."""
        self._appoint(self.accounts[3], "full", "Lou Park", self.at - timedelta(hours=4))

    def _contact(self, position: str, name: str) -> None:
        slug = name.lower().replace(" ", ".")
        self._appoint(
            self.accounts[0],
            slug,
            name,
            self.at - timedelta(days=40),
            role=Role.CUSTOMER_CONTACT,
            position=position,
            ends_on=None,
        )

    def _presences(self) -> None:
        """One look together three days ago, one request refused yesterday."""
        account = self.accounts[0]
        row = Appointment.objects.get(account=account, role=Role.ADVOCATE.value)
        customer = self._holder(account)
        looked = self.at - timedelta(days=3)
        look = ACTS["look"]
        presence = ask_together(
            account=account,
            by=row.user,
            act=look.key,
            action=look.action,
            facts={},
            words=look.form(account=account, on=looked.date()).words(),
            at=looked,
        )
        soon = looked + timedelta(minutes=1)
        presence = confirm_on_screen(presence=presence, by=customer, at=soon, perform=look.perform)
        end_together(presence=presence, by=customer, at=soon + timedelta(minutes=9))
        asked = self.at - timedelta(days=1)
        change = ACTS["change_billing_email"]
        presence = ask_together(
            account=account,
            by=row.user,
            act=change.key,
            action=change.action,
            facts={"billing_email": f"counsellor@{DOMAIN}"},
            words=f"Bills go to counsellor@{DOMAIN}, no longer to the address so far.",
            at=asked,
        )
        end_together(presence=presence, by=customer, at=asked + timedelta(minutes=2))

    def _plan_change(self, *, account: int, to: str) -> None:
        chosen = self.accounts[account]
        plan = Plan.objects.get(provider=chosen.customer.provider, code=to)
        mine = Service.objects.filter(contract__account=chosen, plan__kind=plan.kind)
        request_plan_change(
            service=mine.latest("pk"),
            plan=plan,
            by=self._holder(chosen),
            overdue=False,
            at=self.at - timedelta(hours=6),
        )

    def _holder(self, account: Account) -> User:
        found = holder(account)
        if found is None:
            raise LookupError(f"Nobody holds {account}")
        return found

    def _desk(self) -> User:
        return User.objects.get(email=f"manager@{DOMAIN}")
