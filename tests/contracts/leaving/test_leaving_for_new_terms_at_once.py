"""Leaving because of new terms on many clicks, and while they come to bind: one end, one truth."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from contracts.agreements.models import Contract
from contracts.leaving.models import EndNotice
from contracts.leaving.services import walk_away
from contracts.leaving.states import ALIVE
from contracts.variations import services as variations
from terms import library
from tests.contracts.leaving.contracts import agree, day
from tests.contracts.variations.versions import NEW, announce_terms, publish
from tests.parties.security.test_attacks_at_once import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only there do two connections see the rows"
    ),
]


@pytest.fixture(autouse=True)
def march(tmp_path, monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(library, "PROFILES", publish(tmp_path / "profiles", ("vpnet",)))
    library.load.cache_clear()
    yield
    library.load.cache_clear()


def test_many_clicks_end_it_once_while_the_sweep_binds(monkeypatch):
    one = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)
    change = announce_terms(one, one.at("2027-03-15"))
    at = one.at("2027-04-15", "00:10")

    def leave():
        return walk_away(change=change, service=one.service, by=one.world.holder, at=at)

    found = at_once([leave, leave, lambda: variations.carry_terms_changes(at=at), leave])

    assert len([each for each in found if isinstance(each, EndNotice)]) == 3
    notice = EndNotice.objects.get(state__in=ALIVE)
    assert notice.ends_on == day("2027-04-15")
    assert Contract.objects.get().version == NEW
