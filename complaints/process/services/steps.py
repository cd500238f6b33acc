"""What all steps of a complaint have in common: who takes them, what is recorded, what is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from complaints.clocks.services import discharge, follow_up_clock, meet_given
from complaints.process import selectors
from complaints.tickets.models import Complaint, Event, Proposal
from complaints.tickets.services import may_take_down, written_to
from complaints.tickets.states import (
    ANSWERED,
    LIFECYCLE,
    OVER,
    STAFF_ACTS,
    WAITING,
    Act,
    Answer,
    Duty,
    Happening,
    State,
    Topic,
)
from parties.authority import selectors as authority
from parties.authority.selectors import local_day
from parties.correspondence.services import write
from parties.people.models import User
from parties.people.states import StaffData, StaffRole
from records.audit import services as audit
from records.audit.services import record
from records.deadlines.services import drop_deadlines, meet_deadline
from records.notices.models import Notice
from records.notices.services import Link
from terms import facts
from terms.calendar import Channel

# The same words of the same person within this time are a second click of one form.
ONE_CLICK = timedelta(minutes=2)
# As what somebody acts who gave no name and holds the secret.
NAMELESS = "nameless"
MANAGERS = frozenset({StaffRole.TEAM_MANAGER, StaffRole.ADMINISTRATOR})


class StepRefused(Exception):
    """A step that the table has, but that lacks something now; the message says what to do."""

    def __init__(self, message: str, because: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.because = because or []


@dataclass(frozen=True, kw_only=True)
class Heard:
    """That staff write down what the customer said to them, and how it was said."""

    staff: User
    channel: Channel


def locked(reference: str) -> Complaint:
    """The complaint, held until the step is over, with all met that was told meanwhile."""
    complaint = (
        Complaint.objects.select_for_update(of=("self",))
        .select_related("account__customer__provider", "lodged_by", "assigned_to")
        .get(reference=reference)
    )
    meet_given(complaint)
    return complaint


def require(
    complaint: Complaint,
    by: User,
    action: facts.Action,
    at: datetime,
    *,
    customer_present: bool = False,
) -> authority.Decision:
    """Return why somebody may do this on the complaint's account. Raises NotAuthorised."""
    on = local_day(complaint.account, at)
    return authority.require(
        by, action, complaint.account, on=on, at=at, customer_present=customer_present
    )


def require_staff(complaint: Complaint, by: User, at: datetime) -> authority.Decision:
    """Work on complaints is for staff who may lodge one for a customer; on one about privacy, for
    its officers. Raises NotAuthorised, and StepRefused where it is somebody else's.
    """
    decision = require_listener(complaint, by, at)
    if why := selectors.why_not_theirs(complaint, by):
        raise StepRefused(why)
    return decision


def require_listener(complaint: Complaint, by: User, at: datetime) -> authority.Decision:
    """What a customer says, and what came on paper, any of the desk may add. Raises NotAuthorised.

    A privacy officer works on complaints about privacy and about safety alone, and on the latter
    nobody else does.
    """
    decision = _takes(complaint, by, at)
    if not decision.allowed:
        raise authority.NotAuthorised(decision, facts.Action.LODGE_COMPLAINT)
    return decision


def _takes(complaint: Complaint, by: User, at: datetime) -> authority.Decision:
    private = complaint.safety_threat
    takes = may_take_down(by, complaint.account, complaint.topic, at, is_private=private)
    if private and not authority.sees_in_lists(by, StaffData.PRIVATE):
        return replace(takes, allowed=False)
    return takes


def may_work(complaint: Complaint, by: User, at: datetime) -> bool:
    """Whether somebody of the staff may take the steps of this complaint."""
    takes = _takes(complaint, by, at)
    return takes.allowed and not selectors.why_not_theirs(complaint, by)


def require_manager(complaint: Complaint, by: User, at: datetime) -> authority.Decision:
    """Some decisions are a team manager's; about a private complaint its officers', who alone know
    of it. Raises NotAuthorised, StepRefused.
    """
    decision = require_staff(complaint, by, at)
    if not complaint.safety_threat and not MANAGERS & set(authority.staff_roles(by)):
        raise StepRefused("A team manager has to do this: ask one of them.")
    return decision


