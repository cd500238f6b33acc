"""What the code of the terms must not hold: floats, clocks, providers' names, rounding."""

import ast
import re
from pathlib import Path

import pytest

import terms
from terms import library
from terms.clause import SHAPES
from terms.rules import RULES
from terms.rules.rule_source import shapes_of

ROOT = Path(terms.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
RULE_MODULES = [path for path in MODULES if path.parent.name == "rules"]
CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic", "localtime"}
ENTRY = ROOT / "workbench" / "__main__.py"


def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_holds_no_float(path):
    for node in nodes(path):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
        assert not (isinstance(node, ast.Name) and node.id == "float")


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path != ENTRY],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_module_reads_no_clock(path):
    for node in nodes(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in CLOCKS


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.name != "money.py"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_only_money_rounds(path):
    for node in nodes(path):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            assert called not in {"round", "quantize"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_provider_is_named(path):
    text = path.read_text(encoding="utf-8").casefold()
    names = {*library.providers(), *(library.provider(key).name for key in library.providers())}

    for name in names:
        assert not re.search(rf"\b{re.escape(name.casefold())}\b", text)


@pytest.mark.parametrize("path", RULE_MODULES, ids=lambda path: path.name)
def test_rules_hold_no_amount_of_money(path):
    for node in nodes(path):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Decimal":
            assert "." not in ast.unparse(node)


@pytest.mark.parametrize("rule", [name for name in RULES if name != "rule_source"])
def test_rule_rests_on_a_shape_of_its_name(rule):
    assert shapes_of(rule)


def test_every_shape_is_fed_by_some_document():
    documents = (library.newest(each) for each in library.documents())
    fed = {key for profile in documents for key in profile.parts}

    assert set(SHAPES) - fed == set()


def test_every_rule_takes_only_keywords_and_says_what_it_returns():
    for rule in RULES.values():
        assert rule.__doc__
        assert rule.__code__.co_argcount == 1
        assert "return" in rule.__annotations__
