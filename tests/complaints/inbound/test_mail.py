"""Emails that come in: into their complaint where it is sure, set apart where not, never lost."""

from __future__ import annotations

import io
import smtplib
import socket
import sys
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from django.core.management import CommandError, call_command
from django.test import Client

from complaints.inbound.models import InboundMail
from complaints.inbound.selectors import read_mail
from complaints.inbound.services import (
    MailRefused,
    put_into_complaint,
    receive_mail,
    settle_mail,
)
from complaints.inbound.states import MailState
from complaints.process.services import StepRefused
from complaints.tickets.models import Complaint
from complaints.tickets.states import State
from parties.people.states import StaffRole
from portal.web.uploads import looked_at
from records.notices.models import Notice
from terms.facts import Role
from tests.complaints.story import Story, tell
from tests.world import appoint, make_staff, make_user

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def story() -> Story:
    """A complaint that waits for the customer's answer."""
    story = tell()
    story.lodge("2027-02-01 09:00")
    story.sweep("2027-02-01 09:05")
    story.do("2027-02-01 10:00", "start_investigation")
    story.do("2027-02-01 11:00", "ask_customer", text="Which lights show?")
    story.sweep("2027-02-01 11:05")
    return story


def mail(story: Story, text: str = "The red one.", **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {
        "From": f"Mia <{story.world.holder.email}>",
        "To": story.world.provider.complaints_email,
        "Subject": f"Re: Your complaint {story.reference}",
        "Message-ID": f"<{len(text)}-{story.reference}@mail.example>",
    }
    for name, value in (
        given | {key.replace("_", "-"): of for key, of in headers.items()}
    ).items():
        if value:
            message[name] = value
    message.set_content(text)
    return message


def receive(story: Story, message: EmailMessage | bytes, moment="2027-02-02 08:00") -> InboundMail:
    raw = message if isinstance(message, bytes) else message.as_bytes()
    return receive_mail(raw=raw, look=looked_at, at=story.when(moment))


def test_answer_by_email_moves_the_complaint_and_the_desk_hears_at_once(story):
    row = receive(story, mail(story))

    assert row.state == MailState.IN_COMPLAINT
    assert story.complaint.state == State.INVESTIGATING
    event = story.complaint.events.get(act="customer_answers")
    assert (event.by, event.channel, event.text) == (story.world.holder, "email", "The red one.")
    told = Notice.objects.filter(kind="complaint_staff", to=story.desk.email)
    assert "The customer wrote" in told.first().text
    with row.raw.open("rb") as file:
        assert b"The red one." in file.read()


def test_it_is_found_by_the_letter_that_it_answers_without_any_reference(story):
    letter = Notice.objects.filter(kind="complaint_letter").latest("pk")

    row = receive(story, mail(story, Subject="Hello", In_Reply_To=letter.message_id))

    assert row.complaint == story.complaint


def test_reference_after_the_plus_of_the_address_is_enough(story):
    local, domain = story.world.provider.complaints_email.split("@")
    to = f"{local}+{story.reference.lower()}@{domain}"

    assert receive(story, mail(story, Subject="", To=to)).complaint == story.complaint


def test_handed_over_twice_it_is_one(story):
    first, second = receive(story, mail(story)), receive(story, mail(story))

    assert first == second
    assert story.complaint.events.filter(by=story.world.holder).count() == 2


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"From": "stranger@people.example"}, "comes from somebody else"),
        ({"Subject": "Hello"}, "names no complaint"),
        ({"Subject": "C-AAAAAAAA"}, "names no complaint"),
        ({"Authentication_Results": "mx; spf=pass; dmarc=fail"}, "forged"),
        ({"From": ""}, "comes from somebody else"),
    ],
)
def test_what_is_not_sure_is_set_apart_and_touches_nothing(story, headers, says):
    row = receive(story, mail(story, **headers))

    assert (row.state, row.complaint) == (MailState.SET_APART, None)
    assert says in row.why
    assert row.provider == story.world.provider
    assert story.complaint.state == State.WAITING_FOR_CUSTOMER


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Loop": "us"},
        {"List_Id": "<news.example>"},
        {"Return_Path": "<>"},
        {"From": "MAILER-DAEMON@mail.example"},
        {"From": "portal@example.com"},
    ],
)
def test_automatic_mail_is_kept_and_never_acted_on(story, settings, headers):
    settings.DEFAULT_FROM_EMAIL = "Portal <portal@example.com>"
    before = Notice.objects.count()

    row = receive(story, mail(story, **headers))

    assert row.state == MailState.AUTOMATIC
    assert story.complaint.state == State.WAITING_FOR_CUSTOMER
    assert Notice.objects.count() == before


def test_mail_from_our_own_desk_goes_round_no_circle(story):
    row = receive(story, mail(story, From=story.world.provider.complaints_email))

    assert row.state == MailState.AUTOMATIC


