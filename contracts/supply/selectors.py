"""Questions about what was agreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Value

from contracts.agreements.models import Contract
from contracts.agreements.selectors import Answer, ask, binding, rests_on_default
from contracts.catalogue.models import Plan
from parties.accounts.models import Account
from parties.accounts.selectors import binding as account_binding
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.money import ZERO

from .models import PlanChange, Service, SupplyPeriod
from .states import PlanChangeState, ServiceStatus


@dataclass(frozen=True, kw_only=True)
class ServiceCard:
    """A service with its contract's end; `is_marked` and the like as the reader asked."""

    public_id: str
    label: str
    identifier: str
    kind: str
    kind_label: str
    plan: str
    includes: str
    quantity: int
    monthly_fee: Decimal
    status: str
    activated_on: date | None
    ended_on: date | None
    minimum_months: int | None
    contract: str
    is_marked: bool = False
    is_hit: bool = False
    is_offered: bool = False
    is_unplaced: bool = False
    has_terms_news: bool = False


def services(
    account: Account,
    on: date,
    *,
    marked: Exists | Literal[False] = False,
    hit: Exists | Literal[False] = False,
    offered: Exists | Literal[False] = False,
    unplaced: Exists | Literal[False] = False,
    terms_news: Exists | Literal[False] = False,
) -> list[ServiceCard]:
    """The account's services, running ones first.

    `marked` and `hit` say of which ones a reader knows more: of a new price, of an outage;
    `offered` whether an offer waits for the account, `unplaced` whether an address does,
    `terms_news` whether new terms of its contract were told.
    They are asked with the services themselves, so that what is rare costs no query of its own.
    """
    until = SupplyPeriod.objects.filter(service=OuterRef("pk"), starts_on__lte=on)
    supplied = until.order_by("-starts_on")
    rows = (
        Service.objects.filter(contract__account=account)
        .select_related("plan", "contract")
        .order_by("status", "label")
        # The price of the day with the service itself: this is read on every Home.
        .annotate(
            paid_fee=Subquery(supplied.values("unit_fee")[:1]),
            paid_quantity=Subquery(supplied.values("quantity")[:1]),
            paid_basis=Subquery(supplied.values("price_basis")[:1]),
            is_marked=marked or Value(False),
            is_hit=hit or Value(False),
            is_offered=offered or Value(False),
            is_unplaced=unplaced or Value(False),
            has_terms_news=terms_news or Value(False),
        )
    )
    bound = account_binding(account, on)
    return [_card(row, bound, _paid(row, bound)) for row in rows]


def services_to_choose(account: Account, on: date) -> list[tuple[str, str]]:
    """The account's services that run on that day, as public id and label."""
    rows = Service.objects.filter(contract__account=account).exclude(ended_on__lt=on)
    return [(str(row.public_id), str(row)) for row in rows.order_by("label")]


def service_ids(account: Account) -> list[str]:
    """The public ids of all services that the account has or had."""
    rows = Service.objects.filter(contract__account=account)
    return [str(public_id) for public_id in rows.values_list("public_id", flat=True)]


def has_left(account: Account, on: date) -> bool:
    """Whether all that the account had has ended before that day. One query."""
    ended = Service.objects.filter(contract__account=account).values_list("ended_on", flat=True)
    return bool(ended) and all(day is not None and day < on for day in ended)


def service_card(service: Service, on: date) -> ServiceCard:
    """One service as a page shows it."""
    bound = binding(service.contract, on)
    return _card(service, bound, _price_on(service, bound, on))


def service_by_public_id(account: Account, public_id: str) -> Service | None:
    return (
        Service.objects.filter(contract__account=account, public_id=public_id)
        .select_related("plan", "contract__account__customer__provider")
        .first()
    )


def term_of(contract: Contract, service: Service, on: date) -> Answer:
    """When the service's minimum term ends and what follows."""
    return ask(
        binding(contract, on),
        rules.term_end,
        contract_start=contract.started_on,
        activated_on=service.activated_on,
        minimum_months=service.term_months,
        state=State(contract.account.state),
        service=service.plan.kind,
    )


