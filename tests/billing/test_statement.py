"""The statement adds up from any day to any other."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.ledger.selectors import statement
from billing.payments.services import issue_credit_note
from tests.billing.moneys import Story, day, story

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
