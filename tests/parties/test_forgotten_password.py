"""A forgotten password: who may reset it by what, and what never counts as the second factor."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.utils import timezone

from parties.correspondence.states import SafeChannel
from parties.security.models import IdentityCheck, Pause
from parties.security.services import enter_code, note_factor, send_code, set_safe_contact
from parties.security.states import Factor, HighRisk
from portal.demo.people import totp_code
from records.audit.models import Entry
from records.notices.models import Notice
from records.notices.services import deliver_queued
from records.notices.states import Channel
from terms.facts import Role
from tests.parties.people import confirm
from tests.world import appoint, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
NEW = "another-long-password"
MINE, SAFE = "+61491570156", "+61491570110"
SECRET = "JBSWY3DPEHPK3PXP"
ASK = "/accounts/password/reset/"


def follow_link(person) -> tuple[Client, str]:
    """A fresh browser that opened the link in this person's mail, and where it led."""
    client = Client()
    client.post(ASK, {"email": person.email})
    notice = Notice.objects.filter(kind="sign_in").latest("pk")
    link = re.search(r"/accounts/password/reset/key/\S+", notice.text).group()
    return client, client.get(link)["Location"]


def choose(client: Client, page: str, password: str = NEW):
    return client.post(page, {"password1": password, "password2": password})


def is_changed(person) -> bool:
    person.refresh_from_db()
    return person.check_password(NEW)


def texted() -> str:
    notice = Notice.objects.filter(kind="identity_code", channel=Channel.TEXT).latest("pk")
    return notice.text.split()[0]


def add_app(person) -> None:
    data = {"secret": get_adapter().encrypt(SECRET)}
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data=data)


@pytest.fixture
def reachable(world):
    """A holder whose customer's mobile is on file."""
    world.customer.phone = MINE
    world.customer.save()
    return world.holder


# --- who proves it how


def by_text(client: Client, page: str, person) -> None:
    client.post(page, {"send": "text"})
    client.post(page, {"code": texted()})


def by_app(client: Client, page: str, person) -> None:
    client.post(page, {"code": totp_code(SECRET, timezone.now())})


def by_recovery_code(client: Client, page: str, person) -> None:
    client.post(page, {"code": RecoveryCodes.activate(person).get_unused_codes()[0]})


def by_nothing(client: Client, page: str, person) -> None:
    """The link alone."""


def holder_with_phone(world):
    world.customer.phone = MINE
    world.customer.save()
    return world.holder


def holder_with_app(world):
    add_app(world.holder)
    return holder_with_phone(world)


def holder_with_recovery_codes(world):
    add_app(world.holder)
    RecoveryCodes.activate(world.holder)
    return world.holder


def holder_with_landline(world):
    world.customer.phone = "+61255501180"
    world.customer.save()
    return world.holder


def representative_with_phone(world):
    person = make_user("Jordan Lee", phone=MINE)
    appoint(world.account, person, Role.AUTHORISED_REP)
    return person


def representative_of_a_customer_with_phone(world):
    holder_with_phone(world)
    person = make_user("Jordan Lee")
    appoint(world.account, person, Role.AUTHORISED_REP)
    return person


def person_whose_time_is_to_come(world):
    person = make_user("Jordan Lee")
    appoint(world.account, person, Role.AUTHORISED_REP, starts_on="2099-01-01")
    return person


def staff_with_app(world):
    return make_staff()


def staff_without_app(world):
    person = make_staff()
    person.authenticator_set.all().delete()
    return person


WHO_BY_WHAT = [
    (holder_with_phone, by_text, Factor.TEXTED_CODE),
    (holder_with_phone, by_nothing, None),
    (holder_with_app, by_app, Factor.TOTP),
    (holder_with_app, by_text, None),
    (holder_with_app, by_nothing, None),
    (holder_with_recovery_codes, by_recovery_code, Factor.RECOVERY_CODE),
    (holder_with_landline, by_nothing, None),
    (representative_with_phone, by_text, Factor.TEXTED_CODE),
    (representative_of_a_customer_with_phone, by_nothing, None),
    (person_whose_time_is_to_come, by_nothing, None),
    (staff_with_app, by_app, "not recorded"),
    (staff_with_app, by_nothing, None),
    (staff_without_app, by_nothing, None),
]


