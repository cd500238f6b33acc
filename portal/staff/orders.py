"""Orders: written, looked at, offered, delivered line by line, taken back with what that costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from billing.credit_management.selectors import held
from contracts.catalogue.models import VendorLink
from contracts.orders import selectors as orders
from contracts.orders import services
from contracts.orders.models import (
    CapacityCheck,
    Order,
    OrderLine,
    OrderTick,
    PortIn,
    Withdrawal,
)
from contracts.orders.services import is_delivered
from contracts.orders.states import OrderState, Outcome
from parties.accounts.models import Account
from parties.authority.selectors import local_day, staff_may
from terms.facts import Action
from terms.money import ZERO, gst_on, in_dollars, to_cents

from .base import AddStepAdmin, ConfinedAdmin, ReadOnlyAdmin
from .orders_forms import (
    ActivateLineForm,
    CapacityForm,
    DraftForm,
    DropLineForm,
    EndForm,
    LineForm,
    OfferForm,
    ProvisionForm,
    SettleForm,
    TakeOutForm,
    WorkBeganForm,
)
from .orders_moves import MOVES, REFUSALS, Act, MoveSteps, moves_of
from .orders_paper import PaperSteps, can_sign_on_paper

DEFAULT_OPEN = timedelta(days=14)


class WaitsFilter(admin.SimpleListFilter):
    """Orders by what they wait for."""

    title = "waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("cost", "Withdrawn: what it costs is open")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return orders.withdrawn_unsettled(queryset) if self.value() == "cost" else queryset


class MovesFilter(admin.SimpleListFilter):
    """Moves by what they wait for."""

    title = "waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("send", "To send, or to send again")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return orders.moves_to_send(queryset) if self.value() == "send" else queryset


class _Shown(admin.TabularInline):  # type: ignore[type-arg]
    extra = 0
    max_num = 0
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LineInline(_Shown):
    model = OrderLine
    fields = (
        *("label", "plan", "quantity", "fee", "basis", "months", "charged_once", "vendor"),
        *("numbers", "provisioned_on", "service", "dropped_why"),
    )
    readonly_fields = ("numbers", "fee", "charged_once")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("plan", "service", "port")

    @admin.display(description="each a month")
    def fee(self, row: OrderLine) -> str:
        return "–" if row.unit_fee is None else in_dollars(row.unit_fee)

    @admin.display(description="once")
    def charged_once(self, row: OrderLine) -> str:
        return "–" if row.once is None else in_dollars(row.once)

    @admin.display(description="numbers that move in")
    def numbers(self, row: OrderLine) -> str:
        if not hasattr(row, "port"):
            return "–"
        day = f", not before {row.port.not_before:%-d %b %Y}" if row.port.not_before else ""
        return f"{row.port.numbers}: {row.port.get_state_display().lower()}{day}"


class TickInline(_Shown):
    model = OrderTick
    fields = ("kind", "words", "link", "ticked_at")


class CheckInline(_Shown):
    model = CapacityCheck
    fields = ("checked_at", "checked_by", "value", "finding", "reasons")


class WithdrawalInline(_Shown):
    model = Withdrawal
    fields = ("asked_at", "asked_by", "min_ex", "max_ex", "amount_ex", "breakdown", "settled_at")


@admin.register(Order)
class OrderAdmin(PaperSteps, MoveSteps, AddStepAdmin):
    """Each order, what was confirmed, and the steps that come next."""

    provider_path = "account__customer__provider"
    account_path = "account"
    reference = "reference"
    list_display = (
        *("reference", "quotation", "account", "state", "total", "open_until", "accepted_at"),
    )
    list_filter = (
        WaitsFilter,
        "state",
        ("problem", admin.EmptyFieldListFilter),
        "account__customer__provider",
    )
    search_fields = ("reference", "quotation", "account__number", "account__customer__name")
    list_select_related = ("account__customer",)
    date_hierarchy = "drafted_at"
    fields = (
        *("account", "reference", "quotation", "state", "total", "asked_first", "version"),
        *("drafted_by", "offered_at", "offered_by", "open_until", "accepted_at", "accepted_by"),
        *("signed_as", "work_began_on", "work_done", "ended_at", "ended_by", "ended_why"),
        "problem",
    )
    readonly_fields = ("total", "asked_first")
    inlines = (LineInline, TickInline, CheckInline, WithdrawalInline)
    steps = {
        "line": "Add a line",
        "takeout": "Take a line out",
        "capacity": "Can they pay it?",
        "offer": "Offer it",
        "paper": "Signed on paper",
        "advice": "Port advice sent",
        "reject": "Old provider rejects the move",
        "cutover": "Cut-over request received",
        "moved": "Numbers moved",
        "stop": "Stop the move",
        "work": "Work has begun",
        "provision": "A line is set up",
        "activate": "A line works",
        "drop": "A line will not come",
        "settle": "What withdrawing costs",
        "cancel": "Cancel the order",
    }
    add_title = "Write an order"
    change_list_template = "admin/contracts/order/change_list.html"
    action = Action.OPEN_SERVICE

    @admin.display(description="over the term, inc GST", ordering="total_inc")
    def total(self, row: Order) -> str:
        return "–" if row.total_inc is None else in_dollars(row.total_inc)

    @admin.display(description="deposit before delivery")
    def asked_first(self, row: Order) -> str:
        return "–" if row.deposit is None else in_dollars(row.deposit)

    def steps_now(self, request: HttpRequest, row: Order) -> list[str]:
        if not staff_may(request.user, Action.OPEN_SERVICE).allowed:
            return []
        now = {
            OrderState.DRAFT: {"line", "capacity", "offer", "cancel"},
            OrderState.ASKED: {"capacity", "offer", "cancel"},
            OrderState.OFFERED: {"cancel"},
            OrderState.ACCEPTED: {"work"},
        }.get(OrderState(row.state), set())
        lines = orders.live_lines(row)
        if row.state == OrderState.DRAFT and len(lines) > 1:
            now.add("takeout")
        if row.state == OrderState.OFFERED and can_sign_on_paper(row):
            now.add("paper")
        if row.state == OrderState.ACCEPTED:
            now |= _delivering(row, lines)
        found = Withdrawal.objects.filter(order=row, settled_at__isnull=True).exists()
        if row.state == OrderState.WITHDRAWN and found:
            now.add("settle")
        return [slug for slug in self.steps if slug in now]

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Write an order with its first line; nothing is seen by the customer yet."""
        provider = account.customer.provider_id
        form = DraftForm(request.POST or None, provider=provider)
        if form.is_valid():
            given = form.cleaned_data
            try:
                row = services.draft_order(
                    account=account,
                    by=request.user,
                    at=request.at,
                    line=form.wish,
                    quotation=given["quotation"],
                    deposit=given["deposit"],
                )
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(
                    request, "Written. The customer sees nothing before you offer it."
                )
                return redirect("admin:contracts_order_change", row.pk)
        return self.step(
            request,
            form,
            title=self.add_title,
            action=self.add_title,
            about=account,
            intro="Nothing is agreed by writing it. More lines can follow on the next page.",
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )

    def line(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add a line."""
        row = self._row(request, pk, "line")
        form = LineForm(request.POST or None, provider=row.account.customer.provider_id)

        def act(row: Order, given: dict[str, Any]) -> None:
            services.add_line(order=row, line=form.wish, by=request.user, at=request.at)

        return self._take(request, row, "line", form, act)

    def takeout(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a line out while it is being written."""
        row = self._row(request, pk, "takeout")
        lines = [one.pk for one in orders.live_lines(row)]
        form = TakeOutForm(request.POST or None, order=row, lines=lines)

        def act(row: Order, given: dict[str, Any]) -> None:
            services.remove_line(line=given["line"], by=request.user, at=request.at)

        return self._take(request, row, "takeout", form, act)

    def capacity(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note whether they can pay what it commits to."""
        row = self._row(request, pk, "capacity")
        today = local_day(row.account, request.at)
        total = orders.figures(row, today).total.inc
        found = orders.assessment(row, total, today)
        must = "The law wants it first." if found.required else "The law does not ask for it here."
        form = CapacityForm(request.POST or None)

        def act(row: Order, given: dict[str, Any]) -> None:
            services.check_capacity(
                order=row,
                outcome=Outcome(given["outcome"]),
                reasons=given["reasons"],
                by=request.user,
                at=request.at,
            )

        intro = f"Over the whole term it comes to {in_dollars(total)}, GST included. {must}"
        return self._take(request, row, "capacity", form, act, intro=intro, because=found.because)

    def offer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Offer it, after a look at its sums, its version and what they confirm."""
        row = self._row(request, pk, "offer")
        today = local_day(row.account, request.at)
        form = OfferForm(request.POST or None, initial={"open_until": today + DEFAULT_OPEN})
        found = orders.figures(row, today)
        version, because = orders.version_offered(row.account, today)
        notes = (
            f"{in_dollars(found.monthly.inc)} a month, {in_dollars(found.once.inc)} once, "
            f"{in_dollars(found.total.inc)} over the term ({in_dollars(found.total.ex)} before "
            f"GST), under version {version} of the terms."
        )
        asked = "; ".join(one.words for one in orders.ticks_wanted(row, today))
        action = "Look at it"
        if form.is_valid():
            if form.is_previewed():
                try:
                    services.offer_order(
                        order=row,
                        open_until=form.cleaned_data["open_until"],
                        by=request.user,
                        at=request.at,
                    )
                except REFUSALS as refusal:
                    form.add_error(None, str(refusal))
                    because = getattr(refusal, "because", because)
                else:
                    messages.success(request, "Offered. They have the summary by email.")
                    return redirect("admin:contracts_order_change", pk)
            else:
                form.show()
                action = "Offer it: nothing in it changes from now on"
        return self._page(
            request,
            row,
            form,
            "offer",
            action=action,
            notes=notes,
            intro=f"They confirm, one by one: {asked}",
            because=[*because, *found.because],
        )

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give it up; nothing is charged."""

        def act(row: Order, given: dict[str, Any]) -> None:
            services.cancel_order(order=row, by=request.user, at=request.at, **given)

        row = self._row(request, pk, "cancel")
        intro = "It can't be undone. Nothing is charged for it."
        return self._take(request, row, "cancel", EndForm(request.POST or None), act, intro=intro)

    def work(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that work has begun: withdrawing may cost something from then on."""
        row = self._row(request, pk, "work")
        today = local_day(row.account, request.at)
        form = WorkBeganForm(request.POST or None, initial={"began_on": today})

        def act(row: Order, given: dict[str, Any]) -> None:
            services.note_work(order=row, by=request.user, at=request.at, **given)

        intro = "From then on withdrawing the order may cost what the terms name."
        because = orders.withdrawal_cost(row, today).because
        return self._take(request, row, "work", form, act, intro=intro, because=because)

    def provision(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that a line is set up."""
        row = self._row(request, pk, "provision")
        lines = [one.pk for one in _to_provision(orders.live_lines(row))]
        today = local_day(row.account, request.at)
        form = ProvisionForm(request.POST or None, order=row, lines=lines, initial={"on": today})

        def act(row: Order, given: dict[str, Any]) -> None:
            services.provision_line(
                **given, held=held(row.account), by=request.user, at=request.at
            )

        return self._deliver(request, row, "provision", form, act)

    def activate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that a line works: contract, service and term begin."""
        row = self._row(request, pk, "activate")
        lines = [one.pk for one in _to_activate(orders.live_lines(row))]
        start = {"activated_on": local_day(row.account, request.at)}
        form = ActivateLineForm(request.POST or None, order=row, lines=lines, initial=start)

        def act(row: Order, given: dict[str, Any]) -> None:
            services.activate_line(**given, held=held(row.account), by=request.user, at=request.at)

        return self._deliver(request, row, "activate", form, act)

    def drop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give up a line that will not come."""
        row = self._row(request, pk, "drop")
        lines = [one.pk for one in orders.live_lines(row) if not _is_there(one)]
        form = DropLineForm(request.POST or None, order=row, lines=lines)

        def act(row: Order, given: dict[str, Any]) -> None:
            services.drop_line(**given, by=request.user, at=request.at)

        return self._take(request, row, "drop", form, act, intro="Nothing is charged for it.")

    def settle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Charge what withdrawing cost, after a look at it."""
        row = self._row(request, pk, "settle")
        found = row.withdrawal
        form = SettleForm(request.POST or None)
        low, high = found.min_ex or ZERO, found.max_ex or ZERO
        notes = (
            f"The terms allow {in_dollars(low)} to {in_dollars(high)} before GST, by work done."
        )
        action = "Show what stands on the bill"
        if form.is_valid():
            given = {name: form.cleaned_data[name] for name in ("amount_ex", "breakdown")}
            if form.is_previewed():
                try:
                    services.settle_withdrawal(order=row, by=request.user, at=request.at, **given)
                except REFUSALS as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, "Settled, and they are told what it is made of.")
                    return redirect("admin:contracts_order_change", pk)
            else:
                gst = to_cents(gst_on(given["amount_ex"]))
                total = in_dollars(given["amount_ex"] + gst)
                notes = f"{total} stands on the next bill, {in_dollars(gst)} of it GST. {notes}"
                form.show()
                action = "Charge it, and tell them"
        intro = f"Work done: {row.work_done}. Nothing is charged before this step."
        return self._page(
            request,
            row,
            form,
            "settle",
            action=action,
            notes=notes,
            intro=intro,
            because=found.because,
        )

    def _deliver(
        self, request: HttpRequest, row: Order, slug: str, form: forms.Form, act: Act
    ) -> HttpResponse:
        paid = held(row.account)
        _, because = orders.may_deliver(row, local_day(row.account, request.at), held=paid)
        asked = (
            f"Deposit: {in_dollars(paid)} of {in_dollars(row.deposit)} is held."
            if row.deposit
            else ""
        )
        return self._take(request, row, slug, form, act, intro=asked, because=because)


@admin.register(PortIn)
class PortInAdmin(ReadOnlyAdmin):
    """Numbers that move in; their steps are on the order's page."""

    provider_path = "line__order__account__customer__provider"
    list_display = ("numbers", "order", "state", "not_before", "advice_sent_at", "rejected_why")
    list_filter = (MovesFilter, "state", provider_path)
    search_fields = ("numbers", "line__order__reference", "line__order__account__number")
    list_select_related = ("line__order__account__customer",)
    exclude = ("because",)

    @admin.display(description="order", ordering="line__order__reference")
    def order(self, row: PortIn) -> str:
        return row.line.order.reference


@admin.register(VendorLink)
class VendorLinkAdmin(ConfinedAdmin):
    """Where vendors' own terms can be read; orders show the link beside the tick."""

    provider_path = "provider"
    list_display = ("vendor", "provider", "link")
    list_filter = ("provider",)
    search_fields = ("vendor",)
    list_select_related = ("provider",)


def _delivering(row: Order, lines: list[OrderLine]) -> set[str]:
    """The steps of an accepted order, by what of it is still to come."""
    now = {slug for slug, act in MOVES.items() if moves_of(lines, act)}
    if _to_provision(lines):
        now.add("provision")
    if _to_activate(lines):
        now.add("activate")
    if len(lines) > 1 and not all(map(_is_there, lines)):
        now.add("drop")
    if not orders.works_partly(row):
        now.add("cancel")
    return now


def _to_provision(lines: list[OrderLine]) -> list[OrderLine]:
    return [one for one in lines if one.provisioned_on is None and one.service_id is None]


def _to_activate(lines: list[OrderLine]) -> list[OrderLine]:
    return [one for one in lines if one.plan_id is not None and one.service_id is None]


def _is_there(line: OrderLine) -> bool:
    return is_delivered(line) or line.service_id is not None
