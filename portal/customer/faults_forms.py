"""What somebody says of a fault."""

from __future__ import annotations

from typing import Any

from django import forms

from contracts.requests.selectors import CostTold
from contracts.requests.services import Report
from contracts.requests.states import Trouble
from portal.web.fields import MomentField


class FaultForm(forms.Form):
    """What is wrong, since when, and what was tried; agreeing to a cost is never needed."""

    trouble = forms.ChoiceField(
        label="What is wrong?", choices=Trouble.choices, widget=forms.RadioSelect
    )
    what = forms.CharField(
        label="In your words",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What happens, and what lights or messages you see.",
    )
    since = MomentField(label="Since when?", required=False, help_text="If you know.")
    tried = forms.CharField(
        label="What have you tried?",
        max_length=500,
        required=False,
        help_text="Switching it off and on again often helps. You need not try anything.",
    )
    reach = forms.CharField(
        label="How can we reach you meanwhile?",
        max_length=200,
        required=False,
        help_text="A phone that works, and when somebody is there.",
    )
    accepts_cost = forms.BooleanField(
        label="I know what it can cost, and agree to it", required=False
    )
    is_complaint = forms.BooleanField(
        label="This is a complaint",
        required=False,
        help_text="A fault is none by itself. A complaint gets a reference and a day for our "
        "answer.",
    )

    def __init__(self, *args: Any, told: CostTold, may_agree: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not (told.can_cost and may_agree):
            del self.fields["accepts_cost"]

    def report(self) -> Report:
        """What was said, as the desk takes it."""
        given = self.cleaned_data
        return Report(
            trouble=Trouble(given["trouble"]),
            what=given["what"],
            since=given["since"],
            tried=given["tried"],
            reach=given["reach"],
            accepts_cost=given.get("accepts_cost", False),
        )
