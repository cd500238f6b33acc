"""`make audit` never takes silence for a good answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "audit.py"
WEAK = {"name": "django", "version": "2.2.0", "vulns": [{"id": "PYSEC-2019-10"}]}
SOUND = {"name": "celery", "version": "5.7.0", "vulns": []}
SKIPPED = {"name": "celery", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("of_the_weak", "of_the_lock", "ends", "says"),
    [
        ([WEAK], [SOUND], 0, "No known weakness in 1 packages"),
        ([WEAK], [SOUND, WEAK], 1, "django 2.2.0: PYSEC-2019-10"),
        ([WEAK], [SKIPPED], 1, "1 packages not audited"),
        ([WEAK], [], 1, "0 packages not audited"),
        ([WEAK | {"vulns": []}], [SOUND], 2, "gave no data"),
        ([SKIPPED], [SOUND], 2, "gave no data"),
        (None, None, 2, "gave no data"),
    ],
)
def test_an_answer_is_good_only_where_something_was_asked(
    tmp_path, of_the_weak, of_the_lock, ends, says
):
    tool = tmp_path / "pip-audit"
    answers = {"weak.txt": of_the_weak, "lock.txt": of_the_lock}
    tool.write_text(
        f"#!{sys.executable}\nimport json, pathlib, sys\n"
        f"said = json.loads({json.dumps(answers)!r})[pathlib.Path(sys.argv[2]).name]\n"
        "print(json.dumps({'dependencies': said}) if said is not None else '')\n"
    )
    tool.chmod(0o755)
    lock = tmp_path / "lock.txt"
    lock.write_text("celery==5.7.0\n")

    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(lock)],
        env=os.environ | {"PIP_AUDIT": str(tool)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == ends, done.stderr
    assert says in done.stdout
