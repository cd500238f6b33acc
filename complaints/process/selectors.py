"""What a complaint lacks before it may end: consent, attempts, thought, a second person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from complaints.clocks.services import UNREACHABLE, binding_of, foretell_carrying_out
from complaints.tickets.models import Complaint, Event, Proposal, Remedy
from complaints.tickets.selectors import known_to_staff
from complaints.tickets.states import (
    IN_HAND,
    IN_THE_BACKGROUND,
    LIFECYCLE,
    ORDERED,
    OVER,
    WAITING,
    Act,
    Answer,
    Ending,
    Happening,
    State,
    Topic,
)
from parties.accounts.selectors import law
from parties.authority.selectors import local_day, sees_in_lists, staff_roles
from parties.people.models import User
from parties.people.selectors import standing_in_for
from parties.people.states import StaffData, StaffRole
from records.deadlines.models import Deadline
from records.deadlines.states import Status
from records.notices.states import Status as NoticeStatus
from terms import rules
from terms.calendar import Channel, in_words
from terms.calendar import State as Region
from terms.clause import Source, as_json
from terms.profile import TermsSilent

# Who works on complaints about privacy, and who on all others.
PRIVACY_DESK = frozenset({StaffRole.PRIVACY, StaffRole.ADMINISTRATOR})
DESK = frozenset({StaffRole.FRONT_LINE, StaffRole.TEAM_MANAGER})
# What the portal could not tell by itself.
STUCK = (NoticeStatus.FAILED, NoticeStatus.BY_HAND)
# The customer's own words: whoever speaks is reached.
SPOKEN = (
    Happening.MESSAGE,
    Happening.CONSENT,
    Act.CUSTOMER_ANSWERS,
    Act.ACCEPT,
    Act.DECLINE,
    Act.REOPEN,
)


def require_act(complaint: Complaint, act: Act) -> State:
    """Return where an act would lead. Raises IllegalStep where the table has none."""
    after: State = LIFECYCLE.after(State(complaint.state), act)
    return after


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """The attempts to reach the customer since their last words, and what is still missing."""

    lines: list[str]
    days: list[date]
    enough: bool
    missing: str
    because: list[dict[str, Any]]


def attempts(complaint: Complaint, on: date) -> Attempts:
    """The attempts so far, against what the law asks: on different days, within a time."""
    figures, cite = law(UNREACHABLE, on)
    rows = list(_since_last_words(complaint).filter(act=Happening.ATTEMPT))
    days = sorted({local_day(complaint.account, row.at) for row in rows})
    wanted, within = figures["attempts"], timedelta(days=figures["within_days"])
    window = max(
        ([day for day in days if first <= day <= first + within] for first in days),
        key=len,
        default=[],
    )
    enough = len(window) >= wanted
    step = f"{len(window)} of {wanted} attempts on different days, within {within.days} days"
    return Attempts(
        lines=[_line(complaint, row) for row in rows],
        days=days,
        enough=enough,
        missing="" if enough else f"Not enough attempts yet: {step}.",
        because=cite(step),
    )


def _line(complaint: Complaint, row: Event) -> str:
    day = in_words(local_day(complaint.account, row.at))
    return f"{day}: {row.get_channel_display().lower()}"


def _since_last_words(complaint: Complaint) -> Any:
    events = complaint.events.order_by("at", "pk")
    theirs = Q(by__is_staff=False) | ~Q(said_by="")
    last = events.filter(theirs, act__in=SPOKEN).last()
    return events.filter(at__gt=last.at) if last else events


@dataclass(frozen=True, kw_only=True)
class Closing:
    """Whether a complaint may be closed now, how, and what is missing if not."""

    allowed: bool
    ending: Ending = Ending.CONSENT
    missing: str = ""
    because: list[dict[str, Any]] = field(default_factory=list)


def closing(complaint: Complaint, on: date) -> Closing:
    """Whether the complaint may be closed on a day (VP-CMP-19, RF-CMP-10, -11).

    Where neither terms nor law say, the law's whole path to the customer counts all the same.
    """
    tried = attempts(complaint, on)
    consent = _consented(complaint)
    until = complaint.answer_until
    path_done = until is not None and on > until
    bound = binding_of(complaint, on=on, unreachable_path_done=path_done)
    try:
        answer = bound.decide(
            rules.complaint_close,
            consent=consent,
            tried_to_contact=bool(tried.days),
            customer_replied=False,
        )
    except TermsSilent as silence:
        allowed, because = consent or path_done, as_json(silence.because)
    else:
        house = all(
            reason.clause is None or reason.clause.source in (Source.DEFAULT, Source.SILENT)
            for reason in answer.because
        )
        allowed = bool(answer.may_close) or (house and path_done)
        because = as_json(answer.because)
    if allowed:
        return Closing(
            allowed=True,
            ending=Ending.CONSENT if consent else Ending.UNREACHABLE,
            because=because,
        )
    return Closing(allowed=False, missing=_what_is_missing(tried, until, on), because=because)


def _what_is_missing(tried: Attempts, until: date | None, on: date) -> str:
    if until is not None and on <= until:
        return (
            f"The customer may answer until the end of {in_words(until)}: close it after that, "
            "or with their consent."
        )
    if tried.enough:
        return "It can't be closed yet. Missing: the letter that lists the attempts, or consent."
    return (
        "It can't be closed yet. Missing: the customer's consent. If nobody can be reached: "
        f"{tried.missing}"
    )


def _consented(complaint: Complaint) -> bool:
    consents = complaint.events.filter(act=Happening.CONSENT, at__gte=complaint.starts_at)
    last = consents.order_by("at", "pk").last()
    if last is None:
        return False
    # Unhappy words after it take the consent back.
    later = complaint.events.filter(at__gt=last.at, act__in=[Act.DECLINE, Act.REOPEN])
    return not later.exists()


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """How far the refusal of a vexatious complaint has come."""

    considered: Event | None
    signed: bool


def refusal(complaint: Complaint) -> Refusal:
    """The thought given to a refusal since the days began, and whether another person signed."""
    rows = complaint.events.filter(at__gte=complaint.starts_at).order_by("at", "pk")
    considered = rows.filter(act=Happening.CONSIDER_REFUSAL).last()
    if considered is None:
        return Refusal(considered=None, signed=False)
    signed = rows.filter(act=Happening.SIGN_REFUSAL, at__gte=considered.at)
    return Refusal(considered=considered, signed=signed.exclude(by=considered.by).exists())


@dataclass(frozen=True, kw_only=True)
class CarryingOut:
    """By when an answer would be carried out if it were accepted now, and why; None: unknown."""

    day: date | None
    because: list[dict[str, Any]]


def carrying_out(reference: str, at: datetime) -> CarryingOut | None:
    """What accepting the open answer of a complaint would start; None where none is open."""
    found = Proposal.objects.filter(complaint__reference=reference, answer=Answer.OPEN)
    proposal = found.select_related("complaint__account__customer__provider").first()
    if proposal is None:
        return None
    day, because = foretell_carrying_out(proposal.complaint, proposal, at=at)
    return CarryingOut(day=day, because=because)


def parts_to_do(complaint: Complaint) -> QuerySet[Remedy]:
    """What was agreed, is not done, and has to be ordered or noted by staff before the end."""
    return Remedy.objects.filter(
        proposal__complaint=complaint,
        proposal__answer=Answer.ACCEPTED,
        proposal__complaint__state=State.IMPLEMENTING,
        kind__in=ORDERED,
        done_at__isnull=True,
        fault__isnull=True,
    ).select_related("service__plan", "equipment__service")


def with_parts_to_do(rows: QuerySet[Complaint]) -> QuerySet[Complaint]:
    """Those in which a technician or a piece of equipment was agreed on and is still to come."""
    parts = Remedy.objects.filter(
        proposal__complaint=OuterRef("pk"),
        proposal__answer=Answer.ACCEPTED,
        kind__in=ORDERED,
        done_at__isnull=True,
    )
    return rows.filter(Exists(parts), state=State.IMPLEMENTING)


def refused_before(complaint: Complaint) -> QuerySet[Complaint]:
    """What was refused as vexatious on this account, and may be named to who complains now.

    Nothing that is private, and nothing where nobody gave a name: others stand on that account.
    """
    rows = Complaint.objects.filter(
        account=complaint.account_id,
        ending=Ending.VEXATIOUS,
        safety_threat=False,
        lodged_by__isnull=False,
    )
    if complaint.lodged_by_id is None or complaint.caller_name:
        return rows.none()
    return rows.exclude(pk=complaint.pk).order_by("-closed_at")


def why_not_together(one: Complaint, two: Complaint) -> str:
    """Why two complaints can't be answered together, and what to do instead, or ""."""
    if why := why_not_linked(one, two):
        return why
    for row in (one, two):
        if row.state not in IN_HAND or row.with_ombudsman_since is not None:
            return (
                f"{row} is {row.get_state_display().lower()}: only what is acknowledged and not "
                "answered yet goes on with another. Name one beside the other instead."
            )
        if row.lodged_by_id is None or row.caller_name or row.told_by != Channel.EMAIL:
            return (
                f"Who made {row} gets no email from here, so they would not hear of it. Name one "
                "beside the other instead."
            )
    if (one.topic == Topic.PRIVACY) != (two.topic == Topic.PRIVACY):
        return "One of them is about privacy and is its officer's: name one beside the other."
    return ""