def speaker(
    complaint: Complaint,
    by: User | None,
    action: facts.Action,
    at: datetime,
    heard: Heard | None,
) -> audit.Actor:
    """Who speaks for the customer, themselves or through staff who write it down.

    `by` None is the caller without a log-in whose complaint it is, through staff; without staff it
    is who holds the secret of a complaint that was lodged without a name, as the caller made sure.
    Raises NotAuthorised, and StepRefused for somebody without a name.
    """
    decision = require(complaint, by, action, at) if by is not None else None
    if heard is None:
        if by is None or decision is None:
            if complaint.lodged_by_id is not None:
                raise StepRefused("Say whose words these are.")
            return audit.Actor(name=complaint.caller_name, acted_as=NAMELESS)
        return authority.with_customer(by, decision)
    mine = require_listener(complaint, heard.staff, at)
    if by is None and not complaint.caller_name:
        raise StepRefused("Say whose words these are.")
    return audit.Actor(
        user_id=heard.staff.pk,
        name=str(heard.staff),
        acted_as=mine.role,
        authority=decision.authority if decision else "",
        for_whom=str(by or complaint.caller_name),
    )


def step(
    complaint: Complaint,
    act: Act,
    *,
    by: User | None,
    at: datetime,
    text: str = "",
    actor: audit.Actor | None = None,
    **how: Any,
) -> Event:
    """Move the complaint by the table and tell its history; `how` is what `happen` takes.

    Raises IllegalStep, and NotAuthorised where staff's own step is taken by somebody else.
    """
    if actor is None and by is not None and act in STAFF_ACTS:
        actor = authority.with_customer(by, require_staff(complaint, by, at))
    before = complaint.state
    complaint.state = LIFECYCLE.after(State(before), act)
    complaint.save(update_fields=["state"])
    _follow_up(complaint, at)
    return happen(
        complaint,
        act,
        by=by,
        at=at,
        text=text,
        actor=actor,
        before={"state": before},
        after={"state": complaint.state},
        **how,
    )


def is_again(
    complaint: Complaint, act: Happening, by: User | None, text: str, at: datetime
) -> bool:
    """Whether the same person told the same just before: a second click of one form."""
    return complaint.events.filter(
        act=act, by=by, text=text, at__range=(at - ONE_CLICK, at)
    ).exists()


