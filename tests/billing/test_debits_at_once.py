"""Two requests, two files, two lists, a file and a dispute at the same moment, for real."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest
from django.db import connection

from billing.disputes.services import hold_amount
from billing.payments.models import DebitFile, DebitReturns, Draw, Mandate, Payment
from billing.payments.services import make_debit_file, mind_draws, take_returns
from parties.people.states import StaffRole
from tests.billing.debits import agree_to_debit, draws, minded, send
from tests.billing.moneys import Story, agrees, day
from tests.billing.test_debit_files import back, billed
from tests.parties.security.test_attacks_at_once import at_once, kinds
from tests.world import make_staff

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only there do two connections see the rows"
    ),
]
DAY = "2027-02-15"


@pytest.fixture
def one() -> Story:
    return billed()


def filed(one: Story, by) -> object:
    return make_debit_file(provider=one.world.provider, day=day(DAY), by=by, at=one.at(DAY))


def test_two_requests_are_one_mandate(one):
    at_once([partial(agree_to_debit, one, "2027-02-02", number="55554444")] * 3)

    assert Mandate.objects.filter(state="active").count() == 1
    assert Mandate.objects.count() == 2
    assert draws(one) == [(DAY, "61.60", "planned")]


def test_two_files_draw_once(one):
    clerk = make_staff(StaffRole.BILLING)

    found = at_once([partial(filed, one, clerk)] * 3)

    assert DebitFile.objects.count() == 1
    assert sorted(str(type(each).__name__) for each in found)[0] == "DebitFileRefused"
    assert draws(one) == [(DAY, "61.60", "sent")]


def test_two_sweeps_book_once(one):
    send(one, DAY)

    at_once([partial(mind_draws, at=one.at(DAY))] * 3)

    assert Payment.objects.count() == 1
    assert one.owing == "0.00"
    assert agrees()


def test_two_lists_send_back_once(one):
    send(one, DAY)
    minded(one, DAY)
    data, clerk = back((Draw.objects.get().reference, "61.60", "6")), make_staff(StaffRole.BILLING)
    take = partial(
        take_returns, provider=one.world.provider, data=data, by=clerk, at=one.at("2027-02-16")
    )

    found = at_once([take, take])

    assert {each.__name__ for each in kinds(found)} == {"DebitReturns", "ReturnsRefused"}
    assert DebitReturns.objects.count() == 1
    assert one.owing == "61.60"
    assert agrees()


def test_a_file_and_a_dispute_never_draw_what_is_contested_before(one):
    clerk = make_staff(StaffRole.BILLING)
    hold = partial(
        hold_amount,
        invoice=one.invoices()[0],
        amount=Decimal("20.00"),
        complaint="C-1",
        at=one.at(DAY),
    )

    at_once([hold, partial(filed, one, clerk)])

    (row,) = draws(one)
    assert row in ((DAY, "61.60", "sent"), (DAY, "41.60", "sent"))
    minded(one, DAY)
    assert agrees()
