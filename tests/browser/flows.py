"""What people do, in the words of the screens."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from portal.demo.people import PASSWORD
from tests.browser.stack import Stack


def sign_in(page: Page, stack: Stack, key: str) -> None:
    """Log in with email and password."""
    page.goto(f"{stack.url}/accounts/login/")
    page.get_by_label("Email").fill(f"{key}@demo.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def sign_in_staff(page: Page, stack: Stack, key: str) -> None:
    """Log in and give the code that the authenticator app shows.

    A code works once: if another test has just used it, wait until the app shows the next one.
    """
    sign_in(page, stack, key)
    used = ""
    for _ in range(3):
        code = stack.new_code(key, after=used)
        page.get_by_label(re.compile("code", re.I)).first.fill(code)
        page.get_by_role("button", name="Continue").click()
        wrong = page.get_by_text("Incorrect code")
        expect(wrong.or_(page.locator("#user-tools, #site-name").first).first).to_be_visible()
        if not wrong.count():
            break
        used = code
    expect(page).to_have_url(re.compile(r"/admin/"))


def open_why(page: Page, words: str) -> str:
    """Open a Why? and return what it says."""
    summary = page.locator("details.why summary", has_text=words).first
    summary.click()
    return summary.locator("xpath=..").inner_text()
