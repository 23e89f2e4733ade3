"""What the command lines have in common: errors, logging, options, JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sqlite3
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Final

from sync.errors import FileFails, MrnmeshError, StoreDamaged, StoreFails

INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141
_DAMAGED: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def run(parser: argparse.ArgumentParser, arguments: list[str] | None) -> int:
    """Run the ``act`` that the parsed arguments name; what goes wrong is told in one line.

    Returns:
        The exit status.
    """
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
        return _tell(parser, error)
    except sqlite3.DatabaseError as error:
        return _tell(parser, _of_database(options.data, error))
    except OSError as error:
        return _tell(parser, FileFails(why=error))
    return status


def _tell(parser: argparse.ArgumentParser, error: MrnmeshError) -> int:
    print(f"{parser.prog}: {error}", file=sys.stderr)
    return 1


def _of_database(folder: Path, error: sqlite3.DatabaseError) -> MrnmeshError:
    if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
        return StoreDamaged(path=folder, why=error)
    return StoreFails(path=folder, why=error)


def _close_output() -> None:
    """Nobody reads any more: let the interpreter's last flush go nowhere."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, sys.stdout.fileno())
    os.close(descriptor)


def run_daemon(daemon: Coroutine[object, object, None]) -> int:
    """Run a daemon to its end, with its log on standard error."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    asyncio.run(daemon)
    return 0


def add_data_option(parser: argparse.ArgumentParser, folder: Path) -> None:
    """Which data folder."""
    parser.add_argument(
        "--data", type=Path, default=folder, metavar="FOLDER", help="data folder (%(default)s)"
    )


def add_place_options(parser: argparse.ArgumentParser, listen: str, sync_listen: str) -> None:
    """What `sync.place` needs of a new daemon."""
    parser.add_argument(
        "--listen", default=listen, metavar="HOST:PORT", help="the HTTP API (%(default)s)"
    )
    parser.add_argument(
        "--sync-listen", default=sync_listen, metavar="HOST:PORT", help="replicas (%(default)s)"
    )
    parser.add_argument(
        "--witness",
        type=Path,
        metavar="FILE",
        help="where issued numbers are remembered, outside the data folder",
    )


def print_json(value: object) -> None:
    """For programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False))
