"""The address and password of a log-in: told to the old address, undone from there, on record."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from parties.appointments.services import InvitationRefused, accept_appointment
from parties.correspondence.states import SafeChannel
from parties.people.models import User
from parties.security.models import EmailChange, Pause
from parties.security.services import (
    LogInRefused,
    change_contact,
    end_safe_contact,
    lift_pause,
    reset_password,
    set_safe_contact,
    undo_email_change,
)
from parties.security.states import HighRisk
from records.audit.models import Entry
from records.notices.models import Notice, Redirect
from records.notices.services import Sender, deliver_queued, queue_message
from records.notices.states import Channel
from terms.facts import Role
from tests.parties.people import make_appointment, signed_in
from tests.parties.stopping import show_documents, stop
from tests.world import PASSWORD, appoint, instant, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
NEW = "mia.new@people.example"
AT = instant("2027-02-01 10:00")


def prove(client: Client, risk: str) -> None:
    client.post(f"/identity/{risk}/", {"send": "email"})
    notice = Notice.objects.filter(kind="identity_code").latest("pk")
    client.post(f"/identity/{risk}/", {"code": re.search(r"\d{6}", notice.text).group()})


def change_email(person, to: str = NEW) -> Client:
    """Change the log-in's address as a person does, in a browser."""
    client = Client()
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    if not person.is_staff:
        prove(client, "change_email")
    client.post("/accounts/email/", {"email": to, "action_add": ""})
    notice = Notice.objects.filter(kind="sign_in", to=to).latest("pk")
    code = re.search(r"^\s*([A-Z0-9]+(?:-[A-Z0-9]+)*)\s*$", notice.text, re.MULTILINE).group(1)
    client.post("/accounts/confirm-email/", {"code": code})
    return client


def undo_token(old: str) -> str:
    told = Notice.objects.get(title="Your log-in has another email address", to=old)
    return re.search(r"/undo-email/([^/]+)/", told.text).group(1)


def test_old_address_is_told_at_once_and_never_learns_the_new_one(world):
    old = world.holder.email

    change_email(world.holder)

    world.holder.refresh_from_db()
    assert world.holder.email == NEW
    told = Notice.objects.get(title="Your log-in has another email address")
    assert told.to == old
    assert NEW not in told.text + told.html
    assert "/undo-email/" in told.text
    assert "/stop/" in told.text


def test_change_is_on_record_wherever_the_person_stands(world):
    second = make_world("callpro")
    appoint(second.account, world.holder, Role.AUTHORISED_REP, revoked_at=AT)
    third = make_world("greenlight")
    appoint(third.account, world.holder, Role.AUTHORISED_REP, starts_on="2099-01-01")
    old = world.holder.email

    change_email(world.holder)

    entries = Entry.objects.filter(action="change_log_in_email")
    assert {one.account_id for one in entries} == {world.account.pk, third.account.pk}
    for entry in entries:
        assert entry.before == {"log_in_email": old}
        assert entry.after["log_in_email"] == NEW
        assert entry.after["identity_check"]


def test_undo_gives_the_old_address_back_and_shuts_out_whoever_it_was(world):
    old = world.holder.email
    thief = change_email(world.holder)
    owner = Client()
    path = f"/undo-email/{undo_token(old)}/"
    assert owner.get(path).status_code == 200
    world.holder.refresh_from_db()
    assert world.holder.email == NEW

    owner.post(path)

    world.holder.refresh_from_db()
    assert world.holder.email == old
    assert not world.holder.has_usable_password()
    assert thief.get("/profile/").status_code == 302
    assert EmailAddress.objects.get(user=world.holder).email == old
    assert Entry.objects.get(action="undo_log_in_email").after == {"log_in_email": old}
    assert owner.get(path).status_code == 410
    assert owner.post(path).status_code == 410


def test_undo_clicked_in_the_browser_that_is_logged_in_works_too(world):
    old = world.holder.email
    client = change_email(world.holder)

    answer = client.post(f"/undo-email/{undo_token(old)}/")

    assert answer.status_code == 200
    assert "It is undone" in answer.content.decode()


