"""The outbox: sent once, retried with backoff, nothing lost, nothing kept that must not be."""

from __future__ import annotations

from datetime import timedelta
from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

import pytest
from celery import current_app
from django.core import mail
from django.core.mail import BadHeaderError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from parties.people.states import StaffRole
from records.audit.models import Entry
from records.audit.services import Actor
from records.notices import services
from records.notices.models import Notice
from records.notices.services import Sender, queue_message
from records.notices.states import Priority, Status
from records.notices.texts import Refused
from tests.parties.staff import sign_in_staff
from tests.world import instant, make_staff

AT = instant("2026-12-10 10:00")

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


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


# What is refused for good, and what staff do about it.


def refuse_with(monkeypatch, failure: Exception) -> None:
    def refuse(*_, **__):
        raise failure

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (SMTPRecipientsRefused({"mia@people.example": (550, b"no such user")}), Status.FAILED),
        (SMTPRecipientsRefused({"mia@people.example": (553, b"not allowed")}), Status.FAILED),
        (SMTPDataError(554, b"rejected"), Status.FAILED),
        (SMTPSenderRefused(550, b"no", "portal@example.com"), Status.FAILED),
        (UnicodeEncodeError("ascii", "é", 0, 1, "local part"), Status.FAILED),
        (BadHeaderError("newline"), Status.FAILED),
        (Refused("400"), Status.FAILED),
        (SMTPRecipientsRefused({"mia@people.example": (450, b"greylisted")}), Status.QUEUED),
        (SMTPRecipientsRefused({"mia@people.example": (452, b"full")}), Status.QUEUED),
        (SMTPDataError(451, b"later"), Status.QUEUED),
        (SMTPAuthenticationError(535, b"our password"), Status.QUEUED),
        (SMTPConnectError(554, b"go away"), Status.QUEUED),
        (SMTPServerDisconnected("gone"), Status.QUEUED),
        (TimeoutError("slow"), Status.QUEUED),
    ],
    ids=repr,
)
def test_what_will_never_go_is_given_up_at_once_and_a_mailbox_in_trouble_tried_on(
    monkeypatch, failure, status
):
    notice = queue()
    refuse_with(monkeypatch, failure)

    services.deliver_queued(at=AT)

    notice.refresh_from_db()
    assert (notice.status, notice.attempts) == (status, 1)


def given_up(monkeypatch, **facts) -> Notice:
    notice = queue(**facts)
    with monkeypatch.context() as patch:
        refuse_with(patch, SMTPRecipientsRefused({notice.to: (550, b"no such user")}))
        services.deliver_queued(at=AT)
    notice.refresh_from_db()
    assert notice.status == Status.FAILED
    return notice


LATER = AT + timedelta(hours=3)


def test_what_was_given_up_is_sent_again(monkeypatch):
    notice = given_up(monkeypatch)

    services.send_again(notice=notice, by=Actor(), at=LATER)

    assert services.deliver_queued(at=LATER) == 1
    notice.refresh_from_db()
    assert (notice.status, notice.sent_at) == (Status.SENT, LATER)


def test_what_was_given_up_is_sent_to_another_address(monkeypatch):
    notice = given_up(monkeypatch)

    services.send_again(notice=notice, by=Actor(), at=LATER, to="mia.new@people.example")
    services.deliver_queued(at=LATER)

    assert mail.outbox[0].to == ["mia.new@people.example"]


def test_what_was_given_up_is_told_by_hand(monkeypatch):
    notice = given_up(monkeypatch)

    services.mark_told(notice=notice, by=Actor(), at=LATER)

    notice.refresh_from_db()
    assert (notice.status, notice.sent_at) == (Status.TOLD, LATER)


@pytest.mark.parametrize(
    ("facts", "to", "why"),
    [
        ({"is_secret": True}, "", "forgotten"),
        ({"text": f"Undo: https://x.example/undo/{'a' * 43}/"}, "else@people.example", "acts"),
    ],
)
def test_secrets_and_acting_links_are_never_sent_elsewhere(monkeypatch, facts, to, why):
    notice = given_up(monkeypatch, **facts)

    with pytest.raises(ValueError, match=why):
        services.send_again(notice=notice, by=Actor(), at=LATER, to=to)


