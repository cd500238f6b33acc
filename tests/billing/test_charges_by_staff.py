"""Staff put charges and discounts on the next bill: terms, law or an agreement give the amount."""

from __future__ import annotations

import threading
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections
from django.urls import reverse

from billing.charging.models import ChargeRequest
from billing.charging.selectors.prices import (
    Agreed,
    Copies,
    Cost,
    NotPriced,
    Support,
    TakenOff,
    price_of,
)
from billing.charging.services import (
    ChargeRefused,
    ask_charge,
    ask_discount,
    decide_charge,
)
from billing.charging.states import ChargeState
from contracts.supply.models import Chargeable, Discount
from contracts.supply.services import SupplyRefused, add_items, change_supply, end_supply
from contracts.supply.states import Item
from parties.people.states import StaffRole
from portal.composition.worklists import worklists
from terms.lifecycle import IllegalStep
from tests.billing.moneys import Story, agrees, day, lines, story, told
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
TWO = "Charges and discounts that wait for a second person"


def put(one: Story, wanted, on: str, **facts):
    by = facts.pop("by", None) or make_staff(StaffRole.BILLING)
    return ask_charge(
        account=one.account,
        wanted=wanted,
        incurred_on=day(facts.pop("arose", on)),
        reason="Asked by phone",
        by=by,
        at=one.at(on),
        **facts,
    )


def priced(one: Story, wanted, on: str):
    return price_of(one.account, wanted, incurred_on=day(on), on=day(on))


def visit(one: Story, on: str, hours: str = "3", clock: str = "10:00", kind="no_fault_found"):
    return Support(kind=kind, hours=Decimal(hours), began_at=one.at(on, clock), visit=True)


def approve(row: ChargeRequest, one: Story, on: str) -> ChargeRequest:
    return decide_charge(
        request=row, approve=True, by=make_staff(StaffRole.BILLING), at=one.at(on)
    )


# ── what each kind costs ────────────────────────────────────────────────────────────────────


def test_extensions_and_a_no_fault_visit_as_the_terms_price_them():
    """seq-m-07: extensions from activation, a visit of three hours, to the cent."""
    one = story("comvergence", "VIC", bill_day=8)
    service = one.service("PBX", "8.68", "2027-01-08", quantity=10)
    assert told(one.run("2027-01-08"))[2:] == ("86.80", "8.68", "95.48")
    add_items(
        service=service,
        item=Item.EXTENSION,
        quantity=12,
        installed_on=day("2027-01-15"),
        activated_on=day("2027-01-18"),
        at=one.at("2027-01-18"),
    )
    assert told(one.run("2027-02-08")) == ("2027-02-08", "2027-02-22", "115.92", "11.59", "127.51")
    row = put(one, visit(one, "2027-02-24"), "2027-02-24")
    # 385.00 is above what one person may decide: nothing stands on a bill yet.
    assert (row.amount, row.state) == (Decimal("385.00"), ChargeState.ASKED)
    assert not Chargeable.objects.exists()
    approve(row, one, "2027-02-25")
    bill = one.run("2027-03-08")
    support = bill.lines.get(description="No fault found, visit, 3 h")
    assert (str(support.amount_ex), str(support.gst), str(support.amount_inc)) == (
        "350.00",
        "35.00",
        "385.00",
    )
    assert [reason["id"] for reason in support.because][-2:] == ["CV-FEE-02", "CV-BIL-07"]
    assert agrees()


@pytest.mark.parametrize(
    ("item", "first"),
    [
        (Item.EXTENSION, "2026-11-24"),
        (Item.HANDSET, "2026-11-20"),
        (Item.CROSS_CONNECT, "2026-11-20"),
    ],
)
def test_what_is_added_is_charged_from_the_event_that_the_terms_name(item, first):
    one = story("comvergence", "VIC")
    service = one.service("PBX", "8.68", "2026-11-01", quantity=10)
    add = {"service": service, "item": item, "quantity": 11, "at": one.at("2026-11-25")}
    add |= {"installed_on": day("2026-11-20"), "activated_on": day("2026-11-24")}
    add_items(**add)
    assert service.periods.get(quantity=11).starts_on == day(first)
    with pytest.raises(SupplyRefused, match="has 11 already"):
        add_items(**add)


