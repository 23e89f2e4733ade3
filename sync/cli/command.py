"""What the command lines have in common: errors, logging, options, help, JSON."""

from __future__ import annotations

import argparse
import json
import os
import re
import sqlite3
import sys
import textwrap
from pathlib import Path
from typing import Any, Final, NoReturn, TextIO

from sync.cli.errors import FileFails
from sync.daemon.daemons import Daemon
from sync.errors import MrnmeshError
from sync.reading.faults import fault_of
from sync.version import version

INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141

_Q: Final = "'"
_WRONG_NUMBER: Final = re.compile(r"invalid (?:int|float) value: (.*)$")
_WRONG_CHOICE: Final = re.compile(r"invalid choice: (.*) \(choose from (.*)\)$")

Commands = Any
"""What ``add_subparsers`` returns, whose class is argparse's own; see `add`."""


class _Parser(argparse.ArgumentParser):
    """Explains the most common mistake: ``--data`` after the command."""

    def error(self, message: str) -> NoReturn:
        """Report what is wrong, and end the program."""
        if message.startswith("unrecognized arguments: ") and "--data" in message:
            message = f"--data goes in front of the command: {self.prog} --data FOLDER COMMAND"
        super().error(_plain_words(message))


def _plain_words(message: str) -> str:
    """What `argparse` says is wrong, without the types and quotes of Python."""
    said = message.removeprefix("argument ")
    said = _WRONG_NUMBER.sub(r"\1 is not a number", said)
    return _WRONG_CHOICE.sub(
        lambda found: f"{found[1]} is none of {found[2].replace(_Q, '')}", said
    )


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
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def run(parser: argparse.ArgumentParser, arguments: list[str] | None, failed: int = 1) -> int:
    """Run the ``act`` that the parsed arguments name; an error is reported in one line.

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
        return _report(parser, error, failed)
    except sqlite3.Error as error:
        return _report(parser, fault_of(error, options.data), failed)
    except OSError as error:
        return _report(parser, FileFails.of(error), failed)
    return status


def speak_utf8() -> None:
    """Use UTF-8 from now on for files, file names, arguments and the console.

    If the locale has another encoding, Python has decoded the arguments with that already, so this
    process starts itself again in Python's UTF-8 mode. On Windows arguments and names are Unicode.
    """
    if sys.platform != "win32" and sys.getfilesystemencoding().lower() not in ("utf-8", "utf8"):
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        _to_utf8(stream)


def _to_utf8(stream: TextIO | Any) -> None:
    """Switch a stream to UTF-8, unless a test or a tool has replaced it by another kind."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace")


def _report(parser: argparse.ArgumentParser, error: MrnmeshError, failed: int) -> int:
    print(f"{parser.prog}: {error}", file=sys.stderr)
    return failed


def _close_output() -> None:
    """Nobody reads the output any more: keep the interpreter's last flush from failing."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, sys.stdout.fileno())
    os.close(descriptor)


def add_data_option(parser: argparse.ArgumentParser, folder: Path, variable: str) -> None:
    """Add ``--data``; by default it is what the variable ``variable`` says, else ``folder``."""
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ[variable]) if os.environ.get(variable) else folder,
        metavar="FOLDER",
        help=f"data folder (%(default)s; ${variable} changes that)",
    )


def add_init_options(parser: argparse.ArgumentParser, daemon: Daemon) -> None:
    """Add where a new daemon listens, and where its witness is."""
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
    """Print a value as JSON."""
    print(as_json(value))


def as_json(value: object) -> str:
    """A value as JSON that people can read too."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _epilog(examples: str) -> str:
    return "examples:\n" + textwrap.indent(textwrap.dedent(examples).strip(), "  ")
