"""The step-up page: which ways it offers to whom, and what a proof is good for."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from parties.correspondence.states import SafeChannel
from parties.people.states import StaffRole
from parties.security.models import IdentityCheck
from parties.security.services import IdentityNotProven, send_code, set_safe_contact
from parties.security.states import Factor
from records.notices.models import Notice
from records.notices.services import deliver_queued
from records.notices.states import Channel
from terms.facts import Role
from tests.parties.people import confirm, signed_in
from tests.parties.staff import sign_in_staff
from tests.world import PASSWORD, appoint, instant, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
HERE = "/identity/change_details/?next=/profile/contact/"
MINE = "+61491570156"


@pytest.fixture
def reachable(world):
    world.customer.phone = MINE
    world.customer.save()
    return world.holder


def log_in_by_code(client, person) -> None:
    client.post("/accounts/login/code/", {"email": person.email})
    notice = Notice.objects.filter(kind="sign_in").latest("pk")
    code = re.search(r"^\s*([A-Z0-9]+(?:-[A-Z0-9]+)*)\s*$", notice.text, re.MULTILINE).group(1)
    client.post("/accounts/login/code/confirm/", {"code": code})


def test_text_and_email_are_offered_and_a_text_opens_the_step(reachable):
    client = signed_in(reachable)
    page = client.get(HERE).content.decode()
    assert "Text me a code" in page
    assert "Email me a code" in page
    assert "··· 156" in page
    assert MINE not in page

    client.post(HERE, {"send": "text"})
    notice = Notice.objects.get(kind="identity_code")
    assert (notice.channel, notice.to) == (Channel.TEXT, MINE)
    assert "The code from the text message" in client.get(HERE).content.decode()
    answer = client.post(HERE, {"code": notice.text.split()[0]})

    assert answer["Location"] == "/profile/contact/"
    assert IdentityCheck.objects.get().factor == Factor.TEXTED_CODE
    assert client.get("/profile/contact/").status_code == 200


@pytest.mark.parametrize("way", ["pigeon", "", "totp", "texted_code"])
def test_way_that_is_not_offered_sends_nothing_and_says_so(reachable, way):
    client = signed_in(reachable)

    page = client.post(HERE, {"send": way}, follow=True).content.decode()

    assert "Choose another way" in page
    assert not IdentityCheck.objects.exists()


def test_who_logged_in_by_an_emailed_code_gets_no_second_one_there(client, world):
    log_in_by_code(client, world.holder)

    page = client.get(HERE).content.decode()
    client.post(HERE, {"send": "email"})

    assert "shows nothing new" in page
    assert "Enter my password" in page
    assert not IdentityCheck.objects.exists()


def test_password_given_later_makes_the_emailed_code_another_factor(client, world):
    log_in_by_code(client, world.holder)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    assert "Email me a code" in client.get(HERE).content.decode()


def test_who_logged_in_by_an_emailed_code_may_still_have_a_text(client, reachable):
    log_in_by_code(client, reachable)

    page = client.get(HERE).content.decode()

    assert "Text me a code" in page
    assert "Email me a code" not in page


@pytest.mark.parametrize(
    ("channel", "address", "offers", "goes_to"),
    [
        (SafeChannel.PHONE, "0491 570 110", "text", (Channel.TEXT, "+61491570110")),
        (
            SafeChannel.EMAIL,
            "safe@people.example",
            "email",
            (Channel.EMAIL, "safe@people.example"),
        ),
        (SafeChannel.POST, "PO Box 1, Perth", "email", (Channel.EMAIL, None)),
    ],
)
def test_confirmed_safe_contact_is_obeyed_at_once_whatever_its_hours(
    reachable, world, channel, address, offers, goes_to
):
    at = instant("2027-02-01 22:00")
    contact = set_safe_contact(
        account=world.account,
        user=reachable,
        channel=channel,
        address=address,
        opens=instant("2027-02-01 09:00").time(),
        closes=instant("2027-02-01 10:00").time(),
        safety_threat=False,
        at=at,
    )
    confirm(contact)
    client = signed_in(reachable)
    page = client.get(HERE).content.decode()
    assert ("Text me a code" in page) is (offers == "text")
    assert "··· 156" not in page

    client.post(HERE, {"send": offers})
    deliver_queued(at=timezone.now())

    notice = Notice.objects.get(kind="identity_code")
    assert (notice.channel, notice.to) == (goes_to[0], goes_to[1] or reachable.email)
    assert notice.status == "sent"


def test_texts_of_a_representative_never_go_to_the_customers_phone(world, reachable):
    person = make_user("Jordan Lee")
    appoint(world.account, person, Role.AUTHORISED_REP)

    with pytest.raises(IdentityNotProven):
        send_code(
            account=world.account,
            person=person,
            purpose="change_details",
            at=instant("2027-02-01 10:00"),
            factor=Factor.TEXTED_CODE,
        )

    assert not Notice.objects.filter(channel=Channel.TEXT).exists()


def test_five_codes_an_hour_are_all_of_both_kinds_together(reachable, world):
    at = instant("2027-02-01 10:00")
    kinds = [Factor.EMAILED_CODE, Factor.TEXTED_CODE, Factor.EMAILED_CODE] * 2
    given = {"account": world.account, "person": reachable, "purpose": "change_email", "at": at}
    for factor in kinds[:5]:
        send_code(**given, factor=factor)

    with pytest.raises(IdentityNotProven, match="Too many"):
        send_code(**given, factor=kinds[5])


@pytest.mark.parametrize(
    "path", ["/accounts/password/change/", "/accounts/email/", "/accounts/password/set/"]
)
def test_who_has_several_accounts_chooses_one_before_changing_a_log_in(world, path):
    second = make_world("callpro")
    appoint(second.account, world.holder, Role.AUTHORISED_REP)
    client = signed_in(world.holder)

    answer = client.post(path, {"email": "new@people.example", "action_add": ""})

    assert answer["Location"].startswith("/accounts/choose/?next=")


def test_staff_text_a_code_that_the_caller_reads_out(client, reachable, world):
    sign_in_staff(client, make_staff(StaffRole.FRONT_LINE), because_of=world.account)
    page = f"{reverse('admin:parties_identitycheck_add')}?account={world.account.number}"

    answer = client.post(
        page,
        {"person": reachable.pk, "purpose": "change_details", "factor": "texted_code"},
    )
    notice = Notice.objects.get(kind="identity_code")
    client.post(answer["Location"], {"code": notice.text.split()[0]})

    assert (notice.channel, notice.to) == (Channel.TEXT, MINE)
    assert "Read it to our staff only if you called us" in notice.text
    check = IdentityCheck.objects.get()
    assert check.passed_at
    assert check.factor == Factor.TEXTED_CODE


def test_staff_are_told_where_no_text_can_be_sent(client, world):
    sign_in_staff(client, make_staff(StaffRole.FRONT_LINE), because_of=world.account)
    page = f"{reverse('admin:parties_identitycheck_add')}?account={world.account.number}"

    answer = client.post(
        page,
        {"person": world.holder.pk, "purpose": "change_details", "factor": "texted_code"},
    )

    assert "no phone that a code can be texted to" in answer.content.decode()
