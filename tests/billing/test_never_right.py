"""What the worked sequences name as never right and no figure of theirs shows by itself.

The sequences themselves, to the day and the cent, are in test_stories.py; what of their "Not" rows
follows from a figure there (a day twice, a cent too many, a bill too few) is not repeated here.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.credit_management.models import PaymentReminder
from billing.payments.models import Draw
from billing.payments.services import (
    RefundWish,
    ask_refund,
    credit_line,
    decide_refund,
    issue_credit_note,
)
from billing.runs.services import change_bill_day
from contracts.supply.models import Discount
from contracts.supply.services import change_supply
from records.documents.models import Document
from tests.billing.moneys import Story, agrees, day, story
from tests.billing.test_help_with_paying import sweep
from tests.world import make_staff

pytestmark = pytest.mark.django_db


def reminded(one: Story, *days: str) -> int:
    """How many reminders to pay went out in sweeps of those days."""
    for on in days:
        sweep(one, on)
    return PaymentReminder.objects.filter(invoice__account=one.account).count()


def test_no_bill_goes_out_between_bill_days_for_what_is_entered_there():
    """seq-m-01: not an invoice on 2026-12-12; the next run has it."""
    one = story("vpnet", "NSW", bill_day=10)
    one.service("Z", "60.00", "2026-12-10")
    one.run("2026-12-10")
    one.service("D", "31.00", "2026-12-12")

    assert one.run("2026-12-12") is None
    assert len(one.invoices()) == 1


def test_a_nil_bill_asks_for_nothing_and_nothing_follows_from_it():
    """seq-m-16: not a day to pay by, ways to pay, credit, a debit or a reminder; and a bill."""
    one = story("blueshift", "SA", tcp=True, kind="personal")
    large = one.service("Large", "102.30", "2027-02-01")
    Discount.objects.create(
        service=large,
        label="First month free",
        percent=100,
        starts_on=day("2027-02-01"),
        ends_on=day("2027-02-28"),
    )

    bill = one.run("2027-02-01")

    assert bill is not None
    content = Document.objects.get(pk=bill.document_id).content
    assert (content["due_on"], content["pay"]) == ("", [])
    assert (content["balance"]["to_pay"], content["balance"]["credit"]) == ("0.00", "0.00")
    assert reminded(one, "2027-02-12", "2027-02-16", "2027-02-20") == 0
    assert not Draw.objects.exists()


def test_what_credit_has_paid_is_reminded_of_never():
    """seq-m-21: not a reminder for invoices 1 to 3, which 100.00 paid beforehand."""
    one = story("callpro", "WA", bill_day=10)
    one.service("S", "34.10", "2026-12-10")
    one.pay("2026-12-01", "100.00")
    one.run("2026-12-10")
    change_bill_day(account=one.account, bill_day=25, on=day("2026-12-12"))
    one.run("2026-12-25")
    one.run("2027-01-25")

    days = ("2026-12-26", "2026-12-30", "2027-01-08", "2027-01-12", "2027-02-06", "2027-02-10")
    assert reminded(one, *days) == 0
    assert (one.owing, one.credit) == ("0.00", "15.30")


def test_a_bill_keeps_its_words_and_a_refund_takes_no_more_than_is_over():
    """seq-m-20 to its end: not 55.00 again in November, not due on the 16th; 0.00 is left."""
    one = story("greenlight", "TAS", tcp=True)
    one.world.provider.second_person_above = Decimal(0)
    one.world.provider.save()
    one.service("SIP", "300.00", "2026-09-01")
    fibre = one.service("Fibre", "200.00", "2026-09-01")
    one.run("2026-09-01")
    one.pay("2026-09-14", "550.00", "card", surcharge=Decimal("8.25"))
    second = one.run("2026-10-01")
    one.pay("2026-10-14", "550.00", "card")
    change_supply(
        service=fibre, unit_fee=Decimal("150.00"), on=day("2026-11-01"), at=one.at("2026-10-20")
    )
    note = issue_credit_note(
        invoice=second,
        lines=[credit_line(second.lines.get(service=fibre), Decimal("55.00"))],
        reason="The agreed price is 150.00.",
        at=one.at("2026-10-20"),
    )
    one.run("2026-11-01")
    one.pay("2026-11-12", "495.00")
    asked = ask_refund(
        account=one.account,
        wish=RefundWish(amount=Decimal("55.00"), reason="Paid too much"),
        by=make_staff(),
        at=one.at("2026-11-20"),
    )
    assert (asked.state, one.credit) == ("asked", "55.00")

    decide_refund(refund=asked, approve=True, by=make_staff(), at=one.at("2026-11-20", "11:00"))

    second.refresh_from_db()
    assert (second.total_inc, note.invoice) == (Decimal("550.00"), second)
    assert (one.owing, one.credit) == ("0.00", "0.00")
    assert one.ledger() == {
        "revenue": "-1407.50",
        "gst": "-140.75",
        "clearing": "1548.25",
    }
    assert agrees()
