"""Payments in the portal for tests: started by a story's customer, and what is said of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import time_machine

from billing.payments.models import OnlinePayment, PaymentOption
from billing.payments.services import Wish, start_payment
from tests.billing.moneys import Story, story
from tests.gateway import post, press


def one_bill() -> Story:
    """VPnet, which agreed to cards; a bill of 66.00 due on 2027-01-18."""
    found = story("vpnet", "NSW")
    agree(found, "visa", "mastercard")
    found.service("S", "60.00", "2027-01-01")
    found.run("2027-01-01")
    return found


def agree(found: Story, *cards: str, **facts: Any) -> None:
    for card in cards:
        PaymentOption.objects.get_or_create(
            provider=found.world.provider, card=card, defaults=facts
        )


def pay_into(found: Story) -> None:
    """Let the provider name its biller code and bank account."""
    provider = found.world.provider
    provider.biller_code = "20418"
    provider.bank_account_name = "VPNET PTY LTD"
    provider.bank_bsb = "062-000"
    provider.bank_account_number = "10204180"
    provider.save()


def start(
    found: Story,
    amount: str = "66.00",
    *,
    card: str = "visa",
    on: str = "2027-01-10",
    agreed: str = "0.00",
    key: UUID | None = None,
    by: Any = None,
) -> OnlinePayment:
    return start_payment(
        account=found.account,
        wish=Wish(amount=Decimal(amount), card=card, key=key or uuid4(), agreed=Decimal(agreed)),
        by=by or found.world.holder,
        back="http://localhost:8000/pay/{}/",
        at=found.at(on),
    )


def say(found: Story, online: OnlinePayment, deed: str, on: str) -> list[str]:
    """Press a button on a day and deliver what the gateway says; return the answers."""
    with time_machine.travel(found.at(on), tick=False):
        answers = [post(message) for message in press(online, deed, found.at(on))]
    assert all(one.status_code == 200 for one in answers)
    return [one.content.decode().strip() for one in answers]
