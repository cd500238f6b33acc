"""The customer's page of who looked at or changed the account."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints.tickets.states import Act
from contracts.supply.states import PlanChangeAct
from parties.authority.states import PresenceAct
from records.audit.services import Actor, record, record_read
from records.audit.states import IN_WORDS
from terms.facts import Role
from tests.world import appoint, instant, make_user

ROOT = Path(__file__).parents[2]
SERVICES = ["*/*/services.py", "*/*/services/*.py", "portal/staff/openings.py"]
AT = instant("2026-12-01 10:00")


@pytest.fixture
def as_holder(client, world):
    client.force_login(world.holder)
    return client


def page(client) -> str:
    return client.get("/people/history/").content.decode()


def test_change_reads_in_plain_words_with_before_and_after(as_holder, world):
    record(
        account_id=world.account.pk,
        at=AT,
        action="change_details",
        actor=Actor(user_id=world.holder.pk, name="Mia Conti"),
        before={"due_on": "2026-12-24", "wants_news": True},
        after={"due_on": "2026-12-29", "wants_news": False},
    )

    text = page(as_holder)

    assert "Changed details" in text
    assert "Due on: <del>Thu 24 Dec 2026</del> → <ins>Tue 29 Dec 2026</ins>" in text
    assert "Wants news: <del>yes</del> → <ins>no</ins>" in text


def test_look_of_a_representative_names_person_standing_and_page(client, world):
    friend = make_user("Jordan Lee")
    appoint(world.account, friend, Role.AUTHORISED_REP, ends_on=date(2027, 12, 31))
    client.force_login(friend)
    client.get("/bills/")
    client.force_login(world.holder)

    text = page(client)

    assert "Jordan Lee" in text
    assert "Authorised representative" in text
    assert "Looked: bills" in text


def test_reason_of_a_look_by_staff_is_told(as_holder, world):
    staff = Actor(name="Fran Front")
    record_read(
        account_id=world.account.pk,
        at=AT,
        actor=staff,
        subject="account",
        reason="Called about it",
    )

    assert "Reason given: Called about it" in page(as_holder)


def test_nothing_about_safety_is_told(as_holder, world):
    record(
        account_id=world.account.pk,
        at=AT,
        action="set_safe_contact",
        actor=Actor(name="Somebody In-Danger"),
        is_private=True,
    )

    text = page(as_holder) + as_holder.get("/people/history/?format=csv").getvalue().decode()

    assert "In-Danger" not in text
    assert "safe" not in text.lower()


def test_file_holds_the_same_words(as_holder, world):
    record(account_id=world.account.pk, at=AT, action="claim_account", after={"role": "holder"})

    file = as_holder.get("/people/history/?format=csv").getvalue().decode()

    assert "2026-12-01 10:00,The portal,,Claimed the account,,Role: Account holder," in file


def test_page_takes_as_many_queries_whatever_it_holds(as_holder, world):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            page(as_holder)
        return len(asked)

    page(as_holder)
    before = queries()
    for number in range(30):
        record(account_id=world.account.pk, at=AT, action="change_details", after={"n": number})

    assert queries() == before


def test_codes_keys_and_amounts_are_said_in_words(as_holder, world):
    key = "0f8fad5b-d9cb-469f-a165-70867728950e"
    record(
        account_id=world.account.pk,
        at=AT,
        action="appoint",
        subject=key,
        after={
            "appointment": key,
            "person": "Jordan Lee",
            "role": "authorised_rep",
            "limits": ["close_account", "change_plan"],
            "max_expense": "100.00",
            "identity_check": key,
            "ends_on": "",
        },
    )

    text = page(as_holder)

    assert "Appointed somebody: Jordan Lee" in text
    assert "<ins>Close the account, Change a plan</ins>" in text
    assert "At most, a month: <ins>$100.00</ins>" in text
    assert "Identity check: <ins>passed</ins>" in text
    assert key not in text
    assert "Ends on" not in text


@pytest.mark.parametrize(
    ("only", "looked", "changed"),
    [("", True, True), ("looks", True, False), ("changes", False, True), ("?", True, True)],
)
def test_looks_and_changes_can_be_read_apart(as_holder, world, only, looked, changed):
    staff = Actor(name="Fran Front")
    record_read(account_id=world.account.pk, at=AT, actor=staff, subject="/bills/", reason="Asked")
    record(account_id=world.account.pk, at=AT, action="claim_account")

    text = as_holder.get("/people/history/", {"only": only}).content.decode()

    assert ("Looked: bills" in text) is looked
    assert ("Claimed the account" in text) is changed


def test_every_act_that_is_recorded_has_words():
    acts = {f"complaint_{act.value}" for act in Act}
    acts |= {f"plan_change_{act.value}" for act in PlanChangeAct}
    acts |= {f"{act.value}_presence" for act in PresenceAct}
    for path in (path for pattern in SERVICES for path in ROOT.glob(pattern)):
        acts |= set(re.findall(r'action="(\w+)"', path.read_text()))

    assert acts - set(IN_WORDS) == set()
    assert {"issue_invoice", "tell_notice", "revoke_appointment"} <= acts
