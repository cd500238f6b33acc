"""What the worked sequences of complaints (seq-k) rule out, each on its own."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from smtplib import SMTPRecipientsRefused

import pytest

from billing.credit_management.models import PaymentReminder
from billing.credit_management.selectors import outlook
from billing.credit_management.services import (
    SuspensionRefused,
    advise_late_charge,
    assess_late_charges,
    give_suspension_notice,
    pursue,
    suspend_for_debt,
)
from billing.credit_management.states import Step
from billing.ledger.models import OpenItem
from complaints.analysis import selectors as analysis
from complaints.clocks.selectors import calling_hours, last_call, privacy_regulator
from complaints.lodging.services import LodgingRefused
from complaints.ombudsman.states import Level
from complaints.process.services import StepRefused, Urgency
from complaints.tickets.models import Complaint
from complaints.tickets.states import IN_WORDS, CallDays, Duty, Ending, State
from contracts.supply.models import Chargeable, Service
from contracts.supply.states import ServiceStatus
from parties.people.states import StaffRole
from portal.staff.complaints_reach import hours_to_call
from records.deadlines.models import Deadline
from records.deadlines.services import remind_and_flag
from records.notices.models import Notice
from records.notices.services import Post, deliver_queued
from terms.calendar import Channel
from terms.calendar import State as Region
from tests.billing.test_help_with_paying import owing, sweep
from tests.complaints.story import Story, bill, tell
from tests.complaints.test_sequences import privacy_story
from tests.parties.people import signed_in
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def due_on(invoice, day: date) -> None:
    """Print another pay-by day on a bill."""
    type(invoice).objects.filter(pk=invoice.pk).update(due_date=day)
    OpenItem.objects.filter(invoice=invoice).update(due_date=day)
    invoice.refresh_from_db()


def chase(story: Story, text: str) -> None:
    """A morning on which everything is asked for that may be."""
    at = story.when(text)
    pursue(at=at)
    story.sweep(text)
    pursue(at=at)
    assess_late_charges(story.world.account, on=at.date(), at=at)


def test_the_day_of_receipt_is_the_customers_own():
    """seq-k-01: at 23:30 in Adelaide it is Christmas Day in Sydney."""
    story = tell("vpnet", state="SA")
    story.lodge("2026-12-24 23:30")
    written = Notice.objects.get(kind="complaint_received")
    assert "Thu 24 Dec 2026" in written.text
    assert "25 Dec" not in written.text
    client = signed_in(story.world.holder)
    page = client.get(f"/complaints/{story.reference}/").getvalue().decode()
    assert "Thu 24 Dec 2026" in page
    assert "Fri 25 Dec 2026" not in page


def test_a_missed_day_is_missed_from_midnight_and_the_manager_hears_of_it_once():
    """seq-k-03: the letter of 27 July was due its acknowledgement on 29 July."""
    story = tell("greenlight", state="ACT")
    story.take("2027-07-29 16:00", received="2027-07-27 10:00", channel=Channel.POST)

    remind_and_flag(at=story.when("2027-07-29 23:59"))
    assert story.missed() == []
    remind_and_flag(at=story.when("2027-07-30 00:00"))
    assert story.missed() == [Duty.ACKNOWLEDGE]
    for moment in ("2027-07-30 00:15", "2027-07-30 11:20", "2027-07-31 09:00"):
        story.sweep(moment)
    told = Notice.objects.filter(kind="complaint_staff", to=story.manager.email)
    assert told.count() == 1
    assert story.status(Duty.ACKNOWLEDGE) == "met_late"


def test_a_dead_address_is_written_to_once_and_the_desk_is_led_to_another_way(monkeypatch):
    """seq-k-04: refused for good, it is not tried for days, and nothing waits in "received"."""
    tried = []

    def refuse(self, message):
        tried.append(message.to[0])
        raise SMTPRecipientsRefused({message.to[0]: (550, b"no such user")})

    story = tell("comvergence", state="NSW")
    story.take("2027-03-09 08:40", received="2027-03-05 18:40", channel=Channel.VOICEMAIL)
    monkeypatch.setattr(Post, "send", refuse)
    for moment in ("2027-03-09 08:46", "2027-03-09 12:00", "2027-03-10 09:00"):
        story.sweep(moment)
    assert tried.count(story.world.holder.email) == 1

    desk = signed_in(story.desk)
    listed = desk.get("/admin/complaints/complaint/?needs=another_way").getvalue().decode()
    assert story.reference in listed
    page = desk.get(f"/admin/complaints/complaint/{story.complaint.pk}/change/")
    assert "Acknowledge another way" in page.getvalue().decode()
    story.do(
        "2027-03-10 10:00",
        "acknowledge_by_hand",
        channel=Channel.PHONE,
        from_now_on=True,
        names_ombudsman=True,
    )
    story.do("2027-03-10 10:05", "start_investigation")
    story.do("2027-03-11 10:00", "ask_customer", text="Which of the two lines?")
    story.sweep("2027-03-11 10:05")
    assert tried.count(story.world.holder.email) == 1


def test_what_is_contested_is_neither_asked_for_nor_charged_for():
    """seq-k-06 and seq-k-10: the held part has no reminder, charge or suspension; the rest has."""
    story = tell("greenlight", state="NSW")
    invoice = bill(story, date(2027, 3, 1), "412.50")
    due_on(invoice, date(2027, 3, 15))
    advise_late_charge(invoice=invoice, advised_on=date(2027, 3, 2))
    story.lodge(
        "2027-03-04 10:00",
        topic="bill",
        description="Calls that nobody made.",
        disputed_invoice=invoice,
        disputed_amount=Decimal("184.25"),
    )
    story.sweep("2027-03-04 10:05")
    story.pay("2027-03-12 10:00", "228.25")
    story.do("2027-03-15 09:00", "start_investigation")
    story.do("2027-03-17 10:00", "propose_resolution", text="Nothing back.")
    story.do("2027-03-18 10:00", "decline_proposal", by=story.world.holder, text="No!")
    story.refer("2027-03-22 09:30", Level.REFERRED)

    for moment in ("2027-03-16 09:30", "2027-04-06 09:30", "2027-05-18 09:30"):
        chase(story, moment)

    account = story.world.account
    assert not PaymentReminder.objects.filter(invoice__account=account).exists()
    assert OpenItem.objects.get(invoice=invoice).amount == Decimal("184.25")
    assert not Chargeable.objects.filter(account=account).exists()
    with pytest.raises(SuspensionRefused):
        suspend_for_debt(
            account=account,
            by=make_staff(StaffRole.CREDIT),
            at=story.when("2027-05-18 10:00"),
        )
    assert set(Service.objects.values_list("status", flat=True)) == {ServiceStatus.ACTIVE}


def test_urgency_learnt_later_supersedes_the_old_day_and_misses_nothing():
    """seq-k-06: 26 February is superseded, not missed, and two days run from receipt."""
    story = tell("greenlight", state="VIC")
    story.take("2027-02-12 16:45", received="2027-02-12 16:45", channel=Channel.EMAIL)
    story.sweep("2027-02-12 16:46")
    story.do(
        "2027-02-15 10:30",
        "learn_urgency",
        grounds=Urgency(hardship_related=True),
        text="Asked for help.",
    )
    rows = Deadline.objects.filter(subject=story.reference, duty=Duty.PROPOSE)
    assert sorted(rows.values_list("due_on", "status")) == [
        (date(2027, 2, 16), "open"),
        (date(2027, 2, 26), "superseded"),
    ]


def test_closing_before_was_no_consent_and_the_figures_say_so():
    """seq-k-09: closed as unreachable on 16 July, reopened on 4 August under its reference."""
    story = tell("callpro", state="QLD")
    story.lodge("2027-06-07 08:10")
    story.sweep("2027-06-07 08:11")
    story.do("2027-06-08 09:00", "start_investigation")
    story.do("2027-06-17 10:00", "propose_resolution", text="A credit.")
    story.sweep("2027-06-17 10:05")
    for day in ("2027-06-21", "2027-06-23", "2027-06-25", "2027-06-28", "2027-06-30"):
        story.do(f"{day} 10:00", "record_attempt", channel=Channel.PHONE)
    # No timer closes it, however long nobody answers.
    story.sweep("2027-06-30 23:00")
    assert story.complaint.state == State.PROPOSED
    story.do("2027-07-01 10:00", "send_closing_letter", text="Please answer.")
    story.sweep("2027-07-01 10:05")
    story.sweep("2027-07-20 10:05")
    assert story.complaint.state == State.PROPOSED
    story.do("2027-07-20 11:00", "close_complaint", upheld=False)

    def endings() -> dict[str, int]:
        period = analysis.quarter_of(date(2027, 7, 1), Region.QLD)
        found = analysis.figures(Complaint.objects.all(), period, story.when("2027-08-20 10:00"))
        return {bar.label: bar.count for bar in found.groups["How it ended"]}

    assert endings() == {str(Ending.UNREACHABLE.label): 1}
    story.do("2027-08-04 14:00", "reopen_complaint", by=story.world.holder, text="I was ill.")
    assert Complaint.objects.count() == 1
    assert endings() == {}


def test_who_is_content_with_an_answer_about_privacy_has_no_way_to_the_regulator_named():
    """seq-k-12: had A written "I am content", no step to the OAIC would be open."""
    story = privacy_story()
    story.do("2027-02-08 09:00", "start_investigation")
    story.do("2027-02-12 10:00", "propose_resolution", text="One look; we are sorry.")
    story.sweep("2027-02-12 10:05")
    story.hear("2027-02-20 10:00", "accept_proposal", text="I am content.")
    assert privacy_regulator(story.complaint).opens_on is None


def test_the_days_of_privacy_are_counted_apart_from_the_general_clocks():
    """seq-k-12: what the thirty days missed is no miss of the general answer."""
    story = privacy_story()
    story.do(
        "2027-02-12 11:01",
        "explain_delay",
        text="We still ask.",
        new_day=date(2027, 3, 5),
        names_ombudsman=True,
    )
    story.sweep("2027-03-04 00:00")
    period = analysis.quarter_of(date(2027, 2, 1), Region.WA)
    found = analysis.figures(Complaint.objects.all(), period, story.when("2027-03-04 10:00"))
    missed = {str(row.label): row.missed for row in found.kept}
    assert sum(missed.values()) == 1
    assert missed[IN_WORDS[Duty.ANSWER_PRIVACY]] == 1
    with pytest.raises(StepRefused, match="privacy officer"):
        story.do("2027-03-04 10:00", "start_investigation", by=story.desk)


def test_who_was_refused_as_vexatious_keeps_page_service_and_pays_nothing():
    """seq-k-13: neither the lodging page nor the service is taken from them, and no fee comes."""
    story = tell("vpnet", state="ACT")
    bill(story, date(2027, 5, 1), "66.00")
    owed = OpenItem.objects.get().amount
    refuse(story)

    client = signed_in(story.world.holder)
    assert client.get("/complaints/new/").status_code == 200
    assert Service.objects.get().status == ServiceStatus.ACTIVE
    assert OpenItem.objects.get().amount == owed
    assert not outlook(
        story.world.account, date(2027, 5, 13), story.when("2027-05-13 10:00")
    ).stops


def refused_story() -> Story:
    """VPnet, ACT: refused as vexatious on 12 May by two people."""
    story = tell("vpnet", state="ACT")
    refuse(story)
    return story


def refuse(story: Story) -> None:
    story.lodge("2027-05-03 09:00", description="The old matter, with threats.")
    story.sweep("2027-05-03 09:01")
    story.do("2027-05-10 09:00", "escalate_complaint", text="Threats again.")
    story.do("2027-05-10 11:00", "consider_refusal", by=story.manager, text="Nothing new.")
    story.do("2027-05-11 09:00", "sign_refusal")
    how = {"text": "Answered three times.", "vexatious": True, "same_matter": True}
    story.do("2027-05-12 10:00", "refuse_complaint", by=story.manager, **how)


def test_the_same_matter_again_is_answered_with_the_refusal_and_the_ombudsman():
    """seq-k-13: on 20 May it need not be taken again; nothing is erased."""
    story = refused_story()
    first = story.complaint
    story.lodge("2027-05-20 09:00", description="The old matter again.")
    story.sweep("2027-05-20 09:01")
    again = {"refused": first, "text": ""}
    with pytest.raises(StepRefused, match="team manager"):
        story.do("2027-05-20 10:00", "answer_as_refused", **again)

    pages = signed_in(story.manager)
    address = f"/admin/complaints/complaint/{story.complaint.pk}/step/refused_before/"
    assert first.reference in pages.get(address).getvalue().decode()
    story.do("2027-05-20 10:00", "answer_as_refused", by=story.manager, **again)

    assert (story.complaint.state, story.complaint.ending) == (State.CLOSED, Ending.VEXATIOUS)
    letter = Notice.objects.filter(kind="complaint_letter").latest("pk").text
    for word in (first.reference, "Wed 12 May 2027", "1800 062 058"):
        assert word in letter
    assert Complaint.objects.count() == 2
    assert story.missed() == []

    # What comes through the ombudsman is taken all the same, the second one, too.
    story.refer("2027-05-28 09:00", Level.REFERRED)
    assert story.complaint.state == State.INVESTIGATING
    with pytest.raises(StepRefused, match="ombudsman has it"):
        story.do("2027-05-28 10:00", "answer_as_refused", by=story.manager, **again)


def test_only_a_refusal_of_this_account_counts_and_never_against_somebody_in_danger():
    story = refused_story()
    first = story.complaint
    story.lodge("2027-05-20 09:00", description="He threatens me.", safety_threat=True)
    story.sweep("2027-05-20 09:01")
    with pytest.raises(StepRefused, match="safety is at stake"):
        story.do("2027-05-20 10:00", "answer_as_refused", refused=first, text="")
    other = tell("greenlight", state="NSW")
    other.lodge("2027-05-20 09:00")
    other.sweep("2027-05-20 09:01")
    with pytest.raises(StepRefused, match="not refused as vexatious on this account"):
        other.do("2027-05-20 10:00", "answer_as_refused", by=story.manager, refused=first, text="")


def kim() -> Story:
    """Blueshift, TAS: Kim uses a mobile on Rory's account, and rings about threats."""
    story = tell("blueshift", state="TAS")
    story.take(
        "2027-03-25 10:26",
        received="2027-03-25 10:20",
        channel=Channel.PHONE,
        person=None,
        caller_name="Kim",
        caller_contact="0491 570 156",
        caller_days=CallDays.WORKING,
        caller_opens=time(9),
        caller_closes=time(12),
        told_by=Channel.PHONE,
        told_at_once=True,
        facts={"topic": "service", "description": "Threats.", "safety_threat": True},
    )
    return story


