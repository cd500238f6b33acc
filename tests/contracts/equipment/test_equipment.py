"""Equipment: asked back when a service ends, late, damaged, lost, found again (seq-d-06)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.invoices.models import CreditNote, Invoice
from billing.runs.services import run_provider_bills
from contracts.equipment import selectors as equipment
from contracts.equipment import services
from contracts.equipment.models import Equipment
from contracts.equipment.services import EquipmentRefused
from contracts.equipment.states import Basis, Broke, Item, Place
from contracts.leaving.services import carry_out_ends, give_end_notice
from contracts.supply.models import Chargeable
from parties.authority.selectors import NotAuthorised
from records.audit.models import Entry
from records.notices.models import Notice
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.world import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
SET = [
    ("T54-1", Item.YEALINK_T54),
    ("T54-2", Item.YEALINK_T54),
    ("T53-1", Item.YEALINK_T53),
    ("T57-1", Item.YEALINK_T57),
    ("T53-2", Item.YEALINK_T53),
    ("W76P-1", Item.YEALINK_W76P),
]


@pytest.fixture
def pbx() -> Agreement:
    """Cloud PBX with rented handsets in Perth, 310.00 without GST, 36 months from 14 Oct 2024."""
    one = agree(
        "comvergence",
        "310.00",
        since="2024-10-14",
        months=36,
        kind="cloud_pbx_rental",
        state="WA",
        bill_day=1,
    )
    for serial, item in SET:
        note(one, serial, item)
    return one


def note(one: Agreement, serial: str, item: Item = Item.YEALINK_T54, **facts) -> Equipment:
    given = {"basis": Basis.RENTAL, "delivered_on": one.service.activated_on} | facts
    at = given.pop("at", None) or one.at("2026-10-14")
    return services.note_equipment(
        service=one.service, item=item, serial=serial, by=one.staff, at=at, **given
    )


def piece(serial: str) -> Equipment:
    return Equipment.objects.select_related("service__contract__account").get(serial=serial)


def back(one: Agreement, serial: str, on: str, **how) -> Equipment:
    return services.take_back(
        equipment=piece(serial), came_back_on=day(on), by=one.staff, at=one.at(on), **how
    )


def lost(one: Agreement, serial: str, on: str, **how) -> Equipment:
    return services.charge_missing(equipment=piece(serial), by=one.staff, at=one.at(on), **how)


def end(one: Agreement) -> None:
    """Notice on 5 April, so that it ends on Wed 5 May 2027, and the sweep of the day after."""
    give_end_notice(service=one.service, by=one.world.holder, at=one.at("2027-04-05"))
    carry_out_ends(at=one.at("2027-05-05"))
    services.ask_back_due(at=one.at("2027-05-05", "23:50"))
    assert not Equipment.objects.filter(place=Place.DUE).exists()
    services.ask_back_due(at=one.at("2027-05-06", "00:50"))


def test_handsets_late_damaged_and_lost_come_to_583_dollars(pbx):
    """The whole of the worked sequence, to the day and the cent."""
    pbx.service.billed_through = day("2027-05-31")
    pbx.service.save()
    end(pbx)
    assert {row.due_on for row in Equipment.objects.all()} == {day("2027-06-04")}  # 30 days
    letter = Notice.objects.get(title__startswith="Please send back")
    assert letter.text.count("by Fri 4 Jun 2027") == 6
    assert "CV-EQP-01" in str(letter.because)

    for serial in ("T54-1", "T53-1", "T53-2"):
        back(pbx, serial, "2027-06-01")
    back(pbx, "T57-1", "2027-06-01", is_sound=False)
    with pytest.raises(EquipmentRefused, match="until Fri 4 Jun 2027"):
        lost(pbx, "W76P-1", "2027-06-04")
    assert str(lost(pbx, "T54-2", "2027-06-05").charged) == "275.00"  # 250.00 and GST
    assert str(lost(pbx, "W76P-1", "2027-06-05").charged) == "220.00"
    found = back(pbx, "T54-2", "2027-06-11")
    assert (found.place, str(found.charged)) == (Place.BACK, "0.00")
    assert "7 days late, for which no charge is printed" in str(found.because)

    sums = Chargeable.objects.filter(kind="one_off").values_list("amount", flat=True)
    assert sorted(map(str, sums)) == ["-275.00", "220.00", "275.00", "363.00"]
    assert sum(sums) == Decimal("583.00")  # (330.00 + 200.00) and GST
    run_provider_bills(
        pbx.world.provider, issue_on=day("2027-07-01"), at=pbx.at("2027-07-01", "06:20")
    )
    charged = Invoice.objects.latest("issue_date")
    gear = [line for line in charged.lines.all() if "Yealink" in line.description]
    assert sum(line.amount_ex for line in gear) == Decimal("530.00")
    assert not CreditNote.objects.filter(invoice=charged).exists()


def test_each_service_is_asked_once_and_each_piece_charged_once(pbx):
    end(pbx)
    services.ask_back_due(at=pbx.at("2027-05-07"))
    assert Notice.objects.filter(title__startswith="Please send back").count() == 1
    lost(pbx, "W76P-1", "2027-06-05")
    with pytest.raises(IllegalStep):
        lost(pbx, "W76P-1", "2027-06-06")
    assert Chargeable.objects.filter(kind="one_off").count() == 1


def test_lost_and_found_broken_costs_the_damage_and_no_more(pbx):
    end(pbx)
    lost(pbx, "T57-1", "2027-06-05")
    back(pbx, "T57-1", "2027-06-09", is_sound=False)

    assert [str(row.amount) for row in Chargeable.objects.filter(kind="one_off")] == ["363.00"]
    assert str(piece("T57-1").charged) == "363.00"


def test_handset_lost_while_the_service_runs_is_charged_and_given_back_when_found(pbx):
    assert str(lost(pbx, "T53-1", "2027-01-11").charged) == "220.00"
    assert str(back(pbx, "T53-1", "2027-01-20").charged) == "0.00"


def test_serial_number_twice_is_refused_and_the_same_piece_is_one(pbx):
    other = agree("comvergence", "310.00", since="2025-10-14", kind="cloud_pbx_rental")

    assert note(pbx, " t54-1 ") == piece("T54-1")
    with pytest.raises(EquipmentRefused, match="is on record already"):
        note(other, "T54-1")
    with pytest.raises(EquipmentRefused, match="is on record already"):
        note(pbx, "T54-1", Item.YEALINK_T57)
    elsewhere = agree("blueshift", "79.95", since="2026-02-10")
    assert note(elsewhere, "T54-1", Item.MODEM).provider != pbx.world.provider


@pytest.mark.parametrize(
    ("serial", "facts", "says"),
    [
        ("  ", {}, "Give the serial number"),
        ("A1", {"delivered_on": day("2026-10-15")}, "still to come"),
        ("A1", {"basis": Basis.PURCHASE}, "Say what it costs"),
    ],
)
def test_what_cannot_be_noted_is_refused_in_words(pbx, serial, facts, says):
    with pytest.raises(EquipmentRefused, match=says):
        note(pbx, serial, **facts)


def test_what_is_paid_in_full_stays_with_the_customer():
    one = agree("greenlight", "100.00", since="2025-09-15", months=12, kind="data")
    bought = {"basis": Basis.PURCHASE, "price": Decimal("500.00")}
    note(one, "PAID", Item.MODEM, paid=Decimal("500.00"), **bought)
    note(one, "OWED", Item.MODEM, paid=Decimal("499.99"), **bought)
    give_end_notice(service=one.service, by=one.world.holder, at=one.at("2026-12-01"))
    one.service.refresh_from_db()
    services.ask_back_due(at=one.at("2027-02-10"))

    assert (piece("PAID").place, piece("OWED").place) == (Place.KEPT, Place.DUE)
    assert piece("OWED").due_on is not None


def test_bundled_modem_is_the_customers_once_the_term_is_over():
    """seq-d-04: Blueshift's still on 20 Aug 2027, the customer's from 17 Feb 2028."""
    one = agree(
        "blueshift", "79.95", since="2026-02-25", signed="2026-02-18", months=24, state="QLD"
    )
    note(one, "M-1", Item.MODEM, basis=Basis.BUNDLED)

    (early,) = equipment.pieces_of(one.service, day("2027-08-02"), ended_on=day("2027-08-20"))
    (late,) = equipment.pieces_of(one.service, day("2027-08-02"), ended_on=day("2028-02-17"))
    assert (early.is_customers, early.back_by) == (False, None)
    assert late.is_customers is True
    assert equipment.still_ours([early, late]) == [early]


def test_fair_value_is_entered_where_no_price_is_printed():
    one = agree("blueshift", "79.95", since="2026-02-25", months=24, state="QLD")
    note(one, "M-1", Item.MODEM)
    with pytest.raises(EquipmentRefused, match="fair value"):
        lost(one, "M-1", "2027-01-11")
    assert str(lost(one, "M-1", "2027-01-11", value=Decimal("80.00")).charged) == "80.00"


def test_who_may_not_notes_and_charges_nothing(pbx):
    for person in (pbx.world.holder, make_user("A B")):
        with pytest.raises(NotAuthorised):
            services.charge_missing(equipment=piece("T54-1"), by=person, at=pbx.at("2027-01-11"))
    assert not Entry.objects.filter(action="charge_equipment").exists()


def swap(one: Agreement, serial: str, new: str, cause: Broke, **facts) -> Equipment:
    given = {"delivered_on": day("2027-02-01"), "by": one.staff, "at": one.at("2027-02-01")}
    return services.swap_handset(
        equipment=piece(serial), serial=new, cause=cause, why="Seen", **given | facts
    )


@pytest.mark.parametrize(
    ("serial", "cause", "costs"),
    [
        # CV-EQP-06; CV-EQP-02: T57 330.00, T54 250.00, W76P 200.00 before GST.
        ("T57-1", Broke.FAULT, None),
        ("T57-1", Broke.NEGLIGENCE, "363.00"),
        ("T54-1", Broke.INTENTIONAL, "275.00"),
        ("W76P-1", Broke.NEGLIGENCE, "220.00"),
    ],
)
def test_a_handset_is_swapped_free_for_a_fault_and_for_its_price_when_broken(
    pbx, serial, cause, costs
):
    made = [swap(pbx, serial, "NEW-1", cause) for _ in range(2)]

    assert made[0] == made[1]
    old, new = piece(serial), piece("NEW-1")
    assert (old.place, new.place, new.item, new.basis) == (
        Place.DUE,
        Place.THERE,
        old.item,
        Basis.RENTAL,
    )
    assert [str(one.amount) for one in Chargeable.objects.all()] == ([costs] if costs else [])
    assert Notice.objects.filter(title__contains="is swapped").count() == 1


def test_what_was_charged_at_the_swap_is_not_charged_again_when_it_comes_back_damaged(pbx):
    swap(pbx, "T57-1", "NEW-1", Broke.NEGLIGENCE)
    back(pbx, "T57-1", "2027-02-10", is_sound=False)

    assert [str(one.amount) for one in Chargeable.objects.all()] == ["363.00"]


def test_no_swap_where_the_terms_promise_none_or_by_a_stranger(pbx):
    bought = {"basis": Basis.PURCHASE, "price": Decimal("10.00"), "paid": Decimal("10.00")}
    note(pbx, "OWN-1", **bought)
    note(pbx, "BOX-1", Item.MODEM)
    for serial in ("OWN-1", "BOX-1"):
        with pytest.raises(EquipmentRefused, match="promise no swap"):
            swap(pbx, serial, "NEW-1", Broke.FAULT)
    with pytest.raises(EquipmentRefused, match="the old piece"):
        swap(pbx, "T54-1", "T54-1", Broke.FAULT)
    with pytest.raises(NotAuthorised):
        swap(pbx, "T54-1", "NEW-1", Broke.FAULT, by=make_user())
    assert not Chargeable.objects.exists()
