"""An advocate calls with the customer on the line: staff note what is asked, and who agreed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contracts.supply.models import PlanChange
from parties.accounts.models import Account
from parties.appointments.services import PresenceRefused, end_together, revoke
from parties.authority import selectors as authority
from parties.authority.models import Appointment, Presence
from parties.authority.states import PresenceState
from parties.desk.models import Call
from parties.desk.services import (
    PhoneProof,
    ask_by_phone,
    confirm_by_phone,
    end_call,
    send_phone_code,
    take_call,
)
from parties.people.models import User
from parties.people.states import StaffRole
from parties.security.models import IdentityCheck
from parties.security.services import IdentityNotProven
from portal.composition.assisted import ACTS
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.parties.people import signed_in
from tests.parties.staff import give_reason
from tests.parties.test_presence import code_of
from tests.world import World, appoint, instant, make_service, make_staff, make_user

pytestmark = pytest.mark.django_db
AT = instant("2027-02-01 10:00")
MINUTE = timedelta(minutes=1)
WORDS = "Bills go to new@people.example, no longer to the address so far."


@pytest.fixture
def sam() -> User:
    return make_staff(StaffRole.FRONT_LINE)


@pytest.fixture
def advocate(world) -> Appointment:
    return appoint(
        world.account,
        make_user("Kim Abbott"),
        Role.ADVOCATE,
        starts_on=date(2026, 2, 1),
        advocate_kind="financial_counsellor",
    )


@pytest.fixture
def call(sam, world, advocate) -> Call:
    return take_call(
        account=world.account, by=sam, step=Action.CHANGE_DETAILS, at=AT, appointment=advocate
    )


def ask(call: Call, act: str = "change_billing_email", **facts) -> Presence:
    return ask_by_phone(
        call=call,
        act=act,
        action=ACTS[act].action,
        facts=facts or {"billing_email": "new@people.example"},
        words=WORDS,
        at=AT,
    )


def confirm(presence: Presence, call: Call, at=AT + MINUTE, agreed=True, **proof) -> Presence:
    return confirm_by_phone(
        presence=presence,
        call=call,
        agreed=agreed,
        proof=PhoneProof(**proof),
        at=at,
        perform=ACTS[presence.act].perform,
    )


def billing_email(world: World) -> str:
    return Account.objects.get(pk=world.account.pk).billing_email


def test_code_that_the_customer_reads_out_does_it_under_the_names_of_all_three(
    world, sam, call, advocate
):
    presence = ask(call)
    send_phone_code(presence=presence, call=call, at=AT)
    presence.refresh_from_db()
    code = code_of(Notice.objects.get(kind="identity_code"))

    confirm(presence, call, code=code)

    assert billing_email(world) == "new@people.example"
    done = Entry.objects.get(action="change_contact")
    assert done.actor == sam
    assert done.acted_as == "Front line"
    assert done.for_whom == "Kim Abbott, advocate, with Mia Conti, account holder"
    assert done.authority == str(advocate.public_id)
    noted = Entry.objects.get(action="confirm_presence")
    assert noted.at == AT + MINUTE
    assert noted.after["agreed"] == "said so on the phone"
    assert noted.after["identity_check"] == str(IdentityCheck.objects.get().public_id)


def test_customer_is_sent_exactly_what_will_be_done_and_who_is_on_the_phone(world, call):
    presence = ask(call)
    send_phone_code(presence=presence, call=call, at=AT)

    told = Notice.objects.filter(to=world.holder.email).order_by("pk")
    assert all(WORDS in one.text for one in told)
    assert "Staff Front line is on the phone with Kim Abbott." in told[0].text


def test_documents_that_staff_saw_count_as_well(world, call):
    confirm(ask(call), call, documents="Passport and Medicare card")

    check = IdentityCheck.objects.get()
    assert (check.person, check.evidence) == (world.holder, "Passport and Medicare card")
    assert billing_email(world) == "new@people.example"


def test_going_on_without_needs_a_reason_which_the_customer_is_told(world, call):
    presence = ask(call)
    with pytest.raises(IdentityNotProven):
        confirm(presence, call)
    assert billing_email(world) == "bills@people.example"

    confirm(presence, call, without="Email is down, voice known")

    assert billing_email(world) == "new@people.example"
    assert Presence.objects.get().without == "Email is down, voice known"
    noted = Entry.objects.get(action="confirm_presence")
    assert noted.after["identity_check"] == "none: Email is down, voice known"
    told = Notice.objects.get(to=world.holder.email, title__startswith="Done on the phone")
    assert "Nobody's identity was checked: Email is down, voice known." in told.text


@pytest.mark.parametrize(
    "proof", [{"without": "Known"}, {"documents": "Passport and licence"}], ids=str
)
def test_nothing_is_done_unless_staff_note_that_the_customer_agreed(world, call, proof):
    with pytest.raises(PresenceRefused):
        confirm(ask(call), call, agreed=False, **proof)

    assert billing_email(world) == "bills@people.example"
    assert not IdentityCheck.objects.exists()
    assert not Entry.objects.filter(action="confirm_presence").exists()


def test_wrong_code_is_counted_and_does_nothing(world, call):
    presence = ask(call)
    send_phone_code(presence=presence, call=call, at=AT)
    presence.refresh_from_db()

    with pytest.raises(IdentityNotProven):
        confirm(presence, call, code="000000x")

    assert IdentityCheck.objects.get().wrong_tries == 1
    assert billing_email(world) == "bills@people.example"


@pytest.mark.parametrize(("minutes", "works"), [(14, True), (15, False)])
def test_it_can_be_agreed_to_for_15_minutes(call, minutes, works):
    presence = ask(call)

    if works:
        assert confirm(presence, call, at=AT + minutes * MINUTE, without="Known").confirmed_at
    else:
        with pytest.raises(PresenceRefused):
            confirm(presence, call, at=AT + minutes * MINUTE, without="Known")


def test_it_is_done_once(call):
    presence = ask(call)
    confirm(presence, call, without="Known")

    with pytest.raises(PresenceRefused):
        confirm(presence, call, at=AT + 2 * MINUTE, without="Known")


def test_no_of_the_customer_ends_it_at_once(world, sam, call):
    presence = end_together(presence=ask(call), by=sam, at=AT)

    assert presence.state == PresenceState.REFUSED
    with pytest.raises(PresenceRefused):
        confirm(presence, call, without="Known")
    assert billing_email(world) == "bills@people.example"


def test_appointment_that_ended_meanwhile_carries_nothing(world, call, advocate):
    presence = ask(call)
    revoke(appointment=advocate, by=world.holder, at=AT)
    presence.refresh_from_db()

    with pytest.raises(PresenceRefused):
        confirm(presence, call, without="Known")
    assert billing_email(world) == "bills@people.example"


@pytest.mark.parametrize("role", [Role.HOLDER, Role.AUTHORISED_REP, None])
def test_only_an_advocate_asks_like_this(world, sam, role):
    row = None
    if role == Role.HOLDER:
        row = Appointment.objects.get(account=world.account, role=Role.HOLDER)
    elif role is not None:
        row = appoint(world.account, make_user("Jordan Lee"), role)
    call = take_call(
        account=world.account, by=sam, step=Action.PAY_BILL, at=AT, appointment=row, caller="X"
    )

    with pytest.raises(PresenceRefused):
        ask(call)


def test_other_staff_and_other_calls_confirm_nothing(world, call, advocate):
    presence = ask(call)
    theirs = take_call(
        account=world.account, by=make_staff(), step=Action.PAY_BILL, at=AT, appointment=advocate
    )

    with pytest.raises(PresenceRefused):
        confirm(presence, theirs, without="Known")


def test_call_that_is_over_carries_nothing_more(world, sam, call):
    presence = ask(call)
    over = end_call(call=call, by=sam, outcome="Called off", at=AT)

    with pytest.raises(PresenceRefused):
        confirm(presence, over, without="Known")
    assert billing_email(world) == "bills@people.example"


MAY = {
    "look": set(StaffRole),
    "change_billing_email": {
        StaffRole.FRONT_LINE,
        StaffRole.TEAM_MANAGER,
        StaffRole.PRIVACY,
        StaffRole.ADMINISTRATOR,
    },
    "change_plan": {StaffRole.FRONT_LINE, StaffRole.TEAM_MANAGER, StaffRole.ADMINISTRATOR},
    "accept_proposal": {StaffRole.TEAM_MANAGER, StaffRole.ADMINISTRATOR},
}


@pytest.mark.parametrize("act", MAY)
@pytest.mark.parametrize("role", [one for one in StaffRole if one != StaffRole.AUDITOR])
def test_staff_put_down_only_what_their_role_may_do(world, advocate, role, act):
    call = take_call(
        account=world.account,
        by=make_staff(role),
        step=Action.PAY_BILL,
        at=AT,
        appointment=advocate,
    )

    if role in MAY[act]:
        assert ask(call, act).pk
    else:
        with pytest.raises(authority.NotAuthorised):
            ask(call, act)


# --- the pages


@pytest.fixture
def desk(sam, world, advocate) -> Client:
    client = signed_in(sam)
    give_reason(client, world.account)
    client.post(
        f"{reverse('admin:parties_call_add')}?account={world.account.number}",
        {"person": str(advocate.public_id), "caller": "", "step": "change_plan"},
    )
    return client


def agree(desk: Client, page: str, **facts) -> str:
    given = {"answer": "confirm", "agreed": "on", "without": "Known"} | facts
    return desk.post(page, given, follow=True).content.decode()


def test_plan_is_changed_on_the_phone_after_a_look_together(desk, world, advocate):
    service = make_service(world.account)
    dearer = make_service(world.account, fee="30.00").plan
    asking = reverse("admin:phone_ask", args=["change_plan"])

    sent_to = desk.get(asking)["Location"]
    assert sent_to == reverse("admin:phone_ask", args=["look"])
    look = desk.post(sent_to)["Location"]
    assert "Done, under the names of all three." in agree(desk, look)
    page = desk.post(asking, {"service": f"{service.public_id}/{dearer.pk}"})["Location"]
    assert "Read this to Mia Conti" in desk.get(page).content.decode()
    agree(desk, page)

    change = PlanChange.objects.get()
    assert change.asked_by == advocate.user
    entry = Entry.objects.get(action__contains="plan_change")
    assert entry.actor_name == "Staff Front line"
    assert entry.for_whom == "Kim Abbott, advocate, with Mia Conti, account holder"


def test_look_together_ends_at_once_on_request(desk, world, advocate):
    page = desk.post(reverse("admin:phone_ask", args=["look"]))["Location"]
    agree(desk, page)
    presence = Presence.objects.get()
    at = presence.confirmed_at + MINUTE
    on = authority.local_day(world.account, at)

    def sees() -> bool:
        found = authority.may(
            advocate.user, Action.VIEW_PERSONAL_DETAILS, world.account, on=on, at=at
        )
        return found.allowed

    assert sees()
    desk.post(page, {"answer": "end"})
    assert not sees()


def test_page_says_what_is_missing(desk):
    page = desk.post(
        reverse("admin:phone_ask", args=["change_billing_email"]),
        {"billing_email": "new@people.example"},
    )["Location"]

    assert "Tick that the customer is there" in agree(desk, page, agreed="")
    assert "Enter the code that the customer reads out" in agree(desk, page, without="")
    assert "Send a code to the customer first." in agree(desk, page, code="123456")
    assert "on its way to the customer" in agree(desk, page, answer="send")


def test_no_call_no_question(sam, world, advocate):
    client = signed_in(sam)

    asked = client.post(reverse("admin:phone_ask", args=["look"]))

    assert asked["Location"] == reverse("admin:parties_call_add")
    assert not Presence.objects.exists()


def test_page_of_one_question_is_only_for_who_put_it_down(desk, world, advocate):
    page = desk.post(reverse("admin:phone_ask", args=["look"]))["Location"]
    other = make_staff(StaffRole.TEAM_MANAGER)
    take_call(
        account=world.account,
        by=other,
        step=Action.PAY_BILL,
        at=Presence.objects.get().asked_at,
        appointment=advocate,
    )

    assert signed_in(other).get(page).status_code == 404
    assert signed_in(other).post(page, {"answer": "end"}).status_code == 404
