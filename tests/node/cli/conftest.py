"""A desk that does not run, and the clinic that runs beside these tests."""

import pytest

from tests.daemons.commands import live
from tests.folders import new_coordinator, new_desk

__all__ = ["live"]


@pytest.fixture
def hub(tmp_path):
    """The data folder of a coordinator."""
    return new_coordinator(tmp_path)


@pytest.fixture
def init(tmp_path, hub):
    """Make a desk, and return its data folder."""

    def run(**options):
        return new_desk(tmp_path, hub, **options)

    return run
