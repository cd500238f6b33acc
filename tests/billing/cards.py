"""Cards that bills are paid by, for tests: signed, given at the simulated gateway, drawn from."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import time_machine

from billing.payments.models import CardRequest, Mandate
from billing.payments.services import CardWish, charge_cards, start_card
from tests.billing.debits import draws
from tests.billing.moneys import Story
from tests.gateway import post, press


def sign(
    one: Story, on: str, *, key: UUID | None = None, by: Any = None, **facts: Any
) -> CardRequest:
    """The holder signs, and the gateway's page is open."""
    given = {"signed_as": "Mia Conti", "capacity": "director", **facts}
    return start_card(
        account=one.account,
        wish=CardWish(key=key or uuid4(), **given),
        by=by or one.world.holder,
        back="http://localhost:8000/pay/card/{}/",
        at=one.at(on, "09:00"),
    )


def give(one: Story, request: CardRequest, card: str, on: str, *, times: int = 1) -> list[str]:
    """Give a card on the page, and deliver what the gateway says of it; return the answers."""
    at = one.at(on, "09:05")
    with time_machine.travel(at, tick=False):
        answers = [post(one) for one in press(request, card, at) for _ in range(times)]
    assert all(each.status_code == 200 for each in answers)
    return [each.content.decode().strip() for each in answers]


def agree_to_card(one: Story, on: str, card: str = "visa", **facts: Any) -> Mandate:
    """The holder lets bills be paid by a card from that day on."""
    request = sign(one, on, **facts)
    give(one, request, card, on)
    return Mandate.objects.get(card_request=request)


def charged(one: Story, on: str, clock: str = "08:08") -> list[tuple[str, str, str]]:
    """After a sweep: day, amount and state of each draw that is not left out."""
    charge_cards(at=one.at(on, clock))
    return draws(one)
