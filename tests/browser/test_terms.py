"""The public terms in a browser that runs no scripts, read by somebody who is not logged in."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visitor: Visitor) -> Page:
    return visitor(1280, scripts=False)


def test_stranger_finds_a_clause_and_works_it_out_without_javascript(page: Page, stack: Stack):
    page.goto(f"{stack.url}/terms/")
    page.get_by_role("link", name="VPnet", exact=True).click()
    page.get_by_label("Search the clauses").fill("VP-PAY-02")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("status")).to_contain_text("1 clause with “VP-PAY-02”")

    page.get_by_role("link", name="When is a bill due?").click()
    page.get_by_label("Bill dated").fill("2026-12-10")
    page.get_by_role("button", name="Work it out").click()

    expect(page.locator("main")).to_contain_text("Tue 29 Dec 2026")
    page.get_by_role("link", name="Read this clause").first.click()
    expect(page.get_by_text("VP-PAY-02").first).to_be_visible()


def test_figure_on_a_page_is_one_click_from_its_clause(page: Page, stack: Stack):
    page.goto(f"{stack.url}/terms/vpnet/undated-1/work-it-out/back_billing/")

    page.get_by_role("link", name="Read this clause").last.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Consumer Protections")
