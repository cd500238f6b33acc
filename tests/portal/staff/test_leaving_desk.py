"""Staff see what leaving costs, and note amounts that were agreed, with who and why."""

from __future__ import annotations

import pytest
from django.urls import reverse

from billing.disputes.models import Hold
from billing.invoices.models import Invoice
from billing.runs.services import run_provider_bills
from contracts.agreements.models import AgreedFigure
from contracts.agreements.states import Basis, FigureKind
from contracts.leaving.models import EndNotice
from contracts.leaving.services import give_end_notice
from contracts.leaving.states import NoticeForm, NoticeState
from contracts.supply.models import Service
from parties.people.states import StaffRole
from records.audit.models import Entry
from tests.contracts.leaving.contracts import Agreement, agree
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_what_people_see import read
from tests.world import make_staff

pytestmark = pytest.mark.django_db
QUOTED = {
    "kind": FigureKind.QUOTED_EARLY_CHARGE,
    "amount": "540",
    "basis": Basis.EX,
    "ends_before": "2027-11-30",
    "agreed_in": "quotation Q1",
    "why": "Signed on 16 Nov",
}


@pytest.fixture
def one(monkeypatch) -> Agreement:
    made = agree("callpro", "180.00", since="2026-12-01", months=12, state="ACT")
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-05-10"))
    return made


@pytest.fixture
def desk(client, one):
    return sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=one.world.account)


def page(one: Agreement, name: str) -> str:
    return reverse(f"admin:contracts_service_{name}", args=[one.service.pk])


def test_amount_agreed_is_noted_once_and_changes_what_leaving_costs(desk, one):
    for _ in range(2):
        found = desk.post(page(one, "figure_step"), QUOTED)
        assert found.status_code == 302

    row = AgreedFigure.objects.get()
    assert (str(row.amount), row.noted_by.is_staff) == ("540.00", True)
    entry = Entry.objects.get(action="note_agreed_figure")
    assert entry.reason == "Signed on 16 Nov"
    words = read(desk, page(one, "leaving") + "?on=2027-05-15")
    assert "Sat 15 May 2027" in words
    assert "$594.00 inc GST" in words
    assert "quotation Q1" in words


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"ends_before": ""}, "Say before which day it has to end."),
        ({"kind": FigureKind.WAIVED_ITEMS}, "Leave it empty"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "five"}, "amount"),
        ({"agreed_in": ""}, "This field is required"),
    ],
)
def test_amount_that_cannot_be_kept_is_refused_in_words_and_what_was_typed_stays(
    desk, one, given, says
):
    found = desk.post(page(one, "figure_step"), QUOTED | given).content.decode()

    assert says in found
    assert 'value="Signed on 16 Nov"' in found
    assert not AgreedFigure.objects.exists()


def test_day_that_is_past_is_refused_in_words(desk, one):
    assert "Give today or a later day." in read(desk, page(one, "leaving") + "?on=2027-05-09")


def test_agreement_as_signed_is_read_and_not_edited(desk, one):
    contract = one.service.contract
    contract.agreed = {"invoice_due_date": {"days": 30}}
    contract.save()

    found = desk.get(reverse("admin:contracts_contract_change", args=[contract.pk]))

    assert "invoice_due_date" in found.content.decode()
    assert "agreed" not in found.context["adminform"].form.fields
    assert "minimum_months" not in found.context["adminform"].form.fields


def test_notice_by_letter_is_taken_down_with_its_day_and_taken_back(desk, one):
    given = {"form": "letter", "received_on": "2027-05-07", "asked_on": "2027-05-20"}
    found = desk.post(page(one, "notice_step"), given | {"said": "Letter of 5 May"})

    notice = EndNotice.objects.get()
    assert found["Location"] == reverse("admin:contracts_endnotice_change", args=[notice.pk])
    assert (notice.form, notice.received_on.isoformat()) == (NoticeForm.LETTER, "2027-05-07")
    assert Service.objects.get().ended_on.isoformat() == "2027-05-20"

    back = reverse("admin:contracts_endnotice_back_step", args=[notice.pk])
    desk.post(back, {"why": "They rang"})
    notice.refresh_from_db()
    assert (notice.state, notice.decided_why) == (NoticeState.TAKEN_BACK, "They rang")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"received_on": "2027-05-11"}, "That day is still to come."),
        ({"asked_on": "2027-05-01"}, "The last day lies before the notice."),
        ({"form": "smoke"}, "Select a valid choice"),
        ({"said": ""}, "This field is required"),
    ],
)
def test_notice_that_cannot_be_taken_down_is_refused_in_words(desk, one, given, says):
    whole = {"form": "phone", "received_on": "2027-05-07", "said": "She rang", "asked_on": ""}

    assert says in desk.post(page(one, "notice_step"), whole | given).content.decode()
    assert not EndNotice.objects.exists()


def test_second_notice_is_refused_with_what_to_do(desk, one):
    service = Service.objects.get()
    give_end_notice(service=service, by=one.world.holder, at=one.at("2027-05-10"))
    given = {"form": "phone", "received_on": "2027-05-07", "said": "She rang"}

    found = desk.post(page(one, "notice_step"), given).content.decode()

    assert "take that notice back first" in found


