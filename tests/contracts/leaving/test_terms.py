"""Minimum terms as pages show them, and the reminder before one ends."""

from __future__ import annotations

from decimal import Decimal

import pytest

from contracts.leaving import selectors as leaving
from contracts.leaving.models import TermReminder
from contracts.leaving.services import give_end_notice, remind_of_terms
from contracts.supply import selectors as supply
from contracts.supply.services import change_supply
from records.notices.models import Notice
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.parties.people import signed_in
from tests.portal.customer.test_what_people_see import read

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
HEADLINE = "Your minimum term for Office line ends on Tue 14 Sep 2027"


@pytest.fixture
def vpnet() -> Agreement:
    return agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)


def test_customer_is_told_once_from_120_days_ahead(vpnet):
    # 14 Sep 2027 less 120 days is Mon 17 May.
    assert remind_of_terms(at=vpnet.at("2027-05-16", "23:50")) == 0
    assert remind_of_terms(at=vpnet.at("2027-05-17", "09:40")) == 1
    assert remind_of_terms(at=vpnet.at("2027-05-18", "09:40")) == 0

    told = Notice.objects.get(title=HEADLINE)
    assert "month to month" in told.text
    assert TermReminder.objects.get().ends_on == day("2027-09-14")


def test_reminder_that_was_missed_is_made_up_for_until_the_term_ends(vpnet):
    assert remind_of_terms(at=vpnet.at("2027-09-14")) == 1
    TermReminder.objects.all().delete()
    assert remind_of_terms(at=vpnet.at("2027-09-15")) == 0


def test_nobody_is_reminded_of_the_term_of_a_service_that_ends(vpnet):
    give_end_notice(service=vpnet.service, by=vpnet.world.holder, at=vpnet.at("2027-04-08"))

    assert remind_of_terms(at=vpnet.at("2027-05-17")) == 0


def test_one_that_cannot_be_told_stops_no_other(vpnet, monkeypatch):
    from contracts.leaving.services import terms

    other = agree("vpnet", "33.00", since="2025-09-15", months=24)
    remind = terms._remind

    def fail(card, at):
        if card.service == vpnet.service:
            raise ZeroDivisionError
        return remind(card, at)

    monkeypatch.setattr(terms, "_remind", fail)

    assert remind_of_terms(at=vpnet.at("2027-05-17")) == 1
    assert TermReminder.objects.get().service == other.service


@pytest.mark.parametrize(
    ("on", "is_over", "days_left", "percent"),
    [("2025-09-15", False, 729, 0), ("2027-09-14", False, 0, 99), ("2027-09-15", True, 0, 100)],
)
def test_term_is_over_on_the_day_after_its_last(vpnet, on, is_over, days_left, percent):
    card = leaving.term_card(vpnet.service, day(on))

    assert (card.is_over, card.days_left, card.percent) == (is_over, days_left, percent)


def test_next_price_is_told_with_its_day(vpnet):
    facts = {"service": vpnet.service, "at": vpnet.at("2027-02-01")}
    change_supply(on=day("2027-06-10"), unit_fee=Decimal("36.00"), **facts)

    card = leaving.term_card(vpnet.service, day("2027-02-01"))

    assert card.next_price == (day("2027-06-10"), Decimal("36.00"))
    assert leaving.term_card(vpnet.service, day("2027-06-10")).next_price is None


def test_price_of_a_service_is_the_one_agreed_for_it(vpnet):
    facts = {"service": vpnet.service, "at": vpnet.at("2027-02-01")}
    change_supply(on=day("2027-02-10"), unit_fee=Decimal("30.00"), **facts)

    (before,) = supply.services(vpnet.world.account, day("2027-02-09"))
    (after,) = supply.services(vpnet.world.account, day("2027-02-10"))

    assert (str(before.monthly_fee), str(after.monthly_fee)) == ("33.00", "30.00")


def test_contract_page_says_until_when_and_what_follows(vpnet, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: vpnet.at("2027-02-01"))

    words = read(signed_in(vpnet.world.holder), "/contract/")

    assert "Minimum term to Tue 14 Sep 2027 , 225 days from today." in words
    assert "After that it goes on from month to month." in words
    assert "We write to you about it from Mon 17 May 2027" in words
    assert "VP-CON-05" in words


def test_term_that_is_over_says_so(vpnet, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: vpnet.at("2027-10-01"))

    words = read(signed_in(vpnet.world.holder), f"/services/{vpnet.service.public_id}/")

    assert "The minimum term ended on Tue 14 Sep 2027" in words


def test_rented_handsets_can_be_renewed_kept_by_the_month_or_given_back(monkeypatch):
    """What seq-d-06 shows before 13 Oct 2027."""
    one = agree(
        "comvergence",
        "310.00",
        since="2024-10-14",
        months=36,
        kind="cloud_pbx_rental",
        state="WA",
    )
    card = leaving.term_card(one.service, day("2027-06-20"))

    assert card.ends_on == day("2027-10-13")
    assert card.renewal is not None
    assert (card.renewal.ends_on, card.renewal.handsets_replaced) == (day("2030-10-13"), True)
    assert card.renewal.because[0]["id"] == "CV-CON-06"
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-06-20"))
    words = read(signed_in(one.world.holder), f"/services/{one.service.public_id}/")
    assert "renew it to Sun 13 Oct 2030 , with updated handsets for all" in words
    assert "do nothing, and it goes on from month to month at the same price" in words
    assert "leave, with your notice and all rented handsets back" in words


def test_term_of_two_years_promises_no_handsets_and_other_services_no_renewal(vpnet):
    short = agree("comvergence", "310.00", since="2025-10-14", months=24, kind="cloud_pbx_rental")
    card = leaving.term_card(short.service, day("2027-06-20"))

    assert card.renewal is not None
    assert (card.renewal.ends_on, card.renewal.handsets_replaced) == (None, False)
    assert leaving.term_card(vpnet.service, day("2027-06-20")).renewal is None
