"""Contact details: changed with a second factor, told to the old address, undone from there."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest

from parties.authority import selectors as authority
from parties.security.models import ContactChange, IdentityCheck
from parties.security.selectors import why_high_risk
from parties.security.services import (
    IdentityNotProven,
    UndoRefused,
    change_contact,
    enter_code,
    note_factor,
    send_code,
    undo_change,
)
from parties.security.states import Factor, HighRisk
from records.audit.models import Entry
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.facts import Role
from tests.parties.people import signed_in
from tests.parties.test_presence import code_of
from tests.world import appoint, instant, make_staff, make_user

pytestmark = pytest.mark.django_db
AT = instant("2027-02-01 10:00")
NEW = {"billing_email": "new@people.example"}


def change(world, **details) -> ContactChange:
    return change_contact(account=world.account, by=world.holder, at=AT, details=details or NEW)


def token_of(notice: Notice) -> str:
    link = next(word for word in notice.text.split() if "/undo/" in word)
    return link.rstrip("/").rpartition("/")[2]


def test_old_address_is_told_and_can_undo_it_for_48_hours(world):
    change(world)
    told = Notice.objects.get(to="bills@people.example")

    undo_change(token=token_of(told), at=AT + timedelta(hours=47, minutes=59))

    world.account.refresh_from_db()
    assert world.account.billing_email == "bills@people.example"
    assert Entry.objects.get(action="undo_contact_change").after == {
        "billing_email": "bills@people.example"
    }
    with pytest.raises(UndoRefused):
        undo_change(token=token_of(told), at=AT + timedelta(hours=48, minutes=-1))


def test_after_48_hours_the_link_is_too_old(world):
    change(world)

    with pytest.raises(UndoRefused):
        undo_change(
            token=token_of(Notice.objects.get(to="bills@people.example")),
            at=AT + timedelta(hours=48),
        )


def test_new_address_is_not_given_the_way_back(world):
    change(world)

    assert not Notice.objects.filter(to="new@people.example").exists()


def test_change_is_on_record_with_before_and_after(world):
    change(world, billing_email="new@people.example", phone="+61491570156")

    entry = Entry.objects.get(action="change_contact")
    assert entry.before == {"billing_email": "bills@people.example", "phone": ""}
    assert entry.after["phone"] == "+61491570156"


def test_nothing_changed_is_nothing_recorded(world):
    assert change(world, billing_email="bills@people.example") is None
    assert not Entry.objects.filter(action="change_contact").exists()


def test_representative_without_the_power_is_refused(world):
    person = make_user("Jordan Lee")
    appoint(world.account, person, Role.AUTHORISED_REP, limits=["change_details"])

    with pytest.raises(authority.NotAuthorised):
        change_contact(account=world.account, by=person, at=AT, details=NEW)


def test_page_asks_for_a_code_sent_to_the_old_contact_point(world):
    client = signed_in(world.holder)
    asked = client.get("/profile/contact/")
    assert asked["Location"].startswith("/identity/change_details/")

    client.post(asked["Location"], {"send": "email"})
    notice = Notice.objects.get(kind="identity_code")
    assert notice.to == world.holder.email
    wrong = client.post(asked["Location"], {"code": "12"})
    assert "not the code" in wrong.content.decode()
    assert client.post(asked["Location"], {"code": code_of(notice)})["Location"] == (
        "/profile/contact/"
    )

    form = {
        **NEW,
        "phone": "",
        "street": "1 Test Street",
        "suburb": "Testville",
        "postcode": "2000",
    }
    assert client.post("/profile/contact/", form)["Location"] == "/profile/"
    check = IdentityCheck.objects.get()
    assert (check.factor, check.purpose) == (Factor.EMAILED_CODE, "change_details")
    assert Entry.objects.get(action="change_contact").after["identity_check"] == str(
        check.public_id
    )


def test_proof_for_one_step_does_not_open_another(world):
    client = signed_in(world.holder)
    target = "/identity/change_email/?next=/profile/"
    client.post(target, {"send": "email"})
    client.post(target, {"code": code_of(Notice.objects.get(kind="identity_code"))})

    assert client.get("/profile/contact/").status_code == 302


def test_proof_is_stale_after_15_minutes(world, time_machine):
    client = signed_in(world.holder)
    target = "/identity/change_details/?next=/profile/"
    client.post(target, {"send": "email"})
    client.post(target, {"code": code_of(Notice.objects.get(kind="identity_code"))})
    assert client.get("/profile/contact/").status_code == 200
    check = IdentityCheck.objects.get()

    time_machine.move_to(check.passed_at + timedelta(minutes=15, seconds=1))

    assert client.get("/profile/contact/").status_code == 302


def test_who_has_an_authenticator_app_gets_no_code_by_email(world):
    from allauth.mfa.adapter import get_adapter
    from allauth.mfa.models import Authenticator

    secret = get_adapter().encrypt("JBSWY3DPEHPK3PXP")
    Authenticator.objects.create(
        user=world.holder, type=Authenticator.Type.TOTP, data={"secret": secret}
    )
    client = signed_in(world.holder)

    page = client.get("/identity/change_details/?next=/profile/contact/").content.decode()
    answer = client.post("/identity/change_details/?next=/profile/contact/", {"send": "email"})

    assert "/accounts/2fa/reauthenticate/" in page
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert not IdentityCheck.objects.exists()


def test_authenticator_app_passes_and_the_customer_is_told(world):
    from allauth.mfa.adapter import get_adapter
    from allauth.mfa.models import Authenticator

    from portal.demo.people import totp_code

    secret = "JBSWY3DPEHPK3PXP"
    Authenticator.objects.create(
        user=world.holder,
        type=Authenticator.Type.TOTP,
        data={"secret": get_adapter().encrypt(secret)},
    )
    client = signed_in(world.holder)
    here = "/identity/change_details/?next=/profile/contact/"
    step = client.post(here, {"send": "email"})["Location"]
    from django.utils import timezone

    back = client.post(step, {"code": totp_code(secret, timezone.now())})

    assert back["Location"].startswith("/identity/change_details/")
    assert client.get(back["Location"])["Location"] == "/profile/contact/"
    assert IdentityCheck.objects.get().factor == Factor.TOTP
    told = Notice.objects.filter(title__startswith="Identity checked")
    assert set(told.values_list("to", flat=True)) == {world.holder.email, "bills@people.example"}


def test_codes_are_wiped_once_sent_and_never_stored_in_the_clear(world, mailoutbox):
    check = send_code(account=world.account, person=world.holder, purpose="change_email", at=AT)
    code = code_of(Notice.objects.get(kind="identity_code"))
    assert code not in check.code_hash

    deliver_queued(at=AT)

    assert code in mailoutbox[0].body
    assert Notice.objects.get(kind="identity_code").text == ""
    with pytest.raises(IdentityNotProven):
        enter_code(check=check, code=code, at=AT + timedelta(minutes=10))


def test_what_somebody_knows_is_no_proof_and_documents_are_noted(world):
    facts = {
        "account": world.account,
        "person": world.holder,
        "purpose": "change_email",
        "factor": Factor.DOCUMENTS,
        "at": AT,
    }
    with pytest.raises(IdentityNotProven):
        note_factor(**facts, seen_by=make_staff(), evidence=" ")
    with pytest.raises(IdentityNotProven):
        note_factor(**facts, evidence="Passport")

    assert note_factor(**facts, seen_by=make_staff(), evidence="Passport and licence").passed_at


def test_provider_may_turn_off_entries_of_the_house_list_but_none_of_the_law(world):
    on = AT.date()
    world.provider.low_risk = ["change_email", "change_details"]

    world.account.customer.provider = world.provider
    assert why_high_risk(world.account, HighRisk.CHANGE_EMAIL, on) == []
    cited = why_high_risk(world.account, HighRisk.CHANGE_DETAILS, on)
    assert [reason["id"] for reason in cited] == ["RF-ID-01", "RF-ID-03"]


@pytest.mark.parametrize(
    ("path", "risk", "form"),
    [
        ("/accounts/email/", "change_email", {"email": "new@people.example", "action_add": ""}),
        ("/accounts/password/change/", "password_reset", {"oldpassword": "x"}),
    ],
)
def test_changing_ones_log_in_needs_a_second_factor_too(world, path, risk, form):
    client = signed_in(world.holder)

    answer = client.post(path, form)

    assert answer["Location"] == f"/identity/{risk}/?next={quote(path, safe='')}"
    assert world.holder.emailaddress_set.count() == 1


def changed(world, address, minutes) -> str:
    """Change where bills go, and return the token of the link that the old address was sent."""
    change = change_contact(
        account=world.account,
        by=world.holder,
        at=AT + timedelta(minutes=minutes),
        details={"billing_email": address},
    )
    told = Notice.objects.filter(to=change.before["billing_email"], text__contains="/undo")
    return token_of(told.latest("pk"))


def test_undoing_the_first_change_ends_the_links_of_those_that_rest_on_it(world):
    first = changed(world, "thief@people.example", 0)
    second = changed(world, "thief2@people.example", 1)

    undo_change(token=first, at=AT + timedelta(minutes=2))

    with pytest.raises(UndoRefused):
        undo_change(token=second, at=AT + timedelta(minutes=3))
    world.account.refresh_from_db()
    assert world.account.billing_email == "bills@people.example"


def test_change_of_other_details_stays_and_can_be_undone_by_itself(world):
    first = changed(world, "thief@people.example", 0)
    change_contact(
        account=world.account,
        by=world.holder,
        at=AT + timedelta(minutes=1),
        details={"street": "7 Quince Street"},
    )
    undo_change(token=first, at=AT + timedelta(minutes=2))
    world.account.refresh_from_db()
    assert world.account.street == "7 Quince Street"
