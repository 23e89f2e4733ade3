"""A database for tests of backups: filled, looked into, damaged."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zipfile


def add_facts(store, count):
    first = store.connection.execute("SELECT count(*) FROM facts").fetchone()[0]
    rows = [(clock, os.urandom(1000)) for clock in range(first, first + count)]
    store.connection.execute("BEGIN")
    store.connection.executemany("INSERT INTO facts VALUES (1, ?, NULL, ?)", rows)
    store.connection.execute("COMMIT")


def facts_in(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*) FROM facts").fetchone()[0]


def break_pages(path):
    """Overwrite pages in the middle of a database with noise."""
    with path.open("r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xaa" * 30 * 4096)


def repacked(made, change):
    """The same backup with its members changed by somebody who knows the format."""
    with zipfile.ZipFile(made) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    change(members)
    with zipfile.ZipFile(made, "w") as packed:
        for name, data in members.items():
            packed.writestr(name, data)
