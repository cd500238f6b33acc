"""What brings suspended services back in all: what is due and one fee, by terms and law."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.credit_management.selectors import coming_back
from contracts.supply.models import Chargeable
from contracts.supply.services import restore_supply, suspend_supply
from contracts.supply.states import SuspensionCause
from parties.accounts.services import block_chasing
from parties.accounts.states import BlockKind
from tests.billing.moneys import day, story
from tests.billing.test_help_with_paying import owing, sweep

pytestmark = [pytest.mark.django_db, pytest.mark.portable]

ON = "2027-03-03"
# Provider, protected?, fee and total for 143.20 that is due, and a clause that says so.
TABLE = [
    # vpnet-reactivate-1.
    ("vpnet", False, "82.50", "225.70", "VP-PAY-12"),
    # The law: nothing that was not told before, whatever the terms print.
    ("vpnet", True, "0.00", "143.20", "RF-TCP-20"),
    # Silent terms: the house charges nothing for coming back.
    ("comvergence", False, "0.00", "143.20", "HD-SUS-02"),
    ("callpro", False, "0.00", "143.20", "HD-SUS-02"),
    # A clause that speaks and gives no figure, and a list that nobody entered: no sum is said.
    ("greenlight", False, None, None, ""),
    ("blueshift", False, None, None, ""),
]


def test_what_is_due_and_the_fee_are_said_together_with_their_clause():
    for provider, tcp, fee, total, clause in TABLE:
        one = story(provider, "NSW", tcp=tcp)
        found = coming_back(one.account, Decimal("143.20"), day(ON))
        if total is None:
            assert found is None, provider
            continue
        assert found is not None, provider
        assert (str(found.fee), str(found.total)) == (fee, total), (provider, tcp)
        assert clause in {reason["id"] for reason in found.because}, (provider, tcp)


@pytest.mark.parametrize(
    ("provider", "tcp", "price", "fee"),
    [
        ("blueshift", False, "33.00", "33.00"),
        # A clause that is not computed here takes none from a list.
        ("greenlight", False, "45.50", None),
        # The law: no more than it cost, and nothing that was not told before.
        ("blueshift", True, "33.00", "0.00"),
        # On the list for nothing; and not on it at all.
        ("blueshift", False, "0.00", "0.00"),
        ("blueshift", False, None, None),
        # The terms' own figure stands, whatever is on a list.
        ("vpnet", False, "33.00", "82.50"),
    ],
)
def test_a_fee_that_the_terms_leave_to_a_list_is_said_and_charged_as_listed(
    provider, tcp, price, fee
):
    one = story(provider, "NSW", tcp=tcp)
    one.world.provider.reconnection_price = price and Decimal(price)
    one.world.provider.save()
    one.service("S", "61.60", "2027-02-01")

    found = coming_back(one.account, Decimal("61.60"), day(ON))
    suspend(one, "2027-02-23")
    (service,) = one.services.values()
    service.refresh_from_db()
    restore_supply(service=service, since=one.at(ON), at=one.at(ON))

    said = None if found is None else (f"{found.fee:.2f}", f"{found.total:.2f}")
    assert said == (None if fee is None else (fee, f"{Decimal('61.60') + Decimal(fee):.2f}"))
    charged = [f"{row.amount:.2f}" for row in Chargeable.objects.all()]
    assert charged == ([fee] if fee and fee != "0.00" else [])


def suspend(one, since: str) -> None:
    for service in one.services.values():
        suspend_supply(
            service=service,
            cause=SuspensionCause.UNPAID,
            since=one.at(since),
            at=one.at(since),
        )


def test_services_that_come_back_together_cost_one_fee_and_a_later_return_another():
    """A23: once for a return, not for each service; VP-PAY-12."""
    one = story("vpnet", "NSW")
    for name in ("A", "B"):
        one.service(name, "50.00", "2027-01-01")
    # Cut on two days, back on one.
    first, second = one.services.values()
    for service, since in ((first, "2027-02-01"), (second, "2027-02-03")):
        suspend_supply(
            service=service,
            cause=SuspensionCause.UNPAID,
            since=one.at(since),
            at=one.at(since),
        )
    for service in (first, second):
        restore_supply(service=service, since=one.at("2027-02-10"), at=one.at("2027-02-10"))
    fees = Chargeable.objects.filter(kind="reconnection")
    assert [str(row.amount) for row in fees] == ["82.50"]

    suspend(one, "2027-03-01")
    for service in (first, second):
        restore_supply(service=service, since=one.at("2027-03-05"), at=one.at("2027-03-05"))
    assert [str(row.amount) for row in fees.all()] == ["82.50", "82.50"]


def test_the_page_says_the_sum_to_whoever_is_suspended_unless_it_is_private(client, time_machine):
    one = owing("vpnet", "QLD", "143.00", "2027-02-10", "2027-02-25", tcp=False)
    sweep(one, "2027-02-26")
    time_machine.move_to(one.at(ON))
    client.force_login(one.world.holder)
    address = reverse("unpaid")
    assert "in all" not in client.get(address).content.decode().split("What happens next")[1]
    suspend(one, "2027-03-02")

    page = " ".join(client.get(address).content.decode().split())

    assert "Pay $143.00 and they are back." in page
    assert "Coming back costs $82.50 once, on your next bill: $225.50 in all." in page
    assert "VP-PAY-12" in page
    block_chasing(
        account=one.account,
        kind=BlockKind.SAFETY,
        subject="C-1",
        at=one.at("2027-03-02"),
        is_private=True,
    )
    assert "Coming back costs" not in client.get(address).content.decode()
