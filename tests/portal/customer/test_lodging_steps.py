"""Making a complaint in short steps: nothing typed is lost, and it is sent once."""

from __future__ import annotations

import re
import zlib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from billing.disputes.models import Hold
from billing.invoices.models import Invoice
from billing.runs.services import run_provider_bills
from complaints.lodging.models import Attachment, Draft
from complaints.lodging.services import AT_ONCE, drop_drafts
from complaints.tickets.models import Complaint
from parties.people.states import StaffRole
from records.audit.models import Entry
from terms.facts import Role
from tests.parties.people import signed_in
from tests.portal.customer.test_what_people_see import read
from tests.world import appoint, instant, make_service, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db

FOREVER = date(2099, 12, 31)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def bill(world) -> Invoice:
    make_service(world.account, fee="60.00", billed_through=date(2026, 10, 31))
    run_provider_bills(
        world.provider, issue_on=date(2026, 11, 1), at=instant("2026-11-01 06:20"), on_demand=True
    )
    return Invoice.objects.get()


def begin(client: Client, **about: str) -> str:
    """Take the first step, and return the address under which the others lie."""
    answer = client.post("/complaints/new/", {"topic": "fault"} | about)
    return str(answer["Location"]).rpartition("urgent/")[0]


def written(client: Client, **urgent: str) -> str:
    """A draft that lacks nothing any more."""
    draft = begin(client)
    client.post(f"{draft}urgent/", urgent)
    client.post(f"{draft}words/", {"description": "No dial tone.", "wanted": "A new line."})
    return draft


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def send_files(client: Client, draft: str, *files: SimpleUploadedFile, **more: str):
    for one in files:
        one.seek(0)
    return client.post(f"{draft}files/", {"uploads": list(files)} | more)


def test_each_step_leads_to_the_next_and_the_last_page_says_what_follows(world):
    client = signed_in(world.holder)
    first = text(client, "/complaints/new/")
    assert "It is free." in first
    assert "VP-CMP-02" in first

    draft = begin(client)
    assert client.post(f"{draft}urgent/")["Location"] == f"{draft}words/"
    typed = {"description": "No dial tone.", "wanted": "A new line."}
    assert client.post(f"{draft}words/", typed)["Location"] == f"{draft}files/"
    assert send_files(client, draft)["Location"] == f"{draft}check/"
    page = text(client, f"{draft}check/")
    assert "No dial tone." in page
    assert "You get our answer by" in page
    assert not Complaint.objects.exists()

    sent = client.post(f"{draft}check/")
    complaint = Complaint.objects.get()
    assert sent["Location"] == f"/complaints/{complaint.reference}/"
    assert (complaint.topic, complaint.wanted) == ("fault", "A new line.")
    assert Draft.objects.get().answers == {}


def test_a_second_click_finds_the_first_complaint(world):
    client = signed_in(world.holder)
    draft = written(client)

    answers = {client.post(f"{draft}check/")["Location"] for _ in range(3)}

    assert len(answers) == 1
    assert Complaint.objects.count() == 1
    assert client.get(f"{draft}words/")["Location"] in answers


def test_what_was_typed_wrong_is_kept_and_can_be_gone_on_with_later(world):
    client = signed_in(world.holder)
    draft = begin(client)
    client.post(f"{draft}urgent/")
    page = client.post(f"{draft}words/", {"description": "", "wanted": "My money back"})
    assert "My money back" in page.content.decode()
    assert page.status_code == 200

    later = signed_in(world.holder)
    listed = text(later, "/complaints/new/")
    assert "You began one" in listed
    link = re.search(r'href="(/complaints/new/[^"]+/check/)"', listed)[1]
    assert later.get(link)["Location"] == f"{draft}words/"
    assert "My money back" in text(later, f"{draft}words/")


def test_change_from_the_last_page_leads_back_to_it(world):
    client = signed_in(world.holder)
    draft = written(client)
    send_files(client, draft)

    changed = client.post(f"{draft}urgent/", {"priority_assistance": "on"})

    assert changed["Location"] == f"{draft}check/"
    assert "priority assistance" in text(client, f"{draft}check/")


