"""The people of the content table, and which facts of an account each of their pages shows."""

from __future__ import annotations

import subprocess
from datetime import date, timedelta
from pathlib import Path

from django.http import HttpResponse
from django.test import Client

from billing.invoices.models import Invoice
from complaints.tickets.models import Complaint
from parties.accounts.models import Account
from parties.authority.models import Presence
from parties.people.models import User
from terms.facts import Action, Role
from tests.architecture.authority import (
    AT,
    END_OF_TIME,
    FOREVER,
    Address,
    addresses,
    build_world,
    url_of,
)
from tests.world import World, appoint, make_user

TABLE = Path(__file__).with_name("content.txt")
# Lists that can be had as a file show the same facts there.
AS_FILES = ("bills", "complaints", "account_history")
EVERYTHING = [action.value for action in Action]


def pages() -> list[Address]:
    """Every address that answers a customer's GET."""
    return [
        one for one in addresses() if one.method == "GET" and not one.name.startswith("admin:")
    ]


def world_of_facts() -> tuple[World, dict[str, list[str]]]:
    """A protected customer with one of everything, and the words that give each fact away."""
    world = build_world(negotiated=False)
    world.customer.phone = world.holder.phone = "+61491570156"
    world.customer.save()
    world.holder.save()
    Account.objects.filter(pk=world.account.pk).update(street="7 Quince Street")
    Complaint.objects.update(description="The dial tone hums.")
    invoice = Invoice.objects.get(account=world.account)
    representative = world.account.appointments.filter(role=Role.AUTHORISED_REP).first()
    facts = {
        "m": [str(invoice.total_inc), "9.00"],
        "i": [invoice.number],
        "s": ["02 5550 1180"],
        "c": ["dial tone hums"],
        "n": ["Harbour Bakery"],
        "h": ["Mia Conti"],
        "a": ["7 Quince Street"],
        "e": ["bakery@people.example", "bills@people.example", world.holder.email],
        "t": ["0491 570 156", "491570156"],
        "o": [representative.user.email, representative.user.full_name],
    }
    return world, facts


def build_readers(world: World) -> dict[str, User]:
    """Whoever reads the pages, by the name of their column."""

    def stands(role: Role, **facts) -> User:
        user = make_user("Robin Vale")
        appoint(world.account, user, role, **({"ends_on": FOREVER} | facts))
        return user

    def all_but(*granted: Action) -> list[str]:
        return [one for one in EVERYTHING if one not in {action.value for action in granted}]

    rep, advocate = Role.AUTHORISED_REP, Role.ADVOCATE
    looking = stands(advocate)
    Presence.objects.create(
        account=world.account,
        advocate=looking,
        act="look",
        words="x",
        asked_at=AT,
        appointment=looking.appointments.get(),
        action=Action.VIEW_BILLS,
        state="confirmed",
        confirmed_at=AT,
        ends_at=END_OF_TIME,
    )
    return {
        "holder": world.holder,
        "full": stands(rep),
        "noname": stands(rep, limits=["view_personal_details"]),
        "nobills": stands(rep, limits=["view_bills"]),
        "oneline": stands(rep, services={"another": "Another service"}),
        "payer": stands(rep, limits=all_but(Action.PAY_BILL)),
        "answers": stands(rep, limits=all_but(Action.LODGE_COMPLAINT, Action.ACCEPT_RESOLUTION)),
        "thinks": stands(rep, works_from=END_OF_TIME),
        "advocate": stands(advocate),
        "together": looking,
        "forbid": stands(advocate, limits=["only_with_customer"]),
        "expired": stands(rep, ends_on=date(2026, 3, 1)),
        "revoked": stands(rep, revoked_at=AT - timedelta(days=9)),
    }


class Reader:
    """Opens pages as one person and looks for the facts in what comes back."""

    def __init__(self, user: User, world: World, facts: dict[str, list[str]]) -> None:
        self.world, self.facts = world, facts
        self.client = Client(raise_request_exception=False)
        self.client.force_login(user)

    def shown(self, address: Address) -> str:
        """The letters of the facts that the page, and its file, give to the person."""
        url = url_of(address, self.world.account.number)
        forms = ("", "?format=csv") if address.name in AS_FILES else ("",)
        text = " ".join(text_of(self.client.get(url + form)) for form in forms).lower()
        found = [
            letter
            for letter, words in self.facts.items()
            if any(word.lower() in text for word in words)
        ]
        return "".join(found) or "-"


def text_of(answer: HttpResponse) -> str:
    """What somebody can read in an answer: PDFs as text, and all that a page carries."""
    data = answer.getvalue()
    if not data.startswith(b"%PDF"):
        return data.decode(errors="replace")
    command = ["pdftotext", "-layout", "-", "-"]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()
