"""A witness of issued numbers, kept outside the data folder.

A database that was put back to an older copy does not know what it issued since. The witness does:
it remembers the mark of each range and the machine, and a database that is behind it, or used and
without one, issues nothing from that range. It is written after the commit of a number and before
the number is answered, so it is never ahead of an honest database.

The file has two slots that are written in turn, each with a BLAKE2b checksum, so that a power cut
while one is being written leaves the other.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgpack

from sync.engine.issuing import Registered
from sync.errors import StoreUnsafe, WitnessUnwritable
from sync.model.numbers import NumberRange
from sync.storage.cursors import Cursor
from sync.storage.files import sync_folder

if sys.platform == "win32":
    import winreg

_SLOT_BYTES: Final = 64 * 1024
_CHECK_BYTES: Final = 16
_BEGUN: Final = "begun"
_MACHINE_FILES: Final = ("/etc/machine-id", "/var/lib/dbus/machine-id")


class WitnessMarks(NamedTuple):
    """What a witness remembered at one moment; ``trusted`` as `Witness.trusted` has it."""

    trusted: bool
    marks: Mapping[str, int]

    def objection(self, cursor: Cursor, fresh: bool, below: int = 0) -> str | None:
        """Why nothing may be issued from a range whose cursor stands there, None if it may.

        Args:
            cursor: what the database says.
            fresh: the database says that nothing was ever issued from the range.
            below: how many numbers below its cursor the database says that clients supplied.
        """
        if not self.trusted:
            return "this database was moved or copied here; run `mrnmesh-node renew`"
        mark = self.marks.get(cursor.range.text)
        if mark is None and not fresh:
            return "it was used, and there is no witness of how far"
        if mark is not None and mark > cursor.cursor:
            return f"numbers up to {mark} were issued that this database does not know"
        if self.marks.get(_below(cursor.range), 0) > below:
            return "clients supplied numbers of it that this database does not know"
        return None


class Witness:
    """The marks of one replica's ranges, in the file at ``path``.

    The file is read when it is first asked about, or by `read`. So a witness can be named before
    the data folder is locked, and read after that, when no other daemon writes it any more.

    Args:
        machine: what names this computer, see `machine_id`; empty if nothing does.
    """

    def __init__(self, path: Path, machine: str) -> None:
        self._path = path
        self._machine = machine
        self._sequence = 0
        self._moved = False
        self._marks: Mapping[str, int] | None = None

    @classmethod
    def create(cls, path: Path, machine: str) -> Witness:
        """A witness for a new incarnation of a database; one that is there is replaced.

        Raises:
            WitnessUnwritable: the file cannot be replaced.
        """
        witness = cls(path, machine)
        witness.begin_anew()
        return witness

    def begin_anew(self) -> None:
        """Forget everything, and go on as the witness of this computer; replaces the file.

        Raises:
            WitnessUnwritable: the file cannot be replaced.
        """
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise WitnessUnwritable(path=self._path, why=error.strerror) from error
        self._sequence, self._moved, self._marks = 0, False, {}
        self.note_mark(_BEGUN, 0)

    @property
    def marks(self) -> Mapping[str, int]:
        """Everything that was noted, by its name; that of a range is its text."""
        if self._marks is None:
            self._marks = self._read()
        return self._marks

    def read(self) -> None:
        """Read the file now.

        Raises:
            OSError: it is there and cannot be read.
        """
        self._marks = self._read()

    @property
    def trusted(self) -> bool:
        """True when there is a witness, and it was written on this computer."""
        return _BEGUN in self.marks and not self._moved

    def seen(self) -> WitnessMarks:
        """What it remembers now; that does not change any more."""
        return WitnessMarks(self.trusted, self.marks)

    def objection(self, cursor: Cursor, fresh: bool, below: int = 0) -> str | None:
        """Why nothing may be issued from a range now, see `WitnessMarks.objection`."""
        return self.seen().objection(cursor, fresh, below)

    def catch_up(self, used: Iterable[tuple[Cursor, int]]) -> None:
        """Remember what an earlier process committed and could not note any more.

        To be called before anybody can be shown those numbers. It never answers an objection: what
        the witness did not know of before it goes on not knowing of.

        Args:
            used: each cursor of the database, and how many numbers below it clients supplied.

        Raises:
            StoreUnsafe, WitnessUnwritable: see `note_marks`.
        """
        marks: dict[str, int] = {}
        for cursor, below in used:
            text, name = cursor.range.text, _below(cursor.range)
            if text in self.marks and self.objection(cursor, False, below) is None:
                marks |= {text: cursor.cursor} if cursor.cursor > self.marks[text] else {}
                marks |= {name: below} if below > self.marks.get(name, 0) else {}
        if marks:
            self.note_marks(marks)

    def open(self, cursor: Cursor) -> None:
        """A first number is about to be issued from a range: remember where it stands."""
        if cursor.range.text not in self.marks:
            self.note(cursor.range, cursor.cursor)

    def note_registered(self, registered: Registered) -> None:
        """Remember the number of a registration that was just committed, if a range gave it."""
        issued = registered.issued
        if issued is not None and issued.range is not None and issued.mrn is not None:
            self.note(issued.range, int(issued.mrn), issued.below)

    def note(self, range_: NumberRange, number: int, below: int = 0) -> None:
        """Remember, on disk before this returns, that ``number`` was issued from a range.

        Args:
            below: see `objection`; such a number does not move the mark.
        """
        marks = {range_.text: number}
        if below:
            marks[_below(range_)] = below
        self.note_marks(marks)

    def mark(self, name: str) -> int | None:
        """What was noted under a name."""
        return self.marks.get(name)

    def note_mark(self, name: str, number: int) -> None:
        """Remember a number under a name, see `note_marks`."""
        self.note_marks({name: number})

    def note_marks(self, numbers: Mapping[str, int]) -> None:
        """Remember numbers under names, the highest of each, on disk before this returns.

        Raises:
            StoreUnsafe: the marks do not fit into a slot.
            WitnessUnwritable: the file cannot be written.
        """
        known = self.marks
        # A new mapping, because another thread may look at the one that `seen` has returned.
        marks = {**known, **{name: max(n, known.get(name, n)) for name, n in numbers.items()}}
        self._marks = marks
        self._sequence += 1
        body: bytes = msgpack.packb([self._sequence, self._machine, marks])
        data = blake2b(body, digest_size=_CHECK_BYTES).digest() + len(body).to_bytes(4) + body
        if len(data) > _SLOT_BYTES:
            raise StoreUnsafe(
                path=self._path, pragma="witness", wanted=f"under {_SLOT_BYTES}", found=len(data)
            )
        try:
            self._write(self._sequence % 2 * _SLOT_BYTES, data)
        except OSError as error:
            raise WitnessUnwritable(path=self._path, why=error.strerror) from error

    def _write(self, offset: int, data: bytes) -> None:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        fresh = not self._path.exists()
        if fresh:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, flags, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.seek(offset)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if fresh:
            sync_folder(self._path.parent)

    def _read(self) -> dict[str, int]:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        found = [
            slot
            for offset in (0, _SLOT_BYTES)
            if (slot := _slot(content[offset : offset + _SLOT_BYTES])) is not None
        ]
        if not found:
            return {}
        self._sequence, machine, marks = max(found, key=lambda slot: slot[0])
        self._moved = machine != self._machine
        return marks


def _below(range_: NumberRange) -> str:
    """The name of how many numbers below its mark were supplied."""
    return f"{range_.text} below"


def machine_id() -> str:
    """What the operating system calls this installation of itself; empty if it has no name."""
    if sys.platform == "win32":
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    for name in _MACHINE_FILES:
        try:
            return Path(name).read_text(encoding="ascii").strip()
        except OSError:
            continue
    return ""


def _slot(data: bytes) -> tuple[int, str, dict[str, int]] | None:
    """(sequence, machine, marks) of a slot, None if it is torn or empty."""
    check, size, rest = data[:_CHECK_BYTES], data[_CHECK_BYTES : _CHECK_BYTES + 4], data[20:]
    body = rest[: int.from_bytes(size)]
    if not body or blake2b(body, digest_size=_CHECK_BYTES).digest() != check:
        return None
    content: list[Any] = msgpack.unpackb(body)
    sequence, machine, marks = content
    return sequence, machine, marks
