"""The worked sequences of price rises, to the day and the cent (seq-d-09, seq-d-10)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from billing.invoices.models import Invoice
from billing.runs.services import run_provider_bills
from contracts.agreements.states import Basis, FigureKind
from contracts.leaving import selectors as leaving
from contracts.leaving.models import EndNotice
from contracts.leaving.services import LeavingRefused, carry_out_ends, walk_away
from contracts.supply.models import Chargeable, Service
from contracts.variations import services
from contracts.variations.models import PriceChange, Variation
from contracts.variations.services import VariationRefused
from contracts.variations.states import (
    ChangeState,
    Forced,
    Keeps,
    PriceWay,
    VariationState,
    WayOutBy,
)
from parties.accounts.states import CustomerKind
from records.notices.models import Notice
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.contracts.variations.changes import (
    announce,
    approve,
    draft,
    fees,
    of,
    send_all,
)

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def cites(change: PriceChange) -> set[str]:
    return {one["id"] for one in change.because}


# ── seq-d-09: fourteen days from the date of the notice, rolled ─────────────────────────────


def blueshift(*, person: bool = True) -> Agreement:
    """79.95 a month with GST for 24 months, of which five whole ones are left in March 2027."""
    one = agree(
        "blueshift",
        "79.95",
        since="2025-09-18",
        months=24,
        basis="inc",
        bill_day=1,
        state="VIC",
        negotiated=not person,
    )
    customer = one.world.customer
    customer.kind = CustomerKind.RESIDENTIAL if person else CustomerKind.BUSINESS
    customer.is_large = not person
    customer.save()
    one.note(FigureKind.COMMITTED_MONTHLY, "79.95", Basis.INC)
    one.note(FigureKind.INSTALLATION_UNPAID, "33.00", Basis.INC)
    one.note(FigureKind.EQUIPMENT_UNPAID, "120.00", Basis.INC)
    for kind in (FigureKind.WAIVED_ITEMS, FigureKind.ADMIN_CHARGE):
        one.note(kind, "0.00", Basis.INC)
    return one


def rise(one: Agreement, **facts) -> Variation:
    given = {"notice_days": 30, "notice_why": "Long enough to compare and to move."} | facts
    return announce(
        one.service.plan, "84.95", "2027-04-20", one.at("2027-03-12", "16:30"), **given
    )


def leave(one: Agreement, change: PriceChange, on: str, clock: str, **how) -> EndNotice:
    return walk_away(
        change=change,
        by=one.world.holder,
        at=one.at(on, clock),
        usage=Decimal("4.30"),
        **how,
    )


def test_window_runs_from_the_date_of_the_notice_and_rolls_over_easter():
    one = blueshift()
    change = of(one, rise(one))

    assert change.state == ChangeState.PLANNED
    assert (change.told_on, change.received_on) == (day("2027-03-12"), day("2027-03-12"))
    assert change.effective_on == day("2027-04-20")
    # Day 14 is Good Friday; the 27th, the 28th and Easter Monday are no working days either.
    assert (change.way_out_by, change.way_out_until) == (WayOutBy.TERMS, day("2027-03-30"))
    assert {"BS-VAR-05", "BS-VAR-06"} <= cites(change)
    assert (str(change.monthly_before), str(change.monthly_after)) == ("79.95", "84.95")
    letter = change.notice
    assert letter.title == f"A higher price for {one.service} from Tue 20 Apr 2027"
    assert "until Tue 30 Mar 2027" in letter.text
    assert "$84.95 a month" in letter.text


def test_a_leaves_on_the_last_day_for_what_was_used_and_is_unpaid():
    one = blueshift()
    change = of(one, rise(one))

    found = leaving.way_out(change, today=day("2027-03-30"), usage=Decimal("4.30"))
    assert (str(found.total), found.refusal) == ("157.30", "")  # 4.30 + 33.00 + 120.00
    assert str(found.otherwise.parts[0].amount) == "399.75"
    notice = leave(one, change, "2027-03-30", "20:00", shown=(day("2027-03-30"), found.total))

    assert notice.ends_on == day("2027-03-30")
    assert [(part["label"], part["amount"]) for part in notice.parts] == [
        ("Installation not paid yet", "33.00"),
        ("Equipment not paid yet, of use elsewhere", "120.00"),
    ]
    assert carry_out_ends(at=one.at("2027-03-30", "23:10")) == 1
    assert sorted(str(row.amount) for row in Chargeable.objects.all()) == ["120.00", "33.00"]
    assert of(one, change.variation).state == ChangeState.LEFT
    service = Service.objects.get(pk=one.service.pk)
    assert service.ended_on == day("2027-03-30")
    assert fees(one) == [("2025-09-18", "79.95")]


def test_b_is_a_day_late_and_the_usual_charge_is_shown():
    one = blueshift()
    change = of(one, rise(one))

    found = leaving.way_out(change, today=day("2027-03-31"))
    assert "ended on Tue 30 Mar 2027" in found.refusal
    assert str(found.otherwise.parts[0].amount) == "399.75"  # 5 × 79.95
    with pytest.raises(LeavingRefused, match="ended on Tue 30 Mar 2027"):
        leave(one, change, "2027-03-31", "09:00")
    assert not EndNotice.objects.exists()


def test_b_pays_the_new_price_from_its_day_and_the_old_one_before():
    one = blueshift()
    one.service.billed_through = day("2027-03-31")
    one.service.save()
    rise(one)

    run_provider_bills(
        one.world.provider, issue_on=day("2027-04-01"), at=one.at("2027-04-01", "06:20")
    )
    lines = [
        (str(line.period_start), str(line.period_end), f"{line.amount_ex + line.gst:.2f}")
        for line in Invoice.objects.get().lines.order_by("period_start")
    ]
    # 79.95 × 19 ÷ 30 = 50.635 and 84.95 × 11 ÷ 30 = 31.148, each rounded as the terms do.
    assert lines == [
        ("2027-04-01", "2027-04-19", "50.64"),
        ("2027-04-20", "2027-04-30", "31.15"),
    ]
    services.carry_price_changes(at=one.at("2027-04-19", "23:50"))
    assert PriceChange.objects.get().state == ChangeState.PLANNED
    services.carry_price_changes(at=one.at("2027-04-20", "00:10"))
    assert PriceChange.objects.get().state == ChangeState.APPLIED
    services.carry_price_changes(at=one.at("2027-04-20", "12:10"))
    one.service.plan.refresh_from_db()
    assert str(one.service.plan.monthly_fee) == "84.950000"
    assert Variation.objects.get().state == VariationState.DONE


def test_f_has_the_same_days_when_the_cause_is_a_tax():
    one = blueshift()
    change = of(one, rise(one, forced_by=Forced.TAX))

    assert change.notice_required
    assert (change.way_out_by, change.way_out_until) == (WayOutBy.TERMS, day("2027-03-30"))
    assert str(leave(one, change, "2027-03-30", "20:00").charge) == "153.00"


def test_g_is_told_and_has_no_way_out_unless_one_is_offered():
    one = blueshift(person=False)
    change = of(one, rise(one))

    assert change.notice_required
    assert (change.way_out_by, change.way_out_until) == ("", None)
    assert "BS-VAR-02" in cites(change)
    assert "opens no way to leave" in change.notice.text
    with pytest.raises(LeavingRefused, match="opens no way out"):
        leave(one, change, "2027-03-20", "09:00")
    assert fees(one)[-1] == ("2027-04-20", "84.95")


def test_g_is_offered_a_way_out_as_an_offer():
    one = blueshift(person=False)
    change = of(one, rise(one, offers_way_out=True))

    assert (change.way_out_by, change.way_out_until) == (WayOutBy.OFFER, day("2027-03-30"))


@pytest.mark.parametrize("given", [{"notice_days": None, "notice_why": ""}])
def test_reasonable_notice_has_to_be_chosen_with_its_reason(given):
    one = blueshift()
    change = draft(one.service.plan, "84.95", "2027-04-20", one.at("2027-03-12", "16:30"), **given)

    with pytest.raises(VariationRefused, match="reasonable notice"):
        services.ask_for_approval(change=change, by=change.drafted_by, at=one.at("2027-03-12"))


def test_h_has_no_way_out_by_the_terms_alone_and_one_by_the_law():
    one = blueshift()
    change = of(one, rise(one, forced_by=Forced.SUPPLIER, supplier_wide=True))

    assert change.notice_required
    assert change.way_out_by == WayOutBy.LAW
    assert {"BS-VAR-04", "RF-TCP-24"} <= cites(change)
    found = leaving.way_out(change, today=day("2027-03-17"), usage=Decimal("4.30"))
    assert str(found.total) == "157.30"
    notice = leave(one, change, "2027-03-17", "09:00")
    assert (str(notice.charge), notice.ends_on) == ("153.00", day("2027-03-17"))


# ── seq-d-10: a fixed price held; rises passed on ───────────────────────────────────────────


def greenlight() -> Agreement:
    """K: a data link at 400.00 without GST, fixed for 36 months to 31 Jan 2029; large business."""
    one = agree(
        "greenlight",
        "400.00",
        since="2026-02-01",
        months=36,
        kind="data",
        bill_day=1,
        negotiated=True,
    )
    one.world.customer.is_large = True
    one.world.customer.save()
    return one


def passed_on(one: Agreement, amount: str, effective_on: str, at: datetime, cause: Forced):
    change = draft(
        one.service.plan,
        amount,
        effective_on,
        at,
        way=PriceWay.BY,
        forced_by=cause,
        service=one.service,
    )
    return approve(change, at)


def told(one: Agreement, change: Variation, at: datetime) -> PriceChange:
    services.carry_price_changes(at=at)
    send_all(at)
    services.carry_price_changes(at=at)
    return of(one, change)


def test_k_keeps_a_fixed_price_until_its_term_is_over():
    one = greenlight()
    variation = announce(one.service.plan, "440.00", "2027-04-01", one.at("2027-03-01"))
    change = of(one, variation)

    assert (change.keeps, change.keeps_until) == (Keeps.FIXED, day("2029-01-31"))
    assert change.effective_on == day("2029-02-01")
    assert "GL-VAR-03" in cites(change)
    assert "fixed until Wed 31 Jan 2029" in change.notice.text
    assert fees(one) == [("2026-02-01", "400.00"), ("2029-02-01", "440.00")]
    assert change.way_out_by == ""
    assert "GL-CON-09" in cites(change)


def test_supplier_rise_is_passed_on_21_days_after_receipt_even_in_a_fixed_term():
    one = greenlight()
    announce(one.service.plan, "440.00", "2027-04-01", one.at("2027-03-01"))
    at = one.at("2027-03-02", "16:30")

    with pytest.raises(VariationRefused, match="Tue 23 Mar 2027"):
        passed_on(one, "18.00", "2027-03-22", at, Forced.SUPPLIER)
    variation = passed_on(one, "18.00", "2027-04-01", at, Forced.SUPPLIER)
    change = told(one, variation, at)

    assert change.earliest_on == day("2027-03-23")
    assert change.notice.text.count("Our supplier has raised its price.") == 1
    assert (str(change.unit_before), str(change.unit_after)) == ("400.000000", "418.000000")
    assert (str(change.monthly_before), str(change.monthly_after)) == ("440.00", "459.80")
    assert fees(one) == [
        ("2026-02-01", "400.00"),
        ("2027-04-01", "418.00"),
        ("2029-02-01", "440.00"),
    ]
    assert change.way_out_by == ""


def test_an_email_before_midnight_is_received_the_next_day():
    one = greenlight()
    at = one.at("2027-03-02", "23:30")

    with pytest.raises(VariationRefused, match="Wed 24 Mar 2027"):
        passed_on(one, "18.00", "2027-03-23", at, Forced.SUPPLIER)
    change = told(one, passed_on(one, "18.00", "2027-03-24", at, Forced.SUPPLIER), at)
    assert change.received_on == day("2027-03-03")
    assert change.state == ChangeState.PLANNED


@pytest.mark.parametrize(
    ("on", "earliest", "may"), [("2027-06-07", "2027-06-28", 1), ("2027-06-11", "2027-07-02", 0)]
)
def test_levy_of_the_law_on_the_first_of_july(on, earliest, may):
    one = greenlight()
    announced = one.at("2027-03-02", "16:30")
    told(one, passed_on(one, "18.00", "2027-04-01", announced, Forced.SUPPLIER), announced)
    at = one.at(on, "10:00")

    if not may:
        with pytest.raises(VariationRefused, match="Fri 2 Jul 2027"):
            passed_on(one, "2.00", "2027-07-01", at, Forced.LAW)
        return
    change = told(one, passed_on(one, "2.00", "2027-07-01", at, Forced.LAW), at)
    assert change.earliest_on == day(earliest)
    assert str(change.unit_after) == "420.000000"
    assert fees(one)[-1] == ("2027-07-01", "420.00")


def test_k_has_no_right_to_leave_and_the_cost_of_leaving_is_shown():
    one = greenlight()
    at = one.at("2027-03-02", "16:30")
    change = told(one, passed_on(one, "18.00", "2027-04-01", at, Forced.SUPPLIER), at)

    found = leaving.way_out(change, today=day("2027-03-10"))
    assert "opens no way out" in found.refusal
    assert "GL-CON-09" in {one["id"] for one in found.because}
    assert not found.otherwise.is_known or found.otherwise.total > 0


def test_prices_on_invoices_follow_each_day_that_was_told():
    one = greenlight()
    one.service.billed_through = day("2027-02-28")
    one.service.save()
    announce(one.service.plan, "440.00", "2027-04-01", one.at("2027-03-01"))
    at = one.at("2027-03-02", "16:30")
    told(one, passed_on(one, "18.00", "2027-04-01", at, Forced.SUPPLIER), at)
    at = one.at("2027-06-07")
    told(one, passed_on(one, "2.00", "2027-07-01", at, Forced.LAW), at)

    paid = []
    for month in range(3, 9):
        on = f"2027-{month:02}-01"
        run_provider_bills(one.world.provider, issue_on=day(on), at=one.at(on, "06:20"))
        paid.append(str(Invoice.objects.latest("issue_date").subtotal_ex))
    assert paid == ["400.00", "418.00", "418.00", "418.00", "420.00", "420.00"]


def test_nobody_is_told_twice_whoever_rings():
    one = blueshift()
    rise(one)
    for _ in range(3):
        services.carry_price_changes(at=one.at("2027-03-12", "17:00"))
    assert Notice.objects.filter(kind="price_change").count() == 1
