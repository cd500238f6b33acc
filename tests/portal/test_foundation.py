"""What the portal refuses, what it says of its health, and that pages stay light."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from billing.runs.services import run_provider_bills
from complaints.lodging import services as lodging
from parties.appointments.services import InvitationRefused, claim_account, invite_holder
from parties.authority.models import Invitation
from portal.adapters.mailbox import kept
from portal.composition import health
from records.audit.services import SYSTEM
from records.documents.services import issue_document
from records.notices.models import Notice
from terms.facts import Role
from tests.world import PASSWORD, appoint, instant, make_service, make_user, make_world

pytestmark = pytest.mark.portable

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "PORTAL_ENV": "production",
    "SECRET_KEY": "pL7w-kV2t.Qz9r_Xc4m:Hn8b,Jd3f;Ys6g",
    "DATABASE_URL": "postgres://portal@localhost/portal?sslmode=verify-full",
    "REDIS_URL": "rediss://localhost:6379/0",
    "SITE_URL": "https://portal.example",
    "ALLOWED_HOSTS": "portal.example",
    "CSRF_TRUSTED_ORIGINS": "https://portal.example",
    "EMAIL_HOST": "mail.example",
    "EMAIL_USE_TLS": "true",
}

TEXTS = {
    "SMS_GATEWAY_URL": "https://texts.example/send",
    "SMS_GATEWAY_TOKEN": "gate-token",
    "SMS_SENDER": "+61491570157",
}
MAIL_HOOK = {
    "MAILGUN_SIGNING_KEY": "key-1",
    "MAIL_HOOK_PASSWORD": "desk:pL7w-kV2t.Qz9r_Xc4m_Hn8b,Jd3f;Ys6g",
}
STRIPE = {
    "STRIPE_KEYS": "vpnet=sk_live_1,callpro=sk_live_2",
    "STRIPE_WEBHOOK_SECRETS": "vpnet=whsec_1,callpro=whsec_2",
}


def start_production(tmp_path, **changes: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)} | GOOD | changes
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={key: value for key, value in env.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "x" * 64}, "SECRET_KEY"),
        ({"SECRET_KEY": "abcdefghijklmnop" * 4}, "SECRET_KEY"),
        ({"SECRET_KEY": "django-insecure-pL7wkV2tQz9rXc4mHn8bJd3fYs6g"}, "SECRET_KEY"),
        ({"MFA_ENCRYPTION_KEY": "short"}, "MFA_ENCRYPTION_KEY"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": ".example,portal.example"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "portal.example,testserver"}, "testserver"),
        ({"ALLOWED_HOSTS": "portal.example,localhost"}, "localhost"),
        ({"ALLOWED_HOSTS": "portal.example,127.0.0.1"}, "127.0.0.1"),
        ({"ALLOWED_HOSTS": "portal.example,[::1]"}, "[::1]"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "other.example"}, "SITE_URL"),
        ({"SITE_URL": ""}, "SITE_URL"),
        ({"SITE_URL": "http://portal.example"}, "SITE_URL"),
        ({"SITE_URL": "https://localhost:8000"}, "SITE_URL"),
        ({"SITE_URL": "https://portal.example/path"}, "SITE_URL"),
        ({"CSRF_TRUSTED_ORIGINS": "http://portal.example"}, "CSRF_TRUSTED_ORIGINS"),
        ({"CSRF_TRUSTED_ORIGINS": "https://*.example"}, "CSRF_TRUSTED_ORIGINS"),
        ({"HTTPS": "false"}, "HTTPS"),
        ({"DATABASE_URL": "postgres://portal@db.example/portal"}, "sslmode"),
        ({"DATABASE_URL": "postgres://portal@db.example/portal?sslmode=prefer"}, "sslmode"),
        ({"REDIS_URL": "redis://cache.example:6379/0"}, "rediss"),
        ({"BROKER_URL": "redis://cache.example:6379/0"}, "BROKER_URL"),
        ({"EMAIL_USE_TLS": "false"}, "EMAIL_USE_TLS"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, "EMAIL"),
        ({"DEBUG": "true"}, "DEBUG"),
        ({"REDIS_URL": ""}, "broker"),
        ({"BROKER_URL": "filesystem://localhost"}, "broker"),
        ({"DATABASE_URL": ""}, "PostgreSQL"),
        ({"EMAIL_BACKEND": "portal.adapters.mailbox.FolderBackend"}, "mail"),
        (TEXTS | {"SMS_GATEWAY_URL": "http://texts.example"}, "https"),
        (TEXTS | {"SMS_GATEWAY_TOKEN": ""}, "SMS_GATEWAY_TOKEN"),
        (TEXTS | {"SMS_SENDER": ""}, "SMS_SENDER"),
        (TEXTS | {"SMS_SENDER": "MyTelco"}, "SMS_SENDER"),
        (MAIL_HOOK | {"MAIL_HOOK_PASSWORD": ""}, "MAIL_HOOK_PASSWORD"),
        (MAIL_HOOK | {"MAIL_HOOK_PASSWORD": "desk:short"}, "MAIL_HOOK_PASSWORD"),
        (MAIL_HOOK | {"MAILGUN_SIGNING_KEY": ""}, "MAILGUN_SIGNING_KEY"),
        (TEXTS | {"SMS_WEBHOOK_SECRET": "short"}, "SMS_WEBHOOK_SECRET"),
        ({"PAYMENT_SIMULATOR": "true"}, "PAYMENT_SIMULATOR"),
        (STRIPE | {"STRIPE_WEBHOOK_SECRETS": "vpnet=whsec_1"}, "callpro"),
        (STRIPE | {"STRIPE_WEBHOOK_SECRETS": "vpnet=w,callpro=w"}, "share a secret"),
        ({"NETWORK_HOOK_SECRETS": "vpnet=short"}, "shorter than 32 signs"),
        (
            {"NETWORK_HOOK_SECRETS": f"vpnet={'s' * 32},callpro={'s' * 32}"},
            "each network has its own",
        ),
        (STRIPE | {"STRIPE_API_BASE": "http://stripe.example"}, "STRIPE_API_BASE"),
    ],
)
def test_production_refuses_to_start_on_what_suits_a_laptop(tmp_path, changes, named):
    done = start_production(tmp_path, **changes)

    assert done.returncode != 0
    assert "Refusing to start in production" in done.stderr
    assert named in done.stderr


def test_production_starts_with_safe_settings(tmp_path):
    done = start_production(tmp_path)
    with_texts = start_production(tmp_path, **TEXTS)
    with_payments = start_production(tmp_path, **STRIPE, **MAIL_HOOK)

    assert done.returncode == 0, done.stderr
    assert with_texts.returncode == 0, with_texts.stderr
    assert with_payments.returncode == 0, with_payments.stderr


def test_forms_lead_to_the_payment_page_only_where_there_is_one(tmp_path):
    ask = (
        "from django.conf import settings as one;"
        "print(one.CONTENT_SECURITY_POLICY, one.PAYMENT_GATEWAY)"
    )

    def policy(**given: str) -> str:
        env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)} | GOOD | given
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", ask],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    without, with_keys = policy(), policy(**STRIPE)

    assert "checkout.stripe.com" not in without
    assert "StripeGateway" not in without
    assert "'form-action': [\"'self'\", 'https://checkout.stripe.com']" in with_keys
    assert "StripeGateway" in with_keys


def test_env_example_can_be_used_as_it_is(tmp_path):
    example = (ROOT / ".env.example").read_text()
    given = dict(
        line.split("=", 1) for line in example.splitlines() if line and not line.startswith("#")
    )

    done = start_production(
        tmp_path,
        **given | {"PORTAL_ENV": "local", "SECRET_KEY": "", "REDIS_URL": "", "DATABASE_URL": ""},
    )

    assert done.returncode == 0, done.stderr


def test_port_in_use_is_said_with_a_way_out():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "scripts/run.py", "--port", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert "PORT=" in done.stderr


@pytest.mark.django_db
def test_demo_is_refused_on_a_production_database_with_records(settings):
    settings.ENVIRONMENT = "production"
    make_world()

    with pytest.raises(CommandError, match="refused"):
        call_command("demo")


@pytest.mark.django_db
def test_demo_is_refused_beside_real_providers():
    make_world()

    with pytest.raises(CommandError, match="refused"):
        call_command("demo")


def test_healthz_answers_without_a_database(client):
    assert client.get("/healthz").content == b"ok\n"


def test_readyz_says_to_strangers_only_whether_all_is_well(client, db, settings):
    settings.READYZ_TOKEN = "t" * 40
    for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
        answer = client.get("/readyz", headers=given)
        assert (answer.status_code, answer.content) == (503, b"not ok\n")

    health.note_heartbeat(timezone.now())
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_readyz_without_a_token_set_gives_detail_to_nobody(client, db, settings):
    settings.READYZ_TOKEN = ""

    assert client.get("/readyz", headers={"Authorization": "Bearer "}).content == b"not ok\n"


def test_readyz_tells_whoever_brings_the_token_that_no_worker_was_seen(client, db, settings):
    settings.READYZ_TOKEN = "t" * 40
    answer = client.get("/readyz", headers={"Authorization": f"Bearer {'t' * 40}"})

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["well"]
    assert not answer.json()["checks"]["worker"]["well"]


AT = instant("2026-11-02 10:00")
LATER = AT + timedelta(minutes=20)


def outbox(at) -> health.Check:
    return {check.name: check for check in health.checks(at)}["outbox"]


@pytest.fixture
def waiting(world) -> Notice:
    lodging.lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=lodging.ComplaintDetails(topic="bill", description="x"),
    )
    return Notice.objects.get()


def test_readyz_shows_mail_that_does_not_go_out(waiting):
    cache.set(health.HEARTBEAT_KEY, LATER.isoformat())

    checks = {check.name: check for check in health.checks(LATER)}

    assert not checks["outbox"].well
    assert "1 due" in checks["outbox"].what
    assert checks["worker"].well


@pytest.mark.parametrize(
    "changes",
    [
        {"next_try_at": LATER + timedelta(hours=6), "attempts": 5},
        {"next_try_at": LATER + timedelta(hours=9), "opens": "09:00", "closes": "17:00"},
        {"status": "sending", "leased_until": LATER + timedelta(minutes=5)},
        {"status": "failed"},
        {"status": "by_hand"},
    ],
    ids=["greylisted mailbox", "safe contact with hours", "being sent", "given up", "by hand"],
)
def test_readyz_is_about_now(waiting, changes):
    """What waits for its hour or its next try is no reason to take the portal off the air."""
    Notice.objects.update(**changes)

    assert outbox(LATER).well


def test_readyz_shows_pdfs_that_nobody_makes(world):
    issue_document(
        account_id=world.account.pk,
        kind="tax_invoice",
        subject="X1",
        title="A bill",
        template="documents/invoice.html",
        content={},
        at=AT,
    )

    assert not {check.name: check for check in health.checks(LATER)}["documents"].well


PAGES = [
    "home",
    "services",
    "bills",
    "next_bill",
    "complaints",
    "lodge_complaint",
    "contract",
    "people",
    "account_history",
    "profile",
]


@pytest.fixture
def busy(world):
    """An account with a year of bills and a dozen complaints."""
    world.account.bill_day = 10
    world.account.save()
    for _ in range(4):
        make_service(world.account, call_rate=None)
    for month in range(1, 11):
        run_provider_bills(
            world.provider, issue_on=date(2026, month, 10), at=instant(f"2026-{month:02}-10 06:20")
        )
    for day in range(1, 13):
        lodging.lodge_complaint(
            account=world.account,
            by=world.holder,
            at=instant(f"2026-11-{day:02} 10:00"),
            details=lodging.ComplaintDetails(topic="bill", description="Something."),
        )
    return world


def test_query_count_of_a_page_does_not_grow_with_its_data(
    client, busy, django_assert_max_num_queries
):
    client.force_login(busy.holder)
    for page in PAGES:
        client.get(reverse(page))

        with django_assert_max_num_queries(8, info=page):
            answer = client.get(reverse(page))

        assert answer.status_code == 200, page


@pytest.mark.parametrize("page", PAGES)
def test_visitor_is_sent_to_the_log_in_and_back(page, client, db):
    answer = client.get(reverse(page))

    assert answer.status_code == 302
    assert answer.url == f"{reverse('account_login')}?next={reverse(page)}"


def test_strangers_bill_is_not_there(client, busy):
    stranger = make_world()
    client.force_login(stranger.holder)
    invoice = busy.account.invoices.first()
    complaint = busy.account.complaints.first()

    for url in (
        reverse("invoice", args=[invoice.public_id]),
        reverse("invoice_pdf", args=[invoice.public_id]),
        reverse("complaint", args=[complaint.reference]),
    ):
        assert client.get(url).status_code == 404
    for step in ("add_message", "accept_proposal", "decline_proposal", "withdraw"):
        url = reverse(step, args=[complaint.reference])
        assert client.post(url, {"text": "x"}).status_code == 404


def test_person_with_two_accounts_chooses_and_cannot_choose_a_strangers(client, world):
    second, stranger = make_world(), make_world()
    appoint(second.account, world.holder, Role.AUTHORISED_REP, ends_on=date(2030, 12, 31))
    client.force_login(world.holder)

    assert client.get("/").url.startswith(reverse("choose_account"))
    client.post(reverse("switch_account"), {"account": str(stranger.account.public_id)})
    assert client.get("/").status_code == 302
    client.post(reverse("switch_account"), {"account": str(second.account.public_id)})
    answer = client.get("/")

    assert answer.status_code == 200
    assert "Acting for" in answer.content.decode()


def test_switching_accounts_never_leads_off_the_site(client, world):
    client.force_login(world.holder)

    answer = client.post(
        reverse("switch_account"),
        {"account": str(world.account.public_id), "next": "https://evil.example/"},
    )

    assert answer.url == "/"


def test_csv_of_bills_has_a_row_for_each_and_no_formulas(client, busy):
    client.force_login(busy.holder)

    text = client.get(reverse("bills") + "?format=csv").getvalue().decode("utf-8-sig")

    assert text.splitlines()[0] == "Invoice,Issued,Due,Total inc GST,Outstanding"
    assert len(text.splitlines()) == 1 + busy.account.invoices.count()


def test_search_and_unknown_sort_do_no_harm(client, busy):
    client.force_login(busy.holder)
    number = busy.account.invoices.first().number

    found = client.get(reverse("bills"), {"q": number, "sort": "password"})

    assert number in found.content.decode()
    assert len(found.context["bills"]) == 1
    assert client.get(reverse("bills"), {"page": "999"}).status_code == 404


def test_pages_carry_a_strict_policy_and_no_inline_code(client, busy):
    client.force_login(busy.holder)

    for page in PAGES:
        answer = client.get(reverse(page))
        policy = answer["Content-Security-Policy"]
        html = answer.content.decode()
        assert "unsafe-inline" not in policy
        assert "default-src 'self'" in policy
        assert " style=" not in html
        assert " onclick=" not in html


class TestClaiming:
    """An existing account is claimed with its number and an emailed invitation."""

    AT = instant("2026-11-02 10:00")

    def invite(self, account) -> str:
        invite_holder(account=account, email="New@People.example", at=self.AT, by=SYSTEM)
        text = Notice.objects.filter(kind="account_invitation").latest("pk").text
        return text.split("/claim/")[1].split("/")[0]

    def claim(self, token: str, number: str, at=None):
        return claim_account(
            token=token,
            account_number=number,
            full_name="New Holder",
            password=PASSWORD,
            at=at or self.AT,
        )

    @pytest.fixture
    def account(self, world):
        world.account.appointments.all().delete()
        return world.account

    def test_right_number_makes_a_verified_holder(self, account):
        user = self.claim(self.invite(account), f" {account.number.lower()} ")

        assert user.email == "new@people.example"
        assert user.emailaddress_set.get().verified
        assert user.appointments.get().role == Role.HOLDER

    def test_link_works_once(self, account):
        token = self.invite(account)
        self.claim(token, account.number)

        with pytest.raises(InvitationRefused, match="used"):
            self.claim(token, account.number)

    def test_wrong_numbers_lock_the_invitation(self, account):
        token = self.invite(account)
        for _ in range(5):
            with pytest.raises(InvitationRefused, match="not the account number"):
                self.claim(token, "T999999")

        with pytest.raises(InvitationRefused, match="too often"):
            self.claim(token, account.number)

    def test_old_link_and_replaced_link_do_not_work(self, account):
        first = self.invite(account)
        second = self.invite(account)

        with pytest.raises(InvitationRefused):
            self.claim(first, account.number)
        with pytest.raises(InvitationRefused):
            self.claim(second, account.number, at=self.AT + timedelta(days=15))

    def test_token_itself_is_not_kept(self, account):
        token = self.invite(account)

        assert token not in Invitation.objects.get().token_hash

    def test_guessed_link_says_what_to_do(self, client, db):
        answer = client.get(reverse("claim_account", args=["guess"]))

        assert answer.status_code == 410
        assert "new one" in answer.content.decode()


def test_mail_folder_keeps_one_file_per_message_however_often_it_is_sent(settings, tmp_path):
    from django.core.mail import EmailMessage, get_connection

    backend = get_connection("portal.adapters.mailbox.FolderBackend")
    message = EmailMessage("Hello", "Words", to=["a@b.example"], headers={"Message-ID": "<1@x>"})

    backend.send_messages([message])
    backend.send_messages([message])

    (found,) = kept()
    assert found.subject == "Hello"
    assert found.text.strip() == "Words"


def test_dev_pages_are_not_there_without_debug(client, db):
    for url in ("/dev/mail/", "/dev/components/", "/dev/mail/x/", "/dev/mail/x/html/"):
        assert client.get(url).status_code == 404


def test_staff_without_second_factor_get_no_admin_page(client, db):
    user = make_user("New Staff", is_staff=True, is_superuser=True)
    client.force_login(user)

    answer = client.get("/admin/")

    assert answer.status_code == 302
    assert "2fa" in answer.url
