"""Whatever a gateway says, however often, in whatever order: no money is booked twice or lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.payments.models import OnlinePayment, Payment
from billing.payments.services import PaymentRefused, ask_about_payments, hear, reverse_payment
from billing.payments.services.gateway import Said, Word
from tests.billing.moneys import Story, agrees
from tests.billing.paying import one_bill

pytestmark = pytest.mark.django_db
SETTINGS = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SAID = [one for one in Said if one is not Said.OTHER]
WORDS = st.lists(
    st.tuples(st.sampled_from([*SAID, "desk"]), st.integers(0, 1), st.integers(0, 5)),
    max_size=12,
)


@contextmanager
def a_bill() -> Iterator[Story]:
    """An account of its own for each example; afterwards nothing is left of it."""
    with transaction.atomic():
        yield one_bill()
        transaction.set_rollback(True)


def begun(found: Story, number: int) -> OnlinePayment:
    """A payment of 66.00 as `start_payment` leaves it."""
    return OnlinePayment.objects.create(
        account=found.account,
        key=uuid4(),
        amount=Decimal("66.00"),
        surcharge=Decimal("1.10") * number,
        method="card",
        cards="visa",
        session=f"cs_{number}",
        started_at=found.at("2027-01-10"),
        started_by=found.world.holder,
    )


def word(found: Story, online: OnlinePayment, said: Said, event: str) -> Word:
    """What the gateway says; of money taken or given back it names the money alone."""
    of_money = said in (Said.TAKEN_BACK, Said.GIVEN_BACK)
    kinds = {Said.TAKEN_BACK: "withdrawn", Said.GIVEN_BACK: "reinstated"}
    return Word(
        said=said,
        kind=f"charge.dispute.funds_{kinds[said]}" if of_money else said.value,
        at=found.at("2027-01-10"),
        event=event,
        reference="" if of_money else str(online.public_id),
        money=f"pi_{online.session}",
        amount=online.total,
        currency="AUD",
    )


def tell(found: Story, online: OnlinePayment, said: Any, event: str) -> None:
    if said == "desk":
        payment = Payment.objects.filter(reference=online.reference, reversed_on=None).first()
        if payment is not None:
            try:
                reverse_payment(
                    payment=payment,
                    on=payment.received_on,
                    why="The bank called",
                    at=found.at("2027-01-10"),
                )
            except PaymentRefused:
                return
        return
    spoken = word(found, online, said, event)
    hear(provider=found.world.provider, word=spoken, at=found.at("2027-01-10"))


@SETTINGS
@given(words=WORDS)
def test_no_money_is_booked_twice_or_lost(words):
    with a_bill() as found:
        hear_all(found, words)


def hear_all(found: Story, words: list[tuple[Any, int, int]]) -> None:
    online = [begun(found, 0), begun(found, 1)]

    for said, which, event in words:
        # The same id may come again with the same words, never with others.
        tell(found, online[which], said, f"evt_{said}_{which}_{event}_{found.account.pk}")

    ask_about_payments(at=found.at("2027-01-10", "10:01"))
    counted = Decimal(0)
    for row in online:
        row.refresh_from_db()
        live = Payment.objects.filter(reference=row.reference, reversed_on=None)
        assert live.count() <= 1
        if live:
            assert row.state == "succeeded"
            assert row.payment == live.get()
            counted += row.total
    clearing = Decimal(found.ledger().get("clearing", "0.00"))
    assert clearing == counted
    paid = Payment.objects.filter(account=found.account, reversed_on=None)
    amount = paid.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    assert Decimal(found.owing) - Decimal(found.credit) == Decimal("66.00") - amount
    assert agrees()


@SETTINGS
@given(order=st.permutations([Said.WAITS, Said.PAID, Said.TAKEN_BACK]), again=st.booleans())
def test_what_is_true_ends_alike_in_every_order(order, again):
    with a_bill() as found:
        hear_in_order(found, [*order, *(order if again else ())])


def hear_in_order(found: Story, order: list[Said]) -> None:
    online = begun(found, 1)

    for said in order:
        tell(found, online, said, f"evt_{said}_{found.account.pk}")

    online.refresh_from_db()
    assert online.state == "taken_back"
    assert Payment.objects.filter(reference=online.reference).count() == 1
    assert (found.owing, found.credit) == ("66.00", "0.00")
    assert found.ledger().get("clearing", "0.00") == "0.00"
    assert agrees()