def test_no_step_is_passed_over(world):
    client = signed_in(world.holder)
    draft = begin(client)

    assert client.get(f"{draft}check/")["Location"] == f"{draft}urgent/"
    assert client.get(f"{draft}words/")["Location"] == f"{draft}urgent/"
    assert client.post(f"{draft}check/")["Location"] == f"{draft}urgent/"
    assert client.get(f"{draft}line/")["Location"] == f"{draft}urgent/"
    assert client.get(f"{draft}nowhere/").status_code == 404
    assert not Complaint.objects.exists()


def to_the_lines(client, bill) -> str:
    """A draft about a bill, up to the question which lines are wrong."""
    begun = client.post(f"/complaints/new/?bill={bill.public_id}", {"topic": "bill"})
    draft = begun["Location"].rpartition("urgent/")[0]
    assert client.post(f"{draft}urgent/")["Location"] == f"{draft}bill/"
    chosen = {"disputed_invoice": str(bill.public_id)}
    assert client.post(f"{draft}bill/", chosen)["Location"] == f"{draft}line/"
    return draft


def test_line_of_a_bill_is_chosen_and_its_amount_is_held(world, bill):
    client = signed_in(world.holder)
    line = bill.lines.get(kind="fee")
    draft = to_the_lines(client, bill)
    assert "$60.00" in text(client, f"{draft}line/")

    for typed, words in (
        (
            {"disputed_lines": str(line.pk), "disputed_amount": "60.01"},
            "This line is for $60.00",
        ),
        ({"disputed_lines": "whole"}, "Say how much of the bill is wrong."),
        ({"disputed_lines": [str(line.pk), "whole"]}, "or the last box alone"),
        ({"disputed_lines": "999999"}, "Select a valid choice"),
        ({}, "Tick the lines that are wrong"),
    ):
        answer = client.post(f"{draft}line/", typed)
        assert answer.status_code == 200
        assert words in answer.content.decode()
    client.post(f"{draft}line/", {"disputed_lines": str(line.pk)})
    client.post(f"{draft}words/", {"description": "I never ordered it."})
    client.post(f"{draft}check/")

    complaint = Complaint.objects.get()
    assert list(complaint.disputed_lines.all()) == [line]
    assert complaint.disputed_amount == Decimal("60.00")
    assert Hold.objects.get().amount == Decimal("60.00")
    assert str(line) in text(client, f"/complaints/{complaint.reference}/")


@pytest.mark.parametrize(("typed", "held"), [("", "59.97"), ("7.83", "7.83")])
def test_several_lines_are_held_together_to_the_cent(world, bill, typed, held):
    """$59.87 and 10 cents of three lines: their exact sum, or what of it is said to be wrong."""
    first = bill.lines.get(kind="fee")
    for place, amount in enumerate(("59.87", "0.10", "0.03"), start=first.position):
        row = bill.lines.get(pk=first.pk)
        row.pk = first.pk if place == first.position else None
        row.position, row.chargeable = place + 50, None
        row.description, row.amount_inc = f"Line {place}", Decimal(amount)
        row.save()
    client = signed_in(world.holder)
    draft = to_the_lines(client, bill)
    rows = list(bill.lines.order_by("position"))
    assert [one.amount_inc for one in rows][-1] == Decimal("0.03")
    ticked = [str(one.pk) for one in rows[:2]]
    above = client.post(
        f"{draft}line/", {"disputed_lines": ticked, "disputed_amount": "59.98"}
    ).content.decode()
    assert "These 2 lines are for $59.97" in above
    # What was ticked stays ticked, also after coming back.
    assert above.count(" checked") == 2
    client.post(f"{draft}line/", {"disputed_lines": ticked, "disputed_amount": typed})
    assert text(client, f"{draft}line/").count(" checked") == 2
    client.post(f"{draft}words/", {"description": "None of it was ordered."})
    client.post(f"{draft}files/")
    assert f"${held} of bill" in text(client, f"{draft}check/")

    client.post(f"{draft}check/")

    complaint = Complaint.objects.get()
    assert list(complaint.disputed_lines.order_by("position")) == rows[:2]
    assert complaint.disputed_amount == Decimal(held)
    assert Hold.objects.get().amount == Decimal(held)
    page = text(client, f"/complaints/{complaint.reference}/")
    assert str(rows[0]) in page
    assert str(rows[1]) in page
    assert str(rows[2]) not in page


