"""End services for what is unpaid: by a person, after the notice that announced it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.credit_management.selectors import beyond, outlook, runs
from billing.credit_management.selectors.outlook import received
from billing.credit_management.states import NoticeAct
from contracts.leaving.models import EndNotice
from contracts.leaving.services import LeavingRefused
from contracts.leaving.services import end_for_debt as end_one
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from parties.people.models import User
from terms.money import in_dollars

from .announcing import cure_debt_notices
from .keeping import keep_outlook
from .steps import CreditStepRefused, end_notice, require_staff, why_not


def end_for_debt(*, account: Account, by: User, at: datetime) -> list[EndNotice]:
    """End what runs on the account today, as terms and law let it, and say so in writing.

    Everything is asked again at this moment: what is paid, contested or blocked, and the day.
    The last bill carries what the end costs by its clause. Raises NotAuthorised,
    CreditStepRefused.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        actor = require_staff(locked, by, at)
        on = local_day(locked, at)
        cure_debt_notices(locked, at)
        found = outlook(locked, on, at)
        if found.stops:
            raise CreditStepRefused(why_not(found))
        way = beyond(locked, found, on)
        if not way.end.allowed or way.end.earliest_on is None:
            raise CreditStepRefused(
                "It can't be ended now: terms and law give no right to it, want a notice first, "
                "or a part is contested."
            )
        if on < way.end.earliest_on:
            raise CreditStepRefused(
                f"It is too early: not before {way.end.earliest_on:%a %-d %b %Y}."
            )
        notice = way.ending_notice
        got = received(notice).on if notice is not None else None
        done = []
        for service in runs(locked, on):
            try:
                done.append(
                    end_one(
                        service=service,
                        received_on=got or on,
                        because=list(way.end.because),
                        by=by,
                        actor=actor,
                        at=at,
                        said=f"{in_dollars(found.chasable)} is overdue.",
                    )
                )
            except LeavingRefused:
                # It ends today by another notice, or has ended.
                continue
        if not done:
            raise CreditStepRefused("No service is running that could be ended.")
        if notice is not None:
            end_notice(notice, NoticeAct.ACT, at, "Services were ended", actor)
        keep_outlook(locked, at)
    return done
