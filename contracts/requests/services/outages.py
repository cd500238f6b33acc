"""Staff declare an outage or planned work, say how it goes, end it, or call it off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from contracts.requests.models import Outage, OutageService, OutageUpdate
from contracts.requests.selectors import (
    Area,
    Window,
    clock,
    reach_of,
    services_hit,
    unknown_identifiers,
    update_owed,
    window_of,
)
from contracts.requests.states import OUTAGE, OutageAct, OutageState, Reach, Region
from parties.accounts.models import Provider
from parties.authority.selectors import Decision, NotAuthorised, role_names, staff_may
from parties.people.models import User
from records.references import new_reference
from terms import library
from terms.facts import Action

from .faults import end_faults_of

BATCH = 1_000
OLDEST = timedelta(days=31)
FURTHEST = timedelta(days=366)
# The same declared within so short a time is a second click.
ONE_CLICK = timedelta(minutes=10)


class OutageRefused(Exception):
    """It can't be declared or said like this; the message says what to do."""

    def __init__(self, message: str, because: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.because = because or []


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What staff say of an outage; `words` is the first that customers read.

    `is_agreed` and `is_urgent` are of planned work alone: its hours were agreed with whom it hits,
    or it can't wait.
    """

    what: str
    words: str
    area: Area
    began_at: datetime
    expected_at: datetime | None = None
    is_planned: bool = False
    is_agreed: bool = False
    is_urgent: bool = False
    region: Region = Region.CITY
    hits_whole_state: bool = False
    is_natural_disaster: bool = False


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What declaring it would do: whom it reaches, what it is, when the next word is owed."""

    services: int
    accounts: int
    reach: Reach
    window: Window
    owed_at: datetime | None
    because: list[dict[str, Any]]


def preview_outage(*, provider: Provider, said: Declared, at: datetime) -> Preview:
    """Work out what declaring it would do. Raises OutageRefused where it can't be declared.

    (RF-OUT-01, RF-OUT-03; planned work: rule maintenance_window.)
    """
    _require_possible(said, at)
    if unknown := unknown_identifiers(provider, said.area):
        raise OutageRefused(
            f"No running service has this number or name: {', '.join(unknown[:5])}. Look at it "
            "again, or leave it out."
        )
    hit = services_hit(provider, said.area)
    services = hit.count()
    if not services:
        raise OutageRefused(
            "No running service lies there. Give other postcodes, suburbs or kinds of service."
        )
    window = Window(allowed=None, because=[])
    if said.is_planned:
        window = window_of(
            hit,
            starts_at=said.began_at,
            ends_at=said.expected_at or said.began_at,
            at=at,
            is_agreed=said.is_agreed,
            is_urgent=said.is_urgent,
        )
        if window.allowed is False:
            raise OutageRefused(
                "The terms don't let this work go ahead then. Choose other hours, agree on these "
                "with the customers first, or say that it can't wait.",
                window.because,
            )
    reach, why_reach = _reach(said, services, at)
    owed_at, why_owed = _owed(said, at)
    return Preview(
        services=services,
        accounts=hit.order_by().values("contract__account").distinct().count(),
        reach=reach,
        window=window,
        owed_at=owed_at,
        because=[*why_reach, *why_owed, *window.because],
    )


def declare_outage(*, provider: Provider, said: Declared, by: User, at: datetime) -> Outage:
    """Declare an outage, or planned work; the sweep tells everybody whom it hits.

    Declared twice within ten minutes it is one. Raises NotAuthorised, and OutageRefused for hours
    that can't be, places without a service, and planned work that the terms don't let.
    """
    require_right(by, provider)
    with transaction.atomic():
        # Two who declare the same at the same moment make one.
        Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        same = Outage.objects.filter(
            provider=provider,
            what=said.what,
            began_at=said.began_at,
            declared_at__gt=at - ONE_CLICK,
            state=OutageState.RUNNING,
        ).first()
        if same is not None:
            return same
        found = preview_outage(provider=provider, said=said, at=at)
        row = Outage.objects.create(
            reference=new_reference("O"),
            provider=provider,
            what=said.what,
            is_planned=said.is_planned,
            is_natural_disaster=said.is_natural_disaster,
            hits_whole_state=said.hits_whole_state,
            region=said.region,
            reach=found.reach,
            began_at=said.began_at,
            because=found.because,
            declared_by=by,
            declared_at=at,
            **_area_fields(said.area),
        )
        _add_hits(row, said.area)
        if not said.is_planned:
            # The first word is owed from the start on.
            row.owed_at, _ = update_owed(said.began_at, said.began_at, at.date())
        _say(row, said.words, said.expected_at, by=by, at=at)
        row.owed_at = found.owed_at
        row.save()
    return row


def update_outage(
    *,
    outage: Outage,
    words: str,
    expected_at: datetime | None,
    by: User,
    at: datetime,
    more: Area | None = None,
) -> Outage:
    """Say how an outage goes, with the hour at which it is expected to be over, if known.

    `more` are places or services that it turned out to hit as well. An update that comes after it
    was owed stays marked late. Raises NotAuthorised, IllegalStep, OutageRefused.
    """
    require_right(by, outage.provider)
    with transaction.atomic():
        row = _locked(outage)
        row.state = OUTAGE.after(OutageState(row.state), OutageAct.UPDATE)
        if expected_at is not None and expected_at <= max(at, row.began_at):
            raise OutageRefused("It is expected to be over later than now: give such an hour.")
        if row.is_planned and expected_at is None:
            raise OutageRefused("Say when the planned work is expected to be over.")
        if more is not None:
            _widen(row, more)
        _say(row, words, expected_at, by=by, at=at)
        if row.is_planned:
            row.owed_at = expected_at
        else:
            row.owed_at, _ = update_owed(row.began_at, at, _today(row.provider, at))
            row.reach, row.because = _reach_of_row(row, expected_at, at)
        row.save()
    return row


def end_outage(
    *, outage: Outage, ended_at: datetime, words: str, by: User, at: datetime
) -> Outage:
    """Say that everything works again, and since when. Raises as `update_outage` does."""
    require_right(by, outage.provider)
    with transaction.atomic():
        row = _locked(outage)
        row.state = OUTAGE.after(OutageState(row.state), OutageAct.END)
        if not row.began_at < ended_at <= at:
            began = clock(row.began_at, _zone(row.provider))
            raise OutageRefused(
                f"It began on {began}: give an hour after that, and not one to come."
            )
        row.ended_at, row.expected_at = ended_at, None
        if not row.is_planned:
            row.reach, row.because = _reach_of_row(row, ended_at, at)
        _say(row, words, None, by=by, at=at)
        row.owed_at = None
        row.save()
        end_faults_of(row, at=at)
    return row


def call_off(*, outage: Outage, words: str, by: User, at: datetime) -> Outage:
    """Say that planned work does not come, or that it was no outage at all.

    Raises as `update_outage` does.
    """
    require_right(by, outage.provider)
    with transaction.atomic():
        row = _locked(outage)
        row.state = OUTAGE.after(OutageState(row.state), OutageAct.CALL_OFF)
        _say(row, words, None, by=by, at=at)
        row.owed_at = row.expected_at = None
        row.save()
    return row


def require_right(by: User, provider: Provider) -> None:
    """Staff who look after faults, of this provider or of all. Raises NotAuthorised."""
    is_theirs = by.provider_id in (None, provider.pk)
    if not (is_theirs and staff_may(by, Action.TROUBLESHOOT).allowed):
        refused = Decision(allowed=False, role=role_names(by))
        raise NotAuthorised(refused, Action.TROUBLESHOOT)


def _require_possible(said: Declared, at: datetime) -> None:
    began, expected = said.began_at, said.expected_at
    if not at - OLDEST <= began <= at + FURTHEST:
        raise OutageRefused("Look at the day on which it begins again: it is far from now.")
    if said.is_planned and began <= at:
        raise OutageRefused(
            "Planned work begins later than now. What has begun already is no planned work."
        )
    if said.is_planned and expected is None:
        raise OutageRefused("Say when the planned work is expected to be over.")
    if not said.is_planned and began > at:
        raise OutageRefused("That hour is still to come: tick “planned work”, or correct it.")
    if expected is not None and not max(began, at) < expected <= began + FURTHEST:
        raise OutageRefused(
            "It is expected to be over after it began, and later than now: correct that hour, or "
            "leave it empty."
        )


def _reach(said: Declared, services: int, at: datetime) -> tuple[Reach, list[dict[str, Any]]]:
    if said.is_planned:
        return Reach.OTHER, []
    return reach_of(
        at.date(),
        services=services,
        region=said.region,
        hits_whole_state=said.hits_whole_state,
        lasts=said.expected_at - said.began_at if said.expected_at else None,
    )


def _reach_of_row(
    row: Outage, until: datetime | None, at: datetime
) -> tuple[Reach, list[dict[str, Any]]]:
    return reach_of(
        _today(row.provider, at),
        services=row.hits.count(),
        region=Region(row.region),
        hits_whole_state=row.hits_whole_state,
        lasts=until - row.began_at if until else None,
    )


def _owed(said: Declared, at: datetime) -> tuple[datetime | None, list[dict[str, Any]]]:
    """By when the second word is owed: of planned work, by the hour at which it was to be over."""
    if said.is_planned:
        return said.expected_at, []
    return update_owed(said.began_at, at, at.date())


def _say(row: Outage, words: str, expected_at: datetime | None, *, by: User, at: datetime) -> None:
    """Add what is said; nothing edits it."""
    row.updates += 1
    row.expected_at = expected_at
    OutageUpdate.objects.create(
        outage=row,
        number=row.updates,
        words=words,
        expected_at=expected_at,
        at=at,
        by=by,
        owed_at=row.owed_at,
        was_late=row.owed_at is not None and at > row.owed_at,
    )


def _widen(row: Outage, more: Area) -> None:
    if unknown := unknown_identifiers(row.provider, more):
        raise OutageRefused(f"No running service has this number or name: {', '.join(unknown)}.")
    whole = _area_of(row).with_more(more)
    for name, value in _area_fields(whole).items():
        setattr(row, name, value)
    _add_hits(row, whole)


def _area_of(row: Outage) -> Area:
    return Area(
        kinds=tuple(row.kinds),
        postcodes=tuple(row.postcodes),
        suburbs=tuple(row.suburbs),
        identifiers=tuple(row.identifiers),
    )


def _area_fields(area: Area) -> dict[str, list[str]]:
    return {name: list(value) for name, value in vars(area).items()}


def _add_hits(row: Outage, area: Area) -> None:
    """Note each service that it hits, those that are noted already left as they are."""
    found: list[int] = list(
        services_hit(row.provider, area)
        .exclude(outages__outage=row)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for start in range(0, len(found), BATCH):
        OutageService.objects.bulk_create(
            [OutageService(outage=row, service_id=pk) for pk in found[start : start + BATCH]],
            ignore_conflicts=True,
        )


def _locked(outage: Outage) -> Outage:
    return (
        Outage.objects.select_for_update(of=("self",)).select_related("provider").get(pk=outage.pk)
    )


def _zone(provider: Provider) -> ZoneInfo:
    return library.load(provider.key, library.latest(provider.key)).calendar().zone


def _today(provider: Provider, at: datetime) -> date:
    return at.astimezone(_zone(provider)).date()
