"""Draw one document as a tagged PDF/A-3a that also meets PDF/UA-1, the same bytes each time."""

from __future__ import annotations

import atexit
import functools
import hashlib
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from django.conf import settings
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from .models import Document

STATIC = Path(settings.BASE_DIR) / "static"
STYLESHEET = STATIC / "css" / "documents.css"

# PDF/UA's mark, and the schema by which PDF/A allows it, inside the one RDF block that
# validators read (WeasyPrint's own xmp_metadata option would write a second).
PDF_UA = b"""<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="">\
<pdfuaid:part>1</pdfuaid:part></rdf:Description>\
<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name>\
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property>\
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"""


class PdfFailed(RuntimeError):
    """This PDF can't be made now; what the document says can be read on screen."""


class PdfUnavailable(PdfFailed):
    """The system libraries that draw PDFs are missing; the message names the packages."""


def make_pdf(document: Document) -> bytes:
    """Return the document's PDF.

    Raises PdfUnavailable without Pango, ValueError for a document that reaches outside.
    """
    identifier = hashlib.sha256(f"{document.kind}/{document.subject}".encode()).digest()[:16]
    options = {"pdf_variant": "pdf/a-3a", "pdf_tags": True, "pdf_identifier": identifier}
    layout = _lay_out(document, **options)
    moment = document.issued_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    layout.metadata.created = layout.metadata.modified = moment
    return bytes(layout.write_pdf(finisher=_mark_accessible, **options))


def make_batch(documents: Iterable[Document]) -> bytes:
    """Return one PDF with the pages of several documents, one after the other, to be printed.

    Raises PdfUnavailable without Pango, ValueError for a document that reaches outside, and where
    there is none.
    """
    layouts = [_lay_out(document) for document in documents]
    if not layouts:
        raise ValueError("Nothing to print.")
    pages = [page for layout in layouts for page in layout.pages]
    return bytes(layouts[0].copy(pages).write_pdf())


def _lay_out(document: Document, **options: Any) -> Any:
    weasyprint = load_weasyprint()
    html = render_to_string(document.template, {"doc": document.content, "document": document})
    page = weasyprint.HTML(string=html, base_url=STATIC.as_uri() + "/", url_fetcher=_fetcher())
    try:
        return page.render(stylesheets=[_stylesheet()], font_config=_fonts(), **options)
    except weasyprint.urls.FatalURLFetchingError as refusal:
        raise ValueError(str(refusal)) from refusal


def load_weasyprint() -> Any:
    """Import WeasyPrint. Raises PdfUnavailable, naming what to install, without Pango."""
    try:
        import weasyprint
    except OSError as missing:
        raise PdfUnavailable(
            "PDFs can't be drawn: Pango is missing. Install it with "
            "'apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0' "
            "and restart the worker; waiting documents are then made by themselves."
        ) from missing
    return weasyprint


@functools.cache
def _fonts() -> Any:
    """One font configuration for the process: a fresh one for each call leaks memory.

    It is let go before the interpreter ends, when its own clean-up would no longer work.
    """
    from weasyprint.text.fonts import FontConfiguration

    atexit.register(_forget)
    return FontConfiguration()


def _forget() -> None:
    _stylesheet.cache_clear()
    _fonts.cache_clear()


@functools.cache
def _stylesheet() -> Any:
    weasyprint = load_weasyprint()
    return weasyprint.CSS(filename=str(STYLESHEET), font_config=_fonts(), url_fetcher=_fetcher())


@functools.cache
def _fetcher() -> Any:
    """Let a document reach the portal's own static files and nothing else."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class OwnAssets(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith("data:image/") and not is_own_asset(url):
                raise FatalURLFetchingError(f"A document may not load {url}")
            return super().fetch(url, headers)

    return OwnAssets(allowed_protocols={"file", "data"})


def is_own_asset(url: str) -> bool:
    """Whether a file address leads to a static file of the portal, links and dots resolved."""
    parts = urlsplit(url)
    if parts.scheme.lower() != "file" or parts.netloc not in ("", "localhost"):
        return False
    try:
        path = Path(url2pathname(parts.path)).resolve()
    except (OSError, ValueError, RuntimeError):
        return False
    return path.is_relative_to(STATIC.resolve()) and path.is_file()


def _mark_accessible(layout: Any, pdf: Any) -> None:
    for item in pdf.objects:
        if getattr(item, "extra", {}).get("Subtype") == "/XML":
            item.stream = [part.replace(b"</rdf:RDF>", PDF_UA) for part in item.stream]
