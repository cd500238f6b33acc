"""The lines of an invoice in dollars: without GST, the GST, and with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from terms import money
from terms.clause import Terms, shape
from terms.money import Rounding
from terms.profile import Profile
from terms.result import Result


class Gst(StrEnum):
    """Whether a supply bears GST."""

    TAXABLE = "taxable"
    FREE = "free"


class PriceBasis(StrEnum):
    """Whether a price already holds GST."""

    INC = "inc"
    EX = "ex"


@dataclass(frozen=True)
class Line:
    """What is charged: quantity × price in dollars, GST in it or not.

    `from_list` says that the price stands in the provider's own list, which may have a basis.
    """

    description: str
    quantity: Decimal
    unit_price: Decimal
    gst: Gst
    price_basis: PriceBasis | None = None
    from_list: bool = False


@dataclass(frozen=True)
class LineAmount:
    """A line in whole cents; `amount_ex` + `gst` = `amount_inc`."""

    description: str
    amount_ex: Decimal
    gst: Decimal
    amount_inc: Decimal


@shape("line_amounts")
class LineTerms(Terms):
    """Whether prices hold GST unless a line says otherwise, and what is rounded, how.

    With `each_line` every line without GST is rounded by `rounding`, otherwise the total once.
    GST is taken on the invoice, half a cent going up.
    """

    basis: PriceBasis
    rounding: Rounding = Rounding.HALF_UP
    each_line: bool = False


@shape("line_amounts.listed")
class ListedPrices(Terms):
    """Whether the prices of the provider's own list hold GST, unless a price says otherwise."""

    basis: PriceBasis


@dataclass(frozen=True, kw_only=True)
class LineAmounts(Result):
    """The totals of an invoice, and each line; the lines add up to the totals to the cent."""

    subtotal_ex: Decimal | None = None
    gst: Decimal | None = None
    total_inc: Decimal | None = None
    lines: tuple[LineAmount, ...] = ()


def line_amounts(profile: Profile, *, lines: tuple[Line, ...]) -> LineAmounts:
    """Return lines and totals in cents (CV-BIL-06, VP-BIL-06, BS-BILL-18, GL-BILL-09)."""
    terms, listed = profile.of(LineTerms), profile.find(ListedPrices)
    from_list = [each for each in lines if listed and each.from_list and each.price_basis is None]
    if listed and from_list:
        lines = tuple(
            replace(each, price_basis=listed.basis) if each in from_list else each
            for each in lines
        )
    worked = _rounded_by_line if terms.each_line else _rounded_once
    answer = worked(terms, lines)
    if listed is None or not from_list:
        return answer
    step = f"listed prices {'hold' if listed.basis == PriceBasis.INC else 'come before'} GST"
    return replace(answer, because=(*answer.because, listed.because(step)))


def _rounded_by_line(terms: LineTerms, lines: Sequence[Line]) -> LineAmounts:
    own = _kept(terms, lines)
    parts_ex = [
        money.ZERO if at in own else money.to_cents(_exact_ex(terms, line), terms.rounding)
        for at, line in enumerate(lines)
    ]
    base = money.total(
        part
        for at, (part, line) in enumerate(zip(parts_ex, lines, strict=True))
        if at not in own and line.gst == Gst.TAXABLE
    )
    held = sum((money.gst_within(inc) for inc in own.values()), money.ZERO)
    gst = money.to_cents(money.gst_on(base) + held)
    subtotal = money.total(parts_ex)
    steps = (
        f"each line goes {terms.rounding.words} before GST: {money.in_dollars(subtotal)} in all",
        f"GST is a tenth of {money.in_dollars(base)}"
        + (f" and what prices with GST hold, {money.in_dollars(money.to_cents(held))}" * bool(own))
        + f": {money.in_dollars(gst)}",
    )
    return _shared(terms, lines, own, parts_ex, gst, steps)


def _kept(terms: LineTerms, lines: Sequence[Line]) -> dict[int, Decimal]:
    """The lines whose price holds its GST, with that price in cents: it stays what it is."""
    return {
        at: money.to_cents(_price(line), terms.rounding)
        for at, line in enumerate(lines)
        if _holds_gst(terms, line)
    }


