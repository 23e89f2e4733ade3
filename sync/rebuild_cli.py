"""The command ``rebuild`` of both daemons: all tables made again from the facts."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from sync import command, search
from sync.lock import FolderLock
from sync.place import Place
from sync.replica import DATABASE, shell
from sync.store import Store
from sync.writer import Writer


def add(
    commands: command.Commands,
    program: str,
    place_of: Callable[[Path], tuple[Place, bytes]],
) -> None:
    """Add it; ``place_of`` gives the place of a data folder and the coordinator's public key."""
    parser = command.add(
        commands,
        "rebuild",
        "make all tables again from the facts, while the daemon is stopped",
        f"""
        {program} rebuild         # nothing is lost by it: the facts stay, and so do all ids
        {program} rebuild --json
        """,
    )
    command.add_json_option(parser)

    def act(options: argparse.Namespace) -> int:
        begun = time.monotonic()
        facts, people = rebuild(*place_of(options.data), Progress(sys.stderr))
        seconds = round(time.monotonic() - begun, 1)
        if options.json:
            command.print_json({"facts": facts, "people": people, "seconds": seconds})
        else:
            print(f"{people} people, from {facts} facts, in {seconds} s. Start the daemon again.")
        return 0

    parser.set_defaults(act=act)


def rebuild(
    place: Place, coordinator_key: bytes, told: Callable[[int, int], None]
) -> tuple[int, int]:
    """Make tables and search index again; gives how many facts there are, and how many people.

    It is one transaction: if it is interrupted, all is as before.

    Args:
        told: called again and again with how many facts are done, and how many there are.

    Raises:
        StoreLocked: the daemon is running.
        StoreError, BadConfig: the database or the key cannot be used.
    """
    lock = FolderLock(place.folder)
    try:
        store = Store.open(place.folder / DATABASE)
        try:
            writer = Writer(store, place.signer(), coordinator_key, shell())
            total = store.connection.execute("SELECT count(*) FROM facts").fetchone()[0]
            facts = writer.rebuild(lambda done: told(done, total))
            while search.index_some(store.connection):
                pass
            people = store.connection.execute("SELECT count(*) FROM patients").fetchone()[0]
        finally:
            store.close()
    finally:
        lock.release()
    return facts, people


class Progress:
    """Says on a terminal how far it is; elsewhere nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = -1

    def __call__(self, done: int, total: int) -> None:
        """``done`` of ``total`` are done."""
        percent = 100 * done // max(total, 1)
        if self._stream.isatty() and percent != self._shown:
            self._shown = percent
            end = "\n" if done >= total else ""
            print(
                f"\r{done} of {total} facts ({percent} %)", end=end, file=self._stream, flush=True
            )
