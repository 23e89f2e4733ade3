"""The command ``rebuild`` of both daemons: all tables made again from the facts."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from sync.cli import command
from sync.cli.progress import progress
from sync.daemon.data_folder import DataFolder
from sync.engine.replica import DATABASE, shell
from sync.engine.writer import Writer
from sync.storage import search
from sync.storage.lock import FolderLock
from sync.storage.store import Store


def add(
    commands: command.Commands,
    program: str,
    place_of: Callable[[Path], DataFolder],
) -> None:
    """Add it; ``place_of`` reads the settings of a data folder."""
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
        with progress() as tell:
            facts, people = rebuild(
                place_of(options.data), lambda done, total: tell("facts", done, total)
            )
        seconds = round(time.monotonic() - begun, 1)
        if options.json:
            command.print_json({"facts": facts, "people": people, "seconds": seconds})
        else:
            print(f"{people} people, from {facts} facts, in {seconds} s. Start the daemon again.")
        return 0

    parser.set_defaults(act=act)


def rebuild(place: DataFolder, told: Callable[[int, int], None]) -> tuple[int, int]:
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
            writer = Writer(store, place.signer(), shell())
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
