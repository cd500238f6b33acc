"""Another directory entry is asked for, in writing where terms want that, and carried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from contracts.locations import selectors as locations
from contracts.locations.models import ListingChange
from contracts.locations.states import LISTING, Listing, ListingAct, ListingState
from contracts.supply.models import Service
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
from terms.calendar import Channel
from terms.facts import Action


class ListingRefused(Exception):
    """The step does not fit the directory entry; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class ListingWish:
    """What is to become of an entry, how that was asked for; `caller` is who told staff."""

    wanted: Listing
    listed_as: str = ""
    channel: Channel = Channel.WEB
    caller: str = ""


def ask_listing(
    *, service: Service, wish: ListingWish, by: User, at: datetime, proof: str = ""
) -> ListingChange:
    """Take down a wish for another directory entry; by voice it may have to come in writing too.

    One is open for each service: the same again is the first, and one that comes in writing takes
    the place of the same by voice. Raises NotAuthorised, also while high-risk steps are paused,
    and ListingRefused. (CV-VOI-04; VP-PRV-16, GL-PRIV-03 name no way.)
    """
    account = service.contract.account
    decision = _require(service, by, at)
    if not by.is_staff:
        require_no_pause(account, Action.CHANGE_DETAILS, at=at)
    if not locations.is_listed_kind(service):
        raise ListingRefused("This service has no number that directories list.")
    if wish.wanted == Listing.CHANGE and not wish.listed_as.strip():
        raise ListingRefused("Say how the entry should read.")
    on = authority.local_day(account, at)
    with transaction.atomic():
        lock_account(account.pk)
        writing = locations.writing_of(service, wish.channel, on)
        actor = authority.with_customer(by, decision)
        known = locations.open_listing(service)
        if known is not None:
            if (known.wanted, known.listed_as) != (wish.wanted, wish.listed_as):
                raise ListingRefused(
                    f"Another change is open already, {known.reference}. Take it back first."
                )
            if writing.is_taken and known.state == ListingState.TO_WRITE:
                _came_in_writing(known, at, actor, wish.channel)
            return known
        row = ListingChange.objects.create(
            reference=new_reference("D"),
            service=service,
            wanted=wish.wanted,
            listed_as=wish.listed_as,
            channel=wish.channel,
            asked_at=at,
            asked_by=by,
            authority=decision.authority,
            caller=wish.caller,
            state=ListingState.ACCEPTED if writing.is_taken else ListingState.TO_WRITE,
            written_at=at if writing.is_taken else None,
            because=writing.because,
        )
        _note(row, "ask_listing", at, actor, why=wish.caller, identity_check=proof)
        if writing.is_taken:
            _tell(
                row, at, "We have your request", "We carry it out, and tell you when it is done."
            )
        else:
            _tell(
                row,
                at,
                "Please put your request in writing",
                "Your terms want it in writing. A letter, an email, a text message or the portal "
                "all count; the portal takes a minute.",
            )
    return row


def write_listing(
    *, listing: ListingChange, channel: Channel, by: User, at: datetime
) -> ListingChange:
    """Note that a request came in writing, too. Noted twice it is once.

    Raises NotAuthorised, IllegalStep, and ListingRefused for what is no writing by the terms.
    """
    actor = _require_staff(listing.service, by, at)
    with transaction.atomic():
        row, account = _locked(listing)
        if row.written_at is not None:
            return row
        on = authority.local_day(account, at)
        if not locations.writing_of(row.service, channel, on).is_taken:
            raise ListingRefused("That is no writing by these terms: see the clause.")
        _came_in_writing(row, at, actor, channel)
    return row


def do_listing(*, listing: ListingChange, done_as: str, by: User, at: datetime) -> ListingChange:
    """Note that an entry was changed; they are told. Twice is once.

    Raises NotAuthorised, IllegalStep for what has not come in writing.
    """
    actor = _require_staff(listing.service, by, at)
    with transaction.atomic():
        row, _ = _locked(listing)
        if row.state == ListingState.DONE:
            return row
        row.state = LISTING.after(ListingState(row.state), ListingAct.DO)
        row.done_at, row.done_by, row.done_as = at, by, done_as
        row.save()
        _note(row, "do_listing", at, actor, why=done_as)
        _tell(row, at, "It is done", "Printed directories follow with their next edition.")
    return row


def end_listing(*, listing: ListingChange, by: User, at: datetime, why: str = "") -> ListingChange:
    """Take a request back, or as staff say no to it with a reason. Twice is once.

    Raises NotAuthorised, IllegalStep, ListingRefused for a no without a reason.
    """
    decision = _require(listing.service, by, at)
    act = ListingAct.REFUSE if by.is_staff else ListingAct.WITHDRAW
    with transaction.atomic():
        row, _ = _locked(listing)
        if row.state in (ListingState.WITHDRAWN, ListingState.REFUSED):
            return row
        if by.is_staff and len(why.strip()) < 5:
            raise ListingRefused("Say why: they read it.")
        row.state = LISTING.after(ListingState(row.state), act)
        row.ended_why = why.strip()
        row.save()
        _note(row, f"{act.value}_listing", at, authority.with_customer(by, decision), why=why)
        if by.is_staff:
            _tell(row, at, "We did not carry it out", row.ended_why)
    return row


def _came_in_writing(row: ListingChange, at: datetime, actor: Actor, channel: Channel) -> None:
    row.state = LISTING.after(ListingState(row.state), ListingAct.WRITE)
    on = authority.local_day(row.service.contract.account, at)
    row.written_at = at
    row.because = locations.writing_of(row.service, channel, on).because
    row.save()
    _note(row, "write_listing", at, actor)
    _tell(row, at, "We have your request in writing", "We carry it out, and tell you when it is.")


def _require(service: Service, by: User, at: datetime) -> authority.Decision:
    account = service.contract.account
    on = authority.local_day(account, at)
    return authority.require(
        by, Action.CHANGE_DETAILS, account, on=on, at=at, service=str(service.public_id)
    )


def _require_staff(service: Service, by: User, at: datetime) -> Actor:
    decision = _require(service, by, at)
    if not by.is_staff:
        raise NotAuthorised(decision, Action.CHANGE_DETAILS)
    return authority.with_customer(by, decision)


def _locked(listing: ListingChange) -> tuple[ListingChange, Account]:
    account = listing.service.contract.account
    lock_account(account.pk)
    row = (
        ListingChange.objects.select_for_update(of=("self",))
        .select_related("service__contract__account__customer__provider", "service__plan")
        .get(pk=listing.pk)
    )
    return row, account


def _note(
    row: ListingChange, action: str, at: datetime, actor: Actor, *, why: str = "", **after: str
) -> None:
    """Record it without the entry: it may say where somebody lives."""
    record(
        account_id=row.service.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=row.reference,
        reason=why[:250],
        after={
            "service": row.service.label,
            "wanted": row.get_wanted_display(),
            "state": ListingState(row.state).label,
            **{name: value for name, value in after.items() if value},
        },
        because=row.because,
    )


def _tell(row: ListingChange, at: datetime, headline: str, body: str) -> None:
    account = row.service.contract.account
    tell_holder(
        account,
        at=at,
        headline=f"Directory entry of {row.service.label}: {headline[0].lower()}{headline[1:]}",
        body=f"{row.get_wanted_display()}. {body}",
        link=Link("listing", str(row.service.public_id)),
        label="See the request",
        belongs_to=row.reference,
        because=row.because,
    )
