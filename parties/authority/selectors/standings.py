"""Who stands where on an account, and what it amounts to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet

from parties.accounts.models import Account
from parties.authority.models import Appointment, Invitation, Presence, Signature
from parties.authority.states import ONLY_WITH_CUSTOMER, POWERS, PresenceState
from parties.people.models import User
from records.documents.models import Document
from terms.calendar import State
from terms.facts import Role

from .presence import looking

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
    is_asked: bool = False  # an advocate waits for the customer's answer

    @property
    def for_someone_else(self) -> bool:
        return self.role != Role.HOLDER


def accounts_of(user: User, at: datetime) -> list[Acting]:
    """The accounts on which the person stands today, each once, by the widest standing.

    What they have not accepted changes nothing for them: anybody may have appointed them.
    """
    asked = Presence.objects.filter(
        account=OuterRef("account"), state=PresenceState.ASKED, ends_at__gt=at
    )
    rows = (
        Appointment.objects.filter(user=user, revoked_at__isnull=True, awaits_acceptance=False)
        .select_related("account__customer__provider", "account__balance")
        .annotate(is_asked=Exists(asked), is_looking=Exists(looking(OuterRef("pk"), at)))
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
            is_asked=row.is_asked,  # type: ignore[attr-defined]
        )
        for row in best.values()
    ]


@dataclass(frozen=True, kw_only=True)
class EndedStanding:
    """A standing that is over, as its person may still know it: no name, and no reason."""

    number: str
    provider: str
    role_label: str
    last_day: date


def ended_standings(user: User, at: datetime, limit: int = 5) -> list[EndedStanding]:
    """Where the person stood and no longer does, the latest first, each account once."""
    rows = (
        Appointment.objects.filter(user=user, replaced_by__isnull=True, awaits_acceptance=False)
        .select_related("account__customer__provider")
        .order_by("-starts_on", "-pk")
    )
    found: dict[int, EndedStanding] = {}
    stands: set[int] = set()
    for row in rows:
        zone = State(row.account.state).zone
        today = at.astimezone(zone).date()
        last = row.revoked_at.astimezone(zone).date() if row.revoked_at else row.ends_on
        if last is None or (row.revoked_at is None and last >= today):
            stands.add(row.account_id)
            continue
        ended = EndedStanding(
            number=row.account.number,
            provider=row.account.customer.provider.name,
            role_label=row.get_role_display(),
            last_day=last,
        )
        known = found.get(row.account_id)
        if known is None or known.last_day < last:
            found[row.account_id] = ended
    over = [one for account, one in found.items() if account not in stands]
    return sorted(over, key=lambda one: one.last_day, reverse=True)[:limit]


def standings(account: Account, user: User, on: date) -> list[Appointment]:
    """The person's unrevoked appointments on this account, whatever their dates."""
    return list(
        Appointment.objects.filter(account=account, user=user, revoked_at__isnull=True)
        .exclude(starts_on__gt=on)
        .select_related("account__customer__provider")
    )


def appointment_by_public_id(account: Account, public_id: str) -> Appointment | None:
    """One appointment on the account, whatever its dates."""
    return (
        Appointment.objects.filter(account=account, public_id=public_id)
        .select_related("user", "account__customer__provider")
        .first()
    )


def standing_of(acting: Acting) -> Appointment | None:
    """The appointment under which a person acts on the account."""
    return next((row for row in acting.standings if row.role == acting.role), None)


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


def unclaimed(rows: QuerySet[Account]) -> QuerySet[Account]:
    """Those accounts that nobody holds."""
    holders = Appointment.objects.filter(
        account=OuterRef("pk"),
        role=Role.HOLDER.value,
        revoked_at__isnull=True,
        ends_on__isnull=True,
    )
    return rows.exclude(Exists(holders))


