"""What staff enter about a charge or a discount for the next bill."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms

from billing.charging.selectors.prices import (
    DOCUMENTS,
    SUPPORT,
    Agreed,
    Copies,
    Cost,
    Recovery,
    Support,
    TakenOff,
    Wanted,
)
from billing.charging.states import ChargeWhat
from billing.credit_management.models import Handover
from billing.credit_management.states import HandoverKind
from contracts.supply.models import Service
from contracts.supply.states import GstCode
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from portal.web.fields import DayField, DollarsField
from terms.calendar import State
from terms.money import ZERO, in_dollars

from .seen_form import SeenForm


class WhatForm(forms.Form):
    """What it is about; the next page asks for the rest."""

    what = forms.ChoiceField(label="What", choices=ChargeWhat.choices, widget=forms.RadioSelect)


class OnBillForm(SeenForm):
    """Something for the next bill: when it arose, which service it is about, and why."""

    on = DayField(label="On which day", help_text="When it happened.")
    service = forms.ModelChoiceField(
        label="Service",
        queryset=Service.objects.none(),
        required=False,
        empty_label="None in particular",
    )
    reason = forms.CharField(
        label="Why",
        min_length=5,
        max_length=300,
        help_text="Who asked for it, and how. It is kept, and whoever approves it reads it.",
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["service"].queryset = Service.objects.filter(contract__account=account)
        first = [name for name in type(self).first if name in self.fields]
        self.order_fields([*first, "on", "service", "reason"])

    first: tuple[str, ...] = ()

    def wanted(self) -> Wanted:
        """What the bill is to carry, as charging takes it."""
        raise LookupError(f"{type(self).__name__} says nothing.")


class SupportForm(OnBillForm):
    """Hours of support, or a visit; the terms say what an hour costs."""

    first = ("kind", "hours", "visit", "at")

    kind = forms.ChoiceField(label="Which support", choices=list(SUPPORT.items()))
    hours = forms.DecimalField(
        label="Hours", min_value=Decimal("0.05"), max_value=1000, max_digits=6, decimal_places=2
    )
    visit = forms.BooleanField(label="Somebody was sent out", required=False)
    at = forms.TimeField(
        label="Began at",
        widget=forms.TimeInput(attrs={"type": "time"}),
        help_text="By the customer's clock: evenings and weekends may cost more.",
    )

    def wanted(self) -> Support:
        given = self.cleaned_data
        return Support(
            kind=given["kind"],
            hours=given["hours"],
            began_at=datetime.combine(given["on"], given["at"], State(self.account.state).zone),
            visit=given["visit"],
        )


class CopiesForm(OnBillForm):
    """Copies of bills, or bills on paper."""

    first = ("kind", "count", "months_back", "usual_way", "other_medium", "listed_fee", "cost")

    kind = forms.ChoiceField(label="What", choices=list(DOCUMENTS.items()))
    count = forms.IntegerField(label="How many", min_value=1, max_value=500, initial=1)
    months_back = forms.IntegerField(
        label="How many months back",
        min_value=0,
        max_value=600,
        required=False,
        help_text="For copies and details: the age of the oldest.",
    )
    usual_way = forms.BooleanField(
        label="The plan sends bills on paper anyway",
        required=False,
    )
    other_medium = forms.BooleanField(
        label="In another form than the one that we choose",
        required=False,
    )
    listed_fee = DollarsField(
        label="Fee of the price list, each",
        required=False,
        help_text="Only where the price list names one.",
    )
    cost = DollarsField(
        label="What it really costs us",
        required=False,
        help_text="Where only the cost is payable.",
    )

    def wanted(self) -> Copies:
        given = self.cleaned_data
        return Copies(
            kind=given["kind"],
            count=given["count"],
            months_back=given["months_back"],
            usual_way=given["usual_way"],
            other_medium=given["other_medium"],
            actual_cost=given["cost"],
            listed_fee=given["listed_fee"],
        )


class CostForm(OnBillForm):
    """A cost that was really paid to somebody else."""

    first = ("description", "paid", "tax_credit")

    description = forms.CharField(label="As the bill says it", min_length=3, max_length=150)
    paid = DollarsField(label="What we paid, GST included")
    tax_credit = DollarsField(
        label="GST in it that we get back",
        nil=True,
        help_text="The input tax credit; 0.00 if there is none.",
    )

    def wanted(self) -> Cost:
        given = self.cleaned_data
        return Cost(
            description=given["description"],
            paid=given["paid"],
            tax_credit=given["tax_credit"] or ZERO,
        )


class RecoveryForm(OnBillForm):
    """What a collector and lawyers took for a debt that was with them."""

    first = ("debt", "paid", "commission", "legal", "told_on")

    debt = forms.ModelChoiceField(label="Which debt", queryset=Handover.objects.none())
    paid = DollarsField(
        label="What the collector really took",
        required=False,
        nil=True,
        help_text="GST included, as its invoice says. A protected customer pays no more.",
    )
    commission = forms.DecimalField(
        label="The collector's commission, in per cent",
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        required=False,
        help_text="Only where the terms count it as though all were recovered.",
    )
    legal = DollarsField(label="What lawyers took", required=False, nil=True)
    told_on = DayField(
        label="When the customer was told of such costs",
        required=False,
        help_text="Their amount, or how they are counted. Before the debt went out; empty: never. "
        "A protected customer who was not told pays nothing.",
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, account=account, **kwargs)
        # What came back for a private reason is in no list.
        self.fields["debt"].queryset = Handover.objects.filter(
            account=account, kind=HandoverKind.COLLECTOR, is_private=False
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        debt, on, told = given.get("debt"), given.get("on"), given.get("told_on")
        if debt and on and on < self._gone_on(debt):
            self.add_error("on", "It costs something only once the debt went out: check the day.")
        if debt and told and told >= self._gone_on(debt):
            self.add_error(
                "told_on",
                f"The debt went out on {self._gone_on(debt):%-d %b %Y}: what was told later does "
                "not count. Leave it empty.",
            )
        return given

    def _gone_on(self, debt: Handover) -> date:
        return local_day(self.account, debt.since)

    def wanted(self) -> Recovery:
        given = self.cleaned_data
        debt: Handover = given["debt"]
        return Recovery(
            description=f"Cost of collecting {in_dollars(debt.amount)}: {debt.to_whom}",
            subject=str(debt.public_id),
            debt=debt.amount,
            gone_on=self._gone_on(debt),
            paid=given["paid"],
            percent=given["commission"],
            legal=given["legal"] or ZERO,
            told_on=given["told_on"],
        )


class AmountForm(OnBillForm):
    """An amount in words, and whether it bears GST."""

    description = forms.CharField(label="As the bill says it", min_length=3, max_length=150)
    amount = DollarsField(label="Amount, GST included")
    gst = forms.ChoiceField(label="GST", choices=GstCode.choices, initial=GstCode.TAXABLE)


class AgreedForm(AmountForm):
    """A price that the customer agreed to before."""

    first = ("description", "amount", "gst", "set_up", "agreed_in", "agreed_on")

    set_up = forms.BooleanField(label="It is for setting up or installing", required=False)
    agreed_in = forms.CharField(
        label="Agreed in",
        min_length=2,
        max_length=60,
        help_text="The quotation, order or message: its number or day.",
    )
    agreed_on = DayField(label="Agreed on")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        agreed, on = given.get("agreed_on"), given.get("on")
        if agreed and on and agreed > on:
            self.add_error("agreed_on", "A price is agreed before it arises: check both days.")
        return given

    def wanted(self) -> Agreed:
        given = self.cleaned_data
        return Agreed(
            description=given["description"],
            amount=given["amount"],
            gst=GstCode(given["gst"]),
            is_set_up=given["set_up"],
            agreed_in=given["agreed_in"],
            agreed_on=given["agreed_on"],
        )


class OffForm(AmountForm):
    """An amount taken off the next bill."""

    first = ("description", "amount", "gst")

    def wanted(self) -> TakenOff:
        given = self.cleaned_data
        return TakenOff(
            description=given["description"],
            amount=given["amount"],
            gst=GstCode(given["gst"]),
        )


class DiscountForm(SeenForm):
    """A share of a service's fee that is taken off until a day."""

    label = forms.CharField(label="As the bill says it", min_length=3, max_length=100)
    service = forms.ModelChoiceField(label="Service", queryset=Service.objects.none())
    percent = forms.DecimalField(
        label="Per cent of its fee",
        min_value=Decimal("0.01"),
        max_value=100,
        max_digits=5,
        decimal_places=2,
    )
    starts_on = DayField(label="First day")
    ends_on = DayField(label="Last day", help_text="It ends by itself after this day.")
    reason = forms.CharField(
        label="Why",
        min_length=5,
        max_length=300,
        help_text="Who agreed to it, and how. It is kept, and whoever approves it reads it.",
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.filter(contract__account=account)


FORMS: dict[ChargeWhat, type[Any]] = {
    ChargeWhat.SUPPORT: SupportForm,
    ChargeWhat.DOCUMENT: CopiesForm,
    ChargeWhat.COST: CostForm,
    ChargeWhat.RECOVERY: RecoveryForm,
    ChargeWhat.AGREED: AgreedForm,
    ChargeWhat.OFF: OffForm,
    ChargeWhat.DISCOUNT: DiscountForm,
}
