"""Nobody gets a power that was not given them, whatever is appointed, changed or ended."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parties.appointments.services import AppointmentRefused, revoke, verify
from parties.authority import selectors as authority
from parties.authority.models import Appointment
from parties.desk.services import CallerMayNot, CallRefused, behalf_of, take_call
from parties.security.services import change_contact
from records.audit.models import Entry
from records.audit.services import on_behalf
from terms import facts
from terms.facts import Action, Role
from tests.parties.people import AT, make_appointment, signed_in
from tests.world import World, appoint, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
MANY = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PROVIDERS = st.sampled_from(["vpnet", "blueshift", "greenlight", "comvergence", "callpro"])
# Representatives above all: their limits are what could leak.
ROLES = [*[Role.AUTHORISED_REP] * 3, Role.ADVOCATE, Role.CUSTOMER_CONTACT]
CAPS = st.sampled_from([None, Decimal(20), Decimal(50), Decimal(100)])
STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "by": st.integers(0, 3),
            "whom": st.integers(1, 3),
            "do": st.sampled_from(["appoint", "appoint", "appoint", "revoke", "verify"]),
            "role": st.sampled_from(ROLES),
            "withheld": st.sets(st.sampled_from(list(Action)), max_size=5),
            "cap": CAPS,
            "ends_in": st.integers(0, 60),
        }
    ),
    min_size=1,
    max_size=6,
)


class History:
    """One account and what people do to its appointments, hour by hour."""

    def __init__(self, provider: str) -> None:
        self.world: World = make_world(provider)
        self.people = [self.world.holder, *(make_user(name) for name in ("One", "Two", "Three"))]
        self.staff = make_staff()
        self.at = AT

    def take(self, step: dict) -> Appointment | None:
        """Take a step if it is allowed; return the appointment that it made."""
        self.at += timedelta(hours=7)
        by, whom = self.people[step["by"]], self.people[step["whom"]]
        try:
            return getattr(self, step["do"])(by, whom, step)
        except (authority.NotAuthorised, AppointmentRefused):
            return None

    def appoint(self, by, whom, step) -> Appointment:
        is_representative = step["role"] is Role.AUTHORISED_REP
        return make_appointment(
            self.world,
            by=by,
            at=self.at,
            email=whom.email,
            role=step["role"],
            limits=tuple(step["withheld"]) if is_representative else (),
            max_expense=step["cap"] if is_representative else None,
            advocate_kind="interpreter" if step["role"] is Role.ADVOCATE else "",
            starts_on=self.day,
            ends_on=self.day + timedelta(days=step["ends_in"]),
        )

    def revoke(self, by, whom, step) -> None:
        row = Appointment.objects.filter(user=whom, revoked_at__isnull=True).last()
        if row:
            revoke(appointment=row, by=by, at=self.at)

    def verify(self, by, whom, step) -> None:
        row = Appointment.objects.filter(user=whom, revoked_at__isnull=True).last()
        if row:
            verify(appointment=row, by=self.staff, how="By phone", evidence="Seen", at=self.at)

    def change_on_the_phone(self, row: Appointment) -> None:
        """Staff take this person's call and change contact details for them."""
        call = take_call(
            account=self.world.account,
            by=self.staff,
            step=Action.CHANGE_DETAILS,
            at=self.at,
            appointment=row,
        )
        with on_behalf(behalf_of(call, at=self.at, action=Action.CHANGE_DETAILS)):
            change_contact(
                account=self.world.account,
                by=self.staff,
                at=self.at,
                details={"street": f"{self.at:%H%d} Test Street"},
                without="Known",
            )

    @property
    def day(self) -> date:
        return authority.local_day(self.world.account, self.at)


def held(row: Appointment, history: History) -> set[Action]:
    judged = authority.powers(row, on=history.day, at=history.at)
    return {action for action, decision in judged.items() if decision.allowed}


