"""Pages for whoever can't pay: in three short steps, with what was typed kept."""

from __future__ import annotations

import pytest
from django.urls import reverse

from billing.credit_management.models import SuspensionNotice
from billing.credit_management.services import give_suspension_notice
from billing.hardship.models import Arrangement, HelpRequest
from billing.hardship.selectors import Part
from billing.hardship.services import offer_help
from billing.hardship.states import ArrangementState, HelpState
from parties.accounts.services import block_chasing
from parties.accounts.states import BlockKind
from parties.people.states import StaffRole
from tests.architecture.authority import owed_now
from tests.billing.moneys import day
from tests.billing.test_help_with_paying import owing, sweep
from tests.parties.staff import give_reason, sign_in_staff
from tests.world import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(time_machine):
    made = owing("vpnet", "QLD", "286.00", "2027-02-10", "2027-02-25")
    time_machine.move_to(made.at("2027-03-01"))
    sweep(made, "2027-02-26")
    return made


@pytest.fixture
def customer(client, one):
    client.force_login(one.world.holder)
    return client


def test_three_steps_ask_for_help_once_and_keep_what_was_typed(customer, one):
    address = {
        step: reverse("ask_for_help", args=[step]) for step in ("kinds", "ability", "words")
    }
    assert customer.get(address["words"]).url == address["kinds"]
    wished = {"kinds": ["instalments"], "months": "2"}
    assert customer.post(address["kinds"], wished).url == address["ability"]
    wrong = customer.post(address["ability"], {"can_pay": "lots", "every": "week"})
    page = wrong.content.decode()
    assert page.count("There is a problem") == 1
    assert 'value="lots"' in page
    for typed, says in (
        ({"can_pay": "0", "every": "week"}, "above $0.00"),
        ({"can_pay": "50"}, "how often"),
        ({"can_pay": "50", "every": "week", "first_on": "2027-02-01"}, "from today on"),
    ):
        assert says in customer.post(address["ability"], typed).content.decode()
    good = {"can_pay": "$71.50", "every": "fortnight", "first_on": "2027-04-08"}
    assert customer.post(address["ability"], good).url == address["words"]
    check = customer.get(address["words"]).content.decode()
    assert "$71.50 each fortnight" in check
    customer.post(address["words"], {"words": "My hours were cut."})
    customer.post(address["words"], {"words": "My hours were cut."})

    asked = HelpRequest.objects.get()
    assert (asked.can_pay, asked.every, asked.words) == (71.50, "fortnight", "My hours were cut.")
    text = customer.get(reverse("help_paying")).content.decode()
    assert asked.reference in text
    assert "Wed 10 Mar 2027" in text


def test_an_offer_is_signed_declined_or_too_late(customer, one):
    customer.post(reverse("ask_for_help", args=["kinds"]), {"months": "2"})
    customer.post(reverse("ask_for_help", args=["ability"]), {})
    customer.post(reverse("ask_for_help", args=["words"]), {})
    asked = HelpRequest.objects.get()
    part = Part(
        asked_for=day("2027-04-08"), due_on=day("2027-04-08"), amount=owed_now(one.account)
    )
    staff = make_staff(StaffRole.CREDIT)
    offer_help(
        reference=asked.reference,
        by=staff,
        parts=[part],
        reasons="A pause.",
        at=one.at("2027-03-01"),
    )
    assert "waits for you" in customer.get(reverse("home")).content.decode()
    assert "We offer you help with paying" in customer.get(reverse("unpaid")).content.decode()
    empty = customer.post(reverse("accept_offer"), {"signed_as": ""})
    assert "Type your name" in empty.content.decode()
    customer.post(reverse("accept_offer"), {"signed_as": "Mia Conti"})
    assert Arrangement.objects.get().state == ArrangementState.IN_FORCE
    late = customer.post(reverse("decline_offer"), {"text": "No."}, follow=True)
    assert "This request is over" in late.content.decode()
    assert HelpRequest.objects.get().state == HelpState.AGREED
    assert "waits for you" not in customer.get(reverse("home")).content.decode()


def test_home_tells_of_a_notice_of_suspension_unless_what_stops_it_is_private(customer, one):
    assert "notice that services" not in customer.get(reverse("home")).content.decode()
    at = one.at("2027-03-01")
    give_suspension_notice(account=one.account, by=make_staff(StaffRole.CREDIT), at=at)
    assert "notice that services" in customer.get(reverse("home")).content.decode()
    block_chasing(account=one.account, kind=BlockKind.SAFETY, subject="x", at=at, is_private=True)
    assert "notice that services" not in customer.get(reverse("home")).content.decode()


def test_more_time_is_taken_on_the_page_and_more_is_refused_in_words(customer):
    page = reverse("more_time")
    too_long = customer.post(page, {"until": "2027-03-12"}).content.decode()
    assert "Thu 11 Mar 2027" in too_long
    assert customer.post(page, {"until": "2027-03-11"}).url == reverse("unpaid")
    assert (
        "until Thu 11 Mar 2027"
        in " ".join(customer.get(reverse("unpaid")).content.decode().split())
        or "11 Mar 2027" in customer.get(reverse("unpaid")).content.decode()
    )
    assert "More time to pay was given" in customer.get(reverse("unpaid")).content.decode()


def test_what_is_private_shows_on_no_page(customer, one):
    before = customer.get(reverse("unpaid")).content.decode()
    assert "may announce in writing" in before
    block_chasing(
        account=one.account,
        kind=BlockKind.SAFETY,
        subject="C-1",
        at=one.at("2027-02-28"),
        is_private=True,
    )
    after = customer.get(reverse("unpaid")).content.decode()

    assert "Nothing is planned" in after
    assert "safety" not in after.lower()
    assert "Nothing is asked for" not in after


def test_staff_give_notice_from_the_list_and_opening_it_is_proof(client, one):
    staff = make_staff(StaffRole.CREDIT)
    sign_in_staff(client, staff)
    give_reason(client, one.account)
    step = reverse("admin:billing_pursuit_notice_step", args=[one.account.pk])
    wrong = client.post(step, {"pay_by": "2027-02-01"}).content.decode()
    assert "choose a later one" in wrong
    client.post(step, {"pay_by": ""})
    notice = SuspensionNotice.objects.get()
    assert notice.opened_at is None
    again = client.post(step, {"pay_by": ""}).content.decode()
    assert "The day that the notice names has not come" in again

    client.force_login(one.world.holder)
    page = client.get(reverse("suspension_notice", args=[notice.public_id])).content.decode()
    notice.refresh_from_db()
    assert notice.opened_at is not None
    assert "Not before" in page
