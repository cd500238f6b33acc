"""What two do at the same moment: on a database where both really run."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from billing.payments.services import record_payment
from contracts.catalogue.models import Plan
from contracts.supply.models import PlanChange
from contracts.supply.services import request_plan_change
from parties.accounts.models import Account
from parties.appointments.services import (
    InvitationRefused,
    PresenceRefused,
    accept_appointment,
    ask_together,
    claim_account,
    confirm_on_screen,
    invite_holder,
    revoke,
)
from parties.authority.models import Appointment, Invitation
from parties.authority.selectors import NotAuthorised
from parties.security.models import IdentityCheck, StopLink
from parties.security.services import IdentityNotProven, enter_code, send_code
from parties.security.states import HighRisk
from records.audit.models import Entry
from records.audit.selectors import discrepancies
from records.audit.services import Actor, record
from records.notices.models import Notice
from terms.facts import Action, Role
from tests.parties.people import AT, make_appointment
from tests.world import PASSWORD, World, appoint, make_service, make_user, make_world

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite lets in one writer at a time"
    ),
]


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Do all at the same moment, each on a connection of its own; return results and refusals."""
    start = threading.Barrier(len(acts))

    def do(act: Callable[[], Any]) -> Any:
        try:
            start.wait(10)
            return act()
        except Exception as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def kinds(results: list[Any]) -> list[type]:
    return sorted((type(one) for one in results), key=str)


def token_of(email: str) -> str:
    told = Notice.objects.filter(to=email).latest("pk")
    return re.search(r"/claim/([^/]+)/", told.text).group(1)


def other_plan(world: World, fee: str = "30.00") -> Plan:
    return Plan.objects.create(
        provider=world.provider,
        code=f"other-{fee}",
        name="SIP Other",
        kind="sip_trunk",
        monthly_fee=Decimal(fee),
    )


def change_plan(world: World) -> None:
    request_plan_change(
        service=make_service(world.account),
        plan=other_plan(world),
        by=world.holder,
        overdue=False,
        at=AT,
    )


def pay(world: World) -> None:
    record_payment(
        account=world.account,
        amount=Decimal("10.00"),
        method="card",
        reference="P-1",
        received_on=date(2027, 2, 1),
        at=AT,
    )


def send(world: World) -> None:
    purpose = HighRisk.CHANGE_DETAILS.value
    send_code(account=world.account, person=world.holder, purpose=purpose, at=AT)


@pytest.mark.parametrize("act", [change_plan, pay, send, make_appointment])
def test_act_under_way_lets_others_write_about_the_same_account_and_person(act):
    world = make_world()

    def write() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
            StopLink.objects.create(
                account_id=world.account.pk,
                person_id=world.holder.pk,
                step="x",
                token_hash="x",
                sent_at=AT,
            )

    with transaction.atomic():
        act(world)
        results = at_once([write])

    assert results == [None]


def test_wrong_tries_at_once_are_counted_one_by_one():
    world = make_world()
    world.account.appointments.all().delete()
    known = make_user("Kim Tran")
    make_invitation(world, known.email)
    facts = {"account_number": "T0", "full_name": "Kim", "password": PASSWORD, "at": AT}
    token = token_of(known.email)

    results = at_once([lambda: claim_account(token=token, **facts)] * 9)

    tried = [one for one in results if "belongs to this invitation" in str(one)]
    assert len(tried) == 5
    assert all(isinstance(one, InvitationRefused) for one in results)
    assert Invitation.objects.get().wrong_tries == 5


def make_invitation(world: World, email: str) -> None:
    invite_holder(account=world.account, email=email, at=AT, by=Actor(name="system"))


def test_one_account_claimed_by_two_links_at_once_has_one_holder():
    world = make_world()
    world.account.appointments.all().delete()
    tokens = []
    for email in ("one@people.example", "two@people.example"):
        make_invitation(world, email)
        tokens.append(token_of(email))
    Invitation.objects.update(expires_at=AT.replace(year=2028))
    facts = {"account_number": world.account.number, "full_name": "Kim", "password": PASSWORD}

    results = at_once(
        [lambda token=token: claim_account(token=token, at=AT, **facts) for token in tokens]
    )

    assert sum(isinstance(one, InvitationRefused) for one in results) == 1
    assert world.account.appointments.count() == 1


