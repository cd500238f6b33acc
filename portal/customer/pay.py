"""Pay in the portal: how much and with what, the gateway's page, and what became of it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView

from billing.invoices.models import Invoice
from billing.payments import selectors
from billing.payments.models import Draw, Mandate, OnlinePayment, Payment
from billing.payments.services import (
    GatewayDown,
    PaymentRefused,
    Way,
    WaysToPay,
    Wish,
    gateway_of,
    pay_with_kept_card,
    read_dollars,
    require_right,
    start_payment,
    ways_to_pay,
)
from billing.payments.states import OnlineState, PaymentMethod, RefundState
from parties.authority.selectors import NotAuthorised
from parties.correspondence.services import mask_of
from portal.web.guards import AccountPage
from portal.web.lists import ListPage
from terms.facts import Action, Role
from terms.money import ZERO

from .pay_forms import KEPT, OTHER, PayForm, preset

# For which amount the page says whether something is added, before anybody named one.
SAMPLE = Decimal("100.00")
# What the page about a refund is called.
REFUND_LABELS = {
    RefundState.GOING: "On its way back to you",
    RefundState.PAID: "Paid back to you",
    RefundState.FAILED: "Not paid back yet",
    RefundState.REFUSED: "Not paid back",
}
UNREACHED = (
    "The page where you pay can't be reached just now. Nothing was taken. Please try again in a "
    "few minutes; nothing changes about what you owe, or by when."
)


class Pay(AccountPage, FormView):  # type: ignore[type-arg]
    """Choose how much to pay and with what; what is contested is never asked for.

    Who may pay but not see bills names the amount. A surcharge, or money beyond what is owed, is
    shown and agreed to first.
    """

    action = Action.PAY_BILL
    template_name = "customer/pay/pay.html"
    section = "bills"
    form_class = PayForm

    @cached_property
    def sees_bills(self) -> bool:
        return self.allows(Action.VIEW_BILLS)

    @cached_property
    def bill(self) -> Invoice | None:
        """The bill that was asked for, if something of it can be paid."""
        asked = self.request.GET.get("bill", "")
        if not self.sees_bills or not _is_uuid(asked):
            return None
        rows = selectors.invoices(self.account, shown=True)
        found = rows.filter(public_id=asked).first()
        return found if found and found.outstanding > found.disputed else None

    @cached_property
    def payable(self) -> selectors.Payable | None:
        if not self.sees_bills:
            return None
        return selectors.payable(selectors.balance(self.account, self.today, shown=True))

    @cached_property
    def amounts(self) -> list[tuple[str, str, Decimal]]:
        """What can be paid, each with its words and its dollars; none that are alike."""
        found: list[tuple[str, str, Decimal]] = []
        if self.bill is not None:
            open_now = self.bill.outstanding - self.bill.disputed
            found.append(("bill", f"Bill {self.bill.number}", open_now))
        if self.payable is not None:
            found.append(("overdue", "What is overdue", self.payable.overdue))
            if self.payable.owed != self.payable.overdue:
                found.append(("owed", "Everything you owe", self.payable.owed))
        return [one for one in found if one[2] > ZERO]

    @cached_property
    def kept(self) -> Mandate | None:
        """The kept card, for whoever may agree to what is drawn from it."""
        try:
            require_right(self.request.user, self.account, self.today, self.request.at)
        except NotAuthorised:
            return None
        return selectors.kept_card(self.account, self.today)

    def ways(self, amount: Decimal) -> WaysToPay:
        return ways_to_pay(self.account, amount=amount, on=self.today)

    def get_form_kwargs(self) -> dict[str, Any]:
        asked = self.request.POST if self.request.method == "POST" else self.request.GET
        typed = _dollars(asked.get("amount", ""))
        first = self.amounts[0][2] if self.amounts else SAMPLE
        sample = typed if typed and typed > ZERO else first
        return super().get_form_kwargs() | {
            "amounts": self.amounts,
            "ways": self.ways(sample),
            "kept": self.kept,
        }

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET
        named = {name: preset(name, amount) for name, _, amount in self.amounts}
        named[OTHER] = OTHER
        first = next(iter(named.values()))
        return {
            "what": named.get(asked.get("what", ""), first),
            "amount": asked.get("amount", ""),
            "card": asked.get("card", ""),
            "key": uuid.uuid4(),
        }

    def form_valid(self, form: PayForm) -> HttpResponse:
        amount, card = form.cleaned_data["amount"], form.cleaned_data["card"]
        kept = self.kept if card == KEPT else None
        card = kept.card if kept is not None else card
        way = self.ways(amount).of(card)
        if way is None:
            form.add_error("card", "This way to pay is not offered for that amount.")
            return self.form_invalid(form)
        is_bill = form.cleaned_data["what"].startswith("bill-")
        towards = self.bill if is_bill else None
        agreed = _dollars(self.request.POST.get("agreed", ""))
        # Nobody sits before the gateway's page: what is taken is seen here first.
        if self._is_to_be_agreed(amount, way, agreed) or (kept is not None and agreed is None):
            return self._review(form, way, amount, towards)
        wish = Wish(
            amount=amount,
            card=card,
            key=form.cleaned_data["key"],
            agreed=way.surcharge,
            towards=towards,
            kept=kept,
        )
        return self._start(form, wish)

    def _is_to_be_agreed(self, amount: Decimal, way: Way, agreed: Decimal | None) -> bool:
        """Whether the payer has yet to see what is added, or that it is more than they owe."""
        if agreed is not None:
            return agreed != way.surcharge
        beyond = self.payable is not None and amount > self.payable.owed
        return way.surcharge > ZERO or beyond

    def _review(
        self, form: PayForm, way: Way, amount: Decimal, towards: Invoice | None
    ) -> HttpResponse:
        pays = None
        if self.sees_bills:
            pays = selectors.preview(self.account, amount, self.today, towards)
        context = self.get_context_data(form=form) | {
            "way": way,
            "card": form.cleaned_data["card"],
            "kept": self.kept if form.cleaned_data["card"] == KEPT else None,
            "key": form.cleaned_data["key"],
            "amount": amount,
            "total": amount + way.surcharge,
            "pays": pays,
            "what": form.cleaned_data["what"] or OTHER,
            "again": f"?what={OTHER}&amount={amount}&card={form.cleaned_data['card']}",
        }
        return TemplateResponse(self.request, "customer/pay/review.html", context)

    def _start(self, form: PayForm, wish: Wish) -> HttpResponse:
        page = reverse("online_payment", args=[uuid.UUID(int=0)])
        facts = {"account": self.account, "by": self.request.user, "at": self.request.at}
        try:
            if wish.kept is not None:
                row = pay_with_kept_card(wish=wish, **facts)
            else:
                back = f"{settings.SITE_URL}{page.replace(str(uuid.UUID(int=0)), '{}')}"
                row = start_payment(wish=wish, back=back, **facts)
        except GatewayDown:
            form.add_error(None, UNREACHED)
            return self.form_invalid(form)
        except PaymentRefused as refusal:
            form.add_error(None, str(refusal))
            # What was begun keeps its key: this is another payment.
            form.data = {**form.data.dict(), "key": str(uuid.uuid4())}
            return self.form_invalid(form)
        is_open = row.state == OnlineState.STARTED and row.kept_id is None
        return redirect(
            row.address if is_open else reverse("online_payment", args=[row.public_id])
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ways = self.ways(SAMPLE)
        return super().get_context_data(
            payable=self.payable,
            reference=selectors.payment_reference(self.account),
            provider=self.account.customer.provider,
            is_open=gateway_of(self.account.customer.provider.key) is not None,
            refused=ways.refused,
            past=ways.past,
            pays_itself=self.decision.role != Role.ADVOCATE
            and (self.account.customer.provider.draws_debits or _by_card(ways)),
            sees_bills=self.sees_bills,
            may_ask_for_help=self.allows(Action.ARRANGE_HARDSHIP),
            **kwargs,
        )


class OnlinePaymentPage(AccountPage, TemplateView):
    """What became of a payment made in the portal, for its payer and whoever sees bills."""

    action = Action.PAY_BILL
    template_name = "customer/pay/online_payment.html"
    section = "bills"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = OnlinePayment.objects.filter(account=self.account)
        row = rows.filter(public_id=self.kwargs["public_id"]).select_related("payment").first()
        sees_bills = self.allows(Action.VIEW_BILLS)
        if row is None or not (sees_bills or row.started_by_id == self.request.user.pk):
            raise Http404
        receipt = None
        if row.payment is not None and sees_bills:
            receipt = selectors.receipt(selectors.payments_of(self.account).get(pk=row.payment_id))
        return super().get_context_data(
            online=row,
            by_itself=row.kept_id is not None or Draw.objects.filter(online=row).exists(),
            # Staff can undo what the gateway knows nothing of.
            state="taken_back" if row.payment and row.payment.reversed_on else row.state,
            receipt=receipt,
            sees_bills=sees_bills,
            may_ask_for_help=self.allows(Action.ARRANGE_HARDSHIP),
            is_mine=row.started_by_id == self.request.user.pk,
            waits="done" in self.request.GET and row.state == OnlineState.STARTED,
            reference=selectors.payment_reference(self.account),
            **kwargs,
        )


class Payments(ListPage):
    """What was paid, newest first, with what became of it and what it paid."""

    action = Action.VIEW_BILLS
    template_name = "customer/pay/payments.html"
    section = "bills"
    sorts = {"received": "received_on", "amount": "amount", "method": "method"}
    csv_name = "payments"
    csv_columns = {
        "Received": "received_on",
        "Amount": "amount",
        "Method": "method",
        "Reference": "reference",
        "Taken back": "reversed_on",
    }

    def rows(self) -> QuerySet[Payment]:
        return selectors.payments_of(self.account)

    def csv_rows(self) -> list[Any]:
        mask = mask_of(self.permissions)
        rows = list(super().csv_rows())
        for row in rows:
            row.reference = mask.text(row.reference)
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["receipts"] = [selectors.receipt(row) for row in context["page_obj"]]
        context["under_way"] = selectors.under_way(self.account)
        context["refunds"] = selectors.refunds(self.account)
        context["notes"] = self.account.credit_notes.order_by("-issue_date", "-pk")
        context["may_pay"] = self.allows(Action.PAY_BILL)
        return context


class ReceiptPage(AccountPage, TemplateView):
    """The receipt of one payment: what came, when, how, and what it paid."""

    action = Action.VIEW_BILLS
    template_name = "customer/pay/receipt.html"
    section = "bills"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = selectors.payments_of(self.account)
        row = rows.filter(public_id=self.kwargs["public_id"]).first()
        if row is None:
            raise Http404
        row.reference = mask_of(self.permissions).text(row.reference)
        return super().get_context_data(
            receipt=selectors.receipt(row),
            account=self.account,
            **kwargs,
        )


class RefundPage(AccountPage, TemplateView):
    """Credit that was paid back, is on its way back, or did not arrive."""

    action = Action.VIEW_BILLS
    template_name = "customer/pay/refund.html"
    section = "bills"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = selectors.refunds(self.account).filter(public_id=self.kwargs["public_id"]).first()
        if row is None:
            raise Http404
        row.why = mask_of(self.permissions).text(row.why)
        label = REFUND_LABELS[RefundState(row.state)]
        return super().get_context_data(refund=row, label=label, account=self.account, **kwargs)


def _by_card(ways: WaysToPay) -> bool:
    """Whether a card is taken, and with it automatic payment."""
    return any(way.method == PaymentMethod.CARD for way in ways.offered)


def _dollars(text: str) -> Decimal | None:
    """The dollars of a text; None where it is none."""
    try:
        return read_dollars(text) if text.strip() else None
    except PaymentRefused:
        return None


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
