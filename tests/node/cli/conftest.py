"""A coordinator's file, the command ``init``, and the clinic that runs beside these tests."""

import pytest

from node.cli import main as cli
from tests.daemons.commands import live
from tests.folders import new_coordinator

__all__ = ["live"]


@pytest.fixture
def hub_file(tmp_path):
    return new_coordinator(tmp_path)


@pytest.fixture
def init(tmp_path, hub_file):
    """Run ``init`` with some arguments changed and return the exit status."""

    def run(code="LAB1-PC", key=hub_file, *more):
        return cli.main(
            [
                "--data",
                str(tmp_path / "desk"),
                "init",
                code,
                "--coordinator-key",
                str(key),
                "--witness",
                str(tmp_path / "desk.witness"),
                *more,
            ]
        )

    return run
