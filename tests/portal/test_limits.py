"""Strangers neither flood nor lock out anybody."""

from __future__ import annotations

import pytest
from django.test import Client

from parties.appointments.services import PresenceRefused, ask_together
from parties.security.models import IdentityCheck
from parties.security.services import IdentityNotProven, send_code
from parties.security.states import PRESENCE_CODE, HighRisk
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.world import PASSWORD, appoint, instant, make_user

pytestmark = pytest.mark.django_db
AT = instant("2026-11-20 10:00")
ELSEWHERE, HOME = "203.0.113.9", "198.51.100.7"


def at_address(address: str) -> Client:
    return Client(REMOTE_ADDR=address)


def log_in(client: Client, person, password: str = PASSWORD) -> bool:
    answer = client.post("/accounts/login/", {"login": person.email, "password": password})
    return answer.status_code == 302


def test_wrong_passwords_from_elsewhere_lock_nobody_out(world):
    stranger = at_address(ELSEWHERE)
    for _ in range(8):
        log_in(stranger, world.holder, "wrong-password-here")

    assert not log_in(stranger, world.holder)
    assert log_in(at_address(HOME), world.holder)


def test_many_senders_are_stopped_and_the_usual_network_is_not(world):
    assert log_in(at_address(HOME), world.holder)
    at_address(HOME).post("/accounts/logout/")
    for number in range(52):
        stranger = at_address(f"203.0.113.{number}")
        log_in(stranger, world.holder, "wrong-password-here")

    assert not log_in(at_address("203.0.113.200"), world.holder)
    assert log_in(at_address(HOME), world.holder)


@pytest.mark.parametrize("form", ["/accounts/password/reset/", "/accounts/login/code/"])
@pytest.mark.parametrize("is_known", [True, False])
def test_no_address_is_flooded_and_its_person_can_still_ask(world, form, is_known):
    email = world.holder.email if is_known else "nobody@people.example"
    answers = [at_address(ELSEWHERE).post(form, {"email": email}).status_code for _ in range(8)]

    assert Notice.objects.filter(kind="sign_in", to=email).count() == 5
    assert 429 in answers
    assert at_address(HOME).post(form, {"email": email}).status_code == 302
    assert Notice.objects.filter(kind="sign_in", to=email).count() == 6


def test_many_senders_reach_an_address_fifteen_times_an_hour(world):
    for number in range(18):
        client = at_address(f"203.0.113.{number}")
        client.post("/accounts/password/reset/", {"email": world.holder.email})
    assert Notice.objects.filter(kind="sign_in").count() == 15


def test_guessing_at_reauthentication_locks_it(world):
    client = Client()
    client.force_login(world.holder)
    answers = [
        client.post("/accounts/reauthenticate/", {"password": f"guess-number-{one}"}).status_code
        for one in range(7)
    ]
    assert answers[-1] == 429


def test_advocate_spends_none_of_the_holders_codes(world):
    for _ in range(5):
        send_code(account=world.account, person=world.holder, purpose=PRESENCE_CODE, at=AT)
    with pytest.raises(IdentityNotProven):
        send_code(account=world.account, person=world.holder, purpose=PRESENCE_CODE, at=AT)
    own = send_code(
        account=world.account, person=world.holder, purpose=HighRisk.CHANGE_DETAILS, at=AT
    )
    assert IdentityCheck.objects.get(pk=own.pk).sent_to == world.holder.email


def test_advocate_asks_the_customer_ten_times_an_hour_at_most(world):
    advocate = make_user("Kim Abbott")
    appoint(world.account, advocate, Role.ADVOCATE)
    facts = {"act": "look", "action": Action.VIEW_BILLS, "facts": {}, "words": "Look."}
    for _ in range(10):
        ask_together(account=world.account, by=advocate, at=AT, **facts)
    with pytest.raises(PresenceRefused, match="hour"):
        ask_together(account=world.account, by=advocate, at=AT, **facts)