def _shared(
    terms: LineTerms,
    lines: Sequence[Line],
    own: dict[int, Decimal],
    parts_ex: list[Decimal],
    gst: Decimal,
    steps: tuple[str, ...],
) -> LineAmounts:
    """Share the GST out: prices that hold it keep their cents, the other lines take the rest."""
    places = list(own)
    held = [money.gst_within(own[at]) for at in places]
    others = [at for at, line in enumerate(lines) if at not in own and line.gst == Gst.TAXABLE]
    of_own = money.to_cents(money.total(held)) if others else gst
    parts_gst = [money.ZERO] * len(lines)
    for at, part in zip(places, money.share_out(of_own, held), strict=True):
        parts_gst[at], parts_ex[at] = part, own[at] - part
    exact = [money.gst_on(parts_ex[at]) for at in others]
    if others:
        for at, part in zip(others, money.share_out(gst - of_own, exact), strict=True):
            parts_gst[at] = part
    return _amounts(terms, lines, parts_ex, parts_gst, steps)


def _rounded_once(terms: LineTerms, lines: Sequence[Line]) -> LineAmounts:
    exact_gst = [_exact_gst(terms, line) for line in lines]
    gst = money.to_cents(money.total(exact_gst))
    if terms.basis == PriceBasis.INC:
        parts_gst = money.share_out(gst, exact_gst)
        exact_inc = [_exact_inc(terms, line) for line in lines]
        total = money.to_cents(money.total(exact_inc), terms.rounding)
        parts_inc = money.share_out(total, exact_inc)
        parts_ex = [inc - tax for inc, tax in zip(parts_inc, parts_gst, strict=True)]
        step = f"{money.in_dollars(total)} in all, of which GST is {money.in_dollars(gst)}"
        steps = (step, "rounded once, on the invoice")
        return _amounts(terms, lines, parts_ex, parts_gst, steps)
    own = _kept(terms, lines)
    exact_ex = [
        money.ZERO if at in own else _exact_ex(terms, line) for at, line in enumerate(lines)
    ]
    without = money.to_cents(money.total(exact_ex), terms.rounding)
    parts_ex = list(money.share_out(without, exact_ex))
    step = f"{money.in_dollars(without)} without GST, plus GST of {money.in_dollars(gst)}"
    return _shared(terms, lines, own, parts_ex, gst, (step, "rounded once, on the invoice"))


def _amounts(
    terms: LineTerms,
    lines: Sequence[Line],
    parts_ex: Sequence[Decimal],
    parts_gst: Sequence[Decimal],
    steps: tuple[str, ...],
) -> LineAmounts:
    subtotal, gst = money.total(parts_ex), money.total(parts_gst)
    return LineAmounts(
        subtotal_ex=subtotal,
        gst=gst,
        total_inc=subtotal + gst,
        lines=tuple(
            LineAmount(line.description, ex, tax, ex + tax)
            for line, ex, tax in zip(lines, parts_ex, parts_gst, strict=True)
        ),
        because=(terms.because(*steps),),
    )


def _basis(terms: LineTerms, line: Line) -> PriceBasis:
    return line.price_basis or terms.basis


def _exact_ex(terms: LineTerms, line: Line) -> Decimal:
    return _price(line) - _gst_within(terms, line)


def _exact_inc(terms: LineTerms, line: Line) -> Decimal:
    return _exact_ex(terms, line) + _exact_gst(terms, line)


def _exact_gst(terms: LineTerms, line: Line) -> Decimal:
    if line.gst == Gst.FREE:
        return money.ZERO
    if _basis(terms, line) == PriceBasis.INC:
        return _gst_within(terms, line)
    return money.gst_on(_price(line))


def _gst_within(terms: LineTerms, line: Line) -> Decimal:
    return money.gst_within(_price(line)) if _holds_gst(terms, line) else money.ZERO


def _holds_gst(terms: LineTerms, line: Line) -> bool:
    return line.gst == Gst.TAXABLE and _basis(terms, line) == PriceBasis.INC


def _price(line: Line) -> Decimal:
    return line.quantity * line.unit_price
