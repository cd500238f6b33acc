"""Issue documents and make their PDFs. The only place that calls WeasyPrint."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.files.base import ContentFile
from django.db import transaction

from .models import Document
from .pdf import PdfFailed, PdfUnavailable, make_batch, make_pdf
from .selectors import to_make
from .states import Status

log = structlog.get_logger(__name__)

BATCH = 50
BUDGET = 30  # seconds: a sweep makes way for other work, and the next one goes on
# How long a worker that was killed keeps its document from others. One that draws for longer
# is only doubled: one file is kept.
LEASE = timedelta(minutes=1)
GIVE_UP_AFTER = 8


def issue_document(
    *,
    account_id: int,
    kind: str,
    subject: str,
    title: str,
    template: str,
    content: dict[str, Any],
    at: datetime,
    on_demand: bool = False,
) -> Document:
    """Freeze a document's words; the file follows from the sweep, or at once when first opened."""
    return Document.objects.create(
        account_id=account_id,
        kind=kind,
        subject=subject,
        title=title,
        template=template,
        content=content,
        issued_at=at,
        next_try_at=at,
        status=Status.ON_DEMAND if on_demand else Status.WAITING,
    )


def draw_unissued(
    *, kind: str, title: str, template: str, content: dict[str, Any], at: datetime
) -> bytes:
    """Return the PDF of a document that is not issued: to look at, or to sign on paper.

    Raises PdfFailed if it can't be drawn, PdfUnavailable where the machine lacks the libraries.
    """
    document = Document(kind=kind, title=title, template=template, content=content, issued_at=at)
    try:
        return make_pdf(document)
    except PdfUnavailable:
        raise
    except Exception as failure:
        log.exception("document_failed", kind=kind)
        raise PdfFailed(f"{title} can't be drawn: {failure}") from failure


def ensure_file(document: Document) -> bytes:
    """Return the PDF's bytes, making and keeping the file if this is its first opening.

    Raises PdfFailed if it can't be made now: staff find it among what could not be made, and the
    next opening tries again. Raises PdfUnavailable when the machine lacks what draws PDFs.
    """
    if document.status != Status.READY:
        try:
            data = make_pdf(document)
        except PdfUnavailable:
            raise
        except Exception as failure:
            _note_failure(document.pk, None, failure)
            raise PdfFailed(f"{document} can't be made: {failure}") from failure
        return _keep(document.pk, data)
    with document.file.open("rb") as file:
        return bytes(file.read())


def print_together(documents: Iterable[Document]) -> bytes:
    """Return one PDF with all pages of these documents, in their order.

    Raises PdfFailed if it can't be drawn, PdfUnavailable where the machine lacks the libraries.
    """
    try:
        return make_batch(documents)
    except PdfUnavailable:
        raise
    except Exception as failure:
        log.exception("batch_failed")
        raise PdfFailed(f"These can't be printed together: {failure}") from failure


def make_again(*, document: Document, at: datetime) -> None:
    """Let the sweep try again what could not be made. Raises ValueError for any other document."""
    with transaction.atomic():
        row = Document.objects.select_for_update().get(pk=document.pk)
        if row.status != Status.FAILED:
            raise ValueError(f"“{row}” does not wait for a new try")
        row.status, row.attempts, row.next_try_at = Status.WAITING, 0, at
        row.leased_until = None
        row.save(update_fields=["status", "attempts", "next_try_at", "leased_until"])


def render_waiting(*, at: datetime) -> int:
    """Make the PDFs that wait, one after the other; return how many were made.

    Drawing happens between two short transactions: nobody waits for a lock meanwhile.
    """
    made, until = 0, time.monotonic() + BUDGET
    for _ in range(BATCH):
        document = _claim(at)
        if document is None or time.monotonic() > until:
            break
        try:
            _keep(document.pk, make_pdf(document))
            made += 1
        except Exception as failure:
            _note_failure(document.pk, at, failure)
    return made


def _claim(at: datetime) -> Document | None:
    """Take the next document for as long as the lease lasts."""
    with transaction.atomic():
        waiting = to_make(at).select_for_update(skip_locked=True)
        document = waiting.order_by("next_try_at", "pk").first()
        if document is not None:
            document.leased_until = at + LEASE
            document.save(update_fields=["leased_until"])
    return document


def _keep(pk: int, data: bytes) -> bytes:
    """Keep the file, unless somebody else was quicker; return what is kept."""
    with transaction.atomic():
        document = Document.objects.select_for_update().get(pk=pk)
        if document.status == Status.READY:
            with document.file.open("rb") as file:
                return bytes(file.read())
        document.file.save(f"{document.public_id}.pdf", ContentFile(data), save=False)
        document.sha256 = hashlib.sha256(data).hexdigest()
        document.status, document.error, document.leased_until = Status.READY, "", None
        document.save(update_fields=["file", "sha256", "status", "error", "leased_until"])
    return data


def _note_failure(pk: int, at: datetime | None, failure: Exception) -> None:
    """Note on the row why it was not made.

    Without `at` a reader asked: that is no try of the sweep's, and brings none forward.
    """
    with transaction.atomic():
        document = Document.objects.select_for_update().get(pk=pk)
        if document.status == Status.READY:
            return
        log.warning(
            "document_failed", kind=document.kind, subject=document.subject, why=str(failure)
        )
        document.error = f"{type(failure).__name__}: {failure}"[:300]
        if at is not None:
            document.attempts += 1
            document.leased_until = None
            document.next_try_at = at + timedelta(minutes=2**document.attempts)
        # A machine without Pango is mended by installing it, not by giving up.
        given_up = document.attempts >= GIVE_UP_AFTER and not isinstance(failure, PdfUnavailable)
        if given_up or document.status == Status.ON_DEMAND:
            document.status = Status.FAILED
        document.save(update_fields=["attempts", "error", "leased_until", "next_try_at", "status"])
