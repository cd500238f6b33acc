"""The contract page: which terms bind as they are printed, since when, and what comes first."""

from __future__ import annotations

import pytest

from tests.contracts.leaving.contracts import agree, day
from tests.parties.people import signed_in
from tests.portal.customer.test_what_people_see import read

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("key", "printed"),
    [
        ("vpnet", "VPnet terms and conditions, with the summary and all policies, without a date"),
        ("comvergence", "Comvergence standard form of agreement, Mon 13 Feb 2023"),
    ],
)
def test_terms_are_named_as_they_are_printed_and_since_when_they_bind(monkeypatch, key, printed):
    one = agree(key, "33.00", since="2026-02-15", months=24)
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-20"))

    words = read(signed_in(one.world.holder), "/contract/")
    assert words.count(printed) == 2
    assert "signed up, binds from Mon 5 Jan 2026" in words
    assert "comes before these terms" in words


def test_price_that_was_agreed_to_stay_is_shown_with_its_day(monkeypatch):
    one = agree("vpnet", "33.00", since="2026-02-15", months=24)
    one.service.contract.price_fixed_until = day("2027-08-31")
    one.service.contract.save()
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-03-20"))

    words = read(signed_in(one.world.holder), "/contract/")
    assert "Price agreed to stay until Tue 31 Aug 2027" in words
