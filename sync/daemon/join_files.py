"""The two small JSON files by which a desk and its coordinator get to know each other.

The coordinator writes ``coordinator.json``, which somebody carries to each new desk; a desk writes
``CODE.join``, which somebody carries to the coordinator.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec

from sync.daemon.daemon_settings import ZONE_DEFAULT
from sync.errors import WrongFile
from sync.model import causes
from sync.model.facts import Incarnation
from sync.storage import files

COORDINATOR_FILE: Final = "coordinator.json"
_DEVICES: Final = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
)
_Key = Annotated[str, msgspec.Meta(pattern="^[0-9A-Fa-f]{64}$")]


class CoordinatorFile(msgspec.Struct, frozen=True):
    """What a desk must know of its coordinator; the key is 32 bytes in hexadecimal.

    ``sync`` is the WebSocket address where it syncs, ``zone`` the facility's time zone.
    """

    coordinator_key: _Key
    sync: str
    zone: str = ZONE_DEFAULT


class JoinFile(msgspec.Struct, frozen=True):
    """What the coordinator must know of a desk; key and incarnation are in hexadecimal."""

    code: str
    public_key: str
    incarnation: str


F = TypeVar("F", CoordinatorFile, JoinFile)

_RIGHT: Final = {
    CoordinatorFile: "the file coordinator.json from the data folder of the coordinator",
    JoinFile: "the file CODE.join from the data folder of the new desk",
}


def read(path: Path, kind: type[F]) -> F:
    """One of the two files, which an editor may have saved with a byte order mark.

    Raises:
        WrongFile: it is missing or holds something else, perhaps the file of the other machine; it
            names the right one.
    """
    right = _RIGHT[kind]
    try:
        return msgspec.json.decode(files.text_of(path), type=kind)
    except FileNotFoundError as error:
        raise WrongFile(path=path, why="there is no such file", right=right) from error
    except OSError as error:
        raise WrongFile(path=path, why=causes.why(error), right=right) from error
    except msgspec.ValidationError as error:
        raise WrongFile(path=path, why="it is another file", right=right) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WrongFile(path=path, why="it is another kind of file", right=right) from error


def write(path: Path, content: CoordinatorFile | JoinFile) -> None:
    """Write one of the two files, on disk before this returns."""
    with path.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(content)))
        file.flush()
        os.fsync(file.fileno())


def join_file_name(code: str) -> str:
    """The name of a terminal's join file; some codes are names of devices on Windows."""
    return f"terminal-{code}.join" if code in _DEVICES else f"{code}.join"


def write_join_file(folder: Path, code: str, public_key: bytes, incarnation: Incarnation) -> Path:
    """Write what the coordinator must know of a desk into its data folder, and return the file."""
    path = folder / join_file_name(code)
    write(path, JoinFile(code, public_key.hex(), incarnation.hex()))
    return path
