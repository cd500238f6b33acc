"""What members of staff try beyond their role: what is shown to them, what they can find out."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.tickets.models import Complaint
from parties.appointments.services import CheckRefused, invite_holder, revoke, verify
from parties.authority.selectors import NotAuthorised
from parties.correspondence.states import SafeChannel
from parties.people.states import StaffRole
from parties.privacy.services import answer_privacy, ask_privacy
from parties.privacy.states import PrivacyKind, PrivacyState
from parties.security.models import IdentityCheck
from parties.security.services import (
    change_contact,
    note_factor,
    recent_check,
    send_code,
    set_safe_contact,
)
from parties.security.states import Factor, HighRisk
from records.audit.models import Entry
from records.audit.selectors import discrepancies
from records.audit.services import Actor, record
from records.notices.models import Notice
from terms.facts import Role
from tests.parties.people import AT as PEOPLE_AT
from tests.parties.people import make_appointment
from tests.parties.staff import sign_in_staff
from tests.parties.stopping import show_documents
from tests.world import appoint as stand
from tests.world import instant, make_service, make_staff, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
AT = instant("2026-12-01 10:00")
READERS = [StaffRole.FRONT_LINE, StaffRole.AUDITOR, StaffRole.ADMINISTRATOR]
FIELDS = ("actor_name", "acted_as", "for_whom", "subject", "reason")
SAFE = "somewhere.safe@people.example"


def set_safe(world, channel=SafeChannel.EMAIL, address=SAFE):
    return set_safe_contact(
        account=world.account,
        user=world.holder,
        channel=channel,
        address=address,
        opens=None,
        closes=None,
        safety_threat=False,
        at=AT,
    )


def list_of(model: str) -> str:
    return reverse(f"admin:{model}_changelist")


# --- what an address can ask for


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("parties_user", "password__startswith=a"),
        ("parties_user", "appointments__account__number__startswith=T"),
        ("parties_user", "email_changes__before__startswith=a"),
        ("parties_invitation", "token_hash__startswith=a"),
        ("parties_contactchange", "token_hash__startswith=a"),
        ("parties_identitycheck", "code_hash__startswith=a"),
        ("parties_identitycheck", "person__password__startswith=a"),
        ("parties_appointment", "user__password__startswith=a"),
        ("parties_account", "customer__name__startswith=a"),
        ("notices_notice", "to__icontains=safe"),
        ("notices_notice", "text__icontains=claim"),
        ("audit_entry", "is_private=1"),
    ],
)
def test_no_list_is_narrowed_by_what_it_does_not_offer(client, world, role, model, asked):
    sign_in_staff(client, make_staff(role))

    answer = client.get(f"{list_of(model)}?{asked}")

    assert answer.status_code in (400, 403)


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("notices_notice", "account__id__exact={pk}"),
        ("notices_notice", "status__exact=failed"),
        ("parties_account", "customer__provider__id__exact=1"),
        ("parties_account", "holder=lapsed"),
        ("parties_appointment", "check=waits"),
        ("billing_invoice", "issue_date__gte=2026-01-01"),
        ("billing_invoice", "issue_date__year=2026"),
        ("contracts_service", "plan__kind__exact=nbn"),
        ("complaints_complaint", "mine=me"),
    ],
)
def test_what_a_list_offers_still_narrows_it(client, world, model, asked):
    sign_in_staff(client, make_staff(StaffRole.ADMINISTRATOR))

    answer = client.get(f"{list_of(model)}?{asked.format(pk=world.account.pk)}")

    assert answer.status_code == 200


# --- links and codes that were sent to others


def invite(world):
    actor = Actor(name="system")
    invite_holder(account=world.account, email="new@people.example", at=AT, by=actor)


def appoint_somebody(world):
    make_appointment(world, email="rep@people.example")


def change(world):
    details = {"billing_email": "other@people.example"}
    change_contact(account=world.account, by=world.holder, at=AT, details=details)


def code(world):
    send_code(
        account=world.account, person=world.holder, purpose=HighRisk.CHANGE_DETAILS.value, at=AT
    )


@pytest.mark.parametrize("role", StaffRole)
@pytest.mark.parametrize("said", [invite, appoint_somebody, change, code])
def test_no_member_of_staff_reads_a_link_or_a_code_that_was_sent(client, world, role, said):
    said(world)
    staff = sign_in_staff(client, make_staff(role), because_of=world.account)
    secrets = set()
    for notice in Notice.objects.all():
        secrets |= set(re.findall(r"[\w-]{40,}|\b\d{6}\b", notice.text))

    pages = [
        staff.get(reverse("admin:notices_notice_change", args=[one.pk])).content.decode()
        for one in Notice.objects.all()
    ]

    assert secrets
    assert not [secret for secret in secrets for page in pages if secret in page]


# --- somebody's safety


BLIND = [StaffRole.BILLING, StaffRole.AUDITOR]


@pytest.mark.parametrize("role", BLIND)
@pytest.mark.parametrize(
    ("channel", "address"),
    [
        (SafeChannel.EMAIL, SAFE),
        (SafeChannel.PHONE, "0491 570 156"),
        (SafeChannel.POST, "PO Box 9, Testville"),
    ],
)
def test_roles_that_may_not_know_of_a_safe_contact_see_no_trace_of_it(
    client, world, role, channel, address
):
    seen = sign_in_staff(client, make_staff(role), because_of=world.account)
    page = reverse("admin:parties_account_change", args=[world.account.pk])
    addresses = [
        f"{page}?tab=messages",
        f"{page}?tab=history",
        list_of("notices_notice"),
        list_of("audit_entry"),
        reverse("admin:index"),
    ]

    def words(address: str) -> str:
        text = re.sub(r"<[^>]+>", " ", seen.get(address).content.decode())
        return re.sub(r"[0-9a-f-]{36}", "request", " ".join(text.split()))

    before = {one: words(one) for one in addresses}
    set_safe(world, channel, address)
    after = {one: words(one) for one in addresses}

    assert after == before


def test_person_who_stands_at_two_providers_can_be_opened_by_either(client, world):
    other = make_world("callpro")
    stand(other.account, world.holder, Role.AUTHORISED_REP)
    ours = make_staff(StaffRole.TEAM_MANAGER, provider=world.provider)
    sign_in_staff(client, ours, because_of=world.account)

    page = client.get(reverse("admin:parties_user_change", args=[world.holder.pk]))

    assert page.status_code == 200


# --- steps that staff take


def test_identity_check_of_an_advocate_is_no_proof_for_a_change_of_details(world):
    advocate = make_user("Ada Vocate")
    stand(world.account, advocate, Role.ADVOCATE)
    purpose = HighRisk.CHANGE_DETAILS.value
    show_documents(world, AT, advocate)
    before = recent_check(world.account, purpose, at=AT)

    check = show_documents(world, AT)

    assert before == ""
    assert recent_check(world.account, purpose, at=AT) == str(check.public_id)


def by_code(given, staff):
    send_code(**given, asked_by=staff)


def by_documents(given, staff):
    note_factor(**given, factor=Factor.DOCUMENTS, evidence="Passport", seen_by=staff)


@pytest.mark.parametrize("elsewhere", [True, False])
@pytest.mark.parametrize("check", [by_code, by_documents])
def test_only_staff_who_may_talk_about_the_account_check_somebody(world, elsewhere, check):
    other = make_world("callpro").provider
    staff = make_staff(StaffRole.TEAM_MANAGER, provider=other if elsewhere else None)
    if not elsewhere:
        staff.groups.clear()
    given = {
        "account": world.account,
        "person": world.holder,
        "purpose": HighRisk.CHANGE_DETAILS.value,
        "at": AT,
    }

    with pytest.raises(NotAuthorised):
        check(given, staff)

    assert not IdentityCheck.objects.exists()


@pytest.mark.parametrize("role", [StaffRole.AUDITOR, StaffRole.CREDIT])
def test_privacy_request_is_answered_only_by_whoever_may_give_records(world, role):
    asked = ask_privacy(
        account=world.account, by=world.holder, kind=PrivacyKind.ACCESS, text="All", at=AT
    )

    with pytest.raises(NotAuthorised):
        answer_privacy(
            asked=asked, by=make_staff(role), outcome=PrivacyState.DONE, answer="No", at=AT
        )

    asked.refresh_from_db()
    assert asked.state == PrivacyState.OPEN


@pytest.mark.parametrize("ending", ["revoked", "checked"])
def test_check_of_what_has_ended_or_was_checked_is_noted_and_told_no_second_time(world, ending):
    row = make_appointment(world, email="rep@people.example")
    staff = make_staff()
    if ending == "revoked":
        revoke(appointment=row, by=world.holder, at=PEOPLE_AT)
    else:
        verify(appointment=row, by=staff, how="By phone", evidence="Licence", at=PEOPLE_AT)
    told = Notice.objects.count()

    with pytest.raises(CheckRefused):
        verify(appointment=row, by=staff, how="By phone", evidence="Licence", at=PEOPLE_AT)

    assert Notice.objects.count() == told


@pytest.mark.parametrize("role", StaffRole)
def test_complaint_about_safety_is_there_for_the_privacy_role_alone(client, world, role):
    lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(
            topic="bill", description="Cut off", wanted="", safety_threat=True
        ),
    )
    page = reverse("admin:complaints_complaint_change", args=[Complaint.objects.get().pk])

    seen = sign_in_staff(Client(), make_staff(role), because_of=world.account).get(page)

    # Django's own "not found" of a record leads to the index; a role without the list is refused.
    if role == StaffRole.PRIVACY:
        assert "afety" in seen.content.decode()
    else:
        assert seen.status_code == (403 if role == StaffRole.BILLING else 302)
        assert "Cut off" not in seen.content.decode()


# --- what is longer than a column


def test_act_is_recorded_whole_however_long_its_names_are(world):
    long = "N" * 400
    actor = Actor(name=long, acted_as=long, for_whom=long)

    entry = record(
        account_id=world.account.pk, at=AT, action="x", actor=actor, subject=long, reason=long
    )

    columns = {name: Entry._meta.get_field(name).max_length for name in FIELDS}
    assert {name: len(getattr(entry, name)) for name in FIELDS} == columns
    assert entry.reason.endswith("…")
    assert list(discrepancies()) == []


def test_contract_is_not_moved_to_another_customer_by_its_form(client, world):
    other = make_world("vpnet")
    make_service(world.account)
    contract = world.account.contracts.get()
    sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=world.account)
    address = f"/admin/contracts/contract/{contract.pk}/change/"
    facts = {
        "account": other.account.pk,
        "reference": contract.reference,
        "version": contract.version,
        "started_on": contract.started_on,
        "minimum_months": contract.minimum_months or 0,
        "services-TOTAL_FORMS": 0,
        "services-INITIAL_FORMS": 0,
    }

    client.post(address, facts)

    contract.refresh_from_db()
    assert contract.account == world.account
    assert f'name="account" value="{other.account.pk}"' not in client.get(address).content.decode()