@dataclass(frozen=True, kw_only=True)
class PlanOffer:
    """What moving a service to another plan would mean, asked on a day.

    `verdict` is agreed, waiting (the provider must agree first) or refused. Prices are for all
    units a month, GST included. `term_ends_on`: until when the minimum term of now runs.
    """

    plan: Plan
    monthly_before: Decimal
    monthly_after: Decimal
    verdict: PlanChangeState
    takes_effect_on: date | None
    possible_on: date | None
    term_ends_on: date | None
    because: list[dict[str, Any]]

    @property
    def difference(self) -> Decimal:
        return self.monthly_after - self.monthly_before

    @property
    def saving(self) -> Decimal:
        return -self.difference


def other_plans(service: Service) -> list[Plan]:
    """The other plans of the same kind that the provider offers."""
    return list(_offered_beside(service).order_by("monthly_fee"))


def has_other_plan(service: Service) -> bool:
    """Whether there is another plan to move to."""
    return _offered_beside(service).exists()


def _offered_beside(service: Service) -> QuerySet[Plan]:
    mine = service.plan
    offered = Plan.objects.filter(provider=mine.provider_id, kind=mine.kind, is_listed=True)
    return offered.exclude(pk=mine.pk)


def plan_prices(service: Service, on: date) -> list[tuple[Plan, Decimal]]:
    """Other plans with what they would cost a month, GST included."""
    bound = binding(service.contract, on)
    return [(plan, monthly_price(plan, service.quantity, bound)) for plan in other_plans(service)]


def plan_offer(
    service: Service, plan: Plan, on: date, *, overdue: bool, provider_agrees: bool = False
) -> PlanOffer:
    """Say whether and when a service may move to a plan (VP-CON-01, -07, -08, GL-CON-11)."""
    bound = binding(service.contract, on)
    facts = {"requested_on": on, "overdue": overdue}
    last = service.plan_changes.exclude(
        state__in=[PlanChangeState.REFUSED, PlanChangeState.WITHDRAWN, PlanChangeState.WAITING]
    ).first()
    ends = getattr(term_of(service.contract, service, on).result, "ends_on", None)
    optional = {"last_changed_on": last.asked_on if last else None, "minimum_ends_on": ends}
    facts |= {key: value for key, value in optional.items() if value is not None}
    verdict, told = _verdict(bound, on, facts, provider_agrees)
    code = plan.code.replace("-", "_")
    lines = ask(bound, rules.plan_minimum_lines, plan=code, lines=service.quantity)
    if lines.result is not None and not lines.result.allowed:
        verdict, told = PlanChangeState.REFUSED, lines
    return PlanOffer(
        plan=plan,
        term_ends_on=ends,
        monthly_before=_price_on(service, bound, on),
        monthly_after=monthly_price(plan, service.quantity, bound),
        verdict=verdict,
        takes_effect_on=getattr(told.result, "effective_by", None),
        possible_on=getattr(told.result, "next_possible_on", None),
        because=told.because,
    )


def _verdict(
    bound: Binding, on: date, facts: dict[str, Any], provider_agrees: bool
) -> tuple[PlanChangeState, Answer]:
    """What the terms say of a change, and the answer that says so.

    Where they say nothing, the house default refuses nothing: the provider is asked.
    """
    alone = ask(bound, rules.plan_change, **facts, provider_agrees=provider_agrees)
    if alone.result and alone.result.allowed:
        return PlanChangeState.AGREED, alone
    agreed = ask(bound, rules.plan_change, **facts, provider_agrees=True)
    if agreed.result and agreed.result.allowed:
        return PlanChangeState.WAITING, agreed
    if not rests_on_default(alone.because):
        return PlanChangeState.REFUSED, alone
    plain = ask(bound, rules.plan_change, requested_on=on)
    return (PlanChangeState.AGREED if provider_agrees else PlanChangeState.WAITING), plain


