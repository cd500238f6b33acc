"""What staff enter about orders."""

from __future__ import annotations

from typing import Any

from django import forms

from contracts.catalogue.models import Plan
from contracts.orders.models import Order, OrderLine, PortIn
from contracts.orders.services import LineWish
from contracts.orders.states import MONTHS_MOST, Basis, Outcome
from portal.web.fields import DayField, DollarsField, MomentField

from .seen_form import SeenForm


class LineForm(forms.Form):
    """One line of an order: a plan each month, an item once, or both."""

    label = forms.CharField(
        label="What it is", max_length=80, help_text="As the customer reads it."
    )
    plan = forms.ModelChoiceField(
        label="Plan",
        queryset=Plan.objects.none(),
        required=False,
        help_text="Empty for what is charged once only.",
    )
    quantity = forms.IntegerField(label="How many", initial=1, min_value=1, max_value=10_000)
    unit_fee = DollarsField(
        label="Price of each a month",
        required=False,
        nil=True,
        help_text="Empty: the plan's price in the list of today.",
    )
    once = DollarsField(label="Charged once", required=False, nil=True)
    basis = forms.ChoiceField(
        label="These prices are",
        choices=[("", "As the price list has them"), *Basis.choices],
        required=False,
    )
    months = forms.IntegerField(
        label="Minimum term in months",
        required=False,
        min_value=1,
        max_value=MONTHS_MOST,
        help_text="Empty: the order form leaves it blank, and the terms say what follows.",
    )
    identifier = forms.CharField(label="Number, link or host name", max_length=40, required=False)
    vendor = forms.CharField(
        label="Vendor",
        max_length=60,
        required=False,
        help_text="Only where the quotation names one.",
    )
    numbers = forms.CharField(
        label="Numbers to move in",
        max_length=300,
        required=False,
        help_text="As they are written at the old provider.",
    )

    def __init__(self, *args: Any, provider: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plans = self.fields["plan"]
        if isinstance(plans, forms.ModelChoiceField):
            plans.queryset = Plan.objects.filter(provider=provider, is_listed=True)

    @property
    def wish(self) -> LineWish:
        """The line as services take it."""
        names = LineWish.__dataclass_fields__
        return LineWish(**{name: self.cleaned_data[name] for name in names})


class DraftForm(LineForm):
    """An order with its first line."""

    quotation = forms.CharField(
        label="Quotation",
        max_length=60,
        required=False,
        help_text="Its own number, if there is one.",
    )
    deposit = DollarsField(
        label="Deposit before delivery",
        required=False,
        help_text="Stated in the order; nothing is delivered before it is paid.",
    )
    field_order: tuple[str, ...] = ("quotation", "deposit", "label", "plan")


class CapacityForm(forms.Form):
    """Whether the customer can pay it, and how that was found out."""

    outcome = forms.ChoiceField(
        label="Can they pay it?", choices=Outcome.choices, widget=forms.RadioSelect
    )
    reasons = forms.CharField(
        label="How it was found out",
        min_length=5,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It is kept; after a no the customer reads it, and the order ends.",
    )


class OfferForm(SeenForm):
    """Until when it can be accepted."""

    open_until = DayField(label="Last day to accept")


class EndForm(forms.Form):
    """Why it ends."""

    why = forms.CharField(
        label="Why", min_length=5, max_length=300, help_text="The customer reads it."
    )


class WorkBeganForm(forms.Form):
    """Since when something is done for an order, and what."""

    began_on = DayField(label="Since")
    what = forms.CharField(label="What was done", min_length=5, max_length=300)


class OneLine(forms.Form):
    """A step about one line of an order."""

    line = forms.ModelChoiceField(label="Which", queryset=OrderLine.objects.none())

    def __init__(self, *args: Any, order: Order, lines: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["line"]
        if isinstance(chosen, forms.ModelChoiceField):
            chosen.queryset = order.lines.filter(pk__in=lines)
            chosen.initial = lines[0] if len(lines) == 1 else None


class TakeOutForm(OneLine):
    """A line that is not ordered after all."""


class ProvisionForm(OneLine):
    """A line is set up."""

    on = DayField(label="Set up on")


class ActivateLineForm(OneLine):
    """A line works."""

    activated_on = DayField(label="Works since")
    identifier = forms.CharField(
        label="Number, link or host name",
        max_length=40,
        required=False,
        help_text="Empty: as the order has it.",
    )
    ready_on = DayField(
        label="Told ready on",
        required=False,
        help_text="When the customer was told that it can be used; charges may start later.",
    )
    first_used_on = DayField(
        label="First used on",
        required=False,
        help_text="If they used it before they were told. The terms may start it on that day.",
    )


class DropLineForm(OneLine):
    """A line that will not come."""

    why = forms.CharField(
        label="Why", min_length=5, max_length=300, help_text="The customer reads it."
    )


class SettleForm(SeenForm):
    """What withdrawing an order cost."""

    amount_ex = DollarsField(
        label="Amount before GST", nil=True, help_text="0.00 to charge nothing."
    )
    breakdown = forms.CharField(
        label="What it is made of",
        min_length=5,
        max_length=600,
        help_text="Each part with its amount; the customer reads it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class OneMove(forms.Form):
    """A step about numbers that move in."""

    port = forms.ModelChoiceField(label="Which numbers", queryset=PortIn.objects.none())
    moment = MomentField(label="When")

    def __init__(self, *args: Any, order: Order, lines: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["port"]
        if isinstance(chosen, forms.ModelChoiceField):
            chosen.queryset = PortIn.objects.filter(line__order=order, pk__in=lines)
            chosen.initial = lines[0] if len(lines) == 1 else None


class RejectForm(OneMove):
    """The losing provider rejects a move."""

    why = forms.CharField(label="Their reason", min_length=3, max_length=200)


class StopForm(forms.Form):
    """A move that is stopped now."""

    port = OneMove.base_fields["port"]

    def __init__(self, *args: Any, order: Order, lines: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["port"]
        if isinstance(chosen, forms.ModelChoiceField):
            chosen.queryset = PortIn.objects.filter(line__order=order, pk__in=lines)
            chosen.initial = lines[0] if len(lines) == 1 else None
