"""Documents as people read them, and the words of forms and answers."""

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import get_type_hints

import pytest

from terms import library, workbench
from terms.calendar import DeclaredDay, OutsideCalendar, State
from terms.clause import Source
from terms.rules import RULES
from terms.workbench import reading, words
from terms.workbench.examples import examples

TODAY = date(2026, 11, 22)


def page(document: str) -> reading.Page:
    return reading.page(library.newest(document), TODAY)


@pytest.mark.parametrize("document", library.documents())
def test_every_clause_stands_in_one_chapter(document):
    ids = [each.clause.id for part in page(document).chapters for each in part.passages]

    assert sorted(ids) == sorted(row.clause.id for row in library.newest(document).rows)


@pytest.mark.parametrize("document", library.providers())
def test_every_executable_clause_leads_to_a_question(document):
    lonely = [
        each.clause.id
        for part in page(document).chapters
        for each in part.passages
        if each.executable and not each.questions and each.row.feeds != ("roll",)
    ]

    assert lonely == []


@pytest.mark.parametrize("document", library.documents())
def test_every_audience_has_words(document):
    for row in library.newest(document).rows:
        assert "_" not in words.of_audience(row.applies_to)


def test_silences_say_who_answers_instead():
    by = {each.rule: each.source for each in page("callpro").silences}

    assert by["invoice_due_date"] is Source.DEFAULT
    assert by["complaint_deadlines"] is Source.FLOOR
    assert by["early_termination"] is None


def test_what_the_law_replaces_is_told_beside_the_clause():
    passage = page("vpnet").passage("VP-BIL-09")

    assert passage is not None
    assert {one.clause.id for finding in passage.law for one in finding.against} == {"RF-TCP-07"}


def test_search_wants_every_word_in_any_case():
    passage = page("vpnet").passage("VP-PAY-02")

    assert passage is not None
    assert passage.mentions("ISSUE 15 days")
    assert not passage.mentions("issue zeppelin")


def test_words_are_for_facts_and_answers_that_exist():
    facts, answers = set(), set()
    for rule in RULES.values():
        facts |= set(get_type_hints(rule))
        answers |= {one.name for one in fields(get_type_hints(rule)["return"])}
    for document in library.documents():
        for question in workbench.calculators(library.newest(document)):
            facts |= {part for field in question.fields for part in field.name.split(".")}

    assert set(words.listed("facts")) - facts == set()
    assert set(words.listed("answers")) - answers == set()


@pytest.mark.parametrize("today", [date(2026, 2, 28), date(2028, 2, 29), date(2029, 7, 1)])
def test_questions_start_from_the_readers_day(today):
    for document in library.documents():
        profile = library.newest(document)
        for question in workbench.calculators(profile, today):
            filled = {field.name: field.value for field in question.fields}
            answered = workbench.work_out(profile, question.rule, filled, on=today, tcp=True)
            assert not answered.alone.silent


def test_moved_instants_keep_their_time_on_the_wall():
    example = examples("vpnet")["complaint_deadlines"]

    moved = example.moved_to(date(2026, 7, 1), State.NSW.zone).given["received_at"]

    assert moved == datetime(2026, 7, 1, 0, 15, tzinfo=UTC)
    assert f"{moved:%H:%M}" == "10:15"


def test_named_fact_becomes_today():
    given = examples("vpnet")["may"].moved_to(TODAY, State.NSW.zone).given

    assert given["on"] == TODAY
    assert given["actor"]["until"] > TODAY


def test_law_is_worked_out_beside_the_terms():
    worked = workbench.work_out(
        library.newest("vpnet"),
        "back_billing",
        {"charge_incurred_on": "2026-11-02"},
        on=TODAY,
        tcp=True,
    )

    assert worked.differ
    assert worked.bound.values["last_billable_on"] < worked.alone.values["last_billable_on"]


def test_declared_days_count_in_both_answers():
    mourning = (DeclaredDay(state=State.NSW, day=date(2026, 12, 29), name="Mourning"),)
    filled = {"issue_date": "2026-12-10", "state": "NSW"}

    worked = workbench.work_out(
        library.newest("vpnet"), "invoice_due_date", filled, on=TODAY, tcp=True, declared=mourning
    )

    assert worked.alone.values == worked.bound.values == {"due_date": date(2026, 12, 30)}


def test_days_beyond_the_calendar_are_refused():
    with pytest.raises(OutsideCalendar):
        workbench.work_out(
            library.newest("vpnet"),
            "invoice_due_date",
            {"issue_date": "1999-01-01", "state": "NSW"},
            on=TODAY,
            tcp=True,
        )


def test_field_can_be_made_for_a_fact_that_turns_out_to_be_needed():
    field = workbench.field_for("resolution_implementation", "received_on")

    assert field is not None
    assert (field.kind, field.value) == ("date", "")
    assert workbench.field_for("resolution_implementation", "profile") is None
    assert workbench.field_for("may", "actor") is None
