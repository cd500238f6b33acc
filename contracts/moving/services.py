"""A move is asked for, quoted, agreed to by both, carried out and only then charged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from contracts.agreements.selectors import binding
from contracts.locations import selectors as locations
from contracts.locations.selectors import Address
from contracts.locations.services import ask_after_move, settle_moved
from contracts.moving.models import Relocation
from contracts.moving.selectors import address_asked, move_price, refused_because
from contracts.moving.states import MOVE, OPEN_MOVE, MoveAct, MoveState
from contracts.requests.selectors import with_gst
from contracts.supply.models import Service
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind, ServiceStatus
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.authority.selectors import NotAuthorised
from parties.correspondence.services import tell_holder
from parties.people.models import User
from parties.security.services import require_no_pause
from records.audit.services import Actor, record
from records.notices.services import Link
from records.references import new_reference
from terms.calendar import in_words
from terms.facts import Action
from terms.money import ZERO, in_dollars

FURTHEST = timedelta(days=366)
SHORTEST_WORDS = 5


class MoveRefused(Exception):
    """The step does not fit the move; the message says what to do, `because` names clauses."""

    def __init__(self, message: str, because: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.because = because or []


@dataclass(frozen=True, kw_only=True)
class MoveWish:
    """Where a service is to move to, and when; `caller` is who told staff."""

    address: Address
    move_on: date
    said: str = ""
    caller: str = ""


def ask_move(*, service: Service, wish: MoveWish, by: User, at: datetime) -> Relocation:
    """Ask whether a service can move to another address; it costs nothing to ask.

    One request is open for each service: the same again is the first. Raises NotAuthorised, and
    MoveRefused for what can't be asked. (CV-TRM-05, VP-CON-13.)
    """
    account = service.contract.account
    decision = _require(service, by, at)
    on = authority.local_day(account, at)
    if not on <= wish.move_on <= on + FURTHEST:
        raise MoveRefused("Give a day from today on, and within a year.")
    if service.status not in (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED):
        raise MoveRefused("This service does not run: there is nothing to move.")
    with transaction.atomic():
        lock_account(account.pk)
        row = Relocation.objects.filter(service=service, state__in=OPEN_MOVE).first()
        if row is not None:
            if (address_asked(row), row.move_on) == (wish.address, wish.move_on):
                return row
            raise MoveRefused(
                f"You asked for a move of it already, as {row.reference}. Take that back first, "
                "or call us."
            )
        if locations.current_address(service) == wish.address:
            raise MoveRefused("That is where it is already: give the new address.")
        price = move_price(service, move_on=wish.move_on, on=on)
        made = Relocation.objects.create(
            reference=new_reference("R"),
            service=service,
            street=wish.address.street,
            suburb=wish.address.suburb,
            region=wish.address.state,
            postcode=wish.address.postcode,
            move_on=wish.move_on,
            said=wish.said,
            asked_at=at,
            asked_by=by,
            authority=decision.authority,
            caller=wish.caller,
            because=price.because,
        )
        actor = authority.with_customer(by, decision)
        _note(made, "ask_move", at, actor, why=wish.caller)
        _tell(
            made,
            at,
            f"We have your request to move {service.label}",
            "We look whether it is possible, and quote it. Nothing is done or charged before you "
            "agreed to the quote.",
        )
    return made


def quote_move(
    *, move: Relocation, amount_ex: Decimal, quoted_for: str, by: User, at: datetime
) -> Relocation:
    """Say that a move is possible and what it costs, in dollars before GST; 0 charges nothing.

    Inside the range that the terms print, where they print one. Quoted twice alike it is once.
    Raises NotAuthorised, IllegalStep, MoveRefused. (CV-TRM-05.)
    """
    actor = _require_staff(move.service, by, at)
    with transaction.atomic():
        row, account = _locked(move)
        if row.state == MoveState.QUOTED and (row.quote_ex, row.quoted_for) == (
            amount_ex,
            quoted_for,
        ):
            return row
        if amount_ex < ZERO:
            raise MoveRefused("A quote is not below 0.00: give what it costs.")
        if len(quoted_for.strip()) < SHORTEST_WORDS:
            raise MoveRefused("Say what the quote is for: they read it.")
        on = authority.local_day(account, at)
        price = move_price(row.service, move_on=row.move_on, on=on)
        if not price.allows(amount_ex):
            raise MoveRefused(
                f"The terms allow {in_dollars(price.low_ex or ZERO)} to "
                f"{in_dollars(price.high_ex or ZERO)} before GST for a move on "
                f"{in_words(row.move_on)}. Give an amount in that range, or 0.00.",
                price.because,
            )
        _step(row, MoveAct.QUOTE)
        bound = binding(row.service.contract, on)
        row.quote_ex, row.quoted_for = amount_ex, quoted_for.strip()
        row.quote_inc = with_gst(amount_ex, bound)[0]
        row.quoted_at, row.quoted_by, row.because = at, by, price.because
        row.save()
        _note(row, "quote_move", at, actor, why=quoted_for, amount=str(row.quote_inc))
        _tell(
            row,
            at,
            f"Moving {row.service.label}: our quote",
            f"It is possible on {in_words(row.move_on)}, for {_in_words(row)}. It is for: "
            f"{row.quoted_for} Nothing is done or charged before you agree.",
        )
    return row


def refuse_move(*, move: Relocation, why: str, by: User, at: datetime) -> Relocation:
    """Say that a move is not possible: that alone costs nothing (CV-TRM-05, A-24).

    Refused twice it is once. Raises NotAuthorised, IllegalStep, MoveRefused.
    """
    actor = _require_staff(move.service, by, at)
    with transaction.atomic():
        row, account = _locked(move)
        if row.state == MoveState.IMPOSSIBLE:
            return row
        _require_words(why)
        _step(row, MoveAct.REFUSE)
        row.because = refused_because(row, authority.local_day(account, at)) or row.because
        _end(row, why, at)
        _note(row, "refuse_move", at, actor, why=why)
        _tell(
            row,
            at,
            f"{row.service.label} can't move there",
            f"{why} You owe nothing for that, and it goes on where it is. If you would rather "
            "end it, its page shows first what that costs.",
        )
    return row


def agree_move(
    *, move: Relocation, shown: Decimal, by: User, at: datetime, proof: str = ""
) -> Relocation:
    """Agree to a quote: from now on it may be carried out; it is charged once it is done.

    `shown` is the amount that they saw, dollars with GST; `proof` the identity check passed.
    Agreed to twice it is once. Raises NotAuthorised, also while high-risk steps are paused, and
    MoveRefused.
    """
    with transaction.atomic():
        row, account = _locked(move)
        on = authority.local_day(account, at)
        decision = require_agree(by, row, on=on, at=at)
        if row.state in (MoveState.AGREED, MoveState.DONE):
            return row
        require_no_pause(account, Action.INCUR_EXPENSE, at=at)
        if row.state != MoveState.QUOTED:
            raise MoveRefused("There is no quote to agree to any more. Ask for the move again.")
        if shown != row.quote_inc:
            raise MoveRefused("The quote has changed since you looked. Look again, then agree.")
        _step(row, MoveAct.AGREE)
        row.agreed_at, row.agreed_by = at, by
        row.save()
        actor = authority.with_customer(by, decision)
        _note(row, "agree_move", at, actor, amount=str(row.quote_inc), identity_check=proof)
        _tell(
            row,
            at,
            f"You agreed to move {row.service.label}",
            f"We carry it out on {in_words(row.move_on)}. {_in_words(row)} stands on the next "
            "bill after it is done, not before.",
        )
    return row


def require_agree(by: User, move: Relocation, *, on: date, at: datetime) -> authority.Decision:
    """Return the authority to agree to what a move costs; never staff. Raises NotAuthorised."""
    decision = authority.require(
        by,
        Action.INCUR_EXPENSE,
        move.service.contract.account,
        on=on,
        at=at,
        amount=move.quote_inc,
        service=str(move.service.public_id),
    )
    if by.is_staff:
        raise NotAuthorised(decision, Action.INCUR_EXPENSE)
    return decision


def give_up_move(*, move: Relocation, by: User, at: datetime, why: str = "") -> Relocation:
    """Decline a quote, or take the request back before there is one; nothing follows.

    Done twice it is once. Raises NotAuthorised, IllegalStep once both agreed.
    """
    decision = _require(move.service, by, at)
    with transaction.atomic():
        row, _ = _locked(move)
        if row.state in (MoveState.DECLINED, MoveState.WITHDRAWN):
            return row
        is_quoted = row.state == MoveState.QUOTED
        _step(row, MoveAct.DECLINE if is_quoted else MoveAct.WITHDRAW)
        _end(row, why, at)
        actor = authority.with_customer(by, decision)
        _note(row, "decline_move" if is_quoted else "withdraw_move", at, actor, why=why)
    return row


def cancel_move(*, move: Relocation, why: str, by: User, at: datetime) -> Relocation:
    """Give a move up on our side; nothing is charged. Twice is once.

    Raises NotAuthorised, IllegalStep, MoveRefused.
    """
    actor = _require_staff(move.service, by, at)
    with transaction.atomic():
        row, _ = _locked(move)
        if row.state == MoveState.CANCELLED:
            return row
        _require_words(why)
        _step(row, MoveAct.CANCEL)
        _end(row, why, at)
        _note(row, "cancel_move", at, actor, why=why)
        _tell(
            row,
            at,
            f"We don't move {row.service.label}",
            f"{why} You owe nothing for it. Ask again at any time.",
        )
    return row


def finish_move(*, move: Relocation, done_on: date, by: User, at: datetime) -> Relocation:
    """Note that a service was moved: the quote stands on the next bill, its address is new.

    A phone service asks its customer to confirm the address that calls to 000 show, and so do
    the phone services that were used at the same place. Done twice it is once. Raises
    NotAuthorised, IllegalStep, MoveRefused. (CV-VOI-05, VP-OTH-03.)
    """
    actor = _require_staff(move.service, by, at)
    with transaction.atomic():
        row, account = _locked(move)
        if row.state == MoveState.DONE and row.done_on == done_on:
            return row
        on = authority.local_day(account, at)
        if row.agreed_at is not None and not (
            authority.local_day(account, row.agreed_at) <= done_on <= on
        ):
            raise MoveRefused("Give the day on which it was done: since both agreed, until today.")
        _step(row, MoveAct.FINISH)
        row.done_on, row.ended_at = done_on, at
        if row.quote_inc:
            row.chargeable = agree_charge(
                service=row.service,
                kind=ChargeableKind.ONE_OFF,
                source=f"move:{row.reference}",
                description=f"{row.service.label} moved: {row.quoted_for}"[:200],
                amount=row.quote_inc,
                incurred_on=done_on,
                at=at,
                because=row.because,
                actor=actor,
            )
        row.save()
        _note(row, "finish_move", at, actor, amount=str(row.quote_inc))
        _ask_addresses(row, done_on, by, at)
        _tell(
            row,
            at,
            f"{row.service.label} has moved",
            f"It works at the new address since {in_words(done_on)}. {_in_words(row)} stands on "
            "your next bill.",
        )
    return row


def _ask_addresses(row: Relocation, done_on: date, by: User, at: datetime) -> None:
    """Have the new address on file, or ask those on whose address calls to 000 rely."""
    service, address = row.service, address_asked(row)
    before = locations.current_address(service)
    phones = [
        one
        for one in locations.running_voice(service.contract.account)
        if one.pk == service.pk or locations.current_address(one) == before
    ]
    if service.pk not in {one.pk for one in phones}:
        settle_moved(service=service, address=address, used_from=done_on, by=by, at=at)
    ask_after_move(services=phones, address=address, used_from=done_on, at=at)


def _in_words(row: Relocation) -> str:
    if not row.quote_inc or row.quote_ex is None:
        return "Nothing"
    gst = in_dollars(row.quote_inc - row.quote_ex)
    return f"{in_dollars(row.quote_inc)}, {gst} of it GST,"


def _require_words(why: str) -> None:
    if len(why.strip()) < SHORTEST_WORDS:
        raise MoveRefused("Say why: they read it.")


def _require(service: Service, by: User, at: datetime) -> authority.Decision:
    account = service.contract.account
    on = authority.local_day(account, at)
    return authority.require(
        by, Action.CHANGE_DETAILS, account, on=on, at=at, service=str(service.public_id)
    )


def _require_staff(service: Service, by: User, at: datetime) -> Actor:
    account = service.contract.account
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at)
    if not by.is_staff:
        raise NotAuthorised(decision, Action.OPEN_SERVICE)
    return authority.with_customer(by, decision)


def _step(row: Relocation, act: MoveAct) -> None:
    row.state = MOVE.after(MoveState(row.state), act)


def _end(row: Relocation, why: str, at: datetime) -> None:
    row.ended_at, row.ended_why = at, why.strip()
    row.save()


def _locked(move: Relocation) -> tuple[Relocation, Account]:
    account = lock_account(move.service.contract.account.pk)
    row = (
        Relocation.objects.select_for_update(of=("self",))
        .select_related("service__contract", "service__plan")
        .get(pk=move.pk)
    )
    row.service.contract.account = account
    return row, account


def _note(
    row: Relocation, action: str, at: datetime, actor: Actor, *, why: str = "", **after: str
) -> None:
    """Record it without the address: where somebody lives is read on the row alone."""
    record(
        account_id=row.service.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=row.reference,
        reason=why[:250],
        after={
            "service": row.service.label,
            "state": MoveState(row.state).label,
            **{name: value for name, value in after.items() if value},
        },
        because=row.because,
    )


def _tell(row: Relocation, at: datetime, headline: str, body: str) -> None:
    """Write to whoever holds the account; the letter names no address."""
    account = row.service.contract.account
    tell_holder(
        account,
        at=at,
        headline=headline,
        body=body,
        link=Link("move", row.reference),
        label="See the move",
        belongs_to=row.reference,
        because=row.because,
    )
