"""What being supplied takes: acceptance, versions, waivers, vendors, duties and liability."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from terms import money
from terms.calendar import in_words, months_on
from terms.clause import Terms, shape
from terms.facts import needed
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import Act, Listed, Service


@shape("terms_acceptance")
class Acceptance(Terms):
    """Acts that accept the terms."""

    acts: tuple[Act, ...]


@dataclass(frozen=True, kw_only=True)
class Accepted(Result):
    """Whether an act accepts the terms."""

    accepted: bool | None = None


def terms_acceptance(profile: Profile, *, act: Act) -> Accepted:
    """Return whether an act accepts the terms (CP-PTY-02)."""
    terms = profile.of(Acceptance)
    step = f"acceptance is to {', '.join(each.words for each in terms.acts)}"
    return Accepted(accepted=act in terms.acts, because=(terms.because(step),))


@dataclass(frozen=True)
class Published:
    """A version and the day it was published."""

    version: str
    published_on: date


@shape("terms_version")
class TermsVersion(Terms):
    """A document is bound by the version latest on its day, unless otherwise in writing."""

    documents: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BoundBy(Result):
    """The version that binds a document; None: none does by itself."""

    version: str | None = None


def terms_version(
    profile: Profile,
    *,
    document: Listed,
    issued_on: date,
    versions: tuple[Published, ...],
    otherwise_in_writing: bool = False,
) -> BoundBy:
    """Return the version that binds a document issued on a day (CP-VAR-02)."""
    terms = profile.of(TermsVersion)
    if document not in terms.documents:
        raise profile.silent("terms_version", beyond=True)
    if otherwise_in_writing:
        return BoundBy(because=(terms.because("otherwise agreed in writing"),))
    out = [each for each in versions if each.published_on <= issued_on]
    if not out:
        return BoundBy(because=(terms.because(f"none was out on {in_words(issued_on)}"),))
    newest = max(out, key=lambda each: each.published_on)
    step = f"the latest on {in_words(issued_on)}, out since {in_words(newest.published_on)}"
    return BoundBy(version=newest.version, because=(terms.because(step),))


class CsgRights(StrEnum):
    """What became of the rights under the Customer Service Guarantee."""

    WAIVED = "waived"
    KEPT = "kept"


@shape("csg_waiver")
class CsgWaiver(Terms):
    """These products are only supplied on a waiver; no products listed means all of them.

    Without a waiver there is no supply; `kept_without` says that the rights then stay.
    """

    products: tuple[Service, ...] = ()
    kept_without: bool = False


@dataclass(frozen=True, kw_only=True)
class Supply(Result):
    """Whether a product may be supplied, and what becomes of the guarantee's rights."""

    may_supply: bool | None = None
    csg_rights: CsgRights | None = None


def csg_waiver(profile: Profile, *, product: Service, agrees: bool) -> Supply:
    """Return whether a product may be supplied (CP-CON-05, GL-CARE-05)."""
    terms = profile.of(CsgWaiver)
    if terms.products and product not in terms.products:
        step = f"{product.words} needs no waiver"
        return Supply(may_supply=True, csg_rights=CsgRights.KEPT, because=(terms.because(step),))
    if agrees:
        reason = terms.because("the customer gave the waiver expressly")
        return Supply(may_supply=True, csg_rights=CsgRights.WAIVED, because=(reason,))
    kept = CsgRights.KEPT if terms.kept_without else None
    reason = terms.because("no waiver, no supply; going on is never taken for one")
    return Supply(may_supply=False, csg_rights=kept, because=(reason,))


@shape("vendor_terms")
class Vendors(Terms):
    """The vendors of each product; others are those that the quotation names."""

    vendors: dict[Service, tuple[str, ...]]


@shape("vendor_terms.bound")
class BoundByVendor(Terms):
    """Using a service binds the customer to its vendor's own terms."""


@dataclass(frozen=True, kw_only=True)
class VendorTerms(Result):
    """Whose terms come with a product (any of several may be used), and whether they bind."""

    vendors: tuple[str, ...] = ()
    bound: bool | None = None


def vendor_terms(
    profile: Profile, *, product: Service, quotation_names: str | None = None
) -> VendorTerms:
    """Return the vendors of a product; the quotation's comes first (CP-CON-02, CP-CON-03)."""
    terms, bound = profile.of(Vendors), profile.of(BoundByVendor)
    vendors = terms.vendors.get(product, ())
    step = " or ".join(vendors) or "whoever the quotation names; it names nobody"
    if quotation_names:
        vendors = (quotation_names,)
        step = f"the quotation names {quotation_names}"
    return VendorTerms(
        vendors=vendors,
        bound=True,
        because=(terms.because(step), bound.because("their own terms bind too")),
    )


@dataclass(frozen=True)
class PaidPeriod:
    """A billing period, both days inside, and the fee paid for it in dollars."""

    from_: date
    to: date
    fee_paid: Decimal


class Loss(StrEnum):
    """How a loss follows from its cause."""

    DIRECT = "direct"
    INDIRECT = "indirect"


