"""The contract page: which terms bind as they are printed, since when, and what comes first."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.agreements.models import Contract
from contracts.catalogue.states import ServiceKind
from contracts.orders.services import LineWish
from tests.contracts.leaving.contracts import agree, day
from tests.contracts.orders.orders import open_shop
from tests.parties.people import signed_in
from tests.portal.customer.test_what_people_see import read

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("key", "printed"),
    [
        ("vpnet", "VPnet terms and conditions, with the summary and all policies, without a date"),
        ("comvergence", "Comvergence standard form of agreement, Mon 13 Feb 2023"),
    ],
)
def test_terms_are_named_as_they_are_printed_and_since_when_they_bind(monkeypatch, key, printed):
    one = agree(key, "33.00", since="2026-02-15", months=24)
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-20"))

    words = read(signed_in(one.world.holder), "/contract/")
    assert words.count(printed) == 2
    assert "signed up, binds from Mon 5 Jan 2026" in words
    assert "comes before these terms" in words


def test_price_that_was_agreed_to_stay_is_shown_with_its_day(monkeypatch):
    one = agree("vpnet", "33.00", since="2026-02-15", months=24)
    one.service.contract.price_fixed_until = day("2027-08-31")
    one.service.contract.save()
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-20"))

    words = read(signed_in(one.world.holder), "/contract/")
    assert "Price agreed to stay until Tue 31 Aug 2027" in words


def test_page_says_which_answers_the_terms_hold_and_where_they_are_silent(monkeypatch):
    one = agree("callpro", "33.00", since="2026-02-15", months=24)
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-20"))

    words = read(signed_in(one.world.holder), "/contract/")

    assert "What paying late costs Your terms say nothing: the law answers" in words
    assert "CP-SIL-10" in words or "Nothing is said of paying late" in words
    assert "How far each side is liable Your terms, 5" in words


def test_contract_that_came_from_an_order_shows_its_paper_and_its_waiver(monkeypatch):
    shop = open_shop("callpro", state="ACT")
    line = LineWish(label="Lines", plan=shop.plan("20.00", ServiceKind.SIP_TRUNK))
    order = shop.agreed(line, "2026-12-01", "2026-12-02")
    service = shop.activate(order.lines.get(), "2026-12-04")
    monkeypatch.setattr("django.utils.timezone.now", lambda: shop.at("2026-12-05"))
    client = signed_in(shop.holder)

    words = read(client, "/contract/")
    assert f"You gave it up on Wed 2 Dec 2026 in order {order.reference}" in words
    assert "Contract with signatures (PDF)" in words
    assert "accepted a quotation, binds from Wed 2 Dec 2026" in words

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get("/contract/")
        return len(found)

    before = asked()
    assert before <= 8
    for number in range(3):
        Contract.objects.create(
            account=shop.world.account,
            reference=f"K{number}",
            version=service.contract.version,
            started_on=day("2026-12-04"),
        )
    assert asked() == before
