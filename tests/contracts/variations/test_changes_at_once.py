"""Changes of price at the same moment: one draft, one decision, one notice each, one end."""

from __future__ import annotations

import pytest
from django.db import connection

from contracts.leaving.models import EndNotice
from contracts.leaving.services import walk_away
from contracts.variations import services
from contracts.variations.models import PriceChange, Variation
from contracts.variations.states import ChangeState, VariationState
from records.notices.models import Notice
from tests.contracts.leaving.contracts import Agreement, agree
from tests.contracts.variations.changes import announce, approve, biller, draft, fees, of
from tests.parties.security.test_attacks_at_once import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only there do two connections see the rows"
    ),
]


@pytest.fixture
def one() -> Agreement:
    return agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)


def test_a_double_click_makes_one_draft_with_one_row_for_each_service(one):
    by, at = biller(), one.at("2027-03-01")

    found = at_once([lambda: draft(one.service.plan, "36.00", "2027-04-10", at, by=by)] * 4)

    assert {type(result) for result in found} == {Variation}
    assert Variation.objects.count() == 1
    assert PriceChange.objects.count() == 1


def test_two_decide_and_one_does(one):
    change = draft(one.service.plan, "36.00", "2027-04-10", one.at("2027-03-01"))
    at = one.at("2027-03-01")
    services.ask_for_approval(change=change, by=change.drafted_by, at=at)
    first, second = biller(), biller()

    def decide(by, approve):
        return services.decide_change(change=change, approve=approve, by=by, at=at, why="No")

    found = at_once([lambda: decide(first, True), lambda: decide(second, False)])

    assert sorted(type(result).__name__ for result in found) == ["IllegalStep", "Variation"]


def test_however_many_sweeps_each_customer_is_told_once(one):
    change = approve(
        draft(one.service.plan, "36.00", "2027-04-10", one.at("2027-03-01")), one.at("2027-03-01")
    )

    at_once([lambda: services.carry_price_changes(at=one.at("2027-03-01"))] * 4)

    assert Notice.objects.filter(kind="price_change").count() == 1
    change.refresh_from_db()
    assert change.state in (VariationState.TELLING, VariationState.TOLD)


def test_leaving_and_withdrawing_at_once_leave_one_truth(one):
    change = announce(one.service.plan, "36.00", "2027-04-10", one.at("2027-03-01"))
    row = of(one, change)

    at_once(
        [
            lambda: walk_away(change=row, by=one.world.holder, at=one.at("2027-03-05")),
            lambda: services.withdraw_change(
                change=change, why="A mistake.", by=biller(), at=one.at("2027-03-05")
            ),
        ]
    )
    services.carry_price_changes(at=one.at("2027-03-05"))

    state = of(one, change).state
    assert state in (ChangeState.LEFT, ChangeState.WITHDRAWN)
    assert EndNotice.objects.count() == (1 if state == ChangeState.LEFT else 0)
    assert fees(one) == [("2025-09-15", "33.00")]
