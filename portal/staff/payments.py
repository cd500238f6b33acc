"""The money desk: record what came in, say whose it is, undo what did not come after all."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from billing.ledger.services import MonthClosed
from billing.payments import selectors, services
from billing.payments.models import Payment
from billing.payments.services import PaymentRefused
from parties.accounts.models import Account
from parties.authority.selectors import local_day, role_names
from parties.people.states import StaffData
from portal.web.guards import audit_actor
from terms.calendar import in_words
from terms.facts import Action
from terms.money import in_dollars

from .base import AddStepAdmin
from .payments_forms import MatchForm, PaymentForm, ReverseForm

REFUSALS = (PaymentRefused, MonthClosed)
# So many files of direct debits are offered for a sum.
SHOWN = 5


class StandingFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unmatched", "Nobody's yet"), ("reversed", "Reversed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "unmatched":
            return selectors.unmatched(queryset)
        if self.value() == "reversed":
            return queryset.filter(reversed_on__isnull=False)
        return queryset


@admin.register(Payment)
class PaymentAdmin(AddStepAdmin):
    """Payments, with the steps that staff take about them."""

    provider_path = "provider"
    account_path = "account"
    guarded = {StaffData.CARD: ("reference", "method")}
    list_display = ("received_on", "dollars", "account", "reference", "method", "standing")
    list_filter = (StandingFilter, "method", "provider")
    search_fields = ("reference", "account__number", "account__customer__name", "towards__number")
    date_hierarchy = "received_on"
    list_select_related = ("account__customer", "debit_file")
    change_form_template = "admin/billing/payment/change_form.html"
    add_title = "Record a payment"
    action = Action.PAY_BILL

    @admin.display(description="amount", ordering="amount")
    def dollars(self, row: Payment) -> str:
        return in_dollars(row.amount)

    @admin.display(description="state")
    def standing(self, row: Payment) -> str:
        if row.reversed_on:
            return "Reversed"
        if row.account_id or hasattr(row, "debit_file"):
            return "Booked"
        return row.unmatched_why or "Nobody's yet"

    def get_urls(self) -> list[Any]:
        return [
            path(
                f"<int:pk>/{part}/",
                self.admin_site.admin_view(view),
                name=f"billing_payment_{part}_step",
            )
            for part, view in (("match", self.match), ("reverse", self.reverse))
        ] + super().get_urls()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = Payment.objects.filter(pk=object_id) if object_id.isdecimal() else None
        extra = {
            "may_handle": self.has_add_permission(request),
            "is_unmatched": row is not None and selectors.unmatched(row).exists(),
        } | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra)

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Record money that came in for the account."""
        today = local_day(account, request.at)
        form = PaymentForm(
            request.POST or None,
            bills=selectors.invoices(account).filter(outstanding__gt=0).order_by("issue_date"),
            today=today,
            initial={"received_on": today},
        )
        if form.is_valid():
            try:
                row = services.record_payment(
                    account=account, at=request.at, actor=_actor(request), **form.cleaned_data
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"Recorded: {_what_became(row)}")
                return redirect("admin:billing_payment_change", row.pk)
        owed = selectors.balance(account, today)
        return self.step(
            request,
            form,
            title=self.add_title,
            action="Record it",
            about=account,
            intro=f"Owing: {in_dollars(owed.owing)}, of which {in_dollars(owed.disputed)} is "
            f"disputed. Credit: {in_dollars(owed.credit)}.",
            back=_page_of(account),
        )

    def match(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say whose money it is that came without a name."""
        row = self._row(request, pk)
        if not selectors.unmatched(Payment.objects.filter(pk=row.pk)).exists():
            raise Http404
        form = MatchForm(
            request.POST or None,
            found=selectors.suggestions(row),
            files=selectors.deposits(row)[:SHOWN],
            payouts=selectors.payouts_for(row)[:SHOWN],
        )
        if form.is_valid() and (form.file or form.payout):
            try:
                self._match_sum(request, row, form)
            except REFUSALS as refusal:
                form.add_error("choice", str(refusal))
            else:
                return redirect(f"{self.list_address}?state=unmatched")
        elif form.is_valid():
            account = self._chosen(request, form)
            if account is None:
                form.add_error("account", "No account of this provider has this number.")
            else:
                try:
                    matched = services.match_payment(
                        payment=row,
                        account=account,
                        at=request.at,
                        why=form.cleaned_data["why"],
                        actor=_actor(request),
                    )
                except REFUSALS as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, f"Booked to {account}: {_what_became(matched)}")
                    return redirect(f"{self.list_address}?state=unmatched")
        return self.step(
            request,
            form,
            title="Whose money is it?",
            action="Book it there",
            about=f"{in_dollars(row.amount)}, received {row.received_on:%d %b %Y}, "
            f"{row.get_method_display()}, “{row.reference}”",
            notes=row.unmatched_why,
            intro="It counts from the day on which it was received.",
            back=f"{self.list_address}?state=unmatched",
        )

    def _match_sum(self, request: HttpRequest, row: Payment, form: MatchForm) -> None:
        """Match a sum that is nobody's own: of a file of direct debits, or of the gateway."""
        facts = {
            "payment": row,
            "why": form.cleaned_data["why"],
            "by": request.user,
            "at": request.at,
        }
        if form.payout is not None:
            paid = services.match_payout(payout=form.payout, **facts)
            words = f"It is the payout of {in_words(paid.day)}: {in_dollars(paid.fees)} are fees."
        else:
            kept = services.match_deposit(file=form.file, **facts)
            words = f"It is the money of the direct debits of {in_words(kept.day)}."
        messages.success(request, words)

    def reverse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Undo a payment: what it paid is open again."""
        row = self._row(request, pk)
        if row.reversed_on:
            raise Http404
        today = request.at.date() if row.account is None else local_day(row.account, request.at)
        form = ReverseForm(request.POST or None, initial={"on": today})
        if form.is_valid():
            given = form.cleaned_data
            if given["on"] > today:
                form.add_error("on", "That day is still to come.")
            else:
                try:
                    words = self._reverse(request, row, given)
                except REFUSALS as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, words)
                    return redirect("admin:billing_payment_change", row.pk)
        return self.step(
            request,
            form,
            title="Reverse a payment",
            action="Reverse it",
            about=f"{in_dollars(row.amount)}, received {row.received_on:%d %b %Y}, "
            f"{row.account or 'nobody’s yet'}",
            intro="What it paid is open again from its own due day; nothing is deleted.",
            back=reverse("admin:billing_payment_change", args=[row.pk]),
        )

    def _reverse(self, request: HttpRequest, row: Payment, given: dict[str, Any]) -> str:
        facts = {"payment": row, "on": given["on"], "why": given["why"], "at": request.at}
        if not given["dishonoured"]:
            services.reverse_payment(**facts, actor=_actor(request))
            return "Reversed. What it paid is open again."
        fees = {name: given[name] for name in ("bank_fee", "own_fee", "own_cost", "told_before")}
        charge = services.dishonour_payment(**facts, **fees, actor=_actor(request))
        if charge is None:
            return "Reversed. The terms let us charge nothing for it."
        return f"Reversed. The next bill carries {in_dollars(charge.amount)} for it."

    def _row(self, request: HttpRequest, pk: int) -> Payment:
        if not self.has_add_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return row

    def _chosen(self, request: HttpRequest, form: MatchForm) -> Account | None:
        """The account that was picked or typed, if the person may see it."""
        given = form.cleaned_data
        mine = self.admin_site.get_model_admin(Account).get_queryset(request)
        if given["choice"] == MatchForm.OTHER:
            return mine.filter(number=given["account"].strip().upper()).first()
        return mine.filter(pk=given["choice"]).first()


def _actor(request: HttpRequest) -> Any:
    return audit_actor(request, acted_as=role_names(request.user))


def _page_of(account: Account) -> str:
    return reverse("admin:parties_account_change", args=[account.pk])


def _what_became(row: Payment) -> str:
    """What a payment paid, in words."""
    paid = [
        f"{in_dollars(one.amount)} to {one.invoice.number}"
        for one in row.allocations.filter(undone_on__isnull=True).select_related("invoice")
    ]
    if not paid:
        return f"{in_dollars(row.amount)} is credit."
    rest = row.amount - sum(one.amount for one in row.allocations.filter(undone_on__isnull=True))
    credit = f", {in_dollars(rest)} is credit" if rest else ""
    return f"{', '.join(paid)}{credit}."
