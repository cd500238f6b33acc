"""Credit notes, write-offs and refunds by staff: seen before done, and by two where it is much."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.invoices.models import CreditNote
from billing.payments.models import MoneyRequest, Refund
from parties.people.states import StaffRole
from portal.composition.worklists import worklists
from tests.billing.moneys import Story, agrees, story
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = pytest.mark.django_db
TWO = "Credit notes and write-offs that wait for a second person"


@pytest.fixture
def owing() -> Story:
    """A Greenlight customer who owes 550.00: fibre 200.00 and lines 300.00, without GST."""
    one = story("greenlight", "TAS", tcp=True)
    one.service("fibre", "200.00", "2026-10-01")
    one.service("lines", "300.00", "2026-10-01")
    one.run("2026-10-01")
    return one


@pytest.fixture(autouse=True)
def _today(monkeypatch, owing):
    monkeypatch.setattr("django.utils.timezone.now", lambda: owing.at("2026-10-20"))


@pytest.fixture
def desk(client, owing):
    return sign_in_staff(client, make_staff(StaffRole.BILLING), because_of=owing.account)


def give(one: Story) -> str:
    return reverse("admin:billing_invoice_give_step", args=[one.invoices()[0].pk])


def fibre(one: Story):
    return one.invoices()[0].lines.get(service_label__startswith="fibre")


def post(desk, url: str, given: dict, **facts):
    """Look at the preview, then do it."""
    seen = desk.post(url, given)
    if seen.status_code != 200 or seen.context["form"].errors:
        return seen
    form = seen.context["form"]
    return desk.post(url, given | {"seen": form["seen"].value()}, follow=True, **facts)


def given(amount: str, kind: str = "credit_note", **facts) -> dict:
    return {"kind": kind, "line": "", "amount": amount, "reason": "Agreed price"} | facts


def test_a_line_is_credited_with_its_gst_after_a_look_at_it(desk, owing):
    row = fibre(owing)

    seen = desk.post(give(owing), given("55.00", line=row.pk)).content.decode()
    assert "$495.00 stays open" in seen
    assert not CreditNote.objects.exists()
    post(desk, give(owing), given("$55.00", line=row.pk))

    (note,) = owing.notes()
    assert (note.subtotal_ex, note.gst, note.total_inc) == (
        Decimal("50.00"),
        Decimal("5.00"),
        Decimal("55.00"),
    )
    assert note.lines.get().line == row
    assert note.reason == "Agreed price"
    assert owing.owing == "495.00"
    assert agrees()


def test_a_preview_of_another_amount_does_not_count(desk, owing):
    seen = desk.post(give(owing), given("5.00"))
    old = seen.context["form"]["seen"].value()

    desk.post(give(owing), given("55.00", seen=old))

    assert not CreditNote.objects.exists()


def test_what_is_credited_of_a_paid_bill_is_credit(desk, owing):
    owing.pay("2026-10-14", "550.00")

    assert "$55.00 becomes credit" in desk.post(give(owing), given("55.00")).content.decode()
    post(desk, give(owing), given("55.00"))

    assert (owing.owing, owing.credit) == ("0.00", "55.00")


def test_a_write_off_up_to_the_limit_is_done_at_once(desk, owing):
    post(desk, give(owing), given("200.00", "write_off"))

    assert owing.owing == "350.00"
    assert owing.ledger()["write_off"] == "200.00"


@pytest.mark.parametrize("kind", ["credit_note", "write_off"])
def test_above_the_limit_another_person_decides(desk, client, owing, kind):
    post(desk, give(owing), given("200.01", kind))
    row = MoneyRequest.objects.get()
    decide = reverse("admin:billing_moneyrequest_decide", args=[row.pk])
    waiting = {
        one["title"]: one["count"] for one in worklists(row.asked_by, owing.at("2026-10-20"))
    }
    own = desk.post(decide, {"approve": "yes"}).content.decode()

    assert (row.state, owing.owing, waiting[TWO]) == ("asked", "550.00", 1)
    assert "another person has to" in own
    assert owing.owing == "550.00"

    sign_in_staff(client, make_staff(StaffRole.BILLING))
    assert client.post(decide, {"approve": "yes"}).status_code == 302
    assert owing.owing == "349.99"
    row.refresh_from_db()
    assert (row.state, row.decided_by.full_name) == ("done", "Staff Billing")
    assert client.post(decide, {"approve": "yes"}).status_code in (302, 404)
    assert owing.owing == "349.99"
    assert agrees()


def test_what_is_refused_changes_nothing(desk, client, owing):
    post(desk, give(owing), given("300.00"))
    row = MoneyRequest.objects.get()
    sign_in_staff(client, make_staff(StaffRole.ADMINISTRATOR))

    client.post(reverse("admin:billing_moneyrequest_decide", args=[row.pk]), {"approve": "no"})

    row.refresh_from_db()
    assert (row.state, owing.owing) == ("refused", "550.00")


@pytest.mark.parametrize(
    ("limit", "amount", "state"),
    [("0.00", "0.01", "asked"), (None, "550.00", "done"), ("200.00", "200.00", "done")],
)
def test_the_provider_says_from_where_on_two_are_needed(desk, owing, limit, amount, state):
    owing.world.provider.second_person_above = Decimal(limit) if limit else None
    owing.world.provider.save()

    post(desk, give(owing), given(amount))

    assert MoneyRequest.objects.get().state == state


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"amount": "-1"}, "above $0.00"),
        ({"amount": "0"}, "above $0.00"),
        ({"amount": "5.005"}, "no more than two decimals"),
        ({"amount": "99,999,999,999.99"}, "below $10,000,000.00"),
        ({"amount": "550.01"}, "is left to give back"),
        ({"amount": "550.01", "kind": "write_off"}, "give no more up"),
        ({"amount": "5.00", "reason": ""}, "This field is required"),
        ({"amount": "5.00", "line": "999999"}, "Select a valid choice"),
        ({"amount": "5.00", "kind": "gift"}, "Select a valid choice"),
    ],
)
def test_a_wrong_amount_is_refused_in_words_and_asks_nobody(desk, owing, facts, says):
    found = post(desk, give(owing), given(facts.pop("amount"), **facts))

    assert says in found.content.decode()
    assert not MoneyRequest.objects.exists()
    assert owing.owing == "550.00"


def test_a_line_gives_back_no_more_than_it_charged(desk, owing):
    found = post(desk, give(owing), given("330.00", line=fibre(owing).pk))

    assert "is left to give back" in found.content.decode()
    assert not MoneyRequest.objects.exists()


@pytest.mark.parametrize(
    "role", [StaffRole.FRONT_LINE, StaffRole.TEAM_MANAGER, StaffRole.AUDITOR, StaffRole.CREDIT]
)
def test_others_give_nothing(client, owing, role):
    sign_in_staff(client, make_staff(role), because_of=owing.account)

    assert client.post(give(owing), given("5.00")).status_code == 403


# --- refunds


BY_HAND = {"to": "by_hand", "key": "6f1c0d0e-0000-4000-8000-000000000001"}


def refund(one: Story) -> str:
    return f"{reverse('admin:billing_refund_add')}?account={one.account.number}"


def test_an_overpayment_is_paid_back_by_two(desk, client, owing):
    owing.pay("2026-10-14", "850.00")

    seen = desk.post(refund(owing), {"amount": "300.00", "reason": "Paid twice"} | BY_HAND)
    assert "waits for another" in seen.content.decode()
    post(desk, refund(owing), {"amount": "300.00", "reason": "Paid twice"} | BY_HAND)
    row = Refund.objects.get()
    decide = reverse("admin:billing_refund_decide", args=[row.pk])
    assert "another person has to" in desk.post(decide, {"approve": "yes"}).content.decode()
    assert owing.credit == "300.00"

    sign_in_staff(client, make_staff(StaffRole.BILLING))
    client.post(decide, {"approve": "yes"})

    assert owing.credit == "0.00"
    assert owing.ledger()["clearing"] == "550.00"
    assert agrees()


@pytest.mark.parametrize(
    ("amount", "says"),
    [("10.01", "of credit; no more"), ("0", "above $0.00"), ("1.005", "two decimals")],
)
def test_no_more_than_the_credit_is_paid_back(desk, owing, amount, says):
    owing.pay("2026-10-14", "560.00")

    found = post(desk, refund(owing), {"amount": amount, "reason": "Paid twice"} | BY_HAND)

    assert says in found.content.decode()
    assert not Refund.objects.exists()
