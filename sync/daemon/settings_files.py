"""Small TOML files with settings, and JSON files that two machines exchange."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sync.errors import BadConfig, StoreMissing, WrongFile

ZONE_DEFAULT = "Asia/Karachi"


def read_toml(path: Path, command: str) -> dict[str, Any]:
    """The settings in a file, which may begin with the mark that Windows editors put there.

    Raises:
        StoreMissing: there is no file; ``command`` is what makes it.
        BadConfig: it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise StoreMissing(path=path.parent, command=command) from error
    except (OSError, ValueError) as error:
        raise BadConfig(path=path, why=str(error)) from error


def write_toml(path: Path, settings: Mapping[str, str | int | float | list[str]]) -> None:
    """Write settings, one a line, to a new file."""
    lines = [f"{name} = {_toml(value)}\n" for name, value in settings.items()]
    with path.open("x", encoding="utf-8") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def replaced(path: Path, content: str, changed: Mapping[str, str]) -> str:
    """The content of a settings file with other values of some settings; all else stays.

    Raises:
        BadConfig: it is written in a way in which they cannot be found.
    """
    lines = content.splitlines()
    for name, value in changed.items():
        line = f"{name} = {_toml(value)}"
        places = [at for at, old in enumerate(lines) if re.match(rf"\s*{name}\s*=", old)]
        if places:
            lines[places[0]] = line
        else:
            lines.insert(0, line)
    result = "\n".join(lines) + "\n"
    try:
        if tomllib.loads(result) == tomllib.loads(content) | dict(changed):
            return result
    except ValueError:
        pass
    raise BadConfig(path=path, why=f"{', '.join(changed)} cannot be set in it")


def text(path: Path, settings: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A setting that is a text.

    Raises:
        BadConfig: it is missing or something else.
    """
    value = settings.get(name, default)
    if not isinstance(value, str):
        raise BadConfig(path=path, why=f"'{name}' must be a text")
    return value


def zone(path: Path, settings: Mapping[str, Any]) -> ZoneInfo:
    """The facility's time zone.

    Raises:
        BadConfig: there is no such zone.
    """
    name = text(path, settings, "zone", ZONE_DEFAULT)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadConfig(path=path, why=f"there is no time zone '{name}'") from error


def hexadecimal(path: Path, value: object, name: str, size: int) -> bytes:
    """``size`` bytes in hexadecimal.

    Raises:
        BadConfig: it is something else.
    """
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if len(data) != size:
        raise BadConfig(path=path, why=f"'{name}' must be {size} bytes in hexadecimal")
    return data


def read_json(path: Path, name: str, right: str) -> dict[str, Any]:
    """The object in a JSON file that another machine has made.

    Args:
        name: what must be in it; somebody may have taken the file of the other machine.
        right: which file it ought to be, for people.

    Raises:
        WrongFile: the file is missing or holds something else.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise WrongFile(path=path, why="there is no such file", right=right) from error
    except OSError as error:
        raise WrongFile(path=path, why=error.strerror, right=right) from error
    except ValueError as error:
        raise WrongFile(path=path, why="it is not JSON", right=right) from error
    if not isinstance(value, dict) or name not in value:
        raise WrongFile(path=path, why=f"'{name}' is not in it", right=right)
    return value


def _toml(value: str | int | float | list[str]) -> str:
    """JSON spells these values as TOML does."""
    return json.dumps(value, ensure_ascii=False)
