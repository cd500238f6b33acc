"""Whatever staff and customers do, and in whatever order, no complaint is ever stuck or lost."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints.ombudsman import services as ombudsman
from complaints.ombudsman.states import Level, Outcome
from complaints.process import services as process
from complaints.process.selectors import first_owed
from complaints.tickets.models import Complaint, Remedy
from complaints.tickets.states import ENDED, LIFECYCLE, OPEN, OVER, Act, Ending, RemedyKind, State
from contracts.requests.models import Fault
from contracts.requests.services import FaultRefused, close_fault
from contracts.requests.states import OPEN_FAULT
from contracts.supply.models import Service
from parties.people.models import User
from parties.people.states import StaffRole
from records.deadlines.models import Deadline
from terms.calendar import Channel
from terms.calendar import State as Region
from terms.lifecycle import IllegalStep
from tests.complaints.story import Story, tell
from tests.world import make_service, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
REFUSED = (process.StepRefused, IllegalStep, FaultRefused)
START = "2027-02-01 10:00"
BY_HAND = {"told_by": Channel.PHONE}


class Walk:
    """A story in which every step is tried at some hour, allowed or not."""

    def __init__(self, story: Story, service: Service, refused: Complaint) -> None:
        self.story, self.service, self.refused = story, service, refused
        story.lodge(START)
        self.first = story.reference
        self.other = ""
        self.at = story.when(START)
        self.broken: set[int] = set()

    def try_(self, act: str, hours: int) -> None:
        """Try one step some hours later; what is refused leaves everything as it was."""
        self.at += timedelta(hours=hours)
        before = self.story.complaint.state
        try:
            with transaction.atomic():
                self.steps()[act]()
        except REFUSED:
            assert self.story.complaint.state == before
        self.check()

    def do(self, name: str, **facts: Any) -> None:
        given = {"by": self.story.works} | facts
        getattr(process, name)(reference=self.story.reference, at=self.at, **given)

    def hear(self, name: str, **facts: Any) -> None:
        self.do(name, by=self.story.world.holder, heard=self.story.said, **facts)

    def steps(self) -> dict[str, Any]:
        story, at = self.story, self.at
        day = at.astimezone(Region(story.world.account.state).zone).date()
        text, mine = f"Words of {at}.", {"reference": story.reference, "by": story.works}
        return {
            "sweep": lambda: story.sweep(f"{at:%Y-%m-%d %H:%M}"),
            "acknowledge": lambda: self.do("acknowledge_by_hand", channel=Channel.PHONE),
            "investigate": lambda: self.do("start_investigation"),
            "ask": lambda: self.do("ask_customer", text=text),
            "answer": lambda: self.hear("add_message", text=text),
            "propose": lambda: self.do("propose_resolution", text=text),
            "propose_by_phone": lambda: self.do("propose_resolution", text=text, **BY_HAND),
            "propose_gifts": lambda: self.do("propose_resolution", text=text, offer=self.gifts()),
            "order": lambda: self.order(),
            "visited": lambda: self.visited(),
            "refused_before": lambda: self.do(
                "answer_as_refused", by=self.decides(), text=text, refused=self.refused
            ),
            "danger": lambda: self.do(
                "learn_urgency", text=text, grounds=process.Urgency(safety_threat=True)
            ),
            "propose_task": lambda: self.do(
                "propose_resolution", text=text, offer=process.Offer(customer_task="Send it.")
            ),
            "amend": lambda: self.do("amend_proposal", text=text),
            "accept": lambda: self.hear("accept_proposal"),
            "decline": lambda: self.hear("decline_proposal", text=text),
            "task": lambda: self.do("finish_task"),
            "resolve": lambda: self.do("resolve_complaint", text=text),
            "resolve_quietly": lambda: self.do("resolve_complaint", text=text, confirms=False),
            "confirm": lambda: self.do("confirm_outcome", text=text, **BY_HAND),
            "consent": lambda: self.hear("agree_to_close"),
            "close": lambda: self.do("close_complaint", upheld=False),
            "attempt": lambda: self.do("record_attempt", channel=Channel.PHONE),
            "letter": lambda: self.do("send_closing_letter", text=text),
            "delay": lambda: self.do(
                "explain_delay",
                text=text,
                new_day=day + timedelta(days=30),
                names_ombudsman=True,
            ),
            "urgent": lambda: self.do(
                "learn_urgency", text=text, grounds=process.Urgency(hardship_related=True)
            ),
            "manager": lambda: self.hear("ask_for_manager"),
            "decide": lambda: self.do(
                "decide_escalation", by=self.decides(), takes_over=True, text=text
            ),
            "refuse": lambda: self.do("refuse_complaint", text=text),
            "withdraw": lambda: self.hear("withdraw_complaint"),
            "reopen": lambda: self.hear("reopen_complaint", text=text),
            "refer": lambda: ombudsman.refer_complaint(
                letter=ombudsman.Letter(level=Level.REFERRED, received_at=at), at=at, **mine
            ),
            "answer_there": lambda: ombudsman.answer_ombudsman(text=text, at=at, **mine),
            "another": lambda: self.lodge_another(days_before=0),
            "older": lambda: self.lodge_another(days_before=3),
            "merge": lambda: self.do("merge_complaints", other=self.another()),
            "split": lambda: self.do("split_complaint"),
            "link": lambda: self.do("link_complaints", other=self.another()),
            "unlink": lambda: self.do("unlink_complaints", other=self.another()),
            "turn": self.turn,
            "remedy": lambda: ombudsman.record_outcome(
                outcome=Outcome.REMEDY, text=text, offer=self.gifts(), at=at, **mine
            ),
        }

    def lodge_another(self, days_before: int) -> None:
        """One more of the account, now, or by a letter that lay for days; it is acknowledged."""
        if self.other:
            raise process.StepRefused("One more is enough.")
        story, mine = self.story, self.story.reference
        story.reference = ""
        came = self.at - timedelta(days=days_before)
        story.take(
            f"{self.at:%Y-%m-%d %H:%M}",
            received=f"{came:%Y-%m-%d %H:%M}",
            channel=Channel.POST,
            facts={"description": f"Another matter of {self.at}."},
        )
        self.other, story.reference = story.reference, mine
        story.sweep(f"{self.at:%Y-%m-%d %H:%M}")

    def another(self) -> Complaint:
        """The one that is not worked on now."""
        name = self.first if self.story.reference == self.other else self.other
        if not name:
            raise process.StepRefused("There is no other.")
        return Complaint.objects.get(reference=name)

    def turn(self) -> None:
        """Work on the other one from now on."""
        self.story.reference = self.another().reference

    def decides(self) -> User:
        """Who decides as a manager; of what is private its officer."""
        return self.story.works if self.story.complaint.safety_threat else self.story.manager

    def gifts(self) -> process.Offer:
        """A technician and an apology besides the words."""
        visit = process.Wanted(kind=RemedyKind.VISIT, service=self.service)
        apology = process.Wanted(kind=RemedyKind.APOLOGY, text="We are sorry.")
        return process.Offer(remedies=(visit, apology))

    def order(self) -> None:
        """Order the technician who was agreed on."""
        rows = Remedy.objects.filter(proposal__complaint=self.story.complaint)
        remedy = rows.filter(kind=RemedyKind.VISIT).last()
        if remedy is None:
            raise process.StepRefused("Nothing is there to order.")
        self.do("carry_out_part", remedy=remedy)

    def visited(self) -> None:
        """The technician was there, and the fault is over."""
        rows = Remedy.objects.filter(proposal__complaint=self.story.complaint)
        fault = Fault.objects.filter(pk__in=rows.values("fault"), state__in=OPEN_FAULT).last()
        if fault is None:
            raise process.StepRefused("No technician is on the way.")
        close_fault(fault=fault, is_mended=True, outcome="Mended.", by=self.story.desk, at=self.at)

    def check(self) -> None:
        """What holds after every step, of each of them."""
        references = [one for one in (self.first, self.other) if one]
        self.broken |= self.check_breaches(references)
        for reference in references:
            self.check_one(Complaint.objects.get(reference=reference))

    def check_breaches(self, references: list[str]) -> set[int]:
        rows = Deadline.objects.filter(subject__in=references)
        broken = set(rows.filter(status__in=["missed", "met_late"]).values_list("pk", flat=True))
        assert self.broken <= broken, "a breach was erased"
        return broken

    def check_one(self, complaint: Complaint) -> None:
        rows = Deadline.objects.filter(subject=complaint.reference)
        owed = rows.filter(status__in=["open", "missed"])
        if complaint.state in OVER:
            assert not rows.filter(status="open").exists(), "a clock runs on after the end"
        else:
            assert owed.exists() or complaint.with_ombudsman_since, "nobody owes anything"
        row = None if complaint.state in OVER else first_owed(complaint.reference)
        queued = (complaint.first_due_at, complaint.first_due_on, complaint.first_duty)
        assert queued == ((row.due_at, row.due_on, row.duty) if row else (None, None, ""))
        told = set(complaint.events.values_list("act", flat=True))
        if complaint.state not in (State.RECEIVED, State.WITHDRAWN):
            # What the ombudsman takes up after a withdrawal was never ours to acknowledge.
            assert told & {"acknowledge", "refer"}, "never acknowledged"
        if complaint.state == State.MERGED:
            goes_on = complaint.merged_into
            assert goes_on is not None, "it goes on with nothing"
            assert goes_on.state not in OVER, "nobody answers it"
        if complaint.state == State.CLOSED:
            proof = {
                Ending.CONSENT: "consent",
                Ending.UNREACHABLE: "closing_letter",
                Ending.REFUSED: "refuse",
                Ending.VEXATIOUS: "refuse",
                Ending.OMBUDSMAN: "refer",
            }
            if complaint.merged_into is not None:
                # It ended as the one did with which it was answered, or in their own words.
                told |= set(complaint.merged_into.events.values_list("act", flat=True))
            assert proof[Ending(complaint.ending)] in told

    def end(self) -> None:
        """Staff alone bring each of them to a lawful end, wherever it stands."""
        for reference in filter(None, (self.other, self.first, self.other)):
            self.story.reference = reference
            self.end_one()
        for one in Complaint.objects.filter(reference__in=[self.first, self.other]):
            assert one.state in ENDED

    def end_one(self) -> None:
        for _ in range(20):
            complaint = self.story.complaint
            if complaint.state in OVER:
                return
            self.at += timedelta(hours=25)
            self.steps_to_end(complaint.state, complaint.with_ombudsman_since)
            self.check()
        pytest.fail(f"no end from {self.story.complaint.state}")

    def steps_to_end(self, state: str, there: datetime | None) -> None:
        steps = self.steps()
        if state == State.RECEIVED:
            steps["acknowledge"]()
        elif there is not None:
            ombudsman.record_outcome(
                reference=self.story.reference,
                by=self.story.works,
                outcome=Outcome.NOTHING,
                text="Nothing more.",
                at=self.at,
            )
        elif state == State.IMPLEMENTING and not self.waits_for_task():
            for act in ("order", "visited"):
                with contextlib.suppress(*REFUSED):
                    steps[act]()
            steps["resolve"]()
        elif state in (State.RESOLVED, State.IMPLEMENTING):
            self.give_up_reaching()
        else:
            steps["refuse"]()

    def waits_for_task(self) -> bool:
        accepted = self.story.complaint.proposals.filter(answer="accepted").last()
        return bool(accepted and accepted.customer_task and not accepted.task_done_at)

    def give_up_reaching(self) -> None:
        """Five attempts on five days, the letter, and its time."""
        until = self.story.complaint.answer_until
        if until is None:
            for _ in range(5):
                self.at += timedelta(hours=24)
                self.steps()["attempt"]()
            self.steps()["letter"]()
            self.at += timedelta(days=30)
        else:
            self.at += timedelta(days=30)
        self.steps()["close"]()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("sweep", "acknowledge", "investigate", "ask", "answer", "propose"),
                *("propose_by_phone", "propose_task", "amend", "accept", "decline", "task"),
                *("resolve", "resolve_quietly", "confirm", "consent", "close", "attempt"),
                *("letter", "delay", "urgent", "manager", "decide", "refuse", "withdraw"),
                *("reopen", "refer", "answer_there", "remedy", "propose_gifts", "order"),
                *("visited", "refused_before", "danger", "another", "older", "merge"),
                *("split", "link", "unlink", "turn"),
            ]
        ),
        st.sampled_from([1, 5, 24, 72, 240]),
    ),
    max_size=14,
)
# The way most complaints go, so that what comes late is reached often.
WAYS = [
    [],
    ["sweep", "investigate"],
    ["acknowledge", "investigate", "propose_by_phone"],
    ["sweep", "investigate", "propose_task", "accept"],
    ["sweep", "investigate", "propose", "accept", "resolve_quietly"],
    ["sweep", "investigate", "refuse"],
    ["sweep", "investigate", "propose_gifts", "accept"],
    ["sweep", "investigate", "propose_gifts", "accept", "order"],
    ["sweep", "investigate", "refused_before"],
    ["sweep", "danger", "investigate", "propose", "accept"],
    ["sweep", "another", "link", "merge", "investigate"],
    ["sweep", "older", "merge"],
    ["sweep", "another", "merge", "turn", "split"],
]


@pytest.mark.slow
@pytest.mark.parametrize("key", ["vpnet", "callpro"])
def test_no_order_of_steps_leaves_a_complaint_stuck(key):
    story = tell(key, state="QLD")
    service = make_service(story.world.account)
    make_staff(StaffRole.PRIVACY)
    story.lodge("2027-01-04 10:00", description="The old matter.")
    refused = story.complaint
    Complaint.objects.filter(pk=refused.pk).update(state=State.CLOSED, ending=Ending.VEXATIOUS)
    Deadline.objects.filter(subject=refused.reference).update(status="met")

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(way=st.sampled_from(WAYS), steps=STEPS)
    def walk(way, steps):
        with transaction.atomic():
            one = Walk(story, service, refused)
            for act in way:
                one.try_(act, 2)
            for act, hours in steps:
                one.try_(act, hours)
            one.end()
            transaction.set_rollback(True)

    walk()


def test_every_open_state_has_a_step_of_staff_and_a_way_to_the_end():
    ends = set(OVER)
    for _ in OPEN:
        ends |= {
            state
            for state in OPEN
            if any(LIFECYCLE.after(state, act) in ends for act in acts(state))
        }

    assert ends >= set(OPEN)


def acts(state: State) -> list[Act]:
    """What moves a complaint in this state, by staff alone or in the customer's own words."""
    return list(LIFECYCLE.acts(state))
