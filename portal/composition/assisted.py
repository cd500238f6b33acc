"""What an advocate can ask for with the customer there: each act, in words, and how it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from billing.hardship.services import HelpWanted, ask_for_help
from billing.hardship.states import Every, HelpKind
from billing.payments.selectors import is_overdue
from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.process.services import accept_proposal
from complaints.tickets.selectors import of_account
from complaints.tickets.states import State, Topic
from contracts.catalogue.models import Plan
from contracts.supply.models import Service
from contracts.supply.selectors import (
    plan_offer,
    plan_prices,
    service_by_public_id,
    services_to_choose,
)
from contracts.supply.services import PlanChangeRefused, request_plan_change
from parties.accounts.models import Account
from parties.authority.models import Presence
from parties.authority.selectors import LOOK_TOGETHER, LOOKS, Permissions, local_day
from parties.people.models import User
from parties.security.services import change_contact
from parties.security.states import HighRisk
from portal.web.fields import DayField, DollarsField
from terms.facts import Action
from terms.money import in_dollars


class ActForm(forms.Form):
    """What an act needs to know. `words` say exactly what would be done."""

    def __init__(
        self, *args: Any, account: Account, on: date, by: User | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.account, self.on, self.by = account, on, by

    def words(self) -> str:
        """Return exactly what will be done, for the customer to read."""
        raise LookupError(f"{type(self).__name__} has no words")


class LookForm(ActForm):
    """Nothing to fill in: look at the account together."""

    def words(self) -> str:
        return "See bills, records and personal details together with you, for 15 minutes."


class BillingEmailForm(ActForm):
    billing_email = forms.EmailField(label="Where should bills go?")

    def words(self) -> str:
        # The advocate reads this too, and may not learn the address that is on file.
        return (
            f"Bills go to {self.cleaned_data['billing_email']}, no longer to the address so far."
        )


class PlanForm(ActForm):
    service = forms.ChoiceField(label="Service and plan", widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = []
        for public_id, label in services_to_choose(self.account, self.on):
            service = service_by_public_id(self.account, public_id)
            for plan, price in plan_prices(service, self.on) if service else []:
                words = f"{label}: {plan}, {in_dollars(price)} a month inc GST"
                rows.append((f"{public_id}/{plan.pk}", words))
        self.fields["service"].choices = rows

    def words(self) -> str:
        service, plan = _service_and_plan(self.account, self.cleaned_data, self.on)
        offer = plan_offer(service, plan, self.on, overdue=is_overdue(self.account, self.on))
        return (
            f"{service}: {plan} instead of {service.plan}, {in_dollars(offer.monthly_after)} "
            f"instead of {in_dollars(offer.monthly_before)} a month, GST included."
        )


class ProposalForm(ActForm):
    reference = forms.ChoiceField(label="Which answer?", widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = of_account(self.account, self.by).filter(state=State.PROPOSED)
        self.fields["reference"].choices = [
            (row.reference, f"{row.reference}: {row.get_topic_display()}") for row in rows
        ]

    def words(self) -> str:
        return (
            f"Accept the answer that was proposed to complaint {self.cleaned_data['reference']}."
        )


class ComplaintForm(ActForm):
    """What is wrong, in words that the customer confirms."""

    topic = forms.ChoiceField(label="What is it about?", choices=Topic.choices)
    description = forms.CharField(
        label="What happened, and what would put it right?",
        help_text="In short: the customer reads exactly this. More can be added later.",
        max_length=220,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def words(self) -> str:
        about = Topic(self.cleaned_data["topic"]).label.lower()
        return f"Make a complaint about {about}: {self.cleaned_data['description']}"


def _complain(presence: Presence) -> None:
    lodge_complaint(
        account=presence.account,
        by=presence.advocate,
        details=ComplaintDetails(**presence.facts),
        at=presence.confirmed_at,
        together_with=presence.confirmed_by,
    )


class HelpForm(ActForm):
    """What would help with paying, and what the customer can pay."""

    kinds = forms.MultipleChoiceField(
        label="What would help?",
        choices=HelpKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    can_pay = DollarsField(label="What can they pay each time?", required=False)
    every = forms.ChoiceField(
        label="How often?", choices=[("", "They can't say"), *Every.choices], required=False
    )
    first_on = DayField(label="From which day?", required=False)

    def clean(self) -> dict[str, Any]:
        """Keep the facts as plain data, as a question to the customer is kept."""
        given = super().clean() or {}
        first = given.get("first_on")
        if first is not None and first < self.on:
            self.add_error("first_on", "Choose a day from today on.")
        given["can_pay"] = str(given["can_pay"]) if given.get("can_pay") else ""
        given["first_on"] = first.isoformat() if first else ""
        return given

    def words(self) -> str:
        given = self.cleaned_data
        wished = ", ".join(HelpKind(one).label for one in given["kinds"])
        pays = f" You can pay ${given['can_pay']} each time." if given["can_pay"] else ""
        return (
            f"Ask for help with paying: {wished or 'whatever helps'}.{pays} Nobody asks you for "
            "money until it is answered."
        )


def _ask_for_help(presence: Presence) -> None:
    facts = presence.facts
    ask_for_help(
        account=presence.account,
        by=presence.advocate,
        wanted=HelpWanted(
            kinds=tuple(HelpKind(one) for one in facts["kinds"]),
            can_pay=Decimal(facts["can_pay"]) if facts["can_pay"] else None,
            every=Every(facts["every"]) if facts["every"] else None,
            first_on=date.fromisoformat(facts["first_on"]) if facts["first_on"] else None,
        ),
        at=presence.confirmed_at,
        together_with=presence.confirmed_by,
    )


def _look(presence: Presence) -> None:
    """Looking changes nothing: the confirmed presence itself is what opens the pages."""


def _change_billing_email(presence: Presence) -> None:
    change_contact(
        account=presence.account,
        by=presence.advocate,
        at=presence.confirmed_at,
        details=presence.facts,
        together_with=presence.confirmed_by,
    )


def _change_plan(presence: Presence) -> None:
    account = presence.account
    on = local_day(account, presence.confirmed_at)
    service, plan = _service_and_plan(account, presence.facts, on)
    request_plan_change(
        service=service,
        plan=plan,
        by=presence.advocate,
        overdue=is_overdue(account, on),
        at=presence.confirmed_at,
        together_with=presence.confirmed_by,
    )


def _accept_proposal(presence: Presence) -> None:
    accept_proposal(
        reference=presence.facts["reference"],
        by=presence.advocate,
        at=presence.confirmed_at,
        together_with=presence.confirmed_by,
    )


def _service_and_plan(account: Account, facts: dict[str, str], on: date) -> tuple[Service, Plan]:
    """What was chosen. Raises PlanChangeRefused if it is not offered any more on that day."""
    public_id, _, pk = facts["service"].partition("/")
    service = service_by_public_id(account, public_id)
    for plan, _price in plan_prices(service, on) if service else []:
        if service and str(plan.pk) == pk:
            return service, plan
    raise PlanChangeRefused("This plan is no longer offered for the service: choose again.", [])


@dataclass(frozen=True)
class Act:
    """One thing that an advocate can ask for.

    A `risk` needs the customer's second factor; what one must see to ask is `sees`.
    """

    key: str
    label: str
    action: Action
    form: type[ActForm]
    perform: Callable[[Presence], None]
    risk: HighRisk | None = None
    sees: Action | None = None


ACTS: dict[str, Act] = {
    act.key: act
    for act in (
        Act(LOOK_TOGETHER, "Look at the account together", Action.VIEW_BILLS, LookForm, _look),
        Act(
            "change_billing_email",
            "Change where bills go",
            Action.CHANGE_DETAILS,
            BillingEmailForm,
            _change_billing_email,
            HighRisk.CHANGE_EMAIL,
        ),
        Act(
            "change_plan",
            "Change a plan",
            Action.CHANGE_PLAN,
            PlanForm,
            _change_plan,
            sees=Action.VIEW_BILLS,
        ),
        Act(
            "accept_proposal",
            "Accept the answer to a complaint",
            Action.ACCEPT_RESOLUTION,
            ProposalForm,
            _accept_proposal,
            sees=Action.VIEW_BILLS,
        ),
        Act(
            "complain",
            "Make a complaint",
            Action.LODGE_COMPLAINT,
            ComplaintForm,
            _complain,
        ),
        Act(
            "ask_for_help",
            "Ask for help with paying",
            Action.ARRANGE_HARDSHIP,
            HelpForm,
            _ask_for_help,
        ),
    )
}


def with_customer(permissions: Permissions) -> list[Act]:
    """What somebody may do only with the customer there, and can ask for here."""
    return [act for act in ACTS.values() if permissions.only_with_customer(act.action)]


def act_for(action: Action) -> Act | None:
    """What to ask for with the customer there, in place of doing this alone."""
    if action in LOOKS:
        return ACTS[LOOK_TOGETHER]
    return next((act for act in ACTS.values() if act.action == action), None)
