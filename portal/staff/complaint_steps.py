"""The steps that staff take about a complaint: when each is there, what it asks, what it calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from complaints.clocks.services import owed
from complaints.ombudsman import services as ombudsman
from complaints.ombudsman.selectors import open_referral
from complaints.process import selectors
from complaints.process import services as process
from complaints.tickets.models import Complaint
from complaints.tickets.services import may_take_down
from complaints.tickets.states import ENDED, IN_HAND, OPEN, OVER, Answer, Duty, State
from parties.authority.selectors import OVER as STANDS_NO_MORE
from parties.authority.selectors import (
    local_day,
    people,
    staff_roles,
    standing_status,
)
from parties.people.models import User
from parties.people.states import StaffRole

from . import complaints_end_forms as ends
from . import complaints_forms as forms
from . import complaints_offer_forms as offers
from . import complaints_together_forms as together
from .complaints_heard import HeardForm

MANAGERS = frozenset({StaffRole.TEAM_MANAGER, StaffRole.ADMINISTRATOR})


@dataclass(frozen=True)
class Situation:
    """What decides which steps are there: the complaint, who looks, and when."""

    complaint: Complaint
    user: User
    at: datetime

    def stands(self, *states: State) -> bool:
        return self.complaint.state in states

    @property
    def is_open(self) -> bool:
        return self.complaint.state not in OVER

    @property
    def waits_for_task(self) -> bool:
        """Whether the customer has to do their own part first."""
        accepted = self.complaint.proposals.filter(answer=Answer.ACCEPTED).last()
        return bool(
            self.stands(State.IMPLEMENTING)
            and accepted
            and accepted.customer_task
            and accepted.task_done_at is None
        )

    @property
    def waits(self) -> bool:
        states = (State.WAITING_FOR_CUSTOMER, State.PROPOSED, State.RESOLVED)
        return self.stands(*states) or self.waits_for_task

    @property
    def is_manager(self) -> bool:
        """Whether they decide as a manager; about a private complaint its officers do."""
        private = self.complaint.safety_threat
        return private or bool(MANAGERS & set(staff_roles(self.user)))

    @property
    def to_answer_there(self) -> bool:
        """Whether a letter of the ombudsman is open and not answered."""
        referral = open_referral(self.complaint)
        return referral is not None and referral.answered_at is None

    def owes(self, duty: Duty) -> bool:
        return owed(self.complaint, duty).exists()


@dataclass(frozen=True)
class Step:
    """One step: its name in the address, its words, its form, its one call."""

    slug: str
    label: str
    call: Callable[..., Any] | None
    form: type[forms.StepForm] | None
    here: Callable[[Situation], bool]
    intro: str = ""
    done: str = "Done."


ANSWERABLE = (State.INVESTIGATING, State.WAITING_FOR_CUSTOMER)
REFUSABLE = (*IN_HAND, State.PROPOSED)

STEPS: dict[str, Step] = {
    step.slug: step
    for step in (
        Step(
            "acknowledge",
            "Acknowledge another way",
            process.acknowledge_by_hand,
            forms.AcknowledgeForm,
            lambda now: now.stands(State.RECEIVED),
            "Tell the customer the reference and the day of our answer, then say how and when.",
            "Acknowledged.",
        ),
        Step(
            "investigate",
            "Start looking into it",
            process.start_investigation,
            None,
            lambda now: now.stands(State.ACKNOWLEDGED),
            "This assigns the complaint to you.",
            "It is yours now.",
        ),
        Step(
            "propose",
            "Propose an answer",
            process.propose_resolution,
            offers.ProposeForm,
            lambda now: now.stands(*ANSWERABLE),
            "The letter also names the ombudsman.",
            "Proposed.",
        ),
        Step(
            "amend",
            "Replace the proposed answer",
            process.amend_proposal,
            offers.ProposeForm,
            lambda now: now.stands(State.PROPOSED),
            "The customer gets the new answer; the first one stays in the history.",
            "Replaced.",
        ),
        Step(
            "heard",
            "Write down what the customer said",
            None,
            HeardForm,
            lambda now: True,
            done="Written down.",
        ),
        Step(
            "ask_customer",
            "Ask the customer",
            process.ask_customer,
            forms.TellForm,
            lambda now: now.stands(*ANSWERABLE),
            done="Asked.",
        ),
        Step(
            "task_done",
            "The customer did their part",
            process.finish_task,
            None,
            lambda now: now.waits_for_task,
            "Our days to carry it out start now.",
        ),
        Step(
            "carry_out",
            "Do a part of it",
            process.carry_out_part,
            forms.CarryOutForm,
            lambda now: selectors.parts_to_do(now.complaint).exists(),
            "A technician is ordered as a fault that costs nothing; a new piece is noted and the "
            "old one asked back. All else that was agreed is done when you say that it is "
            "carried out.",
        ),
        Step(
            "resolve",
            "Say that it is carried out",
            process.resolve_complaint,
            forms.ResolveForm,
            lambda now: now.stands(State.IMPLEMENTING),
            "What was agreed of a credit, a late charge, another plan and a letter of apology is "
            "given with this step.",
            "Carried out.",
        ),
        Step(
            "confirm",
            "Confirm in writing",
            process.confirm_outcome,
            forms.TellForm,
            lambda now: now.stands(State.RESOLVED) and now.owes(Duty.CONFIRM),
            done="Confirmed.",
        ),
        Step(
            "close",
            "Close the complaint",
            process.close_complaint,
            ends.CloseForm,
            lambda now: (
                now.is_open
                and not now.stands(State.RECEIVED)
                and now.complaint.with_ombudsman_since is None
            ),
            done="Closed.",
        ),
        Step(
            "delay",
            "Explain a delay",
            process.explain_delay,
            forms.DelayForm,
            lambda now: now.stands(State.RECEIVED, *IN_HAND),
            "Explain why, and give a new day. Our answer is then due by that day.",
            "Explained.",
        ),
        Step(
            "attempt",
            "Note an attempt to reach them",
            process.record_attempt,
            forms.AttemptForm,
            lambda now: now.waits,
            done="Noted.",
        ),
        Step(
            "closing_letter",
            "Write before closing",
            process.send_closing_letter,
            forms.TellForm,
            lambda now: now.waits and now.complaint.answer_until is None,
            "The letter lists the attempts, says by when to answer, and names the ombudsman.",
            "Written.",
        ),
        Step(
            "urgent",
            "It is urgent",
            process.learn_urgency,
            forms.UrgencyForm,
            lambda now: now.is_open and not now.complaint.is_urgent,
            "Its days run from receipt, so they may end today.",
            "Its days are shorter now.",
        ),
        Step(
            "files",
            "Add files",
            process.add_files,
            forms.FilesForm,
            lambda now: True,
            "A letter that was scanned, photos that came by email.",
            "Added.",
        ),
        Step(
            "cause",
            "Name the cause",
            process.name_cause,
            forms.CauseForm,
            lambda now: now.stands(State.IMPLEMENTING, State.RESOLVED, *ENDED),
            "For the figures and the monthly review; the customer does not see it.",
            "Named.",
        ),
        Step(
            "keep",
            "Keep its records",
            process.keep_records,
            forms.NoteForm,
            lambda now: not now.complaint.kept_because and now.is_manager,
            "They stay beyond the time that the law sets, until a manager lets them go: for a "
            "court, a claim or a regulator. Say which.",
            "They are kept.",
        ),
        Step(
            "release",
            "Let its records go",
            process.release_records,
            forms.NoteForm,
            lambda now: bool(now.complaint.kept_because) and now.is_manager,
            "Once their time is over they can be erased again. Say why nothing needs them now.",
            "Nothing keeps them any longer.",
        ),
        Step(
            "move",
            "Move to their account",
            process.move_to_account,
            forms.MoveForm,
            lambda now: now.complaint.lodged_by_id is None,
            "Once they prove that it is theirs, by its secret, and who they are, by a fresh "
            "identity check on their account. Its days stay as they were told.",
            "Moved. The secret opens it no longer.",
        ),
        Step(
            "merge",
            "Answer it with another",
            process.merge_complaints,
            together.MergeForm,
            lambda now: (
                now.stands(*IN_HAND)
                and now.complaint.with_ombudsman_since is None
                and selectors.others_like(now.complaint, in_hand=True).exists()
            ),
            "Two complaints about the same matter get one answer, by the earlier of their days. "
            "Nothing that either was promised is lost, and both persons are told.",
            "They are answered together from now on.",
        ),
        Step(
            "split",
            "Answer it by itself again",
            process.split_complaint,
            None,
            lambda now: now.stands(State.MERGED),
            "Its own days run again from when it came, and both persons are told.",
            "It is answered by itself again.",
        ),
        Step(
            "link",
            "Name another beside it",
            process.link_complaints,
            together.LinkForm,
            lambda now: selectors.others_like(now.complaint, in_hand=False).exists(),
            "For staff alone: each keeps its own answer and days.",
            "They are named beside each other.",
        ),
        Step(
            "unlink",
            "Name it no longer beside another",
            process.unlink_complaints,
            together.UnlinkForm,
            lambda now: now.complaint.related.exists(),
            done="It is named there no longer.",
        ),
        Step("note", "Note", process.add_note, forms.NoteForm, lambda now: True, done="Noted."),
        Step(
            "assign",
            "Hand over",
            process.assign_complaint,
            forms.AssignForm,
            lambda now: now.is_open,
            done="Handed over.",
        ),
        Step(
            "escalate",
            "Bring to a manager",
            process.escalate_complaint,
            forms.NoteForm,
            lambda now: now.is_open and now.complaint.escalated_at is None,
            done="The managers are told.",
        ),
        Step(
            "explain_escalation",
            "I said how it goes on",
            process.explain_escalation,
            forms.ExplainedForm,
            lambda now: now.owes(Duty.EXPLAIN_ESCALATION),
            "A manager decides whether to take it over or to hurry it, and tells them. The other "
            "dates stay. Name the ombudsman, too: 1800 062 058.",
            "Noted.",
        ),
        Step(
            "decide",
            "Decide as a manager",
            process.decide_escalation,
            forms.DecideForm,
            lambda now: now.is_open and now.complaint.escalated_at is not None and now.is_manager,
            done="Decided, and the customer is told.",
        ),
        Step(
            "consider",
            "Consider a refusal",
            process.consider_refusal,
            forms.NoteForm,
            lambda now: (
                now.stands(*REFUSABLE)
                and now.complaint.escalated_at is not None
                and now.is_manager
            ),
            "Why it is frivolous, vexatious or abusive, after careful thought.",
        ),
        Step(
            "sign",
            "Sign the refusal",
            process.sign_refusal,
            None,
            lambda now: now.stands(*REFUSABLE) and _to_sign(now),
            "You are the second person who thinks that it may be refused.",
            "Signed.",
        ),
        Step(
            "refuse",
            "Refuse with reasons",
            process.refuse_complaint,
            ends.RefuseForm,
            lambda now: now.stands(*REFUSABLE) and now.complaint.with_ombudsman_since is None,
            "This ends the complaint. The letter gives your reasons, and names the manager and "
            "the ombudsman. What is contested becomes payable.",
            "Refused.",
        ),
        Step(
            "refused_before",
            "It was refused before",
            process.answer_as_refused,
            ends.RefusedBeforeForm,
            lambda now: (
                now.stands(*REFUSABLE)
                and now.is_manager
                and now.complaint.with_ombudsman_since is None
                and selectors.refused_before(now.complaint).exists()
            ),
            "Only for the same matter, and not if it comes through the ombudsman. This ends the "
            "complaint. The letter names the refusal and the ombudsman; a new matter is taken.",
            "Ended.",
        ),
        Step(
            "refer",
            "The ombudsman has it",
            ombudsman.refer_complaint,
            ends.ReferForm,
            lambda now: True,
            "Nothing is cut off because of it, and what is contested is not chased meanwhile. "
            "What was over is open again.",
            "Noted. The managers are told.",
        ),
        Step(
            "answer_ombudsman",
            "Answer the ombudsman",
            ombudsman.answer_ombudsman,
            forms.NoteForm,
            lambda now: now.to_answer_there,
            "What we answered. It waits at the ombudsman's then.",
            "Answered.",
        ),
        Step(
            "outcome",
            "Outcome at the ombudsman's",
            ombudsman.record_outcome,
            offers.OutcomeForm,
            lambda now: now.complaint.with_ombudsman_since is not None,
            "With nothing to be done, the complaint ends and what is contested becomes payable.",
        ),
        Step(
            "name_ombudsman",
            "I named the ombudsman",
            process.name_ombudsman,
            forms.NamedForm,
            lambda now: now.owes(Duty.NAME_OMBUDSMAN),
        ),
    )
}


def _to_sign(now: Situation) -> bool:
    so_far = selectors.refusal(now.complaint)
    considered = so_far.considered
    return considered is not None and not so_far.signed and considered.by_id != now.user.pk


# What the customer can have said, the words for it, what is called, and in which states.
MEANINGS: dict[str, tuple[str, Callable[..., Any], tuple[State, ...]]] = {
    "accept": ("They accept the answer", process.accept_proposal, (State.PROPOSED,)),
    "decline": ("They decline the answer", process.decline_proposal, (State.PROPOSED,)),
    "message": ("They told us something, or answered", process.add_message, OPEN),
    "task_done": ("They did their part", process.finish_task, (State.IMPLEMENTING,)),
    "consent": (
        "They agree that it is closed",
        process.agree_to_close,
        tuple(one for one in OPEN if one not in (State.RECEIVED, State.IMPLEMENTING)),
    ),
    "withdraw": (
        "They withdraw it",
        process.withdraw_complaint,
        tuple(one for one in OPEN if one != State.RESOLVED),
    ),
    "manager": ("They ask for a manager", process.ask_for_manager, OPEN),
    "reopen": (
        "It is not settled: open it again",
        process.reopen_complaint,
        (State.RESOLVED, State.CLOSED, State.WITHDRAWN),
    ),
}


def meanings(now: Situation) -> dict[str, tuple[str, Any]]:
    """What the customer can have said as it stands now."""
    found = {
        key: (label, call)
        for key, (label, call, states) in MEANINGS.items()
        if now.stands(*states)
    }
    if not now.waits_for_task:
        found.pop("task_done", None)
    if now.complaint.escalated_at is not None:
        found.pop("manager", None)
    return found


def speakers(complaint: Complaint, at: datetime) -> list[User]:
    """Who may be speaking: the people of the account; for a private complaint its lodger alone."""
    if complaint.caller_name or complaint.lodged_by is None:
        return []
    if complaint.safety_threat:
        return [complaint.lodged_by]
    return people_here(complaint.account, at)


def people_here(account: Any, at: datetime) -> list[User]:
    """The people who stand on the account now, the holder first."""
    on = local_day(account, at)
    rows = [one for one in people(account) if standing_status(one, on, at) not in STANDS_NO_MORE]
    rows.sort(key=lambda one: one.role != "holder")
    return list({one.user_id: one.user for one in rows}.values())


# What any of the desk may add to a complaint that others work on.
FOR_LISTENERS = ("heard", "files", "note", "escalate")
# What is answered with another is worked there.
FOR_MERGED = ("split", "link", "unlink", "files", "note")


def steps_now(now: Situation) -> list[Step]:
    """The steps that are possible now for who looks, the likeliest first."""
    theirs = process.may_work(now.complaint, now.user, now.at)
    listens = may_take_down(now.user, now.complaint.account, now.complaint.topic, now.at).allowed
    return [
        step
        for step in STEPS.values()
        if (theirs or (listens and step.slug in FOR_LISTENERS))
        and (step.slug in FOR_MERGED or not now.stands(State.MERGED))
        and step.here(now)
    ]