def happen(
    complaint: Complaint,
    act: Act | Happening,
    *,
    by: User | None,
    at: datetime,
    text: str = "",
    actor: audit.Actor | None = None,
    heard: Heard | None = None,
    channel: str = "",
    notice: Notice | None = None,
    for_staff_only: bool = False,
    because: list[dict[str, Any]] | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Event:
    """Add a line to the complaint's history, and to the account's audit trail.

    What staff heard is theirs to have written and the customer's to have said.
    """
    in_their_words = heard or (actor is not None and actor.acted_as == NAMELESS)
    said_by = str(by or complaint.caller_name) if in_their_words else ""
    among_staff = for_staff_only and not complaint.safety_threat
    event = Event.objects.create(
        complaint=complaint,
        at=at,
        by=heard.staff if heard else by,
        act=act,
        text=text,
        channel=heard.channel if heard else channel,
        said_by=said_by,
        notice=notice,
        for_staff_only=for_staff_only,
        because=because or [],
    )
    record(
        account_id=complaint.account_id,
        at=at,
        action=f"complaint_{act.value}",
        actor=actor or _actor(heard.staff if heard else by),
        # What shares its subject with a private entry is hidden with it: not the whole complaint.
        subject="" if among_staff else complaint.reference,
        before=before,
        after={"complaint": complaint.reference, **(after or {})} if among_staff else after,
        because=because,
        is_private=complaint.safety_threat or for_staff_only,
    )
    return event


def _actor(by: User | None) -> audit.Actor:
    return audit.Actor(user_id=by.pk, name=str(by)) if by else audit.Actor()


def _follow_up(complaint: Complaint, at: datetime) -> None:
    """While it waits for the customer, we owe asking again; whatever moves it ends that."""
    subject = complaint.reference
    drop_deadlines(subject=subject, at=at, duties=[Duty.FOLLOW_UP, Duty.DECIDE_CLOSING])
    if complaint.answer_until is not None:
        complaint.answer_until = None
        complaint.save(update_fields=["answer_until"])
    if complaint.state in WAITING:
        follow_up_clock(complaint, at=at)


def require_open(complaint: Complaint) -> None:
    """Raise StepRefused, with what to do first, for a complaint about which nothing is owed."""
    if complaint.state == State.MERGED:
        raise StepRefused(
            f"It is answered together with {complaint.merged_into}: take the step there, or "
            "answer this one by itself first."
        )
    if complaint.state in OVER:
        raise StepRefused("It is over: reopen it first.")


def current_proposal(complaint: Complaint) -> Proposal | None:
    """The answer that was proposed and not replied to yet."""
    return complaint.proposals.filter(answer=Answer.OPEN).last()


def accepted_proposal(complaint: Complaint) -> Proposal | None:
    """The answer that the customer accepted."""
    return complaint.proposals.filter(answer=Answer.ACCEPTED).last()


def letter(
    complaint: Complaint,
    headline: str,
    text: str,
    *,
    at: datetime,
    told_by: Channel | None = None,
    names_ombudsman: bool = True,
    names_regulator: bool = False,
    meets: tuple[Duty, ...] = (),
    day: date | None = None,
    day_label: str = "",
    attempts: list[str] | None = None,
    because: list[dict[str, Any]] | None = None,
) -> Notice | None:
    """Tell the customer by email, or note that staff told it by `told_by`; return the email.

    The duties that it `meets`, and naming the ombudsman, are met when the email is given, or now
    where staff told it. Without `told_by` it goes as letters about this complaint go. Raises
    StepRefused where there is no email to send one to.
    """
    way = told_by or Channel(complaint.told_by)
    is_answer = Duty.PROPOSE in meets
    if is_answer:
        meets = (*meets, *ANSWERED)
    duties = (*meets, Duty.NAME_OMBUDSMAN) if names_ombudsman else meets
    words = {
        "because": because,
        "headline": headline,
        "body": text,
        "names_ombudsman": names_ombudsman,
        "names_regulator": complaint.topic == Topic.PRIVACY and (is_answer or names_regulator),
        "day": day,
        "day_label": day_label,
        "attempts": attempts or [],
    }
    for other in _answered_with(complaint):
        _write(other, at, **words)
    if way != Channel.EMAIL:
        for duty in duties:
            meet_deadline(subject=complaint.reference, duty=duty, at=at)
        return None
    notice = _write(complaint, at, **words)
    for duty in duties:
        discharge(complaint, duty, notice)
    return notice


def _answered_with(complaint: Complaint) -> QuerySet[Complaint]:
    """Those of other persons that are answered with this one: what is told of it is told them."""
    rows = complaint.merged.filter(state=State.MERGED).exclude(lodged_by=complaint.lodged_by_id)
    return rows.select_related("account__customer__provider", "lodged_by")


def _write(complaint: Complaint, at: datetime, **words: Any) -> Notice:
    to, name = addressee(complaint, at)
    return write(
        "complaint_letter",
        account=complaint.account,
        to=to,
        name=name,
        at=at,
        link=Link("complaint", complaint.reference),
        belongs_to=complaint.reference,
        replies_to="complaints_email",
        reference=complaint.reference,
        **words,
    )


def way_told(complaint: Complaint, told_by: Channel | None) -> str:
    """The channel that goes into the history: empty for an email of the portal's own."""
    way = told_by or Channel(complaint.told_by)
    return "" if way == Channel.EMAIL else way.value


def addressee(complaint: Complaint, at: datetime) -> tuple[str, str]:
    """The email address and the name to write to. Raises StepRefused where there is none."""
    if complaint.caller_name:
        raise StepRefused(
            f"{complaint.caller_name} has no log-in here: tell them as they asked, and say how "
            "you told them."
        )
    return written_to(complaint, at)
