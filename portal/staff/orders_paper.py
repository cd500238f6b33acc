"""Orders of people without a log-in: a new customer's first one, and one signed on paper."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from phonenumber_field.formfields import PhoneNumberField

from contracts.orders import services
from contracts.orders.models import Order
from contracts.orders.services import OrderRefused
from parties.accounts.models import Provider
from parties.accounts.services import NewCustomer
from parties.accounts.states import CustomerKind
from parties.authority.selectors import NotAuthorised, holder, local_day, staff_may
from portal.composition.address_forms import AddressForm
from portal.web.fields import DayField, DollarsField
from terms.facts import Action
from terms.money import ZERO

from .orders_forms import DraftForm

NEW_CUSTOMER = "admin:contracts_order_new_customer_step"


class ProviderForm(forms.Form):
    """Whose customer it is to be."""

    provider = forms.ModelChoiceField(label="Provider", queryset=Provider.objects.all())


class NewCustomerForm(AddressForm, DraftForm):
    """Who becomes a customer, where they are, and the first line of what they order."""

    kind = forms.ChoiceField(label="They are", choices=CustomerKind.choices)
    name = forms.CharField(label="Name, as the contract has it", max_length=150)
    abn = forms.RegexField(
        r"^\d{11}$",
        label="ABN",
        required=False,
        error_messages={"invalid": "An ABN has eleven digits: leave the spaces out."},
    )
    email = forms.EmailField(
        label="Email address",
        help_text="Bills and the invitation to claim the account go there.",
    )
    phone = PhoneNumberField(label="Phone", required=False)
    annual_spend = DollarsField(
        label="What they spend a year, estimated",
        required=False,
        nil=True,
        help_text="Of a business: how far the law protects it follows from this.",
    )
    bill_day = forms.IntegerField(
        label="Day of the month for bills", min_value=1, max_value=31, initial=1
    )
    field_order = (
        *("kind", "name", "abn", "email", "phone", "street", "suburb", "state", "postcode"),
        *("annual_spend", "bill_day", "quotation", "deposit", "label", "plan"),
    )

    @property
    def who(self) -> NewCustomer:
        """The customer as services take them."""
        given = self.cleaned_data
        same = ("name", "abn", "email", "street", "suburb", "state", "postcode", "bill_day")
        return NewCustomer(
            kind=CustomerKind(given["kind"]),
            phone=str(given["phone"] or ""),
            annual_spend=given["annual_spend"] or ZERO,
            **{one: given[one] for one in same},
        )


class PaperForm(forms.Form):
    """What a paper says that somebody signed."""

    signed_as = forms.CharField(label="Signed by", max_length=150)
    signed_on = DayField(label="Signed on")
    total_signed = DollarsField(
        label="Total over the term on the paper, inc GST", nil=True, help_text="As it is printed."
    )
    ticked = forms.TypedMultipleChoiceField(
        label="Confirmed on the paper, each by itself",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticked"].choices = [(one.pk, one.words) for one in order.ticks.all()]


class PaperSteps:
    """Adds to orders what is done for people without a log-in."""

    admin_site: Any
    step: Any
    _row: Any
    _take: Any

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.new_customer)
        name = "contracts_order_new_customer_step"
        return [path("new-customer/", view, name=name), *super().get_urls()]

    def new_customer(self, request: HttpRequest) -> HttpResponse:
        """Take down a customer, their account and the first line of an order, all in one."""
        if not staff_may(request.user, Action.OPEN_SERVICE).allowed:
            raise PermissionDenied
        provider = _provider(request)
        if provider is None:
            return self._ask_provider(request)
        form = NewCustomerForm(request.POST or None, provider=provider.pk)
        if form.is_valid():
            given = form.cleaned_data
            try:
                row = services.order_for_new_customer(
                    provider=provider,
                    who=form.who,
                    line=form.wish,
                    quotation=given["quotation"],
                    deposit=given["deposit"],
                    by=request.user,
                    at=request.at,
                )
            except (OrderRefused, NotAuthorised) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(
                    request, f"Account {row.account.number} is open, and they are invited to it."
                )
                return redirect("admin:contracts_order_change", row.pk)
        title = f"A new customer of {provider}"
        intro = (
            "Nothing is agreed by writing it. More lines can follow; then it is offered to them."
        )
        back = reverse("admin:contracts_order_changelist")
        shown = {"title": title, "action": "Open the account", "intro": intro, "back": back}
        return self.step(request, form, **shown)

    def paper(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take down that an offer was signed on paper, by somebody without a log-in."""
        row: Order = self._row(request, pk, "paper")
        today = local_day(row.account, request.at)
        form = PaperForm(request.POST or None, order=row, initial={"signed_on": today})

        def act(row: Order, given: dict[str, Any]) -> None:
            services.accept_on_paper(order=row, by=request.user, at=request.at, **given)

        intro = "Print the summary, let them sign it, and keep the paper. It counts from today."
        return self._take(request, row, "paper", form, act, intro=intro, because=row.because)

    def _ask_provider(self, request: HttpRequest) -> HttpResponse:
        form = ProviderForm(request.POST or None)
        if form.is_valid():
            key = form.cleaned_data["provider"].key
            return redirect(f"{reverse(NEW_CUSTOMER)}?provider={key}")
        shown = {"title": "A new customer", "action": "Choose", "back": reverse("admin:index")}
        return self.step(request, form, **shown)


def _provider(request: HttpRequest) -> Provider | None:
    """Whose customer it is to be: staff of one provider take down that one's alone."""
    mine: Provider | None = request.user.provider
    if mine is not None:
        return mine
    asked = request.GET.get("provider")
    if not asked:
        return None
    found = Provider.objects.filter(key=asked[:40].replace("\x00", "")).first()
    if found is None:
        raise Http404
    return found


def can_sign_on_paper(row: Order) -> bool:
    """Whether nobody holds its account in the portal."""
    return holder(row.account) is None