@pytest.mark.parametrize(
    ("who", "gives", "counts"), WHO_BY_WHAT, ids=lambda one: getattr(one, "__name__", one)
)
def test_new_password_is_taken_only_after_a_second_factor(world, who, gives, counts):
    person = who(world)
    client, page = follow_link(person)

    try:
        gives(client, page, person)
    except Notice.DoesNotExist:
        assert counts is None
    answer = choose(client, page)

    assert is_changed(person) is (counts is not None)
    assert (answer.status_code == 302) is (counts is not None)
    passed = [one.factor for one in IdentityCheck.objects.filter(passed_at__isnull=False)]
    assert passed == ([counts] if counts in Factor.values else [])


def test_who_stands_nowhere_keeps_the_plain_link(db):
    stranger = make_user("Nobody Here")
    client, page = follow_link(stranger)

    choose(client, page)

    assert is_changed(stranger)
    assert Notice.objects.filter(title="Your password was reset").exists()


def test_page_shows_the_end_of_the_number_and_the_way_without_it(reachable):
    client, page = follow_link(reachable)

    text = client.get(page).content.decode()

    assert "··· 156" in text
    assert MINE not in text
    assert "identity documents" in text
    assert "1300" in text


def test_without_a_gateway_no_text_is_offered(reachable, settings):
    settings.TEXT_GATEWAY = ""
    client, page = follow_link(reachable)

    text = client.get(page).content.decode()
    client.post(page, {"send": "text"})

    assert "Text me" not in text
    assert "identity documents" in text
    assert not Notice.objects.filter(channel=Channel.TEXT).exists()


# --- codes


def test_wrong_code_is_refused_and_five_of_them_use_the_code_up(reachable):
    client, page = follow_link(reachable)
    client.post(page, {"send": "text"})
    wrong = "000000" if texted() != "000000" else "000001"

    answers = [client.post(page, {"code": wrong}).content.decode() for _ in range(5)]
    late = client.post(page, {"code": texted()})

    assert "4 more times" in answers[0]
    assert "Ask for a new one" in answers[4]
    assert "can&#x27;t be used any more" in late.content.decode()
    assert choose(client, page).status_code == 200
    assert not is_changed(reachable)


def test_code_is_too_old_after_ten_minutes(reachable, time_machine):
    client, page = follow_link(reachable)
    client.post(page, {"send": "text"})
    sent = IdentityCheck.objects.get()

    time_machine.move_to(sent.asked_at + timedelta(minutes=10))
    client.post(page, {"code": texted()})
    choose(client, page)

    assert not is_changed(reachable)


def test_what_was_passed_is_stale_after_15_minutes(reachable, time_machine):
    client, page = follow_link(reachable)
    by_text(client, page, reachable)
    passed = IdentityCheck.objects.get()

    time_machine.move_to(passed.passed_at + timedelta(minutes=15, seconds=1))
    choose(client, page)

    assert not is_changed(reachable)


def test_five_codes_an_hour_are_all(reachable):
    client, page = follow_link(reachable)

    answers = [client.post(page, {"send": "text"}) for _ in range(6)]

    assert [one.status_code for one in answers] == [302] * 5 + [200]
    assert "Too many codes" in answers[-1].content.decode()
    assert Notice.objects.filter(channel=Channel.TEXT).count() == 5


@pytest.mark.parametrize("purpose", [one for one in HighRisk if one != HighRisk.PASSWORD_RESET])
def test_code_for_another_purpose_does_not_count(world, reachable, purpose):
    send_code(
        account=world.account,
        person=reachable,
        purpose=purpose.value,
        at=timezone.now(),
        factor=Factor.TEXTED_CODE,
    )
    client, page = follow_link(reachable)

    client.post(page, {"code": texted()})
    choose(client, page)

    assert not is_changed(reachable)


