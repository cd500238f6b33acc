"""Who a customer is stays hidden from an advocate who may see bills but not whose they are."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import date
from html import escape

import pytest
from django.test import Client
from django.urls import reverse

from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.process.services import acknowledge_sent, propose_resolution, start_investigation
from complaints.tickets.models import Complaint
from parties.appointments.services import appoint as appoint_somebody
from parties.appointments.services import remind_of_expiry
from parties.correspondence.services import HIDDEN, Mask, mask_for, tell
from records.documents.models import Document
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.facts import Role
from tests.architecture.authority import addresses, build_world, url_of
from tests.parties.people import TYPED, wanted
from tests.world import appoint, instant, make_staff, make_user, make_world

AT = instant("2026-11-20 10:00")
SECRETS = [
    "Harbour Bakery",
    "Mia Conti",
    "Conti",
    "bakery@people.example",
    "bills@people.example",
    "1 Test Street",
    "Testville",
    "0491 570 156",
    "+61491570156",
]


@pytest.fixture
def world(db):
    """A VPnet customer that could negotiate: its terms alone bind, and show masked bills."""
    world = make_world(negotiated=True)
    world.customer.phone = world.holder.phone = "+61491570156"
    world.customer.save()
    world.holder.save()
    return world


@pytest.fixture
def complaint(world, invoice) -> Complaint:
    """A complaint whose words name the customer, with an answer that does so too."""
    found = lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(
            topic="bill", description="I am Mia Conti of Harbour Bakery, call 0491 570 156."
        ),
    )
    deliver_queued(at=AT)
    acknowledge_sent(at=AT)
    desk = make_staff()
    start_investigation(reference=found.reference, by=desk, at=AT)
    propose_resolution(reference=found.reference, by=desk, text="Ms Conti gets $5.", at=AT)
    return found


def stands(world, role=Role.ADVOCATE, **facts):
    user = make_user("Kim Abbott")
    appoint(world.account, user, role, **({"ends_on": date(2099, 12, 31)} | facts))
    return user


def page_of(name: str, invoice, complaint) -> str:
    kwargs = {
        "invoice": {"public_id": invoice.public_id},
        "invoice_pdf": {"public_id": invoice.public_id},
        "complaint": {"reference": complaint.reference},
    }
    return reverse(name, kwargs=kwargs.get(name))


def text_of(answer) -> str:
    data = answer.getvalue()
    if not data.startswith(b"%PDF"):
        return data.decode()
    command = ["pdftotext", "-layout", "-", "-"]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()


def found_in(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret.lower() in text.lower()]


@pytest.mark.slow
def test_no_page_gives_the_customer_away(client, db):
    world = build_world()
    for record in (world.customer, world.holder):
        record.phone = "+61491570156"
        record.save()
    Complaint.objects.update(description="I am Mia Conti of Harbour Bakery, call 0491 570 156.")
    client.force_login(stands(world))
    client.raise_request_exception = False

    given_away = {}
    for address in addresses():
        if address.method == "GET" and not address.name.startswith("admin:"):
            url = url_of(address, world.account.number)
            for form in ("", "?format=csv"):
                given_away[url + form] = found_in(text_of(client.get(url + form)))

    assert {url: secrets for url, secrets in given_away.items() if secrets} == {}
    assert len(given_away) > 40


def test_bill_and_its_pdf_are_shown_without_the_customer(client, world, invoice, complaint):
    client.force_login(stands(world))

    page = client.get(page_of("invoice", invoice, complaint))
    pdf = client.get(page_of("invoice_pdf", invoice, complaint))

    assert page.status_code == pdf.status_code == 200
    assert "a customer of VPnet" in page.content.decode()
    assert invoice.number in text_of(pdf)
    assert f"invoice-masked-{invoice.number.lower()}" in pdf["Content-Disposition"]
    client.get(page_of("invoice_pdf", invoice, complaint))
    assert Document.objects.filter(kind__endswith="_masked").count() == 1


def test_holder_and_full_representative_see_all(client, world, invoice, complaint):
    for user in (world.holder, stands(world, Role.AUTHORISED_REP)):
        client.force_login(user)
        page = client.get(page_of("complaint", invoice, complaint)).content.decode()
        pdf = text_of(client.get(page_of("invoice_pdf", invoice, complaint)))
        assert "Mia Conti" in page
        assert "Harbour Bakery" in pdf


def test_representative_without_personal_details_sees_them_nowhere(
    client, world, invoice, complaint
):
    client.force_login(stands(world, Role.AUTHORISED_REP, limits=["view_personal_details"]))

    for name in ("home", "bills", "invoice", "invoice_pdf", "complaint", "choose_account"):
        assert found_in(text_of(client.get(page_of(name, invoice, complaint)))) == []


def test_refusal_gives_nobody_away(client, world, invoice, complaint):
    client.force_login(stands(world, limits=["only_with_customer"]))

    answer = client.get("/bills/")

    assert answer.status_code == 403
    assert found_in(answer.content.decode()) == []


def test_email_to_an_advocate_hides_what_staff_wrote(world, mailoutbox):
    advocate = stands(world)
    complaint = lodge_complaint(
        account=world.account,
        by=advocate,
        at=AT,
        details=ComplaintDetails(topic="bill", description="Too much."),
    )
    deliver_queued(at=AT)
    acknowledge_sent(at=AT)
    desk = make_staff()
    start_investigation(reference=complaint.reference, by=desk, at=AT)
    propose_resolution(
        reference=complaint.reference, by=desk, text="Mia Conti of 1 Test Street gets $5.", at=AT
    )
    deliver_queued(at=AT)

    assert len(mailoutbox) == 2
    for mail in mailoutbox:
        assert found_in(mail.subject + mail.body + str(mail.alternatives)) == []


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        (
            "Will Page",
            "Will Page will turn a page. Page it.",
            "(hidden) will turn a page. (hidden) it.",
        ),
        (
            "April May",
            "Call May on 14 May 2026, in April 2026.",
            "Call (hidden) on 14 May 2026, in April 2026.",
        ),
        ("Edith Button", "Press the button, Edith.", "Press the button, (hidden)."),
        ("Lena Head", "<head> Lena HEAD", "<head> (hidden)"),
        ("Ng", "Mr Ng is singing", "Mr (hidden) is singing"),
        ("Bo Li", "bo li, Li", "(hidden), (hidden)"),
        ("Zoe\u0308 O'Brien", "Zo\u00eb O\u2019Brien", "(hidden)"),
        (
            "Zo\u00eb O'Brien",
            "Zoe\u0308 and Zoe and O'Brien",
            "(hidden) and (hidden) and (hidden)",
        ),
        ("O'Neil & Sons", "from O'Neil  &\nSons", "from (hidden)"),
    ],
)
def test_mask_knows_a_name_however_it_is_written_and_no_other_word(name, text, left):
    assert Mask([name, *name.split()]).text(text) == left


def test_mask_leaves_other_words_alone():
    assert Mask(["Ann"]).text("Announce to ANN, in the annex") == (
        f"Announce to {HIDDEN}, in the annex"
    )


NAMES = ["Will Page", "Jimmy Ng", "April May", "Edith Button", "Lena Head", "Zoe\u0308 O'Brien"]


@pytest.mark.parametrize("name", NAMES)
def test_page_for_who_may_not_know_is_whole_and_names_nobody(client, world, invoice, name):
    world.customer.name = world.holder.full_name = name
    world.customer.save()
    world.holder.save()
    client.force_login(stands(world, Role.AUTHORISED_REP, limits=["view_personal_details"]))
    full = Client()
    full.force_login(stands(world, Role.AUTHORISED_REP))

    for path in ("/", "/bills/", f"/bills/{invoice.public_id}/", "/complaints/new/"):
        page, other = client.get(path).content.decode(), full.get(path).content.decode()
        assert escape(name) not in page
        assert HIDDEN not in page
        assert "Nov 2026" in page or "Nov 2026" not in other
        assert page.count("<button") >= 1
        assert page.count("</head>") == page.count("</main>") == 1


# --- the attacks


def test_what_another_account_holds_never_changes_a_page(client, world):
    """Somebody's address is markup, and they appointed the victim: the victim's page stays."""
    victim = make_world("callpro").holder
    client.force_login(victim)
    before = client.get("/bills/?q=search").content.decode()
    world.account.street = '" search" value="'
    world.account.save()
    appoint_somebody(
        account=world.account,
        by=world.holder,
        wanted=replace(
            wanted(), email=victim.email, role=Role.ADVOCATE, advocate_kind="legal_aid", limits=()
        ),
        signing=TYPED,
        at=AT,
    )

    after = client.get("/bills/?q=search").content.decode()

    assert _steady(after) == _steady(before)


def _steady(page: str) -> str:
    """The page without what is new in each request."""
    return re.sub(r'\b[A-Za-z0-9]{64}\b|nonce="[^"]*"', "", page)


def test_guesses_come_back_as_they_were_typed(client, world):
    client.force_login(stands(world, Role.AUTHORISED_REP, limits=["view_personal_details"]))
    guesses = "0491 570 156 0491 570 157 Mia Conti"

    draft = client.post("/complaints/new/", {"topic": "fault"})["Location"].rpartition("urgent/")[
        0
    ]
    client.post(f"{draft}urgent/")
    page = client.post(f"{draft}words/", {"description": guesses, "wanted": "x" * 5000})
    assert guesses in page.content.decode()
    client.post(f"{draft}words/", {"description": guesses})
    assert guesses in client.get(f"{draft}check/").content.decode()
    client.post(f"{draft}check/")
    own = Complaint.objects.get()
    assert guesses in client.get(f"/complaints/{own.reference}/").content.decode()
    assert guesses in client.get("/bills/", {"q": guesses}).content.decode()


def test_search_finds_nothing_by_words_that_are_hidden(client, world, complaint):
    client.force_login(stands(world, Role.AUTHORISED_REP, limits=["view_personal_details"]))
    found = {
        guess: complaint.reference in client.get("/complaints/", {"q": guess}).content.decode()
        for guess in ("Conti", "Smith", complaint.reference)
    }
    assert found == {"Conti": False, "Smith": False, complaint.reference: True}


def test_masked_pdf_is_the_same_whoever_asks_first(client, world, invoice, complaint):
    namesake = make_user("Mia Conti")
    appoint(world.account, namesake, Role.ADVOCATE, ends_on=date(2099, 12, 31))
    line = invoice.document.content["lines"][0]
    line["description"] = "Visit to Mia Conti"
    invoice.document.save()
    for reader in (namesake, stands(world)):
        client.force_login(reader)
        pdf = text_of(client.get(page_of("invoice_pdf", invoice, complaint)))
        assert "Visit to (hidden)" in pdf
        assert found_in(pdf) == []


def test_mask_without_words_changes_nothing(world):
    assert not mask_for(world.holder, world.account, AT)
    assert Mask().data({"name": ["Mia"]}) == {"name": ["Mia"]}


def test_mask_calls_the_customer_what_reads_well():
    mask = Mask(["Mia", "Mia Conti", "1 Test Street"], names=["Mia", "Mia Conti"], called="them")

    assert mask.text("Write to Mia Conti (MIA), 1 Test Street.") == (
        f"Write to them (them), {HIDDEN}."
    )


@pytest.mark.parametrize(
    ("role", "limits", "hidden"),
    [
        (Role.ADVOCATE, [], True),
        (Role.AUTHORISED_REP, ["view_personal_details"], True),
        (Role.AUTHORISED_REP, [], False),
    ],
)
def test_letters_obey_the_mask_whatever_they_are_about(world, role, limits, hidden):
    reader = make_user("Kim Abbott")
    appoint(
        world.account, reader, role, limits=limits, ends_on=date(2026, 12, 4), named="Kim Abbott"
    )

    tell(
        world.account,
        to=reader.email,
        name="Kim Abbott",
        at=AT,
        headline="About Harbour Bakery",
        body=f"Mia Conti of Harbour Bakery, {world.account.billing_email}, asks Kim Abbott",
    )
    remind_of_expiry(at=AT)

    letters = [one.title + one.text + one.html for one in Notice.objects.filter(to=reader.email)]
    assert len(letters) == 2
    for words in letters:
        assert (found_in(words) == []) is hidden
        assert "Kim Abbott" in words
        assert ("the customer" in words) is hidden


def test_invitation_names_who_sends_it(world):
    appoint_somebody(
        account=world.account,
        by=world.holder,
        wanted=replace(wanted(), role=Role.ADVOCATE, advocate_kind="legal_aid", limits=()),
        signing=TYPED,
        at=AT,
    )

    letter = Notice.objects.get(kind="appointment_invitation")

    assert "Harbour Bakery" in letter.text


def test_letter_to_the_customer_or_a_stranger_hides_nothing(world):
    stranger = make_user("Sam Other")
    for to in (world.holder.email, world.account.billing_email, stranger.email):
        tell(world.account, to=to, name="You", at=AT, headline="Hello", body="Harbour Bakery")

    assert all("Harbour Bakery" in one.text for one in Notice.objects.all())
