"""What an open complaint stops: nothing is asked for or cut that somebody's safety hangs on."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.credit_management.selectors import outlook
from billing.credit_management.services import SuspensionRefused, suspend_for_debt
from billing.credit_management.states import Step
from billing.ledger.models import OpenItem
from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.process.services import Urgency, learn_urgency, withdraw_complaint
from parties.accounts.models import Block
from parties.accounts.selectors import blocks_at
from parties.people.states import StaffRole
from tests.billing.moneys import day
from tests.billing.test_help_with_paying import owing, sweep
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


@pytest.mark.parametrize(
    ("ground", "private", "words"),
    [
        ("safety_threat", True, "No step is planned"),
        ("hardship_related", False, "a complaint about it is open"),
        ("disconnection_without_process", False, "a complaint about it is open"),
    ],
)
def test_an_urgent_complaint_stops_the_asking_until_it_is_over(ground, private, words):
    one = owing("greenlight", "NSW", "200.00", "2027-05-03", "2027-06-01")
    sweep(one, "2027-06-02")
    made = lodge_complaint(
        account=one.account,
        by=one.world.holder,
        at=one.at("2027-06-03"),
        details=ComplaintDetails(topic="other", description="Stop.", **{ground: True}),
    )

    block = Block.objects.get()
    assert (block.subject, block.is_private) == (made.reference, private)
    assert sweep(one, "2027-06-04").step == Step.STOPPED
    with pytest.raises(SuspensionRefused, match=words):
        suspend_for_debt(
            account=one.account, by=make_staff(StaffRole.CREDIT), at=one.at("2027-06-04")
        )
    withdraw_complaint(reference=made.reference, by=one.world.holder, at=one.at("2027-06-05"))
    assert outlook(one.account, day("2027-06-07"), one.at("2027-06-07")).stops == ()


def test_a_threat_learnt_later_hides_what_was_contested_in_the_open():
    one = owing("greenlight", "NSW", "200.00", "2027-05-03", "2027-06-01")
    bill = one.invoices()[0]
    made = lodge_complaint(
        account=one.account,
        by=one.world.holder,
        at=one.at("2027-05-04"),
        details=ComplaintDetails(
            topic="bill",
            description="Too much.",
            hardship_related=True,
            disputed_invoice=bill,
            disputed_amount=Decimal("50.00"),
        ),
    )
    assert OpenItem.objects.get().held_shown == Decimal("50.00")

    learn_urgency(
        reference=made.reference,
        by=make_staff(),
        grounds=Urgency(safety_threat=True),
        text="He threatens her.",
        at=one.at("2027-05-05"),
    )

    item = OpenItem.objects.get()
    assert (item.held, item.held_shown) == (Decimal("50.00"), Decimal("0.00"))
    stops = blocks_at(made.account, one.at("2027-05-06"))
    assert [(stop.kind, stop.is_private) for stop in stops] == [("safety", True)]
