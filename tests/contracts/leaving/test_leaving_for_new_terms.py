"""New terms that open a way out: a service leaves free inside the days, the rest is bound."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse

from contracts.agreements.models import Contract
from contracts.agreements.states import Basis, FigureKind
from contracts.leaving import selectors as leaving
from contracts.leaving.models import EndNotice
from contracts.leaving.services import (
    LeavingRefused,
    carry_out_ends,
    take_back_end_notice,
    walk_away,
)
from contracts.supply.services import start_supply
from contracts.supply.states import ServiceStatus
from contracts.variations import services as variations
from contracts.variations.states import ChangeState
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from terms import library
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.contracts.variations.versions import NEW, announce_terms, new_terms, publish
from tests.parties.people import signed_in
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_people_pages import prove
from tests.portal.customer.test_what_people_see import read
from tests.world import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return publish(tmp_path_factory.mktemp("terms") / "profiles", ("vpnet", "greenlight"))


@pytest.fixture(autouse=True)
def march(shelf, monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(library, "PROFILES", shelf)
    library.load.cache_clear()
    yield
    library.load.cache_clear()


@pytest.fixture
def one() -> Agreement:
    """VPnet, 24 months from September 2025: leaving early costs the rest of the hardware."""
    made = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)
    made.note(FigureKind.HARDWARE_PRICE, "960.00", Basis.INC)
    made.note(FigureKind.HARDWARE_PAID, "360.00", Basis.INC)
    made.note(FigureKind.INSTALLATION_UNPAID, "0.00", Basis.INC)
    made.note(FigureKind.EQUIPMENT_UNPAID, "0.00", Basis.INC)
    return made


def second_line(one: Agreement) -> None:
    row = type(one.service).objects.create(
        contract=one.service.contract,
        plan=one.service.plan,
        label="Second line",
        identifier="02 5550 9999",
        status=ServiceStatus.ORDERED,
    )
    start_supply(service=row, activated_on=day("2025-09-15"), at=one.at("2025-09-15"))


def test_one_service_leaves_free_and_the_other_is_bound_on_the_day(one):
    second_line(one)
    change = announce_terms(one, one.at("2027-03-15"))
    assert change.way_out_until == day("2027-04-26")

    found = leaving.way_out(change, service=one.service, today=day("2027-03-20"))
    assert (found.refusal, str(found.total), str(found.otherwise.total)) == ("", "0.00", "600.00")
    at = one.at("2027-03-20")
    given = [
        walk_away(change=change, service=one.service, by=one.world.holder, at=at) for _ in range(2)
    ]
    assert given[0] == given[1]
    assert (str(given[0].charge), given[0].because_of_terms) == ("0.00", change)
    carry_out_ends(at=one.at("2027-03-20", "23:10"))

    variations.carry_terms_changes(at=one.at("2027-04-15", "00:10"))
    assert Contract.objects.get().version == NEW
    assert new_terms(one).state == ChangeState.APPLIED


def test_all_that_leaves_is_never_bound(one):
    change = announce_terms(one, one.at("2027-03-15"))
    at = one.at("2027-03-20")
    walk_away(change=change, service=one.service, by=one.world.holder, at=at)
    carry_out_ends(at=one.at("2027-03-20", "23:10"))
    variations.carry_terms_changes(at=one.at("2027-04-15", "00:10"))

    assert Contract.objects.get().version != NEW
    assert new_terms(one).state == ChangeState.LAPSED


def test_taken_back_the_new_terms_bind_after_all(one):
    change = announce_terms(one, one.at("2027-03-15"))
    notice = walk_away(
        change=change,
        service=one.service,
        by=one.world.holder,
        at=one.at("2027-03-20"),
        ends_on=day("2027-03-30"),
    )
    take_back_end_notice(notice=notice, by=one.world.holder, at=one.at("2027-03-21"))
    variations.carry_terms_changes(at=one.at("2027-04-15", "00:10"))

    assert Contract.objects.get().version == NEW


def test_a_day_late_or_by_a_stranger_nothing_ends(one):
    change = announce_terms(one, one.at("2027-03-15"))
    elsewhere = agree("vpnet", "33.00", since="2025-09-15")

    with pytest.raises(LeavingRefused, match="ended on Mon 26 Apr 2027"):
        walk_away(change=change, service=one.service, by=one.world.holder, at=one.at("2027-04-27"))
    with pytest.raises(NotAuthorised):
        walk_away(
            change=change,
            service=one.service,
            by=elsewhere.world.holder,
            at=one.at("2027-03-20"),
        )
    assert not EndNotice.objects.exists()


def test_customer_leaves_on_the_page_after_a_second_factor(one, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-20"))
    change = announce_terms(one, one.at("2027-03-15"))
    client = signed_in(one.world.holder)
    page = f"/contract/terms/{change.public_id}/"
    address = f"{page}leave/{one.service.public_id}/"
    assert address in client.get(page).content.decode()

    prove(client, client.get(address)["Location"])
    assert "instead of $600.00 inc GST" in read(client, address)
    sent = {"last_day": "2027-03-20", "cost": "0.00"}
    assert client.post(address, sent | {"cost": "9.99"}).status_code == 200
    assert not EndNotice.objects.exists()
    assert client.post(address, sent).status_code == 302
    assert EndNotice.objects.get().because_of_terms == change


def test_a_service_of_another_contract_is_not_found(one, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-20"))
    change = announce_terms(one, one.at("2027-03-15"))
    other = agree("vpnet", "33.00", since="2025-09-15")
    client = signed_in(one.world.holder)
    leave = f"/contract/terms/{change.public_id}/leave/"
    prove(client, client.get(f"{leave}{one.service.public_id}/")["Location"])

    assert client.get(f"{leave}{one.service.public_id}/").status_code == 200
    assert client.get(f"{leave}{other.service.public_id}/").status_code in (403, 404)


def test_home_says_that_new_terms_come_and_until_when_leaving_is_free(one, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-20"))
    client = signed_in(one.world.holder)
    assert "New terms" not in read(client, "/")
    change = announce_terms(one, one.at("2027-03-15"))

    assert "will bind contract" in (words := read(client, "/"))
    assert "You can leave without a fee until Mon 26 Apr 2027." in words
    assert f"/contract/terms/{change.public_id}/" in client.get("/").content.decode()


def letter(because_of, **given: str) -> dict[str, str]:
    """What staff type of a letter that came inside the days."""
    came = {"received_on": "2027-03-22", "asked_on": "", "said": "Letter of 20 March"}
    return {"change": str(because_of.public_id), "form": "letter"} | came | given


def test_staff_take_a_letter_down_after_seeing_the_day_and_the_sum(one, client, monkeypatch):
    change = announce_terms(one, one.at("2027-03-15"))
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-23"))
    desk = sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=one.world.account)
    step = reverse("admin:contracts_service_walk_away_step", args=[one.service.pk])
    assert (
        step
        in desk.get(
            reverse("admin:contracts_service_change", args=[one.service.pk])
        ).content.decode()
    )

    for bad, says in (
        ({"received_on": "2027-03-14"}, "not before"),
        ({"received_on": "2027-03-24"}, "still to come"),
        ({"asked_on": "2027-06-30"}, "Give a last day up to"),
        ({"change": str(one.service.public_id)}, "Select a valid choice"),
    ):
        assert says in desk.post(step, letter(change, **bad)).content.decode()
    words = desk.post(step, letter(change)).content.decode()
    assert "instead of $600.00" in words
    assert not EndNotice.objects.exists()

    seen = {"shown_on": "2027-03-22", "shown_cost": "0.00"}
    assert desk.post(step, letter(change, **seen)).status_code == 302
    notice = EndNotice.objects.get()
    assert (notice.form, notice.received_on, notice.ends_on) == (
        "letter",
        day("2027-03-22"),
        day("2027-03-22"),
    )


def test_staff_who_end_nothing_and_services_without_news_have_no_such_step(
    one, client, monkeypatch
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-23"))
    step = reverse("admin:contracts_service_walk_away_step", args=[one.service.pk])
    desk = sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=one.world.account)
    assert desk.get(step).status_code == 404

    announce_terms(one, one.at("2027-03-15"))
    auditor = sign_in_staff(client, make_staff(StaffRole.AUDITOR), because_of=one.world.account)
    assert auditor.get(step).status_code == 403
