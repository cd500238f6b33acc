"""End, check and remind of appointments."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from parties.accounts.models import Account
from parties.authority import selectors as authority_selectors
from parties.authority.models import Appointment, ExpiryReminder, Invitation, Presence
from parties.authority.services import lock_people
from parties.authority.states import PRESENCE, PresenceAct, PresenceState
from parties.correspondence.services import tell
from parties.people import states as people
from parties.people.models import User
from parties.people.services import sessions_of
from records.audit.services import record
from records.sweeps import each
from terms.facts import Action, Role

REMIND_DAYS_BEFORE = (14, 2)


class CheckRefused(Exception):
    """A check can't be noted of this appointment; the message says why."""


def revoke(
    *,
    appointment: Appointment,
    by: User,
    at: datetime,
    why: str = "",
    proof: str = "",
    without: str = "",
) -> Appointment:
    """End an appointment at once, with the person's sessions on the account.

    Anybody may lay down their own; for another's, `by` needs the authority. The holder's standing
    ends only by a change of holder. `proof` is the identity check of whoever asked staff for it,
    `without` says why there was none, which both sides are told. Raises NotAuthorised.
    (GL-PARTY-05, VP-PAR-15.)
    """
    account = appointment.account
    with transaction.atomic():
        lock_people(account)
        decision = _may_end(appointment, by, at)
        row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
        if row.revoked_at:
            return row
        end_standing(row, by=by, at=at, why=why or "Removed")
        record(
            account_id=account.pk,
            at=at,
            action="revoke_appointment",
            actor=authority_selectors.with_customer(by, decision),
            subject=str(row.public_id),
            reason=f"{why}. No identity check: {without}" if without else why,
            before={"person": row.person, "role": row.role},
            after={"identity_check": proof} if proof else {},
        )
        _tell_of_end(row, by, at, without)
    return row


def _may_end(appointment: Appointment, by: User, at: datetime) -> authority_selectors.Decision:
    account = appointment.account
    if appointment.role == Role.HOLDER:
        raise authority_selectors.NotAuthorised(
            authority_selectors.Decision(allowed=False), Action.REMOVE_REPRESENTATIVE
        )
    if by.pk == appointment.user_id:
        authority = str(appointment.public_id)
        return authority_selectors.Decision(
            allowed=True, authority=authority, role=appointment.role
        )
    on = authority_selectors.local_day(account, at)
    return authority_selectors.require(by, Action.REMOVE_REPRESENTATIVE, account, on=on, at=at)


def end_standing(row: Appointment, *, by: User, at: datetime, why: str) -> None:
    """Mark an appointment as ended; its links, presences and sessions end with it."""
    row.revoked_at, row.revoked_by, row.revoked_why = at, by, why[:200]
    row.removal_notice_on = authority_selectors.local_day(row.account, at)
    row.save(update_fields=["revoked_at", "revoked_by", "revoked_why", "removal_notice_on"])
    Invitation.objects.filter(appointment=row, used_at__isnull=True).update(expires_at=at)
    open_ones = [PresenceState.ASKED, PresenceState.CONFIRMED]
    for presence in Presence.objects.filter(appointment=row, state__in=open_ones):
        presence.state = PRESENCE.after(PresenceState(presence.state), PresenceAct.END)
        presence.ended_at = at
        presence.save(update_fields=["state", "ended_at"])
    if not authority_selectors.standings(
        row.account, row.user, authority_selectors.local_day(row.account, at)
    ):
        end_sessions(row.user, row.account, at=at)


def end_sessions(user: User, account: Account, *, at: datetime) -> None:
    """Take the account out of the person's sessions; who has no other account is logged out."""
    has_others = bool(authority_selectors.accounts_of(user, at))
    for session in sessions_of(user):
        if not has_others:
            session.flush()
        elif session.get(people.SESSION_KEY) in (None, str(account.public_id)):
            # Named still, and no longer theirs: the person must choose anew.
            session[people.SESSION_KEY] = str(account.public_id)
            session.pop(people.PROOFS_KEY, None)
            session.save()


