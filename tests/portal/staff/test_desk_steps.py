"""Steps that staff take about people: end, doubt, note a letter, invite; one by one and many."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from parties.authority import selectors as authority
from parties.authority.models import Invitation
from parties.people.states import StaffRole
from portal.composition.worklists import worklists
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.parties.desk import calls_in, holder_row, step_of, unclaimed
from tests.parties.people import signed_in
from tests.parties.staff import give_reason
from tests.world import appoint, instant, make_provider, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
AT = instant("2027-02-01 10:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def manager(world) -> Client:
    client = signed_in(make_staff(StaffRole.TEAM_MANAGER))
    give_reason(client, world.account)
    return client


def test_appointment_is_ended_for_the_customer_who_asks_by_phone(manager, world, representative):
    calls_in(manager, world, holder_row(world), step="remove_representative")
    form = {"why": "Asked for on the phone", "without": "Voice known for years"}

    unsure = manager.post(step_of(representative, "end"), form)
    assert unsure.status_code == 200
    assert manager.post(step_of(representative, "end"), form | {"sure": "on"}).status_code == 302

    representative.refresh_from_db()
    assert representative.revoked_at
    entry = Entry.objects.get(action="revoke_appointment")
    assert entry.for_whom == "Mia Conti, account holder"
    assert entry.authority == str(holder_row(world).public_id)
    assert "No identity check: Voice known for years" in entry.reason
    for to in (world.holder.email, representative.user.email):
        told = Notice.objects.filter(to=to, title__contains="no longer acts")
        assert "Nobody's identity was checked: Voice known for years." in told.get().text


def test_end_is_not_taken_without_a_check_or_a_reason(manager, world, representative):
    page = manager.post(step_of(representative, "end"), {"why": "Asked for", "sure": "on"})

    assert "Why go on without?" in page.content.decode()
    representative.refresh_from_db()
    assert representative.revoked_at is None


def test_caller_may_lay_down_their_own_appointment(manager, world, representative):
    representative.limits = ["remove_representative"]
    representative.save()
    calls_in(manager, world, representative, step="remove_representative")

    manager.post(
        step_of(representative, "end"),
        {"why": "Lays it down", "without": "Known", "sure": "on"},
    )

    representative.refresh_from_db()
    assert representative.revoked_at


def test_representative_without_that_power_has_nobody_removed(manager, world, representative):
    representative.limits = ["remove_representative"]
    representative.save()
    other = appoint(world.account, make_user("Kim Abbott"), Role.ADVOCATE)
    calls_in(manager, world, representative, step="remove_representative")

    page = manager.post(
        step_of(other, "end"), {"why": "Asked for", "without": "Known", "sure": "on"}
    )

    assert page.status_code == 403
    other.refresh_from_db()
    assert other.revoked_at is None


def test_holders_standing_is_not_ended_by_this_step(manager, world):
    assert manager.get(step_of(holder_row(world), "end")).status_code == 404


def test_provider_that_knows_otherwise_relies_no_longer_and_can_take_it_back():
    world = make_world("comvergence")
    person = make_user("Wendy Works")
    row = appoint(
        world.account, person, Role.CUSTOMER_CONTACT, employee=True, warrants_authority=True
    )
    client = signed_in(make_staff(StaffRole.TEAM_MANAGER))
    give_reason(client, world.account)
    on = authority.local_day(world.account, AT)

    def may() -> authority.Decision:
        return authority.may(person, Action.CHANGE_PLAN, world.account, on=on, at=AT)

    assert may().allowed
    client.post(step_of(row, "knowledge"), {"why": "Left the company in May"})
    refused = may()
    assert not refused.allowed
    assert "CV-PTY-02" in str(refused.because)
    told = Notice.objects.get(to=world.holder.email)
    assert "Left the company in May" in told.text

    client.post(step_of(row, "knowledge"), {"why": "Mistaken for a namesake"})
    assert may().allowed
    acts = Entry.objects.filter(action__in=["doubt_authority", "rely_on_authority"])
    assert list(acts.values_list("reason", flat=True)) == [
        "Left the company in May",
        "Mistaken for a namesake",
    ]


def test_knowledge_is_noted_of_employees_only(manager, representative):
    assert manager.get(step_of(representative, "knowledge")).status_code == 404


def test_letter_makes_an_advocate_do_nothing_alone(desk, world):
    row = appoint(world.account, make_user("Kim Abbott"), Role.ADVOCATE)
    on = authority.local_day(world.account, AT)
    assert authority.may(row.user, Action.DISCUSS_ISSUE, world.account, on=on, at=AT).allowed
    letter = {"statement": "Only when I am there.", "evidence": "Letter of 3 January, file 12"}

    desk.post(step_of(row, "statement"), letter)

    refused = authority.may(row.user, Action.DISCUSS_ISSUE, world.account, on=on, at=AT)
    assert not refused.allowed
    assert "VP-PAR-10" in str(refused.because)
    entry = Entry.objects.get(action="note_statement")
    assert entry.reason == "Letter of 3 January, file 12"
    assert entry.before["limits"] == []
    again = desk.post(step_of(row, "statement"), letter).content.decode()
    assert "does nothing alone already" in again


def test_holder_of_an_unclaimed_account_is_invited_and_invited_again():
    world = unclaimed()
    staff = make_staff(StaffRole.FRONT_LINE)
    client = signed_in(staff)
    give_reason(client, world.account)
    page = reverse("admin:parties_account_invite", args=[world.account.pk])

    client.post(page, {"email": "bakery@people.example"})
    first = Invitation.objects.get()
    Invitation.objects.update(expires_at=timezone.now() - MINUTE)
    waits = {one["title"]: one["count"] for one in worklists(staff, timezone.now())}
    assert waits["Account holders whose invitation expired"] == 1
    listed = client.get(reverse("admin:parties_account_changelist") + "?holder=lapsed")
    assert world.account.number in listed.content.decode()
    client.post(page, {"email": "bakery@people.example"})

    assert Invitation.objects.exclude(pk=first.pk).get().expires_at > timezone.now()
    waits = {one["title"]: one["count"] for one in worklists(staff, timezone.now())}
    assert waits["Account holders whose invitation expired"] == 0
    assert Entry.objects.filter(action="invite_holder", actor=staff).count() == 2


def test_invitation_goes_only_where_the_customer_is_known_to_be_reached():
    world = unclaimed()
    client = signed_in(make_staff(StaffRole.FRONT_LINE))
    give_reason(client, world.account)

    client.post(
        reverse("admin:parties_account_invite", args=[world.account.pk]),
        {"email": "thief@people.example"},
    )

    assert not Invitation.objects.exists()


def test_account_that_somebody_holds_has_no_invitation(desk, world):
    page = reverse("admin:parties_account_invite", args=[world.account.pk])

    assert desk.get(page).status_code == 404


# --- roles and walls


@pytest.mark.parametrize("role", StaffRole)
def test_each_role_takes_the_steps_that_its_table_grants(role, world, representative):
    advocate = appoint(world.account, make_user("Kim Abbott"), Role.ADVOCATE)
    staff = make_staff(role)
    client = signed_in(staff)
    give_reason(client, world.account)

    answers = {
        "verify": (Action.CHANGE_DETAILS, representative),
        "statement": (Action.CHANGE_DETAILS, advocate),
        "end": (Action.REMOVE_REPRESENTATIVE, representative),
    }

    for name, (action, row) in answers.items():
        expected = 200 if authority.staff_may(staff, action).allowed else 403
        assert client.get(step_of(row, name)).status_code == expected, name


def test_steps_of_another_provider_do_not_exist(world, representative):
    client = signed_in(make_staff(StaffRole.ADMINISTRATOR, make_provider("callpro")))

    for name in ("verify", "end", "knowledge", "statement"):
        assert client.get(step_of(representative, name)).status_code == 404
    invite = reverse("admin:parties_account_invite", args=[world.account.pk])
    assert client.get(invite).status_code == 404


def test_many_are_invited_after_a_preview_with_a_word_about_each(world):
    free, held = unclaimed().account, world.account
    client = signed_in(make_staff(StaffRole.FRONT_LINE))
    page = reverse("admin:parties_account_changelist")
    chosen = {"action": "invite_holders", "_selected_action": [free.pk, held.pk]}

    preview = client.post(page, chosen).content.decode()
    assert "1 of 2 will be invited" in preview
    assert "Somebody holds this account" in preview
    assert not Invitation.objects.exists()

    report = client.post(page, chosen | {"agreed": "yes"}, follow=True).content.decode()
    assert f"{free.number}: invited at bakery@people.example." in report
    assert f"{held.number}: Somebody holds this account." in report
    assert Invitation.objects.get().account == free


@pytest.mark.parametrize("role", StaffRole)
def test_many_are_invited_only_by_who_may_invite_one(role):
    account = unclaimed().account
    staff = make_staff(role)

    signed_in(staff).post(
        reverse("admin:parties_account_changelist"),
        {"action": "invite_holders", "_selected_action": [account.pk], "agreed": "yes"},
    )

    may = authority.staff_may(staff, Action.CHANGE_DETAILS).allowed
    assert Invitation.objects.exists() is may


def test_many_of_another_provider_are_not_invited():
    account = unclaimed().account
    other = signed_in(make_staff(StaffRole.ADMINISTRATOR, make_provider("callpro")))

    other.post(
        reverse("admin:parties_account_changelist"),
        {"action": "invite_holders", "_selected_action": [account.pk], "agreed": "yes"},
    )

    assert not Invitation.objects.exists()
