"""Who is signed in. Sessions are kept in memory: a restart of the daemon ends all of them."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

IDLE_S: Final = 30 * 60.0
"""A session ends when nothing was asked with it for so long, where nothing else is said."""
LONGEST_S: Final = 12 * 3600.0
SESSIONS_OF_ONE_MAX: Final = 20
SESSIONS_MAX: Final = 1000
_ID_BYTES: Final = 32


@dataclass
class _Session:
    owner: str
    secret: str
    begun_s: float
    used_s: float


class Sessions:
    """All sessions, by the hashes of their ids.

    Args:
        steady_s: seconds that only count what passes, whatever the clock shows.
        idle_s: see `IDLE_S`.
    """

    def __init__(self, steady_s: Callable[[], float], idle_s: float = IDLE_S) -> None:
        self._steady_s = steady_s
        self._idle_s = idle_s
        self._sessions: dict[bytes, _Session] = {}

    def begin(self, owner: str, secret: str) -> str:
        """Sign somebody in; returns the id, which whoever has it is taken for the owner by.

        Args:
            secret: what the session rests on, as the hash of a password.
        """
        now = self._steady_s()
        self._forget_old(now)
        self._make_room(
            [one for one in self._sessions.items() if one[1].owner == owner], SESSIONS_OF_ONE_MAX
        )
        self._make_room(list(self._sessions.items()), SESSIONS_MAX)
        ident = secrets.token_urlsafe(_ID_BYTES)
        self._sessions[_hash(ident)] = _Session(owner, secret, now, now)
        return ident

    def owner_of(
        self, ident: str, secret_of: Callable[[str], str | None], is_used: bool = True
    ) -> str | None:
        """The owner of a session that has not ended, None if it has.

        A session ends when its owner has another secret than then, or none.

        Args:
            secret_of: returns the secret of an owner as it is now.
            is_used: somebody sits there, so that it goes on for a while.
        """
        now = self._steady_s()
        session = self._sessions.get(_hash(ident))
        if session is None:
            return None
        secret = secret_of(session.owner)
        if (
            self._is_over(session, now)
            or secret is None
            or not hmac.compare_digest(secret, session.secret)
        ):
            del self._sessions[_hash(ident)]
            return None
        if is_used:
            session.used_s = now
        return session.owner

    def end(self, ident: str) -> None:
        """Sign out."""
        self._sessions.pop(_hash(ident), None)

    def _forget_old(self, now: float) -> None:
        for key in [key for key, session in self._sessions.items() if self._is_over(session, now)]:
            del self._sessions[key]

    def _make_room(self, sessions: list[tuple[bytes, _Session]], most: int) -> None:
        """End what was used longest ago of some sessions, so that there is place for one more."""
        sessions.sort(key=lambda one: one[1].used_s)
        for key, _ in sessions[: max(0, len(sessions) - most + 1)]:
            del self._sessions[key]

    def _is_over(self, session: _Session, now: float) -> bool:
        return now - session.used_s >= self._idle_s or now - session.begun_s >= LONGEST_S


def _hash(ident: str) -> bytes:
    return sha256(ident.encode("utf-8", "surrogatepass")).digest()
