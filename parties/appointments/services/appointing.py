"""Appoint somebody to act or speak for a customer; every change is a new appointment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from parties.accounts import selectors as accounts
from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.authority.models import Appointment, Invitation, Signature
from parties.authority.services import lock_people
from parties.authority.states import ONLY_WITH_CUSTOMER, POWERS, AdvocateKind, SignedHow
from parties.correspondence.services import tell, why_not_a_name
from parties.people.models import User
from parties.security import selectors as security
from parties.security.services import require_no_pause, stop_link
from parties.security.states import HighRisk
from records.audit.services import record
from records.notices.services import Link
from terms.calendar import in_words
from terms.facts import Action, Role

from .invitations import invite_appointed
from .paper import draw_unsigned_form, issue_appointment_form

# What each role is asked for, to see whether an appointment would work at all.
FIRST_OF_ALL = {
    Role.ADVOCATE: Action.LODGE_COMPLAINT,
    Role.CUSTOMER_CONTACT: Action.CHANGE_PLAN,
}


APPOINTED_AN_HOUR = 5
INVITED_A_DAY = 3


class AppointmentRefused(Exception):
    """The appointment can't be made; `because` holds the clauses, the message what to do."""

    def __init__(self, message: str, because: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.because = list(because)


@dataclass(frozen=True, kw_only=True)
class AppointmentRequest:
    """Who is to be appointed as what.

    `limits` are the powers withheld, by action; `services` those covered, as public id and label.
    """

    name: str
    email: str
    role: Role
    starts_on: date
    ends_on: date | None = None
    limits: tuple[str, ...] = ()
    max_expense: Decimal | None = None
    services: dict[str, str] = field(default_factory=dict)
    advocate_kind: str = ""
    position: str = ""
    statement: str = ""

    @property
    def is_full(self) -> bool:
        """Whether it grants a representative all that the customer can."""
        limited = self.limits or self.services or self.max_expense is not None
        return self.role is Role.AUTHORISED_REP and not limited


@dataclass(frozen=True, kw_only=True)
class Signing:
    """How the appointment was signed. A substitute says in `words` what was agreed instead."""

    how: SignedHow
    name: str
    drawing: str = ""
    file: bytes = b""
    media_type: str = ""
    words: str = ""
    address: str | None = None
    user_agent: str = ""


def appoint(
    *,
    account: Account,
    by: User,
    wanted: AppointmentRequest,
    signing: Signing,
    at: datetime,
    replaces: Appointment | None = None,
    proof: str = "",
) -> Appointment:
    """Make an appointment: signed, on paper as PDF, told to both sides, with an invitation.

    It grants nothing that `by` does not hold, and replaces only what `by` may end. Where the
    terms ask for an identity check it works only after that; a full authority only after the
    provider's cooling-off. Raises NotAuthorised, also while high-risk steps are paused, and
    AppointmentRefused. (VP-PAR-12 to -16, BS-PARTY-05 to -07, RF-TCP-02.)
    """
    on = authority.local_day(account, at)
    with transaction.atomic():
        lock_people(account)
        decision = authority.require(by, Action.ADD_REPRESENTATIVE, account, on=on, at=at)
        require_no_pause(account, Action.ADD_REPRESENTATIVE, at=at)
        if replaces is not None and replaces.user_id != by.pk:
            # It ends the old one: whoever may not do that by itself can't do it this way.
            authority.require(by, Action.REMOVE_REPRESENTATIVE, account, on=on, at=at)
        row = review(account=account, by=by, wanted=wanted, at=at)
        if signing.how == SignedHow.SUBSTITUTE:
            row.signed, row.needs_check = False, True
        _refuse_floods(by, wanted, at)
        row.user = _named_person(wanted, at)
        if replaces is not None:
            _replace(row, replaces, by, at)
        is_invited = not row.user.has_usable_password() or replaces is None
        waited = replaces is not None and replaces.awaits_acceptance
        row.awaits_acceptance = is_invited or waited
        row.save()
        _sign(row, signing, by, at)
        document = issue_appointment_form(row, at=at)
        if is_invited:
            invite_appointed(row, at=at)
        _tell_holder(row, by, at)
        record(
            account_id=account.pk,
            at=at,
            action="change_appointment" if replaces else "appoint",
            actor=authority.with_customer(by, decision),
            subject=document.subject[:80],
            before=_facts(replaces) if replaces else {},
            after=_facts(row) | {"identity_check": proof},
            because=decision.because,
        )
    return row


def review(*, account: Account, by: User, wanted: AppointmentRequest, at: datetime) -> Appointment:
    """Return the appointment as it would be made, unsaved and as if signed.

    Raises AppointmentRefused for what `by` can't pass on or the terms give no effect, and
    NotAuthorised.
    """
    on = authority.local_day(account, at)
    if wanted.ends_on and wanted.ends_on < max(wanted.starts_on, on):
        raise AppointmentRefused("The last day lies before the first, or is over.")
    for written in (wanted.name, wanted.position):
        if refusal := why_not_a_name(written):
            raise AppointmentRefused(refusal)
    decision = authority.require(by, Action.ADD_REPRESENTATIVE, account, on=on, at=at)
    under = authority.appointment_by_public_id(account, decision.authority)
    if under is None:
        raise authority.NotAuthorised(decision, Action.ADD_REPRESENTATIVE)
    row = _draft(account, by, wanted, under, at)
    _within_own_powers(under, wanted, at)
    row.needs_check = _needs_check(row, on)
    return row


def form_to_sign(*, account: Account, by: User, wanted: AppointmentRequest, at: datetime) -> bytes:
    """Return the form of an appointment, unsigned, as a PDF to sign on paper.

    Raises AppointmentRefused, NotAuthorised and PdfUnavailable.
    """
    row = review(account=account, by=by, wanted=wanted, at=at)
    return draw_unsigned_form(row, email=wanted.email, at=at)


def possible_roles(account: Account, on: date) -> list[str]:
    """The roles that the terms, the law or the house default know on this account."""
    rows = [
        _plain(account, role, on, on)
        for role in (Role.AUTHORISED_REP, Role.ADVOCATE, Role.CUSTOMER_CONTACT)
    ]
    bound = accounts.binding(account, on)
    asked = {row.role: FIRST_OF_ALL.get(Role(row.role), Action.VIEW_BILLS) for row in rows}
    return [row.role for row in rows if authority.what_if(row, asked[row.role], on, bound).allowed]


def needs_last_day(account: Account, role: Role, on: date) -> list[dict[str, Any]]:
    """Why an appointment needs a last day under these terms; empty where none is needed."""
    bound = accounts.binding(account, on)
    action = FIRST_OF_ALL.get(role, Action.VIEW_BILLS)
    standing, dated = (
        authority.what_if(_plain(account, role, on, last), action, on, bound)
        for last in (None, on)
    )
    return standing.because if dated.allowed and not standing.allowed else []


def _plain(account: Account, role: Role, on: date, last: date | None) -> Appointment:
    """An appointment of this kind without limits, to ask what the terms say of its kind."""
    return Appointment(
        account=account,
        role=role.value,
        starts_on=on,
        ends_on=last,
        in_writing=True,
        employee=True if role is Role.CUSTOMER_CONTACT else None,
    )


def _draft(
    account: Account, by: User, wanted: AppointmentRequest, under: Appointment, at: datetime
) -> Appointment:
    limits = list(dict.fromkeys(wanted.limits))
    if wanted.role is Role.ADVOCATE and wanted.statement:
        limits = [ONLY_WITH_CUSTOMER]
    return Appointment(
        account=account,
        role=wanted.role.value,
        named=wanted.name,
        position=wanted.position,
        advocate_kind=AdvocateKind(wanted.advocate_kind) if wanted.advocate_kind else "",
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
        limits=limits,
        max_expense=wanted.max_expense,
        services=dict(wanted.services),
        statement=wanted.statement,
        employee=True if wanted.role is Role.CUSTOMER_CONTACT else None,
        in_writing=True,
        signed=True,
        form_received_on=authority.local_day(account, at),
        works_from=_works_from(account, wanted, at),
        made_at=at,
        appointed_by=by,
        appointed_under=under,
    )


def _works_from(account: Account, wanted: AppointmentRequest, at: datetime) -> datetime | None:
    hours = account.customer.provider.cooling_off_hours
    return at + timedelta(hours=hours) if wanted.is_full and hours else None


def _within_own_powers(under: Appointment, wanted: AppointmentRequest, at: datetime) -> None:
    """Refuse what is more than the appointing person holds (VP-PAR-15)."""
    if under.role == Role.HOLDER:
        return
    on = authority.local_day(under.account, at)
    judged = authority.powers(under, on=on, at=at)
    held = {action for action, decision in judged.items() if decision.allowed}
    is_limited = len(held) < len(Action) or under.services or under.max_expense is not None
    if wanted.role is not Role.AUTHORISED_REP:
        if is_limited:
            raise AppointmentRefused(
                "With limits of your own you can appoint representatives only."
            )
    elif beyond := [POWERS[one] for one in Action if one not in held and one not in wanted.limits]:
        raise AppointmentRefused(f"You can't pass on what you don't hold: {', '.join(beyond)}.")
    if under.max_expense is not None and (
        wanted.max_expense is None or wanted.max_expense > under.max_expense
    ):
        raise AppointmentRefused(
            f"Your own limit is ${under.max_expense} a month: set that or less."
        )
    if under.services and not (wanted.services and set(wanted.services) <= set(under.services)):
        raise AppointmentRefused("Choose only services that you act for yourself.")
    if wanted.starts_on < under.starts_on:
        raise AppointmentRefused(f"Your own authority starts on {in_words(under.starts_on)}.")
    if under.ends_on and (wanted.ends_on is None or wanted.ends_on > under.ends_on):
        raise AppointmentRefused(f"Your own authority ends on {in_words(under.ends_on)}.")


def _needs_check(row: Appointment, on: date) -> bool:
    """Whether the terms give it no effect unchecked; refuse what they never give an effect."""
    if not _granted(row):
        raise AppointmentRefused("Tick at least one thing that they may do.")
    day = max(row.starts_on, on)
    asked = _asked_first(row)
    if ONLY_WITH_CUSTOMER in row.limits:
        return False
    bound = accounts.binding(row.account, day)
    checked = authority.what_if(row, asked, day, bound)
    if not checked.allowed:
        raise AppointmentRefused(
            "Under these terms such an appointment would not work.", checked.because
        )
    return not authority.what_if(row, asked, day, bound, checked=False).allowed


def _granted(row: Appointment) -> list[Action]:
    return [one for one in Action if one.value not in row.limits]


def _asked_first(row: Appointment) -> Action:
    """What an appointment is asked for, to see whether it would work at all."""
    return FIRST_OF_ALL.get(Role(row.role)) or _granted(row)[0]


def _replace(row: Appointment, old: Appointment, by: User, at: datetime) -> None:
    """End the old appointment in favour of the new; who the person is was checked already."""
    old = Appointment.objects.select_for_update(of=("self",)).get(pk=old.pk)
    if old.revoked_at or old.account_id != row.account_id:
        raise AppointmentRefused("This appointment has ended meanwhile. Make a new one.")
    if (old.user_id, old.role) != (row.user_id, row.role):
        raise AppointmentRefused("Somebody else, or another role, needs a new appointment.")
    old.revoked_at, old.revoked_by, old.revoked_why = at, by, "Replaced by a new appointment"
    old.save(update_fields=["revoked_at", "revoked_by", "revoked_why"])
    row.replaces = old
    row.verified_at, row.verified_by, row.evidence = old.verified_at, old.verified_by, old.evidence


def _refuse_floods(by: User, wanted: AppointmentRequest, at: datetime) -> None:
    """Each invitation is an email to an address that may be anybody's."""
    made = Appointment.objects.filter(appointed_by=by, made_at__gt=at - timedelta(hours=1))
    if made.count() >= APPOINTED_AN_HOUR:
        raise AppointmentRefused(
            "You appointed several people in the last hour. Wait an hour, or call us."
        )
    email = wanted.email.strip().lower()
    sent = Invitation.objects.filter(
        email=email, appointment__isnull=False, sent_at__gt=at - timedelta(days=1)
    )
    if sent.count() >= INVITED_A_DAY:
        raise AppointmentRefused(
            "We wrote to this address several times today. Try again tomorrow, or call us."
        )


def _named_person(wanted: AppointmentRequest, at: datetime) -> User:
    """The person with this email address; a log-in of their own comes with the invitation."""
    email = wanted.email.strip().lower()
    found = User.objects.filter(email=email).first()
    if found is None:
        return User.objects.create_user(email, None, full_name=wanted.name, date_joined=at)
    # Also one of staff: a refusal would tell whose address it is. They can't take it up.
    return found


def _sign(row: Appointment, signing: Signing, by: User, at: datetime) -> None:
    signature = Signature(
        appointment=row,
        how=signing.how,
        name=signing.name,
        drawing=signing.drawing,
        media_type=signing.media_type,
        words=signing.words,
        by=by,
        at=at,
        address=signing.address,
        user_agent=signing.user_agent[:300],
    )
    if signing.file:
        ending = signing.media_type.rpartition("/")[2]
        content = ContentFile(signing.file)
        signature.file.save(f"{row.public_id}.{ending}", content, save=False)
    signature.save()


def _tell_holder(row: Appointment, by: User, at: datetime) -> None:
    """Tell the holder at their contact point, and how to stop it (RF-ID-06).

    Of a full authority in its cooling-off they are told where they were reached before, too.
    """
    holder = authority.holder(row.account)
    if holder is None:
        return
    step = HighRisk.RAISE_LIMITS if row.replaces_id else HighRisk.ADD_REPRESENTATIVE
    body = f"{by} made {row.person} your {row.get_role_display().lower()}."
    if row.works_from:
        zone = accounts.zone_of(row.account)
        body += (
            " They may do all that you can. It works from "
            f"{row.works_from.astimezone(zone):%a %-d %b %Y, %H:%M}; until then and at any time "
            "after you can stop it under People."
        )
    elif row.needs_check:
        body += " It works once staff have checked who they are."
    told = {holder.email: str(holder)}
    if row.works_from:
        # Who took over the holder's contact point must not be the only one to learn of it.
        for address in security.old_contact_points(row.account, holder, at):
            told.setdefault(address, str(holder))
    stop = stop_link(row.account, by, step, at=at)
    for address, name in told.items():
        tell(
            row.account,
            to=address,
            name=name,
            at=at,
            headline=f"{row.person} is to act for you",
            body=body,
            link=Link("people"),
            label="See or end it",
            stop=stop,
        )


def _facts(row: Appointment) -> dict[str, Any]:
    return {
        "appointment": str(row.public_id),
        "person": row.person,
        "role": row.role,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat() if row.ends_on else "",
        "limits": row.limits,
        "max_expense": str(row.max_expense) if row.max_expense is not None else "",
        "services": list(row.services.values()),
    }
