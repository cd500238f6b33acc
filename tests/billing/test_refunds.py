"""Money that goes back through the gateway: once, and told to staff where it does not arrive."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from billing.ledger.models import LedgerEntry
from billing.payments.models import GatewayEvent, OnlinePayment, Refund
from billing.payments.selectors import balance
from billing.payments.services import (
    GatewayDown,
    RefundRefused,
    RefundWish,
    ask_again,
    ask_refund,
    decide_refund,
    keep_as_credit,
    note_failure,
    reverse_payment,
    send_refunds,
)
from parties.people.states import StaffRole
from portal.adapters.gateway import StripeGateway
from portal.composition.worklists import worklists
from portal.dev import simulated_refunds, simulator
from records.notices.models import Notice
from terms.lifecycle import IllegalStep
from tests.billing.moneys import Story, agrees
from tests.billing.paying import agree, one_bill, say, start
from tests.gateway import post
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = pytest.mark.django_db
ASKED, LATER, NEXT_DAY = "2027-01-12", "10:15", "2027-01-13"
LISTED = "Refunds that did not arrive"
REAL = StripeGateway.give_back


@pytest.fixture
def one(gateway) -> Story:
    """VPnet: a bill of 66.00, and 106.00 paid in the portal; 40.00 of it is credit."""
    return one_bill()


def paid(one: Story, card: str = "visa", amount: str = "106.00") -> OnlinePayment:
    if card == "direct_debit":
        agree(one, card)
    online = start(one, amount, card=card)
    say(one, online, "pay", "2027-01-10")
    if card == "direct_debit":
        say(one, online, "bank_pays", "2027-01-11")
    online.refresh_from_db()
    return online


def wish(of: OnlinePayment | None, amount: str = "40.00", **facts: Any) -> RefundWish:
    return RefundWish(amount=Decimal(amount), reason="Paid too much", of=of, **facts)


def ask(one: Story, of: OnlinePayment | None, amount: str = "40.00", **facts: Any) -> Refund:
    return ask_refund(
        account=one.account, wish=wish(of, amount, **facts), by=make_staff(), at=one.at(ASKED)
    )


def state(row: Refund) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.why


def answer(one: Story, deed: str, on: str = NEXT_DAY, **changed: Any) -> str:
    """Let the bank answer the one refund that waits, and deliver what is told of it."""
    (waiting,) = simulated_refunds.waiting()
    told = simulated_refunds.answer(waiting["id"], deed, one.at(on))
    assert told is not None
    return hear(one, told["event"], on, **changed)


def hear(one: Story, event: dict[str, Any], on: str, **changed: Any) -> str:
    event["data"]["object"] |= changed
    with time_machine.travel(one.at(on), tick=False):
        found = post(simulator.sign("vpnet", event, one.at(on)))
    assert found.status_code == 200
    return found.content.decode().strip()


def given(provider: str, online: OnlinePayment) -> list[tuple[int, str]]:
    return [
        (row["amount"], row["status"]) for row in simulated_refunds.refunds(provider, online.money)
    ]


def clearing(one: Story) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for entry in LedgerEntry.objects.filter(ledger_account="clearing"):
        found[entry.detail] = found.get(entry.detail, Decimal(0)) + entry.amount
    return found


def next_bill(one: Story) -> str:
    """Let the next bill go out while nothing else is owed; what is owing then, in dollars."""
    one.service("T", "20.00", "2027-02-01")
    one.run("2027-02-01")
    return one.owing


def figures(one: Story) -> tuple[Decimal, Decimal]:
    """What pages say pays the next bill, and what they say goes back."""
    found = balance(one.account, one.at("2027-02-02").date())
    return found.credit, found.kept


def test_what_a_card_paid_too_much_goes_back_to_it(one):
    online = paid(one)
    assert one.credit == "40.00"

    row = ask(one, online)
    assert (*state(row), one.credit) == ("going", "", "0.00")
    assert given("vpnet", online) == []
    assert send_refunds(at=one.at(ASKED, LATER)) == 1

    assert state(row) == ("paid", "")
    assert given("vpnet", online) == [(4000, "succeeded")]
    assert (one.owing, one.credit, clearing(one)) == ("0.00", "0.00", {"card": Decimal("66.00")})
    (letter,) = Notice.objects.filter(title="We pay $40.00 back to you")
    assert f"to the card that paid {online.reference}" in " ".join(letter.text.split())
    assert "On Tue 12 Jan 2027" in " ".join(letter.text.split())
    assert send_refunds(at=one.at(NEXT_DAY)) == 0
    assert agrees()


@pytest.mark.parametrize(
    ("deed", "said", "credit", "left"),
    [
        ("arrives", ("paid", ""), "0.00", "66.00"),
        ("bounces", ("failed", "The bank did not take it"), "40.00", "106.00"),
    ],
)
def test_a_bank_takes_days_to_take_money_back(one, deed, said, credit, left):
    online = paid(one, "direct_debit")
    row = ask(one, online)
    assert send_refunds(at=one.at(ASKED, LATER)) == 0
    assert (*state(row), one.credit) == ("going", "", "0.00")

    first = answer(one, deed)
    again = hear(
        one,
        simulated_refunds.event_of(
            simulated_refunds.refunds("vpnet", online.money)[0], one.at(NEXT_DAY)
        ),
        NEXT_DAY,
    )

    assert (first.split(":")[0], again) == ("done", "heard already")
    assert (state(row), one.credit) == (said, credit)
    assert clearing(one) == {"direct_debit": Decimal(left)}
    assert agrees()


def test_what_did_not_arrive_is_told_listed_and_paid_another_way(one):
    row = ask(one, paid(one, "direct_debit"))
    send_refunds(at=one.at(ASKED, LATER))
    answer(one, "bounces")
    (letter,) = Notice.objects.filter(title="$40.00 could not be paid back yet")
    assert "it did not arrive: the bank did not take it" in " ".join(letter.text.split())
    staff = make_staff(StaffRole.BILLING)
    found = {list_["title"]: list_["count"] for list_ in worklists(staff, one.at(NEXT_DAY))}
    assert found[LISTED] == 1

    ask_again(refund=row, of=None, by=staff, at=one.at(NEXT_DAY))

    assert (*state(row), one.credit) == ("paid", "", "0.00")
    assert clearing(one) == {"direct_debit": Decimal("106.00"), "refund": Decimal("-40.00")}
    with pytest.raises(IllegalStep):
        ask_again(refund=row, of=None, by=staff, at=one.at(NEXT_DAY))
    assert agrees()


def test_a_try_that_was_given_up_and_is_paid_after_all_is_for_staff(one):
    online = paid(one, "direct_debit")
    row = ask(one, online)
    send_refunds(at=one.at(ASKED, LATER))
    answer(one, "bounces")
    ask_again(refund=row, of=online, by=make_staff(), at=one.at(NEXT_DAY))

    (made,) = simulated_refunds.refunds("vpnet", online.money)
    late = simulated_refunds.event_of(made | {"status": "succeeded"}, one.at(NEXT_DAY))
    assert "paid back after all" in hear(one, late, NEXT_DAY)

    assert state(row) == ("going", "")
    assert GatewayEvent.objects.exclude(problem="").count() == 1
    send_refunds(at=one.at(NEXT_DAY, LATER))
    assert sorted(given("vpnet", online)) == [(4000, "failed"), (4000, "pending")]


def test_what_is_left_as_credit_pays_what_is_open(one):
    row = ask(one, paid(one, "direct_debit"))
    send_refunds(at=one.at(ASKED, LATER))
    answer(one, "bounces")
    owing = next_bill(one)
    assert (one.owing, one.credit) == (owing, "40.00")
    assert figures(one) == (Decimal("0.00"), Decimal("40.00"))

    keep_as_credit(refund=row, by=make_staff(), at=one.at("2027-02-02"))

    assert state(row)[0] == "refused"
    assert (Decimal(one.owing), one.credit) == (Decimal(owing) - 40, "0.00")
    assert figures(one) == (Decimal("0.00"), Decimal("0.00"))
    assert agrees()


@pytest.mark.parametrize("amount", ["40.00", "30.00"])
def test_what_waits_for_a_second_person_pays_no_bill_and_is_asked_back_once(one, amount):
    one.world.provider.second_person_above = Decimal(0)
    one.world.provider.save()
    one.account.refresh_from_db()
    row = ask(one, paid(one), amount)
    with pytest.raises(RefundRefused, match=rf"There is \${40 - Decimal(amount)} of credit"):
        ask(one, None)

    owing = Decimal(next_bill(one))
    rest = 40 - Decimal(amount)
    assert (Decimal(one.owing), one.credit) == (owing, amount)

    decide_refund(refund=row, approve=False, by=make_staff(), at=one.at("2027-02-02"))

    assert (Decimal(one.owing), one.credit) == (owing + rest - 40, "0.00")
    assert agrees()


def test_the_second_person_can_pay_back_after_a_bill_has_gone_out(one):
    online = paid(one, amount="300.00")
    row = ask(one, online, "234.00")
    owing = next_bill(one)

    decide_refund(refund=row, approve=True, by=make_staff(), at=one.at("2027-02-02"))
    send_refunds(at=one.at("2027-02-02", LATER))

    assert (*state(row), one.owing, one.credit) == ("paid", "", owing, "0.00")
    assert agrees()


def test_later_money_is_not_kept_for_a_refund_whose_own_was_taken_back(one):
    online = paid(one, "direct_debit")
    row = ask(one, online)
    send_refunds(at=one.at(ASKED, LATER))
    answer(one, "bounces")

    reverse_payment(
        payment=online.payment,
        on=one.at("2027-01-20").date(),
        why="No funds",
        at=one.at("2027-01-20"),
    )
    one.pay("2027-01-25", "66.00")

    assert state(row) == ("refused", "The money that it was of was taken back")
    assert (one.owing, one.credit) == ("0.00", "0.00")
    assert Notice.objects.filter(title="$40.00 is not paid back after all").count() == 1
    assert agrees()


def test_paid_by_hand_and_sent_back_by_our_bank_it_is_credit_again(one):
    row = ask(one, None) if paid(one) else None
    assert state(row) == ("paid", "")

    note_failure(refund=row, why="the account is closed", by=make_staff(), at=one.at(NEXT_DAY))

    assert (*state(row), one.credit) == ("failed", "The account is closed", "40.00")
    assert agrees()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"amount": 3999}, "It is about $39.99, and we asked for $40.00."),
        ({"currency": "usd"}, "It is in USD, and we asked for AUD."),
        ({"metadata": {}}, "nobody asked for it here"),
        ({"metadata": {"reference": "x" * 300}}, "nobody asked for it here"),
        ({"metadata": {"reference": f"{uuid4()}-1"}}, "nobody asked for it here"),
    ],
)
def test_what_does_not_fit_is_kept_for_staff_and_moves_nothing(one, changed, says):
    row = ask(one, paid(one, "direct_debit"))
    send_refunds(at=one.at(ASKED, LATER))

    assert says in answer(one, "arrives", **changed)

    assert state(row) == ("going", "")
    assert GatewayEvent.objects.exclude(problem="").get().online_id == row.of_id
    assert agrees()


def test_the_same_form_asks_once_and_never_for_more(one):
    online = paid(one, amount="166.00")
    key = uuid4()
    first = ask(one, online, key=key)

    assert ask(one, online, key=key) == first
    with pytest.raises(RefundRefused, match="has asked for"):
        ask(one, online, "41.00", key=key)

    assert (Refund.objects.count(), one.credit) == (1, "60.00")


def test_no_more_than_the_payment_goes_back_the_way_it_came(one):
    online = paid(one)
    one.pay("2027-01-11", "500.00")
    ask(one, online, "100.00")

    with pytest.raises(RefundRefused, match=r"\$6.00 of P-.* is left"):
        ask(one, online, "6.01")
    with pytest.raises(RefundRefused, match="of credit; no more"):
        ask(one, None, "440.01")

    ask(one, online, "6.00")
    assert (send_refunds(at=one.at(ASKED, LATER)), one.credit) == (2, "434.00")


def test_two_decide_above_the_limit_and_the_gateway_is_asked_after_that(one):
    online = paid(one, amount="300.00")
    staff, other = make_staff(), make_staff()
    row = ask_refund(account=one.account, wish=wish(online, "200.01"), by=staff, at=one.at(ASKED))
    assert (*state(row), one.credit) == ("asked", "", "234.00")
    assert send_refunds(at=one.at(ASKED, LATER)) == 0
    with pytest.raises(RefundRefused, match="another person"):
        decide_refund(refund=row, approve=True, by=staff, at=one.at(ASKED))

    decide_refund(refund=row, approve=True, by=other, at=one.at(ASKED))

    assert send_refunds(at=one.at(ASKED, LATER)) == 1
    assert given("vpnet", online) == [(20001, "succeeded")]


@pytest.mark.parametrize("was_heard", [True, False])
def test_a_death_between_asking_and_hearing_gives_back_once(one, monkeypatch, was_heard):
    online = paid(one)
    row = ask(one, online)

    def dies(self: Any, wanted: Any, *, at: Any) -> Any:
        if was_heard:
            REAL(self, wanted, at=at)
        raise GatewayDown("dead")

    monkeypatch.setattr(StripeGateway, "give_back", dies)
    assert send_refunds(at=one.at(ASKED, LATER)) == 0
    row.refresh_from_db()
    assert (row.state, row.problem) == ("going", "The gateway did not answer: dead")
    monkeypatch.setattr(StripeGateway, "give_back", REAL)

    assert send_refunds(at=one.at(ASKED, "10:20")) == 0  # too early to ask again
    assert send_refunds(at=one.at(ASKED, "10:30")) == 1

    assert given("vpnet", online) == [(4000, "succeeded")]
    row.refresh_from_db()
    assert (row.state, row.problem) == ("paid", "")
    assert agrees()


def test_what_was_given_back_at_the_gateway_already_fails_here(one):
    online = paid(one)
    simulated_refunds.give_back(
        "vpnet", {"payment_intent": online.money, "amount": "10000"}, "by staff", one.at(ASKED)
    )
    row = ask(one, online)

    send_refunds(at=one.at(ASKED, LATER))

    assert state(row) == ("failed", "It was given back at the gateway already")
    assert one.credit == "40.00"


# --- pages


@pytest.fixture
def desk(client, one, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at(ASKED))
    return sign_in_staff(client, make_staff(StaffRole.BILLING), because_of=one.account)


def test_staff_choose_the_way_see_what_it_does_and_do_it_once(one, desk):
    online = paid(one)
    url = f"{reverse('admin:billing_refund_add')}?account={one.account.number}"
    form = desk.get(url).context["form"]
    asked = {
        "amount": "40.00",
        "reason": "Paid too much",
        "to": form.fields["to"].initial,
        "key": form["key"].value(),
    }
    seen = desk.post(url, asked)
    assert "The gateway is asked within minutes" in seen.content.decode()
    assert "Sun 10 Jan 2027): up to $106.00" in seen.content.decode()
    assert not Refund.objects.exists()

    done = asked | {"seen": seen.context["form"]["seen"].value()}
    first, second = desk.post(url, done), desk.post(url, done)

    assert first.url == second.url
    assert Refund.objects.get().of == online


@pytest.mark.parametrize(
    ("step", "given", "after"),
    [("again", {"to": "by_hand"}, "paid"), ("keep", {"sure": "1"}, "refused")],
)
def test_staff_go_on_with_what_did_not_arrive(one, desk, step, given, after):
    row = ask(one, paid(one, "direct_debit"))
    send_refunds(at=one.at(ASKED, LATER))
    answer(one, "bounces")
    page = reverse("admin:billing_refund_change", args=[row.pk])
    url = reverse(f"admin:billing_refund_{step}_step", args=[row.pk])
    assert url in desk.get(page).content.decode()
    assert state(row)[0] == "failed"

    desk.post(url, given)

    assert state(row)[0] == after
    assert desk.post(url, given).status_code == 404


@pytest.mark.parametrize(
    "role", [StaffRole.FRONT_LINE, StaffRole.TEAM_MANAGER, StaffRole.AUDITOR, StaffRole.CREDIT]
)
def test_others_go_on_with_nothing(one, client, role):
    row = ask(one, paid(one, "direct_debit"))
    send_refunds(at=one.at(ASKED, LATER))
    answer(one, "bounces")
    sign_in_staff(client, make_staff(role), because_of=one.account)

    for step in ("again", "keep", "returned"):
        url = reverse(f"admin:billing_refund_{step}_step", args=[row.pk])
        assert client.post(url, {"to": "by_hand", "why": "closed"}).status_code in (403, 404)
    assert state(row)[0] == "failed"
