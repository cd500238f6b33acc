"""A customer's complaint: what comes next in their words, and every way on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.invoices.models import Invoice
from billing.payments.services import record_payment
from billing.runs.services import run_provider_bills
from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.process import services as process
from complaints.tickets.models import Complaint
from complaints.tickets.states import State
from parties.people.states import StaffRole
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.facts import Role
from tests.parties.people import signed_in
from tests.world import appoint, instant, make_service, make_staff, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return make_staff(StaffRole.FRONT_LINE)


@pytest.fixture
def complaint(world, desk) -> Complaint:
    """One that the desk looks into."""
    at = timezone.now() - timedelta(minutes=5)
    found = lodge_complaint(
        account=world.account,
        by=world.holder,
        at=at,
        details=ComplaintDetails(topic="fault", description="No dial tone."),
    )
    deliver_queued(at=at)
    process.acknowledge_sent(at=at)
    process.start_investigation(reference=found.reference, by=desk, at=at)
    return found


def page(client, complaint) -> str:
    return client.get(f"/complaints/{complaint.reference}/").content.decode()


def send(client, complaint, step, **typed):
    answer = client.post(f"/complaints/{complaint.reference}/{step}/", typed)
    complaint.refresh_from_db()
    return answer


def proposed(complaint, desk, **offer) -> None:
    process.propose_resolution(
        reference=complaint.reference,
        by=desk,
        text="A new port.",
        at=timezone.now(),
        offer=process.Offer(**offer),
    )


def test_page_says_by_when_the_answer_comes_and_which_day_it_is(world, complaint):
    text = page(signed_in(world.holder), complaint)

    assert "You get our answer by" in text
    assert "Working day 0 of 10" in text
    # What the house does for itself is no promise.
    assert "We ask again" not in text


def test_customer_asks_for_a_manager_with_a_button_and_once(world, complaint):
    manager = make_staff(StaffRole.TEAM_MANAGER)
    client = signed_in(world.holder)
    assert "Ask for a manager" in page(client, complaint)

    send(client, complaint, "manager")
    send(client, complaint, "manager")

    text = page(client, complaint)
    assert "A team manager has been told of it." in text
    assert "Ask for a manager" not in text
    told = Notice.objects.filter(kind="complaint_staff", to=manager.email)
    assert told.count() == 1
    letter = Notice.objects.get(kind="complaint_letter")
    assert "1800 062 058" in letter.text


def test_accepting_shows_what_happens_and_when_and_the_end_is_the_customers(
    world, complaint, desk
):
    make_service(world.account, fee="60.00", billed_through=date(2026, 10, 31))
    run_provider_bills(
        world.provider, issue_on=date(2026, 11, 1), at=instant("2026-11-01 06:20"), on_demand=True
    )
    bill = Invoice.objects.get()
    proposed(complaint, desk, credit=Decimal("33.00"), invoice=bill)
    client = signed_in(world.holder)
    text = page(client, complaint)
    assert "$33.00" in text
    assert bill.number in text

    send(client, complaint, "accept")
    assert "We carry out what we agreed by" in page(client, complaint)
    process.resolve_complaint(
        reference=complaint.reference, by=desk, text="Done.", at=timezone.now()
    )
    assert "It is settled: close it" in page(client, complaint)
    send(client, complaint, "settled")

    assert complaint.state == State.CLOSED
    assert "You can have it opened again." in page(client, complaint)
    send(client, complaint, "reopen", text="It hums again.")
    assert complaint.state == State.RECEIVED
    assert "You get our answer by" in page(client, complaint)


def test_customers_own_part_comes_first_and_starts_our_days(world, complaint, desk):
    proposed(complaint, desk, customer_task="Send the old handset back.")
    client = signed_in(world.holder)
    send(client, complaint, "accept")
    text = page(client, complaint)
    assert "Your part: Send the old handset back." in text

    send(client, complaint, "done")

    assert "We carry out what we agreed by" in page(client, complaint)


def test_decline_after_the_answer_was_replaced_or_taken_keeps_the_typed_words(
    world, complaint, desk
):
    proposed(complaint, desk)
    client = signed_in(world.holder)
    send(client, complaint, "accept")

    answer = send(client, complaint, "decline", text="Only if it works by Monday.")

    text = answer.content.decode()
    assert "has moved on meanwhile" in text
    assert "Only if it works by Monday." in text
    assert complaint.state == State.IMPLEMENTING


def test_empty_message_comes_back_beside_its_field(world, complaint):
    answer = send(signed_in(world.holder), complaint, "add", text="")

    assert answer.status_code == 200
    assert 'id="message_text"' in answer.content.decode()
    assert "There is a problem" in answer.content.decode()


def test_amount_above_what_is_open_is_refused_at_its_field(world):
    make_service(world.account, fee="60.00", billed_through=date(2026, 10, 31))
    run_provider_bills(
        world.provider, issue_on=date(2026, 11, 1), at=instant("2026-11-01 06:20"), on_demand=True
    )
    bill = Invoice.objects.get()
    record_payment(
        account=world.account,
        amount=Decimal("1.00"),
        received_on=date(2026, 11, 2),
        method="eft",
        reference="x",
        at=timezone.now(),
    )

    client = signed_in(world.holder)
    begun = client.post(f"/complaints/new/?bill={bill.public_id}", {"topic": "bill"})
    draft = begun["Location"].rpartition("urgent/")[0]
    client.post(f"{draft}urgent/")
    client.post(f"{draft}bill/", {"disputed_invoice": str(bill.public_id)})
    whole = {"disputed_lines": "whole", "disputed_amount": str(bill.total_inc)}
    client.post(f"{draft}line/", whole)
    client.post(f"{draft}words/", {"description": "Twice."})
    answer = client.post(f"{draft}check/", follow=True)

    assert answer.redirect_chain == [(f"{draft}line/", 302)]
    assert "is open; give no more than that" in answer.content.decode()
    answer = client.get(f"{draft}words/")
    assert "Twice." in answer.content.decode()
    assert not Complaint.objects.exists()


def test_advocate_may_ask_for_a_manager_but_neither_settle_nor_accept(world, complaint, desk):
    advocate = make_user("Kim Abbott")
    appoint(world.account, advocate, Role.ADVOCATE)
    mine = lodge_complaint(
        account=world.account,
        by=advocate,
        at=timezone.now() - timedelta(minutes=3),
        details=ComplaintDetails(topic="fault", description="For them."),
    )
    client = signed_in(advocate)

    assert send(client, mine, "manager").status_code == 302
    assert send(client, mine, "settled").status_code == 403
    assert send(client, mine, "accept").status_code == 403


def test_stranger_finds_nothing(world, complaint):
    other = make_user("A Stranger")
    client = signed_in(other)
    for step in ("manager", "done", "settled", "reopen"):
        answer = send(client, complaint, step, text="x")
        assert answer.status_code in (302, 404)
    assert complaint.escalated_at is None
