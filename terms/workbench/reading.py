"""A document as people read it: each clause with what it answers and what overrules it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from terms import library
from terms.clause import Clause, Source
from terms.facts import BadFacts
from terms.profile import Profile, Reading, Row
from terms.workbench import words
from terms.workbench.calculators import Calculator, calculators
from terms.workbench.examples import examples
from terms.workbench.explain import Answer, bind, by_binding, by_terms, standing
from terms.workbench.lint import Finding, lint

_AREAS = {
    "MAY": "Who may act",
    **dict.fromkeys(("PTY", "PAR", "PARTY"), "Parties and authority"),
    "CON": "Contract",
    "VAR": "Variation",
    **dict.fromkeys(("BIL", "BILL"), "Billing"),
    "PAY": "Payment and late payment",
    "FEE": "Support and fault fees",
    **dict.fromkeys(("DIS", "DISP"), "Disputed charges"),
    "DSP": "Disputes, complaints and hardship",
    **dict.fromkeys(("CMP", "COMP"), "Complaints"),
    **dict.fromkeys(("HAR", "HARD"), "Financial hardship"),
    **dict.fromkeys(("SUS", "SUSP"), "Suspension and termination"),
    "TRM": "Termination",
    **dict.fromkeys(("EQP", "CARE"), "Equipment, warranty and care"),
    "DUT": "The customer's duties",
    "LIA": "Liability",
    "NOT": "Notices and contact",
    **dict.fromkeys(("PRV", "PRIV"), "Privacy and records"),
    "USE": "Usage, spend and fraud",
    "VOI": "Voice",
    "DAT": "Data",
    "FWL": "Firewall",
    "COL": "Colocation",
    "INB": "Inbound numbers",
    "PST": "Resold telephone lines",
    "TCP": "Consumer protections",
    "OUT": "Outages",
    "DEBT": "Chasing a debt",
    "DFV": "Family and sexual violence",
    "ID": "Checking who the customer is",
    "TAX": "Tax",
    "EINV": "Electronic invoices",
    "MSG": "Messages",
    "ACC": "Accessibility",
    "REC": "Keeping records",
    "NBN": "NBN services",
    "CSG": "The Customer Service Guarantee",
    "SCAM": "Scams",
    "SUB": "Subscriptions",
    "SIL": "Where the document is silent",
    "OTH": "Other",
}


@dataclass(frozen=True)
class Passage:
    """A clause, the questions it helps to answer, the doubts it settles, the law above it."""

    row: Row
    questions: tuple[Calculator, ...]
    readings: tuple[Reading, ...]
    law: tuple[Finding, ...]

    @property
    def clause(self) -> Clause:
        """The clause itself."""
        return self.row.clause

    @property
    def executable(self) -> bool:
        """Whether a rule computes with it."""
        return bool(self.row.feeds)

    @property
    def audience(self) -> str:
        """For whom it is, in words; empty for everyone."""
        return "" if self.row.applies_to == "all" else words.of_audience(self.row.applies_to)

    def binds(self, tcp: bool) -> bool:
        """Whether it can bind a protected customer, or one who is not."""
        return self.row.applies_to != ("non_tcp" if tcp else "tcp")

    def mentions(self, asked: str) -> bool:
        """Whether its id, place, text or use holds the words, whatever their case."""
        clause = self.clause
        texts = (clause.id, clause.heading, clause.says, self.row.shows)
        found = " ".join(text for text in texts if text).lower()
        return all(word in found for word in asked.lower().split())


@dataclass(frozen=True)
class Chapter:
    """The clauses of one area, in the document's order."""

    key: str
    title: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Silence:
    """A question that the document leaves open, and who answers it then, if anybody does.

    `source` is the law, the house default, or None where nothing answers. `speaks` says that the
    document has clauses on it which are not computed: those are to be read, no default answers.
    """

    rule: str
    asks: str
    answer: Answer
    source: Source | None
    calculator: Calculator | None = None
    speaks: bool = False

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses that answer in the document's place."""
        return tuple(
            reason.clause
            for reason in self.answer.because
            if reason.clause.source is not Source.SILENT
        )


@dataclass(frozen=True)
class Page:
    """All that the page of a version shows."""

    profile: Profile
    chapters: tuple[Chapter, ...]
    silences: tuple[Silence, ...]
    replaced: tuple[Finding, ...]
    questions: tuple[Calculator, ...]

    def passage(self, id: str) -> Passage | None:
        """Return the clause with this id, or None."""
        return next(
            (each for part in self.chapters for each in part.passages if each.clause.id == id),
            None,
        )

    def only(self, *, asked: str = "", tcp: bool | None = None) -> tuple[Chapter, ...]:
        """Return the chapters with the clauses that hold the words and can bind the customer."""
        found = (
            replace(
                chapter,
                passages=tuple(
                    each
                    for each in chapter.passages
                    if each.mentions(asked) and (tcp is None or each.binds(tcp))
                ),
            )
            for chapter in self.chapters
        )
        return tuple(chapter for chapter in found if chapter.passages)


@lru_cache(maxsize=32)
def page(profile: Profile, on: date) -> Page:
    """Return a version as it is read on a day, with the law of that day."""
    provided = profile.document in library.providers()
    asked = tuple(each for each in calculators(profile, on) if each.public)
    replaced = lint(profile, on).short if provided else ()
    return Page(
        profile,
        tuple(_chapters(profile, asked, replaced)),
        tuple(_silences(profile, on)) if provided else (),
        replaced,
        asked,
    )


def _chapters(
    profile: Profile, asked: tuple[Calculator, ...], replaced: tuple[Finding, ...]
) -> Iterator[Chapter]:
    settled = {reading.id: reading for reading in profile.readings}
    parts: dict[str, list[Passage]] = defaultdict(list)
    for row in profile.rows:
        id = row.clause.id
        rules = {key.partition(":")[0].partition(".")[0] for key in row.feeds}
        passage = Passage(
            row,
            tuple(each for each in asked if each.rule in rules or id in each.clauses),
            tuple(settled[each] for each in row.decides),
            tuple(each for each in replaced if any(id == one.clause.id for one in each.cites)),
        )
        parts[area_of(id)].append(passage)
    for title, passages in parts.items():
        yield Chapter(title.lower().replace(" ", "-"), title, tuple(passages))


def area_of(id: str) -> str:
    """Return the area of a ledger id, in words."""
    return _AREAS.get(id.split("-")[1] if "-" in id else "", "Other")


def _silences(profile: Profile, on: date) -> Iterator[Silence]:
    """Yield what the document does not answer and something else does, or what it admits."""
    admitted = {rule for row in profile.rows for rule in row.silent_on}
    house = {each.rule: each for each in calculators(library.newest(library.DEFAULT), on)}
    for example in examples(library.DEFAULT).values():
        given = examples(profile.document)[example.rule].given
        try:
            alone = by_terms(profile, example.rule, given)
            bound = by_binding(
                bind(profile, standing({"tcp": True, "small_business": True}, given, on)),
                example.rule,
                given,
            )
        except BadFacts:
            continue
        left_out = bound.silent and not alone.speaks and example.rule not in admitted
        if not alone.silent or left_out:
            continue
        by = {reason.clause.source for reason in bound.because}
        source = next((each for each in (Source.FLOOR, Source.DEFAULT) if each in by), None)
        calculator = house.get(example.rule) if source else None
        yield Silence(example.rule, example.asks, bound, source, calculator, speaks=alone.speaks)
