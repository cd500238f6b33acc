"""Renewals at the same moment: one renewal, one longer term, one truth of two steps."""

from __future__ import annotations

import pytest
from django.db import connection

from contracts.renewing import services
from contracts.renewing.models import TermRenewal
from contracts.renewing.states import RenewalState
from contracts.supply.models import Service
from tests.contracts.leaving.contracts import Agreement
from tests.contracts.renewing.test_renewals import decide, handsets, renew
from tests.parties.security.test_attacks_at_once import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only there do two connections see the rows"
    ),
]


@pytest.fixture
def one() -> Agreement:
    return handsets(state="WA")


def test_many_clicks_renew_once_and_lengthen_the_term_once(one):
    one.world.customer.is_tcp = False
    one.world.customer.save()
    found = at_once([lambda: renew(one)] * 4)

    assert {type(each) for each in found} == {TermRenewal}
    assert TermRenewal.objects.get().state == RenewalState.AGREED
    assert Service.objects.get(pk=one.service.pk).renewed_months == 36


def test_agreed_and_taken_back_at_once_leave_the_term_as_the_state_says(one):
    row = renew(one)

    def back():
        return services.take_back_renewal(
            renewal=row, by=one.world.holder, at=one.at("2027-09-02")
        )

    at_once([lambda: decide(row, one), back, back])

    row.refresh_from_db()
    assert row.state == RenewalState.TAKEN_BACK
    assert Service.objects.get(pk=one.service.pk).renewed_months == 0
