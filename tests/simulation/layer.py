"""What tells simulated disks of every write: a VFS below SQLite, and a watch on Python's files.

SQLite's own file system writes; a VFS before it counts writes, truncations and syncs, and refuses
them where the disk says so. Python's files pass through `os.open`, `os.fsync`, `os.replace` and
`os.unlink`, which are watched. The VFS is registered with the one SQLite library of this process,
which Python's sqlite3 uses, as the default one; files of no disk pass through it untouched.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from typing import Any

from tests.simulation.disk import OK, Disk

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
        path = os.path.abspath(os.fspath(target))
        disk = self._disk_of(path)
        if disk is not None:
            disk.before_python(str(target))
        self._os["replace"](source, target, **named)
        if disk is not None and os.path.isdir(path):
            disk.moved(os.path.abspath(os.fspath(source)), path)

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
        if code == OK and disk is not None:
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
        if disk is not None and (code := disk.before_sqlite(_IOERR_DELETE, False)) != OK:
            return code
        code = self._delete(ctypes.addressof(self._system.contents), name, sync)
        if disk is not None and sync and code == OK:
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
        if code == OK:
            disk.of(file)[0].writes.append((offset, ctypes.string_at(data, amount)))
        return code

    def _on_truncate(self, file: int, size: int) -> int:
        disk, native = self._files[file]
        if code := disk.before_sqlite(_IOERR_TRUNCATE, False):
            return code
        code = native["xTruncate"](file, size)
        if code == OK:
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
        return OK


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


@contextlib.contextmanager
def installed(disk: Disk) -> Iterator[None]:
    """Watch SQLite and Python's files below one disk's folder.

    Raises:
        Unavailable: this system has no such layer; says why.
    """
    watched = layer()
    with watched.watching():
        watched.disks.append(disk)
        try:
            yield
        finally:
            watched.disks.remove(disk)
