"""Prove who somebody is before a high-risk step: codes, second factors, documents (RF-ID)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.crypto import constant_time_compare, salted_hmac

from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.correspondence import selectors as correspondence
from parties.correspondence.services import tell, write
from parties.people.models import User
from parties.security import selectors as security
from parties.security import states as security_states
from parties.security.models import IdentityCheck
from parties.security.states import PRESENCE_CODE, RISK_OF, TOLD_AS, Factor, HighRisk
from records.audit.services import Actor as AuditActor
from records.audit.services import record
from records.notices.states import Channel
from terms.facts import Action

from .pausing import stop_link

CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=10)
WRONG_TRIES = 5
CODES_AN_HOUR = 5
CODES = (Factor.EMAILED_CODE, Factor.TEXTED_CODE)
PAUSED = (
    "Somebody who was told of a step like this stopped it, so none works for now. "
    "Call us: once we know who you are, it goes on."
)


class IdentityNotProven(Exception):
    """The identity was not proven; the message says what to do instead."""


def send_code(
    *,
    account: Account,
    person: User,
    purpose: str,
    at: datetime,
    about: str = "",
    asked_by: User | None = None,
    factor: Factor = Factor.EMAILED_CODE,
) -> IdentityCheck:
    """Send a fresh one-time code to the person's email address or phone as it is now.

    Raises IdentityNotProven after too many codes in an hour, while high-risk steps are paused, and
    for a text where no phone is safe to use; NotAuthorised for staff who may not talk about the
    account. Earlier codes for the same purpose stop working.
    """
    _require_staff(asked_by, account, at)
    channel, to, on_file = _place(person, account, factor)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        _refuse_new_code(account, person, purpose, asked_by, at)
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        check = IdentityCheck(
            account=account,
            person=person,
            purpose=purpose,
            about=about,
            factor=Factor(factor),
            asked_at=at,
            asked_by=asked_by,
            sent_to=on_file,
            expires_at=at + CODE_LASTS,
        )
        _keep(check, code)
        _record(check, "send_code", by=asked_by or person, at=at)
        write(
            "identity_code",
            account=account,
            to=to,
            name=str(person),
            at=at,
            secret=True,
            channel=channel,
            code=code,
            purpose=TOLD_AS[purpose],
            about=about,
            by_phone=asked_by is not None,
            minutes=int(CODE_LASTS.total_seconds() // 60),
        )
    return check


def _keep(check: IdentityCheck, code: str) -> None:
    check.code_hash = _hash(check, code)
    check.save()


def _require_staff(staff: User | None, account: Account, at: datetime) -> None:
    """Who checks somebody on the phone has to be one who may talk about this account."""
    if staff is not None:
        on = authority.local_day(account, at)
        authority.require(staff, Action.DISCUSS_ISSUE, account, on=on, at=at)


def _place(person: User, account: Account, factor: Factor) -> tuple[Channel, str, str]:
    """By which channel a code goes where, and that place as the account keeps it."""
    if factor == Factor.EMAILED_CODE:
        return Channel.EMAIL, person.email, person.email
    phone = correspondence.phone_of(person, account)
    if factor != Factor.TEXTED_CODE or phone is None:
        raise IdentityNotProven("We have no phone that a code can be texted to.")
    return Channel.TEXT, phone.to, phone.on_file


def _refuse_new_code(
    account: Account, person: User, purpose: str, asked_by: User | None, at: datetime
) -> None:
    """Let earlier codes for the purpose stop working; refuse a new one where that is due."""
    if asked_by is None and security.pause_of(account):
        raise IdentityNotProven(PAUSED)
    recent = IdentityCheck.objects.filter(
        person=person, factor__in=CODES, asked_at__gt=at - timedelta(hours=1)
    )
    # What staff or an advocate had sent to the person is counted apart: they can't spend theirs.
    by_advocate = Q(purpose=PRESENCE_CODE)
    if asked_by is not None:
        counted = recent.filter(asked_by__isnull=False)
    elif purpose == PRESENCE_CODE:
        counted = recent.filter(by_advocate, asked_by__isnull=True)
    else:
        counted = recent.filter(~by_advocate, asked_by__isnull=True)
    if counted.count() >= CODES_AN_HOUR:
        raise IdentityNotProven("Too many codes were sent. Try again in an hour.")
    recent.filter(purpose=purpose, passed_at__isnull=True).update(expires_at=at)


def enter_code(*, check: IdentityCheck, code: str, at: datetime) -> IdentityCheck:
    """Take a code. Raises IdentityNotProven if it is wrong, used, too old or tried too often.

    A wrong code is counted whatever else happens.
    """
    with transaction.atomic():
        check = IdentityCheck.objects.select_for_update().get(pk=check.pk)
        usable = (
            check.passed_at is None
            and check.expires_at is not None
            and at < check.expires_at
            and check.wrong_tries < WRONG_TRIES
        )
        right = usable and constant_time_compare(check.code_hash, _hash(check, code.strip()))
        if right:
            check.passed_at = at
            check.save(update_fields=["passed_at"])
            _passed(check, at)
        elif usable:
            IdentityCheck.objects.filter(pk=check.pk).update(wrong_tries=F("wrong_tries") + 1)
            _record(check, "wrong_code", by=check.asked_by or check.person, at=at)
    if not usable:
        raise IdentityNotProven("This code can't be used any more. Ask for a new one.")
    if not right:
        left = WRONG_TRIES - check.wrong_tries - 1
        advice = f"You can try {left} more times." if left else "Ask for a new one."
        raise IdentityNotProven(f"That is not the code that we sent. {advice}")
    return check


def note_factor(
    *,
    account: Account,
    person: User,
    purpose: str,
    factor: Factor,
    at: datetime,
    about: str = "",
    evidence: str = "",
    seen_by: User | None = None,
) -> IdentityCheck:
    """Keep a proof that was given another way: an authenticator app, a passkey, documents.

    Documents are seen by a member of staff, who notes which; what somebody merely knows is none
    (RF-ID-05). Raises IdentityNotProven, also while high-risk steps are paused, and NotAuthorised
    for staff who may not talk about the account.
    """
    _require_staff(seen_by, account, at)
    if seen_by is None and security.pause_of(account):
        raise IdentityNotProven(PAUSED)
    if factor == Factor.DOCUMENTS and not (seen_by and evidence.strip()):
        raise IdentityNotProven("Note which documents were seen.")
    with transaction.atomic():
        check = IdentityCheck.objects.create(
            account=account,
            person=person,
            purpose=purpose,
            about=about,
            factor=factor,
            asked_at=at,
            asked_by=seen_by,
            passed_at=at,
            evidence=evidence,
        )
        _passed(check, at)
    return check


def recent_check(
    account: Account, purpose: str, *, at: datetime, person: User | None = None
) -> str:
    """The public id of a check that staff passed a caller through for this, while fresh, or "".

    Without a purpose any counts; with a person only their own, without one that of whoever may
    ask for the step themselves. While high-risk steps are paused, none does.
    """
    if security.pause_of(account):
        return ""
    passed = IdentityCheck.objects.filter(
        account=account,
        asked_by__isnull=False,
        passed_at__gt=at - security_states.FRESH,
        passed_at__lte=at,
    )
    if purpose:
        passed = passed.filter(purpose=purpose)
    if person is not None:
        passed = passed.filter(person=person)
    found = next((one for one in passed.select_related("person") if _may_ask(one, at)), None)
    return str(found.public_id) if found else ""


def _may_ask(check: IdentityCheck, at: datetime) -> bool:
    """Whether who was checked may ask for what it was for: an advocate's says nothing of that."""
    action = next((one for one, risk in RISK_OF.items() if risk == check.purpose), None)
    if action is None:
        return True
    on = authority.local_day(check.account, at)
    return authority.may(check.person, action, check.account, on=on, at=at).allowed


