"""The PDF of an invoice: what it says, what it is, and that it is always the same."""

from __future__ import annotations

import io
import subprocess
from datetime import date

import pikepdf
import pytest
from weasyprint.urls import FatalURLFetchingError

from billing.models import Invoice
from billing.services import run_provider_bills
from records.documents import pdf, services
from records.documents.models import Document
from records.documents.states import Status
from records.notices.models import Notice
from records.notices.services import deliver_queued
from tests.world import instant, make_call, make_service

AT = instant("2026-12-10 06:20")


@pytest.fixture
def invoice(world) -> Invoice:
    world.account.bill_day = 10
    world.account.save()
    service = make_service(world.account)
    make_call(service, instant("2026-12-01 10:00"), 45)
    run_provider_bills(world.provider, issue_on=date(2026, 12, 10), at=AT)
    return Invoice.objects.select_related("document").get()


def text_of(data: bytes) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True
    )
    return done.stdout.decode()


def test_pdf_says_what_a_tax_invoice_must_say(invoice):
    text = text_of(services.ensure_file(invoice.document))

    for words in (
        "Tax invoice",
        "ABN 31 000 000 202",
        invoice.number,
        invoice.account.number,
        "Harbour Bakery",
        "Tue 29 Dec 2026",
        "$25.10",
        "$2.28",
        "SIP Saver, monthly fee",
        "Payment of your Invoices",
    ):
        assert words in text


def test_pdf_is_tagged_pdf_a3_and_pdf_ua(invoice):
    data = services.ensure_file(invoice.document)

    with pikepdf.open(io.BytesIO(data)) as document:
        metadata = str(document.Root.Metadata.read_bytes(), "utf-8")
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang) == "en-AU"
        assert "/StructTreeRoot" in document.Root
    assert 'pdfaid:part="3"' in metadata
    assert 'pdfaid:conformance="A"' in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert metadata.count("<rdf:RDF") == 1


def test_pdf_is_the_same_bytes_each_time(invoice):
    assert pdf.make_pdf(invoice.document) == pdf.make_pdf(invoice.document)


def test_pdf_never_changes_after_a_change_of_name(invoice, world):
    first = text_of(pdf.make_pdf(invoice.document))
    world.customer.name = "Another Name"
    world.customer.save()

    assert text_of(pdf.make_pdf(Document.objects.get())) == first


def test_document_may_load_nothing_from_outside():
    for url in ("http://example.com/logo.png", "file:///etc/passwd", "data:text/css,a"):
        with pytest.raises(FatalURLFetchingError, match="may not load"):
            pdf._fetcher().fetch(url)


def test_email_waits_for_its_pdf_and_carries_it(invoice, mailoutbox):
    assert deliver_queued(at=AT) == 0
    assert services.render_waiting(at=AT) == 1
    assert deliver_queued(at=AT) == 1

    (mail,) = mailoutbox
    name, data, kind = mail.attachments[0]
    assert name == f"tax-invoice-{invoice.number.lower()}.pdf"
    assert kind == "application/pdf"
    assert data[:5] == b"%PDF-"
    assert invoice.number in mail.subject or "25.10" in mail.subject


def test_without_pango_documents_wait_and_say_what_to_install(invoice, monkeypatch):
    def missing():
        raise pdf.PdfUnavailable("Pango is missing. Install it")

    monkeypatch.setattr(pdf, "load_weasyprint", missing)
    assert services.render_waiting(at=AT) == 0

    document = Document.objects.get()
    assert document.status == Status.WAITING
    assert "Pango" in document.error

    monkeypatch.undo()
    assert services.render_waiting(at=instant("2026-12-10 07:00")) == 1
    assert Notice.objects.get(kind="invoice_issued").status == "queued"
