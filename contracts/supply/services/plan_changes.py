"""Move a service to another plan: ask, agree, apply on its day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from contracts.agreements.models import Contract
from contracts.catalogue.models import Plan
from contracts.catalogue.selectors import list_price
from contracts.supply import selectors as supply
from contracts.supply.models import PlanChange, Service
from contracts.supply.states import PLAN_CHANGE, PlanChangeAct, PlanChangeState, ServiceStatus
from parties.accounts import selectors as accounts
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.authority.selectors import account_standing
from parties.correspondence.services import tell
from parties.people.models import User
from records.audit import services as audit
from records.audit.services import record
from records.notices.services import Link
from records.sweeps import each
from terms import facts
from terms.calendar import in_words
from terms.money import in_dollars

from .supplying import change_supply


class PlanChangeRefused(Exception):
    """The plan can't be changed now; `because` holds the clauses."""

    def __init__(self, message: str, because: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.because = because


def request_plan_change(
    *,
    service: Service,
    plan: Plan,
    by: User,
    overdue: bool,
    at: datetime,
    together_with: User | None = None,
) -> PlanChange:
    """Ask to move a service to another plan.

    It is agreed at once where the terms allow it, or waits for the provider. What it will cost a
    month, GST included, is held against the person's limit, together with what was agreed under
    it before. `overdue`: something is unpaid past its day. Raises NotAuthorised, and
    PlanChangeRefused by the terms, for a service that ends, a plan that is not offered (any more),
    or while another change is under way.
    """
    account = service.contract.account
    on = authority.local_day(account, at)
    with transaction.atomic():
        # What people of one account commit is added up against limits: one at a time.
        lock_account(account.pk)
        offer = supply.plan_offer(service, plan, on, overdue=overdue)
        decision = require_plan_change(
            by, service, offer, on=on, at=at, customer_present=together_with is not None
        )
        if offer.verdict == PlanChangeState.REFUSED:
            raise PlanChangeRefused("The plan can't be changed now.", offer.because)
        _require_possible(service, plan)
        change = _asked(service, offer, by=by, decision=decision, on=on, at=at)
        record(
            account_id=account.pk,
            at=at,
            action="request_plan_change",
            actor=authority.with_customer(by, decision, together_with),
            subject=str(change.public_id),
            before={"plan": service.plan.code, "monthly": str(offer.monthly_before)},
            after=_facts(change),
            because=decision.because + offer.because,
        )
        agreed = change.state == PlanChangeState.AGREED
        _tell(change, "Your plan will change" if agreed else "Your plan change is with us", at)
    return change


def _require_possible(service: Service, plan: Plan) -> None:
    """Raise PlanChangeRefused for what has changed between the page and the click."""
    service.refresh_from_db(fields=["ended_on", "status"])
    if service.ended_on is not None:
        day = in_words(service.ended_on)
        raise PlanChangeRefused(
            f"This service ends on {day}. To keep it, take the notice back first.", []
        )
    plan.refresh_from_db(fields=["is_listed"])
    if not plan.is_listed or plan.provider_id != service.plan.provider_id:
        raise PlanChangeRefused(f"{plan.name} is not offered. Choose another plan.", [])
    if supply.open_plan_change(service):
        raise PlanChangeRefused("A change of this plan is under way already.", [])


def require_plan_change(
    by: User,
    service: Service,
    offer: supply.PlanOffer,
    *,
    on: date,
    at: datetime,
    customer_present: bool = False,
) -> authority.Decision:
    """Return the authority to agree to what an offer costs a month. Raises NotAuthorised.

    With what was agreed before under the same limit it may not be more than that (VP-PAR-14).
    """
    account = service.contract.account
    return authority.require(
        by,
        facts.Action.CHANGE_PLAN,
        account,
        on=on,
        at=at,
        amount=offer.monthly_after,
        committed=partial(supply.committed_a_month, account, without=service),
        service=str(service.public_id),
        customer_present=customer_present,
    )


def _asked(
    service: Service,
    offer: supply.PlanOffer,
    *,
    by: User,
    decision: authority.Decision,
    on: date,
    at: datetime,
) -> PlanChange:
    return PlanChange.objects.create(
        service=service,
        from_plan=service.plan,
        to_plan=offer.plan,
        monthly_before=offer.monthly_before,
        monthly_after=offer.monthly_after,
        state=offer.verdict,
        asked_on=on,
        asked_at=at,
        asked_by=by,
        authority=decision.authority,
        takes_effect_on=offer.takes_effect_on,
        because=offer.because,
    )


def decide_plan_change(
    *, change: PlanChange, agree: bool, by: User, why: str, at: datetime
) -> PlanChange:
    """The provider agrees, from the day that the terms then give, or refuses with its reason.

    What was overdue was looked at when it was asked for. Raises NotAuthorised,
    IllegalStep, and PlanChangeRefused if the terms no longer allow it.
    """
    account = change.service.contract.account
    on = authority.local_day(account, at)
    decision = authority.require(by, facts.Action.CHANGE_PLAN, account, on=on, at=at)
    with transaction.atomic():
        row = _locked(change)
        if agree:
            offer = supply.plan_offer(
                row.service, row.to_plan, row.asked_on, overdue=False, provider_agrees=True
            )
            if offer.verdict != PlanChangeState.AGREED:
                raise PlanChangeRefused("The terms do not allow it.", offer.because)
            row.takes_effect_on, row.because = offer.takes_effect_on, offer.because
        row.decided_by, row.decided_why = by, why
        act = PlanChangeAct.AGREE if agree else PlanChangeAct.REFUSE
        _step(row, act, actor=authority.with_customer(by, decision), at=at)
        _tell(row, "Your plan will change" if agree else "We can't change your plan", at)
    return row


def withdraw_plan_change(*, change: PlanChange, by: User, at: datetime) -> PlanChange:
    """Take a change back that is not in force yet. Raises NotAuthorised and IllegalStep."""
    account = change.service.contract.account
    decision = authority.require(
        by,
        facts.Action.CHANGE_PLAN,
        account,
        on=authority.local_day(account, at),
        at=at,
        service=str(change.service.public_id),
    )
    with transaction.atomic():
        row = _locked(change)
        _step(row, PlanChangeAct.WITHDRAW, actor=authority.with_customer(by, decision), at=at)
        _tell(row, "Your plan stays as it is", at)
    return row


def drop_plan_change(*, service: Service, at: datetime, actor: audit.Actor) -> PlanChange | None:
    """Take an open change back because the service ends; None if there is none."""
    with transaction.atomic():
        found = supply.open_plan_change(service)
        if found is None:
            return None
        row = _locked(found)
        _step(row, PlanChangeAct.WITHDRAW, actor=actor, at=at)
    return row


def apply_plan_changes(*, at: datetime) -> int:
    """Put agreed changes into force on their day, each by itself; return how many.

    A plan with a minimum term begins a contract of its own on that day.
    """
    # Somewhere in Australia it may be tomorrow already; each account's own day decides.
    due = PlanChange.objects.filter(
        state=PlanChangeState.AGREED, takes_effect_on__lte=at.date() + timedelta(days=1)
    )
    return each(due, lambda change: _apply(change, at), at=at)


def _apply(change: PlanChange, at: datetime) -> bool:
    with transaction.atomic():
        row = _locked(change)
        account = row.service.contract.account
        on = authority.local_day(account, at)
        if row.state != PlanChangeState.AGREED or (row.takes_effect_on or on) > on:
            return False
        if row.service.status == ServiceStatus.ENDED:
            _step(row, PlanChangeAct.WITHDRAW, actor=audit.Actor(), at=at)
            return False
        service = row.service
        if row.to_plan.minimum_months:
            service.contract = _contract_for(row, account)
            service.save(update_fields=["contract"])
        change_supply(
            service=service,
            plan=row.to_plan,
            # What was told when it was asked for, whatever the list says by now.
            unit_fee=list_price(row.to_plan, row.asked_on),
            on=row.takes_effect_on or on,
            at=at,
        )
        row.applied_at = at
        _step(row, PlanChangeAct.APPLY, actor=audit.Actor(), at=at)
        _tell(row, "Your new plan is in force", at)
    return True


def _contract_for(row: PlanChange, account: Account) -> Contract:
    start = row.takes_effect_on or row.asked_on
    return Contract.objects.create(
        account=account,
        reference=f"K-{str(row.public_id)[:8].upper()}",
        version=accounts.version_in_force(account, start),
        started_on=start,
        minimum_months=row.to_plan.minimum_months,
    )


def _locked(change: PlanChange) -> PlanChange:
    return (
        PlanChange.objects.select_for_update(of=("self",))
        .select_related(
            "service__contract__account__customer__provider",
            "service__plan",
            "to_plan",
            "from_plan",
            "asked_by",
        )
        .get(pk=change.pk)
    )


def _step(row: PlanChange, act: PlanChangeAct, *, actor: audit.Actor, at: datetime) -> None:
    before = row.state
    row.state = PLAN_CHANGE.after(PlanChangeState(before), act)
    row.save()
    record(
        account_id=row.service.contract.account_id,
        at=at,
        action=f"plan_change_{act.value}",
        actor=actor,
        subject=str(row.public_id),
        reason=row.decided_why,
        before={"state": before},
        after=_facts(row) | {"asked_under": row.authority},
        because=row.because,
    )


def _facts(row: PlanChange) -> dict[str, str]:
    return {
        "state": row.state,
        "plan": row.to_plan.code,
        "monthly": str(row.monthly_after),
        "takes_effect_on": row.takes_effect_on.isoformat() if row.takes_effect_on else "",
    }


def _may_know(person: User, account: Account, on: date, at: datetime) -> bool:
    """Whether who asked may still know of it: an appointment may have ended since."""
    actions = (facts.Action.CHANGE_PLAN, facts.Action.VIEW_BILLS)
    return any(authority.may(person, one, account, on=on, at=at).allowed for one in actions)


def _tell(row: PlanChange, headline: str, at: datetime) -> None:
    """Tell the account's billing address, and who asked while they may know."""
    account = row.service.contract.account
    body = (
        f"{row.service}: {row.to_plan} instead of {row.from_plan}. "
        f"{in_dollars(row.monthly_after)} instead of {in_dollars(row.monthly_before)} a month, "
        "GST included."
    )
    if row.takes_effect_on and row.state in (PlanChangeState.AGREED, PlanChangeState.APPLIED):
        body += f" From {in_words(row.takes_effect_on)}."
    if row.decided_why:
        body += f" {row.decided_why}"
    on = authority.local_day(account, at)
    standing = account_standing(account, on)
    names = {standing.to_email: standing.to_name}
    if _may_know(row.asked_by, account, on, at):
        names[row.asked_by.email] = str(row.asked_by)
    for address, name in names.items():
        tell(
            account,
            to=address,
            name=name,
            at=at,
            headline=headline,
            body=body,
            link=Link("service", str(row.service.public_id)),
            label="Open the service",
            belongs_to=str(row.public_id),
            because=row.because,
        )
