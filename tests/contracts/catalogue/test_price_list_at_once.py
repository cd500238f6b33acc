"""The price list and papers at the same moment: one entry, one decision, one contract."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection

from contracts.agreements.models import Contract
from contracts.agreements.services import note_contract
from contracts.catalogue import services
from contracts.catalogue.models import FormerPrice, ListChange, Plan
from contracts.supply.models import Service
from contracts.supply.services import Named, note_service
from records.notices.models import Notice
from tests.contracts.agreements.test_paper_contracts import PAPER
from tests.contracts.catalogue.test_price_list import OFFER, biller, price, yes
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
    return agree("vpnet", "33.00", since="2026-09-15", months=24, bill_day=10)


def test_a_double_click_enters_one_plan_and_one_price(one):
    by, at = biller(), one.at("2027-03-01")
    facts = {"on": day("2027-04-01"), "why": "A new offer.", "by": by, "at": at}

    at_once(
        [lambda: services.enter_plan(provider=one.world.provider, offer=OFFER, **facts)] * 4
        + [lambda: price(one, "36.00", "2027-04-01", by=by)] * 4
    )

    assert ListChange.objects.count() == 2
    assert Plan.objects.filter(code=OFFER.code).count() == 1


def test_two_decide_and_one_does(one):
    row, at = price(one, "36.00", "2027-03-01"), one.at("2027-03-01")
    first, second = biller(), biller()

    def decide(by, approve):
        return services.decide_list_change(change=row, approve=approve, by=by, at=at, why="No")

    found = at_once([lambda: decide(first, True), lambda: decide(second, False)])

    assert sorted(type(result).__name__ for result in found) == ["IllegalStep", "ListChange"]


def test_however_many_sweeps_the_list_follows_once(one):
    yes(price(one, "36.00", "2027-04-01"), one)

    found = at_once([lambda: services.carry_list_changes(at=one.at("2027-04-01"))] * 4)

    assert sum(found) == 1
    assert FormerPrice.objects.count() == 1


def test_one_paper_is_noted_once_with_its_service_and_its_letter(one):
    at = one.at("2027-03-01")
    facts = {"why": "It came by post.", "by": one.staff, "at": at}

    at_once([lambda: note_contract(account=one.world.account, paper=PAPER, **facts)] * 4)
    row = Contract.objects.get(reference=PAPER.reference)
    named = Named(plan=one.service.plan, label="Second line", identifier="0290000077")
    at_once([lambda: note_service(contract=row, named=named, **facts)] * 4)

    assert Service.objects.filter(contract=row).count() == 1
    assert Notice.objects.filter(title__contains=PAPER.reference).count() == 1


def test_two_accounts_do_not_share_a_reference(one):
    other = agree("vpnet", "44.00", since="2026-09-15")
    facts = {"why": "It came by post.", "by": one.staff, "at": one.at("2027-03-01")}
    second = replace(PAPER, agreed_in="Another form")

    found = at_once(
        [
            lambda: note_contract(account=one.world.account, paper=PAPER, **facts),
            lambda: note_contract(account=other.world.account, paper=second, **facts),
        ]
    )

    assert sorted(type(result).__name__ for result in found) == ["Contract", "ContractRefused"]
