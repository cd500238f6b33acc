"""What members of staff try beyond their role: what is shown to them, what they can find out."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from parties.services import change_contact, invite_holder, send_code
from parties.services.safety import set_safe_contact
from parties.states import HighRisk, SafeChannel, StaffRole
from records.audit.services import Actor
from records.notices.models import Notice
from terms.facts import Role
from tests.parties.people import make_appointment
from tests.parties.staff import sign_in_staff
from tests.world import appoint as stand
from tests.world import instant, make_staff, make_world

pytestmark = pytest.mark.django_db
AT = instant("2026-12-01 10:00")
READERS = [StaffRole.FRONT_LINE, StaffRole.AUDITOR, StaffRole.ADMINISTRATOR]
SAFE = "somewhere.safe@people.example"


def set_safe(world, channel=SafeChannel.EMAIL, address=SAFE):
    return set_safe_contact(
        account=world.account, user=world.holder, channel=channel, address=address,
        opens=None, closes=None, safety_threat=False, at=AT,
    )  # fmt: skip


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
