"""The version that the software says it has."""

from importlib import metadata

import pytest

from sync.version import version


def test_it_is_the_version_that_is_installed():
    assert version() == metadata.version("mrnmesh")


def test_software_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch):
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert version() == "unknown (not installed)"
