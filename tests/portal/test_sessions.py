"""How long a log-in lasts, what caches keep of it, and what is left when it ends."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from parties.accounts.models import Provider
from parties.people.states import StaffRole
from portal.web.sessions import SEEN_KEY, SINCE_KEY
from records.notices.models import Notice
from tests.parties.people import signed_in
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = pytest.mark.django_db


def shift(client: Client, **minutes: int) -> None:
    """Move the clocks of a session back."""
    session = client.session
    for name, many in minutes.items():
        session[name] = int((timezone.now() - timedelta(minutes=many)).timestamp())
    session.save()


@pytest.mark.parametrize(
    ("idle", "age", "stays"),
    [(29, 60, True), (31, 60, False), (1, 12 * 60 + 1, False), (1, 12 * 60 - 1, True)],
)
def test_staff_are_logged_out_when_idle_and_after_half_a_day(world, idle, age, stays):
    client = Client()
    sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=world.account)
    shift(client, **{SEEN_KEY: idle, SINCE_KEY: age})

    answer = client.get("/admin/")

    assert (answer.status_code == 200) is stays
    assert stays or answer["Location"].startswith("/accounts/login/?next=%2Fadmin%2F")


DAY = 24 * 60


@pytest.mark.parametrize(
    ("idle", "age", "stays"),
    [(13 * DAY, 13 * DAY, True), (1, 14 * DAY + 1, False), (14 * DAY + 1, 14 * DAY, False)],
)
def test_customers_are_logged_out_after_two_weeks_used_or_not(world, idle, age, stays):
    client = signed_in(world.holder)
    shift(client, **{SEEN_KEY: idle, SINCE_KEY: age})
    assert (client.get("/bills/").status_code == 200) is stays


def test_provider_sets_its_own_limits(world):
    Provider.objects.filter(pk=world.provider.pk).update(customer_idle_hours=1)
    client = signed_in(world.holder)
    shift(client, **{SEEN_KEY: 61, SINCE_KEY: 61})
    assert client.get("/bills/").status_code == 302


def test_use_prolongs_no_log_in_beyond_its_age(world):
    client = signed_in(world.holder)
    for day in range(15):
        shift(client, **{SINCE_KEY: day * DAY + 1})
        last = client.get("/bills/").status_code
    assert last == 302


@pytest.mark.parametrize(
    "page",
    ["/", "/bills/", "/people/", "/profile/", "/bills/?format=csv", "/people/history/?format=csv",
     "/accounts/2fa/", "/terms/", "/accounts/password/change/", "/nowhere/"],
)  # fmt: skip
def test_nothing_behind_a_log_in_is_kept_by_a_cache(world, page):
    assert "no-store" in signed_in(world.holder).get(page)["Cache-Control"]


def test_public_pages_may_be_kept_and_links_that_act_may_not(client):
    assert "no-store" not in client.get("/terms/").get("Cache-Control", "")
    for page in ("/accounts/login/", "/claim/x/", "/undo-email/x/"):
        assert "no-store" in client.get(page)["Cache-Control"]


def test_log_out_clears_the_browser(world):
    client = signed_in(world.holder)
    assert "Clear-Site-Data" not in client.get("/")
    answer = client.post("/accounts/logout/")
    assert {'"cache"', '"cookies"', '"storage"'} == set(answer["Clear-Site-Data"].split(", "))
    assert "Clear-Site-Data" not in client.get("/accounts/login/")


def test_links_in_mail_start_with_our_own_address_whatever_the_host(world, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client = Client(headers={"host": "evil.example:6666"})
    client.post("/accounts/password/reset/", {"email": world.holder.email})
    client.post("/accounts/login/code/", {"email": world.holder.email})

    sent = Notice.objects.filter(kind="sign_in")
    assert sent.count() == 2
    assert not [one for one in sent if "evil.example" in one.text + one.html]
    links = re.findall(r"https?://[^\s\"<]+", " ".join(one.text for one in sent))
    assert links
    assert all(link.startswith(settings.SITE_URL) for link in links)
