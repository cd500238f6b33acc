"""Staff keep the register of equipment; customers see what stands there and what comes back."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.equipment.models import Equipment
from contracts.equipment.states import Item, Place
from contracts.supply.models import Chargeable
from parties.people.states import StaffRole
from tests.contracts.equipment.test_equipment import day, end, note
from tests.contracts.leaving.contracts import Agreement, agree
from tests.parties.people import signed_in
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_what_people_see import read
from tests.world import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(monkeypatch) -> Agreement:
    made = agree(
        "comvergence",
        "310.00",
        since="2024-10-14",
        months=36,
        kind="cloud_pbx_rental",
        state="WA",
    )
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-06-08"))
    return made


@pytest.fixture
def desk(client, one):
    return sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=one.world.account)


def page(name: str, *args) -> str:
    return reverse(f"admin:contracts_equipment_{name}", args=args)


def entered(**facts: str) -> dict[str, str]:
    return {
        "item": "yealink_t54",
        "serial": "t54-1",
        "basis": "rental",
        "delivered_on": "2024-10-14",
    } | facts


def test_piece_is_noted_from_its_service_once(desk, one):
    service = reverse("admin:contracts_service_change", args=[one.service.pk])
    address = f"{page('add')}?service={one.service.pk}"
    assert address in desk.get(service).content.decode()

    for _ in range(2):
        assert desk.post(address, entered()).status_code == 302
    assert Equipment.objects.get().serial == "T54-1"
    assert desk.get(page("add")).status_code == 302
    assert desk.get(f"{page('add')}?service=999999").status_code == 404


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"serial": " "}, "This field is required"),
        ({"serial": "x" * 61}, "at most 60"),
        ({"item": "spaceship"}, "Select a valid choice"),
        ({"delivered_on": "2099-01-01"}, "still to come"),
        ({"basis": "purchase"}, "Say what it costs"),
        ({"price": "-1"}, "amount"),
    ],
)
def test_what_cannot_be_noted_is_refused_in_words_and_stays(desk, one, given, says):
    text = desk.post(f"{page('add')}?service={one.service.pk}", entered(**given)).content.decode()

    assert says in text
    assert not Equipment.objects.exists()


def test_serial_number_of_another_account_is_refused(desk, one):
    other = agree("comvergence", "310.00", since="2025-10-14", kind="cloud_pbx_rental")
    note(other, "T54-1")

    text = desk.post(f"{page('add')}?service={one.service.pk}", entered()).content.decode()
    assert "Serial number T54-1 is on record already" in text
    assert other.world.account.number not in text


def test_overdue_piece_is_on_a_worklist_charged_and_given_back(desk, one):
    row = note(one, "T54-1")
    end(one)
    lists = read(desk, reverse("admin:index"))
    assert "Equipment that should be back already" in lists
    assert "T54-1" in read(desk, page("changelist") + "?overdue=yes")

    words = read(desk, page("missing_step", row.pk))
    assert "missing: $275.00 inc GST; damaged: $275.00 inc GST" in words
    desk.post(page("missing_step", row.pk), {"why": "Nothing came", "caused_by": "other"})
    row.refresh_from_db()
    assert (row.place, str(row.charged)) == (Place.MISSING, "275.00")
    seen = {"came_back_on": "2027-06-07", "is_sound": "yes", "caused_by": "other", "why": "Fine"}
    desk.post(page("back_step", row.pk), seen)
    row.refresh_from_db()
    assert (row.place, str(row.charged)) == (Place.BACK, "0.00")
    assert sum(charge.amount for charge in Chargeable.objects.filter(kind="one_off")) == 0


def test_customer_sees_what_stands_there_and_what_leaving_brings_back(one, monkeypatch):
    note(one, "T54-1", label="Reception")
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-01-11"))
    client = signed_in(one.world.holder)

    words = read(client, f"/services/{one.service.public_id}/")
    assert "Yealink T54 handset T54-1, Reception" in words
    assert "comes back to Comvergence when the service ends" in words
    words = read(client, f"/services/{one.service.public_id}/leaving/?on=2027-03-03")
    assert "To send back Yealink T54 handset T54-1, by Fri 2 Apr 2027" in words  # 30 days


def test_customer_reads_by_when_it_is_due_after_the_end(one):
    note(one, "T54-1")
    end(one)

    words = read(signed_in(one.world.holder), f"/services/{one.service.public_id}/")
    assert "Please send it back by Fri 4 Jun 2027" in words
    assert Equipment.objects.get().due_on == day("2027-06-04")


def test_staff_of_another_provider_find_no_piece(client, one):
    row = note(one, "T54-1")
    elsewhere = agree("callpro", "180.00", since="2026-12-01")
    them = sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER, elsewhere.world.provider))

    assert them.get(page("back_step", row.pk)).status_code == 404
    assert "T54-1" not in read(them, page("changelist"))


def test_list_takes_no_more_queries_with_more_pieces(desk, one):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            desk.get(page("changelist"))
        return len(found)

    note(one, "A1")
    queries()
    few = queries()
    for number in range(5):
        note(one, f"B{number}")
    assert queries() == few


def test_handset_that_does_not_work_is_swapped_and_both_prices_are_read_before(desk, one):
    row = note(one, "T57-1", Item.YEALINK_T57)
    words = read(signed_in(one.world.holder), f"/services/{one.service.public_id}/")
    assert "A fault is swapped free. If it was broken, the swap costs $363.00 inc GST." in words
    address = page("swap_step", row.pk)
    assert address in desk.get(page("change", row.pk)).content.decode()
    given = {"serial": "NEW-1", "delivered_on": "2027-06-08", "cause": "negligence", "why": "Seen"}
    for bad in ({"cause": "rain"}, {"serial": ""}, {"delivered_on": "soon"}):
        assert desk.post(address, given | bad).status_code == 200
    assert not Chargeable.objects.exists()
    assert desk.post(address, given).status_code == 302
    assert str(Chargeable.objects.get().amount) == "363.00"
    assert desk.get(address).status_code == 404
    box = note(one, "BOX-1", Item.MODEM)
    assert desk.get(page("swap_step", box.pk)).status_code == 404
