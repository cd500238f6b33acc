"""The pages on which people pay, and what became of it, seen by each person."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from billing.disputes.services import hold_amount
from billing.invoices.models import Invoice
from billing.payments.models import OnlinePayment, Payment, PaymentOption
from billing.payments.services import RefundWish, ask_refund, record_payment, reverse_payment
from billing.runs.services import run_provider_bills
from parties.people.models import User
from portal.dev import simulator
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.gateway import post, press
from tests.world import (
    World,
    appoint,
    instant,
    make_service,
    make_staff,
    make_user,
    make_world,
)

pytestmark = pytest.mark.django_db
AT = instant("2026-11-10 10:00")
FOREVER = date(2099, 12, 31)


@pytest.fixture(autouse=True)
def _now(time_machine) -> None:
    time_machine.move_to(AT, tick=False)


def owing_world(key: str = "vpnet", **facts: object) -> World:
    """A customer with a bill of 1 October that is overdue, whose provider agreed to cards."""
    world = make_world(key, **facts)
    for card in ("visa", "mastercard", "direct_debit"):
        PaymentOption.objects.get_or_create(provider=world.provider, card=card)
    make_service(world.account, fee="60.00", billed_through=date(2026, 9, 30))
    run_provider_bills(
        world.provider,
        issue_on=date(2026, 10, 1),
        at=instant("2026-10-01 06:20"),
        on_demand=True,
    )
    return world


@pytest.fixture
def world(db) -> World:
    return owing_world()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def total(world: World) -> str:
    return f"{Invoice.objects.get(account=world.account).total_inc:.2f}"


def pay(client: Client, query: str = "", **facts: str):
    """Send the form with what the page names first, unless said otherwise."""
    if "what" not in facts:
        page = client.get(f"/pay/{query}").content.decode()
        found = re.search(r'name="what" value="([^"]+)"', page)
        facts["what"] = found.group(1) if found else ""
    return client.post(f"/pay/{query}", {"card": "visa", "key": str(uuid4())} | facts)


def test_home_offers_to_pay_what_is_overdue(world):
    page = client_of(world.holder).get("/").content.decode()

    assert f"Pay ${total(world)} overdue" in page
    assert "/pay/?what=overdue" in page


@pytest.mark.parametrize("key", ["vpnet", "comvergence", "blueshift", "greenlight", "callpro"])
def test_customer_of_each_provider_pays_what_is_overdue_in_two_steps(key, gateway):
    world = owing_world(key)
    client = client_of(world.holder)
    page = client.get("/pay/?what=overdue").content.decode()
    assert "Visa" in page
    assert "Bank account" in page

    answer = pay(client)

    online = OnlinePayment.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, online.address)
    (message,) = press(online, "pay", AT)
    post(message)
    page = client.get(f"/pay/{online.public_id}/?done=1").content.decode()
    assert "Thank you. We received it" in page
    receipt = client.get(f"/bills/payments/{Payment.objects.get().public_id}/").content.decode()
    assert Invoice.objects.get().number in receipt
    assert "Everything is paid" in client.get("/").content.decode()


def test_double_click_is_one_payment(world, gateway):
    client, key = client_of(world.holder), str(uuid4())

    first, second = pay(client, key=key), pay(client, key=key)

    assert first["Location"] == second["Location"]
    assert OnlinePayment.objects.count() == 1


def test_contested_part_is_not_offered(world, gateway):
    invoice = Invoice.objects.get()
    hold_amount(invoice=invoice, amount=Decimal("20.00"), complaint="C-1", at=AT)

    page = client_of(world.holder).get("/pay/").content.decode()

    assert f"${invoice.total_inc - 20:.2f}" in page
    assert total(world) not in page


def test_one_bill_is_paid_from_its_own_page(world, gateway):
    run_provider_bills(
        world.provider, issue_on=date(2026, 11, 1), at=instant("2026-11-01 06:20"), on_demand=True
    )
    newer = Invoice.objects.get(issue_date=date(2026, 11, 1))
    client = client_of(world.holder)
    assert (
        f"/pay/?bill={newer.public_id}"
        in client.get(f"/bills/{newer.public_id}/").content.decode()
    )

    pay(client, f"?bill={newer.public_id}")
    (message,) = press(OnlinePayment.objects.get(), "pay", AT)
    post(message)

    assert Payment.objects.get().allocations.get().invoice == newer


def test_bill_of_somebody_else_is_not_payable(world, gateway):
    other = owing_world()
    bill = Invoice.objects.get(account=other.account)

    page = client_of(world.holder).get(f"/pay/?bill={bill.public_id}").content.decode()

    assert bill.number not in page


def test_more_than_is_owed_is_shown_first_and_stays_as_credit(world, gateway):
    client, key = client_of(world.holder), str(uuid4())

    page = pay(client, what="other", amount="500", key=key).content.decode()

    assert "stays as credit" in page
    assert f"${total(world)} pays bill" in page
    assert not OnlinePayment.objects.exists()
    answer = pay(client, what="other", amount="500", key=key, agreed="0.00")
    assert answer.status_code == 302
    assert OnlinePayment.objects.get().amount == Decimal("500.00")


def test_surcharge_is_agreed_to_before_it_is_taken(gateway):
    world = owing_world("greenlight")
    PaymentOption.objects.create(
        provider=world.provider, card="amex", surcharge_percent="2.00", cost_percent="1.50"
    )
    client, key = client_of(world.holder), str(uuid4())
    facts = {"what": "other", "amount": "10", "card": "amex", "key": key}

    page = pay(client, **facts).content.decode()

    assert "$0.15 of it is a surcharge" in page
    assert not OnlinePayment.objects.exists()
    # Who changes the figure in the form sees the true one again.
    assert "$0.15 of it is a surcharge" in pay(client, **facts, agreed="0.00").content.decode()
    pay(client, **facts, agreed="0.15")
    assert OnlinePayment.objects.get().total == Decimal("10.15")
    assert simulator.payments()[0]["amount_total"] == 1015


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("", "Say how much"),
        ("0", "above $0.00"),
        ("-1", "above $0.00"),
        ("99,999,999.99", "below $10,000,000.00"),
        ("9,999,999.99", "at once in the portal"),
        ("1.005", "no more than two decimals"),
        ("USD 50", "not in Australian dollars"),
        ("€50", "not in Australian dollars"),
        ("fifty", "not in Australian dollars"),
        ("1e3", "not in Australian dollars"),
    ],
)
def test_amount_that_is_none_comes_back_with_what_to_do(world, gateway, amount, words):
    page = pay(client_of(world.holder), what="other", amount=amount, agreed="0.00")

    text = page.content.decode()
    assert page.status_code == 200
    assert words in text
    assert f'value="{amount}"' in text or not amount
    assert not OnlinePayment.objects.exists()


@pytest.mark.parametrize(
    "facts",
    [
        {"card": "amex"},
        {"card": "bitcoin"},
        {"card": ""},
        {"what": "nothing"},
        {"key": "no key"},
        {"key": ""},
        {"agreed": "x"},
    ],
)
def test_form_that_nobody_was_shown_begins_nothing(world, gateway, facts):
    answer = pay(client_of(world.holder), **facts)

    if "agreed" not in facts:
        assert answer.status_code == 200
        assert "There is a problem" in answer.content.decode()
        assert not OnlinePayment.objects.exists()


def test_gateway_that_is_down_says_so_and_keeps_what_was_typed(world, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"

    page = pay(client_of(world.holder), what="other", amount="12.34").content.decode()

    assert "Nothing was taken" in page
    assert "12.34" in page


def test_provider_without_gateway_says_how_else_to_pay(world, settings):
    settings.PAYMENT_SIMULATOR = False

    page = client_of(world.holder).get("/pay/").content.decode()

    assert "offered here yet" in page
    assert "Your payment reference" in page


def test_form_leads_only_to_the_payment_page(world):
    policy = client_of(world.holder).get("/pay/")["Content-Security-Policy"]

    assert re.search(r"form-action 'self'(;|$)", policy)


# --- who


def test_who_may_pay_but_not_see_bills_sees_no_figure_of_the_account(world, gateway):
    payer = make_user("Sam Reed")
    others = [one.value for one in Action if one != Action.PAY_BILL]
    appoint(world.account, payer, Role.AUTHORISED_REP, limits=others, ends_on=FOREVER)
    client = client_of(payer)
    page = client.get("/pay/").content.decode()
    assert total(world) not in page
    assert "Harbour Bakery" not in page
    assert "/complaints/new/" not in page

    answer = pay(client, what="", amount="30")

    assert answer.status_code == 302
    online = OnlinePayment.objects.get()
    (message,) = press(online, "pay", AT)
    post(message)
    page = client.get(f"/pay/{online.public_id}/").content.decode()
    assert "$30.00" in page
    assert "receipt" not in page
    assert client.get(f"/bills/payments/{Payment.objects.get().public_id}/").status_code == 403
    holders = online_of(world, world.holder)
    assert client.get(f"/pay/{holders.public_id}/").status_code == 404


def online_of(world: World, user: User) -> OnlinePayment:
    return OnlinePayment.objects.create(
        account=world.account,
        key=uuid4(),
        amount="1.00",
        method="card",
        cards="visa",
        started_at=AT,
        started_by=user,
    )


def test_representative_without_the_power_neither_sees_nor_sends_the_form(world, gateway):
    person = make_user("Sam Reed")
    limits = [Action.PAY_BILL.value]
    appoint(world.account, person, Role.AUTHORISED_REP, limits=limits, ends_on=FOREVER)
    client = client_of(person)

    assert client.get("/pay/").status_code == 403
    assert pay(client).status_code == 403
    assert "/pay/" not in client.get("/").content.decode()
    assert not OnlinePayment.objects.exists()


def test_strangers_payment_is_not_there(world, gateway):
    online = online_of(world, world.holder)
    record_payment(
        account=world.account,
        amount=Decimal("5.00"),
        received_on=date(2026, 11, 9),
        method="eft",
        reference="R",
        at=AT,
    )
    client = client_of(owing_world().holder)

    assert client.get(f"/pay/{online.public_id}/").status_code == 404
    assert client.get(f"/bills/payments/{Payment.objects.get().public_id}/").status_code == 404


# --- what became of it


def test_each_state_says_what_it_means_and_how_to_go_on(world, gateway):
    client = client_of(world.holder)

    def shown(*deeds: str) -> str:
        pay(client, card="direct_debit")
        online = OnlinePayment.objects.first()
        for deed in deeds:
            for message in press(online, deed, AT):
                post(message)
        return client.get(f"/pay/{online.public_id}/").content.decode()

    assert "Go on paying" in shown()
    assert "Nobody finished it in time" in shown("lapse")
    assert "Nothing was taken" in shown("fail")
    assert "is not paid yet" in shown("pay")
    assert "A payment of" in client.get("/pay/").content.decode()
    assert "On their way" in client.get("/bills/payments/").content.decode()


def test_list_of_payments_says_what_each_paid_in_the_same_number_of_queries(
    world, django_assert_max_num_queries
):
    client = client_of(world.holder)
    for number in range(12):
        record_payment(
            account=world.account,
            amount=Decimal("1.00"),
            received_on=date(2026, 11, 9),
            method="bpay",
            reference=f"R{number}",
            at=AT,
        )

    with django_assert_max_num_queries(22):
        page = client.get("/bills/payments/").content.decode()

    assert page.count(f"$1.00 of {Invoice.objects.get().number}") == 12
    assert "BPAY" in page
    assert "R11" in client.get("/bills/payments/?format=csv").getvalue().decode()


# --- receipts


def received(world: World, **facts: Any) -> Payment:
    given = {
        "account": world.account,
        "amount": Decimal("500.00"),
        "received_on": date(2026, 11, 9),
        "method": "eft",
        "reference": "R",
        "at": AT,
    }
    return record_payment(**(given | facts))


def test_receipt_comes_by_email_and_leads_to_its_page(world):
    payment = received(world)

    notice = Notice.objects.get(kind="payment_received")
    number = Invoice.objects.get().number
    assert notice.to == world.account.billing_email
    assert f"${total(world)} paid invoice {number}" in notice.text
    assert "Left to pay: $0.00" in notice.text
    client = client_of(world.holder)
    link = f"/go/receipt/{payment.public_id}/"
    assert link in notice.text
    page = client.get(link, follow=True).content.decode()
    assert "$500.00" in page
    assert "went to your credit" in page


def test_history_that_is_entered_sends_no_receipt(world):
    received(world, tells=False)

    assert not Notice.objects.filter(kind="payment_received").exists()


def test_receipt_says_nothing_of_what_is_contested_in_private(world):
    invoice = Invoice.objects.get()
    hold_amount(invoice=invoice, amount=Decimal("20.00"), complaint="C-1", at=AT, is_private=True)

    received(world, amount=Decimal("10.00"))

    left = invoice.total_inc - 10
    assert f"Left to pay: ${left:.2f}" in Notice.objects.get(kind="payment_received").text


def test_payment_taken_back_is_told_and_its_receipt_says_so(world):
    payment = received(world)

    reverse_payment(payment=payment, on=AT.date(), why="Belongs to J. Smith", at=AT)

    notice = Notice.objects.get(title__contains="taken back")
    assert notice.to == world.account.billing_email
    page = client_of(world.holder).get(f"/bills/payments/{payment.public_id}/").content.decode()
    assert "Taken back" in page
    assert "J. Smith" not in notice.text + page


def test_credit_paid_back_has_a_receipt(world):
    received(world)

    refund = ask_refund(
        account=world.account,
        wish=RefundWish(amount=Decimal("12.00"), reason="They moved"),
        by=make_staff(),
        at=AT,
    )

    assert Notice.objects.get(title__contains="back to you").to == world.account.billing_email
    client = client_of(world.holder)
    assert "$12.00" in client.get(f"/go/refund/{refund.public_id}/", follow=True).content.decode()
    assert f"/bills/refunds/{refund.public_id}/" in client.get("/bills/payments/").content.decode()
    stranger = client_of(owing_world().holder)
    assert stranger.get(f"/bills/refunds/{refund.public_id}/").status_code == 404


def test_payer_who_is_not_the_customer_learns_that_it_arrived_and_no_more(world, gateway):
    payer = make_user("Sam Reed")
    others = [one.value for one in Action if one != Action.PAY_BILL]
    appoint(world.account, payer, Role.AUTHORISED_REP, limits=others, ends_on=FOREVER)
    pay(client_of(payer), what="", amount="30")
    (message,) = press(OnlinePayment.objects.get(), "pay", AT)
    post(message)

    told = Notice.objects.get(to=payer.email)

    assert "Your payment arrived" in told.text + told.title
    assert total(world) not in told.text
    assert "Harbour Bakery" not in told.text


def test_payment_that_staff_undid_does_not_say_thank_you(world, gateway):
    client = client_of(world.holder)
    pay(client)
    online = OnlinePayment.objects.get()
    (message,) = press(online, "pay", AT)
    post(message)
    reverse_payment(payment=Payment.objects.get(), on=AT.date(), why="The bank called", at=AT)

    page = client.get(f"/pay/{online.public_id}/").content.decode()

    assert "Thank you" not in page
    assert "is open again" in page


def test_amount_that_changed_meanwhile_is_shown_anew_and_not_taken(world, gateway):
    client = client_of(world.holder)
    seen = f"overdue-{total(world)}"
    received(world, amount=Decimal("10.00"))

    page = pay(client, what=seen).content.decode()

    assert "has changed meanwhile" in page
    assert f"${Invoice.objects.get().total_inc - 10:.2f}" in page
    assert not OnlinePayment.objects.exists()


def test_second_tab_does_not_pay_the_same_bill_again(world, gateway):
    client = client_of(world.holder)
    seen = f"overdue-{total(world)}"
    pay(client, what=seen)
    (message,) = press(OnlinePayment.objects.get(), "pay", AT)
    post(message)

    answer = pay(client, what=seen)

    assert "has changed meanwhile" in answer.content.decode()
    assert OnlinePayment.objects.count() == 1
