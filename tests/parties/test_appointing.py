"""Appointments: made, signed, checked, limited, changed, reminded of and ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from parties.appointments.services import (
    WRONG_TRIES,
    AppointmentRefused,
    InvitationRefused,
    Signing,
    accept_appointment,
    appoint,
    remind_of_expiry,
    revoke,
    verify,
)
from parties.authority import selectors as authority
from parties.authority.models import Appointment, Invitation, Signature
from parties.authority.selectors import accounts_of
from parties.authority.states import SignedHow
from parties.people.models import User
from parties.people.states import StaffRole
from parties.security.models import EmailChange
from parties.security.services import change_contact, standing_on
from records.audit.models import Entry
from records.documents.models import Document
from records.documents.services import ensure_file
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.parties.people import AT, TYPED, make_appointment, signed_in, taken_up, wanted
from tests.world import PASSWORD, instant, make_service, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
DAY = date(2027, 2, 1)
# For what is asked through the site, whose clock is the real one.
NOW = {"at": instant("2026-11-20 10:00"), "starts_on": date(2026, 11, 20)}


def may(row: Appointment, action=Action.CHANGE_PLAN, at=AT, **facts) -> authority.Decision:
    on = authority.local_day(row.account, at)
    return authority.may(row.user, action, row.account, on=on, at=at, **facts)


def link_of(notice: Notice) -> str:
    return (
        next(word for word in notice.text.split() if "/claim/" in word).rstrip("/").split("/")[-1]
    )


def test_appointment_works_is_signed_on_paper_and_told_to_both(world):
    row = make_appointment(world)

    assert may(row).allowed
    assert not may(row, Action.CLOSE_ACCOUNT).allowed
    signature = Signature.objects.get(appointment=row)
    assert (signature.address, signature.user_agent) == ("192.0.2.7", "Firefox")
    told = set(Notice.objects.values_list("kind", "to"))
    assert ("appointment_invitation", "jordan@people.example") in told
    assert ("generic", world.holder.email) in told
    entry = Entry.objects.get(action="appoint")
    assert entry.actor_id == world.holder.pk
    assert entry.after["limits"] == ["close_account"]


def test_form_is_a_pdf_that_names_person_limits_and_signature(world):
    row = make_appointment(world)

    document = Document.objects.get(kind="appointment", subject=str(row.public_id))

    assert ensure_file(document).startswith(b"%PDF-")
    assert document.content["person"] == "Jordan Lee"
    assert document.content["withheld"] == ["Close the account"]
    assert document.content["signature"]["name"] == "Mia Conti"


def test_representative_takes_it_up_with_a_log_in_of_their_own(world):
    row = make_appointment(world)
    token = link_of(Notice.objects.get(kind="appointment_invitation"))

    user = accept_appointment(
        token=token, full_name="Jordan Lee", password="a-long-test-password", at=AT
    )

    assert user == row.user
    assert user.check_password("a-long-test-password")
    assert user.emailaddress_set.get().verified
    assert Invitation.objects.get(appointment=row).used_at == AT


def test_terms_that_ask_for_it_give_no_effect_before_the_identity_check():
    world = make_world("blueshift", state="VIC")
    row = make_appointment(world)

    assert row.needs_check
    refused = may(row)
    assert not refused.allowed
    assert refused.because[0]["id"] == "BS-PARTY-05"

    staff = make_staff(StaffRole.TEAM_MANAGER)
    verify(appointment=row, by=staff, how="By phone", evidence="Driver licence read out", at=AT)

    assert may(row).allowed
    row.refresh_from_db()
    assert row.verified_by == staff
    assert row.evidence == "By phone: Driver licence read out"


def test_who_cannot_sign_is_helped_another_way_and_checked_first(world):
    signing = Signing(how=SignedHow.SUBSTITUTE, name="Mia Conti", words="My doctor confirms it")
    row = appoint(account=world.account, by=world.holder, wanted=wanted(), signing=signing, at=AT)

    assert not may(row).allowed
    assert may(row).because[0]["source"] == "default"

    verify(appointment=row, by=make_staff(), how="In person", evidence="Letter seen", at=AT)

    assert may(row).allowed
    row.refresh_from_db()
    assert row.substitute == "My doctor confirms it"


def test_full_authority_waits_for_the_cooling_off_and_can_be_stopped(world):
    row = make_appointment(world, limits=())

    assert row.works_from == AT + timedelta(hours=48)
    just_before = AT + timedelta(hours=48, minutes=-1)
    assert not may(row, at=just_before).allowed
    assert may(row, at=AT + timedelta(hours=48)).allowed
    told = Notice.objects.get(kind="generic", to=world.holder.email)
    assert "Wed 3 Feb 2027" in told.text

    revoke(appointment=row, by=world.holder, at=just_before)

    assert not may(row, at=AT + timedelta(hours=49)).allowed


def test_provider_may_set_another_cooling_off_or_none(world):
    world.provider.cooling_off_hours = 0
    world.provider.save()

    assert may(make_appointment(world, limits=())).allowed


@pytest.mark.parametrize(
    ("on", "allowed"),
    [("2027-01-31", False), ("2027-02-01", True), ("2027-12-31", True), ("2028-01-01", False)],
)
def test_both_days_count_and_it_ends_by_itself(world, on, allowed):
    row = make_appointment(world, at=instant("2027-01-20 10:00"))

    assert may(row, at=instant(f"{on} 12:00")).allowed is allowed


def test_terms_that_want_both_days_refuse_an_open_end_with_the_clause(world):
    with pytest.raises(AppointmentRefused) as refusal:
        make_appointment(world, ends_on=None)

    assert refusal.value.because[0]["id"] == "VP-PAR-13"
    assert not Appointment.objects.filter(role=Role.AUTHORISED_REP).exists()


def test_service_that_is_not_covered_is_refused(world):
    row = make_appointment(world, services={"one": "Shop lines"})

    assert may(row, service="one").allowed
    assert not may(row, service="another").allowed


def test_representative_passes_on_no_more_than_they_hold(world):
    first = make_appointment(world, limits=("close_account",), max_expense=Decimal(100))
    given = {"email": "casey@people.example", "name": "Casey Brown", "by": first.user}

    for more in (
        {"limits": (), "max_expense": Decimal(50)},
        {"limits": ("close_account",), "max_expense": None},
        {"limits": ("close_account",), "max_expense": Decimal("100.01")},
        {"ends_on": date(2028, 1, 1), "max_expense": Decimal(50)},
        {"role": Role.ADVOCATE, "limits": (), "advocate_kind": "interpreter"},
    ):
        with pytest.raises(AppointmentRefused):
            make_appointment(world, **given, **more)

    second = make_appointment(world, **given, max_expense=Decimal(100))
    assert second.appointed_under == first
    assert may(second).allowed


def test_representative_without_the_power_appoints_nobody(world):
    first = make_appointment(world, limits=("add_representative",))

    with pytest.raises(authority.NotAuthorised):
        make_appointment(world, by=first.user, email="casey@people.example")


def test_removal_works_at_once_and_ends_the_sessions(world):
    row = taken_up(make_appointment(world, **NOW))
    row.user.set_password("a-long-test-password")
    row.user.save()
    client = signed_in(row.user)
    client.get("/")
    assert client.get("/bills/").status_code == 200

    revoke(appointment=row, by=world.holder, at=AT, why="No longer needed")

    assert not may(row).allowed
    assert client.get("/bills/").status_code == 302
    assert "/accounts/login/" in client.get("/bills/")["Location"]
    assert Entry.objects.get(action="revoke_appointment").reason == "No longer needed"


def test_who_has_another_account_keeps_that_and_must_choose_it(world):
    other = make_world("callpro")
    person = make_user("Jordan Lee")
    for one in (world, other):
        taken_up(make_appointment(one, email=person.email, **NOW))
    client = signed_in(person)
    client.post("/accounts/switch/", {"account": str(world.account.public_id)})
    mine = Appointment.objects.get(user=person, account=world.account)

    revoke(appointment=mine, by=world.holder, at=AT)

    answer = client.get("/bills/")
    assert answer["Location"].startswith("/accounts/choose/")
    assert other.account.number.encode() in client.get("/accounts/choose/").content


def test_holder_cannot_be_removed_but_anyone_may_lay_down_their_own(world):
    row = make_appointment(world, limits=("remove_representative",))
    holder = Appointment.objects.get(role=Role.HOLDER)

    with pytest.raises(authority.NotAuthorised):
        revoke(appointment=holder, by=row.user, at=AT)

    assert revoke(appointment=row, by=row.user, at=AT).revoked_at == AT


def test_change_is_a_new_fact_and_the_check_stays_with_the_same_person():
    world = make_world("blueshift", state="VIC")
    old = make_appointment(world)
    verify(appointment=old, by=make_staff(), how="By phone", evidence="Licence", at=AT)

    new = appoint(
        account=world.account,
        by=world.holder,
        wanted=wanted(limits=("close_account", "change_plan")),
        signing=TYPED,
        at=AT,
        replaces=old,
    )

    old.refresh_from_db()
    assert old.revoked_at == AT
    assert new.replaces == old
    assert not may(new, Action.CHANGE_PLAN).allowed
    assert may(new, Action.VIEW_BILLS).allowed

    somebody = replace(wanted(), email="other@people.example")
    with pytest.raises(AppointmentRefused):
        appoint(
            account=world.account,
            by=world.holder,
            wanted=somebody,
            signing=TYPED,
            at=AT,
            replaces=new,
        )


def test_customer_contact_has_full_authority_until_the_notice(world):
    world = make_world("greenlight")
    row = make_appointment(
        world, role=Role.CUSTOMER_CONTACT, limits=(), position="Accounts", ends_on=None
    )

    assert may(row, Action.CLOSE_ACCOUNT).allowed

    revoke(appointment=row, by=world.holder, at=AT)

    row.refresh_from_db()
    assert row.removal_notice_on == DAY
    assert not may(row, Action.VIEW_BILLS).allowed


def test_role_that_the_terms_do_not_know_is_refused_with_the_clause(world):
    with pytest.raises(AppointmentRefused) as refusal:
        make_appointment(world, role=Role.CUSTOMER_CONTACT, limits=())

    assert refusal.value.because[0]["id"] == "VP-PAR-03"


@pytest.mark.parametrize(
    ("on", "reminded"),
    [("2027-12-16", []), ("2027-12-17", [14]), ("2027-12-29", [14, 2]), ("2027-12-31", [14, 2])],
)
def test_both_are_reminded_14_and_2_days_before_the_end_and_once(world, on, reminded):
    row = make_appointment(world)
    for back in range(20, -1, -1):
        day = date.fromisoformat(on) - timedelta(days=back)
        for _ in range(2):
            remind_of_expiry(at=instant(f"{day} 09:35"))

    assert [one.days_before for one in row.reminders.order_by("at")] == reminded
    told = Notice.objects.filter(title__contains="until Fri 31 Dec 2027")
    assert told.count() == 2 * len(reminded)


def test_advocate_can_be_forbidden_even_what_the_terms_list(world):
    world.customer.is_tcp = False
    world.customer.save()
    facts = {"role": Role.ADVOCATE, "limits": (), "advocate_kind": "friend_or_family"}
    free = make_appointment(world, **facts, email="kim@people.example")
    bound = make_appointment(world, **facts, email="lee@people.example", statement="Never alone.")

    assert may(free, Action.PAY_BILL).allowed
    refused = may(bound, Action.PAY_BILL)
    assert not refused.allowed
    assert refused.because[0]["id"] == "VP-PAR-10"
    assert bound.statement == "Never alone."


def test_invitation_says_how_far_the_appointment_goes(world):
    service = make_service(world.account)
    covered = {str(service.public_id): str(service)}

    make_appointment(world, max_expense=Decimal("0"), services=covered)

    told = Notice.objects.get(kind="appointment_invitation")
    for words in ("at most $0.00 a month", str(service)):
        assert words in told.text
        assert words in told.html


def test_password_of_an_existing_log_in_is_not_guessed_through_an_invitation(world):
    friend = make_user("Jordan Lee")
    make_appointment(world, email=friend.email)
    token = link_of(Notice.objects.get(kind="appointment_invitation"))
    link, client = f"/claim/{token}/", Client()
    given = {"full_name": "Jordan Lee"}

    for guess in range(WRONG_TRIES):
        client.post(link, given | {"password": f"a-guessed-password-{guess}"})

    answer = client.post(link, given | {"password": PASSWORD})
    assert answer.status_code == 410
    assert "wrong too often" in answer.content.decode()


@pytest.mark.parametrize(("hours", "is_told"), [(1, True), (47, True), (49, False)])
def test_full_authority_is_told_to_the_contact_point_before_a_change_of_it(world, hours, is_told):
    before = (world.holder.email, world.account.billing_email)
    changed_at = AT - timedelta(hours=hours)
    new = "taken.over@people.example"
    change_contact(
        account=world.account, by=world.holder, at=changed_at, details={"billing_email": new}
    )
    User.objects.filter(pk=world.holder.pk).update(email=new)
    EmailChange.objects.create(
        user=world.holder,
        before=before[0],
        after=new,
        changed_at=changed_at,
        token_hash="x",
        undo_until=changed_at + timedelta(hours=48),
    )

    row = make_appointment(world, by=User.objects.get(email=new), limits=())

    told = Notice.objects.filter(title=f"{row.person} is to act for you")
    assert set(told.values_list("to", flat=True)) == {new, *(before if is_told else ())}
    assert all("/stop/" in notice.text for notice in told)


def test_who_has_a_log_in_is_asked_for_its_password_alone(world):
    friend = make_user("Jordan Lee")
    make_appointment(world, email=friend.email)
    make_appointment(world, email="new@people.example")
    known, new = (
        f"/claim/{link_of(Notice.objects.get(kind='appointment_invitation', to=to))}/"
        for to in (friend.email, "new@people.example")
    )
    client = Client()

    page = client.get(known).content.decode()

    assert "The password of your log-in" in page
    assert "Your name" not in page
    assert "Your name" in client.get(new).content.decode()
    assert client.post(known, {"password": PASSWORD})["Location"] == "/"


def test_appointment_changes_nothing_for_its_person_before_they_accept(world, client):
    victim = make_world("callpro").holder
    row = make_appointment(world, email=victim.email, **NOW)
    client.force_login(victim)

    assert row.awaits_acceptance
    assert [one.account.customer.provider.key for one in accounts_of(victim, AT)] == ["callpro"]
    assert client.get("/bills/").status_code == 200
    assert [one.customer.provider.key for one in standing_on(victim, at=AT)] == ["callpro"]
    letter = Notice.objects.get(kind="appointment_invitation")
    token = link_of(letter)
    accept_appointment(token=token, full_name="Jordan Lee", password=PASSWORD, at=NOW["at"])
    assert len(accounts_of(victim, AT)) == 2


# --- attacks: an appointment as a way to write to, or learn of, strangers


@pytest.mark.parametrize(
    "name",
    [
        "Win a prize\nOpen https://evil.example",
        "see https://evil.example/x",
        "evil.example",
        "www.evil.example now",
        "x" * 101,
        "write to me@evil.example",
    ],
)
@pytest.mark.parametrize("field", ["name", "position"])
def test_nothing_but_a_name_leaves_in_an_invitation(world, name, field):
    with pytest.raises(AppointmentRefused, match="Write"):
        make_appointment(world, **NOW | {field: name})
    assert not Notice.objects.filter(kind="appointment_invitation").exists()


@pytest.mark.parametrize("name", ["Dr. J. O'Neil-Smith", "Zoë 李雷", "J.R. Smith Jr."])
def test_real_names_are_names(world, name):
    assert make_appointment(world, **NOW | {"name": name}).named == name


def test_strangers_are_not_flooded_by_appointing_them(world):
    for number in range(5):
        make_appointment(world, email=f"stranger{number}@people.example", **NOW)
    with pytest.raises(AppointmentRefused, match="hour"):
        make_appointment(world, email="stranger9@people.example", **NOW)


def test_one_address_is_not_flooded_by_many_accounts(db):
    for _ in range(3):
        make_appointment(make_world(), email="victim@people.example", **NOW)
    with pytest.raises(AppointmentRefused, match="tomorrow"):
        make_appointment(make_world(), email="victim@people.example", **NOW)


def test_address_of_staff_looks_like_any_other_and_is_never_taken_up(world):
    desk = make_staff()
    row = make_appointment(world, email=desk.email, **NOW)
    letter = Notice.objects.get(kind="appointment_invitation")
    token = link_of(letter)

    with pytest.raises(InvitationRefused, match="another email address"):
        accept_appointment(token=token, full_name="x", password=PASSWORD, at=NOW["at"])
    row.refresh_from_db()
    assert row.awaits_acceptance
