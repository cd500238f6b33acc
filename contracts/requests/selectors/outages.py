"""Questions about outages: whom one hits, what the law calls it, by when the next word is owed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from contracts.agreements.selectors import ask, binding, received_on
from contracts.locations.selectors import lies_in
from contracts.requests.models import Outage, OutageService, OutageUpdate
from contracts.requests.states import OutageState, Reach, Region
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account, Provider
from parties.accounts.selectors import law
from terms import library, rules
from terms.calendar import State, in_words

KINDS_OF_OUTAGE, REPORTS, UPDATES, PROCESS = (f"RF-OUT-0{n}" for n in (1, 2, 3, 5))
ONE_DAY = timedelta(days=1)
A_MINUTE, AN_HOUR = timedelta(minutes=1), timedelta(hours=1)
SHOWN_FOR = timedelta(days=30)
RUNS = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)

Because = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Area:
    """What an outage hits: services of these kinds (none named: all) that lie there, or named.

    A place is a postcode or a suburb, as the service address has it; `identifiers` are numbers or
    names of single services.
    """

    kinds: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    suburbs: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()

    def with_more(self, other: Area) -> Area:
        """Both together; the kinds stay."""

        def both(mine: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
            return tuple(dict.fromkeys([*mine, *more]))

        return Area(
            kinds=self.kinds,
            postcodes=both(self.postcodes, other.postcodes),
            suburbs=both(self.suburbs, other.suburbs),
            identifiers=both(self.identifiers, other.identifiers),
        )


def services_hit(provider: Provider, area: Area) -> QuerySet[Service]:
    """The provider's running services that lie in an area or are named."""
    rows = Service.objects.filter(contract__account__customer__provider=provider, status__in=RUNS)
    there = lies_in(area.postcodes, area.suburbs)
    if area.kinds:
        there &= Q(plan__kind__in=area.kinds)
    return rows.filter(there | Q(identifier__in=area.identifiers))


def unknown_identifiers(provider: Provider, area: Area) -> list[str]:
    """The numbers or names that no running service of the provider has."""
    known = services_hit(provider, Area(identifiers=area.identifiers))
    return sorted(set(area.identifiers) - set(known.values_list("identifier", flat=True)))


def reach_of(
    on: date,
    *,
    services: int,
    region: Region,
    hits_whole_state: bool,
    lasts: timedelta | None,
) -> tuple[Reach, Because]:
    """What the law calls an outage that nobody planned, and why (RF-OUT-01).

    `lasts` is how long it takes or is expected to; while nobody knows, it counts as long enough.
    """
    figures, cite = law(KINDS_OF_OUTAGE, on)
    long = lasts is None or lasts > figures["major_minutes"] * A_MINUTE
    many = f"{services:,} services" + (", a whole state or territory" if hits_whole_state else "")
    if (services >= figures["major_services"] or hits_whole_state) and long:
        return Reach.MAJOR, cite(many, f"for more than {figures['major_minutes']} minutes")
    if region != Region.CITY and on >= figures["local_from"]:
        least, hours = figures[f"{region}_services"], figures[f"{region}_hours"]
        if services >= least and (lasts is None or lasts >= hours * AN_HOUR):
            return Reach.LOCAL, cite(f"{many}, {region}", f"for {hours} hours or more")
    return Reach.OTHER, cite(f"{many}: neither major nor significant")


def update_owed(began_at: datetime, said_at: datetime, on: date) -> tuple[datetime, Because]:
    """By when customers hear again of an outage after something was said, and why (RF-OUT-03)."""
    figures, cite = law(UPDATES, on)
    often, seldom = figures["every_hours_first_24"], figures["then_every_hours"]
    hours = often if said_at - began_at < ONE_DAY else seldom
    step = f"{hours} hours after the last word, {often} in the first 24 hours, {seldom} later"
    return said_at + hours * AN_HOUR, cite(step)


@dataclass(frozen=True, kw_only=True)
class Window:
    """Whether the terms let planned work go ahead then; `allowed` None: they say nothing of it."""

    allowed: bool | None
    because: Because


def window_of(
    services: QuerySet[Service],
    *,
    starts_at: datetime,
    ends_at: datetime,
    at: datetime,
    is_agreed: bool,
    is_urgent: bool,
) -> Window:
    """Whether planned work that is told now may go ahead (rule maintenance_window; GL-CARE-01).

    Each version of the terms is asked once for each state whose customers it hits; one that
    refuses decides.
    """
    found = Window(allowed=None, because=[])
    groups = services.order_by().values_list("contract__version", "contract__account__state")
    for version, state in sorted(set(groups)):
        one = (
            services.filter(contract__version=version, contract__account__state=state)
            .select_related("contract__account__customer__provider")
            .order_by("pk")[0]
        )
        zone, on = State(state).zone, starts_at.astimezone(State(state).zone).date()
        bound = binding(one.contract, on)
        told_on = received_on(bound, State(state), at)
        answer = ask(
            bound,
            rules.maintenance_window,
            starts_at=starts_at,
            ends_at=ends_at,
            notice_received_at=max(at, datetime.combine(told_on, time(), zone)),
            agreed=is_agreed,
            urgent=is_urgent,
            state=state,
        )
        if answer.result is not None and not answer.result.allowed:
            return Window(allowed=False, because=answer.because)
        if answer.result is not None or not found.because:
            allowed = True if answer.result is not None else found.allowed
            found = Window(allowed=allowed, because=answer.because)
    return found


