"""What staff enter to answer complaints together, or to see them beside each other."""

from __future__ import annotations

from typing import Any

from django import forms

from complaints.clocks.services import owed
from complaints.process import selectors
from complaints.tickets.models import Complaint
from complaints.tickets.states import Duty
from parties.accounts.selectors import zone_of
from terms.calendar import in_words

from .complaints_forms import StepForm


class LinkForm(StepForm):
    """Which other complaint of the account."""

    other = forms.ModelChoiceField(
        label="Which one?", queryset=Complaint.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["other"]
        field.queryset = self.choices().select_related("account", "lodged_by")
        field.label_from_instance = self._named

    def choices(self) -> Any:
        linked = self.complaint.related.values("pk")
        return selectors.others_like(self.complaint, in_hand=False).exclude(pk__in=linked)

    def _named(self, row: Complaint) -> str:
        day = row.received_at.astimezone(zone_of(row.account)).date()
        return f"{row}, {in_words(day)}, by {row.lodged_by}: {row.description[:80]}"


class UnlinkForm(LinkForm):
    """Which of those that are named beside it."""

    def choices(self) -> Any:
        return self.complaint.related.all()


class MergeForm(LinkForm):
    """With which other one it is answered; what happens is shown before it does."""

    text = forms.CharField(
        label="A word to both, if any",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="The letter says that both are answered together, and by when.",
    )
    sure = forms.BooleanField(
        label="Yes, answer them together", required=False, widget=forms.HiddenInput
    )

    def choices(self) -> Any:
        return selectors.others_like(self.complaint, in_hand=True)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        other = given.get("other")
        if other and not given.get("sure"):
            self.fields["sure"].widget = forms.CheckboxInput()
            self.add_error("sure", f"{self._preview(other)} Tick below if that is right.")
        return given

    def _preview(self, other: Complaint) -> str:
        kept, gone = selectors.in_order(self.complaint, other)
        days = [
            row.due_on
            for one in (kept, gone)
            if (row := owed(one, Duty.PROPOSE).order_by("due_at").last())
        ]
        day = f" by {in_words(min(days))}, the earlier of their days" if days else ""
        told = list(dict.fromkeys(str(one.lodged_by) for one in (kept, gone)))
        manager = " It is a manager's then." if gone.escalated_at or kept.escalated_at else ""
        urgent = " It is urgent then." if gone.is_urgent or kept.is_urgent else ""
        return (
            f"{kept} came first and is answered{day}; {gone} goes on with it.{urgent}{manager} "
            f"{' and '.join(told)} get a letter. It can be undone until the answer is carried out "
            "and closed."
        )

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "sure"}
