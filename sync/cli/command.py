"""What the command lines have in common: errors, logging, options, help, JSON."""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import textwrap
from pathlib import Path
from typing import Any, Final, NoReturn, TextIO

from sync.cli.errors import FileFails
from sync.daemon.daemons import Daemon
from sync.errors import MrnmeshError, StoreDamaged, StoreFails
from sync.version import version

INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141
_DAMAGED: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)

Commands = Any
"""What ``add_subparsers`` gives, whose class is argparse's own; see `add`."""


class _Parser(argparse.ArgumentParser):
    """Knows the commonest slip: ``--data`` behind the command."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        if message.startswith("unrecognized arguments: ") and "--data" in message:
            message = f"--data goes in front of the command: {self.prog} --data FOLDER COMMAND"
        super().error(message)


def new_parser(
    prog: str, description: str, examples: str, folder: Path, variable: str
) -> argparse.ArgumentParser:
    """The parser of a program, with the options that stand before the command."""
    parser = _Parser(
        prog=prog,
        description=description,
        epilog=_epilog(examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    add_data_option(parser, folder, variable)
    return parser


def add(commands: Commands, name: str, help: str, examples: str) -> argparse.ArgumentParser:
    """A command with one line on what it does, and examples, one a line, ``#`` before a remark."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=f"{help[:1].upper()}{help[1:]}.",
        epilog=_epilog(examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """For programs."""
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def run(parser: argparse.ArgumentParser, arguments: list[str] | None, failed: int = 1) -> int:
    """Run the ``act`` that the parsed arguments name; what goes wrong is told in one line.

    Returns:
        The exit status; ``failed`` when something went wrong.
    """
    if arguments is None:
        speak_utf8()
    options = parser.parse_args(arguments)
    try:
        status: int = options.act(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _close_output()
        return PIPE_CLOSED
    except MrnmeshError as error:
        return _tell(parser, error, failed)
    except sqlite3.DatabaseError as error:
        return _tell(parser, database_error(options.data, error), failed)
    except OSError as error:
        return _tell(parser, FileFails(why=error), failed)
    return status


def speak_utf8() -> None:
    """From now on UTF-8 in files, names of files, arguments and on the console.

    Where the locale says otherwise, Python has read the arguments in that already: this very
    process begins again in Python's UTF-8 mode. Windows has arguments and names as Unicode.
    """
    if sys.platform != "win32" and sys.getfilesystemencoding().lower() not in ("utf-8", "utf8"):
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        _to_utf8(stream)


def _to_utf8(stream: TextIO | Any) -> None:
    """A text stream that is not one of Python's own is left as it is."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace")


def _tell(parser: argparse.ArgumentParser, error: MrnmeshError, failed: int) -> int:
    print(f"{parser.prog}: {error}", file=sys.stderr)
    return failed


def database_error(folder: Path, error: sqlite3.DatabaseError) -> MrnmeshError:
    """What SQLite's error about the database in a data folder means."""
    if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
        return StoreDamaged(path=folder, why=error)
    return StoreFails(path=folder, why=error)


def _close_output() -> None:
    """Nobody reads any more: let the interpreter's last flush go nowhere."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, sys.stdout.fileno())
    os.close(descriptor)


def add_data_option(parser: argparse.ArgumentParser, folder: Path, variable: str) -> None:
    """Which data folder."""
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ[variable]) if os.environ.get(variable) else folder,
        metavar="FOLDER",
        help=f"data folder (%(default)s; ${variable} changes that)",
    )


def add_init_options(parser: argparse.ArgumentParser, daemon: Daemon) -> None:
    """What `sync.daemon.data_folder` needs of a new daemon."""
    parser.add_argument(
        "--listen", default=daemon.listen, metavar="HOST:PORT", help="the HTTP API (%(default)s)"
    )
    parser.add_argument(
        "--sync-listen",
        default=daemon.sync_listen,
        metavar="HOST:PORT",
        help="where others connect to sync (%(default)s)",
    )
    parser.add_argument(
        "--witness",
        type=Path,
        metavar="FILE",
        help="where issued numbers are remembered, outside the data folder",
    )


def print_json(value: object) -> None:
    """For programs."""
    print(as_json(value))


def as_json(value: object) -> str:
    """For programs, and for people who look at what they get."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _epilog(examples: str) -> str:
    return "examples:\n" + textwrap.indent(textwrap.dedent(examples).strip(), "  ")