def why_not_linked(one: Complaint, two: Complaint) -> str:
    """Why two complaints can't be named beside each other, or ""."""
    if one.pk == two.pk:
        return "That is this complaint itself: choose another."
    if one.account_id != two.account_id:
        return "That complaint is of another account: choose one of this account."
    if one.safety_threat or two.safety_threat:
        return "What is about somebody's safety stands by itself: nothing goes with it."
    if one.lodged_by_id is None or two.lodged_by_id is None:
        return "One of them came without a name: whose it is would be guessed. Leave it by itself."
    return ""


def in_order(one: Complaint, two: Complaint) -> tuple[Complaint, Complaint]:
    """Of two that go on together the one that is answered, whose days began earlier, first."""
    first, second = sorted((one, two), key=lambda row: (row.starts_at, row.pk))
    return first, second


def others_like(complaint: Complaint, *, in_hand: bool) -> QuerySet[Complaint]:
    """Those of the account that may go with a complaint, the newest first; never a private one.

    `in_hand`: only those that can be answered together with it.
    """
    if complaint.safety_threat or complaint.lodged_by_id is None:
        return Complaint.objects.none()
    rows = Complaint.objects.filter(
        account=complaint.account_id, safety_threat=False, lodged_by__isnull=False
    ).exclude(pk=complaint.pk)
    if in_hand:
        rows = rows.filter(
            state__in=IN_HAND,
            with_ombudsman_since__isnull=True,
            caller_name="",
            told_by=Channel.EMAIL,
        )
        is_privacy = Q(topic=Topic.PRIVACY)
        rows = rows.filter(is_privacy if complaint.topic == Topic.PRIVACY else ~is_privacy)
    return rows.order_by("-received_at")


