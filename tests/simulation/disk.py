"""A layer below the files that a power cut goes through, and a disk that fills up.

Files are real, in a folder of the test, and SQLite's own file system writes them. Between it and
SQLite lies a VFS that notes each write of each file until the file is synced; Python's own files
pass through `os.open`, `os.fsync`, `os.replace` and `os.unlink`, which are watched too. A power
cut keeps what was synced, and of everything later any part: whole writes, pieces of 512 bytes of
them, names of files that no folder was synced for; the rest is gone.

The VFS is registered with the one SQLite library of this process, which Python's sqlite3 uses.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import random
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import Crash

SECTOR = 512
_OK, _FULL = 0, 13
_IOERR_WRITE, _IOERR_FSYNC, _IOERR_TRUNCATE, _IOERR_DELETE = 778, 1034, 1546, 2570
_OPEN_JOURNALS = 0x800 | 0x80000  # SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_WAL

Pointer = ctypes.c_void_p
_Open = ctypes.CFUNCTYPE(
    ctypes.c_int, Pointer, Pointer, Pointer, ctypes.c_int, ctypes.POINTER(ctypes.c_int)
)
_Delete = ctypes.CFUNCTYPE(ctypes.c_int, Pointer, ctypes.c_char_p, ctypes.c_int)
_Close = ctypes.CFUNCTYPE(ctypes.c_int, Pointer)
_Write = ctypes.CFUNCTYPE(ctypes.c_int, Pointer, Pointer, ctypes.c_int, ctypes.c_int64)
_Truncate = ctypes.CFUNCTYPE(ctypes.c_int, Pointer, ctypes.c_int64)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, Pointer, ctypes.c_int)


class _Vfs(ctypes.Structure):
    """``sqlite3_vfs`` of version 3."""

    _fields_ = [
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", Pointer),
        ("zName", ctypes.c_char_p),
        ("pAppData", Pointer),
        ("xOpen", Pointer),
        ("xDelete", Pointer),
        *((f"other{number}", Pointer) for number in range(14)),
    ]


class _Methods(ctypes.Structure):
    """``sqlite3_io_methods`` of version 3."""

    _fields_ = [
        ("iVersion", ctypes.c_int),
        ("xClose", Pointer),
        ("xRead", Pointer),
        ("xWrite", Pointer),
        ("xTruncate", Pointer),
        ("xSync", Pointer),
        *((f"other{number}", Pointer) for number in range(13)),
    ]


class _File(ctypes.Structure):
    """``sqlite3_file``."""

    _fields_ = [("methods", ctypes.POINTER(_Methods))]


class Unavailable(Exception):
    """Why there is no such layer on this system."""


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
                for start in range(0, len(data), SECTOR):
                    if chance.randrange(2):
                        _apply(left, offset + start, data[start : start + SECTOR])
        return bytes(left)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _mixed(old: bytes, new: bytes, chance: random.Random) -> bytes:
    """Each sector as it was or as it is; as long as it was or as it is."""
    mixed = bytearray()
    for start in range(0, max(len(old), len(new)), SECTOR):
        which = new if chance.randrange(2) else old
        mixed[start:] = which[start : start + SECTOR].ljust(SECTOR, b"\0")
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
        for where in {str(path.parent) for path in before} | {
            where for where in self._names if any(_is_below(where, one) for one in folders)
        }:
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

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Watch SQLite and Python's files below this one folder.

        Raises:
            Unavailable: this system has no such layer; says why.
        """
        with layer().watching():
            layer().disks.append(self)
            try:
                yield
            finally:
                layer().disks.remove(self)

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
        return _FULL if grows and self.is_full else _OK


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _is_below(where: str, folder: Path) -> bool:
    return Path(where).is_relative_to(folder)


