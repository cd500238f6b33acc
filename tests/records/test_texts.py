"""Text messages: by the same outbox, by the gateway that is set up, never where it is not safe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from portal.adapters.mailbox import kept
from portal.adapters.texts import FolderGateway, HttpGateway
from records.notices import services
from records.notices.models import Notice
from records.notices.services import Sender, queue_message, redirect_messages
from records.notices.states import Channel, Status
from tests.world import instant

AT = instant("2026-12-10 10:00")
MINE, SAFE = "+61491570156", "+61491570110"

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def queue(**facts) -> Notice:
    given = {
        "kind": "identity_code",
        "to": MINE,
        "sender": Sender(name="VPnet"),
        "at": AT,
        "title": "Code",
        "text": "123456 is your code",
        "channel": Channel.TEXT,
    } | facts
    return queue_message(**given)


def redirect(**facts) -> None:
    given = {
        "addresses": [(None, MINE)],
        "to": "0491 570 110",
        "text_to": SAFE,
        "by_hand": True,
        "opens": None,
        "closes": None,
        "zone": "Australia/Sydney",
        "at": AT,
    } | facts
    for for_secrets in (False, True):
        redirect_messages(**given, for_secrets=for_secrets)


def test_text_is_kept_beside_the_mail_while_developing(mailoutbox):
    queue()

    assert services.deliver_queued(at=AT) == 1
    assert services.deliver_queued(at=AT) == 0

    (message,) = kept()
    assert (message.to, message.text.strip()) == (MINE, "123456 is your code")
    assert mailoutbox == []


def test_secret_words_are_wiped_once_sent_and_once_given_up(monkeypatch):
    sent = queue(is_secret=True)
    services.deliver_queued(at=AT)
    monkeypatch.setattr("portal.adapters.texts.FolderGateway.send", _refuse)
    given_up, at = queue(is_secret=True), AT
    for _ in range(services.GIVE_UP_AFTER):
        services.deliver_queued(at=at)
        given_up.refresh_from_db()
        at = given_up.next_try_at

    sent.refresh_from_db()
    assert (sent.status, sent.text) == (Status.SENT, "")
    assert (given_up.status, given_up.text) == (Status.FAILED, "")


def _refuse(*_, **__):
    raise OSError("the gateway for text messages answered 503")


@pytest.mark.parametrize(
    ("facts", "is_secret", "goes"),
    [
        ({}, True, (Channel.TEXT, SAFE, Status.QUEUED)),
        ({}, False, (Channel.TEXT, SAFE, Status.QUEUED)),
        (
            {"by_hand": False, "to": "safe@people.example", "text_to": ""},
            True,
            (Channel.EMAIL, "safe@people.example", Status.QUEUED),
        ),
        (
            {"by_hand": False, "to": "safe@people.example", "text_to": ""},
            False,
            (Channel.EMAIL, "safe@people.example", Status.QUEUED),
        ),
        ({"to": "PO Box 1", "text_to": ""}, True, (Channel.TEXT, MINE, Status.FAILED)),
        ({"to": "PO Box 1", "text_to": ""}, False, (Channel.EMAIL, "PO Box 1", Status.BY_HAND)),
    ],
)
@pytest.mark.parametrize("waited", [True, False])
def test_no_text_goes_to_a_number_that_is_redirected(facts, is_secret, goes, waited):
    if waited:
        notice = queue(is_secret=is_secret)
        redirect(**facts)
    else:
        redirect(**facts)
        notice = queue(is_secret=is_secret)

    services.deliver_queued(at=AT)

    notice.refresh_from_db()
    status = Status.SENT if goes[2] == Status.QUEUED else goes[2]
    assert (notice.channel, notice.to, notice.status) == (goes[0], goes[1], status)
    assert [one.to for one in kept()] == ([SAFE] if goes[:2] == (Channel.TEXT, SAFE) else [])


def test_without_a_gateway_a_text_waits_and_says_what_is_missing(settings):
    settings.TEXT_GATEWAY = ""
    notice = queue()

    assert services.deliver_queued(at=AT) == 0

    notice.refresh_from_db()
    assert notice.status == Status.QUEUED
    assert "SMS_GATEWAY_URL" in notice.error


class _Gateway(BaseHTTPRequestHandler):
    """A gateway that notes what it is sent, and answers as it is told."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, dict(self.headers), body))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_) -> None:
        """Say nothing."""


@pytest.fixture
def web_gateway(settings) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Gateway)
    server.seen, server.answer = [], 202
    Thread(target=server.serve_forever, daemon=True).start()
    settings.TEXT_GATEWAY = "portal.adapters.texts.HttpGateway"
    settings.SMS_GATEWAY_URL = f"http://127.0.0.1:{server.server_port}/v1/send?via=au"
    settings.SMS_GATEWAY_TOKEN = "gate-token"
    settings.SMS_SENDER = "+61491570157"
    yield server
    server.shutdown()
    server.server_close()


def test_gateway_gets_number_words_and_a_key_against_doubles(web_gateway):
    notice = queue()

    assert services.deliver_queued(at=AT) == 1

    ((path, headers, body),) = web_gateway.seen
    assert path == "/v1/send?via=au"
    assert headers["Authorization"] == "Bearer gate-token"
    assert headers["Idempotency-Key"] == notice.message_id
    assert body == {
        "from": "+61491570157",
        "to": MINE,
        "text": "123456 is your code",
        "reference": notice.message_id,
    }


@pytest.mark.parametrize("answer", [302, 401, 429, 500])
def test_gateway_that_refuses_is_tried_again_with_the_same_key(web_gateway, answer):
    web_gateway.answer = answer
    notice = queue()
    assert services.deliver_queued(at=AT) == 0
    notice.refresh_from_db()
    assert str(answer) in notice.error

    web_gateway.answer = 200
    assert services.deliver_queued(at=notice.next_try_at) == 1

    keys = {headers["Idempotency-Key"] for _, headers, _ in web_gateway.seen}
    assert keys == {notice.message_id}


@pytest.mark.parametrize("kind", [FolderGateway, HttpGateway])
def test_each_gateway_takes_the_same(kind, web_gateway):
    kind().send(to=MINE, text="Hello", reference="<1@portal.example>")