@shape("liability_cap")
class LiabilityCap(Terms):
    """Nothing for what others caused; otherwise no more than the fees paid for those periods.

    Indirect loss counts only if that was agreed in writing.
    """

    causes: tuple[str, ...]


class Counted(StrEnum):
    """Which sums a cap counts."""

    PAID = "paid"
    PAID_OR_PAYABLE = "paid_or_payable"


class CapBefore(StrEnum):
    """The day before which the months of a cap lie."""

    LOSS = "loss"
    CLAIM = "claim"


@shape("liability_cap.months")
class MonthsCap(Terms):
    """Named for who is liable: no more than the charges of so many months before a day.

    `months` None counts all that was paid under the agreement, less earlier claims. With
    `recurring_only` usage and one-off charges are left out. `direct_only` gives nothing for
    indirect loss; `negligence_only` nothing without negligence.
    """

    months: int | None
    counted: Counted
    before: CapBefore = CapBefore.LOSS
    recurring_only: bool = False
    direct_only: bool = True
    negligence_only: bool = False
    less_earlier_claims: bool = False


@dataclass(frozen=True)
class ChargeOn:
    """A charge in dollars, the day of its payment or bill, whether it recurs and was paid."""

    charged_on: date
    amount: Decimal
    recurring: bool = True
    paid: bool = True


@dataclass(frozen=True, kw_only=True)
class Cap(Result):
    """The most that the terms let a claim be, in dollars, as far as law allows."""

    cap: Decimal | None = None


def liability_cap(
    profile: Profile,
    *,
    cause: Listed | None = None,
    loss: Loss = Loss.DIRECT,
    agreed_in_writing: bool = False,
    affected_from: date | None = None,
    affected_to: date | None = None,
    periods: tuple[PaidPeriod, ...] = (),
    liable: Literal["provider", "customer"] = "provider",
    loss_on: date | None = None,
    claimed_on: date | None = None,
    charges: tuple[ChargeOn, ...] = (),
    negligent: bool | None = None,
    earlier_claims: Decimal = money.ZERO,
) -> Cap:
    """Return the contract's cap on a claim (CP-LIA-01, BS-OTH-03, GL-OTH-02, VP-OTH-08).

    For a cap by billing periods each period touched counts whole. For one by months `charges` are
    the sums that count, `loss_on` the day of the loss or of what caused it, `claimed_on` that of
    the claim. What law does not let terms exclude stands beside it.
    """
    if months := profile.find(MonthsCap, name=liable):
        day = claimed_on if months.before == CapBefore.CLAIM else loss_on
        name = "claimed_on" if months.before == CapBefore.CLAIM else "loss_on"
        end = needed(name, day) if months.months is not None else day or date.max
        return _by_months(months, end, charges, loss, negligent, earlier_claims)
    terms = profile.of(LiabilityCap)
    affected_from = needed("affected_from", affected_from)
    affected_to = needed("affected_to", affected_to)
    if cause not in terms.causes:
        step = f"the cause is {needed('cause', cause).replace('_', ' ')}"
        return Cap(cap=money.ZERO, because=(terms.because(step),))
    if loss == Loss.INDIRECT and not agreed_in_writing:
        step = "indirect loss, and nothing was agreed in writing"
        return Cap(cap=money.ZERO, because=(terms.because(step),))
    touched = [each for each in periods if each.from_ <= affected_to and each.to >= affected_from]
    steps = [
        f"{in_words(each.from_)} to {in_words(each.to)}: {money.in_dollars(each.fee_paid)} paid"
        for each in touched
    ]
    cap = money.total(each.fee_paid for each in touched)
    return Cap(cap=cap, because=(terms.because(*steps, "as far as law allows"),))


def _by_months(
    terms: MonthsCap,
    end: date,
    charges: tuple[ChargeOn, ...],
    loss: Loss,
    negligent: bool | None,
    earlier: Decimal,
) -> Cap:
    """Return the cap that counts the charges of some months, the day itself left out."""
    if terms.direct_only and loss == Loss.INDIRECT:
        return Cap(cap=money.ZERO, because=(terms.because("indirect loss is excluded"),))
    if terms.negligence_only and negligent is False:
        step = "the loss follows from no negligent act"
        return Cap(cap=money.ZERO, because=(terms.because(step),))
    start = date.min if terms.months is None else months_on(end, -terms.months)
    counted = [
        each
        for each in charges
        if start <= each.charged_on < end
        and (each.recurring or not terms.recurring_only)
        and (each.paid or terms.counted == Counted.PAID_OR_PAYABLE)
    ]
    cap = money.total(each.amount for each in counted)
    when = (
        "all under the agreement"
        if terms.months is None
        else f"{in_words(start)} to {in_words(end)}"
    )
    kind = "recurring charges" if terms.recurring_only else "charges"
    steps = [f"{kind} {terms.counted.replace('_', ' ')}, {when}: {money.in_dollars(cap)}"]
    if terms.less_earlier_claims and earlier:
        cap = max(cap - earlier, money.ZERO)
        steps.append(
            f"less {money.in_dollars(earlier)} of earlier claims: {money.in_dollars(cap)}"
        )
    if terms.negligence_only and negligent is None:
        steps.append("only if the provider was negligent")
    return Cap(cap=cap, because=(terms.because(*steps, "as far as law allows"),))


