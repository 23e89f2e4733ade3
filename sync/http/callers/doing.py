"""Who does what a call asks for, and how their name is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web

from sync.model.clerks.known import NOBODY, Doer, KnownBy

DoerOf = Callable[[web.Request, str | None], Doer]
"""Returns who does what a call asks for; it gets the name that the call itself says, if any."""


UNATTENDED: Final = "Unattended"
"""The header of a call that a page makes by itself while nobody sits there: it keeps no session
alive."""


def as_typed(_request: web.Request, name: str | None) -> Doer:
    """Return the name that a call says, of which nobody knows more."""
    return Doer(name, KnownBy.TYPED) if name else NOBODY
