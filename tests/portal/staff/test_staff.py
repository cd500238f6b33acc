"""Staff: second factor, one provider's walls, a reason for every record, the customer's view."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from billing.payments.services import record_payment
from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.process.services import start_investigation, withdraw_complaint
from contracts.agreements.models import Contract
from parties.appointments.services import invite_holder
from parties.authority.selectors import staff_may
from parties.people.models import User
from parties.people.services import end_staff_role, ensure_staff_roles
from parties.people.states import STAFF_MAY, STAFF_SEES, StaffData, StaffRole
from records.audit.models import Entry
from records.audit.services import Actor
from records.notices.services import deliver_queued
from terms.facts import Action
from tests.parties.staff import sign_in_staff
from tests.world import PASSWORD, instant, make_service, make_staff, make_user, make_world

AT = instant("2026-12-01 10:00")


@pytest.fixture
def manager(db) -> User:
    return make_staff(StaffRole.TEAM_MANAGER)


def change_url(model: str, pk: int) -> str:
    return reverse(f"admin:{model}_change", args=[pk])


# --- second factor


@pytest.mark.parametrize(
    "name", ["admin:index", "admin:parties_account_changelist", "admin:autocomplete"]
)
def test_staff_without_a_second_factor_use_no_address_of_the_admin(client, manager, name):
    Authenticator.objects.all().delete()
    client.force_login(manager)

    answer = client.get(reverse(name))

    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/2fa/totp/activate/")


def test_password_alone_signs_no_member_of_staff_in(client, manager):
    client.post("/accounts/login/", {"login": manager.email, "password": PASSWORD})

    answer = client.get("/admin/")

    assert answer.status_code == 302
    assert "/login/" in answer.url


def test_customer_has_no_admin(client, world):
    client.force_login(world.holder)

    assert client.get("/admin/parties/account/").status_code == 302


# --- roles


@pytest.mark.parametrize("role", StaffRole)
def test_role_does_what_the_table_says_and_nothing_else(role, world):
    staff = make_staff(role)

    does = {
        action
        for action in Action
        if staff_may(staff, action, world.account, on=date(2026, 12, 1)).allowed
    }

    assert does <= STAFF_MAY[role]
    assert does or not STAFF_MAY[role]


def test_front_line_may_not_take_a_payment_and_is_told_by_which_clause(world):
    staff = make_staff(StaffRole.FRONT_LINE)

    assert not staff_may(staff, Action.PAY_BILL, world.account, on=date(2026, 12, 1)).allowed
    assert StaffData.CARD not in STAFF_SEES[StaffRole.FRONT_LINE]


def test_role_that_ended_opens_nothing(client, manager, world):
    sign_in_staff(client, manager, because_of=world.account)
    end_staff_role(user=manager, role=StaffRole.TEAM_MANAGER, at=AT)

    answer = client.get(change_url("parties_account", world.account.pk))

    manager.refresh_from_db()
    assert answer.status_code == 302
    assert not manager.is_staff


def test_role_is_given_and_ended_on_the_command_line(db):
    ensure_staff_roles()
    user = make_user("Nia New")

    call_command("staff", "grant", user.email, "billing", "--asked-by", "Sen Manager")
    user.refresh_from_db()
    assert user.is_staff
    assert user.staff_grants.get().asked_by == "Sen Manager"

    call_command("staff", "end", user.email, "billing")
    user.refresh_from_db()
    assert not user.is_staff
    with pytest.raises(CommandError, match="Nobody signs in"):
        call_command("staff", "end", "nobody@people.example", "billing")


@pytest.mark.parametrize("role", [StaffRole.FRONT_LINE, StaffRole.TEAM_MANAGER])
def test_staff_who_work_complaints_see_no_card_details(client, world, role):
    record_payment(
        account=world.account,
        amount=Decimal(50),
        received_on=date(2026, 12, 1),
        method="card",
        reference="CARD-4242",
        at=AT,
    )
    sign_in_staff(client, make_staff(role), because_of=world.account)
    payment = world.account.payments.get()

    pages = [
        reverse("admin:billing_payment_changelist"),
        change_url("billing_payment", payment.pk),
    ]
    assert all("CARD-4242" not in client.get(page).content.decode() for page in pages)
    sign_in_staff(client, make_staff(StaffRole.BILLING), because_of=world.account)
    assert all("CARD-4242" in client.get(page).content.decode() for page in pages)


# --- one provider's walls


@pytest.fixture
def confined(client, world):
    """An administrator of another provider than the world's, where nothing waits."""
    other = make_world("callpro")
    make_staff(StaffRole.PRIVACY, provider=other.provider)
    staff = make_staff(StaffRole.ADMINISTRATOR, provider=other.provider)
    sign_in_staff(client, staff, because_of=world.account)
    return client


def test_staff_of_another_provider_find_nothing_in_any_list(confined, world, invoice):
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        text = confined.get(reverse(name)).content.decode()
        for secret in (world.account.number, world.holder.email, invoice.number):
            assert secret not in text, name