def test_representative_may_answer_and_one_whose_time_is_over_may_not(story):
    rep = make_user("Kim Abbott")
    standing = appoint(story.world.account, rep, Role.AUTHORISED_REP)
    standing.ends_on = story.when("2027-12-31 09:00").date()
    standing.save()
    assert receive(story, mail(story, "One", From=rep.email)).state == MailState.IN_COMPLAINT

    standing.ends_on = story.when("2027-01-31 09:00").date()
    standing.save()
    late = receive(story, mail(story, "Another", From=rep.email))
    assert (late.state, "may not speak" in late.why) == (MailState.SET_APART, True)


def test_private_complaint_hears_its_lodger_alone():
    story = tell()
    friend = make_user("Kim Abbott")
    ends = {"ends_on": story.when("2027-12-31 09:00").date()}
    appoint(story.world.account, friend, Role.AUTHORISED_REP, **ends)
    story.lodge("2027-02-01 09:00", safety_threat=True)

    row = receive(story, mail(story, "What is this?", From=friend.email))

    assert row.state == MailState.SET_APART
    assert not story.complaint.events.filter(by=friend).exists()


def test_complaint_that_is_over_is_not_written_into(story):
    story.do("2027-02-01 12:00", "withdraw_complaint", by=story.world.holder)

    assert "is over" in receive(story, mail(story)).why


def test_attachments_are_looked_at_like_uploads(story):
    message = mail(story)
    message.add_attachment(PNG, maintype="image", subtype="png", filename="../../x.png")
    message.add_attachment(b"MZ", maintype="image", subtype="png", filename="tool.exe")
    message.add_attachment("<script>", subtype="html", filename="page.html")

    receive(story, message)

    assert [one.name for one in story.complaint.files.all()] == ["x.png"]
    said = story.complaint.events.get(act="customer_answers").text
    assert "tool.exe" in said
    assert "page.html" in said


def test_html_alone_gives_its_words_and_no_markup(story):
    message = mail(story, "x")
    message.set_content(
        "<style>p{}</style><p>The red <b>one</b></p><script>alert(1)</script>"
        '<img src="https://spy.example/x.gif"><p>&lt;ok&gt;</p>',
        subtype="html",
    )

    receive(story, message)

    said = story.complaint.events.get(act="customer_answers").text
    assert "The red one" in said
    assert "<ok>" in said
    assert "alert" not in said
    assert "spy.example" not in said


@pytest.mark.parametrize(
    "raw",
    [
        b"no headers at all",
        b"From: =?utf-8?q?=ff=fe?= <x\nSubject: =?bad?=\n\n\xff\xfe\0text",
        b"Content-Type: text/plain; charset=nonsense\n\nwords",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
        b"Subject: C-AAAAAAAA C-BBBBBBBB\nFrom: a@b\n\n" + b"x" * 50_000,
        b"\n\n\n.",
    ],
)
def test_broken_mail_is_kept_and_set_apart(story, raw):
    row = receive(story, raw)

    assert row.state == MailState.SET_APART
    with row.raw.open("rb") as file:
        assert file.read() == raw
    assert receive(story, raw) == row


def test_empty_and_huge_mail_is_refused_in_words(story, monkeypatch):
    with pytest.raises(MailRefused, match="empty"):
        receive(story, b" \n")
    monkeypatch.setattr("complaints.inbound.services.mails.MOST", 10)
    with pytest.raises(MailRefused, match="40 MB"):
        receive(story, mail(story))
    assert read_mail(b"").message_id


