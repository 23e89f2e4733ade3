"""What PINs of clerks are checked by."""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from msgspec import Meta

VERIFIER_LENGTH_MAX: Final = 300


class ClerkPin(NamedTuple):
    """What a clerk's PIN is checked by; it is no fact.

    ``pin`` is which of the clerk's PINs it is, as in `sync.model.facts.ClerkFact`; ``verifier`` is
    a hash, see `sync.trust.passwords`.
    """

    clerk: Annotated[bytes, Meta(min_length=16, max_length=16)]
    pin: Annotated[int, Meta(ge=1, le=(1 << 53) - 1)]
    verifier: Annotated[str, Meta(max_length=VERIFIER_LENGTH_MAX)]
