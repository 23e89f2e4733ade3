"""The clinic that runs beside these tests."""

from tests.daemons.commands import live

__all__ = ["live"]