@pytest.mark.parametrize("amount", ["0", "-5", "99,999,999,999.99", "x" * 30])
def test_amount_that_can_not_be_says_what_to_do(world, bill, amount):
    client = signed_in(world.holder)
    draft = begin(client, topic="bill")
    client.post(f"{draft}urgent/")
    client.post(f"{draft}bill/", {"disputed_invoice": str(bill.public_id)})

    answer = client.post(f"{draft}line/", {"disputed_lines": "whole", "disputed_amount": amount})

    assert answer.status_code == 200
    assert "There is a problem" in answer.content.decode()


def test_service_is_named(world):
    service = make_service(world.account)
    client = signed_in(world.holder)
    draft = begin(client, service=str(service.public_id))
    client.post(f"{draft}urgent/")
    client.post(f"{draft}words/", {"description": "Dead."})
    assert str(service) in text(client, f"{draft}check/")
    client.post(f"{draft}check/")

    assert Complaint.objects.get().service == service
    stranger = make_service(make_world("callpro").account)
    answer = client.post(
        "/complaints/new/", {"topic": "fault", "service": str(stranger.public_id)}
    )
    assert answer.status_code == 200


def test_urgency_is_told_at_once_with_the_day_and_whom_to_call(world):
    client = signed_in(world.holder)
    draft = begin(client)
    client.post(f"{draft}urgent/", {"disconnection_without_process": "on"})

    page = text(client, f"{draft}words/")

    assert "This is urgent." in page
    assert "Call VPnet on" in page
    client.post(f"{draft}words/", {"description": "Cut off."})
    client.post(f"{draft}check/")
    assert Complaint.objects.get().is_urgent


def test_danger_names_who_helps_and_leaves_no_trace_for_others(world):
    friend = make_user("Kim Abbott")
    appoint(world.account, friend, Role.AUTHORISED_REP, ends_on=FOREVER)
    client = signed_in(friend)
    draft = written(client, safety_threat="on")
    send_files(client, draft, SimpleUploadedFile("him.png", PNG))
    assert "1800 737 732" in text(client, f"{draft}check/").replace("&nbsp;", " ")

    client.post(f"{draft}check/")

    complaint = Complaint.objects.get()
    file = Attachment.objects.get()
    holder = signed_in(world.holder)
    address = f"/complaints/{complaint.reference}/files/{file.public_id}/"
    assert client.get(address).status_code == 200
    assert holder.get(address).status_code == 404
    seen = Entry.objects.filter(is_private=False)
    assert not seen.filter(subject__contains="/complaints/new/").exists()
    assert not seen.filter(action="complaint_files").exists()
    assert "him.png" not in text(holder, "/people/history/")


@pytest.mark.parametrize("who", ["stranger", "holder of another", "representative"])
def test_draft_is_its_writers_alone(world, who):
    draft = written(signed_in(world.holder))
    other = {
        "stranger": lambda: make_world("callpro").holder,
        "holder of another": lambda: make_world().holder,
        "representative": lambda: make_user("Kim Abbott"),
    }[who]()
    if who == "representative":
        appoint(world.account, other, Role.AUTHORISED_REP, ends_on=FOREVER)
    client = signed_in(other)

    found = {
        client.get(f"{draft}check/").status_code,
        client.get(f"{draft}words/").status_code,
        client.post(f"{draft}words/", {"description": "Mine now"}).status_code,
        client.post(f"{draft}check/").status_code,
        client.post(f"{draft}drop/").status_code,
    }

    assert found == {404}
    assert Draft.objects.get().answers["words"]["description"] == ["No dial tone."]
    assert not Complaint.objects.exists()


