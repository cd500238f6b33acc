"""The report on help with paying: counts by what became of it, and what was late."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import CommandError, call_command

from billing.hardship.selectors import help_report
from billing.hardship.services import HelpWanted, ask_for_help, refuse_help, take_more_time
from parties.people.states import StaffRole
from tests.billing.test_help_with_paying import owing
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
SPAN = {"today": date(2027, 6, 30)}


def asked(on: str, provider: str = "greenlight"):
    one = owing(provider, "NSW", "200.00", "2027-05-03", "2027-06-01")
    row = ask_for_help(
        account=one.account, by=one.world.holder, wanted=HelpWanted(), at=one.at(on)
    )
    return one, row


def test_what_came_on_the_days_is_counted_by_what_became_of_it():
    asked("2027-06-29")  # its day has not come
    asked("2027-06-02")  # nobody answered
    one, refused = asked("2027-06-03")
    asked("2027-07-01")  # after the days
    refuse_help(
        reference=refused.reference,
        by=make_staff(StaffRole.CREDIT),
        reasons="We need to know more about it.",
        at=one.at("2027-06-04"),
    )
    (row,) = help_report(date(2027, 6, 1), date(2027, 6, 30), **SPAN)
    assert (row.asked, row.late) == (3, 1)
    assert row.by_state == {"Being looked into": 2, "Not possible": 1}
    assert (row.extensions, row.arrangements, str(row.took_off)) == (0, {}, "0.00")


def test_each_provider_has_its_own_and_more_time_counts_apart():
    one, _ = asked("2027-06-02", "vpnet")
    other = owing("greenlight", "NSW", "200.00", "2027-05-03", "2027-06-01")
    take_more_time(
        account=other.account,
        by=other.world.holder,
        until=date(2027, 6, 4),
        at=other.at("2027-06-01"),
    )
    rows = {row.provider: row for row in help_report(date(2027, 6, 1), date(2027, 6, 30), **SPAN)}
    assert {name: (row.asked, row.extensions) for name, row in rows.items()} == {
        "VPnet": (1, 0),
        "Greenlight ITC": (0, 1),
    }
    mine = help_report(date(2027, 6, 1), date(2027, 6, 30), **SPAN, provider=one.world.provider)
    assert [row.provider for row in mine] == ["VPnet"]


def test_the_command_names_nobody_and_says_what_is_wrong(capsys):
    one, _ = asked("2027-06-02")
    call_command("hardship", "report", "--since", "2027-06-01", "--until", "2027-06-30")
    said = capsys.readouterr().out
    assert "1  asked for help with paying" in said
    assert one.world.customer.name not in said
    for options, words in (
        (["--since", "2027-06-02", "--until", "2027-06-01"], "before the first"),
        (["--since", "2027-02-30"], "give a day like"),
        (["--since", "2026-01-01", "--provider", "nobody"], "known are"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("hardship", "report", *options)
