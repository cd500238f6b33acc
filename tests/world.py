"""Small worlds for tests: one account of a provider with its people, made by the services."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group

from billing.usage.models import UsageRecord
from contracts.agreements.models import Contract
from contracts.catalogue.models import Plan
from contracts.catalogue.states import ServiceKind
from contracts.supply.models import Service
from contracts.supply.services import start_supply
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account, Customer, Provider
from parties.accounts.services import open_account
from parties.accounts.states import AcceptanceAct, CustomerKind
from parties.authority.models import Appointment
from parties.people.models import User
from parties.people.services import ensure_staff_roles, grant_staff_role
from parties.people.states import StaffRole
from terms import library
from terms.facts import Role

SYDNEY = ZoneInfo("Australia/Sydney")
PASSWORD = "a-long-test-password"
_numbers = itertools.count(100001)


def instant(text: str) -> datetime:
    """A moment on the Sydney clock: instant("2026-12-24 10:20")."""
    return datetime.fromisoformat(text).replace(tzinfo=SYDNEY)


@dataclass
class World:
    """One account with its holder."""

    provider: Provider
    customer: Customer
    account: Account
    holder: User


def make_user(name: str = "Mia Conti", **facts: Any) -> User:
    """A person with a verified email address and the test password."""
    email = f"{name.lower().replace(' ', '.')}.{next(_numbers)}@people.example"
    user = User.objects.create_user(email, PASSWORD, full_name=name, **facts)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def make_provider(key: str = "vpnet") -> Provider:
    """The provider with this key, made on first call."""
    provider, _ = Provider.objects.get_or_create(
        key=key,
        defaults={
            "name": library.provider(key).name,
            "complaints_email": f"complaints-{key}@staff.example",
            "invoice_prefix": key[:3].upper(),
        },
    )
    return provider


def make_world(
    key: str = "vpnet",
    *,
    state: str = "NSW",
    kind: str = CustomerKind.BUSINESS,
    opened_on: date = date(2026, 1, 5),
    bill_day: int = 1,
    spend: str = "5000.00",
    negotiated: bool = False,
) -> World:
    """An account of a provider, TCP-protected unless it spends a lot or could negotiate."""
    provider = make_provider(key)
    customer = Customer.objects.create(
        provider=provider,
        kind=kind,
        name="Harbour Bakery",
        email="bakery@people.example",
        annual_spend=Decimal(spend),
        could_negotiate=negotiated,
    )
    account = open_account(
        customer=customer,
        number=f"T{next(_numbers)}",
        opened_on=opened_on,
        version=library.in_force(key, opened_on),
        act=AcceptanceAct.SIGN_UP,
        at=instant("2026-01-05 09:00"),
        state=state,
        street="1 Test Street",
        suburb="Testville",
        postcode="2000",
        billing_email="bills@people.example",
        bill_day=bill_day,
    )
    holder = make_user()
    appoint(account, holder, Role.HOLDER, starts_on=opened_on)
    return World(provider, customer, account, holder)


def appoint(account: Account, user: User, role: Role, **facts: Any) -> Appointment:
    """A signed and verified standing on the account."""
    given = {
        "starts_on": date(2026, 1, 5),
        "in_writing": True,
        "signed": True,
        "form_received_on": date(2026, 1, 5),
        "verified_at": instant("2026-01-05 10:00"),
    } | facts
    return Appointment.objects.create(account=account, user=user, role=role.value, **given)


def make_service(
    account: Account,
    *,
    fee: str = "24.95",
    activated_on: date = date(2026, 1, 5),
    minimum_months: int | None = None,
    call_rate: str | None = "0.132",
    billed_through: date | None = None,
) -> Service:
    """An active SIP trunk on a contract of its own, billed through a day if one is given."""
    plan = Plan.objects.create(
        provider=account.customer.provider,
        code=f"plan-{next(_numbers)}",
        name="SIP Saver",
        kind=ServiceKind.SIP_TRUNK,
        monthly_fee=Decimal(fee),
        call_rate=Decimal(call_rate) if call_rate else None,
        minimum_months=minimum_months,
    )
    contract = Contract.objects.create(
        account=account,
        reference=f"K-{next(_numbers)}",
        version=library.in_force(account.customer.provider.key, activated_on),
        started_on=activated_on,
        minimum_months=minimum_months,
    )
    service = Service.objects.create(
        contract=contract,
        plan=plan,
        label="Shop lines",
        identifier="02 5550 1180",
        status=ServiceStatus.ORDERED,
    )
    service = start_supply(
        service=service, activated_on=activated_on, at=instant("2026-01-05 09:00")
    )
    if billed_through is not None:
        service.billed_through = billed_through
        service.save(update_fields=["billed_through"])
    return service


def make_call(service: Service, at: datetime, seconds: int, kind: str = "mobile") -> UsageRecord:
    return UsageRecord.objects.create(
        service=service,
        kind=kind,
        started_at=at,
        seconds=seconds,
        rate_per_minute=Decimal("0.132"),
    )


def make_staff(role: StaffRole = StaffRole.TEAM_MANAGER, provider: Provider | None = None) -> User:
    """A member of staff with a role that a senior manager asked for, and a second factor."""
    if not Group.objects.filter(name=role.label).exists():
        ensure_staff_roles()
    user = make_user(f"Staff {role.label}", provider=provider)
    grant_staff_role(user=user, role=role, asked_by="Sen Manager", at=instant("2026-01-05 09:00"))
    secret = get_adapter().encrypt("JBSWY3DPEHPK3PXP")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": secret})
    return user
