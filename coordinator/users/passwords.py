"""Which passwords are too easily guessed."""

from __future__ import annotations

from typing import Final

from coordinator.errors import BadPassword
from coordinator.users.names import folded

LENGTH_MIN: Final = 10
LENGTH_MAX: Final = 200
_DIFFERENT_MIN: Final = 4


def require_good(password: str, name: str) -> None:
    """Raise if a password is too easily guessed.

    Raises:
        BadPassword: says why.
    """
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise BadPassword(why=f"it needs {LENGTH_MIN} to {LENGTH_MAX} characters")
    if len(set(password)) < _DIFFERENT_MIN:
        raise BadPassword(why=f"it needs at least {_DIFFERENT_MIN} different characters")
    if folded(password) == folded(name):
        raise BadPassword(why="it is the name of the user")
