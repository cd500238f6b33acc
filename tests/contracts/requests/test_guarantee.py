"""The law's guarantee for late repair: to the cent, once, and nothing where it was given up."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.urls import reverse

from billing.invoices.models import InvoiceLine
from billing.runs.services import run_provider_bills
from contracts.requests import services
from contracts.requests.models import Fault
from contracts.requests.services import Delay, GuaranteeRefused, Late, Report
from contracts.requests.states import Trouble
from contracts.supply.models import Chargeable
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from tests.contracts.leaving.contracts import Agreement, agree
from tests.parties.people import signed_in
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_what_people_see import read
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]

LATER = "2027-02-26"


@pytest.fixture
def one() -> Agreement:
    """A home's voice line, its fault reported on Mon 1 February 2027."""
    made = agree("comvergence", "50.00", since="2026-06-01", kind="sip_trunk")
    made.world.customer.kind = "personal"
    made.world.customer.save()
    made.service.contract.account.refresh_from_db()
    return made


def report(one: Agreement) -> Fault:
    said = Report(trouble=Trouble.DEAD, what="No dial tone.")
    row = services.report_fault(
        service=one.fresh(), report=said, by=one.world.holder, at=one.at("2027-02-01")
    )
    return Fault.objects.select_related("service__contract__account__customer").get(pk=row.pk)


def repair(days: int, **facts) -> Late:
    return Late(delay=Delay.REPAIR, working_days=days, **facts)


def give(one: Agreement, fault: Fault, late: Late, by=None) -> Chargeable:
    by = by or make_staff(StaffRole.BILLING)
    return services.give_guarantee(fault=fault, late=late, by=by, at=one.at(LATER))


@pytest.mark.parametrize(
    ("kind", "days", "owed"),
    [
        # 5 × 14.52 + 2 × 48.40.
        ("personal", 7, "169.40"),
        ("personal", 5, "72.60"),
        ("personal", 1, "14.52"),
        ("business", 5, "121.00"),
        ("business", 6, "169.40"),
    ],
)
def test_late_repair_comes_off_the_next_bill_to_the_cent(one, kind, days, owed):
    one.world.customer.kind = kind
    one.world.customer.save()
    fault = report(one)

    row = give(one, fault, repair(days))

    assert (row.amount, row.gst) == (-Decimal(owed), "free")
    assert "RF-CSG-01" in {reason["id"] for reason in row.because}
    letter = Notice.objects.get(title__contains="Customer Service Guarantee")
    assert f"${owed}" in letter.title
    assert Entry.objects.filter(action="give_guarantee", subject=fault.reference).count() == 1


def test_next_bill_carries_it_once_and_free_of_gst(one):
    give(one, report(one), repair(7))

    first, second = (
        bill_lines(one, on, "Customer Service Guarantee") for on in ("2027-03-01", "2027-04-01")
    )

    assert first == [(Decimal("-169.40"), Decimal("0.00"))]
    assert second == []


def bill_lines(one: Agreement, on: str, about: str) -> list[tuple[Decimal, Decimal]]:
    """What bills made on a day carry about something: amounts without GST, and their GST."""
    run_provider_bills(
        one.world.provider,
        issue_on=date.fromisoformat(on),
        at=one.at(on, "06:20"),
        on_demand=True,
    )
    rows = InvoiceLine.objects.filter(
        invoice__account=one.world.account,
        invoice__issue_date=on,
        description__startswith=about,
    )
    return list(rows.values_list("amount_ex", "gst"))


def test_each_delay_is_compensated_once(one):
    fault = report(one)
    missed = [Late(delay=Delay.APPOINTMENT, missed_on=date(2027, 2, day)) for day in (3, 3, 4)]

    repairs = [give(one, fault, repair(days)) for days in (7, 7, 2)]
    assert repairs[0] == repairs[1] == repairs[2]
    first, again, other = [give(one, fault, late) for late in missed]

    assert first == again != other
    assert first.amount == Decimal("-14.52")
    assert Chargeable.objects.count() == 3


def test_what_was_given_up_or_is_beyond_five_lines_brings_nothing(one):
    fault = report(one)

    with pytest.raises(GuaranteeRefused) as refused:
        give(one, fault, repair(7, waived_in="Waiver of 1 June 2026"))
    assert "it was waived" in str(refused.value.because)
    one.service.quantity = 6
    one.service.save()
    with pytest.raises(GuaranteeRefused) as refused:
        give(one, fault, repair(7))
    assert "more than 5 lines" in str(refused.value.because)
    assert not Chargeable.objects.exists()


