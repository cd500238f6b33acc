"""Each provider's bill worked out by hand equals its lines, its page, its PDF and its entries."""

from __future__ import annotations

import re
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum
from django.urls import reverse

from billing.invoices.models import Invoice
from billing.ledger.models import LedgerEntry
from billing.runs.services import change_bill_day
from contracts.supply.services import change_supply
from contracts.supply.states import ChargeableKind
from records.documents.services import ensure_file
from terms.calendar import in_words
from tests.billing.moneys import Story, day, story
from tests.billing.test_stories import charge

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "worked-bills"


def vpnet() -> tuple[Story, Invoice | None]:
    one = story("vpnet", "NSW", bill_day=10)
    one.service("Z", "60.00", "2026-12-10")
    one.service("A", "30.00", "2026-12-10")
    one.run("2026-12-10")
    one.service("B", "62.00", "2026-12-10")
    one.service("D", "31.00", "2026-12-12")
    one.service("C", "44.95", "2026-12-05", entered="2026-12-12")
    return one, one.run("2027-01-10")


def comvergence() -> tuple[Story, Invoice | None]:
    one = story("comvergence", "VIC", bill_day=8)
    pbx = one.service("Cloud PBX", "8.68", "2027-02-08", quantity=12)
    one.run("2027-02-08")
    change_supply(service=pbx, quantity=9, on=day("2027-02-19"), at=one.at("2027-02-19"))
    charge(one, "385.00", "2027-02-24", kind=ChargeableKind.SUPPORT)
    return one, one.run("2027-03-08")


def blueshift() -> tuple[Story, Invoice | None]:
    one = story("blueshift", "SA", tcp=True, kind="personal")
    large = one.service("Large", "102.30", "2027-03-01")
    one.run("2027-03-01")
    charge(one, "2.50", "2027-03-04", kind=ChargeableKind.DOCUMENT)
    small = one.service("Small", "68.20", "2030-01-01")
    change_supply(service=large, plan=small.plan, on=day("2027-03-15"), at=one.at("2027-03-15"))
    return one, one.run("2027-04-01")


def greenlight() -> tuple[Story, Invoice | None]:
    one = story("greenlight", "ACT")
    ready = {"ready_notified_on": "2027-01-11", "first_used_on": "2027-01-20"}
    one.service("S", "124.00", "2027-01-20", **ready)
    return one, one.run("2027-02-01")


def callpro() -> tuple[Story, Invoice | None]:
    one = story("callpro", "WA", bill_day=25)
    one.service("S", "34.10", "2027-01-25")
    one.run("2027-01-25")
    change_bill_day(account=one.account, bill_day=10, on=day("2027-02-01"))
    return one, one.run("2027-02-10")


BILLS = {each.__name__: each for each in (vpnet, comvergence, blueshift, greenlight, callpro)}


def rows(text: str) -> list[list[str]]:
    """The cells of the document's tables, without their heads and rules."""
    found = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]
    return [row for row in found if row[0] not in ("line", "figure")]


def shown(amount: str) -> str:
    """An amount as pages and PDFs print it."""
    return f"−${amount[1:]}" if amount.startswith("-") else f"${amount}"


def text_of(invoice: Invoice) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"],
        input=ensure_file(invoice.document),
        capture_output=True,
        check=True,
    )
    return " ".join(done.stdout.decode().split())


@pytest.mark.parametrize("key", BILLS)
def test_bill_by_hand_equals_lines_page_pdf_and_entries(key, client):
    text = (FOLDER / f"{key}.md").read_text(encoding="utf-8")
    lines = [row for row in rows(text) if len(row) == 4]
    figures = {row[0]: row[-1] for row in rows(text) if len(row) == 3}
    one, invoice = BILLS[key]()
    assert invoice is not None

    side = "amount_inc" if "| with GST |" in text else "amount_ex"
    assert sorted(f"{getattr(row, side):.2f}" for row in invoice.lines.all()) == sorted(
        row[-1] for row in lines
    )
    periods = {
        (str(row.period_start), str(row.period_end))
        for row in invoice.lines.all()
        if row.period_end
    }
    assert periods == {tuple(row[1].split(" to ")) for row in lines if " to " in row[1]}
    assert f"{invoice.subtotal_ex:.2f}" == figures["without GST"]
    assert f"{invoice.gst:.2f}" == figures["GST"]
    assert f"{invoice.total_inc:.2f}" == figures["total"]
    assert invoice.due_date.isoformat() == figures["due"]

    client.force_login(one.world.holder)
    page = client.get(reverse("invoice", args=[invoice.public_id])).content.decode()
    pdf = text_of(invoice)
    for amount in (figures["without GST"], figures["GST"], figures["total"]):
        assert shown(amount) in page, amount
        assert shown(amount) in pdf, amount
    assert in_words(invoice.due_date) in pdf

    said = dict(re.findall(r"(receivable|revenue|GST) ([+−]\d+\.\d\d)", text.split("Entries:")[1]))
    entries = LedgerEntry.objects.filter(posting__key=f"invoice:{invoice.number}").order_by()
    sums = entries.values("ledger_account").annotate(sum=Sum("amount"))
    assert {row["ledger_account"]: row["sum"] for row in sums} == {
        name.lower(): Decimal(amount.replace("−", "-")) for name, amount in said.items()
    }
