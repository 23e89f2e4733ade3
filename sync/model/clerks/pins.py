"""PINs of clerks: which can be used, and what they are checked by."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from sync.errors import BadPin
from sync.model import typed

VERIFIER_LENGTH_MAX: Final = 300
PIN_LENGTH_MIN: Final = 4
PIN_LENGTH_MAX: Final = 12


class ClerkPin(NamedTuple):
    """What a clerk's PIN is checked by; it is no fact.

    ``pin`` is which of the clerk's PINs it is, as in `sync.model.facts.ClerkFact`; ``verifier`` is
    a hash, see `sync.trust.passwords`.
    """

    clerk: Annotated[bytes, Meta(min_length=16, max_length=16)]
    pin: Annotated[int, Meta(ge=1, le=(1 << 53) - 1)]
    verifier: Annotated[str, Meta(max_length=VERIFIER_LENGTH_MAX)]


def as_pin(text: str) -> str:
    """A PIN as it is hashed: its digits in ASCII, whatever the keyboard.

    Raises:
        BadPin: it cannot be used; it says why.
    """
    pin = typed.code(text)
    if not (pin.isascii() and pin.isdecimal()):
        raise BadPin(why="it has something else than digits")
    if not PIN_LENGTH_MIN <= len(pin) <= PIN_LENGTH_MAX:
        raise BadPin(why=f"it needs {PIN_LENGTH_MIN} to {PIN_LENGTH_MAX} digits")
    steps = {int(after) - int(one) for one, after in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        raise BadPin(why="colleagues try such a row of digits first")
    return pin
