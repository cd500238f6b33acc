"""A lost phone is barred at once, opened again or given a new SIM after a second factor."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from contracts.barring.models import Bar, SimSwap
from contracts.barring.selectors import bars_of, has_sim, kinds_of, open_swap
from contracts.barring.states import (
    BAR,
    OPEN_BAR,
    SWAP,
    BarAct,
    BarKind,
    BarState,
    SimForm,
    SwapAct,
    SwapState,
)
from contracts.supply.models import Service
from parties.accounts.selectors import zone_of
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.authority.selectors import NotAuthorised
from parties.correspondence.services import tell_holder
from parties.people.models import User
from parties.security.services import require_no_pause
from records.audit.services import Actor, record
from records.deadlines.services import drop_deadlines, meet_deadline, set_deadline
from records.notices.services import Link
from records.references import new_reference
from terms.facts import Action

BAR_IT = "bar_phone"
WITHIN = timedelta(hours=1)  # a rule of ours: every minute can cost
SHORTEST_WORDS = 4


class BarRefused(Exception):
    """The step does not fit the phone; the message says what to do."""


def ask_bar(*, service: Service, kind: BarKind, by: User, at: datetime, caller: str = "") -> Bar:
    """Ask to bar a phone now: nothing stands in the way but the right to work on a fault.

    No second factor and no pause: whoever lost a phone cannot wait. Staff bar it within the hour.
    Asked twice it is once; one that was to be opened stays barred. The account's holder is told.
    Raises NotAuthorised, and BarRefused for what cannot be barred.
    """
    account = service.contract.account
    decision = _require(service, Action.TROUBLESHOOT, by, at)
    with transaction.atomic():
        lock_account(account.pk)
        if kind not in kinds_of(service):
            raise BarRefused(f"{service.label} has nothing of that kind to bar.")
        actor = authority.with_customer(by, decision)
        row = bars_of(service).get(kind)
        if row is not None and row.state != BarState.TO_LIFT:
            return row
        if row is None:
            row = Bar.objects.create(
                reference=new_reference("B"),
                service=service,
                kind=kind,
                asked_at=at,
                asked_by=by,
                authority=decision.authority,
                caller=caller,
            )
        else:
            row.state = BAR.after(BarState(row.state), BarAct.KEEP)
            row.asked_at, row.asked_by, row.caller = at, by, caller
            row.save()
        _note(
            service, row.reference, "ask_bar", at, actor, why=caller, what=row.get_kind_display()
        )
        due_at = at + WITHIN
        set_deadline(
            account_id=account.pk,
            subject=row.reference,
            duty=BAR_IT,
            title=f"Bar {row.reference} now",
            due_on=authority.local_day(account, due_at),
            due_at=due_at,
            remind_on=authority.local_day(account, at),
            zone=str(zone_of(account)),
            at=at,
            because=[],
            about="bar",
        )
        _tell(
            service,
            row.reference,
            at,
            f"We bar {service.label} now",
            f"{row.get_kind_display()}. We do it within the hour and write to you when it is "
            "done. Its fees go on. To open it again we ask you to prove who you are.",
        )
    return row


def do_bar(*, bar: Bar, by: User, at: datetime) -> Bar:
    """Note that a phone is barred; they are told. Raises NotAuthorised, IllegalStep."""
    actor = _require_staff(bar.service, Action.TROUBLESHOOT, by, at)
    with transaction.atomic():
        row = _locked_bar(bar)
        if row.state == BarState.ON:
            return row
        row.state = BAR.after(BarState(row.state), BarAct.DO)
        row.barred_at, row.barred_by = at, by
        row.save()
        meet_deadline(subject=row.reference, duty=BAR_IT, at=at)
        _note(row.service, row.reference, "do_bar", at, actor, what=row.get_kind_display())
        _tell(
            row.service,
            row.reference,
            at,
            f"{row.service.label} is barred",
            f"{row.get_kind_display()}. It stays so until you ask to open it again.",
        )
    return row


def ask_lift(*, bar: Bar, by: User, at: datetime, proof: str = "", caller: str = "") -> Bar:
    """Ask to open a phone again, which takes a proof of identity: `proof` is its check.

    Asked twice it is once. Raises NotAuthorised, also while high-risk steps are paused, and
    BarRefused for staff without the caller's proof, or where it is open already.
    """
    decision = _require(bar.service, Action.CHANGE_DETAILS, by, at)
    require_no_pause(bar.service.contract.account, Action.CHANGE_DETAILS, at=at)
    if by.is_staff and not proof:
        raise BarRefused("Check who is calling first: opening it takes a proof of identity.")
    with transaction.atomic():
        row = _locked_bar(bar)
        if row.state == BarState.TO_LIFT:
            return row
        if row.state == BarState.LIFTED:
            raise BarRefused("It is open already.")
        row.state = BAR.after(BarState(row.state), BarAct.ASK_LIFT)
        row.lift_asked_at, row.lift_asked_by = at, by
        row.save()
        drop_deadlines(subject=row.reference, at=at)
        actor = authority.with_customer(by, decision)
        _note(
            row.service,
            row.reference,
            "ask_lift_bar",
            at,
            actor,
            why=caller,
            identity_check=proof,
        )
        _tell(
            row.service,
            row.reference,
            at,
            f"You asked to open {row.service.label} again",
            f"{row.get_kind_display()}. If it was not you, bar it at once on its page.",
        )
    return row


def lift_bar(*, bar: Bar, by: User, at: datetime) -> Bar:
    """Note that a phone is open again, once that was asked for; they are told. Twice is once.

    Raises NotAuthorised, and BarRefused where nobody asked: staff open nothing by themselves.
    """
    actor = _require_staff(bar.service, Action.TROUBLESHOOT, by, at)
    with transaction.atomic():
        row = _locked_bar(bar)
        if row.state == BarState.LIFTED:
            return row
        if row.state != BarState.TO_LIFT:
            raise BarRefused("Nobody asked to open it with a proof of who they are.")
        _lift(row, by, at, actor)
        _tell(
            row.service,
            row.reference,
            at,
            f"{row.service.label} is open again",
            f"No longer barred: {row.get_kind_display().lower()}.",
        )
    return row


def ask_sim(
    *,
    service: Service,
    form: SimForm,
    by: User,
    at: datetime,
    proof: str = "",
    caller: str = "",
) -> SimSwap:
    """Ask for a new SIM, a step that takes a second factor by law (RF-ID-02).

    `proof` is the check of identity that was passed. Asked twice it is once. Raises
    NotAuthorised, also while high-risk steps are paused, and BarRefused without a proof, or for a
    service without a SIM.
    """
    account = service.contract.account
    decision = _require(service, Action.CHANGE_DETAILS, by, at)
    require_no_pause(account, Action.CHANGE_DETAILS, at=at)
    if not proof:
        raise BarRefused("A new SIM takes a proof of identity first: nobody gets one without.")
    with transaction.atomic():
        lock_account(account.pk)
        if not has_sim(service):
            raise BarRefused(f"{service.label} has no SIM.")
        known = open_swap(service)
        if known is not None:
            return known
        row = SimSwap.objects.create(
            reference=new_reference("S"),
            service=service,
            form=form,
            asked_at=at,
            asked_by=by,
            authority=decision.authority,
            identity_check=proof,
            caller=caller,
        )
        actor = authority.with_customer(by, decision)
        _note(service, row.reference, "ask_sim", at, actor, why=caller, identity_check=proof)
        _tell(
            service,
            row.reference,
            at,
            f"You asked for a new SIM for {service.label}",
            "If it was not you, take it back on its page at once, or call us: whoever has the "
            "SIM has your number.",
        )
    return row


def do_sim(*, swap: SimSwap, sim: str, by: User, at: datetime) -> SimSwap:
    """Note that the new SIM works: the old one is dead, so its bar for loss ends with it.

    `sim` is the number of the new one. Twice is once. Raises NotAuthorised, IllegalStep.
    """
    actor = _require_staff(swap.service, Action.CHANGE_DETAILS, by, at)
    with transaction.atomic():
        row = _locked_swap(swap)
        if row.state == SwapState.DONE:
            return row
        _end(row, SwapAct.DO, sim, by, at)
        _note(row.service, row.reference, "do_sim", at, actor, why=sim)
        lost = Bar.objects.filter(
            service=row.service, kind=BarKind.LOST, state__in=OPEN_BAR
        ).first()
        if lost is not None:
            drop_deadlines(subject=lost.reference, at=at)
            _lift(lost, by, at, actor)
        _tell(
            row.service,
            row.reference,
            at,
            f"The new SIM of {row.service.label} works",
            "The old one does not work any more, whoever has it.",
        )
    return row


def end_sim(*, swap: SimSwap, by: User, at: datetime, why: str = "") -> SimSwap:
    """Take the request for a new SIM back, or as staff say no with a reason. Twice is once.

    Whoever may work on a fault stops it: it takes no proof. Raises NotAuthorised, IllegalStep,
    BarRefused for a no without a reason.
    """
    decision = _require(swap.service, Action.TROUBLESHOOT, by, at)
    with transaction.atomic():
        row = _locked_swap(swap)
        if row.state in (SwapState.REFUSED, SwapState.WITHDRAWN):
            return row
        if by.is_staff and len(why.strip()) < SHORTEST_WORDS:
            raise BarRefused("Say why: they read it.")
        act = SwapAct.REFUSE if by.is_staff else SwapAct.WITHDRAW
        _end(row, act, why, by, at)
        actor = authority.with_customer(by, decision)
        _note(row.service, row.reference, f"{act.value}_sim", at, actor, why=why)
        said = f" {row.ended_why}" if row.ended_why else ""
        _tell(
            row.service,
            row.reference,
            at,
            f"No new SIM for {row.service.label}",
            f"{row.get_state_display()}.{said} The SIM that you have stays as it is.",
        )
    return row


def _lift(row: Bar, by: User, at: datetime, actor: Actor) -> None:
    row.state = BAR.after(BarState(row.state), BarAct.LIFT)
    row.lifted_at, row.lifted_by = at, by
    row.save()
    _note(row.service, row.reference, "lift_bar", at, actor, what=row.get_kind_display())


def _end(row: SimSwap, act: SwapAct, why: str, by: User, at: datetime) -> None:
    row.state = SWAP.after(SwapState(row.state), act)
    row.ended_at, row.ended_by, row.ended_why = at, by, why.strip()
    row.save()


def _require(service: Service, action: Action, by: User, at: datetime) -> authority.Decision:
    account = service.contract.account
    on = authority.local_day(account, at)
    return authority.require(by, action, account, on=on, at=at, service=str(service.public_id))


def _require_staff(service: Service, action: Action, by: User, at: datetime) -> Actor:
    decision = _require(service, action, by, at)
    if not by.is_staff:
        raise NotAuthorised(decision, action)
    return authority.with_customer(by, decision)


def _locked_bar(bar: Bar) -> Bar:
    lock_account(bar.service.contract.account.pk)
    rows = Bar.objects.select_for_update(of=("self",))
    return rows.select_related("service__contract__account__customer__provider").get(pk=bar.pk)


def _locked_swap(swap: SimSwap) -> SimSwap:
    lock_account(swap.service.contract.account.pk)
    rows = SimSwap.objects.select_for_update(of=("self",))
    return rows.select_related("service__contract__account__customer__provider").get(pk=swap.pk)


def _note(
    service: Service,
    reference: str,
    action: str,
    at: datetime,
    actor: Actor,
    *,
    why: str = "",
    **after: str,
) -> None:
    record(
        account_id=service.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=reference,
        reason=why[:250],
        after={"service": service.label, **{name: one for name, one in after.items() if one}},
    )


def _tell(service: Service, reference: str, at: datetime, headline: str, body: str) -> None:
    account = service.contract.account
    tell_holder(
        account,
        at=at,
        headline=headline,
        body=body,
        link=Link("lost-phone", str(service.public_id)),
        label="See the phone",
        belongs_to=reference,
    )
