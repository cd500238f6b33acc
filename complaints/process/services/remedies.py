"""What an answer gives besides words and a credit: offered, ordered, done, told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from billing.payments.services import late_charges_to_waive, waive_late_charge
from complaints.process.selectors import parts_to_do
from complaints.tickets.models import Complaint, Proposal, Remedy
from complaints.tickets.selectors import remedy_in_words
from complaints.tickets.states import UNSEEN, Happening, RemedyKind
from contracts.catalogue.models import Plan
from contracts.catalogue.selectors import list_price
from contracts.equipment.models import Equipment
from contracts.equipment.services import EquipmentRefused, replace_equipment
from contracts.equipment.states import Place
from contracts.requests.services import FaultRefused, order_visit
from contracts.requests.states import OPEN_FAULT
from contracts.supply.models import Chargeable, Service
from contracts.supply.selectors import open_plan_change, plan_offer
from contracts.supply.services import SupplyRefused, change_supply
from contracts.supply.states import PlanChangeState, ServiceStatus
from parties.authority import selectors as authority
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit import services as audit

from .steps import StepRefused, happen, letter, locked, require_staff


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One thing that an answer gives; which facts it needs depends on its kind."""

    kind: RemedyKind
    charge: Chargeable | None = None
    service: Service | None = None
    plan: Plan | None = None
    equipment: Equipment | None = None
    text: str = ""


def require_possible(complaint: Complaint, wanted: tuple[Wanted, ...], at: datetime) -> None:
    """Raise StepRefused for what can't be given: of another account, dearer, or seen by others."""
    kinds = [one.kind for one in wanted]
    if len(set(kinds)) < len(kinds):
        raise StepRefused("Offer one of each kind at most.")
    for one in wanted:
        if complaint.safety_threat and one.kind not in UNSEEN:
            raise StepRefused(
                "Others on the account would see that: agree on it so that nobody can, and say it "
                "in the words of the answer."
            )
        service = one.equipment.service if one.equipment else one.service
        owner = one.charge.account_id if one.charge else None
        if service is not None:
            owner = service.contract.account_id
        if one.kind != RemedyKind.APOLOGY and owner != complaint.account_id:
            raise StepRefused("That is not of this account: choose something of it.")
        CHECKS[one.kind](one, complaint, at)


def _check_charge(one: Wanted, complaint: Complaint, at: datetime) -> None:
    if one.charge is None or one.charge not in late_charges_to_waive(complaint.account):
        raise StepRefused("That late charge came back already, or is none: choose another.")


def _check_plan(one: Wanted, complaint: Complaint, at: datetime) -> None:
    service, plan = one.service, one.plan
    if service is None or plan is None:
        raise StepRefused("Say which service moves, and to which plan.")
    if service.status != ServiceStatus.ACTIVE:
        raise StepRefused("That service does not run: its plan can't be changed.")
    if (plan.provider_id, plan.kind) != (service.plan.provider_id, service.plan.kind):
        raise StepRefused("That plan is not for this kind of service: choose another.")
    if open_plan_change(service):
        raise StepRefused("A change of its plan is under way: settle that first.")
    on = local_day(complaint.account, at)
    offer = plan_offer(service, plan, on, overdue=False, provider_agrees=True)
    if offer.verdict == PlanChangeState.REFUSED:
        raise StepRefused("The terms do not allow this plan for it.", offer.because)
    if offer.monthly_after > offer.monthly_before:
        raise StepRefused(
            "That plan is dearer: the customer asks for it as any change of plan, and sees what "
            "it costs. Offer one that costs no more."
        )


def _check_visit(one: Wanted, complaint: Complaint, at: datetime) -> None:
    if one.service is None or one.service.status == ServiceStatus.ENDED:
        raise StepRefused("Say at which service of theirs the technician is needed.")


def _check_equipment(one: Wanted, complaint: Complaint, at: datetime) -> None:
    if one.equipment is None or one.equipment.place != Place.THERE:
        raise StepRefused("Say which piece is replaced: one that is with the customer.")


def _check_apology(one: Wanted, complaint: Complaint, at: datetime) -> None:
    if not one.text.strip():
        raise StepRefused("Write the words of the apology.")


CHECKS = {
    RemedyKind.LATE_CHARGE: _check_charge,
    RemedyKind.PLAN: _check_plan,
    RemedyKind.VISIT: _check_visit,
    RemedyKind.EQUIPMENT: _check_equipment,
    RemedyKind.APOLOGY: _check_apology,
}


def keep_remedies(proposal: Proposal, wanted: tuple[Wanted, ...], at: datetime) -> list[Remedy]:
    """Keep what an answer gives, with the prices of this day."""
    on = local_day(proposal.complaint.account, at)
    return [Remedy.objects.create(proposal=proposal, **_facts(one, on)) for one in wanted]


def draft_words(complaint: Complaint, wanted: tuple[Wanted, ...], at: datetime) -> list[str]:
    """What is offered, in the customer's words, before it is kept."""
    on = local_day(complaint.account, at)
    return [remedy_in_words(Remedy(**_facts(one, on))) for one in wanted]


def _facts(one: Wanted, on: date) -> dict[str, object]:
    facts: dict[str, object] = vars(one).copy()
    if one.charge is not None:
        facts["amount"] = one.charge.amount
    if one.kind == RemedyKind.PLAN and one.service is not None and one.plan is not None:
        offer = plan_offer(one.service, one.plan, on, overdue=False, provider_agrees=True)
        facts |= {"unit_fee": list_price(one.plan, on), "monthly": offer.monthly_after}
    return facts


