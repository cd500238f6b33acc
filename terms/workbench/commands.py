"""The verbs of the command line. Each returns its lines, and whether all is well."""

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from terms import library
from terms.calendar import in_words
from terms.facts import BadFacts
from terms.rules import RULES
from terms.source import BadSource, read_text
from terms.workbench.cases import run_cases
from terms.workbench.diff import diff
from terms.workbench.docs import answers_page, pages
from terms.workbench.examples import examples
from terms.workbench.explain import explain, standing
from terms.workbench.lint import lint

Outcome = tuple[list[str], bool]


def run(arguments: Sequence[str], today: date) -> Outcome:
    """Parse and run one verb, as `run_parsed` does."""
    return run_parsed(parser().parse_args(arguments), today)


def run_parsed(wanted: argparse.Namespace, today: date) -> Outcome:
    """Run one verb. `today` serves questions that name no day. What is refused becomes lines."""
    wanted.today = today
    try:
        outcome: Outcome = wanted.run(wanted)
    except (BadFacts, BadSource, LookupError, OSError) as refusal:
        return [f"refused: {refusal}"], False
    return outcome


def parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs."""
    top = argparse.ArgumentParser(prog="terms", description="The providers' terms at work.")
    add_verbs(top)
    return top


def add_verbs(top: argparse.ArgumentParser) -> None:
    """Add every verb and its arguments to a parser."""
    verbs = top.add_subparsers(required=True, metavar="VERB", dest="verb")

    def verb(name: str, what: str, function: Any) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=what)
        made.set_defaults(run=function)
        return made

    verb("list", "documents, versions and rules", _list)
    shown = verb("show", "the clauses of a document", _show)
    shown.add_argument("provider")
    shown.add_argument("--on", type=date.fromisoformat, help="the version in force on a day")
    explained = verb("explain", "an answer and its working, without and with the floor", _explain)
    explained.add_argument("provider")
    explained.add_argument("rule")
    explained.add_argument("facts", nargs="*", metavar="KEY=VALUE", help="floor.KEY for standing")
    cases = verb("cases", "run files of worked examples", _cases)
    cases.add_argument("files", nargs="+", metavar="FILE")
    linted = verb("lint", "where a document falls short of the law", _lint)
    linted.add_argument("provider")
    compared = verb("diff", "what a new version, or VERSION#N a new reading, changes", _diff)
    compared.add_argument("provider")
    compared.add_argument("old", nargs="?", help="without it, the version or reading before")
    compared.add_argument("new", nargs="?", help="without it, the newest")
    written = verb("docs", "write clause × rule × case; fails on gaps", _docs)
    written.add_argument("--into", type=Path, default=Path("docs/terms"))
    written.add_argument("--cases", type=Path, default=Path("tests/terms/cases"))
    verb("lock", "record the hashes of the versions as published", _lock)


def _list(_: argparse.Namespace) -> Outcome:
    lines = []
    for document in library.documents():
        for version in library.versions(document):
            profile = library.load(document, version)
            since = in_words(profile.in_force_from) if profile.in_force_from else "undated"
            executable = sum(bool(row.feeds) for row in profile.rows)
            lines.append(
                f"{document} {version} ({since}), reading {profile.reading}: {profile.title}; "
                f"{len(profile.rows)} clauses, {executable} executable"
            )
    asks = examples("")
    return [*lines, "", *(f"{name}: {asks[name].asks}" for name in RULES)], True


def _show(wanted: argparse.Namespace) -> Outcome:
    version = library.in_force(wanted.provider, wanted.on or wanted.today)
    profile = library.load(wanted.provider, version)
    lines = [f"{profile.title}, version {version}"]
    for row in profile.rows:
        lines += ["", f"{row.clause.id}  {row.clause.heading or '—'}", f"  {row.clause.says}"]
        lines += [f"  feeds {key}" for key in row.feeds]
        lines += [f"  shown: {row.shows}"] if row.shows else []
    return lines, True


def _explain(wanted: argparse.Namespace) -> Outcome:
    given: dict[str, Any] = {}
    about: dict[str, Any] = {}
    for fact in wanted.facts:
        key, equals, text = fact.partition("=")
        if not equals:
            raise BadFacts((fact,), "write facts as key=value")
        value = read_text(text, fact, floats=True).data
        if key.startswith("floor."):
            about[key.removeprefix("floor.")] = value
        else:
            given[key] = value
    customer = standing(about, given, wanted.today)
    return explain(wanted.provider, wanted.rule, given, customer), True


def _cases(wanted: argparse.Namespace) -> Outcome:
    report = run_cases(wanted.files)
    return list(report.lines()), not report.failed


def _lint(wanted: argparse.Namespace) -> Outcome:
    profile = library.newest(wanted.provider)
    return list(lint(profile, wanted.today).lines()), True


def _diff(wanted: argparse.Namespace) -> Outcome:
    old = library.load(wanted.provider, wanted.old) if wanted.old else None
    new = library.load(wanted.provider, wanted.new or library.latest(wanted.provider))
    old = old or library.load(wanted.provider, library.before(new))
    return list(diff(old, new).lines()), True


def _docs(wanted: argparse.Namespace) -> Outcome:
    lines, well = [], True
    wanted.into.mkdir(parents=True, exist_ok=True)
    for page in pages(sorted(wanted.cases.glob("*.yaml"))):
        (wanted.into / f"{page.document}.md").write_text(page.text, encoding="utf-8")
        lines.append(f"{page.document}: {len(page.gaps)} gaps")
        lines += [f"  {gap} feeds a rule, but no case cites it" for gap in page.gaps]
        lines += [f"  {place} is printed, but no row names it" for place in page.unnamed]
        well = well and not page.gaps and not page.unnamed
    (wanted.into / "answers.md").write_text(answers_page(), encoding="utf-8")
    return lines, well


def _lock(_: argparse.Namespace) -> Outcome:
    (library.PROFILES / library.LOCK).write_text(library.lock(), encoding="utf-8")
    return ["locked; a version that was published before must not have changed"], True