@pytest.mark.parametrize("hours", [48, 480])
def test_undo_is_too_late_after_48_hours(world, hours):
    old = world.holder.email
    change_email(world.holder)
    changed = EmailChange.objects.get()

    with pytest.raises(LogInRefused):
        undo_email_change(token=undo_token(old), at=changed.changed_at + timedelta(hours=hours))


def test_undo_of_the_first_change_undoes_what_came_later_too(world):
    old = world.holder.email
    change_email(world.holder)
    first = undo_token(old)
    world.holder.refresh_from_db()
    change_email(world.holder, "mia.third@people.example")

    undo_email_change(token=first, at=timezone.now())

    world.holder.refresh_from_db()
    assert world.holder.email == old
    with pytest.raises(LogInRefused):
        undo_email_change(token=undo_token(NEW), at=timezone.now())


def test_undo_stops_where_the_old_address_is_somebody_elses_by_now(world):
    old = world.holder.email
    change_email(world.holder)
    other = make_user("Other Person")
    other.email = old
    other.save()

    with pytest.raises(LogInRefused, match="another log-in"):
        undo_email_change(token=undo_token(old), at=timezone.now())

    world.holder.refresh_from_db()
    assert world.holder.email == NEW


def test_undo_works_although_the_old_address_was_named_in_an_appointment(world):
    """The thief appoints the old address, so that it looks like a log-in of its own."""
    old = world.holder.email
    change_email(world.holder)
    undo = undo_token(old)
    world.holder.refresh_from_db()
    make_appointment(world, email=old, at=timezone.now(), starts_on=timezone.now().date())

    undo_email_change(token=undo, at=timezone.now())

    world.holder.refresh_from_db()
    assert world.holder.email == old
    assert User.objects.filter(email=old).count() == 1


def test_safe_contacts_follow_the_new_address_on_every_account_and_end_with_the_old(world):
    second = make_world("callpro")
    appoint(second.account, world.holder, Role.AUTHORISED_REP)
    facts = {"channel": SafeChannel.EMAIL, "opens": None, "closes": None, "safety_threat": False}
    for one in (world, second):
        set_safe_contact(
            account=one.account, user=world.holder, address="safe@people.example", at=AT, **facts
        )
    old = world.holder.email
    client = signed_in(world.holder)
    client.post("/accounts/switch/", {"account": str(world.account.public_id)})
    prove(client, "change_email")
    client.post("/accounts/email/", {"email": NEW, "action_add": ""})
    notice = Notice.objects.filter(kind="sign_in", to=NEW).latest("pk")
    code = re.search(r"^\s*([A-Z0-9]+(?:-[A-Z0-9]+)*)\s*$", notice.text, re.MULTILINE).group(1)
    client.post("/accounts/confirm-email/", {"code": code})

    for address in (NEW, old):
        queue_message(
            kind="x", to=address, sender=Sender(name="x"), at=AT, title="Reminder", text="x"
        )
    assert set(Notice.objects.filter(kind="x").values_list("to", flat=True)) == {
        "safe@people.example"
    }
    world.holder.refresh_from_db()
    end_safe_contact(account=world.account, user=world.holder, at=AT)
    assert Redirect.objects.filter(address=NEW, ended_at__isnull=True).exists()
    end_safe_contact(account=second.account, user=world.holder, at=AT)
    assert not Redirect.objects.filter(address__in=[old, NEW], ended_at__isnull=True).exists()


def test_staff_change_theirs_without_a_customer_and_are_told_too(db):
    staff = make_staff()
    staff.authenticator_set.all().delete()
    old = staff.email

    change_email(staff, "new.staff@people.example")

    staff.refresh_from_db()
    assert staff.email == "new.staff@people.example"
    assert undo_token(old)


@pytest.mark.parametrize(
    "form",
    [
        {"email": NEW, "action_primary": ""},
        {"email": NEW, "action_send": ""},
        {"email": "OWN", "action_remove": ""},
        {"email": NEW},
    ],
)
def test_no_other_button_changes_an_address(world, form):
    client = signed_in(world.holder)
    prove(client, "change_email")
    EmailAddress.objects.create(user=world.holder, email=NEW, verified=True)
    old = world.holder.email

    client.post("/accounts/email/", form | {"email": form["email"].replace("OWN", old)})

    world.holder.refresh_from_db()
    assert world.holder.email == old
    assert EmailAddress.objects.filter(user=world.holder, email=old, primary=True).exists()


