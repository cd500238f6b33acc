"""A complaint without a name: made, followed and answered with a secret and nothing else."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from complaints.lodging import services as lodging
from complaints.lodging.models import Follow
from complaints.process import services as process
from complaints.tickets.models import Complaint
from complaints.tickets.states import Duty, State
from parties.accounts.models import Account
from parties.people.states import StaffRole
from records.deadlines.models import Deadline
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.calendar import Channel
from terms.calendar import State as Region
from tests.parties.people import signed_in
from tests.world import instant, make_provider, make_staff, make_world

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PAGE, FOLLOW = "/complaints/unnamed/", "/complaints/follow/"


def key_of(client: Client) -> str:
    return re.search(r'name="page_key" value="([^"]+)"', client.get(PAGE).content.decode())[1]


def lodge(client: Client, provider="vpnet", **facts):
    typed = {
        "page_key": facts.pop("page_key", "") or key_of(client),
        "provider": provider,
        "region": "NSW",
        "topic": "service",
        "description": "Your technician shouted at my neighbour.",
    }
    return client.post(PAGE, typed | facts)


def shown_secret(client: Client) -> tuple[str, str]:
    page = client.get(FOLLOW).content.decode()
    reference = re.search(r"C-[A-Z2-9]{8}", page)[0]
    return reference, re.search(r"[A-Z2-9]{4}(?:-[A-Z2-9]{4}){3}", page)[0]


@pytest.fixture
def provider():
    return make_provider()


@pytest.fixture
def desk(provider):
    return make_staff(StaffRole.FRONT_LINE, provider)


def test_secret_is_shown_once_kept_as_a_hash_and_opens_it_again(client, provider):
    lodge(client)
    reference, secret = shown_secret(client)
    assert secret not in client.get(FOLLOW).content.decode()
    row = Follow.objects.get()
    assert row.complaint.reference == reference
    assert secret.replace("-", "") not in row.secret_hash

    elsewhere = Client()
    assert "shouted" not in elsewhere.get(FOLLOW).content.decode()
    spoken = secret.replace("-", " ").lower()
    elsewhere.post(FOLLOW, {"reference": reference.lower(), "secret": spoken})
    assert "shouted at my neighbour" in elsewhere.get(FOLLOW).content.decode()
    elsewhere.post(f"{FOLLOW}leave/")
    assert "shouted" not in elsewhere.get(FOLLOW).content.decode()


def test_a_second_click_is_the_same_complaint_with_the_same_secret(client, provider):
    key = key_of(client)
    lodge(client, page_key=key)
    first = shown_secret(client)
    lodge(client, page_key=key)

    assert shown_secret(client) == first
    assert Complaint.objects.count() == 1


def test_page_key_that_is_not_ours_or_is_too_old_makes_nothing(client, provider):
    answer = lodge(client, page_key="1")

    assert "This page was open for too long" in answer.content.decode()
    assert "shouted at my neighbour" in answer.content.decode()
    assert not Complaint.objects.exists()


def test_clocks_run_as_the_law_says_on_the_calendar_of_the_state(provider):
    at = instant("2026-12-24 10:20")
    made = lodging.lodge_nameless(
        provider=provider,
        region=Region.SA,
        details=lodging.ComplaintDetails(topic="service", description="Rude."),
        page_key=lodging.new_page_key(),
        at=at,
    ).complaint

    due = {one.duty: one for one in Deadline.objects.filter(subject=made.reference)}
    assert made.state == State.ACKNOWLEDGED
    assert due[Duty.ACKNOWLEDGE].done_at == at
    assert due[Duty.NAME_OMBUDSMAN].done_at == at
    # seq-k-01: working day 10 after 24 December in South Australia.
    assert due[Duty.PROPOSE].due_on == date(2027, 1, 12)
    assert {"VP-CMP-09", "RF-CMP-03"} & {one["id"] for one in due[Duty.PROPOSE].because}


@pytest.mark.parametrize("key", ["callpro", "comvergence", "vpnet", "blueshift", "greenlight"])
def test_each_provider_takes_it(client, key):
    make_provider(key)

    lodge(client, provider=key)

    assert Complaint.objects.get().account.customer.provider.key == key


def test_one_account_stands_in_for_all_of_a_provider_and_state(client, provider):
    lodge(client)
    lodge(Client(), description="Another thing.")

    account = Account.objects.get()
    assert (Complaint.objects.count(), account.contracts.count()) == (2, 0)
    assert account.customer.is_tcp


def worked(reference: str, desk) -> None:
    at = timezone.now()
    process.start_investigation(reference=reference, by=desk, at=at)
    process.propose_resolution(
        reference=reference, by=desk, text="We trained him.", at=at, told_by=Channel.WEB
    )


def test_answer_is_read_and_accepted_with_the_secret_and_no_mail_leaves(
    client, provider, desk, mailoutbox
):
    lodge(client)
    reference, _ = shown_secret(client)
    worked(reference, desk)
    assert "We trained him." in client.get(FOLLOW).content.decode()

    client.post(f"{FOLLOW}accept/")
    assert Complaint.objects.get().state == State.IMPLEMENTING
    at = timezone.now()
    process.resolve_complaint(
        reference=reference, by=desk, text="Done.", at=at, told_by=Channel.WEB
    )
    client.post(f"{FOLLOW}settled/")

    complaint = Complaint.objects.get()
    assert (complaint.state, complaint.ending) == (State.CLOSED, "consent")
    deliver_queued(at=timezone.now())
    assert {one.kind for one in Notice.objects.all()} <= {"complaint_staff"}
    client.post(f"{FOLLOW}reopen/", {"text": "He did it again."})
    assert Complaint.objects.get().state != State.CLOSED


def test_words_and_files_are_added_declined_and_brought_to_a_manager(client, provider, desk):
    lodge(client)
    reference, _ = shown_secret(client)
    wrong = {"text": "See.", "uploads": [SimpleUploadedFile("x.html", b"<html>")]}
    assert "See." in client.post(f"{FOLLOW}add/", wrong).content.decode()
    right = {"text": "See.", "uploads": [SimpleUploadedFile("x.png", PNG)]}
    client.post(f"{FOLLOW}add/", right)
    file = Complaint.objects.get().files.get()
    assert client.get(f"{FOLLOW}files/{file.public_id}/").status_code == 200
    assert Client().get(f"{FOLLOW}files/{file.public_id}/").status_code == 404
    worked(reference, desk)
    nothing = client.post(f"{FOLLOW}decline/", {"text": ""})
    assert "There is a problem" in nothing.content.decode()
    client.post(f"{FOLLOW}decline/", {"text": "Not enough."})
    client.post(f"{FOLLOW}manager/")

    complaint = Complaint.objects.get()
    assert complaint.state == State.INVESTIGATING
    assert complaint.escalated_at is not None
    said = complaint.events.get(act="decline")
    assert (said.by, said.said_by) == (None, "Somebody who gives no name")
    # What is too late is said in words.
    assert "It has moved on meanwhile" in client.post(f"{FOLLOW}accept/").content.decode()


@pytest.mark.parametrize(
    "secret", ["", "x", "AAAA-AAAA-AAAA-AAAA", "A" * 60, "Ω\u202e", "' OR 1=1 --"]
)
def test_wrong_secret_opens_nothing_and_says_nothing_of_which(client, provider, secret):
    lodge(client)
    reference, _ = shown_secret(client)
    stranger = Client()

    there = stranger.post(FOLLOW, {"reference": reference, "secret": secret}).content.decode()
    nowhere = stranger.post(FOLLOW, {"reference": "C-AAAAAAAA", "secret": secret})

    assert "shouted" not in there
    assert "There is a problem" in there
    steady = re.compile(r'C-[A-Z2-9]{8}|nonce="[^"]*"|[A-Za-z0-9]{64}')
    assert steady.sub("", there) == steady.sub("", nowhere.content.decode())


def test_tries_are_limited_by_sender_and_lock_nobody_else_out(client, provider):
    lodge(client)
    reference, secret = shown_secret(client)
    stranger = Client(REMOTE_ADDR="203.0.113.9")
    wrong = {"reference": reference, "secret": "AAAA-AAAA-AAAA-AAAA"}
    for _ in range(10):
        stranger.post(FOLLOW, wrong)

    answer = stranger.post(FOLLOW, {"reference": reference, "secret": secret})
    assert "tried too often" in answer.content.decode()
    owner = Client(REMOTE_ADDR="203.0.113.10")
    assert owner.post(FOLLOW, {"reference": reference, "secret": secret}).status_code == 302


def test_lodging_is_limited_by_sender_and_keeps_what_was_typed(client, provider):
    for number in range(5):
        lodge(client, description=f"Noise {number}")

    answer = lodge(client, description="Noise again").content.decode()

    assert "tried too often" in answer
    assert "Noise again" in answer
    assert Complaint.objects.count() == 5


def test_it_stays_open_on_a_device_for_half_an_hour(client, provider):
    lodge(client)
    shown_secret(client)
    session = client.session
    session["follows"] = session["follows"] | {"until": "2026-01-01T00:00:00+00:00"}
    session.save()

    assert "shouted" not in client.get(FOLLOW).content.decode()
    client.post(f"{FOLLOW}withdraw/")
    assert Complaint.objects.get().state != State.WITHDRAWN


def test_complaint_with_a_name_is_followed_by_nobody(client, world):
    named = lodging.lodge_complaint(
        account=world.account,
        by=world.holder,
        at=timezone.now(),
        details=lodging.ComplaintDetails(topic="fault", description="Mine."),
    )

    answer = client.post(FOLLOW, {"reference": named.reference, "secret": ""})
    assert "Mine." not in answer.content.decode()
    answer = client.post(FOLLOW, {"reference": named.reference, "secret": "A" * 16})
    assert "do not belong together" in answer.content.decode()
    session = client.session
    session["follows"] = {"reference": named.reference, "until": "2099-01-01T00:00:00+00:00"}
    session.save()
    assert "Mine." not in client.get(FOLLOW).content.decode()


def test_nobody_speaks_without_a_name_for_a_complaint_that_has_one(world):
    named = lodging.lodge_complaint(
        account=world.account,
        by=world.holder,
        at=timezone.now(),
        details=lodging.ComplaintDetails(topic="fault", description="Mine."),
    )

    with pytest.raises(process.StepRefused):
        process.add_message(reference=named.reference, by=None, text="x", at=timezone.now())


def test_staff_see_that_it_came_without_a_name_and_answer_on_its_page(client, provider, desk):
    lodge(client, contact="Signal, evenings")
    complaint = Complaint.objects.get()
    staff = Client()
    staff.force_login(desk)
    page = f"/admin/complaints/complaint/{complaint.pk}/change/"
    answer = staff.get(page)
    if answer.status_code == 302:
        staff.post(answer["Location"], {"reason": "In my queue"})
        answer = staff.get(page)
    text = answer.content.decode()
    assert "It came without a name" in text
    assert "Signal, evenings" in text
    listed = staff.get("/admin/complaints/complaint/?needs=no_name").content.decode()
    assert complaint.reference in listed
    process.start_investigation(reference=complaint.reference, by=desk, at=timezone.now())
    step = f"/admin/complaints/complaint/{complaint.pk}/step/ask_customer/"
    assert "On the page where they follow it" in staff.get(step).content.decode()
    staff.post(step, {"text": "On which day was it, please?", "told_by": "web"})
    assert "On which day was it, please?" in client.get(FOLLOW).content.decode()


def test_no_customer_reaches_it_by_its_reference(client, provider):
    lodge(client)
    reference, _ = shown_secret(client)
    other = make_world("callpro")

    assert signed_in(other.holder).get(f"/complaints/{reference}/").status_code == 404
