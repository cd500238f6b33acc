"""The law beneath every document: what its rows answer to the same questions.

The floor is one more document, seen through a customer's standing: only the rows that protect
them on the day. Most rules are put to it as they are, once by the customer's days and once by
the provider's, and the kinder answer stands. Where the law asks for facts that a rule does not
carry, a function of the rule's name in LAWS answers instead.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from terms.calendar import DayCount, State, in_words
from terms.clause import Terms, shape
from terms.facts import Action, Role, takes
from terms.money import ZERO, in_dollars, to_cents
from terms.profile import Profile, TermsSilent
from terms.result import Result, meet
from terms.rules import authority, chasing, complaints, eligibility
from terms.rules.credit import CollectionCostsAnswer, NonpaymentTerminationAnswer
from terms.rules.documents import DocumentFee
from terms.rules.eligibility import UrgentGround
from terms.rules.late_payment import LateFee
from terms.rules.payment import Debit, Surcharge
from terms.rules.supply import Applies, CsgCompensation
from terms.rules.suspension import (
    DisputedBars,
    ReactivationTotalAnswer,
    ReconnectionFeeAnswer,
    SuspensionAnswer,
    SuspensionException,
)
from terms.rules.variation import Detriment, Variation, WalkAwayTotal, leave_by_law
from terms.vocabulary import Card, Ground, Service

NOON = time(12)
FOR_DEBT = frozenset(
    {
        Ground.NON_PAYMENT,
        Ground.THREATENED_NON_PAYMENT,
        Ground.PAYMENT_REVERSED,
        Ground.DEBIT_LOST,
        Ground.ADVERSE_CREDIT_REPORT,
        Ground.CREDIT_RISK,
        Ground.FRAUD,
        Ground.NOMINATED_LIMIT,
    }
)

# What somebody who leaves because of a change owes however they leave.
STILL_OWED = (
    "usage_to_date",
    "access_to_date",
    "installation_unpaid",
    "equipment_unpaid",
    "equipment_usable_elsewhere",
    "early_termination_fee",
)


class Cause(StrEnum):
    """Who caused the failure that is charged for."""

    CUSTOMER = "customer"
    PROVIDER = "provider"
    THIRD_PARTY = "third_party"


@dataclass(frozen=True)
class Standing:
    """What decides which rows of law protect a customer, beside the rule's own facts.

    `as_at` picks the edition: the day of the event that starts the clock. `visible_on` and `state`
    serve rules that have no such keys. `visible_days_agreed` are working days of visibility before
    a debit that this customer agreed to (a clause of the standard form is no such agreement),
    `bank_issued` says that a bank issued the card. A fact that is not known is None or False.
    """

    tcp: bool
    as_at: date
    hardship: bool = False
    dfv_safety_threat: bool = False
    disputed: bool = False
    visible_on: date | None = None
    state: State | None = None
    actual_cost: Decimal | None = None
    charge_advised: bool = False
    caused_by: Cause | None = None
    small_business: bool = False
    unreachable_path_done: bool = False
    visible_days_agreed: int | None = None
    bank_issued: bool = False


@dataclass(frozen=True)
class Law:
    """The floor as one customer of one provider sees it, and what the terms have answered.

    `answer` is None where the terms are silent.
    """

    floor: Profile
    standing: Standing
    provider: Profile
    answer: Result | None = None

    def states(self, state: State | None) -> tuple[State, ...]:
        """Return the states whose working days are counted: the customer's, the provider's."""
        home = self.provider.default_state
        mine = state or self.standing.state or home
        return (mine,) if mine is home else (mine, home)

    def latest(self, day: date, working_days: int, state: State | None) -> DayCount:
        """Return the later of the counts by the customer's and by the provider's days."""
        counts = [
            self.floor.calendar(each).count(day, working_days) for each in self.states(state)
        ]
        return max(counts, key=lambda counted: counted.day)


@shape("collection_charges")
class CollectionCharges(Terms):
    """Charges for paying late only repay real cost, and only if told beforehand (RF-TCP-20)."""


@shape("document_fee.electronic")
class ElectronicBill(Terms):
    """An electronic bill costs nothing (RF-TCP-09)."""


@shape("document_fee.past_bills")
class PastBills(Terms):
    """Past billing details up to `free_months` old are free, older ones at cost (RF-TCP-10)."""

    free_months: int


@shape("direct_debit.disputed")
class DisputedNotDrawn(Terms):
    """Money under an open complaint is not drawn (RF-TCP-13)."""


@shape("direct_debit.visible")
class VisibleFirst(Terms):
    """Working days for which charges are visible before they are drawn, unless others were agreed.

    (RF-TCP-14)
    """

    working_days: int


@shape("suspension.law_notice")
class LawNotice(Terms):
    """Working days of notice that belong to the customer; named hardship where that is known."""

    working_days: int
    lifted_for: tuple[SuspensionException, ...] = ()


@shape("suspension.safety")
class SafetyBars(Terms):
    """No cutting off where safety is raised (RF-DFV-03)."""


@shape("complaint_close.unreachable_path")
class UnreachablePath(Terms):
    """Without consent a complaint closes only after every step to reach the customer."""


@shape("card_surcharge.banned")
class BannedSurcharge(Terms):
    """Schemes on which there is no surcharge (RF-PAY-01)."""

    schemes: tuple[str, ...]


@shape("card_surcharge.at_cost")
class SurchargeAtCost(Terms):
    """On these schemes a surcharge only repays the cost of acceptance (RF-PAY-02).

    `schemes` None is all of them; `bank_issued` are capped where a bank issued the card.
    """

    schemes: tuple[Card, ...] | None = None
    bank_issued: tuple[Card, ...] = ()


@shape("variation.harmful")
class HarmfulChange(Terms):
    """A change that hurts a consumer or small business needs notice (RF-TCP-24)."""


def law_on(rule: Callable[..., Result], law: Law, facts: Mapping[str, Any]) -> Result | None:
    """Return what the floor answers to a rule, or None where no row protects this customer."""
    special = LAWS.get(rule.__name__)
    if special:
        return special(law, **facts)
    name = rule.__name__
    if not any(key == name or key.startswith(f"{name}.") for key in law.floor.parts):
        return None
    return by_both_calendars(rule, law, facts)


def by_both_calendars(
    rule: Callable[..., Result], law: Law, facts: Mapping[str, Any]
) -> Result | None:
    """Put the rule to the floor by the customer's and the provider's days; keep the kinder."""
    try:
        if not takes(rule, "state"):
            return rule(law.floor, **facts)
        first, *others = (
            rule(law.floor, **{**facts, "state": each}) for each in law.states(facts.get("state"))
        )
    except TermsSilent:
        return None
    for other in others:
        first = meet(first, other)
    return first


def _complaint_deadlines(
    law: Law, *, received_at: datetime, state: State | None = None, **facts: Any
) -> Result | None:
    """Count by both calendars from the day on the customer's clock (RF-CMP-02, -03, -05)."""
    mine, *others = law.states(state)
    received_on = law.floor.calendar(mine).day_of(received_at)
    answer: Result | None = None
    for each in (mine, *others):
        noon = law.floor.calendar(each).at(received_on, NOON)
        try:
            found = complaints.complaint_deadlines(
                law.floor, received_at=noon, state=each, **facts
            )
        except TermsSilent:
            return None
        answer = meet(answer, found) if answer else found
    return answer


