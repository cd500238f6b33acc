"""Many at once, each shown before it is done; and a complaint without a name finds its account."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused

import pytest

from complaints.lodging import services as lodging
from complaints.lodging.models import Attachment
from complaints.process.services import (
    StepRefused,
    acknowledge_many,
    acknowledge_sent,
    assign_many,
    move_to_account,
    plan_acknowledge,
    plan_assign,
)
from complaints.tickets.models import Complaint
from complaints.tickets.states import Duty, State
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from parties.security.services import note_factor
from parties.security.states import Factor
from records.deadlines.models import Deadline
from records.notices.services import Post, deliver_queued
from terms.calendar import Channel
from terms.calendar import State as Region
from tests.complaints.story import Story, tell
from tests.world import make_provider, make_staff, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def rows() -> list[Complaint]:
    return list(Complaint.objects.order_by("pk"))


def test_each_that_can_be_handed_over_is_and_the_others_say_why():
    story = tell("vpnet")
    story.officer = make_staff(StaffRole.PRIVACY)
    at = story.when("2027-02-02 10:00")
    for facts in (
        {"description": "One."},
        {"description": "Two.", "topic": "privacy"},
        {"description": "Three."},
    ):
        story.lodge("2027-02-01 10:00", **facts)
    story.do("2027-02-01 11:00", "withdraw_complaint", by=story.world.holder)

    planned = plan_assign(rows(), to=story.manager, by=story.desk, at=at)

    assert [one.can for one in planned] == [True, False, False]
    assert planned[0].words == f"From the desk to {story.manager}"
    assert planned[1].words == "It is not yours to work on."
    assert "reopen it first" in planned[2].words
    assert not Complaint.objects.filter(assigned_to__isnull=False).exists()
    done = assign_many(rows(), to=story.manager, by=story.desk, at=at)
    assert done == planned
    assert [one.assigned_to for one in rows()] == [story.manager, None, None]
    again = assign_many(rows(), to=story.manager, by=story.desk, at=at)
    assert "already" in again[0].words


def test_each_is_acknowledged_its_own_way_or_says_which(monkeypatch):
    story = tell("vpnet")
    real = Post.send

    def refuse(self, message):
        raise SMTPRecipientsRefused({message.to[0]: (550, b"no such user")})

    monkeypatch.setattr(Post, "send", refuse)
    story.lodge("2027-02-01 10:00", description="By email.")
    story.sweep("2027-02-01 10:05")
    story.take(
        "2027-02-01 11:00",
        received="2027-02-01 11:00",
        channel=Channel.VOICEMAIL,
        told_by=Channel.PHONE,
        facts={"description": "By phone."},
    )
    monkeypatch.setattr(Post, "send", real)
    story.lodge("2027-02-01 12:00", description="On its way.")
    at = story.when("2027-02-01 12:01")

    words = [one.words for one in plan_acknowledge(rows(), by=story.desk, at=at)]
    assert "refused it" in words[0]
    assert "told by phone" in words[1]
    assert "on its way" in words[2]

    story.world.holder.email = "new@people.example"
    story.world.holder.save()
    done = acknowledge_many(rows(), by=story.desk, at=at)
    assert [one.can for one in done] == [True, False, False]
    deliver_queued(at=at)
    acknowledge_sent(at=at)
    states = [one.state for one in rows()]
    assert states == [State.ACKNOWLEDGED, State.RECEIVED, State.ACKNOWLEDGED]


def test_pages_show_first_and_do_what_was_shown(client):
    story = tell("vpnet")
    story.lodge("2027-02-01 10:00", description="One.")
    client.force_login(story.desk)
    chosen = {"action": "hand_over_many", "_selected_action": [story.complaint.pk]}
    asked = client.post("/admin/complaints/complaint/", chosen)
    assert asked.url == f"/admin/complaints/complaint/hand_over-many/?ids={story.complaint.pk}"
    assert "Show what happens" in client.get(asked.url).content.decode()
    given = {"ids": story.complaint.pk, "to": story.manager.pk}
    shown = client.post(asked.url, given)
    assert "From the desk to" in shown.content.decode()
    assert story.complaint.assigned_to is None
    client.post(asked.url, given | {"seen": shown.context["form"].data["seen"]})
    assert story.complaint.assigned_to == story.manager
    # Another one is shown anew.
    other = client.post(asked.url, {**given, "to": story.desk.pk, "seen": "to=somebody"})
    assert "What happens to each" in other.content.decode()
    for ids in ("", "x", "999999", "9" * 400):
        assert client.post(asked.url, {"ids": ids, "to": ""}).status_code == 302
    client.force_login(make_staff(StaffRole.FRONT_LINE, make_provider("callpro")))
    client.post(asked.url, given | {"to": ""})
    assert story.complaint.assigned_to == story.manager
    client.force_login(make_staff(StaffRole.AUDITOR))
    assert client.get(asked.url).status_code == 403


# ── a complaint without a name ──────────────────────────────────────────────────────────────


def nameless(story: Story) -> str:
    """Lodge one without a name; return the secret."""
    made = lodging.lodge_nameless(
        provider=story.world.provider,
        region=Region.NSW,
        details=lodging.ComplaintDetails(
            topic="service", description="Rude.", hardship_related=True
        ),
        page_key=lodging.new_page_key(),
        at=story.when("2027-02-01 10:00"),
    )
    story.reference = made.complaint.reference
    return made.secret


def proven(story: Story) -> None:
    note_factor(
        account=story.world.account,
        person=story.world.holder,
        purpose="change_details",
        factor=Factor.DOCUMENTS,
        evidence="Driver's licence",
        seen_by=story.desk,
        at=story.when("2027-02-02 09:55"),
    )


def move(story: Story, secret: str, **facts) -> Complaint:
    given = {"account": story.world.account, "person": story.world.holder, "by": story.desk}
    return move_to_account(
        reference=story.reference,
        secret=secret,
        at=story.when("2027-02-02 10:00"),
        **(given | facts),
    )


def test_who_proves_both_has_it_on_their_account_with_the_days_that_were_told():
    story = tell("vpnet")
    secret = nameless(story)
    days = set(story.deadlines(Duty.PROPOSE).values_list("due_on", flat=True))
    proven(story)

    moved = move(story, secret)

    assert (moved.account, moved.lodged_by) == (story.world.account, story.world.holder)
    assert (moved.caller_name, moved.told_by) == ("", Channel.EMAIL)
    assert set(story.deadlines(Duty.PROPOSE).values_list("due_on", flat=True)) == days
    assert not Deadline.objects.exclude(account=story.world.account).exists()
    assert not Attachment.objects.exclude(account=story.world.account).exists()
    assert lodging.find_followed(reference=story.reference, secret=secret) is None
    # What it stops, it stops there.
    assert story.world.account.blocks.filter(subject=story.reference).exists()
    # The same again is nothing new, and now it goes on as any complaint.
    assert move(story, secret).pk == moved.pk
    story.do("2027-02-02 11:00", "start_investigation")
    story.do("2027-02-03 10:00", "propose_resolution", text="We are sorry.")
    story.do("2027-02-04 10:00", "accept_proposal", by=story.world.holder)
    assert story.complaint.state == State.IMPLEMENTING


def test_without_both_proofs_nothing_moves():
    story = tell("vpnet")
    secret = nameless(story)
    with pytest.raises(StepRefused, match="check who"):
        move(story, secret)
    proven(story)
    for wrong in ("", "AAAA-AAAA-AAAA-AAAA", secret[:-1], "\0" * 400):
        with pytest.raises(StepRefused, match="not the secret"):
            move(story, wrong)
    elsewhere = make_world("callpro")
    with pytest.raises(StepRefused, match="another provider"):
        move(story, secret, account=elsewhere.account, person=elsewhere.holder)
    with pytest.raises(NotAuthorised):
        move(story, secret, by=make_staff(StaffRole.AUDITOR))
    assert story.complaint.lodged_by is None


def test_one_that_has_a_name_stays_where_it_is():
    story = tell("vpnet")
    story.lodge("2027-02-01 10:00")
    other = make_world("vpnet")
    with pytest.raises(StepRefused, match="has an account"):
        move(story, "x", account=other.account, person=other.holder)


def test_desk_moves_it_on_its_page_with_words_that_stay(client):
    story = tell("vpnet")
    nameless(story)
    client.force_login(story.desk)
    page = f"/admin/complaints/complaint/{story.complaint.pk}/step/move/"
    given = {"account": "NOPE", "person": story.world.holder.email, "secret": "ABCD"}
    shown = client.post(page, given).content.decode()
    assert "No account of this provider has this number" in shown
    assert 'value="ABCD"' in shown
    number = story.world.account.number
    shown = client.post(page, given | {"account": number}).content.decode()
    assert "not the secret" in shown
    shown = client.post(page, given | {"account": number, "person": "x@y.example"})
    assert "Nobody with this address" in shown.content.decode()
