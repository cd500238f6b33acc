"""On a phone: a plan is ordered from the list, its offer is read and accepted."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.flows import sign_in
from tests.browser.stack import Stack
from tests.browser.test_people import prove

pytestmark = pytest.mark.browser
# What the stack's own database says of the order in the end.
ENGINE = """
from contracts.orders.models import Order
row = Order.objects.get(account__customer__email="felix.young@demo.example")
print(row.state, row.total_inc, row.lines.get().plan.name)
"""


def test_customer_orders_from_the_list_and_accepts_with_a_second_factor(page: Page, stack: Stack):
    sign_in(page, stack, "felix.young")
    page.goto(f"{stack.url}/services/")
    page.get_by_role("link", name="Order something").click()
    page.get_by_role("link", name="Web hosting basic", exact=True).click()
    expect(page.locator(".key-figure__value").first).to_have_text("$22.00")
    page.get_by_label("How many").fill("2")
    page.get_by_role("button", name="Show me the offer").click()
    expect(page.locator("main")).to_contain_text("Nothing is agreed yet")
    expect(page.locator("main")).to_contain_text("$44.00")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.get_by_role("link", name="Read, confirm and accept").click()
    prove(page, stack, "felix.young@demo.example")
    for box in page.locator("main").get_by_role("checkbox").all():
        box.check()
    page.get_by_label("Type your name").fill("Felix Young")
    page.get_by_role("button", name=re.compile("^Accept")).click()
    expect(page.locator("main")).to_contain_text("Accepted, being delivered")
    assert stack.ask(ENGINE) == "accepted 44.00 Web hosting basic"
