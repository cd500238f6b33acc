"""The customer's page of who looked at or changed the account."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.audit.services import Actor, record, record_read
from terms.facts import Role
from tests.world import appoint, instant, make_user

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

    assert "Change details" in text
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

    assert "The portal,,Claimed the account,,Role: nothing → holder," in file


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
