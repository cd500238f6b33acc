"""Give back and give up: credit notes and write-offs; another person where it is much."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from billing.invoices.models import Invoice, InvoiceLine
from billing.ledger.models import OpenItem
from billing.ledger.services import MonthClosed
from billing.payments import services
from billing.payments.models import MoneyRequest
from billing.payments.services import (
    CreditRefused,
    NeedsSecondPerson,
    PaymentRefused,
    RefundRefused,
    left_to_credit,
)
from billing.payments.services.requests import needs_two
from billing.payments.states import RequestKind, RequestState
from parties.authority.selectors import staff_may
from portal.web.fields import DollarsField
from terms.facts import Action
from terms.lifecycle import IllegalStep
from terms.money import in_dollars

from .base import StepAdmin
from .seen_form import SeenForm

REFUSALS = (
    PaymentRefused,
    CreditRefused,
    RefundRefused,
    NeedsSecondPerson,
    MonthClosed,
    IllegalStep,
)


class LineField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.service_label} {obj.description}: {in_dollars(obj.amount_inc)}".strip()


class PreviewedForm(SeenForm):
    """An amount and a reason; what would happen is shown before it does."""

    amount = DollarsField(label="Amount, GST included", help_text="In dollars: 1,234.50")
    reason = forms.CharField(
        label="Why",
        min_length=5,
        max_length=300,
        help_text="The customer reads it, and so does whoever approves it.",
    )


class RequestForm(PreviewedForm):
    """What of a bill is given back or given up."""

    kind = forms.ChoiceField(label="What", choices=RequestKind.choices, widget=forms.RadioSelect)
    line = LineField(
        label="Which line",
        queryset=InvoiceLine.objects.none(),
        required=False,
        empty_label="The bill as a whole",
        help_text="For a credit note; its GST is the line's own.",
    )
    field_order = ("kind", "line", "amount", "reason")

    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].queryset = invoice.lines.order_by("position")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("kind") == RequestKind.WRITE_OFF and given.get("line"):
            self.add_error("line", "A write-off is of the bill as a whole.")
        return given


class DecisionForm(forms.Form):
    """Yes or no to what somebody else asked for."""

    approve = forms.TypedChoiceField(
        label="Decision",
        choices=[("yes", "Approve: it is done now"), ("no", "Refuse")],
        widget=forms.RadioSelect,
        coerce=lambda given: given == "yes",
        empty_value=None,
    )


def may_give(request: HttpRequest) -> bool:
    """Whether somebody may ask for credit notes, write-offs and refunds, and decide them."""
    return staff_may(request.user, Action.PAY_BILL).allowed


class DecidedAdmin(StepAdmin):
    """What one person asked for and another decides."""

    list_filter: Any = ("state", "kind")
    change_form_template = "admin/billing/decided_change_form.html"
    waiting = ""
    refusals: tuple[type[Exception], ...] = REFUSALS

    def reasons(self, row: Any) -> Any:
        """The clauses that the row rests on, to be shown with it."""
        return ()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        waits = row is not None and row.state == self.waiting and may_give(request)
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_decide"
        extra = {
            "decide": reverse(name, args=[row.pk]) if waits else "",
            "reasons": self.reasons(row) if row is not None else (),
        }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_decide"
        decide = self.admin_site.admin_view(self.decide)
        return [path("<int:pk>/decide/", decide, name=name), *super().get_urls()]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Approve or refuse what somebody else asked for."""
        if not may_give(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or row.state != self.waiting:
            raise Http404
        form = DecisionForm(request.POST or None)
        if form.is_valid():
            try:
                done = self.take(row, form.cleaned_data["approve"], request)
            except self.refusals as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{done.get_state_display()}.")
                return redirect(f"{self.list_address}?state__exact={self.waiting}")
        return self.step(
            request,
            form,
            title="Decide",
            action="Decide",
            about=row,
            notes=f"{row.asked_by} asked for it: {row.reason}",
            intro=f"It is about {in_dollars(row.amount)}. Whoever asked can't decide.",
            because=self.reasons(row),
        )

    def take(self, row: Any, approve: bool, request: HttpRequest) -> Any:
        """Carry the decision out, and return the row as it is then."""
        raise LookupError(f"{type(self).__name__} decides nothing.")


@admin.register(MoneyRequest)
class MoneyRequestAdmin(DecidedAdmin):
    """Parts of bills to give back or to give up."""

    provider_path = "invoice__account__customer__provider"
    list_display = ("invoice", "kind", "amount", "state", "asked_by", "decided_by")
    search_fields = ("invoice__number", "invoice__account__number")
    list_select_related = ("invoice", "asked_by", "decided_by")
    waiting = RequestState.ASKED

    def get_urls(self) -> list[Any]:
        ask = self.admin_site.admin_view(self.ask)
        name = "billing_invoice_give_step"
        return [path("for/<int:pk>/", ask, name=name), *super().get_urls()]

    def take(self, row: Any, approve: bool, request: HttpRequest) -> Any:
        return services.decide_money(request=row, approve=approve, by=request.user, at=request.at)

    def ask(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give back or give up a part of a bill, after a look at what that would do."""
        if not may_give(request):
            raise PermissionDenied
        invoice = self.admin_site.get_model_admin(Invoice).get_object(request, str(pk))
        if invoice is None:
            raise Http404
        form = RequestForm(request.POST or None, invoice=invoice)
        preview, action = "", "Show what it would do"
        if form.is_valid():
            given = form.cleaned_data
            if form.is_previewed():
                try:
                    row = services.ask_money(
                        kind=RequestKind(given["kind"]),
                        invoice=invoice,
                        line=given["line"],
                        amount=given["amount"],
                        reason=given["reason"],
                        by=request.user,
                        at=request.at,
                    )
                except REFUSALS as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, _said(row))
                    return redirect("admin:billing_moneyrequest_change", row.pk)
            else:
                form.show()
                preview, action = _preview(request, invoice, form), "Do it"
        open_now = OpenItem.objects.get(invoice=invoice)
        return self.step(
            request,
            form,
            title=f"Credit or write off: {invoice}",
            action=action,
            about=invoice.account,
            notes=preview,
            intro=f"Charged: {in_dollars(invoice.total_inc)}. "
            f"Open: {in_dollars(open_now.amount)}. "
            f"Left to give back: {in_dollars(left_to_credit(invoice))}.",
            back=reverse("admin:billing_invoice_change", args=[invoice.pk]),
        )


def _said(row: MoneyRequest) -> str:
    if row.state == RequestState.ASKED:
        return "It waits for a second person, on their worklist."
    if row.credit_note is not None:
        return f"Done: credit note {row.credit_note}."
    return f"Done: {in_dollars(row.amount)} is written off."


def _preview(request: HttpRequest, invoice: Invoice, form: RequestForm) -> str:
    """What would happen, in words."""
    given = form.cleaned_data
    amount = given["amount"]
    open_now = OpenItem.objects.get(invoice=invoice).amount
    off = min(amount, open_now)
    words = [
        f"{in_dollars(off)} less is owed on {invoice}: {in_dollars(open_now - off)} stays open."
    ]
    if given["kind"] == RequestKind.CREDIT_NOTE and amount > off:
        words.append(f"{in_dollars(amount - off)} becomes credit.")
    if needs_two(invoice.account, amount, request.user):
        words.append("It is above what one person may give: it waits for another.")
    return " ".join(words)
