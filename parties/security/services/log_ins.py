"""Change how somebody logs in: told at once to where they were reached before, and stoppable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from parties.accounts import selectors as accounts_selectors
from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.authority.models import Appointment
from parties.correspondence import selectors as correspondence
from parties.correspondence.services import tell
from parties.people.models import StaffProof, User
from parties.people.services import digest, new_token, stop_password
from parties.security import selectors as security
from parties.security import states as security_states
from parties.security.models import EmailChange, IdentityCheck, Pause
from parties.security.states import Factor, HighRisk
from records.audit import services as audit
from records.audit.services import record
from records.notices.services import Link, Sender, give_notice
from terms.calendar import in_words
from terms.facts import Role

from .pausing import stop_link
from .safety import follow_log_in

UNDO_WITHIN = timedelta(hours=48)


class LogInRefused(Exception):
    """The log-in can't be changed; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class ResetRequirements:
    """What somebody has to give, besides the emailed link, before a new password is accepted.

    `account` is the one on which it is recorded, None for whoever stands nowhere. `documents` is
    the check at which they were seen, "" where there is none that counts now.
    """

    account: Account | None
    factors: tuple[str, ...] = ()
    phone: correspondence.Phone | None = None
    documents: str = ""
    paused: Pause | None = None


def way_to_reset(person: User, *, at: datetime) -> ResetRequirements:
    """How this person proves who they are for a forgotten password (RF-ID-01, -03, -05).

    What they set up themselves; else a code by text; else documents, which staff check: that
    counts for 15 minutes. A code to the mailbox that got the link is no second factor, whoever
    asked for it.
    """
    accounts = standing_on(person, at=at)
    account = accounts[0] if accounts else None
    paused = security.pause_for(person) if account else None
    if paused is not None:
        return ResetRequirements(account=paused.account, paused=paused)
    factors = tuple(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    way = ResetRequirements(
        account=account, factors=factors, documents=_documents_seen(person, at)
    )
    if factors:
        return way
    phones = ((one, correspondence.phone_of(person, one)) for one in accounts)
    reached = next(((one, phone) for one, phone in phones if phone), None)
    return replace(way, account=reached[0], phone=reached[1]) if reached else way


def _documents_seen(person: User, at: datetime) -> str:
    """The check of documents that counts now, as it is kept; "" without one."""
    since = at - security_states.FRESH
    by_staff = (
        IdentityCheck.objects.filter(
            person=person,
            purpose=HighRisk.PASSWORD_RESET,
            asked_by__isnull=False,
            passed_at__gt=since,
            passed_at__lte=at,
        )
        .exclude(factor=Factor.EMAILED_CODE)
        .first()
    )
    # Whoever works here and is nobody's customer has no account on which staff could check them.
    by_manager = StaffProof.objects.filter(
        user=person, used_at__isnull=True, seen_at__gt=since, seen_at__lte=at
    ).first()
    found = by_staff or by_manager
    return str(found.public_id) if found else ""


def standing_on(person: User, *, at: datetime) -> list[Account]:
    """The accounts on which a person stands or is to stand, first those that they hold.

    Not those on which they were appointed without having accepted: whoever did that must not be
    told of their log-in.
    """
    rows = (
        Appointment.objects.filter(user=person, revoked_at__isnull=True, awaits_acceptance=False)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=(at - timedelta(days=1)).date()))
        .select_related("account__customer__provider")
        .order_by("account__number")
    )
    ordered = sorted(rows, key=lambda row: row.role != Role.HOLDER)
    return list({row.account_id: row.account for row in ordered}.values())


def reset_password(*, person: User, save: Callable[[], None], proof: str, at: datetime) -> None:
    """Accept a new password, which `save` keeps; it ends every session of the person.

    `proof` is the identity check that was passed besides the link. Where staff saw documents, the
    person lost what they had set up: it is taken off, and they set up something new. Recorded on
    each account where the person stands, and told. Raises LogInRefused while it is paused.
    """
    _change_password(person, save, proof=proof, action="reset_password", at=at)


