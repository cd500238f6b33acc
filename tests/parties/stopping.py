"""Stop high-risk steps for a test, and show staff who one is."""

from __future__ import annotations

from datetime import datetime

from parties.people.models import User
from parties.security.models import IdentityCheck, Pause
from parties.security.services import note_factor, pause, stop_path
from parties.security.states import Factor, HighRisk
from tests.world import World, instant, make_staff

AT = instant("2027-02-01 10:00")


def link(
    world: World,
    step: HighRisk = HighRisk.CHANGE_DETAILS,
    person: User | None = None,
    at: datetime = AT,
) -> str:
    """The token of a link that stops a step, told at that moment."""
    path = stop_path(world.account, person or world.holder, step, at=at)
    return path.rstrip("/").rpartition("/")[2]


def stop(
    world: World,
    step: HighRisk = HighRisk.CHANGE_DETAILS,
    person: User | None = None,
    at: datetime = AT,
) -> Pause:
    """Stop a step as soon as it is told."""
    return pause(token=link(world, step, person, at), at=at)


def show_documents(
    world: World,
    at: datetime,
    person: User | None = None,
    factor: Factor = Factor.DOCUMENTS,
) -> IdentityCheck:
    """Pass a check by staff, of the holder or of somebody else."""
    return note_factor(
        account=world.account,
        person=person or world.holder,
        purpose=HighRisk.CHANGE_DETAILS.value,
        factor=factor,
        at=at,
        evidence="Passport, licence",
        seen_by=make_staff(),
    )