def invitation_expired(rows: QuerySet[Account], at: datetime) -> QuerySet[Account]:
    """Those accounts that nobody holds and whose holder was invited, but no invitation is open."""
    sent = Invitation.objects.filter(account=OuterRef("pk"), role=Role.HOLDER.value)
    still = sent.filter(used_at__isnull=True, expires_at__gt=at)
    return unclaimed(rows).filter(Exists(sent)).exclude(Exists(still))


def people(account: Account) -> list[Appointment]:
    """Everyone who stands or stood somewhere on the account, for its People page."""
    rows = account.appointments.select_related("user", "replaced_by")
    return list(rows.order_by("-starts_on", "-pk"))


@dataclass(frozen=True, kw_only=True)
class PersonCard:
    """One appointment as the People page shows it."""

    public_id: str
    name: str
    email: str
    role: str
    position: str
    role_key: str
    status: str
    starts_on: date
    ends_on: date | None
    limits: tuple[str, ...]
    max_expense: Decimal | None
    services: tuple[str, ...]


def people_cards(account: Account, on: date, at: datetime) -> list[PersonCard]:
    """Everyone who stands or stood somewhere on the account: the holder, then who can act."""
    cards = [
        PersonCard(
            public_id=str(row.public_id),
            name=row.person,
            email=row.user.email,
            role=row.get_role_display(),
            position=row.position,
            role_key=row.role,
            status=standing_status(row, on, at),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            limits=withheld(row),
            max_expense=row.max_expense,
            services=tuple(row.services.values()),
        )
        for row in people(account)
        if not hasattr(row, "replaced_by")
    ]
    return sorted(cards, key=lambda card: (card.status in OVER, card.role_key != Role.HOLDER))


OVER = ("ended", "expired")


def standing_status(row: Appointment, on: date, at: datetime) -> str:
    """Where an appointment stands on a day, as a status code."""
    if row.revoked_at:
        return "ended"
    if row.ends_on and row.ends_on < on:
        return "expired"
    if row.needs_check and row.verified_at is None:
        return "to_check"
    if row.held_at:
        return "held"
    if row.works_from and at < row.works_from:
        return "cooling_off"
    if row.awaits_acceptance:
        return "invited"
    return "pending" if row.starts_on > on else "current"


def withheld(row: Appointment) -> tuple[str, ...]:
    """What an appointment withholds, in words."""
    words = tuple(says for one, says in POWERS.items() if one.value in row.limits)
    return ("Anything without you", *words) if ONLY_WITH_CUSTOMER in row.limits else words


@dataclass(frozen=True, kw_only=True)
class AppointmentCard:
    """One appointment as its own page shows it."""

    row: Appointment
    status: str
    is_over: bool
    granted: tuple[str, ...]
    withheld: tuple[str, ...]
    signature: Signature | None
    has_form: bool
    earlier: Appointment | None


def appointment_card(row: Appointment, on: date, at: datetime) -> AppointmentCard:
    """One appointment with its signature and the one that it replaced."""
    status = standing_status(row, on, at)
    representative = row.role == Role.AUTHORISED_REP
    granted = tuple(says for one, says in POWERS.items() if one.value not in row.limits)
    return AppointmentCard(
        row=row,
        status=status,
        is_over=status in OVER,
        granted=granted if representative else (),
        withheld=withheld(row),
        signature=signature_of(row),
        has_form=form_of(row) is not None,
        earlier=row.replaces,
    )


def to_check(rows: QuerySet[Appointment]) -> QuerySet[Appointment]:
    """Those appointments that wait for staff to check who the person is."""
    return rows.filter(needs_check=True, verified_at__isnull=True, revoked_at__isnull=True)


def signature_of(row: Appointment) -> Signature | None:
    """How an appointment was signed."""
    return Signature.objects.filter(appointment=row).first()


def form_of(row: Appointment) -> Document | None:
    """The form that was issued for an appointment."""
    return Document.objects.filter(kind="appointment", subject=str(row.public_id)).first()
