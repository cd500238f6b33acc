"""Where an account stands: what happened to its holder, and what follows from it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.credit_management.services import advise_late_charge
from billing.invoices.models import Invoice
from billing.runs.services import run_provider_bills
from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.process.services import acknowledge_sent, propose_resolution, start_investigation
from complaints.tickets.models import Complaint
from contracts.supply.models import Chargeable
from parties.appointments.services import claim_account, revoke
from parties.authority.selectors import account_standing
from parties.authority.states import HolderEventKind
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.facts import Role
from tests.parties.appointments.test_appointing import link_of
from tests.parties.people import AT
from tests.portal.staff.test_staff_steps import event
from tests.world import appoint, instant, make_service, make_staff, make_user, make_world

pytestmark = pytest.mark.django_db
ON = AT.date()
KIND = HolderEventKind


def test_nothing_happened_is_said_as_nothing(world):
    standing = account_standing(world.account, ON)

    assert standing.happenings == ()
    assert standing.is_chased
    assert (standing.to_name, standing.to_email) == ("Mia Conti", "bills@people.example")


@pytest.mark.parametrize(
    ("provider", "kind", "ends_from", "cited"),
    [
        ("comvergence", KIND.DEATH, date(2027, 1, 20), "CV-SUS-02"),
        ("comvergence", KIND.BANKRUPTCY, date(2027, 1, 20), "CV-SUS-02"),
        # Five business days from Wed 20 Jan; Tue 26 is Australia Day: 21, 22, 25, 27, 28.
        ("comvergence", KIND.INSOLVENCY, date(2027, 1, 29), "CV-SUS-03"),
        ("comvergence", KIND.INCAPACITY, None, None),
        ("vpnet", KIND.INSOLVENCY, None, None),
        ("callpro", KIND.DEATH, None, None),
        ("greenlight", KIND.BANKRUPTCY, None, None),
    ],
)
def test_ground_for_ending_is_the_terms_own_or_none(provider, kind, ends_from, cited):
    world = make_world(provider)
    event(world, kind)

    (found,) = account_standing(world.account, ON).happenings

    assert found.kind == kind
    assert found.ground.ends_from == ends_from
    assert {reason["id"] for reason in found.ground.because} >= ({cited} if cited else set())
    assert bool(found.ground.because) == bool(cited)


@pytest.mark.parametrize(
    ("kind", "facts", "to"),
    [
        (KIND.DEATH, {}, ("The estate of Mia Conti", "bills@people.example")),
        (
            KIND.DEATH,
            {"new_holder_email": "executor@people.example"},
            ("The estate of Mia Conti", "executor@people.example"),
        ),
        (
            KIND.INCAPACITY,
            {},
            ("Whoever looks after the affairs of Mia Conti", "bills@people.example"),
        ),
        (KIND.BANKRUPTCY, {}, ("Mia Conti", "bills@people.example")),
        (KIND.INSOLVENCY, {}, ("Mia Conti", "bills@people.example")),
    ],
)
def test_messages_never_address_the_dead_by_name(world, kind, facts, to):
    event(world, kind, **facts)

    standing = account_standing(world.account, ON)

    assert (standing.to_name, standing.to_email) == to
    assert standing.is_chased == (kind in (KIND.BANKRUPTCY, KIND.INSOLVENCY))


def test_bill_goes_to_the_estate_and_adds_no_late_fee_by_itself(world):
    world.provider.late_payment_cost = Decimal("9.30")
    world.provider.save()
    make_service(world.account, fee="60.00", billed_through=date(2026, 10, 31))
    for day in [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)]:
        if day.year == 2027 and day.month == 2:
            event(world, KIND.DEATH, new_holder_email="executor@people.example")
        run_provider_bills(world.provider, issue_on=day, at=instant(f"{day} 06:20"))
        advise_late_charge(
            invoice=Invoice.objects.latest("pk"), advised_on=day + timedelta(days=17)
        )

    assert Invoice.objects.count() == 4
    # Each month's bill is late on the next bill day; January's bears no fee after the death.
    late = set(Chargeable.objects.values_list("incurred_on", flat=True))
    assert late == {date(2026, 12, 1), date(2027, 1, 1)}
    told = Notice.objects.filter(kind="invoice_issued").latest("pk")
    assert told.to == "executor@people.example"
    assert "The estate of Mia Conti" in told.text


def test_new_holder_makes_it_history(world):
    event(world, KIND.DEATH, new_holder_email="executor@people.example")
    token = link_of(Notice.objects.get(kind="account_invitation"))
    claim_account(
        token=token,
        account_number=world.account.number,
        full_name="Ex Ecutor",
        password="a-long-test-password",
        at=AT,
    )

    standing = account_standing(world.account, ON)

    assert standing.happenings == ()
    assert standing.is_chased
    assert standing.to_name == "Ex Ecutor"


def test_answer_to_a_complaint_goes_to_nobody_who_lost_their_standing(world):
    person = make_user("Jordan Lee")
    row = appoint(world.account, person, Role.AUTHORISED_REP, ends_on=date(2027, 12, 31))
    lodge_complaint(
        account=world.account,
        by=person,
        at=AT,
        details=ComplaintDetails(topic="bill", description="Dear"),
    )
    deliver_queued(at=AT)
    acknowledge_sent(at=AT)
    desk, reference = make_staff(), Complaint.objects.get().reference
    start_investigation(reference=reference, by=desk, at=AT)
    revoke(appointment=row, by=world.holder, at=AT)

    propose_resolution(reference=reference, by=desk, text="You get $5.", at=AT)

    told = Notice.objects.get(title__contains=reference, text__contains="You get $5.")
    assert told.to == "bills@people.example"
