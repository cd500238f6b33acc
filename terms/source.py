"""YAML read strictly: every value knows its line, nothing is guessed, no float gets in."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

Path_ = tuple[str | int, ...]
_TAG = "tag:yaml.org,2002:"


class BadSource(Exception):
    """A file that cannot be read as intended: file, line, key, and what to do about it."""

    def __init__(self, file: str, line: int, key: str, problem: str) -> None:
        super().__init__(
            f"{file}:{line}: {key}: {problem}" if key else f"{file}:{line}: {problem}"
        )
        self.file = file
        self.line = line
        self.key = key
        self.problem = problem


@dataclass(frozen=True)
class Document:
    """Plain data and the line on which each of its values stands, by path from the top."""

    file: str
    data: Any
    lines: dict[Path_, int]

    def line(self, path: Path_) -> int:
        """Return the line of the value at `path`, or of the nearest thing around it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def bad(self, path: Path_, problem: str) -> BadSource:
        """Return the refusal of the value at `path`, ready to be raised."""
        return BadSource(self.file, self.line(path), ".".join(map(str, path)), problem)


def read(path: Path, *, floats: bool = False) -> Document:
    """Read one YAML file. `floats` lets fractions in, as exact decimals; else they are refused."""
    return read_text(path.read_text(encoding="utf-8"), str(path), floats=floats)


def read_text(text: str, name: str, *, floats: bool = False) -> Document:
    """Read YAML text; `name` stands for the file in refusals. Raise BadSource."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
        reader = _Reader(name, floats)
        return Document(name, reader.value(node, ()) if node else None, reader.lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadSource(
            name, line, "", f"not YAML ({error.problem}): check the punctuation"
        ) from None


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Reader:
    """Turns YAML nodes into plain data, noting lines."""

    def __init__(self, file: str, floats: bool) -> None:
        self.file = file
        self.floats = floats
        self.lines: dict[Path_, int] = {}
        self.scalars = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, path: Path_) -> Any:
        self.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*path, at)) for at, each in enumerate(node.value)]
        return self.scalar(node, path)

    def mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise self.bad(key_node, path, "a key must be a word")
            if key_node.tag == _TAG + "bool":
                raise self.bad(
                    key_node,
                    (*path, key),
                    f'YAML reads a bare {key} as a truth value: write "{key}"',
                )
            if key in found:
                raise self.bad(key_node, (*path, key), "this key stands here twice: keep one")
            found[key] = self.value(value_node, (*path, key))
        return found

    def scalar(self, node: yaml.Node, path: Path_) -> Any:
        if node.tag == _TAG + "float":
            return self.fraction(node, path)
        try:
            value = self.scalars.construct_object(node)
        except ValueError:
            raise self.bad(node, path, f"{node.value} is no date: write YYYY-MM-DD") from None
        if value is not None and not isinstance(value, str | bool | int | date | datetime):
            raise self.bad(
                node, path, f"{node.value} is not plain text, a number, a date or true/false"
            )
        return value

    def fraction(self, node: yaml.Node, path: Path_) -> Decimal:
        if not self.floats:
            raise self.bad(
                node, path, f'a bare fraction is not exact: write "{node.value}" in quotes'
            )
        try:
            return Decimal(node.value)
        except InvalidOperation:
            raise self.bad(node, path, f"{node.value} is not a number") from None

    def bad(self, node: yaml.Node, path: Path_, problem: str) -> BadSource:
        key = ".".join(map(str, path))
        return BadSource(self.file, node.start_mark.line + 1, key, problem)
