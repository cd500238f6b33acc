"""Where letters lead: every kind of thing that one names has its page."""

from __future__ import annotations

import ast
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from complaints.lodging.services import ComplaintDetails, lodge_complaint
from parties.people.models import User
from parties.people.states import StaffRole
from parties.privacy.services import ask_privacy, unsubscribe_link
from parties.privacy.states import PrivacyKind
from parties.security.services import stop_link
from parties.security.states import HighRisk
from portal.public.go import PAGES
from records.deadlines.models import Deadline
from records.deadlines.services import remind_and_flag
from records.notices.models import Notice
from records.notices.services import Link
from tests.architecture.test_conventions import sources
from tests.world import instant, make_staff

AT = instant("2026-12-10 10:00")
BELOW = ["complaints", "billing", "contracts", "parties", "records"]
# What a deadline is about gives the kind of its record.
ABOUT = "about"


def kinds_named() -> set[str]:
    """Every kind of thing that a service names in a letter."""
    found = set()
    for path in sources(*BELOW):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id == "Link":
                found |= {one.value for one in ast.walk(node.args[0]) if _is_kind(one)}
            for word in node.keywords:
                if word.arg == ABOUT and isinstance(word.value, ast.Constant):
                    found.add(f"{word.value.value.replace(' ', '-')}-record")
    return found


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _is_kind(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value not in (" ", "-", "-record")


def test_every_kind_that_a_letter_names_has_a_page_and_no_page_is_idle():
    assert kinds_named() == set(PAGES)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", sorted(PAGES))
def test_every_kind_leads_to_a_page_that_is_there(client, kind):
    for reference in ("", "C-ABCDEFGH", "0b7f6d3c-5a55-4a2e-9d0e-2f1c63a1f001"):
        answer = client.get(urlsplit(Link(kind, reference).address).path)
        if answer.status_code == 302:
            break
        # The mail programs' own way out answers by itself.
        if kind == "unsubscribe" and reference:
            return
    assert answer.status_code == 302
    assert "no-store" in answer["Cache-Control"]
    try:
        resolve(answer["Location"])
    except Resolver404:  # pragma: no cover
        pytest.fail(f"{kind} leads nowhere: {answer['Location']}")


@pytest.mark.parametrize(
    "path",
    [
        "/go/nothing/",
        "/go/nothing/C-ABCDEFGH/",
        "/go/complaint/",
        "/go/people/C-ABCDEFGH/",
        "/go/bill/not-a-uuid/",
        "/go/home/",
        "/go/admin:index/",
        "/go/https:/evil.example/",
    ],
)
def test_what_no_page_shows_is_not_found(client, db, path):
    assert client.get(path).status_code == 404


def test_nothing_is_changed_by_following_a_link(client, db):
    assert client.post("/go/people/").status_code == 405


def test_who_is_not_logged_in_learns_nothing_of_what_is_there(client, world):
    complaint = lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(topic="fault", description="x"),
    )
    ours = client.get(f"/go/complaint/{complaint.reference}/", follow=True)
    other = client.get("/go/complaint/C-NONESUCH/", follow=True)

    assert ours.status_code == other.status_code == 200
    assert [status for _, status in ours.redirect_chain] == [302, 302]
    assert ours.redirect_chain[-1][0].startswith("/accounts/login/")
    assert other.redirect_chain[-1][0].startswith("/accounts/login/")


def test_letter_about_a_complaint_leads_its_reader_there(world):
    complaint = lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(topic="fault", description="x"),
    )
    address = f"http://localhost:8000/go/complaint/{complaint.reference}/"
    told = Notice.objects.get(kind="complaint_received")

    assert address in told.text
    assert address in told.html
    shown = logged_in(world.holder).get(urlsplit(address).path, follow=True)
    assert complaint.reference in shown.content.decode()


def test_token_works_from_a_letter_and_is_told_to_nobody_else(client, world):
    link = stop_link(
        world.account, world.holder, HighRisk.CHANGE_DETAILS, at=instant("2026-12-10")
    )
    notice = Notice(text=f"Stop it: {link.address} now")

    assert notice.carries_secret
    assert link.reference not in notice.words
    assert client.get(urlsplit(link.address).path)["Location"] == f"/stop/{link.reference}/"


def test_mail_programs_end_marketing_by_one_post_without_a_redirect(client, world):
    client.handler.enforce_csrf_checks = True
    path = urlsplit(unsubscribe_link(world.account).address).path

    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200


@pytest.mark.parametrize("about", ["complaint", "privacy request"])
def test_reminder_says_what_it_is_about_and_leads_staff_there(world, about):
    world.provider.complaints_email = "desk@staff.example"
    world.provider.save()
    if about == "complaint":
        reference = lodge_complaint(
            account=world.account,
            by=world.holder,
            at=AT,
            details=ComplaintDetails(topic="fault", description="x"),
        ).reference
    else:
        reference = ask_privacy(
            account=world.account, by=world.holder, kind=PrivacyKind.ACCESS, text="All.", at=AT
        ).reference
    Deadline.objects.filter(subject=reference).update(next_look_at=AT)
    remind_and_flag(at=AT + timedelta(days=60))
    told = Notice.objects.filter(kind="deadline_staff", subject_ref=reference).first()

    for words in (told.text, told.html):
        assert about in words.lower()
        assert {"complaint", "privacy request"} - {about} == {
            other for other in ("complaint", "privacy request") if other not in words.lower()
        }
    assert about.capitalize() in told.sender
    path = f"/go/{about.replace(' ', '-')}-record/{reference}/"
    assert f"http://localhost:8000{path}" in told.text
    staff = logged_in(make_staff(StaffRole.ADMINISTRATOR))
    opened = staff.get(path, follow=True)
    assert opened.status_code == 200
    assert opened.redirect_chain[0][0].endswith(f"/{reference}/change/")
