from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings as examples

from tests.gateway import serve
from tests.ledger import empty_tables, unprotected
from tests.template import load
from tests.verapdf import keeping
from tests.world import World, make_world

# Examples of properties: the same each time in make test, new ones each time in make test-long.
examples.register_profile("test", derandomize=True, max_examples=25, deadline=None)
examples.register_profile("long", max_examples=200, deadline=None, print_blob=True)

# What is collected stays to the end, and a test frees most by itself: searching all of it for
# circles every 700 objects took a sixth of the time.
gc.set_threshold(100_000, 20, 100)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run what is marked long")
    parser.addoption("--quick", action="store_true", help="a case of each table, nothing slow")


def pytest_configure(config: pytest.Config) -> None:
    examples.load_profile("long" if config.getoption("--long") else "test")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    later = {item for item in items if item.get_closest_marker("long")}
    if config.getoption("--quick"):
        later |= set(_left_out_when_quick(items))
    config.hook.pytest_deselected(items=list(later))
    items[:] = [item for item in items if item not in later]


def _left_out_when_quick(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """What is slow, properties that need a database, and of each of its tables all but a case."""
    seen: set[str] = set()
    for item in items:
        needs_database = item.get_closest_marker("django_db") or "db" in item.fixturenames
        if item.get_closest_marker("slow"):
            yield item
        elif needs_database:
            name = item.nodeid.partition("[")[0]
            if item.get_closest_marker("hypothesis") or name in seen:
                yield item
            seen.add(name)


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix) -> Iterator[None]:
    """Give SQLite's database in memory the tables of the run's template, if there is one."""
    if not settings.TEST_TEMPLATE or connection.vendor != "sqlite":
        yield
        return
    memory = load(settings.TEST_TEMPLATE, connection.creation._get_test_db_name())
    yield
    memory.close()


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path: Path) -> None:
    """Each test has its own files, mail folder and cache."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.MAIL_DIR = tmp_path / "mail"
    settings.GATEWAY_DIR = tmp_path / "gateway"


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def world(db) -> World:
    """A VPnet customer in New South Wales."""
    return make_world()


@pytest.fixture(scope="session")
def _gateway_address() -> Iterator[str]:
    with serve() as address:
        yield address


@pytest.fixture
def gateway(settings, _gateway_address: str) -> str:
    """The simulated payment gateway, answering over HTTP."""
    settings.STRIPE_API_BASE = _gateway_address
    return _gateway_address


@pytest.fixture(autouse=True, scope="session")
def _tables_can_be_emptied() -> Iterator[None]:
    """Let tests with real transactions end by emptying tables, which the audit trail refuses."""
    flush = TransactionTestCase._fixture_teardown

    def empty_all(case: TransactionTestCase) -> None:
        if connection.vendor == "postgresql":
            empty_tables()
            return
        with unprotected():
            flush(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_all)
        yield


@pytest.fixture(autouse=True, scope="session")
def _pdfs_keep_their_standards(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """In the long suite each kind of PDF that a test draws is validated when all have run."""
    if not request.config.getoption("--long"):
        yield
        return
    with keeping(tmp_path_factory.mktemp("drawn")):
        yield