@dataclass(frozen=True, kw_only=True)
class OutageCard:
    """An outage as anybody may read of it: nothing about a customer stands on it."""

    reference: str
    provider: str
    provider_key: str
    what: str
    where: str
    is_planned: bool
    is_ahead: bool
    is_over: bool
    is_called_off: bool
    reach: str
    began_at: datetime
    expected_at: datetime | None
    ended_at: datetime | None
    owed_at: datetime | None
    said: list[OutageUpdate]
    because: Because

    @property
    def latest(self) -> OutageUpdate:
        return self.said[0]

    @property
    def word(self) -> str:
        """How it stands, in a word or two."""
        if self.is_called_off:
            return "Called off"
        if self.is_over:
            return "Over"
        if self.is_ahead:
            return "Planned"
        return "Work under way" if self.is_planned else "Not working"


def outage_card(row: Outage, at: datetime) -> OutageCard:
    """One outage for a page; its `said` and `provider` are read with it."""
    places = [*row.suburbs, *row.postcodes] or ["single services"]
    return OutageCard(
        reference=row.reference,
        provider=library.provider(row.provider.key).name,
        provider_key=row.provider.key,
        what=row.what,
        where=", ".join(places),
        is_planned=row.is_planned,
        is_ahead=row.state == OutageState.RUNNING and row.began_at > at,
        is_over=row.state == OutageState.ENDED,
        is_called_off=row.state == OutageState.CALLED_OFF,
        reach="" if row.reach == Reach.OTHER else Reach(row.reach).label,
        began_at=row.began_at,
        expected_at=row.expected_at,
        ended_at=row.ended_at,
        owed_at=row.owed_at,
        said=list(row.said.all()),
        because=row.because,
    )


def _to_read() -> QuerySet[Outage]:
    return Outage.objects.select_related("provider").prefetch_related("said")


def outages_of(provider: str, at: datetime) -> list[OutageCard]:
    """The outages of a provider that are not over, or were until lately; two queries."""
    rows = _to_read().filter(provider__key=provider)
    lately = Q(ended_at__gt=at - SHOWN_FOR) | Q(began_at__gt=at - SHOWN_FOR)
    shown = rows.filter(Q(state=OutageState.RUNNING) | lately)
    return [outage_card(row, at) for row in shown.order_by("-state", "-began_at")[:100]]


def outage_by_reference(reference: str, at: datetime) -> OutageCard | None:
    row = _to_read().filter(reference=reference.strip().upper()).first()
    return outage_card(row, at) if row else None


@dataclass(frozen=True, kw_only=True)
class OutageNews:
    """An outage that is not over, with the services of one account that it hits."""

    card: OutageCard
    services: list[Service]


def news_of_outages(
    account: Account, at: datetime, service: Service | None = None
) -> list[OutageNews]:
    """The outages that hit an account's services now or are planned, or one service alone.

    At most three queries.
    """
    hits = OutageService.objects.filter(
        service__contract__account=account, outage__state=OutageState.RUNNING
    ).select_related("service")
    if service is not None:
        hits = hits.filter(service=service)
    rows = {row.pk: row for row in _to_read().filter(pk__in=hits.values("outage"))}
    services: dict[int, list[Service]] = {}
    for hit in hits.order_by("service__label"):
        services.setdefault(hit.outage_id, []).append(hit.service)
    return [
        OutageNews(card=outage_card(row, at), services=services[pk])
        for pk, row in sorted(rows.items(), key=lambda item: item[1].began_at)
    ]


def is_hit() -> Exists:
    """Say of each row of a query of services whether an outage hits it that is not over."""
    running = OutageService.objects.filter(outage__state=OutageState.RUNNING)
    return Exists(running.filter(service=OuterRef("pk")))


def outage_of(service: Service, at: datetime) -> Outage | None:
    """The outage under way that keeps a service from working, the oldest if there are several."""
    return (
        Outage.objects.filter(hits__service=service, state=OutageState.RUNNING, began_at__lte=at)
        .order_by("began_at")
        .first()
    )


def outage_complaints_law(on: date) -> Because:
    """What the law says of complaints about outages: what counts as one, and how they end.

    (RF-OUT-02, RF-OUT-05.)
    """
    return [reason for id in (REPORTS, PROCESS) for reason in law(id, on)[1]()]


def to_say(rows: QuerySet[Outage], at: datetime) -> QuerySet[Outage]:
    """Outages whose next update is owed within the hour, or was missed."""
    return rows.filter(state=OutageState.RUNNING, owed_at__lte=at + AN_HOUR)


def not_told(rows: QuerySet[Outage]) -> QuerySet[Outage]:
    """Outages of which not everybody hit has been sent the newest word."""
    return rows.filter(told_through__lt=F("updates"))


def clock(at: datetime, zone: ZoneInfo) -> str:
    """A moment as letters say it: “Fri 27 Nov 2026, 14:05”."""
    here = at.astimezone(zone)
    return f"{in_words(here.date())}, {here:%H:%M}"
