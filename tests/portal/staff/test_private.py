"""seq-k-07: what somebody's safety hangs on is there for the privacy role, and for nobody else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.inbound.models import InboundMail
from complaints.inbound.states import MailState
from complaints.lodging import services as lodging
from complaints.process import services as process
from complaints.tickets.models import Complaint
from parties.authority.selectors import NotAuthorised
from parties.people.models import User
from parties.people.services import end_staff_role, note_absence
from parties.people.states import StaffRole
from parties.privacy.selectors import history
from portal.composition.worklists import worklists
from records.audit.models import Entry
from records.deadlines.models import Deadline
from records.deadlines.services import remind_and_flag
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.calendar import Channel
from tests.parties.staff import give_reason, sign_in_staff
from tests.world import World, make_provider, make_service, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OTHERS = sorted(set(StaffRole) - {StaffRole.PRIVACY})
NUMBER = "0491 570 156"
UNIQUE = re.compile(r"[0-9a-f-]{36}|\d+ ?(ms|queries)")


def private_call(world: World, staff: User) -> Complaint:
    """Kim, who has no log-in, rings because the holder threatens her."""
    now = timezone.now()
    return lodging.lodge_for_customer(
        account=world.account,
        staff=staff,
        details=lodging.ComplaintDetails(
            topic="service", description="He reads my calls.", safety_threat=True
        ),
        arrival=lodging.Arrival(
            channel=Channel.PHONE,
            received_at=now,
            caller_name="Kim",
            caller_contact=NUMBER,
            told_by=Channel.PHONE,
            told_at_once=True,
        ),
        at=now,
    )


def learnt_later(world: World, staff: User) -> Complaint:
    """The holder's own open complaint, in somebody's hands, turns out to be about safety."""
    now = timezone.now()
    complaint = lodging.lodge_complaint(
        account=world.account,
        by=world.holder,
        details=lodging.ComplaintDetails(topic="service", description="He reads my calls."),
        at=now - timedelta(minutes=9),
    )
    deliver_queued(at=now - timedelta(minutes=8))
    process.acknowledge_sent(at=now - timedelta(minutes=8))
    reference = complaint.reference
    process.start_investigation(reference=reference, by=staff, at=now - timedelta(minutes=7))
    process.add_note(reference=reference, by=staff, text="Ring", at=now - timedelta(minutes=6))
    process.learn_urgency(
        reference=reference,
        by=staff,
        grounds=process.Urgency(safety_threat=True),
        text="She is afraid.",
        at=now,
    )
    return complaint


def goes_on(complaint: Complaint) -> None:
    """A day of it is missed, an email names it, and beat rings."""
    now = timezone.now()
    InboundMail.objects.create(
        provider=complaint.account.customer.provider,
        message_id="<x@elsewhere.example>",
        sender="kim@elsewhere.example",
        subject="Please",
        text="He found out.",
        received_at=now,
        state=MailState.SET_APART,
        why=f"It names {complaint.reference}, but comes from somebody else.",
        raw="mail/x.eml",
    )
    owed = Deadline.objects.filter(subject=complaint.reference, status="open")
    owed.update(due_at=now - timedelta(minutes=1), next_look_at=now - timedelta(minutes=1))
    remind_and_flag(at=now)
    process.escalate_missed(at=now)
    process.mind_private(at=now)
    deliver_queued(at=now)


def pages(world: World, reference: str = "C-NOTHERE") -> dict[str, str]:
    """Each list, search, filter, file and tab on which something of it could be seen."""
    account = reverse("admin:parties_account_change", args=[world.account.pk])
    complaints = reverse("admin:complaints_complaint_changelist")
    figures = reverse("admin:complaint_figures") + "?provider=vpnet"
    return {
        "index": reverse("admin:index"),
        "customer": account,
        **{tab: f"{account}?tab={tab}" for tab in ("complaints", "messages", "documents")},
        "history": f"{account}?tab=history",
        "queue": complaints,
        "search": f"{complaints}?q={reference}",
        "words": f"{complaints}?q=calls",
        "missed": f"{complaints}?clock=missed",
        "nobody": f"{complaints}?mine=nobody",
        "open": f"{complaints}?needs=open",
        "manager": f"{complaints}?needs=manager",
        "deadlines": reverse("admin:deadlines_deadline_changelist"),
        "missed deadlines": reverse("admin:deadlines_deadline_changelist")
        + "?status__exact=missed",
        "notices": reverse("admin:notices_notice_changelist"),
        "found notices": reverse("admin:notices_notice_changelist") + f"?q={reference}",
        "papers": reverse("admin:documents_document_changelist"),
        "audit": reverse("admin:audit_entry_changelist"),
        "found audit": reverse("admin:audit_entry_changelist") + f"?q={reference}",
        "mails": reverse("admin:complaints_inboundmail_changelist"),
        "figures": figures,
        "file": f"{figures}&format=csv",
    }


def words(client: Client, address: str, reference: str = "") -> str:
    """What stands on a page, without its markup, what was searched for, and keys."""
    answer = client.get(address)
    text = re.sub(r"<[^>]+>", " ", answer.getvalue().decode())
    if reference:
        text = text.replace(reference, "C-NOTHERE")
    return f"{answer.status_code} {UNIQUE.sub('', ' '.join(text.split()))}"


@pytest.mark.parametrize("story", [private_call, learnt_later])
@pytest.mark.parametrize("role", OTHERS)
def test_for_every_other_role_nothing_is_there(world, role, story):
    make_service(world.account)
    make_staff(StaffRole.PRIVACY)
    writes = make_staff(StaffRole.FRONT_LINE)
    client = sign_in_staff(Client(), make_staff(role), because_of=world.account)
    for address in pages(world).values():
        client.get(address)
    before = {name: words(client, address) for name, address in pages(world).items()}

    complaint = story(world, writes)
    goes_on(complaint)

    reference = complaint.reference
    for name, address in pages(world, reference).items():
        seen = words(client, address, reference if "q=" in address else "")
        assert seen == before[name], name
    for name in ("change", "history"):
        address = reverse(f"admin:complaints_complaint_{name}", args=[complaint.pk])
        assert client.get(address).status_code in (302, 403, 404)
    for slug in ("note", "urgent", "propose"):
        address = reverse("admin:complaints_complaint_step", args=[complaint.pk, slug])
        assert client.get(address).status_code in (302, 403, 404)
    for notice in Notice.objects.filter(subject_ref=reference):
        address = reverse("admin:notices_notice_change", args=[notice.pk])
        assert client.get(address).status_code in (302, 403, 404)


@pytest.mark.parametrize("story", [private_call, learnt_later])
def test_privacy_officer_sees_and_works_it(world, story):
    officer = make_staff(StaffRole.PRIVACY)
    complaint = story(world, make_staff(StaffRole.FRONT_LINE))
    goes_on(complaint)
    complaint.refresh_from_db()
    client = sign_in_staff(Client(), officer)
    reference = complaint.reference

    assert complaint.assigned_to is None
    for name in ("queue", "missed", "nobody", "open", "manager", "deadlines"):
        assert reference in words(client, pages(world)[name]), name
    assert "kim@elsewhere.example" in words(client, pages(world)["mails"])
    assert ",received,1" in words(client, pages(world)["file"]).replace('"', "")
    counts = {one["title"]: one["count"] for one in worklists(officer, timezone.now())}
    assert counts["Complaints to take in hand"] == counts["Complaints with a missed duty"] == 1
    # Nobody has it in hand, so it leads them to itself without a reason being asked.
    page = words(client, reverse("admin:complaints_complaint_change", args=[complaint.pk]))
    assert "Somebody's safety is threatened" in page.replace("&#x27;", "'")
    give_reason(client, world.account)
    customer = words(client, pages(world)["customer"])
    assert f"nothing is asked for or cut: {reference}" in customer

    now = timezone.now()
    if complaint.state == "acknowledged":
        process.start_investigation(reference=reference, by=officer, at=now)
    process.decide_escalation(
        reference=reference, by=officer, takes_over=True, text="I do it.", at=now
    )
    process.propose_resolution(reference=reference, by=officer, text="A new account.", at=now)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.assigned_to) == ("proposed", officer)


def test_front_line_takes_it_by_phone_and_is_told_who_goes_on(world):
    officer = make_staff(StaffRole.PRIVACY)
    officer.full_name = "Pat Privacy"
    officer.save()
    staff = make_staff(StaffRole.FRONT_LINE)
    desk = sign_in_staff(Client(), staff, because_of=world.account)
    page = reverse("admin:complaints_complaint_add") + f"?account={world.account.number}"
    typed = {
        "channel": "phone",
        "received_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "person": "else",
        "caller_name": "Kim",
        "caller_contact": NUMBER,
        "told_by": "phone",
        "topic": "service",
        "description": "He reads my calls.",
        "safety_threat": "on",
        "told_at_once": "on",
    }

    first, second = desk.post(page, typed), desk.post(page, typed)

    complaint = Complaint.objects.get()
    customer = reverse("admin:parties_account_change", args=[world.account.pk])
    assert first.url == second.url == customer
    said = words(desk, customer).replace("&#x27;", "'")
    assert f"The reference is {complaint.reference}" in said
    assert "Hand the call, or what else you know, to Pat Privacy" in said
    assert complaint.reference not in words(desk, customer)
    told = Notice.objects.filter(kind="complaint_staff")
    assert {one.to for one in told} == {officer.email}
    # Neither that it was lodged nor that staff were there then is in what the customer reads.
    assert "Fran" not in str(list(history(world.account)))
    assert not history(world.account).filter(actor_id=staff.pk).exists()


def test_looks_of_an_officer_are_none_of_the_accounts_history(world):
    officer = make_staff(StaffRole.PRIVACY)
    complaint = private_call(world, make_staff(StaffRole.FRONT_LINE))
    client = sign_in_staff(Client(), officer, because_of=world.account)
    client.get(reverse("admin:complaints_complaint_change", args=[complaint.pk]))
    client.get(reverse("admin:parties_account_change", args=[world.account.pk]))

    assert Entry.objects.filter(actor_id=officer.pk, account=world.account).exists()
    assert not history(world.account).filter(actor_id=officer.pk).exists()


def test_staff_who_look_as_the_customer_see_what_the_customer_sees(world):
    complaint = private_call(world, make_staff(StaffRole.FRONT_LINE))
    client = sign_in_staff(Client(), make_staff(StaffRole.ADMINISTRATOR))
    look = reverse("admin:view_as", args=[world.account.public_id])
    client.post(look, {"reason": "The customer called about a bill"})

    seen = words(client, "/complaints/")

    assert seen.startswith("200")
    assert complaint.reference not in seen
    assert client.get(f"/complaints/{complaint.reference}/").status_code == 404


@pytest.mark.parametrize("role", OTHERS)
def test_no_step_of_another_role_reaches_it(world, role):
    complaint = private_call(world, make_staff(StaffRole.FRONT_LINE))
    somebody = make_staff(role)
    now = timezone.now()
    how = {"reference": complaint.reference, "at": now}

    with pytest.raises(NotAuthorised):
        process.start_investigation(by=somebody, **how)
    with pytest.raises(NotAuthorised):
        process.add_note(by=somebody, text="x", **how)
    officer = make_staff(StaffRole.PRIVACY)
    with pytest.raises(process.StepRefused, match="may not work"):
        process.assign_complaint(by=officer, to=somebody, **how)
    process.assign_complaint(by=officer, to=make_staff(StaffRole.PRIVACY), **how)


def test_what_somebody_may_know_no_longer_goes_back_to_the_officers(world):
    leaves, stays = make_staff(StaffRole.PRIVACY), make_staff(StaffRole.PRIVACY)
    complaint = private_call(world, make_staff(StaffRole.FRONT_LINE))
    now = timezone.now()
    process.start_investigation(reference=complaint.reference, by=leaves, at=now)
    owed = Deadline.objects.filter(subject=complaint.reference, status="open")
    assert set(owed.values_list("owner_email", flat=True)) == {leaves.email}
    assert process.mind_private(at=now) == 0

    end_staff_role(user=leaves, role=StaffRole.PRIVACY, at=now)

    assert process.mind_private(at=now) == 1
    assert process.mind_private(at=now) == 0
    complaint.refresh_from_db()
    assert complaint.assigned_to is None
    assert set(owed.values_list("owner_email", flat=True)) == {stays.email}


def test_who_stands_in_for_an_officer_hears_of_it_only_if_they_may(world):
    officer, other = make_staff(StaffRole.PRIVACY), make_staff(StaffRole.TEAM_MANAGER)
    complaint = private_call(world, make_staff(StaffRole.FRONT_LINE))
    now = timezone.now()
    process.start_investigation(reference=complaint.reference, by=officer, at=now)
    today = timezone.localdate()
    note_absence(
        user=officer, substitute=other, starts_on=today, ends_on=today, by=officer, at=now
    )
    process.mind_absences(at=now)

    assert not Notice.objects.filter(to=other.email).exists()
    owed = Deadline.objects.filter(subject=complaint.reference, status="open")
    assert other.email not in set(owed.values_list("owner_email", flat=True))


def test_where_nobody_is_an_officer_administrators_are_told_without_a_word_of_it(world, capsys):
    admin = make_staff(StaffRole.ADMINISTRATOR)
    elsewhere = make_staff(StaffRole.ADMINISTRATOR, make_provider("callpro"))
    complaint = private_call(world, make_staff(StaffRole.FRONT_LINE))
    now = timezone.now()

    assert process.mind_private(at=now) == 1
    assert process.mind_private(at=now + timedelta(hours=23)) == 0
    assert process.mind_private(at=now + timedelta(hours=25)) == 1

    told = Notice.objects.filter(kind="private_unseen")
    assert {one.to for one in told} == {admin.email}
    assert elsewhere.email not in {one.to for one in told}
    for one in told:
        whole = f"{one.title} {one.text} {one.html} {one.subject_ref}"
        for trace in (complaint.reference, world.account.number, "Kim", "calls", "complaint"):
            assert trace not in whole
    assert not Notice.objects.filter(kind="complaint_staff").exists()
    counts = {one["title"]: one["count"] for one in worklists(admin, now)}
    assert counts["Providers without a privacy officer: name one"] > 0
    call_command("staff", "refresh")
    assert "has no privacy officer" in capsys.readouterr().err

    officer = make_staff(StaffRole.PRIVACY)
    assert process.mind_private(at=now + timedelta(hours=51)) == 1
    owed = Deadline.objects.filter(subject=complaint.reference, status="open")
    assert set(owed.values_list("owner_email", flat=True)) == {officer.email}
    counts = {one["title"]: one["count"] for one in worklists(admin, now)}
    assert counts["Providers without a privacy officer: name one"] == 0


def test_an_email_is_not_put_into_it_by_who_may_not_know_of_it(world):
    complaint = private_call(world, make_staff(StaffRole.FRONT_LINE))
    goes_on(complaint)
    mail = InboundMail.objects.get()
    client = sign_in_staff(Client(), make_staff(StaffRole.TEAM_MANAGER))

    assert client.get(
        reverse("admin:complaints_inboundmail_settle", args=[mail.pk])
    ).status_code in (302, 404)
    other = InboundMail.objects.create(
        provider=world.provider,
        message_id="<y@elsewhere.example>",
        sender="a@elsewhere.example",
        received_at=timezone.now(),
        state=MailState.SET_APART,
        raw="mail/y.eml",
    )
    settle = reverse("admin:complaints_inboundmail_settle", args=[other.pk])
    typed = {"outcome": "into", "reference": complaint.reference}
    assert "There is no such complaint" in client.post(settle, typed).content.decode()
