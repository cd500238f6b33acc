"""What a copy of a bill, or what is known of past bills, costs."""

from dataclasses import dataclass
from decimal import Decimal

from terms import money
from terms.clause import Terms, shape
from terms.facts import needed
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import PROVIDERS_CHOICE, Listed


@shape("document_fee.each")
class FeeEach(Terms):
    """Dollars, GST included, for each copy, by kind of document."""

    fees: dict[str, Decimal]


@shape("document_fee.paper_bill")
class PaperBill(Terms):
    """A paper bill is free where the plan sends paper; otherwise this fee, or the listed one."""

    fee: Decimal


@shape("document_fee.history")
class BillHistory(Terms):
    """Past billing details are free in the provider's own medium, the last month inside."""

    free_months: int


@shape("document_fee.older")
class OlderHistory(Terms):
    """Older details come at cost, the last month inside, and no older ones have to be supplied."""

    max_months: int


@shape("document_fee.other_medium")
class OtherMedium(Terms):
    """In another medium than the provider's choice, past details come at cost."""


@shape("document_fee.listed")
class ListedFee(Terms):
    """Unusual billing details cost what the price list says."""


@dataclass(frozen=True, kw_only=True)
class DocumentFee(Result):
    """What a document costs in dollars, GST included. `fee` None: no figure is printed."""

    available: bool | None = combine("any")
    fee: Decimal | None = combine("lowest")
    free: bool | None = combine("any")


def document_fee(
    profile: Profile,
    *,
    kind: Listed,
    tcp: bool = False,
    count: int = 1,
    months_back: int | None = None,
    standard_method: bool = False,
    medium: Listed = PROVIDERS_CHOICE,
    actual_cost: Decimal | None = None,
    listed_fee: Decimal | None = None,
) -> DocumentFee:
    """Return what a document costs (VP-BIL-11, BS-BILL-12 to BS-BILL-16).

    Raise TermsSilent for a kind of document that the terms do not price.
    """
    if each := profile.find(FeeEach):
        if kind not in each.fees:
            raise profile.silent("document_fee", beyond=True)
        fee = each.fees[kind] * count
        return _fee(each, fee, f"{count} × {money.in_dollars(each.fees[kind])}")
    if kind == "paper_bill":
        paper = profile.of(PaperBill)
        if standard_method:
            return _fee(paper, money.ZERO, "paper is the plan's own way")
        fee = paper.fee if listed_fee is None else listed_fee
        return _fee(paper, fee * count, f"{count} × {money.in_dollars(fee)}")
    history = profile.find(BillHistory, tcp=tcp)
    if history:
        months = needed("months_back", months_back)
        older = profile.of(OlderHistory, tcp=tcp)
        other = profile.of(OtherMedium, tcp=tcp)
        return _history(history, older, other, months, medium, actual_cost)
    listed = profile.of(ListedFee)
    if listed_fee is None:
        step = "the price list names no fee"
        return DocumentFee(available=True, because=(listed.because(step),))
    return _fee(listed, listed_fee * count, "as the price list says")


def _history(
    terms: BillHistory,
    older: OlderHistory,
    other: OtherMedium,
    months: int,
    medium: Listed,
    actual_cost: Decimal | None,
) -> DocumentFee:
    if months > older.max_months:
        step = f"older than {older.max_months} months: need not be supplied"
        return DocumentFee(available=False, because=(older.because(step),))
    if months <= terms.free_months and medium == PROVIDERS_CHOICE:
        return _fee(terms, money.ZERO, f"no older than {terms.free_months} months")
    cause: Terms = older if months > terms.free_months else other
    cost = money.to_cents(needed("actual_cost", actual_cost))
    return _fee(cause, cost, f"no more than the cost of supply, {money.in_dollars(cost)}")


def _fee(terms: Terms, fee: Decimal, step: str) -> DocumentFee:
    return DocumentFee(available=True, fee=fee, free=fee == 0, because=(terms.because(step),))
