"""What a contract says of its end, by the version it pins and the figures agreed for it."""

from __future__ import annotations

from datetime import date

import pytest

from contracts.agreements import selectors as agreements
from contracts.leaving import selectors as leaving
from contracts.supply import selectors as supply
from tests.world import make_service, make_world

TODAY = date(2027, 3, 5)


@pytest.mark.parametrize(
    ("key", "ends_on", "cited"),
    [
        # 30 days' notice: day 30 is 4 April; then each provider's own day.
        ("vpnet", date(2027, 4, 10), "VP-SUS-12"),
        ("greenlight", date(2027, 4, 30), "GL-CON-10"),
        ("blueshift", date(2027, 4, 4), "BS-CON-08"),
    ],
)
@pytest.mark.django_db
def test_day_of_leaving_follows_each_providers_own_rule(key, ends_on, cited):
    world = make_world(key, bill_day=10)
    service = make_service(world.account)

    answer = leaving.leaving_of(service, today=TODAY)

    assert answer.end.ends_on == ends_on
    assert cited in {reason["id"] for reason in answer.end.because}


def test_term_ends_the_day_before_its_anniversary(world):
    service = make_service(world.account, activated_on=date(2026, 6, 1), minimum_months=24)

    answer = supply.term_of(service.contract, service, TODAY)

    assert answer.result.ends_on == date(2028, 5, 31)
    assert answer.because[0]["id"].startswith("VP-CON-")


def test_price_on_the_card_holds_gst_as_the_terms_round_it(world):
    make_service(world.account, fee="24.95")

    (card,) = supply.services(world.account, TODAY)

    assert str(card.monthly_fee) == "24.95"


def test_agreed_figures_come_before_the_terms(world):
    service = make_service(world.account)
    service.contract.agreed = {"invoice_due_date": {"days": 30}}
    service.contract.agreed_in = "quotation Q-1182"
    from terms import rules
    from terms.calendar import State

    answer = agreements.ask(
        agreements.binding(service.contract, TODAY),
        rules.invoice_due_date,
        issue_date=date(2027, 2, 1),
        state=State.NSW,
    )

    assert answer.result.due_date == date(2027, 3, 3)
    assert answer.because[0]["source"] == "agreed"
    assert answer.because[0]["clause"] is None


def test_strangers_service_is_not_found(world):
    other = make_world()
    service = make_service(other.account)

    assert supply.service_by_public_id(world.account, str(service.public_id)) is None
