"""Emails that a mail service posts: signed, young and once; else nothing is read or kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from email.message import EmailMessage
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.test import Client

from complaints.inbound.models import InboundMail
from complaints.inbound.selectors import laid_out, read_mail
from complaints.inbound.states import MailState
from complaints.tickets.states import State
from parties.people.states import StaffRole
from tests.complaints.story import Story, tell
from tests.world import make_staff

pytestmark = pytest.mark.django_db

ADDRESS = "/hooks/mail/mime/"
KEY, AUTH = "key-0123456789", "desk:a-password-of-thirty-two-signs-x"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
NOW = "2027-02-02 08:00"


@pytest.fixture
def story(settings, time_machine) -> Story:
    settings.ANYMAIL = {"WEBHOOK_SECRET": AUTH, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY}
    cache.clear()
    story = tell()
    story.lodge("2027-02-01 09:00")
    story.sweep("2027-02-01 09:05")
    story.do("2027-02-01 10:00", "start_investigation")
    story.do("2027-02-01 11:00", "ask_customer", text="Which lights show?")
    time_machine.move_to(story.when(NOW), tick=False)
    return story


def answer(story: Story, text: str = "The red one \N{EM DASH} always.") -> EmailMessage:
    message = EmailMessage()
    message["From"] = story.world.holder.email
    message["To"] = story.world.provider.complaints_email
    message["Subject"] = f"Re: {story.reference}"
    message["Message-ID"] = f"<{hashlib.sha256(text.encode()).hexdigest()}@mail.example>"
    message.set_content(text)
    return message


def post(story: Story, raw: bytes | None = None, *, auth: str = AUTH, form=True, **changed: str):
    """Post a message as Mailgun documents it; `changed` replaces or (None) drops fields."""
    stamp = str(int(story.when(NOW).timestamp()))
    fields: dict[str, str | None] = {"timestamp": stamp, "token": "t" * 50}
    fields |= {"sender": "x@y.example", "recipient": "desk@z.example"}
    fields |= {name: value for name, value in changed.items() if name in ("timestamp", "token")}
    signed = f"{fields['timestamp']}{fields['token']}".encode()
    fields["signature"] = hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
    fields["body-mime"] = (answer(story).as_bytes() if raw is None else raw).decode()
    given = {name: value for name, value in (fields | changed).items() if value is not None}
    headers = {"Authorization": f"Basic {base64.b64encode(auth.encode()).decode()}"}
    client = Client(enforce_csrf_checks=True)
    if form:
        return client.post(ADDRESS, given, headers=headers)
    kind = "application/x-www-form-urlencoded"
    return client.post(ADDRESS, urlencode(given), content_type=kind, headers=headers)


@pytest.mark.parametrize("form", [True, False])
def test_a_signed_message_moves_its_complaint_and_is_kept_as_it_came(story, form):
    raw = answer(story).as_bytes()

    said = post(story, raw, form=form)

    assert (said.status_code, said.content) == (200, b"in its complaint\n")
    assert story.complaint.state == State.INVESTIGATING
    with InboundMail.objects.get().raw.open("rb") as file:
        assert file.read() == raw


def test_what_is_not_proved_is_refused_and_leaves_nothing(story):
    old = str(int((story.when(NOW) - timedelta(hours=10)).timestamp()))
    ahead = str(int((story.when(NOW) + timedelta(hours=10)).timestamp()))
    for facts, status, says in [
        ({"auth": "desk:wrong"}, 400, "password"),
        ({"auth": "\N{SNOWMAN}:\N{SNOWMAN}"}, 400, "password"),
        ({"auth": ""}, 400, "password"),
        ({"signature": "0" * 64}, 400, "signature"),
        ({"signature": "\N{SNOWMAN}"}, 400, ""),
        ({"signature": None}, 400, "security fields"),
        ({"token": None}, 400, "security fields"),
        ({"timestamp": old}, 400, "too long ago"),
        ({"timestamp": ahead}, 400, "clocks differ"),
        ({"timestamp": "soon"}, 406, "forward whole"),
        ({"timestamp": "9" * 30}, 406, "forward whole"),
        ({"attachments": "[]"}, 406, "forward whole"),
        ({"event": "opened"}, 406, "forward whole"),
        ({"body-mime": None}, 406, "mime/"),
        ({"body-mime": " "}, 406, "mime/"),
    ]:
        said = post(story, **facts)
        assert (said.status_code, says in said.content.decode()) == (status, True), facts
        assert said.headers["Content-Type"].startswith("text/plain")
    assert not InboundMail.objects.exists()
    assert story.complaint.state == State.WAITING_FOR_CUSTOMER


def test_a_replay_changes_nothing_and_a_token_brings_one_message_only(story):
    assert post(story).status_code == 200
    assert post(story).status_code == 200

    other = post(story, answer(story, "Give me everything.").as_bytes())

    assert (other.status_code, b"token" in other.content) == (400, True)
    assert InboundMail.objects.count() == 1
    assert story.complaint.events.filter(by=story.world.holder).count() == 2


def test_broken_forms_are_no_exception_pages(story):
    headers = {"Authorization": f"Basic {base64.b64encode(AUTH.encode()).decode()}"}
    for kind, body in [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x"),
        ("multipart/form-data; boundary=x", b""),
        ("application/x-www-form-urlencoded", b"\xff=\xff"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 500)),
        ("application/json", b"{}"),
        ("application/json", b"nonsense"),
    ]:
        said = Client().post(ADDRESS, body, content_type=kind, headers=headers)
        assert said.status_code in (400, 406), (kind, body)
    assert not InboundMail.objects.exists()


def test_large_ones_come_whole_and_too_large_ones_never_again(story, monkeypatch):
    message = answer(story)
    message.add_attachment(
        PNG + b"\0" * 3_000_000, maintype="image", subtype="png", filename="x.png"
    )
    assert post(story, message.as_bytes()).status_code == 200
    assert [one.name for one in story.complaint.files.all()] == ["x.png"]
    monkeypatch.setattr("portal.adapters.mail_hook.MOST", 100)
    assert post(story, token="u" * 50).status_code == 406


def test_without_its_key_there_is_no_such_address(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": AUTH, "MAILGUN_WEBHOOK_SIGNING_KEY": ""}
    assert Client().post(ADDRESS, {}).status_code == 404
    assert Client().get(ADDRESS).status_code == 405


def test_what_mailgun_found_out_about_the_sender_sets_it_apart(story):
    for name, value, state in [
        ("X-Mailgun-Spf", "Fail", MailState.SET_APART),
        ("X-Mailgun-Dkim-Check-Result", "Fail", MailState.SET_APART),
        ("X-Mailgun-Spf", "Pass", MailState.IN_COMPLAINT),
    ]:
        message = answer(story, f"{name} {value}")
        message[name] = value
        post(story, message.as_bytes(), token=f"{name}{value}")
        assert InboundMail.objects.latest("pk").state == state, (name, value)


def outlook(story: Story) -> EmailMessage:
    """Words twice, a photo between them, a paper below: as mail programs build it."""
    message = answer(story)
    message.add_alternative(
        "<html><head><title>x</title><style>p{color:red}</style></head><body onload=alert(1)>"
        "<h1>Dear</h1><table><tr><td colspan=2 style='x:y'>The red one</td></tr></table>"
        "<script>alert(2)</script><img src='https://spy.example/x.gif'><img src=cid:a>"
        "<a href='javascript:alert(3)'>see</a><a href='https://bad.example'>here</a>"
        "<form action=/x><input name=y></form><iframe src=//z></iframe><p onclick=x>ok</p>",
        subtype="html",
    )
    html = message.get_payload()[1]
    html.add_related(PNG + b"1", "image", "png", cid="<a>", filename="light.png")
    message.add_attachment(PNG, maintype="image", subtype="png", filename="paper.png")
    return message


def test_photos_between_the_words_are_kept_like_those_below(story):
    post(story, outlook(story).as_bytes())
    assert {one.name for one in story.complaint.files.all()} == {"light.png", "paper.png"}


def test_words_below_a_photo_are_words(story):
    """Apple Mail splits what somebody writes around a photo into several parts."""
    parts = [b"Content-Type: text/plain\n\nAbove.\n", b"Content-Type: text/plain\n\nBelow.\n"]
    photo = b"Content-Type: image/png; name=x.png\nContent-Transfer-Encoding: base64\n\niVBORw0K\n"
    raw = b"From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" + b"--x\n".join(
        [parts[0], photo, parts[1]]
    )
    read = read_mail(raw + b"--x--\n")
    assert (read.text, [name for name, _ in read.parts]) == (
        "Above.\n\nBelow.",
        ["x.png"],
    )


def test_staff_see_the_layout_and_nothing_that_runs_loads_or_leads_anywhere(story):
    message = outlook(story)
    del message["From"]
    message["From"] = "stranger@people.example"
    post(story, message.as_bytes())
    row = InboundMail.objects.get()
    client = Client()
    client.force_login(make_staff(StaffRole.FRONT_LINE, story.world.provider))

    page = client.get(f"/admin/complaints/inboundmail/{row.pk}/change/").content.decode()

    assert '<td colspan="2">The red one</td>' in page
    for bad in ("alert(", "spy.example", "bad.example", "onclick", "onload", "cid:", "<h1>Dear"):
        assert bad not in page, bad
    assert laid_out(answer(story).as_bytes()) == ""
    assert laid_out(b"Content-Type: text/html; charset=nonsense\n\n<p>\0\xff<b>ok") != ""
