"""Build the demo by living it: every invoice, payment and complaint goes through the services."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from django.db import transaction

from billing.invoices.models import Invoice
from billing.payments.models import PaymentOption
from billing.payments.services import record_payment
from billing.runs.services import run_provider_bills
from billing.usage.models import UsageRecord
from contracts.agreements.models import Contract
from contracts.agreements.services import note_figure
from contracts.agreements.states import Basis, FigureKind
from contracts.catalogue.models import Plan
from contracts.supply.models import Service
from contracts.supply.services import start_supply
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account, Customer, Provider
from parties.accounts.services import open_account
from parties.accounts.states import AcceptanceAct
from parties.authority.models import Appointment
from parties.people.models import User
from parties.people.services import ensure_staff_roles
from parties.people.states import StaffRole
from terms import library
from terms.calendar import months_on
from terms.facts import Role

from .authority import Authority
from .complaints import lodge_history
from .own_data import decide_history
from .people import DOMAIN, person, staff_member
from .situations import Situations

WORLD = Path(__file__).with_name("world.yaml")
MONTHS = 13
BILLED_AT = time(6, 20)

Tell = Callable[[str], None]


def today_of(at: datetime) -> date:
    return at.astimezone(ZoneInfo("Australia/Sydney")).date()


def newest_issue(today: date) -> date:
    """The newest bill day: today, or the 28th where a month may lack today's number."""
    return today if today.day <= 28 else today.replace(day=28)


