"""The page on which a customer says how reminders to pay reach them."""

from __future__ import annotations

from datetime import date

import pytest

from parties.correspondence import selectors as correspondence
from parties.correspondence.states import PreferenceKind
from records.notices.models import Notice
from records.notices.states import Channel
from terms.facts import Role
from tests.parties.people import signed_in
from tests.portal.customer.test_what_people_see import read
from tests.world import appoint, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
HERE, DATA = "/privacy/reminders/", "/privacy/"
MINE = "+61491570156"
FOREVER = date(2099, 12, 31)


@pytest.fixture
def reachable(world):
    world.customer.phone = MINE
    world.customer.save()
    return world


def chosen(world) -> str:
    return correspondence.preferences(world.account)[PreferenceKind.REMINDERS]


def code() -> str:
    row = Notice.objects.filter(kind="identity_code").latest("pk")
    assert (row.channel, row.to) == (Channel.TEXT, MINE)
    return row.text.split()[0]


def test_the_holder_proves_the_phone_then_texts_come_and_email_again(reachable):
    client = signed_in(reachable.holder)
    assert "Reminders to pay come by email" in read(client, DATA)
    words = read(client, HERE)
    assert "··· 156" in words
    assert "It comes from 0491 570 157" in words
    assert MINE not in words

    client.post(HERE, {"send": "text"})
    wrong = f"{(int(code()) + 1) % 1_000_000:06d}"
    answer = client.post(HERE, {"code": wrong})
    assert (
        "That is not the code that we sent. You can try 4 more times." in answer.content.decode()
    )
    assert chosen(reachable) == "email"
    assert client.post(HERE, {"code": code()})["Location"] == DATA
    assert chosen(reachable) == "text"
    assert "Reminders to pay come by text message" in read(client, DATA)
    assert "to the phone that ends in ··· 156" in read(client, HERE)

    client.post(HERE, {"by": "email"})
    assert chosen(reachable) == "email"
    # What was proven stays so: no second code for the same phone.
    client.post(HERE, {"by": "text"})
    assert chosen(reachable) == "text"
    reachable.customer.phone = "+61491570158"
    reachable.customer.save()
    assert "not one that you have proven, so we email you" in read(client, HERE)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"by": "text"}, "Show first that the phone is yours"),
        ({"by": "pigeon"}, "Choose email or text message"),
        ({"by": ""}, "Choose email or text message"),
        ({"code": "123456"}, "Ask for a new one"),
        ({"send": "text", "code": ""}, "This field is required"),
        ({"send": "text", "code": "9" * 5000}, "at most 12 characters"),
        ({}, "Ask for a new one"),
    ],
)
def test_what_is_no_choice_is_refused_in_words(reachable, data, says):
    client = signed_in(reachable.holder)
    if data.pop("send", ""):
        client.post(HERE, {"send": "text"})
    answer = client.post(HERE, data, follow=True)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert chosen(reachable) == "email"


def test_without_a_mobile_there_is_no_code_and_the_page_says_what_is_missing(world):
    world.customer.phone = "+61299990000"
    world.customer.save()
    client = signed_in(world.holder)
    assert "we need a mobile number of yours" in read(client, HERE)
    answer = client.post(HERE, {"send": "text"}, follow=True)
    assert "There is no mobile number" in answer.content.decode()
    assert not Notice.objects.filter(kind="identity_code").exists()


def test_a_representative_reads_no_number_and_chooses_no_text(reachable):
    person = make_user()
    appoint(reachable.account, person, Role.AUTHORISED_REP, ends_on=FOREVER)
    client = signed_in(person)
    words = read(client, HERE)
    assert "so only they can choose them" in words
    assert "156" not in words
    for data, says in (
        ({"by": "text"}, "Only the account holder can choose"),
        ({"send": "text"}, "There is no mobile number"),
    ):
        assert says in client.post(HERE, data, follow=True).content.decode()
    assert not Notice.objects.filter(kind="identity_code").exists()
    assert chosen(reachable) == "email"
