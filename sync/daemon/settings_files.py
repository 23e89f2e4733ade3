"""The settings file of a daemon, in TOML: read, made, and changed without touching the rest of it.

Administrators edit it by hand, some of them with editors that put a byte order mark in front, so
that is read, and whatever they wrote beside a setting stays.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from sync.errors import BadConfig, StoreMissing
from sync.model import causes
from sync.storage import files

_PLACE: Final = re.compile(r"\(at line (\d+), column \d+\)")
"""How `tomllib` says where something is wrong; at the end of the file it names no line."""

_FORM: Final = 'write NAME = VALUE, with texts between quotation marks, as in region = "PK"'
_TWICE: Final = "sets again what was set above it; remove one of the two"
_QUOTES: Final = "has a text without a closing quotation mark"
_BACKSLASH: Final = (
    "has a backslash between double quotation marks; use single ones, as in 'D:\\backups'"
)
_FAULTS: Final = (
    ("Cannot overwrite", _TWICE),
    ("Cannot declare", _TWICE),
    ("Cannot mutate", _TWICE),
    ("Duplicate", _TWICE),
    ("already exists", _TWICE),
    ("Unescaped", _BACKSLASH),
    ("Invalid hex value", _BACKSLASH),
    ("Unterminated", _QUOTES),
    ("Illegal character '\\n'", _QUOTES),
    ('Expected "\'"', _QUOTES),
    ("Unclosed array", "has a list without a closing bracket ]"),
    ("Invalid value", f"has no value that can be read; {_FORM}"),
    ("Expected '='", f"is no setting; {_FORM}"),
    ("Invalid statement", f"is no setting; {_FORM}"),
    ("Illegal character", "has a character that cannot be printed; write that line again"),
)
"""A part of what `tomllib` says -> what is wrong with the line, after the number of the line."""


def read_toml(path: Path, init_command: str) -> dict[str, Any]:
    """The settings in a file.

    Raises:
        StoreMissing: there is no file; ``init_command`` is what makes it.
        BadConfig: it is not TOML.
    """
    try:
        return tomllib.loads(files.text_of(path))
    except FileNotFoundError as error:
        raise StoreMissing(path=path.parent, command=init_command) from error
    except (OSError, ValueError) as error:
        raise BadConfig(path=path, why=_fault(error)) from error


def write_toml(path: Path, settings: Mapping[str, str | list[str]]) -> None:
    """Write settings, one a line, to a new file, on disk before this returns.

    After a power cut it is there whole, or not at all: a daemon would run with half of them.

    Raises:
        FileExistsError: there are settings already.
    """
    if path.exists():
        raise FileExistsError(path)
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        file.write(tomlkit.dumps(settings))
        file.flush()
        os.fsync(file.fileno())
    files.replace(partial, path)
    files.sync_folder(path.parent)


def changed_toml(path: Path, changes: Mapping[str, str | bool]) -> str:
    """The content of a settings file with other values of some settings.

    Comments, order and line ends of all else stay; a setting that is not in the file yet comes
    last.

    Raises:
        BadConfig: it is not TOML.
    """
    try:
        text = files.text_of(path)
        # Both libraries refuse the same files, but the errors of this one are known by their place.
        tomllib.loads(text)
        document = tomlkit.parse(text)
        document.update(changes)
        return tomlkit.dumps(document)
    except (OSError, ValueError, TOMLKitError) as error:
        raise BadConfig(path=path, why=_fault(error)) from error


def _fault(error: OSError | ValueError | TOMLKitError) -> str:
    """Why a settings file cannot be read, as a clause for whoever edited it."""
    if isinstance(error, OSError):
        return causes.why(error)
    if isinstance(error, UnicodeDecodeError):
        return f"it is not saved as UTF-8 (byte {error.start + 1}); save it as UTF-8"
    said = str(error)
    found = _PLACE.search(said)
    where = f"line {found[1]}" if found else "its last line"
    for part, why in _FAULTS:
        if part in said:
            return f"{where} {why}"
    return f"{where} cannot be read; {_FORM}"