def change_password(*, person: User, save: Callable[[], None], proof: str, at: datetime) -> None:
    """Keep the new password of somebody who is logged in; recorded and told like a reset."""
    _change_password(person, save, proof=proof, action="change_password", at=at)


def _change_password(
    person: User, save: Callable[[], None], *, proof: str, action: str, at: datetime
) -> None:
    accounts = standing_on(person, at=at)
    with transaction.atomic():
        _refuse_while_paused(person)
        save()
        lost = _take_off_factors(person) if _by_documents(person, proof, at) else False
        User.objects.filter(pk=person.pk).update(password_stopped_at=None)
        for account in accounts:
            facts = {"identity_check": proof}
            if lost:
                facts["second_factors"] = "taken off: documents were seen"
            _record(account, person, action, at, after=facts)
        _tell_new_password(person, accounts, lost, at)


def _tell_new_password(person: User, accounts: list[Account], lost: bool, at: datetime) -> None:
    headline = "Your password was changed"
    body = "You log in with the new one from now on." + (
        " Your app, passkeys and recovery codes were taken off." if lost else ""
    )
    if accounts:
        tell(
            accounts[0],
            to=person.email,
            name=str(person),
            at=at,
            headline=headline,
            body=body,
            stop=stop_link(accounts[0], person, HighRisk.PASSWORD_RESET, at=at),
        )
    elif person.is_staff:
        _tell_on_no_account(
            person.email,
            person,
            at,
            headline=headline,
            body=f"{body} If it was not you, tell your administrator at once.",
        )


def _by_documents(person: User, proof: str, at: datetime) -> bool:
    """Whether documents were seen; what a senior manager saw counts once."""
    unused = StaffProof.objects.filter(user=person, used_at__isnull=True)
    seen = {str(one.public_id): one for one in unused}
    if proof in seen:
        return bool(unused.filter(pk=seen[proof].pk).update(used_at=at))
    checked = IdentityCheck.objects.filter(person=person, factor=Factor.DOCUMENTS)
    return proof in {str(one) for one in checked.values_list("public_id", flat=True)}


def _has_address(person: User) -> bool:
    return bool(EmailAddress.objects.filter(user=person).exists())


def _take_off_factors(person: User) -> bool:
    """Take off all that somebody set up as a second factor; whether there was any."""
    taken, _ = Authenticator.objects.filter(user=person).delete()
    return bool(taken)


def change_log_in_email(
    *, person: User, to: str, confirm: Callable[[], bool], proof: str = "", at: datetime
) -> bool:
    """Change the address that somebody logs in with; `confirm` does it and says whether it could.

    The old address is told at once and can undo it for 48 hours; the person's safe contacts hold
    for the new one, on every account. Recorded wherever they stand. Raises LogInRefused while it
    is paused. (RF-ID-04, RF-ID-06.)
    """
    before, token = person.email, new_token()
    with transaction.atomic():
        _refuse_while_paused(person)
        if not confirm():
            return False
        person.refresh_from_db()
        change = EmailChange.objects.create(
            user=person,
            before=before,
            after=to.strip().lower(),
            changed_at=at,
            token_hash=digest(token),
            undo_until=at + UNDO_WITHIN,
        )
        follow_log_in(person, at=at)
        _record_everywhere(change, "change_log_in_email", at, proof=proof)
        _tell_old_address(change, token, at)
    return True


def find_email_change(token: str, *, at: datetime) -> EmailChange:
    """Return the change of a link. Raises LogInRefused if it is too late or done already."""
    found = EmailChange.objects.filter(token_hash=digest(token)).select_related("user").first()
    if found is None or found.undone_at or at >= found.undo_until:
        raise LogInRefused("This link has been used or is too old. Call your provider.")
    return found


