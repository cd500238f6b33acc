"""What a provider sets: by whom, within which bounds, by two where it matters, all on record."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from billing.payments.models import PaymentOption
from billing.payments.services import keep_option, ways_to_pay
from parties.people.models import SettingChange
from parties.people.services import SettingRefused, change_settings, decide_settings
from parties.people.states import SettingState, StaffRole
from portal.composition.worklists import worklists
from terms.lifecycle import IllegalStep
from tests.parties.staff import sign_in_staff
from tests.world import instant, make_provider, make_staff, make_world

pytestmark = pytest.mark.django_db

AT = instant("2026-12-01 10:00")


@pytest.fixture
def provider():
    return make_provider("vpnet")


@pytest.fixture
def boss(provider):
    return make_staff(StaffRole.ADMINISTRATOR, provider=provider)


def change(provider, by, **wanted):
    return change_settings(provider=provider, wanted=wanted, reason="New policy", by=by, at=AT)


def test_a_change_holds_at_once_and_is_on_record(provider, boss):
    row = change(provider, boss, chase_above=Decimal("25.00"), extension_days=10)

    provider.refresh_from_db()
    assert provider.chase_above == Decimal("25.00")
    assert (row.before, row.after) == ({"chase_above": "10.00"}, {"chase_above": "25.00"})
    assert (row.state, row.reason, row.asked_by) == (SettingState.IN_FORCE, "New policy", boss)


def test_what_lets_money_go_takes_two_where_there_are_two(provider, boss):
    other = make_staff(StaffRole.ADMINISTRATOR, provider=provider)
    row = change(provider, boss, second_person_above=None)

    provider.refresh_from_db()
    assert row.state == SettingState.ASKED
    assert provider.second_person_above == Decimal("200.00")
    with pytest.raises(SettingRefused, match="Whoever asked"):
        decide_settings(change=row, approve=True, by=boss, at=AT)
    with pytest.raises(SettingRefused, match="waits for a second person already"):
        change(provider, boss, second_person_above=Decimal("0.00"))

    decide_settings(change=row, approve=True, by=other, at=AT)

    provider.refresh_from_db()
    assert provider.second_person_above is None
    with pytest.raises(IllegalStep):
        decide_settings(change=row, approve=True, by=other, at=AT)


def test_one_administrator_alone_changes_it_and_the_record_shows_nobody_else(provider, boss):
    row = change(provider, boss, second_person_above=None)

    provider.refresh_from_db()
    assert provider.second_person_above is None
    assert (row.state, row.decided_by) == (SettingState.IN_FORCE, None)


def test_whoever_asked_can_take_it_back_and_ask_anew(provider, boss):
    make_staff(StaffRole.ADMINISTRATOR, provider=provider)
    row = change(provider, boss, cooling_off_hours=0)

    decide_settings(change=row, approve=False, by=boss, at=AT)

    assert change(provider, boss, cooling_off_hours=24).state == SettingState.ASKED


def test_what_changed_meanwhile_is_not_approved(provider, boss):
    other = make_staff(StaffRole.ADMINISTRATOR, provider=provider)
    row = change(provider, boss, cooling_off_hours=24)
    type(provider).objects.update(cooling_off_hours=72)

    with pytest.raises(SettingRefused, match="changed since"):
        decide_settings(change=row, approve=True, by=other, at=AT)
    row.refresh_from_db()
    assert row.state == SettingState.ASKED


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("staff_idle_minutes", 31, "not above 30"),
        ("staff_idle_minutes", 0, "not below 5"),
        ("staff_session_hours", 13, "not above 12"),
        ("customer_session_hours", 0, "not below 1"),
        ("customer_idle_hours", 99999, "not above 336"),
        ("chase_above", Decimal("-1"), "not below 0"),
        ("chase_above", None, "give a number"),
        ("chase_above", Decimal("99999999999.99"), "not above"),
        ("chase_above", Decimal("1.005"), "two decimal places"),
        ("penalty_rate_percent", Decimal("51"), "not above 50"),
        ("complaints_email", "nobody", "valid email"),
        ("biller_code", "12 34", "Three to ten digits"),
        ("bank_bsb", "062000", "Six digits, written 062-000"),
        ("bank_account_number", "12x4", "Four to nine digits"),
        ("bank_account_name", "Müller", "banks take no others"),
        ("debit_user_number", "12345", "Six digits"),
        ("debit_bank", "cba", "Three capital letters"),
        ("extension_days", 10, "Nothing is different"),
    ],
)
def test_value_out_of_bounds_is_refused_in_words_and_changes_nothing(
    provider, boss, name, value, words
):
    before = getattr(provider, name)

    with pytest.raises(SettingRefused, match=words):
        change(provider, boss, **{name: value})

    provider.refresh_from_db()
    assert getattr(provider, name) == before
    assert not SettingChange.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("biller_code", "20418"),
        ("bank_account_name", "VPNET PTY LTD"),
        ("bank_bsb", "062-000"),
        ("bank_account_number", "10204180"),
        ("debit_user_number", "301204"),
        ("debit_user_name", "VPNET PTY LTD"),
        ("debit_bank", "CBA"),
    ],
)
def test_where_money_goes_is_changed_by_two_people(provider, boss, name, value):
    other = make_staff(StaffRole.ADMINISTRATOR, provider=provider)

    row = change(provider, boss, **{name: value})

    provider.refresh_from_db()
    assert (row.state, getattr(provider, name)) == (SettingState.ASKED, "")
    decide_settings(change=row, approve=True, by=other, at=AT)
    provider.refresh_from_db()
    assert getattr(provider, name) == value


@pytest.mark.parametrize("role", [one for one in StaffRole if one != StaffRole.ADMINISTRATOR])
def test_other_roles_and_other_providers_change_nothing(client, provider, role):
    page = reverse("admin:parties_provider_set_step", args=[provider.pk, 1])
    given = {"chase_above": "0", "reason": "Because I can"}
    elsewhere = make_staff(StaffRole.ADMINISTRATOR, provider=make_provider("callpro"))

    for person in (make_staff(role, provider=provider), elsewhere):
        with pytest.raises(SettingRefused, match="Only an administrator"):
            change(provider, person, chase_above=Decimal("0"))
        sign_in_staff(client, person)
        assert client.post(page, given).status_code in (403, 404)

    provider.refresh_from_db()
    assert provider.chase_above == Decimal("10.00")


def test_page_shows_what_is_set_and_changes_a_group_of_it(client, provider, boss):
    sign_in_staff(client, boss)
    page = reverse("admin:parties_provider_change", args=[provider.pk])
    step = reverse("admin:parties_provider_set_step", args=[provider.pk, 1])
    shown = client.get(page).content.decode()
    assert "Reminders and help with paying" in shown
    assert step in shown

    given = {
        "chase_above": "$1,000.00",
        "remind_days_before": "31",
        "extension_days": "10",
        "extensions_a_year": "2",
        "reason": "Less letters",
    }
    refused = client.post(step, given).content.decode()
    assert "less than or equal to 30" in refused
    assert "Less letters" in refused

    done = client.post(step, given | {"remind_days_before": "5"}, follow=True).content.decode()
    assert "Changed. It holds from now on." in done
    assert "Nothing is chased below: 10.00 → 1000.00" in done
    assert "Less letters" in done


def test_a_change_that_waits_stands_on_the_others_worklist_and_is_decided_there(
    client, provider, boss
):
    other = make_staff(StaffRole.ADMINISTRATOR, provider=provider)
    row = change(provider, boss, second_person_above=Decimal("500.00"))
    lists = {one["title"]: one for one in worklists(other, AT)}
    assert lists["Settings that wait for another administrator"]["count"] == 1
    sign_in_staff(client, other)
    page = reverse("admin:parties_settingchange_decide", args=[row.pk])
    asked = client.get(page).content.decode()
    assert "A second person decides above: 200.00 → 500.00" in asked

    client.post(page, {"approve": "yes"})

    provider.refresh_from_db()
    assert provider.second_person_above == Decimal("500.00")
    assert client.get(page).status_code == 404


def test_what_is_said_of_a_way_to_pay_is_on_record_and_decides_what_is_offered(client):
    world = make_world("vpnet")
    boss = make_staff(StaffRole.ADMINISTRATOR, provider=world.provider)
    ways = {"account": world.account, "amount": Decimal("10"), "on": AT.date()}
    world.provider.biller_code = "20418"
    world.provider.save()
    assert not ways_to_pay(**ways).past
    sign_in_staff(client, boss)

    client.post(
        reverse("admin:billing_paymentoption_add"),
        {
            "provider": world.provider.pk,
            "card": "bpay",
            "is_offered": "on",
            "surcharge_percent": "0",
            "cost_percent": "",
            "reason": "We agreed to BPAY",
        },
    )

    (way,) = ways_to_pay(**ways).past
    assert (way.label, way.details[0]) == ("BPAY", ("Biller code", "20418"))
    row = SettingChange.objects.get()
    assert (row.about, row.after["is_offered"]) == ("Paying: BPAY", "True")
    assert (row.before, row.reason, row.asked_by) == ({}, "We agreed to BPAY", boss)


def test_a_surcharge_without_its_cost_is_refused_and_leaves_no_record(provider, boss):
    option = PaymentOption(provider=provider, card="visa", surcharge_percent=Decimal("1.50"))

    with pytest.raises(ValidationError):
        keep_option(option=option, reason="More money", by=boss, at=AT)

    assert not SettingChange.objects.exists()
