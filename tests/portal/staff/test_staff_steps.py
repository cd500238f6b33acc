"""What staff do about people: check callers and appointments, change contacts and holders."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from parties.appointments.services import (
    HolderChange,
    HolderChangeRefused,
    claim_account,
    record_holder_event,
)
from parties.authority import selectors as authority
from parties.authority.models import Appointment, HolderEvent, Invitation
from parties.authority.states import HolderEventKind
from parties.people.states import StaffRole
from parties.security.models import IdentityCheck
from parties.security.states import Factor
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.parties.appointments.test_presence import code_of
from tests.parties.people import AT, make_appointment, signed_in
from tests.parties.staff import give_reason
from tests.world import appoint, make_provider, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff_client() -> Client:
    return signed_in(make_staff(StaffRole.TEAM_MANAGER))


def event(world, kind: HolderEventKind, **facts) -> HolderEvent:
    given = {"since": date(2027, 1, 20), "evidence": "Certificate seen by Max"} | facts
    return record_holder_event(
        account=world.account, happened=HolderChange(kind=kind, **given), by=make_staff(), at=AT
    )


def test_staff_find_the_appointment_and_note_the_check(staff_client):
    world = make_world("blueshift", state="VIC")
    row = make_appointment(world)
    give_reason(staff_client, world.account)
    queue = "/admin/parties/appointment/?check=waits"
    assert "Jordan Lee" in staff_client.get(queue).content.decode()

    page = f"/admin/parties/appointment/{row.pk}/verify/"
    given = {"how": "By phone", "evidence": "Passport read out"}
    assert staff_client.post(page, given).status_code == 302

    row.refresh_from_db()
    assert row.evidence == "By phone: Passport read out"
    staff_client.get(queue)  # shows the message about what was done
    assert "Jordan Lee" not in staff_client.get(queue).content.decode()
    assert Notice.objects.filter(to=row.user.email, title__contains="can now act").exists()


def test_caller_reads_out_the_code_and_it_is_on_record(world, staff_client):
    give_reason(staff_client, world.account)
    page = f"/admin/parties/identitycheck/add/?account={world.account.number}"
    given = {"person": world.holder.pk, "purpose": "change_details", "factor": "emailed_code"}
    step = staff_client.post(page, given)["Location"]
    assert "wrong" not in step
    code = code_of(Notice.objects.get(kind="identity_code"))

    refused = staff_client.post(step, {"code": "1"}).content.decode()
    assert "not the code" in refused
    staff_client.post(step, {"code": code})

    check = IdentityCheck.objects.get()
    assert check.passed_at
    assert check.asked_by.full_name == "Staff Team manager"
    assert Entry.objects.get(action="prove_identity").after["by_phone"] is True


def test_checked_caller_changes_contact_details_without_further_words(world, staff_client):
    give_reason(staff_client, world.account)
    page = f"/admin/parties/identitycheck/add/?account={world.account.number}"
    staff_client.post(
        page,
        {
            "person": world.holder.pk,
            "purpose": "change_details",
            "factor": "documents",
            "evidence": "Passport and licence",
        },
    )
    assert IdentityCheck.objects.get().factor == Factor.DOCUMENTS

    change = f"/admin/parties/contactchange/add/?account={world.account.number}"
    form = {
        "billing_email": "new@people.example",
        "phone": "",
        "street": "1 Test Street",
        "suburb": "Testville",
        "postcode": "2000",
    }
    assert staff_client.post(change, form).status_code == 302

    entry = Entry.objects.get(action="change_contact")
    assert entry.after["identity_check"] == str(IdentityCheck.objects.get().public_id)
    assert entry.reason == ""


def test_check_is_not_skipped_silently(world, staff_client):
    give_reason(staff_client, world.account)
    change = f"/admin/parties/contactchange/add/?account={world.account.number}"
    form = {
        "billing_email": "new@people.example",
        "phone": "",
        "street": "1 Test Street",
        "suburb": "Testville",
        "postcode": "2000",
    }

    page = staff_client.post(change, form).content.decode()
    assert "Why go on without?" in page
    assert not Entry.objects.filter(action="change_contact").exists()

    staff_client.post(change, form | {"without": "Fire at the premises"})

    reason = "No identity check: Fire at the premises"
    assert Entry.objects.get(action="change_contact").reason == reason
    told = Notice.objects.get(to="bills@people.example")
    assert "Nobody's identity was checked: Fire at the premises." in told.text


def test_staff_of_another_provider_find_no_account(world):
    other = signed_in(make_staff(StaffRole.TEAM_MANAGER, make_provider("callpro")))

    page = other.get(f"/admin/parties/identitycheck/add/?account={world.account.number}")

    assert "No account has this number" in page.content.decode()


def test_auditor_changes_nothing(world):
    auditor = signed_in(make_staff(StaffRole.AUDITOR))

    for page in ("identitycheck", "contactchange", "holderevent"):
        assert auditor.get(f"/admin/parties/{page}/add/").status_code == 403


def test_death_ends_every_standing_and_a_new_holder_claims_the_account(world):
    representative = make_appointment(world)
    event(world, HolderEventKind.DEATH, new_holder_email="executor@people.example")

    on = authority.local_day(world.account, AT)
    for person in (world.holder, representative.user):
        assert not authority.may(person, Action.VIEW_BILLS, world.account, on=on, at=AT).allowed
    link = Notice.objects.get(kind="account_invitation", to="executor@people.example").text
    token = next(word for word in link.split() if "/claim/" in word).rstrip("/").split("/")[-1]
    heir = claim_account(
        token=token,
        account_number=world.account.number,
        full_name="Ex Ecutor",
        password="a-long-test-password",
        at=AT,
    )

    assert authority.may(heir, Action.CLOSE_ACCOUNT, world.account, on=on, at=AT).allowed
    assert Appointment.objects.filter(role=Role.HOLDER, revoked_at__isnull=True).count() == 1
    assert Entry.objects.get(action="record_holder_event").reason == "Certificate seen by Max"


def test_bankruptcy_is_a_fact_with_its_date_and_the_clause_that_acts_on_it():
    world = make_world("comvergence")

    found = event(world, HolderEventKind.BANKRUPTCY)

    assert found.since == date(2027, 1, 20)
    assert "at once" in str(found.because)
    on = authority.local_day(world.account, AT)
    assert authority.may(world.holder, Action.VIEW_BILLS, world.account, on=on, at=AT).allowed
    assert not Invitation.objects.exists()


def test_sale_needs_the_consent_that_the_terms_ask_for():
    world = make_world("comvergence")
    facts = {"new_holder_email": "buyer@people.example"}

    with pytest.raises(HolderChangeRefused) as refusal:
        event(world, HolderEventKind.SALE, **facts)
    assert refusal.value.because[0]["id"] == "CV-PTY-04"
    assert not HolderEvent.objects.exists()

    event(world, HolderEventKind.SALE, **facts, written_consent=True)
    assert Invitation.objects.get().email == "buyer@people.example"


def test_front_line_does_not_change_holders(world):
    with pytest.raises(authority.NotAuthorised):
        record_holder_event(
            account=world.account,
            happened=HolderChange(
                kind=HolderEventKind.DEATH, since=date(2027, 1, 20), evidence="x"
            ),
            by=make_staff(StaffRole.FRONT_LINE),
            at=AT,
        )


def test_business_has_several_contacts_with_their_jobs():
    world = make_world("greenlight")
    for name, job in (("Ann Lee", "Accounts"), ("Ivo Tan", "IT")):
        make_appointment(
            world,
            name=name,
            email=f"{job.lower()}@people.example",
            position=job,
            role=Role.CUSTOMER_CONTACT,
            limits=(),
            ends_on=None,
        )

    contacts = Appointment.objects.filter(role=Role.CUSTOMER_CONTACT)
    on = authority.local_day(world.account, AT)
    for row in contacts:
        assert authority.may(row.user, Action.CHANGE_PLAN, world.account, on=on, at=AT).allowed
    assert set(contacts.values_list("position", flat=True)) == {"Accounts", "IT"}


def test_employee_who_warrants_authority_may_consent_and_the_holder_is_told():
    from parties.appointments.services import warrant_authority

    world = make_world("comvergence")
    person = make_user("Wendy Works")
    row = appoint(
        world.account, person, Role.CUSTOMER_CONTACT, employee=True, warrants_authority=False
    )
    on = authority.local_day(world.account, AT)
    assert not authority.may(person, Action.CHANGE_PLAN, world.account, on=on, at=AT).allowed

    warrant_authority(appointment=row, by=person, words="I have authority", at=AT)

    assert authority.may(person, Action.CHANGE_PLAN, world.account, on=on, at=AT).allowed
    assert Entry.objects.get(action="warrant_authority").reason == "I have authority"
    assert "I have authority" in Notice.objects.get(to=world.holder.email).text
