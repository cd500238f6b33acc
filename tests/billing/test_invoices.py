"""From charges to a tax invoice: dates, cents, reasons; nobody is billed twice."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.credit_management.services import advise_late_charge, assess_late_charges
from billing.invoices.models import Invoice
from billing.payments import selectors as payments
from billing.payments.services import AlreadyRecorded, record_payment
from billing.runs.models import BillRun, RunProblem
from billing.runs.services import run_bills, run_provider_bills
from billing.runs.states import RunStatus
from billing.usage.selectors import is_help_line
from contracts.supply.models import Chargeable, Service
from parties.accounts.models import Provider
from records.documents.models import Document
from records.fields import MoneyField
from records.notices.models import Notice
from tests.world import instant, make_call, make_service, make_world

pytestmark = pytest.mark.portable

ISSUE = date(2026, 12, 10)
AT = instant("2026-12-10 06:20")


def as_billed_before(on) -> None:
    """Services that ran long before have had their earlier days billed."""
    Service.objects.filter(
        billed_through__isnull=True, activated_on__lt=on - timedelta(days=31)
    ).update(billed_through=on - timedelta(days=1))


def bill(world, on=ISSUE, at=AT) -> Invoice:
    as_billed_before(on)
    run_provider_bills(world.provider, issue_on=on, at=at)
    return Invoice.objects.get(account=world.account, issue_date=on)


def late_on(world, on) -> list[Chargeable]:
    return assess_late_charges(world.account, on=on, at=instant(f"{on} 09:00"))


@pytest.mark.parametrize(
    ("key", "due_date", "total", "cited"),
    [
        # One line of 24.95 by the price list and a 45 s call at 0.132 ex GST a minute.
        # Day 15 is Christmas Day; weekend; the 28th stands in for Boxing Day.
        ("vpnet", date(2026, 12, 29), "25.10", "VP-PAY-02"),
        ("comvergence", date(2026, 12, 24), "27.56", "CV-PAY-01"),
        ("blueshift", date(2026, 12, 24), "25.06", "BS-PAY-01"),
        ("greenlight", date(2026, 12, 24), "27.60", "GL-PAY-01"),
    ],
)
@pytest.mark.django_db
def test_each_providers_own_due_date_and_total(key, due_date, total, cited):
    world = make_world(key, bill_day=10)
    service = make_service(world.account)
    make_call(service, instant("2026-12-01 10:00"), 45)

    invoice = bill(world)

    assert invoice.due_date == due_date
    assert str(invoice.total_inc) == total
    assert cited in {reason["id"] for reason in invoice.because["due_date"]}
    assert invoice.total_inc == sum(line.amount_inc for line in invoice.lines.all())


@pytest.mark.parametrize(
    ("key", "due_date", "cited"),
    [
        ("blueshift", date(2026, 12, 10), "BS-PAY-16"),
        ("greenlight", date(2026, 12, 17), "GL-PAY-02"),
        ("vpnet", date(2026, 12, 29), "VP-PAY-02"),
    ],
)
@pytest.mark.django_db
def test_bill_after_the_end_falls_due_as_the_terms_say_of_the_last_one(key, due_date, cited):
    world = make_world(key, bill_day=10)
    service = make_service(world.account)
    make_call(service, instant("2026-12-01 10:00"), 45)
    service.ended_on = date(2026, 12, 5)
    service.save()

    invoice = bill(world)

    assert invoice.due_date == due_date
    assert cited in {reason["id"] for reason in invoice.because["due_date"]}


@pytest.mark.django_db
def test_bill_is_not_the_last_while_another_service_runs():
    world = make_world("blueshift", bill_day=10)
    make_service(world.account)
    ended = make_service(world.account)
    ended.ended_on = date(2026, 12, 5)
    ended.save()

    assert bill(world).due_date == date(2026, 12, 24)


@pytest.mark.django_db
def test_silent_terms_bill_by_the_house_default_and_say_so():
    world = make_world("callpro", bill_day=10)
    make_service(world.account)

    invoice = bill(world)

    sources = {reason["source"] for reason in invoice.because["due_date"]}
    assert "default" in sources
    assert all(
        reason["clause"] is None
        for reason in invoice.because["due_date"]
        if reason["source"] == "default"
    )


def test_second_run_of_the_day_bills_nobody(world):
    world.account.bill_day = 10
    world.account.save()
    make_service(world.account)

    as_billed_before(ISSUE)
    assert run_provider_bills(world.provider, issue_on=ISSUE, at=AT) == 1
    assert run_provider_bills(world.provider, issue_on=ISSUE, at=AT) == 0

    assert Invoice.objects.count() == 1
    assert Notice.objects.filter(kind="invoice_issued").count() == 1


def test_run_that_was_killed_half_way_goes_on_where_it_stopped(world, monkeypatch):
    world.account.bill_day = 10
    world.account.save()
    make_service(world.account)
    BillRun.objects.create(provider=world.provider, issue_on=ISSUE, status=RunStatus.RUNNING)

    assert run_provider_bills(world.provider, issue_on=ISSUE, at=AT) == 1
    assert BillRun.objects.get().status == RunStatus.CLOSED


def test_bill_that_an_outage_delayed_is_dated_the_day_it_goes_out(world):
    world.account.bill_day = 10
    world.account.save()
    make_service(world.account)

    assert run_bills(at=instant("2026-12-13 07:00")) == 1

    invoice = Invoice.objects.get()
    assert (invoice.bill_day, invoice.issue_date) == (ISSUE, date(2026, 12, 13))


def test_account_that_fails_is_noted_and_the_others_go_ahead(world, monkeypatch):
    other = make_world("vpnet", bill_day=10)
    world.account.bill_day = 10
    world.account.save()
    make_service(world.account)
    make_service(other.account)
    from billing.runs.services import runs

    real = runs.issue_invoice

    def fail_for_one(*, account, **facts):
        if account.pk == world.account.pk:
            raise RuntimeError("no rate for this plan")
        return real(account=account, **facts)

    monkeypatch.setattr(runs, "issue_invoice", fail_for_one)
    run_provider_bills(world.provider, issue_on=ISSUE, at=AT)

    assert Invoice.objects.get().account == other.account
    assert "no rate for this plan" in RunProblem.objects.get().what
    assert BillRun.objects.get().status == RunStatus.CLOSED

    monkeypatch.setattr(runs, "issue_invoice", real)
    run_provider_bills(world.provider, issue_on=ISSUE, at=AT)

    assert Invoice.objects.count() == 2
    assert not RunProblem.objects.exists()


def test_failure_after_the_number_was_taken_gives_no_half_written_invoice(world, monkeypatch):
    world.account.bill_day = 10
    world.account.save()
    make_service(world.account)

    def fail(**_):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("billing.runs.services.issuing.write", fail)
    run_provider_bills(world.provider, issue_on=ISSUE, at=AT)

    assert not Invoice.objects.exists()
    assert not Document.objects.exists()
    world.provider.refresh_from_db()
    assert world.provider.next_invoice_number == 1


@pytest.mark.parametrize("fields", [None, ["name", "next_invoice_number"]])
def test_a_provider_read_before_a_bill_run_saves_no_old_numbers(world, fields):
    world.account.bill_day = 10
    world.account.save()
    make_service(world.account)
    stale = Provider.objects.get(pk=world.provider.pk)
    (known,) = Provider.objects.defer("name").filter(pk=world.provider.pk)
    first = bill(world)

    stale.name = "VPnet Pty Ltd"
    stale.save(update_fields=fields)
    known.save()

    world.provider.refresh_from_db()
    assert (world.provider.name, world.provider.next_invoice_number) == ("VPnet Pty Ltd", 2)
    assert bill(world, date(2027, 1, 10), instant("2027-01-10 06:20")).number != first.number


def test_account_without_services_gets_no_invoice(world):
    world.account.bill_day = 10
    world.account.save()

    assert run_provider_bills(world.provider, issue_on=ISSUE, at=AT) == 0
    assert not Invoice.objects.exists()


def test_call_is_billed_once(world):
    world.account.bill_day = 10
    world.account.save()
    service = make_service(world.account)
    call = make_call(service, instant("2026-12-09 23:50"), 90)

    first = bill(world)
    second = bill(world, date(2027, 1, 10), instant("2027-01-10 06:20"))

    call.refresh_from_db()
    assert call.line.invoice == first
    assert not second.lines.filter(description__contains="calls").exists()


def test_call_older_than_the_law_allows_is_not_billed(world):
    world.account.bill_day = 10
    world.account.save()
    service = make_service(world.account)
    # RF-TCP-07: 160 days; 2 July is 161 days before 10 December.
    make_call(service, instant("2026-07-02 10:00"), 90)
    make_call(service, instant("2026-07-03 10:00"), 90, kind="national")

    invoice = bill(world)

    assert [line.description for line in invoice.lines.all() if "calls" in line.description] == [
        "National calls: 1 call, 1 min"
    ]


def test_service_that_began_in_mid_period_is_billed_by_the_day(world):
    world.account.bill_day = 10
    world.account.save()
    make_service(world.account, fee="30.00", activated_on=date(2026, 11, 30), call_rate=None)

    invoice = bill(world)

    part = invoice.lines.get(description__contains="of 30 days")
    # 30 Nov to 9 Dec: 10 of the 30 days from 10 Nov.
    assert part.amount_inc == Decimal("10.00")
    assert part.because[0]["id"] == "VP-BIL-07"


def test_late_fee_is_charged_once_and_capped_by_law(world):
    world.account.bill_day = 10
    world.account.save()
    world.provider.late_payment_cost = Decimal("9.30")
    world.provider.save()
    world.account.refresh_from_db()
    make_service(world.account, call_rate=None)
    invoice = bill(world)
    assert late_on(world, date(2027, 1, 13)) == [], "no notice named it"
    advise_late_charge(invoice=invoice, advised_on=date(2027, 1, 2))

    # Due 29 Dec; day 14 is 12 Jan, so day 15 is 13 Jan.
    assert late_on(world, date(2027, 1, 12)) == []
    (fee,) = late_on(world, date(2027, 1, 13))
    assert late_on(world, date(2027, 1, 14)) == []

    assert fee.amount == Decimal("9.30")
    assert {"VP-PAY-06", "RF-TCP-20"} <= {reason["id"] for reason in fee.because}
    assert fee.source == invoice.number
    second = bill(world, date(2027, 2, 10), instant("2027-02-10 06:20"))
    assert second.lines.get(description__startswith="Late fee").amount_inc == Decimal("9.30")
    assert Chargeable.objects.count() == 1


@pytest.mark.django_db
def test_customer_outside_the_code_pays_the_terms_own_late_fee():
    world = make_world("vpnet", bill_day=10, spend="90000.00", negotiated=True)
    make_service(world.account, call_rate=None)
    advise_late_charge(invoice=bill(world), advised_on=date(2027, 1, 2))

    (fee,) = late_on(world, date(2027, 1, 13))

    assert fee.amount == Decimal("27.50")


@pytest.mark.django_db
def test_fee_whose_amount_the_terms_leave_open_is_not_charged_by_itself():
    world = make_world("comvergence", bill_day=10)
    make_service(world.account, call_rate=None)
    advise_late_charge(invoice=bill(world), advised_on=date(2027, 1, 2))

    assert late_on(world, date(2027, 3, 1)) == []


def test_payment_is_recorded_once_and_pays_the_oldest_first(world):
    make_service(world.account, fee="60.00", call_rate=None)
    first = bill(world, date(2026, 11, 1), instant("2026-11-01 06:20"))
    second = bill(world, date(2026, 12, 1), instant("2026-12-01 06:20"))
    facts = {
        "account": world.account,
        "amount": Decimal("100.00"),
        "received_on": date(2026, 12, 5),
        "method": "bpay",
        "reference": "BPAY-1",
        "at": instant("2026-12-05 10:00"),
    }

    record_payment(**facts)
    with pytest.raises(AlreadyRecorded):
        record_payment(**facts)

    left = {one.pk: one.outstanding for one in payments.invoices(world.account)}
    assert left == {first.pk: Decimal("0.00"), second.pk: Decimal("20.00")}
    owed = payments.balance(world.account, date(2026, 12, 5))
    assert owed.owing == Decimal("20.00")
    assert owed.next_due == second.due_date


@pytest.mark.parametrize("bad", [Decimal("1.005"), 1.5, "ten"])
def test_money_column_refuses_what_is_not_whole_cents(bad):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        MoneyField().get_prep_value(bad)


@pytest.mark.parametrize(
    "number",
    [
        "1800737732",
        "1800 737 732",
        "+611800737732",
        "611800737732",
        "0011611800737732",
        "01800737732",
        "18311800737732",
        "131114",
        "+61131114",
        "61131114",
        "1300224636",
        "+611300224636",
        "+61262800900",
        "61262800900",
        "0262800900",
        "0011 61 2 6280 0900",
    ],
)
def test_help_line_is_known_in_whatever_form_a_switch_writes_it(number):
    assert is_help_line(number)


@pytest.mark.parametrize("number", ["", "0", "61", "0011", "+61255501180", "131115", "1800737733"])
def test_other_number_is_no_help_line(number):
    assert not is_help_line(number)