def worklist(desk, title: str):
    return next(x for x in desk.get("/admin/").context["worklists"] if x["title"] == title)


def test_requests_and_costs_that_wait_are_on_a_list_that_shows_as_many(client, monkeypatch):
    made = agree("blueshift", "79.95", since="2026-02-25", signed="2026-02-18", months=24)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-08-02"))
    desk = sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER))
    asked = made.at("2027-08-20").date()
    service = Service.objects.get()
    notice = give_end_notice(
        service=service, by=made.world.holder, at=made.at("2027-08-02"), asked_on=asked
    )
    waits = worklist(desk, "Requests to leave early that wait for our decision")
    costs = worklist(desk, "Notices whose cost is not complete")
    for found in (waits, costs):
        assert found["count"] == desk.get(found["url"]).context["cl"].result_count == 1

    cost = reverse("admin:contracts_endnotice_cost_step", args=[notice.pk])
    assert "Still not on record" in desk.post(cost).content.decode()
    made.note(FigureKind.WAIVED_ITEMS, "339.00", Basis.INC)
    made.note(FigureKind.ADMIN_CHARGE, "55.00", Basis.INC)
    assert desk.post(cost).status_code == 302
    notice.refresh_from_db()
    assert (str(notice.charge), notice.unknown) == ("525.38", [])

    decide = reverse("admin:contracts_endnotice_decide", args=[notice.pk])
    assert "A refusal gives its reason." in desk.post(decide, {"agree": "no"}).content.decode()
    desk.post(decide, {"agree": "yes", "why": ""})
    assert worklist(desk, "Services that end by notice")["count"] == 1
    assert Service.objects.get().ended_on == asked


# ── moved away, and ended by us ─────────────────────────────────────────────────────────────


@pytest.fixture
def breaching(monkeypatch) -> Agreement:
    made = agree("vpnet", "50.00", since="2026-03-02", months=24)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-03-12"))
    return made


@pytest.fixture
def manager(client, breaching):
    staff = make_staff(StaffRole.TEAM_MANAGER)
    return sign_in_staff(client, staff, because_of=breaching.world.account)


OURS = {"cause": "breach", "since": "2027-03-02", "holder": "", "said": "Spam since 1 March."}


def test_our_end_is_shown_first_then_sent_once_confirmed(manager, breaching):
    shown = manager.post(page(breaching, "our_end_step"), OURS)

    assert "ends the service on Fri 12 Mar 2027" in shown.content.decode()
    assert 'name="shown_on" value="2027-03-12"' in shown.content.decode()
    assert not EndNotice.objects.exists()

    done = manager.post(page(breaching, "our_end_step"), OURS | {"shown_on": "2027-03-12"})
    assert done.status_code == 302
    assert EndNotice.objects.get().side == "provider"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"since": "2027-03-11"}, "It is too early: not before 19 Mar 2027."),
        ({"since": ""}, "Not every fact"),
        ({"cause": "weather"}, "Select a valid choice"),
        ({"said": ""}, "This field is required"),
    ],
)
def test_our_end_that_may_not_be_is_refused_in_words(manager, breaching, given, says):
    found = manager.post(page(breaching, "our_end_step"), OURS | given | {"shown_on": ""})

    assert says in found.content.decode()
    assert not EndNotice.objects.exists()


def test_a_hold_that_nobody_may_learn_of_stops_our_end_without_a_reason(manager, breaching):
    account = breaching.world.account
    invoice = make_invoice(breaching)
    Hold.objects.create(
        invoice=invoice,
        amount=1,
        complaint="C-1",
        is_private=True,
        opened_at=breaching.at("2027-03-11"),
    )

    sent = OURS | {"shown_on": "2027-03-12"}
    found = manager.post(page(breaching, "our_end_step"), sent).content.decode()

    assert "It can&#x27;t be ended now." in found or "It can't be ended now." in found
    assert "C-1" not in found
    assert not EndNotice.objects.filter(service__contract__account=account).exists()


def make_invoice(one: Agreement) -> Invoice:
    run_provider_bills(
        one.world.provider,
        issue_on=one.at("2027-03-01").date(),
        at=one.at("2027-03-01"),
        on_demand=True,
    )
    return Invoice.objects.get()


def test_move_is_noted_and_ends_the_service(manager, breaching):
    given = {"told_on": "2027-03-11", "said": "Porting desk"}
    found = manager.post(page(breaching, "transfer_step"), given)

    notice = EndNotice.objects.get()
    assert found["Location"] == reverse("admin:contracts_endnotice_change", args=[notice.pk])
    assert notice.ends_on.isoformat() == "2027-03-11"
    again = manager.post(page(breaching, "transfer_step"), given)
    assert again.status_code == 404


def test_service_page_offers_what_can_be_done(manager, breaching):
    words = read(manager, reverse("admin:contracts_service_change", args=[breaching.service.pk]))

    for link in ("The customer gives notice", "Moved to another provider", "We end it"):
        assert link in words
    assert "Its last day" not in words
