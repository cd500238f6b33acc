"""Signing in: password, code by mail, reset, second factor, limits; mail goes by the outbox."""

from __future__ import annotations

import re

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.urls import reverse

from parties.people.states import StaffRole
from portal.demo.people import totp_code
from records.notices.models import Notice
from records.notices.services import deliver_queued
from tests.world import PASSWORD, instant, make_staff

LOGIN = reverse("account_login")


def log_in(client, user, password: str = PASSWORD):
    return client.post(LOGIN, {"login": user.email, "password": password})


def test_password_leads_home(client, world):
    answer = log_in(client, world.holder)

    assert answer.status_code == 302
    assert answer.url == reverse("home")


def test_email_counts_in_any_case(client, world):
    answer = client.post(LOGIN, {"login": world.holder.email.upper(), "password": PASSWORD})

    assert answer.status_code == 302


def test_log_in_returns_to_what_was_asked_for_and_never_off_the_site(client, world):
    facts = {"login": world.holder.email, "password": PASSWORD}

    assert client.post(f"{LOGIN}?next=/bills/", facts | {"next": "/bills/"}).url == "/bills/"
    client.logout()
    assert client.post(LOGIN, facts | {"next": "https://evil.example/"}).url == reverse("home")


def test_wrong_passwords_are_limited(client, world):
    answers = [log_in(client, world.holder, "wrong-password") for _ in range(12)]

    assert "Too many" in answers[-1].content.decode() or answers[-1].status_code == 429
    assert log_in(client, world.holder).status_code != 302


def test_unknown_address_learns_nothing(client, world):
    known = client.post(reverse("account_reset_password"), {"email": world.holder.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "no@body.example"})

    assert known.status_code == unknown.status_code == 302
    assert known.url == unknown.url


def test_code_by_mail_signs_in_and_is_wiped_once_sent(client, world, mailoutbox):
    client.post(reverse("account_request_login_code"), {"email": world.holder.email})
    deliver_queued(at=instant("2030-01-01 10:00"))

    notice = Notice.objects.get(kind="sign_in")
    (mail,) = mailoutbox
    code = re.search(r"^\s*([A-Z0-9]+(?:-[A-Z0-9]+)*)\s*$", mail.body, re.MULTILINE).group(1)
    assert code not in mail.subject
    assert notice.text == ""
    answer = client.post(reverse("account_confirm_login_code"), {"code": code})
    assert answer.status_code == 302
    assert client.get(reverse("home")).status_code == 200


def test_nobody_signs_up_uninvited(client, db):
    answer = client.get(reverse("account_signup"))

    assert "invitation" in answer.content.decode().lower()
    assert client.post(reverse("account_signup"), {"email": "x@y.example"}).status_code == 200


def test_staff_give_their_second_factor(client, db):
    staff = make_staff(StaffRole.TEAM_MANAGER)

    first = log_in(client, staff)
    assert "2fa" in first.url
    assert client.get("/admin/").status_code == 302

    from django.utils import timezone

    code = totp_code("JBSWY3DPEHPK3PXP", timezone.now())
    client.post(first.url, {"code": code})
    assert client.get("/admin/").status_code == 200


def test_secrets_of_second_factors_are_not_stored_in_the_clear(db):
    staff = make_staff()

    stored = Authenticator.objects.get(user=staff).data["secret"]

    assert "JBSWY3DPEHPK3PXP" not in stored
    assert get_adapter().decrypt(stored) == "JBSWY3DPEHPK3PXP"


def test_person_sees_where_they_are_signed_in_and_can_end_it(client, world):
    log_in(client, world.holder)
    client.get(reverse("home"))

    page = client.get(reverse("usersessions_list"))

    assert page.status_code == 200
    assert "127.0.0.1" in page.content.decode()


def test_pages_for_signing_in_carry_the_strict_policy(client, db):
    for name in ("account_login", "account_reset_password", "account_request_login_code"):
        answer = client.get(reverse(name))
        html = answer.content.decode()

        assert answer.status_code == 200
        assert html.count("<h1") == 1
        assert '<html lang="en-AU"' in html
        assert " style=" not in html
        assert "unsafe-inline" not in answer["Content-Security-Policy"]
