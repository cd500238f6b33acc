"""What a newer version of the terms means for one contract: its day, its notice, the way out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet

from contracts.agreements.models import Contract
from contracts.agreements.selectors import ask, binding
from contracts.supply.models import Service
from contracts.supply.selectors import term_of
from contracts.variations.models import TermsChange, TermsVariation
from contracts.variations.states import HEARD, SENT, UNFINISHED, ChangeState
from parties.accounts.models import Account
from terms import library, rules
from terms.binding import Binding
from terms.calendar import State, in_words
from terms.rules.variation import Change

from .counts import RUNS
from .effects import Effect, Told, is_consumer, told_at, way_out_of
from .heard import open_way_out

# Rows by which a version already binds a contract, or is on its way to.
SETTLED = (*UNFINISHED, ChangeState.APPLIED, ChangeState.LEFT)


def terms_effect_of(
    change: TermsVariation,
    contract: Contract,
    *,
    sent_at: datetime,
    not_before: date | None = None,
    told: Told | None = None,
) -> Effect:
    """From which day a version binds a contract if its notice is sent at that moment.

    Its `effective_on` is the first day by the notice or the one wanted, whichever is later. The
    old version says so, with the law beneath it: it is what was agreed. `not_before` is a later
    day chosen for this contract alone; `told` are the notice's days where they are known.
    (GL-VAR-07, VP-VAR-06, CV-VAR-01, BS-VAR-01 to -05, RF-TCP-24.)
    """
    state = State(contract.account.state)
    bound = binding(contract, sent_at.astimezone(state.zone).date())
    told = told or told_at(contract.account, bound, sent_at)
    facts = _facts(change, contract, bound, told)
    answer = ask(
        bound,
        rules.variation,
        **facts,
        notice_given_on=told.received_on,
        notice_days=change.notice_days,
        supplier_applies_generally=change.supplier_wide,
    )
    needs_notice = bool(getattr(answer.result, "notice_required", True))
    earliest: date | None = getattr(answer.result, "effective_on", None)
    if earliest is None and not needs_notice:
        earliest = told.on
    by, until, why = way_out_of(change, bound, facts, told)
    asked = max(filter(None, (change.effective_on, not_before)))
    return Effect(
        earliest_on=earliest,
        effective_on=max(asked, earliest) if earliest else None,
        notice_required=needs_notice,
        way_out_by=by,
        way_out_until=until,
        because=[*answer.because, *(one for one in why if one not in answer.because)],
    )


def terms_facts_of(
    change: TermsChange, contract: Contract, bound: Binding, told: Told
) -> dict[str, Any]:
    """What the rules ask of new terms that were told: what they are, and whom they touch."""
    return _facts(change.variation, contract, bound, told)


def _facts(
    change: TermsVariation, contract: Contract, bound: Binding, told: Told
) -> dict[str, Any]:
    return {
        "kind": Change.TERMS.value,
        "detriment": change.harms,
        "acl_consumer": is_consumer(contract.account, bound),
        "fixed_term": _in_term(contract, told.on),
        "cause": change.forced_by or None,
        "state": State(contract.account.state),
    }


def _in_term(contract: Contract, on: date) -> bool:
    """Whether a minimum term of one of its services still runs on a day."""
    for service in running(contract, on):
        ends: date | None = getattr(term_of(contract, service, on).result, "ends_on", None)
        if ends is not None and ends >= on:
            return True
    return False


def running(contract: Contract, on: date) -> list[Service]:
    """Its services that still run on a day, as far as is known now."""
    return [
        one
        for one in contract.services.all()
        if one.status in RUNS and (one.ended_on is None or one.ended_on >= on)
    ]


def older_versions(document: str, version: str) -> tuple[str, ...]:
    """The versions of a document that a version follows."""
    found = library.versions(document)
    return found[: found.index(version)]


def versions_to_bring(document: str) -> tuple[str, ...]:
    """The versions of a document that contracts can be brought to: all but its first."""
    return library.versions(document)[1:]


def contracts_to_bind(change: TermsVariation) -> QuerySet[Contract]:
    """Contracts with a running service that pin an older version, and are not on their way."""
    settled = TermsChange.objects.filter(
        contract=OuterRef("pk"),
        variation__version=change.version,
        variation__state__in=SENT,
        state__in=SETTLED,
    )
    runs = Service.objects.filter(contract=OuterRef("pk"), status__in=RUNS)
    ends = Q(ended_on__isnull=True) | Q(ended_on__gte=change.effective_on)
    key = change.provider.key
    return (
        Contract.objects.filter(
            Exists(runs.filter(ends)),
            ~Exists(settled),
            account__customer__provider=change.provider_id,
            version__in=older_versions(key, change.version),
            pk__gt=change.worked_through,
        )
        .select_related("account__customer__provider")
        .prefetch_related(Prefetch("services", Service.objects.select_related("plan")))
        .order_by("pk")
    )


@dataclass(frozen=True, kw_only=True)
class Days:
    """How many contracts a version binds from a day on; the day is None where nobody chose it."""

    effective_on: date | None
    contracts: int
    with_way_out: int


def days_of(change: TermsVariation) -> list[Days]:
    """From which days a version binds how many contracts, the soonest first; one query."""
    rows = (
        change.changes.exclude(state=ChangeState.KEEPS)
        .values("effective_on")
        .annotate(count=Count("pk"), free=Count("pk", filter=~Q(way_out_by="")))
        .order_by(F("effective_on").asc(nulls_first=True))
    )
    return [
        Days(effective_on=row["effective_on"], contracts=row["count"], with_way_out=row["free"])
        for row in rows
    ]


def states_of(change: TermsVariation) -> dict[str, int]:
    """How many contracts stand where, by the words of each state; one query."""
    counted = dict(change.changes.values_list("state").annotate(Count("pk")).order_by("state"))
    return {one.label: counted[one] for one in ChangeState if one in counted}


@dataclass(frozen=True, kw_only=True)
class TermsNews:
    """A version that a customer was told of, as it stands on a day."""

    change: TermsChange
    is_in_force: bool
    may_leave: bool

    @property
    def words(self) -> str:
        """The change in a sentence or two."""
        row, day = self.change, self.change.effective_on
        bind = "New terms bind" if self.is_in_force else "New terms will bind"
        since = f" from {in_words(day)}" if day else ""
        told = f"{bind} contract {row.contract.reference}{since}."
        if not self.may_leave or row.way_out_until is None:
            return told
        return f"{told} You can leave without a fee until {in_words(row.way_out_until)}."


def has_terms_news(on: date, contract: str = "pk") -> Exists:
    """Say of each row of a query whether `terms_news_of` knows something of its contract."""
    return Exists(_heard(on).filter(contract=OuterRef(contract)))


def _heard(on: date) -> QuerySet[TermsChange]:
    return TermsChange.objects.filter(
        Q(effective_on__gt=on) | Q(way_out_until__gte=on), state__in=HEARD
    )


def terms_news_of(account: Account, on: date) -> dict[int, TermsNews]:
    """What lies ahead for each contract, or still lets the customer leave; one query."""
    rows = _heard(on).filter(contract__account=account).select_related("variation", "contract")
    found: dict[int, TermsNews] = {}
    for row in rows.order_by("effective_on", "pk"):
        found.setdefault(
            row.contract_id,
            TermsNews(
                change=row,
                is_in_force=row.effective_on is not None and row.effective_on <= on,
                may_leave=open_way_out(row, on),
            ),
        )
    return found


def terms_change_by_public_id(account: Account, public_id: str) -> TermsChange | None:
    """A new version that the account was told of, or None."""
    told = [*HEARD, ChangeState.LEFT, ChangeState.LAPSED, ChangeState.WITHDRAWN]
    return (
        TermsChange.objects.filter(
            contract__account=account,
            public_id=public_id,
            state__in=told,
            notice__isnull=False,
        )
        .select_related("variation__provider", "notice", "contract")
        .first()
    )
