"""Every worked example, and what the runner makes of bad ones."""

from pathlib import Path

import pytest

from terms.workbench import Case, read_cases, run_case

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
CASES = [case for path in FILES for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_worked_example(case: Case) -> None:
    outcome = run_case(case)

    assert outcome.problem is None, (outcome.problem, outcome.got, outcome.because)


def test_case_ids_are_unique() -> None:
    ids = [case.id for case in CASES]

    assert len(ids) == len(set(ids))
