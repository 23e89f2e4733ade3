"""What the command lines have in common: errors, logging, options, help, JSON."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import signal
import sqlite3
import sys
import textwrap
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn, TextIO

from sync.daemon import data_folder
from sync.daemon.daemons import Daemon
from sync.errors import BadOption, MrnmeshError
from sync.model import causes
from sync.reading.faults import fault_of
from sync.upkeep import neighbours
from sync.version import version

UNFORESEEN: Final = 70
"""Exit status when the command itself is at fault (EX_SOFTWARE of sysexits.h)."""
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141

_FORMER_WHO: Final = (
    "not used any more: a decision is that of the user who is signed in (--user), or of the API key"
)
_Q: Final = "'"
_WRONG_NUMBER: Final = re.compile(r"invalid (?:int|float) value: (.*)$")
_TOGETHER: Final = re.compile(r"(\S+): not allowed with argument (\S+)$")
_WRONG_CHOICE: Final = re.compile(r"invalid choice: (.*) \(choose from (.*)\)$")

DATA: Final = "--data"
NODE: Final = "--node"
DEBUG: Final = "--debug"
FOLDERS: Final = (DATA, NODE)
"""Options for folders, which can stand before the command and behind it, as `DEBUG` can."""

Commands = Any
"""What ``add_subparsers`` returns, whose class is argparse's own; see `add`."""


class Part(NamedTuple):
    """Commands that are added together: their ``names``, in order, and what adds them."""

    names: tuple[str, ...]
    add: Callable[[Commands], object]


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with arguments in words, and takes no option by its first letters.

    ``--dat lab1`` would be taken for ``--data``, and by nobody who looks whether that was given.
    """

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **how})

    def error(self, message: str) -> NoReturn:
        """Report what is wrong, and end the program."""
        super().error(_plain_words(message))


def _plain_words(message: str) -> str:
    """What `argparse` says is wrong, without the types and quotes of Python."""
    said = message.removeprefix("argument ")
    said = _TOGETHER.sub(r"\1 and \2 cannot be given together", said)
    said = _WRONG_NUMBER.sub(r"\1 is not a number", said)
    return _WRONG_CHOICE.sub(
        lambda found: f"{found[1]} is none of {found[2].replace(_Q, '')}", said
    )


def new_parser(
    prog: str, description: str, examples: str, daemon: Daemon
) -> argparse.ArgumentParser:
    """The parser of a program that works on the data folder of a daemon."""
    parser = _Parser(
        prog=prog,
        description=description,
        epilog=_epilog(examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    variable = daemon.data_variable
    parser.add_argument(
        DATA,
        type=Path,
        default=Path(os.environ[variable]) if os.environ.get(variable) else daemon.folder,
        metavar="FOLDER",
        help=f"data folder (%(default)s; ${variable} changes that); before or behind the command",
    )
    parser.add_argument(
        DEBUG, action="store_true", help="show where it happened when a command fails unforeseen"
    )
    parser.set_defaults(data_named=False, daemon=daemon)
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


def add_commands(parser: argparse.ArgumentParser) -> Commands:
    """Let a program have commands."""
    return parser.add_subparsers(required=True, metavar="COMMAND")


def add_parts(commands: Commands, parts: Sequence[Part], name: str | None = None) -> None:
    """Add the commands of a program: those of the part that has ``name``, or all if none has it.

    Adding a hundred of them takes longer than most commands do.
    """
    for part in [one for one in parts if name in one.names] or parts:
        part.add(commands)


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def add_former_who_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--who``, by which versions up to 0.2.0 were told who decides."""
    parser.add_argument(
        "--who",
        dest="former_who",
        metavar="NAME",
        help=_FORMER_WHO,
    )


