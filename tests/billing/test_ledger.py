"""The books: balanced, append-only, once for each key, closed months, and provable."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from billing.ledger.models import LedgerEntry, OpenItem, Posting
from billing.ledger.services import KeyReused, Leg, MonthClosed, Unbalanced, close_month, post
from billing.ledger.states import LedgerAccount, PostingKind
from tests.billing.moneys import day, story
from tests.ledger import unprotected

pytestmark = pytest.mark.django_db


def legs(one, amount: str) -> list[Leg]:
    return [
        Leg(to=LedgerAccount.CLEARING, amount=Decimal(amount), detail="eft"),
        Leg(to=LedgerAccount.CREDIT, amount=-Decimal(amount), account=one.account),
    ]


def put(one, amount: str = "10.00", key: str = "k", on: str = "2027-01-10"):
    return post(
        provider=one.world.provider,
        kind=PostingKind.PAYMENT,
        day=day(on),
        key=key,
        legs=legs(one, amount),
        at=one.at(on),
    )


def test_legs_that_do_not_sum_to_zero_are_refused():
    one = story("vpnet", "NSW")
    odd = [*legs(one, "10.00"), Leg(to=LedgerAccount.GST, amount=Decimal("0.01"))]

    with pytest.raises(Unbalanced):
        post(
            provider=one.world.provider,
            kind=PostingKind.PAYMENT,
            day=day("2027-01-10"),
            key="k",
            legs=odd,
            at=one.at("2027-01-10"),
        )

    assert not Posting.objects.exists()


def test_same_key_and_content_is_posted_once_and_other_content_is_refused_aloud():
    one = story("vpnet", "NSW")

    assert put(one) == put(one)
    with pytest.raises(KeyReused):
        put(one, "11.00")

    assert one.credit == "10.00"


def test_same_key_of_two_providers_is_two_facts():
    one, other = story("vpnet", "NSW"), story("callpro", "NSW")

    put(one)
    put(other)

    assert (one.credit, other.credit) == ("10.00", "10.00")


def test_nothing_that_was_posted_can_be_changed_or_removed():
    put(story("vpnet", "NSW"))
    changes = [
        lambda: LedgerEntry.objects.update(amount=Decimal("1.00")),
        lambda: LedgerEntry.objects.all().delete(),
        lambda: Posting.objects.update(key="other"),
    ]

    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a deferred trigger")
def test_database_itself_refuses_legs_that_do_not_balance():
    one = story("vpnet", "NSW")
    posting = put(one)

    LedgerEntry.objects.create(
        posting=posting, ledger_account=LedgerAccount.GST, amount=Decimal("1.00")
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.check_constraints()
    transaction.set_rollback(True)


def test_closed_month_takes_no_posting_and_the_next_one_does():
    one = story("vpnet", "NSW")
    close_month(
        provider=one.world.provider,
        month=day("2027-01-01"),
        by="An accountant",
        at=one.at("2027-02-05"),
    )

    with pytest.raises(MonthClosed, match="January 2027"):
        put(one, on="2027-01-31")
    put(one, on="2027-02-01")

    assert one.credit == "10.00"


def test_verify_says_which_kept_figure_differs(capsys):
    one = story("vpnet", "NSW")
    one.service("S", "60.00", "2027-01-01")
    invoice = one.run("2027-01-01")
    call_command("ledger", "verify")
    OpenItem.objects.filter(invoice=invoice).update(amount=Decimal("60.00"))

    with pytest.raises(CommandError, match="2 figures differ"):
        call_command("ledger", "verify")

    assert invoice.number in capsys.readouterr().err


def test_verify_finds_an_entry_that_somebody_changed_in_the_database():
    one = story("vpnet", "NSW")
    put(one)
    with unprotected():
        LedgerEntry.objects.filter(amount__gt=0).update(amount=Decimal("9.00"))

    with pytest.raises(CommandError, match="differ"):
        call_command("ledger", "verify")


def test_commands_read_the_books_and_hand_them_over(capsys):
    one = story("vpnet", "NSW")
    one.service("S", "60.00", "2027-01-01")
    one.run("2027-01-01")
    one.pay("2027-01-10", "20.00")

    call_command("ledger", "trial-balance", "--provider", "vpnet")
    balance = capsys.readouterr().out
    call_command("ledger", "gst", "--quarter", "2027-01", "--provider", "vpnet")
    gst = capsys.readouterr().out
    call_command("ledger", "export", "json", "2027-01", "--provider", "vpnet")
    rows = json.loads(capsys.readouterr().out)
    call_command("ledger", "export", "xero", "2027-01", "--provider", "vpnet")
    xero = capsys.readouterr().out

    assert "46.00" in balance
    assert "6.00" in gst
    assert sum(Decimal(row["amount"]) for row in rows) == 0
    assert xero.splitlines()[0].startswith("*Narration")


def test_commands_say_what_is_wrong():
    with pytest.raises(CommandError, match="No provider"):
        call_command("ledger", "aged", "--provider", "nobody")
    with pytest.raises(CommandError, match="like 2026-11"):
        call_command("ledger", "close", "soon", "--provider", "vpnet")