def test_a_cross_connect_needs_the_day_of_its_installation():
    one = story("comvergence", "VIC")
    service = one.service("Rack", "900.00", "2026-11-01")
    with pytest.raises(SupplyRefused, match="from its installation"):
        add_items(
            service=service,
            item=Item.CROSS_CONNECT,
            quantity=2,
            activated_on=day("2026-11-24"),
            at=one.at("2026-11-25"),
        )


@pytest.mark.parametrize(
    ("kind", "hours", "clock", "is_visit", "inc"),
    [
        ("no_fault_found", "0.25", "10:00", False, "110.00"),  # an hour at least
        ("no_fault_found", "1.5", "21:00", False, "165.00"),  # from afar: day or night
        ("no_fault_found", "3", "21:00", True, "770.00"),  # 300 + 2 × 200
        ("non_standard_remote_senior", "2", "21:00", False, "660.00"),  # 200 × 1.5 × 2
        ("non_standard_onsite_junior", "1.25", "09:00", True, "275.00"),
    ],
)
def test_support_by_the_hour(kind, hours, clock, is_visit, inc):
    one = story("comvergence", "VIC")
    wanted = Support(
        kind=kind, hours=Decimal(hours), began_at=one.at("2026-11-25", clock), visit=is_visit
    )
    assert str(priced(one, wanted, "2026-11-25").amount) == inc


@pytest.mark.parametrize("provider", ["vpnet", "blueshift", "greenlight", "callpro"])
def test_support_that_the_terms_do_not_price_is_agreed_first(provider):
    one = story(provider, "NSW")
    with pytest.raises(NotPriced, match="Agree a price with the customer first"):
        priced(one, visit(one, "2026-11-25"), "2026-11-25")


def test_a_paper_bill_stands_on_the_bill_of_the_period_after_it():
    """seq-m-16: asked on 3 March, sent on the 4th, on the bill of 1 April with 2.50 in it."""
    one = story("blueshift", "SA", tcp=True)
    one.service("Large", "102.30", "2027-02-01", basis="inc")
    one.run("2027-02-01")
    one.run("2027-03-01")
    row = put(one, Copies(kind="paper_bill"), "2027-03-04")
    assert row.state == ChargeState.DONE
    bill = one.run("2027-04-01")
    paper = bill.lines.get(description="Bill on paper")
    assert (str(paper.amount_inc), paper.because[0]["id"]) == ("2.50", "BS-BILL-13")
    assert str(bill.total_inc) == "104.80"


@pytest.mark.parametrize(
    ("wanted", "right"),
    [
        (Copies(kind="paper_bill", usual_way=True), "nothing to bill"),
        (Copies(kind="itemised_history", months_back=24), "nothing to bill"),
        (
            Copies(kind="itemised_history", months_back=25, actual_cost=Decimal("6.00")),
            "6.00",
        ),
        (
            Copies(
                kind="itemised_history",
                months_back=3,
                other_medium=True,
                actual_cost=Decimal("4.50"),
            ),
            # The terms print the cost; the law makes the last 24 months free.
            "nothing to bill",
        ),
        (
            Copies(kind="itemised_history", months_back=73, actual_cost=Decimal("6.00")),
            "older than what has to be supplied",
        ),
        (Copies(kind="itemised_history", months_back=25), "what it really costs"),
        (Copies(kind="itemised_history"), "how many months back"),
    ],
)
def test_copies_cost_what_the_terms_print_and_no_more(wanted, right):
    one = story("blueshift", "VIC", tcp=True)
    try:
        said = str(priced(one, wanted, "2027-03-04").amount)
    except NotPriced as refusal:
        said = str(refusal)
    assert right in said


def test_the_law_frees_copies_that_the_terms_would_charge():
    """VPnet prints 5.50 for an archived bill; of the last 24 months it is free (RF-TCP-10)."""
    wanted = Copies(kind="archived_invoice", months_back=10, count=2)
    protected, other = story("vpnet", "NSW", tcp=True), story("vpnet", "NSW")
    with pytest.raises(NotPriced, match="costs nothing") as refusal:
        priced(protected, wanted, "2027-02-01")
    assert "RF-TCP-10" in [reason["id"] for reason in refusal.value.because]
    assert str(priced(other, wanted, "2027-02-01").amount) == "11.00"


