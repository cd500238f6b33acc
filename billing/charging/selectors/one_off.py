"""One-off amounts that were agreed or that the terms add."""

from __future__ import annotations

from datetime import date

from billing.charging.states import LineKind
from contracts.supply.models import Chargeable
from contracts.supply.states import ChargeableKind
from parties.accounts.models import Account
from terms import rules
from terms.binding import Binding
from terms.calendar import State
from terms.money import ZERO
from terms.profile import TermsSilent
from terms.rules.billing import billing_period
from terms.vocabulary import Listed

from .days import ONE_DAY, is_old, last_billable
from .items import Due, Item, TooOld

# What the terms call one-off charges when they say from when on these may be billed.
BILLABLE_AS = {
    ChargeableKind.SET_UP: "set_up",
    ChargeableKind.ONE_OFF: "miscellaneous",
    ChargeableKind.SUPPORT: "miscellaneous",
    ChargeableKind.DOCUMENT: "miscellaneous",
}
LATE = frozenset({ChargeableKind.LATE_FEE, ChargeableKind.INTEREST})


def one_off_of(due: Due, account: Account, bound: Binding, on: date) -> None:
    """Add the one-off amounts that may be billed on a day; those too old stand on a list."""
    rows = Chargeable.objects.filter(
        account=account, line__isnull=True, not_billed__isnull=True, incurred_on__lte=on
    ).select_related("service__plan")
    for row in rows:
        if row.kind not in LATE:
            limit, because = last_billable(row.incurred_on, bound, account)
            if limit is not None and on > limit:
                due.too_old.append(
                    TooOld(
                        what=row.description,
                        starts_on=row.incurred_on,
                        ends_on=row.incurred_on,
                        service=row.service,
                        chargeable=row,
                        because=because,
                    )
                )
                continue
        if _billable_from(row, bound, account) > on:
            continue
        due.items.append(
            Item(
                kind=_line_kind(row),
                description=row.description,
                service_id=row.service_id,
                service_label=str(row.service) if row.service else "",
                unit_price=row.amount,
                price_basis="inc" if row.gst == "taxable" else "ex",
                gst=row.gst,
                period_start=row.incurred_on,
                is_old=row.kind not in LATE and is_old(row.incurred_on, account, on),
                because=row.because,
                chargeable_id=row.pk,
            )
        )


def _line_kind(row: Chargeable) -> LineKind:
    if row.kind in LATE:
        return LineKind.LATE
    return LineKind.DISCOUNT if row.amount < ZERO else LineKind.ONE_OFF


def _billable_from(row: Chargeable, bound: Binding, account: Account) -> date:
    """The first day on which a charge may be billed, where the terms say one (BS-BILL-03 …)."""
    kind = BILLABLE_AS.get(ChargeableKind(row.kind))
    if kind is None:
        return row.incurred_on
    first, after = billing_period(row.incurred_on, account.bill_day)
    try:
        answer = bound.decide(
            rules.charge_billable_on,
            kind=Listed(kind),
            state=State(account.state),
            period_start=first,
            period_end=after - ONE_DAY,
            event_on=row.incurred_on,
        )
    except TermsSilent:
        return row.incurred_on
    return answer.billable_from or row.incurred_on
