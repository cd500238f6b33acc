"""Money: decimal dollars, and the only place where anything is rounded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from enum import StrEnum

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
GST_RATE = Decimal("0.10")


class Rounding(StrEnum):
    """Which whole cent an amount between two cents becomes; credits mirror charges."""

    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"

    @property
    def words(self) -> str:
        """How a sum that is not whole cents became so."""
        return {"half_up": "to the cent", "up": "up to the cent", "down": "cut to the cent"}[self]


_MODES = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.UP: ROUND_UP,
    Rounding.DOWN: ROUND_DOWN,
}


def to_cents(value: Decimal, rounding: Rounding = Rounding.HALF_UP) -> Decimal:
    """``value`` dollars in whole cents."""
    return value.quantize(CENT, rounding=_MODES[rounding])


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum in dollars, with two decimals even when there is nothing to add."""
    return sum(amounts, ZERO)


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    """``percent`` per cent of ``amount``, not rounded."""
    return amount * percent / 100


def gst_on(price_ex: Decimal) -> Decimal:
    """The GST to add to a price without GST, not rounded."""
    return price_ex * GST_RATE


def gst_within(price_inc: Decimal) -> Decimal:
    """The GST that a price with GST contains (one eleventh), not rounded."""
    return price_inc * GST_RATE / (1 + GST_RATE)


def split_gst(
    price_inc: Decimal, rounding: Rounding = Rounding.HALF_UP
) -> tuple[Decimal, Decimal]:
    """A price with GST as (price without, GST) in whole cents that add up to it."""
    inc = to_cents(price_inc, rounding)
    gst = to_cents(gst_within(inc))
    return inc - gst, gst


def share_out(amount: Decimal, exact: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Share ``amount`` (whole cents) out as ``exact``, its unrounded parts; the cents add up.

    Each part is cut to the cent; the cents left over go to the parts that lost most.
    """
    parts = [to_cents(each, Rounding.DOWN) for each in exact]
    left = int((amount - total(parts)) / CENT)
    step = CENT if left > 0 else -CENT
    by_loss = sorted(range(len(parts)), key=lambda at: (parts[at] - exact[at]) * step)
    for turn in range(abs(left)):
        parts[by_loss[turn % len(by_loss)]] += step
    return tuple(parts)


def compounded(balance: Decimal, daily_rate: Decimal, days: int) -> Decimal:
    """What ``balance`` earns at ``daily_rate`` (a fraction), compounded daily, not rounded."""
    return balance * ((1 + daily_rate) ** days - 1)


def to_rate(amount: Decimal) -> Decimal:
    """Return an amount with the six decimals that a printed price has room for."""
    return amount.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def in_dollars(amount: Decimal) -> str:
    """An amount as people write it: $1,234.50, or as many decimals as a rate has."""
    shown = to_cents(amount) if amount == to_cents(amount) else amount.normalize()
    return f"-${-shown:,f}" if shown < 0 else f"${shown:,f}"
