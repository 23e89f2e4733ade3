"""Version 0.1.0: its data, to be opened by this version, and its code, to run beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compatibility import earlier
from tests.compatibility.kept import CLINIC, Kept


@pytest.fixture
def same_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    """This computer is the one on which version 0.1.0 ran."""
    for module in ("coordinator.daemon", "node.daemon", "sync.upkeep.restore"):
        monkeypatch.setattr(f"{module}.machine_id", lambda: CLINIC["computer"])


@pytest.fixture
def hub(tmp_path: Path) -> Kept:
    return Kept("coordinator", tmp_path / "coordinator")


@pytest.fixture
def desk(tmp_path: Path) -> Kept:
    return Kept("node", tmp_path / "node")


@pytest.fixture(scope="session")
def old_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of version 0.1.0."""
    try:
        return earlier.unpack_code(tmp_path_factory.mktemp("version-0.1.0"))
    except earlier.NotInHistory as error:
        pytest.skip(
            f"the code of version {earlier.VERSION} is not in the history that is here, as in a "
            f"source archive or a shallow clone ({error})"
        )
