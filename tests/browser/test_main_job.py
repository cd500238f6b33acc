"""The main job, as a customer of each provider and then as staff, in a real browser."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.flows import open_why, sign_in, sign_in_staff
from tests.browser.oracle import in_words, rolled, working_days_on
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser

# The least that a browser takes for a picture.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True)
class Case:
    """A provider's first customer, and what the provider's own terms make of the same acts."""

    key: str
    login: str
    states: tuple[str, ...]  # the customer's and the provider's: the law takes the kinder
    due: Callable[[date], date]
    due_clause: str
    complaint_clause: str


CASES = [
    Case(
        "vpnet",
        "mia.conti",
        ("NSW",),
        lambda day: rolled(day + timedelta(days=15), "NSW"),
        "VP-PAY-02",
        "VP-CMP-09",
    ),
    Case(
        "comvergence",
        "elena.petridis",
        ("VIC",),
        lambda day: day + timedelta(days=14),
        "CV-PAY-01",
        "RF-CMP-03",
    ),
    Case(
        "blueshift",
        "oliver.hart",
        ("VIC",),
        lambda day: rolled(day + timedelta(days=14), "VIC"),
        "BS-PAY-01",
        "RF-CMP-03",
    ),
    Case(
        "greenlight",
        "felix.young",
        ("NSW",),
        lambda day: day + timedelta(days=14),
        "GL-PAY-01",
        "RF-CMP-03",
    ),
    Case(
        "callpro",
        "anh.tran",
        ("NSW",),
        lambda day: rolled(day + timedelta(days=15), "NSW"),
        "HD-",
        "RF-CMP-03",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_customer_reads_a_bill_and_lodges_a_complaint(page: Page, stack: Stack, case: Case):
    sign_in(page, stack, case.login)
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()

    number = open_newest_bill(page)
    invoice = facts_of(stack, number)
    due = case.due(date.fromisoformat(invoice["issue"]))
    expect(page.locator("main")).to_contain_text(in_words(due))
    assert case.due_clause in open_why(page, "Why this due date?")

    text = download_pdf(page)
    for words in ("Tax invoice", "ABN", number, in_words(due), f"${float(invoice['total']):,.2f}"):
        assert words in text

    reference = lodge(page)
    today = datetime.now(ZoneInfo("Australia/Sydney")).date()
    acknowledge = min(working_days_on(today, 2, state) for state in case.states)
    propose = min(working_days_on(today, 10, state) for state in case.states)
    main = page.locator("main")
    expect(main).to_contain_text(in_words(propose))
    whys = main.locator("details.why", has_text="Why this date?")
    for place in range(whys.count()):
        whys.nth(place).locator("summary").click()
    assert case.complaint_clause in main.inner_text()

    address = f"{case.login}@demo.example"
    stack.until(
        lambda: any(reference in mail["Subject"] for mail in stack.mails(address)),
        "the acknowledgement",
    )
    mail = next(mail for mail in stack.mails(address) if reference in mail["Subject"])
    words = mail.get_body(("plain",)).get_content()
    assert in_words(acknowledge) in words
    assert in_words(propose) in words
    bill = next(mail for mail in stack.mails(address) if list(mail.iter_attachments()))
    (attached,) = bill.iter_attachments()
    assert attached.get_content_type() == "application/pdf"


def open_newest_bill(page: Page) -> str:
    page.get_by_role("link", name="Bills", exact=True).first.click()
    link = page.locator("tbody tr a").first
    number = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)
    return number


def download_pdf(page: Page) -> str:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PDF").click()
    done = subprocess.run(
        ["pdftotext", "-layout", download.value.path(), "-"], capture_output=True, check=True
    )
    return done.stdout.decode()


def lodge(page: Page) -> str:
    page.get_by_role("link", name="Complaints & help").first.click()
    page.get_by_role("link", name="Make a complaint").first.click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    page.get_by_label("A fault or an outage").check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Is any of this so?")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("What happened?").fill("The line is dead since this morning.")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Photos, letters").set_input_files(
        {"name": "router.png", "mimeType": "image/png", "buffer": PNG}
    )
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("router.png")).to_be_visible()
    page.get_by_role("button", name="Send the complaint").click()
    expect(page.get_by_role("status")).to_contain_text("We have your complaint")
    found = re.search(r"C-[A-Z0-9]{8}", page.get_by_role("heading", level=1).inner_text())
    assert found
    return found.group()


def facts_of(stack: Stack, number: str) -> dict[str, str]:
    issue, total = stack.ask(
        "from billing.models import Invoice;"
        f"one = Invoice.objects.get(number='{number}');"
        "print(one.issue_date, one.total_inc)"
    ).split()
    return {"issue": issue, "total": total}


def test_staff_need_a_second_factor_and_find_the_complaint_in_the_queue(page: Page, stack: Stack):
    page.set_viewport_size({"width": 1280, "height": 900})
    sign_in_staff(page, stack, "manager")

    page.goto(f"{stack.url}/admin/complaints/complaint/?state__exact=investigating")
    expect(page.locator("#result_list")).to_contain_text("Answer by")
    page.locator("#result_list tbody th a").first.click()
    expect(page.locator("#content")).to_contain_text("What is owed")
    page.get_by_role("link", name="Propose an answer").click()
    page.get_by_label("What to tell the customer").fill("We credit the call and watch the line.")
    page.locator("input[type=submit]").click()
    expect(page.locator(".messagelist")).to_contain_text("Proposed.")


def test_staff_with_a_password_alone_do_not_get_in(page: Page, stack: Stack):
    sign_in(page, stack, "manager")

    page.goto(f"{stack.url}/admin/")

    expect(page).not_to_have_url(re.compile(r"/admin/$"))


def test_worker_killed_between_invoice_and_email_sends_each_email_once(stack: Stack):
    assert stack.left_half_way > 0
    rows = stack.ask(
        "from records.notices.models import Notice;"
        "[print(n.message_id, n.status) for n in Notice.objects.filter(kind='invoice_issued')]"
    ).splitlines()
    invoices = int(
        stack.ask(
            "from billing.models import Invoice, BillRun;"
            "day = BillRun.objects.latest('issue_on').issue_on;"
            "print(Invoice.objects.filter(issue_date=day).count())"
        )
    )

    # Other stories send PDFs too: an offer's summary.
    bills = {row.split()[0] for row in rows}
    mails = [mail for mail in stack.mails() if str(mail["Message-ID"]) in bills]
    sent = [str(mail["Message-ID"]) for mail in mails if list(mail.iter_attachments())]

    # One customer of each provider is told by phone alone, for safety: staff do that by hand.
    by_email = [row.split()[0] for row in rows if row.endswith(" sent")]
    by_hand = [row for row in rows if row.endswith(" by_hand")]
    assert len(rows) == invoices == 20
    assert (len(by_email), len(by_hand)) == (15, 5)
    assert sorted(by_email) == sorted(sent)
    assert len(mails) == len(sent)


def test_wrong_password_says_so_and_lets_nobody_in(page: Page, stack: Stack):
    page.goto(f"{stack.url}/accounts/login/")
    page.get_by_label("Email").fill("mia.conti@demo.example")
    page.get_by_label("Password", exact=True).fill("not-the-password")
    page.get_by_role("button", name="Log in", exact=True).click()

    expect(page.get_by_role("alert")).to_be_visible()
    page.goto(f"{stack.url}/bills/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_portal_is_ready_and_says_so(page: Page, stack: Stack):
    ready = f"{stack.url}/readyz"

    # The worker is known from its first beat on, which may be some seconds away.
    stack.until(lambda: page.request.get(ready).status == 200, "the portal to be ready")

    assert page.request.get(ready).text() == "ok\n"