def carry_out_part(
    *,
    reference: str,
    remedy: Remedy,
    by: User,
    at: datetime,
    serial: str = "",
    delivered_on: date | None = None,
    text: str = "",
) -> Complaint:
    """Order the technician, or note that a piece was replaced; the rest is done at the end.

    A technician who was ordered is a fault of that service that costs nothing; it is done once
    the fault is over, or somebody was there. Raises StepRefused for what is done or needs none.
    """
    with transaction.atomic():
        complaint = locked(reference)
        actor = authority.with_customer(by, require_staff(complaint, by, at))
        row = parts_to_do(complaint).filter(pk=remedy.pk).first()
        if row is None:
            raise StepRefused("Nothing of that kind is left to do here.")
        try:
            done = _order(row, complaint, by, at, serial, delivered_on, text)
        except (FaultRefused, EquipmentRefused) as refusal:
            raise StepRefused(str(refusal)) from None
        row.result = done
        row.save(update_fields=["fault", "done_at", "result"])
        happen(complaint, Happening.CARRY_OUT, by=by, at=at, text=done, actor=actor)
    return complaint


def _order(
    row: Remedy,
    complaint: Complaint,
    by: User,
    at: datetime,
    serial: str,
    delivered_on: date | None,
    text: str,
) -> str:
    if row.kind == RemedyKind.VISIT and row.service is not None:
        what = " ".join(filter(None, ["Agreed without charge:", row.text, text]))[:900]
        row.fault = order_visit(
            service=row.service, what=what, complaint=complaint.reference, by=by, at=at
        )
        return f"A technician is ordered, as {row.fault.reference}; it costs nothing."
    if row.equipment is None:
        raise StepRefused("Nothing of that kind is left to do here.")
    new = replace_equipment(
        equipment=row.equipment,
        serial=serial,
        delivered_on=delivered_on or local_day(complaint.account, at),
        by=by,
        at=at,
    )
    row.done_at = at
    return f"{row.equipment} was replaced by {new}."


def do_remedies(complaint: Complaint, proposal: Proposal, *, by: User, at: datetime) -> list[str]:
    """Do what is left of what was agreed, and return what was done, in the customer's words.

    Raises StepRefused where a technician or a piece is still to come, and as the services below.
    """
    for row in _left(proposal):
        if row.kind == RemedyKind.VISIT:
            _require_visited(row)
            row.result = row.result or "A technician was there."
        elif row.kind == RemedyKind.EQUIPMENT:
            raise StepRefused(
                f"{row.equipment} is not replaced yet: do that first, under “Do a part of it”."
            )
        else:
            row.result = DOES[RemedyKind(row.kind)](row, complaint, by, at)[:300]
        row.done_at = at
        row.save(update_fields=["done_at", "result"])
    return [row.result for row in proposal.remedies.all()]


def _left(proposal: Proposal) -> list[Remedy]:
    rows = proposal.remedies.filter(done_at__isnull=True).order_by("pk")
    return list(rows.select_related("service", "plan", "charge", "equipment", "fault"))


def _require_visited(row: Remedy) -> None:
    fault = row.fault
    if fault is None:
        raise StepRefused("No technician is ordered yet: do that first, under “Do a part of it”.")
    if fault.state in OPEN_FAULT and not fault.work.filter(on_site=True).exists():
        raise StepRefused(
            f"The technician of {fault.reference} was not there yet: note the visit on the fault "
            "first, or close it."
        )


def _take_back(row: Remedy, complaint: Complaint, by: User, at: datetime) -> str:
    if row.charge is None:
        return "The late charge fell away already."
    private = complaint.safety_threat
    asked = row.proposal.by
    waive_late_charge(
        charge=row.charge,
        reason="A correction" if private else f"Complaint {complaint.reference}",
        at=at,
        asked_by=asked,
        approved_by=by if by != asked else None,
        tells=not private,
        actor=audit.Actor(user_id=by.pk, name=str(by)),
    )
    return remedy_in_words(row, done=True)


def _move(row: Remedy, complaint: Complaint, by: User, at: datetime) -> str:
    if row.service is None or row.plan is None:
        raise StepRefused("Say which service moves, and to which plan.")
    on = local_day(complaint.account, at)
    if open_plan_change(row.service):
        raise StepRefused("A change of its plan is under way: settle that first.")
    try:
        change_supply(
            service=row.service,
            plan=row.plan,
            # What was told with the answer, whatever the list says by now.
            unit_fee=row.unit_fee,
            on=on,
            at=at,
            actor=audit.Actor(user_id=by.pk, name=str(by)),
            why=f"Complaint {complaint.reference}",
        )
    except SupplyRefused as refusal:
        raise StepRefused(str(refusal)) from None
    return remedy_in_words(row, done=True)


def _apologise(row: Remedy, complaint: Complaint, by: User, at: datetime) -> str:
    letter(complaint, "We are sorry", row.text, at=at, names_ombudsman=False)
    return remedy_in_words(row, done=True)


DOES = {
    RemedyKind.LATE_CHARGE: _take_back,
    RemedyKind.PLAN: _move,
    RemedyKind.APOLOGY: _apologise,
}
