"""Whole stories about money, with their days and cents worked out by hand from the documents."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest

from billing.charging.selectors.prices import Copies, NotPriced
from billing.charging.services import ask_charge
from billing.credit_management.services import advise_late_charge, assess_late_charges
from billing.disputes.services import end_hold, hold_amount
from billing.ledger.models import OpenItem
from billing.payments.services import (
    AlreadyRecorded,
    RefundWish,
    ask_refund,
    credit_line,
    issue_credit_note,
    match_payment,
    record_unmatched,
    reverse_payment,
)
from billing.runs.services import change_bill_day
from contracts.supply.models import Discount
from contracts.supply.services import (
    agree_charge,
    change_supply,
    end_supply,
    restore_supply,
    suspend_supply,
)
from contracts.supply.states import ChargeableKind, SuspensionCause
from parties.people.states import StaffRole
from terms.money import ZERO
from tests.billing.moneys import agrees, day, lines, story, told
from tests.world import make_staff

pytestmark = pytest.mark.django_db


def charge(one, amount, on, *, entered=None, kind=ChargeableKind.ONE_OFF, gst="taxable", **facts):
    return agree_charge(
        account=one.account,
        kind=kind,
        source=facts.pop("source", f"{amount} {on}"),
        description=facts.pop("what", "Work"),
        amount=Decimal(amount),
        incurred_on=day(on),
        gst=gst,
        at=one.at(entered or on),
        **facts,
    )


def test_services_activated_before_on_and_after_bill_day_and_one_entered_late():
    one = story("vpnet", "NSW", bill_day=10)
    z = one.service("Z", "60.00", "2026-10-10")
    one.run("2026-10-10")
    one.run("2026-11-10")
    z.refresh_from_db()
    assert z.billed_through == day("2026-12-09")
    one.pay("2026-11-20", "132.00")
    one.service("A", "30.00", "2026-11-15")

    first = one.run("2026-12-10")
    one.service("B", "62.00", "2026-12-10")
    one.service("D", "31.00", "2026-12-12")
    one.service("C", "44.95", "2026-12-05", entered="2026-12-12")
    owing = [one.owing]
    second = one.run("2027-01-10")
    owing.append(one.owing)
    third = one.run("2027-02-10")
    owing.append(one.owing)

    assert told(first) == ("2026-12-10", "2026-12-29", "115.00", "11.50", "126.50")
    assert told(second) == ("2027-01-10", "2027-01-25", "371.40", "37.14", "408.54")
    assert told(third) == ("2027-02-10", "2027-02-25", "227.95", "22.80", "250.75")
    assert lines(second) == sorted(
        [
            ("2026-12-10", "2027-01-09", "62.00"),
            ("2026-12-05", "2026-12-09", "7.50"),
            ("2026-12-10", "2027-01-09", "44.95"),
            ("2026-12-12", "2027-01-09", "29.00"),
            *(
                ("2027-01-10", "2027-02-09", fee)
                for fee in ("60.00", "30.00", "62.00", "44.95", "31.00")
            ),
        ]
    )
    assert owing == ["126.50", "535.04", "785.79"]
    assert agrees()


def test_late_fee_is_charged_once_and_taken_back_when_the_money_was_in_time():
    one = story("vpnet", "QLD")
    one.service("S", "80.00", "2027-02-01")
    first = one.run("2027-02-01")
    advise_late_charge(invoice=first, advised_on=day("2027-02-17"))
    one.run("2027-03-01")
    fees = {
        on: len(assess_late_charges(one.account, on=day(on), at=one.at(on)))
        for on in ("2027-03-02", "2027-03-03", "2027-03-04", "2027-03-05")
    }
    one.pay("2027-03-16", "88.00")
    third = one.run("2027-04-01")
    owing = one.owing
    one.pay("2027-03-02", "88.00", entered="2027-04-06")

    assert list(fees.values()) == [0, 1, 0, 0]
    assert told(third) == ("2027-04-01", "2027-04-16", "105.00", "10.50", "115.50")
    assert owing == "203.50"
    (note,) = one.notes()
    assert (note.subtotal_ex, note.gst, note.total_inc) == (
        Decimal("25.00"),
        Decimal("2.50"),
        Decimal("27.50"),
    )
    assert note.invoice == third
    assert one.owing == "88.00"
    assert one.overdue("2027-04-06") == "0.00"
    assert one.ledger() == {
        "receivable": "88.00",
        "revenue": "-240.00",
        "gst": "-24.00",
        "clearing": "176.00",
    }
    assert agrees()


def test_late_run_bills_up_to_the_law_and_ends_on_the_issue_day():
    one = story("vpnet", "WA", tcp=True, bill_day=13)
    one.service("L", "59.00", "2026-10-13")
    n = one.service("N", "30.00", "2026-10-13")
    one.run("2026-10-13")
    charge(one, "132.00", "2026-06-16", entered="2026-11-20")
    charge(one, "60.50", "2026-06-15", entered="2026-11-20")
    end_supply(service=n, last_day=day("2026-11-23"), at=one.at("2026-11-23"))

    first = one.run("2026-11-23", "15:00")
    # Copies of the invoices of 13 October 2025 and 2024: the first is free by law, the second at
    # cost, below the 5.50 of the terms.
    for months_back in (13, 25):
        copy = Copies(
            kind="archived_invoice", months_back=months_back, actual_cost=Decimal("3.30")
        )
        with contextlib.suppress(NotPriced):
            ask_charge(
                account=one.account,
                wanted=copy,
                incurred_on=day("2026-12-01"),
                reason="Asked for copies",
                by=make_staff(StaffRole.BILLING),
                at=one.at("2026-12-01"),
            )
    second = one.run("2026-12-13")

    assert told(first) == ("2026-11-23", "2026-12-08", "190.00", "19.00", "209.00")
    assert lines(first) == [
        ("2026-06-16", "", "120.00"),
        ("2026-11-13", "2026-11-23", "11.00"),
        ("2026-11-13", "2026-12-12", "59.00"),
    ]
    assert [row.is_old for row in first.lines.filter(period_start=day("2026-06-16"))] == [True]
    assert told(second) == ("2026-12-13", "2026-12-29", "62.00", "6.20", "68.20")
    assert one.ledger()["receivable"] == "375.10"
    (left,) = one.account.not_billed.all()
    assert left.starts_on == day("2026-06-15")


def test_more_trunks_in_mid_period_a_suspension_that_reduces_nothing_and_a_reconnection():
    one = story("vpnet", "ACT", bill_day=15)
    trunks = one.service("SIP Saver", "24.00", "2027-01-15", quantity=4)
    first = one.run("2027-01-15")
    change_supply(service=trunks, quantity=6, on=day("2027-01-25"), at=one.at("2027-01-25"))
    second = one.run("2027-02-15")
    suspend_supply(
        service=trunks,
        cause=SuspensionCause.UNPAID,
        since=one.at("2027-02-17"),
        at=one.at("2027-02-17"),
    )
    one.pay("2027-02-24", "382.27", "card")
    restore_supply(service=trunks, since=one.at("2027-02-24"), at=one.at("2027-02-24"))
    after = (one.owing, one.credit)
    third = one.run("2027-03-15")

    assert told(first) == ("2027-01-15", "2027-02-01", "96.00", "9.60", "105.60")
    assert told(second) == ("2027-02-15", "2027-03-02", "176.52", "17.65", "194.17")
    assert after == ("0.00", "82.50")
    assert told(third) == ("2027-03-15", "2027-03-30", "219.00", "21.90", "240.90")
    assert one.owing == "158.40"
    assert one.ledger() == {
        "receivable": "158.40",
        "revenue": "-491.52",
        "gst": "-49.15",
        "clearing": "382.27",
    }
    assert agrees()


def test_extensions_up_and_down_part_payments_and_an_overpayment():
    one = story("comvergence", "VIC", bill_day=8)
    pbx = one.service("Cloud PBX", "8.68", "2027-01-08", quantity=10)
    first = one.run("2027-01-08")
    owing = [one.owing]
    change_supply(service=pbx, quantity=12, on=day("2027-01-18"), at=one.at("2027-01-18"))
    one.pay("2027-01-20", "50.00")
    owing.append(one.owing)
    second = one.run("2027-02-08")
    owing.append(one.owing)
    change_supply(service=pbx, quantity=9, on=day("2027-02-19"), at=one.at("2027-02-19"))
    one.pay("2027-02-22", "150.00")
    owing.append(one.owing)
    charge(one, "385.00", "2027-02-24", kind=ChargeableKind.SUPPORT)
    third = one.run("2027-03-08")
    owing.append(one.owing)
    one.pay("2027-03-10", "500.00")
    owing.append((one.owing, one.credit))
    fourth = one.run("2027-04-08")
    owing.append(one.owing)

    assert told(first) == ("2027-01-08", "2027-01-22", "86.80", "8.68", "95.48")
    assert told(second) == ("2027-02-08", "2027-02-22", "115.92", "11.59", "127.51")
    assert told(third) == ("2027-03-08", "2027-03-22", "412.31", "41.23", "453.54")
    assert told(fourth) == ("2027-04-08", "2027-04-22", "78.12", "7.81", "85.93")
    assert ("2027-02-19", "2027-03-07", "-15.81") in lines(third)
    assert owing == ["95.48", "45.48", "172.99", "22.99", "476.53", ("0.00", "23.47"), "62.46"]
    assert one.ledger() == {
        "receivable": "62.46",
        "revenue": "-693.15",
        "gst": "-69.31",
        "clearing": "700.00",
    }


def test_second_bill_is_paid_while_the_first_is_held_and_a_part_is_credited():
    one = story("comvergence", "NT", tcp=True)
    one.service("S", "60.00", "2026-10-01")
    first = one.run("2026-10-01")
    hold_amount(invoice=first, amount=Decimal("66.00"), complaint="C-1", at=one.at("2026-10-09"))
    second = one.run("2026-11-01")
    one.pay("2026-11-10", "66.00", "bpay")
    assert (one.owing, one.held) == ("66.00", "66.00")
    assert OpenItem.objects.get(invoice=second).amount == ZERO
    third = one.run("2026-12-01")
    assert (one.owing, one.held, one.overdue("2026-12-01")) == ("132.00", "66.00", "0.00")
    end_hold(complaint="C-1", upheld=True, at=one.at("2026-12-07"))
    note = issue_credit_note(
        invoice=first, amount=Decimal("44.00"), reason="Wrong", at=one.at("2026-12-07")
    )
    assert one.owing == "88.00"
    one.pay("2026-12-14", "200.00", "bpay")
    credits = [one.credit]
    one.run("2027-01-01")
    credits.append(one.credit)
    fifth = one.run("2027-02-01")

    assert (note.subtotal_ex, note.gst) == (Decimal("40.00"), Decimal("4.00"))
    assert told(third)[1] == "2026-12-15"
    assert credits == ["112.00", "46.00"]
    assert OpenItem.objects.get(invoice=fifth).amount == Decimal("20.00")
    assert one.ledger() == {
        "receivable": "20.00",
        "revenue": "-260.00",
        "gst": "-26.00",
        "clearing": "266.00",
    }
    assert agrees()


def test_bill_day_31_does_not_drift_and_the_end_on_a_bill_day_bills_one_day():
    one = story("comvergence", "TAS", bill_day=31)
    users = one.service("Seat", "58.00", "2026-12-31")
    days = """
        2026-12-31 2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31 2027-06-30 2027-07-31
        2027-08-31 2027-09-30 2027-10-31 2027-11-30 2027-12-31 2028-01-31 2028-02-29 2028-03-31
    """.split()  # noqa: SIM905 - one day a bill, as a calendar shows them
    made = []
    for on in days:
        if on == "2027-02-28":
            change_supply(service=users, quantity=2, on=day("2027-02-10"), at=one.at("2027-02-10"))
        if on == "2028-02-29":
            change_supply(service=users, quantity=3, on=day("2028-02-10"), at=one.at("2028-02-10"))
        if on == "2028-03-31":
            end_supply(service=users, last_day=day("2028-03-31"), at=one.at("2028-03-01"))
        made.append(one.run(on))

    assert told(made[0]) == ("2026-12-31", "2027-01-14", "58.00", "5.80", "63.80")
    assert told(made[1]) == ("2027-01-31", "2027-02-14", "58.00", "5.80", "63.80")
    assert told(made[2]) == ("2027-02-28", "2027-03-14", "153.29", "15.33", "168.62")
    assert lines(made[2]) == [
        ("2027-02-10", "2027-02-27", "37.29"),
        ("2027-02-28", "2027-03-30", "116.00"),
    ]
    assert [told(one)[2:] for one in made[3:14]] == [("116.00", "11.60", "127.60")] * 11
    assert told(made[14]) == ("2028-02-29", "2028-03-14", "212.00", "21.20", "233.20")
    assert told(made[15]) == ("2028-03-31", "2028-04-14", "5.80", "0.58", "6.38")
    assert one.ledger() == {
        "receivable": "1939.40",
        "revenue": "-1763.09",
        "gst": "-176.31",
    }
    assert one.run("2028-04-30") is None


def test_dishonour_reopens_a_suspension_is_credited_and_one_reference_serves_two_customers():
    p, r = story("comvergence", "QLD", bill_day=11), story("comvergence", "VIC", bill_day=11)
    service = p.service("S", "62.00", "2026-12-11")
    p.run("2026-12-11")
    debit = p.pay("2026-12-29", "68.20", "direct_debit")
    owing = [p.owing]
    reverse_payment(payment=debit, on=day("2026-12-31"), why="Dishonoured", at=p.at("2026-12-31"))
    owing.append(p.owing)
    r.service("S", "62.00", "2027-01-11")
    second = p.run("2027-01-11")
    owing.append(p.owing)
    assert r.owing == "68.20"
    suspend_supply(
        service=service,
        cause=SuspensionCause.UNPAID,
        since=p.at("2027-01-12", "00:00"),
        at=p.at("2027-01-12"),
    )
    p.pay("2027-01-16", "68.20", reference="INVOICE")
    owing.append(p.owing)
    restore_supply(
        service=service, since=p.at("2027-01-17", "00:00"), at=p.at("2027-01-17", "00:00")
    )
    r.pay("2027-01-16", "68.20", reference="INVOICE")
    with pytest.raises(AlreadyRecorded, match="recorded already"):
        p.pay("2027-01-16", "68.20", reference="INVOICE", entered="2027-01-18")
    p.pay("2027-01-20", "68.20", reference="INVOICE")
    owing.append(p.owing)
    third = p.run("2027-02-11")
    owing.append(p.owing)

    assert told(second) == ("2027-01-11", "2027-01-25", "62.00", "6.20", "68.20")
    assert told(third) == ("2027-02-11", "2027-02-25", "52.00", "5.20", "57.20")
    assert ("2027-01-12", "2027-01-16", "-10.00") in lines(third)
    assert owing == ["0.00", "68.20", "136.40", "68.20", "0.00", "57.20"]
    assert r.owing == "68.20"  # its own bill of February alone
    assert agrees()


def test_network_work_reduces_and_non_payment_does_not():
    one = story("blueshift", "NSW")
    service = one.service("S", "61.60", "2027-02-01")
    first = one.run("2027-02-01")
    suspend_supply(
        service=service,
        cause=SuspensionCause.NETWORK,
        since=one.at("2027-02-08", "14:00"),
        at=one.at("2027-02-08", "14:00"),
    )
    restore_supply(
        service=service,
        since=one.at("2027-02-11", "09:00"),
        at=one.at("2027-02-11", "09:00"),
    )
    suspend_supply(
        service=service,
        cause=SuspensionCause.UNPAID,
        since=one.at("2027-02-23"),
        at=one.at("2027-02-23"),
    )
    second = one.run("2027-03-01")
    one.pay("2027-03-03", "114.40", "card")
    restore_supply(service=service, since=one.at("2027-03-03"), at=one.at("2027-03-03"))
    third = one.run("2027-04-01")

    assert told(first) == ("2027-02-01", "2027-02-15", "56.00", "5.60", "61.60")
    assert told(second) == ("2027-03-01", "2027-03-15", "48.00", "4.80", "52.80")
    assert told(third) == ("2027-04-01", "2027-04-15", "56.00", "5.60", "61.60")
    assert one.ledger() == {
        "receivable": "61.60",
        "revenue": "-160.00",
        "gst": "-16.00",
        "clearing": "114.40",
    }


def test_interest_is_assessed_once_when_the_invoice_is_really_paid():
    one = story("blueshift", "VIC", bill_day=11)
    provider = one.world.provider
    provider.penalty_rate_percent, provider.late_payment_elected = Decimal("10.00"), "interest"
    provider.save()
    one.service("S", "550.00", "2026-12-11")
    first = one.run("2026-12-11")
    advise_late_charge(invoice=first, advised_on=day("2026-12-30"))
    one.run("2027-01-11")
    debit = one.pay("2027-01-12", "1100.00", "direct_debit")
    reverse_payment(
        payment=debit, on=day("2027-01-14"), why="Dishonoured", at=one.at("2027-01-14")
    )
    assert one.owing == "1100.00"
    one.pay("2027-01-20", "1100.00", "card")
    third = one.run("2027-02-11")
    one.run("2027-03-11")

    assert told(third) == ("2027-02-11", "2027-02-25", "507.23", "50.00", "557.23")
    assert one.ledger()["late_charges"] == "-7.23"


def test_nil_bill_a_smaller_plan_in_mid_period_and_a_paper_copy():
    one = story("blueshift", "SA", tcp=True, kind="personal")
    large = one.service("Large", "102.30", "2027-02-01")
    Discount.objects.create(
        service=large,
        label="Special promotion: first month free",
        percent=100,
        starts_on=day("2027-02-01"),
        ends_on=day("2027-02-28"),
    )
    first = one.run("2027-02-01")
    second = one.run("2027-03-01")
    charge(one, "2.50", "2027-03-04", kind=ChargeableKind.DOCUMENT)
    small = one.service("Small", "68.20", "2030-01-01")
    change_supply(service=large, plan=small.plan, on=day("2027-03-15"), at=one.at("2027-03-15"))
    one.pay("2027-03-15", "102.30", "card")
    third = one.run("2027-04-01")

    assert told(first) == ("2027-02-01", None, "0.00", "0.00", "0.00")
    assert told(second) == ("2027-03-01", "2027-03-15", "93.00", "9.30", "102.30")
    assert told(third) == ("2027-04-01", "2027-04-15", "47.27", "4.73", "52.00")
    assert one.owing == "52.00"


def test_charges_begin_with_the_ready_notice_and_an_ended_account_is_still_billed():
    one = story("greenlight", "ACT")
    service = one.service(
        "S",
        "124.00",
        "2027-01-20",
        ready_notified_on="2027-01-11",
        first_used_on="2027-01-20",
    )
    first = one.run("2027-02-01")
    charge(one, "18.37", "2027-02-20", gst="free")
    end_supply(service=service, last_day=day("2027-03-31"), at=one.at("2027-02-10"))
    one.run("2027-03-01")
    charge(one, "22.45", "2027-03-20", gst="free")
    third = one.run("2027-04-01")
    charge(one, "9.90", "2027-03-30", entered="2027-09-20", gst="free")
    fourth = one.run("2027-10-01")

    assert told(first) == ("2027-02-01", "2027-02-15", "208.00", "20.80", "228.80")
    assert lines(first) == [
        ("2027-01-11", "2027-01-31", "84.00"),
        ("2027-02-01", "2027-02-28", "124.00"),
    ]
    assert told(third)[:2] == ("2027-04-01", "2027-04-08")
    assert third.kind == "final"
    assert told(fourth)[:2] == ("2027-10-01", "2027-10-08")
    assert [row.is_old for row in fourth.lines.all()] == [True]
    assert one.run("2027-11-01") is None


def test_card_surcharge_is_no_payment_and_a_line_is_credited_and_refunded():
    one = story("greenlight", "TAS", tcp=True)
    one.service("SIP", "300.00", "2026-09-01")
    fibre = one.service("Fibre", "200.00", "2026-09-01")
    one.run("2026-09-01")
    one.pay("2026-09-14", "550.00", "card", surcharge=Decimal("8.25"))
    second = one.run("2026-10-01")
    one.pay("2026-10-14", "550.00", "card")
    change_supply(
        service=fibre,
        unit_fee=Decimal("150.00"),
        on=day("2026-11-01"),
        at=one.at("2026-10-20"),
    )
    line = second.lines.get(service=fibre)
    note = issue_credit_note(
        invoice=second,
        lines=[credit_line(line, Decimal("55.00"))],
        reason="The agreed price is 150.00.",
        at=one.at("2026-10-20"),
    )
    assert (note.subtotal_ex, note.gst, one.credit) == (
        Decimal("50.00"),
        Decimal("5.00"),
        "55.00",
    )
    third = one.run("2026-11-01")
    assert told(third) == ("2026-11-01", "2026-11-15", "450.00", "45.00", "495.00")
    assert (one.owing, one.credit) == ("440.00", "0.00")
    one.pay("2026-11-12", "495.00")
    assert (one.owing, one.credit) == ("0.00", "55.00")


def test_prepayment_and_a_bill_day_that_changes_twice():
    one = story("callpro", "WA", bill_day=10)
    one.service("S", "34.10", "2026-12-10")
    one.pay("2026-12-01", "100.00")
    credits, made = [one.credit], []
    made.append(one.run("2026-12-10"))
    credits.append(one.credit)
    change_bill_day(account=one.account, bill_day=25, on=day("2026-12-12"))
    made.append(one.run("2026-12-25"))
    credits.append(one.credit)
    made.append(one.run("2027-01-25"))
    credits.append(one.credit)
    change_bill_day(account=one.account, bill_day=10, on=day("2027-02-01"))
    made.append(one.run("2027-02-10"))
    credits.append(one.credit)
    owing = [one.owing]
    made.append(one.run("2027-03-10"))
    owing.append(one.owing)

    assert [told(one) for one in made] == [
        ("2026-12-10", "2026-12-29", "31.00", "3.10", "34.10"),
        ("2026-12-25", "2027-01-11", "15.00", "1.50", "16.50"),
        ("2027-01-25", "2027-02-09", "31.00", "3.10", "34.10"),
        ("2027-02-10", "2027-02-25", "14.39", "1.44", "15.83"),
        ("2027-03-10", "2027-03-25", "31.00", "3.10", "34.10"),
    ]
    assert credits == ["100.00", "65.90", "49.40", "15.30", "0.00"]
    assert owing == ["0.53", "34.63"]
    assert lines(made[1]) == [("2027-01-10", "2027-01-24", "15.00")]
    assert lines(made[3]) == [("2027-02-25", "2027-03-09", "14.39")]
    assert agrees()


def test_money_in_suspense_is_matched_with_the_day_it_was_received():
    a, b = story("callpro", "NSW", tcp=True), story("callpro", "NSW", tcp=True)
    a.service("S", "66.00", "2027-03-01")
    b.service("S", "66.00", "2027-03-01")
    a.run("2027-03-01")
    a.pay("2027-03-09", "66.00", "bpay")
    kept = [
        record_unmatched(
            provider=a.world.provider,
            amount=Decimal(amount),
            received_on=day("2027-03-09"),
            method=method,
            reference=reference,
            occurrence=occurrence,
            at=a.at("2027-03-10"),
        )
        for amount, method, reference, occurrence in (
            ("66.00", "eft", "INVOICE", 1),
            ("66.00", "eft", "INVOICE", 2),
            ("40.00", "bpay", "518619364", 1),
        )
    ]
    assert a.ledger()["suspense"] == "-172.00"
    match_payment(payment=kept[0], account=b.account, at=b.at("2027-03-12"))
    match_payment(payment=kept[1], account=a.account, at=a.at("2027-03-12"))
    assert (a.credit, b.owing, a.ledger()["suspense"]) == ("66.00", "0.00", "-40.00")
    match_payment(payment=kept[2], account=b.account, at=b.at("2027-03-15"))
    a.run("2027-04-01")

    assert (a.owing, b.owing) == ("0.00", "26.00")
    assert a.ledger() == {
        "receivable": "26.00",
        "revenue": "-240.00",
        "gst": "-24.00",
        "clearing": "238.00",
    }


CENTS = {
    # provider: invoice 1, credit note, what is then paid, invoices 2 and 3
    "vpnet": ("12.06", "1.21", "13.27", "9.99", "1.00", "10.99", "2.28", "13.18", "1.32", "14.50"),
    "comvergence": (
        "12.04",
        "1.20",
        "13.24",
        "9.99",
        "1.00",
        "10.99",
        "2.25",
        "13.18",
        "1.32",
        "14.50",
    ),
    "greenlight": (
        "12.04",
        "1.20",
        "13.24",
        "9.99",
        "1.00",
        "10.99",
        "2.25",
        "13.18",
        "1.32",
        "14.50",
    ),
    "blueshift": (
        "10.95",
        "1.09",
        "12.04",
        "9.08",
        "0.91",
        "9.99",
        "2.05",
        "11.98",
        "1.20",
        "13.18",
    ),
    "callpro": (
        "10.95",
        "1.09",
        "12.04",
        "9.08",
        "0.91",
        "9.99",
        "2.05",
        "11.98",
        "1.20",
        "13.18",
    ),
}


@pytest.mark.parametrize("key", sorted(CENTS))
def test_awkward_cents_by_each_providers_method(key):
    want = CENTS[key]
    one = story(key, "NSW")
    for name, fee in (
        ("A", "0.333"),
        ("B", "0.333"),
        ("C", "0.333"),
        ("D", "9.99"),
        ("E", "1.05"),
    ):
        one.service(name, fee, "2027-03-01")
    first = one.run("2027-03-01")
    assert told(first)[2:] == want[:3]
    note = issue_credit_note(
        invoice=first,
        lines=[credit_line(first.lines.get(description__startswith="D"))],
        reason="Wrong",
        at=one.at("2027-03-05"),
    )
    assert (f"{note.subtotal_ex}", f"{note.gst}", f"{note.total_inc}") == want[3:6]
    assert one.owing == want[6]
    one.pay("2027-03-10", want[6])
    assert one.owing == "0.00"
    for service in one.services.values():
        end_supply(service=service, last_day=day("2027-03-31"), at=one.at("2027-03-11"))
    for number in range(7):
        charge(one, "9.32", "2027-03-20", source=f"seven {number}")
    second = one.run("2027-04-01")
    assert told(second)[2:] == ("59.31", "5.93", "65.24")
    assert {row.amount_inc for row in second.lines.all()} == {Decimal("9.32")}
    assert agrees()


def test_money_paid_back_pays_nothing_later_and_what_came_after_it_can_be_reversed():
    p = story("callpro", "NSW")
    p.pay("2027-01-05", "60.00")
    staff = make_staff()
    ask_refund(
        account=p.account,
        wish=RefundWish(amount=Decimal("60.00"), reason="Asked for"),
        by=staff,
        at=p.at("2027-01-06"),
    )
    p.service("Line", "60.00", "2027-02-01")
    invoice = p.run("2027-02-01")
    assert (p.owing, p.credit) == ("60.00", "0.00")

    second = p.pay("2027-02-03", "60.00")

    assert [row.payment for row in invoice.allocations.all()] == [second]
    reverse_payment(payment=second, on=day("2027-02-08"), why="Dishonoured", at=p.at("2027-02-08"))
    assert (p.owing, p.credit) == ("60.00", "0.00")
    assert agrees()
