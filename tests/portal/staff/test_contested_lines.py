"""Staff write down which lines of a bill somebody contests: exactly these are held."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.disputes.models import Hold
from billing.runs.services import run_provider_bills
from complaints.tickets.models import Complaint
from parties.people.states import StaffRole
from tests.parties.staff import sign_in_staff
from tests.world import make_service, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def bill(world):
    """A bill of today with a line of 33.00, one of 22.00 and one of 11.00."""
    today = timezone.localdate()
    for fee in ("30.00", "20.00", "10.00"):
        through = today.replace(day=1) - timedelta(days=1)
        make_service(world.account, fee=fee, billed_through=through)
    run_provider_bills(world.provider, issue_on=today, at=timezone.now(), on_demand=True)
    return world.account.invoices.get()


@pytest.fixture
def post(client, world):
    sign_in_staff(client, make_staff(StaffRole.FRONT_LINE), because_of=world.account)
    page = reverse("admin:complaints_complaint_add") + f"?account={world.account.number}"

    def send(**typed):
        given = {
            "channel": "phone",
            "received_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
            "person": world.holder.pk,
            "told_by": "phone",
            "topic": "bill",
            "description": "These are not mine.",
        }
        return client.post(page, given | typed)

    return send


def test_lines_are_asked_once_and_their_sum_is_held(post, bill):
    first, second, _third = bill.lines.order_by("position")
    chosen = {"disputed_invoice": bill.pk}

    asked = post(**chosen).content.decode()

    assert "Tick the lines that they contest" in asked
    assert f'name="lines_of" value="{bill.pk}"' in asked
    assert "Say how much" not in asked
    assert "These are not mine." in asked
    chosen["lines_of"] = bill.pk
    assert "Say how much of the bill" in post(**chosen).content.decode()
    ticked = {**chosen, "disputed_lines": [first.pk, second.pk]}
    sum_of = first.amount_inc + second.amount_inc
    high = post(**ticked, disputed_amount=str(sum_of + 1)).content.decode()
    assert f"ticked are for ${sum_of}" in high
    stranger = {**chosen, "disputed_lines": ["999999"]}
    assert "is not one of the available choices" in post(**stranger).content.decode()
    assert not Complaint.objects.exists()

    assert post(**ticked).status_code == 302
    assert post(**ticked).status_code == 302

    complaint = Complaint.objects.get()
    assert set(complaint.disputed_lines.all()) == {first, second}
    assert complaint.disputed_amount == sum_of
    assert Hold.objects.get().amount == sum_of


def test_part_of_a_line_or_of_the_whole_bill_is_held(post, bill):
    line = bill.lines.first()
    shown = {"disputed_invoice": bill.pk, "lines_of": bill.pk}
    post(**shown, disputed_lines=[line.pk], disputed_amount="5.50")
    post(**shown, disputed_amount="7.83", description="Something else is wrong.")

    amounts = set(Complaint.objects.values_list("disputed_amount", flat=True))
    assert amounts == {Decimal("5.50"), Decimal("7.83")}
    counts = {one.disputed_amount: one.disputed_lines.count() for one in Complaint.objects.all()}
    assert counts == {Decimal("5.50"): 1, Decimal("7.83"): 0}


@pytest.mark.parametrize("bill_id", ["0", "-1", "x", "9" * 30, "\N{SNOWMAN}"])
def test_a_bill_that_is_not_there_is_said_in_words(post, bill_id):
    answer = post(disputed_invoice=bill_id, disputed_amount="5.00")
    assert answer.status_code == 200
    assert "valid choice" in answer.content.decode()
