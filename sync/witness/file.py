"""The file of a witness: two slots, one process at a time.

The slots are written in turn, each with a BLAKE2b checksum, so that a power cut while one is being
written leaves the other. A slot is 16 bytes of checksum, 4 bytes of length (big-endian) and msgpack
``[sequence, ...]``; the higher sequence is the newer one.

Two copies of one data folder must not use one witness, because each would take the other's numbers
for its own. So a daemon holds a lock, and each write looks first whether the slots are as this
process has left them: version 0.2.0 of the software knows of no lock.
"""

from __future__ import annotations

import contextlib
import os
from hashlib import blake2b
from io import FileIO
from pathlib import Path
from typing import Any, Final

import msgpack

from sync.errors import WitnessFull, WitnessInUse, WitnessShared, WitnessUnwritable
from sync.model import causes
from sync.storage import files
from sync.storage.lock import FileLock

SLOT_BYTES: Final = 64 * 1024
_CHECK_BYTES: Final = 16
_HEAD_BYTES: Final = _CHECK_BYTES + 4


class WitnessFile:
    """Use on one thread. ``failure`` is why the last write failed, None if it did not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failure: WitnessUnwritable | WitnessShared | None = None
        self._sequence = 0
        # Those of the slots as this process has read or written them, None if they may be anything.
        self._heads: list[bytes | None] = [None, None]
        self._lock: FileLock | None = None

    def hold(self) -> None:
        """Keep other processes from using it until `release`.

        Raises:
            WitnessInUse: another process holds it.
        """
        lock = self.path.with_name(f"{self.path.name}.lock")
        # Where no lock can be made, none can be held by others, and each write looks by itself.
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(lock, WitnessInUse(path=self.path))

    def release(self) -> None:
        """Let others use it."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def remove(self) -> None:
        """Begin with no file.

        Raises:
            WitnessUnwritable: the one that is there cannot be removed.
        """
        try:
            files.remove(self.path)
        except OSError as error:
            raise WitnessUnwritable(path=self.path, why=causes.why(error)) from error
        self._sequence, self._heads = 0, [None, None]

    def read(self) -> list[Any] | None:
        """What the newest slot says after its sequence, None if none is whole.

        Raises:
            OSError: the file is there and cannot be read.
        """
        content = self._content()
        slots = [content[at : at + SLOT_BYTES] for at in (0, SLOT_BYTES)]
        self._heads = [slot[:_HEAD_BYTES] for slot in slots]
        found = [slot for slot in map(_unpacked, slots) if slot is not None]
        if not found:
            return None
        self._sequence, *rest = max(found, key=lambda slot: slot[0])
        return rest

    def write(self, *content: object) -> None:
        """Have this on disk, as the newest slot, before it returns.

        Raises:
            WitnessFull: it does not fit into a slot.
            WitnessUnwritable: the file cannot be written.
            WitnessShared: another process has written it.
        """
        # The slot that was not written last, also if writing it has failed before: the other one
        # is the only one that is known to be whole.
        sequence = self._sequence + 1
        body: bytes = msgpack.packb([sequence, *content])
        data = blake2b(body, digest_size=_CHECK_BYTES).digest() + len(body).to_bytes(4) + body
        if len(data) > SLOT_BYTES:
            raise WitnessFull(path=self.path, size=len(data), room=SLOT_BYTES)
        slot = sequence % 2
        try:
            self._write(slot, data)
        except OSError as error:
            self.failure = WitnessUnwritable(path=self.path, why=causes.why(error))
            raise self.failure from error
        except WitnessShared as error:
            self.failure = error
            raise
        self.failure = None
        self._sequence, self._heads[slot] = sequence, data[:_HEAD_BYTES]

    def _write(self, slot: int, data: bytes) -> None:
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0)
        fresh = False
        try:
            descriptor = os.open(self.path, flags)
        except FileNotFoundError:
            fresh = True
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._heads = [None, None]
            descriptor = os.open(self.path, flags | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            self._require_own(file)
            self._heads[slot] = None
            file.seek(slot * SLOT_BYTES)
            if file.write(data) != len(data):
                raise OSError("only a part could be written; the disk may be full")
            os.fsync(file.fileno())
            if self._heads[1 - slot] is None:
                file.seek((1 - slot) * SLOT_BYTES)
                self._heads[1 - slot] = file.read(_HEAD_BYTES)
        if fresh:
            files.sync_folder(self.path.parent)

    def _require_own(self, file: FileIO) -> None:
        """Raise if another process has written.

        Raises:
            WitnessShared: it has.
        """
        for slot, known in enumerate(self._heads):
            file.seek(slot * SLOT_BYTES)
            if known is not None and file.read(_HEAD_BYTES) != known:
                raise WitnessShared(path=self.path)

    def _content(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""


def _unpacked(data: bytes) -> list[Any] | None:
    """What a slot says, None if it is torn or empty."""
    check, size, rest = data[:_CHECK_BYTES], data[_CHECK_BYTES:_HEAD_BYTES], data[_HEAD_BYTES:]
    body = rest[: int.from_bytes(size)]
    if not body or blake2b(body, digest_size=_CHECK_BYTES).digest() != check:
        return None
    content: list[Any] = msgpack.unpackb(body)
    return content
