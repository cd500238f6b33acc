"""Moving a service: seq-d-13 P, Q, R, S and N, to the cent, and what cannot be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from contracts.locations import selectors as locations
from contracts.locations.selectors import Address
from contracts.locations.states import Told
from contracts.moving import selectors as moving
from contracts.moving import services
from contracts.moving.models import Relocation
from contracts.moving.services import MoveRefused, MoveWish
from contracts.moving.states import MoveState
from contracts.supply.models import Chargeable
from parties.authority.selectors import NotAuthorised
from records.notices.models import Notice
from terms.facts import Role
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree
from tests.world import appoint, make_service, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
NEW = Address(street="20 Pitt Street", suburb="Sydney", state="NSW", postcode="2000")
ASKED = "2027-03-02"


def fibre(kind: str = "fibre") -> Agreement:
    """Fibre of a small business in Sydney, 680.00 before GST, 24 months to 30 September 2027."""
    return agree("comvergence", "680.00", since="2025-10-01", months=24, kind=kind, basis="ex")


@pytest.fixture
def one() -> Agreement:
    return fibre()


def price(one: Agreement, move_on: str) -> moving.MovePrice:
    on = date.fromisoformat
    return moving.move_price(one.service, move_on=on(move_on), on=on(ASKED))


def ask(one: Agreement, move_on: str = "2027-04-12", **facts) -> Relocation:
    by = facts.pop("by", one.world.holder)
    wish = MoveWish(**({"address": NEW, "move_on": date.fromisoformat(move_on)} | facts))
    return services.ask_move(service=one.service, wish=wish, by=by, at=one.at(ASKED))


def quote(one: Agreement, move: Relocation, amount: str = "4200.00", **facts) -> Relocation:
    given = {"quoted_for": "A new lead-in and the old fibre taken out.", "by": one.staff} | facts
    return services.quote_move(
        move=move, amount_ex=Decimal(amount), at=one.at("2027-03-09"), **given
    )


def agree_to(one: Agreement, move: Relocation, shown: str = "4620.00") -> Relocation:
    return services.agree_move(
        move=move, shown=Decimal(shown), by=one.world.holder, at=one.at("2027-03-10")
    )


def finish(one: Agreement, move: Relocation, on: str = "2027-04-12") -> Relocation:
    return services.finish_move(
        move=move, done_on=date.fromisoformat(on), by=one.staff, at=one.at("2027-04-12", "17:00")
    )


@pytest.mark.parametrize("move_on", ["2027-04-12", "2027-09-30"])
def test_seq_d_13_p_and_r_inside_the_term_have_the_printed_range(one, move_on):
    found = price(one, move_on)

    assert (found.low_ex, found.high_ex) == (Decimal("2500.00"), Decimal("10000.00"))
    assert (found.low_inc, found.high_inc) == (Decimal("2750.00"), Decimal("11000.00"))
    assert found.may_renew
    assert {reason["id"] for reason in found.because} == {"CV-TRM-05"}


@pytest.mark.parametrize(("kind", "move_on"), [("fibre", "2027-10-01"), ("nbn", "2027-04-12")])
def test_seq_d_13_s_and_n_have_no_printed_price_and_never_zero(kind, move_on):
    found = price(fibre(kind), move_on)

    assert (found.low_ex, found.high_ex, found.is_printed) == (None, None, False)
    assert not found.is_silent
    assert {reason["id"] for reason in found.because} == {"CV-TRM-05"}


@pytest.mark.parametrize("key", ["callpro", "vpnet", "blueshift", "greenlight"])
def test_other_terms_say_nothing_and_a_quote_is_needed(key):
    found = price(agree(key, "50.00", since="2026-03-02", months=24, kind="nbn"), "2027-04-12")

    assert (found.is_silent, found.is_printed) == (True, False)
    assert found.allows(Decimal("77.00"))


def test_seq_d_13_p_is_quoted_agreed_to_and_charged_when_it_is_done(one):
    move = ask(one)
    assert (move.state, move.quote_ex) == (MoveState.ASKED, None)
    move = quote(one, move)
    assert move.quote_inc == Decimal("4620.00")
    move = agree_to(one, move)
    assert not Chargeable.objects.exists()

    for _ in range(2):
        move = finish(one, move)

    charge = Chargeable.objects.get()
    assert (charge.amount, charge.incurred_on) == (Decimal("4620.00"), date(2027, 4, 12))
    assert charge.because[0]["id"] == "CV-TRM-05"
    found = locations.where(one.fresh(), one.at("2027-04-13"))
    assert (found.on_file, found.asked) == (NEW.line, None)
    titles = list(Notice.objects.order_by("pk").values_list("title", flat=True))
    assert [title.split(":")[0] for title in titles] == [
        "We have your request to move Office line",
        "Moving Office line",
        "You agreed to move Office line",
        "Office line has moved",
    ]
    assert not any(NEW.street in row.words for row in Notice.objects.all())


def test_seq_d_13_phones_at_the_same_place_are_asked_about(one):
    phone = make_service(one.world.account, activated_on=date(2026, 10, 1))
    move = agree_to(one, quote(one, ask(one)))

    finish(one, move)

    row = locations.waiting(phone)
    assert (row.told, row.line, row.used_from) == (Told.MOVE, NEW.line, date(2027, 4, 12))
    assert locations.current_address(phone).line == "1 Test Street, Testville NSW 2000"


def test_seq_d_13_q_not_possible_costs_nothing_unless_the_customer_ends_it(one):
    move = services.refuse_move(
        move=ask(one),
        why="There is no duct to the new building.",
        by=one.staff,
        at=one.at("2027-03-09"),
    )

    assert move.state == MoveState.IMPOSSIBLE
    assert {reason["id"] for reason in move.because} == {"CV-TRM-05"}
    assert not Chargeable.objects.exists()
    # It ends 30 days after its notice: 8 April to 8 September are 5 whole months × 680.00.
    found = one.leaving("2027-03-09")
    assert found.end.ends_on == date(2027, 4, 8)
    (part,) = [row for row in found.cost.parts if row.amount]
    assert part.amount == Decimal("3740.00")  # 3,400.00 and 340.00 GST
    assert price(one, "2027-04-12").if_ends[0]["id"] == "CV-TRM-05"


@pytest.mark.parametrize("amount", ["2499.99", "10000.01", "99999999999.99", "0.01"])
def test_quote_outside_the_printed_range_is_refused(one, amount):
    with pytest.raises(MoveRefused, match=r"\$2,500.00 to \$10,000.00"):
        quote(one, ask(one), amount)


@pytest.mark.parametrize("amount", ["2500.00", "10000.00", "0.00"])
def test_quote_at_the_ends_of_the_range_and_nothing_are_taken(one, amount):
    assert quote(one, ask(one), amount).state == MoveState.QUOTED


def test_negative_quote_is_refused_where_no_price_is_printed():
    one = fibre("nbn")

    with pytest.raises(MoveRefused, match=r"not below 0\.00"):
        quote(one, ask(one), "-1.00")


def test_quote_for_nothing_is_done_without_a_charge(one):
    finish(one, agree_to(one, quote(one, ask(one), "0.00"), "0.00"))

    assert not Chargeable.objects.exists()


def test_work_without_agreement_is_not_possible_and_costs_nothing(one):
    move = quote(one, ask(one))

    with pytest.raises(IllegalStep):
        finish(one, move)
    services.give_up_move(move=move, by=one.world.holder, at=one.at("2027-03-10"))
    move.refresh_from_db()
    assert move.state == MoveState.DECLINED
    with pytest.raises(MoveRefused, match="no quote to agree"):
        agree_to(one, move)
    assert not Chargeable.objects.exists()


def test_another_amount_than_was_shown_agrees_to_nothing(one):
    with pytest.raises(MoveRefused, match="has changed"):
        agree_to(one, quote(one, ask(one)), "4200.00")


def test_move_agreed_to_and_called_off_costs_nothing(one):
    move = agree_to(one, quote(one, ask(one)))
    with pytest.raises(IllegalStep):
        services.give_up_move(move=move, by=one.world.holder, at=one.at("2027-03-11"))

    for _ in range(2):
        move = services.cancel_move(
            move=move, why="The carrier can't keep the day.", by=one.staff, at=one.at("2027-03-11")
        )

    assert move.state == MoveState.CANCELLED
    assert not Chargeable.objects.exists()


@pytest.mark.parametrize("done_on", ["2027-03-09", "2027-04-13"])
def test_done_before_it_was_agreed_or_tomorrow_is_refused(one, done_on):
    move = agree_to(one, quote(one, ask(one)))

    with pytest.raises(MoveRefused, match="since both agreed"):
        finish(one, move, done_on)


def test_asked_twice_alike_is_once_and_otherwise_refused(one):
    assert ask(one) == ask(one)
    with pytest.raises(MoveRefused, match="already"):
        ask(one, "2027-05-01")


@pytest.mark.parametrize("move_on", ["2027-03-01", "2028-03-04"])
def test_day_out_of_reach_is_refused(one, move_on):
    with pytest.raises(MoveRefused, match="within a year"):
        ask(one, move_on)


def test_move_to_where_it_is_is_refused(one):
    with pytest.raises(MoveRefused, match="where it is already"):
        ask(one, address=locations.account_address(one.world.account))


def test_who_may_not_asks_quotes_and_agrees_to_nothing(one):
    stranger = make_world("comvergence").holder
    advocate = make_user("Ada Vocate")
    appoint(one.world.account, advocate, Role.ADVOCATE)
    for by in (stranger, advocate):
        with pytest.raises(NotAuthorised):
            ask(one, by=by)
    move = ask(one)
    with pytest.raises(NotAuthorised):
        quote(one, move, by=one.world.holder)
    move = quote(one, move)
    for by in (stranger, advocate, one.staff):
        with pytest.raises(NotAuthorised):
            services.agree_move(
                move=move, shown=Decimal("4620.00"), by=by, at=one.at("2027-03-10")
            )


def test_contract_without_a_term_has_no_printed_price():
    one = agree("comvergence", "680.00", since="2025-10-01", kind="fibre", basis="ex")

    found = price(one, "2027-04-12")

    assert (found.is_printed, found.low_ex) == (False, None)
