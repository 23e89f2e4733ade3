"""An empty database in a real file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.create(tmp_path / "register.db")
    yield opened
    opened.close()
