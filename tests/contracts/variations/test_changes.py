"""A change of price from draft to its day: who decides, who is told, who keeps what."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from contracts.catalogue.selectors import list_price
from contracts.leaving.models import EndNotice
from contracts.leaving.services import LeavingRefused, take_back_end_notice, walk_away
from contracts.leaving.states import NoticeState
from contracts.supply.models import Service
from contracts.supply.services import (
    SupplyRefused,
    adjust_supply,
    change_supply,
    end_supply,
    start_supply,
)
from contracts.variations import selectors as variations
from contracts.variations import services
from contracts.variations.models import PriceChange, Variation
from contracts.variations.services import VariationRefused
from contracts.variations.states import (
    ChangeState,
    Keeps,
    PriceWay,
    VariationState,
    WayOutBy,
)
from parties.authority.selectors import NotAuthorised
from parties.correspondence.models import Preference
from parties.correspondence.states import PreferenceKind
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from records.notices.states import Channel, Status
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.contracts.variations.changes import (
    announce,
    approve,
    biller,
    draft,
    fees,
    of,
    send_all,
)
from tests.world import make_provider, make_service, make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


@pytest.fixture
def vpnet() -> Agreement:
    """33.00 a month with GST for 24 months from 15 Sep 2025: thirty clear days of notice."""
    return agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)


def start(one: Agreement, amount: str = "36.00", on: str = "2027-04-10", **facts) -> Variation:
    return draft(one.service.plan, amount, on, one.at("2027-03-01"), **facts)


def another(one: Agreement, fee: str | None = None) -> Service:
    """One more service on the same plan, on an account of its own."""
    plan = one.service.plan
    other = make_service(one.world.account)
    other.plan = plan
    other.save()
    price = Decimal(fee) if fee else plan.monthly_fee
    other.periods.update(plan=plan, unit_fee=price)
    return other


# ── drafting ────────────────────────────────────────────────────────────────────────────────


def test_a_draft_tells_nobody_and_changes_nothing(vpnet):
    change = start(vpnet)

    found = variations.totals(change)
    assert (found.pays_other, found.with_way_out) == (1, 1)
    assert (str(found.before), str(found.after)) == ("33.00", "36.00")
    services.carry_price_changes(at=vpnet.at("2027-04-20"))
    assert not Notice.objects.filter(kind="price_change").exists()
    assert fees(vpnet) == [("2025-09-15", "33.00")]


def test_the_same_draft_is_one(vpnet):
    assert start(vpnet) == start(vpnet)
    assert PriceChange.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"amount": "33.00"}, "costs that already"),
        ({"amount": "-1.00"}, "not below"),
        ({"amount": "0.00", "way": PriceWay.BY}, "nothing would change"),
        ({"on": "2027-03-01"}, "choose a day after Mon 1 Mar 2027"),
        ({"on": "2020-01-01"}, "choose a day after"),
        ({"on": "2099-01-01"}, "Choose a day up to"),
        ({"notice_days": 5}, "Say why"),
    ],
)
def test_what_no_customer_could_be_told_is_refused_in_words(vpnet, facts, says):
    with pytest.raises(VariationRefused, match=says):
        start(vpnet, **facts)
    assert not Variation.objects.exists()


@pytest.mark.parametrize("amount", ["0.00", "99999999999.99"])
def test_the_smallest_and_the_largest_price_are_worked_out(vpnet, amount):
    change = of(vpnet, start(vpnet, amount))

    assert str(change.monthly_after) == amount


@pytest.mark.parametrize(
    "role", [StaffRole.FRONT_LINE, StaffRole.CREDIT, StaffRole.PRIVACY, StaffRole.AUDITOR]
)
def test_only_those_who_keep_prices_draft(vpnet, role):
    with pytest.raises(NotAuthorised):
        start(vpnet, by=make_staff(role))


def test_staff_of_another_provider_and_customers_draft_nothing(vpnet):
    for person in (biller(make_provider("callpro")), vpnet.world.holder, make_user("A B")):
        with pytest.raises(NotAuthorised):
            start(vpnet, by=person)


# ── who keeps the old price, and why ────────────────────────────────────────────────────────


def test_price_agreed_for_one_service_stays(vpnet):
    other = another(vpnet, "29.00")
    change = start(vpnet)

    kept = PriceChange.objects.get(service=other)
    assert (kept.state, kept.keeps) == (ChangeState.KEEPS, Keeps.AGREED)
    assert variations.totals(change).keeps_agreed == 1
    announced = approve(change, vpnet.at("2027-03-01"))
    services.carry_price_changes(at=vpnet.at("2027-03-01"))
    assert Notice.objects.filter(kind="price_change").count() == 1
    assert announced.state == VariationState.TELLING


def test_rise_by_an_amount_reaches_prices_agreed_for_one_service(vpnet):
    other = another(vpnet, "29.00")
    start(vpnet, "1.00", way=PriceWay.BY)

    assert str(PriceChange.objects.get(service=other).unit_after) == "30.000000"


def test_price_that_the_contract_fixes_holds_whoever_the_provider_is(vpnet):
    contract = vpnet.service.contract
    contract.price_fixed_until, contract.agreed_in = day("2027-08-31"), "Q7"
    contract.save()
    change = of(vpnet, announce(vpnet.service.plan, "36.00", "2027-04-10", vpnet.at("2027-03-01")))

    assert (change.keeps, change.keeps_until) == (Keeps.FIXED, day("2027-08-31"))
    assert change.effective_on == day("2027-09-01")
    assert "Agreed in Q7" in str(change.because)
    assert fees(vpnet) == [("2025-09-15", "33.00"), ("2027-09-01", "36.00")]


def test_service_that_ends_before_is_not_touched(vpnet):
    end_supply(service=vpnet.service, last_day=day("2027-04-09"), at=vpnet.at("2027-02-01"))

    assert of(vpnet, start(vpnet)).keeps == Keeps.ENDS


def test_a_fall_of_price_needs_no_notice_and_opens_no_way_out(vpnet):
    change = of(vpnet, announce(vpnet.service.plan, "30.00", "2027-03-02", vpnet.at("2027-03-01")))

    assert (change.state, change.notice_required) == (ChangeState.PLANNED, False)
    assert change.way_out_by == ""
    assert change.notice.title.startswith("A lower price")
    assert fees(vpnet)[-1] == ("2027-03-02", "30.00")


# ── thirty clear days, and a second person ──────────────────────────────────────────────────


def test_change_before_its_notice_is_refused_with_the_first_day(vpnet):
    # Told on 1 March: thirty clear days to the 31st, so from 1 April.
    change = start(vpnet, on="2027-03-31")
    with pytest.raises(VariationRefused, match="the first day that suits all is Thu 1 Apr 2027"):
        services.ask_for_approval(change=change, by=change.drafted_by, at=vpnet.at("2027-03-01"))
    assert approve(start(vpnet, on="2027-04-01"), vpnet.at("2027-03-01"))


def test_approval_that_comes_too_late_is_refused_with_the_first_day(vpnet):
    change = start(vpnet, on="2027-04-01")
    services.ask_for_approval(change=change, by=change.drafted_by, at=vpnet.at("2027-03-01"))

    with pytest.raises(VariationRefused, match="Fri 2 Apr 2027"):
        services.decide_change(change=change, approve=True, by=biller(), at=vpnet.at("2027-03-02"))
    change.refresh_from_db()
    assert change.state == VariationState.ASKED


def test_whoever_drafted_it_does_not_decide(vpnet):
    change = start(vpnet)
    at = vpnet.at("2027-03-01")
    services.ask_for_approval(change=change, by=change.drafted_by, at=at)

    with pytest.raises(VariationRefused, match="another person"):
        services.decide_change(change=change, approve=True, by=change.drafted_by, at=at)
    assert not Notice.objects.filter(kind="price_change").exists()


def test_provider_with_one_member_of_staff_needs_no_second(vpnet):
    vpnet.world.provider.second_person_above = None
    vpnet.world.provider.save()
    change = start(vpnet)

    done = services.ask_for_approval(
        change=change, by=change.drafted_by, at=vpnet.at("2027-03-01")
    )
    assert done.state == VariationState.TELLING


def test_refusal_gives_its_reason_and_ends_it(vpnet):
    change, at = start(vpnet), vpnet.at("2027-03-01")
    services.ask_for_approval(change=change, by=change.drafted_by, at=at)

    with pytest.raises(VariationRefused, match="gives its reason"):
        services.decide_change(change=change, approve=False, by=biller(), at=at)
    services.decide_change(change=change, approve=False, by=biller(), at=at, why="No.")
    with pytest.raises(IllegalStep):
        services.decide_change(change=change, approve=True, by=biller(), at=at)


def test_draft_is_dropped_once_and_then_approved_by_nobody(vpnet):
    change, at = start(vpnet), vpnet.at("2027-03-01")
    for _ in range(2):
        dropped = services.drop_draft(change=change, by=change.drafted_by, at=at)
    assert dropped.state == VariationState.DROPPED
    with pytest.raises(IllegalStep):
        services.ask_for_approval(change=change, by=change.drafted_by, at=at)


# ── told, and really given ──────────────────────────────────────────────────────────────────


def test_no_price_without_a_notice_that_was_given(vpnet):
    change = approve(start(vpnet), vpnet.at("2027-03-01"))
    services.carry_price_changes(at=vpnet.at("2027-03-01"))
    Notice.objects.filter(kind="price_change").update(status=Status.FAILED)

    services.carry_price_changes(at=vpnet.at("2027-04-10", "00:10"))
    row = of(vpnet, change)
    assert row.state == ChangeState.LATE
    assert fees(vpnet) == [("2025-09-15", "33.00")]


def test_notice_that_went_out_late_puts_no_price_into_force(vpnet):
    change = approve(start(vpnet), vpnet.at("2027-03-01"))
    services.carry_price_changes(at=vpnet.at("2027-03-01"))
    send_all(vpnet.at("2027-03-20"))

    services.carry_price_changes(at=vpnet.at("2027-03-20"))
    row = of(vpnet, change)
    # Sent on a Saturday, received on Mon 22 March, and thirty clear days after it.
    assert (row.state, row.earliest_on) == (ChangeState.LATE, day("2027-04-22"))
    assert fees(vpnet) == [("2025-09-15", "33.00")]

    services.tell_again(change=row, on=day("2027-04-25"), by=biller(), at=vpnet.at("2027-03-21"))
    for _ in range(2):
        services.carry_price_changes(at=vpnet.at("2027-03-21"))
        send_all(vpnet.at("2027-03-21"))
    row = of(vpnet, change)
    assert (row.state, row.effective_on) == (ChangeState.PLANNED, day("2027-04-25"))
    assert fees(vpnet)[-1] == ("2027-04-25", "36.00")


def test_customer_whom_nobody_reached_may_keep_the_price(vpnet):
    change = approve(start(vpnet), vpnet.at("2027-03-01"))
    services.carry_price_changes(at=vpnet.at("2027-03-01"))
    services.carry_price_changes(at=vpnet.at("2027-04-10"))
    row = of(vpnet, change)

    with pytest.raises(VariationRefused, match="Say why"):
        services.keep_as_it_is(change=row, why=" ", by=biller(), at=vpnet.at("2027-04-10"))
    services.keep_as_it_is(change=row, why="No address.", by=biller(), at=vpnet.at("2027-04-10"))
    services.carry_price_changes(at=vpnet.at("2027-04-11"))
    assert of(vpnet, change).state == ChangeState.LAPSED
    assert Variation.objects.get().state == VariationState.DONE


def test_notice_told_by_staff_counts_on_the_day_they_told_it(vpnet):
    change = approve(start(vpnet), vpnet.at("2027-03-01"))
    services.carry_price_changes(at=vpnet.at("2027-03-01"))
    Notice.objects.update(status=Status.TOLD, sent_at=vpnet.at("2027-03-02"))
    services.carry_price_changes(at=vpnet.at("2027-03-02"))

    row = of(vpnet, change)
    assert (row.state, row.received_on) == (ChangeState.PLANNED, day("2027-03-02"))


def test_a_row_that_is_told_always_has_its_notice(vpnet):
    row = of(vpnet, start(vpnet))
    with pytest.raises(IntegrityError), transaction.atomic():
        PriceChange.objects.filter(pk=row.pk).update(state=ChangeState.TOLD)


def test_resumed_after_a_kill_half_way_tells_nobody_twice(vpnet, monkeypatch):
    for _ in range(5):
        another(vpnet)
    change = approve(start(vpnet), vpnet.at("2027-03-01"))
    from contracts.variations.services import prices

    told, killed = prices.tell_of_price, []

    def dies(*args, **way):
        if len(killed) == 3:
            raise KeyboardInterrupt
        killed.append(args)
        return told(*args, **way)

    monkeypatch.setattr(prices, "tell_of_price", dies)
    with pytest.raises(KeyboardInterrupt):
        services.carry_price_changes(at=vpnet.at("2027-03-01", "10:01"))
    assert Notice.objects.filter(kind="price_change").count() == 3

    monkeypatch.setattr(prices, "tell_of_price", told)
    for _ in range(2):
        services.carry_price_changes(at=vpnet.at("2027-03-01", "10:02"))
    refs = Notice.objects.filter(kind="price_change").values_list("subject_ref", flat=True)
    assert (len(refs), len(set(refs))) == (6, 6)
    change.refresh_from_db()
    assert change.state == VariationState.TOLD


def test_one_service_that_fails_stops_no_other_and_waits_with_its_reason(vpnet, monkeypatch):
    other = another(vpnet)
    approve(start(vpnet), vpnet.at("2027-03-01"))
    from contracts.variations.services import prices

    told = prices.tell_of_price

    def fails(change, account, at, **way):
        if change.service_id == other.pk:
            raise RuntimeError("no template")
        return told(change, account, at, **way)

    monkeypatch.setattr(prices, "tell_of_price", fails)
    services.carry_price_changes(at=vpnet.at("2027-03-01"))

    assert PriceChange.objects.get(service=other).problem == "RuntimeError: no template"
    assert PriceChange.objects.get(service=vpnet.service).state == ChangeState.TOLD


# ── withdrawn ───────────────────────────────────────────────────────────────────────────────


def test_withdrawn_change_is_told_and_the_old_price_stays(vpnet):
    change = announce(vpnet.service.plan, "36.00", "2027-04-10", vpnet.at("2027-03-01"))
    assert fees(vpnet)[-1] == ("2027-04-10", "36.00")

    for _ in range(2):
        services.withdraw_change(
            change=change, why="A mistake.", by=biller(), at=vpnet.at("2027-03-05")
        )
        services.carry_price_changes(at=vpnet.at("2027-03-05"))
    assert fees(vpnet) == [("2025-09-15", "33.00")]
    letters = Notice.objects.filter(title__contains="stays as it is")
    assert letters.count() == 1
    assert "A mistake." in letters.get().text
    services.carry_price_changes(at=vpnet.at("2027-04-11"))
    assert list_price(vpnet.service.plan, day("2027-04-11")) == Decimal("33.00")


def test_what_is_in_force_is_not_withdrawn(vpnet):
    change = announce(vpnet.service.plan, "36.00", "2027-04-10", vpnet.at("2027-03-01"))
    services.carry_price_changes(at=vpnet.at("2027-04-10"))

    with pytest.raises(VariationRefused, match="in force"):
        services.withdraw_change(
            change=change, why="A mistake.", by=biller(), at=vpnet.at("2027-04-11")
        )


# ── the list, orders, and other steps about the same service ────────────────────────────────


def test_order_made_before_pays_what_it_was_told_when_it_starts_after(vpnet):
    plan = vpnet.service.plan
    ordered = Service.objects.create(
        contract=vpnet.service.contract, plan=plan, label="New", identifier="02 5550 9999"
    )
    ordered.contract.started_on = day("2027-03-15")
    ordered.contract.save()
    announce(plan, "36.00", "2027-04-10", vpnet.at("2027-03-01"))
    services.carry_price_changes(at=vpnet.at("2027-04-10"))

    started = start_supply(
        service=ordered, activated_on=day("2027-04-20"), at=vpnet.at("2027-04-20")
    )
    plan.refresh_from_db()
    assert str(plan.monthly_fee) == "36.000000"
    assert str(started.periods.get().unit_fee) == "33.000000"


def test_second_rise_reaches_those_whom_the_first_one_reached(vpnet):
    plan = vpnet.service.plan
    announce(plan, "36.00", "2027-04-10", vpnet.at("2027-03-01"))
    announce(plan, "39.00", "2027-08-10", vpnet.at("2027-03-02"))

    assert fees(vpnet) == [
        ("2025-09-15", "33.00"),
        ("2027-04-10", "36.00"),
        ("2027-08-10", "39.00"),
    ]


def test_staff_raise_no_price_of_one_customer_without_telling(vpnet):
    facts = {"service": vpnet.service, "on": day("2027-03-10"), "at": vpnet.at("2027-03-01")}
    with pytest.raises(SupplyRefused, match="told first"):
        adjust_supply(unit_fee=Decimal("33.01"), **facts)
    adjust_supply(unit_fee=Decimal("32.00"), **facts)
    assert fees(vpnet)[-1] == ("2027-03-10", "32.00")


def test_price_told_lapses_where_another_plan_came_first(vpnet):
    change = announce(vpnet.service.plan, "36.00", "2027-04-10", vpnet.at("2027-03-01"))
    change_supply(
        service=vpnet.service,
        on=day("2027-04-01"),
        unit_fee=Decimal("20.00"),
        at=vpnet.at("2027-03-20"),
    )
    services.carry_price_changes(at=vpnet.at("2027-04-10"))

    assert of(vpnet, change).state == ChangeState.LAPSED
    assert fees(vpnet)[-1] == ("2027-04-01", "20.00")


# ── leaving because of it ───────────────────────────────────────────────────────────────────


def leave(one: Agreement, row: PriceChange, on: str, **how) -> EndNotice:
    return walk_away(change=row, by=one.world.holder, at=one.at(on), **how)


def test_customers_notice_counts_inside_42_days_from_receipt(vpnet):
    change = announce(vpnet.service.plan, "36.00", "2027-04-10", vpnet.at("2027-03-01"))
    row = of(vpnet, change)
    assert (row.way_out_by, row.way_out_until) == (WayOutBy.TERMS, day("2027-04-12"))

    with pytest.raises(LeavingRefused, match="ended on Mon 12 Apr 2027"):
        leave(vpnet, row, "2027-04-13")
    notice = leave(vpnet, row, "2027-04-12", ends_on=day("2027-04-30"))
    assert (notice.ends_on, str(notice.charge)) == (day("2027-04-30"), "0.00")
    assert leave(vpnet, row, "2027-04-12", ends_on=day("2027-04-30")) == notice
    assert Entry.objects.filter(action="walk_away").count() == 1


def test_whoever_comes_back_pays_the_price_that_was_told(vpnet):
    change = announce(vpnet.service.plan, "36.00", "2027-04-10", vpnet.at("2027-03-01"))
    notice = leave(vpnet, of(vpnet, change), "2027-03-20", ends_on=day("2027-03-31"))
    assert of(vpnet, change).state == ChangeState.LEFT

    take_back_end_notice(notice=notice, by=vpnet.world.holder, at=vpnet.at("2027-03-25"))
    services.carry_price_changes(at=vpnet.at("2027-03-25"))
    assert of(vpnet, change).state == ChangeState.PLANNED
    assert fees(vpnet) == [("2025-09-15", "33.00"), ("2027-04-10", "36.00")]
    assert notice.state == NoticeState.RUNNING


def test_somebody_without_authority_does_not_leave(vpnet):
    change = announce(vpnet.service.plan, "36.00", "2027-04-10", vpnet.at("2027-03-01"))
    with pytest.raises(NotAuthorised):
        walk_away(change=of(vpnet, change), by=make_user("A B"), at=vpnet.at("2027-03-20"))
    assert not EndNotice.objects.exists()


# ── many ────────────────────────────────────────────────────────────────────────────────────


def test_working_out_takes_no_more_queries_for_more_services(vpnet):
    def queries(amount: str) -> int:
        with CaptureQueriesContext(connection) as found:
            draft(vpnet.service.plan, amount, "2027-04-10", vpnet.at("2027-03-01"), by=by)
        return len(found)

    by = biller()
    queries("35.00")
    few = queries("36.00")
    for _ in range(6):
        another(vpnet)
    assert queries("37.00") == few


def test_who_wants_letters_gets_it_on_paper_and_its_days_count_from_the_posting(vpnet):
    Preference.objects.create(
        account=vpnet.world.account,
        kind=PreferenceKind.REACH,
        value="post",
        chosen_at=vpnet.at("2027-01-05"),
        chosen_by=vpnet.world.holder,
    )
    approve(start(vpnet), vpnet.at("2027-03-01"))
    services.carry_price_changes(at=vpnet.at("2027-03-01"))

    row = PriceChange.objects.get()
    assert (row.notice.channel, row.notice.postal_address != "") == (Channel.POST, True)
    assert row.received_on > row.told_on == day("2027-03-01")
