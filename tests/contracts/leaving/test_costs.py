"""What leaving costs on three dates, for each provider, to the day and the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from contracts.agreements.models import AgreedFigure
from contracts.agreements.services import FigureRefused
from contracts.agreements.states import Basis, FigureKind
from contracts.leaving import selectors as leaving
from contracts.leaving.selectors import Cost
from contracts.supply.services import change_supply
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
EX, INC = Basis.EX, Basis.INC


def cited(cost: Cost) -> set[str]:
    return {reason["id"] for part in cost.parts for reason in part.because}


def sums(cost: Cost) -> list[tuple[str, str, str]]:
    return [(part.key, str(part.amount), str(part.ex or "")) for part in cost.parts]


# ── hardware at a discount, an end on the issue day ─────────────────────────────────────────


@pytest.fixture
def vpnet() -> Agreement:
    made = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)
    made.note(FigureKind.HARDWARE_PRICE, "960.00", INC)
    made.note(FigureKind.HARDWARE_PAID, "360.00", INC)
    return made


@pytest.mark.parametrize(
    ("today", "asked", "ends_on", "notice_by", "total"),
    [
        # Day 30 of 8 Feb is Wed 10 Mar, the issue day; 960.00 less 360.00.
        ("2027-02-01", "2027-03-10", "2027-03-10", "2027-02-08", "600.00"),
        ("2027-02-09", "", "2027-04-10", "2027-03-11", "600.00"),
        # The term runs to 14 Sep 2027.
        ("2027-02-01", "2027-09-10", "2027-09-10", "2027-08-11", "600.00"),
        ("2027-02-01", "2027-10-10", "2027-10-10", "2027-09-10", "0.00"),
    ],
)
def test_hardware_is_repaid_inside_the_term_alone(vpnet, today, asked, ends_on, notice_by, total):
    found = vpnet.leaving(today, asked)

    assert (found.end.ends_on, found.end.notice_by) == (day(ends_on), day(notice_by))
    assert found.end.term_ends_on == day("2027-09-14")
    assert (str(found.cost.total), found.cost.is_known) == (total, True)
    assert "VP-SUS-13" in cited(found.cost)
    assert {"VP-SUS-11", "VP-SUS-12"} <= {reason["id"] for reason in found.end.because}


@pytest.mark.parametrize(("on", "total"), [("2027-09-13", "600.00"), ("2027-09-14", "0.00")])
def test_porting_ends_it_on_its_day_and_repays_the_hardware(vpnet, on, total):
    found = leaving.porting_of(vpnet.fresh(), on=day(on), today=day("2027-02-01"))

    assert found.ends_service
    assert found.cost is not None
    assert str(found.cost.total) == total
    assert "VP-SUS-15" in {reason["id"] for reason in found.because}


def test_hardware_that_nobody_noted_is_unknown_and_not_free():
    made = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)

    found = made.leaving("2027-02-01", "2027-03-10")

    assert found.cost.parts == ()
    assert found.cost.unknown == (
        "what discounted hardware costs in full",
        "what was paid for that hardware",
    )
    assert made.leaving("2027-02-01", "2027-10-10").cost.is_known


# ── by agreement inside the term, the contract's date, what was waived ──────────────────────


@pytest.fixture
def blueshift() -> Agreement:
    made = agree(
        "blueshift", "79.95", since="2026-02-25", signed="2026-02-18", months=24, state="QLD"
    )
    made.note(FigureKind.WAIVED_ITEMS, "339.00", INC)
    return made


def test_agreed_end_inside_the_term_costs_whole_months_and_a_share_of_what_was_waived(blueshift):
    found = blueshift.leaving("2027-08-02", "2027-08-20")

    assert found.end.needs_agreement
    assert found.end.ends_on == day("2027-08-20")
    assert found.end.without_agreement_on == found.end.term_ends_on == day("2028-02-17")
    # 20 Aug to 20 Jan: 5 × 79.95; 339.00 × 5 ÷ 24 = 70.625.
    assert sums(found.cost) == [("early", "399.75", ""), ("waived", "70.63", "")]
    assert found.cost.unknown == ("the administration charge of an agreed early end",)
    assert str(found.cost.total) == "470.38"
    assert {"BS-SUSP-13", "BS-SUSP-16"} <= cited(found.cost)


def test_administration_charge_counts_once_it_is_on_record(blueshift):
    blueshift.note(FigureKind.ADMIN_CHARGE, "55.00", INC, paper="the price list")

    found = blueshift.leaving("2027-08-02", "2027-08-20")

    assert str(found.cost.total) == "525.38"
    assert found.cost.is_known
    assert "BS-SUSP-15" in cited(found.cost)


@pytest.mark.parametrize(
    ("today", "asked", "ends_on", "total"),
    [
        ("2027-08-02", "2028-01-31", "2028-01-31", "0.00"),
        ("2028-01-18", "", "2028-02-17", "0.00"),
        # Day 30 is Thu 24 Feb, after the term.
        ("2028-01-25", "", "2028-02-24", "0.00"),
    ],
)
def test_no_whole_month_left_or_no_term_costs_nothing(blueshift, today, asked, ends_on, total):
    found = blueshift.leaving(today, asked)

    assert found.end.ends_on == day(ends_on)
    assert str(found.cost.total) == total


def test_transfer_costs_the_fee_but_nothing_for_what_was_waived(blueshift):
    found = leaving.porting_of(blueshift.fresh(), on=day("2027-08-20"), today=day("2027-08-20"))

    assert found.ends_service
    assert found.cost is not None
    assert sums(found.cost) == [("early", "399.75", ""), ("waived", "0.00", "")]
    assert found.cost.is_known
    assert "BS-CON-19" in {reason["id"] for reason in found.because}


# ── whole months without GST, numbers that leave alone ──────────────────────────────────────


@pytest.fixture
def comvergence() -> Agreement:
    return agree(
        "comvergence", "310.00", since="2024-10-14", months=36, state="WA", kind="cloud_pbx"
    )


@pytest.mark.parametrize(
    ("notice", "ends_on", "ex", "total"),
    [
        # 3 Mar to 3 Oct: 7 × 310.00; with GST 2,387.00.
        ("2027-02-01", "2027-03-03", "2170.00", "2387.00"),
        ("2027-08-02", "2027-09-01", "310.00", "341.00"),
        ("2027-09-13", "2027-10-13", "", "0.00"),
        ("2027-04-05", "2027-05-05", "1550.00", "1705.00"),
    ],
)
def test_whole_months_left_are_priced_before_gst_and_gst_is_added(
    comvergence, notice, ends_on, ex, total
):
    found = comvergence.leaving(notice)

    assert found.end.ends_on == day(ends_on)
    assert sums(found.cost) == [("early", total, ex)]
    assert "CV-TRM-03" in cited(found.cost)
    assert "CV-TRM-01" in {reason["id"] for reason in found.end.because}


def test_numbers_that_leave_end_no_service(comvergence):
    found = leaving.porting_of(comvergence.fresh(), on=day("2027-02-08"), today=day("2027-02-08"))

    assert found.ends_service is False
    assert found.notice_to == day("2027-03-10")
    assert {"CV-TRM-06", "CV-TRM-07"} <= {reason["id"] for reason in found.because}


def test_what_terms_say_of_numbers_says_nothing_of_a_line_without_any():
    fibre = agree("comvergence", "310.00", since="2024-10-14", months=36, kind="data")

    found = leaving.porting_of(fibre.fresh(), on=day("2027-02-08"), today=day("2027-02-08"))

    assert (found.ends_service, found.because) == (None, [])


# ── terms that name no charge, and a quotation that does ────────────────────────────────────


@pytest.fixture
def callpro() -> Agreement:
    return agree("callpro", "180.00", since="2026-12-01", months=12, state="ACT")


@pytest.mark.parametrize(
    ("asked", "ex", "total"),
    [("2027-05-15", "540.00", "594.00"), ("2027-12-01", "", "0.00"), ("2027-11-30", "", "0.00")],
)
def test_quoted_charge_comes_from_the_quotation(callpro, asked, ex, total):
    callpro.note(FigureKind.QUOTED_EARLY_CHARGE, "540.00", EX, "2027-11-30", paper="quotation Q1")

    found = callpro.leaving("2027-05-10", asked)

    assert found.end.ends_on == day(asked)
    assert sums(found.cost) == [("early", total, ex)]
    (reason,) = found.cost.parts[0].because
    assert (reason["source"], reason["id"], reason["clause"]) == ("agreed", "quotation Q1", None)


def test_where_nothing_was_quoted_the_terms_name_no_charge(callpro):
    found = callpro.leaving("2027-05-10", "2027-05-15")

    assert found.end.by_default
    assert found.end.ends_on == day("2027-05-15")
    assert sums(found.cost) == [("early", "0.00", "")]
    assert found.cost.parts[0].says == "Your terms name no charge for leaving."
    assert all(not reason["clause"] for reason in found.end.because)


# ── four parts, of which some are not known ─────────────────────────────────────────────────


@pytest.fixture
def greenlight() -> Agreement:
    return agree("greenlight", "400.00", since="2026-02-01", months=36, kind="data")


def test_four_parts_of_a_charge_are_at_least_what_is_known(greenlight):
    # A quarter of 400.00 for 12 months from 1 Feb 2028; nobody noted the other three parts.
    found = greenlight.leaving("2027-12-20", "2028-01-31")

    assert sums(found.cost) == [("early", "1320.00", "1200.00")]
    assert len(found.cost.unknown) == 4
    assert not found.cost.is_known


def test_four_parts_of_a_charge_once_all_are_noted(greenlight):
    greenlight.note(FigureKind.PROVISIONING_COST, "1096.00", EX)
    greenlight.note(FigureKind.UNAVOIDABLE_COSTS, "0.00", EX)
    greenlight.note(FigureKind.MINIMUM_SPEND, "420.00", EX)
    greenlight.note(FigureKind.CREDITS_GIVEN, "55.00", INC)

    found = greenlight.leaving("2027-12-20", "2028-01-31")

    # 1,096.00 × 366 ÷ 1,096 days = 366.00; 105.00 × 12 = 1,260.00; 50.00 of credits.
    assert sums(found.cost) == [("early", "1843.60", "1676.00")]
    assert found.cost.is_known
    assert {"GL-SUSP-13", "GL-SUSP-14", "GL-SUSP-15", "GL-SUSP-16"} <= cited(found.cost)


@pytest.mark.parametrize(
    ("today", "asked", "ends_on", "total"),
    [
        # Outside a term: 30 days and the end of the billing month.
        ("2029-02-01", "", "2029-03-31", "0.00"),
        ("2028-12-20", "2029-02-10", "2029-02-28", "0.00"),
    ],
)
def test_after_the_term_it_ends_with_a_billing_month(greenlight, today, asked, ends_on, total):
    found = greenlight.leaving(today, asked)

    assert found.end.ends_on == day(ends_on)
    assert (str(found.cost.total), found.cost.is_known) == (total, True)


# ── all providers ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", ["vpnet", "blueshift", "comvergence", "callpro", "greenlight"])
def test_without_a_minimum_term_leaving_costs_nothing(key):
    found = agree(key, "50.00", since="2026-03-02").leaving("2027-03-05")

    assert found.end.ends_on is not None
    assert str(found.cost.total) == "0.00"
    assert found.cost.is_known


def test_all_services_together_take_as_many_queries_as_one(django_assert_num_queries, vpnet):
    account = vpnet.world.account

    with django_assert_num_queries(4):
        first = leaving.leaving_all(account, today=day("2027-02-01"))

    assert [str(one.cost.total) for one in first] == ["600.00"]


def test_days_billed_beyond_the_end_are_given_back(comvergence):
    service = comvergence.service
    service.billed_through = day("2027-05-31")
    service.save()

    found = comvergence.leaving("2027-04-05")

    assert found.given_back is not None
    assert (found.given_back.starts_on, found.given_back.ends_on) == (
        day("2027-05-06"),
        day("2027-05-31"),
    )
    # 310.00 × 26 ÷ 31 = 260.00 before GST.
    assert str(found.given_back.amount) == "286.00"


def test_dearer_month_counts_in_the_charge(comvergence):
    change_supply(
        service=comvergence.service,
        on=day("2027-01-01"),
        unit_fee=Decimal("320.00"),
        at=comvergence.at("2027-01-01"),
    )

    assert sums(comvergence.leaving("2027-02-01").cost) == [("early", "2464.00", "2240.00")]


# ── what staff note ─────────────────────────────────────────────────────────────────────────


def test_the_newest_figure_stands_and_the_old_one_stays_on_record(callpro):
    callpro.note(FigureKind.QUOTED_EARLY_CHARGE, "540.00", EX, "2027-11-30")
    callpro.note(FigureKind.QUOTED_EARLY_CHARGE, "500.00", EX, "2027-11-30")
    callpro.note(FigureKind.QUOTED_EARLY_CHARGE, "500.00", EX, "2027-11-30")

    assert AgreedFigure.objects.count() == 2
    assert str(callpro.leaving("2027-05-10", "2027-05-15").cost.total) == "550.00"


def test_figures_are_refused_in_words(callpro):
    with pytest.raises(FigureRefused, match="before which day"):
        callpro.note(FigureKind.QUOTED_EARLY_CHARGE, "540.00", EX)
    with pytest.raises(FigureRefused, match="not below"):
        callpro.note(FigureKind.WAIVED_ITEMS, "-1.00", EX)
    callpro.staff = make_staff(StaffRole.AUDITOR)
    with pytest.raises(NotAuthorised):
        callpro.note(FigureKind.WAIVED_ITEMS, "1.00", EX)
    assert not AgreedFigure.objects.exists()


def test_term_of_a_provider_counts_from_the_contract_or_from_activation(blueshift, comvergence):
    assert blueshift.leaving("2027-01-01").end.term_ends_on == date(2028, 2, 17)
    assert comvergence.leaving("2027-01-01").end.term_ends_on == date(2027, 10, 13)


@pytest.mark.parametrize("key", ["vpnet", "blueshift", "comvergence", "callpro", "greenlight"])
def test_day_far_ahead_is_answered_too(key):
    found = agree(key, "50.00", since="2026-03-02", months=24).leaving("2027-03-05", "2037-03-05")

    assert str(found.cost.total) == "0.00"
