"""What terms, law or an agreement give for something that staff put on a bill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billing.charging.states import ChargeWhat
from contracts.supply.states import ChargeableKind, GstCode
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from terms import rules
from terms.binding import Binding
from terms.clause import Clause, Reason, Source, as_json
from terms.facts import BadFacts
from terms.money import ZERO, gst_on, in_dollars, to_cents
from terms.profile import TermsSilent
from terms.rules.floor import Cause
from terms.vocabulary import PROVIDERS_CHOICE, Listed

from .days import last_billable
from .items import Reasons

LARGEST = Decimal("10000000.00")
# The kinds of support that documents price, as people say them.
SUPPORT = {
    "no_fault_found": "No fault found",
    "non_standard_onsite_junior": "Help on site beyond our service, by a junior",
    "non_standard_onsite_senior": "Help on site beyond our service, by a senior",
    "non_standard_remote_junior": "Help from afar beyond our service, by a junior",
    "non_standard_remote_senior": "Help from afar beyond our service, by a senior",
}
DOCUMENTS = {
    "paper_bill": "Bill on paper",
    "archived_invoice": "Copy of an older bill",
    "itemised_history": "Details of past bills",
}
# Facts that a rule asks for, as the form calls them.
ASKED_FOR = {
    "months_back": "how many months back it goes",
    "actual_cost": "what it really costs us",
    "listed_fee": "the fee of the price list",
    "kind": "another kind: these terms price none of this name",
}


class NotPriced(Exception):
    """Neither terms nor law nor an agreement give an amount; the message says what to do."""

    def __init__(self, message: str, because: Reasons | None = None) -> None:
        super().__init__(message)
        self.because = because or []


@dataclass(frozen=True, kw_only=True)
class Support:
    """Hours of support that began at an instant; `visit`: somebody was sent out."""

    kind: str
    hours: Decimal
    began_at: datetime
    visit: bool = False
    what: ChargeWhat = ChargeWhat.SUPPORT


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Copies of bills. `actual_cost` and `listed_fee` are dollars, GST included, for each."""

    kind: str
    count: int = 1
    months_back: int | None = None
    usual_way: bool = False
    other_medium: bool = False
    actual_cost: Decimal | None = None
    listed_fee: Decimal | None = None
    what: ChargeWhat = ChargeWhat.DOCUMENT


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A cost that the provider really paid, dollars GST included, and its tax credit for it."""

    description: str
    paid: Decimal
    tax_credit: Decimal
    what: ChargeWhat = ChargeWhat.COST


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What collecting a debt cost, in dollars; `debt` is what went to the collector.

    `paid` is what the collector really took, None while it is not known; `percent` its agreed
    commission. `told_on` is the day on which the customer was told of such costs, their amount or
    their method; it counts only if it lies before `gone_on`, the day on which the debt went out.
    """

    description: str
    subject: str
    debt: Decimal
    gone_on: date
    paid: Decimal | None = None
    percent: Decimal | None = None
    legal: Decimal = ZERO
    told_on: date | None = None
    what: ChargeWhat = ChargeWhat.RECOVERY

    @property
    def was_told(self) -> bool:
        return self.told_on is not None and self.told_on < self.gone_on


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """A price that the customer agreed to, dollars GST included, and where that is written."""

    description: str
    amount: Decimal
    agreed_in: str
    agreed_on: date
    is_set_up: bool = False
    gst: GstCode = GstCode.TAXABLE
    what: ChargeWhat = ChargeWhat.AGREED


@dataclass(frozen=True, kw_only=True)
class TakenOff:
    """An amount taken off the next bill, dollars GST included."""

    description: str
    amount: Decimal
    gst: GstCode = GstCode.TAXABLE
    what: ChargeWhat = ChargeWhat.OFF


Wanted = Support | Copies | Cost | Recovery | Agreed | TakenOff


@dataclass(frozen=True, kw_only=True)
class Priced:
    """What the bill will say: dollars, GST included where it is taxable, and from which clause."""

    kind: ChargeableKind
    description: str
    amount: Decimal
    gst: GstCode = GstCode.TAXABLE
    because: Reasons


def price_of(account: Account, wanted: Wanted, *, incurred_on: date, on: date) -> Priced:
    """Say what something costs that arose on a day and is put on a bill on another.

    Raises NotPriced where terms, law and agreement give nothing, where it is free, and where it
    is too old to be billed or still to come.
    """
    if incurred_on > on:
        raise NotPriced("That day is still to come: note it once it has happened.")
    if incurred_on < account.opened_on:
        raise NotPriced("That day lies before the account was opened.")
    bound = binding(account, on)
    limit, why = last_billable(incurred_on, bound, account)
    if limit is not None and on > limit and wanted.what != ChargeWhat.OFF:
        raise NotPriced(f"Too old: it could be billed until {limit:%-d %b %Y}.", why)
    try:
        found = _PRICES[type(wanted)](wanted, account, bound)
    except TermsSilent as silence:
        raise NotPriced(_silence(wanted), as_json(silence.because)) from silence
    except BadFacts as missing:
        name = str(missing.path[0]) if missing.path else ""
        raise NotPriced(f"Give {ASKED_FOR.get(name, missing.problem)}.") from missing
    if found.amount <= ZERO:
        raise NotPriced("It costs nothing here, so there is nothing to bill.", found.because)
    if found.amount >= LARGEST:
        raise NotPriced(f"Give an amount below {in_dollars(LARGEST)}.")
    return found


