"""A credit as a document: what it says, what it pays, who is told."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from billing.payments.services import credit_line, issue_credit_note
from contracts.supply.services import end_supply
from parties.people.models import User
from records.documents.models import Document
from records.documents.services import ensure_file
from records.notices.models import Notice
from terms.facts import Role
from tests.billing.moneys import Story, story
from tests.billing.test_documents import text_of
from tests.world import appoint, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def one() -> Story:
    """seq-m-20: Greenlight, 500.00 of two services, of which 50.00 was charged too much."""
    found = story("greenlight", "TAS", tcp=True)
    found.service("SIP", "300.00", "2026-10-01")
    found.service("Fibre", "200.00", "2026-10-01")
    found.run("2026-10-01")
    return found


def give_back(found: Story, amount: str = "55.00", on: str = "2026-10-20", **facts):
    invoice = found.invoices()[-1]
    line = invoice.lines.get(description__contains="Fibre")
    return issue_credit_note(
        invoice=invoice,
        lines=[credit_line(line, Decimal(amount))],
        reason="The agreed price is 150.00 from 1 October",
        at=found.at(on),
        **facts,
    )


def test_note_says_what_the_law_wants(one):
    """RF-TAX-04: that it is one, which way it goes, both parties, the day, what changed, GST."""
    note = give_back(one)

    text = " ".join(text_of(ensure_file(note.document)).split())

    invoice = one.invoices()[0]
    for words in (
        "Adjustment note",
        note.number,
        "We give back, including GST",
        "GST is less by",
        "ABN",
        "Harbour Bakery",
        "Tue 20 Oct 2026",
        f"{invoice.number} of Thu 1 Oct 2026",
        "The agreed price is 150.00",
        "$50.00",
        "$5.00",
        "$55.00",
        "$550.00",
        "$495.00",
    ):
        assert words in text, words


def test_second_note_counts_the_first(one):
    give_back(one, "11.00")
    note = give_back(one, "22.00", on="2026-10-21")

    corrected = note.document.content["invoice"]

    assert (corrected["total"], corrected["total_now"]) == ("550.00", "517.00")
    assert (corrected["gst"], corrected["gst_now"]) == ("50.00", "47.00")


def test_note_goes_out_with_its_pdf_and_says_what_it_pays(one):
    note = give_back(one)

    notice = Notice.objects.get(kind="credit_note_issued")
    assert notice.to == one.account.billing_email
    assert list(notice.attachments.all()) == [note.document]
    assert f"$55.00 pays invoice {one.invoices()[0].number}" in notice.text
    assert f"/go/credit/{note.public_id}/" in notice.text


def test_note_to_a_paid_bill_stays_as_credit(one):
    one.pay("2026-10-14", "550.00")

    note = give_back(one)

    assert note.document.content["credit"] == "55.00"
    assert "stays as credit" in Notice.objects.get(kind="credit_note_issued").text
    assert one.credit == "55.00"


def test_quiet_note_has_a_document_and_tells_nobody(one):
    note = give_back(one, tells=False)

    assert note.document is not None
    assert not Notice.objects.filter(kind="credit_note_issued").exists()


def test_note_of_a_run_has_its_document(one):
    """Days paid ahead that no bill has room for are given back by a note of the run itself."""
    one.run("2026-11-01")
    for service in one.services.values():
        service.refresh_from_db()
        end_supply(service=service, last_day=one.at("2026-11-05").date(), at=one.at("2026-11-05"))

    one.run("2026-12-01")

    (note,) = one.notes()
    assert note.document is not None
    assert note.document.content["invoice"] == {}
    assert "Adjustment note" in text_of(ensure_file(note.document))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_customer_opens_note_and_pdf_from_the_bill(one):
    note = give_back(one)
    client = client_of(one.world.holder)
    bill = client.get(f"/bills/{one.invoices()[0].public_id}/").content.decode()
    assert f"/bills/credits/{note.public_id}/" in bill

    page = client.get(f"/go/credit/{note.public_id}/", follow=True).content.decode()
    assert note.number in page
    assert "$55.00" in page
    pdf = client.get(f"/bills/credits/{note.public_id}/pdf/")
    assert pdf["Content-Type"] == "application/pdf"
    assert "adjustment" in pdf["Content-Disposition"].lower()


def test_stranger_finds_no_note(one):
    note = give_back(one)
    client = client_of(story("greenlight", "NSW").world.holder)

    assert client.get(f"/bills/credits/{note.public_id}/").status_code == 404
    assert client.get(f"/bills/credits/{note.public_id}/pdf/").status_code == 404


def test_who_may_not_know_the_customer_reads_no_name_in_the_note(one):
    note = give_back(one)
    note.reason = "Harbour Bakery was promised 150.00"
    note.save()
    Document.objects.filter(pk=note.document_id).update(
        content=note.document.content | {"reason": note.reason}
    )
    reader = make_user("Sam Reed")
    until = one.at("2099-12-31").date()
    limits = ["view_personal_details"]
    appoint(one.account, reader, Role.AUTHORISED_REP, limits=limits, ends_on=until)
    client = client_of(reader)

    page = client.get(f"/bills/credits/{note.public_id}/").content.decode()
    pdf = client.get(f"/bills/credits/{note.public_id}/pdf/")

    assert "Harbour Bakery" not in page
    assert "Harbour Bakery" not in text_of(pdf.content)
