"""Documents as downloads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render

from complaints.lodging.models import Attachment
from complaints.lodging.services import SHOWN
from records.documents.models import Document
from records.documents.pdf import PdfFailed
from records.documents.services import ensure_file


def pdf_response(request: HttpRequest, document: Document) -> HttpResponse:
    """Answer with an issued document, or with a page that says why there is no PDF yet."""
    return pdf_download(request, document.file_name, partial(ensure_file, document))


def pdf_download(request: HttpRequest, name: str, draw: Callable[[], bytes]) -> HttpResponse:
    """Answer with the PDF that `draw` makes, or with a page that says why there is none yet."""
    try:
        data = draw()
    except PdfFailed:
        return render(request, "customer/bills/pdf_unavailable.html", status=503)
    return HttpResponse(
        data,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def attachment_response(row: Attachment) -> FileResponse:
    """Answer with a file that somebody sent: a plain picture is shown, all else is a download.

    Nothing in it runs: a browser neither guesses another kind nor lets it do anything.
    """
    return FileResponse(
        row.file.open("rb"),
        content_type=row.media_type,
        as_attachment=row.media_type not in SHOWN,
        filename=row.name,
        headers={
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )
