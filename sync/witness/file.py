"""The file of a witness: two slots, one process at a time.

Each slot has a BLAKE2b checksum, and the one that is known to be on disk is never written, so that
a power cut while the other is being written leaves it. A slot is 16 bytes of checksum, 4 bytes of
length (big-endian) and msgpack ``[sequence, ...]``; the higher sequence is the newer one, and lies
in the slot ``sequence % 2``.

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
        # The slot that is on disk, None if none is known to be.
        self._on_disk: int | None = None
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
        self._sequence, self._heads, self._on_disk = 0, [None, None], None

    def read(self) -> list[Any] | None:
        """What the newest slot says after its sequence, None if none is whole.

        Raises:
            OSError: the file is there and cannot be read.
        """
        content = self._content()
        slots = [content[at : at + SLOT_BYTES] for at in (0, SLOT_BYTES)]
        self._heads, self._on_disk = [slot[:_HEAD_BYTES] for slot in slots], None
        found = [slot for slot in map(_unpacked, slots) if slot is not None]
        if not found:
            return None
        self._sequence, *rest = max(found, key=lambda slot: slot[0])
        return rest

    def write(self, *content: object, sync: bool = True) -> None:
        """Have this on disk, as the newest slot, before it returns.

        Args:
            sync: wait for the disk. Otherwise it outlives the process, and a power cut may take it
                away, with all that was not waited for since.

        Raises:
            WitnessFull: it does not fit into a slot.
            WitnessUnwritable: the file cannot be written.
            WitnessShared: another process has written it.
        """
        # Never the slot that is on disk, also if writing the other one has failed before.
        sequence = self._sequence + 1
        if sequence % 2 == self._on_disk:
            sequence += 1
        body: bytes = msgpack.packb([sequence, *content])
        data = blake2b(body, digest_size=_CHECK_BYTES).digest() + len(body).to_bytes(4) + body
        if len(data) > SLOT_BYTES:
            raise WitnessFull(path=self.path, size=len(data), room=SLOT_BYTES)
        slot = sequence % 2
        try:
            if sync:
                self._write(slot, data)
            else:
                self._write(slot, data, sync=False)
        except OSError as error:
            self.failure = WitnessUnwritable(path=self.path, why=causes.why(error))
            raise self.failure from error
        except WitnessShared as error:
            self.failure = error
            raise
        self.failure = None
        self._sequence, self._heads[slot] = sequence, data[:_HEAD_BYTES]
        if sync:
            self._on_disk = slot

    def _write(self, slot: int, data: bytes, *, sync: bool = True) -> None:
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0)
        fresh = False
        try:
            descriptor = os.open(self.path, flags)
        except FileNotFoundError:
            fresh = True
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._heads, self._on_disk = [None, None], None
            descriptor = os.open(self.path, flags | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            self._require_own(file)
            if self._on_disk is None and self._sequence and not fresh:
                # An earlier process wrote the newest slot, and perhaps has not waited for the disk.
                os.fsync(file.fileno())
                self._on_disk = self._sequence % 2
            self._heads[slot] = None
            file.seek(slot * SLOT_BYTES)
            if file.write(data) != len(data):
                raise OSError("only a part could be written; the disk may be full")
            if sync or fresh:
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
