"""Questions about people and accounts, answered as frozen dataclasses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Prefetch, QuerySet

from records.audit.models import Entry
from terms import library
from terms.binding import Binding, Standing
from terms.calendar import DeclaredDay as TermsDay
from terms.calendar import State
from terms.facts import Role
from terms.profile import Agreed

from .models import Account, Appointment, DeclaredDay, Provider, TermsAcceptance, User
from .models.acceptance import DECLARED_DAYS
from .states import CustomerKind

_supposed: ContextVar[tuple[TermsDay, ...]] = ContextVar("supposed_days", default=())
FLOOR = "floor"
HOUSE_DEFAULT = "default"
WIDEST = [
    role.value for role in (Role.HOLDER, Role.CUSTOMER_CONTACT, Role.AUTHORISED_REP, Role.ADVOCATE)
]


@dataclass(frozen=True, kw_only=True)
class Acting:
    """Whom a person acts for and as what, as the shell shows it."""

    account: Account
    role: str
    role_label: str
    holder_name: str
    ends_on: date | None
    limits: tuple[str, ...]
    standings: tuple[Appointment, ...]

    @property
    def for_someone_else(self) -> bool:
        return self.role != Role.HOLDER


def accounts_of(user: User, at: datetime) -> list[Acting]:
    """The accounts on which the person stands today, each once, by the widest standing."""
    rows = (
        Appointment.objects.filter(user=user, revoked_at__isnull=True)
        .select_related("account__customer__provider")
        .order_by("account__number", "starts_on")
    )
    best: dict[int, Appointment] = {}
    held: dict[int, list[Appointment]] = defaultdict(list)
    for row in rows:
        today = at.astimezone(State(row.account.state).zone).date()
        if row.starts_on <= today <= (row.ends_on or today):
            held[row.account_id].append(row)
            kept = best.get(row.account_id)
            if kept is None or WIDEST.index(row.role) < WIDEST.index(kept.role):
                best[row.account_id] = row
    return [
        Acting(
            account=row.account,
            role=row.role,
            role_label=row.get_role_display(),
            holder_name=row.account.customer.name,
            ends_on=row.ends_on,
            limits=tuple(row.limits),
            standings=tuple(held[row.account_id]),
        )
        for row in best.values()
    ]


def standings(account: Account, user: User, on: date) -> list[Appointment]:
    """The person's unrevoked appointments on this account, whatever their dates."""
    return list(
        Appointment.objects.filter(account=account, user=user, revoked_at__isnull=True)
        .exclude(starts_on__gt=on)
        .select_related("account__customer__provider")
    )


def holder(account: Account) -> User | None:
    """The account holder, if someone has claimed the account."""
    found = (
        Appointment.objects.filter(
            account=account, role=Role.HOLDER.value, revoked_at__isnull=True, ends_on__isnull=True
        )
        .select_related("user")
        .first()
    )
    return found.user if found else None


def people(account: Account) -> list[Appointment]:
    """Everyone who stands or stood somewhere on the account, for its People page."""
    return list(account.appointments.select_related("user").order_by("-starts_on"))


def version_in_force(account: Account, on: date) -> str:
    """The version of the provider's terms that binds the account on that day."""
    document = account.customer.provider.key
    accepted = [row for row in account.acceptances.all() if row.binds_from <= on]
    if accepted:
        return max(accepted, key=lambda row: row.binds_from).version
    return library.in_force(document, on)


def binding(
    account: Account,
    on: date,
    version: str | None = None,
    agreed: Mapping[str, Agreed] | None = None,
    **known: Any,
) -> Binding:
    """Return terms, floor and house default as they bind this account on that day.

    `version` is the one that a contract pins; `agreed` are figures agreed for a service; `known`
    are facts that choose a floor row (hardship, disputed, …).
    """
    customer = account.customer
    version = version or version_in_force(account, on)
    declared = declared_days()
    standing = Standing(
        tcp=customer.is_tcp,
        as_at=on,
        state=State(account.state),
        small_business=customer.kind != CustomerKind.RESIDENTIAL,
        **known,
    )
    return Binding(
        library.load(customer.provider.key, version).with_declared(declared),
        library.load(FLOOR, library.in_force(FLOOR, on)).with_declared(declared),
        standing,
        agreed=agreed or {},
        default=library.load(HOUSE_DEFAULT, library.latest(HOUSE_DEFAULT)).with_declared(declared),
    )


def declared_days() -> tuple[TermsDay, ...]:
    """Days proclaimed by a state since the calendar was published."""
    known = cache.get(DECLARED_DAYS)
    if known is None:
        known = tuple(
            TermsDay(state=State(row.state), day=row.day, name=row.name)
            for row in DeclaredDay.objects.order_by("state", "day")
        )
        cache.set(DECLARED_DAYS, known, timeout=300)
    return (*known, *_supposed.get())


@contextmanager
def as_if_declared(day: TermsDay) -> Iterator[None]:
    """Let every binding made meanwhile count a day as declared that nobody has declared yet."""
    token = _supposed.set((*_supposed.get(), day))
    try:
        yield
    finally:
        _supposed.reset(token)


def account_by_public_id(public_id: str) -> Account | None:
    """The account with what a page needs of it, or None."""
    return (
        Account.objects.filter(public_id=public_id)
        .select_related("customer__provider")
        .prefetch_related(Prefetch("acceptances", TermsAcceptance.objects.order_by("binds_from")))
        .first()
    )


def providers() -> list[Provider]:
    return list(Provider.objects.all())


@dataclass(frozen=True, kw_only=True)
class PersonCard:
    """One appointment as the People page shows it."""

    name: str
    email: str
    role: str
    status: str
    starts_on: date
    ends_on: date | None
    limits: tuple[str, ...]


def people_cards(account: Account, on: date) -> list[PersonCard]:
    """Everyone who stands or stood somewhere on the account, newest first."""
    return [
        PersonCard(
            name=row.user.full_name,
            email=row.user.email,
            role=row.get_role_display(),
            status=_standing_on(row, on),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            limits=tuple(limit.replace("_", " ") for limit in row.limits),
        )
        for row in people(account)
    ]


def _standing_on(row: Appointment, on: date) -> str:
    if row.revoked_at or (row.ends_on and row.ends_on < on):
        return "expired"
    if row.starts_on > on:
        return "pending"
    return "current"


def history(account: Account) -> QuerySet[Entry]:
    """What was done to or seen of the account, newest first."""
    return Entry.objects.filter(account=account).order_by("-sequence")
