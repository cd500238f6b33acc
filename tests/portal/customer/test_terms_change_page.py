"""What a customer sees of a new version of the terms, before its day and after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.variations import services
from contracts.variations.models import TermsChange
from terms import library
from tests.contracts.leaving.contracts import Agreement, agree
from tests.contracts.variations.changes import biller
from tests.contracts.variations.versions import announce_terms, publish
from tests.parties.people import signed_in
from tests.portal.customer.test_what_people_see import read
from tests.world import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return publish(tmp_path_factory.mktemp("terms") / "profiles", ("greenlight", "vpnet"))


@pytest.fixture(autouse=True)
def march(shelf, monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(library, "PROFILES", shelf)
    library.load.cache_clear()
    yield
    library.load.cache_clear()


@pytest.fixture
def one(monkeypatch) -> Agreement:
    made = agree("vpnet", "33.00", since="2026-02-01", months=24, bill_day=10)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-03-20"))
    return made


@pytest.fixture
def change(one) -> TermsChange:
    return announce_terms(one, one.at("2027-03-15"))


def address(change: TermsChange) -> str:
    return f"/contract/terms/{change.public_id}/"


def test_contract_says_what_comes_and_from_when(one, change):
    words = read(signed_in(one.world.holder), "/contract/")

    assert "New terms bind this contract from Thu 15 Apr 2027" in words
    assert "Until the day before, the terms of now hold" in words


def test_page_shows_the_day_why_both_versions_and_the_way_out(one, change):
    client = signed_in(one.world.holder)
    words = read(client, address(change))

    assert "They bind you from Thu 15 Apr 2027" in words
    assert "VP-VAR-06" in words
    assert "How you can reach us about faults is written anew." in words
    assert "You can leave without a fee until Mon 26 Apr 2027" in words
    compare = "/terms/vpnet/compare/undated-1/2027-03/"
    assert compare in client.get(address(change)).content.decode()
    assert client.get(compare).status_code == 200


def test_after_its_day_the_contract_names_the_new_terms_and_since_when(one, change, monkeypatch):
    services.carry_terms_changes(at=one.at("2027-04-15", "00:10"))
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-05-20"))
    words = read(signed_in(one.world.holder), "/contract/")

    assert "since Thu 15 Apr 2027" in words
    assert "a variation took effect, binds from Thu 15 Apr 2027" in words
    assert "New terms bind this contract" not in words


def test_where_nothing_opens_a_way_out_the_page_says_so(monkeypatch):
    k = agree("greenlight", "400.00", since="2026-02-01", months=36, negotiated=True)
    k.world.customer.is_large = True
    k.world.customer.save()
    monkeypatch.setattr("django.utils.timezone.now", lambda: k.at("2027-03-20"))
    found = announce_terms(k, k.at("2027-03-15"))
    words = read(signed_in(k.world.holder), address(found))

    assert "opens no way to leave without the usual charge" in words
    assert "What would leaving cost?" in words


def test_withdrawn_terms_say_that_they_do_not_come(one, change):
    services.withdraw_change(
        change=change.variation, why="A mistake.", by=biller(), at=one.at("2027-03-18")
    )
    services.carry_terms_changes(at=one.at("2027-03-18"))

    assert "This does not come" in read(signed_in(one.world.holder), address(change))
    assert "New terms bind" not in read(signed_in(one.world.holder), "/contract/")


def test_a_stranger_and_another_customer_find_nothing(client, one, change):
    assert client.get(address(change)).status_code == 302
    other = agree("vpnet", "33.00", since="2026-02-01")
    assert signed_in(other.world.holder).get(address(change)).status_code == 404
    assert signed_in(make_user()).get(address(change)).status_code in (302, 403, 404)


def test_a_contract_without_news_asks_nothing_more(one):
    client = signed_in(one.world.holder)
    client.get("/contract/")
    with CaptureQueriesContext(connection) as seen:
        client.get("/contract/")
    asked = [one["sql"].split("EXISTS")[0] for one in seen]
    assert not [sql for sql in asked if "contracts_termschange" in sql]
