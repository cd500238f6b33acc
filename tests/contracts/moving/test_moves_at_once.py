"""Moves and addresses at the same moment: one request, one charge, one address that counts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from contracts.locations.models import ServiceAddress
from contracts.locations.selectors import Address
from contracts.locations.services import Wish, confirm_address, tell_address
from contracts.locations.states import COUNTS, AddressState
from contracts.moving import services
from contracts.moving.models import Relocation
from contracts.moving.services import MoveWish
from contracts.moving.states import MoveState
from contracts.supply.models import Chargeable
from records.deadlines.models import Deadline
from tests.contracts.leaving.contracts import Agreement, agree
from tests.parties.security.test_attacks_at_once import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only there do two connections see the rows"
    ),
]
NEW = Address(street="20 Pitt Street", suburb="Sydney", state="NSW", postcode="2000")
DAY = "2027-03-09"


@pytest.fixture
def one() -> Agreement:
    return agree("comvergence", "680.00", since="2025-10-01", months=24, kind="fibre", basis="ex")


def ask(one: Agreement):
    wish = MoveWish(address=NEW, move_on=date(2027, 4, 12))
    return services.ask_move(service=one.service, wish=wish, by=one.world.holder, at=one.at(DAY))


def agreed(one: Agreement) -> Relocation:
    move = services.quote_move(
        move=ask(one),
        amount_ex=Decimal(4200),
        quoted_for="A new lead-in.",
        by=one.staff,
        at=one.at(DAY),
    )
    return services.agree_move(move=move, shown=Decimal(4620), by=one.world.holder, at=one.at(DAY))


def test_asked_for_by_many_clicks_is_one_move(one):
    found = at_once([lambda: ask(one)] * 4)

    assert {type(row) for row in found} == {Relocation}
    assert Relocation.objects.count() == 1


def test_carried_out_twice_is_one_charge(one):
    move = agreed(one)

    def finish():
        return services.finish_move(
            move=move, done_on=date(2027, 3, 9), by=one.staff, at=one.at(DAY, "17:00")
        )

    at_once([finish] * 4)

    assert Chargeable.objects.get().amount == Decimal("4620.00")
    assert ServiceAddress.objects.filter(stage__in=COUNTS).count() == 1


def test_carried_out_and_called_off_leave_one_truth(one):
    move = agreed(one)

    def finish():
        return services.finish_move(
            move=move, done_on=date(2027, 3, 9), by=one.staff, at=one.at(DAY, "17:00")
        )

    def cancel():
        return services.cancel_move(
            move=move, why="The carrier can't do it.", by=one.staff, at=one.at(DAY, "17:00")
        )

    at_once([finish, cancel])

    move.refresh_from_db()
    is_done = move.state == MoveState.DONE
    assert move.state in (MoveState.DONE, MoveState.CANCELLED)
    assert Chargeable.objects.count() == is_done


def test_confirmed_and_told_anew_at_once_leaves_one_address_that_counts():
    one = agree("comvergence", "120.00", since="2025-10-01")
    other = Address(street="9 Long Street", suburb="Sydney", state="NSW", postcode="2000")

    def tell(address: Address):
        return tell_address(
            services=[one.service],
            wish=Wish(address=address, used_from=date(2027, 3, 9)),
            by=one.world.holder,
            at=one.at(DAY),
        )

    def confirm():
        return confirm_address(service=one.service, by=one.world.holder, at=one.at(DAY))

    tell(NEW)
    found = at_once([confirm, confirm, lambda: tell(other)])

    assert not [row for row in found if isinstance(row, Exception)]
    assert ServiceAddress.objects.filter(stage__in=COUNTS).count() == 1
    assert ServiceAddress.objects.filter(stage=AddressState.ASKED).count() <= 1
    assert Deadline.objects.filter(status="open").count() == 1
