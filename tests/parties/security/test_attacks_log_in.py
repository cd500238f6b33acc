"""What somebody tries who has one factor, an old link or somebody else's proof."""

from __future__ import annotations

import logging
import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from parties.accounts.models import Account
from parties.appointments.services import (
    HolderChange,
    InvitationRefused,
    accept_appointment,
    claim_account,
    decline_appointment,
    invite_holder,
    record_holder_event,
)
from parties.authority.models import Invitation
from parties.authority.states import HolderEventKind
from parties.desk.services import ask_by_phone, send_phone_code, take_call
from parties.people.models import User
from parties.people.services import end_staff_role
from parties.people.states import StaffRole
from parties.security.models import IdentityCheck
from parties.security.services import UndoRefused, change_contact, pause, undo_change
from parties.security.states import HighRisk
from portal.settings.work import _without_secrets
from records.audit.services import Actor
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.parties.people import make_appointment, signed_in
from tests.parties.staff import sign_in_staff
from tests.parties.stopping import link
from tests.world import PASSWORD, appoint, instant, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
AT = instant("2027-02-01 10:00")


def browser(person: User) -> Client:
    """A browser in which the person has entered their password just now."""
    client = Client()
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    return client


def prove(client: Client, risk: str) -> None:
    client.post(f"/identity/{risk}/", {"send": "email"})
    notice = Notice.objects.filter(kind="identity_code").latest("pk")
    client.post(f"/identity/{risk}/", {"code": re.search(r"\d{6}", notice.text).group()})


def choose(client: Client, account: Account) -> None:
    client.post(reverse("switch_account"), {"account": account.public_id})


# --- the first second factor


ENROLMENTS = ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"]


@pytest.mark.parametrize("address", ENROLMENTS)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("has_password", [True, False])
def test_one_factor_sets_up_no_second_one(world, address, method, has_password):
    client = browser(world.holder)
    if not has_password:
        world.holder.set_unusable_password()
        world.holder.save()
        client.force_login(world.holder)

    answer = getattr(client, method)(address)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/identity/password_reset/")
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("address", ENROLMENTS)
def test_second_factor_is_set_up_after_a_proof(world, address):
    client = browser(world.holder)
    prove(client, "password_reset")

    answer = client.get(address, follow=True)

    assert "/identity/" not in answer.request["PATH_INFO"]


# --- a proof counts for one account


@pytest.mark.parametrize(
    ("risk", "address"),
    [
        ("change_details", "/profile/contact/"),
        ("export_personal_data", "/privacy/download/"),
    ],
)
def test_proof_given_on_one_account_opens_no_step_on_another(world, risk, address):
    other = make_world("callpro")
    other.account.appointments.update(user=world.holder)
    client = browser(world.holder)
    choose(client, world.account)
    prove(client, risk)
    opened = client.get(address)
    choose(client, other.account)

    refused = client.get(address)

    assert opened.status_code == 200
    assert refused["Location"].startswith(f"/identity/{risk}/")


# --- staff who see the portal as a customer


def seeing_as(client: Client, world, staff: User) -> Client:
    sign_in_staff(client, staff)
    client.post(reverse("admin:view_as", args=[world.account.public_id]), {"reason": "They call"})
    return client


@pytest.mark.parametrize("risk", HighRisk.values)
def test_staff_who_see_as_a_customer_prove_nothing_on_the_account(client, world, risk):
    staff = make_staff(StaffRole.TEAM_MANAGER)
    seeing_as(client, world, staff)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "totp", "reauthenticated": True, "at": time.time()}
    ]
    session.save()

    answer = client.get(f"/identity/{risk}/")

    assert answer.status_code == 403
    assert not IdentityCheck.objects.exists()


def test_view_as_a_customer_ends_with_the_role_that_allows_it(client, world):
    staff = make_staff(StaffRole.FRONT_LINE)
    make_staff(StaffRole.BILLING)
    seeing_as(client, world, staff)
    before = client.get("/")
    staff.groups.add(User.objects.get(full_name="Staff Billing").groups.get())
    end_staff_role(user=staff, role=StaffRole.FRONT_LINE, at=timezone.now())

    after = client.get("/")

    assert before.status_code == 200
    assert after["Location"] == "/admin/"


# --- links that stop


def test_second_stop_link_stops_the_password_that_the_first_left_alone(world):
    email = link(world, HighRisk.CHANGE_EMAIL)
    password = link(world, HighRisk.PASSWORD_RESET)

    pause(token=email, at=AT)
    pause(token=password, at=AT + timedelta(minutes=1))

    world.holder.refresh_from_db()
    assert not world.holder.has_usable_password()


@pytest.mark.parametrize("kind", ["sale", "death", "incapacity"])
def test_former_holder_sets_no_contact_details_back_on_the_next_ones_account(world, kind):
    details = {"billing_email": "next@people.example"}
    change_contact(account=world.account, by=world.holder, at=AT, details=details)
    token = re.search(r"/undo/([^/]+)/", Notice.objects.latest("pk").text).group(1)
    happened = HolderChange(
        kind=HolderEventKind(kind),
        since=AT.date(),
        evidence="A contract of sale",
        new_holder_email="next@people.example",
        written_consent=True,
    )
    later = AT + timedelta(hours=1)
    record_holder_event(account=world.account, happened=happened, by=make_staff(), at=later)

    with pytest.raises(UndoRefused):
        undo_change(token=token, at=later + timedelta(minutes=1))

    world.account.refresh_from_db()
    assert world.account.billing_email == "next@people.example"


