"""A forgotten password in a real browser: link, text, new password; then somebody stops it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.stack import Stack
from tests.browser.test_people import mailed

pytestmark = pytest.mark.browser
WHO, PHONE = "greta.olsen@demo.example", "+61491570156"
NEW = "calmer-harbour-2027"


@pytest.fixture
def elsewhere(visitor: Visitor) -> Page:
    """Another browser, in which nobody is logged in."""
    return visitor()


def test_forgotten_password_takes_link_and_text_and_can_be_stopped(
    page: Page, elsewhere: Page, stack: Stack
):
    page.goto(f"{stack.url}/accounts/password/reset/")
    page.get_by_label("Email").fill(WHO)
    page.get_by_role("button", name="Send me the link").click()
    link = re.search(r"http\S+/reset/key/\S+", mailed(stack, WHO, "Reset your password"))
    assert link
    page.goto(link.group())
    expect(page.get_by_role("heading", name="Show that it is you")).to_be_visible()
    expect(page.get_by_label("New Password", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Text me a code").click()
    code = re.search(r"\b\d{6}\b", mailed(stack, PHONE, "Text message"))
    assert code
    page.get_by_label("The code from the text message").fill(code.group())
    page.get_by_role("button", name="Continue").click()
    page.locator("input[name=password1]").fill(NEW)
    page.locator("input[name=password2]").fill(NEW)
    page.get_by_role("button", name="Save new password").click()
    page.get_by_role("main").get_by_role("link", name="Log in").click()
    page.get_by_label("Email").fill(WHO)
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(f"{stack.url}/")

    way_out = re.search(r"http\S+/stop/\S+", mailed(stack, WHO, "Your password was changed"))
    assert way_out
    elsewhere.goto(way_out.group())
    elsewhere.get_by_role("button", name="Stop it").click()
    expect(elsewhere.get_by_role("heading", name="It is stopped")).to_be_visible()

    page.goto(f"{stack.url}/profile/")
    expect(page).to_have_url(re.compile(r"/accounts/login/"))
