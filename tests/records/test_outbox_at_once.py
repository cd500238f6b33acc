"""Several workers sweep the outbox and the documents in the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connection

from records.documents import services as documents
from records.documents.models import Document
from records.notices.models import Notice
from records.notices.services import Sender, deliver_queued, queue_message
from tests.world import instant, make_world

pytestmark = pytest.mark.portable

AT = instant("2026-12-01 10:00")
WORKERS = 4
# Only there do two connections see the same rows of a test.
POSTGRES = connection.vendor == "postgresql"

if POSTGRES:

    def at_once(work) -> list[int]:
        """Let each worker begin when all are ready; return what each did."""
        start = threading.Barrier(WORKERS)

        def run(_: int) -> int:
            start.wait()
            try:
                return work()
            finally:
                connection.close()

        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(run, range(WORKERS)))

    @pytest.mark.django_db(transaction=True)
    def test_each_notice_goes_once_however_many_sweeps_run():
        for number in range(40):
            queue_message(
                kind="generic",
                to=f"p{number}@people.example",
                sender=Sender(name="VPnet"),
                at=AT,
                title="Hello",
                text="Words",
            )

        done = at_once(lambda: deliver_queued(at=AT))

        assert sum(done) == 40
        assert len({message.to[0] for message in mail.outbox}) == len(mail.outbox) == 40
        assert set(Notice.objects.values_list("status", flat=True)) == {"sent"}

    @pytest.mark.django_db(transaction=True)
    def test_each_document_is_made_once_however_many_sweeps_run(monkeypatch):
        account = make_world().account
        for number in range(12):
            documents.issue_document(
                account_id=account.pk,
                kind="tax_invoice",
                subject=f"X{number}",
                title="A bill",
                template="documents/invoice.html",
                content={},
                at=AT,
            )
        monkeypatch.setattr(documents, "make_pdf", lambda document: document.subject.encode())

        done = at_once(lambda: documents.render_waiting(at=AT))

        assert sum(done) == 12
        assert set(Document.objects.values_list("status", flat=True)) == {"ready"}
