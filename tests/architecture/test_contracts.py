"""Each import contract is broken when somebody breaks it: a copy with the violation is checked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .test_conventions import PACKAGES, ROOT

DECIDERS = "Edges, models and records do not decide"
# Contract, module of the copy, the line that breaks it there, and what import-linter says of it.
VIOLATIONS = [
    (
        "Packages depend downwards only",
        "records/audit/services.py",
        "import parties.people.states",
    ),
    ("Packages depend downwards only", "billing/runs/services/runs.py", "import portal.web.lists"),
    ("Edges: ", "portal/customer/home.py", "import portal.staff.forms"),
    ("Edges: ", "portal/composition/home.py", "import portal.public.brand"),
    ("Edges: ", "portal/web/lists.py", "import portal.composition.health"),
    ("Rooms of complaints", "complaints/tickets/models.py", "import complaints.process.services"),
    ("Rooms of billing", "billing/usage/models.py", "import billing.runs.states"),
    ("Rooms of contracts", "contracts/catalogue/models.py", "import contracts.supply.states"),
    ("Rooms of parties", "parties/accounts/models/customers.py", "import parties.desk.models"),
    ("Inside records", "records/documents/services.py", "import records.notices.states"),
    ("Inside a room: ", "parties/desk/models.py", "import parties.desk.selectors"),
    ("Inside a room of records", "records/notices/texts.py", "import records.notices.services"),
    ("Inside a room of records", "records/audit/helpers.py", "A_SHELF_OF_ITS_OWN = True"),
    ("Inside a room: ", "complaints/clocks/helpers.py", "A_SHELF_OF_ITS_OWN = True"),
    (DECIDERS, "portal/staff/forms.py", "import terms.rules"),
    (
        "Edges, models and records do not decide",
        "parties/people/models/people.py",
        "import terms.rules",
    ),
    (DECIDERS, "parties/people/models/people.py", "import terms.rules"),
    (DECIDERS, "billing/invoices/models.py", "from terms import rules"),
    ("Inside terms", "terms/clause.py", "import terms.money"),
    ("terms is pure", "terms/money.py", "import django.conf"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.slow
def test_the_copy_keeps_every_contract(copy):
    found = lint(copy)

    assert found.returncode == 0, found.stdout


@pytest.mark.long
@pytest.mark.parametrize(("contract", "module", "line"), VIOLATIONS)
def test_contract_is_broken_by_a_violation(copy, contract, module, line):
    path = copy / module
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        found = lint(copy)
    finally:
        path.unlink() if before is None else path.write_text(before, encoding="utf-8")

    assert found.returncode == 1, found.stdout
    broken = [one for one in found.stdout.splitlines() if one.endswith("BROKEN")]
    assert any(one.startswith(contract) for one in broken), found.stdout


@pytest.mark.long
def test_every_contract_has_a_violation(copy):
    kept = [
        one.removesuffix(" KEPT") for one in lint(copy).stdout.splitlines() if one.endswith("KEPT")
    ]

    assert kept
    assert [
        one for one in kept if not any(one.startswith(contract) for contract, *_ in VIOLATIONS)
    ] == []
