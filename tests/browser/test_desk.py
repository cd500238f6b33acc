"""A day at the desk in a real browser: an advocate calls with the customer on the line."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.flows import sign_in, sign_in_staff
from tests.browser.stack import Stack
from tests.browser.test_accessibility import faults
from tests.browser.test_people import mailed

pytestmark = pytest.mark.browser


@pytest.fixture
def front(visitor: Visitor, stack: Stack) -> Page:
    """Somebody of the front line, signed in, with the customer's page open."""
    page = visitor(1280)
    sign_in_staff(page, stack, "frontline")
    page.goto(f"{stack.url}/admin/parties/account/")
    page.keyboard.press("/")
    page.keyboard.type("VP101117")
    page.keyboard.press("Enter")
    page.locator("#result_list tbody a").first.click()
    page.get_by_label("Reason").fill("An advocate calls")
    page.get_by_role("button", name="Open the record").click()
    expect(page.locator(".tabs a[aria-current]")).to_be_visible()
    page.wait_for_load_state()
    return page


def test_front_line_takes_a_call_from_an_advocate_with_the_customer_on_the_line(
    stack: Stack, front: Page, visitor: Visitor
):
    assert faults(front) == []
    front.keyboard.press("ArrowRight")
    expect(front.locator(".tabs a[aria-current]")).to_contain_text("People")
    # The next page knows its keys once it is loaded.
    front.wait_for_load_state()
    front.keyboard.press("c")
    front.get_by_label("Kim Abbott, advocate").check()
    front.get_by_label("What about?").select_option("Change contact details")
    front.get_by_role("button", name="Take the call").click()

    # What the advocate may do alone, and why not this.
    asked = front.locator("tr.asked")
    expect(asked).to_contain_text("No")
    expect(asked).to_contain_text("VP-PAR-05")
    expect(front.locator(".call")).to_contain_text("Change contact details: not for this caller")
    assert faults(front) == []

    # One thing, in words, with the customer there.
    front.get_by_role("link", name="Change where bills go").click()
    front.get_by_label("Where should bills go?").fill("counsellor.copy@demo.example")
    front.get_by_role("button", name="Ask the customer").click()
    expect(front.locator(".read-out")).to_contain_text(
        "Kim Abbott asks: Bills go to counsellor.copy@demo.example"
    )
    front.get_by_role("button", name="Send the customer a code").click()
    code = re.search(r"\b\d{6}\b", mailed(stack, "mia.conti@demo.example", "code:"))
    assert code
    front.get_by_label("The code that the customer reads out").fill(code.group())
    front.get_by_role("button", name="The customer agrees: do it").click()
    expect(front.locator(".messagelist")).to_contain_text("Tick that the customer is there")
    expect(front.get_by_label("The code that the customer reads out")).to_have_value(code.group())
    front.get_by_label("The customer is on the line and agreed").check()
    front.get_by_role("button", name="The customer agrees: do it").click()
    expect(front.locator(".messagelist")).to_contain_text("Done, under the names of all three.")

    front.get_by_role("link", name="End the call").click()
    front.get_by_label("How did it end?").fill("Bills go to the counsellor for now")
    front.get_by_role("button", name="End the call").click()
    expect(front.locator(".call-now")).to_have_count(0)

    # The customer reads who did it, for whom, and how the call ended.
    theirs = visitor()
    sign_in(theirs, stack, "mia.conti")
    theirs.goto(f"{stack.url}/people/history/")
    history = theirs.locator("main")
    expect(history).to_contain_text("for Kim Abbott, advocate, with Mia Conti, account holder")
    expect(history).to_contain_text("Bills go to the counsellor for now")
