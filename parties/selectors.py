"""Questions about people and accounts, answered as frozen dataclasses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from records.audit.models import Entry
from records.audit.states import VIEW, in_words
from terms import library
from terms.binding import Binding, Standing
from terms.calendar import Calendar, State
from terms.calendar import DeclaredDay as TermsDay
from terms.calendar import in_words as in_day_words
from terms.clause import Reason, dump
from terms.facts import Role
from terms.profile import Agreed

from .models import (
    Account,
    Appointment,
    DeclaredDay,
    Preference,
    Provider,
    SafeContact,
    TermsAcceptance,
    User,
)
from .models.acceptance import DECLARED_DAYS
from .models.appointments import ROLES
from .states import CHOICES, CustomerKind, PreferenceKind

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
    return known


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
        SafeContact.objects.filter(account=account, ended_at__isnull=True).select_related("user")
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
