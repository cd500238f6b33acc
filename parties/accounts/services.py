"""Open accounts and decide how far a customer is protected."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from parties.accounts import selectors as accounts
from parties.accounts.models import Account, Block, Customer, Provider, TermsAcceptance
from records.audit.services import Actor, record
from terms import library, rules
from terms.calendar import State
from terms.clause import as_json
from terms.profile import TermsSilent
from terms.rules.eligibility import CustomerKind

from .states import AcceptanceAct, BlockKind
from .states import CustomerKind as Kind


def lock_account(account_id: int) -> Account:
    """The account as it stands, while nobody else moves anything of it.

    Whoever changes what an account owes, has or may do takes this lock first. Raises
    Account.DoesNotExist.
    """
    return (
        Account.objects.select_for_update(of=("self",), no_key=True)
        .select_related("customer__provider")
        .get(pk=account_id)
    )


def open_account(
    *,
    customer: Customer,
    number: str,
    opened_on: date,
    version: str,
    act: AcceptanceAct,
    at: datetime,
    **facts: Any,
) -> Account:
    """Open an account under the version of the terms accepted, and decide its protection."""
    with transaction.atomic():
        account = Account.objects.create(
            customer=customer, number=number, opened_on=opened_on, **facts
        )
        acceptance = TermsAcceptance(
            account=account, version=version, act=act, binds_from=opened_on
        )
        acceptance.full_clean()
        acceptance.save()
        recompute_protection(account, on=opened_on)
        record(
            account_id=account.pk,
            at=at,
            action="open_account",
            subject=number,
            after={"version": version, "act": act, "opened_on": opened_on.isoformat()},
        )
    return account


@dataclass(frozen=True, kw_only=True)
class NewCustomer:
    """Who becomes a customer, where they are, and where bills go; `abn` without spaces or ""."""

    kind: Kind
    name: str
    email: str
    street: str
    suburb: str
    state: str
    postcode: str
    bill_day: int
    phone: str = ""
    abn: str = ""
    annual_spend: Decimal = Decimal("0.00")


def open_customer(*, provider: Provider, who: NewCustomer, at: datetime) -> Account:
    """Keep a new customer with one account, under the terms of the day, with a number of its own.

    How far they are protected follows from what is said of them. Who may do so is asked by
    whoever calls.
    """
    opened_on = at.astimezone(State(who.state).zone).date()
    with transaction.atomic():
        customer = Customer.objects.create(
            provider=provider,
            kind=who.kind,
            name=who.name,
            abn=who.abn,
            email=who.email,
            phone=who.phone,
            annual_spend=who.annual_spend,
        )
        return open_account(
            customer=customer,
            number=_new_number(provider),
            opened_on=opened_on,
            version=library.in_force(provider.key, opened_on),
            act=AcceptanceAct.SIGN_UP,
            at=at,
            state=who.state,
            street=who.street,
            suburb=who.suburb,
            postcode=who.postcode,
            billing_email=who.email,
            bill_day=who.bill_day,
        )


def _new_number(provider: Provider) -> str:
    """A number that no account has: six digits after what the provider's bills begin with."""
    while True:
        number = f"{provider.invoice_prefix}{secrets.randbelow(900_000) + 100_000}"
        if not Account.objects.filter(number=number).exists():
            return number


def accept_terms(
    *,
    account: Account,
    version: str,
    act: AcceptanceAct,
    actor: Actor,
    on: date,
    at: datetime,
) -> TermsAcceptance | None:
    """Keep that somebody accepted a version of the terms for an account from a day on.

    `actor` names the person. An older version than binds by then changes nothing and gives None:
    what it was accepted for pins it. Twice on a day is once.
    """
    document = account.customer.provider.key
    order = library.versions(document)
    rows = TermsAcceptance.objects.filter(account=account, binds_from__lte=on)
    latest = rows.order_by("-binds_from").first()
    if latest is not None and order.index(version) < order.index(latest.version):
        return None
    row, is_new = TermsAcceptance.objects.get_or_create(
        account=account,
        binds_from=on,
        defaults={"version": version, "act": act, "accepted_by_id": actor.user_id},
    )
    if not is_new:
        if row.version == version:
            return None
        row.version, row.act, row.accepted_by_id = version, act, actor.user_id
        row.save(update_fields=["version", "act", "accepted_by"])
    record(
        account_id=account.pk,
        at=at,
        action="accept_terms",
        actor=actor,
        subject=version,
        after={"version": version, "act": act.label, "binds_from": on.isoformat()},
    )
    return row


