"""On a phone: what leaving costs on three dates, as the rules have it, with the clause."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.flows import sign_in
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser
# For each provider: who looks, at which service, and the clause or silence that decides.
LOOKS = [
    ("mia.conti", "Shop internet", "VP-SUS-13"),
    ("elena.petridis", "Workshop fibre", "CV-TRM-03"),
    ("amara.okafor", "Home NBN", "BS-SUSP-13"),
    ("felix.young", "Counter phones", "GL-SUSP-15"),
    ("anh.tran", "Support", "CP-SIL-21"),
]
# What the rules say of three last days, asked of the stack's own database.
ENGINE = """
import json
from datetime import timedelta
from django.utils import timezone
from contracts.leaving.selectors import leaving_of
from contracts.supply.models import Service
from parties.authority.selectors import local_day
of = dict(label={label!r}, contract__account__customer__email={email!r})
service = Service.objects.get(**of)
today = local_day(service.contract.account, timezone.now())
days = [today + timedelta(days=ahead) for ahead in (45, 200, 900)]
found = [leaving_of(service, today=today, asked_on=day) for day in days]
costs = [(one.end.asked_on.isoformat(), one.cost) for one in found]
print(json.dumps([[day, str(cost.total), cost.is_known] for day, cost in costs]))
"""


@pytest.mark.parametrize(("who", "label", "cited"), LOOKS)
def test_cost_of_leaving_on_three_dates_is_the_rules_own_with_its_clause(
    page: Page, stack: Stack, who: str, label: str, cited: str
):
    email = f"{who}@demo.example"
    expected = json.loads(stack.ask(ENGINE.format(label=label, email=email)))
    sign_in(page, stack, who)
    page.goto(f"{stack.url}/services/")
    page.get_by_role("link", name=label, exact=True).click()
    page.get_by_role("link", name="What would it cost to leave on another day?").click()

    for on, total, is_known in expected:
        page.get_by_label("Last day of service").fill(on)
        page.get_by_role("button", name="Work it out").click()
        amount = f"${Decimal(total):,.2f}"
        at_least = f"At least {amount}" if Decimal(total) else "Not known yet"
        figure = page.locator(".key-figure__value").first
        expect(figure).to_have_text(amount if is_known else at_least)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Last day of service").fill(expected[0][0])
    page.get_by_role("button", name="Work it out").click()
    expect(page.locator("main")).to_contain_text(re.compile(re.escape(cited)))
