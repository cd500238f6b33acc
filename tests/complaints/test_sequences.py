"""Complaints worked out to the day: from receipt to the end, by each provider's terms and the law.

Working days are the law's, on the customer's and the provider's state calendar; the kinder stands.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from smtplib import SMTPRecipientsRefused

import pytest

from billing.invoices.models import CreditNote
from billing.payments.selectors import balance
from complaints.clocks.selectors import privacy_regulator
from complaints.ombudsman import services as ombudsman
from complaints.ombudsman.states import Level, Outcome
from complaints.process.services import Offer, StepRefused, Urgency
from complaints.tickets.states import Duty, Ending, State
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.deadlines.models import Deadline
from records.notices.models import Notice
from records.notices.services import Post
from terms.calendar import Channel
from tests.complaints.story import bill, tell
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def test_delay_explained_in_time_moves_the_promise_and_flags_nothing():
    """VPnet, SA: by web at 23:30 on Christmas Eve; in Sydney it is Christmas Day by then."""
    story = tell("vpnet", state="SA")
    invoice = bill(story, date(2026, 12, 1), "66.00")
    story.lodge("2026-12-24 23:30")
    # 29, 30, 31 Dec, 4-8, 11, 12 Jan are working days 1 to 10; part days count.
    assert story.due(Duty.ACKNOWLEDGE) == date(2026, 12, 30)
    assert story.due(Duty.EXPLAIN_DELAY) == date(2027, 1, 11)
    assert story.due(Duty.PROPOSE) == date(2027, 1, 12)
    story.sweep("2026-12-24 23:31")
    assert story.complaint.state == State.ACKNOWLEDGED
    assert story.status(Duty.ACKNOWLEDGE) == "met"
    assert "Tue 12 Jan 2027" in Notice.objects.get(kind="complaint_received").text

    story.do("2027-01-04 10:00", "start_investigation")
    story.do(
        "2027-01-08 15:10",
        "explain_delay",
        text="The part is late.",
        new_day=date(2027, 1, 20),
        names_ombudsman=False,
    )
    story.sweep("2027-01-08 15:15")
    assert story.status(Duty.EXPLAIN_DELAY) == "met"
    assert story.due(Duty.PROPOSE) == date(2027, 1, 20)
    story.sweep("2027-01-13 00:15")
    assert story.missed() == []

    offer = Offer(credit=Decimal("33.00"), invoice=invoice)
    story.do("2027-01-19 11:00", "propose_resolution", text="A new port.", offer=offer)
    story.sweep("2027-01-19 11:05")
    assert story.status(Duty.PROPOSE) == "met"
    assert "1800 062 058" in Notice.objects.filter(kind="complaint_letter").latest("pk").text

    story.do("2027-01-21 09:20", "accept_proposal", by=story.world.holder)
    # Working day 5 after acceptance: 22, 25, 27, 28, 29; the terms alone would say 3 February.
    assert story.due(Duty.IMPLEMENT) == date(2027, 1, 29)

    story.do("2027-01-28 16:00", "resolve_complaint", text="Port replaced.", confirms=False)
    note = CreditNote.objects.get()
    assert (note.total_inc, note.subtotal_ex, note.gst) == (
        Decimal("33.00"),
        Decimal("30.00"),
        Decimal("3.00"),
    )
    assert story.due(Duty.CONFIRM) == date(2027, 2, 4)
    story.do("2027-01-29 10:00", "confirm_outcome", text="The port works; 33.00 came back.")
    story.sweep("2027-01-29 10:05")
    assert story.status(Duty.CONFIRM) == "met"

    story.do("2027-02-01 09:00", "agree_to_close", by=story.world.holder)
    assert (story.complaint.state, story.complaint.ending) == (State.CLOSED, Ending.CONSENT)
    assert story.missed() == []


def test_letter_typed_in_late_counts_from_the_day_it_came():
    """Greenlight, ACT: the letter came three days before; the delay needs the ombudsman's name."""
    story = tell("greenlight", state="ACT")
    story.take("2027-07-30 11:00", received="2027-07-27 10:00", channel=Channel.POST)
    assert story.due(Duty.ACKNOWLEDGE) == date(2027, 7, 29)
    # 28, 29, 30 July, 2-6, 9, 10 August: the bank holiday of 2 August is a working day.
    assert story.due(Duty.PROPOSE) == date(2027, 8, 10)
    story.sweep("2027-07-30 11:02")
    assert story.complaint.escalated_at is not None
    told = Notice.objects.filter(kind="complaint_staff")
    assert [one.to for one in told] == [story.manager.email]
    assert story.status(Duty.ACKNOWLEDGE) == "met_late"
    assert story.complaint.state == State.ACKNOWLEDGED

    # 25 August is 11 working days past 10 August.
    delay = {"text": "We wait for the carrier.", "new_day": date(2027, 8, 25)}
    with pytest.raises(StepRefused, match="ombudsman") as refusal:
        story.do("2027-08-06 14:00", "explain_delay", names_ombudsman=False, **delay)
    assert "RF-CMP-07" in {one["id"] for one in refusal.value.because}
    # Exactly 10 working days need no ombudsman by law.
    nearer = delay | {"new_day": date(2027, 8, 24)}
    story.do("2027-08-06 14:01", "explain_delay", names_ombudsman=False, **nearer)
    story.do("2027-08-06 14:02", "explain_delay", names_ombudsman=True, **delay)
    story.sweep("2027-08-06 14:05")
    story.sweep("2027-08-11 00:15")
    assert story.missed() == [Duty.ACKNOWLEDGE]
    assert story.due(Duty.PROPOSE) == date(2027, 8, 25)

    story.do("2027-08-23 09:00", "start_investigation")
    story.do("2027-08-24 10:00", "propose_resolution", text="A new line.")
    story.sweep("2027-08-24 10:05")
    assert story.status(Duty.PROPOSE) == "met"
    story.do("2027-08-26 10:00", "accept_proposal", by=story.world.holder)
    # 27, 30, 31 August, 1, 2 September.
    assert story.due(Duty.IMPLEMENT) == date(2027, 9, 2)
    story.sweep("2027-08-27 00:15")
    assert story.status(Duty.NAME_OMBUDSMAN) == "met"
    story.do("2027-09-01 10:00", "resolve_complaint", text="Done.", confirms=False)
    assert story.due(Duty.CONFIRM) == date(2027, 9, 8)
    story.do("2027-09-02 10:00", "confirm_outcome", text="It is done.")
    story.sweep("2027-09-02 10:05")
    assert story.status(Duty.CONFIRM) == "met"
    story.do("2027-09-03 10:00", "agree_to_close", by=story.world.holder)
    assert story.complaint.state == State.CLOSED
    assert story.missed() == [Duty.ACKNOWLEDGE]


