"""What a caller may do: the roles of people, the scopes of API keys, and the rights of both.

A key has one or more scopes: ``read``, ``conflicts``, ``metrics``, ``administer``, or
``register:LAB1-PC``, which lets a program register in the name of one terminal, and read what it
needs for that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from coordinator.errors import BadScope
from sync.model.clerks.known import KnownBy
from sync.model.facts import Author, as_terminal_code, is_usable_code


class Right(StrEnum):
    """Something that callers may do or not; also the scope of a key that may do no more."""

    READ = "read"
    REGISTER = "register"
    CONFLICTS = "conflicts"
    METRICS = "metrics"
    ADMINISTER = "administer"


class Role(StrEnum):
    """What a person may do."""

    ADMINISTRATOR = "administrator"
    REGISTRAR = "registrar"
    READER = "reader"


RIGHTS_OF: Final = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.REGISTRAR: frozenset({Right.READ, Right.REGISTER}),
    Role.READER: frozenset({Right.READ}),
}

_FOR_ONE: Final = f"{Right.REGISTER}:"
_OF_ALL: Final = (Right.READ, Right.CONFLICTS, Right.METRICS, Right.ADMINISTER)


@dataclass(frozen=True)
class Caller:
    """Somebody who calls the API.

    Attributes:
        who: the name of the person who is signed in, or of the key.
        terminal: the only one that the caller may see and register for; None for all.
        namespace: what keeps the caller's idempotency keys apart from those of others.
        user: what the person's name is compared by; None for a key.
    """

    who: str
    rights: frozenset[Right]
    terminal: Author | None
    namespace: str
    user: str | None = None

    @property
    def known(self) -> KnownBy:
        """How the name is known."""
        return KnownBy.SIGNED_IN if self.user is not None else KnownBy.KEY


def for_terminal(code: str) -> str:
    """The scope that lets a program register in the name of a terminal."""
    return f"{_FOR_ONE}{code}"


def as_scopes(texts: Iterable[str]) -> tuple[str, ...]:
    """Scopes as they are stored, each once and in a fixed order.

    Raises:
        BadScope: one is none, or there are two terminals, or nothing.
    """
    found: set[str] = set()
    for text in texts:
        right, colon, code = text.strip().partition(":")
        if colon and right.lower() == Right.REGISTER:
            if not is_usable_code(as_terminal_code(code)):
                raise BadScope(text=text, why=f"'{code}' is no code of a terminal")
            found.add(for_terminal(as_terminal_code(code)))
        elif not colon and right.lower() in _OF_ALL:
            found.add(right.lower())
        else:
            raise BadScope(text=text, why="there is no such scope")
    if not found:
        raise BadScope(text="", why="a key without any scope is good for nothing")
    if len([scope for scope in found if scope.startswith(_FOR_ONE)]) > 1:
        raise BadScope(text=", ".join(sorted(found)), why="a key is for one terminal only")
    return tuple(sorted(found))


def terminal_of(scopes: Iterable[str]) -> Author | None:
    """The terminal that a key with these scopes is for."""
    codes = [scope.removeprefix(_FOR_ONE) for scope in scopes if scope.startswith(_FOR_ONE)]
    return Author(codes[0]) if codes else None


def rights_of(scopes: Iterable[str]) -> frozenset[Right]:
    """What a key with these scopes may do."""
    found: set[Right] = set()
    for scope in scopes:
        if scope.startswith(_FOR_ONE):
            found |= {Right.READ, Right.REGISTER}
        elif scope == Right.ADMINISTER:
            found |= set(Right)
        else:
            found.add(Right(scope))
    return frozenset(found)