def test_files_go_with_it_are_shown_to_staff_and_are_in_the_history(world):
    client = signed_in(world.holder)
    draft = written(client)
    more = send_files(client, draft, SimpleUploadedFile("../../x.png", PNG), more="1")
    assert more["Location"] == f"{draft}files/"
    assert "x.png" in text(client, f"{draft}files/")
    # The same again is the same.
    send_files(client, draft, SimpleUploadedFile("again.png", PNG))
    client.post(f"{draft}check/")

    complaint, file = Complaint.objects.get(), Attachment.objects.get()
    assert file.name == "x.png"
    assert file.complaint == complaint
    answer = client.get(f"/complaints/{complaint.reference}/files/{file.public_id}/")
    assert b"".join(answer.streaming_content) == PNG
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert Entry.objects.get(action="complaint_files").after == {"x.png": file.sha256}


def test_file_can_be_taken_out_again(world, django_capture_on_commit_callbacks):
    client = signed_in(world.holder)
    draft = written(client)
    send_files(client, draft, SimpleUploadedFile("x.png", PNG))
    file = Attachment.objects.get()
    place = file.file.path

    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{draft}drop/{file.public_id}/")

    assert not Attachment.objects.exists()
    assert not Path(place).exists()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("page.html", b"<!doctype html><script>alert(1)</script>", "can't be taken"),
        ("page.txt", b"<html><script>alert(1)</script>", "can't be taken"),
        ("program.exe", b"MZ" + b"\0" * 50, "can't be taken"),
        ("drawing.svg", b"<svg xmlns='x' onload='alert(1)'/>", "can't be taken"),
        ("nothing.png", b"", "empty"),
        ("big.png", PNG + b"\0" * (10 * 1024 * 1024 + 1 - len(PNG)), "larger than 10 MB"),
        ("js.pdf", PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript>>"), "program"),
        (
            "js2.pdf",
            PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/J#61vaScript>>"),
            "program",
        ),
    ],
)
def test_file_that_is_not_taken_says_why_and_nothing_is_lost(world, name, content, says):
    client = signed_in(world.holder)
    draft = written(client)

    answer = send_files(client, draft, SimpleUploadedFile(name, content))

    assert answer.status_code == 200
    assert says in answer.content.decode().replace("&#x27;", "'")
    assert not Attachment.objects.exists()
    assert "No dial tone." in text(client, f"{draft}check/")


def test_ten_files_are_taken_and_no_eleventh(world):
    client = signed_in(world.holder)
    draft = written(client)
    ten = [SimpleUploadedFile(f"{n}.png", PNG + bytes([n])) for n in range(AT_ONCE)]

    at_once = send_files(client, draft, *ten, SimpleUploadedFile("eleven.png", PNG))
    assert "10 files are the most" in at_once.content.decode()
    assert send_files(client, draft, *ten).status_code == 302
    one_more = send_files(client, draft, SimpleUploadedFile("eleven.png", PNG))
    assert "10 files are the most" in one_more.content.decode()
    assert Attachment.objects.count() == 10