def test_acknowledgement_that_bounces_is_told_by_phone(monkeypatch):
    """Comvergence, NSW: a voicemail; the email is refused for good; the desk rings."""
    story = tell("comvergence", state="NSW")
    invoice = bill(story, date(2027, 3, 1), "66.00")

    def refuse(self, message):
        raise SMTPRecipientsRefused({message.to[0]: (550, b"no such user")})

    story.take("2027-03-09 08:40", received="2027-03-05 18:40", channel=Channel.VOICEMAIL)
    # NSW works on 8 March, Victoria does not: the earlier day stands.
    assert story.due(Duty.ACKNOWLEDGE) == date(2027, 3, 9)
    assert story.due(Duty.PROPOSE) == date(2027, 3, 19)
    with monkeypatch.context() as patch:
        patch.setattr(Post, "send", refuse)
        story.sweep("2027-03-09 08:46")
    assert story.complaint.state == State.RECEIVED
    assert story.status(Duty.ACKNOWLEDGE) == "open"

    story.do(
        "2027-03-09 15:30",
        "acknowledge_by_hand",
        channel=Channel.PHONE,
        names_ombudsman=True,
    )
    assert story.complaint.state == State.ACKNOWLEDGED
    assert story.status(Duty.ACKNOWLEDGE) == "met"
    assert story.complaint.acknowledgement.status == "told"

    story.do("2027-03-10 10:00", "start_investigation")
    story.do(
        "2027-03-17 10:00",
        "propose_resolution",
        text="Three months of rental back.",
        offer=Offer(credit=Decimal("49.50"), invoice=invoice),
        told_by=Channel.POST,
    )
    assert story.status(Duty.PROPOSE) == "met"
    story.hear("2027-03-17 10:05", "accept_proposal")
    # 18, 19, 22, 23, 24 March.
    assert story.due(Duty.IMPLEMENT) == date(2027, 3, 24)
    story.do("2027-03-23 12:00", "resolve_complaint", text="Credited.", confirms=False)
    note = CreditNote.objects.get()
    assert (note.subtotal_ex, note.gst) == (Decimal("45.00"), Decimal("4.50"))
    # 24, 25, 30, 31 March, 1 April: Good Friday and Easter Monday are left out.
    assert story.due(Duty.CONFIRM) == date(2027, 4, 1)
    story.do("2027-03-24 09:00", "confirm_outcome", text="49.50 back.", told_by=Channel.POST)
    story.hear("2027-04-05 09:00", "agree_to_close", text="Fine.")
    assert story.complaint.state == State.CLOSED
    assert story.missed() == []
    # Nothing more went to the dead address.
    assert not Notice.objects.filter(kind="complaint_letter").exists()


