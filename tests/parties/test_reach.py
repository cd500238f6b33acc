"""What somebody will be able to do is told, with its clauses, before anybody signs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parties.appointments.services import reach, review
from terms.facts import Role
from tests.parties.people import AT, wanted
from tests.world import make_world

pytestmark = pytest.mark.django_db
MASKED = "(without names and contact details)"
ALONE = (f"Ask for records {MASKED}", f"Pay a bill {MASKED}", f"Work on a fault {MASKED}")


@pytest.mark.parametrize(
    ("provider", "negotiated", "changes", "may", "may_not", "clause"),
    [
        ("vpnet", True, {"role": Role.ADVOCATE}, ALONE, ("Change a plan",), "VP-PAR-06"),
        ("vpnet", False, {"role": Role.ADVOCATE}, (), ("See bills and services",), "RF-TCP-03"),
        (
            "vpnet",
            True,
            {"role": Role.ADVOCATE, "statement": "Nothing without me"},
            (),
            ("Pay a bill", "Talk through a problem"),
            "VP-PAR-10",
        ),
        ("vpnet", False, {"limits": ()}, ("Close the account",), (), "VP-PAR-14"),
        (
            "vpnet",
            False,
            {"limits": ("close_account",)},
            ("Change a plan",),
            ("Close the account",),
            "VP-PAR-14",
        ),
        ("greenlight", False, {"role": Role.CUSTOMER_CONTACT}, ("Close the account",), (), ""),
        (
            "comvergence",
            False,
            {"role": Role.CUSTOMER_CONTACT},
            ("Change a plan",),
            ("Close the account", "See bills and services"),
            "",
        ),
    ],
)
def test_reach_follows_terms_and_law(provider, negotiated, changes, may, may_not, clause):
    world = make_world(provider, negotiated=negotiated)
    asked = replace(wanted(), **changes)
    if asked.role is Role.ADVOCATE:
        asked = replace(asked, advocate_kind="legal_aid")
    row = review(account=world.account, by=world.holder, wanted=asked, at=AT)

    found = reach(row, at=AT)

    assert set(may) <= set(found.may)
    assert set(may_not) <= set(found.may_not)
    assert clause in {reason["id"] for reason in found.because} | {""}
    assert found.because
