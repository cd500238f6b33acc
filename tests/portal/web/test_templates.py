"""What holds for every template: no inline style or script, light pages, complete notices."""

import gzip
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import django_htmx
import pytest
from django.template.loader import render_to_string

from terms import library

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "templates"
# Mail clients and the PDF engine read style where they find it; no policy applies there.
OWN_WORLD = ("notices", "documents")
PAGES = sorted(
    page
    for page in TEMPLATES.rglob("*.html")
    if page.relative_to(TEMPLATES).parts[0] not in OWN_WORLD
)
KINDS = sorted(
    path.name.removesuffix("_subject.txt")
    for path in (TEMPLATES / "notices").glob("*_subject.txt")
)
SIGN_IN = sorted(
    str(path.relative_to(TEMPLATES)).removesuffix("_subject.txt")
    for folder in ("account", "mfa")
    for path in (TEMPLATES / folder / "email").glob("*_subject.txt")
)
AT = datetime(2026, 12, 24, 11, 10, tzinfo=UTC)
DAY = date(2026, 12, 29)
FACTS = {
    "account": {"number": "VP100234"},
    "recipient_name": "Alex O'Neil",
    "because": [
        {"document": "d", "version": "1", "id": "D-1", "clause": "4.2 <Pay>", "says": "Pay & go."}
    ],
    "url": "https://portal.example/thing/",
    "url_label": "Open",
    "site_url": "https://portal.example",
    "path": "/admin/thing/",
    "headline": "Your answer is with us",
    "body": "First & last.",
    "number": "VP-1",
    "reference": "C-1",
    "issue_date": DAY,
    "due_date": DAY,
    "due_on": DAY,
    "received_on": DAY,
    "received_at": AT,
    "timestamp": AT,
    "acknowledge_by": DAY,
    "propose_by": DAY,
    "expires_on": DAY,
    "total": Decimal("1234.50"),
    "amount": Decimal("88.00"),
    "owing": Decimal("0.00"),
    "method": "BPAY",
    "stage": "missed",
    "stage_label": "Missed",
    "title": "Propose an answer",
    "customer_name": "J. Citizen",
    "role": "advocate",
    "powers": ["speak for J. Citizen"],
    "code": "K7Q2PX",
    "user_agent": "Firefox Windows",
    "ip": "192.0.2.1",
}


def facts() -> dict[str, object]:
    return {**FACTS, "provider": library.provider(library.providers()[0])}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TEMPLATES)))
def test_a_page_has_no_inline_style_or_script(page):
    text = page.read_text()

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", text)
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag


@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_has_a_subject_a_text_and_a_page(kind):
    subject = render_to_string(f"notices/{kind}_subject.txt", facts()).strip()
    text = render_to_string(f"notices/{kind}.txt", facts())
    page = render_to_string(f"notices/{kind}.html", facts())

    assert 0 < len(subject) < 100
    assert "\n" not in subject
    assert "&#x27;" not in text
    assert "4.2 <Pay>: Pay & go (D-1)." in text
    assert "https://portal.example/" in text
    assert "4.2 &lt;Pay&gt;" in page
    assert '<html lang="en-AU">' in page
    assert page.count("<h1>") == 1


@pytest.mark.parametrize("prefix", SIGN_IN)
def test_a_sign_in_message_is_ours_in_text_and_as_a_page(prefix):
    context = {**facts(), "because": []}

    subject = render_to_string(f"{prefix}_subject.txt", context).strip()
    text = render_to_string(f"{prefix}_message.txt", context)
    page = render_to_string(f"{prefix}_message.html", context)

    # The subject is kept after the words are wiped.
    assert FACTS["code"] not in subject
    assert "<" not in text
    assert "never ask for your password" in text
    assert f"<h1>{subject}</h1>" in page


def test_first_view_is_light():
    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx"
    files = [
        ROOT / "static/css/portal.css",
        ROOT / "static/js/portal.js",
        htmx / "htmx-2.min.js",
        htmx / "django-htmx.js",
    ]

    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 40_000
