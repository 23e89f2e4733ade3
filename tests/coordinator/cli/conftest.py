"""The command ``init``, and the clinic that runs beside these tests."""

import pytest

from coordinator.cli import main as cli
from tests.daemons.commands import live

__all__ = ["live"]


@pytest.fixture
def init(tmp_path):
    def run(*more):
        return cli.main(
            ["--data", str(tmp_path / "hub"), "init", "--witness", str(tmp_path / "w"), *more]
        )

    return run