@shape("change_notice")
class ChangeNotice(Terms):
    """The client tells of these changes before they happen."""

    changes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DutyMet(Result):
    """Whether a change was told in time."""

    duty_met: bool | None = None


def change_notice(
    profile: Profile, *, change: Listed, implemented_at: datetime, told_at: datetime | None = None
) -> DutyMet:
    """Return whether a change was told strictly before it happened (CP-DUT-04)."""
    terms = profile.of(ChangeNotice)
    if change not in terms.changes:
        raise profile.silent("change_notice", beyond=True)
    met = told_at is not None and told_at < implemented_at
    if told_at is None:
        step = "it was not told"
    else:
        step = f"told at {told_at:%d %b %H:%M}, done at {implemented_at:%d %b %H:%M}"
    return DutyMet(duty_met=met, because=(terms.because(step),))


@shape("responsibility")
class Responsibility(Terms):
    """Named for a matter: who answers for it."""

    party: str


@dataclass(frozen=True, kw_only=True)
class Responsible(Result):
    """Who answers for a matter."""

    party: str | None = None


def responsibility(profile: Profile, *, matter: Listed) -> Responsible:
    """Return who answers for a matter (CP-DUT-01 to CP-DUT-05, CP-CON-01, CP-CON-08)."""
    terms = profile.of(Responsibility, name=matter)
    step = f"{matter.replace('_', ' ')} is for the {terms.party}"
    return Responsible(party=terms.party, because=(terms.because(step),))


@shape("csg_applies")
class CsgApplies(Terms):
    """Services that the Customer Service Guarantee may cover."""

    services: tuple[Service, ...]


@shape("csg_applies.outside")
class CsgOutside(Terms):
    """Not beyond `max_services` telephone services, nor what was waived or beyond control."""

    max_services: int


@dataclass(frozen=True, kw_only=True)
class Applies(Result):
    """Whether the guarantee applies."""

    applies: bool | None = combine("any")


def csg_applies(
    profile: Profile,
    *,
    service: Service,
    telephone_services: int,
    waived: bool,
    beyond_control: bool,
) -> Applies:
    """Return whether the Customer Service Guarantee applies (VP-OTH-01, VP-OTH-02)."""
    terms, outside = profile.of(CsgApplies), profile.of(CsgOutside)
    why_not = [
        step
        for holds, step in (
            (service not in terms.services, f"not for {service.words}"),
            (
                telephone_services > outside.max_services,
                f"more than {outside.max_services} telephone services",
            ),
            (waived, "it was waived"),
            (beyond_control, "the event is beyond control"),
        )
        if holds
    ]
    if why_not:
        return Applies(applies=False, because=(outside.because(*why_not),))
    step = f"{service.words} is covered"
    return Applies(applies=True, because=(terms.because(step),))


class Delay(StrEnum):
    """What came late under the guarantee."""

    CONNECTION = "connection"
    REPAIR = "repair"
    APPOINTMENT = "appointment"


@shape("csg_compensation")
class CsgCompensation(Terms):
    """Named for residential or business: dollars for each working day late and an appointment.

    The first `first_days` are at one rate, later days at another. Not for customers with more than
    `max_lines` lines.
    """

    first_rate: Decimal
    first_days: int
    later_rate: Decimal
    appointment: Decimal
    max_lines: int


@dataclass(frozen=True, kw_only=True)
class Compensation(Result):
    """What is owed for a service, in dollars; None where the guarantee does not reach."""

    compensation: Decimal | None = combine("highest")


def csg_compensation(
    profile: Profile,
    *,
    customer: Literal["residential", "business"],
    delay: Delay = Delay.CONNECTION,
    working_days_late: int = 0,
    lines: int = 1,
    waived: bool = False,
) -> Compensation:
    """Return what a fixed voice service that came late or was mended late brings (RF-CSG-01)."""
    terms = profile.of(CsgCompensation, name=customer)
    if waived or lines > terms.max_lines:
        step = "it was waived" if waived else f"more than {terms.max_lines} lines"
        return Compensation(because=(terms.because(step),))
    if delay == Delay.APPOINTMENT:
        step = f"a missed appointment: {money.in_dollars(terms.appointment)}"
        return Compensation(compensation=terms.appointment, because=(terms.because(step),))
    first = min(max(working_days_late, 0), terms.first_days)
    later = max(working_days_late - terms.first_days, 0)
    owed = money.to_cents(first * terms.first_rate + later * terms.later_rate)
    step = f"{first} × {money.in_dollars(terms.first_rate)}"
    if later:
        step = f"{step} + {later} × {money.in_dollars(terms.later_rate)}"
    reason = terms.because(f"{step} = {money.in_dollars(owed)}")
    return Compensation(compensation=owed, because=(reason,))
