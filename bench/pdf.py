"""An invoice of 40 lines: ours against ReportLab's platypus and a naive use of WeasyPrint."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench.measure import Row, django, ratio

LINES = 40


def rows() -> list[Row]:
    """Return the ratios of a single invoice PDF (two pages, tagged PDF/A-3 and PDF/UA)."""
    django()
    ours, naive, platypus = _ours(), _naive(), _platypus()
    return [
        Row("one invoice PDF, against ReportLab drawing the same", ratio(ours, platypus), "≤ 3"),
        Row("one invoice PDF, against WeasyPrint used naively", ratio(ours, naive), "≤ 0.45"),
        Row("memory over 200 PDFs, MB more", _growth(ours), "≤ 10"),
    ]


def _document() -> Any:
    from billing.invoices.models import Invoice
    from records.documents.models import Document

    content = Invoice.objects.latest("pk").document.content
    line = content["lines"][0]
    content["lines"] = [line | {"description": f"Charge {number}"} for number in range(LINES)]
    return Document(
        kind="tax_invoice",
        subject="BENCH",
        title="Tax invoice",
        template="documents/tax_invoice.html",
        content=content,
        issued_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


def _ours() -> Callable[[], object]:
    from records.documents.pdf import make_pdf

    document = _document()
    return lambda: make_pdf(document)


def _naive() -> Callable[[], object]:
    import weasyprint
    from django.template.loader import render_to_string

    from records.documents.pdf import STATIC, STYLESHEET

    document = _document()

    def draw() -> object:
        html = render_to_string(document.template, {"doc": document.content, "document": document})
        page = weasyprint.HTML(string=html, base_url=STATIC.as_uri() + "/")
        return page.write_pdf(stylesheets=[str(STYLESHEET)], pdf_variant="pdf/a-3a")

    return draw


def _platypus() -> Callable[[], object]:
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

    content = _document().content
    style = getSampleStyleSheet()

    def draw() -> object:
        normal = style["Normal"]
        parts = [Paragraph(content["title"], style["Title"])]
        parts += [Paragraph(text, normal) for text in _words(content)]
        cells = [
            [
                Paragraph(str(line[name] or ""), normal)
                for name in ("description", "from", "quantity", "net", "gst", "amount")
            ]
            for line in content["lines"]
        ]
        lines = Table([["Charge", "From", "Qty", "Price", "GST", "Amount"], *cells], repeatRows=1)
        lines.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.grey)]))
        parts.append(lines)
        for reason in content["because"]:
            parts.append(Paragraph(f"{reason['what']}: {reason['value']}", style["Heading3"]))
            for why in reason["reasons"]:
                parts.append(Paragraph(f"{why['clause']} {why['says']}", normal))
                parts += [Paragraph(step, normal) for step in why["steps"]]
        SimpleDocTemplate(io.BytesIO(), pagesize=A4).build(parts)
        return None

    return draw


def _words(content: dict[str, Any]) -> list[str]:
    """What stands on the invoice beside its lines and reasons."""
    told = [content["seller"]["name"], content["seller"]["abn"], *content["customer"]["address"]]
    told += [f"{row['label']} {row['amount']}" for row in content["summary"]]
    told += [f"{way['method']} {way['text']}" for way in content["pay"]]
    told += [f"{name} {amount}" for name, amount in content["totals"].items()]
    return [*told, *content["help"].values()]


def _growth(draw: Callable[[], object]) -> float:
    for _ in range(20):
        draw()
    before = _resident()
    for _ in range(200):
        draw()
    return _resident() - before


def _resident() -> float:
    """Megabytes that this process holds now."""
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    return pages * 4096 / 1_000_000
