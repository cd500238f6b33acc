"""The customer is there: asked, confirmed live, done under both names, over soon."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from parties.appointments.services import (
    PresenceRefused,
    ask_together,
    confirm_by_code,
    confirm_on_screen,
    end_together,
    revoke,
    send_presence_code,
)
from parties.authority import selectors as authority
from parties.authority.models import Presence
from parties.authority.states import PresenceState
from parties.security.models import IdentityCheck
from parties.security.services import IdentityNotProven
from portal.composition.assisted import ACTS
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.parties.people import signed_in
from tests.world import appoint, instant, make_service, make_user

pytestmark = pytest.mark.django_db
AT = instant("2027-02-01 10:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def advocate(world):
    person = make_user("Kim Abbott")
    appoint(world.account, person, Role.ADVOCATE, advocate_kind="financial_counsellor")
    return person


def ask(world, advocate, act="change_billing_email", **facts) -> Presence:
    facts = facts or {"billing_email": "new@people.example"}
    return ask_together(
        account=world.account,
        by=advocate,
        act=act,
        action=ACTS[act].action,
        facts=facts,
        words="Bills go to new@people.example instead of bills@people.example.",
        at=AT,
    )


def confirm(presence, by, at=AT + MINUTE):
    act = ACTS[presence.act]
    return confirm_on_screen(presence=presence, by=by, at=at, perform=act.perform)


def code_of(notice: Notice) -> str:
    return re.search(r"\b\d{6}\b", notice.text).group()


def test_nothing_changes_until_the_customer_confirms_and_then_both_are_named(world, advocate):
    presence = ask(world, advocate)
    world.account.refresh_from_db()
    assert world.account.billing_email == "bills@people.example"

    confirm(presence, world.holder)

    world.account.refresh_from_db()
    assert world.account.billing_email == "new@people.example"
    done = Entry.objects.get(action="change_contact")
    assert done.actor_name == "Kim Abbott with Mia Conti"
    assert done.authority == str(presence.appointment.public_id)
    confirmed = Entry.objects.get(action="confirm_presence")
    assert confirmed.actor_id == world.holder.pk
    assert confirmed.reason == presence.words


def test_customer_is_told_exactly_what_will_be_done(world, advocate):
    ask(world, advocate)

    told = Notice.objects.get(to=world.holder.email)
    assert "Bills go to new@people.example instead of bills@people.example." in told.text


def test_advocate_cannot_confirm_their_own_request(world, advocate):
    presence = ask(world, advocate)

    with pytest.raises(PresenceRefused):
        confirm(presence, advocate)


def test_representative_is_not_the_customer(world, advocate):
    representative = make_user("Jordan Lee")
    appoint(world.account, representative, Role.AUTHORISED_REP, ends_on=date(2027, 12, 31))
    presence = ask(world, advocate)

    with pytest.raises(PresenceRefused):
        confirm(presence, representative)


@pytest.mark.parametrize(("minutes", "works"), [(14, True), (15, False)])
def test_it_can_be_confirmed_for_15_minutes(world, advocate, minutes, works):
    presence = ask(world, advocate)

    if works:
        assert confirm(presence, world.holder, AT + minutes * MINUTE).confirmed_at
    else:
        with pytest.raises(PresenceRefused):
            confirm(presence, world.holder, AT + minutes * MINUTE)


def test_it_is_done_once(world, advocate):
    presence = ask(world, advocate)
    confirm(presence, world.holder)

    with pytest.raises(PresenceRefused):
        confirm(presence, world.holder, AT + 2 * MINUTE)


def test_act_that_fails_leaves_no_confirmation(world, advocate):
    presence = ask(world, advocate, act="accept_proposal", reference="C-NONE")

    with pytest.raises(Exception, match="does not exist"):
        confirm(presence, world.holder)

    presence.refresh_from_db()
    assert presence.state == PresenceState.ASKED
    assert not Entry.objects.filter(action="confirm_presence").exists()


def test_advocate_whose_appointment_ended_meanwhile_gets_nothing(world, advocate):
    presence = ask(world, advocate)
    revoke(appointment=presence.appointment, by=world.holder, at=AT)

    with pytest.raises(PresenceRefused):
        confirm(Presence.objects.get(pk=presence.pk), world.holder)


def test_looking_together_opens_the_account_for_15_minutes_or_until_it_is_ended(world, advocate):
    def sees(at, action=Action.VIEW_PERSONAL_DETAILS):
        on = authority.local_day(world.account, at)
        return authority.may(advocate, action, world.account, on=on, at=at)

    presence = ask(world, advocate, act="look")
    assert not sees(AT).allowed
    confirm(presence, world.holder, AT)

    assert sees(AT + 14 * MINUTE).allowed
    assert not sees(AT + 14 * MINUTE).masked
    assert not sees(AT + 14 * MINUTE, Action.CHANGE_PLAN).allowed
    assert not sees(AT + 15 * MINUTE).allowed

    presence.refresh_from_db()
    end_together(presence=presence, by=world.holder, at=AT + 3 * MINUTE)
    assert not sees(AT + 4 * MINUTE).allowed


def test_customers_no_is_a_refusal_on_record(world, advocate):
    presence = end_together(presence=ask(world, advocate), by=world.holder, at=AT)

    assert presence.state == PresenceState.REFUSED
    assert Entry.objects.filter(action="refuse_presence").exists()


def test_code_says_what_will_be_done_and_confirms_it(world, advocate):
    presence = ask(world, advocate, act="look")
    send_presence_code(presence=presence, at=AT)
    notice = Notice.objects.get(kind="identity_code")
    assert presence.words in notice.text
    assert notice.to == world.holder.email

    confirm_by_code(
        presence=presence, code=code_of(notice), at=AT + MINUTE, perform=ACTS["look"].perform
    )

    presence.refresh_from_db()
    assert presence.confirmed_by == world.holder


def test_wrong_codes_are_counted_and_the_fifth_is_the_last(world, advocate):
    presence = ask(world, advocate, act="look")
    send_presence_code(presence=presence, at=AT)
    right = code_of(Notice.objects.get(kind="identity_code"))
    wrong = "000000" if right != "000000" else "111111"

    for code in [wrong] * 5 + [right]:
        with pytest.raises(IdentityNotProven):
            confirm_by_code(presence=presence, code=code, at=AT, perform=ACTS["look"].perform)

    assert IdentityCheck.objects.get().wrong_tries == 5
    assert Entry.objects.filter(action="wrong_code").count() == 5


def test_only_five_codes_an_hour_are_sent(world, advocate):
    presence = ask(world, advocate, act="look")
    for _ in range(5):
        send_presence_code(presence=presence, at=AT)

    with pytest.raises(IdentityNotProven, match="hour"):
        send_presence_code(presence=presence, at=AT)


def test_both_sides_at_once_on_the_site(world, advocate):
    theirs, customers = signed_in(advocate), signed_in(world.holder)

    asked = theirs.post("/together/ask/look/", follow=True)
    assert "Waiting" in asked.content.decode()
    presence = Presence.objects.get()
    home = customers.get("/").content.decode()
    assert presence.words in home

    page = f"/together/{presence.public_id}/"
    assert "Confirm: do this" in customers.get(page).content.decode()
    customers.post(f"{page}confirm/")

    polled = theirs.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "Confirmed by the customer" in polled
    assert "<h1" not in polled
    assert theirs.get("/people/").status_code == 200
    theirs.post(f"{page}end/")
    assert theirs.get("/people/").status_code == 403


def test_high_risk_request_needs_the_customers_second_factor(world, advocate):
    theirs, customers = signed_in(advocate), signed_in(world.holder)
    theirs.post("/together/ask/change_billing_email/", {"billing_email": "new@people.example"})
    page = f"/together/{Presence.objects.get().public_id}/"

    theirs.post(f"{page}send/")
    assert not Notice.objects.filter(kind="identity_code").exists()
    answer = customers.post(f"{page}confirm/")
    assert answer["Location"].startswith("/identity/change_email/?next=")

    customers.post(answer["Location"], {"send": "email"})
    code = code_of(Notice.objects.get(kind="identity_code"))
    assert customers.post(answer["Location"], {"code": code})["Location"] == page
    customers.post(f"{page}confirm/")

    world.account.refresh_from_db()
    assert world.account.billing_email == "new@people.example"
    entry = Entry.objects.get(action="confirm_presence")
    assert entry.after["identity_check"] == str(IdentityCheck.objects.get().public_id)


def test_request_shows_the_advocate_nothing_of_the_account(world, advocate):
    make_service(world.account)
    theirs = signed_in(advocate)

    plans = theirs.get("/together/ask/change_plan/", follow=True)
    asked = theirs.post(
        "/together/ask/change_billing_email/", {"billing_email": "new@people.example"}, follow=True
    )

    assert "Look at the account together first" in plans.content.decode()
    assert "bills@people.example" not in asked.content.decode()


def test_advocate_who_may_do_nothing_alone_may_ask_with_the_customer_there(world):
    world.customer.is_tcp = False
    world.customer.save()
    person = make_user("Lee Quiet")
    appoint(world.account, person, Role.ADVOCATE, limits=["only_with_customer"])
    theirs = signed_in(person)
    assert theirs.get("/complaints/").status_code == 403

    theirs.post("/together/ask/look/")
    presence = Presence.objects.get()
    confirm(presence, world.holder, presence.asked_at + MINUTE)

    assert theirs.get(f"/together/{presence.public_id}/").status_code == 200


def test_stranger_finds_no_request(world, advocate):
    presence = ask(world, advocate)
    other = make_user("Somebody Else")

    assert signed_in(other).get(f"/together/{presence.public_id}/").status_code in (302, 404)
