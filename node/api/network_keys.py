"""The keys with which programs of other computers call a desk over HTTPS.

They are in a file of the data folder, as hashes, so the command needs no daemon that runs, and a
daemon that does takes up each change with the next call. No backup has them.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Mapping
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
KEY_NAME: Final = web.RequestKey("key_name", str)
"""The name of the key with which a call came from another computer."""
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
        self._known: Mapping[str, str] = {}

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
        name = self._name_of(text.strip())
        if name is None:
            raise KeyUnknown()
        request[KEY_NAME] = name
        operation = operation_of(request)
        if operation is not None and operation.needs is Needs.DATA_FOLDER:
            raise ForAdministrator()
        return await handler(request)

    def _name_of(self, key: str) -> str | None:
        """The name of a key that is good now, None for any other text."""
        # Half of a character, which a header can hold, has no bytes to be hashed.
        hashed = program_keys.digest(key) if key.isascii() else ""
        found = [name for one, name in self._now().items() if hmac.compare_digest(one, hashed)]
        return found[0] if found else None

    def _now(self) -> Mapping[str, str]:
        """The hashes of the keys that are good now -> their names; none if it cannot be read."""
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._known = {one.hash: one.name for one in self.all()}
                self._stamp = stamp
        except FileNotFoundError:
            self._known, self._stamp = {}, None
        except (OSError, BadConfig) as error:
            log.warning("no other computer can call: %s", error)
            self._known, self._stamp = {}, None
        return self._known

    def _write(self, keys: list[NetworkKey]) -> None:
        files.write_private(self._path, json.dumps(keys, indent=1).encode())
