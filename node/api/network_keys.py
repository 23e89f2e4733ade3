"""The keys with which programs of other computers call a desk over HTTPS.

They are in a file of the data folder, as hashes, so the command needs no daemon that runs, and a
daemon that does takes up each change with the next call. No backup has them.
"""

from __future__ import annotations

import hmac
import json
import logging
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler

from node.errors import ForAdministrator, KeyMissing, KeyNameTaken, KeyNeeded, KeyUnknown
from sync.errors import BadConfig
from sync.http.operations import Needs, operation_of
from sync.model import causes
from sync.model.formats import iso_utc
from sync.storage import files
from sync.trust import program_keys

FILE: Final = "network-keys.json"
_KINDS: Final = ("bearer", "token")

log = logging.getLogger("mrnmesh.node")


class NetworkKey(NamedTuple):
    """A key as the file has it; ``made`` is when it was made, ISO 8601 in UTC."""

    name: str
    hash: str
    made: str


class NetworkKeys:
    """The keys of one data folder.

    Args:
        folder: the data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._stamp: int | None = None
        self._known: tuple[str, ...] = ()

    def all(self) -> list[NetworkKey]:
        """Those that are good, by name.

        Raises:
            BadConfig: the file cannot be read.
        """
        try:
            written = json.loads(files.text_of(self._path)) if self._path.exists() else []
            return sorted(NetworkKey(*map(str, one)) for one in written)
        except OSError as error:
            raise BadConfig(path=self._path, why=causes.why(error)) from error
        except (ValueError, TypeError) as error:
            raise BadConfig(path=self._path, why="it is no list of keys") from error

    def add(self, name: str, now: datetime) -> str:
        """Make a key, and return it; it is kept nowhere.

        Raises:
            KeyNameTaken: another one has this name.
            BadConfig: the file cannot be read.
        """
        known = self.all()
        if any(one.name == name for one in known):
            raise KeyNameTaken(name=name)
        key = program_keys.fresh()
        self._write([*known, NetworkKey(name, program_keys.digest(key), iso_utc(now))])
        return key

    def withdraw(self, name: str) -> None:
        """A key is good no longer.

        Raises:
            KeyMissing: there is none of this name.
            BadConfig: the file cannot be read.
        """
        known = self.all()
        left = [one for one in known if one.name != name]
        if len(left) == len(known):
            raise KeyMissing(name=name)
        self._write(left)

    @web.middleware
    async def authorise(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a call of another computer through only with a key.

        Raises:
            KeyNeeded: it has none.
            KeyUnknown: its key is none of these.
            ForAdministrator: nobody may ask this from another computer.
        """
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() not in _KINDS or not text.strip():
            raise KeyNeeded()
        if not self._is_good(text.strip()):
            raise KeyUnknown()
        operation = operation_of(request)
        if operation is not None and operation.needs is Needs.DATA_FOLDER:
            raise ForAdministrator()
        return await handler(request)

    def _is_good(self, key: str) -> bool:
        # Half of a character, which a header can hold, has no bytes to be hashed.
        hashed = program_keys.digest(key) if key.isascii() else ""
        return any(hmac.compare_digest(one, hashed) for one in self._now())

    def _now(self) -> tuple[str, ...]:
        """The hashes of the keys that are good now; none while the file cannot be read."""
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._known = tuple(one.hash for one in self.all())
                self._stamp = stamp
        except FileNotFoundError:
            self._known, self._stamp = (), None
        except (OSError, BadConfig) as error:
            log.warning("no other computer can call: %s", error)
            self._known, self._stamp = (), None
        return self._known

    def _write(self, keys: list[NetworkKey]) -> None:
        files.write_private(self._path, json.dumps(keys, indent=1).encode())
