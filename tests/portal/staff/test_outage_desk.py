"""Staff declare outages, say how they go, end them; customers see their own alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.requests.models import Outage
from parties.people.states import StaffRole
from terms.facts import Role
from tests.contracts.requests.outages import NOW, customer, declare
from tests.parties.people import signed_in
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_what_people_see import read
from tests.world import appoint, make_staff, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def here():
    return customer()


@pytest.fixture
def desk(client):
    return sign_in_staff(client, make_staff(StaffRole.FRONT_LINE))


def page(name: str, *args) -> str:
    return reverse(f"admin:contracts_outage_{name}", args=args)


def entered(world, **facts: str) -> dict[str, str]:
    return {
        "provider": str(world.provider.pk),
        "what": "Internet in Geelong",
        "words": "A fibre was cut. A crew is on its way.",
        "began_at": "2026-11-20T08:00",
        "postcodes": "3220, 3221",
        "region": "regional",
    } | facts


def shown(text: str) -> str:
    return text.partition('name="seen" value="')[2].partition('"')[0]


def test_outage_is_previewed_declared_updated_and_ended(desk, here):
    world, _ = here
    text = desk.post(page("add"), entered(world)).content.decode()
    assert "It hits 1 service of 1 account: all are told." in text
    assert "The next word is owed by Fri 20 Nov 2026, 14:30." in text
    assert not Outage.objects.exists()

    # Another place than the one shown is shown anew.
    again = entered(world, seen=shown(text), postcodes="3220")
    text = desk.post(page("add"), again).content.decode()
    assert not Outage.objects.exists()
    done = desk.post(page("add"), again | {"seen": shown(text)})
    outage = Outage.objects.get()
    assert done.url == page("change", outage.pk)
    assert "Outages and planned work, not over yet" in read(desk, reverse("admin:index"))
    assert "Say how it goes" in read(desk, done.url)

    words = {"words": "They have found the break."}
    desk.post(page("update_step", outage.pk), words | {"expected_at": "2026-11-20T12:00"})
    desk.post(page("end_step", outage.pk), words | {"ended_at": "2026-11-20T08:29"})
    outage.refresh_from_db()
    assert (outage.state, outage.updates) == ("ended", 3)
    assert desk.get(page("end_step", outage.pk)).status_code == 404


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"postcodes": "32200"}, "A postcode has four digits: correct 32200."),
        ({"postcodes": ""}, "Say where it is"),
        ({"postcodes": "0800"}, "No running service lies there"),
        ({"identifiers": "x" * 99}, "No running service has this number or name"),
        ({"began_at": "2026-11-20T08:31"}, "That hour is still to come"),
        ({"began_at": "yesterday"}, "Enter a valid date/time"),
        ({"words": "Cut"}, "at least 10"),
        ({"what": "x" * 201}, "at most 200"),
        ({"is_planned": "on"}, "Planned work begins later than now"),
        ({"postcodes": ",".join(f"{n:04}" for n in range(501))}, "at most 500"),
    ],
)
def test_what_cannot_be_declared_is_refused_in_words_and_stays(desk, here, given, says):
    text = desk.post(page("add"), entered(here[0], **given)).content.decode()

    assert says in text
    assert "A fibre was cut" in text or "words" in given
    assert not Outage.objects.exists()


def test_missed_word_is_on_a_worklist(desk, here, monkeypatch):
    outage = declare(here[0], make_staff())
    late = NOW + timedelta(hours=7)
    monkeypatch.setattr("django.utils.timezone.now", lambda: late)

    assert "Outages of which customers have to hear now" in read(desk, reverse("admin:index"))
    assert outage.reference in read(desk, page("changelist") + "?word=owed")


@pytest.mark.parametrize("role", [StaffRole.BILLING, StaffRole.CREDIT, StaffRole.AUDITOR])
def test_whoever_does_not_look_after_faults_only_reads(client, here, role):
    outage = declare(here[0], make_staff())
    sign_in_staff(client, make_staff(role))

    assert client.get(page("add")).status_code == 403
    for step in ("update", "end", "call_off"):
        address = page(f"{step}_step", outage.pk)
        assert client.post(address, {"words": "Some words."}).status_code == 403
    outage.refresh_from_db()
    assert outage.updates == 1


def test_staff_of_one_provider_see_and_declare_its_own_alone(client, here):
    outage = declare(here[0], make_staff())
    there, _ = customer("comvergence")
    sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER, there.provider))

    assert outage.reference not in read(client, page("changelist"))
    assert client.get(page("update_step", outage.pk)).status_code == 404
    text = client.post(page("add"), entered(here[0])).content.decode()
    assert "Select a valid choice" in text


def test_customer_sees_an_outage_of_their_own_services_on_home_and_service_alone(here):
    world, service = here
    other, elsewhere = customer(postcode="3000")
    outage = declare(world, make_staff())
    client = signed_in(world.holder)

    for path in ("/", f"/services/{service.public_id}/"):
        words = read(client, path)
        assert "Not working Internet in Geelong: " in words
        assert "You hear from us again by Fri 20 Nov 2026, 2:30 pm" in words
    client = signed_in(other.holder)
    for path in ("/", f"/services/{elsewhere.public_id}/"):
        assert outage.what not in read(client, path)


def test_representative_for_another_service_sees_no_banner(here):
    world, _ = here
    declare(world, make_staff())
    rep = make_user("Casey Brown")
    appoint(world.account, rep, Role.AUTHORISED_REP, limits=["view_bills"])

    assert "Internet in Geelong" not in read(signed_in(rep), "/")


def test_list_asks_no_more_with_more_outages(desk, here):
    counts = []
    for number in range(3):
        declare(here[0], make_staff(), what=f"Outage number {number}")
        with CaptureQueriesContext(connection) as asked:
            desk.get(page("changelist"))
        counts.append(len(asked))
    assert counts[1] == counts[2]
