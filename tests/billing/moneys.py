"""Stories about money for tests: an account, its days, and what it then owes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum

from billing.invoices.models import CreditNote, Invoice
from billing.ledger.models import LedgerEntry, OpenItem
from billing.ledger.selectors import credit_of, discrepancies
from billing.payments.services import record_payment
from billing.runs.services import run_provider_bills
from contracts.agreements.models import Contract
from contracts.catalogue.models import Plan
from contracts.catalogue.states import ServiceKind
from contracts.supply.models import Service
from contracts.supply.services import start_supply
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account
from terms import library
from terms.calendar import State
from tests.world import World, make_world


def day(text: str) -> date:
    return date.fromisoformat(text)


@dataclass
class Story:
    """One account of one provider; every verb takes the local day, and 10:00 as its hour."""

    world: World
    payments: int = 0
    services: dict[str, Service] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        return Account.objects.select_related("customer__provider").get(pk=self.world.account.pk)

    @property
    def zone(self) -> ZoneInfo:
        return State(self.world.account.state).zone

    def at(self, on: str, clock: str = "10:00") -> datetime:
        return datetime.combine(day(on), time.fromisoformat(clock), self.zone)

    def service(
        self,
        name: str,
        fee: str,
        since: str,
        *,
        entered: str | None = None,
        quantity: int = 1,
        basis: str = "",
        **facts: Any,
    ) -> Service:
        plan = Plan.objects.create(
            provider=self.world.provider,
            code=f"{name.lower()}-{Plan.objects.count()}",
            name=name,
            kind=ServiceKind.SIP_TRUNK,
            monthly_fee=Decimal(fee),
        )
        contract = Contract.objects.create(
            account=self.world.account,
            reference=f"K-{Contract.objects.count()}",
            version=library.in_force(self.world.provider.key, day(since)),
            started_on=day(since),
        )
        row = Service.objects.create(
            contract=contract,
            plan=plan,
            label=name,
            identifier=f"id-{name}",
            quantity=quantity,
            status=ServiceStatus.ORDERED,
            **{key: day(value) for key, value in facts.items()},
        )
        start_supply(
            service=row,
            activated_on=day(since),
            # VPnet's list holds GST; the stories' prices are quoted without.
            price_basis=basis or ("ex" if self.world.provider.key == "vpnet" else ""),
            at=self.at(entered or since),
        )
        self.services[name] = row
        return row

    def run(self, on: str, clock: str = "06:20") -> Invoice | None:
        """What the provider's run of that day bills this account."""
        before = set(self.invoices())
        run_provider_bills(
            self.world.provider, issue_on=day(on), at=self.at(on, clock), on_demand=True
        )
        made = [one for one in self.invoices() if one not in before]
        assert len(made) <= 1
        return made[0] if made else None

    def pay(self, on: str, amount: str, method: str = "eft", **facts: Any) -> Any:
        self.payments += 1
        return record_payment(
            account=self.account,
            amount=Decimal(amount),
            received_on=day(on),
            method=method,
            reference=facts.pop("reference", f"R{self.payments}"),
            at=self.at(facts.pop("entered", on)),
            **facts,
        )

    def invoices(self) -> list[Invoice]:
        return list(Invoice.objects.filter(account=self.world.account).order_by("pk"))

    def notes(self) -> list[CreditNote]:
        return list(CreditNote.objects.filter(account=self.world.account).order_by("pk"))

    @property
    def owing(self) -> str:
        found = OpenItem.objects.filter(account=self.world.account).aggregate(s=Sum("amount"))["s"]
        return f"{found or Decimal(0):.2f}"

    @property
    def held(self) -> str:
        found = OpenItem.objects.filter(account=self.world.account).aggregate(s=Sum("held"))["s"]
        return f"{found or Decimal(0):.2f}"

    @property
    def credit(self) -> str:
        return f"{credit_of(self.world.account):.2f}"

    def overdue(self, on: str) -> str:
        items = OpenItem.objects.filter(account=self.world.account, due_date__lt=day(on))
        return f"{sum((one.amount - one.held for one in items), Decimal(0)):.2f}"

    def ledger(self) -> dict[str, str]:
        """The sums of the provider's entries, by ledger account, those that are not nil."""
        rows = LedgerEntry.objects.filter(posting__provider=self.world.provider).order_by()
        sums = rows.values("ledger_account").annotate(s=Sum("amount"))
        return {row["ledger_account"]: f"{row['s']:.2f}" for row in sums if row["s"]}


def story(key: str, state: str, *, tcp: bool = False, bill_day: int = 1, **facts: Any) -> Story:
    """An account of a provider in a state; one that is not TCP-protected could negotiate."""
    world = make_world(key, state=state, negotiated=not tcp, bill_day=bill_day, **facts)
    return Story(world)


def told(invoice: Invoice | None) -> tuple[Any, ...]:
    """An invoice as the stories give it: issue, due, without GST, GST, with GST."""
    assert invoice is not None
    return (
        invoice.issue_date.isoformat(),
        invoice.due_date.isoformat() if invoice.due_date else None,
        f"{invoice.subtotal_ex:.2f}",
        f"{invoice.gst:.2f}",
        f"{invoice.total_inc:.2f}",
    )


def lines(invoice: Invoice | None) -> list[tuple[str, str, str]]:
    """First day, last day and amount without GST of each line, in any order."""
    assert invoice is not None
    return sorted(
        (
            line.period_start.isoformat() if line.period_start else "",
            line.period_end.isoformat() if line.period_end else "",
            f"{line.amount_ex:.2f}",
        )
        for line in invoice.lines.all()
    )


def agrees() -> bool:
    """Whether every kept figure equals its entries."""
    return list(discrepancies()) == []
