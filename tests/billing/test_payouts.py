"""What the gateway pays in one sum: matched to its payments, or what does not fit is named."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.urls import reverse

from billing.ledger.models import LedgerEntry
from billing.payments import selectors
from billing.payments.models import OnlinePayment, Payment, Payout
from billing.payments.services import (
    GatewayDown,
    PaymentRefused,
    PayoutDiffers,
    RefundWish,
    ask_about_payments,
    ask_about_payouts,
    ask_refund,
    match_payment,
    match_payout,
    record_unmatched,
    reverse_payment,
    send_refunds,
)
from parties.people.states import StaffRole
from portal.adapters.gateway import StripeGateway
from portal.composition.worklists import worklists
from portal.dev import simulated_payouts, simulator
from tests.billing.moneys import Story, agrees, day, story
from tests.billing.paying import agree, one_bill, say, start
from tests.parties.security.test_attacks_at_once import at_once, kinds
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = pytest.mark.django_db
PAID, OUT, SEEN = "2027-01-10", "2027-01-12", "2027-01-13"
LISTED = "Payouts of the gateway that no bank's file has shown"


@pytest.fixture
def one(gateway) -> Story:
    """VPnet: 106.00 by card and 60.00 from a bank account came through the gateway."""
    found = one_bill()
    card = start(found, "106.00", card="visa")
    say(found, card, "pay", PAID)
    agree(found, "direct_debit")
    debit = start(found, "60.00", card="direct_debit")
    say(found, debit, "pay", PAID)
    say(found, debit, "bank_pays", "2027-01-11")
    return found


def test_a_gateway_through_which_nobody_paid_is_not_asked(gateway, monkeypatch):
    paid = story("vpnet", "NSW")
    asked: list[str] = []
    monkeypatch.setattr("billing.payments.services.payouts.gateway_of", asked.append)

    assert (ask_about_payouts(at=paid.at(SEEN)), asked) == (0, [])


def give_back(one: Story, amount: str = "40.00") -> None:
    online = OnlinePayment.objects.get(method="card")
    wish = RefundWish(amount=Decimal(amount), reason="Paid too much", of=online)
    ask_refund(account=one.account, wish=wish, by=make_staff(), at=one.at("2027-01-11"))
    send_refunds(at=one.at("2027-01-11", "10:15"))


def pay_out(one: Story, on: str = OUT) -> Payout:
    """Let the gateway pay out all that came, and hear of it."""
    simulated_payouts.pay_out("vpnet", one.at(on))
    assert ask_about_payouts(at=one.at(SEEN)) == 1
    return Payout.objects.get()


def lump(one: Story, amount: Decimal | str, on: str = SEEN) -> Payment:
    return record_unmatched(
        provider=one.world.provider,
        amount=Decimal(amount),
        received_on=day(on),
        method="eft",
        reference="STRIPE 8KD92",
        at=one.at(SEEN),
    )


def match(one: Story, row: Payment, to: Payout | None = None) -> Payout:
    return match_payout(
        payment=row,
        payout=to or Payout.objects.get(),
        why="The bank's row names it",
        by=make_staff(),
        at=one.at(SEEN),
    )


def sums() -> dict[str, str]:
    """What stands in clearing, by its way, in suspense and in fees."""
    found: dict[str, Decimal] = {}
    for entry in LedgerEntry.objects.filter(ledger_account__in=["clearing", "suspense", "fees"]):
        name = entry.detail or entry.ledger_account
        found[name] = found.get(name, Decimal(0)) + entry.amount
    return {name: f"{amount:.2f}" for name, amount in found.items() if amount}


def test_a_payout_takes_its_payments_refunds_and_fees_out_of_clearing(one):
    give_back(one)
    paid = pay_out(one)
    # 30 cents and 1.75 % each: 106.00 costs 2.16 (2.155), 60.00 costs 1.35.
    assert (paid.amount, paid.fees, paid.day) == (Decimal("122.49"), Decimal("3.51"), day(OUT))
    row = lump(one, "122.49")
    before = {"card": "66.00", "direct_debit": "60.00", "eft": "122.49", "suspense": "-122.49"}
    assert sums() == before

    kept = match(one, row)

    assert sums() == {"eft": "122.49", "fees": "3.51"}
    assert (kept.payment, kept.matched_why) == (row, "The bank's row names it")
    assert not selectors.unmatched(Payment.objects.all()).exists()
    assert ask_about_payouts(at=one.at(SEEN)) == 0
    assert agrees()

    reverse_payment(payment=row, on=day(SEEN), why="Typed twice", at=one.at(SEEN))

    assert sums() == {"card": "66.00", "direct_debit": "60.00"}
    match(one, lump(one, "122.49"))
    assert sums() == {"eft": "122.49", "fees": "3.51"}
    assert agrees()


def test_what_the_bank_took_back_is_off_the_next_payout(one):
    match(one, lump(one, pay_out(one).amount))
    debit = OnlinePayment.objects.get(method="direct_debit")
    card = start(one, "100.00", card="visa")
    say(one, card, "pay", SEEN)
    say(one, debit, "take_back", SEEN)
    simulated_payouts.pay_out("vpnet", one.at(SEEN))
    ask_about_payouts(at=one.at("2027-01-14"))
    second = Payout.objects.get(payment__isnull=True)
    assert (second.gross, second.fees) == (Decimal("40.00"), Decimal("2.05"))

    match(one, lump(one, "37.95"), second)

    assert sums() == {"eft": "200.44", "fees": "5.56"}
    assert agrees()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"by": "-0.01"}, r"It is \$0.01 less than the payout of Tue 12 Jan 2027"),
        ({"by": "5.50"}, r"It is \$5.50 more than the payout of Tue 12 Jan 2027"),
        ({"unknown": "pi_elsewhere"}, r"\$106.00 of the payout is not booked here: pi_elsewhere"),
        ({"unknown": ""}, r"\$106.00 of the payout is not booked here: something without a name"),
        ({"gross": "107.00"}, r"\$107.00 of the payout is not booked here: pi_"),
    ],
)
def test_what_does_not_fit_stays_on_the_list_with_its_reason(one, change, says):
    paid = pay_out(one)
    part = next(part for part in paid.parts if part["gross"] == "106")
    part["money"] = change.get("unknown", part["money"])
    part["gross"] = change.get("gross", part["gross"])
    paid.save()
    row = lump(one, paid.amount + Decimal(change.get("by", "0")))
    before = sums()

    with pytest.raises(PayoutDiffers, match=says):
        match(one, row)

    row.refresh_from_db()
    assert row.unmatched_why
    assert list(selectors.unmatched(Payment.objects.all())) == [row]
    assert sums() == before


def test_a_payment_that_is_booked_later_fits_then(one):
    late = start(one, "20.00", card="visa")
    simulator.act(simulator.find(late.session), "pay", one.at(OUT))
    row = lump(one, pay_out(one).amount)
    with pytest.raises(PayoutDiffers, match="not booked here"):
        match(one, row)

    ask_about_payments(at=one.at(SEEN))
    match(one, row)

    assert set(sums()) == {"eft", "fees"}


def test_money_and_payouts_are_matched_once_and_within_one_provider(one):
    paid = pay_out(one)
    row, other = lump(one, paid.amount), lump(one, paid.amount)
    match(one, row)

    with pytest.raises(PaymentRefused, match="found already"):
        match(one, other)
    with pytest.raises(PaymentRefused, match="matched to a payout"):
        match(one, row)
    with pytest.raises(PaymentRefused, match="a payout of the gateway"):
        match_payment(payment=row, account=one.account, at=one.at(SEEN))
    strange = lump(story("comvergence", "VIC"), paid.amount)
    with pytest.raises(PaymentRefused, match="another provider"):
        match(one, strange)
    assert sums()["suspense"] == f"{-2 * paid.amount:.2f}"


def test_a_gateway_that_does_not_answer_is_asked_again(one, monkeypatch):
    def down(*_, **__):
        raise GatewayDown("dead")

    simulated_payouts.pay_out("vpnet", one.at(OUT))
    real = StripeGateway.paid_out
    monkeypatch.setattr(StripeGateway, "paid_out", down)
    assert ask_about_payouts(at=one.at(SEEN)) == 0
    monkeypatch.setattr(StripeGateway, "paid_out", real)

    assert ask_about_payouts(at=one.at(SEEN)) == 1


def test_staff_match_it_where_they_say_whose_money_is(one, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at(SEEN))
    staff = make_staff(StaffRole.BILLING)
    desk = sign_in_staff(client, staff)
    paid = pay_out(one)
    row, wrong = lump(one, paid.amount), lump(one, "60.00")
    given = {"choice": f"payout-{paid.pk}", "account": "", "why": "The bank's row names it"}
    words = "The payment gateway, its payout of Tue 12 Jan 2027: $162.49 after fees of $3.51"
    assert words in desk.get(url(row)).content.decode()
    assert listed(staff, one.at(SEEN)) == 0
    assert listed(staff, one.at("2027-01-19")) == 1

    refused = desk.post(url(wrong), given).content.decode()
    done = desk.post(url(row), given)

    assert "$102.49 less than the payout" in refused
    assert (done.status_code, listed(staff, one.at("2027-01-19"))) == (302, 0)
    assert sums() == {"eft": "222.49", "fees": "3.51", "suspense": "-60.00"}
    shown = desk.get(reverse("admin:billing_payout_change", args=[paid.pk])).content.decode()
    assert "Card: $106.00" in shown
    assert "Direct debit: $60.00" in shown


def listed(staff, at: datetime) -> int:
    found = {list_["title"]: list_["count"] for list_ in worklists(staff, at)}
    return found.get(LISTED, 0)


def url(row: Payment) -> str:
    return reverse("admin:billing_payment_match_step", args=[row.pk])


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only there two really run")
def test_two_at_once_match_one_payout(one):
    paid = pay_out(one)
    rows = [lump(one, paid.amount), lump(one, paid.amount)]

    found = at_once([partial(match, one, row) for row in rows])

    assert set(kinds(found)) == {Payout, PaymentRefused}
    assert sums()["suspense"] == f"{-paid.amount:.2f}"
    assert agrees()
