"""The clinic that runs beside these tests."""

from tests.live import live

__all__ = ["live"]