class Demo:
    """One demo world: `seed` decides what is random, `at` is now."""

    def __init__(self, *, seed: int, at: datetime, tell: Tell) -> None:
        self.seed, self.at, self.tell = seed, at, tell
        self.dice = random.Random(seed)  # noqa: S311 - a demo, not a secret
        self.today = today_of(at)
        self.issue = newest_issue(self.today)
        self.world: dict[str, Any] = yaml.safe_load(WORLD.read_text(encoding="utf-8"))

    def build(self) -> None:
        """Create providers, staff, customers and their history up to the month before now."""
        ensure_staff_roles()
        self._staff()
        for key, facts in self.world["providers"].items():
            self.tell(f"  {library.provider(key).name}")
            with transaction.atomic():
                provider = self._provider(key, facts)
                accounts = [
                    self._customer(provider, facts, number, one)
                    for number, one in enumerate(facts["customers"], start=1)
                ]
                self._people(provider, accounts[0])
                self._history(
                    provider, accounts, owing=facts["situations"].get("suspension_notice", 2)
                )
                lodge_history(self.world["complaints"], accounts, at=self.at)
                decide_history(accounts, at=self.at)
                Authority(accounts, facts["authority"], self.at).build()
                Situations(accounts, facts["situations"], self.at).build()
        self._confine_staff()

    def _provider(self, key: str, facts: dict[str, Any]) -> Provider:
        provider = Provider.objects.create(
            key=key,
            name=library.provider(key).name,
            complaints_email=f"complaints-{key}@{DOMAIN}",
            invoice_prefix=facts["accounts"],
            late_payment_cost=Decimal("9.30"),
            **facts.get("settings", {}),
        )
        Plan.objects.bulk_create(
            Plan(
                provider=provider,
                **{
                    name: value
                    for name, value in plan.items()
                    if not name.endswith(("fee", "rate"))
                },
                monthly_fee=Decimal(plan["monthly_fee"]),
                call_rate=Decimal(plan["call_rate"]) if "call_rate" in plan else None,
            )
            for plan in facts["plans"]
        )
        PaymentOption.objects.bulk_create(
            PaymentOption(provider=provider, card=card, **rates)
            for card, rates in facts["paid_with"].items()
        )
        return provider

    def _customer(
        self, provider: Provider, facts: dict[str, Any], number: int, one: dict[str, Any]
    ) -> Account:
        opened = months_on(self.issue, -MONTHS) - timedelta(days=self.dice.randint(3, 20))
        slug = one["holder"].lower().replace(" ", ".")
        email = f"{slug}@{DOMAIN}"
        customer = Customer.objects.create(
            provider=provider,
            kind=one["kind"],
            name=one["name"],
            abn=self._abn() if one.get("abn") else "",
            email=email,
            phone="+61491570156",
            could_negotiate=one.get("negotiated", False),
            annual_spend=Decimal(one["spend"]),
        )
        account = open_account(
            customer=customer,
            number=f"{facts['accounts']}{100000 + 1117 * number}",
            opened_on=opened,
            version=library.in_force(provider.key, opened),
            act=AcceptanceAct.SIGN_UP,
            at=self._instant(opened),
            state=one["state"],
            street=one["street"],
            suburb=one["suburb"],
            postcode=one["postcode"],
            billing_email=email,
            bill_day=self.issue.day,
        )
        holder = person(slug, one["holder"], self._instant(opened))
        Appointment.objects.create(
            account=account, user=holder, role=Role.HOLDER.value, starts_on=opened, in_writing=True
        )
        self._contract(provider, account, one["services"], opened)
        self._agreed(account, facts.get("agreed", {}), opened)
        return account

    def _agreed(self, account: Account, figures: dict[str, str], opened: date) -> None:
        """What the order form says of services with a minimum term."""
        manager = User.objects.get(email=f"manager@{DOMAIN}")
        rows = Service.objects.filter(contract__account=account)
        for service in rows.filter(contract__minimum_months__isnull=False):
            for kind, amount in figures.items():
                note_figure(
                    contract=service.contract,
                    service_id=service.pk,
                    kind=FigureKind(kind),
                    amount=Decimal(amount),
                    basis=Basis.INC,
                    agreed_in=f"order form {service.contract.reference}",
                    by=manager,
                    at=self._instant(opened),
                )

    def _contract(
        self, provider: Provider, account: Account, rows: list[list[Any]], opened: date
    ) -> None:
        plans = {plan.code: plan for plan in Plan.objects.filter(provider=provider)}
        for number, (code, quantity, identifier, label, *ago) in enumerate(rows, start=1):
            since = months_on(self.issue, -ago[0]) if ago else opened
            contract = Contract.objects.create(
                account=account,
                reference=f"K-{account.number}-{number}",
                version=library.in_force(provider.key, since),
                started_on=since,
                minimum_months=plans[code].minimum_months,
            )
            service = Service.objects.create(
                contract=contract,
                plan=plans[code],
                quantity=quantity,
                identifier=identifier,
                label=label,
                status=ServiceStatus.ORDERED,
            )
            running = start_supply(service=service, activated_on=since, at=self._instant(since))
            # What is older than the demo's history was billed before it begins.
            first_bill = months_on(self.issue, 1 - MONTHS)
            if since < first_bill:
                running.billed_through = first_bill - timedelta(days=1)
                running.save(update_fields=["billed_through"])

    def _people(self, provider: Provider, account: Account) -> None:
        for one in self.world["people"]:
            starts, ends = (months_on(self.today, shift) for shift in one["months"])
            user = person(f"{one['key']}.{provider.key}", one["name"], self._instant(starts))
            verified = one["role"] == Role.AUTHORISED_REP.value
            Appointment.objects.create(
                account=account,
                user=user,
                role=one["role"],
                advocate_kind=one.get("advocate_kind", ""),
                starts_on=starts,
                ends_on=ends,
                limits=one.get("limits", []),
                in_writing=True,
                signed=True,
                form_received_on=starts,
                verified_at=self._instant(starts) if verified else None,
                evidence="Driver licence seen by phone and video" if verified else "",
            )

    def _history(self, provider: Provider, accounts: list[Account], *, owing: int) -> None:
        """Live the months: calls, bills, payments. The newest bill is left to a real bill run.

        `owing` is the account, counted from one, that did not pay the last bill either.
        """
        for back in range(MONTHS - 1, -1, -1):
            issue = months_on(self.issue, -back)
            self._calls(accounts, months_on(issue, -1), issue)
            if back == 0:
                break
            run_provider_bills(
                provider, issue_on=issue, at=self._instant(issue, BILLED_AT), on_demand=True
            )
            for place, account in enumerate(accounts):
                if not (place + 1 == owing and back == 1):
                    self._pay(account, place, back, issue)

    def _calls(self, accounts: list[Account], start: date, end: date) -> None:
        services = Service.objects.filter(
            contract__account__in=accounts, plan__call_rate__isnull=False
        ).select_related("plan")
        span = (end - start).days
        calls = []
        for service in services:
            for _ in range(self.dice.randint(5, 12)):
                day = start + timedelta(days=self.dice.randrange(span))
                kind = self.dice.choice(["mobile", "mobile", "national", "international"])
                calls.append(
                    UsageRecord(
                        service=service,
                        kind=kind,
                        started_at=self._instant(
                            day, time(self.dice.randint(8, 17), self.dice.randrange(60))
                        ),
                        seconds=self.dice.randint(20, 900),
                        rate_per_minute=service.plan.call_rate
                        * (3 if kind == "international" else 1),
                    )
                )
        UsageRecord.objects.bulk_create(calls)

    def _pay(self, account: Account, place: int, back: int, issue: date) -> None:
        """Most bills are paid on time; the first customer's are late, part paid and overdue."""
        invoice = Invoice.objects.filter(account=account, issue_date=issue).first()
        if invoice is None or invoice.due_date is None:
            return
        amount, paid_on = invoice.total_inc, invoice.due_date
        if place == 0 and back == 1:
            return
        if place == 0 and back == 2:
            amount = Decimal(int(invoice.total_inc / 2))
        elif back % 5 == 3:
            paid_on = invoice.due_date + timedelta(days=4)
        if paid_on > self.today:
            return
        record_payment(
            account=account,
            amount=amount,
            received_on=paid_on,
            method=self.dice.choice(["direct_debit", "card", "bpay", "eft"]),
            reference=f"PAY-{invoice.number}",
            at=self._instant(paid_on),
            towards=invoice,
            tells=False,
        )

    def _staff(self) -> None:
        for one in self.world["staff"]:
            staff_member(one["key"], one["name"], StaffRole(one["role"]), None, self.at, self.seed)

    def _confine_staff(self) -> None:
        """Some staff see one provider only; providers come after the staff who serve them."""
        for one in self.world["staff"]:
            if "provider" in one:
                provider = Provider.objects.get(key=one["provider"])
                User.objects.filter(email=f"{one['key']}@{DOMAIN}").update(provider=provider)

    def _abn(self) -> str:
        """An invented ABN that passes its check digits."""
        weights = (3, 5, 7, 9, 11, 13, 15, 17, 19)
        digits = [self.dice.randrange(10) for _ in weights]
        rest = sum(weight * digit for weight, digit in zip(weights, digits, strict=True)) % 89
        check = 89 - rest
        first, second = divmod(check, 10)
        # The two leading digits weigh 10 (less one) and 1.
        return f"{first + 1}{second}{''.join(map(str, digits))}"

    def _instant(self, day: date, clock: time = time(10, 0)) -> datetime:
        return datetime.combine(day, clock, ZoneInfo("Australia/Sydney"))


def is_loaded() -> bool:
    """Whether there is a demo already."""
    return Provider.objects.exists()
