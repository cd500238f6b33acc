"""Staff change prices: draft, look, a second person, withdraw; lists, letters and the file."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.variations import services
from contracts.variations.models import IndexFigure, PriceChange, Variation
from contracts.variations.states import (
    ChangeState,
    FigureState,
    PriceWay,
    VariationState,
)
from parties.people.states import StaffRole
from records.notices.models import Notice
from tests.contracts.leaving.contracts import Agreement, agree
from tests.contracts.variations.changes import approve, biller, draft, of
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_what_people_see import read
from tests.world import make_service, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(monkeypatch) -> Agreement:
    made = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-03-01"))
    return made


@pytest.fixture
def desk(client, one):
    return sign_in_staff(client, biller(), because_of=one.world.account)


def entered(one: Agreement, **facts: str) -> dict[str, str]:
    return {
        "plan": str(one.service.plan.pk),
        "way": "to",
        "amount": "36.00",
        "effective_on": "2027-04-10",
        "says": "Our costs have risen.",
        "hurts": "material",
    } | facts


def page(name: str, *args) -> str:
    return reverse(f"admin:contracts_variation_{name}", args=args)


def test_draft_is_looked_at_sent_on_and_approved_by_another(desk, one, client):
    found = desk.post(page("add"), entered(one))
    row = Variation.objects.get()
    assert found["Location"] == page("change", row.pk)
    words = read(desk, page("change", row.pk))
    assert "1, together $33.00 a month before and $36.00 after, GST included: $3.00 more" in words
    assert page("decide_step", row.pk) not in desk.get(page("change", row.pk)).content.decode()

    desk.post(page("ask_step", row.pk))
    row.refresh_from_db()
    assert row.state == VariationState.ASKED
    assert desk.post(page("decide_step", row.pk), {"approve": "yes"}).status_code == 200
    row.refresh_from_db()
    assert row.state == VariationState.ASKED

    other = sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER))
    assert "Price changes that wait for a second person" in read(other, reverse("admin:index"))
    asked = read(other, page("decide_step", row.pk))
    assert "1 service pays another price, all together $3.00 more a month" in asked
    other.post(page("decide_step", row.pk), {"approve": "yes"})
    row.refresh_from_db()
    assert (row.state, row.decided_by.is_staff) == (VariationState.TELLING, True)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"amount": "-5"}, "amount"),
        ({"amount": "thirty"}, "amount"),
        ({"amount": "33.00"}, "The plan costs that already"),
        ({"way": "up", "amount": "0"}, "nothing would change"),
        ({"effective_on": "2027-03-01"}, "choose a day after Mon 1 Mar 2027"),
        ({"effective_on": "soon"}, "Enter a valid date."),
        ({"says": ""}, "This field is required"),
        ({"notice_days": "0"}, "greater than or equal to 1"),
        ({"notice_days": "20"}, "Say why"),
        ({"supplier_wide": "on"}, "only where our supplier forces the change"),
        ({"plan": "999999999999999999999"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_drafted_is_refused_in_words_and_what_was_typed_stays(
    desk, one, given, says
):
    sent = entered(one, **given)
    found = desk.post(page("add"), sent)

    assert found.status_code == 200
    text = found.content.decode()
    assert says in text
    assert f'value="{sent["amount"]}"' in text
    assert not Variation.objects.exists()


def test_day_before_its_notice_is_shown_and_refused_with_the_first_day(desk, one):
    desk.post(page("add"), entered(one, effective_on="2027-03-20"))
    row = Variation.objects.get()

    assert "1 would be told too late" in read(desk, page("change", row.pk))
    text = desk.post(page("ask_step", row.pk)).content.decode()
    assert "the first day that suits all is Thu 1 Apr 2027" in text


def test_price_goes_up_or_down_by_an_amount(desk, one):
    desk.post(page("add"), entered(one, way="down", amount="3.00"))

    row = Variation.objects.get()
    assert (row.way, str(row.amount)) == (PriceWay.BY, "-3.000000")
    assert str(PriceChange.objects.get().unit_after) == "30.000000"


def test_new_price_for_one_service_starts_on_its_page(desk, one):
    service = reverse("admin:contracts_service_change", args=[one.service.pk])
    address = f"{page('add')}?service={one.service.pk}"
    assert address in desk.get(service).content.decode()
    another = make_service(one.world.account)
    another.plan = one.service.plan
    another.save()

    desk.post(address, entered(one))
    assert Variation.objects.get().service == one.service
    assert PriceChange.objects.count() == 1


@pytest.mark.parametrize("asked", ["999999", "x", "9" * 40])
def test_service_that_is_not_there_is_not_found(desk, asked):
    assert desk.get(f"{page('add')}?service={asked}").status_code == 404


def test_each_service_has_its_reasons_and_its_letter_before_it_is_sent(desk, one):
    row = of(one, draft(one.service.plan, "36.00", "2027-04-10", one.at("2027-03-01")))

    listed = read(
        desk, reverse("admin:contracts_pricechange_changelist") + f"?of={row.variation_id}"
    )
    assert one.world.account.number in listed
    shown = read(desk, reverse("admin:contracts_pricechange_change", args=[row.pk]))
    assert "The notice, as it would be sent today" in shown
    assert "Price from Sat 10 Apr 2027: $36.00 a month, GST included" in shown
    assert "VP-VAR-02" in shown


def test_file_holds_every_service_and_no_formula(desk, one):
    one.service.label = "=cmd()"
    one.service.save()
    row = draft(one.service.plan, "36.00", "2027-04-10", one.at("2027-03-01"))

    text = desk.get(page("csv", row.pk)).getvalue().decode("utf-8-sig")
    head, line = csv.reader(io.StringIO(text))
    assert head[0] == "Account"
    assert line[0] == one.world.account.number
    assert line[1].startswith("'=cmd()")
    assert line[4:8] == ["33.00", "36.00", "3.00", "2027-04-10"]


def test_withdrawing_asks_why_and_tells(desk, one):
    row = approve(
        draft(one.service.plan, "36.00", "2027-04-10", one.at("2027-03-01")), one.at("2027-03-01")
    )
    services.carry_price_changes(at=one.at("2027-03-01"))

    assert "This field is required" in desk.post(page("withdraw_step", row.pk)).content.decode()
    desk.post(page("withdraw_step", row.pk), {"why": "A mistake."})
    services.carry_price_changes(at=one.at("2027-03-01"))
    assert Notice.objects.filter(title__contains="stays as it is").count() == 1


def test_customers_not_told_in_time_are_on_a_worklist_and_told_anew(desk, one):
    row = approve(
        draft(one.service.plan, "36.00", "2027-04-10", one.at("2027-03-01")), one.at("2027-03-01")
    )
    services.carry_price_changes(at=one.at("2027-03-01"))
    services.carry_price_changes(at=one.at("2027-04-10"))
    late = of(one, row)

    lists = read(desk, reverse("admin:index"))
    assert "Customers whom no notice of a new price reached in time" in lists
    step = reverse("admin:contracts_pricechange_again_step", args=[late.pk])
    assert "Choose a day after" in desk.post(step, {"on": "2027-03-01"}).content.decode()
    desk.post(step, {"on": "2027-05-20"})
    assert of(one, row).state == ChangeState.WAITING


def test_staff_of_another_provider_see_nothing(client, one):
    row = draft(one.service.plan, "36.00", "2027-04-10", one.at("2027-03-01"))
    elsewhere = agree("callpro", "180.00", since="2026-12-01")
    them = sign_in_staff(client, biller(elsewhere.world.provider))

    assert them.get(page("csv", row.pk)).status_code == 404
    assert them.get(page("ask_step", row.pk)).status_code == 404
    assert one.service.label not in read(them, page("changelist"))
    refused = them.post(page("add"), entered(one)).content.decode()
    assert "Select a valid choice" in refused


def test_supply_step_raises_no_price(desk, one):
    step = reverse("admin:contracts_service_supply_step", args=[one.service.pk, "change"])
    found = desk.post(step, {"on": "2027-03-10", "unit_fee": "34.00", "why": "Asked"})

    assert "A higher price has to be told first" in found.content.decode()
    assert one.service.periods.count() == 1


def test_lists_take_no_more_queries_with_more_rows(desk, one):
    row = draft(one.service.plan, "36.00", "2027-04-10", one.at("2027-03-01"))
    address = reverse("admin:contracts_pricechange_changelist") + f"?of={row.pk}"

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            desk.get(address)
        return len(found)

    queries()
    few = queries()
    for _ in range(4):
        other = make_service(one.world.account)
        other.plan = one.service.plan
        other.save()
        other.periods.update(plan=other.plan, unit_fee=other.plan.monthly_fee)
    services.work_out_again(change=row, at=one.at("2027-03-01"))
    assert PriceChange.objects.count() == 5
    assert queries() == few


# ── the index ───────────────────────────────────────────────────────────────────────────────


def figure(one: Agreement, **facts: str) -> dict[str, str]:
    return {
        "provider": str(one.world.provider.pk),
        "period": "in the year to the December quarter 2026",
        "percent": "3.1",
        "published_on": "2027-01-27",
        "source": "abs.gov.au",
    } | facts


def index(name: str, *args) -> str:
    return reverse(f"admin:contracts_indexfigure_{name}", args=args)


@pytest.mark.parametrize(
    ("percent", "says"),
    [
        ("3,1", "Write it with a point: 3.1"),
        ("three", "Give per cent in figures: 3.1"),
        ("3.123", "two places at most"),
        ("NaN", "two places at most"),
        ("1e3", "between -15 and 30"),
        ("99", "between -15 and 30"),
        ("", "This field is required"),
    ],
)
def test_index_that_cannot_be_is_refused_in_words_and_stays(desk, one, percent, says):
    text = desk.post(index("add"), figure(one, percent=percent)).content.decode()

    assert says in text
    assert not percent or f'value="{percent}"' in text
    assert not IndexFigure.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"), [("-3 %", "-3.00"), ("\u22123", "-3.00"), ("3.1", "3.10")]
)
def test_index_is_read_as_people_write_it_and_confirmed_by_another(client, desk, one, typed, kept):
    desk.post(index("add"), figure(one, percent=typed))
    row = IndexFigure.objects.get()
    assert str(row.percent) == kept
    assert index("decide", row.pk) not in desk.get(index("change", row.pk)).content.decode()
    assert (
        "another person" in desk.post(index("decide", row.pk), {"approve": "yes"}).content.decode()
    )

    other = sign_in_staff(client, biller())
    assert "Figures of the index that wait for a second person" in read(
        other, reverse("admin:index")
    )
    other.post(index("decide", row.pk), {"approve": "yes"})
    row.refresh_from_db()
    assert row.state == FigureState.CONFIRMED


def test_service_whose_rise_waits_for_the_index_is_on_a_worklist(desk, monkeypatch):
    colo = agree("comvergence", "1000.00", since="2026-04-10", kind="colocation", state="VIC")
    lists = read(desk, reverse("admin:index"))
    assert "Services whose yearly rise waits for the index" in lists

    listed = read(desk, reverse("admin:contracts_service_changelist") + "?rise=waits")
    assert str(colo.service.identifier) in listed
    assert "1 service" in listed
