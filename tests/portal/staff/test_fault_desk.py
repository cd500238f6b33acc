"""Staff take down a fault for a caller: hours and cost first, who agrees, whose complaint."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints.tickets.models import Complaint
from contracts.requests.models import Fault
from contracts.supply.models import Service
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Role
from tests.contracts.leaving.contracts import Agreement, agree
from tests.contracts.requests.outages import NOW as NOW_OF_OUTAGES
from tests.contracts.requests.outages import customer, declare
from tests.parties.desk import calls_in, holder_row
from tests.parties.people import signed_in
from tests.parties.staff import give_reason
from tests.world import appoint, instant, make_provider, make_staff, make_user

pytestmark = pytest.mark.django_db
# Melbourne Cup Day, 10:00 in Sydney: the desk is closed.
CUP_DAY = instant("2027-11-02 10:00")


@pytest.fixture(autouse=True)
def _today(monkeypatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: CUP_DAY)


@pytest.fixture
def fibre() -> Agreement:
    return agree("comvergence", "680.00", since="2025-10-01", months=24, kind="data", basis="ex")


@pytest.fixture
def desk(fibre):
    client = signed_in(make_staff(StaffRole.FRONT_LINE))
    give_reason(client, fibre.world.account)
    return client


def page(one: Agreement, service: Service | None = None) -> str:
    which = f"&service={service.public_id}" if service else ""
    return f"{reverse('admin:contracts_fault_add')}?account={one.world.account.number}{which}"


def said(**facts: str) -> dict[str, str]:
    return {
        "caller": "Mia Conti",
        "channel": "phone",
        "trouble": "dead",
        "what": "No light on the box.",
    } | facts


def second_service(one: Agreement) -> Service:
    kept = one.service
    return Service.objects.create(
        contract=kept.contract,
        plan=kept.plan,
        label="Second link",
        identifier="LINK-2",
        status="active",
        activated_on=kept.activated_on,
    )


def test_hours_and_cost_are_read_out_before_anything_is_taken_down(desk, fibre):
    text = desk.get(page(fibre)).content.decode()

    # Seq-d-13: 150.00 without GST and 100.00 for each hour more; after hours twice that.
    assert "Our fault desk is closed. It takes this on Wed 3 Nov 2027, 08:30." in text
    assert "A visit in business hours: $165.00 for the first hour, then $110.00 an hour" in text
    assert "A visit after hours: $330.00 for the first hour, then $220.00 an hour" in text
    assert "CV-NOT-03" in text
    assert "CV-FEE-02" in text
    assert not Fault.objects.exists()


def test_fault_is_taken_down_for_who_is_calling(desk, fibre):
    call = calls_in(desk, fibre.world, holder_row(fibre.world), step="troubleshoot")
    shown = desk.get(page(fibre)).content.decode()
    assert str(call.caller) in shown

    done = desk.post(page(fibre), said(accepts_cost="on", caller=call.caller))

    fault = Fault.objects.get()
    assert done.status_code == 302
    assert done.url == reverse("admin:contracts_fault_change", args=[fault.pk])
    assert (fault.channel, fault.caller) == ("phone", call.caller)
    assert fault.taken_at == fibre.at("2027-11-03", "08:30")
    assert fault.cost_accepted_by == call.caller
    entry = Entry.objects.get(action="report_fault")
    assert entry.for_whom == "Mia Conti, account holder"
    assert Notice.objects.filter(title__startswith="We have your fault report").exists()
    assert not Complaint.objects.exists()

    # A double click is the same fault.
    desk.post(page(fibre), said(accepts_cost="on", caller=call.caller))
    assert Fault.objects.count() == 1


def test_agreeing_later_to_the_cost_counts_for_the_fault_that_is_open(desk, fibre):
    desk.post(page(fibre), said())
    assert Fault.objects.get().cost_accepted_at is None

    desk.post(page(fibre), said(what="Still dark.", accepts_cost="on"))

    fault = Fault.objects.get()
    assert fault.cost_accepted_by == "Mia Conti"
    assert fault.what.endswith("Still dark.")


def test_representative_who_may_not_agree_to_costs_is_taken_down_without(desk, fibre):
    helper = make_user("Kim Abbott")
    row = appoint(
        fibre.world.account,
        helper,
        Role.AUTHORISED_REP,
        limits=["incur_expense", "lodge_complaint"],
    )
    calls_in(desk, fibre.world, row, step="troubleshoot")

    refused = desk.post(page(fibre), said(accepts_cost="on", what="Dead since dawn."))
    text = refused.content.decode()
    assert "may not agree to this cost" in text
    assert "Dead since dawn." in text
    refused = desk.post(page(fibre), said(is_complaint="on"))
    assert "may not complain about this account" in refused.content.decode()
    assert not Fault.objects.exists()
    assert not Complaint.objects.exists()

    desk.post(page(fibre), said())
    assert Fault.objects.get().cost_accepted_at is None


def test_representative_of_another_service_reports_nothing_of_this_one(desk, fibre):
    other = second_service(fibre)
    row = appoint(
        fibre.world.account,
        make_user("Kim Abbott"),
        Role.AUTHORISED_REP,
        services={str(other.public_id): str(other)},
    )
    calls_in(desk, fibre.world, row, step="troubleshoot")

    desk.post(page(fibre, fibre.service), said())
    assert not Fault.objects.exists()


def test_complaint_is_the_callers_own_and_made_once(desk, fibre):
    calls_in(desk, fibre.world, holder_row(fibre.world), step="troubleshoot")
    for _ in range(2):
        desk.post(page(fibre), said(is_complaint="on"))

    complaint = Complaint.objects.get()
    assert (complaint.lodged_by, complaint.channel) == (fibre.world.holder, "phone")
    assert Fault.objects.get().complaint == complaint.reference


def test_complaint_of_a_caller_without_log_in_keeps_their_name_and_number(desk, fibre):
    desk.post(page(fibre), said(is_complaint="on", caller="Jo at the shop", reach="0400 000 111"))

    complaint = Complaint.objects.get()
    assert (complaint.caller_name, complaint.caller_contact) == ("Jo at the shop", "0400 000 111")
    assert complaint.told_by == "phone"


def test_others_private_complaint_is_not_told_to_who_is_calling(desk, fibre):
    desk.post(page(fibre), said())
    hidden = Complaint.objects.create(
        reference="C-HIDDEN",
        account=fibre.world.account,
        lodged_by=make_user("Ana Rossi"),
        role="authorised_rep",
        topic="fault",
        description="x",
        safety_threat=True,
        channel="web",
        received_at=CUP_DAY,
    )
    Fault.objects.update(complaint=hidden.reference)
    calls_in(desk, fibre.world, holder_row(fibre.world), step="troubleshoot")

    done = desk.post(page(fibre), said(is_complaint="on"), follow=True)

    own = Complaint.objects.exclude(pk=hidden.pk).get()
    said_so = [str(one) for one in done.context["messages"]]
    assert f"Their complaint is {own.reference}." in said_so[-1]
    assert "C-HIDDEN" not in said_so[-1]


def test_several_services_are_asked_for_first_and_cost_no_more_queries(desk, fibre):
    desk.get(page(fibre))
    second = second_service(fibre)
    with CaptureQueriesContext(connection) as few:
        text = desk.get(page(fibre)).content.decode()
    assert "Which service does not work?" in text
    assert str(second.public_id) in text
    chosen = desk.post(page(fibre), {"service": str(second.public_id)})
    assert chosen.url == page(fibre, second)
    assert desk.post(page(fibre), {"service": "no-such"}).status_code == 200

    for number in range(10):
        extra = second_service(fibre)
        Service.objects.filter(pk=extra.pk).update(label=f"Link {number}")
    with CaptureQueriesContext(connection) as many:
        desk.get(page(fibre))
    assert len(many) == len(few)


def test_account_on_which_nothing_runs_says_so(desk, fibre):
    Service.objects.update(status="ended", ended_on="2027-10-01")

    assert "Nothing on this account runs" in desk.get(page(fibre)).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("what", "x" * 1001), ("caller", ""), ("since", "2031-01-01T10:00"), ("trouble", "none")],
)
def test_bad_input_is_refused_in_words_and_keeps_what_was_typed(desk, fibre, field, value):
    answer = desk.post(page(fibre), said(tried="Switched it off.", **{field: value}))

    assert answer.status_code == 200
    assert "Switched it off." in answer.content.decode()
    assert not Fault.objects.exists()


@pytest.mark.parametrize("role", [StaffRole.BILLING, StaffRole.CREDIT, StaffRole.AUDITOR])
def test_staff_who_work_on_no_faults_take_none_down(fibre, role):
    client = signed_in(make_staff(role))
    assert client.get(page(fibre)).status_code == 403


def test_staff_of_another_provider_find_no_such_account(fibre):
    other = make_staff(StaffRole.FRONT_LINE, provider=make_provider("vpnet"))
    client = signed_in(other)

    assert client.post(page(fibre), said()).status_code == 200
    assert not Fault.objects.exists()


def test_report_in_a_large_outage_is_a_complaint_by_law_for_the_caller_too(client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW_OF_OUTAGES)
    world, _ = customer()
    outage = declare(world, make_staff())
    outage.reach = "major"
    outage.save(update_fields=["reach"])
    client = signed_in(make_staff(StaffRole.FRONT_LINE))
    give_reason(client, world.account)
    where = f"{reverse('admin:contracts_fault_add')}?account={world.account.number}"
    assert outage.reference in client.get(where).content.decode()

    client.post(where, said())

    assert Fault.objects.get().outage == outage
    assert Complaint.objects.get().caller_name == "Mia Conti"
