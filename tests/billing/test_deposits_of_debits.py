"""The one sum that a bank pays for a file of direct debits: matched, or its rest is named."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.urls import reverse

from billing.ledger.models import LedgerEntry
from billing.payments import selectors
from billing.payments.models import DebitFile, Draw, Payment
from billing.payments.services import (
    DepositDiffers,
    PaymentRefused,
    match_deposit,
    match_payment,
    note_return,
    record_unmatched,
    reverse_payment,
)
from billing.payments.states import ReturnCode
from parties.people.states import StaffRole
from tests.billing.debits import agree_to_debit, minded, send
from tests.billing.moneys import Story, agrees, day, story
from tests.parties.security.test_attacks_at_once import at_once, kinds
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = pytest.mark.django_db
DRAWN, LATER = "2027-02-15", "2027-02-16"


@pytest.fixture
def one() -> Story:
    """Blueshift draws a bill of 61.60 and one of 38.40 on 15 February 2027: 100.00 in one file."""
    found = story("blueshift", "NSW")
    agree_to_debit(found, "2027-01-20")
    found.service("S", "61.60", "2027-02-01", basis="inc")
    found.run("2027-02-01")
    other = Story(second(found))
    other.service("T", "38.40", "2027-02-01", basis="inc")
    other.run("2027-02-01")
    agree_to_debit(other, "2027-02-01")
    send(found, DRAWN, on="2027-02-12")
    minded(found, DRAWN)
    return found


def second(one: Story):
    return story("blueshift", "NSW").world


def file() -> DebitFile:
    return DebitFile.objects.get()


def lump(one: Story, amount: str = "100.00", on: str = LATER) -> Payment:
    return record_unmatched(
        provider=one.world.provider,
        amount=Decimal(amount),
        received_on=day(on),
        method="eft",
        reference="BLUESHIFT DIRECT DEBIT",
        at=one.at(LATER),
    )


def match(one: Story, row: Payment, to: DebitFile | None = None) -> DebitFile:
    return match_deposit(
        payment=row, file=to or file(), why="The bank says so", by=make_staff(), at=one.at(LATER)
    )


def sums() -> dict[str, str]:
    """What stands in clearing, by its way, and in suspense."""
    found: dict[str, Decimal] = {}
    for entry in LedgerEntry.objects.filter(ledger_account__in=["clearing", "suspense"]):
        name = entry.detail or entry.ledger_account
        found[name] = found.get(name, Decimal(0)) + entry.amount
    return {name: f"{amount:.2f}" for name, amount in found.items() if amount}


def send_back(one: Story, amount: str = "38.40") -> None:
    row = Draw.objects.get(amount=Decimal(amount))
    note_return(draw=row, code=ReturnCode.REFER, by=make_staff(), at=one.at(LATER))


def test_the_sum_takes_the_debits_out_of_clearing(one):
    row = lump(one)
    assert sums() == {"direct_debit": "100.00", "eft": "100.00", "suspense": "-100.00"}

    kept = match(one, row)

    assert sums() == {"eft": "100.00"}
    assert (kept.deposit, kept.deposit_matched_why) == (row, "The bank says so")
    assert not selectors.unmatched(Payment.objects.all()).exists()
    assert agrees()


@pytest.mark.parametrize(
    ("amount", "left"),
    [("61.60", {"eft": "61.60"}), ("100.00", {"eft": "100.00", "direct_debit": "-38.40"})],
)
def test_what_was_sent_back_is_taken_off_by_the_bank_or_still_to_be(one, amount, left):
    send_back(one)
    row = lump(one, amount)

    match(one, row)

    assert sums() == left
    assert agrees()


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("99.99", "$0.01 less than the direct debits of Mon 15 Feb 2027: $100.00"),
        ("105.50", "$5.50 more than the direct debits of Mon 15 Feb 2027: $100.00"),
    ],
)
def test_an_unknown_rest_stays_on_the_list_with_its_amount(one, amount, says):
    row = lump(one, amount)
    before = sums()

    with pytest.raises(DepositDiffers, match="stays in the list"):
        match(one, row)

    row.refresh_from_db()
    assert row.unmatched_why == f"It is {says}."
    assert list(selectors.unmatched(Payment.objects.all())) == [row]
    assert (sums(), file().deposit) == (before, None)


def test_a_sum_that_is_reversed_frees_its_file(one):
    row = lump(one)
    match(one, row)

    reverse_payment(payment=row, on=day(LATER), why="Typed twice", at=one.at(LATER))

    assert sums() == {"direct_debit": "100.00"}
    assert file().deposit is None
    match(one, lump(one))
    assert sums() == {"eft": "100.00"}
    assert agrees()


def test_money_and_files_are_matched_once_and_within_one_provider(one):
    row, other = lump(one), lump(one)
    match(one, row)

    with pytest.raises(PaymentRefused, match="found already"):
        match(one, other)
    with pytest.raises(PaymentRefused, match="matched to a file"):
        match(one, row)
    with pytest.raises(PaymentRefused, match="for a file of direct debits"):
        match_payment(payment=row, account=one.account, at=one.at(LATER))
    elsewhere = story("vpnet", "NSW")
    strange = lump(elsewhere)
    with pytest.raises(PaymentRefused, match="another provider"):
        match(one, strange)

    assert sums()["suspense"] == "-200.00"


@pytest.mark.parametrize(
    ("on", "offered"),
    [("2027-02-14", 0), (DRAWN, 1), ("2027-03-18", 1), ("2027-03-19", 0)],
)
def test_files_are_offered_for_a_month_from_their_day(one, on, offered):
    row = lump(one)
    row.received_on = day(on)

    assert len(selectors.deposits(row)) == offered


def test_staff_match_on_the_page_that_asks_whose_money_it_is(one, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at(LATER))
    desk = sign_in_staff(client, make_staff(StaffRole.BILLING))
    send_back(one)
    row, wrong = lump(one, "61.60"), lump(one, "60.00")
    given = {"choice": f"file-{file().pk}", "account": "", "why": "The bank says so"}
    page = desk.get(url(row)).content.decode()
    assert "The bank, for the direct debits of Mon 15 Feb 2027: $100.00 less $38.40" in page

    refused = desk.post(url(wrong), given).content.decode()
    done = desk.post(url(row), given)

    assert "$1.60 less than the direct debits" in refused
    assert done.status_code == 302
    assert sums() == {"eft": "121.60", "suspense": "-60.00"}
    assert desk.post(url(row), given).status_code == 404
    shown = desk.get(reverse("admin:billing_debitfile_change", args=[file().pk]))
    assert "$61.60" in shown.content.decode()


def url(row: Payment) -> str:
    return reverse("admin:billing_payment_match_step", args=[row.pk])


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only there two really run")
def test_two_at_once_match_one_sum(one):
    rows = [lump(one), lump(one)]

    found = at_once([partial(match, one, row) for row in rows])

    assert set(kinds(found)) == {DebitFile, PaymentRefused}
    assert sums() == {"eft": "200.00", "suspense": "-100.00"}
    assert agrees()
