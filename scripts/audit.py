"""Ask whether anything in the lock has a known weakness; no answer is never taken for a good one.

pip-audit ends well when its source of advisories knows nothing at all, so that source is first
asked about a release whose weaknesses are known. Exit 0: asked, and nothing found. 1: weaknesses,
or packages that nobody could say anything about. 2: the source gave no data.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TOOL = os.environ.get("PIP_AUDIT", str(ROOT / ".venv" / "bin" / "pip-audit"))
KNOWN_TO_BE_WEAK = "django==2.2.0\n"


def ask(lock: Path, *options: str) -> list[dict[str, Any]]:
    """What is said of each package of a lock. Raises LookupError where there is no answer."""
    command = [TOOL, "-r", str(lock), "--disable-pip", "--progress-spinner", "off", "-f", "json"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError) as wrong:
        raise LookupError(done.stderr.strip()[-500:] or "it said nothing") from wrong
    return found


def main(lock: Path) -> int:
    """Print what was found, and return how the program ends."""
    with tempfile.TemporaryDirectory() as folder:
        weak = Path(folder) / "weak.txt"
        weak.write_text(KNOWN_TO_BE_WEAK)
        try:
            if not any(one.get("vulns") for one in ask(weak, "--no-deps")):
                raise LookupError(f"nothing is known of {KNOWN_TO_BE_WEAK.strip()}")
            packages = ask(lock, "--require-hashes")
        except LookupError as silence:
            print(f"Not audited: the source of advisories gave no data ({silence}).")
            print("Run it again where the Python Package Index, or a mirror of it, answers.")
            return 2
    weaknesses = [
        f"{one['name']} {one.get('version', '')}: {weakness['id']}"
        for one in packages
        for weakness in one.get("vulns", [])
    ]
    unknown = [f"{one['name']}: {one['skip_reason']}" for one in packages if "skip_reason" in one]
    for line in (*weaknesses, *unknown):
        print(line)
    if weaknesses or unknown or not packages:
        print(f"{len(weaknesses)} known weaknesses, {len(unknown)} packages not audited.")
        return 1
    print(f"No known weakness in {len(packages)} packages.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "requirements.txt"))
