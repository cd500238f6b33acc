"""Staff see what leaving costs, and note amounts that were agreed, with who and why."""

from __future__ import annotations

import pytest
from django.urls import reverse

from contracts.agreements.models import AgreedFigure
from contracts.agreements.states import Basis, FigureKind
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
