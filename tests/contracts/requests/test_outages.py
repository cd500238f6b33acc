"""Outages: declared, told to those alone whom they hit, in time, ended (RF-OUT-01 to -05)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.requests import selectors as requests
from contracts.requests.models import Outage, OutageService
from contracts.requests.selectors import Area
from contracts.requests.services import (
    OutageRefused,
    call_off,
    end_outage,
    preview_outage,
    tell_outages,
    update_outage,
)
from contracts.requests.states import OutageState, Reach, Region
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from terms.lifecycle import IllegalStep
from tests.world import instant, make_service, make_staff

from .outages import NOW, customer, declare, said

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


@pytest.fixture
def staff():
    return make_staff(StaffRole.FRONT_LINE)


def letters() -> list[Notice]:
    return list(Notice.objects.filter(subject_ref__startswith="O-").order_by("pk"))


def test_only_those_whom_it_hits_are_told_and_once(staff):
    here, service = customer()
    make_service(here.account)
    customer(postcode="3000")
    customer("comvergence")

    outage = declare(here, staff)
    for _ in range(3):
        tell_outages(at=NOW)

    (letter,) = letters()
    assert letter.account_id == here.account.pk
    assert letter.title == "Outage: Internet in Geelong"
    assert "A fibre was cut" in letter.words
    assert service.identifier in letter.words
    assert "by Fri 20 Nov 2026, 14:30 at the latest" in letter.words
    outage.refresh_from_db()
    assert (outage.told_through, outage.hits.count()) == (1, 2)
    assert Entry.objects.filter(action="tell_outage", subject=outage.reference).count() == 1


@pytest.mark.parametrize(
    ("spoken", "owed"),
    [
        # 6 hours in the first 24, counted from the last word; then 24 (RF-OUT-03).
        ("2026-11-20 08:30", "2026-11-20 14:30"),
        ("2026-11-21 07:59", "2026-11-21 13:59"),
        ("2026-11-21 08:00", "2026-11-22 08:00"),
    ],
)
def test_next_word_is_owed_by_the_hours_of_the_law(staff, spoken, owed):
    here, _ = customer()
    outage = declare(here, staff, at=instant("2026-11-20 08:30"))

    if spoken != "2026-11-20 08:30":
        outage = update_outage(
            outage=outage, words="Still at it.", expected_at=None, by=staff, at=instant(spoken)
        )

    assert outage.owed_at == instant(owed)


def test_word_that_comes_late_stays_late(staff):
    here, _ = customer()
    outage = declare(here, staff)
    late = instant("2026-11-20 14:31")
    assert requests.to_say(Outage.objects.all(), instant("2026-11-20 13:29")).count() == 0
    assert requests.to_say(Outage.objects.all(), instant("2026-11-20 13:30")).get() == outage

    outage = update_outage(outage=outage, words="Nearly.", expected_at=None, by=staff, at=late)
    outage = end_outage(
        outage=outage, ended_at=late, words="Done.", by=staff, at=instant("2026-11-20 15:00")
    )

    assert [one.was_late for one in outage.said.order_by("number")] == [False, True, False]
    assert outage.owed_at is None


def test_first_word_after_six_hours_is_late(staff):
    here, _ = customer()

    outage = declare(here, staff, at=instant("2026-11-20 14:01"))

    assert outage.said.get().was_late
    assert outage.owed_at == instant("2026-11-20 20:01")


def test_words_said_meanwhile_are_told_in_their_newest_form_alone(staff):
    here, _ = customer()
    outage = declare(here, staff)
    later = NOW + timedelta(hours=1)
    update_outage(outage=outage, words="Half done.", expected_at=None, by=staff, at=later)
    end_outage(outage=outage, ended_at=later, words="Mended.", by=staff, at=later)

    tell_outages(at=later)

    (letter,) = letters()
    assert letter.title == "Works again: Internet in Geelong"
    assert "It works again since Fri 20 Nov 2026, 09:30." in letter.words


def test_outage_turns_out_to_hit_more_and_these_hear_the_newest(staff):
    here, _ = customer()
    there, _ = customer(postcode="3000")
    outage = declare(here, staff)
    tell_outages(at=NOW)

    more = Area(postcodes=("3000", "3220"))
    update_outage(
        outage=outage,
        words="Wider.",
        expected_at=None,
        by=staff,
        at=NOW + timedelta(hours=2),
        more=more,
    )
    tell_outages(at=NOW + timedelta(hours=2))

    assert OutageService.objects.count() == 2
    told = [letter.account_id for letter in letters()]
    assert sorted(told) == sorted([here.account.pk, here.account.pk, there.account.pk])


def test_kinds_of_service_and_single_ones_narrow_it(staff):
    here, service = customer()
    other = make_service(here.account)

    found = preview_outage(
        provider=here.provider, said=said(area=Area(kinds=("nbn",), postcodes=("3220",),
        identifiers=(service.identifier,))), at=NOW
    )  # fmt: skip
    assert (found.services, found.accounts) == (1 + (other.identifier == service.identifier), 1)
    both = preview_outage(provider=here.provider, said=said(), at=NOW)
    assert (both.services, both.accounts) == (2, 1)


@pytest.mark.parametrize(
    ("facts", "reach"),
    [
        ({"services": 100_000, "lasts": timedelta(minutes=61)}, Reach.MAJOR),
        ({"services": 100_000, "lasts": timedelta(minutes=60)}, Reach.OTHER),
        ({"services": 99_999, "lasts": None}, Reach.OTHER),
        ({"services": 1, "hits_whole_state": True, "lasts": None}, Reach.MAJOR),
        ({"services": 250, "region": Region.REMOTE, "lasts": timedelta(hours=3)}, Reach.LOCAL),
        ({"services": 249, "region": Region.REMOTE, "lasts": None}, Reach.OTHER),
        ({"services": 1_000, "region": Region.REGIONAL, "lasts": timedelta(hours=6)}, Reach.LOCAL),
        (
            {"services": 1_000, "region": Region.REGIONAL, "lasts": timedelta(minutes=359)},
            Reach.OTHER,
        ),
        ({"services": 1_000, "region": Region.CITY, "lasts": None}, Reach.OTHER),
    ],
)
def test_law_tells_outages_apart(facts, reach):
    given = {"region": Region.CITY, "hits_whole_state": False} | facts

    found, because = requests.reach_of(NOW.date(), **given)

    assert found == reach
    assert because[0]["id"] == "RF-OUT-01"


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"began_at": instant("2026-11-20 09:00")}, "still to come"),
        ({"began_at": instant("2025-11-20 09:00")}, "far from now"),
        ({"expected_at": instant("2026-11-20 08:10")}, "later than now"),
        ({"is_planned": True}, "begins later"),
        ({"is_planned": True, "began_at": instant("2026-11-22 02:00")}, "expected to be over"),
        ({"area": Area(postcodes=("9999",))}, "No running service lies there"),
        ({"area": Area(identifiers=("nowhere",))}, "nowhere"),
    ],
)
def test_what_cannot_be_is_refused_in_words(staff, facts, says):
    here, _ = customer()

    with pytest.raises(OutageRefused, match=says):
        declare(here, staff, **facts)

    assert not Outage.objects.exists()


@pytest.mark.parametrize(
    "who", [lambda world: make_staff(StaffRole.BILLING), lambda world: world.holder]
)
def test_whoever_does_not_look_after_faults_declares_nothing(who):
    here, _ = customer()

    with pytest.raises(NotAuthorised):
        declare(here, who(here))


def test_staff_of_another_provider_declare_nothing():
    here, _ = customer()
    there, _ = customer("comvergence")

    with pytest.raises(NotAuthorised):
        declare(here, make_staff(StaffRole.TEAM_MANAGER, there.provider))


def test_second_click_is_the_same_outage(staff):
    here, _ = customer()

    assert declare(here, staff) == declare(here, make_staff())


def test_ended_once_and_not_before_it_began(staff):
    here, _ = customer()
    outage = declare(here, staff)
    for wrong in ("2026-11-20 08:00", "2026-11-20 09:31"):
        with pytest.raises(OutageRefused, match="It began on Fri 20 Nov 2026, 08:00"):
            end_outage(
                outage=outage,
                ended_at=instant(wrong),
                words="Done.",
                by=staff,
                at=instant("2026-11-20 09:30"),
            )
    call_off(outage=outage, words="A false alarm.", by=staff, at=NOW)
    with pytest.raises(IllegalStep):
        call_off(outage=outage, words="Again.", by=staff, at=NOW)
    with pytest.raises(IllegalStep):
        update_outage(outage=outage, words="Again.", expected_at=None, by=staff, at=NOW)


@pytest.mark.parametrize(
    ("starts", "ends", "sent", "facts", "is_allowed"),
    [
        # A whole day between (Sat 21), outside 08:00 to 18:00; the email counts an hour later.
        ("2026-11-22 02:00", "2026-11-22 05:00", "2026-11-20 08:30", {}, True),
        ("2026-11-21 02:00", "2026-11-21 05:00", "2026-11-20 08:30", {}, False),
        ("2026-11-22 02:00", "2026-11-22 05:00", "2026-11-20 23:30", {}, False),
        ("2026-11-22 07:00", "2026-11-22 08:01", "2026-11-20 08:30", {}, False),
        ("2026-11-22 07:00", "2026-11-22 08:01", "2026-11-20 08:30", {"is_agreed": True}, True),
        ("2026-11-20 12:00", "2026-11-20 13:00", "2026-11-20 08:30", {"is_urgent": True}, True),
    ],
)
def test_planned_work_goes_ahead_as_the_terms_let(staff, starts, ends, sent, facts, is_allowed):
    here, _ = customer("greenlight")
    work = {
        "is_planned": True,
        "began_at": instant(starts),
        "expected_at": instant(ends),
        **facts,
    }

    if not is_allowed:
        with pytest.raises(OutageRefused) as refusal:
            declare(here, staff, at=instant(sent), **work)
        assert {one["id"] for one in refusal.value.because} <= {"GL-CARE-01", "GL-CARE-02"}
        return
    outage = declare(here, staff, at=instant(sent), **work)
    assert outage.owed_at == instant(ends)
    assert any(one["id"].startswith("GL-CARE") for one in outage.because)
    tell_outages(at=instant(sent))
    assert letters()[0].title.startswith("Planned work: ")


def test_terms_without_hours_let_planned_work_and_say_so(staff):
    here, _ = customer("callpro")

    found = preview_outage(
        provider=here.provider,
        said=said(
            is_planned=True,
            began_at=instant("2026-11-21 12:00"),
            expected_at=instant("2026-11-21 13:00"),
        ),
        at=NOW,
    )

    assert found.window.allowed is None
    assert found.owed_at == instant("2026-11-21 13:00")


def test_planned_work_called_off_is_told(staff):
    here, _ = customer()
    outage = declare(
        here,
        staff,
        is_planned=True,
        began_at=instant("2026-11-22 02:00"),
        expected_at=instant("2026-11-22 04:00"),
    )
    tell_outages(at=NOW)
    call_off(outage=outage, words="Not needed any more.", by=staff, at=NOW + timedelta(hours=1))
    tell_outages(at=NOW + timedelta(hours=1))

    assert [one.title.split(":")[0] for one in letters()] == ["Planned work", "Called off"]
    outage.refresh_from_db()
    assert (outage.state, outage.owed_at) == (OutageState.CALLED_OFF, None)


def test_letter_that_fails_stops_no_other_and_is_tried_again(staff, monkeypatch):
    here, _ = customer()
    there, _ = customer()
    outage = declare(here, staff)
    from contracts.requests.services import telling

    whole = telling.tell_holder
    monkeypatch.setattr(
        telling,
        "tell_holder",
        lambda account, **how: whole(account, **how) if account != here.account else 1 / 0,
    )
    assert tell_outages(at=NOW) == 1
    assert OutageService.objects.exclude(problem="").get().service.contract.account == here.account
    outage.refresh_from_db()
    assert outage.told_through == 0

    monkeypatch.undo()
    assert tell_outages(at=NOW) == 1
    outage.refresh_from_db()
    assert outage.told_through == 1
    assert {one.account_id for one in letters()} == {here.account.pk, there.account.pk}


def test_what_a_page_asks_does_not_grow_with_outages(staff):
    here, _ = customer()
    counts = []
    for number in range(3):
        declare(here, staff, what=f"Outage number {number}")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            requests.news_of_outages(here.account, NOW)
            requests.outages_of("vpnet", NOW)
        counts.append(len(asked))
    assert len(set(counts)) == 1
