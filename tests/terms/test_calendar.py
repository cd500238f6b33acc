"""The calendar: reviewed holidays, counting, rolling, months and clocks."""

from datetime import UTC, date, datetime, time, timedelta

import holidays as library
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from terms import calendar as cal
from terms.calendar import Calendar, Count, DeclaredDay, Kind, OutsideCalendar, State, calendar
from tests.terms import make_holidays

BANK_TOO = frozenset({Kind.PUBLIC, Kind.BANK})
states = st.sampled_from(State)
days = st.dates(date(2024, 1, 1), date(2029, 12, 31))
counts = st.integers(1, 200)


def test_data_file_is_what_the_script_writes():
    assert cal.HOLIDAYS.read_text(encoding="utf-8") == make_holidays.text()


def test_data_file_has_no_day_twice_for_a_state():
    rows = yaml.safe_load(cal.HOLIDAYS.read_text(encoding="utf-8"))["holidays"]
    seen = [
        (row["date"], state, row["name"])
        for row in rows
        for state in (State if row["states"] == "all" else row["states"])
    ]

    assert len(seen) == len(set(seen))


def test_only_the_known_differences_part_us_from_the_library():
    years = range(cal.reviewed_years()[0], cal.reviewed_years()[1] + 1)
    theirs = {
        (day, state)
        for state in State
        for day in library.Australia(subdiv=state.value, years=years)
    }
    ours = {
        (each.day, state)
        for each in cal.holidays()
        if each.kind is Kind.PUBLIC
        for state in each.states
    }

    brisbane_show = {
        (each.day, State.QLD) for each in cal.holidays() if each.kind is Kind.REGIONAL
    }
    wa_lost = {
        (day, State.WA)
        for year in range(2028, 2032)
        for day, name in library.Australia(subdiv="WA", years=year, language="en_AU").items()
        if name in ("Labour Day", "Western Australia Day", "King's Birthday")
    }
    wa_gained = {
        (each.day, State.WA) for each in cal.holidays() if "Amendment Bill" in each.source
    }

    assert theirs - ours == brisbane_show | (wa_lost - wa_gained)
    assert ours - theirs == wa_gained - theirs
    assert len(brisbane_show) == len(years)
    assert len(wa_gained) == 20


@pytest.mark.parametrize(
    ("day", "kept_in"),
    [
        (date(2026, 4, 27), {State.ACT, State.NSW, State.WA}),
        (date(2027, 4, 26), {State.ACT, State.NSW, State.NT, State.QLD, State.WA}),
        (date(2026, 11, 3), {State.VIC}),
        (date(2026, 12, 28), set(State)),
        (date(2026, 8, 12), set()),
        (date(2026, 12, 24), set()),
    ],
)
def test_states_that_keep_a_day(day, kept_in):
    assert {state for state in State if not calendar(state).is_working_day(day)} == kept_in


def test_bank_holiday_counts_only_where_the_profile_says_so():
    august = date(2026, 8, 3)

    assert calendar(State.NSW).is_working_day(august)
    assert calendar(State.NSW, BANK_TOO).why_off(august) == "Bank Holiday"
    assert calendar(State.QLD, BANK_TOO).is_working_day(august)


def test_national_calendar_keeps_only_what_all_states_keep():
    national = calendar(State.VIC, national=True)

    assert national.is_working_day(date(2026, 11, 3))
    assert not national.is_working_day(date(2026, 12, 28))


def test_christmas_count_says_which_days_were_left_out():
    walk = calendar(State.NSW).count(date(2026, 12, 24), 2)

    assert walk.day == date(2026, 12, 30)
    assert walk.steps == (
        "day 0 is Thu 24 Dec 2026",
        "Fri 25 Dec: Christmas Day",
        "Sat 26 Dec: Boxing Day",
        "Sun 27 Dec: weekend",
        "Mon 28 Dec: Boxing Day (substitute day)",
        "day 2 is Wed 30 Dec 2026",
    )


