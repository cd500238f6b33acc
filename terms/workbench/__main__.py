"""`python -m terms.workbench VERB …`: the workbench without Django."""

import sys
from datetime import UTC, datetime

from terms.workbench.commands import run


def main(arguments: list[str]) -> int:
    """Run one verb, write its lines to standard output, return the exit code."""
    lines, well = run(arguments, datetime.now(UTC).date())
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
