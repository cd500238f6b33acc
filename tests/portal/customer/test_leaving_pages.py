"""Pages about leaving: the cost of a day with its clause, and errors for a day that is none."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.agreements.states import Basis, FigureKind
from contracts.leaving.models import EndNotice
from contracts.leaving.states import NoticeState
from terms.facts import Role
from tests.contracts.leaving.contracts import Agreement, agree
from tests.parties.people import signed_in
from tests.portal.customer.test_people_pages import prove
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


# ── giving notice and taking it back ────────────────────────────────────────────────────────


def proven(one: Agreement):
    """The holder's browser, after the second factor."""
    client = signed_in(one.world.holder)
    prove(client, client.get(address(one, "notice/"))["Location"])
    return client


def confirm(client, one: Agreement, query: str = "", **shown):
    given = {"last_day": "2027-03-10", "cost": "600.00"} | shown
    return client.post(address(one, f"notice/{query}"), given)


def test_notice_asks_for_a_second_factor_and_comes_back_with_the_day(one):
    asked = signed_in(one.world.holder).get(address(one, "notice/?on=2027-09-10"))

    assert asked.status_code == 302
    assert asked["Location"].startswith("/identity/close_account/")
    assert "on%3D2027-09-10" in asked["Location"]


def test_notice_is_shown_first_given_once_and_taken_back(one):
    with_hardware(one)
    client = proven(one)

    words = read(client, address(one, "notice/"))
    assert "Leaving costs, inc GST $600.00" in words
    assert "$600.00 inc GST stands on your last bill" in words
    assert "You can take it back until Tue 9 Mar 2027" in words

    for _ in range(2):
        assert confirm(client, one).status_code == 302
    assert EndNotice.objects.count() == 1
    words = read(client, f"/services/{one.service.public_id}/")
    assert "Last day of service Wed 10 Mar 2027" in words
    assert "Take it back, keep the service" in words
    assert "Your notice is in." in words

    for _ in range(2):
        assert client.post(address(one, "back/")).status_code == 302
    assert EndNotice.objects.get().state == NoticeState.TAKEN_BACK
    words = read(client, f"/services/{one.service.public_id}/")
    assert "Take it back" not in words
    assert "If you gave notice today" in words


def test_what_is_not_known_is_said_before_and_after(one):
    client = proven(one)

    assert "What it costs is not known yet, and is told to you before it is charged" in read(
        client, address(one, "notice/")
    )
    confirm(client, one, cost="0.00")

    words = read(client, f"/services/{one.service.public_id}/")
    assert "Not known yet: what discounted hardware costs in full" in words
    assert "costs nothing" not in words


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        ({"cost": "0.00"}, "The day or the cost has changed since you looked."),
        ({"last_day": "2027-03-09"}, "The day or the cost has changed since you looked."),
        ({"last_day": ""}, "Look at the day and the cost again"),
        ({"cost": "much"}, "Look at the day and the cost again"),
    ],
)
def test_stale_confirmation_gives_no_notice_and_shows_how_it_stands(one, shown, says):
    with_hardware(one)

    page = confirm(proven(one), one, **shown)

    assert page.status_code == 200
    assert says in page.content.decode()
    assert "$600.00" in page.content.decode()
    assert not EndNotice.objects.exists()


def test_day_that_is_past_leads_back_to_where_it_is_asked_for(one):
    client = proven(one)

    found = client.get(address(one, "notice/?on=2027-01-01"), follow=True)

    assert found.redirect_chain[-1][0] == address(one, "?on=2027-01-01")
    assert "or a later day" in found.content.decode()


def test_service_that_ended_has_no_page_about_leaving(one):
    service = one.service
    service.status, service.ended_on = "ended", one.at("2027-01-10").date()
    service.save()
    client = signed_in(one.world.holder)

    assert client.get(address(one)).status_code == 404
    assert client.get(f"/services/{service.public_id}/").status_code == 200


def test_early_end_by_agreement_is_a_request_and_no_cancel_button(monkeypatch):
    made = agree("blueshift", "79.95", since="2026-02-25", signed="2026-02-18", months=24)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-08-02"))
    client = signed_in(made.world.holder)

    words = read(client, address(made, "?on=2027-08-20"))

    assert "Only if MSP Blueshift agrees: it is inside your minimum term." in words
    assert "Ask to end it on Fri 20 Aug 2027" in words
    assert "Leaving costs, inc GST At least $399.75" in words
    assert "Give notice to end it on Thu 17 Feb 2028 , without asking" in words