def _resolution_implementation(law: Law, *, urgent: bool, **facts: Any) -> Result | None:
    """Without the day of receipt, only the days from acceptance are known (RF-CMP-04, -05)."""
    known = urgent and facts.get("received_on") is not None
    return by_both_calendars(complaints.resolution_implementation, law, {**facts, "urgent": known})


def _urgent_complaint(law: Law, **met: bool) -> Result | None:
    """Add the ground that no document's own rule asks for (RF-CMP-06)."""
    terms = law.floor.find(eligibility.UrgentComplaint)
    if terms is None:
        return None
    met["dfv_safety_threat"] = law.standing.dfv_safety_threat
    return eligibility.urgent_for(terms, {UrgentGround(each) for each in met if met[each]})


def _complaint_close(law: Law, *, consent: bool, **_: Any) -> Result | None:
    path = law.floor.find(UnreachablePath)
    if path is None:
        return None
    done = law.standing.unreachable_path_done
    if consent:
        step = "the customer consents"
    else:
        step = f"the steps to reach the customer were {'' if done else 'not '}all taken"
    return complaints.ComplaintCloseAnswer(
        may_close=consent or done, because=(path.because(step),)
    )


def _complaint_cost(law: Law, **facts: Any) -> Result | None:
    told = facts.pop("told_first", False) or law.standing.charge_advised
    return by_both_calendars(complaints.complaint_cost, law, {**facts, "told_first": told})


