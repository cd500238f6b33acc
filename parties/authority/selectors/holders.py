"""What happened to whoever holds an account, and what follows for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from parties.accounts.models import Account
from parties.accounts.selectors import binding
from parties.accounts.states import AccountStatus
from parties.authority.models import Appointment, HolderEvent
from parties.authority.states import HolderEventKind
from parties.people.models import User
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.clause import Reason, as_json
from terms.facts import BadFacts, Role
from terms.profile import TermsSilent
from terms.rules.leaving import By, Cause

# Whoever may be mourning, or can't answer, is not chased: a person decides what happens next.
NOT_CHASED = frozenset({HolderEventKind.DEATH, HolderEventKind.INCAPACITY})
FOR = {
    HolderEventKind.DEATH: "The estate of {}",
    HolderEventKind.INCAPACITY: "Whoever looks after the affairs of {}",
}


@dataclass(frozen=True, kw_only=True)
class TerminationRight:
    """From when the provider may end the contract for such a cause; None where no clause does."""

    ends_from: date | None
    because: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class CurrentHolderChange:
    """One thing that happened to the holder, and what the terms allow because of it."""

    kind: HolderEventKind
    since: date
    person: str
    ground: TerminationRight
    new_holder_email: str

    @property
    def label(self) -> str:
        return str(self.kind.label)


@dataclass(frozen=True, kw_only=True)
class AccountStanding:
    """Where an account stands on a day: open or closed, held by whom, and what happened to them.

    `happenings` are those that still count, newest first: once a new holder has claimed the
    account, what happened to the one before is history. `is_chased` says whether anything may be
    asked for without a person deciding so. `to_name` and `to_email` are where the account's own
    messages go.
    """

    is_closed: bool
    holder: User | None
    happenings: tuple[CurrentHolderChange, ...]
    to_name: str
    to_email: str

    @property
    def is_chased(self) -> bool:
        return not any(one.kind in NOT_CHASED for one in self.happenings)


def account_standing(account: Account, on: date) -> AccountStanding:
    """Return where the account stands on a day, and what the terms allow because of it.

    (CV-SUS-02, CV-SUS-03; where the terms say nothing, there is no ground.) Two queries.
    """
    row = (
        Appointment.objects.filter(
            account=account, role=Role.HOLDER.value, revoked_at__isnull=True, ends_on__isnull=True
        )
        .select_related("user")
        .first()
    )
    held_by = row.user if row else None
    events = HolderEvent.objects.filter(account=account, since__lte=on)
    if row is not None:
        events = events.filter(old_holder=held_by)
    bound = binding(account, on)
    happenings = tuple(
        _happening(account, event, on, bound)
        for event in events.select_related("old_holder").order_by("-since", "-pk")
    )
    name, email = _addressee(account, held_by, happenings)
    return AccountStanding(
        is_closed=account.status == AccountStatus.CLOSED,
        holder=held_by,
        happenings=happenings,
        to_name=name,
        to_email=email,
    )


def ground(
    account: Account, kind: HolderEventKind, since: date, on: date, bound: Binding | None = None
) -> TerminationRight:
    """Say from when, and by which clauses, the provider may end the contract for this.

    An insolvency counts once it has lasted as long as the terms say.
    """
    if kind.value not in set(Cause):
        return TerminationRight(ends_from=None, because=[])
    bound = bound or binding(account, on)
    try:
        for_cause, otherwise = (
            bound.decide(
                rules.termination,
                notice_given_on=on,
                by=By.PROVIDER,
                contract_start=account.opened_on,
                state=State(account.state),
                bill_day=account.bill_day,
                cause=cause,
                cause_since=since,
            )
            for cause in (Cause(kind.value), Cause.NONE)
        )
    except (TermsSilent, BadFacts):
        # Silent, or a document that names causes and knows no such one: there is no ground.
        return TerminationRight(ends_from=None, because=[])
    if for_cause.because == otherwise.because:
        return TerminationRight(ends_from=None, because=[])
    opens: date = since
    lasting: tuple[Reason, ...] = ()
    if kind == HolderEventKind.INSOLVENCY:
        opens, lasting = _has_lasted(account, since, bound)
    return TerminationRight(ends_from=opens, because=as_json((*for_cause.because, *lasting)))


def _has_lasted(account: Account, since: date, bound: Binding) -> tuple[date, tuple[Reason, ...]]:
    try:
        answer = bound.decide(
            rules.insolvency_default, appointed_on=since, state=State(account.state)
        )
    except TermsSilent:
        return since, ()
    return answer.earliest_on, answer.because


def _happening(
    account: Account, event: HolderEvent, on: date, bound: Binding
) -> CurrentHolderChange:
    kind, customer = HolderEventKind(event.kind), account.customer.name
    return CurrentHolderChange(
        kind=kind,
        since=event.since,
        # It is the business that can't pay, not the person who holds the account for it.
        person=customer
        if kind == HolderEventKind.INSOLVENCY
        else str(event.old_holder or customer),
        ground=ground(account, kind, event.since, on, bound),
        new_holder_email=event.new_holder_email,
    )


def _addressee(
    account: Account, held_by: User | None, happenings: tuple[CurrentHolderChange, ...]
) -> tuple[str, str]:
    """To whom and where the account's messages go: nobody writes to the dead by name."""
    if held_by is None:
        for one in happenings:
            name = FOR.get(one.kind, "{}").format(one.person)
            if one.kind in FOR:
                return name, one.new_holder_email or account.billing_email
    return (str(held_by) if held_by else account.customer.name), account.billing_email
