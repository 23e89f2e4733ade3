"""How the name of whoever does something is known."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class KnownBy(StrEnum):
    """How a name is known, from the least to the most that it proves."""

    TYPED = "typed"
    """Somebody, or a program, wrote it."""
    CHOSEN = "chosen"
    """It is one of the names of the clerks who work there, and nobody proved it."""
    PIN = "pin"
    """Whoever sat there had typed that clerk's PIN."""
    SIGNED_IN = "signed_in"
    """A user of the coordinator was signed in."""
    KEY = "key"
    """A program had an API key of that name."""


class Doer(NamedTuple):
    """Whoever does something; both are None where nobody was named.

    Of facts of before, a name has no ``known``.
    """

    name: str | None = None
    known: KnownBy | None = None


NOBODY: Final = Doer()
