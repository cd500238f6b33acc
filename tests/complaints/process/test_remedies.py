"""What an answer gives besides a credit is shown, really done, and told; nothing is said only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from billing.credit_management.services import advise_late_charge, assess_late_charges
from billing.invoices.models import CreditNote
from billing.payments.services import late_charges_to_waive, waive_late_charge
from billing.runs.services import run_provider_bills
from complaints.ombudsman import services as ombudsman
from complaints.ombudsman.states import Level, Outcome
from complaints.process import selectors
from complaints.process.services import Offer, StepRefused, Wanted
from complaints.tickets.models import Remedy
from complaints.tickets.states import Duty, RemedyKind, State
from contracts.catalogue.models import Plan
from contracts.equipment.models import Equipment
from contracts.equipment.services import note_equipment
from contracts.equipment.states import Basis, Item, Place
from contracts.requests import services as requests
from contracts.requests.models import Fault
from contracts.requests.states import Found
from contracts.supply.models import Chargeable, Service
from contracts.supply.states import ServiceStatus
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Role
from tests.complaints.story import Story, bill, tell
from tests.parties.people import signed_in
from tests.parties.staff import sign_in_staff
from tests.world import appoint, make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def looked_into(key: str = "greenlight", **facts) -> Story:
    """A complaint that is being looked into, of somebody with one bill and one service."""
    story = tell(key, state="NSW")
    story.invoice = bill(story, date(2027, 5, 1), "220.00")
    story.service = Service.objects.get()
    story.lodge("2027-06-07 08:10", **facts)
    story.sweep("2027-06-07 08:11")
    story.do("2027-06-08 09:00", "start_investigation")
    return story


def agreed(story: Story, *wanted: Wanted, **offer) -> None:
    """What is offered by one, accepted on Fri 11 June."""
    given = Offer(remedies=wanted, **offer)
    story.do("2027-06-10 10:00", "propose_resolution", text="This is what we do.", offer=given)
    story.do("2027-06-11 10:00", "accept_proposal", by=story.world.holder)


def done(story: Story, moment: str = "2027-06-15 10:00") -> None:
    by = story.works if story.complaint.safety_threat else story.manager
    story.do(moment, "resolve_complaint", by=by, text="All of it is done.")
    story.sweep(moment)


def late(story: Story) -> Chargeable:
    """A late charge that nobody's bill carries yet."""
    advise_late_charge(invoice=story.invoice, advised_on=date(2027, 5, 18))
    story.world.provider.late_payment_cost = Decimal("9.30")
    story.world.provider.save(update_fields=["late_payment_cost"])
    at = story.when("2027-06-09 10:00")
    (charge,) = assess_late_charges(story.world.account, on=date(2027, 6, 9), at=at)
    return charge


def next_bill(story: Story) -> None:
    run_provider_bills(
        story.world.provider,
        issue_on=date(2027, 7, 1),
        at=story.when("2027-07-01 06:20"),
        on_demand=True,
    )


def letters(title: str) -> list[str]:
    rows = Notice.objects.filter(kind="complaint_letter", title__contains=title)
    return [row.text for row in rows]


def test_a_late_charge_that_no_bill_carries_yet_costs_nothing_on_the_next_and_comes_not_again():
    story = looked_into("vpnet")
    charge = late(story)
    agreed(story, Wanted(kind=RemedyKind.LATE_CHARGE, charge=charge))

    done(story)

    rows = Chargeable.objects.filter(account=story.world.account, kind=charge.kind)
    assert sorted(row.amount for row in rows) == [-charge.amount, charge.amount]
    at = story.when("2027-06-16 10:00")
    assert assess_late_charges(story.world.account, on=date(2027, 6, 16), at=at) == []
    next_bill(story)
    lines = story.world.account.invoices.get(issue_date=date(2027, 7, 1)).lines.filter(kind="late")
    assert sum(line.amount_ex + line.gst for line in lines) == Decimal("0.00")
    words = f"We took back the late charge of ${charge.amount}."
    assert words in letters("What we agreed has been done")[0]


