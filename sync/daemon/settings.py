"""A daemon's settings in layers: defaults, then the file, then the environment, then flags.

Each setting is declared once, as a `Setting` in the `SettingsTable` of its daemon. Loading, the
command ``config``, the flags of ``run`` and the checks of the documentation all read that table.
"""

from __future__ import annotations

import argparse
import difflib
import enum
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sync.daemon.daemons import Daemon
from sync.errors import BadConfig, BadOption, UnknownSetting

T = TypeVar("T")

_YES: Final = ("true", "yes", "on", "1")
_NO: Final = ("false", "no", "off", "0")


class SettingKind(enum.Enum):
    """What a setting is in the file; variables and flags are texts and turn into that."""

    TEXT = "a text"
    TEXTS = "a list of texts"
    SWITCH = "true or false"


class Origin(enum.StrEnum):
    """Where a value comes from; a later one goes before an earlier one."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One setting.

    Args:
        read: from the value, which is of the right kind already, to what the daemon works with; a
            ``ValueError`` says what is wrong with it.
        default: as it would stand in the file; None: it must be given.
        fixed: belongs to the data, so that only the file may say it.
    """

    name: str
    kind: SettingKind
    read: Callable[[Any], T]
    default: str | bool | tuple[str, ...] | None
    help: str
    fixed: bool = False

    @property
    def flag(self) -> str:
        """The flag of ``run`` for it."""
        return "--" + self.name.replace("_", "-")


class FoundSetting(NamedTuple):
    """A value as it was given, where it was given, and what it was read as."""

    given: Any
    origin: Origin
    where: str
    value: Any


@dataclass(frozen=True)
class SettingsTable:
    """All settings of one daemon."""

    daemon: Daemon
    settings: tuple[Setting[Any], ...]

    def variable(self, name: str) -> str:
        """The environment variable for a setting."""
        return f"{self.daemon.variable_prefix}{name.upper()}"

    def load(
        self,
        path: Path,
        written: Mapping[str, Any],
        environment: Mapping[str, str],
        flags: Mapping[str, Any],
    ) -> FoundSettings:
        """All settings, each from its last layer that has it.

        Args:
            path: the file, to be named in what is wrong.
            written: what stands in it.
            flags: setting -> value, as texts; None is not given.

        Raises:
            UnknownSetting: the file or a variable names none of them.
            BadConfig, BadOption: a value is wrong, or missing.
        """
        self._require_known(path, written, environment)
        return FoundSettings(
            path,
            {one.name: self.find(one, path, written, environment, flags) for one in self.settings},
        )

    def find(
        self,
        setting: Setting[Any],
        path: Path,
        written: Mapping[str, Any],
        environment: Mapping[str, str],
        flags: Mapping[str, Any],
    ) -> FoundSetting:
        """One setting, from its last layer that has it; see `load`."""
        name, variable = setting.name, self.variable(setting.name)
        given: Any
        if flags.get(name) is not None:
            given, origin, where = flags[name], Origin.FLAG, setting.flag
        elif variable in environment:
            given, origin, where = environment[variable], Origin.ENVIRONMENT, variable
        elif name in written:
            given, origin, where = written[name], Origin.FILE, str(path)
        elif setting.default is not None:
            given, origin, where = setting.default, Origin.DEFAULT, ""
        else:
            raise BadConfig(path=path, why=f"'{name}' is missing ({setting.help})")
        try:
            if origin in (Origin.FLAG, Origin.ENVIRONMENT):
                given = from_text(setting.kind, given)
            require_kind(setting.kind, given)
            return FoundSetting(given, origin, where, setting.read(given))
        except ValueError as error:
            if origin is Origin.FLAG:
                raise BadOption(option=where, why=error) from error
            raise BadConfig(path=where or path, why=f"'{name}': {error}") from error

    def add_flags(self, parser: argparse.ArgumentParser) -> None:
        """A flag for each setting that is not fixed."""
        for one in self.settings:
            if one.fixed:
                continue
            if one.kind is SettingKind.SWITCH:
                parser.add_argument(
                    one.flag, dest=one.name, action=argparse.BooleanOptionalAction, help=one.help
                )
            else:
                metavar = "A,B,..." if one.kind is SettingKind.TEXTS else "VALUE"
                parser.add_argument(one.flag, dest=one.name, metavar=metavar, help=one.help)

    def flags(self, options: argparse.Namespace) -> dict[str, Any]:
        """The flags that were given."""
        given = {one.name: getattr(options, one.name, None) for one in self.settings}
        return {name: value for name, value in given.items() if value is not None}

    def _require_known(
        self, path: Path, written: Mapping[str, Any], environment: Mapping[str, str]
    ) -> None:
        names = [one.name for one in self.settings]
        for name in written:
            if name not in names:
                raise UnknownSetting(
                    name=f"'{name}' in {path}",
                    hint=_hint(name, names),
                    command=f"{self.daemon.command} config",
                )
        variables = [self.variable(one.name) for one in self.settings if not one.fixed]
        variables.append(self.daemon.data_variable)
        for name in environment:
            if name.upper().startswith(self.daemon.variable_prefix) and name not in variables:
                raise UnknownSetting(
                    name=f"The environment variable {name}",
                    hint=_hint(name.upper(), variables),
                    command=f"{self.daemon.command} config",
                )


