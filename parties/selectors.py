"""Questions about people and accounts, answered as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from records.audit.models import Entry
from terms import library
from terms.binding import Binding, Standing
from terms.calendar import DeclaredDay as TermsDay
from terms.calendar import State
from terms.clause import Reason, dump
from terms.facts import Action, Role
from terms.profile import Agreed

from .models import (
    Account,
    Appointment,
    DeclaredDay,
    Presence,
    Provider,
    TermsAcceptance,
    User,
)
from .states import CustomerKind, HighRisk, PresenceState

FLOOR = "floor"
# How the floor marks a row that is prudence, not law.
HOUSE_RULE = "house"
LOOK_TOGETHER = "look"
LOOKS = frozenset({Action.VIEW_BILLS, Action.VIEW_PERSONAL_DETAILS, Action.REQUEST_RECORDS})
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

    @property
    def for_someone_else(self) -> bool:
        return self.role != Role.HOLDER


def accounts_of(user: User, at: datetime) -> list[Acting]:
    """The accounts on which the person stands today, each once, by the widest standing."""
    rows = (
        Appointment.objects.filter(user=user, revoked_at__isnull=True)
        .select_related("account__customer__provider")
        .prefetch_related("account__acceptances")
        .order_by("account__number", "starts_on")
    )
    best: dict[int, Appointment] = {}
    for row in rows:
        today = at.astimezone(State(row.account.state).zone).date()
        if row.starts_on <= today <= (row.ends_on or today):
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


def is_present(appointment: Appointment, action: Action, at: datetime) -> bool:
    """Whether the customer is there with this advocate now, for looking at things together.

    A change is confirmed for itself and done at once; only looking goes on for a while.
    """
    return (
        Presence.objects.filter(
            appointment=appointment,
            state=PresenceState.CONFIRMED,
            act=LOOK_TOGETHER,
            ends_at__gt=at,
        ).exists()
        and action in LOOKS
    )


def live_presences(account: Account, at: datetime) -> list[Presence]:
    """What advocates ask for or look at with the customer at this moment, newest first."""
    return list(
        Presence.objects.filter(
            account=account,
            state__in=[PresenceState.ASKED, PresenceState.CONFIRMED],
            ends_at__gt=at,
        ).select_related("advocate", "account")
    )


def why_high_risk(account: Account, risk: HighRisk, on: date) -> list[dict[str, Any]]:
    """Why a step needs a second factor (RF-ID-01 to RF-ID-04); empty if it does not.

    A provider may turn off single entries of the house's own list, none of the law's.
    """
    rows = library.load(FLOOR, library.in_force(FLOOR, on)).rows
    naming = [row for row in rows if risk.value in row.parameters.get("high_risk", ())]
    if risk.value in account.customer.provider.low_risk:
        naming = [row for row in naming if row.conf != HOUSE_RULE]
    general = [row for row in rows if "factors_min" in row.parameters]
    return dump(Reason(row.clause) for row in (*general, *naming)) if naming else []


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
    return tuple(
        TermsDay(state=State(row.state), day=row.day, name=row.name)
        for row in DeclaredDay.objects.order_by("state", "day")
    )


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
