"""What collecting a debt cost is added as terms and law let it be: to the cent, once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.charging.models import ChargeRequest
from billing.charging.selectors.prices import NotPriced, Recovery, price_of
from billing.charging.services import ChargeRefused, ask_charge, decide_charge
from billing.charging.states import ChargeState
from billing.credit_management.models import Handover
from billing.credit_management.selectors import collecting
from billing.credit_management.states import HandoverKind
from parties.people.states import StaffRole
from tests.billing.moneys import Story, day, story
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]

ON = "2027-03-03"
BEFORE, SAME_DAY = "2027-01-20", "2027-02-01"


def recovery(debt: str, told: str | None = None, **facts: str) -> Recovery:
    return Recovery(
        description="Cost of collecting",
        subject="debt-1",
        debt=Decimal(debt),
        gone_on=day("2027-02-01"),
        told_on=day(told) if told else None,
        **{name: Decimal(value) for name, value in facts.items()},
    )


GREENLIGHT = {"percent": "20", "legal": "150.00"}
# Provider, protected?, what it was, what is added or said, and a clause that says so.
TABLE = [
    # greenlight-collection-1, more-greenlight-collection-plain, more-floor-collection.
    ("greenlight", False, recovery("1000.00", **GREENLIGHT), "350.00", "GL-PAY-10"),
    ("greenlight", False, recovery("333.33", percent="17.5"), "58.33", "GL-PAY-10"),
    ("greenlight", False, recovery("333.33"), "its commission", "GL-PAY-10"),
    (
        "greenlight",
        True,
        recovery("1000.00", BEFORE, **GREENLIGHT, paid="120.00"),
        "270.00",
        "RF-TCP-20",
    ),
    ("greenlight", True, recovery("1000.00", **GREENLIGHT, paid="120.00"), "nothing", "RF-TCP-20"),
    # Told on the day on which it went out is not told before.
    (
        "greenlight",
        True,
        recovery("1000.00", SAME_DAY, **GREENLIGHT, paid="120.00"),
        "nothing",
        "RF-TCP-20",
    ),
    # The most that it may be is not what the terms take.
    ("greenlight", True, recovery("1000.00", BEFORE, paid="120.00"), "its commission", ""),
    # Nobody knows what it cost: only the lawyers' bill is known.
    ("greenlight", True, recovery("1000.00", BEFORE, **GREENLIGHT), "150.00", "RF-TCP-20"),
    # reread-bs-collection, -untold, -told, -unknown.
    ("blueshift", False, recovery("500.00", paid="75.00", legal="20.00"), "95.00", "BS-PAY-08"),
    ("blueshift", True, recovery("500.00", paid="75.00"), "nothing", "BS-PAY-10"),
    ("blueshift", True, recovery("500.00", BEFORE, paid="75.00"), "75.00", "BS-PAY-08"),
    ("blueshift", False, recovery("500.00"), "really took", "BS-PAY-08"),
    # reread-vp-collection; its terms ask for no word before, the law does.
    ("vpnet", False, recovery("500.00", paid="75.00"), "75.00", "VP-PAY-08"),
    ("vpnet", True, recovery("500.00", paid="75.00", legal="20.00"), "nothing", "RF-TCP-20"),
    ("vpnet", True, recovery("500.00", BEFORE, paid="75.00"), "75.00", "VP-PAY-08"),
    ("vpnet", False, recovery("500.00", paid="0.00"), "nothing", "VP-PAY-08"),
    ("comvergence", False, recovery("500.00", paid="75.00"), "nothing is added", ""),
    ("callpro", False, recovery("500.00", paid="75.00"), "nothing is added", ""),
]


def test_each_providers_terms_and_the_law_say_what_is_added():
    made: dict[tuple[str, bool], Story] = {}
    for provider, tcp, wanted, right, clause in TABLE:
        if (provider, tcp) not in made:
            made[provider, tcp] = story(provider, "VIC", tcp=tcp)
        one = made[provider, tcp]
        try:
            found = price_of(one.account, wanted, incurred_on=day("2027-03-01"), on=day(ON))
            said, because = str(found.amount), found.because
        except NotPriced as refusal:
            said, because = str(refusal), refusal.because
        assert right in said, (provider, tcp, wanted)
        assert not clause or clause in {reason["id"] for reason in because}, (provider, wanted)


@pytest.fixture
def one(time_machine) -> Story:
    made = story("vpnet", "NSW")
    time_machine.move_to(made.at(ON))
    return made


@pytest.fixture
def debt(one) -> Handover:
    return Handover.objects.create(
        account=one.account,
        kind=HandoverKind.COLLECTOR,
        to_whom="Fair Collectors",
        amount=Decimal("500.00"),
        due_date=day("2026-11-20"),
        since=one.at("2027-02-01"),
        by="Staff",
    )


def put(one: Story, subject: str = "debt-1", amount: str = "75.00") -> ChargeRequest:
    wanted = Recovery(
        description="Cost of collecting $500.00",
        subject=subject,
        debt=Decimal("500.00"),
        gone_on=day("2027-02-01"),
        paid=Decimal(amount),
    )
    return ask_charge(
        account=one.account,
        wanted=wanted,
        incurred_on=day("2027-03-01"),
        reason="Invoice of the collector",
        by=make_staff(StaffRole.BILLING),
        at=one.at(ON),
    )


def test_one_debt_is_charged_for_once_until_that_is_refused(one):
    row = put(one, amount="475.00")
    assert (row.state, str(row.amount)) == (ChargeState.ASKED, "475.00"), "above the limit"
    for amount in ("475.00", "75.00"):
        with pytest.raises(ChargeRefused, match="for the same thing"):
            put(one, amount=amount)
    assert put(one, subject="debt-2").state == ChargeState.DONE
    decide_charge(
        request=row, approve=False, by=make_staff(StaffRole.BILLING), at=one.at("2027-03-04")
    )
    assert str(put(one).amount) == "75.00"


def test_the_desk_names_the_debt_and_sees_amount_and_clause_before_it_is_noted(client, one, debt):
    desk = sign_in_staff(client, make_staff(StaffRole.BILLING), because_of=one.account)
    address = (
        f"{reverse('admin:billing_chargerequest_add')}?account={one.account.number}&what=recovery"
    )
    typed = {
        "debt": debt.pk,
        "paid": "75.00",
        "commission": "",
        "legal": "",
        "told_on": "",
        "on": "2027-03-01",
        "service": "",
        "reason": "Invoice 12 of the collector",
    }
    for wrong, says in (
        ({"paid": "-1"}, "above $0.00"),
        ({"paid": "99,999,999,999.99"}, ""),
        ({"commission": "100.01"}, "less than or equal to 100"),
        ({"on": "2027-01-31"}, "only once the debt went out"),
        ({"told_on": "2027-02-01"}, "does not count"),
        ({"debt": "0"}, "valid choice"),
    ):
        page = desk.post(address, typed | wrong)
        assert page.context["form"].errors, wrong
        assert says in page.content.decode()
    seen = desk.post(address, typed)
    assert "costs $75.00" in seen.context["notes"]
    assert "VP-PAY-08" in seen.content.decode()
    assert not ChargeRequest.objects.exists()

    desk.post(address, typed | {"seen": seen.context["form"]["seen"].value()})

    row = ChargeRequest.objects.get()
    assert row.description == "Cost of collecting $500.00: Fair Collectors"
    assert (str(row.amount), row.subject) == ("75.00", str(debt.public_id))


def test_a_strangers_debt_and_one_taken_back_in_private_are_not_offered(client, one, debt):
    other = story("vpnet", "NSW")
    desk = sign_in_staff(client, make_staff(StaffRole.BILLING), because_of=other.account)
    base = reverse("admin:billing_chargerequest_add")
    page = desk.get(f"{base}?account={other.account.number}&what=recovery").content.decode()
    assert "since 01 Feb 2027" not in page
    Handover.objects.update(is_private=True)
    desk = sign_in_staff(client, make_staff(StaffRole.BILLING), because_of=one.account)
    page = desk.get(f"{base}?account={one.account.number}&what=recovery").content.decode()
    assert "since 01 Feb 2027" not in page


def test_before_it_goes_out_it_is_said_whether_its_cost_would_be_added():
    """GL-PAY-10 says so before a referral; the law spares whoever was told nothing yet."""
    for provider, tcp, adds, clause in (
        ("greenlight", False, True, "GL-PAY-10"),
        ("greenlight", True, False, "RF-TCP-20"),
        ("vpnet", False, True, "VP-PAY-08"),
        ("vpnet", True, False, "RF-TCP-20"),
        ("blueshift", False, True, "BS-PAY-08"),
        ("blueshift", True, False, "BS-PAY-10"),
        ("callpro", False, None, ""),
        ("comvergence", False, None, ""),
    ):
        account = story(provider, "VIC", tcp=tcp).account
        found = collecting(account, Decimal("500.00"), day(ON))
        assert (found and found.adds) is adds, (provider, tcp)
        assert found is None or clause in {one["id"] for one in found.because}, (provider, tcp)