# --- links that invite


def token_of(email: str) -> str:
    told = Notice.objects.filter(to=email).latest("pk")
    return re.search(r"/claim/([^/]+)/", told.text).group(1)


def invited(world, email: str) -> str:
    invite_holder(account=world.account, email=email, at=AT, by=Actor(name="system"))
    return token_of(email)


def unclaimed():
    world = make_world()
    world.holder.appointments.all().delete()
    return world


@pytest.mark.parametrize(
    ("account_number", "password"), [("T0", PASSWORD), (None, "a-wrong-password-2026")]
)
def test_wrong_number_and_wrong_password_share_five_tries_of_a_link(account_number, password):
    world, known = unclaimed(), make_user("Kim Tran")
    token = invited(world, known.email)
    facts = {
        "account_number": account_number or world.account.number,
        "full_name": "Kim Tran",
        "password": password,
    }
    right = facts | {"account_number": world.account.number, "password": PASSWORD}

    for _ in range(5):
        with pytest.raises(InvitationRefused):
            claim_account(token=token, at=AT, **facts)
    with pytest.raises(InvitationRefused, match="too often"):
        claim_account(token=token, at=AT, **right)

    assert Invitation.objects.get().wrong_tries == 5
    assert not world.account.appointments.exists()


def test_password_of_a_log_in_is_not_guessed_through_an_appointment(world):
    known = make_user("Kim Tran")
    make_appointment(world, email=known.email, name="Kim Tran")
    Invitation.objects.update(expires_at=AT + timedelta(days=9))
    token = token_of(known.email)

    for _ in range(5):
        with pytest.raises(InvitationRefused, match="password"):
            accept_appointment(token=token, full_name="Kim", password="wrong-guess-2026", at=AT)
    with pytest.raises(InvitationRefused, match="too often"):
        accept_appointment(token=token, full_name="Kim", password=PASSWORD, at=AT)


def test_account_that_somebody_holds_is_not_claimed_by_an_older_link():
    world = unclaimed()
    token = invited(world, "first@people.example")
    appoint(world.account, world.holder, Role.HOLDER)

    with pytest.raises(InvitationRefused, match="Somebody holds"):
        claim_account(
            token=token,
            account_number=world.account.number,
            full_name="First",
            password=PASSWORD,
            at=AT,
        )

    assert world.account.appointments.get().user == world.holder


@pytest.mark.parametrize("again", [accept_appointment, decline_appointment])
def test_invitation_that_was_accepted_is_neither_accepted_nor_declined_again(world, again):
    make_appointment(world, email="new@people.example")
    token = token_of("new@people.example")
    facts = {"full_name": "Jordan Lee", "password": PASSWORD}
    accept_appointment(token=token, at=AT, **facts)

    with pytest.raises(InvitationRefused):
        again(token=token, at=AT, **(facts if again is accept_appointment else {}))

    assert Invitation.objects.get().appointment.revoked_at is None


# --- codes on the phone


@pytest.mark.parametrize("act", ["change_billing_email", "look"])
def test_code_of_a_call_is_not_entered_by_the_advocate_themselves(world, act):
    advocate = make_user("Ada Vocate")
    row = appoint(world.account, advocate, Role.ADVOCATE, advocate_kind="friend")
    staff, now = make_staff(), timezone.now()
    call = take_call(
        account=world.account, by=staff, step=Action.CHANGE_DETAILS, at=now, appointment=row
    )
    presence = ask_by_phone(
        call=call,
        act=act,
        action=Action.CHANGE_DETAILS,
        words="Bills go elsewhere.",
        at=now,
        facts={"billing_email": "taken@people.example"},
    )
    send_phone_code(presence=presence, call=call, at=now)
    told = Notice.objects.filter(kind="identity_code").latest("pk")
    code = re.search(r"\d{6}", told.text).group()
    before = world.account.billing_email

    signed_in(advocate).post(f"/together/{presence.public_id}/code/", {"code": code})

    presence.refresh_from_db()
    world.account.refresh_from_db()
    assert presence.state == "asked"
    assert world.account.billing_email == before


# --- what the logs keep


@pytest.mark.parametrize("path", ["claim", "undo", "undo-email", "stop", "unsubscribe"])
@pytest.mark.parametrize("key", ["request", "event"])
def test_log_keeps_no_link_that_works_without_logging_in(path, key):
    token = "T" * 43

    kept = _without_secrets(logging, "info", {key: f"GET /{path}/{token}/"})

    assert kept[key] == f"GET /{path}/…/"


def test_log_keeps_no_search():
    kept = _without_secrets(logging, "info", {"request": "GET /admin/parties/user/?q=Mia+Conti"})

    assert kept["request"] == "GET /admin/parties/user/"
