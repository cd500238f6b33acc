"""What every file keeps to, beside what the import contracts prove."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from portal.celery import BEAT
from terms import library

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["portal", "complaints", "billing", "contracts", "parties", "records", "terms"]


def sources(*packages: str) -> Iterator[Path]:
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def calls(path: Path) -> Iterator[str]:
    """The names of the functions and methods that a file calls."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr


def test_only_money_rounds_money():
    guilty = [
        str(path.relative_to(ROOT))
        for path in sources("terms", "billing", "contracts", "complaints", "parties")
        if path != ROOT / "terms" / "money.py" and {"round", "quantize"} & set(calls(path))
    ]

    assert guilty == []


def test_accounts_are_locked_in_one_way():
    guilty = [
        str(path.relative_to(ROOT))
        for path in sources()
        if re.search(r"\bAccount\.objects\.select_for_update\(", path.read_text())
    ]

    assert guilty == ["parties/accounts/services.py"]


def test_no_providers_name_stands_in_code():
    names = "|".join(
        re.escape(word)
        for key in library.providers()
        for word in (key, library.provider(key).name)
    )
    guilty = [
        str(path.relative_to(ROOT))
        for path in sources("terms", "billing", "contracts", "complaints", "parties", "records")
        if re.search(rf"\b({names})\b", path.read_text(), re.IGNORECASE)
    ]

    assert guilty == []


def test_no_receiver_and_no_float_field():
    text = "\n".join(path.read_text() for path in sources())

    assert "@receiver" not in text
    assert "FloatField(" not in text


def test_services_never_call_celery():
    guilty = [
        str(path.relative_to(ROOT))
        for path in sources()
        if "services" in str(path) and {"delay", "apply_async"} & set(calls(path))
    ]

    assert guilty == []


def test_beat_rings_every_task_and_only_tasks_that_exist():
    current_app.loader.import_default_modules()
    ours = {name for name in current_app.tasks if name.partition(".")[0] in PACKAGES}

    assert ours == {entry["task"] for entry in BEAT.values()}


def test_every_task_reads_the_clock_once_and_makes_one_call():
    for path in sources():
        if path.name != "tasks.py":
            continue
        tree = ast.parse(path.read_text())
        for task in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            called = [
                node
                for node in ast.walk(task)
                if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("services.")
            ]
            assert len(called) <= 1, f"{path}: {task.name} does more than call a service"
            assert len(task.body) <= 3, f"{path}: {task.name} does more than call a service"


def test_every_model_of_ours_has_words_for_people():
    ours = [model for model in apps.get_models() if model.__module__.split(".")[0] in PACKAGES]

    assert len(ours) > 20
    assert all("__str__" in vars(model) for model in ours)


def test_the_project_speaks_of_itself_alone():
    words = re.compile(r"/(work|farm)/|\.\./shared|/tmp/|pypi\.org|registry\.npmjs")
    guilty = [
        str(path.relative_to(ROOT))
        for folder in [*PACKAGES, "docs", "scripts", "templates", "bench"]
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".sh", ".html", ".yaml"}
        and words.search(path.read_text())
    ]

    assert guilty == []


@pytest.mark.parametrize("label", ["billing", "complaints", "contracts", "parties"])
def test_app_names_every_model_of_its_rooms(label):
    named = importlib.import_module(f"{label}.models").__all__

    assert sorted(named) == sorted(
        model.__name__ for model in apps.get_app_config(label).get_models()
    )


def test_every_template_that_code_names_is_there():
    named = re.compile(r"""["'](?:[a-z_0-9]+/)+[a-z_0-9]+\.(?:html|txt)["']""")
    names = {
        found.strip("\"'")
        for folder, kind in [*((package, "py") for package in PACKAGES), ("templates", "html")]
        for path in (ROOT / folder).rglob(f"*.{kind}")
        for found in named.findall(path.read_text())
    }

    assert "customer/home/_owed.html" in names
    assert [name for name in sorted(names) if not _is_there(name)] == []


def _is_there(name: str) -> bool:
    try:
        return bool(get_template(name))
    except TemplateDoesNotExist as missing:
        return str(missing) != name


# Documents that were issued name their template; it stays as long as they do.
FROZEN = {"documents/invoice.html"}


def test_every_template_is_named_or_found_by_django():
    """What Django, allauth and the table of notices find by their own names is theirs."""
    theirs = ("account", "admin", "allauth", "django", "mfa", "notices", "usersessions")
    pages = ("400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html")
    words = "\n".join(
        path.read_text()
        for folder in [*PACKAGES, "templates"]
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html"}
    )
    idle = [
        name
        for path in (ROOT / "templates").rglob("*.html")
        if (name := str(path.relative_to(ROOT / "templates"))) not in pages
        and not name.startswith((*theirs, "staff/account/_"))
        and name not in FROZEN
        and f'"{name}"' not in words
        and f"'{name}'" not in words
    ]

    assert idle == []


def test_every_path_that_the_documents_name_is_there():
    folders = "|".join([*PACKAGES, "templates", "tests", "docs", "scripts", "static", "bench"])
    path = re.compile(rf"`((?:{folders})/[\w/.-]+)`")
    missing = {
        f"{page.relative_to(ROOT)}: {name}"
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for name in path.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / name).exists()
    }

    assert missing == set()


def test_no_file_keeps_both_sides_of_a_merge():
    marks = re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE)
    guilty = [
        str(path.relative_to(ROOT))
        for folder in [*PACKAGES, "docs", "scripts", "templates", "bench", "tests"]
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".sh", ".html", ".yaml", ".txt", ".css"}
        and marks.search(path.read_text(encoding="utf-8"))
    ]

    assert guilty == []
