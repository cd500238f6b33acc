"""A lost phone: barred without a hurdle, opened and given a new SIM only with a proof."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from contracts.barring import services
from contracts.barring.models import Bar, SimSwap
from contracts.barring.services import BarRefused
from contracts.barring.states import BarKind, BarState, SimForm, SwapState
from contracts.supply.models import Chargeable
from parties.authority.selectors import NotAuthorised
from parties.security.models import Pause
from parties.security.states import HighRisk
from records.deadlines.models import Deadline
from records.notices.models import Notice
from terms.facts import Action, Role
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree
from tests.world import appoint, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
DAY = "2026-12-10"
PROOF = "3f0c"


@pytest.fixture
def mobile() -> Agreement:
    return agree("vpnet", "35.00", since="2026-03-02", kind="mobile")


def bar(one: Agreement, kind: BarKind = BarKind.LOST, clock: str = "23:30", **facts) -> Bar:
    by = facts.pop("by", one.world.holder)
    return services.ask_bar(service=one.service, kind=kind, by=by, at=one.at(DAY, clock), **facts)


def lift(one: Agreement, row: Bar, **facts) -> Bar:
    given = {"by": one.world.holder, "proof": PROOF} | facts
    return services.ask_lift(bar=row, at=one.at("2026-12-11"), **given)


def sim(one: Agreement, **facts) -> SimSwap:
    given = {"by": one.world.holder, "proof": PROOF, "form": SimForm.ESIM} | facts
    return services.ask_sim(service=one.service, at=one.at("2026-12-11"), **given)


def pause_all(one: Agreement) -> None:
    Pause.objects.create(
        account=one.world.account,
        person=one.world.holder,
        step=HighRisk.CHANGE_DETAILS,
        since=one.at(DAY),
    )


def test_lost_phone_is_barred_within_the_hour_and_told_at_once(mobile):
    row = bar(mobile)

    duty = Deadline.objects.get(subject=row.reference)
    assert duty.due_at == mobile.at(DAY, "23:30") + timedelta(hours=1)
    assert duty.due_on.isoformat() == "2026-12-11"
    assert Notice.objects.get().title == "We bar Office line now"
    for _ in range(2):
        row = services.do_bar(bar=row, by=mobile.staff, at=mobile.at(DAY, "23:45"))
    duty.refresh_from_db()
    assert (row.state, duty.status) == (BarState.ON, "met")
    assert Notice.objects.count() == 2
    assert not Chargeable.objects.exists()


def test_barring_twice_is_once_and_kinds_stand_apart(mobile):
    assert bar(mobile) == bar(mobile)
    assert bar(mobile, BarKind.ROAMING) != bar(mobile, BarKind.PREMIUM)
    assert Bar.objects.count() == 3


def test_a_pause_of_high_risk_steps_stops_no_bar_but_what_opens(mobile):
    pause_all(mobile)

    row = bar(mobile)

    for step in (lambda: lift(mobile, row), lambda: sim(mobile)):
        with pytest.raises(NotAuthorised):
            step()
    row.refresh_from_db()
    assert row.state == BarState.ASKED


def test_who_may_work_on_a_fault_bars_and_opens_nothing(mobile):
    helper = make_user("Hal Per")
    limits = [Action.CHANGE_DETAILS.value]
    until = date(2027, 12, 31)
    appoint(mobile.world.account, helper, Role.AUTHORISED_REP, limits=limits, ends_on=until)

    row = bar(mobile, by=helper)

    with pytest.raises(NotAuthorised):
        lift(mobile, row, by=helper)
    with pytest.raises(NotAuthorised):
        sim(mobile, by=helper)


def test_stranger_bars_nothing(mobile):
    with pytest.raises(NotAuthorised):
        bar(mobile, by=make_world("vpnet").holder)


def test_staff_open_nothing_that_nobody_asked_for_with_a_proof(mobile):
    row = services.do_bar(bar=bar(mobile), by=mobile.staff, at=mobile.at(DAY, "23:45"))

    with pytest.raises(BarRefused, match="Nobody asked"):
        services.lift_bar(bar=row, by=mobile.staff, at=mobile.at("2026-12-11"))
    with pytest.raises(BarRefused, match="Check who is calling"):
        lift(mobile, row, by=mobile.staff, proof="")
    row = lift(mobile, row, by=mobile.staff, caller="Mia Conti")
    for _ in range(2):
        row = services.lift_bar(bar=row, by=mobile.staff, at=mobile.at("2026-12-11", "12:00"))
    assert row.state == BarState.LIFTED
    assert bar(mobile) != row


def test_one_that_was_to_be_opened_is_barred_again_at_once(mobile):
    row = services.do_bar(bar=bar(mobile), by=mobile.staff, at=mobile.at(DAY, "23:45"))
    lift(mobile, row)

    again = bar(mobile)

    assert (again, again.state) == (row, BarState.ASKED)
    assert Deadline.objects.filter(subject=row.reference, status="open").count() == 1
    with pytest.raises(BarRefused, match="Nobody asked"):
        services.lift_bar(bar=again, by=mobile.staff, at=mobile.at("2026-12-11"))


def test_found_before_it_was_barred_leaves_no_duty(mobile):
    row = lift(mobile, bar(mobile))

    assert row.state == BarState.TO_LIFT
    assert not Deadline.objects.filter(subject=row.reference, status="open").exists()
    with pytest.raises(IllegalStep):
        services.do_bar(bar=row, by=mobile.staff, at=mobile.at("2026-12-11"))


def test_new_sim_takes_a_proof_and_ends_the_bar(mobile):
    row = services.do_bar(bar=bar(mobile), by=mobile.staff, at=mobile.at(DAY, "23:45"))
    with pytest.raises(BarRefused, match="proof of identity"):
        sim(mobile, proof="")
    swap = sim(mobile)
    assert sim(mobile) == swap

    for _ in range(2):
        swap = services.do_sim(
            swap=swap, sim="8961 0000 1234", by=mobile.staff, at=mobile.at("2026-12-11")
        )

    row.refresh_from_db()
    assert (swap.state, row.state) == (SwapState.DONE, BarState.LIFTED)
    with pytest.raises(IllegalStep):
        services.end_sim(swap=swap, by=mobile.world.holder, at=mobile.at("2026-12-11"))


def test_stopping_a_new_sim_takes_no_proof_and_no_of_staff_its_reason(mobile):
    pause_later = sim(mobile)
    pause_all(mobile)
    done = services.end_sim(swap=pause_later, by=mobile.world.holder, at=mobile.at("2026-12-11"))
    assert done.state == SwapState.WITHDRAWN
    Pause.objects.all().delete()
    swap = sim(mobile)
    with pytest.raises(BarRefused, match="Say why"):
        services.end_sim(swap=swap, by=mobile.staff, at=mobile.at("2026-12-11"))
    swap = services.end_sim(
        swap=swap, by=mobile.staff, at=mobile.at("2026-12-11"), why="The phone takes no eSIM."
    )
    assert swap.state == SwapState.REFUSED


def test_what_has_no_sim_or_cannot_be_barred_is_refused_in_words():
    fixed = agree("vpnet", "24.95", since="2026-03-02")
    assert bar(fixed, BarKind.PREMIUM).state == BarState.ASKED
    with pytest.raises(BarRefused, match="nothing of that kind"):
        bar(fixed, BarKind.ROAMING)
    with pytest.raises(BarRefused, match="no SIM"):
        sim(fixed)
