"""The version of this software, as it was installed."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """For people and for answers; says so where the software runs without being installed."""
    try:
        return metadata.version("mrnmesh")
    except metadata.PackageNotFoundError:
        return "unknown (not installed)"