def _silence(wanted: Wanted) -> str:
    if isinstance(wanted, Recovery):
        return (
            "These terms give no figure for what collecting a debt costs, and the law gives none: "
            "nothing is added to the debt."
        )
    what = "support" if isinstance(wanted, Support) else "it"
    return (
        f"These terms name no price for {what}, and the law gives none. Agree a price with the "
        "customer first, then note it as “A price that was agreed”."
    )


def _support(wanted: Support, account: Account, bound: Binding) -> Priced:
    try:
        band = bound.decide(rules.support_rate_band, at=wanted.began_at)
    except TermsSilent as silence:
        raise TermsSilent("support_fee", silence.because) from silence
    if band.when is None:
        raise TermsSilent("support_fee", band.because)
    answer = bound.decide(
        rules.support_fee,
        kind=Listed(wanted.kind),
        hours=wanted.hours,
        when=band.when,
        callout=wanted.visit,
    )
    amount, because = _with_gst(answer.amount_ex or ZERO, bound)
    how = ", visit" if wanted.visit else ""
    hours = f"{wanted.hours.normalize():f} h"
    return Priced(
        kind=ChargeableKind.SUPPORT,
        description=f"{SUPPORT.get(wanted.kind, wanted.kind)}{how}, {hours}",
        amount=amount,
        because=[*as_json(band.because), *as_json(answer.because), *because],
    )


def _document(wanted: Copies, account: Account, bound: Binding) -> Priced:
    answer = bound.decide(
        rules.document_fee,
        kind=Listed(wanted.kind),
        tcp=account.customer.is_tcp,
        count=wanted.count,
        months_back=wanted.months_back,
        standard_method=wanted.usual_way,
        medium=Listed("other") if wanted.other_medium else PROVIDERS_CHOICE,
        actual_cost=wanted.actual_cost,
        listed_fee=wanted.listed_fee,
    )
    because = as_json(answer.because)
    if answer.available is False:
        raise NotPriced("It is older than what has to be supplied.", because)
    if answer.fee is None:
        raise NotPriced("Give the fee of the price list: the terms leave it to that.", because)
    times = f"{wanted.count} × " if wanted.count > 1 else ""
    return Priced(
        kind=ChargeableKind.DOCUMENT,
        description=f"{times}{DOCUMENTS.get(wanted.kind, wanted.kind)}",
        amount=answer.fee,
        because=because,
    )


def _cost(wanted: Cost, account: Account, bound: Binding) -> Priced:
    if wanted.tax_credit > wanted.paid:
        raise NotPriced("The tax credit can't be more than what was paid.")
    answer = bound.decide(
        rules.recovery_cost, paid_inc=wanted.paid, input_tax_credit=wanted.tax_credit
    )
    amount, because = _with_gst(answer.recoverable_ex or ZERO, bound)
    return Priced(
        kind=ChargeableKind.ONE_OFF,
        description=wanted.description,
        amount=amount,
        because=[*as_json(answer.because), *because],
    )


def _recovery(wanted: Recovery, account: Account, bound: Binding) -> Priced:
    """What terms and law let be added to a debt that was collected (GL-PAY-10, BS-PAY-08,
    BS-PAY-10, VP-PAY-08, RF-TCP-20): for a protected customer no more than what it really cost,
    and nothing that was not told before.
    """
    known = binding(
        account,
        bound.standing.as_at,
        actual_cost=wanted.paid,
        charge_advised=wanted.was_told,
        caused_by=Cause.CUSTOMER,
    )
    answer = known.decide(
        rules.collection_costs,
        debt=wanted.debt,
        commission_percent=wanted.percent,
        legal_costs=wanted.legal,
        paid_to_collector=wanted.paid,
        tcp=account.customer.is_tcp,
        charge_advised=wanted.was_told,
    )
    because = as_json(answer.because)
    if answer.total_recoverable is None:
        raise NotPriced(
            "Give what the collector really took, or its commission where the terms count by it.",
            because,
        )
    return Priced(
        kind=ChargeableKind.ONE_OFF,
        description=wanted.description,
        amount=answer.total_recoverable - wanted.debt,
        because=because,
    )


def _agreed(wanted: Agreed, account: Account, bound: Binding) -> Priced:
    clause = Clause(
        document="agreed",
        version=wanted.agreed_in,
        id=wanted.agreed_in,
        heading=None,
        says=f"Agreed in {wanted.agreed_in} on {wanted.agreed_on:%-d %b %Y}.",
        source=Source.AGREED,
    )
    step = f"{in_dollars(wanted.amount)} was agreed"
    return Priced(
        kind=ChargeableKind.SET_UP if wanted.is_set_up else ChargeableKind.ONE_OFF,
        description=wanted.description,
        amount=wanted.amount,
        gst=wanted.gst,
        because=as_json((Reason(clause, (step,)),)),
    )


def _taken_off(wanted: TakenOff, account: Account, bound: Binding) -> Priced:
    return Priced(
        kind=ChargeableKind.DISCOUNT,
        description=wanted.description,
        amount=wanted.amount,
        gst=wanted.gst,
        because=[],
    )


_PRICES: dict[type[Any], Callable[[Any, Account, Binding], Priced]] = {
    Support: _support,
    Copies: _document,
    Cost: _cost,
    Recovery: _recovery,
    Agreed: _agreed,
    TakenOff: _taken_off,
}


def _with_gst(amount_ex: Decimal, bound: Binding) -> tuple[Decimal, Reasons]:
    """An amount with its GST. The bill that carries it is its tax invoice (CV-BIL-07)."""
    try:
        answer = bound.decide(rules.gst_payable, amount_ex=amount_ex, tax_invoice_valid=True)
    except TermsSilent:
        return amount_ex + to_cents(gst_on(amount_ex)), []
    return amount_ex + (answer.gst_due or ZERO), as_json(answer.because)
