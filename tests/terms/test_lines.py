"""Invoice lines: whatever they are, they add up to the totals to the cent."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terms import library, money
from terms.calendar import State
from terms.rules import invoice_due_date, line_amounts
from terms.rules.lines import Gst, Line, PriceBasis

PRICED = ("blueshift", "comvergence", "greenlight", "vpnet")
ROLLING = ("blueshift", "vpnet")

issue_dates = st.dates(date(2024, 1, 1), date(2030, 11, 30))
lines = st.lists(
    st.builds(
        Line,
        description=st.just("line"),
        quantity=st.decimals("-50", "50", places=2),
        unit_price=st.decimals("0", "500", places=4),
        gst=st.sampled_from(Gst),
        price_basis=st.sampled_from([None, *PriceBasis]),
    ),
    max_size=30,
).map(tuple)


def profile(document: str):
    return library.load(document, library.latest(document))


@pytest.mark.parametrize("document", PRICED)
@given(given_lines=lines)
def test_lines_sum_to_the_totals_to_the_cent(document, given_lines):
    bill = line_amounts(profile(document), lines=given_lines)

    assert sum(line.amount_ex for line in bill.lines) == bill.subtotal_ex
    assert sum(line.gst for line in bill.lines) == bill.gst
    assert sum(line.amount_inc for line in bill.lines) == bill.total_inc
    assert bill.subtotal_ex + bill.gst == bill.total_inc


@pytest.mark.parametrize("document", PRICED)
@given(given_lines=lines)
def test_every_amount_is_in_whole_cents_and_gst_only_where_it_is_due(document, given_lines):
    bill = line_amounts(profile(document), lines=given_lines)

    for line, amount in zip(given_lines, bill.lines, strict=True):
        for part in (amount.amount_ex, amount.gst, amount.amount_inc):
            assert part == money.to_cents(part)
        assert line.gst is Gst.TAXABLE or amount.gst == 0


@pytest.mark.parametrize("document", PRICED)
@given(given_lines=lines)
def test_crediting_a_bill_mirrors_it(document, given_lines):
    bill = line_amounts(profile(document), lines=given_lines)
    mirrored = tuple(
        Line(each.description, -each.quantity, each.unit_price, each.gst, each.price_basis)
        for each in given_lines
    )

    credit = line_amounts(profile(document), lines=mirrored)

    assert credit.total_inc == -bill.total_inc
    assert credit.gst == -bill.gst


def test_prices_with_gst_are_shown_as_they_were_printed():
    printed = tuple(Line(name, Decimal(1), Decimal("9.95"), Gst.TAXABLE) for name in "abc")

    bill = line_amounts(profile("blueshift"), lines=printed)

    assert [line.amount_inc for line in bill.lines] == [Decimal("9.95")] * 3
    assert (bill.total_inc, bill.gst) == (Decimal("29.85"), Decimal("2.71"))


@pytest.mark.parametrize("document", ROLLING)
@given(issue_date=issue_dates, state=st.sampled_from(State))
def test_due_date_is_never_on_a_day_off_where_the_clause_rolls(document, issue_date, state):
    terms = profile(document)

    due = invoice_due_date(terms, issue_date=issue_date, state=state).due_date

    assert terms.calendar(state).is_working_day(due)
    assert 14 <= (due - issue_date).days <= 21
