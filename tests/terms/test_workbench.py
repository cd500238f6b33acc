"""Cases, explanations, reports, calculators and renderings, as pages and commands use them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from terms import library, workbench
from terms.clause import Clause, Reason, Source, as_json
from terms.facts import BadFacts
from terms.profile_file import read_profile
from terms.source import BadSource
from terms.workbench import commands
from terms.workbench.cases import cites_place, places

TODAY = date(2026, 11, 21)
DOCS = Path(__file__).parents[2] / "docs" / "terms"
CLAUSE = Clause(document="d", version="1", id="X-1", heading="1 <b>", says='Say "no" & mean it.')
REASON = Reason(CLAUSE, ("day 0 is <Mon>", "day 1 is Tue"))


def run(*words):
    lines, well = commands.run(words, TODAY)
    return "\n".join(lines), well


def case_file(tmp_path, text, name="vpnet.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


# ---- cases

RIGHT = """
- id: a
  rule: invoice_due_date
  clause: "Payment of your Invoices"
  given: {issue_date: 2026-12-10, state: NSW}
  expect: {due_date: 2026-12-29}
"""


def test_right_case_passes_by_the_files_name(tmp_path):
    text, well = run("cases", str(case_file(tmp_path, RIGHT)))

    assert well
    assert text.splitlines()[-2:] == ["0 uncited", "1 passed, 0 failed"]


def test_wrong_case_shows_rule_facts_answer_and_reasons(tmp_path):
    text, well = run("cases", str(case_file(tmp_path, RIGHT.replace("12-29", "12-28"))))

    assert not well
    assert "FAILED a: due_date differs" in text
    for words in ("invoice_due_date", "issue_date: 2026-12-10", "2026-12-28", "2026-12-29"):
        assert words in text
    assert "Christmas Day" in text
    assert text.endswith("0 passed, 1 failed")


def test_case_that_cites_another_place_is_listed_without_failing(tmp_path):
    text, well = run("cases", str(case_file(tmp_path, RIGHT.replace("Payment of your", "No"))))

    assert well
    assert "uncited a: names 'No Invoices'" in text
    assert "1 uncited" in text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("invoice_due_date", "nonsense", "no rule is called nonsense"),
        ("state: NSW", "colour: red", "colour: the rule does not know this key"),
        ("issue_date: 2026-12-10, ", "", "issue_date: the rule needs this key"),
        ("state: NSW", "state: NZ", "none of ACT"),
        ("{due_date: 2026-12-29}", "{pay_date: 2026-12-29}", "the answer has no pay_date"),
        ("{due_date: 2026-12-29}", "{due_date: soon}", "cannot be read"),
        ("expect:", "provider: nobody\n  expect:", "no document is called 'nobody'"),
        ("expect:", "cites: [VP-PAY-99]\n  expect:", "does not cite VP-PAY-99"),
    ],
)
def test_case_that_cannot_be_right_fails_and_says_why(tmp_path, old, new, words):
    text, well = run("cases", str(case_file(tmp_path, RIGHT.replace(old, new))))

    assert not well
    assert words in text


def test_silent_terms_fail_a_case_that_expects_an_answer(tmp_path):
    text, _ = run("cases", str(case_file(tmp_path, RIGHT, "callpro.yaml")))

    assert "FAILED a: silent: invoice_due_date" in text


@pytest.mark.parametrize("text", ["a: 1", "- 3", "- {id: a}", "- {id: a, colour: red}", "- ["])
def test_file_that_is_no_case_file_is_refused(tmp_path, text):
    with pytest.raises((BadSource, workbench.BadCase)):
        workbench.read_cases(case_file(tmp_path, text))


def test_fraction_in_a_case_is_exact(tmp_path):
    text = (
        "- {id: a, rule: onsite_area, given: {nearest_metro: melbourne, km_outside: 20.1},"
        " expect: {travel_fee_possible: true}}"
    )

    (case,) = workbench.read_cases(case_file(tmp_path, text, "comvergence.yaml"))

    assert str(case.given["km_outside"]) == "20.1"
    assert workbench.run_case(case).problem is None


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("71(c), 103(p)", ["71(c)", "103(p)"]),
        ("9.2(b), (c)", ["9.2(b)", "9.2(c)"]),
        ("9.1(d)–(f)", ["9.1(d)", "9.1(e)", "9.1(f)"]),
        ("4.2(a)(i)-(iii)", ["4.2(a)(i)", "4.2(a)(ii)", "4.2(a)(iii)"]),
        ("Acknowledge; Resolution", ["Acknowledge", "Resolution"]),
    ],
)
def test_printed_places_are_split(printed, expected):
    assert places(printed) == expected


def test_none_wants_no_place_cited():
    silence = Reason(replace(CLAUSE, heading=None, source=Source.SILENT))

    assert cites_place("none", [silence])
    assert not cites_place("none", [REASON])
    assert cites_place("1", [Reason(replace(CLAUSE, heading="1(a)"))])


# ---- explaining


def test_explanation_shows_both_with_and_without_the_law():
    text, well = run(
        "explain",
        "vpnet",
        "resolution_implementation",
        "offered_on=2027-02-15",
        "accepted_on=2027-02-17",
        "urgent=false",
        "state=NSW",
    )

    assert well
    terms, law = text.split("With the law")
    assert "Mon 1 Mar 2027" in terms
    assert "Wed 24 Feb 2027" in law
    assert "RF-" not in terms


def test_explanation_takes_the_standing_and_nested_facts():
    text, _ = run(
        "explain",
        "vpnet",
        "may",
        "actor={role: advocate}",
        "action=view_bills",
        "customer_present=false",
        "on=2027-06-15",
        "floor.tcp=false",
    )

    assert text.count("allowed: yes") == 2


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("explain", "vpnet", "nonsense"), "no rule is called"),
        (("explain", "nobody", "may"), "no document is called"),
        (("explain", "vpnet", "invoice_due_date", "x"), "key=value"),
        (("explain", "vpnet", "invoice_due_date", "issue_date=soon"), "is not a date"),
        (("explain", "vpnet", "invoice_due_date", "issue_date=1999-01-01"), "1999"),
        (("cases", "/nonexistent.yaml"), "No such file"),
        (("diff", "vpnet", "1", "2"), "there is no vpnet 1"),
    ],
)
def test_command_refuses_in_a_line(words, refusal):
    text, well = run(*words)

    assert not well
    assert text.startswith("refused: ")
    assert refusal in text


def test_list_and_show_name_documents_rules_and_clauses():
    listed, _ = run("list")
    shown, _ = run("show", "callpro", "--on", "2026-11-21")

    assert "callpro 2025-10 (Fri 31 Oct 2025)" in listed
    assert "invoice_due_date: When is a bill due?" in listed
    assert "CP-PTY-02" in shown


# ---- lint and diff


def test_lint_names_what_the_law_overrules_and_what_is_weaker():
    report = workbench.lint(library.newest("vpnet"), TODAY)
    text = "\n".join(report.lines())

    assert {"back_billing", "resolution_implementation"} <= {
        finding.example.rule for finding in report.short
    }
    assert "RF-CMP-04" in text
    assert any(finding.example.rule == "dispute_window" for finding in report.weaker)


def test_lint_of_silent_terms_finds_nothing_below_the_law():
    report = workbench.lint(library.newest("callpro"), TODAY)

    assert not report.short
    assert report.supplied


def test_lint_shows_a_forbidden_surcharge_and_a_short_window():
    report = workbench.lint(library.newest("greenlight"), TODAY)

    assert "card_surcharge" in {finding.example.rule for finding in report.short}
    assert "dispute_window" in {finding.example.rule for finding in report.weaker}


def test_diff_shows_clauses_days_and_dollars(tmp_path):
    old = library.newest("vpnet")
    source = library.PROFILES / "vpnet" / f"{old.version}.yaml"
    text = source.read_text(encoding="utf-8").replace(f"version: {old.version}", 'version: "2"')
    text = text.replace("invoice_due_date: {days: 15", "invoice_due_date: {days: 10")
    text = text.replace('reconnection_fee: {fee: "82.50"}', 'reconnection_fee: {fee: "90.00"}')
    path = tmp_path / "vpnet" / "2.yaml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")

    found = "\n".join(workbench.diff(old, read_profile(path)).lines())

    assert "VP-PAY-02 invoice_due_date.days: 15 → 10" in found
    assert "When is a bill due? due date: Tue 29 Dec 2026 → Mon 21 Dec 2026 (−8 days)" in found
    assert "What does reconnecting cost? fee: $82.50 → $90.00 (+$7.50)" in found


def test_diff_of_a_version_with_itself_is_empty():
    found = workbench.diff(library.newest("vpnet"), library.newest("vpnet"))

    assert (found.clauses, found.changes) == ((), ())


# ---- calculators


@pytest.mark.parametrize("document", library.providers())
def test_every_executable_clause_has_a_calculator_that_answers(document):
    profile = library.newest(document)
    fed = {key.partition(":")[0].partition(".")[0] for row in profile.rows for key in row.feeds}
    offered = {each.rule: each for each in workbench.calculators(profile)}

    assert fed - {"roll"} <= offered.keys()
    for each in offered.values():
        filled = {field.name: field.value for field in each.fields}
        assert not workbench.calculate(profile, each.rule, filled).silent


def test_calculator_reads_a_filled_form():
    answer = workbench.calculate(
        library.newest("vpnet"), "invoice_due_date", {"issue_date": "2026-12-10", "state": "NSW"}
    )

    assert answer.values["due_date"] == date(2026, 12, 29)
    assert "due date: Tue 29 Dec 2026" in list(answer.lines())


def test_calculator_names_the_field_at_fault():
    with pytest.raises(BadFacts) as refused:
        workbench.calculate(
            library.newest("vpnet"), "invoice_due_date", {"issue_date": "tomorrow"}
        )

    assert refused.value.path == ("issue_date",)


# ---- rendering


def test_text_numbers_the_steps():
    assert workbench.render_text([REASON]).splitlines() == [
        '1 <b> (your terms): Say "no" & mean it.',
        "  1. day 0 is <Mon>",
        "  2. day 1 is Tue",
    ]


@pytest.mark.parametrize("render", [workbench.render_html, workbench.render_pdf])
def test_markup_is_escaped_and_without_style(render):
    text = render([REASON])
    HTMLParser().feed(text)

    assert "<b>" not in text
    assert "&lt;b&gt;" in text
    assert "style" not in text


def test_stored_reasons_render_like_fresh_ones():
    assert workbench.render_html(as_json([REASON])) == workbench.render_html([REASON])


def test_default_is_labelled():
    default = Reason(replace(CLAUSE, heading=None, source=Source.DEFAULT))

    assert "Default, not from your terms" in workbench.render_text([default])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not determined"),
        (True, "yes"),
        (date(2026, 12, 29), "Tue 29 Dec 2026"),
        (datetime(2026, 12, 29, 9, tzinfo=UTC), "Tue 29 Dec 2026, 09:00"),
        ((), "none"),
        ((1, 2), "1; 2"),
    ],
)
def test_values_are_shown_as_people_write_them(value, words):
    assert workbench.in_plain_words(value) == words


# ---- docs


def test_every_clause_that_feeds_a_rule_is_cited_by_a_case(tmp_path):
    text, well = run("docs", "--into", str(tmp_path))

    assert well, text
    assert "| VP-PAY-02 |" in (tmp_path / "vpnet.md").read_text(encoding="utf-8")


def test_written_pages_are_up_to_date(tmp_path):
    commands.run(("docs", "--into", str(tmp_path)), TODAY)

    for page in tmp_path.glob("*.md"):
        assert page.read_text(encoding="utf-8") == (DOCS / page.name).read_text(encoding="utf-8")
