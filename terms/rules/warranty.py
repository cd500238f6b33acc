"""The warranty on supplied hardware: what it covers, and what a swap costs."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from terms import money
from terms.calendar import in_words, months_on
from terms.clause import Terms, shape
from terms.facts import needed
from terms.profile import Profile
from terms.result import Result, combine


class DefectCause(StrEnum):
    """Why hardware does not work."""

    DEFECT = "defect"
    MISUSE = "misuse"
    EXTERNAL = "external"


@shape("warranty_claim")
class WarrantyClaim(Terms):
    """Months from supply in which defects are covered, the same day of the last month inside."""

    months: int


@shape("warranty_claim.excluded")
class Excluded(Terms):
    """Causes that the warranty does not cover."""

    causes: tuple[DefectCause, ...]


@dataclass(frozen=True, kw_only=True)
class Claim(Result):
    """The last day to claim, and whether this claim is in time and covered."""

    last_day: date | None = combine("longest")
    in_time: bool | None = combine("any")
    covered: bool | None = combine("any")


def warranty_claim(
    profile: Profile, *, supplied_on: date, claimed_on: date, cause: DefectCause
) -> Claim:
    """Return whether the warranty covers a claim (VP-EQP-01, VP-EQP-02)."""
    terms, excluded = profile.of(WarrantyClaim), profile.of(Excluded)
    last = months_on(supplied_on, terms.months)
    in_time = claimed_on <= last
    because = [terms.because(f"{terms.months} months from supply end on {in_words(last)}")]
    if cause in excluded.causes:
        because.append(excluded.because(f"the cause is {cause}"))
    return Claim(
        last_day=last,
        in_time=in_time,
        covered=in_time and cause not in excluded.causes,
        because=tuple(because),
    )


@shape("warranty_return")
class WarrantyReturn(Terms):
    """Calendar days from receiving the replacement in which the faulty item goes back."""

    days: int


@dataclass(frozen=True, kw_only=True)
class FaultyReturn(Result):
    """The last day to send the faulty item back."""

    return_by: date | None = combine("longest")


def warranty_return(profile: Profile, *, replacement_received_on: date) -> FaultyReturn:
    """Return by when the faulty item goes back (VP-EQP-04)."""
    terms = profile.of(WarrantyReturn)
    day = replacement_received_on + timedelta(days=terms.days)
    step = f"day {terms.days} after {in_words(replacement_received_on)} is {in_words(day)}"
    return FaultyReturn(return_by=day, because=(terms.because(step),))


@shape("warranty_charge.not_returned")
class NotReturned(Terms):
    """Late, incomplete or never: the replacement, shipping and what is open on the original."""


@shape("warranty_charge.not_covered")
class NotCovered(Terms):
    """Returned, but outside the warranty: the replacement and what is open on the original."""


@shape("warranty_charge.unopened")
class Unopened(Terms):
    """The replacement itself is free if it comes back unused in sealed packaging."""


@dataclass(frozen=True, kw_only=True)
class WarrantyCharge(Result):
    """What a swap under warranty costs, in dollars."""

    charge: Decimal | None = combine("lowest")


def warranty_charge(
    profile: Profile,
    *,
    replacement_received_on: date,
    complete: bool,
    covered: bool,
    replacement_unopened: bool,
    replacement_price: Decimal,
    original_unpaid: Decimal,
    shipping: Decimal,
    returned_on: date | None = None,
) -> WarrantyCharge:
    """Return what a swap under warranty costs (VP-EQP-04 to VP-EQP-07)."""
    back = warranty_return(profile, replacement_received_on=replacement_received_on)
    last = needed("return_by", back.return_by)
    in_time = complete and returned_on is not None and returned_on <= last
    if in_time and covered:
        return WarrantyCharge(charge=money.ZERO, because=back.because)
    unopened = profile.of(Unopened)
    price = money.ZERO if replacement_unopened else replacement_price
    terms: Terms = profile.of(NotCovered) if in_time else profile.of(NotReturned)
    parts = [price, original_unpaid] if in_time else [price, shipping, original_unpaid]
    step = " + ".join(money.in_dollars(each) for each in parts)
    because = (terms.because(step), *back.because)
    if replacement_unopened:
        because = (*because, unopened.because("the replacement came back sealed"))
    return WarrantyCharge(charge=money.to_cents(money.total(parts)), because=because)
