"""What the library refuses, and how it says so; what it keeps."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from terms import library
from terms.calendar import Channel, DeclaredDay, State
from terms.clause import Source
from terms.profile import Profile, TermsSilent
from terms.profile_file import BadProfile, read_profile
from terms.rules import deemed_receipt, hardship_decision, suspension
from terms.rules.hardship import HardshipDecision

GOOD = """\
document: testco
version: "1"
title: Terms of Testco
in_force_from: 2026-01-01
calendar:
  default_state: NSW
  days: {working: {without: [public]}}
clauses:
  - id: T-1
    clause: "1"
    says: We decide in five working days.
    decides: [A1]
    feeds:
      hardship_decision: {working_days: 5}
  - id: T-2
    clause: "2"
    says: Protected customers hear in three.
    applies_to: tcp
    feeds:
      hardship_decision: {working_days: 3}
  - id: T-3
    clause: null
    says: Nothing is said of suspending.
    silent_on: [suspension]
readings:
  - {id: A1, where: "1", chosen: working days}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "testco" / "1.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def profile(folder: Path, text: str = GOOD) -> Profile:
    return read_profile(write(folder, text))


def test_good_profile_is_read(tmp_path):
    read = profile(tmp_path)

    assert [clause.id for clause in read.clauses] == ["T-1", "T-2", "T-3"]
    assert read.of(HardshipDecision).working_days == 5
    assert read.of(HardshipDecision, tcp=True).working_days == 3


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("hardship_decision: {working_days: 5}", "hardship: {days: 5}", 14, "hardship", "no rule"),
        ("{working_days: 5}", "{}", 14, "hardship_decision", "expected working_days"),
        ("{working_days: 5}", "{working_days: 5, pages: 1}", 14, "pages", "expected working_days"),
        ("{working_days: 5}", "{working_days: five}", 14, "working_days", "whole number"),
        ("{working_days: 5}", "{working_days: 5.5}", 14, "working_days", "in quotes"),
        ("id: T-2", "id: T-1", 15, "id", "stands on line 9 too"),
        ("applies_to: tcp", "applies_to: all", 20, "feeds", "fed by T-1"),
        ("applies_to: tcp", "applies_to: everyone", 18, "applies_to", "say one of"),
        ("applies_to: tcp", "aplies_to: tcp", 18, "aplies_to", "not known here"),
        ("    says: We decide in five working days.\n", "", 9, "clauses.0", "says is missing"),
        ("    decides: [A1]", "    decides: [A1, A2]", 12, "decides", "cited but absent"),
        (
            "silent_on: [suspension]",
            "silent_on: [suspending]",
            24,
            "silent_on",
            "no rule is called",
        ),
        ("silent_on: [suspension]", "shows: nothing", 21, "clauses.2", "exactly one of"),
        (
            "in_force_from: 2026-01-01",
            "in_force_from: 2026-02-30",
            4,
            "in_force_from",
            "YYYY-MM-DD",
        ),
        ("in_force_from: 2026-01-01", "in_force_from: soon", 4, "in_force_from", "a date"),
        ('version: "1"', 'version: "2"', 2, "version", "the file's name"),
        ("default_state: NSW", "default_state: NZ", 6, "default_state", "none of ACT"),
        ("title: Terms of Testco", "title: A\ntitle: B", 4, "title", "twice"),
        ("title: Terms of Testco", "on: 3", 3, "on", "truth value"),
        ("readings:", "readings: [", 26, "", "not YAML"),
    ],
)
def test_broken_profile_is_refused_with_file_line_and_key(tmp_path, old, new, line, key, words):
    assert old in GOOD

    with pytest.raises(BadProfile) as refused:
        profile(tmp_path, GOOD.replace(old, new, 1))

    assert refused.value.file.endswith("testco/1.yaml")
    assert refused.value.line == line
    assert key in refused.value.key
    assert words in str(refused.value)


def test_silence_carries_the_ledgers_id(tmp_path):
    with pytest.raises(TermsSilent) as silence:
        suspension(profile(tmp_path), due_date=date(2026, 2, 1), disputed=False, hardship=False)

    (reason,) = silence.value.because
    assert (reason.clause.id, reason.clause.heading) == ("T-3", None)
    assert reason.clause.source is Source.SILENT


def test_unlisted_silence_still_is_a_reason(tmp_path):
    sent_at = datetime(2027, 2, 2, 10, tzinfo=UTC)

    with pytest.raises(TermsSilent, match="says nothing on deemed receipt") as silence:
        deemed_receipt(profile(tmp_path), channel=Channel.POST, sent_at=sent_at)

    assert silence.value.because[0].clause.id == "testco:silent"


def test_declared_day_is_counted_out(tmp_path):
    read = profile(tmp_path)
    day = DeclaredDay(date(2027, 2, 9), State.NSW, "Day of Mourning")
    asked = {"information_complete_on": date(2027, 2, 8), "state": State.NSW}

    before = hardship_decision(read, **asked)
    after = hardship_decision(read.with_declared([day]), **asked)

    assert (before.decide_by, after.decide_by) == (date(2027, 2, 15), date(2027, 2, 16))
    assert any("Day of Mourning" in step for step in after.because[0].steps)


def test_loading_is_shared_and_takes_declared_days():
    version = library.latest("vpnet")
    days = (DeclaredDay(date(2027, 2, 9), State.NSW, "Day of Mourning"),)

    plain, declared = library.load("vpnet", version), library.load("vpnet", version, days)

    assert plain is library.load("vpnet", version)
    assert declared is library.load("vpnet", version, days)
    assert declared.calendar(State.NSW).why_off(date(2027, 2, 9)) == "Day of Mourning"
    assert plain.calendar(State.NSW).why_off(date(2027, 2, 9)) is None


def test_everything_that_is_published_is_sound():
    library.check()


def test_changed_publication_is_refused(tmp_path, monkeypatch):
    path = write(tmp_path, GOOD)
    monkeypatch.setattr(library, "PROFILES", tmp_path)
    (tmp_path / library.LOCK).write_text(library.lock(), encoding="utf-8")
    library.check()

    path.write_text(GOOD.replace("five", "six"), encoding="utf-8")

    with pytest.raises(BadProfile, match="make it a new version"):
        library.check()


def test_version_in_force_is_the_last_one_begun(tmp_path, monkeypatch):
    write(tmp_path, GOOD)
    later = GOOD.replace('version: "1"', 'version: "2"').replace("2026-01-01", "2026-07-01")
    (tmp_path / "testco" / "2.yaml").write_text(later, encoding="utf-8")
    monkeypatch.setattr(library, "PROFILES", tmp_path)

    assert library.versions("testco") == ("1", "2")
    assert library.latest("testco") == "2"
    assert library.in_force("testco", date(2026, 6, 30)) == "1"
    assert library.in_force("testco", date(2026, 7, 1)) == "2"


def test_unknown_document_is_a_failed_look_up():
    with pytest.raises(LookupError, match="no document is called"):
        library.latest("nobody")
    with pytest.raises(LookupError, match="there is no"):
        library.load("nobody", "1")


def test_every_doubt_of_the_ledgers_has_a_reading():
    for key in library.providers():
        readings = library.newest(key).readings
        ids = [reading.id for reading in readings]
        assert len(ids) == len(set(ids))
        assert all(reading.chosen for reading in readings)


@pytest.mark.parametrize("key", library.providers())
def test_provider_has_a_valid_abn(key):
    digits = [int(each) for each in library.provider(key).abn if each.isdigit()]
    weights = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    digits[0] -= 1

    assert sum(map(int.__mul__, weights, digits)) % 89 == 0
