from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from billing.invoices.models import Invoice
from billing.runs.services import run_provider_bills
from parties.authority.models import Appointment
from parties.people.models import User
from parties.people.states import StaffRole
from terms.facts import Role
from tests.parties.people import signed_in
from tests.parties.staff import give_reason
from tests.world import appoint, instant, make_service, make_staff, make_user


@pytest.fixture
def invoice(world) -> Invoice:
    """An invoice of 1 November 2026."""
    make_service(world.account, fee="60.00", billed_through=date(2026, 10, 31))
    run_provider_bills(
        world.provider, issue_on=date(2026, 11, 1), at=instant("2026-11-01 06:20"), on_demand=True
    )
    return Invoice.objects.get()


@pytest.fixture
def sam() -> User:
    """A member of staff of the front line."""
    return make_staff(StaffRole.FRONT_LINE)


@pytest.fixture
def desk(sam, world) -> Client:
    """Sam's screen, with a reason to open the account."""
    client = signed_in(sam)
    give_reason(client, world.account)
    return client


@pytest.fixture
def representative(world) -> Appointment:
    """Jordan Lee, who may do all that the customer can."""
    return appoint(
        world.account,
        make_user("Jordan Lee"),
        Role.AUTHORISED_REP,
        starts_on=date(2026, 2, 1),
        ends_on=date(2099, 12, 31),
    )