@pytest.mark.parametrize(
    ("late", "says"),
    [
        (repair(0), "1 or more"),
        (repair(-3), "1 or more"),
        (repair(20), "lie 19 working days"),
        (repair(99_999_999), "lie 19 working days"),
        (Late(delay=Delay.APPOINTMENT), "Give the day"),
        (Late(delay=Delay.APPOINTMENT, missed_on=date(2027, 1, 31)), "from Mon 1 Feb 2027"),
        (Late(delay=Delay.APPOINTMENT, missed_on=date(2027, 2, 27)), "until today"),
    ],
)
def test_delay_that_cannot_be_is_refused_in_words(one, late, says):
    fault = report(one)

    with pytest.raises(GuaranteeRefused, match=says):
        give(one, fault, late)
    assert not Chargeable.objects.exists()


def test_internet_is_no_fixed_voice():
    made = agree("comvergence", "680.00", since="2026-06-01", kind="data")

    with pytest.raises(GuaranteeRefused, match="fixed voice lines"):
        give(made, report(made), repair(2))


def test_customer_and_staff_who_give_no_money_back_give_none(one):
    fault = report(one)

    stranger = agree("vpnet", "10.00", since="2026-06-01").world.holder
    for by in (stranger, make_staff(StaffRole.FRONT_LINE)):
        with pytest.raises(NotAuthorised):
            give(one, fault, repair(2), by=by)


def test_staff_see_what_is_owed_before_they_give_it(client, one, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at(LATER))
    fault = report(one)
    desk = sign_in_staff(client, make_staff(StaffRole.BILLING), because_of=one.world.account)
    page = f"/admin/contracts/fault/{fault.pk}/"
    given = {"delay": "repair", "working_days": "7"}
    assert "Customer Service Guarantee" in read(desk, f"{page}change/")

    text = desk.post(f"{page}guarantee/", given).content.decode()
    assert "$169.40 comes off the next bill" in text
    assert not Chargeable.objects.exists()
    seen = text.partition('name="seen" value="')[2].partition('"')[0]
    for wrong in ({"working_days": "many"}, {"working_days": "0"}, {"delay": "connection"}):
        desk.post(f"{page}guarantee/", given | {"seen": seen} | wrong)
    assert not Chargeable.objects.exists()

    for _ in range(2):
        desk.post(f"{page}guarantee/", given | {"seen": seen})
    assert Chargeable.objects.get().amount == Decimal("-169.40")
    assert "Given already" in read(desk, f"{page}guarantee/")
    text = desk.post(f"{page}guarantee/", given | {"working_days": "3"}).content.decode()
    assert "This was given already, $169.40" in text
    words = read(signed_in(one.world.holder), f"/faults/{fault.reference}/")
    assert "$169.40 for you by law" in words
    assert "It comes off your first bill from Fri 26 Feb 2027 on" in words


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="two connections see the rows")
def test_two_who_give_it_at_the_same_moment_give_one(one):
    fault, staff = report(one), make_staff(StaffRole.BILLING)
    barrier, given = threading.Barrier(2), []

    def now() -> None:
        try:
            barrier.wait(10)
            given.append(give(one, fault, repair(7), by=staff))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=now) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert len(given) == 2
    assert Chargeable.objects.count() == 1
    assert Notice.objects.filter(title__contains="Customer Service Guarantee").count() == 1


def test_terms_that_leave_a_line_out_take_nothing_away_that_the_law_gives():
    """VP-OTH-01 lists no SIP line; RF-CSG-01 reaches fixed voice of up to five lines."""
    vpnet = agree("vpnet", "50.00", since="2026-06-01", kind="sip_trunk")
    fault = report(vpnet)

    row = give(vpnet, fault, repair(5))

    assert row.amount == -Decimal("121.00")
    assert {"RF-CSG-01", "VP-OTH-02"} <= {reason["id"] for reason in row.because}


def test_the_page_of_a_line_says_whether_the_guarantee_reaches_it_and_why(client, one):
    client.force_login(one.world.holder)
    address = reverse("service", args=[one.service.public_id])
    page = read(client, address)
    assert "$14.52 for the first working day that a repair is late" in page
    assert "RF-CSG-01" in page
    one.service.quantity = 6
    one.service.save()
    assert "It does not reach this service." in read(client, address)
    one.service.plan.kind = "nbn"
    one.service.plan.save()
    assert "Customer Service Guarantee" not in read(client, address)