def test_another_persons_code_does_not_count(world, reachable):
    other = representative_with_phone(world)
    theirs, their_page = follow_link(other)
    theirs.post(their_page, {"send": "text"})
    client, page = follow_link(reachable)

    client.post(page, {"code": texted()})
    choose(client, page)

    assert not is_changed(reachable)


def test_what_one_person_passed_does_not_open_anothers_link_in_the_same_browser(world, reachable):
    other = representative_with_phone(world)
    client, page = follow_link(reachable)
    by_text(client, page, reachable)
    client.post(ASK, {"email": other.email})
    notice = Notice.objects.filter(kind="sign_in").latest("pk")
    link = re.search(r"/accounts/password/reset/key/\S+", notice.text).group()

    choose(client, client.get(link)["Location"])

    assert not is_changed(other)


@pytest.mark.parametrize("asked_by_staff", [True, False])
def test_code_to_the_mailbox_that_got_the_link_never_counts(world, reachable, asked_by_staff):
    at = timezone.now()
    check = send_code(
        account=world.account,
        person=reachable,
        purpose=HighRisk.PASSWORD_RESET,
        at=at,
        asked_by=make_staff() if asked_by_staff else None,
    )
    emailed = re.search(r"\d{6}", Notice.objects.get(kind="identity_code").text).group()
    client, page = follow_link(reachable)

    client.post(page, {"code": emailed})
    choose(client, page)
    enter_code(check=check, code=emailed, at=at)
    choose(client, page)

    assert not is_changed(reachable)


# --- documents


@pytest.mark.parametrize(
    ("purpose", "minutes", "counts"),
    [
        (HighRisk.PASSWORD_RESET, 0, True),
        (HighRisk.PASSWORD_RESET, 14, True),
        (HighRisk.PASSWORD_RESET, 15, False),
        (HighRisk.CHANGE_EMAIL, 0, False),
    ],
)
def test_documents_that_staff_checked_count_for_15_minutes(world, purpose, minutes, counts):
    note_factor(
        account=world.account,
        person=world.holder,
        purpose=purpose,
        factor=Factor.DOCUMENTS,
        at=timezone.now() - timedelta(minutes=minutes),
        evidence="Passport and licence",
        seen_by=make_staff(),
    )
    client, page = follow_link(world.holder)

    choose(client, page)

    assert is_changed(world.holder) is counts


def test_documents_of_somebody_else_do_not_count(world):
    other = representative_with_phone(world)
    note_factor(
        account=world.account,
        person=other,
        purpose=HighRisk.PASSWORD_RESET,
        factor=Factor.DOCUMENTS,
        at=timezone.now(),
        evidence="Passport",
        seen_by=make_staff(),
    )
    client, page = follow_link(world.holder)

    choose(client, page)

    assert not is_changed(world.holder)


# --- safe contacts


@pytest.mark.parametrize(
    ("channel", "address", "goes_to"),
    [
        (SafeChannel.PHONE, "0491 570 110", SAFE),
        (SafeChannel.PHONE, "02 5550 1180", None),
        (SafeChannel.EMAIL, "safe@people.example", None),
        (SafeChannel.POST, "PO Box 1, Perth", None),
    ],
)
def test_safe_contact_gets_the_text_or_nobody_does(world, reachable, channel, address, goes_to):
    contact = set_safe_contact(
        account=world.account,
        user=reachable,
        channel=channel,
        address=address,
        opens=None,
        closes=None,
        safety_threat=False,
        at=timezone.now(),
    )
    confirm(contact)
    client, page = follow_link(reachable)

    client.post(page, {"send": "text"})

    sent = Notice.objects.filter(kind="identity_code")
    assert [one.to for one in sent] == ([goes_to] if goes_to else [])
    assert ("Text me" in client.get(page).content.decode()) is (goes_to is not None)
    assert not IdentityCheck.objects.filter(sent_to=SAFE).exists()


# --- what it leaves behind


