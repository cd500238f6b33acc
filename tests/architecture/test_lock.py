"""The lock names all that is installed, extras included: nothing is looked up at install time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements-uv", "requirements", "requirements-dev"]
PINNED = re.compile(r"(?P<what>[^;\\]+==[^;\\\s]+)\s*(?:;\s*(?P<marker>[^\\]+?))?\s*")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Pin:
    requirement: Requirement
    marker: Marker | None
    hashes: int


def read_lock(text: str) -> dict[str, Pin]:
    """The pins of a lock by canonical name. Raises ValueError for a line that pins nothing."""
    pins = {}
    lines = [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    for entry in re.split(r"(?<!\\)\n", "\n".join(lines)):
        head, *options = (part.strip() for part in entry.split("\\\n"))
        pinned = PINNED.fullmatch(head)
        if pinned is None or not options or not all(map(HASH.fullmatch, options)):
            raise ValueError(f"Not pinned with hashes: {head}")
        requirement = Requirement(pinned["what"])
        marker = Marker(pinned["marker"]) if pinned["marker"] else None
        pins[canonicalize_name(requirement.name)] = Pin(requirement, marker, len(options))
    return pins


def unmet(asked: Requirement, pins: dict[str, Pin]) -> str | None:
    """Why pip would go and look for this requirement although there is a lock, or None."""
    pin = pins.get(canonicalize_name(asked.name))
    if pin is None:
        return f"{asked} is not pinned"
    if not asked.extras <= pin.requirement.extras:
        return f"{asked} is pinned without its extra, as {pin.requirement}"
    (version,) = pin.requirement.specifier
    if not asked.specifier.contains(version.version, prereleases=True):
        return f"{asked} does not allow {pin.requirement}"
    return None


def asked_by(pin: Pin) -> Iterator[Requirement]:
    """What an installed package asks for here, with the extras that it is pinned with."""
    try:
        texts = metadata.requires(pin.requirement.name) or []
    except metadata.PackageNotFoundError:
        # Only what another system needs is not installed on this one.
        assert pin.marker is not None, f"{pin.requirement} is not installed"
        assert not pin.marker.evaluate(), f"{pin.requirement} is not installed"
        return
    for requirement in map(Requirement, texts):
        extras = ["", *pin.requirement.extras]
        if requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in extras
        ):
            yield requirement


@pytest.mark.parametrize("name", LOCKS)
def test_everything_asked_for_is_pinned_with_hashes_extras_included(name):
    pins = read_lock((ROOT / f"{name}.txt").read_text())

    asked = [
        Requirement(line)
        for line in (ROOT / f"{name}.in").read_text().splitlines()
        if line and line[0] not in "#-"
    ]
    asked += [requirement for pin in pins.values() for requirement in asked_by(pin)]

    assert [why for requirement in asked if (why := unmet(requirement, pins))] == []


def test_what_running_needs_is_pinned_alike_for_tests():
    run, dev = (read_lock((ROOT / f"{name}.txt").read_text()) for name in LOCKS[1:])

    assert {name: pin.requirement for name, pin in run.items()}.items() <= {
        name: pin.requirement for name, pin in dev.items()
    }.items()


def test_no_lock_names_a_place_to_install_from():
    """Where packages come from is the machine's own matter."""
    for path in ROOT.glob("requirements*"):
        assert "://" not in path.read_text(), path.name


DIGEST = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    "text",
    [
        "coverage==7.17.3",
        "coverage",
        f"coverage>=7 \\\n    {DIGEST}",
        f"coverage \\\n    {DIGEST}",
    ],
)
def test_a_line_without_version_or_hash_is_refused(text):
    with pytest.raises(ValueError, match="Not pinned"):
        read_lock(text)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("coverage[toml]>=7", "without its extra"),
        ("Coverage>=8", "does not allow"),
        ("pluggy", "not pinned"),
        ("coverage>=7", None),
    ],
)
def test_a_missing_extra_version_or_package_is_named(asked, why):
    pins = read_lock(f"coverage==7.17.3 \\\n    {DIGEST}\n    # via pytest-cov\n")

    found = unmet(Requirement(asked), pins)

    assert found is None if why is None else why in found
