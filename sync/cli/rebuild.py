"""The command ``rebuild`` of both daemons: all tables made again from the facts."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from sync.cli import command
from sync.cli.program import Program
from sync.cli.progress import progress
from sync.daemon.daemon_settings import DaemonSettings, S
from sync.engine.replica import DATABASE, shell
from sync.engine.writer import Writer
from sync.model import phrases
from sync.storage import search
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.upkeep.errors import RecordsUnproven
from sync.upkeep.records import changed


def add(commands: command.Commands, program: Program[S]) -> None:
    """Add the command."""
    parser = command.add(
        commands,
        "rebuild",
        "make all tables again from the records, while the daemon is stopped",
        f"""
        {program.name} rebuild         # nothing is lost by it: the records stay, and so do all ids
        {program.name} rebuild --json
        """,
    )
    command.add_json_option(parser)
    parser.set_defaults(act=lambda options: _rebuild(options, program))


def _rebuild(options: argparse.Namespace, program: Program[S]) -> int:
    begun = time.monotonic()
    settings = program.kind.load(options.data)
    with progress() as tell:
        facts, people = rebuild(
            settings,
            program.coordinator_key(settings),
            lambda done, total: tell("records", done, total),
        )
    seconds = round(time.monotonic() - begun, 1)
    if options.json:
        command.print_json({"facts": facts, "people": people, "seconds": seconds})
    else:
        command.say(
            options,
            f"{phrases.people(people)}, from {phrases.count(facts, 'record')}, in {seconds} s. "
            f"Start the daemon again: `{program.name} run`.",
        )
    return 0


def rebuild(
    settings: DaemonSettings, coordinator_key: bytes, tell: Callable[[int, int], None]
) -> tuple[int, int]:
    """Make tables and search index again, and return how many facts and people there are.

    It is one transaction: if it is interrupted, all is as before.

    Args:
        tell: called again and again with how many facts are done, and how many there are.

    Raises:
        StoreLocked: the daemon is running.
        StoreError, BadConfig: the database or the key cannot be used.
        RecordsUnproven: records have changed or are missing, and only the tables prove which.
    """
    lock = FolderLock(settings.folder)
    try:
        store = Store.open(settings.folder / DATABASE)
        try:
            changed.mend_all(store)
            if known := changed.known_to_tables(store):
                raise RecordsUnproven(path=settings.folder, what=changed.text_of(known))
            writer = Writer(store, settings.signer(), shell())
            total = store.connection.execute("SELECT count(*) FROM facts").fetchone()[0]
            facts = writer.rebuild(lambda done: tell(done, total))
            search.keep_to_rule(store.meta, settings.region)
            while search.index_some(store.connection, settings.region):
                pass
            people = store.connection.execute("SELECT count(*) FROM patients").fetchone()[0]
        finally:
            store.close()
    finally:
        lock.release()
    return facts, people
