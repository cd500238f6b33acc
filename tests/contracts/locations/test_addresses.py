"""Where a service is used: told, confirmed, sent on, asked once a year (seq-d-12, seq-d-13)."""

from __future__ import annotations

from datetime import date

import pytest

from contracts.locations import selectors as locations
from contracts.locations import services
from contracts.locations.models import ServiceAddress
from contracts.locations.selectors import Address
from contracts.locations.services import LocationRefused, Wish
from contracts.locations.states import AddressState, Gear, Told
from contracts.requests.selectors import Area, services_hit
from contracts.supply.services import end_supply
from parties.authority.selectors import NotAuthorised
from records.audit.models import Entry
from records.deadlines.models import Deadline
from records.notices.models import Notice
from terms.facts import Role
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree
from tests.world import appoint, make_service, make_staff, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
NEW = Address(street="8 Wharf Road", suburb="Southport", state="QLD", postcode="4215")
OLD = "1 Test Street, Testville QLD 2000"


@pytest.fixture
def sip() -> Agreement:
    """SIP of a protected small business in Queensland, at VPnet."""
    return agree("vpnet", "77.00", since="2026-09-10", state="QLD", bill_day=10)


def tell(one: Agreement, on: str = "2027-04-19", clock: str = "15:00", **facts) -> ServiceAddress:
    by = facts.pop("by", one.world.holder)
    wish = Wish(**({"address": NEW, "used_from": date.fromisoformat(on)} | facts))
    (row,) = services.tell_address(services=[one.service], wish=wish, by=by, at=one.at(on, clock))
    return row


def confirm(one: Agreement, on: str = "2027-04-20", clock: str = "09:00") -> ServiceAddress:
    at = one.at(on, clock)
    return services.confirm_address(service=one.service, by=one.world.holder, at=at)


def where(one: Agreement, on: str, clock: str = "12:00") -> locations.Where:
    one.service.refresh_from_db()
    return locations.where(one.service, one.at(on, clock))


def test_seq_d_12_address_is_told_confirmed_and_sent_on(sip):
    assert where(sip, "2027-04-18").on_file == OLD

    tell(sip)

    told = where(sip, "2027-04-19", "15:00")
    assert (told.on_file, told.asked.line) == (OLD, NEW.line)
    assert told.emergency.relies
    assert told.emergency.is_supported is None
    assert "VP-OTH-03" in {one["id"] for one in told.emergency.because}
    # Those who may not know where somebody is read the reasons, too.
    assert not any(one in str(told.emergency.because) for one in (NEW.line, OLD))
    letter = Notice.objects.get(title__startswith="Confirm the new address")
    assert "show the address that you confirmed last" in letter.words
    assert NEW.street not in letter.words

    row = confirm(sip)

    done = where(sip, "2027-04-20")
    assert (done.on_file, done.asked) == (NEW.line, None)
    assert [one.line for one in done.history] == [OLD]
    assert done.current.confirmed_at == sip.at("2027-04-20", "09:00")
    assert row.stage == AddressState.CONFIRMED
    # The end of the next working day, by the days of Queensland.
    duty = Deadline.objects.get(subject=row.reference)
    assert duty.due_on == date(2027, 4, 21)

    for _ in range(2):
        services.send_on(
            address=row, sent_as="File 77", by=sip.staff, at=sip.at("2027-04-21", "10:00")
        )
    row.refresh_from_db()
    duty.refresh_from_db()
    assert (row.stage, row.sent_as) == (AddressState.ON_FILE, "File 77")
    assert duty.status == "met"
    assert not any(NEW.street in str(entry.after) for entry in Entry.objects.all())


@pytest.mark.parametrize("gear", [Gear.OWN_DEVICE, Gear.SWITCHBOARD])
def test_seq_d_12_own_device_and_switchboard_have_no_calls_to_000(sip, gear):
    tell(sip, gear=gear)

    assert where(sip, "2027-04-19").emergency.is_supported is False
    confirm(sip)
    assert where(sip, "2027-04-20").emergency.is_supported is False