@dataclass(frozen=True)
class FoundSettings:
    """The settings of a data folder as they hold now. ``path`` is the file."""

    path: Path
    found: Mapping[str, FoundSetting]

    def __getitem__(self, setting: Setting[T]) -> T:
        value: T = self.found[setting.name].value
        return value

    def wrong(self, setting: Setting[Any], why: str) -> BadConfig | BadOption:
        """The error that names where the value of a setting comes from."""
        found = self.found[setting.name]
        if found.origin is Origin.FLAG:
            return BadOption(option=found.where, why=why)
        return BadConfig(path=found.where or self.path, why=f"'{setting.name}': {why}")

    def file(self, setting: Setting[Any]) -> Path:
        """A file or folder: relative to the data folder, or as a flag to where that was typed."""
        typed = self.found[setting.name].origin is Origin.FLAG
        return (Path.cwd() if typed else self.path.parent) / str(self[setting])


def described(table: SettingsTable, settings: FoundSettings) -> list[dict[str, Any]]:
    """Each setting with value, origin and what it is, for people and programs."""
    return [
        {
            "name": one.name,
            "value": list(found.given) if one.kind is SettingKind.TEXTS else found.given,
            "origin": found.origin.value,
            "where": found.where or None,
            "help": one.help,
        }
        for one in table.settings
        for found in [settings.found[one.name]]
    ]


def from_text(kind: SettingKind, given: Any) -> Any:
    """The value that a variable or flag means.

    Raises:
        ValueError: it is neither yes nor no.
    """
    if kind is SettingKind.TEXTS:
        return [word.strip() for word in given.split(",") if word.strip()]
    if kind is SettingKind.SWITCH and isinstance(given, str):
        word = given.strip().lower()
        if word not in (*_YES, *_NO):
            raise ValueError(f"'{given}' is neither true nor false")
        return word in _YES
    return given


def require_kind(kind: SettingKind, given: object) -> None:
    """Pass only a value of this kind.

    Raises:
        ValueError: it is of another.
    """
    good = {
        SettingKind.TEXT: isinstance(given, str),
        SettingKind.SWITCH: isinstance(given, bool),
        SettingKind.TEXTS: isinstance(given, list | tuple)
        and all(isinstance(item, str) for item in given),
    }[kind]
    if not good:
        raise ValueError(f"must be {kind.value}")
    texts = [given] if isinstance(given, str) else given if isinstance(given, list | tuple) else []
    for text in texts:
        if any(unicodedata.category(character) == "Cc" for character in text):
            raise ValueError(
                f"{text!r} has a control character; in double quotes a backslash begins one "
                "(\"\\n\"), so write a path of Windows in single quotes: 'D:\\new'"
            )


def _hint(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean '{close[0]}'?" if close else "."
