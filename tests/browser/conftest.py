from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Literal, Protocol

import pytest
from playwright.sync_api import Browser, BrowserType, Page, sync_playwright

from tests.browser.stack import Stack

Scheme = Literal["light", "dark"]
FLAGS = [
    "--no-sandbox",
    # Debian's wrapper asks for a graphics card; without one, a new page may never come up.
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def stack(tmp_path_factory) -> Iterator[Stack]:
    """The portal with the demo, after one real bill run; its worker was killed half-way once."""
    running = Stack(tmp_path_factory.mktemp("stack"))
    try:
        running.manage("migrate", "--verbosity", "0")
        running.manage("demo")
        running.manage("bill_run")
        running.start_web()
        running.start_worker()
        running.until(lambda: made_pdfs(running) >= 3, "the first PDFs")
        running.kill_worker()
        running.left_half_way = unsent_bills(running)
        running.start_worker()
        running.until(lambda: unsent_bills(running) == 0, "the bills' emails")
        yield running
    finally:
        running.stop()


def made_pdfs(stack: Stack) -> int:
    return len(list((stack.folder / "files" / "documents").rglob("*.pdf")))


def unsent_bills(stack: Stack) -> int:
    return int(
        stack.ask(
            "from records.notices.models import Notice;"
            "waiting = Notice.objects.filter(status__in=['queued', 'sending']);"
            "print(waiting.filter(kind='invoice_issued').count())"
        )
    )


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def browser(chromium: BrowserType) -> Iterator[Browser]:
    """Debian's Chromium, a new one for each file: Playwright's own cannot be had everywhere.

    Its visitors end with it: the end of a browser is bounded, the end of one visitor is not.
    """
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "No browser. Run: apt-get install -y chromium"
    running = chromium.launch(executable_path=path, args=FLAGS)
    yield running
    running.close()


class Visitor(Protocol):
    def __call__(self, width: int = 390, scheme: Scheme = "light", scripts: bool = True) -> Page:
        """A page of a fresh visitor, who is not logged in."""


@pytest.fixture
def visitor(browser: Browser) -> Visitor:
    """A fresh visitor on each call, each as if with a browser of their own."""

    def visit(width: int = 390, scheme: Scheme = "light", scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
            locale="en-AU",
        )
        return context.new_page()

    return visit


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Page]:
    """A fresh visitor on a phone. A script or resource error on any page fails the test."""
    page = visitor()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: problems.append(message.text) if message.type == "error" else None,
    )
    yield page
    assert not problems, problems