def test_urgency_learnt_later_counts_from_receipt():
    """Greenlight, VIC: on day 3 it turns out that the contested sum is why help was asked for."""
    story = tell("greenlight", state="VIC")
    invoice = bill(story, date(2027, 2, 8), "319.00")
    story.take(
        "2027-02-12 16:45",
        received="2027-02-12 16:45",
        channel=Channel.EMAIL,
        facts={
            "topic": "bill",
            "description": "Premium calls that nobody made.",
            "disputed_invoice": invoice,
            "disputed_amount": Decimal("126.50"),
        },
    )
    story.sweep("2027-02-12 16:46")
    assert story.due(Duty.PROPOSE) == date(2027, 2, 26)
    owed = balance(story.world.account, date(2027, 2, 13))
    assert (owed.disputed, owed.owing - owed.disputed) == (Decimal("126.50"), Decimal("192.50"))

    grounds = Urgency(hardship_related=True)
    story.do("2027-02-15 10:30", "learn_urgency", grounds=grounds, text="Asked for help.")
    assert story.complaint.is_urgent
    # Two working days from receipt on the 12th, not from Monday.
    assert story.due(Duty.PROPOSE) == date(2027, 2, 16)
    assert story.missed() == []
    assert Notice.objects.filter(kind="complaint_staff", title__contains="urgent").exists()

    story.do("2027-02-15 10:35", "start_investigation")
    story.do(
        "2027-02-16 14:00",
        "propose_resolution",
        text="The calls are taken back.",
        offer=Offer(credit=Decimal("126.50"), invoice=invoice),
        told_by=Channel.PHONE,
    )
    story.hear("2027-02-16 14:10", "accept_proposal")
    assert story.due(Duty.IMPLEMENT) == date(2027, 2, 16)
    # Seven whole working days after the outcome: 17, 18, 19, 22, 23, 24, 25 February.
    assert story.complaint.no_court_before == date(2027, 2, 26)
    story.do("2027-02-16 16:30", "resolve_complaint", text="Done.", confirms=False)
    assert story.status(Duty.IMPLEMENT) == "met"
    owed = balance(story.world.account, date(2027, 2, 16))
    assert (owed.owing, owed.disputed) == (Decimal("192.50"), Decimal("0.00"))
    note = CreditNote.objects.get()
    assert (note.subtotal_ex, note.gst) == (Decimal("115.00"), Decimal("11.50"))
    assert story.due(Duty.CONFIRM) == date(2027, 2, 23)
    story.do("2027-02-17 09:00", "confirm_outcome", text="Taken back.")
    story.hear("2027-02-18 09:00", "agree_to_close")
    assert story.complaint.state == State.CLOSED


