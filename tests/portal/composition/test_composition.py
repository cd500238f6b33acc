"""Each area stands in each table of what pages that show all areas need."""

from __future__ import annotations

import inspect

import pytest

from billing.hardship import services as help_clocks
from complaints.clocks import services as complaint_clocks
from contracts.supply.services import PlanChangeRefused
from parties.authority.models import Presence
from parties.people.states import StaffRole
from portal.composition import assisted, data_file, declared_days, home, tabs, worklists
from terms.facts import Action
from tests.world import instant, make_service, make_staff

AT = instant("2026-12-10 10:00")


def names(table) -> list[str]:
    return [row.__name__.strip("_") for row in table]


def test_every_area_has_its_row_on_home():
    assert names(home.BANNERS) == [
        "asked_together", "outages", "addresses", "proposed_answers", "help_waits", "offer_waits",
        "suspension", "overdue_bill", "new_prices", "new_terms",
    ]  # fmt: skip
    assert names(home.CARDS) == [
        "owed", "with_customer", "paying_unseen", "records_unseen", "complaints",
    ]  # fmt: skip
    assert names(home.PARTS) == ["services", "bills"]


def test_every_area_has_its_worklists():
    assert names(worklists.WORKLISTS) == [
        "complaint_lists", "people_lists", "unswept", "outage_lists",
        "contract_lists", "money_lists", "debit_lists", "unpaid_lists", "outage_credit_lists",
        "gateway_lists", "billing_lists",
        "message_lists", "setting_lists",
    ]  # fmt: skip


def test_every_area_has_its_tabs_on_the_customers_page():
    assert [tab.key for tab in tabs.TABS] == [
        "people", "services", "orders", "bills", "payments", "complaints", "messages", "documents",
        "history",
    ]  # fmt: skip


def test_every_area_has_its_rows_in_the_data_file():
    assert names(data_file.KINDS) == ["people", "agreed", "billed", "complained", "recorded"]


def test_every_area_with_clocks_follows_declared_days():
    for area, services in zip(declared_days.CLOCKS, (complaint_clocks, help_clocks), strict=True):
        assert area.recompute is services.recompute_open_deadlines
        assert area.would_move is services.clocks_to_move


def test_every_act_of_an_assisted_session_stands_in_its_table():
    assert {act.key: act.action for act in assisted.ACTS.values()} == {
        "look": Action.VIEW_BILLS,
        "change_billing_email": Action.CHANGE_DETAILS,
        "change_plan": Action.CHANGE_PLAN,
        "accept_proposal": Action.ACCEPT_RESOLUTION,
        "complain": Action.LODGE_COMPLAINT,
        "ask_for_help": Action.ARRANGE_HARDSHIP,
    }


@pytest.mark.parametrize("module", [assisted, data_file, declared_days, home, tabs, worklists])
def test_no_function_of_an_area_is_left_out_of_its_table(module):
    """A function that nobody registered, and nothing in its module calls, would never run."""
    text = inspect.getsource(module)
    unused = [
        name
        for name, found in vars(module).items()
        if inspect.isfunction(found)
        and name.startswith("_")
        and found.__module__ == module.__name__
        if text.count(name) < 2
    ]

    assert unused == []


def test_worklists_of_all_areas_are_counted(world):
    titles = [one["title"] for one in worklists.worklists(make_staff(StaffRole.ADMINISTRATOR), AT)]

    assert "Complaints to take in hand" in titles
    assert "Plan changes that wait for our decision" in titles
    assert "Accounts that could not be billed" in titles
    assert "PDFs that could not be made" in titles


@pytest.mark.parametrize(
    "chosen",
    ["{service}/999999", "0b7f6d3c-5a55-4a2e-9d0e-2f1c63a1f001/1", "{service}/x", "{service}/"],
)
def test_plan_that_is_no_longer_offered_is_refused_in_words(world, chosen):
    service = make_service(world.account)
    presence = Presence(
        account=world.account,
        advocate=world.holder,
        facts={"service": chosen.format(service=service.public_id)},
        confirmed_at=AT,
    )

    with pytest.raises(PlanChangeRefused, match="choose again"):
        assisted.ACTS["change_plan"].perform(presence)