def test_a_late_charge_on_a_bill_comes_back_by_a_credit_note_once():
    story = looked_into("vpnet")
    charge = late(story)
    next_bill(story)
    at = story.when("2027-07-02 10:00")
    for _ in range(2):
        waive_late_charge(charge=charge, reason="As agreed", at=at)

    note = CreditNote.objects.get()
    assert note.total_inc == charge.amount
    assert note.invoice.issue_date == date(2027, 7, 1)
    assert late_charges_to_waive(story.world.account) == []


def test_a_plan_moves_at_the_price_that_was_told_without_fee_or_term():
    story = looked_into()
    was = story.service.plan
    cheaper = Plan.objects.create(
        provider=story.world.provider,
        code="small",
        name="Small",
        kind=was.kind,
        monthly_fee=Decimal("150.00"),
        minimum_months=24,
    )
    wanted = Wanted(kind=RemedyKind.PLAN, service=story.service, plan=cheaper)
    agreed(story, wanted)
    assert "$165.00 a month, GST included" in letters("Our proposed answer")[0]
    # The list moves on; what was told stands.
    Plan.objects.filter(pk=cheaper.pk).update(monthly_fee=Decimal("170.00"))
    contract = story.service.contract_id

    done(story)

    story.service.refresh_from_db()
    assert (story.service.plan, story.service.contract_id) == (cheaper, contract)
    period = story.service.periods.order_by("starts_on").last()
    assert (period.unit_fee, period.starts_on) == (Decimal("150.00"), date(2027, 6, 15))


def test_a_technician_is_a_fault_that_costs_nothing_and_has_to_have_been_there():
    story = looked_into()
    agreed(story, Wanted(kind=RemedyKind.VISIT, service=story.service, text="Looks at the line."))
    assert list(selectors.with_parts_to_do(type(story.complaint).objects.all())) == [
        story.complaint
    ]
    with pytest.raises(StepRefused, match="No technician is ordered"):
        done(story)
    remedy = Remedy.objects.get()
    story.do("2027-06-11 11:00", "carry_out_part", remedy=remedy, text="Ring first.")
    fault = Fault.objects.get()
    assert fault.free_under == story.reference
    with pytest.raises(StepRefused, match="left to do"):
        story.do("2027-06-11 11:01", "carry_out_part", remedy=remedy)
    with pytest.raises(StepRefused, match="was not there yet"):
        done(story)

    # Whatever they find, and whoever agreed to a cost before: it costs nothing.
    with pytest.raises(requests.FaultRefused, match="costs nothing"):
        requests.accept_cost(fault=fault, by=story.world.holder, at=story.when("2027-06-11 12:00"))
    work = requests.note_work(
        fault=fault,
        on_site=True,
        started_at=story.when("2027-06-15 08:00"),
        ended_at=story.when("2027-06-15 09:30"),
        found=Found.NOTHING,
        words="The line is sound.",
        by=make_staff(),
        at=story.when("2027-06-15 09:40"),
    )
    assert (work.amount, work.chargeable) == (Decimal("0.00"), None)
    done(story)
    assert story.complaint.state == State.RESOLVED
    assert not selectors.with_parts_to_do(type(story.complaint).objects.all()).exists()
    page = signed_in(story.world.holder).get(reverse("fault", args=[fault.reference]))
    assert "It costs you nothing: that was agreed with you." in page.getvalue().decode()