def test_customer_who_never_answers_is_tried_five_days_then_written_to_then_closed():
    """CALLPRO, QLD: closed as unreachable on day 11 after the letter; reopened from hospital."""
    story = tell("callpro", state="QLD")
    story.lodge("2027-06-07 08:10")
    story.sweep("2027-06-07 08:11")
    assert story.due(Duty.ACKNOWLEDGE) == date(2027, 6, 9)
    # Queensland works on the King's Birthday of NSW, 14 June.
    assert story.due(Duty.PROPOSE) == date(2027, 6, 21)
    story.do("2027-06-08 09:00", "start_investigation")
    story.do("2027-06-17 10:00", "propose_resolution", text="A credit.")
    story.sweep("2027-06-17 10:05")

    for moment, channel in (
        ("2027-06-21 10:00", Channel.PHONE),
        ("2027-06-23 10:00", Channel.EMAIL),
        ("2027-06-25 10:00", Channel.PHONE),
        ("2027-06-25 15:00", Channel.PHONE),
        ("2027-06-28 10:00", Channel.SMS),
    ):
        story.do(moment, "record_attempt", channel=channel)
    with pytest.raises(StepRefused, match="4 of 5 attempts on different days"):
        story.do("2027-06-28 16:00", "send_closing_letter", text="Please answer.")
    story.do("2027-06-30 10:00", "record_attempt", channel=Channel.PHONE)
    with pytest.raises(StepRefused, match="the letter that lists the attempts"):
        story.do("2027-06-30 11:00", "close_complaint", upheld=False)

    story.do("2027-07-01 10:00", "send_closing_letter", text="Please answer.")
    story.sweep("2027-07-01 10:05")
    written = Notice.objects.filter(kind="complaint_letter").latest("pk").text
    for line in ("Mon 21 Jun 2027: phone", "Wed 30 Jun 2027: phone", "Thu 15 Jul 2027", "1800"):
        assert line in written
    assert story.complaint.answer_until == date(2027, 7, 15)
    with pytest.raises(StepRefused, match="until the end of Thu 15 Jul"):
        story.do("2027-07-15 17:00", "close_complaint", upheld=False)
    story.do("2027-07-16 09:00", "close_complaint", upheld=False)
    assert (story.complaint.state, story.complaint.ending) == (State.CLOSED, Ending.UNREACHABLE)
    assert "could not reach you" in Notice.objects.latest("pk").text

    story.do(
        "2027-08-04 14:00",
        "reopen_complaint",
        by=story.world.holder,
        heard=story.said,
        text="I was in hospital and want the offer.",
    )
    story.sweep("2027-08-04 14:05")
    assert story.complaint.state == State.ACKNOWLEDGED
    assert story.due(Duty.ACKNOWLEDGE) == date(2027, 8, 4)
    # 11 August is a regional show day in Brisbane, and counts.
    assert story.due(Duty.PROPOSE) == date(2027, 8, 18)
    story.do("2027-08-05 09:00", "start_investigation")
    story.do("2027-08-09 09:00", "propose_resolution", text="The credit, again.")
    story.sweep("2027-08-09 09:05")
    story.do("2027-08-10 09:00", "accept_proposal", by=story.world.holder)
    assert story.due(Duty.IMPLEMENT) == date(2027, 8, 17)
    story.do("2027-08-16 09:00", "resolve_complaint", text="Credited.")
    story.sweep("2027-08-16 09:05")
    story.do("2027-08-18 09:00", "agree_to_close", by=story.world.holder)
    assert (story.complaint.state, story.complaint.ending) == (State.CLOSED, Ending.CONSENT)
    assert story.missed() == []
    # The first closing stays in the story as what it was.
    closings = story.complaint.events.filter(act="close").values_list("text", flat=True)
    assert list(closings) == [f"{Ending.UNREACHABLE.label}.", f"{Ending.CONSENT.label}."]