def missed(rows: QuerySet[Complaint], at: datetime) -> QuerySet[Complaint]:
    """Of these complaints those that are open and of which a day was missed that is still owed."""
    late = owed_now().filter(Q(due_at__lte=at) | Q(status=Status.MISSED))
    late = late.exclude(duty__in=IN_THE_BACKGROUND)
    return rows.exclude(state__in=OVER).filter(Exists(late))


def due(rows: QuerySet[Complaint], at: datetime, days: int = 0) -> QuerySet[Complaint]:
    """Those open ones that owe something by the end of that many days from now, or earlier.

    Today is the customer's own: Perth's ends hours after Sydney's.
    """
    near = Q(pk__in=[])
    for region in Region:
        until = at.astimezone(region.zone).date() + timedelta(days=days)
        near |= Q(account__state=region.value, due_on__lte=until)
    owed = owed_now().exclude(duty__in=IN_THE_BACKGROUND)
    return rows.exclude(state__in=OVER).filter(Exists(owed.filter(near)))


def owed_now() -> QuerySet[Deadline]:
    """What is owed about the outer query's complaint; a later promise covers an earlier miss."""
    again = Deadline.objects.filter(
        subject=OuterRef("subject"), duty=OuterRef("duty"), status=Status.OPEN
    )
    owed = Q(status=Status.OPEN) | (Q(status=Status.MISSED) & ~Exists(again))
    return Deadline.objects.filter(owed, subject=OuterRef("reference"))


