"""What the command lines have in common: errors, logging, options, JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Coroutine
from pathlib import Path

from sync.errors import MrnmeshError


def run(parser: argparse.ArgumentParser, arguments: list[str] | None) -> int:
    """Run the ``act`` that the parsed arguments name; an error of ours is told in one line.

    Returns:
        The exit status.
    """
    options = parser.parse_args(arguments)
    try:
        status: int = options.act(options)
    except MrnmeshError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return status


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