def test_a_cost_passed_on_is_net_of_the_tax_credit_and_bears_gst():
    cost = Cost(description="Court fee", paid=Decimal("1100.00"), tax_credit=Decimal("100.00"))
    one = story("comvergence", "VIC")
    found = priced(one, cost, "2027-02-01")
    assert (str(found.amount), found.because[0]["id"]) == ("1100.00", "CV-BIL-08")
    assert str(priced(story("blueshift", "VIC"), cost, "2027-02-01").amount) == "1100.00"
    for provider in ("vpnet", "greenlight", "callpro"):
        with pytest.raises(NotPriced, match="name no price"):
            priced(story(provider, "NSW"), cost, "2027-02-01")
    with pytest.raises(NotPriced, match="can't be more"):
        priced(one, Cost(description="x", paid=Decimal(1), tax_credit=Decimal(2)), "2027-02-01")


# ── agreed, taken off, too old ──────────────────────────────────────────────────────────────


def agreed(amount: str = "99.00") -> Agreed:
    return Agreed(
        description="New cabling",
        amount=Decimal(amount),
        agreed_in="Q-17",
        agreed_on=date(2027, 1, 10),
    )


def test_an_agreed_price_and_an_amount_taken_off_stand_on_the_next_bill_with_their_ground():
    one = story("greenlight", "NSW")
    one.service("fibre", "200.00", "2027-01-01")
    one.run("2027-01-01")
    put(one, agreed(), "2027-01-20")
    put(one, TakenOff(description="For the wait", amount=Decimal("22.00")), "2027-01-21")
    bill = one.run("2027-02-01")
    assert lines(bill)[0][2] == "90.00"
    assert bill.lines.get(description="New cabling").because[0]["id"] == "Q-17"
    assert str(bill.lines.get(description="For the wait").amount_inc) == "-22.00"
    assert str(bill.total_inc) == "297.00"
    assert agrees()


def test_what_is_too_old_still_to_come_or_before_the_account_is_refused():
    one = story("vpnet", "NSW", tcp=True)
    for arose, words in (
        ("2026-06-01", "could be billed until"),
        ("2027-01-21", "still to come"),
        ("2026-01-01", "before the account"),
    ):
        with pytest.raises(NotPriced, match=words):
            put(one, agreed(), "2027-01-20", arose=arose)
    assert not ChargeRequest.objects.exists()


def test_a_second_click_is_one_charge_and_another_account_s_service_is_none():
    one, other = story("greenlight", "NSW"), story("greenlight", "NSW")
    theirs, by = other.service("fibre", "200.00", "2027-01-01"), make_staff(StaffRole.BILLING)
    first = put(one, agreed(), "2027-01-20", by=by)
    assert put(one, agreed(), "2027-01-20", by=by) == first
    assert Chargeable.objects.count() == 1
    with pytest.raises(ChargeRefused, match="another account"):
        put(one, agreed(), "2027-01-20", service=theirs)


def test_above_the_limit_another_person_decides_once():
    one, clerk = story("greenlight", "NSW"), make_staff(StaffRole.BILLING)
    row = put(one, agreed("500.00"), "2027-01-20", by=clerk)
    with pytest.raises(ChargeRefused, match="another person"):
        decide_charge(request=row, approve=True, by=clerk, at=one.at("2027-01-20"))
    done = approve(row, one, "2027-01-21")
    assert (done.state, str(done.chargeable.amount)) == (ChargeState.DONE, "500.00")
    with pytest.raises(IllegalStep):
        approve(row, one, "2027-01-22")
    no = put(one, agreed("600.00"), "2027-01-20", by=clerk)
    decide_charge(
        request=no, approve=False, by=make_staff(StaffRole.BILLING), at=one.at("2027-01-21")
    )
    assert Chargeable.objects.count() == 1


# ── discounts with an end ───────────────────────────────────────────────────────────────────


def discount(one: Story, percent: str, first: str, last: str, on: str, **facts):
    return ask_discount(
        service=facts.pop("service", None) or next(iter(one.services.values())),
        percent=Decimal(percent),
        starts_on=day(first),
        ends_on=day(last),
        label="Loyalty",
        reason="Agreed on the phone",
        by=facts.pop("by", None) or make_staff(StaffRole.BILLING),
        at=one.at(on),
    )