def first_owed(reference: str) -> Deadline | None:
    """What is owed first about a complaint and not only in the background.

    Of each duty its newest day counts: a day that was told later stands in place of one before.
    """
    newest = Deadline.objects.filter(subject=reference).exclude(status=Status.SUPERSEDED)
    later = newest.filter(duty=OuterRef("duty"), pk__gt=OuterRef("pk"))
    owed = newest.filter(~Exists(later), status__in=(Status.OPEN, Status.MISSED))
    return owed.exclude(duty__in=IN_THE_BACKGROUND).order_by("due_at", "pk").first()


def not_reached(rows: QuerySet[Complaint]) -> QuerySet[Complaint]:
    """Those whose acknowledgement did not arrive, or has to be told by staff."""
    return rows.filter(state=State.RECEIVED, acknowledgement__status__in=STUCK)


def waiting(rows: QuerySet[Complaint]) -> QuerySet[Complaint]:
    """Those that wait for the customer."""
    return rows.filter(state__in=WAITING)


def to_decide(rows: QuerySet[Complaint]) -> QuerySet[Complaint]:
    """Those that wait for a manager: the customer asked for one, or they were brought to one."""
    decided = Event.objects.filter(
        complaint=OuterRef("pk"),
        act=Happening.DECIDE_ESCALATION,
        at__gte=OuterRef("escalated_at"),
    )
    brought = rows.exclude(state__in=OVER).filter(escalated_at__isnull=False)
    return brought.exclude(Exists(decided))


def why_not_theirs(complaint: Complaint, user: User) -> str:
    """Why somebody of the staff may not work on a complaint that is not for everybody, or "".

    One about privacy is the privacy officer's, and a team manager's once it is brought to one
    (VP-PRV-15, VP-CMP-21); one about somebody's safety theirs alone, whoever else is asked.
    """
    if complaint.safety_threat:
        sees = sees_in_lists(user, StaffData.PRIVATE)
        return "" if sees else "There is no such complaint that you may work on."
    if complaint.topic != Topic.PRIVACY or user.is_superuser:
        return ""
    roles = set(staff_roles(user))
    if roles & PRIVACY_DESK:
        return ""
    if StaffRole.TEAM_MANAGER in roles and complaint.escalated_at is not None:
        return ""
    return "A complaint about privacy is the privacy officer's: note what you know, they go on."


def in_hand_of(rows: QuerySet[Complaint], user: User, at: datetime) -> QuerySet[Complaint]:
    """The open ones that somebody has in hand today: their own, and of whom they stand in for."""
    whose = [user, *standing_in_for(user, at)]
    return rows.filter(assigned_to__in=whose).exclude(state__in=OVER)


def workable(rows: QuerySet[Complaint], user: User) -> QuerySet[Complaint]:
    """Those that are this person's to work on; whoever only reads them counts all."""
    roles, privacy = set(staff_roles(user)), Q(topic=Topic.PRIVACY)
    rows = known_to_staff(user, rows)
    if user.is_superuser or StaffRole.ADMINISTRATOR in roles:
        return rows
    works = roles & DESK
    if StaffRole.PRIVACY in roles:
        return rows if works else rows.filter(privacy | Q(safety_threat=True))
    if StaffRole.TEAM_MANAGER in roles:
        return rows.exclude(privacy & Q(escalated_at__isnull=True))
    return rows.exclude(privacy) if works else rows
