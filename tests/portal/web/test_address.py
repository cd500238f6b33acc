"""From where somebody acted, as the audit trail keeps it."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from records.audit.models import Entry
from records.audit.services import record
from terms.facts import Role
from tests.world import appoint, instant, make_user

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("behind_proxy", "passed_on", "kept"),
    [
        (False, "", PROXY),
        (False, "203.0.113.9", PROXY),
        (True, "", PROXY),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (True, "2001:db8::7", "2001:db8::7"),
        (True, "unknown", PROXY),
        (True, "203.0.113.9:4711", PROXY),
    ],
)
def test_only_what_the_nearest_proxy_says_is_kept(world, settings, behind_proxy, passed_on, kept):
    settings.BEHIND_PROXY = behind_proxy
    friend = make_user("Jordan Lee")
    appoint(world.account, friend, Role.AUTHORISED_REP, ends_on=date(2099, 12, 31))
    client = Client(REMOTE_ADDR=PROXY)
    client.force_login(friend)

    client.get("/bills/", headers={"X-Forwarded-For": passed_on} if passed_on else {})

    assert Entry.objects.get(action="view").from_where == kept


def test_server_on_a_socket_takes_the_address_from_its_proxy(world, settings):
    settings.BEHIND_PROXY = True
    friend = make_user("Jordan Lee")
    appoint(world.account, friend, Role.AUTHORISED_REP, ends_on=date(2099, 12, 31))
    client = Client(REMOTE_ADDR="")
    client.force_login(friend)

    client.get("/bills/", headers={"X-Forwarded-For": "203.0.113.9"})

    assert Entry.objects.get(action="view").from_where == "203.0.113.9"


def test_portal_acts_from_nowhere(world):
    entry = record(
        account_id=world.account.pk, at=instant("2026-12-01 10:00"), action="issue_invoice"
    )

    assert entry.from_where is None
