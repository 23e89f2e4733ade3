"""Files and folders that only their owner reads, made so that a power cut leaves no half of one.

On Windows, antivirus and indexing open each file that was just written for a moment, and until
they close it the file can be neither replaced, nor renamed, nor removed. So that is done here, and
tried again for some seconds, instead of by calls of `os`, `shutil` and `Path`.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from sync.errors import StoreLocked
from sync.storage.lock import FolderLock

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

HELD_S_MAX: Final = 5.0
"""So long is a file waited for that another program holds open."""

_HELD_AGAIN_S: Final = 0.05
_HELD: Final = frozenset({5, 32, 33, 145, 303})
"""Windows's errors for such a file: access denied, sharing violation, lock violation, a folder that
is not empty because a file in it is still to be removed, a file that is to be removed."""

_ADMINISTRATION: Final = ("S-1-5-32-544", "S-1-5-18")
"""Administrators and the system; Windows has other names for them in other languages."""

_TOKEN_QUERY: Final = 8
_TOKEN_USER: Final = 1
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def replace(source: Path, target: Path) -> None:
    """Give a file or folder another name, in place of the file that has it.

    Raises:
        OSError: it cannot be done, or the other program has not closed the file.
    """
    _patiently(lambda: os.replace(source, target))


def remove(path: Path) -> None:
    """Remove a file; pass if there is none.

    Raises:
        OSError: it cannot be done, or the other program has not closed the file.
    """

    def act() -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)

    _patiently(act)


def remove_folder(folder: Path) -> None:
    """Remove a folder and all that is in it, as far as that can be done."""
    try:
        _patiently(lambda: shutil.rmtree(folder))
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


def _patiently(act: Callable[[], None]) -> None:
    """Do it, again and again while another program holds the file."""
    tries = round(HELD_S_MAX / _HELD_AGAIN_S)
    for _ in range(tries):
        try:
            return act()
        except OSError as error:
            if getattr(error, "winerror", None) not in _HELD:
                raise
        time.sleep(_HELD_AGAIN_S)
    return act()


def text_of(path: Path) -> str:
    """A small file that people edit, in UTF-8, or in what the byte order mark in front of it says.

    Editors on Windows put such a mark there, and its command shell writes UTF-16. Line ends stay as
    they are.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is neither.
    """
    content = path.read_bytes()
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    return content.decode(encoding)


def create_private(path: Path) -> BinaryIO:
    """A new file, open for writing and reading, that only its owner may read.

    On Windows the rights of its folder apply.

    Raises:
        OSError: it is there already, or cannot be made.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "w+b")


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, in place of the one that is there, if there is.

    After a power cut there is the one or the other, whole.

    Raises:
        OSError: it cannot be made; the other one is as it was.
    """
    with scratch_folder(path.parent, f".{path.name}-") as scratch:
        with create_private(scratch / path.name) as file:
            file.write(content)
            sync_file(file)
        replace(scratch / path.name, path)
        sync_folder(path.parent)


def give_to_owner(path: Path) -> None:
    """Let a file belong to whom its folder belongs to: root makes it for a daemon of another user.

    On Windows the rights of its folder apply.
    """
    if sys.platform != "win32":
        owner = path.parent.stat()
        if owner.st_uid != path.stat().st_uid:
            os.chown(path, owner.st_uid, owner.st_gid)


def restrict(folder: Path) -> None:
    """Let only this user, administrators and the system use a folder, and what is made in it.

    On Windows a folder takes over the rights of the one above, which often lets every user read.
    Elsewhere what is private is made so from the start. If it fails, `doctor` says who can read.
    """
    if sys.platform == "win32":
        grants = [f"*{sid}:(OI)(CI)F" for sid in (own_sid(), *_ADMINISTRATION)]
        with contextlib.suppress(OSError):
            subprocess.run(
                ["icacls", str(folder), "/inheritance:r", "/grant:r", *grants],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )


if sys.platform == "win32":

    def own_sid() -> str:
        """The id of the user of this process, as in ``S-1-5-19``.

        Raises:
            OSError: Windows does not say.
        """
        advapi = ctypes.WinDLL("advapi32", use_last_error=True)
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        advapi.OpenProcessToken.argtypes = [wintypes.HANDLE, wintypes.DWORD, ctypes.c_void_p]
        token, size = wintypes.HANDLE(), wintypes.DWORD()
        if not advapi.OpenProcessToken(
            kernel.GetCurrentProcess(), _TOKEN_QUERY, ctypes.byref(token)
        ):
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            user = (ctypes.c_void_p * 64)()  # a pointer to the SID first, and behind it the SID
            if not advapi.GetTokenInformation(
                token, _TOKEN_USER, user, ctypes.sizeof(user), ctypes.byref(size)
            ):
                raise ctypes.WinError(ctypes.get_last_error())
            text = wintypes.LPWSTR()
            if not advapi.ConvertSidToStringSidW(ctypes.c_void_p(user[0]), ctypes.byref(text)):
                raise ctypes.WinError(ctypes.get_last_error())
            return str(text.value)
        finally:
            kernel.CloseHandle(token)


def sync_file(file: BinaryIO) -> None:
    """Wait until what was written to a file is on disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; Windows does that with the files."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def scratch_folder(parent: Path | None, prefix: str) -> Iterator[Path]:
    """A new folder that only its owner may enter, gone at the end if it is still there.

    Until then this process holds a lock in it, by which `remove_leftovers` knows that it is in use.

    Args:
        parent: where it is made; None for where the system keeps such.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        lock = FolderLock(folder)
        try:
            yield folder
        finally:
            lock.release()
    finally:
        remove_folder(folder)


def remove_leftovers(parent: Path | None, prefix: str) -> None:
    """Remove what processes that were killed left behind of `scratch_folder`.

    Args:
        parent: as for `scratch_folder`.
    """
    for left in (parent or Path(tempfile.gettempdir())).glob(f"{prefix}*"):
        if not _is_own_folder(left):
            continue  # where everybody may write, others may put what leads elsewhere
        try:
            FolderLock(left).release()
        except StoreLocked:
            continue
        except OSError:
            pass  # a disk that is full or broken; what can be removed is
        remove_folder(left)


def _is_own_folder(path: Path) -> bool:
    about = path.lstat()
    if sys.platform != "win32" and about.st_uid != os.geteuid():
        return False
    return stat.S_ISDIR(about.st_mode)
