"""What is to become of a directory entry, as customers and staff enter it."""

from __future__ import annotations

from django import forms

from contracts.locations.services import ListingWish
from contracts.locations.states import Listing
from terms.calendar import Channel


class ListingForm(forms.Form):
    """What is wanted, and how the entry should read."""

    wanted = forms.ChoiceField(
        label="What should become of it?", choices=Listing.choices, widget=forms.RadioSelect
    )
    listed_as = forms.CharField(
        label="How the entry should read",
        max_length=200,
        required=False,
        help_text="Only for an entry that is to be listed or changed. Anybody can read it then.",
    )

    def wish(self, channel: Channel = Channel.WEB, caller: str = "") -> ListingWish:
        """What was asked for, as the service takes it."""
        return ListingWish(
            wanted=Listing(self.cleaned_data["wanted"]),
            listed_as=self.cleaned_data["listed_as"],
            channel=channel,
            caller=caller,
        )
