"""What the system says when it refuses something, in words for people.

Python shows a number and the system's English beside it (``[Errno 13] Permission denied``), and
libraries wrap that again. Whoever sits at a desk is told what it means and what to do.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from sync.errors import FileFails


class SystemRefusal(NamedTuple):
    """Why something failed, as a clause, and what to do about it, as a sentence."""

    why: str
    do: str


_LOOK: Final = "Look at the disk, its free space, and who may use that file; then do this again."
_DISK: Final = "Look at the disk and its cables, then do this again."
_CONNECT: Final = "See whether the program there runs, and whether the address is right."
_NETWORK: Final = "See whether the network is up, and whether the address is right."

_BY_NUMBER: Final[Mapping[int, SystemRefusal]] = MappingProxyType(
    {
        **dict.fromkeys(
            (errno.EACCES, errno.EPERM),
            SystemRefusal(
                "this user is not allowed to use it",
                "Run the command as the user who owns it, or let this user read and write it.",
            ),
        ),
        errno.ENOENT: SystemRefusal(
            "there is no such file or folder",
            "See whether the path is right and its disk is connected.",
        ),
        errno.EEXIST: SystemRefusal(
            "it is there already", "Move it away, or name another file or folder."
        ),
        errno.ENOTDIR: SystemRefusal(
            "a file is where a folder should be", "See whether the path is right."
        ),
        errno.EISDIR: SystemRefusal("it is a folder, and not a file", "Name a file."),
        errno.ENOTEMPTY: SystemRefusal(
            "the folder is not empty", "Name an empty folder, or a new one."
        ),
        errno.ENAMETOOLONG: SystemRefusal("its name is too long", "Choose a shorter name or path."),
        errno.EINVAL: SystemRefusal(
            "the system does not accept this name or value", "See whether the path is right."
        ),
        errno.ELOOP: SystemRefusal("its links lead in a circle", "Name the file itself."),
        errno.EXDEV: SystemRefusal("it is on another disk", "Name a place on the same disk."),
        **dict.fromkeys(
            (errno.EBUSY, errno.ETXTBSY, errno.EAGAIN, errno.EDEADLK),
            SystemRefusal("another program uses it", "End that program, then do this again."),
        ),
        errno.ENOSPC: SystemRefusal("the disk is full", "Free some space, then do this again."),
        errno.EDQUOT: SystemRefusal(
            "this user may not store any more on that disk",
            "Free some space or ask for more, then do this again.",
        ),
        errno.EFBIG: SystemRefusal(
            "it is too large for this disk", "Use a disk with another file system."
        ),
        errno.EROFS: SystemRefusal(
            "the disk can only be read",
            "See why it was mounted for reading only, as a system does with a failing disk.",
        ),
        **dict.fromkeys(
            (errno.EIO, errno.ENXIO, errno.ENODEV),
            SystemRefusal("the disk fails or is not there", _DISK),
        ),
        **dict.fromkeys(
            (errno.EMFILE, errno.ENFILE),
            SystemRefusal(
                "too many files are open at once", "End other programs, then do this again."
            ),
        ),
        errno.ENOMEM: SystemRefusal(
            "this computer has no memory left", "End other programs, then do this again."
        ),
        errno.ECONNREFUSED: SystemRefusal("no program answers there", _CONNECT),
        **dict.fromkeys(
            (errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.ESHUTDOWN, errno.ENOTCONN),
            SystemRefusal("the other side has ended the connection", _CONNECT),
        ),
        errno.ETIMEDOUT: SystemRefusal("no answer came in time", _CONNECT),
        **dict.fromkeys(
            (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN),
            SystemRefusal("the network does not lead there", _NETWORK),
        ),
        errno.EADDRINUSE: SystemRefusal(
            "another program uses this address", "End that program, or choose another address."
        ),
        errno.EADDRNOTAVAIL: SystemRefusal(
            "this computer does not have that address",
            "Choose an address of this computer.",
        ),
    }
)
_HELD_ON_WINDOWS: Final = frozenset({32, 33})
"""ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION, which come as EACCES."""

_NO_SUCH_NAME: Final = frozenset(range(11001, 11005))
"""What a look-up of a name ends with on Windows; elsewhere its numbers are negative."""


_LOST_ON_WINDOWS: Final = {
    64: errno.ECONNRESET,
    121: errno.ETIMEDOUT,
    1225: errno.ECONNREFUSED,
    1231: errno.ENETUNREACH,
    1232: errno.EHOSTUNREACH,
    1236: errno.ECONNABORTED,
}
"""What the event loop of Windows says of a connection; all of them have the number EINVAL."""


def without_value(error: Exception) -> str:
    """What an error of SQLite says, without the text that it quotes: somebody may have entered it.

    Python quotes what is in a column where that is no UTF-8, as a fault of the disk leaves it.
    """
    return str(error).partition(" with text ")[0]


def of(error: OSError) -> SystemRefusal:
    """Why a file, a folder, an address or a connection could not be used, and what to do."""
    number = error.errno
    if isinstance(error, TimeoutError):
        return _BY_NUMBER[errno.ETIMEDOUT]
    # aiohttp puts an error of its own around that of the system, with the number alone.
    code = getattr(getattr(error, "os_error", error), "winerror", None)
    if code in _HELD_ON_WINDOWS:
        return _BY_NUMBER[errno.EBUSY]
    if code in _LOST_ON_WINDOWS:
        return _BY_NUMBER[_LOST_ON_WINDOWS[code]]
    if number is None:
        return _without_number(error)
    if number < 0 or number in _NO_SUCH_NAME:
        return SystemRefusal("no computer of this name is known", _NETWORK)
    if known := _BY_NUMBER.get(number):
        return known
    return SystemRefusal(f"the system refuses it, with error {number}", _LOOK)


def why(error: OSError) -> str:
    """Why something could not be used, as a clause."""
    return of(error).why


def as_error(error: OSError) -> FileFails:
    """The file or folder that the system has named, and what it means."""
    path = error.filename2 or error.filename or "A file or folder"
    return FileFails(path=path, **of(error)._asdict())


def _without_number(error: OSError) -> SystemRefusal:
    """By its class; Python sums up several attempts to connect in one error without a number."""
    if isinstance(error, ConnectionRefusedError):
        return _BY_NUMBER[errno.ECONNREFUSED]
    if isinstance(error, ConnectionError):
        return _BY_NUMBER[errno.ECONNRESET]
    return SystemRefusal("the system refuses it", _LOOK)