def test_seq_d_13_sip_at_another_address_is_warned_with_its_clause():
    one = agree("comvergence", "120.00", since="2025-10-01", months=24, basis="ex")

    tell(one, "2027-04-12")

    told = where(one, "2027-04-12")
    assert told.emergency.relies
    assert {"CV-VOI-05"} <= {reason["id"] for reason in told.emergency.because}


@pytest.mark.parametrize("key", ["callpro", "blueshift", "greenlight"])
def test_where_terms_say_nothing_phones_are_asked_about_by_a_rule_of_ours(key):
    one = agree(key, "50.00", since="2026-03-02")

    found = where(one, "2027-03-01").emergency

    assert (found.relies, found.is_ours) == (True, True)


def test_service_that_makes_no_calls_relies_on_nothing_and_is_not_sent_on():
    one = agree("vpnet", "80.00", since="2026-03-02", kind="nbn")

    tell(one)
    row = confirm(one)

    assert row.stage == AddressState.ON_FILE
    assert not Deadline.objects.exists()


def test_told_and_confirmed_twice_is_once(sip):
    first, again = tell(sip), tell(sip)
    assert first == again
    assert Notice.objects.filter(title__startswith="Confirm").count() == 1

    assert confirm(sip) == confirm(sip, "2027-04-22")
    assert Deadline.objects.count() == 1


def test_another_address_replaces_one_that_was_not_confirmed(sip):
    first = tell(sip)
    other = tell(
        sip, "2027-04-20", address=Address(street="9", suburb="S", state="QLD", postcode="4000")
    )

    first.refresh_from_db()
    assert first.stage == AddressState.DROPPED
    assert confirm(sip, "2027-04-21") == other
    assert [row.line for row in where(sip, "2027-04-22").history] == [OLD]


def test_no_move_after_all_keeps_what_is_on_file(sip):
    told = tell(sip)

    services.confirm_same(
        service=sip.service, by=sip.world.holder, at=sip.at("2027-04-20", "09:00")
    )

    told.refresh_from_db()
    found = where(sip, "2027-04-20")
    assert (told.stage, found.on_file, found.asked) == (AddressState.DROPPED, OLD, None)
    assert found.current.stage == AddressState.ON_FILE
    assert not Deadline.objects.exists()


def test_address_of_a_later_day_is_confirmed_on_that_day(sip):
    tell(sip, used_from=date(2027, 5, 3))

    with pytest.raises(LocationRefused, match="Mon 3 May 2027"):
        confirm(sip)
    assert confirm(sip, "2027-05-03").stage == AddressState.CONFIRMED


def test_new_address_before_the_last_was_sent_on_goes_on_in_its_place(sip):
    tell(sip)
    first = confirm(sip)
    tell(sip, "2027-04-20", "10:00", address=locations.account_address(sip.world.account))

    last = confirm(sip, "2027-04-20", "11:00")

    assert last.stage == AddressState.CONFIRMED
    assert Deadline.objects.get(status="open").subject == last.reference
    assert first.reference != last.reference


@pytest.mark.parametrize("used_from", ["2026-04-17", "2028-04-20"])
def test_day_out_of_reach_is_refused(sip, used_from):
    with pytest.raises(LocationRefused, match="within a year"):
        tell(sip, used_from=date.fromisoformat(used_from))


def test_nothing_is_told_of_what_has_ended_or_of_nothing(sip):
    with pytest.raises(LocationRefused, match="tick one"):
        services.tell_address(
            services=[],
            wish=Wish(address=NEW, used_from=date(2027, 4, 19)),
            by=sip.world.holder,
            at=sip.at("2027-04-19"),
        )
    with pytest.raises(LocationRefused, match="Tell us one first"):
        confirm(sip)
    end_supply(service=sip.service, last_day=date(2027, 4, 1), at=sip.at("2027-04-02"))
    sip.service.refresh_from_db()
    with pytest.raises(LocationRefused, match="does not run"):
        tell(sip)


