"""Faults on a customer's pages: told first, reported, followed, agreed to, made a complaint."""

from __future__ import annotations

import pytest

from complaints.tickets.models import Complaint
from contracts.requests.models import Fault
from contracts.requests.selectors import Area
from contracts.requests.services import (
    Declared,
    Report,
    declare_outage,
    note_work,
    report_fault,
)
from contracts.requests.states import FaultState, Found, Trouble
from parties.people.states import StaffRole
from terms.facts import Role
from tests.contracts.leaving.contracts import agree
from tests.parties.people import signed_in
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_what_people_see import read
from tests.world import (
    appoint,
    instant,
    make_service,
    make_staff,
    make_user,
    make_world,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(monkeypatch):
    made = agree("comvergence", "680.00", since="2025-10-01", kind="data", basis="ex")
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-11-02"))
    return made


def address(one) -> str:
    return f"/services/{one.service.public_id}/fault/"


def send(one, **given) -> Fault:
    facts = {"trouble": "dead", "what": "No light on the box."} | given
    answer = signed_in(one.world.holder).post(address(one), facts)
    fault = Fault.objects.get()
    assert answer.url == f"/faults/{fault.reference}/"
    return fault


def test_desk_and_cost_are_told_before_anything_is_typed(one):
    client = signed_in(one.world.holder)
    assert address(one) in client.get(f"/services/{one.service.public_id}/").content.decode()

    words = read(client, address(one))

    assert "Our fault desk is closed and takes it on Wed 3 Nov 2027, 8:30 am" in words
    assert "A visit in business hours $165.00 for the first hour, then $110.00 an hour" in words
    assert "checked" not in client.get(address(one)).content.decode()


def test_fault_is_reported_agreed_to_worked_on_and_shown(one):
    fault = send(one)
    assert not Complaint.objects.exists()
    client, page = signed_in(one.world.holder), f"/faults/{fault.reference}/"
    assert "I agree to what it can cost" in read(client, page)

    client.post(f"{page}agree/")
    fault.refresh_from_db()
    note_work(
        fault=fault,
        on_site=True,
        started_at=one.at("2027-11-02", "13:00"),
        ended_at=one.at("2027-11-02", "15:15"),
        found=Found.NOTHING,
        words="All is well here.",
        by=one.staff,
        at=one.at("2027-11-02", "16:00"),
    )
    assert "No fault found. All is well here. $302.50 inc GST, on your next bill." in read(
        client, page
    )
    for _ in range(2):
        client.post(f"{page}complain/")
    assert Complaint.objects.get().reference in read(client, page)
    client.post(f"{page}withdraw/")
    assert client.post(f"{page}withdraw/").status_code == 302
    assert client.post(f"{page}nonsense/").status_code == 404
    fault.refresh_from_db()
    assert fault.state == "withdrawn"


def test_ticking_complaint_makes_one(one):
    assert send(one, is_complaint="on").complaint == Complaint.objects.get().reference


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"what": ""}, "This field is required"),
        ({"trouble": "dragons"}, "Select a valid choice"),
        ({"since": "2099-01-01T10:00"}, "Look at the day again"),
        ({"what": "x" * 1001}, "at most 1000"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_stays(one, given, says):
    facts = {"trouble": "dead", "what": "No light on the box.", "tried": "Off and on"} | given
    text = signed_in(one.world.holder).post(address(one), facts).content.decode()

    assert says in text
    assert "Off and on" in text
    assert not Fault.objects.exists()


def test_strangers_fault_is_not_found(one):
    fault = send(one)
    stranger = signed_in(make_world("comvergence").holder)

    assert stranger.get(f"/faults/{fault.reference}/").status_code == 404
    assert stranger.post(f"/faults/{fault.reference}/withdraw/").status_code == 404
    assert stranger.get(address(one)).status_code == 404
    assert stranger.get(f"/faults/{'x' * 300}/").status_code == 404


def test_staff_take_it_in_hand_see_the_cost_note_work_and_close_it(client, one):
    fault = send(one, accepts_cost="on")
    desk = sign_in_staff(client, one.staff, because_of=one.world.account)
    assert "Faults to take in hand" in read(desk, "/admin/")
    page = f"/admin/contracts/fault/{fault.pk}"
    desk.post(f"{page}/take/")
    given = {
        "on_site": "yes",
        "started_at": "2027-11-02T08:30",
        "ended_at": "2027-11-02T09:30",
        "found": "nothing",
        "words": "All is well here.",
    }

    # Agreed to at 10:00, after it began.
    text = desk.post(f"{page}/work/", given).content.decode()
    assert "It costs nothing" in text
    desk.post(f"{page}/close/", {"is_mended": "no", "outcome": "Nothing was found."})
    fault.refresh_from_db()
    assert (fault.state, fault.result) == ("no_fault", "Nothing was found.")
    assert desk.post(f"{page}/close/", {"is_mended": "no", "outcome": "Again."}).status_code == 404


def test_representative_who_may_not_spend_that_much_is_told_and_keeps_the_words(one):
    rep = make_user("Casey Brown")
    appoint(one.world.account, rep, Role.AUTHORISED_REP, max_expense="150.00")
    given = {"trouble": "dead", "what": "No light on the box.", "accepts_cost": "on"}

    text = signed_in(rep).post(address(one), given).content.decode()

    assert "It can cost more than you may agree to" in text
    assert "No light on the box." in text
    assert not Fault.objects.exists()


def test_whoever_may_not_agree_to_costs_is_not_asked(one):
    rep = make_user("Casey Brown")
    appoint(one.world.account, rep, Role.AUTHORISED_REP, limits=["incur_expense"])

    assert "accepts_cost" not in signed_in(rep).get(address(one)).content.decode()


def test_page_does_not_tell_of_a_complaint_about_somebodys_safety(one):
    rep = make_user("Casey Brown")
    appoint(one.world.account, rep, Role.AUTHORISED_REP)
    fault = send(one)
    page = f"/faults/{fault.reference}/"
    signed_in(rep).post(f"{page}complain/")
    theirs = Complaint.objects.get()
    assert theirs.reference in read(signed_in(one.world.holder), page)
    Complaint.objects.update(safety_threat=True)

    words = read(signed_in(one.world.holder), page)

    assert theirs.reference not in words
    assert "This is a complaint" in words
    assert theirs.reference in read(signed_in(rep), page)


def test_words_that_name_the_customer_are_masked_for_who_may_not_know_them():
    world = make_world(negotiated=True)
    service = make_service(world.account)
    at = instant("2026-12-10 10:00")
    report = Report(trouble=Trouble.POOR, what="Mia Conti hears nothing at 1 Test Street.")
    fault = report_fault(service=service, report=report, by=world.holder, at=at)
    Fault.objects.update(state=FaultState.MENDED, result="Mended for Mia Conti.", closed_at=at)
    advocate = make_user("Kim Abbott")
    appoint(world.account, advocate, Role.ADVOCATE)

    page = signed_in(advocate).get(f"/faults/{fault.reference}/")

    assert page.status_code == 200
    for secret in ("Mia Conti", "1 Test Street"):
        assert secret not in page.content.decode()
    assert (
        "Mia Conti" in signed_in(world.holder).get(f"/faults/{fault.reference}/").content.decode()
    )


def test_what_an_outage_is_called_does_not_say_where_a_hidden_customer_lives():
    world = make_world(negotiated=True)
    service = make_service(world.account)
    at = instant("2026-12-10 10:00")
    by = make_staff(StaffRole.TEAM_MANAGER)
    said = Declared(
        what="No internet in Testville",
        words="A cable was cut.",
        area=Area(identifiers=(service.identifier,)),
        began_at=at,
    )
    declare_outage(provider=world.provider, said=said, by=by, at=at)
    advocate = make_user("Kim Abbott")
    appoint(world.account, advocate, Role.ADVOCATE)

    for path in ("/", f"/services/{service.public_id}/"):
        page = signed_in(advocate).get(path).content.decode()
        assert "No internet in" in page
        assert "Testville" not in page
        assert "Testville" in signed_in(world.holder).get(path).content.decode()
