"""Questions about people and accounts, answered as frozen dataclasses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery

from records.audit.models import Entry
from records.audit.states import VIEW, in_words
from records.documents.models import Document
from terms import library
from terms.binding import Binding, Standing
from terms.calendar import Calendar, State
from terms.calendar import DeclaredDay as TermsDay
from terms.calendar import in_words as in_day_words
from terms.clause import Reason, dump
from terms.facts import Action, Role
from terms.profile import Agreed

from .models import (
    Account,
    Appointment,
    Customer,
    DeclaredDay,
    IdentityCheck,
    Preference,
    Presence,
    Provider,
    SafeContact,
    Signature,
    TermsAcceptance,
    User,
)
from .models.acceptance import DECLARED_DAYS
from .models.appointments import ROLES
from .states import (
    CHOICES,
    ONLY_WITH_CUSTOMER,
    POWERS,
    CustomerKind,
    HighRisk,
    PreferenceKind,
    PresenceState,
)

_supposed: ContextVar[tuple[TermsDay, ...]] = ContextVar("supposed_days", default=())
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
    standings: tuple[Appointment, ...]
    is_asked: bool = False  # an advocate waits for the customer's answer

    @property
    def for_someone_else(self) -> bool:
        return self.role != Role.HOLDER


def accounts_of(user: User, at: datetime) -> list[Acting]:
    """The accounts on which the person stands today, each once, by the widest standing."""
    asked = Presence.objects.filter(
        account=OuterRef("account"), state=PresenceState.ASKED, ends_at__gt=at
    )
    rows = (
        Appointment.objects.filter(user=user, revoked_at__isnull=True)
        .select_related("account__customer__provider")
        .annotate(is_asked=Exists(asked))
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


def open_code(account: Account, person: User, purpose: str, at: datetime) -> IdentityCheck | None:
    """The code that was sent for this purpose and can still be entered."""
    return IdentityCheck.objects.filter(
        account=account, person=person, purpose=purpose, passed_at__isnull=True, expires_at__gt=at
    ).first()


def zone_of(account: Account) -> ZoneInfo:
    """The clock of the account's state."""
    return State(account.state).zone


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


def asked_of_customer(account: Account, at: datetime) -> list[Presence]:
    """What advocates ask the customer at this moment, newest first."""
    rows = Presence.objects.filter(account=account, state=PresenceState.ASKED, ends_at__gt=at)
    return list(rows.select_related("advocate"))


def presences(account: Account, *, by: User | None = None, limit: int = 50) -> list[Presence]:
    """What advocates, or the one given, asked for with the customer there, newest first."""
    rows = Presence.objects.filter(account=account).select_related("advocate", "account")
    return list((rows.filter(advocate=by) if by else rows)[:limit])


