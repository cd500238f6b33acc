"""Authority in a real browser: appointed, checked, limited; an advocate and the customer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from portal.demo.people import PASSWORD
from tests.browser.conftest import Visitor
from tests.browser.flows import sign_in, sign_in_staff
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser
NEW = "robin.wells@demo.example"


def mailed(stack: Stack, to: str, subject: str) -> str:
    """The words of the newest email to somebody about something, once it has come."""

    def found() -> list[str]:
        return [
            mail.get_body(("plain",)).get_content()
            for mail in stack.mails(to)
            if subject in str(mail["Subject"])
        ]

    stack.until(lambda: bool(found()), f"the email “{subject}” to {to}")
    return found()[-1]


def prove(page: Page, stack: Stack, to: str) -> None:
    """Pass the second factor by the code from the email."""
    page.get_by_role("button", name="Email me a code").click()
    code = re.search(r"\b\d{6}\b", mailed(stack, to, "code:"))
    assert code
    page.get_by_label("The code from the email").fill(code.group())
    page.get_by_role("button", name="Continue").click()


def appoint(page: Page, stack: Stack) -> None:
    """As the account holder: a representative who may agree to 100 dollars a month."""
    sign_in(page, stack, "ines.moreau")
    page.get_by_role("link", name="People", exact=True).first.click()
    page.get_by_role("link", name="Appoint someone").click()
    page.get_by_label("Authorised representative").check()
    page.get_by_label("Their full name").fill("Robin Wells")
    page.get_by_label("Their email address").fill(NEW)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Everything that I can do myself").check()
    expect(page.get_by_label("Close the account")).to_be_hidden()
    page.get_by_label("Only what I tick").check()
    for words in ("See bills and services", "See personal details", "Change a plan"):
        page.get_by_label(words).check()
    page.get_by_label("The most that they may agree to pay").fill("100")
    page.get_by_role("button", name="Continue").click()
    prove(page, stack, "ines.moreau@demo.example")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers, then sign")
    expect(page.locator("main")).to_contain_text("$100.00 a month")
    page.get_by_label("Draw it here").check()
    draw_signature(page)
    page.get_by_label("Your full name").fill("Ines Moreau")
    page.get_by_role("button", name="Sign and appoint").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("To be checked")


def draw_signature(page: Page) -> None:
    pad = page.locator("[data-signature]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 20, steps=4)
    page.mouse.move(box["x"] + 160, box["y"] + 50, steps=4)
    page.mouse.up()
    expect(page.get_by_label("Draw it here")).to_be_checked()


def verify(page: Page, stack: Stack) -> None:
    """As staff: the check of the person's identity, from the worklist."""
    sign_in_staff(page, stack, "manager")
    page.get_by_role("link", name=re.compile("wait for an identity check")).click()
    page.get_by_role("link", name="Robin Wells").click()
    page.get_by_role("link", name="Note the identity check").click()
    page.get_by_label("By phone").check()
    page.get_by_label("Evidence").fill("Called back; passport and licence read out")
    page.locator("input[type=submit]").click()
    expect(page.locator(".messagelist")).to_contain_text("the check is noted")


def test_representative_is_appointed_checked_and_changes_the_plan_within_the_limit(
    stack: Stack, visitor: Visitor
):
    appoint(visitor(390), stack)
    link = re.search(r"http\S+/claim/\S+", mailed(stack, NEW, "asks you to be"))
    assert link
    theirs = visitor(390)
    theirs.goto(link.group())
    theirs.get_by_label("Password").fill(PASSWORD)
    theirs.get_by_role("button", name="Take it up").click()
    expect(theirs.locator(".acting")).to_contain_text("once staff have checked who you are")

    verify(visitor(1280), stack)

    theirs.goto(f"{stack.url}/")
    expect(theirs.locator(".acting")).to_contain_text("Acting for Ballarat Community Choir")
    theirs.get_by_role("link", name="Services", exact=True).click()
    theirs.get_by_role("link", name="Hall internet").first.click()
    theirs.get_by_role("link", name="Change the plan").click()
    service = theirs.url
    theirs.get_by_role("link", name="NBN 100/20").click()
    expect(theirs.get_by_role("heading", level=1)).to_have_text("You may not do this")
    expect(theirs.locator("main")).to_contain_text("is more than $100.00")
    expect(theirs.locator("main")).to_contain_text("BS-PARTY-07")

    theirs.goto(service)
    theirs.get_by_role("link", name="NBN 25/10").click()
    expect(theirs.locator("main")).to_contain_text("less")
    theirs.get_by_role("button", name="Change the plan").click()
    expect(theirs.get_by_role("status")).to_contain_text("The change is agreed")
    expect(theirs.locator("main")).to_contain_text("To NBN 25/10")


def test_advocate_and_customer_at_once(stack: Stack, visitor: Visitor):
    advocate, customer = visitor(390), visitor(1280)
    sign_in(advocate, stack, "advocate.vpnet")
    sign_in(customer, stack, "mia.conti")

    advocate.get_by_role("link", name="What you may do here").click()
    advocate.get_by_role("link", name="Ask for something with the customer there").click()
    advocate.get_by_role("link", name="Look at the account together").click()
    advocate.get_by_role("button", name="Ask the customer").click()
    confirm(customer, advocate.locator("main .lead").inner_text())

    # Which answers there are, the advocate sees only now.
    advocate.goto(f"{stack.url}/together/ask/accept_proposal/")
    advocate.locator("input[name=reference]").first.check()
    advocate.get_by_role("button", name="Ask the customer").click()
    words = advocate.locator("main .lead").inner_text()
    assert "Accept the answer that was proposed to complaint C-" in words
    expect(advocate.get_by_role("status").last).to_contain_text("Waiting")

    customer.goto(f"{stack.url}/")
    confirm(customer, words)

    # The advocate's page finds out by itself.
    expect(advocate.locator("main")).to_contain_text("Confirmed by the customer")
    customer.goto(f"{stack.url}/people/history/")
    expect(customer.locator("main")).to_contain_text("Kim Abbott with Mia Conti")


def confirm(customer: Page, words: str) -> None:
    """As the customer, on their own screen: read exactly these words and agree."""
    customer.reload()
    expect(customer.locator("main")).to_contain_text(words)
    customer.get_by_role("link", name="Read and answer").click()
    customer.get_by_role("button", name="Confirm: do this").click()
    expect(customer.locator("main")).to_contain_text("Confirmed, and done")


def test_requests_work_without_scripts(stack: Stack, visitor: Visitor):
    page = visitor(1280, scripts=False)
    sign_in(page, stack, "advocate.callpro")

    page.goto(f"{stack.url}/together/ask/look/")
    page.get_by_role("button", name="Ask the customer").click()
    expect(page.locator("main")).to_contain_text("Waiting for an answer")
    page.get_by_role("button", name="Take the request back").click()

    expect(page.locator("main")).to_contain_text("Ended")
