from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.stack import Stack

FLAGS = [
    "--no-sandbox",
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
def browser() -> Iterator[Browser]:
    """Debian's Chromium: Playwright's own cannot be had everywhere."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "No browser. Run: apt-get install -y chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor. A script or resource error on any page fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-AU")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: problems.append(message.text) if message.type == "error" else None,
    )
    yield page
    context.close()
    assert not problems, problems
