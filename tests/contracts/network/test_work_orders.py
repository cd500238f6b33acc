"""What the network is asked: charges follow what is done, a return counts from its asking."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from billing.credit_management.services import (
    give_suspension_notice,
    restore_paid,
    suspend_for_debt,
    withdraw_suspension,
)
from contracts.network.models import WorkOrder
from contracts.network.services import (
    WorkRefused,
    ask_again,
    ask_ends,
    ask_work,
    finish_work,
    withdraw_work,
)
from contracts.network.states import WorkKind
from contracts.supply.models import Chargeable, Service, SupplyPeriod
from contracts.supply.states import ServiceStatus, SuspensionCause
from parties.people.states import StaffRole
from portal.adapters.signed import signature
from portal.composition.worklists import worklists
from records.audit.services import Actor
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.lifecycle import IllegalStep
from tests.billing.moneys import Story, story
from tests.billing.test_help_with_paying import owing, sweep
from tests.parties.security.test_attacks_at_once import at_once, kinds
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = pytest.mark.django_db
DESK = Actor(name="Desk")
SECRET = "s" * 40


def asks(one: Story) -> Story:
    one.world.provider.network_work = "asked"
    one.world.provider.save()
    return one


@pytest.fixture
def cut() -> Story:
    """Greenlight asks its network to suspend for 200.00 on 22 June 2027."""
    one = asks(owing("greenlight", "NSW", "200.00", "2027-05-03", "2027-06-01"))
    sweep(one, "2027-06-02")
    staff = make_staff(StaffRole.CREDIT)
    give_suspension_notice(account=one.account, by=staff, at=one.at("2027-06-11", "19:40"))
    deliver_queued(at=one.at("2027-06-11", "19:40"))
    suspend_for_debt(account=one.account, by=staff, at=one.at("2027-06-22"))
    return one


def orders() -> list[tuple[str, str]]:
    return list(WorkOrder.objects.order_by("pk").values_list("kind", "state"))


def status() -> str:
    return Service.objects.get().status


def says(one: Story, on: str, clock: str = "10:00", *, done: bool = True, **facts: Any) -> None:
    """The network says of its newest order what became of it, at that moment."""
    finish_work(
        order=WorkOrder.objects.latest("pk"),
        done=done,
        happened_at=one.at(on, clock),
        at=one.at(on, clock),
        actor=DESK,
        **facts,
    )


def periods() -> list[tuple[str, str, str]]:
    rows = SupplyPeriod.objects.order_by("starts_on")
    return [
        (f"{row.starts_on:%m-%d}", f"{row.ends_on:%m-%d}" if row.ends_on else "", row.suspended)
        for row in rows
    ]


def test_a_suspension_counts_once_it_is_done_and_ends_with_the_asking(cut):
    assert (orders(), status()) == ([("suspend", "asked")], "active")
    assert periods() == [("05-03", "", "")]

    says(cut, "2027-06-24")
    assert status() == "suspended"
    cut.pay("2027-06-26", "200.00")
    assert restore_paid(at=cut.at("2027-06-26", "23:03")) == 1
    assert restore_paid(at=cut.at("2027-06-26", "23:04")) == 0
    assert (orders()[-1], status()) == (("restore", "asked"), "suspended")
    assert Notice.objects.filter(title="Your services are coming back").count() == 1
    says(cut, "2027-06-29", "00:00")

    assert (orders()[-1], status()) == (("restore", "done"), "active")
    assert periods() == [
        ("05-03", "06-23", ""),
        ("06-24", "06-26", "unpaid"),
        ("06-27", "06-28", "network"),
        ("06-29", "", ""),
    ]


def test_who_pays_before_it_is_done_is_not_suspended(cut):
    cut.pay("2027-06-23", "200.00")
    assert restore_paid(at=cut.at("2027-06-23", "10:05")) == 0

    assert (orders(), status()) == ([("suspend", "withdrawn")], "active")
    assert restore_paid(at=cut.at("2027-06-23", "10:06")) == 0


def test_what_is_done_too_late_is_our_mistake_and_undone_at_once(cut):
    cut.pay("2027-06-23", "200.00")
    restore_paid(at=cut.at("2027-06-23", "10:05"))

    says(cut, "2027-06-24")

    assert orders() == [("suspend", "done"), ("restore", "asked")]
    says(cut, "2027-06-25", "00:00")
    assert (status(), periods()[1:]) == (
        "active",
        [("06-24", "06-24", "mistake"), ("06-25", "", "")],
    )
    assert not Chargeable.objects.exists()


def test_a_notice_that_is_taken_back_takes_the_work_back(cut):
    notice = cut.account.suspension_notices.get()
    withdraw_suspension(
        notice=notice, by=make_staff(StaffRole.CREDIT), why="It was wrong", at=cut.at("2027-06-23")
    )

    assert (orders(), status()) == ([("suspend", "withdrawn")], "active")


def test_what_failed_is_on_a_list_until_it_is_done_or_taken_back(cut):
    says(cut, "2027-06-22", "11:00", done=False, why="No route to the switch")
    row = WorkOrder.objects.get()
    assert (row.state, row.problem, status()) == ("failed", "No route to the switch", "active")
    staff = make_staff(StaffRole.BILLING)
    found = {one["title"]: one["count"] for one in worklists(staff, cut.at("2027-06-22"))}
    assert found["Work that the network could not do"] == 1

    ask_again(order=row, at=cut.at("2027-06-22", "12:00"), actor=DESK)
    assert orders() == [("suspend", "asked")]
    withdraw_work(order=row, why="Agreed on the phone", at=cut.at("2027-06-22"), actor=DESK)
    with pytest.raises(IllegalStep):
        ask_again(order=row, at=cut.at("2027-06-22"), actor=DESK)
    with pytest.raises(IllegalStep):
        withdraw_work(order=row, why="Again", at=cut.at("2027-06-22"), actor=DESK)


def test_coming_back_is_charged_once_when_it_is_asked_for():
    one = asks(story("vpnet", "ACT"))
    service = one.service("S", "24.00", "2027-01-15")
    facts = {"actor": DESK, "why": "Not paid"}
    suspend = partial(ask_work, kind=WorkKind.SUSPEND, cause=SuspensionCause.UNPAID, **facts)
    first = suspend(service=service, at=one.at("2027-02-17"))
    assert suspend(service=service, at=one.at("2027-02-17", "11:00")) == first
    says(one, "2027-02-17", "12:00")

    for clock in ("10:00", "10:01"):
        service.refresh_from_db()
        ask_work(service=service, kind=WorkKind.RESTORE, at=one.at("2027-02-24", clock), **facts)
    says(one, "2027-02-26")

    (fee,) = Chargeable.objects.all()
    assert (fee.kind, f"{fee.amount:.2f}", fee.incurred_on.isoformat()) == (
        "reconnection",
        "82.50",
        "2027-02-24",
    )


def test_a_service_works_from_the_day_on_which_it_was_done():
    one = asks(story("blueshift", "NSW"))
    running = one.service("S", "61.60", "2027-02-01", basis="inc")
    service = Service.objects.create(
        contract=running.contract, plan=running.plan, label="T", identifier="t-1"
    )
    ask_work(service=service, kind=WorkKind.ACTIVATE, at=one.at("2027-02-08"), actor=DESK)
    says(one, "2027-02-10")

    service.refresh_from_db()
    assert (service.status, service.activated_on.isoformat()) == ("active", "2027-02-10")


def test_what_has_ended_is_switched_off_once_and_charged_to_its_last_day():
    one = asks(story("blueshift", "NSW"))
    service = one.service("S", "61.60", "2027-02-01", basis="inc")
    from contracts.supply.services import close_ended, end_supply

    end_supply(service=service, last_day=one.at("2027-02-10").date(), at=one.at("2027-02-05"))
    assert ask_ends(at=one.at("2027-02-10")) == 0
    close_ended(at=one.at("2027-02-11"))

    assert ask_ends(at=one.at("2027-02-11")) == 1
    assert ask_ends(at=one.at("2027-02-11", "11:00")) == 0
    says(one, "2027-02-13")

    assert periods() == [("02-01", "02-10", "")]
    assert orders() == [("end", "done")]


def test_without_a_network_that_is_asked_it_is_done_at_once():
    one = story("blueshift", "NSW")
    service = one.service("S", "61.60", "2027-02-01", basis="inc")
    facts = {"at": one.at("2027-02-08"), "actor": DESK}
    assert (
        ask_work(service=service, kind=WorkKind.SUSPEND, cause=SuspensionCause.CUSTOMER, **facts)
        is None
    )
    assert (status(), WorkOrder.objects.count()) == ("suspended", 0)
    with pytest.raises(WorkRefused, match="not asked here"):
        ask_work(service=service, kind=WorkKind.END, **facts)


# --- what the network says by itself


@pytest.fixture
def hook(cut, settings, monkeypatch):
    settings.NETWORK_HOOK_SECRETS = {"greenlight": SECRET}
    now = cut.at("2027-06-24")
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)

    def send(*, secret: str = SECRET, age: int = 0, raw: bytes | None = None, **facts: Any):
        given = {
            "order": str(WorkOrder.objects.latest("pk").public_id),
            "result": "done",
            "at": cut.at("2027-06-24", "09:30").isoformat(),
            **facts,
        }
        provider = given.pop("provider", "greenlight")
        body = json.dumps(given).encode() if raw is None else raw
        signed = given.pop("signed", signature(secret, body, now - timedelta(seconds=age)))
        return Client().post(
            f"/hooks/network/{provider}/",
            body,
            content_type="application/json",
            headers={"X-Network-Signature": signed},
        )

    return send


def test_the_network_says_it_by_itself_once_however_often(hook):
    first, second = hook(), hook()

    assert [one.content.decode().strip() for one in (first, second)] == [
        "done: it is done",
        "nothing new: it is done",
    ]
    assert (status(), periods()[-1]) == ("suspended", ("06-24", "", "unpaid"))


@pytest.mark.parametrize(
    ("facts", "code", "says"),
    [
        ({"secret": "x" * 40}, 400, "signature does not fit"),
        ({"signed": ""}, 400, "Sign it"),
        ({"signed": "t=99999999999999,v1=00"}, 400, "Sign it"),
        ({"signed": "t=1,v1=é"}, 400, "Sign it"),
        ({"signed": f"t=999999999999,v1={'0' * 64}"}, 400, "does not fit"),
        ({"raw": b"[" * 9_000}, 400, "Send JSON with"),
        ({"age": 301}, 400, "more than five minutes ago"),
        ({"age": -301}, 400, "more than five minutes ago"),
        ({"raw": b"{"}, 400, "Send JSON with"),
        ({"raw": b"[]"}, 400, "Send JSON with"),
        ({"raw": b"\xff\x00"}, 400, "Send JSON with"),
        ({"raw": b" " * 10_001}, 400, "longer than a word"),
        ({"result": "maybe"}, 400, "done or failed"),
        ({"order": "x" * 400}, 400, "Send JSON with"),
        ({"order": str(uuid4())}, 400, "No order of this provider"),
        ({"at": "2027-06-24T09:30"}, 400, "names no time zone"),
        ({"at": "2027-06-21T09:30+10:00"}, 400, "between when it was asked for and now"),
        ({"at": "2027-06-24T10:01+10:00"}, 400, "between when it was asked for and now"),
        ({"provider": "vpnet"}, 404, ""),
        ({"provider": "nobody"}, 404, ""),
    ],
)
def test_what_is_not_the_networks_changes_nothing(hook, facts, code, says):
    found = hook(**facts)

    assert found.status_code == code
    assert says in found.content.decode()
    assert (orders(), status()) == ([("suspend", "asked")], "active")


def test_another_providers_order_is_unknown(hook, settings):
    settings.NETWORK_HOOK_SECRETS = {"vpnet": SECRET, "greenlight": SECRET}
    story("vpnet", "NSW")

    found = hook(provider="vpnet")

    assert (found.status_code, status()) == (400, "active")


def test_without_a_secret_nobody_is_believed(hook, settings):
    settings.NETWORK_HOOK_SECRETS = {"greenlight": ""}

    assert (hook(secret="").status_code, status()) == (404, "active")


# --- staff


def test_staff_say_it_for_the_network(cut, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: cut.at("2027-06-24"))
    desk = sign_in_staff(client, make_staff(StaffRole.BILLING), because_of=cut.account)
    row = WorkOrder.objects.get()
    url = partial(reverse, args=[row.pk])
    page = desk.get(url("admin:contracts_workorder_change")).content.decode()
    assert url("admin:contracts_workorder_finished_step") in page

    early = desk.post(
        url("admin:contracts_workorder_finished_step"), {"happened_at": "2027-06-21T10:00"}
    )
    assert "between when it was asked for and now" in early.content.decode()
    desk.post(url("admin:contracts_workorder_failed_step"), {"why": "No route"})
    desk.post(url("admin:contracts_workorder_again_step"), {"sure": "1"})
    assert orders() == [("suspend", "asked")]
    desk.post(url("admin:contracts_workorder_finished_step"), {"happened_at": "2027-06-24T10:00"})

    assert (orders(), status()) == ([("suspend", "done")], ServiceStatus.SUSPENDED)
    service = Service.objects.get()
    ask = reverse("admin:contracts_service_ask_step", args=[service.pk])
    assert (
        ask
        in desk.get(reverse("admin:contracts_service_change", args=[service.pk])).content.decode()
    )
    desk.post(ask, {"kind": "restore", "why": "She called"})
    assert orders()[-1] == ("restore", "asked")
    assert desk.get(ask).status_code == 404
    noted = reverse("admin:contracts_service_supply_step", args=[service.pk, "restore"])
    desk.post(noted, {"on": "2027-06-24", "why": "Seen to work"})
    assert (orders()[-1], status()) == (("restore", "done"), "active")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only there two really run")
def test_two_at_once_note_one_work_once():
    one = asks(story("blueshift", "NSW"))
    service = one.service("S", "61.60", "2027-02-01", basis="inc")
    ask_work(
        service=service,
        kind=WorkKind.SUSPEND,
        cause=SuspensionCause.UNPAID,
        at=one.at("2027-02-08"),
    )
    note = partial(says, one, "2027-02-09")

    found = at_once([note, note])

    assert set(kinds(found)) == {type(None), IllegalStep}
    assert [row[2] for row in periods()] == ["", "unpaid"]