def presence_by_public_id(account: Account, public_id: Any) -> Presence | None:
    """One request of an advocate on the account."""
    return (
        Presence.objects.filter(account=account, public_id=public_id)
        .select_related(
            "advocate", "confirmed_by", "code", "appointment", "account__customer__provider"
        )
        .first()
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
    rows = account.appointments.select_related("user", "replaced_by")
    return list(rows.order_by("-starts_on", "-pk"))


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


def working_calendar(account: Account, on: date) -> Calendar:
    """The working days of the account's state, as its provider's terms read them."""
    document = account.customer.provider.key
    profile = library.load(document, library.in_force(document, on))
    return profile.with_declared(declared_days()).calendar(State(account.state))


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

    public_id: str
    name: str
    email: str
    role: str
    status: str
    starts_on: date
    ends_on: date | None
    limits: tuple[str, ...]


def people_cards(account: Account, on: date, at: datetime) -> list[PersonCard]:
    """Everyone who stands or stood somewhere on the account, who can act first."""
    cards = [
        PersonCard(
            public_id=str(row.public_id),
            name=row.person,
            email=row.user.email,
            role=row.position or row.get_role_display(),
            status=standing_status(row, on, at),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            limits=withheld(row),
        )
        for row in people(account)
        if not hasattr(row, "replaced_by")
    ]
    return sorted(cards, key=lambda card: card.status in OVER)


OVER = ("ended", "expired")


def standing_status(row: Appointment, on: date, at: datetime) -> str:
    """Where an appointment stands on a day, as a status code."""
    if row.revoked_at:
        return "ended"
    if row.ends_on and row.ends_on < on:
        return "expired"
    if row.needs_check and row.verified_at is None:
        return "to_check"
    if row.works_from and at < row.works_from:
        return "cooling_off"
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


def access_needs(customer: Customer) -> str:
    """What helps when staff talk with the customer, in a sentence or two."""
    parts = [
        "Call through the National Relay Service." if customer.relay_service else "",
        f"Interpreter: {customer.interpreter_language}." if customer.interpreter_language else "",
        customer.access_notes,
    ]
    return " ".join(filter(None, parts))


def form_of(row: Appointment) -> Document | None:
    """The form that was issued for an appointment."""
    return Document.objects.filter(kind="appointment", subject=str(row.public_id)).first()


def preferences(account: Account) -> dict[PreferenceKind, str]:
    """What holds for the account of each kind; the first choice where nothing was chosen."""
    chosen = {kind: choices[0][0] for kind, choices in CHOICES.items()}
    # Oldest first, so that the newest of each kind is what stays.
    for row in Preference.objects.filter(account=account).order_by("chosen_at", "pk"):
        chosen[PreferenceKind(row.kind)] = row.value
    return chosen


def wanting_news(provider: Provider) -> list[Account]:
    """The accounts of a provider that agreed to news and offers."""
    newest = Preference.objects.filter(
        account=OuterRef("pk"), kind=PreferenceKind.MARKETING
    ).order_by("-chosen_at", "-pk")
    return list(
        Account.objects.filter(customer__provider=provider)
        .annotate(news=Subquery(newest.values("value")[:1]))
        .filter(news="yes")
        .select_related("customer__provider")
    )


def safe_contacts(account: Account) -> list[SafeContact]:
    """The safe contacts that hold on the account, for those who have to use them."""
    return list(
        SafeContact.objects.filter(account=account, ended_at__isnull=True).select_related(
            "user", "account__customer"
        )
    )


def safe_contact_of(account: Account, user: User) -> SafeContact | None:
    """The person's own safe contact; nobody else's is ever shown on the account."""
    return SafeContact.objects.filter(account=account, user=user, ended_at__isnull=True).first()


def credit_binding(account: Account, on: date, **known: Any) -> Binding:
    """What binds the account where cutting it off is at stake: with its people's safety known.

    The law then forbids to restrict, suspend or disconnect (RF-DFV-03).
    """
    raised = SafeContact.objects.filter(
        account=account, safety_threat=True, ended_at__isnull=True
    ).exists()
    return binding(account, on, dfv_safety_threat=raised, **known)


def law(id: str, on: date) -> tuple[Mapping[str, Any], Callable[..., list[dict[str, Any]]]]:
    """The figures of a row of the law in force on a day, and how to cite it with steps."""
    floor = library.load(FLOOR, library.in_force(FLOOR, on))
    clause = next(clause for clause in floor.clauses if clause.id == id)
    return floor.parameters(id), lambda *steps: dump([Reason(clause, steps)])


# What a page of the portal is about, by the first part of its address.
PAGES = {
    "": "the account's home page",
    "bills": "bills",
    "services": "services",
    "contract": "the contract",
    "complaints": "complaints",
    "people": "people on the account",
    "profile": "the customer's details",
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One fact that changed, in words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody did to, or saw of, an account, in words."""

    at: datetime
    who: str
    role: str
    what: str
    about: str
    reason: str
    changes: tuple[Change, ...]

    @property
    def changed(self) -> str:
        """The changes in one line, for a file."""
        return "; ".join(f"{one.name}: {one.before} → {one.after}" for one in self.changes)


def history(account: Account) -> QuerySet[Entry]:
    """What was done to or seen of the account, newest first, without what concerns safety.

    What bears the same subject as a private entry is left out with it.
    """
    entries = Entry.objects.filter(account=account)
    private = entries.filter(is_private=True).exclude(subject="").values("subject")
    shown = entries.filter(is_private=False).exclude(subject__in=private)
    return shown.order_by("-sequence")


def deed(entry: Entry) -> Deed:
    """An entry of the account's history in words."""
    return Deed(
        at=entry.at,
        who="The portal" if entry.actor_name == "system" else entry.actor_name,
        role=dict(ROLES).get(entry.acted_as, entry.acted_as),
        what=in_words(entry.action),
        about=_about(entry),
        reason=entry.reason,
        changes=tuple(
            Change(
                name=name.replace("_", " ").capitalize(),
                before=_said(entry.before.get(name)),
                after=_said(entry.after.get(name)),
            )
            for name in dict.fromkeys([*entry.before, *entry.after])
        ),
    )


def _about(entry: Entry) -> str:
    if entry.action == VIEW and entry.subject.startswith("/"):
        return PAGES.get(entry.subject.split("/")[1], "the account")
    return entry.subject


def _said(value: Any) -> str:
    """A stored value as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value)) or "nothing"
    if value in (None, "", {}):
        return "nothing"
    text = str(value)
    try:
        return in_day_words(date.fromisoformat(text))
    except ValueError:
        return text.replace("_", " ")