def test_reset_is_on_record_on_each_account_and_told_with_a_way_to_stop_it(world, reachable):
    second = make_world("callpro")
    appoint(second.account, reachable, Role.AUTHORISED_REP)
    client, page = follow_link(reachable)
    by_text(client, page, reachable)

    choose(client, page)

    check = IdentityCheck.objects.get()
    entries = Entry.objects.filter(action="reset_password")
    assert {one.account_id for one in entries} == {world.account.pk, second.account.pk}
    assert {one.after["identity_check"] for one in entries} == {str(check.public_id)}
    assert {one.acted_as for one in entries} == {"holder", "authorised_rep"}
    told = Notice.objects.get(title="Your password was changed")
    assert told.to == reachable.email
    assert "/stop/" in told.text


def test_link_and_proof_work_once_and_a_second_click_does_no_harm(reachable):
    client, page = follow_link(reachable)
    by_text(client, page, reachable)
    client.post(page, {"code": texted()})

    choose(client, page)
    again = choose(client, page, "yet-another-long-password")

    assert "no longer works" in again.content.decode()
    assert is_changed(reachable)
    assert Entry.objects.filter(action="reset_password").count() == 1


def test_poor_password_keeps_the_proof_for_the_next_try(reachable):
    client, page = follow_link(reachable)
    by_text(client, page, reachable)

    refused = choose(client, page, "short")
    choose(client, page)

    assert "12 characters" in refused.content.decode()
    assert is_changed(reachable)


def test_reset_ends_the_sessions_of_before(world, reachable):
    thief = Client()
    thief.force_login(reachable)
    client, page = follow_link(reachable)
    by_text(client, page, reachable)

    choose(client, page)

    assert thief.get("/profile/").status_code == 302


def test_paused_account_resets_nothing(world, reachable):
    client, page = follow_link(reachable)
    by_text(client, page, reachable)
    Pause.objects.create(
        account=world.account, step="change_details", person=reachable, since=timezone.now()
    )

    answer = choose(client, page)

    assert answer.status_code == 403
    assert "paused" in answer.content.decode()
    assert not is_changed(reachable)


def test_gateway_that_is_down_delays_the_code_and_never_doubles_it(reachable, monkeypatch):
    sent = []

    def send(gateway, *, to, text, reference):
        sent.append(reference)
        if len(sent) == 1:
            raise OSError("the gateway for text messages answered 503")

    monkeypatch.setattr("portal.adapters.texts.FolderGateway.send", send)
    client, page = follow_link(reachable)
    client.post(page, {"send": "text"})
    code, at = texted(), timezone.now()

    for minutes in (0, 3, 9):
        deliver_queued(at=at + timedelta(minutes=minutes))

    assert len(sent) == 2
    assert len(set(sent)) == 1
    client.post(page, {"code": code})
    choose(client, page)
    assert is_changed(reachable)
    assert Notice.objects.get(channel=Channel.TEXT).text == ""


def test_asking_for_the_link_tells_nobody_who_has_a_log_in_or_a_phone(world, reachable):
    asked = [reachable.email, make_user("No Standing").email, make_staff().email, "x@no.example"]

    answers = [Client().post(ASK, {"email": email}) for email in asked]

    assert {(one.status_code, one["Location"]) for one in answers} == {
        (302, "/accounts/password/reset/done/")
    }


def test_garbled_link_shows_nothing(reachable):
    page = Client().get("/accounts/password/reset/key/1-set-password/")

    assert "no longer works" in page.content.decode()
    assert "···" not in page.content.decode()


def test_who_lost_their_factors_gets_in_by_documents_and_link(world):
    add_app(world.holder)
    client, page = follow_link(world.holder)
    choose(client, page)
    assert not is_changed(world.holder)
    note_factor(
        account=world.account,
        person=world.holder,
        purpose=HighRisk.PASSWORD_RESET,
        factor=Factor.DOCUMENTS,
        evidence="Licence",
        seen_by=make_staff(),
        at=timezone.now(),
    )

    choose(client, page)

    assert is_changed(world.holder)
    assert not Authenticator.objects.filter(user=world.holder).exists()
    entry = Entry.objects.get(action="reset_password")
    assert entry.after["second_factors"] == "taken off: documents were seen"
