"""What staff enter about the people of an account."""

from __future__ import annotations

from typing import Any

from django import forms

from parties.accounts.models import Account
from parties.authority.selectors import OVER, WIDEST, PersonCard
from parties.authority.states import POWERS, HolderEventKind
from parties.people.models import User
from parties.security.states import Factor, HighRisk
from portal.composition.contact_forms import ContactForm
from terms.calendar import in_words
from terms.facts import Action

HOW = [("By phone", "By phone"), ("In person", "In person")]


class VerifyForm(forms.Form):
    """How the person's identity was checked, and from what."""

    how = forms.ChoiceField(label="How", choices=HOW, widget=forms.RadioSelect)
    evidence = forms.CharField(
        label="Evidence",
        max_length=250,
        help_text="Which documents, or which number was called back. What somebody only knows "
        "is no evidence.",
    )


class AccountForm(forms.Form):
    """Which account a caller speaks about."""

    account = forms.CharField(label="Account number", max_length=20)


class TakeCallForm(forms.Form):
    """Who is calling, under which appointment, and about what."""

    SOMEBODY_ELSE = "else"

    person = forms.ChoiceField(label="Who is calling?", widget=forms.RadioSelect)
    caller = forms.CharField(
        label="Their name",
        max_length=150,
        required=False,
        help_text="Only for somebody else, who has no standing on the account.",
    )
    step = forms.ChoiceField(
        label="What about?",
        choices=[(one.value, says) for one, says in POWERS.items()],
        initial=Action.DISCUSS_ISSUE.value,
    )

    def __init__(self, *args: Any, people: list[PersonCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [one for one in people if one.status not in OVER]
        known.sort(key=lambda one: WIDEST.index(one.role_key))
        here = [(one.public_id, _described(one)) for one in known]
        self.fields["person"].choices = [
            *here,
            (self.SOMEBODY_ELSE, "Somebody else"),
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("person") == self.SOMEBODY_ELSE and not given.get("caller", "").strip():
            self.add_error("caller", "Write down the name that they give.")
        return given


def _described(one: PersonCard) -> str:
    until = f"until {in_words(one.ends_on)}" if one.ends_on else "standing"
    waits = {
        "to_check": ", not checked yet",
        "cooling_off": ", in the time to think",
        "invited": ", not accepted yet",
        "pending": ", not begun yet",
    }.get(one.status, "")
    return f"{one.name}, {one.role.lower()}, {until}{waits}"


class EndCallForm(forms.Form):
    """How a call ended."""

    outcome = forms.CharField(
        label="How did it end?",
        min_length=3,
        max_length=250,
        help_text="What was done or agreed. The customer can read it.",
    )


class CallerForm(forms.Form):
    """Who is calling, what for, and how they prove who they are."""

    person = forms.ModelChoiceField(label="Who is calling", queryset=User.objects.none())
    purpose = forms.ChoiceField(label="What for", choices=HighRisk.choices)
    factor = forms.ChoiceField(
        label="Proof",
        choices=[
            (Factor.TEXTED_CODE, "Text a code to the phone that we have"),
            (Factor.EMAILED_CODE, "Send a code to the email address that we have"),
            (Factor.DOCUMENTS, "Documents: two of category A, or one A and two B"),
        ],
        widget=forms.RadioSelect,
    )
    evidence = forms.CharField(
        label="Documents seen", max_length=300, required=False, help_text="Only with documents."
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(
            appointments__account=account, appointments__revoked_at__isnull=True
        )
        self.fields["person"].queryset = people.distinct()


class UncheckedForm(forms.Form):
    """Adds the reason why nobody's identity was checked, where that is so."""

    without = forms.CharField(
        label="Nobody's identity was checked in the last 15 minutes. Why go on without?",
        max_length=250,
        help_text="It stands in the audit trail, and the customer is told.",
    )

    def __init__(self, *args: Any, checked: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if checked:
            del self.fields["without"]


class StaffContactForm(ContactForm, UncheckedForm):
    """Contact details, changed by staff for a customer who asks."""

    field_order = ("without",)


class HolderForm(UncheckedForm):
    """What happened to the account holder, and who comes next."""

    kind = forms.ChoiceField(label="What happened", choices=HolderEventKind.choices)
    since = forms.DateField(label="Since", widget=forms.DateInput(attrs={"type": "date"}))
    evidence = forms.CharField(
        label="Evidence",
        max_length=300,
        help_text="Which document, seen by whom: certificate, order, notice, contract of sale.",
    )
    new_holder_email = forms.EmailField(
        label="Email address of the new account holder",
        required=False,
        help_text="They are invited, and claim the account with its number.",
    )
    written_consent = forms.BooleanField(
        label="We consented in writing to the transfer", required=False
    )
    field_order = ("kind",)


class EndAppointmentForm(UncheckedForm):
    """Why an appointment ends, asked for by phone."""

    why = forms.CharField(
        label="Why it ends",
        max_length=120,
        help_text="Who asked for it, and how. The customer reads it in the history.",
    )
    sure = forms.BooleanField(
        label="End it now. It can't be taken back; a new appointment needs a new signature"
    )
    field_order = ("why", "without", "sure")


class WhyForm(forms.Form):
    """Why something about an appointment changes; the account holder reads it."""

    why = forms.CharField(
        label="Why",
        min_length=5,
        max_length=250,
        help_text="What we know, from whom, since when. The account holder is told.",
    )


class StatementForm(forms.Form):
    """A customer's letter that an advocate does nothing without them."""

    statement = forms.CharField(
        label="What the customer wrote", widget=forms.Textarea(attrs={"rows": 4}), max_length=2000
    )
    evidence = forms.CharField(
        label="The letter", max_length=250, help_text="Its date, and where it is filed."
    )


class InviteForm(forms.Form):
    """Where the holder of an account that nobody has claimed is invited."""

    email = forms.ChoiceField(label="Send the invitation to", widget=forms.RadioSelect)

    def __init__(self, *args: Any, addresses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].choices = [(one, one) for one in addresses]
