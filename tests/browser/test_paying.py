"""Paying on a phone, by card and by a debit that fails later, and what each page then says."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.flows import open_why, sign_in
from tests.browser.stack import Stack
from tests.browser.test_accessibility import faults

pytestmark = pytest.mark.browser

PAY_OVERDUE = re.compile(r"Pay \$[\d,.]+ overdue")


def begin(page: Page, way: str) -> str:
    """From Home to the payment page; return what is to be paid."""
    page.get_by_role("link", name="Home", exact=True).first.click()
    button = page.get_by_role("link", name=PAY_OVERDUE)
    amount = button.inner_text().removeprefix("Pay ").removesuffix(" overdue")
    button.click()
    expect(page.get_by_role("heading", name="Pay", level=1)).to_be_visible()
    assert faults(page) == []
    page.get_by_label(re.compile(rf"^{way}")).check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Simulated payment of {amount}")
    return amount


def test_overdue_bill_is_paid_by_card(page: Page, stack: Stack):
    """Greenlight, 4.2(m): cards are taken because it agreed, without a surcharge on Visa."""
    sign_in(page, stack, "felix.young")
    amount = begin(page, "Visa")

    page.get_by_role("button", name="Fail", exact=True).click()
    expect(page.locator("main")).to_contain_text("declined")
    page.get_by_role("button", name="Pay", exact=True).click()

    main = page.locator("main")
    expect(main).to_contain_text("Thank you. We received it")
    expect(main).to_contain_text(amount)
    assert faults(page) == []
    assert "4.2(m)" in open_why(page, "Why this way to pay?")
    page.get_by_role("link", name="See the receipt").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Receipt Received")
    expect(page.locator("main")).to_contain_text("of bill GL")
    assert faults(page) == []
    page.get_by_role("link", name="Home", exact=True).first.click()
    expect(page.get_by_role("link", name=PAY_OVERDUE)).to_have_count(0)
    address = "felix.young@demo.example"
    stack.until(
        lambda: any("we received" in mail["Subject"] for mail in stack.mails(address)),
        "the receipt",
    )


def test_debit_that_fails_later_opens_the_bill_again(page: Page, stack: Stack):
    """Blueshift, 72(b): on its way is not paid, and what is taken back is owed again."""
    sign_in(page, stack, "oliver.hart")
    amount = begin(page, "Bank account")

    page.get_by_role("button", name="Pay", exact=True).click()
    expect(page.locator("main")).to_contain_text("is not paid yet")
    assert faults(page) == []
    page.get_by_role("link", name="Home", exact=True).first.click()
    expect(page.locator("main")).to_contain_text(f"{amount} is on its way")

    answer_of_the_bank(page, stack, amount, "The bank pays")
    page.goto(f"{stack.url}/")
    expect(page.get_by_role("link", name=PAY_OVERDUE)).to_have_count(0)

    answer_of_the_bank(page, stack, amount, "The bank takes it back")
    page.goto(f"{stack.url}/bills/payments/")
    expect(page.locator("tbody tr").first).to_contain_text("Taken back")
    assert faults(page) == []
    page.locator("tbody a").first.click()
    expect(page.locator("main")).to_contain_text("is open again")
    page.get_by_role("link", name="Home", exact=True).first.click()
    expect(page.get_by_role("link", name=PAY_OVERDUE)).to_contain_text(amount)


def answer_of_the_bank(page: Page, stack: Stack, amount: str, words: str) -> None:
    page.goto(f"{stack.url}/dev/gateway/")
    mine = page.locator("form", has_text=amount).first
    mine.get_by_role("button", name=words).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Simulated bank")
