"""Where a service is used and where it is to move, as customers and staff enter it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from contracts.locations.selectors import Address
from contracts.locations.services import Wish
from contracts.locations.states import Gear
from contracts.moving.services import MoveWish
from contracts.supply.models import Service
from portal.web.fields import DayField
from terms.calendar import State


class AddressForm(forms.Form):
    """A street address in Australia."""

    street = forms.CharField(
        label="Street and number",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    suburb = forms.CharField(
        label="Suburb",
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    state = forms.ChoiceField(label="State", choices=[(one.value, one.value) for one in State])
    postcode = forms.RegexField(
        r"^\d{4}$",
        label="Postcode",
        error_messages={"invalid": "A postcode has four digits."},
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "numeric"}),
    )

    @property
    def address(self) -> Address:
        """The address that was given."""
        names = ("street", "suburb", "state", "postcode")
        return Address(**{name: self.cleaned_data[name] for name in names})


class TellForm(AddressForm):
    """Where services are used, since when, and with what."""

    services = forms.MultipleChoiceField(
        label="What is used there?", widget=forms.CheckboxSelectMultiple
    )
    used_from = DayField(label="From which day?")
    gear = forms.ChoiceField(
        label="What do you make calls with?",
        choices=[(Gear.UNKNOWN, "I do not know"), *Gear.choices[1:]],
        required=False,
        widget=forms.RadioSelect,
        help_text="From a device of your own or a switchboard, calls to 000 may not be supported.",
    )
    field_order: tuple[str, ...] = (
        "services",
        "street",
        "suburb",
        "state",
        "postcode",
        "used_from",
        "gear",
    )

    def __init__(self, *args: Any, offered: list[Service], is_phone: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {str(one.public_id): one for one in offered}
        self.fields["services"].choices = [(key, str(one)) for key, one in self.offered.items()]
        if not is_phone:
            del self.fields["gear"]

    @property
    def chosen(self) -> list[Service]:
        """The services that were ticked."""
        return [self.offered[key] for key in self.cleaned_data["services"]]

    @property
    def wish(self) -> Wish:
        """What was told, as the register takes it."""
        given = self.cleaned_data
        gear = Gear(given.get("gear") or Gear.UNKNOWN)
        return Wish(address=self.address, used_from=given["used_from"], gear=gear)


class MoveForm(AddressForm):
    """Where a service is to move, and when."""

    move_on = DayField(label="When should it move?")
    said = forms.CharField(
        label="Anything that we should know",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Who lets us in, or what is there already.",
    )

    def wish(self, caller: str = "") -> MoveWish:
        """What was asked, as the service takes it."""
        move_on: date = self.cleaned_data["move_on"]
        return MoveWish(
            address=self.address, move_on=move_on, said=self.cleaned_data["said"], caller=caller
        )
