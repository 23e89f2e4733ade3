"""The clinic that runs beside these tests, and what is typed at its keyboard."""

import io

import pytest

from tests.daemons.commands import live

__all__ = ["live"]


@pytest.fixture
def typed(monkeypatch):
    """Sets the input of the next command, which no terminal is."""

    def put(text):
        stdin = io.StringIO(text)
        stdin.isatty = lambda: False
        monkeypatch.setattr("sys.stdin", stdin)

    return put