def test_a_piece_is_replaced_and_the_old_one_asked_back_without_charge():
    story = looked_into()
    old = note_equipment(
        service=story.service,
        item=Item.MODEM,
        serial="OLD-1",
        basis=Basis.RENTAL,
        delivered_on=date(2027, 5, 1),
        by=story.manager,
        at=story.when("2027-06-01 10:00"),
    )
    agreed(story, Wanted(kind=RemedyKind.EQUIPMENT, equipment=old))
    with pytest.raises(StepRefused, match="not replaced yet"):
        done(story)
    remedy = Remedy.objects.get()
    day = date(2027, 6, 14)
    for serial, says in (("", "serial number"), ("old-1", "number of the old piece")):
        with pytest.raises(StepRefused, match=says):
            story.do(
                "2027-06-14 10:00",
                "carry_out_part",
                remedy=remedy,
                serial=serial,
                delivered_on=day,
            )
    with pytest.raises(StepRefused, match="still to come"):
        story.do(
            "2027-06-14 10:00",
            "carry_out_part",
            remedy=remedy,
            serial="NEW-1",
            delivered_on=date(2027, 7, 14),
        )
    story.do("2027-06-14 10:00", "carry_out_part", remedy=remedy, serial="new-1")

    places = dict(Equipment.objects.values_list("serial", "place"))
    assert places == {"OLD-1": Place.DUE, "NEW-1": Place.THERE}
    done(story)
    assert not Chargeable.objects.filter(account=story.world.account).exists()
    assert "was replaced by" in letters("What we agreed has been done")[0]


def test_an_apology_is_a_letter_of_its_own_that_leaves():
    story = looked_into()
    agreed(story, Wanted(kind=RemedyKind.APOLOGY, text="We were wrong, and we are sorry."))
    assert letters("We are sorry") == []

    done(story)

    (text,) = letters("We are sorry")
    assert "We were wrong, and we are sorry." in text
    assert any("We are sorry" in one.subject for one in mail.outbox)
    assert "a letter of apology" in letters("What we agreed has been done")[0]


def test_all_of_it_is_done_in_one_step_and_the_page_says_what_and_by_when():
    story = looked_into("vpnet")
    charge = late(story)
    wanted = (
        Wanted(kind=RemedyKind.LATE_CHARGE, charge=charge),
        Wanted(kind=RemedyKind.APOLOGY, text="We are sorry."),
    )
    offer = Offer(remedies=wanted, credit=Decimal("10.00"), invoice=story.invoice)
    story.do("2027-06-10 10:00", "propose_resolution", text="Both.", offer=offer)
    story.sweep("2027-06-10 10:05")
    found = selectors.carrying_out(story.reference, story.when("2027-06-11 10:00"))
    # Accepted on Fri 11 June: 15, 16, 17, 18, 21 June; Mon 14 June is the King's Birthday.
    assert found.day == date(2027, 6, 21)
    client = signed_in(story.world.holder)
    page = client.get(f"/complaints/{story.reference}/").getvalue().decode()
    assert f"We take back the late charge of ${charge.amount}." in page
    assert "If you accept today" in page

    story.do("2027-06-11 10:00", "accept_proposal", by=story.world.holder)
    assert story.due(Duty.IMPLEMENT) == found.day
    page = client.get(f"/complaints/{story.reference}/").getvalue().decode()
    assert "What we agreed" in page
    done(story)
    page = client.get(f"/complaints/{story.reference}/").getvalue().decode()
    assert f"We took back the late charge of ${charge.amount}." in page
    assert Remedy.objects.filter(done_at__isnull=False).count() == 2


def test_what_was_replaced_declined_or_never_accepted_is_not_done():
    story = looked_into("vpnet")
    charge = late(story)
    offer = Offer(remedies=(Wanted(kind=RemedyKind.LATE_CHARGE, charge=charge),))
    story.do("2027-06-10 10:00", "propose_resolution", text="The charge.", offer=offer)
    story.do("2027-06-10 11:00", "amend_proposal", text="An apology is all.")
    story.do("2027-06-11 10:00", "accept_proposal", by=story.world.holder)
    done(story)
    assert late_charges_to_waive(story.world.account) == [charge]
    assert Remedy.objects.get().done_at is None


def test_a_charge_that_fell_away_meanwhile_is_said_to_have_fallen_away():
    story = looked_into("vpnet")
    charge = late(story)
    agreed(story, Wanted(kind=RemedyKind.LATE_CHARGE, charge=charge))
    charge.delete()
    done(story)
    assert Remedy.objects.get().result == "The late charge fell away already."


