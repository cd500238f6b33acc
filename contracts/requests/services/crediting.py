"""A credit for all whom an outage hit, approved by a second person, on the next bills."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Prefetch, QuerySet

from contracts.agreements.selectors import binding
from contracts.requests.models import (
    Outage,
    OutageCredit,
    OutageCreditShare,
    OutageService,
)
from contracts.requests.states import CREDIT, CreditAct, CreditState, OutageState
from contracts.supply.models import Service, SupplyPeriod
from contracts.supply.selectors import period_on, supplied_price
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind
from parties.accounts.models import Account
from parties.accounts.selectors import zone_of
from parties.accounts.services import lock_account
from parties.accounts.states import AccountStatus
from parties.authority.selectors import (
    Decision,
    NotAuthorised,
    local_day,
    role_names,
    staff_may,
)
from parties.correspondence.services import tell_holder
from parties.people.models import User
from records.audit.services import record
from records.notices.services import Link
from records.sweeps import each
from terms.facts import Action
from terms.money import ZERO, in_dollars, to_cents, total

from .outages import OutageRefused

BATCH = 200
BUDGET = 45  # seconds: a sweep makes way for other work, and the next one goes on
MONTHS, DAYS = 12, 365  # of a year: a month's fee is shared out by the day


def outage_credit_shares(
    outage: Outage, amount_each: Decimal | None
) -> Iterator[tuple[Service, Decimal]]:
    """What each service that an outage hit would get, in dollars, GST included.

    So much each or, where that is None, the fee of the days on which it did not work, the first
    and the last counted whole: the monthly fee × 12 ÷ 365 × days, to the cent. Services of closed
    accounts get no bill any more, and nothing.
    """
    hits = (
        OutageService.objects.filter(outage=outage)
        .exclude(service__contract__account__status=AccountStatus.CLOSED)
        .select_related("service__contract__account__customer__provider", "service__plan")
        .prefetch_related(Prefetch("service__periods", SupplyPeriod.objects.order_by("starts_on")))
        .order_by("pk")
    )
    for hit in hits.iterator(BATCH):
        amount = _fee_of_days(outage, hit.service) if amount_each is None else amount_each
        if amount > ZERO:
            yield hit.service, amount


def ask_outage_credit(
    *, outage: Outage, amount_each: Decimal | None, reason: str, by: User, at: datetime
) -> OutageCredit:
    """Ask for a credit for all whom an outage hit; another person approves it.

    `amount_each` is in dollars, GST included; None: the fee of the days. Asked twice it is one.
    Raises NotAuthorised, and OutageRefused before the outage is over or where nothing comes of it.
    """
    _require(by, outage)
    with transaction.atomic():
        row = Outage.objects.select_for_update().get(pk=outage.pk)
        if row.state != OutageState.ENDED:
            raise OutageRefused("Say first that everything works again, and since when.")
        same = row.credits.exclude(state=CreditState.REFUSED).first()
        if same is not None:
            return same
        shares = list(outage_credit_shares(row, amount_each))
        if not shares:
            raise OutageRefused("Nobody would get anything: give an amount for each service.")
        credit = OutageCredit.objects.create(
            outage=row,
            each=amount_each,
            amount=total(amount for _, amount in shares),
            services=len(shares),
            reason=reason,
            asked_by=by,
            asked_at=at,
        )
        OutageCreditShare.objects.bulk_create(
            (
                OutageCreditShare(credit=credit, service=service, amount=amount)
                for service, amount in shares
            ),
            batch_size=1_000,
        )
    return credit


def decide_outage_credit(
    *, credit: OutageCredit, approve: bool, by: User, at: datetime
) -> OutageCredit:
    """Approve or refuse what somebody else asked for.

    Raises NotAuthorised, IllegalStep if it is decided, OutageRefused for one's own.
    """
    _require(by, credit.outage)
    with transaction.atomic():
        row = OutageCredit.objects.select_for_update(of=("self",)).get(pk=credit.pk)
        if row.asked_by_id == by.pk:
            raise OutageRefused("Whoever asked can't decide: another person has to.")
        act = CreditAct.APPROVE if approve else CreditAct.REFUSE
        row.state = CREDIT.after(CreditState(row.state), act)
        row.decided_by, row.decided_at = by, at
        row.save()
    return row


def give_outage_credits(*, at: datetime) -> int:
    """Put what was approved on the next bills, and tell each account once; return how many."""
    until = time.monotonic() + BUDGET
    due = OutageCreditShare.objects.filter(
        credit__state=CreditState.GIVEN, chargeable__isnull=True
    ).select_related("service__contract")
    return each(_in_batches(due, until), lambda share: _give(share, at), at=at)


def _in_batches(due: QuerySet[OutageCreditShare], until: float) -> Iterator[OutageCreditShare]:
    last = 0
    while batch := list(due.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for row in batch:
            if time.monotonic() > until:
                return
            yield row
        last = batch[-1].pk


def _give(share: OutageCreditShare, at: datetime) -> int:
    """Give one account all its shares of a credit, unless that was done already."""
    account = lock_account(share.service.contract.account_id)
    rows = list(
        OutageCreditShare.objects.select_for_update(of=("self",))
        .filter(
            credit=share.credit_id,
            service__contract__account=account,
            chargeable__isnull=True,
        )
        .select_related("service", "credit__outage")
    )
    if not rows:
        return 0
    outage, on = rows[0].credit.outage, local_day(account, at)
    for row in rows:
        row.chargeable = agree_charge(
            account=account,
            service=row.service,
            kind=ChargeableKind.DISCOUNT,
            source=f"outage:{row.pk}",
            description=f"Credit for an outage ({outage.reference}): {row.service.label}"[:200],
            amount=-row.amount,
            incurred_on=on,
            at=at,
        )
        row.save(update_fields=["chargeable"])
    together = total(row.amount for row in rows)
    record(
        account_id=account.pk,
        at=at,
        action="give_outage_credit",
        subject=outage.reference,
        reason=rows[0].credit.reason,
        after={"amount": in_dollars(together)},
    )
    _tell(account, outage, together, at)
    return 1


def _tell(account: Account, outage: Outage, amount: Decimal, at: datetime) -> None:
    tell_holder(
        account,
        at=at,
        headline=f"{in_dollars(amount)} off your next bill for the outage",
        body=f"We are sorry about the outage: {outage.what}. Your next bill is "
        f"{in_dollars(amount)} lower, GST included. You don't have to do anything, and you can "
        "still complain if that does not settle it for you.",
        link=Link("outage", outage.reference),
        label="See what happened",
        belongs_to=outage.reference,
    )


def _fee_of_days(outage: Outage, service: Service) -> Decimal:
    """The fee of the days on which it did not work, the first and the last counted whole."""
    zone = zone_of(service.contract.account)
    first: date = outage.began_at.astimezone(zone).date()
    last: date = (outage.ended_at or outage.began_at).astimezone(zone).date()
    supplied = period_on(service, last)
    if supplied is None:
        return ZERO
    monthly = supplied_price(supplied, binding(service.contract, last))
    return to_cents(monthly * MONTHS * ((last - first).days + 1) / DAYS)


def _require(by: User, outage: Outage) -> None:
    """Staff who bill, of this provider or of all. Raises NotAuthorised."""
    is_theirs = by.provider_id in (None, outage.provider_id)
    if not (is_theirs and staff_may(by, Action.PAY_BILL).allowed):
        refused = Decision(allowed=False, role=role_names(by))
        raise NotAuthorised(refused, Action.PAY_BILL)
