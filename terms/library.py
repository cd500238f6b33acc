"""The shelf of published versions: reads, checks and keeps them. What it refuses, it explains."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from terms.calendar import DeclaredDay, State
from terms.facts import BadFacts, coerce
from terms.profile import Profile
from terms.profile_file import DEFAULT as DEFAULT
from terms.profile_file import FLOOR as FLOOR
from terms.profile_file import (
    READINGS,
    BadProfile,
    mapping,
    read_profile,
    read_source,
    refused,
)

PROFILES = Path(__file__).parent / "profiles"
LOCK = "VERSIONS.lock"


@dataclass(frozen=True, kw_only=True)
class Brand:
    """How a provider looks: its colour as #rrggbb and the mark beside its name."""

    colour: str
    mark: str | None = None


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What is known of a provider beside its terms; not frozen, unlike those."""

    key: str
    name: str
    legal_name: str
    abn: str
    default_state: State
    brand: Brand
    contacts: dict[str, str]
    abn_demo: bool = False
    acn: str | None = None
    address: str | None = None


def providers() -> tuple[str, ...]:
    """Return the keys of all providers, in alphabetical order."""
    return tuple(sorted(each.parent.name for each in PROFILES.glob("*/provider.yaml")))


@lru_cache(maxsize=32)
def provider(key: str) -> Provider:
    """Return what is known of a provider. Raise BadProfile."""
    document = read_source(PROFILES / key / "provider.yaml")
    try:
        found: Provider = coerce(Provider, {"key": key, **mapping(document)})
    except BadFacts as refusal:
        raise refused(document, refusal.path, refusal.problem) from None
    return found


def versions(document: str) -> tuple[str, ...]:
    """Return a document's versions, those without a date first, then by date in force."""
    return _versions_in(PROFILES / document)


@lru_cache(maxsize=64)
def _versions_in(folder: Path) -> tuple[str, ...]:
    """Look into the folder once: a version comes with a new release, and is asked for often."""
    names = [each.stem for each in folder.glob("*.yaml") if each.name != "provider.yaml"]
    return tuple(sorted(names, key=lambda name: _in_force_order(folder.name, name)))


def latest(document: str) -> str:
    """Return the newest version of a document. Raise LookupError where there is none."""
    found = versions(document)
    if not found:
        raise LookupError(
            f"no document is called {document!r}; there are {', '.join(documents())}"
        )
    return found[-1]


def newest(document: str) -> Profile:
    """Return the newest version of a document. Raise BadProfile, or LookupError."""
    return load(document, latest(document))


def before(profile: Profile) -> str:
    """Return the version or reading that a version followed. Raise LookupError for the first."""
    if profile.reading > 1:
        return f"{profile.version}#{profile.reading - 1}"
    found = versions(profile.document)
    at = found.index(profile.version)
    if not at:
        raise LookupError(f"{profile.document} {profile.version} is the first of its versions")
    return found[at - 1]


def published_on(document: str, on: date) -> str:
    """Return the version that was the newest text on a day, by the dates that are their names.

    Before the first it is the first: law that is older than its text. Of a document whose versions
    are not named by dates it is the newest.
    """
    found = versions(document)
    try:
        named = {version: date.fromisoformat(version) for version in found}
    except ValueError:
        return found[-1]
    return max((each for each in found if named[each] <= on), default=found[0])


def documents() -> tuple[str, ...]:
    """Return all documents: the providers', the floor and the house default."""
    return tuple(sorted({each.parent.name for each in PROFILES.glob("*/*.yaml")}))


def in_force(document: str, on: date) -> str:
    """Return the version in force on a day; an undated one is in force until a dated one is."""
    found = [
        version
        for version in versions(document)
        if (load(document, version).in_force_from or date.min) <= on
    ]
    return found[-1] if found else versions(document)[0]


def _in_force_order(document: str, version: str) -> tuple[date, str]:
    return load(document, version).in_force_from or date.min, version


@lru_cache(maxsize=64)
def load(document: str, version: str, declared: tuple[DeclaredDay, ...] = ()) -> Profile:
    """Return a published version in its newest reading, with days that a state proclaimed since.

    `version#N` asks for an earlier reading, by its number. Raise BadProfile, or LookupError where
    there is no such file.
    """
    if declared:
        return load(document, version).with_declared(declared)
    path = PROFILES / document / f"{version}.yaml"
    if "#" in version:
        path = _reading_path(document, *version.split("#", 1))
    if not path.is_file():
        raise LookupError(f"there is no {document} {version}: look in {PROFILES}")
    return read_profile(path)


def printed(profile: Profile) -> tuple[str, ...]:
    """Return the places printed in a version, as its list of clauses has them, if it has one."""
    path = PROFILES / profile.document / f"{profile.version}.clauses"
    return tuple(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else ()


def readings(document: str, version: str) -> tuple[int, ...]:
    """Return the numbers of all readings of a version, the newest last."""
    newest_one = load(document, version).reading
    return tuple(range(1, newest_one + 1))


def _reading_path(document: str, version: str, number: str) -> Path:
    """Return the file of one reading: the newest lies beside the others' folder."""
    newest_file = PROFILES / document / f"{version}.yaml"
    if newest_file.is_file() and number == str(load(document, version).reading):
        return newest_file
    return PROFILES / document / READINGS / f"{version}.{number}.yaml"


def published() -> Iterator[tuple[str, Path]]:
    """Yield every reading of each version as its name in the lock and its file, in order."""
    for path in sorted(PROFILES.glob("*/*.yaml")):
        if path.name == "provider.yaml":
            continue
        document, version = path.parent.name, path.stem
        newest_one = load(document, version).reading
        for number in range(1, newest_one):
            yield (
                f"{document}/{version} reading {number}",
                path.parent / READINGS / f"{version}.{number}.yaml",
            )
        yield f"{document}/{version} reading {newest_one}", path


def check() -> None:
    """Load and validate everything: profiles, providers, and the hashes of what was published.

    Raise BadProfile for the first thing that is wrong.
    """
    for key in providers():
        provider(key)
    locked = _locked()
    for name, path in published():
        read_profile(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if locked.get(name) != digest:
            raise BadProfile(
                str(path),
                1,
                "",
                "differs from what was published: make it a new version or reading, and lock it",
            )


def _locked() -> dict[str, str]:
    """Return the hash of each published version, by its name in the lock."""
    lines = (PROFILES / LOCK).read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("  ") for line in lines)
    return {name: digest for digest, _, name in pairs}


def lock() -> str:
    """Return the text of the lock for the files as they are now."""
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in published()
    )