def test_in_private_nothing_is_offered_that_others_would_see():
    story = looked_into("vpnet", safety_threat=True)
    visit = Wanted(kind=RemedyKind.VISIT, service=story.service)
    with pytest.raises(StepRefused, match="Others on the account would see"):
        story.do(
            "2027-06-10 10:00", "propose_resolution", text="x", offer=Offer(remedies=(visit,))
        )
    charge = late(story)
    agreed(story, Wanted(kind=RemedyKind.LATE_CHARGE, charge=charge))
    done(story)
    said = Entry.objects.filter(account=story.world.account, is_private=False)
    assert not any(story.reference in f"{row.reason}{row.after}" for row in said)


@pytest.mark.parametrize("case", ["stranger", "dearer", "ended", "none", "twice", "empty"])
def test_what_can_not_be_is_refused_in_words(case):
    story = looked_into()
    other = tell("vpnet", state="NSW")
    bill(other, date(2027, 6, 1), "66.00")
    theirs = Service.objects.get(contract__account=other.world.account)
    dear = Plan.objects.create(
        provider=story.world.provider,
        code="big",
        name="Big",
        kind=story.service.plan.kind,
        monthly_fee=Decimal("999.00"),
    )
    apology = Wanted(kind=RemedyKind.APOLOGY, text="Sorry.")
    offers = {
        "stranger": ((Wanted(kind=RemedyKind.VISIT, service=theirs),), "not of this account"),
        "dearer": (
            (Wanted(kind=RemedyKind.PLAN, service=story.service, plan=dear),),
            "dearer",
        ),
        "ended": ((Wanted(kind=RemedyKind.VISIT, service=story.service),), "at which service"),
        "none": ((Wanted(kind=RemedyKind.LATE_CHARGE),), "not of this account"),
        "twice": ((apology, apology), "one of each kind"),
        "empty": ((Wanted(kind=RemedyKind.APOLOGY, text=" "),), "words of the apology"),
    }
    if case == "ended":
        Service.objects.filter(pk=story.service.pk).update(
            status=ServiceStatus.ENDED, ended_on=date(2027, 6, 5)
        )
        story.service.refresh_from_db()
    wanted, says = offers[case]
    with pytest.raises(StepRefused, match=says):
        story.do("2027-06-10 10:00", "propose_resolution", text="x", offer=Offer(remedies=wanted))
    assert not Remedy.objects.exists()


def test_staff_offer_it_on_the_page_order_the_technician_there_and_the_list_names_it():
    story = looked_into()
    pages = sign_in_staff(Client(), story.manager, because_of=story.world.account)
    here = story.complaint.pk

    def page(slug: str) -> str:
        return reverse("admin:complaints_complaint_step", args=[here, slug])

    shown = pages.get(page("propose")).content.decode()
    assert "A letter of apology, in full" in shown
    # Nothing is asked for that the account has none of.
    assert "Take back a late charge" not in shown
    assert "Replace without charge" not in shown
    given = {"text": "Somebody comes and looks at it.", "told_by": "email"}
    half = pages.post(page("propose"), given | {"moves": story.service.pk})
    assert "Choose both" in half.content.decode()
    answer = pages.post(
        page("propose"),
        given | {"visit": story.service.pk, "visit_for": "Mornings.", "apology": "Sorry."},
    )
    assert answer.status_code == 302, answer.content.decode()
    assert [one.kind for one in Remedy.objects.all()] == [RemedyKind.VISIT, RemedyKind.APOLOGY]
    story.do("2027-06-11 10:00", "accept_proposal", by=story.world.holder)

    listed = pages.get("/admin/complaints/complaint/?needs=parts").content.decode()
    assert story.reference in listed
    remedy = Remedy.objects.get(kind=RemedyKind.VISIT)
    assert pages.post(page("carry_out"), {"remedy": remedy.pk}).status_code == 302
    fault = Fault.objects.get()
    record = reverse("admin:complaints_complaint_change", args=[here])
    assert f"A technician is ordered, as {fault.reference}" in pages.get(record).content.decode()
    # Ordered twice it is one.
    assert pages.post(page("carry_out"), {"remedy": remedy.pk}).status_code in (200, 302)
    assert Fault.objects.count() == 1


