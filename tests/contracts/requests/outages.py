"""Outages for tests: customers of one provider in several places, and what staff say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contracts.requests.models import Outage
from contracts.requests.selectors import Area
from contracts.requests.services import Declared, declare_outage
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.people.models import User
from tests.world import World, instant, make_service, make_world

BEGAN = "2026-11-20 08:00"
NOW = instant("2026-11-20 08:30")


def customer(key: str = "vpnet", postcode: str = "3220", **facts: Any) -> tuple[World, Service]:
    """A customer with one running service that lies there."""
    world = make_world(key, **facts)
    Account.objects.filter(pk=world.account.pk).update(
        postcode=postcode, suburb=f"Place {postcode}"
    )
    world.account.refresh_from_db()
    return world, make_service(world.account)


def said(**facts: Any) -> Declared:
    given = {
        "what": "Internet in Geelong",
        "words": "A fibre was cut. A crew is on its way.",
        "area": Area(postcodes=("3220",)),
        "began_at": instant(BEGAN),
    }
    return Declared(**(given | facts))


def declare(world: World, by: User, at: datetime = NOW, **facts: Any) -> Outage:
    return declare_outage(provider=world.provider, said=said(**facts), by=by, at=at)
