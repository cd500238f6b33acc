from __future__ import annotations

from datetime import date

import pytest

from billing.invoices.models import Invoice
from billing.runs.services import run_provider_bills
from tests.world import instant, make_service


@pytest.fixture
def invoice(world) -> Invoice:
    """An invoice of 1 November 2026."""
    make_service(world.account, fee="60.00")
    run_provider_bills(
        world.provider, issue_on=date(2026, 11, 1), at=instant("2026-11-01 06:20"), on_demand=True
    )
    return Invoice.objects.get()
