"""The command ``config`` of both daemons: each setting, its value, and where that comes from."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path
from typing import Any, Final

from sync.cli import command
from sync.cli.program import Program
from sync.cli.table import padded, width
from sync.daemon import daemon_settings, settings
from sync.daemon.daemon_settings import S
from sync.daemon.settings import SettingKind, SettingsTable

_COLUMNS_MAX: Final = 44


def add(commands: command.Commands, program: Program[S]) -> None:
    """Add the command."""
    table, name = program.table, program.name
    parser = command.add(
        commands,
        "config",
        "show each setting, its value and where that comes from",
        f"""
        {name} config
        {name} config --json
        {table.variable("listen")}=127.0.0.1:9000 {name} config   # with a variable
        """,
    )
    names = textwrap.fill(f"The settings: {', '.join(one.name for one in table.settings)}.")
    parser.description = f"{parser.description}\n\n{names}"
    command.add_json_option(parser)

    def act(options: argparse.Namespace) -> int:
        found = daemon_settings.find(table, options.data)
        rows = settings.described(table, found)
        if options.json:
            command.print_json({"file": str(found.path.absolute()), "settings": rows})
        else:
            print(settings_table(table, found.path, rows))
        return 0

    parser.set_defaults(act=act)


def settings_table(table: SettingsTable, path: Path, rows: list[dict[str, Any]]) -> str:
    """The settings as a table with a line on each."""
    kinds = {one.name: one.kind for one in table.settings}
    values = {row["name"]: _value(kinds[row["name"]], row["value"]) for row in rows}
    columns = min(_COLUMNS_MAX, max(map(width, values.values())))
    lines = [f"The file is {path.absolute()}.", ""]
    for row in rows:
        value = values[row["name"]]
        lines.append(f"{row['name']:<16}{padded(value, columns)}  {row['origin']}")
        lines.append(f"    {row['help']}")
    lines += [
        "",
        f"A variable {table.variable('NAME')} goes before the file, a flag of "
        f"`{table.daemon.command} run` before both.",
        "Keys and tokens are not settings and are never shown.",
    ]
    return "\n".join(lines)


def _value(kind: SettingKind, value: Any) -> str:
    if kind is SettingKind.TEXTS:
        return ", ".join(value) or "(none)"
    if kind is SettingKind.SWITCH:
        return "true" if value else "false"
    return str(value)