def test_record_of_another_provider_does_not_exist_for_them(confined, world):
    answer = confined.get(change_url("parties_account", world.account.pk), follow=True)
    nothing = confined.get(change_url("parties_account", 987654), follow=True)

    shown = answer.content.decode().replace(str(world.account.pk), "")
    assert "doesn’t exist" in shown
    assert answer.redirect_chain == nothing.redirect_chain


def test_reason_cannot_be_given_for_another_providers_account(confined, world):
    assert confined.get(reverse("admin:reason", args=[world.account.public_id])).status_code == 404
    assert (
        confined.get(reverse("admin:view_as", args=[world.account.public_id])).status_code == 404
    )


def test_nothing_can_be_added_to_another_providers_account(confined, world):
    page = f"{reverse('admin:contracts_contract_add')}?account={world.account.number}"
    given = {"reference": "K-9", "version": "undated-1", "agreed_in": "Q1", "why": "On paper."}
    answer = confined.post(page, given | {"started_on": "2026-12-01"})

    assert "No account has this number" in answer.content.decode()
    assert not Contract.objects.filter(account=world.account).exists()


def test_filters_and_choices_name_no_other_provider(confined, world):
    for name in ("parties_account", "contracts_contract", "billing_invoice", "contracts_plan"):
        assert (
            world.provider.name
            not in confined.get(reverse(f"admin:{name}_changelist")).content.decode()
        )


def test_worklists_count_nothing_of_another_provider(confined, world):
    lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(topic="fault", description="x"),
    )

    lists = confined.get("/admin/").context["worklists"]

    assert {one["count"] for one in lists} == {0}


def test_staff_of_one_provider_declare_no_day_for_all(confined):
    assert confined.get(reverse("admin:parties_declaredday_add")).status_code == 403


# --- a reason for every record


def test_record_opens_only_with_a_reason_which_the_customer_can_read(client, manager, world):
    sign_in_staff(client, manager)
    page = change_url("parties_account", world.account.pk)

    asked = client.get(page)
    assert asked.status_code == 302
    assert asked.url.startswith(reverse("admin:reason", args=[world.account.public_id]))
    form = client.get(asked.url).content.decode()
    assert world.customer.name not in form
    too_short = client.post(asked.url, {"reason": "hm"})
    assert too_short.status_code == 200
    given = client.post(asked.url, {"reason": "Called about a bill", "next": page})
    assert given.url == page
    assert client.get(page).status_code == 200

    entry = Entry.objects.get(account=world.account, actor=manager)
    assert entry.reason == "Called about a bill"
    assert entry.acted_as == "Team manager"
    client.force_login(world.holder)
    history = client.get("/people/history/").content.decode()
    assert "Called about a bill" in history


def test_reason_leads_nowhere_else(client, manager, world):
    sign_in_staff(client, manager)
    reason = reverse("admin:reason", args=[world.account.public_id])

    given = client.post(reason, {"reason": "Called about a bill", "next": "https://evil.example/"})

    assert given.url == change_url("parties_account", world.account.pk)


def test_reason_holds_half_an_hour(client, manager, world):
    sign_in_staff(client, manager, because_of=world.account)
    page = change_url("parties_account", world.account.pk)
    assert client.get(page).status_code == 200

    session = client.session
    reason, until = session["reasons"][str(world.account.public_id)]
    earlier = instant(until[:16].replace("T", " ")) - timedelta(days=1)
    session["reasons"] = {str(world.account.public_id): [reason, earlier.isoformat()]}
    session.save()

    assert client.get(page).status_code == 302


def test_reason_for_one_account_opens_no_other(client, manager, world):
    other = make_world("callpro").account
    sign_in_staff(client, manager, because_of=world.account)

    assert client.get(change_url("parties_account", other.pk)).status_code == 302


def test_every_opening_is_one_row_within_a_quarter_hour(client, manager, world):
    sign_in_staff(client, manager, because_of=world.account)
    for _ in range(3):
        client.get(change_url("parties_account", world.account.pk))
        client.get(change_url("parties_customer", world.customer.pk))

    seen = Entry.objects.filter(account=world.account, actor=manager)
    assert sorted(seen.values_list("subject", flat=True)) == [
        f"account {world.account}",
        f"customer {world.customer}",
    ]


def test_own_work_leads_to_the_account_without_a_reason(client, manager, world):
    sign_in_staff(client, manager)
    complaint = lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(topic="fault", description="x"),
    )
    complaint_page = change_url("complaints_complaint", complaint.pk)
    account_page = change_url("parties_account", world.account.pk)

    assert client.get(complaint_page).status_code == 200
    assert client.get(account_page).status_code == 302
    complaint.state = "acknowledged"
    complaint.save()
    start_investigation(reference=complaint.reference, by=manager, at=AT)
    assert client.get(account_page).status_code == 200
    withdraw_complaint(reference=complaint.reference, by=world.holder, at=AT)
    assert client.get(account_page).status_code == 302


