"""Whether help with paying may depend on a paper: the law says so for long help alone."""

from __future__ import annotations

import pytest
from django.urls import reverse

from billing.hardship.models import HelpRequest
from billing.hardship.selectors import proof_for
from billing.hardship.services import HelpRefused, HelpWanted, ask_for_help, ask_more
from billing.hardship.states import HelpState
from contracts.catalogue.models import Plan
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from tests.billing.moneys import day, story
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]

ON = "2027-03-01"


@pytest.fixture
def one(time_machine):
    made = story("vpnet", "QLD", tcp=True, bill_day=10)
    made.service("S", "50.00", "2027-01-10")
    time_machine.move_to(made.at(ON))
    return made


def ask(one, months: int) -> HelpRequest:
    return ask_for_help(
        account=one.account,
        by=one.world.holder,
        wanted=HelpWanted(months=months),
        at=one.at(ON),
    )


def test_proof_is_for_more_than_three_bills_and_never_where_nothing_gives_a_right(one):
    """The law's worked examples (floor-2-proof-*): three cycles no, four yes, silent: no."""
    for every, months, cycles, may_ask in (
        (1, 1, 1, False),
        (1, 2, 2, False),
        (1, 3, 3, False),
        (1, 4, 4, True),
        (1, 12, 12, True),
        # Billed each quarter, half a year is two bills, and ten months are four.
        (3, 6, 2, False),
        (3, 9, 3, False),
        (3, 10, 4, True),
    ):
        Plan.objects.update(every_months=every)
        found = proof_for(one.account, months, day(ON))
        assert (found.cycles, found.may_ask) == (cycles, may_ask), (every, months)
        assert "RF-HARD-04" in {reason["id"] for reason in found.because}
    one.world.customer.is_tcp = False
    one.world.customer.save()
    assert proof_for(one.account, 12, day(ON)).may_ask is False


def test_a_question_for_proof_of_short_help_is_refused_and_changes_nothing(one):
    row = ask(one, months=2)
    staff = make_staff(StaffRole.CREDIT)

    with pytest.raises(HelpRefused, match="help for 2 bills"):
        ask_more(
            reference=row.reference, by=staff, text="Send a payslip.", proof=True, at=one.at(ON)
        )

    row.refresh_from_db()
    assert (row.state, row.answer_by) == (HelpState.ASKED, None)
    assert not Entry.objects.filter(action="ask_more_for_help").exists()
    body = Notice.objects.filter(subject_ref=row.reference).get().text
    assert "We need no papers." in body


def test_proof_of_long_help_is_asked_with_its_clause(one):
    row = ask(one, months=12)
    told = Notice.objects.filter(subject_ref=row.reference).get()
    assert "we may ask you for one later" in told.text

    ask_more(
        reference=row.reference,
        by=make_staff(StaffRole.CREDIT),
        text="Please send one payslip.",
        proof=True,
        at=one.at(ON),
    )

    entry = Entry.objects.get(action="ask_more_for_help")
    assert "RF-HARD-04" in {reason["id"] for reason in entry.because}
    asked = Notice.objects.filter(subject_ref=row.reference).latest("pk")
    assert "Please send one payslip." in asked.text


def test_the_form_says_before_sending_whether_a_paper_can_be_asked_for(client, one):
    client.force_login(one.world.holder)
    for months, says in (("2", "We ask for no papers"), ("6", "for 6 bills, we may ask you")):
        client.post(reverse("ask_for_help", args=["kinds"]), {"months": months})
        client.post(reverse("ask_for_help", args=["ability"]), {})
        page = " ".join(
            client.get(reverse("ask_for_help", args=["words"])).content.decode().split()
        )
        assert says in page
        assert "RF-HARD-04" in page


def test_staff_read_whether_proof_may_be_asked_and_keep_what_they_typed(client, one):
    row = ask(one, months=2)
    sign_in_staff(client, make_staff(StaffRole.CREDIT))
    address = reverse("admin:billing_helprequest_help_step", args=[row.pk, "ask_more"])
    page = client.get(address).content.decode()
    assert "Proof may not be asked for: they need help for 2 bills." in page
    assert "RF-HARD-04" in page

    wrong = client.post(address, {"text": "Send us a payslip, please.", "proof": "on"})
    text = wrong.content.decode()
    assert "No proof may be asked for" in text
    assert "Send us a payslip, please." in text

    client.post(address, {"text": "Which of your numbers do you need most?"})
    row.refresh_from_db()
    assert row.state == HelpState.WAITING