def pipe(monkeypatch, raw: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    call_command("mail", "receive")


def test_pipe_takes_it_in_and_tells_the_server_when_to_try_again(story, monkeypatch, capsys):
    pipe(monkeypatch, mail(story).as_bytes())
    assert "in its complaint" in capsys.readouterr().out
    with pytest.raises(CommandError) as refused:
        pipe(monkeypatch, b"")
    assert refused.value.returncode == 65

    def fail(**_):
        raise OSError("no disk")

    monkeypatch.setattr("portal.management.commands.mail.receive_mail", fail)
    with pytest.raises(CommandError) as again:
        pipe(monkeypatch, b"x")
    assert again.value.returncode == 75


QUOTED = "On Mon, 1 Feb 2027 at 11:05, VPnet wrote:\n> Hello Mia,\n>\n> Which lights show?\n"


@pytest.mark.parametrize(
    ("text", "kept", "left_out"),
    [
        (f"The red one.\n\n{QUOTED}", ["The red one."], ["Which lights"]),
        # An answer between the lines stays, with what it answers.
        (
            f"See below.\n\n{QUOTED}The red one.\n> More?\n",
            ["See below.", "Which lights", "The red one."],
            [],
        ),
        # Where nothing is marked nothing is left out.
        (
            "The red one.\n\nFrom: VPnet\nSent: Monday\nSubject: x\n\nWhich lights show?",
            ["The red one.", "Which lights"],
            [],
        ),
        (QUOTED, ["Which lights"], []),
        ("> Which lights show?\nThe red one.", ["Which lights", "The red one."], []),
    ],
)
def test_a_quoted_letter_is_left_out_and_no_word_of_theirs_is(story, text, kept, left_out):
    row = receive(story, mail(story, text))
    said = story.complaint.events.get(act="customer_answers").text
    assert all(one in said for one in kept)
    assert not any(one in said for one in left_out)
    # The whole email is kept all the same.
    assert "Which lights" in row.text


def test_a_mail_server_hands_it_to_the_pipe(story, monkeypatch, capsys):
    """A real SMTP server takes the answer in and gives it to the command, byte by byte."""
    taken: list[bytes] = []

    class Pipe:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802
            taken.append(envelope.content)
            return "250 taken"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(Pipe(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        message = mail(story, f"The red one \N{EM DASH} always.\n\n{QUOTED}")
        message.add_attachment(PNG, maintype="image", subtype="png", filename="light.png")
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            smtp.send_message(message)
    finally:
        server.stop()

    pipe(monkeypatch, taken[0])

    assert "in its complaint" in capsys.readouterr().out
    assert story.complaint.state == State.INVESTIGATING
    said = story.complaint.events.get(act="customer_answers")
    assert said.text.startswith("The red one \N{EM DASH} always.")
    assert [one.name for one in said.files.all()] == ["light.png"]


def test_staff_put_it_into_its_complaint_once(story):
    row = receive(story, mail(story, From="mia.private@people.example"))
    at = story.when("2027-02-02 09:00")
    facts = {"mail": row, "by": story.desk, "look": looked_at, "at": at}
    with pytest.raises(StepRefused, match="no such complaint"):
        put_into_complaint(reference="C-NOWHERE", **facts)

    put_into_complaint(reference=story.reference.lower(), **facts)

    assert story.complaint.state == State.INVESTIGATING
    event = story.complaint.events.get(act="customer_answers")
    assert (event.by, event.said_by) == (story.desk, str(story.world.holder))
    with pytest.raises(StepRefused, match="settled already"):
        put_into_complaint(reference=story.reference, **facts)
    with pytest.raises(StepRefused, match="settled already"):
        settle_mail(mail=row, by=story.desk, note="x", at=at)


def test_staff_of_another_provider_find_neither_mail_nor_complaint(story):
    row = receive(story, mail(story, Subject="Hello"))
    other = tell("callpro")
    stranger = make_staff(StaffRole.TEAM_MANAGER, other.world.provider)
    with pytest.raises(StepRefused, match="no such complaint"):
        put_into_complaint(
            mail=row,
            reference=story.reference,
            by=stranger,
            look=looked_at,
            at=story.when("2027-02-02 09:00"),
        )
    client = Client()
    client.force_login(stranger)
    base = f"/admin/complaints/inboundmail/{row.pk}/"
    assert client.get(f"{base}settle/").status_code == 404
    assert client.get(f"{base}raw/").status_code == 404
    assert row.sender not in client.get("/admin/complaints/inboundmail/").content.decode()


@pytest.mark.parametrize("role", [StaffRole.AUDITOR, StaffRole.CREDIT, StaffRole.BILLING])
def test_who_does_not_work_on_complaints_reads_no_mail(story, role):
    row = receive(story, mail(story, Subject="Hello"))
    client = Client()
    client.force_login(make_staff(role))
    for name in ("", f"{row.pk}/change/", f"{row.pk}/settle/", f"{row.pk}/raw/"):
        assert client.get(f"/admin/complaints/inboundmail/{name}").status_code == 403


def test_desk_settles_on_its_page_with_words_that_stay(story):
    row = receive(story, mail(story, Subject="Hello"))
    client = Client()
    client.force_login(make_staff(StaffRole.FRONT_LINE, story.world.provider))
    listed = client.get("/admin/complaints/inboundmail/?state__exact=set_apart")
    assert row.sender in listed.content.decode()
    page = f"/admin/complaints/inboundmail/{row.pk}/settle/"
    assert "The red one." in client.get(page).content.decode()
    assert "Say which complaint" in client.post(page, {"outcome": "into"}).content.decode()
    wrong = client.post(page, {"outcome": "into", "reference": "C-AAAAAAAA"}).content.decode()
    assert "There is no such complaint" in wrong
    raw = client.get(f"/admin/complaints/inboundmail/{row.pk}/raw/")
    assert raw["Content-Disposition"].startswith("attachment")
    assert raw["Content-Type"] == "application/octet-stream"

    client.post(page, {"outcome": "nothing", "note": "An advertisement"})

    row.refresh_from_db()
    assert (row.state, row.why) == (MailState.SETTLED, "An advertisement")
    assert Complaint.objects.count() == 1