def test_a_discount_ends_by_itself_and_each_bill_shows_its_days():
    one = story("greenlight", "NSW")
    one.service("fibre", "200.00", "2027-01-01")
    one.run("2027-01-01")
    row = discount(one, "10", "2027-02-01", "2027-03-15", "2027-01-20")
    # 20.00 × 43 days of 365 / 12, and GST.
    assert (str(row.amount), row.state) == ("31.10", ChargeState.DONE)
    off = {
        month: [str(x.amount_ex) for x in one.run(month).lines.filter(kind="discount")]
        for month in ("2027-02-01", "2027-03-01", "2027-04-01")
    }
    assert off == {"2027-02-01": ["-20.00"], "2027-03-01": ["-9.68"], "2027-04-01": []}
    assert agrees()


def test_days_given_back_come_back_at_the_price_paid_discount_and_all():
    """Half price in February; from the 15th one of two trunks is gone, in March the other."""
    one = story("greenlight", "NSW")
    service = one.service("trunks", "140.00", "2027-01-01", quantity=2)
    one.run("2027-01-01")
    discount(one, "50", "2027-02-01", "2027-02-28", "2027-01-20")
    assert str(one.run("2027-02-01").subtotal_ex) == "140.00"
    change_supply(service=service, on=day("2027-02-15"), quantity=1, at=one.at("2027-02-15"))
    # 14 of 28 days of one trunk, at half price.
    march = one.run("2027-03-01")
    assert str(march.subtotal_ex) == "105.00"
    assert [str(x.amount_ex) for x in march.lines.order_by("amount_ex")] == [
        "-35.00",
        "140.00",
    ]
    end_supply(service=service, last_day=day("2027-02-21"), at=one.at("2027-03-02"))
    # March whole, and 7 of 28 days of February at half price.
    final = one.run("2027-04-01")
    assert final is None
    assert [str(note.subtotal_ex) for note in one.notes()] == ["157.50"]
    assert agrees()


@pytest.mark.parametrize(
    ("percent", "first", "last", "words"),
    [
        ("0", "2027-02-01", "2027-03-01", "above 0"),
        ("-5", "2027-02-01", "2027-03-01", "above 0"),
        ("100.01", "2027-02-01", "2027-03-01", "up to 100"),
        ("1.005", "2027-02-01", "2027-03-01", "two decimals"),
        ("10", "2027-03-02", "2027-03-01", "before the first"),
        ("10", "2027-01-31", "2027-03-01", "billed through 31 Jan 2027"),
        ("10", "2027-05-01", "2027-06-01", "Another discount"),
        ("0.01", "2027-02-01", "2027-02-01", "take nothing off"),
    ],
)
def test_discounts_that_do_not_fit_are_refused_in_words(percent, first, last, words):
    one = story("greenlight", "NSW")
    one.service("fibre", "20.00", "2027-01-01")
    one.run("2027-01-01")
    discount(one, "5", "2027-05-15", "2027-05-20", "2027-01-20")
    with pytest.raises(ChargeRefused, match=words):
        discount(one, percent, first, last, "2027-01-20")


def test_a_discount_asked_for_twice_is_one_and_is_asked_again_when_approved():
    one, clerk = story("greenlight", "NSW"), make_staff(StaffRole.BILLING)
    one.service("fibre", "2000.00", "2027-01-01")
    row = discount(one, "50", "2027-02-01", "2027-03-15", "2027-01-20", by=clerk)
    assert row.state == ChargeState.ASKED
    one.run("2027-02-01")
    with pytest.raises(ChargeRefused, match="billed through 28 Feb 2027"):
        approve(row, one, "2027-02-02")
    row.refresh_from_db()
    assert (row.state, Discount.objects.count()) == (ChargeState.ASKED, 0)


# ── the pages ───────────────────────────────────────────────────────────────────────────────

NOW = datetime(2027, 1, 20, 10, tzinfo=ZoneInfo("Australia/Sydney"))


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    one = story("comvergence", "VIC")
    one.service("PBX", "8.68", "2027-01-01", quantity=10)
    return one


@pytest.fixture
def desk(client, here):
    return sign_in_staff(client, make_staff(StaffRole.BILLING), because_of=here.account)


def address(one: Story, what: str = "") -> str:
    url = f"{reverse('admin:billing_chargerequest_add')}?account={one.account.number}"
    return f"{url}&what={what}" if what else url


