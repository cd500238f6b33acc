"""A complaint about a threat to safety leaves no trace for anybody else on the account."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from billing.disputes.models import Hold
from billing.invoices.models import Invoice
from billing.ledger.services import set_contested
from billing.payments.selectors import balance, is_overdue
from billing.runs.services import run_provider_bills
from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.process.services import withdraw_complaint
from records.audit.models import Entry
from terms.facts import Role
from tests.parties.people import signed_in
from tests.world import appoint, instant, make_service, make_user

AT = instant("2026-11-20 10:00")


@pytest.fixture
def threatened(world):
    """A representative who contests a bill of the account because the holder threatens them."""
    make_service(world.account, fee="60.00", billed_through=date(2026, 10, 31))
    run_provider_bills(
        world.provider, issue_on=date(2026, 11, 1), at=instant("2026-11-01 06:20"), on_demand=True
    )
    friend = make_user("Jordan Lee")
    appoint(world.account, friend, Role.AUTHORISED_REP, ends_on=date(2099, 12, 31))
    complaint = lodge_complaint(
        account=world.account,
        by=friend,
        at=AT,
        details=ComplaintDetails(
            topic="bill",
            description="Quietly, please.",
            safety_threat=True,
            disputed_invoice=Invoice.objects.get(),
            disputed_amount=Decimal("41.23"),
        ),
    )
    return friend, complaint


def seen_by(person, complaint) -> str:
    """All that somebody finds on the account's pages and in its files."""
    client = signed_in(person)
    bill = Invoice.objects.get()
    pages = [
        "/",
        "/bills/",
        "/bills/?format=csv",
        f"/bills/{bill.public_id}/",
        "/complaints/",
        "/complaints/?format=csv",
        "/people/history/",
        "/people/history/?format=csv",
        "/people/history/?q=" + complaint.reference,
        "/contract/",
    ]
    return " ".join(client.get(page).getvalue().decode() for page in pages)


def test_holder_finds_no_trace_of_it(world, threatened):
    friend, complaint = threatened
    reading = signed_in(friend)
    assert reading.get(f"/complaints/{complaint.reference}/").status_code == 200
    reading.post(f"/complaints/{complaint.reference}/message/", {"text": "Still."})

    text = seen_by(world.holder, complaint).replace(f"q={complaint.reference}", "")
    text = text.replace(f'value="{complaint.reference}"', "").replace(
        f"“{complaint.reference}”", ""
    )

    for trace in ("41.23", "isputed", "/complaints/C-", "Held", "hold_amount"):
        assert trace not in text, trace
    looks = Entry.objects.filter(subject__contains=complaint.reference)
    assert looks.exists()
    assert not looks.filter(is_private=False).exists()


def test_end_of_it_leaves_none_either(world, threatened):
    friend, complaint = threatened
    withdraw_complaint(reference=complaint.reference, by=friend, at=AT)

    assert not Hold.objects.filter(status="open").exists()
    assert "41.23" not in seen_by(world.holder, complaint)
    assert not Entry.objects.filter(action="end_hold", is_private=False).exists()


def test_nothing_of_it_is_chased_all_the_same(world, threatened):
    invoice = Invoice.objects.get()
    Hold.objects.update(amount=invoice.total_inc)
    set_contested(invoice_id=invoice.pk, amount=invoice.total_inc, shown=Decimal(0))
    later = date(2027, 2, 1)
    assert not is_overdue(world.account, later)
    assert balance(world.account, later).disputed == Invoice.objects.get().total_inc
    assert balance(world.account, later, shown=True).disputed == 0


def test_four_complaints_contest_no_more_than_the_bill(world, threatened):
    bill = Invoice.objects.get()
    for _ in range(4):
        lodge_complaint(
            account=world.account,
            by=world.holder,
            at=AT,
            details=ComplaintDetails(
                topic="bill",
                description="Too much.",
                disputed_invoice=bill,
                disputed_amount=bill.total_inc,
            ),
        )
    for shown in (True, False):
        assert balance(world.account, AT.date(), shown=shown).disputed == bill.total_inc
