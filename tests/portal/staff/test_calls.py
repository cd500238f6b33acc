"""Who is calling: what they may ask for, for whom staff act, and under which appointment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from parties.appointments.services import revoke
from parties.authority import selectors as authority
from parties.authority.models import Appointment
from parties.desk import selectors as desk_selectors
from parties.desk.models import Call
from parties.desk.services import CallerMayNot, CallRefused, behalf_of, end_call, take_call
from parties.people.states import StaffRole
from parties.security.models import ContactChange, IdentityCheck
from portal.composition.worklists import worklists
from records.audit.models import Entry
from records.audit.selectors import discrepancies
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.parties.appointments.test_presence import code_of
from tests.parties.desk import DETAILS, address, calls_in, holder_row
from tests.parties.people import signed_in
from tests.parties.staff import give_reason
from tests.world import appoint, instant, make_provider, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
AT = instant("2027-02-01 10:00")
MINUTE = timedelta(minutes=1)


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

    assert bool(desk_selectors.open_call(sam, AT + minutes * MINUTE)) is holds


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
        with pytest.raises(authority.NotAuthorised):
            take_call(account=world.account, by=staff, step=Action.PAY_BILL, at=AT, caller="X")
    else:
        assert take_call(
            account=world.account, by=staff, step=Action.PAY_BILL, at=AT, caller="X"
        ).pk


def test_staff_of_another_provider_take_no_call(world):
    staff = make_staff(StaffRole.ADMINISTRATOR, make_provider("callpro"))

    with pytest.raises(authority.NotAuthorised):
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
    assert list(discrepancies()) == []
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
    call = desk_selectors.open_call(sam, AT)

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
        account=world.account,
        person=world.holder,
        purpose="change_details",
        factor="documents",
        asked_at=timezone.now(),
        asked_by=sam,
        passed_at=timezone.now(),
    )

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
