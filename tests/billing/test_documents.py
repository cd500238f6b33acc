"""The PDF of an invoice: what it says, what it is, and that it is always the same."""

from __future__ import annotations

import io
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pikepdf
import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from weasyprint.urls import FatalURLFetchingError

from billing.invoices.models import Invoice
from billing.runs.services import run_provider_bills
from parties.people.states import StaffRole
from records.documents import pdf, services
from records.documents.models import Document
from records.documents.states import Status
from records.notices.models import Notice
from records.notices.services import deliver_queued
from tests.parties.staff import sign_in_staff
from tests.world import instant, make_call, make_service, make_staff

pytestmark = pytest.mark.portable

AT = instant("2026-12-10 06:20")


@pytest.fixture
def invoice(world) -> Invoice:
    world.account.bill_day = 10
    world.account.save()
    service = make_service(world.account, billed_through=date(2026, 12, 9))
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


@pytest.mark.slow
def test_help_stands_once_wherever_the_page_ends(invoice):
    """Floats in a block that moves to the next page whole were printed over each other."""
    document = invoice.document
    line = document.content["lines"][0]
    for count in range(1, 40):
        document.content["lines"] = [line] * count
        words = " ".join(text_of(pdf.make_pdf(document)).split())

        assert words.count("Ask for help early") == 1, count


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


STATIC = pdf.STATIC.as_uri()


@pytest.mark.parametrize(
    "url",
    [
        f"{STATIC}/%2e%2e/manage.py",
        f"{STATIC}/%2E%2E/manage.py",
        f"{STATIC}/../manage.py",
        f"{STATIC}/css/%2e%2e/%2e%2e/manage.py",
        f"{STATIC}/css/..%2f..%2fmanage.py",
        f"{STATIC}-elsewhere/x.css",
        f"{STATIC}/",
        f"{STATIC}/css",
        f"{STATIC}/%00",
        f"{STATIC.replace('file://', 'file://evil.example')}/css/documents.css",
        f"FILE{STATIC[4:]}/%2e%2e/manage.py",
    ],
)
def test_document_reaches_no_file_outside_however_the_way_is_written(url):
    with pytest.raises(FatalURLFetchingError, match="may not load"):
        pdf._fetcher().fetch(url)


def test_link_among_the_static_files_leads_nowhere_else(tmp_path, monkeypatch):
    static = tmp_path / "static"
    static.mkdir()
    (static / "out.css").symlink_to(pdf.STATIC.parent / "manage.py")
    (static / "own file.css").write_text("a {}")
    monkeypatch.setattr(pdf, "STATIC", static)

    assert not pdf.is_own_asset(f"{static.as_uri()}/out.css")
    assert pdf.is_own_asset(f"{static.as_uri()}/own%20file.css")


def test_documents_own_files_load():
    assert pdf.is_own_asset(f"{STATIC}/css/documents.css")


# A PDF that can't be made.


@pytest.fixture
def broken(monkeypatch):
    def fail(_document):
        raise ValueError("a glyph too many")

    with monkeypatch.context() as patch:
        patch.setattr(services, "make_pdf", fail)
        yield patch


def give_up() -> None:
    at = AT
    for _ in range(services.GIVE_UP_AFTER):
        services.render_waiting(at=at)
        at += timedelta(hours=5)
    deliver_queued(at=at)


def test_pdf_that_cannot_be_made_hands_its_email_to_staff(client, invoice, broken):
    give_up()

    assert Document.objects.get().status == Status.FAILED
    assert Notice.objects.get(kind="invoice_issued").status == "failed"
    sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=invoice.account)
    lists = {one["title"]: one for one in client.get("/admin/").context["worklists"]}
    assert lists["PDFs that could not be made"]["count"] == 1
    assert lists["Messages given up: send again, to another address, or tell"]["count"] == 1
    for one in lists.values():
        if one["count"]:
            page = client.get(one["url"])
            assert page.context["cl"].result_count == one["count"]


@pytest.mark.parametrize("page", ["documents_document", "notices_notice"])
def test_staff_make_it_again_and_its_email_goes(client, invoice, broken, page, mailoutbox):
    give_up()
    broken.undo()
    sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=invoice.account)
    rows = (Document if page == "documents_document" else Notice).objects.filter(status="failed")

    client.post(
        reverse(f"admin:{page}_changelist"),
        {"action": "again", "_selected_action": [row.pk for row in rows]},
    )

    at = timezone.now()
    assert services.render_waiting(at=at) == 1
    assert deliver_queued(at=at) == 1
    assert mailoutbox[0].attachments


def test_page_says_so_and_offers_the_bill_on_screen(client, invoice, broken):
    client.force_login(invoice.account.appointments.get(role="holder").user)

    answer = client.get(reverse("invoice_pdf", args=[invoice.public_id]))

    assert answer.status_code == 503
    page = answer.content.decode()
    assert reverse("invoice", args=[invoice.public_id]) in page
    assert f"Read bill {invoice.number} on screen" in page


def test_opening_it_once_the_engine_is_well_makes_it(invoice, broken):
    give_up()
    broken.undo()

    assert services.ensure_file(invoice.document).startswith(b"%PDF-")


def test_drawing_holds_no_transaction(invoice, monkeypatch):
    """On SQLite it would hold the one lock for writing, for as long as a PDF takes."""
    depth = len(connection.savepoint_ids)
    seen = []

    def draw(_document):
        seen.append(len(connection.savepoint_ids) - depth)
        return b"%PDF-1.7"

    monkeypatch.setattr(services, "make_pdf", draw)
    services.render_waiting(at=AT)

    assert seen == [0]


def test_two_who_draw_the_same_document_keep_one_file(invoice, monkeypatch):
    document = Document.objects.get()

    def draw(_document):
        monkeypatch.undo()
        services.ensure_file(Document.objects.get())
        return b"%PDF-late"

    monkeypatch.setattr(services, "make_pdf", draw)

    assert services.ensure_file(document) != b"%PDF-late"
    document.refresh_from_db()
    assert len(list(Path(document.file.path).parent.iterdir())) == 1


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


def test_reader_who_tries_again_and_again_uses_up_no_try_of_the_sweeps(invoice, broken):
    document = Document.objects.get()
    for _ in range(2 * services.GIVE_UP_AFTER):
        with pytest.raises(pdf.PdfFailed):
            services.ensure_file(document)
    document.refresh_from_db()
    assert (document.status, document.attempts) == (Status.WAITING, 0)

    broken.undo()
    assert services.render_waiting(at=AT) == 1


def test_document_made_on_demand_that_fails_is_found_by_staff_and_mended_by_them(invoice, broken):
    Document.objects.update(status=Status.ON_DEMAND)
    document = Document.objects.get()
    with pytest.raises(pdf.PdfFailed, match="a glyph too many"):
        services.ensure_file(document)
    document.refresh_from_db()
    assert document.status == Status.FAILED

    broken.undo()
    services.make_again(document=document, at=AT)
    assert services.render_waiting(at=AT) == 1


def test_document_of_a_worker_that_was_killed_is_made_by_the_next_within_a_minute(
    invoice, monkeypatch
):
    def die(_document):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(services, "make_pdf", die)
        with pytest.raises(SystemExit):
            services.render_waiting(at=AT)

    assert services.render_waiting(at=AT + timedelta(seconds=59)) == 0
    assert services.render_waiting(at=AT + timedelta(minutes=1)) == 1
