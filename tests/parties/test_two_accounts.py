"""Somebody with two accounts: what was meant for one never falls on the other."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from complaints.tickets.models import Complaint
from parties.authority.models import Appointment, Presence
from parties.correspondence.models import Preference, SafeContact
from parties.privacy.models import DataExport, PrivacyRequest
from parties.security.models import IdentityCheck
from parties.security.states import HighRisk
from terms.facts import Role
from tests.parties.people import signed_in
from tests.parties.test_people_pages import PERSON, TIME, prove
from tests.world import World, appoint, make_world

pytestmark = pytest.mark.django_db

ENDS_ON = date(2099, 1, 1)
# Pages with forms that name no object in their address, and what each form would send where.
FORMS = [
    ("/people/appoint/person/", "/people/appoint/person/", PERSON),
    ("/people/appoint/time/", "/people/appoint/time/", TIME),
    ("/people/mine/", "/people/mine/lay-down/", {}),
    ("/identity/change_details/", "/identity/change_details/", {"send": "email"}),
    ("/profile/talking/", "/profile/talking/", {"access_notes": "Speak slowly"}),
    (
        "/privacy/",
        "/privacy/choices/",
        {"marketing": "yes", "contact": "email", "listing": "listed"},
    ),
    ("/privacy/ask/", "/privacy/ask/", {"kind": "correction", "text": "My name is wrong."}),
    ("/reach/", "/reach/", {"channel": "email", "address": "safe@people.example"}),
    ("/complaints/new/", "/complaints/new/", {"topic": "fault", "text": "No dial tone."}),
]
KEPT = (Complaint, DataExport, IdentityCheck, Preference, Presence, PrivacyRequest, SafeContact)


@pytest.fixture
def other(world) -> World:
    """An account of another provider, on which the first one's holder may do everything."""
    made = make_world("callpro")
    appoint(made.account, world.holder, Role.AUTHORISED_REP, ends_on=ENDS_ON)
    return made


def choose(client: Client, world: World) -> None:
    client.post("/accounts/switch/", {"account": str(world.account.public_id)})


def kept() -> list[int]:
    ended = Appointment.objects.filter(revoked_at__isnull=False).count()
    return [model.objects.count() for model in KEPT] + [ended]


@pytest.mark.parametrize(("page", "target", "given"), FORMS)
def test_form_of_one_account_does_nothing_on_another_chosen_since(
    world, other, page, target, given
):
    client = signed_in(world.holder)
    choose(client, other)
    shown = f'name="form_account" value="{other.account.public_id}"'
    assert shown in client.get(page).content.decode()
    choose(client, world)
    before = kept()

    answer = client.post(target, given | {"form_account": str(other.account.public_id)})

    assert answer.status_code == 409
    assert f"Go back to account {other.account.number}" in answer.content.decode()
    assert kept() == before


def test_form_for_an_account_of_strangers_names_nobody(world):
    stranger = make_world("callpro")
    client = signed_in(world.holder)

    answer = client.post("/reach/", {"form_account": str(stranger.account.public_id)})

    assert answer.status_code == 409
    assert stranger.account.number not in answer.content.decode()


def test_proof_of_identity_on_one_account_does_not_count_on_another(world, other):
    client = signed_in(world.holder)
    choose(client, world)
    prove(client, client.get("/profile/contact/")["Location"])
    assert client.get("/profile/contact/").status_code == 200

    choose(client, other)

    asked = client.get("/profile/contact/")
    assert asked.status_code == 302
    assert HighRisk.CHANGE_DETAILS.value in asked["Location"]
