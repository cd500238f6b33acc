"""Pages about leaving: the cost of a day with its clause, and errors for a day that is none."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.agreements.states import Basis, FigureKind
from terms.facts import Role
from tests.contracts.leaving.contracts import Agreement, agree
from tests.parties.people import signed_in
from tests.portal.customer.test_what_people_see import read
from tests.world import appoint, make_service, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(monkeypatch) -> Agreement:
    made = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-02-01"))
    return made


def address(one: Agreement, query: str = "") -> str:
    return f"/services/{one.service.public_id}/leaving/{query}"


def with_hardware(one: Agreement) -> None:
    one.note(FigureKind.HARDWARE_PRICE, "960.00", Basis.INC)
    one.note(FigureKind.HARDWARE_PAID, "360.00", Basis.INC)


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ("2027-03-10", "$600.00"),
        ("2027-09-10", "$600.00"),
        ("2027-10-10", "$0.00"),
    ],
)
def test_page_shows_what_the_rules_say_with_the_clause(one, on, says):
    with_hardware(one)

    words = read(signed_in(one.world.holder), address(one, f"?on={on}"))

    assert f"Leaving costs, inc GST {says}" in words
    assert "VP-SUS-13" in words
    assert "VP-SUS-12" in words


def test_page_says_until_when_to_give_notice(one):
    words = read(signed_in(one.world.holder), address(one, "?on=2027-10-10"))

    assert "Give notice by Fri 10 Sep 2027" in words


def test_what_nobody_knows_is_not_shown_as_nothing(one):
    words = read(signed_in(one.world.holder), address(one))

    assert "Leaving costs, inc GST Not known yet" in words
    assert "What discounted hardware costs in full; what was paid for that hardware" in words
    assert "$0.00" not in words


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ("2027-01-31", "Give today, Mon 1 Feb 2027, or a later day."),
        ("2099-01-01", "Give a day up to Sun 1 Feb 2037."),
        ("soon", "Enter a valid date."),
    ],
)
def test_day_that_cannot_be_asked_for_is_refused_in_words_and_stays(one, on, says):
    client = signed_in(one.world.holder)

    for path in (address(one, f"?on={on}"), f"/services/leaving/?on={on}"):
        page = client.get(path)
        assert page.status_code == 200
        assert says in page.content.decode()
        assert f'value="{on}"' in page.content.decode()


def test_all_services_stand_with_their_sum(one):
    with_hardware(one)
    make_service(one.world.account)

    words = read(signed_in(one.world.holder), "/services/leaving/")

    assert "All together, inc GST $600.00" in words
    assert words.count("Last day of service") == 3


def test_service_page_shows_the_cost_of_leaving_today(one):
    with_hardware(one)

    words = read(signed_in(one.world.holder), f"/services/{one.service.public_id}/")

    assert "Leaving then costs, inc GST $600.00" in words


def test_representative_for_another_service_sees_none_of_it(one):
    other = make_service(one.world.account)
    person = make_user("Jordan Lee")
    appoint(
        one.world.account,
        person,
        Role.AUTHORISED_REP,
        ends_on=one.at("2028-01-01").date(),
        services={str(other.public_id): "Other"},
    )
    client = signed_in(person)

    assert client.get(address(one)).status_code == 403
    assert "Office line" not in read(client, "/services/leaving/").partition("Log out")[2]


def test_strangers_service_is_not_found(one):
    stranger = agree("vpnet", "33.00", since="2026-09-15")

    assert signed_in(stranger.world.holder).get(address(one)).status_code == 404


def test_page_takes_no_more_queries_with_more_services(one):
    client = signed_in(one.world.holder)
    client.get("/services/leaving/")

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get("/services/leaving/")
        return len(found)

    few = queries()
    for _ in range(4):
        make_service(one.world.account)
    assert queries() == few
