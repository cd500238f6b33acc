"""A representative's limit is one for each month, whatever they split, take back or pass on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.catalogue.models import Plan
from contracts.supply.models import PlanChange, Service
from contracts.supply.services import (
    PlanChangeRefused,
    apply_plan_changes,
    request_plan_change,
    withdraw_plan_change,
)
from contracts.supply.states import PlanChangeState, ServiceStatus
from parties.appointments.services import AppointmentRefused, revoke
from parties.authority import selectors as authority
from parties.authority.models import Appointment
from terms.facts import Action
from terms.lifecycle import IllegalStep
from tests.parties.people import make_appointment, taken_up
from tests.world import World, instant, make_service, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
AT = instant("2027-03-10 10:00")
CAP = Decimal("100.00")
DAY = timedelta(days=1)


def plan(world: World, price: str) -> Plan:
    """A plan that costs so much a month, GST included."""
    found, _ = Plan.objects.get_or_create(
        provider=world.provider,
        code=f"sip-{price}".replace(".", "-"),
        defaults={"name": "SIP", "kind": "sip_trunk", "monthly_fee": Decimal(price)},
    )
    return found


def ask(service: Service, price: str, by, at=AT) -> PlanChange:
    wanted = plan(World(service.plan.provider, None, None, None), price)
    fresh = Service.objects.select_related("contract__account__customer__provider", "plan")
    return request_plan_change(
        service=fresh.get(pk=service.pk), plan=wanted, by=by, overdue=False, at=at
    )


def limited(world: World, by=None, at=AT, **facts) -> Appointment:
    given = {"max_expense": CAP, "limits": ("close_account",), "starts_on": at.date()} | facts
    row = make_appointment(world, by=by, at=at, **given)
    Appointment.objects.filter(pk=row.pk).update(verified_at=at)
    row.refresh_from_db()
    return row


def refusal_of(service, price, by, at=AT) -> str:
    with pytest.raises(authority.NotAuthorised) as refused:
        ask(service, price, by, at)
    return refused.value.decision.because[0]["steps"][0]


SUM = "$59.40 agreed before and $49.50 now are $108.90; the limit is $100.00 a month"


def test_two_changes_count_together_and_the_reason_says_so(world):
    first, second = make_service(world.account), make_service(world.account)
    person = limited(world).user
    ask(first, "59.40", person)

    assert refusal_of(second, "49.50", person) == SUM

    ask(second, "39.60", person)


def test_change_in_force_still_counts_and_one_taken_back_does_not(world):
    first, second = make_service(world.account), make_service(world.account)
    person = limited(world).user
    change = ask(first, "59.40", person)
    apply_plan_changes(at=AT + 8 * DAY)
    assert refusal_of(second, "49.50", person, AT + 9 * DAY) == SUM

    later = AT + 40 * DAY
    cheaper = ask(first, "11.00", person, later)
    withdraw_plan_change(change=cheaper, by=person, at=later)

    assert refusal_of(second, "49.50", person, later) == SUM
    change.refresh_from_db()
    assert change.state == PlanChangeState.APPLIED


def test_service_that_ended_or_that_the_holder_moved_since_no_longer_counts(world):
    first, second, third = (make_service(world.account) for _ in range(3))
    person = limited(world).user
    ask(first, "59.40", person)
    ask(second, "39.60", person)
    apply_plan_changes(at=AT + 8 * DAY)
    assert "agreed before" in refusal_of(third, "11.00", person, AT + 9 * DAY)

    Service.objects.filter(pk=first.pk).update(
        status=ServiceStatus.ENDED, ended_on=date(2027, 3, 19)
    )
    ask(second, "99.00", world.holder, AT + 40 * DAY)
    apply_plan_changes(at=AT + 48 * DAY)

    ask(third, "99.00", person, AT + 49 * DAY)


def test_what_was_passed_on_counts_against_whoever_passed_it_on(world):
    first, second = make_service(world.account), make_service(world.account)
    person = limited(world).user
    passed_on = limited(world, by=person, email="two@people.example", max_expense=Decimal(60))
    ask(first, "59.40", passed_on.user)

    assert refusal_of(second, "49.50", person) == SUM

    revoke(appointment=passed_on, by=person, at=AT)
    another = limited(world, by=person, email="three@people.example")
    assert refusal_of(second, "49.50", another.user) == SUM


def test_new_appointment_in_place_of_the_old_starts_where_that_one_was(world):
    first, second = make_service(world.account), make_service(world.account)
    old = limited(world)
    ask(first, "59.40", old.user)

    new = limited(world, replaces=old)

    assert refusal_of(second, "49.50", new.user) == SUM
    ask(second, "49.50", limited(world, replaces=new, max_expense=Decimal(120)).user)


def test_limit_binds_a_page_as_it_binds_the_service(world, client):
    first, second = make_service(world.account), make_service(world.account)
    before = instant("2026-03-10 10:00")
    person = taken_up(limited(world, at=before, ends_on=date(2099, 12, 31))).user
    ask(first, "59.40", person, before)
    wanted = plan(world, "49.50")
    client.force_login(person)

    page = client.get(f"/services/{second.public_id}/plan/{wanted.code}/")

    assert page.status_code == 403
    assert SUM in page.content.decode()


STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "do": st.sampled_from(["ask", "ask", "ask", "appoint", "withdraw", "apply", "end"]),
            "who": st.integers(0, 2),
            "whom": st.integers(1, 2),
            "service": st.integers(0, 2),
            "price": st.sampled_from(["22.00", "49.50", "59.40", "99.00"]),
            "cap": st.sampled_from([CAP, Decimal(60)]),
            "replace": st.booleans(),
            "days": st.sampled_from([0, 8, 35]),
        }
    ),
    min_size=4,
    max_size=12,
)


@pytest.mark.slow
@given(steps=STEPS)
@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_sequence_of_steps_commits_more_than_the_holder_allowed(steps):
    world = make_world()
    services = [make_service(world.account) for _ in range(3)]
    people = [make_user(name) for name in ("One", "Two", "Three")]
    at = AT
    limited(world, at=at, email=people[0].email)
    for person in people[1:]:
        limited(world, by=people[0], at=at, email=person.email)
    for step in steps:
        at += timedelta(days=step["days"], minutes=1)
        who, service = people[step["who"]], services[step["service"]]
        try:
            if step["do"] == "ask":
                ask(service, step["price"], who, at)
            elif step["do"] == "withdraw":
                change = service.plan_changes.exclude(state=PlanChangeState.APPLIED).first()
                if change:
                    withdraw_plan_change(change=change, by=who, at=at)
            elif step["do"] == "apply":
                apply_plan_changes(at=at)
            else:
                appoint_or_end(world, step, people, at)
        except (authority.NotAuthorised, AppointmentRefused, PlanChangeRefused, IllegalStep):
            continue

        assert sum(map(dearest, services)) <= CAP


def dearest(service: Service) -> Decimal:
    """What the representatives may come to cost on a service; nobody else changes it here."""
    standing = [PlanChangeState.WAITING, PlanChangeState.AGREED]
    rows = service.plan_changes.order_by("-pk")
    found = [rows.filter(state__in=standing).first(), rows.filter(state="applied").first()]
    return max((row.monthly_after for row in found if row), default=Decimal(0))


def appoint_or_end(world: World, step: dict, people: list, at) -> None:
    """One representative appoints another, in place of what they had, or ends it."""
    mine = Appointment.objects.filter(account=world.account, revoked_at__isnull=True)
    held = mine.filter(user=people[step["whom"]]).first()
    if step["do"] == "end":
        if held:
            revoke(appointment=held, by=people[step["who"]], at=at)
        return
    limited(
        world,
        by=people[step["who"]],
        at=at,
        email=people[step["whom"]].email,
        max_expense=step["cap"],
        replaces=held if step["replace"] else None,
    )


def test_limit_is_for_changes_alone_and_reading_is_free(world):
    person = limited(world, max_expense=Decimal(0)).user

    decision = authority.may(person, Action.VIEW_BILLS, world.account, on=AT.date(), at=AT)

    assert decision.allowed
