"""The steps of staff about numbers that move in with an order, and what all its steps share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from contracts.orders import selectors as orders
from contracts.orders import services
from contracts.orders.models import Order, OrderLine, PortIn
from contracts.orders.services import OrderRefused
from contracts.orders.states import PORT, PortAct, PortState
from contracts.supply.services import SupplyRefused
from parties.authority.selectors import NotAuthorised
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .base import StepsAdmin
from .orders_forms import OneMove, RejectForm, StopForm

REFUSALS = (OrderRefused, SupplyRefused, IllegalStep, NotAuthorised)
Act = Callable[[Order, dict[str, Any]], Any]
MOVES = {
    "advice": PortAct.SEND,
    "reject": PortAct.REJECT,
    "cutover": PortAct.REQUEST,
    "moved": PortAct.MOVE,
    "stop": PortAct.WITHDRAW,
}


class MoveSteps(StepsAdmin):
    """Adds the steps of a move to an order's page."""

    def advice(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that a port advice went out, or out again."""

        def act(row: Order, given: dict[str, Any]) -> None:
            services.send_advice(
                port=given["port"], sent_at=given["moment"], by=request.user, at=request.at
            )

        return self._move(request, pk, "advice", OneMove, act)

    def reject(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that the losing provider rejects a move."""

        def act(row: Order, given: dict[str, Any]) -> None:
            services.reject_move(
                port=given["port"],
                rejected_at=given["moment"],
                why=given["why"],
                by=request.user,
                at=request.at,
            )

        return self._move(request, pk, "reject", RejectForm, act)

    def cutover(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that the cut-over request came."""

        def act(row: Order, given: dict[str, Any]) -> None:
            services.request_cutover(
                port=given["port"], received_at=given["moment"], by=request.user, at=request.at
            )

        return self._move(request, pk, "cutover", OneMove, act)

    def moved(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that numbers work here."""

        def act(row: Order, given: dict[str, Any]) -> None:
            services.note_moved(
                port=given["port"], moved_at=given["moment"], by=request.user, at=request.at
            )

        return self._move(request, pk, "moved", OneMove, act)

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop a move for the customer, while it can be."""

        def act(row: Order, given: dict[str, Any]) -> None:
            services.stop_move(port=given["port"], by=request.user, at=request.at)

        return self._move(request, pk, "stop", StopForm, act)

    def _move(
        self, request: HttpRequest, pk: int, slug: str, form_class: Any, act: Act
    ) -> HttpResponse:
        row = self._row(request, pk, slug)
        moves = [one.pk for one in moves_of(orders.live_lines(row), MOVES[slug])]
        start = {"moment": request.at}
        form = form_class(request.POST or None, order=row, lines=moves, initial=start)
        ports = PortIn.objects.filter(pk__in=moves)
        because = [reason for port in ports for reason in port.because]
        return self._take(request, row, slug, form, act, because=because)

    def _row(self, request: HttpRequest, pk: int, slug: str) -> Order:
        """The order, if this person can take the step now. Raises PermissionDenied, Http404."""
        row = self.row_for_step(request, pk, slug, Action.OPEN_SERVICE)
        found: Order = orders.whole(Order.objects.all()).get(pk=row.pk)
        return found

    def _take(
        self,
        request: HttpRequest,
        row: Order,
        slug: str,
        form: forms.Form,
        act: Act,
        *,
        intro: str = "",
        because: Any = (),
    ) -> HttpResponse:
        if form.is_valid():
            try:
                act(row, form.cleaned_data)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
                because = getattr(refusal, "because", None) or because
            else:
                messages.success(request, "Done.")
                return redirect("admin:contracts_order_change", row.pk)
        return self._page(
            request, row, form, slug, action=self.steps[slug], intro=intro, because=because
        )

    def _page(
        self, request: HttpRequest, row: Order, form: forms.Form, slug: str, **shown: Any
    ) -> HttpResponse:
        return self.step(
            request,
            form,
            title=self.steps[slug],
            about=f"{row.reference}: {row.account}",
            back=reverse("admin:contracts_order_change", args=[row.pk]),
            **shown,
        )


def moves_of(lines: list[OrderLine], act: PortAct) -> list[PortIn]:
    ports = [one.port for one in lines if hasattr(one, "port")]
    return [one for one in ports if act in PORT.acts(PortState(one.state))]