@pytest.mark.parametrize("status", [Status.QUEUED, Status.SENT, Status.TOLD, Status.BY_HAND])
def test_only_what_was_given_up_is_sent_again(status):
    notice = queue()
    Notice.objects.update(status=status, sent_at=AT)

    with pytest.raises(ValueError, match="not given up"):
        services.send_again(notice=notice, by=Actor(), at=LATER)


# Leases, order and connections.


def sending(monkeypatch, hook) -> list[str]:
    """Run `hook` with each message before it goes; the list of addresses grows as they go."""
    went: list[str] = []

    def send(self, messages):
        hook(messages[0])
        went.append(messages[0].to[0])

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", send)
    return went


def test_slow_server_and_a_second_sweep_send_each_notice_once(monkeypatch):
    """100 notices at 7 s each: a sweep at minute 10 finds only what nobody is sending."""
    for number in range(100):
        queue(to=f"p{number}@people.example")
    now = {"at": AT, "swept": False}

    def slow(_message):
        now["at"] += timedelta(seconds=7)
        if now["at"] >= AT + timedelta(minutes=10) and not now["swept"]:
            now["swept"] = True
            services.deliver_queued(at=now["at"], clock=lambda: now["at"])

    went = sending(monkeypatch, slow)

    services.deliver_queued(at=AT, clock=lambda: now["at"])

    assert now["swept"]
    assert sorted(went) == sorted(f"p{number}@people.example" for number in range(100))


def test_sent_at_is_the_moment_of_sending_not_the_start_of_the_sweep(monkeypatch):
    notices = [queue(to=f"p{number}@people.example") for number in range(3)]
    now = {"at": AT}
    sending(monkeypatch, lambda _: now.update(at=now["at"] + timedelta(seconds=7)))

    services.deliver_queued(at=AT, clock=lambda: now["at"])

    for place, notice in enumerate(notices, start=1):
        notice.refresh_from_db()
        assert notice.sent_at == AT + timedelta(seconds=7 * place)


def test_sweep_whose_lease_ran_out_leaves_the_row_to_its_successor(monkeypatch):
    notice = queue()

    def taken_over(_message):
        Notice.objects.update(lease="another", attempts=3)

    sending(monkeypatch, taken_over)
    services.deliver_queued(at=AT)

    notice.refresh_from_db()
    assert (notice.status, notice.lease, notice.attempts) == (Status.SENDING, "another", 3)


def test_code_overtakes_two_hundred_and_fifty_bills_also_in_the_middle_of_a_sweep(monkeypatch):
    for number in range(250):
        queue(to=f"bill{number}@people.example", priority=Priority.BULK)
    done = []

    def late_code(_message):
        if len(done) == 100:
            queue(to="code@people.example", is_secret=True, text="123456")
        done.append(1)

    went = sending(monkeypatch, late_code)
    services.deliver_queued(at=AT)

    assert went.index("code@people.example") == 101


def test_urgent_queue_sends_codes_alone(monkeypatch):
    queue(to="bill@people.example")
    queue(to="code@people.example", is_secret=True)
    went = sending(monkeypatch, lambda _: None)

    assert services.deliver_queued(at=AT, urgent_only=True) == 1
    assert went == ["code@people.example"]


def test_codes_nudge_their_own_queue(settings, monkeypatch, django_capture_on_commit_callbacks):
    settings.NUDGE_WORKER = True
    rung: list[str] = []
    monkeypatch.setattr(
        "celery.app.base.Celery.send_task", lambda self, name, **_: rung.append(name)
    )
    with django_capture_on_commit_callbacks(execute=True):
        queue()
        queue(is_secret=True)

    assert rung == [services.DELIVERY_TASK, services.URGENT_TASK]
    router = current_app.amqp.router
    assert router.route({}, services.URGENT_TASK)["queue"].name == "urgent"
    assert router.route({}, services.DELIVERY_TASK)["queue"].name == "celery"
    assert set(current_app.amqp.queues.consume_from) == {"celery", "urgent"}


