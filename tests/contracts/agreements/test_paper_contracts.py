"""A contract signed on paper is noted once, told to the customer, and never edited."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse

from contracts.agreements.models import Contract
from contracts.agreements.services import ContractRefused, Paper, note_contract
from contracts.supply.models import Service
from contracts.supply.services import (
    Named,
    SupplyRefused,
    name_service,
    note_service,
    start_supply,
)
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.parties.staff import sign_in_staff
from tests.world import make_provider, make_staff

pytestmark = pytest.mark.django_db
PAPER = Paper(
    reference="K-77",
    version="undated-1",
    started_on=day("2027-02-01"),
    agreed_in="Order form of 28 Jan 2027",
    minimum_months=24,
)


@pytest.fixture
def one(monkeypatch) -> Agreement:
    made = agree("vpnet", "33.00", since="2026-09-15", months=24, bill_day=10)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-03-01"))
    return made


def note(one: Agreement, paper: Paper = PAPER, **facts) -> Contract:
    given = {"by": one.staff, "at": one.at("2027-03-01"), "why": "It came by post."} | facts
    return note_contract(account=one.world.account, paper=paper, **given)


def test_paper_is_kept_once_told_and_its_service_charged_from_when_it_works(one):
    row = note(one)
    assert note(one) == row
    sent = Notice.objects.get(title__contains="K-77")
    assert "since Mon 1 Feb 2027, for at least 24 months" in sent.words
    entry = Entry.objects.get(action="note_contract")
    assert (entry.reason, entry.after["minimum_months"]) == ("It came by post.", "24")

    named = Named(plan=one.service.plan, label="Second line", identifier="0290000077")
    facts = {"contract": row, "named": named, "by": one.staff, "at": one.at("2027-03-01")}
    service = note_service(why="On the form.", **facts)
    assert note_service(why="On the form.", **facts) == service
    assert (service.status, service.periods.count()) == (ServiceStatus.ORDERED, 0)
    start_supply(service=service, activated_on=day("2027-03-02"), at=one.at("2027-03-02"))
    assert service.periods.get().unit_fee == Decimal("33.00")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"version": "never"}, "published"),
        ({"started_on": day("2027-03-02")}, "up to Mon 1 Mar 2027"),
        ({"minimum_months": 0}, "1 to 120"),
        ({"minimum_months": 1000}, "1 to 120"),
        ({"price_fixed_until": day("2027-01-31")}, "after the contract begins"),
        ({"reference": " "}, "reference"),
    ],
)
def test_paper_that_cannot_be_is_refused(one, facts, words):
    with pytest.raises(ContractRefused, match=words):
        note(one, replace(PAPER, **facts))
    assert not Contract.objects.filter(reference="K-77").exists()


def test_nobody_else_notes_it_and_nothing_lands_on_a_closed_account(one):
    stranger = make_staff(StaffRole.ADMINISTRATOR, make_provider("callpro"))
    for by in (one.world.holder, stranger, make_staff(StaffRole.AUDITOR)):
        with pytest.raises(NotAuthorised):
            note(one, by=by)
    note(one)
    with pytest.raises(ContractRefused, match="in use"):
        note(one, replace(PAPER, minimum_months=36))
    Account.objects.filter(pk=one.world.account.pk).update(status="closed")
    with pytest.raises(ContractRefused, match="closed"):
        note(one, replace(PAPER, reference="K-78"))


def test_name_is_put_right_with_a_reason_and_no_figure_moves(one):
    at = one.at("2027-03-01")
    facts = {"service": one.service, "identifier": "0290000001", "by": one.staff, "at": at}
    for label, why, words in (("Office", " ", "why"), (" ", "A slip.", "what it is")):
        with pytest.raises(SupplyRefused, match=words):
            name_service(label=label, why=why, **facts)
    name_service(label="Office", why="A slip.", **facts)
    name_service(label="Office", why="A slip.", **facts)
    assert Entry.objects.filter(action="name_service").count() == 1
    assert str(one.service.periods.get().unit_fee) == "33.000000"


def test_forms_of_contract_and_service_are_read_only(client, one):
    row, service = one.service.contract, one.service
    staff = sign_in_staff(
        client, make_staff(StaffRole.ADMINISTRATOR), because_of=one.world.account
    )
    edits = {"minimum_months": "1", "csg_waived_on": "2027-01-01", "quantity": "5"}
    for name, pk in (("contract", row.pk), ("service", service.pk)):
        address = reverse(f"admin:contracts_{name}_change", args=[pk])
        assert staff.post(address, edits).status_code == 403
    assert staff.get(reverse("admin:contracts_service_add")).status_code == 403
    row.refresh_from_db()
    assert (row.minimum_months, row.csg_waived_on) == (24, None)

    add = f"{reverse('admin:contracts_contract_add')}?account={one.world.account.number}"
    given = {
        "reference": "K-77",
        "version": "undated-1",
        "started_on": "2027-02-01",
        "agreed_in": "The form",
        "minimum_months": "24",
        "why": "It came by post.",
    }
    kept = staff.post(add, given | {"started_on": "2028-01-01"}).content.decode()
    assert "up to Mon 1 Mar 2027" in kept
    assert 'value="It came by post."' in kept
    assert staff.post(add, given).status_code == 302
    made = Contract.objects.get(reference="K-77")
    step = reverse("admin:contracts_contract_service_step", args=[made.pk])
    named = {
        "label": "Line",
        "plan": service.plan.pk,
        "identifier": "1",
        "quantity": "1",
        "why": "On it.",
    }
    assert staff.post(step, named).status_code == 302
    assert Service.objects.get(contract=made).status == ServiceStatus.ORDERED
