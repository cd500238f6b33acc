"""Answers by text message: more time, no more texts, or somebody reads them; signed, and once."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from billing.credit_management.models import PaymentReminder
from billing.hardship.models import Extension
from complaints.inbound.models import InboundMail
from complaints.inbound.services.wishes import agrees, day_wished, is_automatic, wishes_no_texts
from complaints.inbound.states import MailState
from parties.correspondence import selectors as correspondence
from parties.correspondence.states import PreferenceKind
from portal.adapters.signed import signature
from records.notices.models import Notice
from records.notices.services import deliver_queued
from records.notices.states import Channel
from tests.billing.moneys import Story
from tests.billing.test_help_with_paying import sweep
from tests.billing.test_reminders_by_text import DUE, MINE, due_soon

MONDAY = date(2027, 5, 17)
pytestmark = pytest.mark.portable


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("until Friday", date(2027, 5, 21)),
        ("28 May please", date(2027, 5, 28)),
        ("Can't pay till fri, thanks!", date(2027, 5, 21)),
        ("by the 27th of may", date(2027, 5, 27)),
        ("27/5", date(2027, 5, 27)),
        ("May 27 2027", date(2027, 5, 27)),
        ("tomorrow", date(2027, 5, 18)),
        ("until Monday", date(2027, 5, 24)),
        ("3 January", date(2028, 1, 3)),
        ("30 February", None),
        ("1 May 2027", None),
        ("Friday or Monday", None),
        ("not before Friday", None),
        ("he took my card on Friday, help", None),
        ("next Friday", None),
        ("99/99", None),
        ("until", None),
        ("", None),
    ],
)
def test_a_day_is_read_where_nothing_else_is_said(words, day):
    assert day_wished(words, MONDAY) == day


def test_other_wishes_are_told_apart():
    assert all(wishes_no_texts(one) for one in ("STOP", "Stop.", " unsubscribe "))
    assert not wishes_no_texts("Stop cutting me off, I paid")
    assert all(agrees(one) for one in ("ok", "Yes please!", "OK thanks"))
    assert not any(agrees(one) for one in ("ok but when?", "please", ""))
    machine = ("Auto-reply: back on Monday", "I\u2019m driving, call you later", " ")
    assert all(is_automatic(one) for one in machine)
    assert not is_automatic("I drive on Friday")


@pytest.fixture
def reminded(settings, db) -> Story:
    """seq-c-12: reminded by text on Monday 17 May 2027."""
    settings.SMS_WEBHOOK_SECRET = "s" * 40
    one = due_soon()
    sweep(one, DUE, "09:30")
    assert "until Friday" in Notice.objects.get(kind="payment_reminder").text
    return one


def signed(body: bytes, at: datetime) -> str:
    return signature("s" * 40, body, at)


def post(body: bytes, header: str):
    return Client().post(
        "/hooks/texts/",
        body,
        content_type="application/json",
        headers={"x-signature": header},
    )


def answer(one: Story, clock: str, words: str, *, key: str = "", number: str = MINE, on=DUE):
    at = one.at(on, clock)
    said = {"id": key or f"{on} {clock}", "from": number, "text": words}
    body = json.dumps(said).encode()
    with time_machine.travel(at, tick=False):
        response = post(body, signed(body, at))
    assert response.status_code == 200, response.content
    deliver_queued(at=at)
    return InboundMail.objects.get(message_id=f"text:{said['id']}")


def texts() -> list[str]:
    rows = Notice.objects.filter(channel=Channel.TEXT, kind="generic").order_by("pk")
    return [each.text for each in rows]


def test_twenty_eight_is_day_eleven_and_ok_takes_the_day_offered(reminded):
    assert answer(reminded, "19:10", "28 May please").state == MailState.OFFERED
    assert not Extension.objects.exists()
    assert "27 May" in texts()[0]
    for _ in range(3):
        assert answer(reminded, "19:14", "ok").state == MailState.TAKEN
    assert Extension.objects.get().until == date(2027, 5, 27)
    assert len(texts()) == 2
    assert "$148.50" in texts()[1]
    for on in ("2027-05-18", "2027-05-27"):
        sweep(reminded, on)
    assert PaymentReminder.objects.count() == 1


def test_stop_ends_texts_and_is_confirmed_by_email(reminded):
    assert answer(reminded, "19:10", "Stop").state == MailState.TAKEN
    chosen = correspondence.preferences(reminded.account)
    assert chosen[PreferenceKind.REMINDERS] == "email"
    assert texts() == []
    told = Notice.objects.filter(title__contains="by email again").get()
    assert told.channel == Channel.EMAIL


def test_what_is_not_sure_waits_for_somebody_and_machines_get_no_answer(reminded, settings):
    table = (
        ("My husband has my phone", MINE, MailState.SET_APART, reminded.account.number),
        ("ok", MINE, MailState.SET_APART, reminded.account.number),
        ("until Friday", "+61491570159", MailState.SET_APART, "no reminder"),
        ("until Friday", "Telco", MailState.SET_APART, "no reminder"),
        ("Auto-reply: until Friday I am away", MINE, MailState.AUTOMATIC, "machine"),
        ("until Friday", settings.SMS_SENDER, MailState.AUTOMATIC, "machine"),
        ("until Friday\0", "+61299990000", MailState.SET_APART, "no reminder"),
        ("x" * 5000, MINE, MailState.SET_APART, reminded.account.number),
    )
    for at, (words, number, state, why) in enumerate(table):
        row = answer(reminded, f"10:{at:02}", words, number=number)
        assert (row.state, why in row.why) == (state, True), words
    assert texts() == []
    assert not Extension.objects.exists()
    # More than three in a day are somebody's to look at: two machines could go on for ever.
    for at in range(3):
        assert answer(reminded, f"11:{at:02}", "28 June").state == MailState.OFFERED
    assert answer(reminded, "11:30", "28 June").state == MailState.SET_APART
    assert len(texts()) == 3
    phone = reminded.world.customer
    phone.phone = "+61491570158"
    phone.save()
    assert answer(reminded, "12:00", "until Friday").state == MailState.SET_APART


def test_only_the_gateway_is_heard_and_only_freshly(reminded, settings):
    at = reminded.at(DUE, "10:00")
    good = json.dumps({"id": "1", "from": MINE, "text": "stop"}).encode()
    bad = [b"", b"[]", b"{", b'{"id": 1, "from": "x", "text": "y"}', b'{"id": "1"}']
    bad.append(json.dumps({"id": "9" * 201, "from": MINE, "text": ""}).encode())
    bad.append(json.dumps({"id": "\0", "from": MINE, "text": ""}).encode())
    with time_machine.travel(at, tick=False):
        for body in bad:
            assert post(body, signed(body, at)).status_code == 400, body
        for header in (
            "",
            "t=1,v1=" + "0" * 64,
            signed(b"other", at),
            signed(good, at - timedelta(minutes=6)),
            signed(good, at + timedelta(minutes=6)),
        ):
            assert post(good, header).status_code == 400, header
        form = Client().post(
            "/hooks/texts/", {"id": "1"}, headers={"x-signature": signed(b"", at)}
        )
        assert (form.status_code, b"JSON" in form.content) == (400, True)
        assert not InboundMail.objects.exists()
        settings.SMS_WEBHOOK_SECRET = ""
        assert post(good, signed(good, at)).status_code == 404
