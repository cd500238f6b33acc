"""Money: rounding, GST and sharing out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terms import money
from terms.money import Rounding

amounts = st.decimals("-100000", "100000", places=4)


@pytest.mark.parametrize(
    ("value", "rounding", "cents"),
    [
        ("0.125", Rounding.HALF_UP, "0.13"),
        ("0.1249", Rounding.HALF_UP, "0.12"),
        ("3.4501", Rounding.UP, "3.46"),
        ("3.45", Rounding.UP, "3.45"),
        ("0.9999", Rounding.DOWN, "0.99"),
        ("-0.125", Rounding.HALF_UP, "-0.13"),
        ("-3.4501", Rounding.UP, "-3.46"),
    ],
)
def test_whole_cents(value, rounding, cents):
    assert money.to_cents(Decimal(value), rounding) == Decimal(cents)


def test_total_of_nothing_has_cents():
    assert str(money.total([])) == "0.00"


def test_price_with_gst_is_split_into_parts_that_add_up():
    assert money.split_gst(Decimal("89.95")) == (Decimal("81.77"), Decimal("8.18"))


@given(amounts)
def test_split_gst_loses_no_cent(price):
    ex, gst = money.split_gst(price)

    assert ex + gst == money.to_cents(price)


@given(st.lists(amounts, min_size=1, max_size=40))
def test_shared_cents_add_up_and_stay_within_a_cent(exact):
    amount = money.to_cents(sum(exact))

    parts = money.share_out(amount, exact)

    assert sum(parts) == amount
    assert all(abs(part - each) <= money.CENT for part, each in zip(parts, exact, strict=True))


def test_compounding_is_exact_before_it_is_rounded():
    earned = money.compounded(Decimal("2000.00"), Decimal("0.24") / 365, 30)

    assert money.to_cents(earned) == Decimal("39.83")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("1234.5", "$1,234.50"), ("0.132", "$0.132"), ("-7", "-$7.00"), ("0.1", "$0.10")],
)
def test_dollars_in_words(amount, shown):
    assert money.in_dollars(Decimal(amount)) == shown