def test_refusal_as_vexatious_takes_a_manager_a_second_person_and_reasons():
    """VPnet, ACT: refused by nobody alone; another matter is taken all the same."""
    story = tell("vpnet", state="ACT")
    invoice = bill(story, date(2027, 5, 1), "66.00")
    first = story.lodge("2027-05-03 09:00", description="The old matter, with threats.")
    story.sweep("2027-05-03 09:01")
    assert story.due(Duty.PROPOSE) == date(2027, 5, 17)
    refuse = {"text": "It was answered three times.", "vexatious": True, "same_matter": True}
    with pytest.raises(StepRefused) as refusal:
        story.do("2027-05-07 10:00", "refuse_complaint", **refuse)
    for word in ("careful thought", "escalation", "second person"):
        assert word in str(refusal.value)

    story.do("2027-05-10 09:00", "escalate_complaint", text="Threats again.")
    with pytest.raises(StepRefused, match="team manager"):
        story.do("2027-05-10 10:00", "consider_refusal", text="x")
    story.do("2027-05-10 11:00", "consider_refusal", by=story.manager, text="Nothing new in it.")
    with pytest.raises(StepRefused, match="second person"):
        story.do("2027-05-10 11:05", "sign_refusal", by=story.manager)
    with pytest.raises(StepRefused, match="second person"):
        story.do("2027-05-10 11:10", "refuse_complaint", by=story.manager, **refuse)
    story.do("2027-05-11 09:00", "sign_refusal")
    story.do("2027-05-12 10:00", "refuse_complaint", by=story.manager, **refuse)
    assert (story.complaint.state, story.complaint.ending) == (State.CLOSED, Ending.VEXATIOUS)
    letter = Notice.objects.filter(kind="complaint_letter").latest("pk").text
    assert "answered three times" in letter
    assert "1800 062 058" in letter
    assert story.missed() == []

    story.lodge(
        "2027-05-24 09:00",
        topic="bill",
        description="A new wrong charge.",
        disputed_invoice=invoice,
        disputed_amount=Decimal("38.50"),
    )
    assert story.due(Duty.ACKNOWLEDGE) == date(2027, 5, 26)
    # NSW works on 31 May, Reconciliation Day in the ACT: 25-28, 31 May, 1-4, 7 June.
    assert story.due(Duty.PROPOSE) == date(2027, 6, 7)
    assert balance(story.world.account, date(2027, 5, 24)).disputed == Decimal("38.50")
    first.refresh_from_db()
    assert first.state == State.CLOSED

    # What comes through the ombudsman is taken all the same.
    story.reference = first.reference
    story.refer("2027-05-28 09:00", Level.REFERRED)
    assert story.complaint.state == State.INVESTIGATING
    # NSW: 31 May, 1-4, 7-11 June; the ACT alone would say 15 June.
    assert story.due(Duty.ANSWER_OMBUDSMAN) == date(2027, 6, 11)
    with pytest.raises(StepRefused, match="ombudsman has it"):
        story.do("2027-05-28 10:00", "refuse_complaint", **refuse)


