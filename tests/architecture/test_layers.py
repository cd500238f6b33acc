"""What the import contracts can't say: who knows the web, and who reads which models."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from .test_conventions import ROOT, sources

BELOW = ["complaints", "billing", "contracts", "parties", "records", "terms"]
APPS = ["complaints", "billing", "contracts", "parties"]
WEB = (
    "django.http",
    "django.shortcuts",
    "django.urls",
    "django.contrib.admin",
    "django.contrib.messages",
)
TEMPLATES = "django.template"
# What they write is made from templates.
WRITERS = ("records/notices/", "records/documents/")


def imported(text: str) -> Iterator[str]:
    """The full names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{one.name}" for one in node.names)


def within(name: str, *modules: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def knows_the_web(where: str, text: str) -> list[str]:
    """What a module below portal imports that is for edges alone."""
    barred = WEB if where.startswith(WRITERS) else (*WEB, TEMPLATES)
    return [name for name in imported(text) if within(name, *barred)]


def reads_all_models(text: str) -> list[str]:
    """What a module imports from an app's list of models, which is Django's alone."""
    return [name for name in imported(text) if within(name, *(f"{app}.models" for app in APPS))]


def files(*packages: str) -> Iterator[tuple[str, str]]:
    for path in sources(*packages):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_nothing_below_the_portal_knows_the_web():
    guilty = {
        where: found for where, text in files(*BELOW) if (found := knows_the_web(where, text))
    }

    assert guilty == {}


def test_nobody_reads_a_model_from_the_list_of_its_app():
    places = [*files(), *_others("tests"), *_others("scripts"), *_others("bench")]
    guilty = {where: found for where, text in places if (found := reads_all_models(text))}

    assert guilty == {}


def _others(folder: str) -> Iterator[tuple[str, str]]:
    for path in sorted(Path(ROOT, folder).rglob("*.py")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("where", "line", "is_seen"),
    [
        ("billing/runs/services/runs.py", "from django.urls import reverse", True),
        ("billing/runs/services/runs.py", "from django import urls", True),
        ("billing/runs/services/runs.py", "import django.http", True),
        ("parties/desk/services/calls.py", "from django.http.request import HttpRequest", True),
        ("parties/desk/models.py", "from django.contrib import admin", True),
        ("parties/desk/models.py", "from django.contrib.messages import error", True),
        ("complaints/process/tasks.py", "def f():\n    from django.shortcuts import render", True),
        ("complaints/process/tasks.py", "from django.template.loader import get_template", True),
        ("records/audit/services.py", "from django.template import Context", True),
        ("records/notices/services.py", "from django.template.loader import get_template", False),
        ("records/notices/services.py", "from django.urls import reverse", True),
        ("records/documents/pdf.py", "from django.template import Context", False),
        ("billing/runs/services/runs.py", "from django.db import transaction", False),
        ("billing/runs/services/runs.py", "from django.contrib.auth import hashers", False),
    ],
)
def test_what_knows_the_web_is_seen(where, line, is_seen):
    assert bool(knows_the_web(where, line)) == is_seen


@pytest.mark.parametrize(
    ("line", "is_seen"),
    [
        ("from parties.models import Account", True),
        ("from parties import models", True),
        ("import billing.models", True),
        ("from parties.accounts.models import Account", False),
        ("from django.db import models", False),
        ("from records.notices.models import Notice", False),
    ],
)
def test_what_reads_a_model_from_the_list_of_its_app_is_seen(line, is_seen):
    assert bool(reads_all_models(line)) == is_seen
