"""What staff say of a change of price."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from contracts.catalogue.models import Plan
from contracts.variations.states import Forced, Harm, Hurts, PriceWay
from parties.accounts.models import Provider

from .payments_forms import DayField, DollarsField

WAYS = [("to", "To this price"), ("up", "Up by this amount"), ("down", "Down by this amount")]


class PlanField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A plan, with what it costs in the list now."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}: ${obj.monthly_fee:,.2f} in the list"


class ForManyForm(forms.Form):
    """What staff say of any change for many besides what changes and from when."""

    forced_by = forms.ChoiceField(
        label="What forces it",
        required=False,
        choices=[("", "Nothing: it is our own decision"), *Forced.choices],
        help_text="The notice names it.",
    )
    supplier_wide = forms.BooleanField(
        label="The supplier makes all its resellers change", required=False
    )
    offers_way_out = forms.BooleanField(
        label="We offer a way out to those whose terms leave it to us", required=False
    )
    notice_days = forms.IntegerField(
        label="Days of notice",
        required=False,
        min_value=1,
        max_value=365,
        help_text="Only where the terms ask for reasonable notice.",
    )
    notice_why = forms.CharField(
        label="Why so many days are reasonable", max_length=300, required=False
    )

    def clean(self) -> dict[str, Any]:
        """What is chosen has its reason, and nothing is claimed that the cause does not bear."""
        given = super().clean() or {}
        if given.get("notice_days") and not given.get("notice_why"):
            self.add_error("notice_why", "Say why: it is kept.")
        if given.get("supplier_wide") and given.get("forced_by") != Forced.SUPPLIER:
            self.add_error("supplier_wide", "Tick it only where our supplier forces the change.")
        return given

    def clean_forced_by(self) -> Forced | None:
        given = self.cleaned_data["forced_by"]
        return Forced(given) if given else None


class DraftForm(ForManyForm):
    """A new price for all on a plan, or for one service; nobody is told by it."""

    field_order = (
        "plan",
        "way",
        "amount",
        "effective_on",
        "says",
        "forced_by",
        "supplier_wide",
        "hurts",
    )

    plan = PlanField(label="Which plan", queryset=Plan.objects.none())
    way = forms.ChoiceField(
        label="How the price changes", choices=WAYS, widget=forms.RadioSelect, initial="to"
    )
    amount = DollarsField(
        label="Amount per unit and month",
        nil=True,
        help_text="In dollars, in the GST basis of the price list: 84.95",
    )
    effective_on = DayField(
        label="From which day",
        help_text="The first day of the new price. Whoever has to be told longer before, is shown "
        "next.",
    )
    says = forms.CharField(
        label="Why, as the customers read it",
        min_length=10,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    hurts = forms.ChoiceField(
        label="How much a rise hurts", choices=Hurts.choices, initial=Hurts.MATERIAL
    )

    def __init__(self, *args: Any, plans: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = plans

    @property
    def facts(self) -> dict[str, Any]:
        """What was entered, as a draft takes it."""
        given = dict(self.cleaned_data)
        way, amount = given.pop("way"), given.pop("amount")
        signed: Decimal = -amount if way == "down" else amount
        return {
            **given,
            "way": PriceWay.TO if way == "to" else PriceWay.BY,
            "amount": signed,
            "hurts": Hurts(given["hurts"]),
        }


class TermsDraftForm(ForManyForm):
    """A newer version of the terms for all contracts under an older one; nobody is told by it."""

    field_order = ("version", "effective_on", "says", "harms")

    version = forms.ChoiceField(label="Which version")
    effective_on = DayField(
        label="From which day",
        help_text="For nobody sooner. Whoever has to be told longer before is bound later: each "
        "contract's day is shown next.",
    )
    says = forms.CharField(
        label="What changes, as the customers read it",
        min_length=10,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    harms = forms.ChoiceField(label="Whom it hurts", choices=Harm.choices, initial=Harm.MATERIAL)

    def __init__(self, *args: Any, versions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].choices = versions

    @property
    def facts(self) -> tuple[str, dict[str, Any]]:
        """The provider's key, and what was entered as a draft takes it."""
        given = dict(self.cleaned_data)
        key, version = given["version"].split(" ", 1)
        return key, given | {"version": version, "harms": Harm(given["harms"])}


class DecisionForm(forms.Form):
    """Yes or no to a change that somebody else drafted."""

    approve = forms.TypedChoiceField(
        label="Decision",
        choices=[("yes", "Approve: everybody is told now"), ("no", "Refuse")],
        widget=forms.RadioSelect,
        coerce=lambda given: given == "yes",
        empty_value=None,
    )
    why = forms.CharField(
        label="Why", max_length=300, required=False, help_text="Needed for a no."
    )


class WhyForm(forms.Form):
    """A reason that customers read."""

    why = forms.CharField(
        label="Why", min_length=5, max_length=300, help_text="Everybody who was told reads it."
    )


class LaterForm(forms.Form):
    """A later day for one service."""

    on = DayField(label="From which day", help_text="It is told anew for this day.")


class PercentField(forms.CharField):
    """Per cent as people write it, with a point; a Decimal once cleaned."""

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value).replace("\u2212", "-").removesuffix("%").strip()
        if "," in text:
            raise forms.ValidationError(f"Write it with a point: {text.replace(',', '.')}")
        try:
            percent = Decimal(text)
        except InvalidOperation:
            raise forms.ValidationError("Give per cent in figures: 3.1") from None
        places = percent.as_tuple().exponent
        if not percent.is_finite() or not isinstance(places, int) or places < -2:
            raise forms.ValidationError("Give per cent with two places at most: 3.1")
        return percent


class FigureForm(forms.Form):
    """By how much the consumer price index rose, as it was published."""

    provider = forms.ModelChoiceField(label="For which provider", queryset=Provider.objects.none())
    period = forms.CharField(
        label="Which year",
        max_length=80,
        help_text="As customers read it: in the year to the December quarter 2026",
    )
    percent = PercentField(
        label="Per cent",
        max_length=12,
        help_text="3.1. Below zero where prices fell; the terms may name a least rise all the "
        "same.",
    )
    published_on = DayField(label="Published on")
    source = forms.CharField(
        label="Where", max_length=200, help_text="The publication and its address."
    )

    def __init__(self, *args: Any, providers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].queryset = providers


class ConfirmFigureForm(forms.Form):
    """Yes or no to a figure that somebody else entered."""

    approve = forms.TypedChoiceField(
        label="Is it as published?",
        choices=[("yes", "Yes: prices rise by it"), ("no", "No")],
        widget=forms.RadioSelect,
        coerce=lambda given: given == "yes",
        empty_value=None,
    )
