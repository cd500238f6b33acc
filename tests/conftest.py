from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache

from tests.world import World, make_world


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path: Path) -> None:
    """Each test has its own files, mail folder and cache."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.MAIL_DIR = tmp_path / "mail"


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def world(db) -> World:
    """A VPnet customer in New South Wales."""
    return make_world()
