"""Who is calling: what they may ask for, for whom staff act, and under which appointment."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from parties import access, selectors
from parties.models import Appointment, Call, ContactChange, IdentityCheck, Invitation, User
from parties.services import (
    CallerMayNot,
    CallRefused,
    behalf_of,
    end_call,
    revoke,
    take_call,
)
from parties.states import StaffRole
from portal.worklists import worklists
from records.audit.models import Entry
from records.audit.selectors import flaws
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.parties.people import signed_in
from tests.parties.staff import give_reason
from tests.parties.test_presence import code_of
from tests.world import World, appoint, instant, make_provider, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
AT = instant("2027-02-01 10:00")
MINUTE = timedelta(minutes=1)
DETAILS = {
    "billing_email": "new@people.example",
    "phone": "",
    "street": "1 Test Street",
    "suburb": "Testville",
    "postcode": "2000",
}


@pytest.fixture
def sam() -> User:
    return make_staff(StaffRole.FRONT_LINE)


@pytest.fixture
def desk(sam, world) -> Client:
    client = signed_in(sam)
    give_reason(client, world.account)
    return client


@pytest.fixture
def representative(world) -> Appointment:
    return appoint(
        world.account,
        make_user("Jordan Lee"),
        Role.AUTHORISED_REP,
        starts_on=date(2026, 2, 1),
        ends_on=date(2099, 12, 31),
    )


def address(name: str, world: World) -> str:
    return f"{reverse(f'admin:parties_{name}_add')}?account={world.account.number}"


def calls_in(desk: Client, world: World, row: Appointment | None, **facts) -> Call:
    given = {
        "person": str(row.public_id) if row else "else",
        "caller": "",
        "step": "change_details",
    } | facts
    assert desk.post(address("call", world), given).status_code == 302
    return Call.objects.latest("pk")


def holder_row(world: World) -> Appointment:
    return Appointment.objects.get(account=world.account, role=Role.HOLDER)


# --- who is calling


def test_staff_choose_the_caller_and_see_at_once_what_they_may_ask_for(
    desk, world, representative
):
    representative.limits = ["change_details"]
    representative.save()

    call = calls_in(desk, world, representative)

    page = desk.get(reverse("admin:parties_call_change", args=[call.pk]))
    first = page.context["powers"][0]
    assert (first.action, first.decision.allowed) == (Action.CHANGE_DETAILS, False)
    assert "VP-PAR" in str(first.decision.because)
    assert "Change contact details: not for this caller" in page.content.decode()


def test_notes_about_relay_service_and_interpreter_stand_where_one_talks(desk, world):
    world.customer.relay_service = True
    world.customer.interpreter_language = "Vietnamese"
    world.customer.save()
    call = calls_in(desk, world, holder_row(world))

    pages = [address("call", world), reverse("admin:parties_call_change", args=[call.pk])]

    for page in pages:
        text = desk.get(page).content.decode()
        assert "National Relay Service" in text
        assert "Vietnamese" in text


def test_somebody_without_standing_may_ask_for_nothing(desk, world):
    call = calls_in(desk, world, None, caller="A neighbour")

    page = desk.get(reverse("admin:parties_call_change", args=[call.pk]))

    assert not any(one.decision.allowed for one in page.context["powers"])
    assert "say nothing about it" in page.content.decode()
    assert desk.get(address("contactchange", world)).status_code == 403


def test_somebody_else_needs_a_name(desk, world):
    page = desk.post(
        address("call", world), {"person": "else", "caller": " ", "step": "discuss_issue"}
    )

    assert "Write down the name that they give." in page.content.decode()
    assert not Call.objects.exists()


def test_person_of_another_account_cannot_be_chosen(desk, world):
    stranger = holder_row(make_world("callpro"))

    page = desk.post(
        address("call", world),
        {"person": str(stranger.public_id), "caller": "", "step": "discuss_issue"},
    )

    assert page.status_code == 200
    assert not Call.objects.exists()


def test_call_is_shown_on_each_page_of_the_staff_until_it_ends(desk, world, representative):
    call = calls_in(desk, world, representative)
    pages = [
        reverse("admin:parties_account_change", args=[world.account.pk]),
        reverse("admin:parties_appointment_change", args=[representative.pk]),
        reverse("admin:index"),
    ]
    for page in pages:
        text = desk.get(page).content.decode()
        assert "On the phone: Jordan Lee, authorised representative" in text

    desk.post(reverse("admin:parties_call_end", args=[call.pk]), {"outcome": "Explained the bill"})

    call.refresh_from_db()
    assert call.outcome == "Explained the bill"
    assert call.ended_at
    desk.get(pages[0])  # shows the message about what was done
    assert "On the phone" not in desk.get(pages[0]).content.decode()


@pytest.mark.parametrize(("minutes", "holds"), [(29, True), (30, False)])
def test_call_holds_for_half_an_hour(sam, world, representative, minutes, holds):
    take_call(
        account=world.account, by=sam, step=Action.PAY_BILL, at=AT, appointment=representative
    )

    assert bool(selectors.open_call(sam, AT + minutes * MINUTE)) is holds


def test_next_call_ends_the_one_before_and_its_outcome_is_still_asked_for(
    sam, world, representative
):
    first = take_call(
        account=world.account, by=sam, step=Action.PAY_BILL, at=AT, appointment=representative
    )
    take_call(account=world.account, by=sam, step=Action.PAY_BILL, at=AT + MINUTE, caller="Nobody")

    first.refresh_from_db()
    assert first.ended_at == AT + MINUTE
    waits = {one["title"]: one["count"] for one in worklists(sam, AT + 2 * MINUTE)}
    assert waits["My calls, outcome to note"] == 1
    end_call(call=first, by=sam, outcome="Paid", at=AT + 2 * MINUTE)
    waits = {one["title"]: one["count"] for one in worklists(sam, AT + 2 * MINUTE)}
    assert waits["My calls, outcome to note"] == 0


def test_call_is_ended_by_who_took_it_and_once(sam, world, representative):
    call = take_call(
        account=world.account, by=sam, step=Action.PAY_BILL, at=AT, appointment=representative
    )

    with pytest.raises(CallRefused):
        end_call(call=call, by=make_staff(), outcome="Paid", at=AT)
    end_call(call=call, by=sam, outcome="Paid", at=AT)
    with pytest.raises(CallRefused):
        end_call(call=call, by=sam, outcome="Not paid", at=AT)


@pytest.mark.parametrize("role", StaffRole)
def test_whoever_talks_with_customers_takes_calls_and_the_auditor_does_not(role, world):
    staff = make_staff(role)

    if role == StaffRole.AUDITOR:
        with pytest.raises(access.NotAuthorised):
            take_call(account=world.account, by=staff, step=Action.PAY_BILL, at=AT, caller="X")
    else:
        assert take_call(
            account=world.account, by=staff, step=Action.PAY_BILL, at=AT, caller="X"
        ).pk


def test_staff_of_another_provider_take_no_call(world):
    staff = make_staff(StaffRole.ADMINISTRATOR, make_provider("callpro"))

    with pytest.raises(access.NotAuthorised):
        take_call(account=world.account, by=staff, step=Action.PAY_BILL, at=AT, caller="X")
    page = signed_in(staff).get(address("call", world))
    assert "No account has this number" in page.content.decode()


# --- for whom, under which appointment


def test_history_names_staff_and_for_whom_and_under_which_appointment(
    desk, sam, world, representative
):
    calls_in(desk, world, representative)
    form = DETAILS | {"without": "Fire at the premises"}

    assert desk.post(address("contactchange", world), form).status_code == 302

    entry = Entry.objects.get(action="change_contact")
    assert entry.actor == sam
    assert entry.acted_as == "Front line"
    assert entry.for_whom == "Jordan Lee, authorised representative"
    assert entry.authority == str(representative.public_id)
    assert entry.from_where
    assert list(flaws()) == []
    text = signed_in(world.holder).get("/people/history/").content.decode()
    assert "for Jordan Lee, authorised representative" in text


def test_what_staff_look_at_in_a_call_is_looked_at_for_the_caller(desk, world, representative):
    calls_in(desk, world, representative)

    desk.get(reverse("admin:parties_account_change", args=[world.account.pk]))

    seen = Entry.objects.filter(action="view").latest("sequence")
    assert seen.for_whom == "Jordan Lee, authorised representative"
    assert seen.authority == ""


def test_what_the_caller_may_not_ask_for_is_not_done_and_the_page_says_why(
    desk, world, representative
):
    representative.limits = ["change_details"]
    representative.save()
    calls_in(desk, world, representative)

    page = desk.post(address("contactchange", world), DETAILS | {"without": "They insist"})

    assert page.status_code == 403
    assert "VP-PAR" in page.content.decode()
    assert "Nothing was done" in page.content.decode()
    assert not ContactChange.objects.exists()


STANDINGS = {
    "in force": ({}, True),
    "until today": ({"ends_on": AT.date()}, True),
    "until yesterday": ({"ends_on": AT.date() - timedelta(days=1)}, False),
    "from tomorrow": ({"starts_on": AT.date() + timedelta(days=1)}, False),
    "withheld": ({"limits": ["change_details"]}, False),
    "in the time to think": ({"works_from": AT + MINUTE}, False),
    "thought over": ({"works_from": AT}, True),
    "not checked yet": ({"needs_check": True, "verified_at": None}, False),
    "revoked": ({"revoked_at": AT - MINUTE}, False),
}


@pytest.mark.parametrize("standing", STANDINGS)
def test_no_act_is_recorded_under_an_authority_that_is_not_in_force(
    sam, world, representative, standing
):
    facts, in_force = STANDINGS[standing]
    call = take_call(
        account=world.account, by=sam, step=Action.PAY_BILL, at=AT, appointment=representative
    )
    Appointment.objects.filter(pk=representative.pk).update(**facts)
    call = selectors.open_call(sam, AT)

    if in_force:
        behalf = behalf_of(call, at=AT, action=Action.CHANGE_DETAILS)
        assert behalf.authority == str(representative.public_id)
    else:
        with pytest.raises(CallerMayNot):
            behalf_of(call, at=AT, action=Action.CHANGE_DETAILS)
    assert behalf_of(call, at=AT).authority == ""


def test_appointment_that_ends_in_mid_call_carries_nothing_more(desk, world, representative):
    calls_in(desk, world, representative)
    revoke(appointment=representative, by=world.holder, at=timezone.now())

    page = desk.post(address("contactchange", world), DETAILS | {"without": "They insist"})

    assert page.status_code == 403
    assert not Entry.objects.filter(action="change_contact").exists()


def test_another_accounts_record_is_not_touched_by_the_call(desk, world, representative):
    other = make_world("callpro")
    calls_in(desk, world, representative)
    give_reason(desk, other.account)

    desk.post(address("contactchange", other), DETAILS | {"without": "A letter"})

    entry = Entry.objects.get(action="change_contact", account=other.account)
    assert (entry.for_whom, entry.authority) == ("", "")


def test_identity_check_of_somebody_else_is_no_proof_for_the_caller(
    desk, sam, world, representative
):
    calls_in(desk, world, representative)
    IdentityCheck.objects.create(
        account=world.account, person=world.holder, purpose="change_details",
        factor="documents", asked_at=timezone.now(), asked_by=sam, passed_at=timezone.now(),
    )  # fmt: skip

    page = desk.post(address("contactchange", world), DETAILS)

    assert "Why go on without?" in page.content.decode()
    assert not ContactChange.objects.exists()


def test_check_starts_filled_in_and_leads_back_to_the_call(desk, world, representative):
    call = calls_in(desk, world, representative)

    page = desk.get(address("identitycheck", world))
    assert page.context["form"].initial == {
        "person": representative.user_id,
        "purpose": "change_details",
    }
    given = {"person": representative.user_id, "purpose": "change_details"}
    step = desk.post(address("identitycheck", world), given | {"factor": "emailed_code"})[
        "Location"
    ]
    code = code_of(Notice.objects.get(kind="identity_code"))
    back = desk.post(step, {"code": code})

    assert back["Location"] == reverse("admin:parties_call_change", args=[call.pk])
    assert desk.post(address("contactchange", world), DETAILS).status_code == 302
    entry = Entry.objects.get(action="change_contact")
    assert entry.after["identity_check"] == str(IdentityCheck.objects.get().public_id)
    told = Entry.objects.get(action="prove_identity")
    assert told.for_whom == "Jordan Lee, authorised representative"


def test_anybody_may_report_a_death_and_no_authority_is_claimed(world):
    client = signed_in(make_staff(StaffRole.TEAM_MANAGER))
    give_reason(client, world.account)
    calls_in(client, world, None, caller="Ana Conti")

    client.post(
        address("holderevent", world),
        {
            "kind": "death",
            "since": "2026-01-20",
            "evidence": "Certificate",
            "without": "The holder has died",
        },
    )

    entry = Entry.objects.get(action="record_holder_event")
    assert entry.for_whom == "Ana Conti, who has no standing on the account"
    assert entry.authority == ""


# --- steps that staff take about people


@pytest.fixture
def manager(world) -> Client:
    client = signed_in(make_staff(StaffRole.TEAM_MANAGER))
    give_reason(client, world.account)
    return client


def step_of(row: Appointment, name: str) -> str:
    return reverse(f"admin:parties_appointment_{name}", args=[row.pk])


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
    on = access.local_day(world.account, AT)

    def may() -> access.Decision:
        return access.may(person, Action.CHANGE_PLAN, world.account, on=on, at=AT)

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
    on = access.local_day(world.account, AT)
    assert access.may(row.user, Action.DISCUSS_ISSUE, world.account, on=on, at=AT).allowed
    letter = {"statement": "Only when I am there.", "evidence": "Letter of 3 January, file 12"}

    desk.post(step_of(row, "statement"), letter)

    refused = access.may(row.user, Action.DISCUSS_ISSUE, world.account, on=on, at=AT)
    assert not refused.allowed
    assert "VP-PAR-10" in str(refused.because)
    entry = Entry.objects.get(action="note_statement")
    assert entry.reason == "Letter of 3 January, file 12"
    assert entry.before["limits"] == []
    again = desk.post(step_of(row, "statement"), letter).content.decode()
    assert "does nothing alone already" in again


def unclaimed() -> World:
    world = make_world()
    Appointment.objects.filter(account=world.account).update(revoked_at=AT)
    return world


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
    assert waits["Account holders invited in vain"] == 1
    listed = client.get(reverse("admin:parties_account_changelist") + "?holder=lapsed")
    assert world.account.number in listed.content.decode()
    client.post(page, {"email": "bakery@people.example"})

    assert Invitation.objects.exclude(pk=first.pk).get().expires_at > timezone.now()
    waits = {one["title"]: one["count"] for one in worklists(staff, timezone.now())}
    assert waits["Account holders invited in vain"] == 0
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
        expected = 200 if access.staff_may(staff, action).allowed else 403
        assert client.get(step_of(row, name)).status_code == expected, name


def test_steps_of_another_provider_do_not_exist(world, representative):
    client = signed_in(make_staff(StaffRole.ADMINISTRATOR, make_provider("callpro")))

    for name in ("verify", "end", "knowledge", "statement"):
        assert client.get(step_of(representative, name)).status_code == 404
    invite = reverse("admin:parties_account_invite", args=[world.account.pk])
    assert client.get(invite).status_code == 404


def test_pages_of_a_call_take_as_many_queries_whoever_stands_on_the_account(
    desk, world, representative
):
    call = calls_in(desk, world, representative)
    pages = [address("call", world), reverse("admin:parties_call_change", args=[call.pk])]

    def queries() -> list[int]:
        counted = []
        for page in pages:
            desk.get(page)
            with CaptureQueriesContext(connection) as asked:
                desk.get(page)
            counted.append(len(asked))
        return counted

    before = queries()
    for number in range(8):
        appoint(world.account, make_user(f"Rep {number}"), Role.AUTHORISED_REP)

    assert queries() == before


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

    may = access.staff_may(staff, Action.CHANGE_DETAILS).allowed
    assert Invitation.objects.exists() is may


def test_many_of_another_provider_are_not_invited():
    account = unclaimed().account
    other = signed_in(make_staff(StaffRole.ADMINISTRATOR, make_provider("callpro")))

    other.post(
        reverse("admin:parties_account_changelist"),
        {"action": "invite_holders", "_selected_action": [account.pk], "agreed": "yes"},
    )

    assert not Invitation.objects.exists()
