"""What binds an account: its terms, the law beneath them, the days that count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Prefetch, prefetch_related_objects

from parties.accounts.models import DECLARED_DAYS, Account, DeclaredDay, TermsAcceptance
from parties.accounts.states import CustomerKind
from terms import library
from terms.binding import Binding
from terms.calendar import Calendar, State, in_words
from terms.calendar import DeclaredDay as TermsDay
from terms.clause import Reason, as_json
from terms.profile import Agreed
from terms.rules.floor import Standing

_supposed: ContextVar[tuple[TermsDay, ...]] = ContextVar("supposed_days", default=())
FLOOR = "floor"
HOUSE_DEFAULT = "default"


def zone_of(account: Account) -> ZoneInfo:
    """The clock of the account's state."""
    return State(account.state).zone


def version_in_force(account: Account, on: date) -> str:
    """The version of the provider's terms that binds the account on that day."""
    document = account.customer.provider.key
    # A page asks often for the terms that bind, and nothing changes them meanwhile.
    prefetch_related_objects([account], "acceptances")
    accepted = [row for row in account.acceptances.all() if row.binds_from <= on]
    if accepted:
        return max(accepted, key=lambda row: row.binds_from).version
    return library.in_force(document, on)


@dataclass(frozen=True, kw_only=True)
class AcceptedTerms:
    """A version of the terms as an account accepted it: its printed title and day, by which act.

    `printed_on` None: the document prints no day. `accepted_by`: who, where that is known.
    """

    title: str
    printed_on: date | None
    act: str
    binds_from: date
    accepted_by: str
    is_now: bool


def accepted_terms(account: Account, on: date) -> list[AcceptedTerms]:
    """Which versions of the terms an account accepted up to a day, the newest first; one query."""
    document = account.customer.provider.key
    # Read with who accepted, and kept: the account's binding asks the same rows.
    rows = TermsAcceptance.objects.select_related("accepted_by").order_by("binds_from")
    prefetch_related_objects([account], Prefetch("acceptances", rows))
    known = [row for row in account.acceptances.all() if row.binds_from <= on]
    prefetch_related_objects(known, "accepted_by")
    found = []
    for place, row in enumerate(sorted(known, key=lambda row: row.binds_from, reverse=True)):
        profile = library.load(document, row.version)
        found.append(
            AcceptedTerms(
                title=profile.title,
                printed_on=profile.in_force_from,
                act=row.get_act_display(),
                binds_from=row.binds_from,
                accepted_by=str(row.accepted_by or ""),
                is_now=place == 0,
            )
        )
    return found


def terms_in_words(document: str, version: str) -> str:
    """A version as its document prints it, with its day where it has one."""
    profile = library.load(document, version)
    day = profile.in_force_from
    return f"{profile.title}, {in_words(day)}" if day else f"{profile.title}, without a date"


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
        small_business=customer.kind != CustomerKind.RESIDENTIAL and not customer.is_large,
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
    """What became known of days since the calendar was published."""
    known = cache.get(DECLARED_DAYS)
    if known is None:
        known = tuple(
            TermsDay(state=State(row.state), day=row.day, name=row.name, withdrawn=row.withdrawn)
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


def law(id: str, on: date) -> tuple[Mapping[str, Any], Callable[..., list[dict[str, Any]]]]:
    """The figures of a row of the law in force on a day, and how to cite it with steps."""
    floor = library.load(FLOOR, library.in_force(FLOOR, on))
    clause = next(clause for clause in floor.clauses if clause.id == id)
    return floor.parameters(id), lambda *steps: as_json([Reason(clause, steps)])