@pytest.mark.parametrize(
    ("moment", "is_open", "until_or_next"),
    [
        ("2027-03-25 10:26", True, "2027-03-25 12:00"),
        ("2027-03-25 12:00", False, "2027-03-30 09:00"),
        # Good Friday and Easter Monday, a Saturday between them.
        ("2027-03-26 10:00", False, "2027-03-30 09:00"),
        ("2027-03-27 10:00", False, "2027-03-30 09:00"),
        ("2027-03-29 10:00", False, "2027-03-30 09:00"),
        ("2027-03-30 08:55", False, "2027-03-30 09:00"),
        ("2027-03-30 09:00", True, "2027-03-30 12:00"),
        ("2027-03-30 12:05", False, "2027-03-31 09:00"),
    ],
)
def test_a_caller_in_danger_is_rung_in_their_hours_alone(moment, is_open, until_or_next):
    """seq-k-07: Mon to Fri 09:00 to 12:00, no public holidays, told by Wed 31 March 12:00."""
    story = kim()
    hours = calling_hours(story.complaint, story.when(moment))
    assert hours.is_open is is_open
    assert (hours.until or hours.next_at) == story.when(until_or_next)
    last = last_call(story.complaint, date(2027, 3, 31), story.when(moment))
    assert last == story.when("2027-03-31 12:00")
    words = hours_to_call(story.complaint, story.when(moment))
    assert ("You can ring now" in words) is is_open
    assert "ring by Wed 31 Mar 2027, 12:00" in words