def _may(law: Law, *, actor: authority.Actor, action: Action, **facts: Any) -> Result | None:
    """Speak of advocates, and of representatives where the terms do not know any (RF-TCP-02)."""
    if actor.role not in (Role.ADVOCATE, Role.AUTHORISED_REP):
        return None
    tcp = law.standing.tcp
    if actor.role == Role.AUTHORISED_REP and law.provider.find(
        authority.Anything, tcp=tcp, name=actor.role
    ):
        return None
    return by_both_calendars(authority.may, law, {"actor": actor, "action": action, **facts})


def _suspension(
    law: Law,
    *,
    due_date: date | None = None,
    disputed: bool = False,
    hardship: bool = False,
    notice_given_on: date | None = None,
    exception: SuspensionException | None = None,
    ground: Ground = Ground.NON_PAYMENT,
    state: State | None = None,
    **_: Any,
) -> Result | None:
    """Bar or delay a suspension; the right to suspend must come from the terms (FR-04).

    Only safety bars one that has nothing to do with credit or debt.
    """
    unsafe, contested = law.floor.find(SafetyBars), law.floor.find(DisputedBars)
    if unsafe and law.standing.dfv_safety_threat:
        return SuspensionAnswer(allowed=False, because=(unsafe.because("safety is at stake"),))
    if ground not in FOR_DEBT:
        return None
    if exception is None and ground.value in set(SuspensionException):
        exception = SuspensionException(ground.value)
    if contested and (disputed or law.standing.disputed):
        reason = contested.because("the amount is under an open complaint")
        return SuspensionAnswer(allowed=False, because=(reason,))
    known = law.standing.hardship or hardship
    notice = law.floor.find(LawNotice, name="hardship" if known else None)
    if notice is None or exception in notice.lifted_for:
        return None
    if notice_given_on is None:
        return SuspensionAnswer(allowed=False, because=(notice.because("no notice was given"),))
    counted = law.latest(notice_given_on, notice.working_days, state)
    opens = max(counted.day, due_date or counted.day) + timedelta(days=1)
    step = f"all of these days are the customer's: from {in_words(opens)}"
    return SuspensionAnswer(earliest_on=opens, because=(notice.because(*counted.steps, step),))


def _nonpayment_termination(
    law: Law,
    *,
    notice_received_on: date | None = None,
    disputed: bool = False,
    **_: Any,
) -> Result | None:
    """Bar or delay an end for debt: it is announced apart (RF-TCP-16, -17, -18, RF-HARD-06).

    The right to end it must come from the terms.
    """
    contested = law.floor.find(DisputedBars)
    if contested and (disputed or law.standing.disputed):
        reason = contested.because("the amount is under an open complaint")
        return NonpaymentTerminationAnswer(allowed=False, because=(reason,))
    notice = law.floor.find(LawNotice, name="hardship" if law.standing.hardship else None)
    if notice is None:
        return None
    if notice_received_on is None:
        reason = notice.because("no notice of the end was received")
        return NonpaymentTerminationAnswer(allowed=False, because=(reason,))
    counted = law.latest(notice_received_on, notice.working_days, None)
    opens = counted.day + timedelta(days=1)
    step = f"all of these days are the customer's: from {in_words(opens)}"
    return NonpaymentTerminationAnswer(
        last_day_to_pay=counted.day,
        may_terminate_from=opens,
        because=(notice.because(*counted.steps, step),),
    )


def _direct_debit(
    law: Law,
    *,
    disputed: bool = False,
    received_on: date | None = None,
    state: State | None = None,
    **_: Any,
) -> Result | None:
    contested, visible = law.floor.find(DisputedNotDrawn), law.floor.find(VisibleFirst)
    if contested and (disputed or law.standing.disputed):
        reason = contested.because("the amount is under an open complaint")
        return Debit(allowed=False, because=(reason,))
    since = received_on or law.standing.visible_on
    if visible is None or since is None:
        return None
    agreed = law.standing.visible_days_agreed
    counted = law.latest(since, visible.working_days if agreed is None else agreed, state)
    opens = counted.day + timedelta(days=1)
    told = () if agreed is None else (f"the customer agreed to {agreed} working days",)
    because = (visible.because(*told, *counted.steps, f"may be drawn from {in_words(opens)}"),)
    return Debit(earliest_on=opens, because=because)


