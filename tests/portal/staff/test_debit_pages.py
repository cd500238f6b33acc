"""Staff and direct debits: the worklist, the bank's file, what came back, who may do which."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from billing.payments.models import DebitFile, DebitReturns, Draw, Mandate
from billing.payments.services import end_mandate
from parties.people.states import StaffRole
from portal.composition.worklists import worklists
from records.audit.models import Entry
from tests.billing.debits import NUMBER, agree_to_debit, draws, minded, send
from tests.billing.moneys import Story, story
from tests.billing.test_debit_files import back
from tests.parties.staff import sign_in_staff
from tests.world import make_provider, make_staff

pytestmark = pytest.mark.django_db
DAY = "2027-02-15"


@pytest.fixture
def one(time_machine) -> Story:
    """A bill of 550.00 that is drawn on Monday 15 February; it is that morning."""
    found = story("blueshift", "NSW")
    agree_to_debit(found, "2027-01-20")
    found.service("S", "550.00", "2027-02-01", basis="inc")
    found.run("2027-02-01")
    time_machine.move_to(found.at(DAY, "09:00"), tick=False)
    return found


@pytest.fixture
def clerk(one):
    return make_staff(StaffRole.BILLING, provider=one.world.provider)


def counts(user, one: Story) -> dict[str, int]:
    found = {row["title"]: row["count"] for row in worklists(user, one.at(DAY, "09:00"))}
    return {title: count for title, count in found.items() if "irect debits" in title}


def test_two_people_send_the_file_and_take_it_out(client, one, clerk):
    other = make_staff(StaffRole.BILLING, provider=one.world.provider)
    assert counts(clerk, one)["Direct debits to send to the bank"] == 1
    sign_in_staff(client, clerk)
    page = reverse("admin:billing_debitfile_add")
    assert 'value="2027-02-15"' in client.get(page).content.decode()

    answer = client.post(page, {"provider": one.world.provider.pk, "day": DAY})

    row = DebitFile.objects.get()
    change = reverse("admin:billing_debitfile_change", args=[row.pk])
    assert (answer.status_code, answer["Location"]) == (302, change)
    assert counts(other, one)["Files of direct debits that wait for a second person"] == 1
    decide = reverse("admin:billing_debitfile_decide", args=[row.pk])
    refused = client.post(decide, {"approve": "yes"}).content.decode()
    assert "another person has to" in refused
    take = reverse("admin:billing_debitfile_download", args=[row.pk])
    assert client.post(take).status_code == 404
    sign_in_staff(client, other)
    client.post(decide, {"approve": "yes"})
    shown = client.get(change).content.decode()
    assert "ends 678" in shown
    assert NUMBER not in shown
    assert client.get(take).status_code == 302
    file = client.post(take)
    assert NUMBER.encode() in file.content
    assert file["Content-Disposition"].endswith(f'-2027-02-15-{row.pk}.aba"')
    assert Entry.objects.filter(action="download_debit_file").count() == 1
    assert counts(other, one)["Direct debits to send to the bank"] == 0


def test_a_day_that_does_not_fit_keeps_what_was_typed(client, one, clerk):
    sign_in_staff(client, clerk)

    page = client.post(
        reverse("admin:billing_debitfile_add"),
        {"provider": one.world.provider.pk, "day": "2027-02-20"},
    ).content.decode()

    assert "Banks do not work on Sat 20 Feb 2027" in page
    assert 'value="2027-02-20"' in page


@pytest.mark.parametrize("how", ["file", "pasted"])
def test_what_came_back_is_taken_from_a_file_or_pasted(client, one, clerk, how):
    send(one, DAY)
    minded(one, DAY)
    data = back((Draw.objects.get().reference, "550.00", "6"))
    sign_in_staff(client, clerk)
    given = {"provider": one.world.provider.pk}
    given |= (
        {"file": SimpleUploadedFile("r.txt", data)} if how == "file" else {"pasted": data.decode()}
    )

    answer = client.post(reverse("admin:billing_debitreturns_add"), given)

    assert answer.status_code == 302
    assert DebitReturns.objects.get().count == 1
    assert one.owing == "550.00"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "one of the two"),
        ({"pasted": "2 nonsense"}, "Line 1: it has 10 signs"),
        ({"pasted": back(("D-UNKNOWN1", "1.00", "6")).decode()}, "nothing of ours"),
    ],
)
def test_a_list_that_does_not_fit_says_what_is_wrong_and_keeps_the_lines(
    client, one, clerk, given, words
):
    sign_in_staff(client, clerk)

    page = client.post(
        reverse("admin:billing_debitreturns_add"), {"provider": one.world.provider.pk} | given
    ).content.decode()

    assert words in page
    assert given.get("pasted", "")[:10] in page
    assert not DebitReturns.objects.exists()


def test_what_a_customer_stopped_waits_until_the_bank_has_stopped_it(client, one, clerk):
    send(one, DAY)
    end_mandate(mandate=Mandate.objects.get(), by=one.world.holder, at=one.at(DAY, "09:00"))
    title = "Direct debits to stop at the bank: the customer asked for it"
    assert counts(clerk, one)[title] == 1
    sign_in_staff(client, clerk)
    row = Draw.objects.get()
    listed = client.get(reverse("admin:billing_draw_changelist") + "?todo=stop").content.decode()
    assert row.reference in listed

    client.post(reverse("admin:billing_draw_stopped_step", args=[row.pk]), {"sure": "1"})

    assert draws(one) == [(DAY, "550.00", "stopped")]
    assert counts(clerk, one)[title] == 0


def test_staff_stop_for_who_asks_and_tell_of_another_day(client, one, clerk):
    row = Mandate.objects.get()
    sign_in_staff(client, clerk, because_of=one.account)
    day = reverse("admin:billing_mandate_day_step", args=[row.pk])
    stop = reverse("admin:billing_mandate_stop_step", args=[row.pk])
    assert "greater than or equal to 1" in client.post(day, {"draw_day": "0"}).content.decode()
    client.post(day, {"draw_day": "20"})
    row.refresh_from_db()
    assert (row.later_draw_day, row.later_from) == (20, date(2027, 3, 2))

    assert "at least 5" in client.post(stop, {"reason": "x"}).content.decode()
    client.post(stop, {"reason": "She called and asked for it"})

    row.refresh_from_db()
    assert (row.state, row.reason) == ("ended", "She called and asked for it")
    assert client.post(stop, {"reason": "She called and asked for it"}).status_code == 404


@pytest.mark.parametrize("role", [StaffRole.FRONT_LINE, StaffRole.CREDIT, StaffRole.AUDITOR])
def test_who_does_not_handle_money_does_none_of_it(client, one, role):
    send(one, DAY)
    row, debit, mandate = DebitFile.objects.get(), Draw.objects.get(), Mandate.objects.get()
    sign_in_staff(client, make_staff(role, provider=one.world.provider))

    for name, args in (
        ("debitfile_add", []),
        ("debitfile_download", [row.pk]),
        ("debitreturns_add", []),
        ("draw_returned_step", [debit.pk]),
        ("draw_stopped_step", [debit.pk]),
        ("mandate_stop_step", [mandate.pk]),
        ("mandate_day_step", [mandate.pk]),
    ):
        assert client.post(reverse(f"admin:billing_{name}", args=args)).status_code == 403, name
    assert draws(one) == [(DAY, "550.00", "sent")]


def test_another_providers_staff_find_nothing(client, one):
    send(one, DAY)
    row, debit = DebitFile.objects.get(), Draw.objects.get()
    elsewhere = make_staff(StaffRole.BILLING, provider=make_provider("callpro"))
    sign_in_staff(client, elsewhere)

    assert client.post(reverse("admin:billing_debitfile_download", args=[row.pk])).status_code in (
        302,
        404,
    )
    assert (
        client.post(
            reverse("admin:billing_draw_returned_step", args=[debit.pk]), {"code": "6"}
        ).status_code
        == 404
    )
    page = client.post(
        reverse("admin:billing_debitfile_add"), {"provider": one.world.provider.pk, "day": DAY}
    ).content.decode()
    assert "Select a valid choice" in page
    assert not Entry.objects.filter(action="download_debit_file").exists()


def test_the_list_of_debits_costs_the_same_however_many_there_are(
    client, one, clerk, django_assert_max_num_queries
):
    sign_in_staff(client, clerk)
    page = reverse("admin:billing_draw_changelist")
    client.get(page)
    with django_assert_max_num_queries(40) as few:
        client.get(page)
    for _ in range(5):
        found = story("blueshift", "NSW")
        agree_to_debit(found, "2027-01-20")
        found.service("S", "10.00", "2027-02-01", basis="inc")
        found.run("2027-02-01")

    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(page)