SUPPORT = {
    "kind": "no_fault_found",
    "hours": "1",
    "visit": "on",
    "at": "10:00",
    "on": "2027-01-19",
    "service": "",
    "reason": "Fault 881",
}


def test_the_desk_sees_price_and_clause_before_anything_is_noted(desk, here):
    chosen = desk.post(address(here), {"what": "support"})
    assert chosen.url == address(here, "support")
    seen = desk.post(chosen.url, SUPPORT)
    assert "costs $165.00, GST included" in seen.context["notes"]
    assert "5.11" in seen.content.decode()
    assert not ChargeRequest.objects.exists()
    kept = {"seen": seen.context["form"]["seen"].value()}
    # Other facts are shown anew.
    again = desk.post(chosen.url, SUPPORT | {"hours": "2"} | kept)
    assert "costs $275.00" in again.context["notes"]
    done = desk.post(chosen.url, SUPPORT | kept, follow=True)
    row = ChargeRequest.objects.get()
    assert str(row.chargeable.amount) == "165.00"
    assert "CV-FEE-02" in done.content.decode() or "5.11" in done.content.decode()


@pytest.mark.parametrize(
    ("what", "given", "words"),
    [
        ("support", {"hours": "0"}, "greater than or equal to 0.05"),
        ("support", {"hours": "99999999"}, "less than or equal to 1000"),
        ("support", {"on": "2027-01-21"}, "still to come"),
        ("support", {"kind": "magic"}, "Select a valid choice"),
        ("agreed", {"amount": "99,999,999,999.99"}, "below"),
        ("agreed", {"amount": "-1"}, "above $0.00"),
        ("agreed", {"amount": "1.005"}, "two decimals"),
        ("agreed", {"agreed_on": "2027-01-20"}, "agreed before it arises"),
        ("cost", {"tax_credit": "200.00"}, "can&#x27;t be more"),
        ("discount", {"percent": "0"}, "greater than or equal"),
        ("discount", {"ends_on": "2027-01-01"}, "before the first"),
    ],
)
def test_bad_input_is_said_and_what_was_typed_stays(desk, here, what, given, words):
    service = str(here.services["PBX"].pk)
    good = {
        "support": SUPPORT,
        "agreed": SUPPORT
        | {
            "description": "New cabling",
            "amount": "99.00",
            "gst": "taxable",
            "agreed_in": "Q-17",
            "agreed_on": "2027-01-10",
        },
        "cost": SUPPORT | {"description": "Cabling", "paid": "110.00", "tax_credit": "10.00"},
        "discount": {
            "label": "Loyalty",
            "service": service,
            "percent": "10",
            "starts_on": "2027-02-01",
            "ends_on": "2027-03-01",
            "reason": "Agreed",
        },
    }[what]
    page = desk.post(address(here, what), good | given)
    text = page.content.decode()
    assert page.status_code == 200
    assert words in text
    assert not ChargeRequest.objects.exists()


def test_who_may_not_handle_money_gets_nothing_and_two_people_decide(client, desk, here):
    row = put(here, agreed("500.00"), "2027-01-20")
    waiting = [one for one in worklists(make_staff(StaffRole.BILLING), NOW) if one["count"]]
    assert TWO in [one["title"] for one in waiting]
    decide = reverse("admin:billing_chargerequest_decide", args=[row.pk])
    assert "Q-17" in desk.get(decide).content.decode()
    desk.post(decide, {"approve": "yes"})
    row.refresh_from_db()
    assert row.state == ChargeState.DONE
    for role in (StaffRole.FRONT_LINE, StaffRole.CREDIT, StaffRole.AUDITOR):
        other = sign_in_staff(client, make_staff(role), because_of=here.account)
        assert other.get(address(here, "support")).status_code == 403
        assert other.post(address(here, "support"), SUPPORT).status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="two connections see the rows")
def test_two_clicks_at_the_same_moment_are_one_charge():
    one, by = story("greenlight", "NSW"), make_staff(StaffRole.BILLING)
    barrier, failed = threading.Barrier(2), []

    def click() -> None:
        try:
            barrier.wait(10)
            put(one, agreed(), "2027-01-20", by=by)
        except Exception as wrong:
            failed.append(wrong)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert failed == []
    assert Chargeable.objects.count() == 1
