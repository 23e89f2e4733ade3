"""Writing the audit: each act in the very transaction that does it, each refusal by itself.

An act is known by its operation, as in ``terminals.change_terminal``. What it was about is the path
that was called, and those fields of the body that can hold nothing of any patient: a reason or a
name that somebody has typed is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import NOT_FOUND
from typing import Any, Final

import msgspec
from aiohttp import web

from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import BadRequest, BodyError, InvalidFields, MrnmeshError, StoreError
from sync.http.operations import BODY_BYTES_MAX, Operation
from sync.http.requests import BODY
from sync.storage.access.audit import DONE, AuditEvent
from sync.trust.addresses import household

FIELDS: Final = (
    *("action", "allocator", "block", "days", "dry_run", "is_active", "numbers", "on", "range"),
    *("role", "scopes", "state", "terminal", "code", "expires", "offline_range_start"),
    *("offline_range_end", "offline_current", "never_granted", "into", "other"),
)
"""What of a body is written down, if it is short."""
VALUE_LENGTH_MAX: Final = 100
_WORD: Final = re.compile(r"[A-Za-z0-9@:._+-]{0,60}")
"""A code, a state, a time; the names of people have spaces, or other letters."""
_ID: Final = re.compile(r"[0-9]{1,15}|[0-9a-fA-F-]{36}")
_NO_SUCH_CALL: Final = (BadRequest, BodyError, InvalidFields)
ABOUT_LENGTH_MAX: Final = 500
REFUSALS: Final = 5
"""So many refusals of one kind from one address are written at once, then one a minute."""
REFUSALS_OF_ALL: Final = 60
REFUSAL_S: Final = 60.0
SOURCES_MAX: Final = 1000

log = logging.getLogger("mrnmesh.audit")


@dataclass
class _Act:
    """What is being done by a call; ``is_written`` once an entry says so."""

    who: str
    act: str
    request: web.Request
    is_written: bool = False

    def said(self, at_ms: int, outcome: str, error: MrnmeshError | None = None) -> AuditEvent:
        about = about_of(self.request, error)
        return AuditEvent(at_ms, self.who, self.request.remote or "", self.act, about, outcome)


_DOING: ContextVar[_Act | None] = ContextVar("doing", default=None)


def about_of(request: web.Request, error: MrnmeshError | None = None) -> str:
    """What a call is about: the parts of its path, and the fields that may be written down.

    Args:
        error: why it was refused. Of what leads to nothing, or is no such call, only ids are kept:
            the rest is what somebody has typed, or pasted, into the wrong place.
    """
    parts = list(request.match_info.values())
    if error is not None and (error.status == NOT_FOUND or isinstance(error, _NO_SUCH_CALL)):
        return " ".join(filter(_ID.fullmatch, parts))
    sent = request.get(BODY, b"")
    try:
        # What is longer is a piece of a register, and none of these fields.
        body = msgspec.json.decode(sent, type=dict[str, Any]) if len(sent) <= BODY_BYTES_MAX else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = {}
    for name in FIELDS:
        if name in body:
            parts.append(f"{name}={_short(body[name])}")
    return " ".join(filter(str.isprintable, parts))[:ABOUT_LENGTH_MAX]


def _short(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(_plain, value))[:VALUE_LENGTH_MAX]
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value if _WORD.fullmatch(value) else "..."
    return str(value)[:VALUE_LENGTH_MAX] if isinstance(value, int | float | None) else "..."


class Recorder:
    """Writes what is done by calls.

    Args:
        steady_s: seconds that only count what passes, whatever the clock shows.
    """

    def __init__(self, replica: Replica, steady_s: Callable[[], float]) -> None:
        self._replica = replica
        self._steady_s = steady_s
        self._all = _Bucket(REFUSALS_OF_ALL)
        self._sources: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()
        self._writing: set[asyncio.Task[None]] = set()
        replica.note_with(self._note_of)

    @contextlib.asynccontextmanager
    async def doing(
        self, request: web.Request, operation: Operation, who: str
    ) -> AsyncIterator[None]:
        """Write what a call does: with what it changes, or when it ends without a change."""
        act = _Act(who, f"{operation.about}.{operation.handler.__name__}", request)
        token = _DOING.set(act)
        try:
            yield
            if not act.is_written:
                await self.write(act.said(self._replica.now_ms, DONE))
        except MrnmeshError as error:
            await self.note(act.said(self._replica.now_ms, error.code, error))
            raise
        finally:
            _DOING.reset(token)

    async def write(self, said: AuditEvent) -> None:
        """Write an entry by itself.

        Raises:
            StoreError: it cannot be written.
        """

        def add(tx: Transaction) -> None:
            tx.begin()
            tx.store.audit.add(said)

        token = _DOING.set(None)
        try:
            await self._replica.write(add)
        finally:
            _DOING.reset(token)

    def refused(self, request: web.Request, act: str, who: str, outcome: str) -> None:
        """Write, soon, that somebody was refused: the refusal does not wait for the database.

        Many of one kind are counted, not written one by one.
        """
        source = act, household(request.remote or "")
        bucket = self._sources.setdefault(source, _Bucket(REFUSALS))
        self._sources.move_to_end(source)
        if len(self._sources) > SOURCES_MAX:
            self._sources.popitem(last=False)
        now = self._steady_s()
        if not bucket.takes(now) or not self._all.takes(now):
            bucket.left_out += 1
            return
        about = f"and {bucket.left_out} more like it" if bucket.left_out else ""
        bucket.left_out = 0
        event = AuditEvent(self._replica.now_ms, who, request.remote or "", act, about, outcome)

        def ended(task: asyncio.Task[None]) -> None:
            self._writing.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("the audit lacks an entry (%s, %s)", act, outcome, exc_info=error)

        task = asyncio.get_running_loop().create_task(self.note(event))
        self._writing.add(task)
        task.add_done_callback(ended)

    async def written(self) -> None:
        """Wait until all refusals up to now are written, as far as they can be."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def note(self, said: AuditEvent) -> None:
        """Write an entry if that can be: with a full disk people must be able to look, still."""
        try:
            await self.write(said)
        except StoreError as error:
            log.warning("the audit lacks an entry (%s, %s): %s", said.act, said.outcome, error)
        except Exception:
            # Whoever was refused is told why, and a daemon that ends waits for this too.
            log.exception("the audit lacks an entry (%s, %s)", said.act, said.outcome)

    def _note_of(self) -> Callable[[Transaction], None] | None:
        """What writes the act that is being done now, inside the transaction that does it."""
        act = _DOING.get()
        if act is None or act.is_written:
            return None
        doing, said = act, act.said(self._replica.now_ms, DONE)

        def note(tx: Transaction) -> None:
            tx.store.audit.add(said)
            doing.is_written = True

        return note


class _Bucket:
    """Takes so many at once, and one more each `REFUSAL_S`."""

    def __init__(self, most: int) -> None:
        self.left_out = 0
        self._most = most
        self._empty_at = 0.0

    def takes(self, now: float) -> bool:
        empty_at = max(self._empty_at, now)
        if empty_at - now > REFUSAL_S * (self._most - 1):
            return False
        self._empty_at = empty_at + REFUSAL_S
        return True
