"""WCAG 2.2 AA as axe-core sees it, and no sideways scrolling on the smallest phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from terms import library
from tests.browser.conftest import Visitor
from tests.browser.flows import sign_in
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ASK = f"""async () => (await axe.run(document, {{runOnly: {RULES}, resultTypes: ["violations"]}}))
  .violations.map(one => `${{one.id}}: ${{one.nodes.map(node => node.target).join(" ; ")}}`)"""
# One of each: pages that differ in nothing but what they are about are looked at once.
NAMES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Z]+-[A-Z0-9-]+|\d+")
# A photo that somebody sent is no page: in its sandbox axe never comes to an end.
NO_PAGE = re.compile(
    r"^/(terms|admin|dev|static)/|/files/|logout|switch|\.(pdf|csv|png|svg)$|/pdf/$"
)
AS_MANY_AS = 80


WIDTHS = (320, 390, 1280)
# A common phone by day always; the smallest, the desk and the night in the long suite.
LOOKS = [
    pytest.param((width, scheme), id=f"{width}-{scheme}", marks=() if usual else pytest.mark.long)
    for width in WIDTHS
    for scheme in ("light", "dark")
    for usual in [(width, scheme) == (390, "light")]
]


@pytest.fixture(params=LOOKS)
def screen(visitor: Visitor, request: pytest.FixtureRequest) -> Page:
    """A screen of some width, in a light or a dark room."""
    return visitor(*request.param)


def faults(page: Page) -> list[str]:
    """What is wrong with the page that is open."""
    page.evaluate(AXE)
    found: list[str] = page.evaluate(ASK)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        found.append(f"scrolls sideways by {wide} px")
    headings = page.locator("h1").count()
    if headings != 1:
        found.append(f"{headings} headings of the first level")
    return found


def faults_of(page: Page, url: str) -> list[str]:
    answer = page.goto(url)
    assert answer is not None
    assert answer.status < 400, f"{url}: {answer.status}"
    return faults(page)


def pages_from(page: Page, start: str) -> Iterator[str]:
    """Yield the address of every kind of page that links lead to, the first one open."""
    waiting, seen = [start], {NAMES.sub("*", urlsplit(start).path)}
    while waiting:
        url = waiting.pop(0)
        yield url
        links: list[str] = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        for link in links:
            parts = urlsplit(link)
            kind = NAMES.sub("*", parts.path)
            here = parts.netloc == urlsplit(start).netloc
            if here and kind not in seen and not NO_PAGE.search(parts.path):
                seen.add(kind)
                waiting.append(f"{parts.scheme}://{parts.netloc}{parts.path}")


def checked(page: Page, urls: Iterator[str]) -> tuple[int, dict[str, Any]]:
    """Look at each page; return how many there were and what is wrong, by path."""
    wrong: dict[str, Any] = {}
    count = 0
    for count, url in enumerate(urls, 1):
        assert count <= AS_MANY_AS, "links lead on without end"
        if found := faults_of(page, url):
            wrong[urlsplit(url).path] = found
    return count, wrong


def public_pages(stack: Stack) -> Iterator[str]:
    yield f"{stack.url}/accounts/login/"
    yield f"{stack.url}/accounts/password/reset/"
    yield f"{stack.url}/privacy/decisions/"
    yield f"{stack.url}/terms/"
    for document in ("floor", "default", "vpnet", "callpro"):
        profile = library.newest(document)
        version = f"{stack.url}/terms/{document}/{profile.version}"
        yield f"{version}/"
        yield f"{version}/clause/{profile.rows[0].clause.id}/"
        yield f"{version}/work-it-out/"
    asked = f"{stack.url}/terms/vpnet/{library.latest('vpnet')}"
    yield f"{asked}/?q=invoice&readers=protected"
    yield f"{asked}/?q=zeppelin"
    for rule in ("invoice_due_date", "back_billing", "line_amounts", "desk_open", "may"):
        yield f"{asked}/work-it-out/{rule}/"
    yield f"{asked}/work-it-out/invoice_due_date/?issue_date=soon&state=NSW"


def test_pages_that_anyone_may_read(screen: Page, stack: Stack):
    count, wrong = checked(screen, public_pages(stack))

    assert count > 20
    assert wrong == {}


@pytest.mark.parametrize("who", ["mia.conti", "anh.tran"])
def test_every_page_that_a_customer_can_reach(screen: Page, stack: Stack, who: str):
    sign_in(screen, stack, who)
    expect(screen.get_by_role("heading", name="Home", level=1)).to_be_visible()

    count, wrong = checked(screen, pages_from(screen, f"{stack.url}/"))

    assert count > 10
    assert wrong == {}


def test_reasons_and_errors_when_they_are_open(screen: Page, stack: Stack):
    sign_in(screen, stack, "mia.conti")
    screen.goto(f"{stack.url}/complaints/new/")
    screen.get_by_role("button", name="Next").click()
    expect(screen.get_by_role("alert")).to_be_visible()
    with_errors = faults(screen)

    screen.goto(f"{stack.url}/bills/")
    screen.locator("tbody tr a").first.click()
    screen.wait_for_load_state()
    for summary in screen.locator("details summary").all():
        summary.click()
    with_reasons = faults(screen)

    assert (with_errors, with_reasons) == ([], [])
