"""What is due, as charging finds it and an invoice takes it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from billing.charging.models import BilledPeriod
from billing.charging.states import LeftOut, LineKind, NotBilledReason
from contracts.supply.models import Chargeable, Service

Reasons = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something to bill, in dollars. `unit_price` may be an exact fraction of a cent.

    `price_basis`: ex or inc GST; None for the terms' own basis. `days` of `of_days` is said of a
    part of a period; `fee` is then what the whole period costs.
    """

    kind: LineKind
    description: str
    unit_price: Decimal
    quantity: Decimal = Decimal(1)
    service_id: int | None = None
    service_label: str = ""
    gst: str = "taxable"
    price_basis: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    days: int | None = None
    of_days: int | None = None
    fee: Decimal | None = None
    is_old: bool = False
    because: Reasons = field(default_factory=list)
    usage_ids: tuple[int, ...] = ()
    chargeable_id: int | None = None
    billed: tuple[BilledPeriod, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TooOld:
    """Days or a charge that the terms or the law no longer let anybody bill."""

    what: str
    starts_on: date
    ends_on: date
    reason: NotBilledReason = NotBilledReason.TOO_OLD
    service: Service | None = None
    chargeable: Chargeable | None = None
    because: Reasons = field(default_factory=list)


@dataclass(kw_only=True)
class Due:
    """All that is due for an account on a day, and what writing it down has to change.

    `cut` are billed periods of which days are given back, `kept` what of them stays billed after
    those; `left_out` are records of use that reach no bill; `through` is each service's new last
    billed day.
    """

    items: list[Item] = field(default_factory=list)
    cut: list[BilledPeriod] = field(default_factory=list)
    kept: list[BilledPeriod] = field(default_factory=list)
    through: dict[int, date] = field(default_factory=dict)
    too_old: list[TooOld] = field(default_factory=list)
    left_out: dict[LeftOut, list[int]] = field(default_factory=lambda: defaultdict(list))
    all_ended: bool = False  # everything that was supplied has ended before that day
