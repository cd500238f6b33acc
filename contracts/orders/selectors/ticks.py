"""What a customer confirms one by one before an order binds, as its terms and the law want it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contracts.agreements.selectors import ask
from contracts.catalogue.selectors import vendor_links
from contracts.locations.selectors import account_address
from contracts.orders.models import Order, OrderLine, OrderTick
from contracts.orders.states import TickKind
from parties.accounts.selectors import terms_in_words
from terms import rules
from terms.binding import Binding
from terms.facts import BadFacts
from terms.rules.supply import CsgRights

from .figures import bound_of, live_lines

Reasons = list[dict[str, Any]]
# What the regulator says of the guarantee.
REGULATOR = "https://www.acma.gov.au/customer-service-guarantee"
# Around the address in the words that confirm it.
USED_AT, SHOWN_TO_000 = "It is used at ", ": calls to 000 show this address."


@dataclass(frozen=True, kw_only=True)
class Tick:
    """One thing to confirm; `about` tells vendors apart, `link` is where others say more."""

    kind: TickKind
    words: str
    about: str = ""
    link: str = ""
    because: Reasons = field(default_factory=list)


def ticks_wanted(order: Order, on: date) -> list[Tick]:
    """What is confirmed before an order of a day binds, each by itself.

    The terms and the summary always; each vendor whose own terms bind too (CP-CON-02, -03), the
    waiver of the Customer Service Guarantee where there is no supply without it (CP-CON-05,
    GL-CARE-05), what moving a number means (CV-VOI-01, -02), and that calls to 000 rely on the
    address (CV-VOI-05, VP-OTH-03).
    """
    bound = bound_of(order, on)
    lines = [one for one in live_lines(order) if one.plan is not None]
    return [
        Tick(
            kind=TickKind.SUMMARY,
            words="I have read the summary: what it costs a month, once, and over the whole term.",
        ),
        _terms(order, bound),
        *_vendors(order, bound, lines),
        *_waiver(bound, lines),
        *_moves(bound, lines),
        *_emergency(order, bound, lines),
    ]


def rights_waived(bound: Binding, line: OrderLine) -> tuple[bool, Reasons]:
    """Whether a line is supplied only on a waiver of the guarantee, and by which clause."""
    if line.plan is None:
        return False, []
    answer = ask(bound, rules.csg_waiver, product=line.plan.kind, agrees=True)
    waived = getattr(answer.result, "csg_rights", None) is CsgRights.WAIVED
    return waived, answer.because


def _terms(order: Order, bound: Binding) -> Tick:
    document = order.account.customer.provider.key
    printed = terms_in_words(document, bound.profile.version)
    answer = ask(bound, rules.terms_acceptance, act="accept_quote")
    return Tick(
        kind=TickKind.TERMS,
        words=f"I accept the terms: {printed}.",
        because=answer.because,
    )


def _vendors(order: Order, bound: Binding, lines: list[OrderLine]) -> Iterator[Tick]:
    links = vendor_links(order.account.customer.provider)
    told: set[str] = set()
    for line in lines:
        if line.plan is None:
            continue
        answer = ask(
            bound,
            rules.vendor_terms,
            product=line.plan.kind,
            quotation_names=line.vendor or None,
        )
        if not getattr(answer.result, "bound", None):
            continue
        for vendor in answer.result.vendors:
            if vendor.casefold() in told:
                continue
            told.add(vendor.casefold())
            link = links.get(vendor.casefold(), "")
            read = "" if link else " No link to them was supplied: ask us for them."
            yield Tick(
                kind=TickKind.VENDOR,
                about=vendor[:60],
                words=f"I accept that {vendor}'s own terms bind me too.{read}",
                link=link,
                because=answer.because,
            )


def _waiver(bound: Binding, lines: list[OrderLine]) -> Iterator[Tick]:
    wanted = [
        (one, because)
        for one in lines
        for waived, because in [rights_waived(bound, one)]
        if waived
    ]
    if not wanted:
        return
    named = ", ".join(dict.fromkeys(one.label for one, _ in wanted))
    yield Tick(
        kind=TickKind.CSG_WAIVER,
        words=f"I give up my rights under the Customer Service Guarantee for: {named}. I can say "
        "no; then it is not supplied. All my other rights stay.",
        link=REGULATOR,
        because=wanted[0][1],
    )


def _moves(bound: Binding, lines: list[OrderLine]) -> Iterator[Tick]:
    moving = [one for one in lines if hasattr(one, "port")]
    if not moving:
        return
    numbers = ", ".join(one.port.numbers for one in moving)
    answer = ask(bound, rules.port_in_withdraw, asked_at=moving[0].order.drafted_at)
    yield Tick(
        kind=TickKind.KEEP_OLD,
        words=f"I keep my old service until {numbers} has moved. Nobody can promise the day.",
        because=answer.because,
    )
    yield Tick(
        kind=TickKind.EXTRAS,
        words="Extras of the old service, and internet on the same line, may be lost by the move, "
        "and my old provider may charge for its contract.",
        because=answer.because,
    )


def _emergency(order: Order, bound: Binding, lines: list[OrderLine]) -> Iterator[Tick]:
    address = account_address(order.account).line
    for line in lines:
        if line.plan is None:
            continue
        try:
            answer = ask(
                bound,
                rules.address_check,
                service=line.plan.kind,
                address_on_record=address,
                address_in_use=address,
            )
        except BadFacts:
            continue
        if not getattr(answer.result, "emergency_warning", None):
            continue
        yield Tick(
            kind=TickKind.EMERGENCY,
            words=f"{USED_AT}{address}{SHOWN_TO_000} They fail without power or internet, so I "
            "keep another phone for emergencies.",
            because=answer.because,
        )
        return


def emergency_address(tick: OrderTick) -> str:
    """The address that was confirmed for calls to 000, in one line."""
    return tick.words.removeprefix(USED_AT).partition(SHOWN_TO_000)[0]
