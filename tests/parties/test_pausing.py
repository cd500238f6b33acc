"""Whoever is told of a high-risk step can stop it; staff lift it once they know who it is."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from parties import access
from parties.models import Appointment, IdentityCheck, Pause, StopLink
from parties.selectors import standing_status
from parties.services import (
    Happened,
    IdentityNotProven,
    appoint,
    change_contact,
    enter_code,
    note_factor,
    pause,
    recent_check,
    record_holder_event,
    send_code,
    verify,
)
from parties.services.log_ins import LogInRefused, change_password
from parties.services.pausing import LiftRefused, StopRefused, lift_pause, stop_path
from parties.services.privacy import ask_export
from parties.states import Factor, HighRisk, HolderEventKind, StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.parties.people import TYPED, make_appointment, signed_in, wanted
from tests.parties.staff import sign_in_staff
from tests.world import appoint as stands
from tests.world import instant, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
AT = instant("2027-02-01 10:00")
CHANGED = {"suburb": "Newtown"}


def link(world, step=HighRisk.CHANGE_DETAILS, person=None, at=AT) -> str:
    path = stop_path(world.account, person or world.holder, step, at=at)
    return path.rstrip("/").rpartition("/")[2]


def stop(world, step=HighRisk.CHANGE_DETAILS, person=None, at=AT) -> Pause:
    return pause(token=link(world, step, person, at), at=at)


def show_documents(world, at, person=None, factor=Factor.DOCUMENTS) -> IdentityCheck:
    return note_factor(
        account=world.account, person=person or world.holder, purpose="change_details",
        factor=factor, at=at, evidence="Passport, licence", seen_by=make_staff(),
    )  # fmt: skip


# --- every notice about a high-risk step carries the link


def prove_identity(world):
    note_factor(
        account=world.account, person=world.holder, purpose="change_email", factor=Factor.TOTP,
        at=AT,
    )  # fmt: skip


def change_details(world):
    change_contact(account=world.account, by=world.holder, at=AT, details=CHANGED)


def appoint_somebody(world):
    make_appointment(world)


def give_more_authority(world):
    earlier = make_appointment(world)
    StopLink.objects.all().delete()
    Notice.objects.all().delete()
    appoint(
        account=world.account, by=world.holder, wanted=wanted(limits=()), signing=TYPED, at=AT,
        replaces=earlier,
    )  # fmt: skip


def ask_for_a_file(world):
    ask_export(account=world.account, by=world.holder, at=AT)


def set_new_password(world):
    change_password(person=world.holder, save=world.holder.save, proof="x", at=AT)


def sell_the_business(world):
    record_holder_event(
        account=world.account, by=make_staff(), at=AT,
        happened=Happened(kind=HolderEventKind.SALE, since=AT.date(), evidence="Contract of sale",
                          written_consent=True),
    )  # fmt: skip


STEPS = [
    (prove_identity, HighRisk.CHANGE_EMAIL),
    (change_details, HighRisk.CHANGE_DETAILS),
    (appoint_somebody, HighRisk.ADD_REPRESENTATIVE),
    (give_more_authority, HighRisk.RAISE_LIMITS),
    (ask_for_a_file, HighRisk.EXPORT_DATA),
    (set_new_password, HighRisk.PASSWORD_RESET),
    (sell_the_business, HighRisk.TRANSFER),
]


@pytest.mark.parametrize(("take", "step"), STEPS, ids=lambda one: getattr(one, "__name__", one))
def test_what_tells_of_a_step_carries_the_way_to_stop_it(world, take, step):
    take(world)

    told = Notice.objects.filter(to=world.holder.email, text__contains="/stop/").first()
    assert told is not None
    assert "/stop/" in told.html
    page = Client().get(re.search(r"/stop/[^/\s]+/", told.text).group())
    assert page.status_code == 200
    assert step.label.lower() in page.content.decode()


# --- the page


def test_page_helps_no_thief_and_opening_it_changes_nothing(world):
    page = Client().get(f"/stop/{link(world, at=timezone.now())}/")

    text = page.content.decode()
    for secret in (world.account.number, "Harbour", "Mia", "bakery", "bills@", "Test Street"):
        assert secret not in text
    assert "change contact details" in text
    assert text.count("<h1") == 1
    assert not Pause.objects.exists()


def test_confirming_stops_it_without_a_log_in_and_twice_does_no_harm(world):
    path = f"/stop/{link(world, at=timezone.now())}/"

    answers = [Client().post(path) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert all("It is stopped" in one.content.decode() for one in answers)
    assert Pause.objects.count() == 1
    assert Entry.objects.filter(action="pause_account").count() == 1
    assert Notice.objects.filter(title="High-risk steps are paused").count() == 2


@pytest.mark.parametrize("days", [30, 300])
def test_link_is_too_old_after_30_days(world, days):
    token = link(world)

    with pytest.raises(StopRefused):
        pause(token=token, at=AT + timedelta(days=days))


def test_unknown_link_is_refused_in_words(db):
    for answer in (Client().get("/stop/no-such/"), Client().post("/stop/no-such/")):
        assert answer.status_code == 410
        assert "Call your provider" in answer.content.decode()


def test_post_from_another_site_is_refused(world):
    client = Client(enforce_csrf_checks=True)

    assert client.post(f"/stop/{link(world, at=timezone.now())}/").status_code == 403
    assert not Pause.objects.exists()


# --- what stops


def refuse_code(world, at):
    with pytest.raises(IdentityNotProven, match="stopped it"):
        send_code(account=world.account, person=world.holder, purpose="change_email", at=at)


def refuse_factor(world, at):
    with pytest.raises(IdentityNotProven, match="stopped it"):
        note_factor(
            account=world.account, person=world.holder, purpose="change_email",
            factor=Factor.TOTP, at=at,
        )  # fmt: skip


def refuse_contact(world, at):
    with pytest.raises(access.NotAuthorised) as refusal:
        change_contact(account=world.account, by=world.holder, at=at, details=CHANGED)
    assert [one["id"] for one in refusal.value.decision.because] == ["RF-ID-06"]


def refuse_contact_by_staff(world, at):
    with pytest.raises(access.NotAuthorised):
        change_contact(
            account=world.account, by=make_staff(), at=at, details=CHANGED, without="In a hurry"
        )


def refuse_appointment(world, at):
    with pytest.raises(access.NotAuthorised):
        make_appointment(world, at=at)


def refuse_export(world, at):
    with pytest.raises(access.NotAuthorised):
        ask_export(account=world.account, by=world.holder, at=at)


def refuse_password(world, at):
    with pytest.raises(LogInRefused):
        change_password(person=world.holder, save=world.holder.save, proof="x", at=at)


def refuse_new_holder(world, at):
    happened = Happened(
        kind=HolderEventKind.DEATH, since=at.date(), evidence="Certificate",
        new_holder_email="thief@people.example",
    )  # fmt: skip
    with pytest.raises(access.NotAuthorised):
        record_holder_event(account=world.account, by=make_staff(), at=at, happened=happened)


REFUSED = [
    refuse_code,
    refuse_factor,
    refuse_contact,
    refuse_contact_by_staff,
    refuse_appointment,
    refuse_export,
    refuse_password,
    refuse_new_holder,
]


@pytest.mark.parametrize("refuse", REFUSED, ids=lambda one: one.__name__)
@pytest.mark.parametrize("step", [HighRisk.CHANGE_DETAILS, HighRisk.ADD_REPRESENTATIVE])
def test_while_it_is_paused_no_high_risk_step_works(world, refuse, step):
    stop(world, step)

    refuse(world, AT + timedelta(minutes=1))


def test_other_accounts_go_on(world):
    stop(world)
    other = make_world("callpro")

    assert change_contact(account=other.account, by=other.holder, at=AT, details=CHANGED)


def test_ordinary_things_go_on(world):
    stop(world)
    client = signed_in(world.holder)

    for path in ("/", "/bills/", "/complaints/", "/people/", "/profile/"):
        assert client.get(path).status_code == 200


def test_code_that_was_sent_before_opens_nothing(world):
    check = send_code(account=world.account, person=world.holder, purpose="change_email", at=AT)
    code = re.search(r"\d{6}", Notice.objects.get(kind="identity_code").text).group()

    stop(world)

    with pytest.raises(IdentityNotProven):
        enter_code(check=check, code=code, at=AT + timedelta(minutes=1))


def test_session_that_gave_the_proof_ends_and_the_next_one_reads_why(world):
    thief = signed_in(world.holder)
    here = "/identity/change_details/?next=/profile/contact/"
    thief.post(here, {"send": "email"})
    code = re.search(r"\d{6}", Notice.objects.get(kind="identity_code").text).group()
    thief.post(here, {"code": code})
    assert thief.get("/profile/contact/").status_code == 200
    told = Notice.objects.get(to="bills@people.example", text__contains="/stop/")

    Client().post(re.search(r"/stop/[^/\s]+/", told.text).group())

    assert thief.get("/profile/contact/")["Location"].startswith("/accounts/login/")
    again = signed_in(world.holder)
    page = again.get(again.get("/profile/contact/")["Location"]).content.decode()
    assert "This is paused" in page
    assert "RF-ID-06" in page
    assert "Text me" not in page
    assert "Email me" not in page
    assert again.post(here, {"send": "email"}).status_code == 200
    assert IdentityCheck.objects.count() == 1


def test_proofs_of_others_on_the_account_stop_counting_too(world):
    friend = make_user("Jordan Lee")
    stands(world.account, friend, Role.AUTHORISED_REP, ends_on=date(2099, 12, 31))
    client = signed_in(friend)
    here = "/identity/change_details/?next=/profile/contact/"
    client.post(here, {"send": "email"})
    code = re.search(r"\d{6}", Notice.objects.get(kind="identity_code").text).group()
    client.post(here, {"code": code})

    stop(world, at=timezone.now())

    assert client.get("/profile/contact/")["Location"].startswith("/identity/")
    assert client.get("/profile/").status_code == 200


def test_clicked_in_the_browser_that_is_logged_in_it_works_too(world):
    client = signed_in(world.holder)

    answer = client.post(f"/stop/{link(world, at=timezone.now())}/")

    assert answer.status_code == 200
    assert client.get("/").status_code == 302


def test_password_that_was_just_set_stops_working(world):
    stop(world, HighRisk.PASSWORD_RESET)

    world.holder.refresh_from_db()
    assert not world.holder.has_usable_password()


def test_password_of_whoever_only_changed_details_goes_on_working(world):
    stop(world, HighRisk.CHANGE_DETAILS)

    world.holder.refresh_from_db()
    assert world.holder.has_usable_password()


# --- a full authority in its time to think


def full_authority(world) -> Appointment:
    row = make_appointment(world, limits=())
    verify(appointment=row, by=make_staff(), how="In person", evidence="Passport", at=AT)
    row.refresh_from_db()
    return row


def may_act(row, at) -> bool:
    row.refresh_from_db()
    return access.may(
        row.user, Action.VIEW_BILLS, row.account, on=access.local_day(row.account, at), at=at
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
        with pytest.raises(access.NotAuthorised):
            lift_pause(pause=paused, by=by, why="It was her", at=AT)

    paused.refresh_from_db()
    assert (paused.lifted_at is not None) is lifts


@pytest.mark.parametrize("who", ["holder", "elsewhere"])
def test_neither_the_customer_nor_staff_of_another_provider_lift_it(world, who):
    paused = stop(world)
    show_documents(world, AT)
    elsewhere = make_staff(provider=make_world("callpro").provider)
    by = {"holder": world.holder, "elsewhere": elsewhere}[who]

    with pytest.raises(access.NotAuthorised):
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
        account=world.account, person=world.holder, purpose="change_details", factor=Factor.TOTP,
        asked_at=AT, passed_at=AT,
    )  # fmt: skip


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

    with pytest.raises(access.NotAuthorised):
        make_appointment(world, ends_on=date(2027, 2, 1))