class Layer:
    """The VFS and the watch on Python's files, once in a process; without a disk it does nothing.

    ``disks`` are those that are watched now; a file belongs to the one whose folder it lies in.
    """

    def __init__(self) -> None:
        library = _library()
        library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        library.sqlite3_vfs_find.argtypes = [ctypes.c_char_p]
        library.sqlite3_vfs_register.argtypes = [ctypes.POINTER(_Vfs), ctypes.c_int]
        self._system = library.sqlite3_vfs_find(None)
        self.disks: list[Disk] = []
        self._vfs = _Vfs.from_buffer_copy(self._system.contents)
        self._open = _Open(self._system.contents.xOpen)
        self._delete = _Delete(self._system.contents.xDelete)
        self._methods: dict[int, _Methods] = {}
        self._natives: dict[int, dict[str, Any]] = {}
        self._files: dict[int, tuple[Disk, dict[str, Any]]] = {}
        self._kept = [_Open(self._on_open), _Delete(self._on_delete)]
        self._vfs.zName = b"mrnmesh-simulated"
        self._vfs.xOpen, self._vfs.xDelete = (ctypes.cast(one, Pointer) for one in self._kept)
        self._hooks = {
            "xClose": _Close(self._on_close),
            "xWrite": _Write(self._on_write),
            "xTruncate": _Truncate(self._on_truncate),
            "xSync": _Sync(self._on_sync),
        }
        library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1)
        self._os: dict[str, Callable[..., Any]] = {}

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what Python does with files."""
        watched = {
            "open": self._os_open,
            "fsync": self._os_fsync,
            "replace": self._os_replace,
            "rename": self._os_replace,
            "unlink": self._os_unlink,
        }
        self._os = {name: getattr(os, name) for name in watched}
        for name, function in watched.items():
            setattr(os, name, function)
        try:
            yield
        finally:
            for name, function in self._os.items():
                setattr(os, name, function)

    def _os_open(self, path: Any, flags: int, *args: Any, **named: Any) -> int:
        text = "" if isinstance(path, int) else os.path.abspath(os.fspath(path))
        writes = bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        disk = self._disk_of(text) if writes else None
        if disk is not None:
            disk.before_python(text)
        is_new = disk is not None and not os.path.exists(text)
        descriptor: int = self._os["open"](path, flags, *args, **named)
        if disk is not None and is_new:
            disk.created(text)
        return descriptor

    def _os_fsync(self, descriptor: int) -> None:
        about = os.fstat(descriptor)
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        disk = self._disk_of(path)
        if disk is None:
            self._os["fsync"](descriptor)
            return
        disk.before_python(path)
        if stat.S_ISDIR(about.st_mode):
            disk.sync_names(path)
        else:
            disk.synced(path, about.st_ino)

    def _os_replace(self, source: Any, target: Any, **named: Any) -> None:
        disk = self._disk_of(os.path.abspath(os.fspath(target)))
        if disk is not None:
            disk.before_python(str(target))
        self._os["replace"](source, target, **named)

    def _os_unlink(self, path: Any, **named: Any) -> None:
        disk = self._disk_of(os.path.abspath(os.fspath(path)))
        if disk is not None and not disk.is_full:
            disk.before_python(str(path))
        self._os["unlink"](path, **named)

    def _disk_of(self, path: str) -> Disk | None:
        return next((disk for disk in self.disks if disk.owns(path)), None)

    def _on_open(self, _vfs: Any, name: Any, file: int, flags: int, out: Any) -> int:
        path = os.fsdecode(ctypes.string_at(name)) if name else ""
        disk = self._disk_of(path)
        is_new = disk is not None and not os.path.exists(path)
        code: int = self._open(ctypes.addressof(self._system.contents), name, file, flags, out)
        if code == _OK and disk is not None:
            opened = ctypes.cast(file, ctypes.POINTER(_File)).contents
            native = ctypes.addressof(opened.methods.contents)
            opened.methods = ctypes.pointer(self._ours(native))
            if is_new:
                disk.created(path)
            disk.opened(file, path, bool(flags & _OPEN_JOURNALS))
            self._files[file] = (disk, self._natives[native])
        return code

    def _ours(self, native: int) -> _Methods:
        """SQLite's methods of a file with ours in the place of those that write."""
        if native not in self._methods:
            found = _Methods.from_address(native)
            ours = _Methods.from_buffer_copy(found)
            kinds = {"xClose": _Close, "xWrite": _Write, "xTruncate": _Truncate, "xSync": _Sync}
            self._natives[native] = {
                name: kind(getattr(found, name)) for name, kind in kinds.items()
            }
            for name, hook in self._hooks.items():
                setattr(ours, name, ctypes.cast(hook, Pointer))
            self._methods[native] = ours
        return self._methods[native]

    def _on_delete(self, _vfs: Any, name: bytes, sync: int) -> int:
        path = os.fsdecode(name)
        disk = self._disk_of(path)
        if disk is not None and (code := disk.before_sqlite(_IOERR_DELETE, False)) != _OK:
            return code
        code = self._delete(ctypes.addressof(self._system.contents), name, sync)
        if disk is not None and sync and code == _OK:
            disk.sync_names(os.path.dirname(path))
        return code

    def _on_close(self, file: int) -> int:
        disk, native = self._files.pop(file)
        disk.closed(file)
        code: int = native["xClose"](file)
        return code

    def _on_write(self, file: int, data: int, amount: int, offset: int) -> int:
        disk, native = self._files[file]
        if code := disk.before_sqlite(_IOERR_WRITE, True):
            return code
        code = native["xWrite"](file, data, amount, offset)
        if code == _OK:
            disk.of(file)[0].writes.append((offset, ctypes.string_at(data, amount)))
        return code

    def _on_truncate(self, file: int, size: int) -> int:
        disk, native = self._files[file]
        if code := disk.before_sqlite(_IOERR_TRUNCATE, False):
            return code
        code = native["xTruncate"](file, size)
        if code == _OK:
            disk.of(file)[0].writes.append((size, None))
        return code

    def _on_sync(self, file: int, _flags: int) -> int:
        disk, _ = self._files[file]
        if code := disk.before_sqlite(_IOERR_FSYNC, False):
            return code
        content, path, is_journal = disk.of(file)
        content.sync()  # nobody pulls the real plug, so the real file need not wait for it
        if is_journal:  # SQLite syncs the folder of a new journal with it
            disk.sync_names(os.path.dirname(path))
        return _OK


def _library() -> ctypes.CDLL:
    """The SQLite library that Python's sqlite3 uses.

    Raises:
        Unavailable: it cannot be reached, or is another one than Python's.
    """
    if sys.platform != "linux":
        raise Unavailable("files are only watched on Linux")
    import _sqlite3  # noqa: PLC0415

    try:
        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_sourceid.restype = ctypes.c_char_p
        found = library.sqlite3_sourceid().decode()
        assert library.sqlite3_vfs_register
    except (AttributeError, OSError) as error:
        raise Unavailable(f"the library of sqlite3 cannot be reached: {error}") from error
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        if connection.execute("SELECT sqlite_source_id()").fetchone()[0] != found:
            raise Unavailable("the library that was found is not the one of sqlite3")
    return library


_LAYERS: list[Layer] = []


def layer() -> Layer:
    """The one of this process.

    Raises:
        Unavailable: this system has none; says why.
    """
    if not _LAYERS:
        _LAYERS.append(Layer())
    return _LAYERS[0]


def why_unavailable() -> str | None:
    """Why this system has no such layer; None where it has."""
    try:
        layer()
    except Unavailable as error:
        return str(error)
    return None