def test_long_count_stays_short():
    steps = calendar(State.NSW).count(date(2027, 2, 1), 30).steps

    assert steps == (
        "day 0 is Mon 1 Feb 2027",
        "6 weekends are left out",
        "day 30 is Mon 15 Mar 2027",
    )


def test_roll_from_christmas_day_says_why():
    walk = calendar(State.NSW).count(date(2026, 12, 10), 15, Count.CALENDAR_DAYS)

    rolled = calendar(State.NSW).roll(walk)

    assert rolled.day == date(2026, 12, 29)
    assert rolled.steps[1:3] == ("day 15 is Fri 25 Dec 2026", "Fri 25 Dec: Christmas Day")
    assert rolled.steps[-1] == "next working day is Tue 29 Dec 2026"


def test_declared_day_counts_in_its_own_state_only():
    mourning = DeclaredDay(date(2027, 2, 2), State.NSW, "Day of Mourning")

    assert calendar(State.NSW).with_days([mourning]).why_off(mourning.day) == "Day of Mourning"
    assert calendar(State.VIC).with_days([mourning]).is_working_day(mourning.day)
    assert calendar(State.NSW).is_working_day(mourning.day)


@pytest.mark.parametrize("day", [date(2022, 12, 31), date(2032, 1, 1)])
def test_days_that_nobody_reviewed_are_refused(day):
    with pytest.raises(OutsideCalendar, match="reviewed holidays of 2023 to 2031"):
        calendar(State.NSW).is_working_day(day)


@pytest.mark.parametrize("day", [date(2022, 12, 31), date(2031, 12, 20)])
def test_counts_out_of_the_tables_are_refused(day):
    with pytest.raises(OutsideCalendar):
        calendar(State.NSW).count(day, 10)


@given(states, days, counts)
def test_adding_working_days_is_the_inverse_of_counting_them(state, day, n):
    table = calendar(state)

    end = table.count(day, n).day

    assert table.is_working_day(end)
    assert table.working_days_between(day, end) == n


@given(states, days, days, counts)
def test_adding_working_days_is_monotone(state, one, other, n):
    table, early, late = calendar(state), *sorted([one, other])

    assert table.count(early, n).day <= table.count(late, n).day
    assert table.count(early, n).day < table.count(early, n + 1).day


@given(states, days, counts)
def test_table_agrees_with_walking_day_by_day(state, start, n):
    table, day, left = calendar(state), start, n
    while left:
        day += timedelta(days=1)
        left -= table.why_off(day) is None

    assert table.count(start, n).day == day


@given(states, days)
def test_rolled_day_is_the_first_working_day_not_before(state, day):
    table = calendar(state)

    rolled = table.next_working_day(day)

    assert table.is_working_day(rolled)
    assert not any(
        table.is_working_day(day + timedelta(days=skipped))
        for skipped in range((rolled - day).days)
    )


def test_day_is_the_state_s_own_day():
    late_in_perth = datetime(2026, 11, 1, 15, 30, tzinfo=UTC)

    assert calendar(State.WA).day_of(late_in_perth) == date(2026, 11, 1)
    assert calendar(State.NSW).day_of(late_in_perth) == date(2026, 11, 2)


def test_hours_are_elapsed_hours_when_the_clock_is_put_forward():
    melbourne = calendar(State.VIC)
    before = melbourne.at(date(2026, 10, 3), time(10, 0))

    after = melbourne.hours_on(before, 48)

    assert after.hour == 11
    assert after - before.astimezone(UTC) == timedelta(hours=48)


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2026, 11, 15), 12, date(2027, 11, 14)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2027, 8, 31), 3, date(2027, 11, 30)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
    ],
)
def test_term_ends_the_day_before_its_twin(start, months, last):
    assert cal.last_day_of_term(start, months) == last


@given(days, st.integers(1, 60))
def test_whole_months_are_the_inverse_of_a_term(start, months):
    end = cal.last_day_of_term(start, months)

    assert cal.whole_months(start, end) == months
    assert cal.whole_months(start, end - timedelta(days=1)) == months - 1


def test_calendars_are_shared():
    assert calendar(State.NSW) is calendar(State.NSW)
    assert isinstance(calendar(State.TAS), Calendar)
