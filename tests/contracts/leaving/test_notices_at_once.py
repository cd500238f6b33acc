"""Notices at the same moment: one is given, one wins, and each end is carried out once."""

from __future__ import annotations

import pytest
from django.db import connection

from contracts.agreements.states import Basis, FigureKind
from contracts.leaving.models import EndNotice
from contracts.leaving.services import (
    LeavingRefused,
    carry_out_ends,
    give_end_notice,
    record_transfer,
    take_back_end_notice,
)
from contracts.leaving.states import ALIVE, NoticeState
from contracts.supply.models import Chargeable, Service
from records.audit.models import Entry
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.parties.security.test_attacks_at_once import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only there do two connections see the rows"
    ),
]


@pytest.fixture
def one() -> Agreement:
    made = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)
    made.note(FigureKind.HARDWARE_PRICE, "960.00", Basis.INC)
    made.note(FigureKind.HARDWARE_PAID, "360.00", Basis.INC)
    return made


def give(one: Agreement, on: str = "2027-02-08", **how) -> EndNotice:
    service = Service.objects.get(pk=one.service.pk)
    return give_end_notice(service=service, by=one.world.holder, at=one.at(on), **how)


def test_a_double_click_gives_one_notice_and_one_confirmation(one):
    results = at_once([lambda: give(one)] * 4)

    assert {type(result) for result in results} == {EndNotice}
    assert EndNotice.objects.count() == 1
    assert Entry.objects.filter(action="give_end_notice").count() == 1


def test_of_two_different_notices_one_lives(one):
    results = at_once([lambda: give(one), lambda: give(one, asked_on=day("2027-09-10"))])

    assert sorted(type(result).__name__ for result in results) == ["EndNotice", "LeavingRefused"]
    assert EndNotice.objects.filter(state__in=ALIVE).count() == 1


def test_an_end_is_carried_out_once_by_however_many_sweeps(one):
    give(one)

    at_once([lambda: carry_out_ends(at=one.at("2027-03-10"))] * 3)

    assert EndNotice.objects.get().state == NoticeState.CARRIED_OUT
    assert [str(row.amount) for row in Chargeable.objects.all()] == ["600.00"]


def test_a_move_and_a_taking_back_at_once_leave_one_truth(one):
    notice = give(one)

    at, told_on = one.at("2027-02-20"), day("2027-02-20")
    moves = {"service": one.service, "told_on": told_on, "by": one.staff, "at": at}

    back, moved = at_once(
        [
            lambda: take_back_end_notice(notice=notice, by=one.world.holder, at=at),
            lambda: record_transfer(**moves),
        ]
    )

    service = Service.objects.get()
    assert service.ended_on == day("2027-02-20")
    assert not EndNotice.objects.filter(state__in=ALIVE).exists()
    assert Chargeable.objects.count() == 1
    assert isinstance(back, EndNotice | LeavingRefused | IllegalStep)
    assert isinstance(moved, EndNotice)
