"""Rises that the terms bring each year: by an index that two people vouch for, told before."""

from __future__ import annotations

from decimal import Decimal

import pytest

from contracts.variations import selectors as variations
from contracts.variations import services
from contracts.variations.models import IndexFigure, PriceChange, Variation
from contracts.variations.services import VariationRefused
from contracts.variations.states import ChangeState, FigureState
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.notices.models import Notice
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.contracts.variations.changes import biller, fees, of, send_all
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


@pytest.fixture
def colo() -> Agreement:
    """A rack at 1,000.00 without GST since 20 Nov 2026 (15.5: 3 % or the index, each year)."""
    return agree("comvergence", "1000.00", since="2026-11-20", kind="colocation", state="VIC")


def enter(one: Agreement, percent: str, **facts) -> IndexFigure:
    given = {
        "provider": one.world.provider,
        "period": "in the year to the September quarter 2027",
        "percent": Decimal(percent),
        "published_on": day("2027-10-27"),
        "source": "abs.gov.au",
        "at": one.at("2027-10-28"),
    } | facts
    return services.enter_index_figure(by=given.pop("by", None) or biller(), **given)


def confirm(one: Agreement, figure: IndexFigure) -> IndexFigure:
    return services.decide_index_figure(
        figure=figure, approve=True, by=biller(), at=one.at("2027-10-28")
    )


def carried(one: Agreement, on: str) -> None:
    services.tell_yearly_rises(at=one.at(on))
    for _ in range(2):
        services.carry_price_changes(at=one.at(on))
        send_all(one.at(on))


@pytest.mark.parametrize(
    ("cpi", "fee"),
    # 3 % is the least; 2.4 % and a fall of 3 % leave it at that, 4.1 % is more.
    [("2.4", "1030.00"), ("-3", "1030.00"), ("3.1", "1031.00"), ("4.1", "1041.00")],
)
def test_rise_is_the_index_or_three_per_cent_on_the_day_of_the_contract(colo, cpi, fee):
    confirm(colo, enter(colo, cpi))

    carried(colo, "2027-10-29")
    carried(colo, "2027-10-30")
    row = of(colo, Variation.objects.get())
    assert row.effective_on == day("2027-11-20")
    assert fees(colo) == [("2026-11-20", "1000.00"), ("2027-11-20", fee)]
    letter = Notice.objects.get(kind="price_change")
    assert f"rose {Decimal(cpi):.2f} % in the year to the September quarter 2027" in letter.text
    services.carry_price_changes(at=colo.at("2027-11-20"))
    assert PriceChange.objects.get().state == ChangeState.APPLIED


def test_index_that_nobody_knows_is_never_taken_for_nothing(colo):
    carried(colo, "2027-10-29")

    assert fees(colo) == [("2026-11-20", "1000.00")]
    rise = variations.rise_ahead(colo.service, day("2027-10-29"))
    assert rise is not None
    assert (rise.monthly_after, str(rise.at_least)) == (None, "1133.00")  # 1,030.00 and GST
    assert {one["id"] for one in rise.because} == {"CV-VAR-05", "CV-VAR-06"}
    waiting = variations.waiting_for_index(type(colo.service).objects.all(), day("2027-10-29"))
    assert waiting.get() == colo.service


@pytest.mark.parametrize("published", ["2026-10-01", "2027-10-30"])
def test_index_of_another_year_or_of_tomorrow_says_nothing(colo, published):
    figure = confirm(colo, enter(colo, "4.1"))
    IndexFigure.objects.filter(pk=figure.pk).update(published_on=day(published))

    assert variations.index_known(colo.world.provider, day("2027-10-29")) is None


def test_figure_counts_once_a_second_person_has_confirmed_it(colo):
    figure = enter(colo, "4.1")
    carried(colo, "2027-10-29")
    assert not Variation.objects.exists()
    with pytest.raises(VariationRefused, match="another person"):
        services.decide_index_figure(
            figure=figure, approve=True, by=figure.entered_by, at=colo.at("2027-10-28")
        )
    confirm(colo, figure)
    with pytest.raises(IllegalStep):
        confirm(colo, figure)
    carried(colo, "2027-10-29")
    assert Variation.objects.get().decided_by != Variation.objects.get().drafted_by


def test_index_known_late_lets_the_price_rise_late_and_never_back(colo):
    confirm(colo, enter(colo, "4.1", published_on=day("2027-10-27")))

    carried(colo, "2027-12-01")
    # Told on 1 December: fourteen clear days to the 15th.
    assert fees(colo) == [("2026-11-20", "1000.00"), ("2027-12-16", "1041.00")]


def test_the_next_year_rises_from_the_last_price(colo):
    confirm(colo, enter(colo, "4.1"))
    carried(colo, "2027-10-29")
    services.carry_price_changes(at=colo.at("2027-11-20"))
    later = enter(
        colo,
        "2.0",
        period="in the year to the September quarter 2028",
        published_on=day("2028-10-25"),
        at=colo.at("2028-10-26"),
    )
    confirm(colo, later)

    carried(colo, "2028-10-27")
    assert fees(colo)[-1] == ("2028-11-20", "1072.23")  # 1,041.00 and 3 %


def test_no_way_out_is_opened_by_a_rise_that_the_contract_brings(colo):
    confirm(colo, enter(colo, "4.1"))
    carried(colo, "2027-10-29")

    assert PriceChange.objects.get().way_out_by == ""


def test_other_services_rise_by_nothing():
    sip = agree("comvergence", "50.00", since="2026-11-20", state="VIC")
    confirm(sip, enter(sip, "9.9"))

    carried(sip, "2027-10-29")
    assert variations.rise_ahead(sip.service, day("2027-10-29")) is None
    assert not Variation.objects.exists()


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"percent": "31"}, "between -15 and 30"),
        ({"percent": "-16"}, "between -15 and 30"),
        ({"published_on": day("2027-11-30")}, "check the day"),
    ],
)
def test_figure_that_cannot_be_is_refused_in_words(colo, facts, says):
    percent = facts.pop("percent", "3.1")
    with pytest.raises(VariationRefused, match=says):
        enter(colo, percent, **facts)


def test_the_same_figure_is_one_and_another_of_the_same_year_is_refused(colo):
    assert enter(colo, "3.1") == enter(colo, "3.1")
    with pytest.raises(VariationRefused, match="on record"):
        enter(colo, "3.2")
    services.decide_index_figure(
        figure=IndexFigure.objects.get(), approve=False, by=biller(), at=colo.at("2027-10-28")
    )
    assert enter(colo, "3.2").state == FigureState.ASKED


def test_who_may_not_change_prices_enters_no_figure(colo):
    for role in (StaffRole.FRONT_LINE, StaffRole.AUDITOR):
        with pytest.raises(NotAuthorised):
            enter(colo, "3.1", by=make_staff(role))
