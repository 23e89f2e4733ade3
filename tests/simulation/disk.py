"""A disk that a power cut goes through, and that fills up.

Files are real, in a folder of the test. What is on the platters is kept beside them: of SQLite's
files each write until it is synced, of Python's own files what they held at their last sync. A
power cut keeps what was synced, and of everything later any part: whole writes, pieces of 64 bytes
of them, names of files that no folder was synced for; the rest is gone.

`tests.simulation.layer` tells a disk of what is written.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import Crash

PIECE = 64
OK, FULL = 0, 13
"""SQLite's codes; those of the writes that fail are given by whoever asks."""


@dataclass
class Content:
    """A file: what of it is on the platters, and what SQLite has written since."""

    synced: bytearray = field(default_factory=bytearray)
    writes: list[tuple[int, bytes | None]] = field(default_factory=list)
    """(offset, data), or (size, None) for a truncation, in their order."""

    logged: bool = False
    """Whether SQLite writes it, so that ``writes`` is all that was written."""

    def sync(self) -> None:
        for offset, data in self.writes:
            _apply(self.synced, offset, data)
        self.writes.clear()

    def after_cut(self, now: bytes, chance: random.Random) -> bytes:
        """What a power cut leaves of it."""
        if not self.logged:
            return _mixed(bytes(self.synced), now, chance)
        left = bytearray(self.synced)
        fates = ("whole", "gone", "torn")
        kept = [(write, chance.choice(fates)) for write in self.writes]
        if kept and chance.randrange(4) == 0:
            chance.shuffle(kept)
        for (offset, data), fate in kept:
            if fate == "whole":
                _apply(left, offset, data)
            elif fate == "torn" and data is not None:
                for start in range(0, len(data), PIECE):
                    if chance.randrange(2):
                        _apply(left, offset + start, data[start : start + PIECE])
        return bytes(left)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _mixed(old: bytes, new: bytes, chance: random.Random) -> bytes:
    """Each piece as it was or as it is; as long as it was or as it is."""
    if old == new:
        return new
    mixed = bytearray()
    for start in range(0, max(len(old), len(new)), PIECE):
        which = new if chance.randrange(2) else old
        mixed[start:] = which[start : start + PIECE].ljust(PIECE, b"\0")
    del mixed[chance.choice((len(old), len(new))) :]
    return bytes(mixed)


class Disk:
    """The files below one folder, while `layer` watches them.

    ``dead`` says that the power is off: nothing is written any more. ``writes`` counts all writes,
    syncs and changes of names, so that a test can name one of them.
    """

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root = str(root.resolve())
        self.dead = False
        self.writes = 0
        self._chance = chance
        self._die_at = 0
        self._full_at = 0
        self._contents: dict[int, Content] = {}
        self._names: dict[str, dict[str, Content]] = {}
        self._open: dict[int, tuple[Content, str, bool]] = {}

    # what a test does

    def die_at(self, write: int) -> None:
        """The power goes at the n-th write from now on."""
        self.writes, self._die_at = 0, write

    def fill_at(self, write: int) -> None:
        """From the n-th write on the disk is full, until `heal`."""
        self.writes, self._full_at = 0, write

    def heal(self) -> None:
        self._die_at = self._full_at = 0
        self.dead = False

    def settle(self, *folders: Path) -> None:
        """Everything in these folders is on the platters, whoever put it there."""
        for folder in folders:
            for gone in [one for one in self._names if _is_below(one, folder)]:
                if not os.path.isdir(gone):
                    del self._names[gone]
            for where, _, names in os.walk(folder):
                for name in names:
                    path = Path(where, name)
                    content = self._content(path.stat().st_ino)
                    content.synced = bytearray(path.read_bytes())
                    content.writes.clear()
                self.sync_names(where)

    def kill(self, close: Callable[[], None], *folders: Path) -> None:
        """The process dies and the computer goes on: what was written stays, synced or not."""
        self.dead = True
        before = {path: path.read_bytes() for folder in folders for path in _files(folder)}
        self._put_back(close, folders, before)

    def cut(self, close: Callable[[], None], *folders: Path) -> None:
        """The power goes for the machine whose files lie in ``folders``.

        Args:
            close: lets go of what the machine had open; nothing that it writes arrives.
        """
        self.dead = True
        before = {path: path.read_bytes() for folder in folders for path in _files(folder)}
        left: dict[Path, bytes] = {}
        for where in sorted(
            {str(path.parent) for path in before}
            | {where for where in self._names if any(_is_below(where, one) for one in folders)}
        ):
            left |= self._left_in(where, before)
        self._put_back(close, folders, left)

    def _put_back(
        self, close: Callable[[], None], folders: tuple[Path, ...], left: dict[Path, bytes]
    ) -> None:
        close()
        self.heal()
        for folder in folders:
            for path in _files(folder):
                path.unlink()
        for path, content in left.items():
            if path.name.endswith("-shm"):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.settle(*folders)

    def _left_in(self, where: str, before: dict[Path, bytes]) -> dict[Path, bytes]:
        """Path -> content of what a cut leaves in a folder; its names are as synced, or as now."""
        synced, now = self._names.get(where, {}), self._named(where)
        names = synced if self._chance.randrange(2) else now
        left = {}
        for name, content in names.items():
            path = Path(where, name)
            is_here = now.get(name) is content
            current = before[path] if is_here else bytes(content.synced)
            left[path] = content.after_cut(current, self._chance)
        return left

    def _named(self, where: str) -> dict[str, Content]:
        try:
            found = [entry for entry in os.scandir(where) if entry.is_file()]
        except FileNotFoundError:
            return {}
        return {entry.name: self._content(entry.inode()) for entry in found}

    # what is asked below SQLite and below Python's files

    def _content(self, inode: int) -> Content:
        return self._contents.setdefault(inode, Content())

    def _count(self) -> None:
        self.writes += 1
        if self._die_at and self.writes >= self._die_at:
            self.dead = True

    @property
    def is_full(self) -> bool:
        """True when nothing more fits on it; what is there can be removed."""
        return bool(self._full_at) and self.writes >= self._full_at

    def sync_names(self, where: str) -> None:
        self._names[where] = self._named(where)

    def moved(self, source: str, target: str) -> None:
        """A folder has another name: what it holds is as durable as before."""
        for where in [one for one in self._names if _is_below(one, Path(source))]:
            self._names[target + where[len(source) :]] = self._names.pop(where)

    def created(self, path: str) -> None:
        """A new file has nothing of an earlier one whose number it got."""
        self._contents[os.stat(path).st_ino] = Content()

    def opened(self, file: int, path: str, is_journal: bool) -> None:
        content = self._content(os.stat(path).st_ino)
        content.logged = True
        self._open[file] = (content, path, is_journal)

    def closed(self, file: int) -> None:
        del self._open[file]

    def of(self, file: int) -> tuple[Content, str, bool]:
        return self._open[file]

    def owns(self, path: str) -> bool:
        return path == self.root or path.startswith(self.root + os.sep)

    # Python's own files

    def before_python(self, path: str) -> None:
        if not self.dead:
            self._count()
        if self.dead:
            raise Crash("the power is off")
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    def synced(self, path: str, inode: int) -> None:
        """A file of Python's is on the platters as it is."""
        content = self._content(inode)
        content.synced = bytearray(Path(path).read_bytes())
        content.writes.clear()

    # SQLite's files

    def before_sqlite(self, error: int, grows: bool) -> int:
        if not self.dead:
            self._count()
        if self.dead:
            return error
        return FULL if grows and self.is_full else OK


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _is_below(where: str, folder: Path) -> bool:
    return Path(where).is_relative_to(folder)
