"""Compensation under the law's guarantee goes onto the next bill, each delay once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from contracts.requests.models import Fault
from contracts.requests.selectors import Owed, guarantee_owed, is_voice, most_days_late
from contracts.requests.selectors.guarantee import OF_FAULT
from contracts.supply.models import Chargeable
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind, GstCode
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day, require, with_customer
from parties.correspondence.services import tell_holder
from parties.people.models import User
from records.audit.services import record
from records.notices.services import Link
from terms.calendar import in_words
from terms.facts import Action
from terms.money import in_dollars
from terms.rules.supply import Delay


class GuaranteeRefused(Exception):
    """Nothing is given so; the message says what to do, `because` names the clauses."""

    def __init__(self, words: str, because: list[dict[str, object]] | None = None) -> None:
        super().__init__(words)
        self.because = because or []


@dataclass(frozen=True, kw_only=True)
class Late:
    """What came late: a repair by so many working days, or an appointment that nobody kept.

    `waived_in` names the paper by which the customer gave the guarantee up; empty if none did.
    """

    delay: Delay
    working_days: int = 0
    missed_on: date | None = None
    waived_in: str = ""


def preview_guarantee(*, fault: Fault, late: Late, at: datetime) -> Owed:
    """What is owed for a delay, by which clause.

    Raises GuaranteeRefused for what can't be, and what was given already.
    """
    if not is_voice(fault.service):
        raise GuaranteeRefused("The guarantee is for fixed voice lines: this is none.")
    if (known := _given(fault, late)) is not None:
        raise GuaranteeRefused(
            f"This was given already, {in_dollars(-known.amount)}: a delay is compensated once."
        )
    account = fault.service.contract.account
    if late.delay == Delay.REPAIR:
        most = most_days_late(fault, at)
        if not 1 <= late.working_days <= most:
            raise GuaranteeRefused(
                f"From its report until it worked again lie {most} working days: give the days "
                "beyond the time that the law allows for the repair, 1 or more."
            )
    else:
        first, today = (local_day(account, one) for one in (fault.reported_at, at))
        if late.missed_on is None or not first <= late.missed_on <= today:
            raise GuaranteeRefused(
                f"Give the day of the appointment, from {in_words(first)} until today."
            )
    return guarantee_owed(
        fault, delay=late.delay, days_late=late.working_days, waived=bool(late.waived_in)
    )


def give_guarantee(*, fault: Fault, late: Late, by: User, at: datetime) -> Chargeable:
    """Take what the guarantee owes off the next bill, and tell them (RF-CSG-01).

    A late repair is compensated once, each missed appointment once; asked again it is the same.
    Raises NotAuthorised, and GuaranteeRefused for what can't be or brings nothing.
    """
    account = fault.service.contract.account
    today = local_day(account, at)
    decision = require(by, Action.PAY_BILL, account, on=today, at=at)
    with transaction.atomic():
        account = lock_account(account.pk)
        if (known := _given(fault, late)) is not None:
            return known
        owed = preview_guarantee(fault=fault, late=late, at=at)
        if not owed.amount:
            raise GuaranteeRefused(
                "The guarantee brings nothing here: see why below.", owed.because
            )
        row = agree_charge(
            service=fault.service,
            kind=ChargeableKind.DISCOUNT,
            source=_source(fault, late),
            description=f"Customer Service Guarantee: {_in_words(late)} ({fault.reference})",
            amount=-owed.amount,
            # Compensation by law is no price of anything that is supplied.
            gst=GstCode.FREE,
            incurred_on=today,
            at=at,
            because=owed.because,
            actor=with_customer(by, decision),
        )
        record(
            account_id=account.pk,
            at=at,
            action="give_guarantee",
            actor=with_customer(by, decision),
            subject=fault.reference,
            reason=_in_words(late),
            after={"amount": in_dollars(owed.amount)},
            because=owed.because,
        )
        _tell(fault, account, late, row, at)
    return row


def _given(fault: Fault, late: Late) -> Chargeable | None:
    rows = Chargeable.objects.filter(service=fault.service, source=_source(fault, late))
    return rows.first()


def _source(fault: Fault, late: Late) -> str:
    which = f":{late.missed_on}" if late.delay == Delay.APPOINTMENT else ""
    return f"{OF_FAULT.format(fault.pk)}{late.delay}{which}"


def _in_words(late: Late) -> str:
    if late.delay == Delay.APPOINTMENT and late.missed_on is not None:
        return f"an appointment missed on {in_words(late.missed_on)}"
    days = "1 working day" if late.working_days == 1 else f"{late.working_days} working days"
    return f"mended {days} late"


def _tell(fault: Fault, account: Account, late: Late, row: Chargeable, at: datetime) -> None:
    amount = in_dollars(-row.amount)
    tell_holder(
        account,
        at=at,
        headline=f"{amount} off your next bill: Customer Service Guarantee",
        body=f"{fault.service.label}: {_in_words(late)}. By law you get "
        f"{amount} for it, off your next bill. You don't have to do anything, "
        "and you can still complain.",
        link=Link("fault", fault.reference),
        label="See your report",
        belongs_to=fault.reference,
        because=row.because,
    )
