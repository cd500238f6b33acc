"""Whoever knows a password alone neither sees, makes, adds nor removes a factor."""

from __future__ import annotations

import json
import re

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.utils import timezone

from parties.security.models import IdentityCheck
from portal.demo.people import totp_code
from records.notices.models import Notice
from tests.parties.people import give_password
from tests.world import PASSWORD, make_staff, make_user

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"
PAGES = [
    "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/recovery-codes/download/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/webauthn/keys/1/remove/",
    "/accounts/2fa/webauthn/keys/1/edit/",
]


def add_app(person) -> None:
    data = {"secret": get_adapter().encrypt(SECRET)}
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data=data)


def knows_password(person) -> Client:
    """The browser of somebody who got into a session and typed the password just now."""
    client = Client()
    client.force_login(person)
    give_password(client, person)
    session = client.session
    session["account_authentication_methods"][0]["reauthenticated"] = True
    session.save()
    return client


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["customer", "staff"])
def test_password_alone_opens_no_page_of_factors(world, page, method, who):
    person = world.holder if who == "customer" else make_staff()
    Authenticator.objects.filter(user=person).delete()
    add_app(person)
    RecoveryCodes.activate(person)
    before = list(Authenticator.objects.values_list("pk", "type", "data"))
    client = knows_password(person)

    answer = getattr(client, method)(page)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert list(Authenticator.objects.values_list("pk", "type", "data")) == before


def test_factor_opens_them(world):
    add_app(world.holder)
    client = knows_password(world.holder)
    client.post("/accounts/2fa/reauthenticate/", {"code": totp_code(SECRET, timezone.now())})

    assert client.get("/accounts/2fa/totp/deactivate/").status_code == 200


def test_recovery_codes_are_shown_once(world):
    add_app(world.holder)
    wrapped = RecoveryCodes.activate(world.holder)
    client = knows_password(world.holder)
    client.post("/accounts/2fa/reauthenticate/", {"code": totp_code(SECRET, timezone.now())})

    first = client.get("/accounts/2fa/recovery-codes/").content.decode()
    second = client.get("/accounts/2fa/recovery-codes/").content.decode()

    codes = wrapped.get_unused_codes()
    assert all(code in first for code in codes)
    assert not any(code in second for code in codes)
    assert client.get("/accounts/2fa/recovery-codes/download/").status_code in (403, 404)


def test_one_recovery_code_opens_one_step(world):
    add_app(world.holder)
    code = RecoveryCodes.activate(world.holder).get_unused_codes()[0]
    client = knows_password(world.holder)
    client.post("/accounts/2fa/reauthenticate/", {"code": code})

    for risk in ("change_details", "change_email", "export_personal_data", "close_account"):
        client.get(f"/identity/{risk}/")

    assert IdentityCheck.objects.filter(passed_at__isnull=False).count() == 1


# --- passkeys


def test_passkey_with_the_settings_as_they_come_can_log_in_by_itself(client):
    person = make_user("Robin Vale")
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    give_reauthentication(client, person)

    page = client.get("/accounts/2fa/webauthn/add/")

    wanted = page.context["js_data"]["creation_options"]["publicKey"]["authenticatorSelection"]
    assert wanted["residentKey"] == "required"
    assert re.search(r'name="passwordless"[^>]*\bchecked', page.content.decode())
    assert "passkey.js" in page.content.decode()


def give_reauthentication(client, person) -> None:
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


@pytest.mark.parametrize(
    "credential",
    [
        "[" * 100_000,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        "null",
        "1",
        "{}",
        '{"response": {"userHandle": {}}}',
        json.dumps({"id": 1, "rawId": [], "type": {}, "response": {"clientDataJSON": 5}}),
        json.dumps(
            {
                "id": "eA",
                "rawId": "eA",
                "type": "public-key",
                "response": {
                    "clientDataJSON": "e30",
                    "authenticatorData": "eA",
                    "signature": "eA",
                    "userHandle": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
                },
            }
        ),
        "x" * 50_000,
    ],
)
def test_credential_that_is_none_is_refused_in_words(client, credential):
    client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    answer = client.post("/accounts/2fa/webauthn/login/", {"credential": credential}, follow=True)

    assert answer.status_code == 200
    assert "This passkey did not work here" in answer.content.decode()


def test_who_has_passkeys_alone_is_never_asked_for_an_app(client):
    person = make_user("Robin Vale")
    Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={})
    RecoveryCodes.activate(person)
    client.force_login(person)

    asked = client.get("/accounts/2fa/reauthenticate/?next=/profile/")

    assert asked["Location"] == "/accounts/2fa/webauthn/reauthenticate/?next=%2Fprofile%2F"
    assert client.get("/accounts/2fa/reauthenticate/?code=1").status_code == 200


def test_other_ways_of_who_has_passkeys_alone_name_no_app(client):
    person = make_user("Robin Vale")
    Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={})
    RecoveryCodes.activate(person)
    client.force_login(person)

    shown = client.get("/accounts/reauthenticate/?next=/profile/").content.decode()

    assert "Use a passkey" in shown
    assert "/accounts/2fa/reauthenticate/?next=%2Fprofile%2F&amp;code=1" in shown
    assert "app" not in shown.partition("Other ways")[2].partition("</main>")[0].split()


def test_change_of_a_factor_is_told(world):
    add_app(world.holder)
    client = knows_password(world.holder)
    client.post("/accounts/2fa/reauthenticate/", {"code": totp_code(SECRET, timezone.now())})
    client.post("/accounts/2fa/totp/deactivate/")

    assert Notice.objects.filter(to=world.holder.email, kind="sign_in").exists()
