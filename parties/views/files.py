"""Issued documents as downloads."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from records.documents.models import Document
from records.documents.pdf import PdfUnavailable
from records.documents.services import ensure_file


def pdf_response(request: HttpRequest, document: Document) -> HttpResponse:
    """Answer with the document's PDF, or with a page that says why there is none yet."""
    try:
        data = ensure_file(document)
    except PdfUnavailable:
        return render(request, "billing/pdf_unavailable.html", status=503)
    name = f'attachment; filename="{document.file_name}"'
    return HttpResponse(
        data, content_type="application/pdf", headers={"Content-Disposition": name}
    )
