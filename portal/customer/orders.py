"""Orders: what is offered, what accepting means, what comes when, taking one back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import FormView, TemplateView

from contracts.orders import selectors as orders
from contracts.orders import services
from contracts.orders.models import Order, OrderLine
from contracts.orders.services import CONTRACT, SUMMARY, OrderRefused, TicksMissing
from contracts.orders.states import OrderState, PortState, TickKind
from contracts.supply.selectors import term_of
from parties.accounts.selectors import terms_in_words
from parties.authority.selectors import local_day
from parties.correspondence.services import mask_of, masked_rendition
from parties.security.states import HighRisk
from portal.web.files import pdf_response
from portal.web.guards import AccountPage, StepUp
from records.documents.models import Document
from terms.facts import Action
from terms.lifecycle import IllegalStep
from terms.money import gst_on, to_cents

from .orders_forms import AcceptForm, WhyForm

A_PAGE = 20
STOPPABLE = (PortState.TO_SEND, PortState.SENT, PortState.REJECTED)


class Orders(AccountPage, TemplateView):
    """The account's orders, the newest first."""

    action = Action.VIEW_BILLS
    template_name = "customer/orders/orders.html"
    section = "services"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = Paginator(orders.orders_of(self.account), A_PAGE)
        page = rows.get_page(self.request.GET.get("page"))
        return super().get_context_data(
            page=page,
            today=self.today,
            may_order=self.allows(Action.OPEN_SERVICE),
            **kwargs,
        )


class OrderPage(AccountPage):
    """A page about one order of the account."""

    action = Action.VIEW_BILLS
    section = "services"

    @cached_property
    def order(self) -> Order:
        found = orders.order_by_reference(self.account, self.kwargs["reference"])
        if found is None:
            raise Http404("No such order.")
        for line in found.lines.all():
            line.order = found
        return found

    @cached_property
    def offered_on(self) -> Any:
        """The day whose prices and terms it has."""
        return local_day(self.account, self.order.offered_at or self.order.drafted_at)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.order
        mask = mask_of(self.permissions)
        version = row.version or orders.version_offered(self.account, self.offered_on)[0]
        return super().get_context_data(
            order=row,
            found=orders.figures(row, self.offered_on),
            printed=terms_in_words(self.account.customer.provider.key, version),
            is_open=orders.is_open(row, self.today),
            may_answer=self.allows(Action.OPEN_SERVICE),
            ended_why=mask.text(row.ended_why),
            **kwargs,
        )


class OrderDetail(OrderPage, TemplateView):
    """One order: what it costs, how it stands line by line, what can be done."""

    template_name = "customer/orders/order.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.order
        mask = mask_of(self.permissions)
        may = self.allows(Action.OPEN_SERVICE)
        is_agreed = row.state == OrderState.ACCEPTED
        return super().get_context_data(
            lines=[(one, mask.text(one.dropped_why), self._term(one)) for one in row.lines.all()],
            moves=[
                (one.port, mask.text(one.port.rejected_why), one.port.state in STOPPABLE)
                for one in row.lines.all()
                if hasattr(one, "port")
            ],
            signed_as=mask.name(row.signed_as),
            sees_who=self.permissions.sees_who,
            work_done=mask.text(row.work_done),
            withdrawal=_cost(row) if hasattr(row, "withdrawal") else None,
            may_withdraw=may and is_agreed and not orders.works_partly(row),
            may_stop=may and is_agreed,
            waiver=next(
                (
                    one
                    for one in row.ticks.all()
                    if one.kind == TickKind.CSG_WAIVER and one.ticked_at
                ),
                None,
            ),
            **kwargs,
        )

    def _term(self, line: OrderLine) -> Any:
        """When the term of what works ends."""
        if line.service is None:
            return None
        line.service.contract.account = self.account
        return term_of(line.service.contract, line.service, self.today)


class AcceptOrder(OrderPage, StepUp, FormView):  # type: ignore[type-arg]
    """The summary, each thing to confirm, and the signature, after a second factor."""

    action = Action.OPEN_SERVICE
    risk = HighRisk.ADD_SERVICE
    template_name = "customer/orders/accept.html"
    form_class = AcceptForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not orders.is_open(self.order, self.today):
            return redirect("order", self.order.reference)
        services.require_accept(request.user, self.order, on=self.today, at=request.at)
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        mask = mask_of(self.permissions)
        ticks = [(one, mask.text(one.words)) for one in self.order.ticks.all()]
        given = super().get_form_kwargs() | {"ticks": ticks}
        return given | {"initial": {"total": self.order.total_inc}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or self.get_form()
        boxes = [(form[f"tick_{one.pk}"], one) for one in self.order.ticks.all()]
        return super().get_context_data(form=form, boxes=boxes, **kwargs)

    def form_valid(self, form: AcceptForm) -> HttpResponse:
        try:
            services.accept_order(
                order=self.order,
                ticked=form.ticked,
                signed_as=form.cleaned_data["signed_as"],
                total_shown=form.cleaned_data["total"],
                by=self.request.user,
                at=self.request.at,
                proof=self.proof,
            )
        except TicksMissing as refusal:
            for pk in refusal.missing:
                form.add_error(f"tick_{pk}", "Confirm this to go on.")
            return self.form_invalid(form)
        except (OrderRefused, IllegalStep) as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(
            self.request, "Accepted. The contract goes to you by email, and stands below."
        )
        return redirect("order", self.order.reference)


class _Ending(OrderPage, FormView):  # type: ignore[type-arg]
    """A page on which an order is given up, with what that means."""

    action = Action.OPEN_SERVICE
    form_class = WhyForm
    done = ""

    def form_valid(self, form: WhyForm) -> HttpResponse:
        try:
            self.end(form.cleaned_data["why"])
        except (OrderRefused, IllegalStep) as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, self.done)
        return redirect("order", self.order.reference)

    def end(self, why: str) -> None:
        """Give it up."""
        raise LookupError(f"{type(self).__name__} ends nothing.")


class DeclineOrder(_Ending):
    """Say no to an offer."""

    template_name = "customer/orders/decline.html"
    done = "Declined. Nothing was agreed and nothing is owed."

    def end(self, why: str) -> None:
        services.decline_order(order=self.order, by=self.request.user, at=self.request.at, why=why)


class WithdrawOrder(_Ending):
    """Take an accepted order back, with what that costs."""

    template_name = "customer/orders/withdraw.html"
    done = "The order is withdrawn. We have written to you."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        cost = orders.withdrawal_cost(self.order, self.today)
        can_end = self.order.state == OrderState.ACCEPTED and not orders.works_partly(self.order)
        return super().get_context_data(
            cost=cost,
            low=_with_gst(cost.min_ex),
            high=_with_gst(cost.max_ex),
            can_end=can_end,
            work_done=mask_of(self.permissions).text(self.order.work_done),
            **kwargs,
        )

    def end(self, why: str) -> None:
        who = {"by": self.request.user, "at": self.request.at}
        services.withdraw_order(order=self.order, why=why, **who)


class StopMove(OrderPage, View):
    """Stop a move of numbers while it can be stopped."""

    action = Action.OPEN_SERVICE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        moving = {one.pk: one for one in self.order.lines.all() if hasattr(one, "port")}
        line = moving.get(kwargs["line"])
        if line is None:
            raise Http404("No such move.")
        line.port.line = line
        try:
            services.stop_move(port=line.port, by=request.user, at=request.at)
        except (OrderRefused, IllegalStep) as refusal:
            said = str(refusal) if isinstance(refusal, OrderRefused) else "It is over already."
            messages.error(request, said)
        else:
            messages.success(request, "Your numbers stay where they are.")
        return redirect("order", self.order.reference)


class OrderPdf(OrderPage, View):
    """The summary as it was offered, or the contract as it was signed."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        row = self.order
        kinds = {"summary": SUMMARY, "contract": CONTRACT}
        kind = kinds.get(kwargs["paper"])
        papers = Document.objects.filter(account=self.account, subject=row.reference, kind=kind)
        document = papers.order_by("-pk").first()
        if document is None:
            raise Http404("No such paper.")
        if not self.permissions.sees_who:
            if document.kind == CONTRACT:
                # It is signed: it says who the customer is in every part.
                raise Http404("No such paper.")
            document = masked_rendition(document, self.account)
        return pdf_response(request, document)


def _with_gst(amount: Any) -> Any:
    return None if amount is None else amount + to_cents(gst_on(amount))


def _cost(row: Order) -> dict[str, Any]:
    """What withdrawing it costs, as far as it is known."""
    found = row.withdrawal
    return {
        "row": found,
        "low": _with_gst(found.min_ex),
        "high": _with_gst(found.max_ex),
        "amount": _with_gst(found.amount_ex),
    }
