"""The worked examples of `may`, with the facts stored as real appointments of real accounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from parties.accounts.states import CustomerKind
from parties.authority import selectors as authority
from parties.authority.models import Appointment
from terms.facts import Action, Role
from terms.workbench import Case, read_cases
from tests.world import instant, make_user, make_world

FOLDER = Path(__file__).parents[1] / "terms" / "cases"
CASES = [
    case
    for path in sorted(FOLDER.glob("*.yaml"))
    for case in read_cases(path)
    # An appointment stores the day on which its form came in; that it has not come in yet is a
    # question asked beforehand.
    if case.rule == "may" and "form_received" not in case.given["actor"]
]
LONG_AGO = date(2026, 1, 1)


def stored(case: Case) -> Appointment:
    """The case's actor as an appointment on an account that its floor protects, or not."""
    actor: dict[str, Any] = dict(case.given["actor"])
    protected = case.floor["tcp"] if case.floor else needs_protection(case)
    world = make_world(case.provider, kind=CustomerKind.BUSINESS, negotiated=not protected)
    world.customer.is_tcp = protected
    world.customer.save()
    role = Role(actor.pop("role"))
    if role is Role.HOLDER:
        return Appointment.objects.get(account=world.account, role=role.value)
    return Appointment.objects.create(
        account=world.account,
        user=make_user("Somebody"),
        role=role.value,
        limits=actor.pop("limits", []),
        starts_on=actor.pop("from", LONG_AGO),
        ends_on=actor.pop("until", None),
        verified_at=instant("2026-01-02 09:00") if actor.pop("verified", False) else None,
        substitute="Agreed by phone" if actor.pop("substitute_agreed", False) else "",
        max_expense=Decimal(actor.pop("max_expense")) if "max_expense" in actor else None,
        **actor,
    )


def needs_protection(case: Case) -> bool:
    """Some documents speak of representatives and advocates of protected customers only."""
    return case.provider == "blueshift"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
@pytest.mark.django_db
def test_appointment_allows_what_the_example_says(case: Case):
    appointment = stored(case)
    given = case.given

    decision = authority.may(
        appointment.user,
        Action(given["action"]),
        appointment.account,
        on=given["on"],
        customer_present=given["customer_present"],
        amount=Decimal(given["amount"]) if "amount" in given else None,
        committed=lambda _: Decimal(given.get("committed", 0)),
    )

    if case.expect == {"silent": True}:
        # The terms say nothing: the holder may, and for others the house default answers.
        assert decision.role == Role.HOLDER or {"silence", "default"} & sources(decision)
        return
    assert decision.allowed == case.expect["allowed"], decision.because
    assert decision.masked == case.expect.get("masked", decision.masked)
    assert set(case.cites) <= {reason["id"] for reason in decision.because}


def sources(decision: authority.Decision) -> set[str]:
    return {reason["source"] for reason in decision.because}


def test_each_provider_and_the_floor_has_examples():
    assert {case.provider for case in CASES} >= {
        "vpnet",
        "comvergence",
        "blueshift",
        "greenlight",
        "callpro",
    }
