"""The verbs of the workbench's command line. Each returns its lines and whether all is well."""

import argparse
import sys
from collections.abc import Sequence

from terms.workbench.cases import run_cases


def main(arguments: Sequence[str]) -> int:
    """Run one verb, write its lines to standard output, return the exit code."""
    wanted = parser().parse_args(arguments)
    lines, well = wanted.run(wanted)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0 if well else 1


def parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs."""
    top = argparse.ArgumentParser(prog="terms", description="The providers' terms at work.")
    verbs = top.add_subparsers(required=True, metavar="VERB")
    cases = verbs.add_parser("cases", help="run files of worked examples")
    cases.add_argument("files", nargs="+", metavar="FILE")
    cases.set_defaults(run=_cases)
    return top


def _cases(wanted: argparse.Namespace) -> tuple[list[str], bool]:
    report = run_cases(wanted.files)
    return list(report.lines()), not report.failed