def test_hours_that_are_over_by_the_day_are_said_to_be_none():
    story = kim()
    assert last_call(story.complaint, date(2027, 3, 31), story.when("2027-03-31 12:00")) is None


@pytest.mark.parametrize(
    ("opens", "closes", "says"),
    [(time(9), None, "both hours"), (time(12), time(9), "later than the first")],
)
def test_hours_that_can_not_be_are_refused_in_words(opens, closes, says):
    story = tell("blueshift", state="TAS")
    with pytest.raises(LodgingRefused, match=says):
        story.take(
            "2027-03-25 10:26",
            received="2027-03-25 10:20",
            channel=Channel.PHONE,
            person=None,
            caller_name="Kim",
            caller_opens=opens,
            caller_closes=closes,
            told_by=Channel.PHONE,
        )


PAGES = (
    *("/", "/bills/", "/bills/?format=csv", "/complaints/", "/complaints/?format=csv"),
    *("/people/history/", "/people/history/?format=csv", "/contract/", "/notices/"),
)


def pages_of(person) -> dict[str, str]:
    """What somebody reads on their pages and in their files."""
    client = signed_in(person)
    return {page: client.get(page).getvalue().decode() for page in PAGES}


def test_the_holder_finds_nothing_of_a_callers_danger_and_is_not_cut_off():
    """seq-k-07: an announced suspension does not happen, no day is set, nobody is told why."""
    one = owing("greenlight", "NSW", "200.00", "2027-05-03", "2027-06-01")
    sweep(one, "2027-06-02")
    credit = make_staff(StaffRole.CREDIT)
    give_suspension_notice(account=one.account, by=credit, at=one.at("2027-06-11", "19:40"))
    deliver_queued(at=one.at("2027-06-11", "19:40"))
    assert len(pages_of(one.world.holder)) == len(PAGES)
    story = Story(one.world, make_staff(StaffRole.FRONT_LINE), make_staff())
    story.take(
        "2027-06-15 10:26",
        received="2027-06-15 10:20",
        channel=Channel.PHONE,
        person=None,
        caller_name="Kim",
        caller_contact="0491 570 156",
        told_by=Channel.PHONE,
        told_at_once=True,
        facts={"topic": "service", "description": "He reads my calls.", "safety_threat": True},
    )

    # The earliest day of the notice comes and goes.
    found = outlook(one.account, date(2027, 6, 22), one.at("2027-06-22"))
    assert (found.step, found.on) == (Step.STOPPED, None)
    with pytest.raises(SuspensionRefused, match="No step is planned") as refusal:
        suspend_for_debt(account=one.account, by=credit, at=one.at("2027-06-22"))
    assert not any(word in str(refusal.value) for word in ("Kim", "safety", "complaint"))
    assert Service.objects.get().status == ServiceStatus.ACTIVE
    for page, text in pages_of(one.world.holder).items():
        for trace in (story.reference, "Kim", "reads my calls", "0491 570 156"):
            assert trace not in text, (trace, page)
    sent = Notice.objects.filter(to__in=[one.world.holder.email, one.world.customer.email])
    assert not sent.filter(subject_ref=story.reference).exists()
    # Who may not know of somebody's danger finds no such complaint, by number or by reference.
    for role in set(StaffRole) - {StaffRole.PRIVACY}:
        pages = signed_in(make_staff(role))
        address = f"/admin/complaints/complaint/{story.complaint.pk}/change/"
        assert pages.get(address).status_code in (302, 403, 404)
        listed = pages.get(f"/admin/complaints/complaint/?q={story.reference}")
        assert f">{story.reference}<" not in listed.getvalue().decode()
