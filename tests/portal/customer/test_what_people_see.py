"""The shell, the refusals and the way in: each says what this person may do, and what instead."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from complaints.lodging.services import ComplaintDetails, lodge_complaint
from parties.accounts.models import Account
from parties.accounts.states import AccountStatus
from parties.authority import selectors as authority
from parties.authority.models import Presence
from parties.authority.states import NEEDS_RUNNING
from terms.facts import Action, Role
from tests.architecture.authority import AT, END_OF_TIME, FOREVER
from tests.parties.people import signed_in
from tests.world import World, appoint, make_service, make_user, make_world

pytestmark = pytest.mark.django_db
REP, ADVOCATE, CONTACT = Role.AUTHORISED_REP, Role.ADVOCATE, Role.CUSTOMER_CONTACT


def stands(world: World, role: Role, **facts):
    user = make_user("Robin Vale")
    appoint(world.account, user, role, **({"ends_on": FOREVER} | facts))
    return user


def read(client: Client, path: str = "/") -> str:
    """A page as text, one space between words."""
    words = re.sub(r"<[^>]+>", " ", client.get(path).content.decode())
    return " ".join(unescape(words).split())


def sections(client: Client) -> list[str]:
    nav = client.get("/").content.decode().partition('aria-label="Sections"')[2]
    return re.findall(r"<a [^>]*>([^<]+)</a>", nav.partition("</nav>")[0])


ALL = ["Home", "Services", "Bills", "Complaints &amp; help", "Contract", "People", "Profile"]


@pytest.mark.parametrize(
    ("role", "facts", "expected"),
    [
        (REP, {}, ALL),
        (REP, {"limits": ["view_bills"]}, ["Home", "Complaints &amp; help", "People", "Profile"]),
        (REP, {"limits": ["view_personal_details"]}, ALL[:5]),
        (REP, {"limits": ["lodge_complaint"]}, [one for one in ALL if "Compl" not in one]),
        (REP, {"works_from": END_OF_TIME}, ["Home"]),
        (ADVOCATE, {}, ["Home", "Complaints &amp; help", "With the customer"]),
        # The law lets an advocate complain, whatever the customer wants.
        (
            ADVOCATE,
            {"limits": ["only_with_customer"]},
            ["Home", "Complaints &amp; help", "With the customer"],
        ),
    ],
)
def test_navigation_shows_what_can_be_opened_and_all_of_it_opens(world, role, facts, expected):
    client = signed_in(stands(world, role, **facts))

    assert sections(client) == expected

    nav = client.get("/").content.decode().partition('aria-label="Sections"')[2]
    for path in re.findall(r'<a href="([^"]+)"', nav.partition("</nav>")[0]):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize(
    ("role", "facts", "said"),
    [
        (REP, {}, "You can do all that the account holder can."),
        (
            REP,
            {"limits": ["close_account", "change_plan"], "max_expense": "60.00"},
            "You can do what the account holder can, but not: change a plan, close the account.",
        ),
        (REP, {"max_expense": "60.00"}, "until Thu 31 Dec 2099 , for at most $60.00 a month"),
        (REP, {"services": {"x": "Shop lines"}}, ", for Shop lines alone"),
        (REP, {"works_from": END_OF_TIME}, "Until then you can do nothing here."),
        (ADVOCATE, {}, "You cannot do anything else unless the customer is there."),
        (ADVOCATE, {}, "Acting for a customer of VPnet, account "),
        (
            ADVOCATE,
            {"limits": ["only_with_customer"]},
            "You can: make a complaint. You cannot do anything else unless the customer is",
        ),
    ],
)
def test_banner_says_in_words_what_one_can_and_cannot_do(world, role, facts, said):
    page = read(signed_in(stands(world, role, **facts)))

    assert said in page
    assert "(hidden)" not in page


@pytest.mark.parametrize(
    ("role", "facts", "path", "instead"),
    [
        (ADVOCATE, {}, "/bills/", "Ask with the customer there: look at the account together"),
        (ADVOCATE, {}, "/profile/contact/", "Ask with the customer there: change where bills go"),
        (ADVOCATE, {}, "/people/appoint/person/", "Ask the customer to do it in their own log-in"),
        (REP, {"limits": ["view_bills"]}, "/bills/", "Ask Mia Conti, who holds the account,"),
        (REP, {"limits": ["view_bills"]}, "/bills/", "They withheld it from you"),
        (REP, {"limits": ["view_personal_details"]}, "/people/", "Ask the account holder to"),
        (REP, {"works_from": END_OF_TIME}, "/bills/", "Wait until Thu 31 Dec 2099, 10:00"),
        (REP, {"verified_at": None, "needs_check": True}, "/bills/", "They call you, or you call"),
    ],
)
def test_refusal_names_the_act_cites_why_and_says_what_to_do(world, role, facts, path, instead):
    client = signed_in(stands(world, role, **facts))

    answer = client.get(path)

    assert answer.status_code == 403
    page = read(client, path)
    assert f"on account {world.account.number}." in page
    assert "Why?" in page
    assert instead in page
    assert "Acting for" in page
    for link in re.findall(r'href="(/together/ask/[^"]+)"', answer.content.decode()):
        assert client.get(link).status_code == 200


def test_employee_who_has_not_said_that_they_have_authority_is_told_where_to():
    world = make_world("comvergence")
    service = make_service(world.account)
    client = signed_in(stands(world, CONTACT, employee=True, position="Workshop"))

    page = read(client, f"/services/{service.public_id}/plan/")

    assert "If you have authority to agree for the customer, say so first" in page


@pytest.mark.parametrize(
    ("facts", "last"),
    [
        ({"ends_on": date(2026, 3, 1)}, "Sun 1 Mar 2026"),
        ({"revoked_at": AT - timedelta(days=9)}, "Wed 11 Nov 2026"),
    ],
)
def test_whose_time_is_over_reads_which_account_as_what_and_until_when(world, facts, last):
    client = signed_in(stands(world, REP, **facts))

    page = read(client, "/accounts/choose/")

    told = f"Account {world.account.number} with VPnet: you were authorised representative until"
    assert f"{told} {last}" in page
    assert "Harbour Bakery" not in page


def test_somebody_who_stands_again_is_told_of_no_end(world):
    user = stands(world, REP, ends_on=date(2026, 3, 1))
    appoint(world.account, user, REP, starts_on=date(2026, 6, 1), ends_on=FOREVER)

    assert "What has ended" not in read(signed_in(user), "/accounts/choose/")


@pytest.mark.parametrize("action", list(Action))
def test_closed_account_can_be_read_paid_and_complained_about_and_no_more(world, action):
    Account.objects.filter(pk=world.account.pk).update(status=AccountStatus.CLOSED)
    world.account.refresh_from_db()

    for person in (world.holder, stands(world, REP)):
        decision = authority.may(person, action, world.account, on=AT.date(), at=AT)
        assert decision.allowed == (action not in NEEDS_RUNNING)
        if not decision.allowed:
            assert decision.because[0]["steps"] == ["the account is closed"]


def test_closed_account_says_so_and_how_to_start_again(world):
    Account.objects.filter(pk=world.account.pk).update(status=AccountStatus.CLOSED)
    client = signed_in(world.holder)

    assert "This account is closed" in read(client, "/profile/")
    assert "To start again, talk to VPnet" in read(client, "/people/appoint/person/")


def test_representative_for_one_service_sees_no_other(world):
    first, second = make_service(world.account), make_service(world.account)
    user = stands(world, REP, services={str(first.public_id): str(first)})
    client = signed_in(user)

    assert client.get(f"/services/{first.public_id}/").status_code == 200
    assert client.get(f"/services/{second.public_id}/").status_code == 403
    for path in ("/", "/services/", "/contract/"):
        page = client.get(path).content.decode()
        assert str(first.public_id) in page
        assert str(second.public_id) not in page


@pytest.mark.parametrize(
    ("provider", "position", "sees_bills", "changes_plans"),
    [
        # Full authority by the terms; only consents, and only on their word; no role at all.
        ("greenlight", "Accounts", True, True),
        ("greenlight", "Site", True, True),
        ("comvergence", "Technical", False, True),
        ("vpnet", "Accounts", False, False),
    ],
)
def test_business_contact_sees_and_does_what_the_providers_terms_say(
    provider, position, sees_bills, changes_plans
):
    world = make_world(provider)
    service = make_service(world.account)
    user = stands(world, CONTACT, employee=True, warrants_authority=True, position=position)
    client = signed_in(user)

    assert (client.get("/bills/").status_code == 200) == sees_bills
    change = client.get(f"/services/{service.public_id}/plan/")
    assert (change.status_code == 200) == changes_plans
    people = read(signed_in(world.holder), "/people/")
    assert f"Robin Vale {position}" in people


def test_phone_is_written_as_australians_write_it(world):
    world.customer.phone = "+61491570156"
    world.customer.save()

    assert "Phone 0491 570 156" in read(signed_in(world.holder), "/profile/")


@pytest.mark.parametrize("path", ["/", "/bills/", "/services/", "/complaints/", "/people/mine/"])
@pytest.mark.parametrize("who", ["full", "together", "advocate"])
def test_pages_of_somebody_else_take_few_queries_whatever_there_is(world, who, path):
    for number in range(3):
        make_service(world.account)
        lodge_complaint(
            account=world.account,
            by=world.holder,
            at=AT,
            details=ComplaintDetails(topic="fault", description=f"Hum {number}"),
        )
    user = stands(world, REP if who == "full" else ADVOCATE)
    if who == "together":
        Presence.objects.create(
            account=world.account,
            advocate=user,
            act="look",
            words="x",
            asked_at=AT,
            appointment=user.appointments.get(),
            action=Action.VIEW_BILLS,
            state="confirmed",
            confirmed_at=AT,
            ends_at=END_OF_TIME,
        )
    client = signed_in(user)
    client.get(path)

    with CaptureQueriesContext(connection) as asked:
        client.get(path)

    # One more than the holder: that they looked goes on record.
    assert len(asked) <= 9, [query["sql"][:90] for query in asked]
