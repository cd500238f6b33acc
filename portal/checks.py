"""What Django's system check proves at every start."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register

from portal.web.brand import BadBrandColour, palette
from records.documents.pdf import PdfUnavailable, load_weasyprint
from terms import library
from terms.profile_file import BadProfile


def register_all() -> None:
    register(published_terms)
    register(brands)
    register(pdf_libraries)


def published_terms(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every profile loads and every published version is what it was."""
    try:
        library.check()
    except BadProfile as refusal:
        return [Error(str(refusal), id="terms.E001")]
    return []


def brands(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Each provider's colour can be read on both themes."""
    problems: list[CheckMessage] = []
    for key in library.providers():
        try:
            palette(library.provider(key).brand.colour)
        except BadBrandColour as refusal:
            problems.append(Error(f"{key}: {refusal}", id="terms.E002"))
    return problems


def pdf_libraries(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Pango is there; without it everything but PDFs works, and they wait."""
    try:
        load_weasyprint()
    except PdfUnavailable as missing:
        return [Warning(str(missing), id="documents.W001")]
    return []
