"""A pause ends when staff know who it is; what stood still meanwhile goes on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from parties.appointments.services import verify
from parties.authority import selectors as authority
from parties.authority.models import Appointment
from parties.authority.selectors import standing_status
from parties.people.states import StaffRole
from parties.security.models import IdentityCheck
from parties.security.services import LiftRefused, change_contact, lift_pause, recent_check
from parties.security.states import Factor, HighRisk
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.parties.people import make_appointment
from tests.parties.staff import sign_in_staff
from tests.parties.stopping import AT, show_documents, stop
from tests.world import appoint as stands
from tests.world import make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
CHANGED = {"suburb": "Newtown"}


# --- a full authority in its time to think


def full_authority(world) -> Appointment:
    row = make_appointment(world, limits=())
    verify(appointment=row, by=make_staff(), how="In person", evidence="Passport", at=AT)
    row.refresh_from_db()
    return row


def may_act(row, at) -> bool:
    row.refresh_from_db()
    return authority.may(
        row.user, Action.VIEW_BILLS, row.account, on=authority.local_day(row.account, at), at=at
    ).allowed


def test_full_authority_does_not_begin_and_the_rest_of_its_time_runs_after_the_lift(world):
    row = full_authority(world)
    assert not may_act(row, AT + timedelta(hours=47, minutes=59))

    paused = stop(world, HighRisk.ADD_REPRESENTATIVE, at=AT + timedelta(hours=40))
    late = AT + timedelta(days=10)
    row.refresh_from_db()
    assert not may_act(row, late)
    assert standing_status(row, late.date(), late) == "held"
    show_documents(world, late)
    lift_pause(pause=paused, by=make_staff(), why="It was her", at=late)

    assert not may_act(row, late + timedelta(hours=7, minutes=59))
    assert may_act(row, late + timedelta(hours=8))


def test_authority_that_works_already_goes_on_working(world):
    row = full_authority(world)

    stop(world, HighRisk.ADD_REPRESENTATIVE, at=AT + timedelta(hours=48))

    assert may_act(row, AT + timedelta(hours=49))


# --- lifting


@pytest.mark.parametrize(
    ("role", "lifts"),
    [
        (StaffRole.FRONT_LINE, True),
        (StaffRole.TEAM_MANAGER, True),
        (StaffRole.BILLING, False),
        (StaffRole.CREDIT, False),
        (StaffRole.PRIVACY, True),
        (StaffRole.AUDITOR, False),
        (StaffRole.ADMINISTRATOR, True),
    ],
)
def test_only_staff_who_may_change_details_lift_it(world, role, lifts):
    paused = stop(world)
    show_documents(world, AT)
    by = make_staff(role)

    if lifts:
        lift_pause(pause=paused, by=by, why="It was her", at=AT)
    else:
        with pytest.raises(authority.NotAuthorised):
            lift_pause(pause=paused, by=by, why="It was her", at=AT)

    paused.refresh_from_db()
    assert (paused.lifted_at is not None) is lifts


@pytest.mark.parametrize("who", ["holder", "elsewhere"])
def test_neither_the_customer_nor_staff_of_another_provider_lift_it(world, who):
    paused = stop(world)
    show_documents(world, AT)
    elsewhere = make_staff(provider=make_world("callpro").provider)
    by = {"holder": world.holder, "elsewhere": elsewhere}[who]

    with pytest.raises(authority.NotAuthorised):
        lift_pause(pause=paused, by=by, why="It was me", at=AT)


def nothing(world):
    """Nobody was checked."""


def documents_16_minutes_ago(world):
    show_documents(world, AT - timedelta(minutes=16))


def emailed_code(world):
    show_documents(world, AT, factor=Factor.EMAILED_CODE)


def documents_of_a_representative(world):
    friend = make_user("Jordan Lee")
    stands(world.account, friend, Role.AUTHORISED_REP)
    show_documents(world, AT, person=friend)


def own_app(world):
    IdentityCheck.objects.create(
        account=world.account,
        person=world.holder,
        purpose="change_details",
        factor=Factor.TOTP,
        asked_at=AT,
        passed_at=AT,
    )


def documents_for_another_account(world):
    show_documents(make_world(), AT)


@pytest.mark.parametrize(
    "checked",
    [
        nothing,
        documents_16_minutes_ago,
        emailed_code,
        documents_of_a_representative,
        own_app,
        documents_for_another_account,
    ],
    ids=lambda one: one.__name__,
)
def test_it_is_not_lifted_before_staff_know_that_it_is_the_holder(world, checked):
    paused = stop(world)
    checked(world)

    with pytest.raises(LiftRefused, match="First check"):
        lift_pause(pause=paused, by=make_staff(), why="It was her", at=AT)


def test_texted_code_that_the_holder_read_out_is_enough(world):
    paused = stop(world)
    show_documents(world, AT, factor=Factor.TEXTED_CODE)

    assert lift_pause(pause=paused, by=make_staff(), why="It was her", at=AT).lifted_at


def test_lift_says_why_is_on_record_told_and_done_once(world):
    paused = stop(world)
    check = show_documents(world, AT)
    staff = make_staff()
    with pytest.raises(LiftRefused, match="why"):
        lift_pause(pause=paused, by=staff, why=" ", at=AT)

    for _ in range(2):
        lift_pause(pause=paused, by=staff, why="A new phone, she says", at=AT)

    entry = Entry.objects.get(action="lift_pause")
    assert entry.reason == "A new phone, she says"
    assert entry.after == {"identity_check": str(check.public_id)}
    assert entry.acted_as == "Team manager"
    told = Notice.objects.filter(title="High-risk steps work again")
    assert {one.to for one in told} == {world.holder.email, "bills@people.example"}
    assert change_contact(account=world.account, by=world.holder, at=AT, details=CHANGED)


def test_staff_find_it_on_their_list_check_the_caller_and_lift_it(client, world):
    now = timezone.now()
    paused = stop(world, at=now)
    staff = make_staff(StaffRole.FRONT_LINE)
    sign_in_staff(client, staff)
    lists = {one["title"]: one for one in client.get("/admin/").context["worklists"]}
    assert lists["High-risk steps that a customer stopped"]["count"] == 1
    assert lists["High-risk steps that a customer stopped"]["overdue"]
    page = reverse("admin:parties_pause_change", args=[paused.pk])
    assert "Lift the pause" in client.get(page).content.decode()
    lift = reverse("admin:parties_pause_lift", args=[paused.pk])

    refused = client.post(lift, {"why": "It was her"})
    assert "First check" in refused.content.decode()
    show_documents(world, now)
    assert client.post(lift, {"why": "It was her"}).status_code == 302

    paused.refresh_from_db()
    assert paused.lifted_by == staff
    assert client.get(lift).status_code in (302, 404)
    open_ones = client.get(reverse("admin:parties_pause_changelist"), {"state": "open"})
    assert open_ones.context["cl"].result_count == 0


def test_check_of_a_caller_during_a_pause_opens_no_other_step(world):
    stop(world)
    show_documents(world, AT)

    assert recent_check(world.account, "change_details", at=AT) == ""


def test_second_stop_after_a_lift_holds_anew(world):
    first = stop(world)
    show_documents(world, AT)
    lift_pause(pause=first, by=make_staff(), why="It was her", at=AT)

    second = stop(world, at=AT + timedelta(days=1))

    assert second.pk != first.pk
    assert second.lifted_at is None


def test_appointment_of_one_day_is_no_exception(world):
    stop(world)

    with pytest.raises(authority.NotAuthorised):
        make_appointment(world, ends_on=date(2027, 2, 1))