def test_record_is_refused_with_the_clause_where_no_manager_asked_for_the_access(
    client, manager, world
):
    sign_in_staff(client, manager, because_of=world.account)
    manager.staff_grants.update(ended_at=AT)

    answer = client.get(change_url("parties_account", world.account.pk))

    assert answer.status_code == 403
    assert "VP-PRV-08" in answer.content.decode()


def test_remote_access_is_for_selected_seniors(client, manager, world, settings):
    sign_in_staff(client, manager, because_of=world.account)
    page = change_url("parties_account", world.account.pk)
    settings.STAFF_NETWORKS = ["10.0.0.0/8"]

    assert client.get(page, REMOTE_ADDR="203.0.113.9").status_code == 403
    assert client.get(page, REMOTE_ADDR="10.1.2.3").status_code == 200
    manager.staff_grants.update(from_outside=True)
    assert client.get(page, REMOTE_ADDR="203.0.113.9").status_code == 200


def test_change_in_the_admin_is_recorded_with_before_and_after(client, world):
    administrator = make_staff(StaffRole.ADMINISTRATOR)
    sign_in_staff(client, administrator, because_of=world.account)
    service = make_service(world.account)
    before = {"label": service.label, "identifier": service.identifier, "quantity": "1"}
    given = {"label": "Office", "identifier": service.identifier, "why": "A slip of the pen."}

    client.post(reverse("admin:contracts_service_name_step", args=[service.pk]), given)

    entry = Entry.objects.get(action="name_service")
    assert (entry.before, entry.after) == (before, before | {"label": "Office"})
    assert entry.actor == administrator


def test_customers_page_says_who_how_they_stand_and_what_goes_on(client, manager, world):
    lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(topic="fault", description="x"),
    )
    sign_in_staff(client, manager, because_of=world.account)

    text = client.get(change_url("parties_account", world.account.pk)).content.decode()

    for words in (
        world.customer.name,
        world.account.number,
        world.provider.name,
        "Open complaint",
    ):
        assert words in text
    assert "Mia Conti" in text


# --- the customer's view


@pytest.fixture
def viewing(client, manager, world):
    sign_in_staff(client, manager)
    client.post(
        reverse("admin:view_as", args=[world.account.public_id]), {"reason": "Helps on the phone"}
    )
    return client


def test_staff_see_the_portal_as_the_customer_with_a_banner(viewing, world):
    for page in ("/", "/bills/", "/complaints/", "/profile/"):
        answer = viewing.get(page)
        assert answer.status_code == 200
        assert f"as {world.customer.name} sees it" in answer.content.decode()


def test_viewing_changes_nothing(viewing):
    answer = viewing.post("/complaints/new/", {"topic": "fault", "description": "x"})

    assert answer.status_code == 403


def test_each_page_viewed_stands_in_the_customers_history_with_the_reason(viewing, manager):
    viewing.get("/bills/")

    entry = Entry.objects.get(actor=manager, subject="/bills/")
    assert entry.reason == "Helps on the phone"
    assert Entry.objects.filter(actor=manager, action="view_as_customer").exists()


def test_viewing_ends_after_a_quarter_hour_and_on_request(viewing, world):
    session = viewing.session
    session["viewing"] = [str(world.account.public_id), "x", "2020-01-01T00:00:00+00:00"]
    session.save()
    assert viewing.get("/bills/").status_code == 302

    viewing.post(
        reverse("admin:view_as", args=[world.account.public_id]), {"reason": "Again, same call"}
    )
    assert viewing.get("/bills/").status_code == 200
    viewing.post(reverse("admin:stop_viewing"))
    assert viewing.get("/bills/").status_code == 302


def test_viewing_needs_a_role_that_talks_with_customers(client, world):
    sign_in_staff(client, make_staff(StaffRole.BILLING))

    answer = client.post(
        reverse("admin:view_as", args=[world.account.public_id]), {"reason": "Curious about it"}
    )

    assert answer.status_code == 403


def test_invitation_is_no_way_around_the_second_factor(client, manager, world, mailoutbox):
    invite_holder(account=world.account, email=manager.email, at=timezone.now(), by=Actor())
    world.account.appointments.update(ends_on=date(2026, 12, 1))
    deliver_queued(at=timezone.now())
    link = re.search(r"/claim/\S+/", mailoutbox[0].body).group()

    answer = client.post(
        link,
        {"account_number": world.account.number, "full_name": "Max", "password": PASSWORD},
    )

    assert answer.url == reverse("account_login")
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_roles_learn_after_an_upgrade_what_a_release_gives_them():
    ensure_staff_roles()
    billing = Group.objects.get(name=StaffRole.BILLING.label)
    whole = set(billing.permissions.values_list("codename", flat=True))
    billing.permissions.remove(billing.permissions.get(codename="add_payment"))

    call_command("staff", "refresh")

    assert set(billing.permissions.values_list("codename", flat=True)) == whole
