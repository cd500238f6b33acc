"""New versions of the terms at the same moment: one draft, one notice each, one binding."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from contracts.agreements.models import FormerVersion
from contracts.variations import services
from contracts.variations.models import TermsChange, TermsVariation
from contracts.variations.states import ChangeState
from parties.accounts.models import TermsAcceptance
from parties.accounts.states import AcceptanceAct
from records.notices.models import Notice
from terms import library
from tests.contracts.leaving.contracts import Agreement, agree
from tests.contracts.variations.changes import biller, send_all
from tests.contracts.variations.versions import approve_terms, draft_terms, publish
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


def test_whatever_happens_at_once_happens_once():
    one: Agreement = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)
    by, at = biller(), one.at("2027-03-15")

    drafted = at_once([lambda: draft_terms(one, at, by=by)] * 4)
    assert {type(found) for found in drafted} == {TermsVariation}
    assert TermsChange.objects.count() == 1

    approve_terms(TermsVariation.objects.get(), at)
    at_once([lambda: services.carry_terms_changes(at=at)] * 4)
    assert Notice.objects.filter(kind="terms_change").count() == 1

    send_all(at)
    services.carry_terms_changes(at=at)
    at_once([lambda: services.carry_terms_changes(at=one.at("2027-04-15", "00:10"))] * 4)
    assert TermsChange.objects.get().state == ChangeState.APPLIED
    assert FormerVersion.objects.count() == 1
    assert TermsAcceptance.objects.filter(act=AcceptanceAct.VARIATION).count() == 1