@MANY
@given(provider=PROVIDERS, steps=STEPS)
def test_no_sequence_of_appointments_gives_more_than_the_appointing_person_held(provider, steps):
    history = History(provider)

    for step in steps:
        made = history.take(step)
        if made is None:
            continue
        under = made.appointed_under
        giver = held(under, history)
        # As it will be once it is checked and the cooling-off is over.
        later = Appointment.objects.get(pk=made.pk)
        later.verified_at, later.works_from = history.at, None
        assert Action.ADD_REPRESENTATIVE in giver
        assert held(later, history) <= giver
        assert under.role == Role.HOLDER or made.ends_on <= (under.ends_on or made.ends_on)
        if under.max_expense is not None:
            assert made.max_expense is not None
            assert made.max_expense <= under.max_expense


@MANY
@given(provider=PROVIDERS, steps=STEPS)
def test_no_act_is_recorded_under_an_authority_that_was_not_in_force(provider, steps):
    history = History(provider)

    for step in steps:
        history.take(step)
        person = history.people[step["whom"]]
        try:
            details = {"street": f"{history.at:%H%d} Test Street"}
            change_contact(
                account=history.world.account, by=person, at=history.at, details=details
            )
        except authority.NotAuthorised:
            continue

    for entry in Entry.objects.exclude(authority="").filter(action="change_contact"):
        row = Appointment.objects.get(public_id=entry.authority)
        day = authority.local_day(row.account, entry.at)
        assert row.user_id == entry.actor_id
        assert row.starts_on <= day <= (row.ends_on or day)
        assert row.revoked_at is None or row.revoked_at >= entry.at
        assert row.works_from is None or row.works_from <= entry.at
        assert not row.needs_check or row.verified_at <= entry.at
        assert "change_details" not in row.limits


@MANY
@given(provider=PROVIDERS, steps=STEPS)
def test_no_act_on_the_phone_is_recorded_under_an_authority_that_was_not_in_force(provider, steps):
    history = History(provider)

    for step in steps:
        history.take(step)
        row = Appointment.objects.filter(user=history.people[step["whom"]]).last()
        if row is None:
            continue
        try:
            history.change_on_the_phone(row)
        except (CallRefused, CallerMayNot):
            continue

    acts = Entry.objects.filter(account=history.world.account, action="change_contact")
    for entry in acts.exclude(for_whom=""):
        row = Appointment.objects.get(public_id=entry.authority)
        day = authority.local_day(row.account, entry.at)
        assert entry.actor == history.staff
        assert entry.for_whom.startswith(row.person)
        assert row.starts_on <= day <= (row.ends_on or day)
        assert row.revoked_at is None or row.revoked_at >= entry.at
        assert row.works_from is None or row.works_from <= entry.at
        assert not row.needs_check or row.verified_at <= entry.at
        assert "change_details" not in row.limits


@MANY
@given(provider=PROVIDERS, steps=STEPS)
def test_when_the_holder_goes_nobody_keeps_what_they_gave(provider, steps):
    from parties.appointments.services import HolderChange, record_holder_event
    from parties.authority.states import HolderEventKind

    history = History(provider)
    for step in steps:
        history.take(step)
    death = HolderChange(kind=HolderEventKind.DEATH, since=history.day, evidence="Certificate")

    record_holder_event(
        account=history.world.account, happened=death, by=history.staff, at=history.at
    )

    for person in history.people:
        for action in Action:
            decision = authority.may(
                person, action, history.world.account, on=history.day, at=history.at
            )
            assert not decision.allowed


def test_appointing_alone_ends_nobody_elses_appointment(world):
    """Change and sign would end what “remove others” is needed for."""
    other = make_appointment(world)
    helper = make_user("Kim Abbott")
    appoint(
        world.account,
        helper,
        Role.AUTHORISED_REP,
        limits=["remove_representative"],
        starts_on=date(2027, 1, 1),
        ends_on=date(2099, 12, 31),
    )

    with pytest.raises(authority.NotAuthorised) as refused:
        make_appointment(
            world,
            by=helper,
            replaces=other,
            limits=("close_account", "remove_representative"),
        )

    assert refused.value.action == facts.Action.REMOVE_REPRESENTATIVE
    other.refresh_from_db()
    assert other.revoked_at is None


def test_whoever_may_not_complain_can_prove_who_they_are(world):
    helper = make_user("Kim Abbott")
    appoint(
        world.account,
        helper,
        Role.AUTHORISED_REP,
        limits=["lodge_complaint"],
        ends_on=date(2099, 12, 31),
    )
    assert signed_in(helper).get("/identity/change_details/").status_code == 200