def test_ombudsman_at_two_levels_holds_what_is_contested_until_the_credit():
    """Greenlight, NSW: level 1 by the law's days, level 2 by the day in the letter."""
    story = tell("greenlight", state="NSW")
    invoice = bill(story, date(2027, 3, 1), "412.50")
    story.lodge(
        "2027-03-04 10:00",
        topic="bill",
        description="Calls that nobody made.",
        disputed_invoice=invoice,
        disputed_amount=Decimal("184.25"),
    )
    story.sweep("2027-03-04 10:05")
    assert story.due(Duty.PROPOSE) == date(2027, 3, 18)
    story.pay("2027-03-12 10:00", "228.25")
    story.do("2027-03-15 09:00", "start_investigation")
    small = Offer(credit=Decimal("60.50"), invoice=invoice)
    story.do("2027-03-17 10:00", "propose_resolution", text="A third back.", offer=small)
    story.sweep("2027-03-17 10:05")
    story.do("2027-03-18 10:00", "decline_proposal", by=story.world.holder, text="The ombudsman!")
    assert story.complaint.state == State.INVESTIGATING
    assert story.status(Duty.PROPOSE) == "open"

    story.refer("2027-03-22 09:30", Level.REFERRED)
    # 23, 24, 25, 30, 31 March, 1, 2, 5, 6, 7 April: Easter is left out.
    assert story.due(Duty.ANSWER_OMBUDSMAN) == date(2027, 4, 7)
    answer = {"reference": story.reference, "by": story.desk}
    ombudsman.answer_ombudsman(text="110.00.", at=story.when("2027-04-06 10:00"), **answer)
    assert story.status(Duty.ANSWER_OMBUDSMAN) == "met"
    story.refer("2027-04-13 10:00", Level.CASE, answer_by=date(2027, 4, 27))
    assert story.due(Duty.ANSWER_OMBUDSMAN) == date(2027, 4, 27)
    because = story.deadlines(Duty.ANSWER_OMBUDSMAN).last().because
    assert "letter asks for it by Tue 27 Apr 2027" in because[0]["steps"][0]
    ombudsman.answer_ombudsman(text="The file.", at=story.when("2027-04-22 10:00"), **answer)
    for moment in ("2027-04-28 00:15", "2027-05-13 00:15"):
        story.sweep(moment)
    assert story.missed() == []
    owed = balance(story.world.account, date(2027, 5, 13))
    assert (owed.owing, owed.disputed, owed.overdue) == (
        Decimal("184.25"),
        Decimal("184.25"),
        Decimal("0.00"),
    )
    for name, facts in (
        ("close_complaint", {"upheld": False}),
        ("withdraw_complaint", {"by": story.world.holder}),
    ):
        with pytest.raises(StepRefused, match="ombudsman has it"):
            story.do("2027-05-13 10:00", name, **facts)

    ombudsman.record_outcome(
        outcome=Outcome.REMEDY,
        text="184.25 comes off.",
        offer=Offer(credit=Decimal("184.25"), invoice=invoice),
        at=story.when("2027-05-14 10:00"),
        **answer,
    )
    # 17 to 21 May; seven whole working days end on 25 May.
    assert story.due(Duty.IMPLEMENT) == date(2027, 5, 21)
    assert story.complaint.no_court_before == date(2027, 5, 26)
    assert story.complaint.with_ombudsman_since is None
    story.do("2027-05-19 10:00", "resolve_complaint", text="Credited.", confirms=False)
    assert story.status(Duty.IMPLEMENT) == "met"
    note = CreditNote.objects.get()
    assert (note.subtotal_ex, note.gst) == (Decimal("167.50"), Decimal("16.75"))
    owed = balance(story.world.account, date(2027, 5, 19))
    assert (owed.owing, owed.disputed) == (Decimal("0.00"), Decimal("0.00"))
    story.do("2027-05-20 10:00", "confirm_outcome", text="It came off.")
    story.sweep("2027-05-20 10:05")
    story.do("2027-05-21 10:00", "agree_to_close", by=story.world.holder)
    assert story.complaint.state == State.CLOSED
    assert story.missed() == []


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Outcome.NOTHING, State.CLOSED), (Outcome.WITHDRAWN, State.WITHDRAWN)],
)
def test_ombudsman_without_remedy_ends_the_complaint(outcome, state):
    story = tell("greenlight", state="NSW")
    story.lodge("2027-03-04 10:00")
    story.sweep("2027-03-04 10:05")
    first = story.refer("2027-03-22 09:30", Level.REFERRED)
    assert story.refer("2027-03-22 09:30", Level.REFERRED) == first
    # Nothing was proposed yet, so the customer's own answer stays owed.
    assert story.status(Duty.PROPOSE) in ("open", "missed")

    ombudsman.record_outcome(
        reference=story.reference,
        by=story.desk,
        outcome=outcome,
        text="As it is.",
        at=story.when("2027-04-06 10:00"),
    )

    assert story.complaint.state == state
    assert not Deadline.objects.filter(status="open").exists()


