"""Issue documents and make their PDFs. The only place that calls WeasyPrint."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q

from .models import Document
from .pdf import PdfUnavailable, make_pdf
from .states import Status

log = structlog.get_logger(__name__)

BATCH = 50
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

    Raises PdfUnavailable when the machine lacks the libraries that draw PDFs.
    """
    return make_pdf(
        Document(kind=kind, title=title, template=template, content=content, issued_at=at)
    )


def ensure_file(document: Document) -> bytes:
    """Return the PDF's bytes, making and keeping the file if this is its first opening.

    Raises PdfUnavailable when the machine lacks the libraries that draw PDFs.
    """
    if document.status != Status.READY:
        with transaction.atomic():
            document = Document.objects.select_for_update().get(pk=document.pk)
            if document.status != Status.READY:
                _make(document)
    with document.file.open("rb") as file:
        return bytes(file.read())


def render_waiting(*, at: datetime) -> int:
    """Make the PDFs that wait, each in its own transaction; return how many were made."""
    made = 0
    waiting = (
        Document.objects.filter(status=Status.WAITING)
        .filter(Q(next_try_at__isnull=True) | Q(next_try_at__lte=at))
        .order_by("pk")
        .values_list("pk", flat=True)[:BATCH]
    )
    for pk in list(waiting):
        with transaction.atomic():
            document = (
                Document.objects.select_for_update(skip_locked=True)
                .filter(pk=pk, status=Status.WAITING)
                .first()
            )
            if document is None:
                continue
            try:
                with transaction.atomic():
                    _make(document)
                made += 1
            except Exception as failure:
                _note_failure(document, at, failure)
    return made


def _make(document: Document) -> None:
    data = make_pdf(document)
    document.file.save(f"{document.public_id}.pdf", ContentFile(data), save=False)
    document.sha256 = hashlib.sha256(data).hexdigest()
    document.status = Status.READY
    document.error = ""
    document.save(update_fields=["file", "sha256", "status", "error"])


def _note_failure(document: Document, at: datetime, failure: Exception) -> None:
    log.warning("document_failed", kind=document.kind, subject=document.subject, why=str(failure))
    document.attempts += 1
    document.error = str(failure)[:300]
    document.next_try_at = at + timedelta(minutes=2**document.attempts)
    # A machine without Pango is mended by installing it, not by giving up.
    if document.attempts >= GIVE_UP_AFTER and not isinstance(failure, PdfUnavailable):
        document.status = Status.FAILED
    document.save(update_fields=["attempts", "error", "next_try_at", "status"])
