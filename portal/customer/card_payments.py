"""Let bills be paid by a card: read, sign, give the card at the payment service, see it kept."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView

from billing.payments import selectors
from billing.payments.models import CardRequest
from billing.payments.services import (
    CardWish,
    GatewayDown,
    MandateRefused,
    Way,
    card_ways,
    card_words,
    start_card,
)
from billing.payments.states import CardRequestState, MandateKind
from parties.security.states import HighRisk
from portal.web.guards import StepUp
from terms.facts import Action

from .card_payments_forms import SignCardForm
from .direct_debit import MandatePage

UNREACHED = (
    "The page where you give your card can't be reached just now. Nothing was agreed to. Please "
    "try again in a few minutes; nothing changes about what you owe, or by when."
)


class AgreeCard(MandatePage, StepUp, FormView):  # type: ignore[type-arg]
    """All that it says, the day, and the signature; the card is given at the payment service."""

    risk = HighRisk.BANK_DETAILS
    template_name = "customer/pay/agree_card.html"
    form_class = SignCardForm

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        return card_ways(self.account, self.today)

    def get_initial(self) -> dict[str, Any]:
        return {"key": uuid.uuid4()}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"account": self.account}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sees_bills = self.allows(Action.VIEW_BILLS)
        first = (
            selectors.first_draws(
                self.account, None, self.today, self.request.at, MandateKind.CARD
            )
            if sees_bills
            else ()
        )
        return super().get_context_data(
            ways=self.ways,
            because=[one for way in self.ways for one in way.because],
            words=card_words(self.account, self.ways, self.today),
            mandate=self.mandate,
            provider=self.account.customer.provider,
            first=first,
            sees_bills=sees_bills,
            **kwargs,
        )

    def form_valid(self, form: SignCardForm) -> HttpResponse:
        given = form.cleaned_data
        page = reverse("card_request", args=[uuid.UUID(int=0)])
        try:
            row = start_card(
                account=self.account,
                wish=CardWish(
                    key=given["key"],
                    signed_as=given["signed_as"],
                    draw_day=given["draw_day"],
                    capacity=given.get("capacity", ""),
                ),
                by=self.request.user,
                back=f"{settings.SITE_URL}{page.replace(str(uuid.UUID(int=0)), '{}')}",
                at=self.request.at,
                proof=self.proof,
            )
        except GatewayDown:
            form.add_error(None, UNREACHED)
            return self.form_invalid(form)
        except MandateRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        is_open = row.state == CardRequestState.STARTED
        return redirect(row.address if is_open else reverse("card_request", args=[row.public_id]))


class CardRequestPage(MandatePage, TemplateView):
    """What became of a card that somebody was to give, for whoever signed it or sees bills."""

    template_name = "customer/pay/card_request.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row: CardRequest | None = selectors.card_request(
            self.account, str(self.kwargs["public_id"])
        )
        sees_bills = self.allows(Action.VIEW_BILLS)
        is_mine = row is not None and row.started_by_id == self.request.user.pk
        if row is None or not (sees_bills or is_mine):
            raise Http404
        return super().get_context_data(
            asked=row,
            waits="done" in self.request.GET and row.state == CardRequestState.STARTED,
            is_mine=is_mine,
            sees_bills=sees_bills,
            **kwargs,
        )