def test_who_may_answer_but_sees_no_bills_reads_no_sum():
    story = looked_into("vpnet")
    charge = late(story)
    offer = Offer(
        remedies=(
            Wanted(kind=RemedyKind.LATE_CHARGE, charge=charge),
            Wanted(kind=RemedyKind.APOLOGY, text="We are sorry."),
        )
    )
    story.do("2027-06-10 10:00", "propose_resolution", text="Both.", offer=offer)
    friend = make_user("Jordan Lee")
    appoint(
        story.world.account,
        friend,
        Role.AUTHORISED_REP,
        ends_on=date(2099, 12, 31),
        limits=["view_bills"],
    )

    page = signed_in(friend).get(f"/complaints/{story.reference}/").getvalue().decode()

    assert "You get a letter of apology." in page
    assert str(charge.amount) not in page


def test_an_outcome_at_the_ombudsmans_gives_all_that_an_answer_may():
    """What was decided there is told in full, ordered, done and told again, to the cent."""
    story = looked_into("vpnet")
    charge = late(story)
    story.refer("2027-06-10 09:30", Level.REFERRED)
    wanted = (
        Wanted(kind=RemedyKind.LATE_CHARGE, charge=charge),
        Wanted(kind=RemedyKind.VISIT, service=story.service, text="Looks at the line."),
        Wanted(kind=RemedyKind.APOLOGY, text="We are sorry for the wait."),
    )
    told = {"reference": story.reference, "by": story.desk, "text": "As was decided there."}
    at = story.when("2027-06-11 10:00")
    for outcome in (Outcome.NOTHING, Outcome.WITHDRAWN):
        with pytest.raises(StepRefused, match="something to be done"):
            ombudsman.record_outcome(outcome=outcome, offer=Offer(remedies=wanted), at=at, **told)

    ombudsman.record_outcome(
        outcome=Outcome.REMEDY,
        offer=Offer(credit=Decimal("20.00"), invoice=story.invoice, remedies=wanted),
        at=at,
        **told,
    )

    (letter,) = letters("What comes of your complaint")
    for words in (
        "$20.00 back on bill",
        "once we have carried it out",
        f"take back the late charge of ${charge.amount}",
        "A technician comes to",
        "letter of apology",
    ):
        assert words in letter
    with pytest.raises(StepRefused, match="No technician is ordered"):
        done(story)
    visit = Remedy.objects.get(kind=RemedyKind.VISIT)
    story.do("2027-06-14 11:00", "carry_out_part", remedy=visit)
    Fault.objects.update(state="closed")
    done(story)
    assert story.complaint.state == State.RESOLVED
    assert CreditNote.objects.get().total_inc == Decimal("20.00")
    assert not Remedy.objects.filter(done_at__isnull=True).exists()
    assert letters("We are sorry")


def test_an_outcome_that_the_customer_begins_starts_no_days_before_their_part_is_done():
    story = looked_into("vpnet")
    story.refer("2027-06-10 09:30", Level.REFERRED)
    ombudsman.record_outcome(
        reference=story.reference,
        by=story.desk,
        outcome=Outcome.REMEDY,
        text="As was decided there.",
        offer=Offer(customer_task="Send back the old modem."),
        at=story.when("2027-06-11 10:00"),
    )

    assert not story.deadlines(Duty.IMPLEMENT).exists()
    assert story.status(Duty.FOLLOW_UP) == "open"
    story.hear("2027-06-15 10:00", "finish_task")
    assert story.due(Duty.IMPLEMENT) > date(2027, 6, 15)
