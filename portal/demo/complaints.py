"""Complaints of the demo, in every state, each step taken by the services at its own time."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from complaints.lodging import services as lodging
from complaints.process import services as process
from complaints.tickets.models import Complaint
from complaints.tickets.states import CallDays, RemedyKind, State
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account
from parties.authority.selectors import holder
from parties.people.models import User
from records.deadlines.services import remind_and_flag
from records.notices.models import Notice
from records.notices.states import Status
from terms.calendar import Channel

from .people import person

ORDER = [
    State.ACKNOWLEDGED,
    State.INVESTIGATING,
    State.PROPOSED,
    State.IMPLEMENTING,
    State.RESOLVED,
    State.CLOSED,
]
SORRY = "You told us three times before we did anything. That was wrong, and we are sorry."
ANSWER = "We have looked into it and can put it right: a credit, and a call to make sure it holds."


def lodge_history(rows: list[dict[str, Any]], accounts: list[Account], *, at: datetime) -> None:
    """Lodge the complaints of one provider, spread over its accounts, and take them where told."""
    desk = person("manager", "Max Manager", at)
    for place, row in enumerate(rows):
        account = accounts[place % len(accounts)]
        by = holder(account)
        if by is None:
            continue
        lodged = at - timedelta(days=row["days_ago"], hours=1)
        if "caller" in row:
            _take_call(row, account, lodged)
            continue
        complaint = lodging.lodge_complaint(
            account=account,
            by=by,
            at=lodged,
            details=lodging.ComplaintDetails(
                topic=row["topic"],
                description=row["description"],
                wanted=row["wanted"],
                disconnection_without_process=row.get("urgent", False),
            ),
        )
        if row["state"] == State.RECEIVED:
            continue
        gives = tuple(row.get("gives", ()))
        _take(complaint, State(row["state"]), by, desk, lodged, gives)
        if "again" in row:
            _again(complaint, by, desk, row["again"], lodged + timedelta(days=1))
        remind_and_flag(at=at)
        settle_notices(at)


def _again(first: Complaint, by: User, desk: User, words: str, at: datetime) -> None:
    """Complain once more about the same matter, which is then answered together with the first."""
    second = lodging.lodge_complaint(
        account=first.account,
        by=by,
        at=at,
        details=lodging.ComplaintDetails(topic=first.topic, description=words),
    )
    settle_notices(at)
    process.acknowledge_sent(at=at)
    at += timedelta(hours=1)
    process.merge_complaints(reference=second.reference, other=first, by=desk, at=at)
    settle_notices(at)


def _take_call(row: dict[str, Any], account: Account, at: datetime) -> None:
    """Write down what somebody in danger said on the phone: for the privacy officers alone."""
    lodging.lodge_for_customer(
        account=account,
        staff=person("frontline", "Fran Front", at),
        details=lodging.ComplaintDetails(
            topic=row["topic"],
            description=row["description"],
            wanted=row["wanted"],
            safety_threat=True,
        ),
        arrival=lodging.Arrival(
            channel=Channel.PHONE,
            received_at=at,
            caller_name=row["caller"],
            caller_contact="0491 570 156",
            caller_days=CallDays.WORKING,
            caller_opens=time(9),
            caller_closes=time(12),
            told_by=Channel.PHONE,
            told_at_once=True,
        ),
        at=at,
    )
    settle_notices(at)


def _offer(account: Account, gives: tuple[str, ...]) -> process.Offer:
    """What an answer of the demo gives besides its words."""
    service = Service.objects.filter(
        contract__account=account, status=ServiceStatus.ACTIVE
    ).first()
    wanted = {
        "visit": process.Wanted(kind=RemedyKind.VISIT, service=service, text="In the morning."),
        "apology": process.Wanted(kind=RemedyKind.APOLOGY, text=SORRY),
    }
    return process.Offer(remedies=tuple(wanted[one] for one in gives))


def _take(
    complaint: Complaint,
    target: State,
    customer: User,
    desk: User,
    lodged: datetime,
    gives: tuple[str, ...],
) -> None:
    step = timedelta(hours=20)
    at = lodged + timedelta(minutes=3)
    settle_notices(at)
    process.acknowledge_sent(at=at)
    reference = complaint.reference
    if target == State.WITHDRAWN:
        process.withdraw_complaint(reference=reference, by=customer, at=at + step)
        return
    goal = State.INVESTIGATING if target == State.WAITING_FOR_CUSTOMER else target
    for state in ORDER[1 : ORDER.index(goal) + 1]:
        at += step
        facts: dict[str, Any] = {"reference": reference, "at": at}
        if state == State.INVESTIGATING:
            process.start_investigation(by=desk, **facts)
        elif state == State.PROPOSED:
            offer = _offer(complaint.account, gives)
            process.propose_resolution(by=desk, text=ANSWER, offer=offer, **facts)
        elif state == State.IMPLEMENTING:
            process.accept_proposal(by=customer, **facts)
        elif state == State.RESOLVED:
            process.resolve_complaint(
                by=desk, text="Done, and checked with you by phone.", **facts
            )
        elif state == State.CLOSED:
            process.agree_to_close(by=customer, **facts)
        settle_notices(at)
    if target == State.WAITING_FOR_CUSTOMER:
        process.ask_customer(
            reference=reference, by=desk, text="Which lights show on the router?", at=at + step
        )


def settle_notices(at: datetime) -> None:
    """History's emails went out long ago: they are kept as sent, and not sent again."""
    Notice.objects.filter(status=Status.QUEUED, given_at__lte=at).update(
        status=Status.SENT, sent_at=at
    )