def test_one_invitation_accepted_many_times_at_once_is_accepted_once():
    world = make_world()
    make_appointment(world, email="new@people.example")
    token, facts = token_of("new@people.example"), {"full_name": "Jo", "password": PASSWORD}

    results = at_once([lambda: accept_appointment(token=token, at=AT, **facts)] * 5)

    assert sum(isinstance(one, InvitationRefused) for one in results) == 4
    assert Entry.objects.filter(action="accept_appointment").count() == 1


def test_one_presence_confirmed_many_times_at_once_is_done_once():
    world, done = make_world(), []
    advocate = make_user("Ada Vocate")
    appoint(world.account, advocate, Role.ADVOCATE)
    presence = ask_together(
        account=world.account,
        by=advocate,
        act="look",
        action=Action.VIEW_BILLS,
        facts={},
        words="Look together.",
        at=AT,
    )

    def confirm() -> Any:
        return confirm_on_screen(presence=presence, by=world.holder, at=AT, perform=done.append)

    results = at_once([confirm] * 5)

    assert sum(isinstance(one, PresenceRefused) for one in results) == 4
    assert len(done) == 1


def test_right_code_entered_many_times_at_once_passes_once():
    world = make_world()
    send(world)
    check = IdentityCheck.objects.get()
    code = re.search(r"\d{6}", Notice.objects.get(kind="identity_code").text).group()

    results = at_once([lambda: enter_code(check=check, code=code, at=AT)] * 5)

    assert sum(isinstance(one, IdentityNotProven) for one in results) == 4
    assert Entry.objects.filter(action="prove_identity").count() == 1


def test_wrong_codes_at_once_are_counted_one_by_one():
    world = make_world()
    send(world)
    check = IdentityCheck.objects.get()

    results = at_once([lambda: enter_code(check=check, code="none", at=AT)] * 9)

    assert all(isinstance(one, IdentityNotProven) for one in results)
    assert Entry.objects.filter(action="wrong_code").count() == 5


def test_two_plan_changes_at_once_never_exceed_one_limit():
    world = make_world()
    rep = make_user("Rex Present")
    appoint(
        world.account,
        rep,
        Role.AUTHORISED_REP,
        max_expense=Decimal("40.00"),
        ends_on=date(2027, 12, 31),
    )
    plan, services = other_plan(world), [make_service(world.account) for _ in range(2)]

    def change(service: Any) -> Any:
        return request_plan_change(service=service, plan=plan, by=rep, overdue=False, at=AT)

    results = at_once([lambda one=one: change(one) for one in services])

    assert kinds(results) == sorted([NotAuthorised, PlanChange], key=str)


def ended_meanwhile(act: Callable[[World, Any], Any]) -> list[Any]:
    """Let a representative act while their authority is being ended."""
    world = make_world()
    rep = make_user("Rex Present")
    row = appoint(world.account, rep, Role.AUTHORISED_REP, ends_on=date(2027, 12, 31))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            revoke(appointment=row, by=world.holder, at=AT)
            waits = pool.submit(at_once, [lambda: act(world, rep)])
            threading.Event().wait(0.5)
        return waits.result(10)


def appoints(world: World, rep: Any) -> Any:
    return make_appointment(world, by=rep, email="more@people.example")


def changes_plan(world: World, rep: Any) -> Any:
    service, plan = make_service(world.account), other_plan(world)
    return request_plan_change(service=service, plan=plan, by=rep, overdue=False, at=AT)


@pytest.mark.parametrize("act", [appoints, changes_plan])
def test_nothing_is_done_under_an_authority_that_is_being_ended(act):
    (refused,) = ended_meanwhile(act)

    assert isinstance(refused, NotAuthorised)
    assert not Appointment.objects.filter(user__email="more@people.example").exists()
    assert not PlanChange.objects.exists()


def test_trail_that_is_being_written_is_proved_without_a_false_alarm():
    accounts = [make_world().account for _ in range(3)]

    def write(account: Account) -> None:
        for _ in range(40):
            record(account_id=account.pk, at=AT, action="change_details")

    def prove() -> list[Any]:
        return [discrepancy for _ in range(15) for discrepancy in discrepancies()]

    results = at_once([*(lambda one=one: write(one) for one in accounts), prove])

    assert results[-1] == []
