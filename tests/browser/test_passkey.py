"""A passkey in a real browser: added, used alone to log in, and what is said when it fails."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import CDPSession, Page, expect

from portal.demo.people import PASSWORD
from tests.browser.flows import sign_in
from tests.browser.stack import Stack
from tests.browser.test_people import mailed

pytestmark = pytest.mark.browser
WHO, PHONE = "theo.marsh@demo.example", "+61491570156"


def device(page: Page) -> tuple[CDPSession, str]:
    """A phone with a fingerprint reader that always says yes, and its id."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session, made["authenticatorId"]


def prove_by_text_and_password(page: Page, stack: Stack) -> None:
    page.get_by_role("button", name="Text me a code").click()
    code = re.search(r"\b\d{6}\b", mailed(stack, PHONE, "Text message"))
    assert code
    page.get_by_label("The code from the text message").fill(code.group())
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def test_a_passkey_logs_in_alone_and_says_in_words_when_it_does_not(page: Page, stack: Stack):
    session, phone = device(page)
    sign_in(page, stack, "theo.marsh")
    page.goto(f"{stack.url}/accounts/2fa/webauthn/add/")
    prove_by_text_and_password(page, stack)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text(re.compile("recovery code", re.I)).first).to_be_visible()
    keys = session.send("WebAuthn.getCredentials", {"authenticatorId": phone})["credentials"]
    assert [key["isResidentCredential"] for key in keys] == [True]

    page.context.clear_cookies()
    page.goto(f"{stack.url}/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{stack.url}/", timeout=20_000)

    # Whoever has a passkey alone is never asked for a code of an app.
    page.goto(f"{stack.url}/accounts/2fa/recovery-codes/generate/")
    expect(page.get_by_role("link", name="Use a recovery code")).to_be_visible()
    expect(page.get_by_text(re.compile("authenticator app", re.I))).to_have_count(0)
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile(r"/2fa/recovery-codes/generate/$"), timeout=20_000)

    page.context.clear_cookies()
    session.send("WebAuthn.clearCredentials", {"authenticatorId": phone})
    page.goto(f"{stack.url}/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    said = page.locator("#passkey-error")
    expect(said).to_contain_text("this device has no passkey for you", timeout=20_000)
    expect(said).to_be_focused()
