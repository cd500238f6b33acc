"""Somebody in danger is reached where they say, and nobody else learns of it."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from billing.runs.services import run_provider_bills
from billing.usage.models import UsageRecord
from billing.usage.selectors import is_help_line
from complaints.lodging.services import ComplaintDetails, lodge_complaint
from parties.authority.selectors import NotAuthorised
from parties.correspondence import selectors as correspondence
from parties.correspondence.models import SafeContact
from parties.correspondence.states import SafeChannel
from parties.people.states import StaffRole
from parties.security.services import change_contact, end_safe_contact, set_safe_contact
from records.audit.models import Entry
from records.audit.services import Actor
from records.notices.models import Notice
from records.notices.services import Sender, deliver_queued, mark_told, queue_message
from terms import rules
from terms.calendar import State
from terms.facts import Role, read_facts
from tests.parties.people import confirm, log_in_afresh
from tests.parties.staff import sign_in_staff
from tests.world import appoint, instant, make_call, make_service, make_staff, make_user

AT = instant("2026-06-01 10:00")
FOREVER = date(2099, 12, 31)
SAFE = "safe@people.example"


def protect(world, user=None, **facts):
    given = {
        "channel": SafeChannel.EMAIL,
        "address": SAFE,
        "opens": None,
        "closes": None,
        "safety_threat": False,
        "at": AT,
    } | facts
    return set_safe_contact(account=world.account, user=user or world.holder, **given)


def write_to(world, address, at=AT, **facts):
    return queue_message(
        kind="x",
        to=address,
        sender=Sender(name="x"),
        at=at,
        title="Reminder",
        text="x",
        account_id=world.account.pk,
        **facts,
    )


# --- every message obeys


def test_bills_reminders_and_sign_in_go_to_the_safe_contact(world, mailoutbox):
    confirm(protect(world))
    make_service(world.account, fee="60.00", billed_through=date(2026, 10, 31))
    run_provider_bills(world.provider, issue_on=date(2026, 11, 1), at=instant("2026-11-01 06:20"))
    for address in (world.holder.email, world.account.billing_email, world.customer.email):
        write_to(world, address)
    write_to(world, world.holder.email.upper(), is_secret=True)
    deliver_queued(at=instant("2099-01-01 10:00"))

    # The bill itself waits for its PDF; it is addressed already.
    assert set(Notice.objects.values_list("to", flat=True)) == {SAFE}
    assert Notice.objects.filter(kind="invoice_issued").exists()
    assert len(mailoutbox) == 6
    assert {address for mail in mailoutbox for address in mail.to} == {SAFE}


def test_message_that_waits_is_sent_to_the_new_place(world, mailoutbox):
    write_to(world, world.account.billing_email)

    protect(world)
    deliver_queued(at=AT)

    assert {address for mail in mailoutbox for address in mail.to} == {SAFE}


def test_others_on_the_account_keep_their_own_messages(world, mailoutbox):
    other = make_user("Jordan Lee")
    appoint(world.account, other, Role.AUTHORISED_REP, ends_on=FOREVER)
    protect(world, other)

    write_to(world, world.account.billing_email)
    write_to(world, other.email)
    deliver_queued(at=AT)

    assert [mail.to for mail in mailoutbox if mail.subject == "Reminder"] == [
        [world.account.billing_email],
        [SAFE],
    ]


def test_outside_the_hours_a_message_waits_until_they_open(world, mailoutbox):
    protect(world, opens=time(9), closes=time(17))

    evening = instant("2026-06-01 20:00")
    assert deliver_queued(at=evening) == 0
    assert deliver_queued(at=instant("2026-06-02 08:59")) == 0
    assert deliver_queued(at=instant("2026-06-02 09:00")) == 1
    write_to(world, world.holder.email, at=instant("2026-06-02 07:00"))
    assert deliver_queued(at=instant("2026-06-02 07:00")) == 0
    assert deliver_queued(at=instant("2026-06-02 16:59")) == 1


def test_code_to_sign_in_waits_for_no_hours(world, mailoutbox):
    confirm(protect(world, opens=time(9), closes=time(17), at=instant("2026-06-01 20:00")))
    write_to(world, world.holder.email, at=instant("2026-06-01 21:00"), is_secret=True)

    assert deliver_queued(at=instant("2026-06-01 21:00")) == 2  # this one, and the code to confirm
    assert [mail.to for mail in mailoutbox] == [[SAFE], [SAFE]]


def test_phone_contact_gets_no_email_and_staff_are_asked_to_call(client, world, mailoutbox):
    protect(world, channel=SafeChannel.PHONE, address="0491 570 110")
    write_to(world, world.account.billing_email)

    assert deliver_queued(at=AT) == 0
    waiting = Notice.objects.filter(status="by_hand")
    assert {one.to for one in waiting} == {"0491 570 110"}
    sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=world.account)
    lists = client.get("/admin/").context["worklists"]
    assert {"Messages to tell by phone or post": 2}.items() <= {
        one["title"]: one["count"] for one in lists
    }.items()
    client.post(
        reverse("admin:notices_notice_changelist"),
        {"action": "told", "_selected_action": [one.pk for one in waiting]},
    )
    assert set(Notice.objects.values_list("status", flat=True)) == {"told"}
    with pytest.raises(ValueError, match="does not wait"):
        mark_told(notice=Notice.objects.first(), by=Actor(), at=AT)


def test_usual_addresses_come_back_when_it_is_ended(world, mailoutbox):
    protect(world)
    end_safe_contact(account=world.account, user=world.holder, at=AT)
    write_to(world, world.account.billing_email)
    deliver_queued(at=AT)

    assert mailoutbox[-1].to == [world.account.billing_email]


def test_newest_safe_contact_holds(world, mailoutbox):
    protect(world)
    protect(world, address="newer@people.example", at=AT + timedelta(hours=1))
    write_to(world, world.account.billing_email)
    deliver_queued(at=AT + timedelta(hours=1))

    assert mailoutbox[-1].to == ["newer@people.example"]
    assert SafeContact.objects.filter(ended_at__isnull=True).count() == 1


def test_new_billing_address_is_redirected_too(world, mailoutbox):
    confirm(protect(world))
    change_contact(
        account=world.account,
        by=world.holder,
        at=AT,
        details={"billing_email": "new-bills@people.example"},
    )
    write_to(world, "new-bills@people.example")
    deliver_queued(at=AT)

    assert {address for mail in mailoutbox for address in mail.to} == {SAFE}


# --- the page


def test_page_asks_for_no_proof_and_offers_a_quick_exit(client, world):
    log_in_afresh(client, world.holder)

    page = client.get(reverse("safe_contact")).content.decode()
    assert "data-quick-exit" in page
    assert "no proof" in page
    client.post(
        reverse("safe_contact"),
        {"channel": "email", "address": SAFE, "opens": "09:00", "closes": "17:00"},
    )
    assert SAFE in client.get(reverse("safe_contact")).content.decode()
    client.post(reverse("end_safe_contact"))
    assert SAFE not in client.get(reverse("safe_contact")).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "not an email"},
        {"opens": "09:00"},
        {"opens": "17:00", "closes": "09:00"},
        {"channel": "pigeon"},
    ],
)
def test_answer_that_cannot_work_is_explained(client, world, wrong):
    log_in_afresh(client, world.holder)

    answer = client.post(reverse("safe_contact"), {"channel": "email", "address": SAFE} | wrong)

    assert "There is a problem" in answer.content.decode()
    assert not SafeContact.objects.exists()


def test_stranger_sets_nothing(world):
    with pytest.raises(NotAuthorised):
        protect(world, make_user("A Stranger"))


# --- nobody else learns of it


def test_representative_sees_no_trace_of_it(client, world):
    friend = make_user("Jordan Lee")
    appoint(world.account, friend, Role.AUTHORISED_REP, ends_on=FOREVER)
    log_in_afresh(client, world.holder)
    client.post(reverse("safe_contact"), {"channel": "email", "address": SAFE})
    lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(topic="bill", description="Please, quietly.", safety_threat=True),
    )
    assert Entry.objects.filter(action="set_safe_contact", is_private=True).exists()
    client.force_login(friend)

    for page in (
        "/",
        "/people/",
        "/people/history/",
        "/people/history/?format=csv",
        "/complaints/",
        "/privacy/",
        "/profile/",
        "/reach/",
    ):
        text = client.get(page).getvalue().decode()
        for trace in (SAFE, "set safe contact", "Set safe contact", "C-", "quietly"):
            assert trace not in text, (page, trace)


def test_complaint_about_a_threat_is_its_lodgers_alone(client, world):
    friend = make_user("Jordan Lee")
    appoint(world.account, friend, Role.AUTHORISED_REP, ends_on=FOREVER)
    complaint = lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(topic="bill", description="x", safety_threat=True),
    )
    page = reverse("complaint", args=[complaint.reference])

    client.force_login(friend)
    assert client.get(page).status_code == 404
    client.force_login(world.holder)
    assert client.get(page).status_code == 200


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (StaffRole.FRONT_LINE, True),
        (StaffRole.CREDIT, True),
        (StaffRole.BILLING, False),
        (StaffRole.AUDITOR, False),
    ],
)
def test_only_staff_with_a_need_see_a_discreet_flag(client, world, role, sees):
    protect(world)
    sign_in_staff(client, make_staff(role), because_of=world.account)

    page = reverse("admin:parties_account_change", args=[world.account.pk])
    text = client.get(page).content.decode()
    notices = client.get(reverse("admin:notices_notice_changelist")).content.decode()

    assert ("Ask before contact" in text) is sees
    assert (SAFE in text) is sees
    assert (SAFE in notices) is sees
    assert "violence" not in text


# --- services and calls


def test_service_is_never_cut_off_while_safety_is_raised(world):
    day = date(2026, 12, 1)
    facts = {
        "due_date": date(2026, 6, 1),
        "state": State.NSW,
        "notice_given_on": date(2026, 10, 1),
        "today": day,
        "disputed": False,
        "hardship": False,
    }
    known = read_facts(rules.suspension, {k: v for k, v in facts.items() if k != "today"})

    before = correspondence.credit_binding(world.account, day).decide(rules.suspension, **known)
    protect(world, safety_threat=True)
    after = correspondence.credit_binding(world.account, day).decide(rules.suspension, **known)

    assert before.allowed is not False
    assert after.allowed is False
    assert "RF-DFV-03" in {reason.clause.id for reason in after.because}


@pytest.mark.parametrize(
    ("number", "helps"),
    [
        ("1800 737 732", True),
        ("1800737732", True),
        ("+61 2 6280 0900", True),
        ("131114", True),
        ("02 5550 1180", False),
        ("", False),
    ],
)
def test_help_line_is_known_however_it_is_written(number, helps):
    assert is_help_line(number) is helps


def test_call_to_a_help_line_is_neither_charged_nor_shown(world):
    service = make_service(world.account)
    make_call(service, instant("2026-10-05 11:00"), 60)
    hidden = make_call(service, instant("2026-10-05 23:41"), 3600)
    UsageRecord.objects.filter(pk=hidden.pk).update(called="1800 737 732")

    run_provider_bills(
        world.provider, issue_on=date(2026, 11, 1), at=instant("2026-11-01 06:20"), on_demand=True
    )

    lines = world.account.invoices.get().lines.all()
    words = " ".join(f"{line.description} {line.because}" for line in lines)
    assert "1 call" in words
    assert "23:41" not in words


@pytest.mark.parametrize(
    ("channel", "address", "says"),
    [
        ("phone", "ask my sister", "Write a phone number"),
        ("phone", "0491", "Write a phone number"),
        ("phone", "safe@people.example", "Write a phone number"),
        ("email", "0491 570 156", "name@example.com"),
    ],
)
def test_safe_contact_where_nobody_can_be_reached_is_refused(
    client, world, channel, address, says
):
    client.force_login(world.holder)

    page = client.post(reverse("safe_contact"), {"channel": channel, "address": address})

    assert says in page.content.decode()
    assert not SafeContact.objects.exists()


def test_somebody_who_may_do_nothing_yet_is_reached_safely_all_the_same(world):
    friend = make_user("Jordan Lee")
    appoint(
        world.account,
        friend,
        Role.AUTHORISED_REP,
        ends_on=date(2099, 12, 31),
        needs_check=True,
        verified_at=None,
    )
    client = Client()
    log_in_afresh(client, friend)

    client.post("/reach/", {"channel": "email", "address": "safe@people.example"})

    assert SafeContact.objects.get(user=friend).address == "safe@people.example"