@pytest.mark.parametrize(
    ("name", "content", "kind", "shown"),
    [
        ("photo.heic", b"\0\0\0\x18ftypheic" + b"\0" * 30, "image/heic", False),
        ("photo.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 30, "image/jpeg", True),
        ("letter.pdf", PDF, "application/pdf", False),
        ("notes.txt", b"Nothing on Monday.", "text/plain", False),
    ],
)
def test_only_plain_pictures_are_shown_and_all_else_is_a_download(
    world, name, content, kind, shown
):
    client = signed_in(world.holder)
    draft = written(client)
    send_files(client, draft, SimpleUploadedFile(name, content, "text/html"))
    client.post(f"{draft}check/")
    file = Attachment.objects.get()

    answer = client.get(f"/complaints/{file.complaint.reference}/files/{file.public_id}/")

    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"].startswith("inline" if shown else "attachment")


def test_pdf_that_packs_its_program_is_found_out_and_a_bill_of_ours_is_not(world, bill):

    packed = zlib.compress(b"<</S/JavaScript/JS(app.alert(1))>>")
    head = b"%PDF-1.7\n1 0 obj<</Type/ObjStm/Filter/FlateDecode>>stream\n"
    hidden = head + packed + b"\nendstream endobj"
    client = signed_in(world.holder)
    draft = written(client)
    refused = send_files(client, draft, SimpleUploadedFile("form.pdf", hidden))
    assert "has a program inside" in refused.content.decode()

    ours = b"".join(client.get(f"/bills/{bill.public_id}/pdf/"))
    assert send_files(client, draft, SimpleUploadedFile("bill.pdf", ours)).status_code == 302


def test_who_sees_no_names_opens_only_their_own_files(world):
    rep = make_user("Kim Abbott")
    appoint(
        world.account, rep, Role.AUTHORISED_REP, ends_on=FOREVER, limits=["view_personal_details"]
    )
    client = signed_in(world.holder)
    draft = written(client)
    send_files(client, draft, SimpleUploadedFile("licence.png", PNG))
    client.post(f"{draft}check/")
    complaint, file = Complaint.objects.get(), Attachment.objects.get()

    theirs = signed_in(rep)

    assert "licence.png" not in text(theirs, f"/complaints/{complaint.reference}/")
    address = f"/complaints/{complaint.reference}/files/{file.public_id}/"
    assert theirs.get(address).status_code == 404


def test_file_can_come_with_a_message(world):
    client = signed_in(world.holder)
    draft = written(client)
    client.post(f"{draft}check/")
    reference = Complaint.objects.get().reference

    wrong = {"text": "See here.", "uploads": [SimpleUploadedFile("x.html", b"<html>")]}
    refused = client.post(f"/complaints/{reference}/add/", wrong)
    assert "See here." in refused.content.decode()
    right = {"text": "See here.", "uploads": [SimpleUploadedFile("x.png", PNG)]}
    client.post(f"/complaints/{reference}/add/", right)

    assert Attachment.objects.get().event.text == "See here."
    assert "x.png" in text(client, f"/complaints/{reference}/")


def test_draft_that_nobody_touches_is_thrown_away_with_its_files(
    world, django_capture_on_commit_callbacks
):
    client = signed_in(world.holder)
    draft = written(client)
    send_files(client, draft, SimpleUploadedFile("x.png", PNG))
    place = Attachment.objects.get().file.path
    kept = written(signed_in(world.holder))

    later = timezone.now() + timedelta(days=30, minutes=1)
    Draft.objects.filter(public_id=kept.split("/")[-2]).update(expires_at=later)
    with django_capture_on_commit_callbacks(execute=True):
        assert drop_drafts(at=later - timedelta(seconds=30)) == 1

    assert client.get(f"{draft}words/").status_code == 404
    assert not Attachment.objects.exists()
    assert not Path(place).exists()
    assert client.get(f"{kept}words/").status_code == 200


def test_sent_draft_ends_and_its_complaint_and_files_stay(world):
    client = signed_in(world.holder)
    draft = written(client)
    send_files(client, draft, SimpleUploadedFile("x.png", PNG))
    client.post(f"{draft}check/")

    drop_drafts(at=timezone.now() + timedelta(days=31))

    assert not Draft.objects.exists()
    assert Attachment.objects.get().complaint == Complaint.objects.get()


def test_at_most_five_are_under_way(world):
    client = signed_in(world.holder)
    for _ in range(7):
        written(client)

    assert Draft.objects.count() == 5


def test_discarding_throws_words_and_files_away_but_nothing_that_was_sent(world):
    client = signed_in(world.holder)
    draft = written(client)
    send_files(client, draft, SimpleUploadedFile("x.png", PNG))
    client.post(f"{draft}drop/")
    assert not Draft.objects.exists()

    sent = written(client)
    client.post(f"{sent}check/")
    client.post(f"{sent}drop/")
    assert Complaint.objects.count() == 1


def test_advocate_complains_with_the_customer_where_they_may_not_alone():
    world = make_world(negotiated=True)
    advocate = make_user("Ada Vocate")
    limits = ["only_with_customer"]
    appoint(world.account, advocate, Role.ADVOCATE, ends_on=FOREVER, limits=limits)
    theirs = signed_in(advocate)
    assert theirs.get("/complaints/new/").status_code == 403

    asked = theirs.post(
        "/together/ask/complain/", {"topic": "bill", "description": "Charged twice."}
    )
    customer = signed_in(world.holder)
    assert "Charged twice." in text(customer, asked["Location"])
    customer.post(f"{asked['Location']}confirm/")

    complaint = Complaint.objects.get()
    assert (complaint.lodged_by, complaint.topic) == (advocate, "bill")
    by = Entry.objects.get(action="lodge_complaint").actor_name
    assert by == f"{advocate} with {world.holder}"


def test_staff_add_files_and_open_them_and_hidden_ones_stay_hidden(world):
    client = signed_in(world.holder)
    draft = written(client)
    client.post(f"{draft}check/")
    complaint = Complaint.objects.get()
    desk = Client()
    desk.force_login(make_staff(StaffRole.FRONT_LINE, world.provider))
    step = f"/admin/complaints/complaint/{complaint.pk}/step/files/"
    reason = desk.get(step)
    if reason.status_code == 302:
        desk.post(reason["Location"], {"reason": "The customer called"})
    typed = {"text": "The letter", "uploads": [SimpleUploadedFile("letter.pdf", PDF)]}
    hidden = {
        "text": "Our log",
        "for_staff_only": "on",
        "uploads": [SimpleUploadedFile("log.txt", b"line 1")],
    }
    desk.post(step, typed)
    desk.post(step, hidden)

    page = text(desk, f"/admin/complaints/complaint/{complaint.pk}/change/")
    assert "letter.pdf" in page
    assert "log.txt" in page
    mine = text(client, f"/complaints/{complaint.reference}/")
    assert "letter.pdf" in mine
    assert "log.txt" not in mine
    log = Attachment.objects.get(name="log.txt")
    inside = f"/complaints/{complaint.reference}/files/{log.public_id}/"
    assert client.get(inside).status_code == 404
    outside = f"/admin/complaints/complaint/{complaint.pk}/file/{log.public_id}/"
    assert b"".join(desk.get(outside).streaming_content) == b"line 1"
    billing = Client()
    billing.force_login(make_staff(StaffRole.BILLING, world.provider))
    assert billing.get(outside).status_code in (302, 403)


@pytest.mark.parametrize(
    ("provider", "issued", "says"),
    [
        # greenlight-general-dispute-1, more-greenlight-general-last and -late: 14 days.
        ("greenlight", date(2027, 2, 1), "your bills stay payable on their day. Why"),
        ("greenlight", date(2027, 1, 31), "until Sun 14 Feb 2027 to raise it"),
        ("greenlight", None, ""),
        ("vpnet", date(2027, 2, 1), ""),
    ],
)
def test_the_last_page_says_what_becomes_of_bills_that_nobody_contests(
    client, time_machine, provider, issued, says
):
    world = make_world(provider, state="NSW")
    time_machine.move_to(instant("2027-02-15 10:00"))
    make_service(world.account, fee="60.00", billed_through=date(2027, 1, 1))
    if issued:
        run_provider_bills(
            world.provider, issue_on=issued, at=instant(f"{issued} 06:20"), on_demand=True
        )
    client.force_login(world.holder)

    page = read(client, f"{written(client)}check/")

    assert says in page
    assert ("GL-DISP-11" in page) is bool(says)
