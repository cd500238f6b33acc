"""Faults: taken by the desk, told their cost first, charged to the cent, closed (seq-d-13)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from complaints.lodging.services import complain_about_fault
from complaints.lodging.services import report_fault as report_maybe_complaint
from complaints.tickets.models import Complaint
from contracts.requests import selectors as requests
from contracts.requests import services
from contracts.requests.models import Fault, FaultWork, Outage
from contracts.requests.services import FaultRefused, Report, end_outage
from contracts.requests.states import FaultState, Found, Reach, Trouble
from contracts.supply.models import Chargeable
from parties.authority.selectors import NotAuthorised
from records.deadlines.models import Deadline
from records.notices.models import Notice
from terms.facts import Role
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree
from tests.world import appoint, make_staff, make_user, make_world

from .outages import NOW, customer, declare

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


@pytest.fixture
def fibre() -> Agreement:
    """Fibre of a protected small business in Sydney, 680.00 without GST, since 1 October 2025."""
    return agree("comvergence", "680.00", since="2025-10-01", months=24, kind="data", basis="ex")


def dead(**facts) -> Report:
    return Report(**({"trouble": Trouble.DEAD, "what": "No light on the box."} | facts))


def report(one: Agreement, on: str = "2027-11-02", clock: str = "10:00", **facts) -> Fault:
    facts.setdefault("accepts_cost", True)
    return services.report_fault(
        service=one.service, report=dead(**facts), by=one.world.holder, at=one.at(on, clock)
    )


def work(one: Agreement, fault: Fault, on: str, begins: str, ends: str, **facts) -> FaultWork:
    given = {"on_site": True, "found": Found.NOTHING, "words": "All is well here."} | facts
    return services.note_work(
        fault=fault,
        started_at=one.at(on, begins),
        ended_at=one.at(on, ends),
        by=one.staff,
        at=one.at(on, "23:30"),
        **given,
    )


def test_seq_d_13_faults_come_to_the_cent(fibre):
    fault = report(fibre)
    # Melbourne Cup Day: the desk, by the days of Victoria, is closed until Wednesday 08:30.
    assert fault.taken_at == fibre.at("2027-11-03", "08:30")
    duty = Deadline.objects.get(subject=fault.reference)
    assert (duty.due_on.isoformat(), duty.because[0]["id"]) == ("2027-11-03", "CV-NOT-03")
    letter = Notice.objects.get(title__startswith="We have your fault report")
    assert "takes your report on Wed 3 Nov 2027, 08:30" in letter.words

    done = [
        # The business rate on a holiday: 150.00 + 1.25 × 100.00 = 275.00, with GST 302.50.
        work(fibre, fault, "2027-11-02", "13:00", "15:15"),
        # After hours: 300.00 + 1.25 × 200.00 = 550.00, with GST 605.00.
        work(fibre, fault, "2027-11-06", "19:10", "21:25"),
        # From afar, an hour at least: 100.00, with GST 110.00.
        work(fibre, fault, "2027-11-10", "11:00", "11:35", on_site=False),
    ]

    assert [one.amount for one in done] == [Decimal("302.50"), Decimal("605.00"), Decimal(110)]
    cited = [{reason["id"] for reason in one.because} for one in done]
    for clause, ids in zip(("CV-FEE-02", "CV-FEE-03", "CV-FEE-01"), cited, strict=True):
        assert {clause, "CV-NOT-02"} <= ids
    charged = Chargeable.objects.filter(service=fibre.service, kind="support")
    assert sum(row.amount for row in charged) == Decimal("1017.50")
    assert not Complaint.objects.exists()
    assert {row.incurred_on.isoformat() for row in charged} == {
        "2027-11-02",
        "2027-11-06",
        "2027-11-10",
    }


def test_what_it_can_cost_is_told_before_anybody_is_sent(fibre):
    told = requests.cost_told(fibre.service, fibre.at("2027-11-02"))

    assert told.parts == [
        ("Work from afar", Decimal("110.00"), Decimal("110.00")),
        ("A visit in business hours", Decimal("165.00"), Decimal("110.00")),
        ("A visit after hours", Decimal("330.00"), Decimal("220.00")),
    ]


def test_visit_whose_fee_nobody_agreed_to_costs_nothing(fibre):
    fault = report(fibre, accepts_cost=False)

    first = work(fibre, fault, "2027-11-03", "13:00", "15:15")
    services.accept_cost(fault=fault, by=fibre.world.holder, at=fibre.at("2027-11-04"))
    fault.refresh_from_db()
    earlier = work(fibre, fault, "2027-11-04", "09:00", "09:30")
    later = work(fibre, fault, "2027-11-05", "13:00", "14:00")

    assert [one.amount for one in (first, earlier, later)] == [0, 0, Decimal("165.00")]
    assert Chargeable.objects.get(kind="support").amount == Decimal("165.00")


def test_fault_on_our_side_costs_nothing(fibre):
    fault = report(fibre)

    assert work(fibre, fault, "2027-11-03", "13:00", "15:15", found=Found.OURS).amount == 0
    assert not Chargeable.objects.exists()


def test_work_noted_twice_is_one_and_hours_never_overlap(fibre):
    fault = report(fibre)

    assert work(fibre, fault, "2027-11-03", "13:00", "15:15") == work(
        fibre, fault, "2027-11-03", "13:00", "15:15"
    )
    with pytest.raises(FaultRefused, match="some of these hours"):
        work(fibre, fault, "2027-11-03", "15:00", "16:00")
    for begins, ends in (("13:00", "13:00"), ("14:00", "13:00"), ("23:00", "23:59")):
        with pytest.raises(FaultRefused, match="ends after it began"):
            work(fibre, fault, "2027-11-04", begins, ends)
    assert Chargeable.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "state", "on", "clock", "taken"),
    [
        # In summer the desk is open by standard time, too: until 18:30 on the clock of Melbourne.
        ("comvergence", "VIC", "2026-11-26", "18:15", "2026-11-26 18:15"),
        ("comvergence", "VIC", "2026-11-26", "18:45", "2026-11-27 08:30"),
        ("comvergence", "VIC", "2026-11-27", "20:00", "2026-11-30 08:30"),
        ("comvergence", "WA", "2026-11-27", "20:00", "2026-11-30 05:30"),
        # The terms name no desk: the house default, 09:00 to 17:00.
        ("vpnet", "NSW", "2026-11-27", "17:01", "2026-11-30 09:00"),
    ],
)
def test_desk_takes_a_report_when_it_opens(key, state, on, clock, taken):
    one = agree(key, "100.00", since="2026-01-05", state=state)

    fault = report(one, on, clock)

    assert fault.taken_at == one.at(*taken.split())


def test_repair_of_greenlight_costs_only_an_agreed_estimate():
    one = agree("greenlight", "100.00", since="2026-01-05")
    fault = report(one, "2026-11-27")
    theirs = {"found": Found.THEIRS}

    covered = work(one, fault, "2026-11-27", "11:00", "12:00", found=Found.NOTHING)
    unpriced = work(one, fault, "2026-11-27", "13:00", "14:00", **theirs)
    services.accept_cost(
        fault=fault,
        by=one.staff,
        at=one.at("2026-11-28"),
        caller="Mia Conti",
        estimate=Decimal("220.00"),
    )
    fault.refresh_from_db()
    agreed = work(one, fault, "2026-11-30", "11:00", "12:00", **theirs)

    assert [row.amount for row in (covered, unpriced, agreed)] == [0, 0, Decimal("220.00")]
    assert {reason["id"] for reason in agreed.because} == {"GL-CARE-04", "GL-BILL-11"}


@pytest.mark.parametrize("key", ["callpro", "vpnet", "blueshift"])
def test_terms_that_price_nothing_charge_nothing_and_say_so(key):
    one = agree(key, "100.00", since="2026-01-05")
    fault = report(one, "2026-11-26")

    told = requests.cost_told(one.service, one.at("2026-11-26"))
    assert not told.parts
    silent = "Your terms name no charge for looking into a fault."
    assert (told.words == silent) == (key == "callpro")
    assert work(one, fault, "2026-11-26", "11:00", "12:00").amount == 0


def test_fault_is_closed_and_told_and_reported_anew(fibre):
    fault = report(fibre)
    services.take_fault(fault=fault, by=fibre.staff, at=fibre.at("2027-11-03", "09:00"))
    assert Deadline.objects.get(subject=fault.reference).status == "met"
    assert report(fibre, "2027-11-03", "10:00") == fault

    at = fibre.at("2027-11-03", "12:00")
    services.close_fault(
        fault=fault, is_mended=True, outcome="A card was changed.", by=fibre.staff, at=at
    )
    fault.refresh_from_db()
    assert (fault.state, fault.result) == (FaultState.MENDED, "A card was changed.")
    with pytest.raises(IllegalStep):
        services.withdraw_fault(fault=fault, by=fibre.world.holder, at=at)
    with pytest.raises(FaultRefused, match="report it again"):
        services.accept_cost(fault=fault, by=fibre.world.holder, at=at)
    assert report(fibre, "2027-11-04") != fault


def test_desk_that_looks_too_late_stays_late(fibre):
    fault = report(fibre)
    services.take_fault(fault=fault, by=fibre.staff, at=fibre.at("2027-11-04", "09:00"))

    assert Deadline.objects.get(subject=fault.reference).status == "met_late"


def test_report_during_an_outage_joins_it_and_ends_with_it():
    here, service = customer()
    outage = declare(here, make_staff())

    fault = services.report_fault(service=service, report=dead(), by=here.holder, at=NOW)

    assert fault.outage == outage
    assert not Deadline.objects.filter(subject=fault.reference).exists()
    assert not Complaint.objects.exists()
    later = NOW + timedelta(hours=1)
    end_outage(outage=outage, ended_at=later, words="All mended.", by=make_staff(), at=later)
    fault.refresh_from_db()
    assert (fault.state, fault.closed_at) == (FaultState.MENDED, later)


@pytest.mark.parametrize(
    ("reach", "trouble", "disaster", "spend", "is_one"),
    [
        (Reach.MAJOR, Trouble.DEAD, False, "5000.00", True),
        (Reach.LOCAL, Trouble.DEAD, False, "5000.00", True),
        (Reach.OTHER, Trouble.DEAD, False, "5000.00", False),
        (Reach.MAJOR, Trouble.POOR, False, "5000.00", False),
        (Reach.MAJOR, Trouble.DEAD, True, "5000.00", False),
        (Reach.MAJOR, Trouble.DEAD, False, "50000.00", False),
    ],
)
def test_report_in_a_large_outage_is_a_complaint_by_law_alone(
    reach, trouble, disaster, spend, is_one
):
    here, service = customer(spend=spend)
    outage = declare(here, make_staff(), is_natural_disaster=disaster)
    Outage.objects.filter(pk=outage.pk).update(reach=reach)

    fault = report_maybe_complaint(
        service=service, said=dead(trouble=trouble), is_complaint=False, by=here.holder, at=NOW
    )

    assert bool(fault.complaint) == is_one
    if is_one:
        assert outage.reference in Complaint.objects.get(reference=fault.complaint).description


def test_fault_is_a_complaint_when_somebody_says_so_once(fibre):
    fault = report(fibre)

    for _ in range(2):
        made = complain_about_fault(fault=fault, by=fibre.world.holder, at=fibre.at("2027-11-02"))
    fault.refresh_from_db()

    assert Complaint.objects.get().reference == made.reference == fault.complaint


def test_stranger_and_representative_of_another_service_report_nothing(fibre):
    stranger = make_world("comvergence").holder
    rep = make_user("Casey Brown")
    elsewhere = {"00000000-0000-0000-0000-000000000000": "Another"}
    appoint(fibre.world.account, rep, Role.AUTHORISED_REP, services=elsewhere)

    for who in (stranger, rep):
        with pytest.raises(NotAuthorised):
            services.report_fault(
                service=fibre.service, report=dead(), by=who, at=fibre.at("2027-11-02")
            )


def test_customer_notes_no_work_and_takes_nothing_in_hand(fibre):
    fault = report(fibre)
    who = {"by": fibre.world.holder, "at": fibre.at("2027-11-03", "12:00")}

    with pytest.raises(NotAuthorised):
        services.take_fault(fault=fault, **who)
    with pytest.raises(NotAuthorised):
        services.close_fault(fault=fault, is_mended=True, outcome="x", **who)
    services.withdraw_fault(fault=fault, **who)
    fault.refresh_from_db()
    assert fault.state == FaultState.WITHDRAWN
    assert not Deadline.objects.filter(subject=fault.reference, status="open").exists()


def test_service_that_does_not_run_and_days_to_come_are_refused(fibre):
    with pytest.raises(FaultRefused, match="Look at the day"):
        report(fibre, since=fibre.at("2027-11-03"))
    fibre.service.status = "ended"
    fibre.service.ended_on = fibre.at("2027-10-01").date()
    fibre.service.save()
    with pytest.raises(FaultRefused, match="does not run"):
        report(fibre)


@pytest.mark.parametrize("facts", [{"limits": ["incur_expense"]}, {"max_expense": "150.00"}])
def test_representative_who_may_not_agree_to_the_cost_reports_without_it(fibre, facts):
    rep = make_user("Casey Brown")
    appoint(fibre.world.account, rep, Role.AUTHORISED_REP, **facts)
    given = {"service": fibre.service, "by": rep, "at": fibre.at("2027-11-02")}

    with pytest.raises(NotAuthorised):
        services.report_fault(report=dead(accepts_cost=True), **given)
    assert not Fault.objects.exists()
    fault = services.report_fault(report=dead(), **given)
    with pytest.raises(NotAuthorised):
        services.accept_cost(fault=fault, by=rep, at=fibre.at("2027-11-02"))
    fault.refresh_from_db()
    assert fault.cost_accepted_at is None


def test_complaint_about_somebodys_safety_stays_theirs(fibre):
    rep = make_user("Casey Brown")
    appoint(fibre.world.account, rep, Role.AUTHORISED_REP)
    fault, at = report(fibre), fibre.at("2027-11-02")
    theirs = complain_about_fault(fault=fault, by=rep, at=at)
    Complaint.objects.filter(pk=theirs.pk).update(safety_threat=True)

    made = [complain_about_fault(fault=fault, by=fibre.world.holder, at=at) for _ in range(2)]

    assert made[0] == made[1] != theirs
    assert complain_about_fault(fault=fault, by=rep, at=at) == theirs


def test_a_second_report_of_it_adds_its_words_and_loses_none(fibre):
    first = report(fibre)
    assert report(fibre, clock="10:01") == first
    added = report(fibre, clock="11:00", what="Now it smells burnt.")

    assert added == first
    assert Fault.objects.get().what == "No light on the box.\nNow it smells burnt."
    with pytest.raises(FaultRefused, match="characters are left"):
        report(fibre, clock="12:00", what="x" * 1000)
    assert Fault.objects.get().what.endswith("burnt.")
