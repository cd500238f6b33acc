"""Two do something about the same money at the same moment, where both really run."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest
from django.db import connection

from billing.disputes.services import hold_amount
from billing.invoices.models import CreditNote, Invoice
from billing.ledger.models import OpenItem
from billing.payments.models import Payment, Refund
from billing.payments.services import (
    AlreadyRecorded,
    CreditRefused,
    RefundRefused,
    RefundWish,
    ask_refund,
    issue_credit_note,
    match_payment,
    record_unmatched,
)
from billing.runs.models import BillRun, RunProblem
from billing.runs.services import run_provider_bills
from contracts.supply.models import Chargeable
from tests.billing.moneys import Story, agrees, day, story
from tests.parties.security.test_attacks_at_once import at_once, kinds
from tests.world import make_staff

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only there do two connections see the rows"
    ),
]


@pytest.fixture
def one() -> Story:
    found = story("vpnet", "NSW")
    found.world.provider.second_person_above = None
    found.world.provider.save()
    found.service("S", "60.00", "2027-01-01")
    found.run("2027-01-01")
    return found


def test_same_payment_twice_is_recorded_once(one):
    found = at_once([lambda: one.pay("2027-01-10", "66.00", reference="R")] * 2)

    assert set(kinds(found)) == {AlreadyRecorded, Payment}
    assert (one.owing, one.credit) == ("0.00", "0.00")
    assert agrees()


def test_two_payments_pay_the_bill_once_and_the_rest_is_credit(one):
    at_once(
        [
            lambda: one.pay("2027-01-10", "66.00", reference="A"),
            lambda: one.pay("2027-01-10", "40.00", reference="B"),
        ]
    )

    assert (one.owing, one.credit) == ("0.00", "40.00")
    assert agrees()


def test_payment_and_credit_note_of_the_same_bill_lose_nothing(one):
    invoice = Invoice.objects.get()

    at_once(
        [
            lambda: one.pay("2027-01-10", "66.00"),
            lambda: issue_credit_note(
                invoice=invoice, amount=Decimal("66.00"), reason="Wrong", at=one.at("2027-01-10")
            ),
        ]
    )

    assert (one.owing, one.credit) == ("0.00", "66.00")
    assert agrees()


def test_bill_is_credited_no_more_than_once(one):
    invoice = Invoice.objects.get()
    act = partial(
        issue_credit_note,
        invoice=invoice,
        amount=Decimal("66.00"),
        reason="Wrong",
        at=one.at("2027-01-10"),
    )

    assert set(kinds(at_once([act, act]))) == {CreditNote, CreditRefused}
    assert agrees()


def test_credit_is_paid_back_once(one):
    one.pay("2027-01-10", "166.00")
    staff = make_staff()
    act = partial(
        ask_refund,
        account=one.account,
        wish=RefundWish(amount=Decimal("100.00"), reason="Moved"),
        by=staff,
        at=one.at("2027-01-11"),
    )

    assert set(kinds(at_once([act, act]))) == {Refund, RefundRefused}
    assert one.credit == "0.00"
    assert agrees()


def test_money_in_suspense_is_matched_to_one_account(one):
    other = story("vpnet", "NSW")
    payment = record_unmatched(
        provider=one.world.provider,
        amount=Decimal("66.00"),
        received_on=day("2027-01-10"),
        method="eft",
        reference="INVOICE",
        at=one.at("2027-01-10"),
    )

    at_once(
        [
            lambda: match_payment(payment=payment, account=one.account, at=one.at("2027-01-11")),
            lambda: match_payment(payment=payment, account=other.account, at=one.at("2027-01-11")),
        ]
    )

    assert {one.owing, other.credit} in ({"0.00"}, {"66.00"})
    assert Payment.objects.get().account_id in {one.account.pk, other.account.pk}
    assert agrees()


def test_several_complaints_hold_no_more_than_is_open(one):
    invoice = Invoice.objects.get()

    at_once(
        [
            lambda ref=ref: hold_amount(
                invoice=invoice,
                amount=Decimal("40.00"),
                complaint=ref,
                at=one.at("2027-01-05"),
            )
            for ref in ("C-1", "C-2", "C-3")
        ]
    )

    assert OpenItem.objects.get().held == Decimal("66.00")


def test_two_runs_bill_nobody_twice_and_leave_no_false_problem(one):
    for number in range(12):
        each = story("vpnet", "NSW")
        each.service("S", "60.00", "2027-01-05")
        Chargeable.objects.create(
            account=each.account,
            source=f"work {number}",
            description="Work",
            amount=Decimal("11.00"),
            incurred_on=day("2027-01-10"),
        )
    act = partial(
        run_provider_bills,
        one.world.provider,
        issue_on=day("2027-02-01"),
        at=one.at("2027-02-01"),
        on_demand=True,
    )

    found = at_once([act, act])

    assert sum(found) == 13
    assert Invoice.objects.filter(issue_date=day("2027-02-01")).count() == 13
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"VPN{number:07d}" for number in range(1, 15)]
    assert not RunProblem.objects.exists()
    assert not BillRun.objects.exclude(status="closed").exists()
    assert agrees()