def test_safety_complaint_of_a_caller_is_told_by_phone_alone():
    """Blueshift, TAS: the caller has no log-in; the holder and their email hear of nothing."""
    story = tell("blueshift", state="TAS")
    story.take(
        "2027-03-25 10:26",
        received="2027-03-25 10:20",
        channel=Channel.PHONE,
        person=None,
        caller_name="Kim",
        caller_contact="0491 570 156, Mon to Fri 09:00 to 12:00",
        told_by=Channel.PHONE,
        told_at_once=True,
        facts={"topic": "service", "description": "Threats.", "safety_threat": True},
    )
    assert story.complaint.is_urgent
    assert story.complaint.state == State.ACKNOWLEDGED
    assert story.status(Duty.ACKNOWLEDGE) == "met"
    # 30 and 31 March: Good Friday and Easter Monday are left out.
    assert story.due(Duty.PROPOSE) == date(2027, 3, 31)
    story.do("2027-03-25 11:00", "start_investigation")
    with pytest.raises(StepRefused, match="Kim has no log-in here"):
        story.do(
            "2027-03-30 09:00", "propose_resolution", text="An account.", told_by=Channel.EMAIL
        )
    story.do("2027-03-30 09:10", "propose_resolution", text="An account of her own.")
    story.do("2027-03-30 09:15", "accept_proposal", by=None, heard=story.said)
    assert story.due(Duty.IMPLEMENT) == date(2027, 3, 31)
    story.do("2027-03-30 17:00", "resolve_complaint", text="Done.", confirms=False)
    story.do("2027-03-31 09:05", "confirm_outcome", text="Told.")
    story.do("2027-03-31 09:06", "agree_to_close", by=None, heard=story.said)
    assert story.complaint.state == State.CLOSED
    assert story.missed() == []
    holder = story.world.holder.email
    assert not Notice.objects.filter(to__in=[holder, story.world.customer.email]).exists()
    assert not Entry.objects.filter(
        account=story.world.account, subject=story.reference, is_private=False
    ).exists()


def privacy_story():
    """VPnet, WA: a letter that somebody read a record, acknowledged by phone on the next day."""
    story = tell("vpnet", state="WA")
    story.officer = make_staff(StaffRole.PRIVACY)
    story.take(
        "2027-02-02 09:00",
        received="2027-02-01 10:00",
        channel=Channel.POST,
        facts={"topic": "privacy", "description": "Somebody read my record."},
    )
    story.do("2027-02-02 10:00", "acknowledge_by_hand", channel=Channel.PHONE)
    story.sweep("2027-02-02 10:05")
    return story


def test_privacy_answer_whose_reception_is_unknown_opens_the_regulator_at_once():
    story = privacy_story()
    assert story.due(Duty.ACKNOWLEDGE) == date(2027, 2, 3)
    assert story.due(Duty.EXPLAIN_DELAY) == date(2027, 2, 12)
    assert story.due(Duty.PROPOSE) == date(2027, 2, 15)
    # Day 30 after 1 February, no roll.
    assert story.due(Duty.ANSWER_PRIVACY) == date(2027, 3, 3)
    assert privacy_regulator(story.complaint).opens_on == date(2027, 3, 4)

    story.do("2027-02-08 09:00", "start_investigation")
    story.do("2027-02-12 10:00", "propose_resolution", text="One look; we are sorry.")
    story.sweep("2027-02-12 10:05")
    assert story.status(Duty.PROPOSE) == "met"
    assert story.status(Duty.ANSWER_PRIVACY) == "met"
    assert "oaic.gov.au" in Notice.objects.filter(kind="complaint_letter").latest("pk").text
    assert privacy_regulator(story.complaint).opens_on == date(2027, 2, 12)

    story.hear("2027-02-20 10:00", "decline_proposal", text="I am not content.")
    assert story.complaint.escalated_at is not None
    assert privacy_regulator(story.complaint).opens_on == date(2027, 2, 12)
    assert story.missed() == []


def test_promise_of_a_later_day_does_not_stretch_the_days_of_privacy():
    story = privacy_story()
    delay = {"text": "We still ask.", "new_day": date(2027, 3, 5)}
    with pytest.raises(StepRefused, match="ombudsman"):
        story.do("2027-02-12 11:00", "explain_delay", names_ombudsman=False, **delay)
    story.do("2027-02-12 11:01", "explain_delay", names_ombudsman=True, **delay)
    story.sweep("2027-02-12 11:05")
    assert story.status(Duty.EXPLAIN_DELAY) == "met"
    assert story.due(Duty.PROPOSE) == date(2027, 3, 5)
    story.sweep("2027-03-03 23:45")
    assert story.missed() == []

    story.sweep("2027-03-04 00:00")

    assert story.missed() == [Duty.ANSWER_PRIVACY]
    told = Notice.objects.filter(kind="complaint_letter", title__contains="privacy regulator")
    assert "oaic.gov.au" in told.get().text
    assert privacy_regulator(story.complaint).opens_on == date(2027, 3, 4)
    story.sweep("2027-03-04 00:15")
    assert told.count() == 1
    assert story.status(Duty.PROPOSE) == "open"
