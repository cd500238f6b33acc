"""Appointments for tests, and people who are logged in."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.test import Client

from parties.appointments.services import Signing, Wanted, appoint
from parties.authority.models import Appointment
from parties.authority.states import SignedHow
from parties.people.models import User
from terms.facts import Role
from tests.world import PASSWORD, World, instant

AT = instant("2027-02-01 10:00")
TYPED = Signing(how=SignedHow.TYPED, name="Mia Conti", address="192.0.2.7", user_agent="Firefox")


def wanted(**facts: Any) -> Wanted:
    """A representative for the year 2027."""
    given = {
        "name": "Jordan Lee",
        "email": "jordan@people.example",
        "role": Role.AUTHORISED_REP,
        "starts_on": date(2027, 2, 1),
        "ends_on": date(2027, 12, 31),
        "limits": ("close_account",),
    } | facts
    return Wanted(**given)


def make_appointment(
    world: World, by: User | None = None, at=AT, replaces: Appointment | None = None, **facts: Any
) -> Appointment:
    return appoint(
        account=world.account,
        by=by or world.holder,
        wanted=wanted(**facts),
        signing=TYPED,
        at=at,
        replaces=replaces,
    )


def signed_in(user: User) -> Client:
    """A browser in which this person is logged in."""
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client
