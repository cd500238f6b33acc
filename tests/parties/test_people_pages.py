"""The steps of an appointment on the site, as the customer and the appointed person walk them."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parties.authority.models import Appointment, Signature
from records.audit.models import Entry
from records.documents.models import Document
from records.notices.models import Notice
from terms.facts import Role
from tests.parties.people import signed_in
from tests.parties.test_appointing import link_of
from tests.parties.test_presence import code_of
from tests.world import appoint, make_service, make_user, make_world

pytestmark = pytest.mark.django_db
PERSON = {"role": "authorised_rep", "name": "Jordan Lee", "email": "jordan@people.example"}
TIME = {"starts_on": "2026-01-01", "ends_on": "2030-12-31"}
POWERS = {"extent": "some", "granted": ["view_bills", "change_plan"], "max_expense": "60.00"}
CHECK = "/people/appoint/check/"


def prove(client: Client, path: str) -> None:
    client.post(path, {"send": "email"})
    code = code_of(Notice.objects.filter(kind="identity_code").latest("given_at"))
    client.post(path, {"code": code})


def walk(client: Client, **changes) -> None:
    steps = {"person": PERSON, "time": TIME, "powers": POWERS} | changes
    client.get("/people/appoint/person/?new")
    for step, answers in steps.items():
        client.post(f"/people/appoint/{step}/", answers)
    asked = client.get(CHECK)
    if asked.status_code == 302:
        prove(client, asked["Location"])


def test_customer_appoints_in_short_steps_checks_and_signs(world):
    service = make_service(world.account)
    client = signed_in(world.holder)
    walk(client, powers=POWERS | {"services": [str(service.public_id)]})

    page = client.get(CHECK).content.decode()
    for words in ("Jordan Lee", "See bills and services, Change a plan", "$60.00", "Shop lines"):
        assert words in page
    answer = client.post(CHECK, {"how": "typed", "name": "Mia Conti"})

    row = Appointment.objects.get(role=Role.AUTHORISED_REP)
    assert answer["Location"] == f"/people/{row.public_id}/"
    assert "close_account" in row.limits
    assert row.services == {str(service.public_id): str(service)}
    assert Entry.objects.get(action="appoint").after["identity_check"]
    shown = client.get(answer["Location"]).content.decode()
    assert "Mia Conti" in shown
    assert client.get(f"/people/{row.public_id}/form.pdf").content.startswith(b"%PDF-")


def test_answers_are_kept_on_the_way_back_and_after_an_error(world):
    client = signed_in(world.holder)
    client.post("/people/appoint/person/", PERSON)

    assert 'value="Jordan Lee"' in client.get("/people/appoint/person/").content.decode()
    wrong = client.post("/people/appoint/time/", TIME | {"ends_on": "2025-01-01"})
    assert "not before the first" in wrong.content.decode()
    assert 'value="2025-01-01"' in wrong.content.decode()


def test_time_step_says_that_the_terms_need_a_last_day(world):
    client = signed_in(world.holder)
    client.post("/people/appoint/person/", PERSON)

    page = client.get("/people/appoint/time/").content.decode()
    refused = client.post("/people/appoint/time/", {"starts_on": "2026-01-01"}).content.decode()

    assert "VP-PAR-13" in page
    assert "Enter the last day: your terms need one." in refused


def test_advocate_needs_no_last_day_under_the_same_terms(world):
    client = signed_in(world.holder)
    client.post(
        "/people/appoint/person/", PERSON | {"role": "advocate", "advocate_kind": "legal_aid"}
    )

    answer = client.post("/people/appoint/time/", {"starts_on": "2026-01-01"})

    assert answer["Location"] == "/people/appoint/powers/"


def test_nothing_is_granted_by_not_choosing(world):
    client = signed_in(world.holder)
    walk(client, powers={})

    page = client.get("/people/appoint/powers/").content.decode()
    refused = client.post("/people/appoint/powers/", {"extent": "some"}).content.decode()

    assert "checked" not in page.partition("They may")[2].partition("The most")[0]
    assert "Tick at least one thing that they may do." in refused
    assert client.get(CHECK)["Location"] == "/people/appoint/powers/"


def test_everything_is_granted_only_when_said_so_and_is_warned_of(world):
    client = signed_in(world.holder)
    walk(client, powers={"extent": "all", "granted": ["view_bills"]})

    page = client.get(CHECK).content.decode()
    client.post(CHECK, {"how": "typed", "name": "Mia Conti"})

    assert "can do all that you can" in page
    assert Appointment.objects.get(role=Role.AUTHORISED_REP).limits == []


def test_form_can_be_downloaded_to_sign_on_paper_and_grants_nothing(world):
    client = signed_in(world.holder)
    early = client.get("/people/appoint/form.pdf")
    walk(client)

    form = client.get("/people/appoint/form.pdf")

    assert early["Location"] == "/people/appoint/person/"
    assert form.content.startswith(b"%PDF-")
    assert not Appointment.objects.filter(role=Role.AUTHORISED_REP).exists()
    assert not Document.objects.filter(kind="appointment").exists()


def test_uploaded_form_is_judged_by_its_content(world):
    client = signed_in(world.holder)
    walk(client)
    given = {"how": "uploaded", "name": "Mia Conti"}

    program = SimpleUploadedFile("form.pdf", b"MZ not a pdf", "application/pdf")
    refused = client.post(CHECK, given | {"file": program})
    assert "no PDF, JPG or PNG" in refused.content.decode()

    client.post(CHECK, given | {"file": SimpleUploadedFile("x.bin", b"%PDF-1.7 signed")})
    signature = Signature.objects.get()
    assert signature.media_type == "application/pdf"
    assert signature.file.read() == b"%PDF-1.7 signed"


def test_drawn_signature_is_kept_as_a_path_and_nothing_else(world):
    client = signed_in(world.holder)
    walk(client)
    given = {"how": "drawn", "name": "Mia Conti"}

    refused = client.post(CHECK, given | {"drawing": '"><script>'})
    assert "Draw your signature" in refused.content.decode()

    client.post(CHECK, given | {"drawing": "M10 10L20 30L40 20"})
    row = Appointment.objects.get(role=Role.AUTHORISED_REP)
    assert client.get(f"/people/{row.public_id}/form.pdf").content.startswith(b"%PDF-")


def test_representative_takes_it_up_acts_and_lays_it_down(world):
    client = signed_in(world.holder)
    walk(client)
    client.post(CHECK, {"how": "typed", "name": "Mia Conti"})
    token = link_of(Notice.objects.get(kind="appointment_invitation"))
    theirs = Client()

    assert "Take up your appointment" in theirs.get(f"/claim/{token}/").content.decode()
    given = {"full_name": "Jordan Lee", "password": "a-long-test-password"}
    assert theirs.post(f"/claim/{token}/", given)["Location"] == "/"
    assert theirs.get("/bills/").status_code == 200
    assert theirs.get("/people/").status_code == 403
    mine = theirs.get("/people/mine/").content.decode()
    assert "at most $60.00 a month" in mine

    assert theirs.post("/people/mine/lay-down/")["Location"] == "/accounts/login/"
    assert theirs.get("/bills/").status_code == 302
    assert Appointment.objects.get(role=Role.AUTHORISED_REP).revoked_why == "Laid down"


def test_invited_person_may_decline(world):
    client = signed_in(world.holder)
    walk(client)
    client.post(CHECK, {"how": "typed", "name": "Mia Conti"})
    token = link_of(Notice.objects.get(kind="appointment_invitation"))

    assert "You declined" in Client().post(f"/claim/{token}/decline/").content.decode()

    assert Appointment.objects.get(role=Role.AUTHORISED_REP).revoked_why == "Declined"
    assert Client().get(f"/claim/{token}/").status_code == 410


def test_change_starts_from_the_old_answers_and_makes_a_new_fact(world):
    client = signed_in(world.holder)
    walk(client)
    client.post(CHECK, {"how": "typed", "name": "Mia Conti"})
    old = Appointment.objects.get(role=Role.AUTHORISED_REP)

    assert client.post(f"/people/{old.public_id}/change/")["Location"] == "/people/appoint/time/"
    client.post("/people/appoint/powers/", POWERS | {"max_expense": "80.00"})
    prove(client, client.get(CHECK)["Location"])
    client.post(CHECK, {"how": "typed", "name": "Mia Conti"})

    new = Appointment.objects.get(replaces=old)
    assert new.max_expense == 80
    people = client.get("/people/").content.decode()
    assert str(new.public_id) in people
    assert str(old.public_id) not in people


def test_removing_from_the_page_works_at_once(world):
    row = appoint(world.account, make_user("Jordan Lee"), Role.AUTHORISED_REP)
    client = signed_in(world.holder)

    assert client.post(f"/people/{row.public_id}/remove/")["Location"] == "/people/"

    row.refresh_from_db()
    assert row.revoked_by == world.holder


def test_another_accounts_appointment_is_not_found(world):
    other = make_world("callpro")
    row = appoint(other.account, make_user("Jordan Lee"), Role.AUTHORISED_REP)
    client = signed_in(world.holder)

    assert client.get(f"/people/{row.public_id}/").status_code == 404
    assert client.post(f"/people/{row.public_id}/remove/").status_code == 404


@pytest.mark.parametrize("path", ["/people/", "/people/mine/", "/together/", "/profile/"])
def test_pages_about_people_take_no_more_queries_with_more_people(world, path):
    client = signed_in(world.holder)
    for name in ("One", "Two", "Three"):
        appoint(world.account, make_user(name), Role.AUTHORISED_REP)
    client.get(path)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(path).status_code == 200

    assert len(asked) <= 8, [query["sql"][:90] for query in asked]


def test_unknown_step_is_not_found_however_it_is_asked(world):
    client = signed_in(world.holder)

    assert client.get("/people/appoint/elsewhere/").status_code == 404
    assert client.post("/people/appoint/elsewhere/", {}).status_code == 404


def test_signature_sent_again_after_the_appointment_was_made_starts_anew(world):
    client = signed_in(world.holder)
    walk(client)
    client.post(CHECK, {"how": "typed", "name": "Mia Conti"})

    for again in ({"how": "typed", "name": "Mia Conti"}, {"how": "typed", "name": ""}):
        assert client.post(CHECK, again)["Location"] == "/people/appoint/person/"

    assert Appointment.objects.filter(role=Role.AUTHORISED_REP).count() == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [("0", "$0.00"), ("$60", "$60.00"), ("1,000.50", "$1,000.50")],
)
def test_limit_is_taken_as_people_write_it(world, given, kept):
    client = signed_in(world.holder)

    walk(client, powers=POWERS | {"max_expense": given})

    assert f"{kept} a month" in client.get(CHECK).content.decode()


@pytest.mark.parametrize(
    ("given", "says"),
    [("-1", "can&#x27;t be below zero"), ("much", "for example 60"), ("1.005", "two digits")],
)
def test_limit_that_is_no_amount_is_refused_in_words(world, given, says):
    client = signed_in(world.holder)
    walk(client, powers={})

    page = client.post("/people/appoint/powers/", POWERS | {"max_expense": given})

    assert says in page.content.decode()


def test_change_of_an_appointment_keeps_a_service_that_has_ended(world):
    ended, open_one = make_service(world.account), make_service(world.account)
    client = signed_in(world.holder)
    walk(client, powers=POWERS | {"services": [str(ended.public_id)]})
    client.post(CHECK, {"how": "typed", "name": "Mia Conti"})
    row = Appointment.objects.get(role=Role.AUTHORISED_REP)
    ended.ended_on = ended.activated_on
    ended.save()

    client.post(f"/people/{row.public_id}/change/")
    page = client.get("/people/appoint/powers/").content.decode()

    shown = page.partition(f'value="{ended.public_id}"')[2]
    assert "checked" in shown[:80]
    assert f'value="{open_one.public_id}"' in page