def test_who_may_not_change_details_tells_confirms_and_sends_nothing(sip):
    stranger = make_world("vpnet").holder
    advocate = make_user("Ada Vocate")
    appoint(sip.world.account, advocate, Role.ADVOCATE)
    for by in (stranger, advocate):
        with pytest.raises(NotAuthorised):
            tell(sip, by=by)
    row = tell(sip)
    with pytest.raises(NotAuthorised):
        services.confirm_address(service=sip.service, by=stranger, at=sip.at("2027-04-20"))
    row = confirm(sip)
    with pytest.raises(NotAuthorised):
        services.send_on(address=row, sent_as="x", by=sip.world.holder, at=sip.at("2027-04-20"))


def test_only_what_is_confirmed_is_sent_on(sip):
    row = tell(sip)

    with pytest.raises(IllegalStep):
        services.send_on(address=row, sent_as="x", by=sip.staff, at=sip.at("2027-04-20"))


def test_each_year_the_address_is_asked_again_once(sip):
    day_before, day = sip.at("2027-09-09", "23:59"), sip.at("2027-09-10", "00:01")
    assert services.ask_yearly(at=day_before) == 0

    assert [services.ask_yearly(at=day), services.ask_yearly(at=day)] == [1, 0]

    row = locations.waiting(sip.service)
    assert (row.told, row.line) == (Told.YEARLY, OLD)
    assert Notice.objects.get(title__startswith="Is the address").account == sip.world.account
    assert confirm(sip, "2027-09-12").stage == AddressState.ON_FILE
    assert services.ask_yearly(at=sip.at("2028-09-11", "23:00")) == 0
    assert services.ask_yearly(at=sip.at("2028-09-12", "09:00")) == 1


def test_the_phones_of_an_account_are_asked_about_in_one_letter(sip):
    make_service(sip.world.account, activated_on=date(2026, 9, 10))

    assert services.ask_yearly(at=sip.at("2027-09-10")) == 2
    assert Notice.objects.filter(title__startswith="Is the address").count() == 1


def test_new_address_of_the_account_asks_about_phones_that_follow_it(sip):
    apart = make_service(sip.world.account, activated_on=date(2026, 9, 10))
    services.tell_address(
        services=[apart],
        wish=Wish(address=NEW, used_from=date(2027, 4, 1)),
        by=sip.world.holder,
        at=sip.at("2027-04-01"),
    )
    details = {"street": "5 Hill Street", "suburb": "Toowong", "postcode": "4066"}

    services.change_contact(
        account=sip.world.account,
        by=sip.world.holder,
        at=sip.at("2027-04-19"),
        details=details,
    )

    sip.service.contract.account.refresh_from_db()
    found = where(sip, "2027-04-19")
    assert (found.on_file, found.asked.line) == (OLD, "5 Hill Street, Toowong QLD 4066")
    assert found.asked.told == Told.DETAILS
    assert locations.waiting(apart).line == NEW.line


def test_new_email_address_asks_nothing(sip):
    services.change_contact(
        account=sip.world.account,
        by=sip.world.holder,
        at=sip.at("2027-04-19"),
        details={"billing_email": "new@people.example"},
    )

    assert not ServiceAddress.objects.exists()


def test_outage_hits_where_a_service_is_used_not_where_the_account_lies(sip):
    provider = sip.world.provider
    tell(sip)
    assert services_hit(provider, Area(postcodes=("2000",))).count() == 1
    confirm(sip)

    assert not services_hit(provider, Area(postcodes=("2000",))).exists()
    assert services_hit(provider, Area(suburbs=("southport",))).count() == 1


def test_staff_of_another_provider_confirm_nothing(sip):
    tell(sip)
    other = make_staff(provider=make_world("comvergence").provider)

    with pytest.raises(NotAuthorised):
        services.confirm_address(service=sip.service, by=other, at=sip.at("2027-04-20"))