def _chargeable(
    law: Law, actual_cost: Decimal | None, charge_advised: bool
) -> tuple[Decimal, str]:
    """Return the most that a charge for paying late may be, in dollars, and why (FR-12)."""
    if law.standing.caused_by in (Cause.PROVIDER, Cause.THIRD_PARTY):
        return ZERO, "the customer did not cause the failure"
    if not (charge_advised or law.standing.charge_advised):
        return ZERO, "the charge was not told beforehand"
    cost = actual_cost if actual_cost is not None else law.standing.actual_cost
    if cost is None:
        return ZERO, "no cost is known that it could repay"
    return to_cents(cost), f"no more than the real cost, {in_dollars(to_cents(cost))}"


def _only_a_cap(law: Law, cap: Decimal) -> bool:
    """A cap alone is no charge: where the terms have none, the law does not give one."""
    return law.answer is None and cap > ZERO


def _late_fee(
    law: Law, *, actual_cost: Decimal | None = None, charge_advised: bool = False, **_: Any
) -> Result | None:
    terms = law.floor.find(CollectionCharges)
    if terms is None:
        return None
    cap, step = _chargeable(law, actual_cost, charge_advised)
    if _only_a_cap(law, cap):
        return None
    may_charge = None if cap > ZERO else False
    return LateFee(may_charge=may_charge, fee=cap, interest=cap, because=(terms.because(step),))


def _reconnection_fee(
    law: Law,
    *,
    cause: str | None = None,
    actual_cost: Decimal | None = None,
    charge_advised: bool = False,
    **_: Any,
) -> Result | None:
    terms = law.floor.find(CollectionCharges)
    if terms is None:
        return None
    cap, step = _chargeable(law, actual_cost, charge_advised)
    if cause == "provider_mistake":
        cap, step = ZERO, "the provider made the mistake"
    if _only_a_cap(law, cap):
        return None
    return ReconnectionFeeAnswer(fee=cap, because=(terms.because(step),))


def _reactivation_total(law: Law, *, outstanding: Decimal) -> Result | None:
    terms = law.floor.find(CollectionCharges)
    cap, step = _chargeable(law, None, False)
    if terms is None or law.answer is None:
        return None
    total = to_cents(outstanding + cap)
    return ReactivationTotalAnswer(total=total, because=(terms.because(step),))


def _collection_costs(
    law: Law, *, debt: Decimal, legal_costs: Decimal = ZERO, **_: Any
) -> Result | None:
    terms = law.floor.find(CollectionCharges)
    if terms is None:
        return None
    cap, step = _chargeable(law, None, False)
    if law.answer is None:
        return None
    if cap > ZERO and getattr(law.answer, "commission", None) is None:
        # What the terms would take is not known: the most that it may be is not what it is.
        return None
    by_others = law.standing.caused_by in (Cause.PROVIDER, Cause.THIRD_PARTY)
    # What was not told before, or is not theirs, is not theirs to pay: lawyers' costs included.
    legal = legal_costs if law.standing.charge_advised and not by_others else ZERO
    return CollectionCostsAnswer(
        commission=cap,
        total_recoverable=to_cents(debt + cap + legal),
        because=(terms.because(step),),
    )


def _document_fee(
    law: Law,
    *,
    kind: str,
    months_back: int | None = None,
    actual_cost: Decimal | None = None,
    **_: Any,
) -> Result | None:
    """Free electronic bills, free recent bills, older ones at cost (FR-13)."""
    electronic, past = law.floor.find(ElectronicBill), law.floor.find(PastBills)
    if electronic and kind == "electronic_invoice":
        return DocumentFee(fee=ZERO, free=True, because=(electronic.because("electronic"),))
    if past is None or months_back is None or kind not in ("archived_invoice", "itemised_history"):
        return None
    if months_back <= past.free_months:
        step = f"{months_back} months old, free up to {past.free_months}"
        return DocumentFee(fee=ZERO, free=True, because=(past.because(step),))
    cost = actual_cost if actual_cost is not None else law.standing.actual_cost
    if cost is None or _only_a_cap(law, cost):
        return None
    step = f"{months_back} months old: no more than cost, {in_dollars(cost)}"
    return DocumentFee(fee=to_cents(cost), because=(past.because(step),))


