"""The customer's page of the staff: the header, the tabs, who sees which, what is owed next."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.payments.services import record_payment
from billing.runs.services import run_provider_bills
from complaints.lodging.services import ComplaintDetails, lodge_complaint
from contracts.orders.services import LineWish, draft_order
from parties.appointments.services import HolderChange, record_holder_event
from parties.authority.models import Appointment
from parties.authority.states import HolderEventKind
from parties.people.states import StaffRole
from parties.privacy.services import ask_privacy
from parties.privacy.states import PrivacyKind
from parties.security.models import Pause
from parties.security.states import HighRisk
from records.audit.services import record
from records.deadlines.models import Deadline
from records.notices.services import Sender, give_notice
from terms.facts import Role
from tests.parties.people import signed_in
from tests.parties.staff import give_reason
from tests.world import World, appoint, make_provider, make_service, make_staff, make_user

pytestmark = pytest.mark.django_db
EVERY = {
    "people",
    "services",
    "orders",
    "bills",
    "payments",
    "complaints",
    "messages",
    "documents",
    "history",
}
# What each role sees of a customer, by the permissions and the kinds of data of its table.
TABS = {
    StaffRole.FRONT_LINE: EVERY - {"payments", "documents", "history"},
    StaffRole.TEAM_MANAGER: EVERY - {"payments", "history"},
    StaffRole.BILLING: EVERY - {"complaints", "history"},
    StaffRole.CREDIT: {"people", "services", "orders", "bills", "complaints", "messages"},
    StaffRole.PRIVACY: {"people", "complaints", "messages", "history"},
    StaffRole.AUDITOR: EVERY,
    StaffRole.ADMINISTRATOR: EVERY,
}


@pytest.fixture
def desk(world) -> Client:
    return at_desk(world, StaffRole.ADMINISTRATOR)


def at_desk(world: World, role: StaffRole) -> Client:
    client = signed_in(make_staff(role))
    give_reason(client, world.account)
    return client


def page(world: World, tab: str = "") -> str:
    address = reverse("admin:parties_account_change", args=[world.account.pk])
    return f"{address}?tab={tab}" if tab else address


def fill(world: World, more: int = 1) -> None:
    """Something in each tab."""
    now = timezone.now()
    for number in range(more):
        service = make_service(world.account)
        draft_order(
            account=world.account,
            by=make_staff(StaffRole.TEAM_MANAGER),
            at=now,
            line=LineWish(label=f"Line {number}", plan=service.plan),
        )
        appoint(world.account, make_user(f"Rep {number}"), Role.AUTHORISED_REP)
        lodge_complaint(
            account=world.account,
            by=world.holder,
            at=now,
            details=ComplaintDetails(topic="fault", description=f"x{number}"),
        )
        record(account_id=world.account.pk, at=now, action="change_details")
        record_payment(
            account=world.account,
            amount=Decimal("1.00"),
            received_on=now.date() - timedelta(days=2),
            method="eft",
            reference=f"R{number}",
            at=now,
            is_another=True,
        )
    for month in range(more, 2 * more):
        run_provider_bills(
            world.provider, issue_on=date(2026, month + 5, 1), at=now, on_demand=True
        )


@pytest.mark.parametrize("role", StaffRole)
def test_each_role_sees_its_tabs_and_no_others(role, world):
    client = at_desk(world, role)

    shown = {one["key"] for one in client.get(page(world)).context["tabs"]}

    assert shown == TABS[role] | {"overview"}
    for hidden in EVERY - TABS[role]:
        answer = client.get(page(world, hidden))
        assert answer.context["tab"] is None, hidden


@pytest.mark.parametrize("tab", sorted(EVERY | {"overview", "no-such-tab"}))
def test_staff_of_another_provider_find_no_page(world, tab):
    other = signed_in(make_staff(StaffRole.ADMINISTRATOR, make_provider("callpro")))

    answer = other.get(page(world, tab))

    assert answer.status_code == 302
    assert world.customer.name not in other.get(answer.url, follow=True).content.decode()


@pytest.mark.parametrize("tab", sorted(EVERY))
def test_each_tab_counts_shows_the_newest_and_leads_to_the_whole_list(world, desk, tab):
    fill(world)

    answer = desk.get(page(world, tab))

    counts = {one["key"]: one["count"] for one in answer.context["tabs"]}
    assert counts[tab] >= 1
    assert answer.context["rows"]
    assert 'aria-current="page"' in answer.content.decode()
    whole = desk.get(answer.context["whole_list"])
    assert whole.status_code == 200
    assert whole.context["cl"].result_count == counts[tab]


@pytest.mark.parametrize("tab", ["", *sorted(EVERY)])
def test_page_takes_as_many_queries_whatever_it_holds(world, desk, tab):
    fill(world)

    def queries() -> int:
        desk.get(page(world, tab))
        with CaptureQueriesContext(connection) as asked:
            desk.get(page(world, tab))
        return len(asked)

    before = queries()
    fill(world, more=4)

    assert queries() == before


def test_header_says_who_how_they_stand_and_what_to_know(world, desk):
    fill(world)
    appoint(world.account, make_user("Kim Abbott"), Role.ADVOCATE)
    world.customer.relay_service = True
    world.customer.interpreter_language = "Vietnamese"
    world.customer.save()

    text = desk.get(page(world, "bills")).content.decode()

    for words in (
        world.customer.name,
        world.account.number,
        world.provider.name,
        "Active",
        "Owes",
        "Open complaint",
        "Has a representative",
        "Has an advocate",
        "Speaks through the NRS",
        "Interpreter: Vietnamese",
        "Who is calling?",
    ):
        assert words in text
    assert text.count("<h1") == 1


def test_holder_who_died_is_flagged_until_somebody_holds_the_account(world, desk):
    record_holder_event(
        account=world.account,
        happened=HolderChange(
            kind=HolderEventKind.DEATH, since=date(2026, 1, 20), evidence="Certificate"
        ),
        by=make_staff(),
        at=timezone.now(),
    )
    text = desk.get(page(world)).content.decode()
    assert "Holder: has died" in text
    assert "Not chased" in text
    assert "Nothing is chased by itself" in text
    assert "Invite the holder" in text

    today = timezone.now().date() + timedelta(days=1)
    appoint(world.account, make_user("Ana Conti"), Role.HOLDER, starts_on=today)

    assert "Holder: has died" not in desk.get(page(world)).content.decode()


def test_stopped_steps_are_flagged_until_they_work_again(world, desk):
    stop = Pause.objects.create(
        account=world.account,
        step=HighRisk.CHANGE_EMAIL,
        person=world.holder,
        since=timezone.now(),
    )
    assert "High-risk steps are paused" in desk.get(page(world)).content.decode()

    stop.lifted_at = timezone.now()
    stop.save()

    assert "High-risk steps are paused" not in desk.get(page(world)).content.decode()


@pytest.mark.parametrize(
    ("role", "button"),
    [
        (StaffRole.TEAM_MANAGER, "Start looking into it"),
        (StaffRole.AUDITOR, "Open C-"),
        (StaffRole.BILLING, ""),
    ],
)
def test_next_duty_stands_on_top_with_its_day_and_the_button_that_does_it(world, role, button):
    complaint = lodge_complaint(
        account=world.account,
        by=world.holder,
        at=timezone.now(),
        details=ComplaintDetails(topic="fault", description="x"),
    )
    complaint.state = "acknowledged"
    complaint.save()
    Deadline.objects.filter(duty="acknowledge").update(status="met")

    duty = at_desk(world, role).get(page(world)).context["duty"]

    assert duty.title.startswith("Propose an answer")
    assert duty.because
    assert duty.button.startswith(button)
    assert bool(duty.url) is bool(button)


def test_privacy_request_is_a_duty_with_its_own_button(world):
    ask_privacy(
        account=world.account,
        by=world.holder,
        kind=PrivacyKind.ACCESS,
        text="All of it.",
        at=timezone.now(),
    )

    duty = at_desk(world, StaffRole.PRIVACY).get(page(world)).context["duty"]

    assert duty.button == "Answer"
    assert "/answer/" in duty.url


def test_where_a_message_went_is_hidden_from_who_may_not_know_of_safe_contacts(world):
    give_notice(
        kind="generic",
        to="safe@people.example",
        sender=Sender(name="X", reply_to=""),
        at=timezone.now(),
        account_id=world.account.pk,
        subject_ref="x",
        context={"headline": "A word", "body": "Hello", "account": world.account},
    )

    seen = at_desk(world, StaffRole.TEAM_MANAGER).get(page(world, "messages")).content.decode()
    hidden = at_desk(world, StaffRole.BILLING).get(page(world, "messages")).content.decode()

    assert "safe@people.example" in seen
    assert "safe@people.example" not in hidden
    assert "A word" in hidden


def test_page_is_only_read(world, desk):
    assert desk.post(page(world), {"number": "X1"}).status_code == 403
    assert Appointment.objects.filter(account=world.account).count() == 1
