"""Stop high-risk steps from what told of one; staff lift it, knowing who it is (RF-ID-06)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.authority.models import Appointment
from parties.correspondence.services import tell
from parties.people.models import User
from parties.people.services import (
    digest,
    forget_proofs,
    log_out_everywhere,
    new_token,
    stop_password,
)
from parties.security import selectors as security
from parties.security import states as security_states
from parties.security.models import IdentityCheck, Pause, StopLink
from parties.security.states import Factor, HighRisk
from records.audit import services as audit
from records.audit.services import record
from records.notices.services import Link
from terms.facts import Action

LINK_WORKS = timedelta(days=30)
# Whoever reads the person's mail could pass a check by an emailed code.
NOT_ENOUGH = frozenset({Factor.EMAILED_CODE})


class StopRefused(Exception):
    """The link stops nothing any more; the message says what to do instead."""


class LiftRefused(Exception):
    """The pause can't be lifted yet; the message says what is missing."""


def stop_link(account: Account, person: User, step: HighRisk, *, at: datetime) -> Link:
    """The link by which whoever is told of a step in `person`'s name can stop it, for 30 days."""
    token = new_token()
    StopLink.objects.create(
        account=account, person=person, step=step, token_hash=digest(token), sent_at=at
    )
    return Link("stop", token)


def find_stop(token: str, *, at: datetime) -> StopLink:
    """Return what a link stops. Raises StopRefused if it is unknown or too old."""
    found = (
        StopLink.objects.filter(token_hash=digest(token), sent_at__gt=at - LINK_WORKS)
        .select_related("account__customer__provider", "person")
        .first()
    )
    if found is None:
        raise StopRefused("This link is not ours or is too old. Call your provider.")
    return found


def pause(*, token: str, at: datetime) -> Pause:
    """Let no high-risk step work on the account from now on; twice is harmless.

    Codes and proofs stop counting, the person's sessions end, a full authority that does not work
    yet does not begin, and a password that was just set stops working. Raises StopRefused.
    """
    link = find_stop(token, at=at)
    account, step = link.account, HighRisk(link.step)
    with transaction.atomic():
        # A step that is under way is over before it is stopped, or sees that it is.
        lock_account(account.pk)
        paused, is_new = Pause.objects.get_or_create(
            account=account,
            lifted_at=None,
            defaults={"step": step, "person": link.person, "since": at},
        )
        if not is_new and (paused.step, paused.person_id) == (step, link.person_id):
            return paused
        # Another step that is stopped while one is: its person's log-in is stopped as well.
        _stand_still(link, at)
        record(
            account_id=account.pk,
            at=at,
            action="pause_account",
            actor=audit.Actor(name="the stop link"),
            subject=account.number,
            after={"stopped": step.label, "in_the_name_of": str(link.person)},
            because=security.why_paused(paused, authority.local_day(account, at)),
        )
        if not is_new:
            return paused
        _tell(
            paused,
            at,
            "High-risk steps are paused",
            f"Somebody who was told of it stopped this: {step.label.lower()}. Until we know who "
            "you are, nobody can change who is reached where, who acts for whom or how one logs "
            "in. Everything else works. Call us to go on.",
        )
    return paused


def lift_pause(*, pause: Pause, by: User, why: str, at: datetime) -> Pause:
    """Let high-risk steps work again, once staff know who it is; what stood still goes on.

    Raises NotAuthorised, and LiftRefused without a reason or a check in the last 15 minutes: by
    documents or by a text, as an emailed code shows only who reads the mail.
    """
    account = pause.account
    on = authority.local_day(account, at)
    decision = authority.staff_may(by, Action.CHANGE_DETAILS, account, on=on)
    if not decision.allowed:
        raise authority.NotAuthorised(decision, Action.CHANGE_DETAILS)
    check = caller_check(account, at=at)
    if check is None:
        raise LiftRefused(
            "First check that the account holder is calling, by documents or by a text message. "
            "It counts for 15 minutes."
        )
    if not why.strip():
        raise LiftRefused("Say why it is lifted.")
    with transaction.atomic():
        row = Pause.objects.select_for_update(of=("self",)).get(pk=pause.pk)
        if row.lifted_at:
            return row
        row.lifted_at, row.lifted_by, row.why = at, by, why[:250]
        row.save(update_fields=["lifted_at", "lifted_by", "why"])
        held = Appointment.objects.filter(account=account, held_at__isnull=False)
        held.update(works_from=F("works_from") + (at - row.since), held_at=None)
        record(
            account_id=account.pk,
            at=at,
            action="lift_pause",
            actor=authority.with_customer(by, decision),
            subject=account.number,
            reason=why,
            after={"identity_check": str(check.public_id)},
        )
        _tell(
            row,
            at,
            "High-risk steps work again",
            "We checked who it is and lifted the pause. If that was not you, call us at once.",
        )
    return row


def caller_check(account: Account, *, at: datetime) -> IdentityCheck | None:
    """The check by which staff know that they speak with the holder, if it shows who that is."""
    holder = authority.holder(account)
    people = {"person": holder} if holder else {}
    return (
        IdentityCheck.objects.filter(
            **people,
            account=account,
            asked_by__isnull=False,
            passed_at__gt=at - security_states.FRESH,
            passed_at__lte=at,
        )
        .exclude(factor__in=NOT_ENOUGH)
        .first()
    )


def require_no_pause(account: Account, action: Action, *, at: datetime) -> None:
    """Refuse a high-risk step while they are paused. Raises NotAuthorised, with the reason."""
    paused = security.pause_of(account)
    if paused is not None:
        because = security.why_paused(paused, authority.local_day(account, at))
        raise authority.NotAuthorised(authority.Decision(allowed=False, because=because), action)


def _stand_still(link: StopLink, at: datetime) -> None:
    account, person = link.account, link.person
    IdentityCheck.objects.filter(account=account, passed_at__isnull=True).update(expires_at=at)
    Appointment.objects.filter(
        Q(works_from__gt=at), account=account, revoked_at__isnull=True, held_at__isnull=True
    ).update(held_at=at)
    for user in User.objects.filter(appointments__account=account).distinct():
        forget_proofs(user)
    if link.step == HighRisk.PASSWORD_RESET:
        stop_password(person, at=at)
    else:
        log_out_everywhere(person)


def _tell(paused: Pause, at: datetime, headline: str, body: str) -> None:
    account, holder = paused.account, authority.holder(paused.account)
    told = {account.billing_email: account.customer.name, paused.person.email: str(paused.person)}
    if holder:
        told[holder.email] = str(holder)
    for address, name in told.items():
        tell(account, to=address, name=name, at=at, headline=headline, body=body)