def run(
    parser: argparse.ArgumentParser,
    arguments: list[str] | None,
    failed: int = 1,
    parts: Sequence[Part] = (),
) -> int:
    """Run the ``act`` that the parsed arguments name; an error is reported in one line.

    Args:
        parts: the commands, unless the parser has them.

    Returns:
        The exit status; ``failed`` when something went wrong.
    """
    if arguments is None:
        speak_utf8()
        _end_in_order()
    given = sys.argv[1:] if arguments is None else arguments
    commands = add_commands(parser) if parts else None
    _require_text(parser, given)
    ordered = _folders_first(parser, given)
    _require_known(parser, ordered)
    if commands is not None:
        add_parts(commands, parts, _command_in(ordered))
    options = parser.parse_args(ordered)
    options.data_named = _is_named(given, DATA)
    if getattr(options, "former_who", None) is not None:
        print(f"{parser.prog}: --who is {_FORMER_WHO}.", file=sys.stderr)
    failed = getattr(options, "failed", failed)
    try:
        _require_compatible(options, given)
        status: int = options.act(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _close_output()
        return PIPE_CLOSED
    except MrnmeshError as error:
        return _report(parser, options, error, failed)
    except sqlite3.Error as error:
        return _report(parser, options, fault_of(error, options.data), failed)
    except OSError as error:
        return _report(parser, options, causes.as_error(error), failed)
    except Exception as error:
        return _tell_unforeseen(parser, options, error)
    return status


def _tell_unforeseen(
    parser: argparse.ArgumentParser, options: argparse.Namespace, error: Exception
) -> int:
    """Say in a sentence that the command itself is at fault, and where; the frames if wanted.

    The text of the error is left out, because it may quote what somebody entered.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    if options.debug:
        print("".join(traceback.format_exception(error)), end="", file=sys.stderr)
    more = "Report that" if options.debug else f"Report that, with what it shows with {DEBUG}"
    print(
        f"{parser.prog}: This command has failed in a way that was not foreseen "
        f"({type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}), and what it had "
        f"begun may not be done: look before you repeat it. {more}.",
        file=sys.stderr,
    )
    return UNFORESEEN


def exclude(parser: argparse.ArgumentParser, option: str, *others: str, why: str) -> None:
    """Refuse ``option`` together with one of the ``others``, in a sentence that ends with why.

    An option that would be taken and mean nothing misleads whoever has given it.
    """
    known = parser.get_default("excluded") or ()
    parser.set_defaults(excluded=(*known, (option, others, why)))


def _require_compatible(options: argparse.Namespace, given: list[str]) -> None:
    """Pass only if no two options were given that exclude each other; see `exclude`.

    Raises:
        BadOption: names both.
    """
    for option, others, why in getattr(options, "excluded", ()):
        for other in others:
            if _is_named(given, option) and _is_named(given, other):
                raise BadOption(option=f"{other} together with {option}", why=why)


def _end_in_order() -> None:
    """Let what a command has begun be tidied up when the system ends it, as after Ctrl-C.

    A daemon listens in its own way while it runs, see `sync.daemon.stopping`.
    """
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _exit)


def _exit(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough, and tidying up takes a moment
    sys.exit(128 + number)


def _folders_first(parser: argparse.ArgumentParser, arguments: list[str]) -> list[str]:
    """The arguments with `DEBUG` and the options that name a folder in front of the command.

    No argument of any other option looks like one of these: argparse refuses a value that begins
    with a dash. What stands behind ``--`` is left as it is.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    first: dict[str, str] = {}
    rest: list[str] = []
    debug: list[str] = []
    words = iter(arguments[:end])
    for word in words:
        option, equals, value = word.partition("=")
        if word == DEBUG:
            debug = [DEBUG]
            continue
        if option not in FOLDERS:
            rest.append(word)
            continue
        if not equals:
            value = next(words, "-")
            if value.startswith("-"):
                parser.error(f"argument {option}: expected one argument")
        if first.setdefault(option, value) != value:
            parser.error(f"{option} names two folders: {first[option]} and {value}")
    front = [f"{option}={value}" for option, value in first.items()]
    return [*front, *debug, *rest, *arguments[end:]]


def _require_text(parser: argparse.ArgumentParser, arguments: list[str]) -> None:
    """Refuse an argument that is no text, unless it is the name of a file that is there."""
    for word in arguments:
        try:
            word.encode()
        except UnicodeEncodeError:
            if not os.path.exists(word.partition("=")[2] or word):
                parser.error(f"{word!a} is no text in UTF-8: type it again")


def _require_known(parser: argparse.ArgumentParser, arguments: list[str]) -> None:
    """Refuse an option before the command that nobody knows.

    argparse would take the value behind it for the command, and say that there is no such command.
    """
    known = parser._option_string_actions
    for word in arguments:
        name = word.partition("=")[0]
        if not word.startswith("--") or word == "--":
            return
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f": is {near[0]} meant?" if near else ""
            parser.error(f"there is no option {name} before the command{hint}")


def _command_in(arguments: list[str]) -> str | None:
    """The command that ordered arguments name; None where help on all of them is asked for."""
    for word in arguments:
        if not word.startswith("-"):
            return word
        if word in ("-h", "--help"):
            return None
    return None


def _is_named(arguments: list[str], option: str) -> bool:
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return any(word.partition("=")[0] == option for word in arguments[:end])


def pasteable(options: argparse.Namespace, text: str) -> str:
    """A text whose hints name commands that can be typed as they stand.

    If this command was given a data folder, those of the same daemon need it too.
    """
    if not options.data_named:
        return text
    return data_folder.pasteable(text, options.daemon, options.data)


def say(options: argparse.Namespace, text: str) -> None:
    """Print a text of several lines whose hints can be pasted."""
    print(pasteable(options, text))


def tell_clashes(options: argparse.Namespace) -> None:
    """Say on standard error with which other data folder a new one cannot run at the same time."""
    for clash in neighbours.clashes(options.data, (options.listen, options.sync_listen)):
        print(
            f"{clash} Change `listen` or `sync_listen` in the settings of one of them.",
            file=sys.stderr,
        )


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


def _report(
    parser: argparse.ArgumentParser, options: argparse.Namespace, error: MrnmeshError, failed: int
) -> int:
    print(f"{parser.prog}: {pasteable(options, str(error))}", file=sys.stderr)
    return failed


def _close_output() -> None:
    """Nobody reads the output any more: keep the interpreter's last flush from failing."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, sys.stdout.fileno())
    os.close(descriptor)


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
