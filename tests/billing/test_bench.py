"""What `make bench` compares goes on drawing today's bills."""

from __future__ import annotations

import pytest

from bench import pdf
from tests.world import make_service

from .test_invoices import bill


@pytest.mark.parametrize("ours", [pdf._naive, pdf._platypus], ids=["naively", "by platypus"])
def test_todays_bill_is_drawn_by_what_it_is_compared_with(world, ours, monkeypatch):
    monkeypatch.setattr(pdf, "LINES", 2)
    make_service(world.account)
    bill(world)

    ours()()
