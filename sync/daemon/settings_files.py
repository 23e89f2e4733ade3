"""The settings file of a daemon, in TOML: read, made, and changed without touching the rest of it.

Administrators edit it by hand, some of them with editors that put a byte order mark in front, so
that is read, and whatever they wrote beside a setting stays.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from sync.errors import BadConfig, StoreMissing
from sync.storage import files


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
        raise BadConfig(path=path, why=str(error)) from error


def write_toml(path: Path, settings: Mapping[str, str | list[str]]) -> None:
    """Write settings, one a line, to a new file, on disk before this returns."""
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(tomlkit.dumps(settings))
        file.flush()
        os.fsync(file.fileno())


def changed_toml(path: Path, changes: Mapping[str, str]) -> str:
    """The content of a settings file with other values of some settings.

    Comments, order and line ends of all else stay; a setting that is not in the file yet comes
    last.

    Raises:
        BadConfig: it is not TOML.
    """
    try:
        document = tomlkit.parse(files.text_of(path))
        document.update(changes)
        return tomlkit.dumps(document)
    except (OSError, ValueError, TOMLKitError) as error:
        raise BadConfig(path=path, why=str(error)) from error