def _card_surcharge(law: Law, *, card: Card, **_: Any) -> Result | None:
    banned, at_cost = law.floor.find(BannedSurcharge), law.floor.find(SurchargeAtCost)
    if banned and card in banned.schemes:
        return Surcharge(max_surcharge=ZERO, because=(banned.because(f"no surcharge on {card}"),))
    cost = law.standing.actual_cost
    if at_cost is None or cost is None or _only_a_cap(law, cost):
        return None
    by_bank = law.standing.bank_issued and card in at_cost.bank_issued
    if at_cost.schemes is not None and card not in at_cost.schemes and not by_bank:
        return None
    step = f"no more than the cost of acceptance, {in_dollars(cost)}"
    return Surcharge(max_surcharge=to_cents(cost), because=(at_cost.because(step),))


def _variation(
    law: Law, *, detriment: Detriment, acl_consumer: bool = False, **_: Any
) -> Result | None:
    """Ask for notice of a change that hurts; the law names no days (FR-15)."""
    terms = law.floor.find(HarmfulChange)
    protected = acl_consumer or law.standing.small_business
    if terms is None or not protected or detriment == Detriment.NONE:
        return None
    return Variation(notice_required=True, because=(terms.because("the change hurts"),))


def _walk_away_charge(
    law: Law,
    *,
    detriment: Detriment | None = None,
    acl_consumer: bool | None = None,
    **facts: Any,
) -> Result | None:
    """Open a way out without an exit fee where the terms give no days of their own (RF-TCP-24)."""
    terms = law.floor.find(HarmfulChange)
    protected = acl_consumer or law.standing.small_business
    hurts = detriment is not None and detriment != Detriment.NONE
    own_days = isinstance(law.answer, WalkAwayTotal) and law.answer.until is not None
    if terms is None or not protected or not hurts or own_days:
        return None
    return leave_by_law(terms, **{name: facts[name] for name in STILL_OWED if name in facts})


# Voice at a fixed place: what the guarantee's law reaches, by whatever technology.
GUARANTEED = (
    Service.STANDARD_TELEPHONE,
    Service.TELEPHONE_LINE,
    Service.CALL_FEATURE,
    Service.VOICE,
    Service.PSTN,
    Service.VOIP,
    Service.SIP,
    Service.CLOUD_PBX,
    Service.CLOUD_PBX_RENTAL,
)


def _csg_applies(
    law: Law, *, service: Service, telephone_services: int, waived: bool, beyond_control: bool
) -> Result | None:
    """Cover fixed voice that the terms leave out; the law's row names no event (RF-CSG-01)."""
    del beyond_control
    terms = law.floor.find(CsgCompensation, name="residential")
    if terms is None:
        return None
    if service not in GUARANTEED:
        step = f"not for {service.words}"
    elif waived:
        step = "it was waived"
    elif telephone_services > terms.max_lines:
        step = f"more than {terms.max_lines} lines"
    else:
        step = f"{service.words} is covered"
        return Applies(applies=True, because=(terms.because(step),))
    return Applies(applies=False, because=(terms.because(step),))


def _contact_hours(law: Law, **facts: Any) -> Result | None:
    """Ask by the customer's clock and holidays alone: no other clock is theirs (RF-DEBT-01)."""
    state = facts.pop("state", None) or law.standing.state or law.provider.default_state
    try:
        return chasing.contact_hours(law.floor, state=state, **facts)
    except TermsSilent:
        return None


LAWS: dict[str, Callable[..., Result | None]] = {
    "complaint_deadlines": _complaint_deadlines,
    "resolution_implementation": _resolution_implementation,
    "urgent_complaint": _urgent_complaint,
    "complaint_close": _complaint_close,
    "complaint_cost": _complaint_cost,
    "may": _may,
    "suspension": _suspension,
    "nonpayment_termination": _nonpayment_termination,
    "direct_debit": _direct_debit,
    "late_fee": _late_fee,
    "reconnection_fee": _reconnection_fee,
    "reactivation_total": _reactivation_total,
    "collection_costs": _collection_costs,
    "document_fee": _document_fee,
    "card_surcharge": _card_surcharge,
    "variation": _variation,
    "walk_away_charge": _walk_away_charge,
    "contact_hours": _contact_hours,
    "csg_applies": _csg_applies,
}
