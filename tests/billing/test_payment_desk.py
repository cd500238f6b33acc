"""Staff record money, say whose it is, and undo it; each refusal says what to do."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.ledger.services import close_month
from billing.payments import selectors
from billing.payments.models import Payment
from billing.payments.services import PaymentRefused, read_dollars, record_unmatched
from contracts.supply.models import Chargeable
from parties.people.states import StaffRole
from portal.composition.worklists import worklists
from tests.billing.moneys import Story, agrees, day, story
from tests.parties.staff import give_reason, sign_in_staff
from tests.world import make_staff, make_world

pytestmark = pytest.mark.django_db

GIVEN = {"received_on": "2026-11-20", "method": "eft", "reference": "HARBOUR", "towards": ""}


@pytest.fixture
def owing() -> Story:
    one = story("callpro", "NSW")
    one.service("S", "66.00", "2026-11-01")
    one.run("2026-11-01")
    return one


@pytest.fixture
def desk(client, owing):
    sign_in_staff(client, make_staff(StaffRole.BILLING), because_of=owing.account)
    return client


@pytest.fixture(autouse=True)
def _today(monkeypatch, owing):
    monkeypatch.setattr("django.utils.timezone.now", lambda: owing.at("2026-11-20"))


def add(one: Story) -> str:
    return f"{reverse('admin:billing_payment_add')}?account={one.account.number}"


def said(found) -> str:
    return found.content.decode()


# --- amounts as people write them


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,234.50", "1234.50"),
        ("1234.5", "1234.50"),
        ("66", "66.00"),
        ("A$ 66.00", "66.00"),
        ("66.00 AUD", "66.00"),
        ("-20.00", "-20.00"),
        ("−$20.00", "-20.00"),
        ("$-20.00", "-20.00"),
        ("(20.00)", "-20.00"),
        ("20.00-", "-20.00"),
        ("1 234.50", "1234.50"),
        (".50", "0.50"),
        ("99,999,999,999.99", "99999999999.99"),
    ],
)
def test_amounts_are_read_as_people_write_them(text, amount):
    assert read_dollars(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "amount"), [("1.234,50", "1234.50"), ("66,00", "66.00"), ("-20,5", "-20.50")]
)
def test_amounts_with_a_decimal_comma_are_read_where_a_bank_writes_them(text, amount):
    assert read_dollars(text, point=",") == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("66.005", "no more than two decimals"),
        ("66.000", "no more than two decimals"),
        ("1,50", "no amount"),
        ("12,34.00", "no amount"),
        ("1.2.3", "no amount"),
        ("", "no amount"),
        (".", "no amount"),
        ("$", "no amount"),
        ("--5", "no amount"),
        ("NZD 66.00", "not in Australian dollars"),
        ("€66.00", "not in Australian dollars"),
        ("US$66.00", "not in Australian dollars"),
        ("sixty-six", "not in Australian dollars"),
        ("1e3", "not in Australian dollars"),
        ("٦٦", "no amount"),
    ],
)
def test_what_is_no_amount_is_refused_with_what_to_do(text, says):
    with pytest.raises(PaymentRefused, match=says):
        read_dollars(text)


# --- recording


def test_staff_record_a_payment_and_see_what_it_paid(desk, owing):
    found = desk.post(add(owing), GIVEN | {"amount": "$66.00"}, follow=True)

    assert "$66.00 to " in said(found)
    assert owing.owing == "0.00"
    row = Payment.objects.get()
    assert (row.received_on, row.method, row.reference) == (day("2026-11-20"), "eft", "HARBOUR")
    assert row.recorded_by == "Staff Billing"
    assert agrees()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"amount": "-1"}, "above $0.00"),
        ({"amount": "0"}, "above $0.00"),
        ({"amount": "99,999,999,999.99"}, "below $10,000,000.00"),
        ({"amount": "66.005"}, "no more than two decimals"),
        ({"amount": "NZD 66"}, "not in Australian dollars"),
        ({"amount": ""}, "This field is required"),
        ({"received_on": "2026-11-21"}, "still to come"),
        ({"received_on": "2006-11-20"}, "check the year"),
        ({"received_on": "31/31/2026"}, "Enter a valid date"),
        ({"method": "barter"}, "Select a valid choice"),
        ({"reference": ""}, "This field is required"),
    ],
)
def test_bad_input_is_refused_in_words_and_nothing_typed_is_lost(desk, owing, given, says):
    found = desk.post(add(owing), GIVEN | {"amount": "66.00", "reference": "KEPT-9"} | given)

    assert found.status_code == 200
    assert says in said(found)
    assert given.get("reference", "KEPT-9") in said(found)
    assert not Payment.objects.exists()


def test_the_same_payment_twice_is_refused_aloud(desk, owing):
    desk.post(add(owing), GIVEN | {"amount": "66.00"})
    found = desk.post(add(owing), GIVEN | {"amount": "66.00"})

    assert "is recorded already" in said(found)
    assert Payment.objects.count() == 1


def test_a_day_in_a_closed_month_is_refused_in_words(desk, owing):
    close_month(
        provider=owing.world.provider, month=day("2026-11-01"), by="x", at=owing.at("2026-11-19")
    )

    found = desk.post(add(owing), GIVEN | {"amount": "66.00"})

    assert "November 2026 is closed" in said(found)
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    "role", [StaffRole.FRONT_LINE, StaffRole.CREDIT, StaffRole.AUDITOR, StaffRole.PRIVACY]
)
def test_only_those_who_handle_money_record_it(client, owing, role):
    sign_in_staff(client, make_staff(role), because_of=owing.account)

    assert client.post(add(owing), GIVEN | {"amount": "66.00"}).status_code == 403
    assert not Payment.objects.exists()


def test_staff_of_another_provider_record_nothing_here(client, owing):
    other = make_world("vpnet").provider
    sign_in_staff(client, make_staff(StaffRole.BILLING, provider=other), because_of=owing.account)

    found = client.post(add(owing), GIVEN | {"amount": "66.00"})

    assert "Account number" in said(found)
    assert not Payment.objects.exists()


def test_a_bill_of_another_account_cannot_be_named(desk, owing):
    other = story("callpro", "NSW")
    other.service("S", "66.00", "2026-11-01")
    theirs = other.run("2026-11-01")

    found = desk.post(add(owing), GIVEN | {"amount": "66.00", "towards": theirs.pk})

    assert "Select a valid choice" in said(found)
    assert not Payment.objects.exists()


# --- whose money it is


def unmatched(one: Story, amount: str = "66.00", reference: str = "INVOICE", **facts) -> Payment:
    return record_unmatched(
        provider=one.world.provider,
        amount=Decimal(amount),
        received_on=day("2026-11-19"),
        method="eft",
        reference=reference,
        at=one.at("2026-11-20"),
        **facts,
    )


def match(row: Payment) -> str:
    return reverse("admin:billing_payment_match_step", args=[row.pk])


def test_staff_say_whose_money_it_is_and_it_counts_from_its_day(desk, owing):
    row = unmatched(owing)

    asked = desk.get(match(row))
    desk.post(match(row), {"choice": str(owing.account.pk), "account": "", "why": "They called"})

    assert "is open with this amount" in said(asked)
    row.refresh_from_db()
    assert row.account == owing.account
    assert owing.owing == "0.00"
    assert row.allocations.get().applied_on == day("2026-11-19")
    assert owing.ledger()["clearing"] == "66.00"
    assert "suspense" not in owing.ledger()
    assert desk.get(match(row)).status_code == 404


def test_another_account_is_named_by_its_number(desk, owing):
    row = unmatched(owing, "40.00")

    given = {"choice": "other", "account": owing.account.number.lower(), "why": "Their letter"}
    desk.post(match(row), given)

    row.refresh_from_db()
    assert row.account == owing.account


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"choice": "other", "account": "", "why": "x"}, "Give the account"),
        ({"choice": "other", "account": "NOPE-1", "why": "x"}, "No account of this provider"),
        ({"choice": "", "account": "", "why": "x"}, "This field is required"),
        ({"choice": "999999", "account": "", "why": "x"}, "Select a valid choice"),
    ],
)
def test_a_wrong_match_is_refused_in_words(desk, owing, given, says):
    row = unmatched(owing, "40.00")

    assert says in said(desk.post(match(row), given))
    row.refresh_from_db()
    assert row.account is None


def test_money_of_one_provider_is_never_booked_to_another(desk, owing):
    row = unmatched(owing, "40.00")
    other = make_world("vpnet").account

    found = desk.post(match(row), {"choice": "other", "account": other.number, "why": "x"})

    assert "another provider" in said(found)
    row.refresh_from_db()
    assert row.account is None


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("{crn}", "its payment reference"),
        ("bill {invoice} thanks", "is named"),
        ("acct {number}", "its number is named"),
        ("{mistyped}", "differs in a digit"),
        ("HELLO", "is open with this amount"),
    ],
)
def test_suggestions_say_what_speaks_for_an_account(owing, reference, why):
    crn = selectors.payment_reference(owing.account)
    facts = {
        "crn": crn,
        "mistyped": crn[:-1] + str((int(crn[-1]) + 1) % 10),
        "invoice": owing.invoices()[0].number.lower(),
        "number": owing.account.number,
    }

    found = selectors.suggestions(unmatched(owing, reference=reference.format(**facts)))

    assert found[0].account == owing.account
    assert why in found[0].why


def test_what_waits_is_on_the_worklist_of_those_who_handle_money(owing):
    unmatched(owing)
    title = "Money that came in, whose is not known"
    counts = {
        role: {
            one["title"]: one["count"]
            for one in worklists(make_staff(role), owing.at("2026-11-20"))
        }
        for role in (StaffRole.BILLING, StaffRole.FRONT_LINE)
    }

    assert counts[StaffRole.BILLING][title] == 1
    assert title not in counts[StaffRole.FRONT_LINE]


@pytest.mark.parametrize(
    ("digits", "check"), [("39452345", "9"), ("51861936", "3"), ("00000000", "0"), ("1", "1")]
)
def test_the_check_digit_of_a_reference_follows_from_its_digits(digits, check):
    assert selectors.check_digit(digits) == check


def test_a_wrong_check_digit_leads_to_nobody(owing):
    right = selectors.payment_reference(owing.account)
    wrong = [right[:-1] + digit for digit in "0123456789" if digit != right[-1]]
    provider = owing.world.provider

    assert selectors.account_of_reference(provider, right) == owing.account
    assert [selectors.account_of_reference(provider, one) for one in wrong] == [None] * 9
    assert selectors.account_of_reference(make_world("vpnet").provider, right) is None


# --- undoing


def undo(row: Payment) -> str:
    return reverse("admin:billing_payment_reverse_step", args=[row.pk])


def test_a_reversal_opens_what_was_paid_and_charges_nothing_by_itself(desk, owing):
    row = owing.pay("2026-11-18", "66.00")

    found = desk.post(undo(row), {"why": "Booked wrongly", "on": "2026-11-20"}, follow=True)

    assert "open again" in said(found)
    assert owing.owing == "66.00"
    assert not Chargeable.objects.exists()
    assert desk.get(undo(row)).status_code == 404
    assert agrees()


@pytest.mark.parametrize(
    ("key", "tcp", "given", "charged"),
    [
        ("blueshift", False, {"bank_fee": "2.50", "own_fee": "10.00"}, "12.50"),
        ("blueshift", True, {"bank_fee": "2.50", "own_fee": "10.00", "own_cost": "4.00"}, None),
        (
            "blueshift",
            True,
            {"bank_fee": "2.50", "own_fee": "10.00", "own_cost": "4.00", "told_before": "on"},
            "6.50",
        ),
        ("greenlight", False, {"bank_fee": "2.50", "own_fee": "10.00"}, "12.50"),
        ("greenlight", False, {"own_fee": "10.00"}, None),
        ("vpnet", False, {"bank_fee": "2.50", "own_fee": "10.00"}, None),
        ("comvergence", False, {"bank_fee": "2.50", "own_fee": "10.00"}, None),
    ],
)
def test_a_dishonour_costs_what_the_terms_name(client, key, tcp, given, charged):
    one = story(key, "NSW", tcp=tcp)
    one.service("S", "66.00", "2026-11-01")
    bill = one.run("2026-11-01")
    row = one.pay("2026-11-18", str(bill.total_inc))
    sign_in_staff(client, make_staff(StaffRole.BILLING))
    give_reason(client, one.account)

    client.post(
        undo(row),
        {"why": "Dishonoured", "on": "2026-11-20", "dishonoured": "on", **given},
    )

    row.refresh_from_db()
    assert row.reversed_on == day("2026-11-20")
    assert one.owing == f"{bill.total_inc:.2f}"
    made = list(Chargeable.objects.values_list("kind", "amount"))
    assert made == ([("dishonour", Decimal(charged))] if charged else [])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"on": "2026-11-21"}, "still to come"),
        ({"on": "2026-11-17"}, "can&#x27;t be undone before"),
        ({"why": ""}, "This field is required"),
        ({"bank_fee": "2.50"}, "goes with a dishonour only"),
        ({"bank_fee": "2.505", "dishonoured": "on"}, "no more than two decimals"),
        ({"bank_fee": "-2", "dishonoured": "on"}, "above $0.00"),
    ],
)
def test_a_wrong_reversal_is_refused_in_words(desk, owing, given, says):
    row = owing.pay("2026-11-18", "66.00")

    found = desk.post(undo(row), {"why": "Dishonoured", "on": "2026-11-20"} | given)

    assert says in said(found)
    row.refresh_from_db()
    assert row.reversed_on is None