def test_paused_account_changes_no_address_even_if_the_code_was_sent_before(world):
    client = signed_in(world.holder)
    prove(client, "change_email")
    client.post("/accounts/email/", {"email": NEW, "action_add": ""})
    notice = Notice.objects.filter(kind="sign_in", to=NEW).latest("pk")
    code = re.search(r"^\s*([A-Z0-9]+(?:-[A-Z0-9]+)*)\s*$", notice.text, re.MULTILINE).group(1)
    Pause.objects.create(
        account=world.account, step="change_email", person=world.holder, since=timezone.now()
    )

    answer = client.post("/accounts/confirm-email/", {"code": code}, follow=True)

    world.holder.refresh_from_db()
    assert world.holder.email != NEW
    assert answer.status_code == 200
    assert not EmailChange.objects.exists()


def test_password_changed_while_logged_in_is_on_record_and_told_once(world):
    client = signed_in(world.holder)
    prove(client, "password_reset")

    answer = client.post(
        "/accounts/password/change/",
        {
            "oldpassword": PASSWORD,
            "password1": "another-long-password",
            "password2": "another-long-password",
        },
    )

    assert answer.status_code == 302
    entry = Entry.objects.get(action="change_password")
    assert entry.after["identity_check"]
    assert entry.acted_as == "holder"
    told = Notice.objects.filter(title="Your password was changed")
    assert [one.to for one in told] == [world.holder.email]
    assert "/stop/" in told.get().text
    assert client.get("/profile/").status_code == 200


def test_old_phone_is_told_that_it_was_taken_off(world):
    world.customer.phone = "+61491570156"
    world.customer.save()

    change_contact(
        account=world.account, by=world.holder, at=AT, details={"phone": "+61491570110"}
    )
    deliver_queued(at=AT)

    told = Notice.objects.get(channel=Channel.TEXT)
    assert (told.to, told.status) == ("+61491570156", "sent")
    assert "+61491570110" not in told.text


def test_old_phone_of_somebody_with_a_safe_contact_is_told_nothing(world):
    world.customer.phone = "+61491570156"
    world.customer.save()
    set_safe_contact(
        account=world.account,
        user=world.holder,
        channel=SafeChannel.EMAIL,
        address="safe@people.example",
        opens=None,
        closes=None,
        safety_threat=False,
        at=AT,
    )

    change_contact(account=world.account, by=world.holder, at=AT, details={"phone": ""})

    assert not Notice.objects.filter(channel=Channel.TEXT).exists()
    assert not Notice.objects.filter(to="+61491570156").exists()


def test_password_that_was_stopped_is_not_set_anew_by_an_invitation_alone(world):
    stop(world, HighRisk.PASSWORD_RESET)
    other = make_world("callpro")
    make_appointment(other, email=world.holder.email)
    invited = Notice.objects.get(kind="appointment_invitation")
    token = re.search(r"/claim/([^/\s]+)/", invited.text).group(1)

    with pytest.raises(InvitationRefused, match="Reset it first"):
        accept_appointment(token=token, full_name="Mia", password="another-long-password", at=AT)

    world.holder.refresh_from_db()
    assert not world.holder.has_usable_password()


def test_password_that_was_stopped_works_again_once_it_was_reset(world):
    paused = stop(world, HighRisk.PASSWORD_RESET)
    show_documents(world, AT)
    lift_pause(pause=paused, by=make_staff(), why="It was her", at=AT)
    world.holder.refresh_from_db()

    def save() -> None:
        world.holder.set_password("another-long-password")
        world.holder.save()

    reset_password(person=world.holder, save=save, proof="x", at=AT)

    world.holder.refresh_from_db()
    assert world.holder.password_stopped_at is None
    assert world.holder.check_password("another-long-password")


def test_step_up_page_asks_little_of_the_database(world, django_assert_max_num_queries):
    world.customer.phone = "+61491570156"
    world.customer.save()
    client = signed_in(world.holder)
    client.get("/")

    with django_assert_max_num_queries(8):
        client.get("/identity/change_details/")
