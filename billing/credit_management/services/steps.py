"""What every step of staff about unpaid money shares: who may, why not now, and telling."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from billing.credit_management.models import DebtNotice, SuspensionNotice
from billing.credit_management.selectors import Outlook, deemed_received
from billing.credit_management.states import NOTICE, NoticeAct, NoticeState, Step
from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.authority.selectors import account_standing, local_day
from parties.correspondence.selectors import goes_by_post
from parties.correspondence.services import tell_holder
from parties.people.models import User
from records.audit.services import Actor, record
from records.notices.services import Link
from terms.calendar import Channel, in_words
from terms.facts import Action


class CreditStepRefused(Exception):
    """The step is not possible now; the message says why and what to do."""


def require_staff(account: Account, by: User, at: datetime) -> Actor:
    """Unpaid money is for staff who may also agree on help with it. Raises NotAuthorised."""
    action = Action.ARRANGE_HARDSHIP
    decision = authority.staff_may(by, action, account, on=local_day(account, at))
    if not decision.allowed:
        raise authority.NotAuthorised(decision, action)
    return authority.with_customer(by, decision)


def way_of_notice(account: Account, on: date, *, by_post: bool) -> Channel:
    """How a formal notice goes: as a letter where staff or the customer want one, else by email.

    Raises CreditStepRefused where staff want a letter that can't go safely.
    """
    to = account_standing(account, on).to_email
    if goes_by_post(account, to, wanted=by_post):
        return Channel.POST
    if by_post:
        raise CreditStepRefused("A letter can't go there: give the notice without it.")
    return Channel.EMAIL


def expected_receipt(account: Account, channel: Channel, at: datetime) -> date:
    """On which day a notice that goes now will count as received.

    A letter that only proof lets count is expected when a rule of ours would deem it received: no
    day that is printed is sooner.
    """
    is_letter = channel == Channel.POST
    got = deemed_received(account, at, channel=channel, or_default=is_letter)
    return got.on or local_day(account, at)


def why_not(found: Outlook) -> str:
    """Why nothing can be done now; a private reason is not named."""
    if found.stops:
        if found.is_private:
            return "No step is planned here."
        return f"Not now: {found.stops[0].words.lower()}."
    words = {
        Step.NONE: "Nothing is owed that could be asked for.",
        Step.NOT_DUE: "Nothing is overdue.",
        Step.SMALL: "Too little is overdue to ask for it.",
        Step.REMIND: "A reminder has to go out first; that happens on its own.",
        Step.NOTICE: "A notice of suspension has to be given first.",
        Step.WAIT: "The day that the notice names has not come.",
        Step.SUSPEND: "A notice is in force already.",
        Step.SUSPENDED: "Services stand still already.",
        Step.PERSON: "These terms give no right to it by themselves; a person decides.",
    }
    day = f" It is {in_words(found.on)}." if found.step == Step.WAIT and found.on else ""
    return words.get(found.step, "That is not possible now.") + day


def end_notice(
    row: SuspensionNotice | DebtNotice, act: NoticeAct, at: datetime, because: str, actor: Actor
) -> None:
    """Move a notice by the table, and record it. Raises IllegalStep."""
    row.state = NOTICE.after(NoticeState(row.state), act)
    row.ended_at, row.ended_because = at, because[:300]
    row.save(update_fields=["state", "ended_at", "ended_because"])
    name = "debt_notice" if isinstance(row, DebtNotice) else "suspension_notice"
    note_notice(row, f"{name}_{row.state}", at, actor)


def note_notice(
    row: SuspensionNotice | DebtNotice, action: str, at: datetime, actor: Actor
) -> None:
    """Record what was done about a notice, with its reasons."""
    what = {"what": row.get_kind_display()} if isinstance(row, DebtNotice) else {}
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=actor,
        after=what
        | {
            "state": row.get_state_display(),
            "amount": str(row.amount),
            "earliest": row.printed_earliest.isoformat(),
        },
        because=row.because,
    )


def tell_account(account: Account, headline: str, body: str, at: datetime, **how: Any) -> None:
    """Tell the account where it stands, with a link to that page."""
    tell_holder(
        account,
        at=at,
        headline=headline,
        body=body,
        link=Link("unpaid"),
        label="See where you stand",
        **how,
    )
