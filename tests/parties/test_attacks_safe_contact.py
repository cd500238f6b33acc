"""An open session redirects messages at most: no code and no link that acts ever follows it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from parties.correspondence.models import SafeContact
from parties.correspondence.states import SafeChannel
from parties.security.models import IdentityCheck
from parties.security.services import (
    SafeContactRefused,
    change_contact,
    confirm_safe_contact,
    end_safe_contact,
    note_factor,
    send_code,
    send_safe_code,
    set_safe_contact,
)
from parties.security.states import Factor, HighRisk
from records.notices.models import Notice
from records.notices.services import deliver_queued
from records.notices.states import Channel
from tests.parties.people import confirm, give_password, log_in_afresh, safe_code
from tests.world import PASSWORD, instant

AT = instant("2026-06-01 10:00")
MINE, THIEF = "+61491570156", "thief@people.example"
REACH, CONFIRM = "/reach/", "/reach/confirm/"
ANSWERS = {"channel": "email", "address": THIEF}


@pytest.fixture
def world(world):
    world.customer.phone = world.holder.phone = MINE
    world.customer.save()
    world.holder.save()
    return world


def redirect_to(world, address=THIEF, channel=SafeChannel.EMAIL, at=AT):
    return set_safe_contact(
        account=world.account,
        user=world.holder,
        channel=channel,
        address=address,
        opens=None,
        closes=None,
        safety_threat=False,
        at=at,
    )


def went_to(**which) -> set[str]:
    return set(Notice.objects.filter(**which).values_list("to", flat=True))


# --- setting it


def test_open_session_alone_sets_and_ends_nothing(client, world):
    client.force_login(world.holder)

    for address in (REACH, "/reach/end/"):
        answer = client.post(address, ANSWERS)
        assert answer.status_code == 302
        assert "/accounts/reauthenticate/" in answer["Location"]
    assert not SafeContact.objects.exists()


def test_what_was_typed_is_kept_while_the_password_is_asked(client, world):
    client.force_login(world.holder)

    ask = client.post(REACH, ANSWERS)["Location"]
    client.post(ask, {"password": PASSWORD, "next": REACH})

    assert SafeContact.objects.get().address == THIEF


def test_code_from_the_mailbox_is_no_fresh_proof(client, world):
    client.force_login(world.holder)
    give_password(client, world.holder)
    session = client.session
    session["account_authentication_methods"][0]["method"] = "code"
    session.save()

    assert client.post(REACH, ANSWERS).status_code == 302
    assert not SafeContact.objects.exists()


def test_who_has_no_password_logs_in_again(client, world):
    world.holder.set_unusable_password()
    world.holder.save()
    client.force_login(world.holder)

    answer = client.post(REACH, ANSWERS)

    assert answer["Location"] == "/accounts/login/?next=%2Freach%2F"
    assert not SafeContact.objects.exists()


def test_password_of_an_hour_ago_is_not_fresh(client, world):
    log_in_afresh(client, world.holder)
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 3600
    session.save()

    client.post(REACH, ANSWERS)
    assert not SafeContact.objects.exists()


def test_place_cannot_be_flooded_by_setting_it_again_and_again(client, world):
    for minute in range(5):
        redirect_to(world, at=AT + timedelta(minutes=minute))
    with pytest.raises(SafeContactRefused, match="Call us"):
        redirect_to(world, at=AT + timedelta(minutes=6))
    assert redirect_to(world, at=AT + timedelta(hours=2))


# --- what follows it


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        (SafeChannel.EMAIL, THIEF),
        (SafeChannel.PHONE, "0491 570 110"),
        (SafeChannel.PHONE, "02 5550 1180"),
        (SafeChannel.POST, "PO Box 1"),
    ],
)
def test_no_secret_goes_to_a_place_that_was_not_confirmed(world, channel, address):
    redirect_to(world, address, channel)
    for factor in (Factor.EMAILED_CODE, Factor.TEXTED_CODE):
        send_code(
            account=world.account,
            person=world.holder,
            purpose=HighRisk.CHANGE_DETAILS,
            at=AT,
            factor=factor,
        )
    browser = Client()
    browser.post("/accounts/password/reset/", {"email": world.holder.email})
    browser.post("/accounts/login/code/", {"email": world.holder.email})
    change_contact(
        account=world.account, by=world.holder, at=AT, details={"billing_email": "new@x.example"}
    )

    assert went_to(kind="identity_code") == {world.holder.email, MINE}
    assert went_to(kind="sign_in") == {world.holder.email}
    warnings = Notice.objects.filter(title="Contact details were changed")
    assert len(warnings) == 2
    assert address not in {one.to for one in warnings}
    assert all("/undo/" in one.text or "undo" in one.text for one in warnings)


def test_messages_without_secrets_go_there_at_once(world):
    redirect_to(world)
    note_factor(
        account=world.account, person=world.holder, purpose="presence", factor=Factor.TOTP, at=AT
    )
    assert went_to(title__startswith="Identity checked") == {THIEF}


def test_second_place_does_not_inherit_what_the_first_was_trusted_with(world):
    confirm(redirect_to(world, "safe@people.example"))
    redirect_to(world, THIEF, at=AT + timedelta(minutes=1))

    send_code(account=world.account, person=world.holder, purpose="presence", at=AT)
    assert went_to(kind="identity_code") == {"safe@people.example"}


def test_acting_link_that_waits_does_not_follow_either(world):
    change_contact(
        account=world.account, by=world.holder, at=AT, details={"billing_email": "new@x.example"}
    )
    redirect_to(world)
    deliver_queued(at=AT)

    assert THIEF not in went_to(title="Contact details were changed")


# --- confirming it


def test_confirming_needs_the_person_and_the_place(client, world):
    redirect_to(world)
    facts = {"account": world.account, "user": world.holder, "at": AT}
    send_safe_code(**facts)

    with pytest.raises(SafeContactRefused, match="prove"):
        confirm_safe_contact(code=safe_code(), proof="", **facts)
    with pytest.raises(SafeContactRefused, match="not the code"):
        confirm_safe_contact(code="0", proof="p", **facts)
    assert not SafeContact.objects.get().carries_secrets
    confirm_safe_contact(code=safe_code(), proof="p", **facts)

    assert SafeContact.objects.get().carries_secrets
    send_code(account=world.account, person=world.holder, purpose="presence", at=AT)
    assert went_to(kind="identity_code") == {THIEF}


def test_code_is_worth_five_tries_and_half_an_hour(world):
    redirect_to(world)
    facts = {"account": world.account, "user": world.holder, "proof": "p"}
    send_safe_code(account=world.account, user=world.holder, at=AT)
    with pytest.raises(SafeContactRefused, match="still works"):
        send_safe_code(account=world.account, user=world.holder, at=AT)
    for _ in range(5):
        with pytest.raises(SafeContactRefused, match="not the code"):
            confirm_safe_contact(code="0", at=AT, **facts)
    with pytest.raises(SafeContactRefused, match="Ask for a new one"):
        confirm_safe_contact(code=safe_code(), at=AT, **facts)
    send_safe_code(account=world.account, user=world.holder, at=AT)
    with pytest.raises(SafeContactRefused, match="Ask for a new one"):
        confirm_safe_contact(code=safe_code(), at=AT + timedelta(minutes=31), **facts)


def test_page_proves_the_person_first_by_what_was_known_before(client, world):
    log_in_afresh(client, world.holder)
    client.post(REACH, ANSWERS)
    page = client.get(REACH).content.decode()
    assert "still go where they went before" in page

    asked = client.get(CONFIRM)
    assert (
        asked["Location"].startswith("/identity/change_email/")
        or "change_email" in (asked["Location"])
    )
    client.post(asked["Location"], {"send": "email"})
    code = Notice.objects.get(kind="identity_code")
    assert code.to == world.holder.email
    found = re.search(r"\b\d{6}\b", code.text).group()
    client.post(asked["Location"], {"code": found})
    assert IdentityCheck.objects.get().passed_at
    assert "Send the code" in client.get(CONFIRM).content.decode()
    client.post(CONFIRM, {"send": "1"})
    assert "We sent a code to" in client.get(CONFIRM).content.decode()
    wrong = client.post(CONFIRM, {"code": "123"}).content.decode()
    assert "not the code" in wrong
    client.post(CONFIRM, {"send": "1"})
    answer = client.post(CONFIRM, {"code": safe_code()}, follow=True)

    assert "Codes for logging in go there, too." in answer.content.decode()
    assert client.get(CONFIRM)["Location"] == reverse("safe_contact")


def test_place_where_no_code_can_be_sent_is_confirmed_by_the_person_alone(client, world):
    log_in_afresh(client, world.holder)
    client.post(REACH, {"channel": "post", "address": "PO Box 1"})
    confirm(SafeContact.objects.get())

    send_code(account=world.account, person=world.holder, purpose="presence", at=AT)
    assert went_to(kind="identity_code") == {world.holder.email}
    change_contact(
        account=world.account, by=world.holder, at=AT, details={"billing_email": "new@x.example"}
    )
    assert went_to(title="Contact details were changed") == {"PO Box 1"}


def test_ending_it_brings_everything_back(world):
    confirm(redirect_to(world))
    end_safe_contact(account=world.account, user=world.holder, at=AT)

    send_code(account=world.account, person=world.holder, purpose="presence", at=AT)
    assert went_to(kind="identity_code") == {world.holder.email}


# --- what is left afterwards


def test_no_working_link_stays_in_what_was_sent(world):
    change_contact(
        account=world.account, by=world.holder, at=AT, details={"billing_email": "new@x.example"}
    )
    before = Notice.objects.filter(title="Contact details were changed", channel=Channel.EMAIL)
    assert all(one.carries_secret for one in before)
    deliver_queued(at=AT)

    for one in before.all():
        assert one.status == "sent"
        assert not re.search(r"/[\w:.-]{40,}/", one.text + one.html)