def test_a_sweep_keeps_one_connection_and_takes_a_new_one_after_a_failure(monkeypatch):
    opened = []
    monkeypatch.setattr(
        "django.core.mail.backends.locmem.EmailBackend.open",
        lambda self: opened.append(self) or True,
        raising=False,
    )
    for number in range(5):
        queue(to=f"p{number}@people.example")

    def refuse_third(message):
        if message.to == ["p2@people.example"]:
            raise SMTPRecipientsRefused({"p2@people.example": (550, b"no")})

    went = sending(monkeypatch, refuse_third)

    assert services.deliver_queued(at=AT) == 4
    assert len(opened) == 2
    assert len(went) == 4


# Where it goes is asked when it goes.


def redirect(**facts) -> None:
    given = {
        "addresses": [(None, "mia@people.example")],
        "to": "safe@people.example",
        "by_hand": False,
        "opens": None,
        "closes": None,
        "zone": "Australia/Sydney",
        "at": AT,
    }
    services.redirect_messages(**given | facts)


def test_retry_of_what_was_being_sent_follows_the_redirect_made_meanwhile(monkeypatch):
    notice = queue()
    tries = []

    def fail_first(message):
        tries.append(message.to[0])
        if len(tries) == 1:
            redirect()
            raise ConnectionResetError

    sending(monkeypatch, fail_first)
    services.deliver_queued(at=AT)
    services.deliver_queued(at=AT + timedelta(minutes=5))

    notice.refresh_from_db()
    assert tries == ["mia@people.example", "safe@people.example"]
    assert notice.status == Status.SENT


def test_what_was_being_sent_when_its_person_chose_the_phone_is_told_by_hand(monkeypatch):
    notice = queue()

    def fail(_message):
        redirect(to="0491 570 156", by_hand=True)
        raise ConnectionResetError

    went = sending(monkeypatch, fail)
    services.deliver_queued(at=AT)
    services.deliver_queued(at=AT + timedelta(minutes=5))

    notice.refresh_from_db()
    assert went == []
    assert notice.status == Status.BY_HAND


def test_a_second_redirect_is_followed_and_an_ended_one_is_not(monkeypatch):
    first, second = queue(), queue(to="bo@people.example")
    redirect()
    redirect(to="safer@people.example")
    redirect(addresses=[(None, "bo@people.example")])
    services.end_redirects(addresses=[(None, "bo@people.example")], at=AT, for_secrets=False)
    went = sending(monkeypatch, lambda _: None)

    services.deliver_queued(at=AT)

    assert went == ["safer@people.example", "bo@people.example"]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.to, first.addressed_to) == ("safer@people.example", "mia@people.example")
    assert second.to == "bo@people.example"


# The steps as staff take them.


@pytest.fixture
def bounced(world, monkeypatch) -> Notice:
    return given_up(monkeypatch, to=world.account.billing_email, account_id=world.account.pk)


def take_step(client, notice: Notice, **given: str):
    page = reverse("admin:notices_notice_changelist")
    return client.post(page, {"_selected_action": [notice.pk], **given}, follow=True)


def test_staff_send_again_to_an_address_of_the_account(client, world, bounced):
    sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=world.account)

    take_step(client, bounced, action="again", to=world.holder.email)
    services.deliver_queued(at=timezone.now())

    assert mail.outbox[0].to == [world.holder.email]
    assert Entry.objects.filter(action="send_notice_again").exists()


def test_staff_send_nothing_to_an_address_that_nobody_on_the_account_has(client, world, bounced):
    sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=world.account)

    answer = take_step(client, bounced, action="again", to="thief@people.example")

    assert "change the contact details first" in answer.content.decode()
    bounced.refresh_from_db()
    assert bounced.status == Status.FAILED


@pytest.mark.parametrize("action", ["again", "told"])
def test_who_only_reads_takes_no_step(client, world, bounced, action):
    sign_in_staff(client, make_staff(StaffRole.AUDITOR), because_of=world.account)

    take_step(client, bounced, action=action)

    bounced.refresh_from_db()
    assert bounced.status == Status.FAILED
