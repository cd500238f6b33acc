"""Appointments for tests, and people who are logged in."""

from __future__ import annotations

import re
import time
from datetime import date
from typing import Any

from django.test import Client

from parties.appointments.services import AppointmentRequest, Signing, appoint
from parties.authority.models import Appointment
from parties.authority.states import SignedHow
from parties.correspondence.models import SafeContact
from parties.people.models import User
from parties.security.services import confirm_safe_contact, send_safe_code
from records.notices.models import Notice
from terms.facts import Role
from tests.world import PASSWORD, World, instant

AT = instant("2027-02-01 10:00")
TYPED = Signing(how=SignedHow.TYPED, name="Mia Conti", address="192.0.2.7", user_agent="Firefox")


def wanted(**facts: Any) -> AppointmentRequest:
    """A representative for the year 2027."""
    given = {
        "name": "Jordan Lee",
        "email": "jordan@people.example",
        "role": Role.AUTHORISED_REP,
        "starts_on": date(2027, 2, 1),
        "ends_on": date(2027, 12, 31),
        "limits": ("close_account",),
    } | facts
    return AppointmentRequest(**given)


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


def taken_up(row: Appointment) -> Appointment:
    """The appointment after its person has accepted it."""
    row.awaits_acceptance = False
    row.save(update_fields=["awaits_acceptance"])
    return row


def safe_code() -> str:
    """The code that the newest safe contact was sent, or "" where none can be."""
    sent = Notice.objects.filter(title="Your code").order_by("-pk").first()
    found = re.search(r"\b\d{6}\b", sent.text) if sent else None
    return found.group() if found else ""


def confirm(contact: SafeContact) -> SafeContact:
    """Confirm a safe contact, as its person does who proved who they are."""
    facts = {"account": contact.account, "user": contact.user}
    send_safe_code(**facts, at=contact.set_at)
    return confirm_safe_contact(
        **facts,
        code=safe_code(),
        proof="a proof",
        at=contact.set_at,
    )


def log_in_afresh(client: Client, user: User) -> None:
    """Log somebody in as if they had typed their password a moment ago."""
    client.force_login(user)
    give_password(client, user)


def give_password(client: Client, user: User) -> None:
    """Let a session look as if the password had been given in it a moment ago."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def signed_in(user: User) -> Client:
    """A browser in which this person is logged in."""
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client
