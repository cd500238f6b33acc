"""“Give me until Friday”: a short extension at once, without anybody's decision."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import transaction

from billing.hardship.models import Extension
from billing.hardship.selectors import more_time
from billing.ledger.services import move_due_date
from parties.accounts.models import Account
from parties.accounts.selectors import zone_of
from parties.accounts.services import block_chasing, lock_account
from parties.accounts.states import BlockKind
from parties.authority import selectors as authority
from parties.correspondence.services import tell
from parties.people.models import User
from records.audit.services import record
from records.notices.services import Link
from terms.calendar import in_words
from terms.facts import Action
from terms.money import in_dollars


class MoreTimeRefused(Exception):
    """No more time can be taken at once; the message says why and what can be done."""


def take_more_time(*, account: Account, by: User, until: date, at: datetime) -> Extension:
    """Let what falls due before a day be paid until that day, and chase nothing meanwhile.

    The same day again is the same extension. The clock of late charges moves with it. Raises
    NotAuthorised, and MoreTimeRefused for more than the provider gives by itself.
    """
    on = authority.local_day(account, at)
    with transaction.atomic():
        locked = lock_account(account.pk)
        decision = authority.require(by, Action.ARRANGE_HARDSHIP, locked, on=on, at=at)
        made = Extension.objects.filter(account=locked, asked_on=on, until=until).first()
        if made is not None:
            return made
        found = more_time(locked, on)
        if found.latest is None:
            raise MoreTimeRefused(found.why_not)
        if not on < until <= found.latest:
            raise MoreTimeRefused(
                f"By itself that goes from tomorrow until {in_words(found.latest)}. "
                "For more time, ask for help with paying."
            )
        covered = [one for one in found.items if one.due_date < until]
        if not covered:
            raise MoreTimeRefused("Nothing falls due before that day, so there is no need.")
        row = Extension.objects.create(
            account=locked,
            asked_at=at,
            asked_on=on,
            asked_by=by,
            until=until,
            amount=sum(one.amount - one.held for one in covered),
        )
        row.invoices.set([one.invoice_id for one in covered])
        for item in covered:
            move_due_date(invoice_id=item.invoice_id, due_date=until)
        block_chasing(
            account=locked,
            kind=BlockKind.EXTENSION,
            subject=f"extension {row.pk}",
            at=at,
            ends_at=datetime.combine(until + timedelta(days=1), time(), zone_of(locked)),
        )
        record(
            account_id=locked.pk,
            at=at,
            action="take_more_time",
            actor=authority.with_customer(by, decision),
            after={"until": until.isoformat(), "amount": str(row.amount)},
        )
        _tell(row, at)
    return row


def _tell(row: Extension, at: datetime) -> None:
    standing = authority.account_standing(row.account, row.asked_on)
    tell(
        row.account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        headline=f"You have until {in_words(row.until)} to pay",
        body=f"Please pay {in_dollars(row.amount)} by {in_words(row.until)}. It costs nothing, "
        "and until then we send no reminder and cut nothing off. If that is not enough, tell us: "
        "help with paying is free.",
        link=Link("help-paying"),
        label="Ask for help with paying",
    )