def open_plan_change(service: Service) -> PlanChange | None:
    """The request that is not settled yet."""
    waiting = [PlanChangeState.WAITING, PlanChangeState.AGREED]
    return service.plan_changes.filter(state__in=waiting).select_related("to_plan").first()


def committed_a_month(
    account: Account, authorities: frozenset[str], *, without: Service | None = None
) -> Decimal:
    """What changes under these appointments commit a month, in dollars, GST included.

    Of each service that still runs, save the one given, the dearer counts of the change in force
    and the one asked for: the second may still be taken back. One query.
    """
    states = [PlanChangeState.WAITING, PlanChangeState.AGREED, PlanChangeState.APPLIED]
    rows = (
        PlanChange.objects.filter(service__contract__account=account, state__in=states)
        .exclude(service__in=[without] if without else [])
        .exclude(service__status=ServiceStatus.ENDED)
        .order_by("asked_at", "pk")
    )
    # What is in force is the newest that was applied, whoever asked for it.
    newest = {(row.service_id, row.state == PlanChangeState.APPLIED): row for row in rows}
    dearest: dict[int, Decimal] = {}
    for (service, _), row in newest.items():
        if row.authority in authorities:
            dearest[service] = max(row.monthly_after, dearest.get(service, ZERO))
    return sum(dearest.values(), ZERO)


def monthly_price(plan: Plan, quantity: int, bound: Binding) -> Decimal:
    """What a plan costs a month for so many units, as the terms tax and round it."""
    return _price(plan.name, quantity, plan.monthly_fee, "", bound)


def supplied_price(row: SupplyPeriod, bound: Binding) -> Decimal:
    """What is paid a month for what is supplied, at the price agreed for it."""
    return _price("A month", row.quantity, row.unit_fee, row.price_basis, bound)


def period_on(service: Service, on: date) -> SupplyPeriod | None:
    """What is supplied on a day, as far as it is planned; after the end, what was last."""
    rows = [row for row in service.periods.all() if row.starts_on <= on]
    return max(rows, key=lambda row: row.starts_on, default=None)


def _price(name: str, quantity: int, fee: Decimal, basis: str, bound: Binding) -> Decimal:
    line: dict[str, Any] = {
        "description": name,
        "quantity": quantity,
        "unit_price": fee,
        "gst": "taxable",
        "from_list": True,
    }
    if basis:
        line["price_basis"] = basis
    total: Decimal = ask(bound, rules.line_amounts, lines=[line]).result.total_inc
    return total


def _price_on(service: Service, bound: Binding, on: date) -> Decimal:
    """What a service costs a month on a day; one that was never supplied, what its plan costs."""
    supplied = period_on(service, on)
    if supplied is None:
        return monthly_price(service.plan, service.quantity, bound)
    return supplied_price(supplied, bound)


def _paid(row: Any, bound: Binding) -> Decimal:
    """The same, from the price that was read with the service."""
    if row.paid_fee is None:
        return monthly_price(row.plan, row.quantity, bound)
    return _price("A month", row.paid_quantity, row.paid_fee, row.paid_basis, bound)


def _card(row: Service, bound: Binding, monthly_fee: Decimal) -> ServiceCard:
    return ServiceCard(
        public_id=str(row.public_id),
        label=row.label,
        identifier=row.identifier,
        kind=row.plan.kind,
        kind_label=row.plan.get_kind_display(),
        plan=row.plan.name,
        includes=row.plan.includes,
        quantity=row.quantity,
        monthly_fee=monthly_fee,
        status=row.status,
        activated_on=row.activated_on,
        ended_on=row.ended_on,
        minimum_months=row.term_months,
        contract=row.contract.reference,
        is_marked=getattr(row, "is_marked", False),
        is_hit=getattr(row, "is_hit", False),
        is_offered=getattr(row, "is_offered", False),
        is_unplaced=getattr(row, "is_unplaced", False),
        has_terms_news=getattr(row, "has_terms_news", False),
    )
