"""Whoever is told of a high-risk step can stop it; staff lift it once they know who it is."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from parties.appointments.services import HolderChange, appoint, record_holder_event
from parties.authority import selectors as authority
from parties.authority.states import HolderEventKind
from parties.privacy.services import ask_export
from parties.security.models import IdentityCheck, Pause, StopLink
from parties.security.services import (
    IdentityNotProven,
    LogInRefused,
    StopRefused,
    change_contact,
    change_password,
    enter_code,
    note_factor,
    pause,
    send_code,
)
from parties.security.states import Factor, HighRisk
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Role
from tests.parties.people import TYPED, make_appointment, signed_in, wanted
from tests.parties.stopping import AT, link, stop
from tests.world import appoint as stands
from tests.world import make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
CHANGED = {"suburb": "Newtown"}


# --- every notice about a high-risk step carries the link


def prove_identity(world):
    note_factor(
        account=world.account,
        person=world.holder,
        purpose="change_email",
        factor=Factor.TOTP,
        at=AT,
    )


def change_details(world):
    change_contact(account=world.account, by=world.holder, at=AT, details=CHANGED)


def appoint_somebody(world):
    make_appointment(world)


def give_more_authority(world):
    earlier = make_appointment(world)
    StopLink.objects.all().delete()
    Notice.objects.all().delete()
    appoint(
        account=world.account,
        by=world.holder,
        wanted=wanted(limits=()),
        signing=TYPED,
        at=AT,
        replaces=earlier,
    )


def ask_for_a_file(world):
    ask_export(account=world.account, by=world.holder, at=AT)


def set_new_password(world):
    change_password(person=world.holder, save=world.holder.save, proof="x", at=AT)


def sell_the_business(world):
    record_holder_event(
        account=world.account,
        by=make_staff(),
        at=AT,
        happened=HolderChange(
            kind=HolderEventKind.SALE,
            since=AT.date(),
            evidence="Contract of sale",
            written_consent=True,
        ),
    )


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
            account=world.account,
            person=world.holder,
            purpose="change_email",
            factor=Factor.TOTP,
            at=at,
        )


def refuse_contact(world, at):
    with pytest.raises(authority.NotAuthorised) as refusal:
        change_contact(account=world.account, by=world.holder, at=at, details=CHANGED)
    assert [one["id"] for one in refusal.value.decision.because] == ["RF-ID-06"]


def refuse_contact_by_staff(world, at):
    with pytest.raises(authority.NotAuthorised):
        change_contact(
            account=world.account, by=make_staff(), at=at, details=CHANGED, without="In a hurry"
        )


def refuse_appointment(world, at):
    with pytest.raises(authority.NotAuthorised):
        make_appointment(world, at=at)


def refuse_export(world, at):
    with pytest.raises(authority.NotAuthorised):
        ask_export(account=world.account, by=world.holder, at=at)


def refuse_password(world, at):
    with pytest.raises(LogInRefused):
        change_password(person=world.holder, save=world.holder.save, proof="x", at=at)


def refuse_new_holder(world, at):
    happened = HolderChange(
        kind=HolderEventKind.DEATH,
        since=at.date(),
        evidence="Certificate",
        new_holder_email="thief@people.example",
    )
    with pytest.raises(authority.NotAuthorised):
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