def stand_in_account(*, provider: Provider, region: State, at: datetime) -> Account:
    """The account that stands in for people who give no name, one for a provider and a state.

    It has no people, services or bills, and accepted nothing: the provider's terms of the day
    bind it, and it is protected as a consumer's, since nobody knows that it is not one.
    """
    number = f"{provider.invoice_prefix}-UNNAMED-{region.value}"
    known = Account.objects.filter(number=number).select_related("customer__provider").first()
    if known is not None:
        return known
    opened_on = at.astimezone(region.zone).date()
    with transaction.atomic():
        customer = Customer.objects.create(
            provider=provider,
            kind=Kind.RESIDENTIAL,
            name="People who give no name",
            email=provider.complaints_email,
        )
        account, is_new = Account.objects.get_or_create(
            number=number,
            defaults={
                "customer": customer,
                "opened_on": opened_on,
                "state": region.value,
                "street": "–",
                "suburb": "–",
                "postcode": "–",
                "billing_email": provider.complaints_email,
            },
        )
        if is_new:
            recompute_protection(account, on=opened_on)
            record(account_id=account.pk, at=at, action="open_account", subject=number)
        else:
            customer.delete()
    return account


def recompute_protection(account: Account, *, on: date) -> Customer:
    """Decide whether the TCP Code protects the customer and store the answer with its reasons."""
    customer = account.customer
    binding = accounts.binding(account, on)
    asked = replace(binding, standing=replace(binding.standing, tcp=False))
    try:
        answer = asked.decide(
            rules.tcp_customer,
            kind=CustomerKind(customer.kind),
            resale=customer.resells,
            could_negotiate=customer.could_negotiate,
            annual_spend=customer.annual_spend,
        )
        customer.is_tcp, customer.tcp_because = bool(answer.tcp), as_json(answer.because)
    except TermsSilent as silence:
        customer.is_tcp, customer.tcp_because = False, as_json(silence.because)
    customer.tcp_decided_on = on
    customer.save(update_fields=["is_tcp", "tcp_because", "tcp_decided_on"])
    return customer


def block_chasing(
    *,
    account: Account,
    kind: BlockKind,
    subject: str,
    at: datetime,
    ends_at: datetime | None = None,
    because: list[dict[str, Any]] | None = None,
    is_private: bool = False,
) -> Block:
    """Keep everybody from asking for money on the account, and from cutting it, from now on.

    The same again is the same block. `ends_at` is an instant at which it ends by itself.
    """
    row, is_new = Block.objects.get_or_create(
        account=account,
        kind=kind,
        subject=subject,
        ends_at=ends_at,
        defaults={"because": because or [], "is_private": is_private, "starts_at": at},
    )
    if is_new:
        record(
            account_id=account.pk,
            at=at,
            action="block_chasing",
            subject=subject,
            after={"why": kind.label},
            because=because or [],
            is_private=is_private,
        )
    return row


def lift_block(*, account: Account, kind: BlockKind, subject: str, at: datetime) -> int:
    """End a block at an instant; return how many were in force."""
    rows = Block.objects.filter(account=account, kind=kind, subject=subject)
    open_rows = list(rows.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at)))
    for row in open_rows:
        row.ends_at = at
        row.save(update_fields=["ends_at"])
        record(
            account_id=account.pk,
            at=at,
            action="lift_block",
            subject=subject,
            before={"why": kind.label},
            is_private=row.is_private,
        )
    return len(open_rows)
