"""The statement adds up from any day to any other."""

from __future__ import annotations

import subprocess
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing.ledger.selectors import statement
from billing.payments.services import issue_credit_note, send_statement, statement_pdf
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.notices.models import Notice
from terms.facts import Role
from tests.billing.moneys import Story, day, story
from tests.world import appoint, make_staff, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def one() -> Story:
    found = story("vpnet", "NSW")
    found.service("S", "60.00", "2026-10-01")
    first = found.run("2026-10-01")
    found.pay("2026-10-09", "100.00")
    issue_credit_note(
        invoice=first, amount=Decimal("11.00"), reason="Wrong", at=found.at("2026-10-20")
    )
    found.run("2026-11-01")
    return found


def test_statement_adds_up_from_any_day_to_any_other(one):
    whole = statement(one.account, day("2026-10-01"), day("2026-11-30"))
    later = statement(one.account, day("2026-10-10"), day("2026-11-30"))

    assert [str(row.amount) for row in whole.rows] == ["66.00", "-100.00", "-11.00", "66.00"]
    assert [str(row.balance) for row in whole.rows] == ["66.00", "-34.00", "-45.00", "21.00"]
    assert (whole.opening, whole.closing) == (Decimal(0), Decimal("21.00"))
    assert (later.opening, later.closing) == (Decimal("-34.00"), Decimal("21.00"))
    assert Decimal(one.owing) - Decimal(one.credit) == whole.closing


def test_page_shows_it_and_csv_holds_it(one, client):
    client.force_login(one.world.holder)
    asked = {"first": "2026-10-01", "last": "2026-11-30"}

    page = client.get(reverse("statement"), asked).content.decode()
    table = (
        client.get(reverse("statement"), asked | {"format": "csv"}).getvalue().decode("utf-8-sig")
    )

    assert "$100.00" in page
    assert "$21.00" in page
    assert len(table.splitlines()) == 5


@pytest.mark.parametrize(
    "asked",
    [
        {"first": "2026-11-30", "last": "2026-10-01"},
        {"first": "soon", "last": "2026-10-01"},
        {"first": "", "last": ""},
    ],
)
def test_days_that_are_none_are_answered_in_words(one, client, asked):
    client.force_login(one.world.holder)

    page = client.get(reverse("statement"), asked)

    assert page.status_code == 200
    assert "Error:" in page.content.decode()


def test_stranger_sees_none_of_it(one, client):
    client.force_login(story("vpnet", "NSW").world.holder)

    page = client.get(reverse("statement"), {"first": "2026-10-01", "last": "2026-11-30"})

    assert "$100.00" not in page.content.decode()


def pdf_text(data: bytes) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True
    )
    return " ".join(done.stdout.decode().split())


def test_pdf_says_the_same_as_the_page(one, client):
    client.force_login(one.world.holder)
    asked = {"first": "2026-10-01", "last": "2026-11-30", "format": "pdf"}

    answer = client.get(reverse("statement"), asked)

    assert answer["Content-Type"] == "application/pdf"
    text = pdf_text(answer.content)
    for words in (
        "Statement",
        "Harbour Bakery",
        one.account.number,
        "Before this day",
        "$66.00",
        "$100.00",
        "$11.00",
        "−$45.00",
        "Mon 30 Nov 2026",
        "$21.00",
    ):
        assert words in text, words


@pytest.mark.parametrize("count", [0, pytest.param(120, marks=pytest.mark.slow)])
def test_pdf_of_no_and_of_many_rows(count):
    found = story("callpro", "NSW")
    found.service("S", "11.00", "2026-10-01", basis="inc")
    found.run("2026-10-01")
    for number in range(count):
        found.pay("2026-10-02", "0.10", reference=f"R{number}")
    last = day("2026-09-30") if count == 0 else day("2026-10-31")

    text = pdf_text(
        statement_pdf(
            found.account, days=(day("2026-09-01"), last), at=found.at("2026-11-01"), who=False
        )
    )

    assert "(hidden)" in text
    assert "Harbour Bakery" not in text
    assert text.count("Payment $0.10") == count


def test_it_is_sent_once_to_whoever_asks_and_may_know_the_customer(one, client):
    holder = one.world.holder
    with time_machine.travel(one.at("2026-11-20"), tick=False):
        client.force_login(holder)
        page = f"{reverse('statement')}?first=2026-10-01&last=2026-11-15"
        for _ in range(2):
            assert client.post(page).status_code == 302

    (letter,) = Notice.objects.filter(title__startswith="Your statement")
    assert letter.to == holder.email
    (document,) = letter.attachments.all()
    assert document.content["closing"] == "21.00"
    for person in (make_user("Some Stranger"), make_staff(StaffRole.BILLING)):
        with pytest.raises(NotAuthorised):
            send_statement(
                account=one.account,
                by=person,
                days=(day("2026-10-01"), day("2026-11-15")),
                at=one.at("2026-11-21"),
            )


def test_masked_reader_has_a_pdf_without_who_the_customer_is_and_no_letter(one, client):
    """VPnet, not protected: an advocate sees masked bills by the terms."""
    person = make_user("Ravi Adviser")
    appoint(one.account, person, role=Role.ADVOCATE)
    with time_machine.travel(one.at("2026-11-20"), tick=False):
        client.force_login(person)
        page = client.get(reverse("statement"))
        assert b"Send it to me by email" not in page.content
        text = pdf_text(client.get(reverse("statement"), {"format": "pdf"}).content)
        sent = client.post(reverse("statement"))

    assert "Harbour Bakery" not in text
    assert sent.status_code == 403
    assert not Notice.objects.filter(title__startswith="Your statement").exists()
