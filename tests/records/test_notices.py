"""The outbox: sent once, retried with backoff, nothing lost, nothing kept that must not be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction

from records.notices import services
from records.notices.models import Notice
from records.notices.services import Sender, queue_message
from records.notices.states import Status
from tests.world import instant

AT = instant("2026-12-10 10:00")

pytestmark = pytest.mark.django_db


def queue(**facts) -> Notice:
    given = {
        "kind": "generic",
        "to": "mia@people.example",
        "sender": Sender(name="VPnet", reply_to="service@example.com"),
        "at": AT,
        "title": "Hello",
        "text": "Words",
    } | facts
    return queue_message(**given)


@pytest.fixture
def mail_server_down(monkeypatch):
    def refuse(*_, **__):
        raise ConnectionRefusedError("connection refused")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)


def test_notice_is_sent_once():
    queue()

    assert services.deliver_queued(at=AT) == 1
    assert services.deliver_queued(at=AT + timedelta(hours=1)) == 0
    assert len(mail.outbox) == 1


def test_sender_and_reply_address_are_the_providers():
    queue()

    services.deliver_queued(at=AT)

    assert mail.outbox[0].from_email.startswith('"VPnet" <')
    assert mail.outbox[0].reply_to == ["service@example.com"]


def test_notice_of_a_transaction_that_failed_is_never_sent():
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)

    assert services.deliver_queued(at=AT) == 0


def test_mail_server_down_keeps_the_notice_and_waits_longer_each_time(mail_server_down):
    notice = queue()
    waits = []
    at = AT
    for _ in range(4):
        assert services.deliver_queued(at=at) == 0
        notice.refresh_from_db()
        waits.append(notice.next_try_at - at)
        at = notice.next_try_at

    assert notice.status == Status.QUEUED
    assert notice.attempts == 4
    assert "ConnectionRefusedError" in notice.error
    assert waits == sorted(waits)
    assert waits[0] < waits[-1] <= services.LONGEST_WAIT


def test_mail_server_back_again_sends_what_waited(mail_server_down, monkeypatch):
    queue()
    services.deliver_queued(at=AT)
    monkeypatch.undo()

    assert services.deliver_queued(at=AT + timedelta(minutes=5)) == 1


def test_after_two_days_of_trying_the_notice_is_given_up_and_shown(mail_server_down):
    notice = queue()
    at = AT
    for _ in range(services.GIVE_UP_AFTER):
        services.deliver_queued(at=at)
        notice.refresh_from_db()
        at = notice.next_try_at

    assert notice.status == Status.FAILED
    assert at - AT > timedelta(days=1)


def test_worker_that_died_while_sending_is_taken_over_with_the_same_message_id(monkeypatch):
    notice = queue()
    sent_ids = []

    def die(self, messages):
        sent_ids.append(messages[0].extra_headers["Message-ID"])
        raise SystemExit

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", die)
    with pytest.raises(SystemExit):
        services.deliver_queued(at=AT)
    notice.refresh_from_db()
    assert notice.status == Status.SENDING
    monkeypatch.undo()

    assert services.deliver_queued(at=AT + timedelta(minutes=1)) == 0
    assert services.deliver_queued(at=AT + services.LEASE) == 1
    assert mail.outbox[0].extra_headers["Message-ID"] == sent_ids[0]


def test_words_of_a_secret_notice_are_wiped_once_sent():
    notice = queue(is_secret=True, text="Your code is 123456")

    services.deliver_queued(at=AT)

    notice.refresh_from_db()
    assert notice.text == ""
    assert "123456" in mail.outbox[0].body


def test_lost_broker_does_not_lose_the_notice(
    settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.NUDGE_WORKER = True

    def refuse(*_, **__):
        raise ConnectionRefusedError

    monkeypatch.setattr("celery.app.base.Celery.send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        queue()

    assert services.deliver_queued(at=AT) == 1
