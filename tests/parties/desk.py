"""What staff do at their desk, for tests: take a call, open a step."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from parties.authority.models import Appointment
from parties.desk.models import Call
from terms.facts import Role
from tests.world import World, instant, make_world

DETAILS = {
    "billing_email": "new@people.example",
    "phone": "",
    "street": "1 Test Street",
    "suburb": "Testville",
    "postcode": "2000",
}


def address(name: str, world: World) -> str:
    return f"{reverse(f'admin:parties_{name}_add')}?account={world.account.number}"


def calls_in(desk: Client, world: World, row: Appointment | None, **facts) -> Call:
    given = {
        "person": str(row.public_id) if row else "else",
        "caller": "",
        "step": "change_details",
    } | facts
    assert desk.post(address("call", world), given).status_code == 302
    return Call.objects.latest("pk")


def holder_row(world: World) -> Appointment:
    return Appointment.objects.get(account=world.account, role=Role.HOLDER)


def step_of(row: Appointment, name: str) -> str:
    return reverse(f"admin:parties_appointment_{name}", args=[row.pk])


def unclaimed() -> World:
    world = make_world()
    Appointment.objects.filter(account=world.account).update(
        revoked_at=instant("2027-02-01 10:00")
    )
    return world
