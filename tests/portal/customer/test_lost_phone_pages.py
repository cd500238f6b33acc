"""A lost phone on the customer's pages and at the desk."""

from __future__ import annotations

import pytest
from django.urls import reverse

from contracts.barring.models import Bar, SimSwap
from contracts.barring.states import BarState, SwapState
from parties.people.states import StaffRole
from parties.security.models import IdentityCheck
from portal.composition.worklists import worklists
from tests.contracts.leaving.contracts import Agreement, agree
from tests.parties.people import signed_in
from tests.parties.staff import give_reason
from tests.portal.customer.test_people_pages import prove
from tests.portal.customer.test_what_people_see import read
from tests.world import instant, make_staff, make_world

pytestmark = pytest.mark.django_db
NOW = instant("2026-12-10 10:00")


@pytest.fixture(autouse=True)
def _today(monkeypatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def mobile() -> Agreement:
    return agree("vpnet", "35.00", since="2026-03-02", kind="mobile")


def test_phone_is_barred_with_one_click_and_opened_after_a_second_factor(mobile):
    client, page = signed_in(mobile.world.holder), f"/services/{mobile.service.public_id}/"
    assert "Lost or stolen: bar it now" in read(client, page)
    assert "Its fees go on" in read(client, f"{page}lost/")

    for _ in range(2):
        answer = client.post(f"{page}bar/lost/")
    assert answer.url == f"{page}lost/"
    assert "Asked: being barred" in read(client, answer.url)

    opened = client.get(f"{page}open/lost/")
    assert "/identity/sim_swap/" in opened["Location"]
    assert client.post(f"{page}open/lost/").status_code == 302
    assert Bar.objects.get().state == BarState.ASKED
    prove(client, opened["Location"])
    assert "Whoever has the phone can use it" in read(client, f"{page}open/lost/")
    client.post(f"{page}open/lost/")
    assert Bar.objects.get().state == BarState.TO_LIFT
    client.post(f"{page}bar/lost/")
    assert Bar.objects.get().state == BarState.ASKED


def test_new_sim_is_asked_for_after_a_second_factor_and_stopped_without(mobile):
    client, page = signed_in(mobile.world.holder), f"/services/{mobile.service.public_id}/"
    asked = client.get(f"{page}sim/")
    assert client.post(f"{page}sim/", {"form": "esim"}).status_code == 302
    assert not SimSwap.objects.exists()
    prove(client, asked["Location"])
    assert "required" in client.post(f"{page}sim/", {}).content.decode()
    client.post(f"{page}sim/", {"form": "esim"})
    assert SimSwap.objects.get().identity_check

    assert "it was not me" in read(client, f"{page}lost/")
    client.post(f"{page}sim/stop/")
    assert SimSwap.objects.get().state == SwapState.WITHDRAWN
    assert client.post(f"{page}sim/stop/").status_code == 404


def test_strangers_and_nonsense_find_nothing(mobile):
    page = f"/services/{mobile.service.public_id}/"
    stranger = signed_in(make_world("vpnet").holder)
    assert stranger.get(f"{page}lost/").status_code == 404
    assert stranger.post(f"{page}bar/lost/").status_code == 404
    holder = signed_in(mobile.world.holder)
    assert holder.post(f"{page}bar/everything/").status_code == 404
    assert not Bar.objects.exists()
    internet = agree("vpnet", "80.00", since="2026-03-02", kind="nbn")
    client = signed_in(internet.world.holder)
    assert client.get(f"/services/{internet.service.public_id}/lost/").status_code == 404
    assert "Lost or stolen" not in read(client, f"/services/{internet.service.public_id}/")


def test_desk_bars_for_a_caller_and_opens_only_with_their_proof(mobile):
    staff = make_staff(StaffRole.FRONT_LINE)
    desk, account = signed_in(staff), mobile.world.account
    give_reason(desk, account)
    add = f"{reverse('admin:contracts_bar_add')}?account={account.number}"
    given = {"caller": "Mia Conti", "service": str(mobile.service.public_id), "kind": "lost"}
    desk.post(add, given)
    row = Bar.objects.get()
    lists = {one["title"]: one["count"] for one in worklists(staff, NOW)}
    assert lists["Phones to bar now"] == 1

    def step(name: str) -> str:
        return reverse(f"admin:contracts_bar_{name}_step", args=[row.pk])

    desk.post(step("do"), {})
    row.refresh_from_db()
    assert (row.state, row.caller) == (BarState.ON, "Mia Conti")
    said = desk.post(step("ask_lift"), {"caller": "Mia Conti"}).content.decode()
    assert "Check who is calling first" in said
    assert desk.get(step("lift")).status_code == 404
    assert not IdentityCheck.objects.exists()

    sims = f"{reverse('admin:contracts_simswap_add')}?account={account.number}"
    asked = {"caller": "Mia", "service": str(mobile.service.public_id), "form": "card"}
    assert "proof of identity first" in desk.post(sims, asked).content.decode()
    assert not SimSwap.objects.exists()


def test_new_sim_is_made_from_its_worklist(mobile):
    staff = make_staff(StaffRole.FRONT_LINE)
    desk = signed_in(staff)
    give_reason(desk, mobile.world.account)
    swap = SimSwap.objects.create(
        reference="S-1",
        service=mobile.service,
        form="esim",
        asked_at=NOW,
        asked_by=mobile.world.holder,
    )
    lists = {one["title"]: one["count"] for one in worklists(staff, NOW)}
    assert lists["New SIMs to make"] == 1
    page = reverse("admin:contracts_simswap_do_step", args=[swap.pk])

    assert "at least 4" in desk.post(page, {"sim": "1"}).content.decode()
    desk.post(page, {"sim": "8961 0000 1234"})

    swap.refresh_from_db()
    assert swap.state == SwapState.DONE