def _passed(check: IdentityCheck, at: datetime) -> None:
    """Record the proof, and tell the contact points that did not get the code (RF-ID-06)."""
    _record(check, "prove_identity", by=check.asked_by or check.person, at=at)
    account, holder = check.account, authority.holder(check.account)
    told = {check.person.email: str(check.person)}
    if holder:
        told[holder.email] = str(holder)
    told.setdefault(account.billing_email, account.customer.name)
    told.pop(check.sent_to, None)
    words = TOLD_AS[check.purpose]
    is_step = check.purpose in HighRisk.values
    stop = stop_link(account, check.person, HighRisk(check.purpose), at=at) if is_step else None
    for address, name in told.items():
        tell(
            account,
            to=address,
            name=name,
            at=at,
            headline=f"Identity checked: {words.lower()}",
            body=(
                f"{check.person} proved who they are, to: {words.lower()}. "
                f"How: {check.get_factor_display().lower()}."
            ),
            stop=stop,
        )


def _record(check: IdentityCheck, action: str, *, by: User, at: datetime) -> None:
    facts: dict[str, Any] = {
        "person": str(check.person),
        "purpose": check.purpose,
        "factor": check.factor,
        "by_phone": check.asked_by_id is not None,
    }
    record(
        account_id=check.account_id,
        at=at,
        action=action,
        actor=AuditActor(
            user_id=by.pk, name=str(by), acted_as=authority.role_names(by) if by.is_staff else ""
        ),
        subject=check.account.number,
        reason=check.evidence,
        after=facts | ({"about": check.about} if check.about else {}),
    )


def _hash(check: IdentityCheck, code: str) -> str:
    return salted_hmac(
        "one-time code", f"{check.public_id}:{code}", algorithm="sha256"
    ).hexdigest()
