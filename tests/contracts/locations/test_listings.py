"""Directory entries: by phone to be written, by text message taken (seq-d-13, 13 April)."""

from __future__ import annotations

import pytest

from contracts.locations import services
from contracts.locations.models import ListingChange
from contracts.locations.services import ListingRefused, ListingWish
from contracts.locations.states import Listing, ListingState
from parties.authority.selectors import NotAuthorised
from records.audit.models import Entry
from records.notices.models import Notice
from terms.calendar import Channel
from terms.facts import Role
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree
from tests.world import appoint, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
ENTRY = "Harbour Bakery, 20 Pitt Street"
DAY = "2027-04-13"


@pytest.fixture
def sip() -> Agreement:
    return agree("comvergence", "120.00", since="2025-10-01", months=24, basis="ex")


def ask(one: Agreement, channel: Channel = Channel.WEB, **facts) -> ListingChange:
    by = facts.pop("by", one.world.holder)
    given = {"wanted": Listing.CHANGE, "listed_as": ENTRY, "channel": channel} | facts
    return services.ask_listing(
        service=one.service, wish=ListingWish(**given), by=by, at=one.at(DAY)
    )


def test_seq_d_13_by_phone_is_asked_for_in_writing_and_by_text_message_taken(sip):
    asked = ask(sip, Channel.PHONE, by=sip.staff, caller="Mia Conti")

    assert (asked.state, asked.written_at) == (ListingState.TO_WRITE, None)
    assert {one["id"] for one in asked.because} == {"CV-VOI-04"}
    assert Notice.objects.get().title.endswith("please put your request in writing")
    with pytest.raises(IllegalStep):
        services.do_listing(listing=asked, done_as="File 3", by=sip.staff, at=sip.at(DAY))

    taken = ask(sip, Channel.SMS, by=sip.staff, caller="Mia Conti")

    assert taken == asked
    assert taken.state == ListingState.ACCEPTED
    for _ in range(2):
        taken = services.do_listing(
            listing=taken, done_as="File 3", by=sip.staff, at=sip.at("2027-04-14")
        )
    assert taken.state == ListingState.DONE
    assert Notice.objects.count() == 3
    # Where somebody lives stands in no letter and no trail.
    assert not any("Pitt Street" in one.words for one in Notice.objects.all())
    assert not any("Pitt Street" in str(one.after) for one in Entry.objects.all())


@pytest.mark.parametrize(
    "channel",
    [Channel.WEB, Channel.EMAIL, Channel.POST, Channel.SMS, Channel.CHAT],
)
def test_ways_of_writing_count_at_once(sip, channel):
    assert ask(sip, channel).state == ListingState.ACCEPTED


@pytest.mark.parametrize("channel", [Channel.PHONE, Channel.VOICEMAIL, Channel.IN_PERSON])
def test_ways_of_speaking_do_not(sip, channel):
    row = ask(sip, channel)

    assert row.state == ListingState.TO_WRITE
    with pytest.raises(ListingRefused, match="no writing by these terms"):
        services.write_listing(listing=row, channel=channel, by=sip.staff, at=sip.at(DAY))
    done = services.write_listing(
        listing=row, channel=Channel.POST, by=sip.staff, at=sip.at("2027-04-15")
    )
    assert done.state == ListingState.ACCEPTED


@pytest.mark.parametrize("key", ["callpro", "vpnet", "blueshift", "greenlight"])
def test_where_terms_name_no_way_each_is_taken(key):
    one = agree(key, "50.00", since="2026-03-02")

    assert ask(one, Channel.PHONE).state == ListingState.ACCEPTED


def test_twice_is_once_and_another_wish_waits(sip):
    assert ask(sip) == ask(sip)
    with pytest.raises(ListingRefused, match="Take it back first"):
        ask(sip, listed_as="Something else")
    row = ListingChange.objects.get()
    for _ in range(2):
        row = services.end_listing(listing=row, by=sip.world.holder, at=sip.at(DAY))
    assert row.state == ListingState.WITHDRAWN
    assert ask(sip, listed_as="Something else").state == ListingState.ACCEPTED


def test_no_of_staff_needs_its_reason_and_is_told(sip):
    row = ask(sip)
    with pytest.raises(ListingRefused, match="Say why"):
        services.end_listing(listing=row, by=sip.staff, at=sip.at(DAY))

    row = services.end_listing(
        listing=row, by=sip.staff, at=sip.at(DAY), why="It is somebody else's name."
    )

    assert row.state == ListingState.REFUSED
    assert "somebody else's name" in Notice.objects.latest("pk").words


def test_what_cannot_be_is_refused_in_words(sip):
    with pytest.raises(ListingRefused, match="how the entry should read"):
        ask(sip, listed_as=" ")
    internet = agree("vpnet", "80.00", since="2026-03-02", kind="nbn")
    with pytest.raises(ListingRefused, match="no number"):
        ask(internet)


def test_who_may_not_change_details_asks_and_does_nothing(sip):
    stranger = make_world("comvergence").holder
    advocate = make_user("Ada Vocate")
    appoint(sip.world.account, advocate, Role.ADVOCATE)
    for by in (stranger, advocate):
        with pytest.raises(NotAuthorised):
            ask(sip, by=by)
    row = ask(sip)
    with pytest.raises(NotAuthorised):
        services.do_listing(listing=row, done_as="x1", by=sip.world.holder, at=sip.at(DAY))