def _tell_of_end(row: Appointment, by: User, at: datetime, without: str) -> None:
    account, holder = row.account, authority_selectors.holder(row.account)
    told = {row.user.email: row.person}
    if holder:
        told[holder.email] = str(holder)
    role = row.get_role_display().lower()
    unchecked = f" Nobody's identity was checked: {without}." if without else ""
    for address, name in told.items():
        tell(
            account,
            to=address,
            name=name,
            at=at,
            headline=f"{row.person} no longer acts for {account.customer.name}",
            body=f"{by} ended the appointment of {row.person} as {role}. It took effect at once."
            f"{unchecked}",
        )


def verify(*, appointment: Appointment, by: User, how: str, evidence: str, at: datetime) -> None:
    """Note that staff checked who the person is, by phone or in person, and from what.

    For somebody who could not sign it also agrees to the other way that was asked for. Raises
    NotAuthorised, and CheckRefused where it has ended or was checked already. (BS-PARTY-05.)
    """
    account = appointment.account
    on = authority_selectors.local_day(account, at)
    decision = authority_selectors.require(by, Action.CHANGE_DETAILS, account, on=on, at=at)
    with transaction.atomic():
        row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
        if row.revoked_at or row.verified_at:
            raise CheckRefused("It has ended, or was checked already. Look at it again.")
        row.verified_at, row.verified_by = at, by
        row.evidence = f"{how}: {evidence}"[:300]
        if not row.signed:
            row.substitute = row.signature.words or "Agreed with staff"
        row.save(update_fields=["verified_at", "verified_by", "evidence", "substitute"])
        record(
            account_id=account.pk,
            at=at,
            action="verify_identity",
            actor=authority_selectors.with_customer(by, decision),
            subject=str(row.public_id),
            after={"person": row.person, "evidence": row.evidence},
        )
        for address, name in _both(row):
            tell(
                account,
                to=address,
                name=name,
                at=at,
                headline=f"{row.person} can now act for {account.customer.name}",
                body=f"We checked who {row.person} is. What was agreed works now.",
                path=reverse("people"),
            )


def _both(row: Appointment) -> list[tuple[str, str]]:
    holder = authority_selectors.holder(row.account)
    told = {row.user.email: row.person}
    if holder:
        told[holder.email] = str(holder)
    return list(told.items())


def remind_of_expiry(*, at: datetime) -> int:
    """Remind both sides 14 and 2 days before an appointment ends; twice is harmless.

    One that is shorter than the notice is not announced so early. Return how many were reminded.
    """
    last = at.date() + timedelta(days=max(REMIND_DAYS_BEFORE) + 1)
    rows = (
        Appointment.objects.filter(
            revoked_at__isnull=True, ends_on__range=(at.date() - timedelta(days=1), last)
        )
        .exclude(role=Role.HOLDER.value)
        .select_related("user", "account__customer__provider")
        .prefetch_related("reminders")
    )
    return each(rows, lambda row: _remind(row, at), at=at)


def _remind(row: Appointment, at: datetime) -> bool:
    if row.ends_on is None:
        return False
    left = (row.ends_on - authority_selectors.local_day(row.account, at)).days
    stages = [days for days in REMIND_DAYS_BEFORE if 0 <= left <= days]
    lasts = (row.ends_on - row.starts_on).days
    if not stages or lasts <= min(stages):
        return False
    stage = min(stages)
    with transaction.atomic():
        _, is_new = ExpiryReminder.objects.get_or_create(
            appointment=row, days_before=stage, defaults={"at": at}
        )
        if is_new:
            for address, name in _both(row):
                tell(
                    row.account,
                    to=address,
                    name=name,
                    at=at,
                    headline=f"{row.person} acts for {row.account.customer.name} "
                    f"until {row.ends_on:%a %-d %b %Y}",
                    body="After that day it ends by itself. To go on, make a new appointment.",
                    path=reverse("people"),
                    label="Open People",
                )
    return is_new
