"""Every worked example, and what the runner makes of bad ones."""

from dataclasses import replace
from pathlib import Path

import pytest

from terms.facts import BadFacts, Unknown, read_facts
from terms.profile import TermsSilent
from terms.rules import RULES
from terms.workbench import Case, read_cases, run_case
from terms.workbench.cases import ask

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
CASES = [case for path in FILES for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_worked_example(case: Case) -> None:
    outcome = run_case(case)

    assert outcome.problem is None, (outcome.problem, outcome.got, outcome.because)


def test_case_ids_are_unique() -> None:
    ids = [case.id for case in CASES]

    assert len(ids) == len(set(ids))


def test_an_unknown_fact_is_refused_or_does_not_matter() -> None:
    """What is not known is never taken for no or zero: the answer stays, or there is none."""
    asked, wrong = 0, []
    for case in CASES:
        try:
            answer = ask(case)
        except (BadFacts, TermsSilent):
            continue
        for name, value in case.given.items():
            if value is None or not isinstance(
                read_facts(RULES[case.rule], {**case.given, name: None}).get(name), Unknown
            ):
                continue
            asked += 1
            try:
                got = ask(replace(case, given={**case.given, name: None}))
            except BadFacts as refusal:
                if refusal.path[0] != name:
                    wrong.append((case.id, name, str(refusal)))
            else:
                if got != answer:
                    wrong.append((case.id, name, got))

    assert asked > 4000
    assert wrong == []