def undo_email_change(*, token: str, at: datetime) -> EmailChange:
    """Let the person log in with the old address again, and end all their sessions.

    The password stops working: whoever changed the address knew it. Raises LogInRefused, also if
    the old address has become somebody else's log-in meanwhile.
    """
    with transaction.atomic():
        change = EmailChange.objects.select_for_update(of=("self",)).get(
            pk=find_email_change(token, at=at).pk
        )
        person = User.objects.select_for_update(no_key=True).get(pk=change.user_id)
        if change.undone_at:
            raise LogInRefused("It was undone a moment ago.")
        _take_back(change.before, person)
        EmailAddress.objects.filter(user=person).delete()
        EmailAddress.objects.create(user=person, email=change.before, verified=True, primary=True)
        person.email = change.before
        person.save(update_fields=["email"])
        change.undone_at = at
        change.save(update_fields=["undone_at"])
        # What came later rests on this one.
        EmailChange.objects.filter(user=person, changed_at__gt=change.changed_at).update(
            undone_at=at
        )
        stop_password(person, at=at)
        follow_log_in(person, at=at)
        _record_everywhere(change, "undo_log_in_email", at, undo=True)
    return change


def _take_back(address: str, person: User) -> None:
    """Free an address for whom it belonged to before. Raises LogInRefused where it is a log-in.

    Whoever was only named with it in an appointment has no log-in: what they were appointed to is
    the person's. Anybody could name them, also to keep the person from coming back.
    """
    other = User.objects.select_for_update().filter(email=address).exclude(pk=person.pk).first()
    if other is None:
        return
    if other.is_staff or other.has_usable_password() or _has_address(other):
        raise LogInRefused("This address is another log-in now. Call your provider.")
    Appointment.objects.filter(user=other).update(user=person)
    other.email, other.is_active = f"former-{other.pk}@portal.invalid", False
    other.save(update_fields=["email", "is_active"])


def _refuse_while_paused(person: User) -> None:
    if security.pause_for(person):
        raise LogInRefused(
            "This is paused, because somebody who was told of such a step stopped it. Call us."
        )


def _record_everywhere(
    change: EmailChange, action: str, at: datetime, *, proof: str = "", undo: bool = False
) -> None:
    old, new = (change.after, change.before) if undo else (change.before, change.after)
    after = {"log_in_email": new} | ({"identity_check": proof} if proof else {})
    for account in standing_on(change.user, at=at):
        _record(account, change.user, action, at, {"log_in_email": old}, after, undo=undo)


def _record(
    account: Account,
    person: User,
    action: str,
    at: datetime,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
    *,
    undo: bool = False,
) -> None:
    stands = authority.standings(account, person, authority.local_day(account, at))
    actor = audit.Actor(
        user_id=person.pk,
        name=str(person),
        authority=str(stands[0].public_id) if stands else "",
        acted_as=stands[0].role if stands else "",
    )
    record(
        account_id=account.pk,
        at=at,
        action=action,
        actor=audit.Actor(name="the old address") if undo else actor,
        subject=account.number,
        before=before,
        after=after,
    )


def _tell_old_address(change: EmailChange, token: str, at: datetime) -> None:
    """Tell the old address, with the way back; it never learns the new one."""
    headline = "Your log-in has another email address"
    link = Link("undo-email", token)
    accounts = standing_on(change.user, at=at)
    if accounts:
        zone = accounts_selectors.zone_of(accounts[0])
        tell(
            accounts[0],
            to=change.before,
            name=str(change.user),
            at=at,
            headline=headline,
            body=_undo_words(in_words(change.undo_until.astimezone(zone).date())),
            link=link,
            label="Undo it",
            stop=stop_link(accounts[0], change.user, HighRisk.CHANGE_EMAIL, at=at),
        )
        return
    _tell_on_no_account(
        change.before,
        change.user,
        at,
        headline=headline,
        body=_undo_words(in_words(change.undo_until.date())),
        url=link.address,
        url_label="Undo it",
    )


def _tell_on_no_account(to: str, person: User, at: datetime, **words: str) -> None:
    """Tell somebody who stands on no account, in the portal's own name."""
    give_notice(
        kind="generic",
        to=to,
        sender=Sender(name=settings.MFA_TOTP_ISSUER),
        at=at,
        context={"recipient_name": str(person), **words},
    )


def _undo_words(last: str) -> str:
    return (
        "You no longer log in with this one. If you did not change it, undo it with this link; "
        f"it works until {last}. You need not log in."
    )
