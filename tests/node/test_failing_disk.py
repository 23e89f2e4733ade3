"""A desk whose disk fails and whose power is cut, again and again: it goes on with its ranges."""

import random
import sqlite3
from pathlib import Path

import pytest

from sync.errors import MrnmeshError
from sync.storage.queries import roll_back
from sync.witness.memory import Witness
from tests.clinic import Clinic, Desk, pull
from tests.faults import Crash
from tests.node.test_accidents import give, print_sheet, said, start, supply


class Disk:
    """Commits fail on it, and may come to light when the power is cut after that.

    ``failed`` are the databases with one of these commits each, since the last one that did not.
    """

    def __init__(self, lab: Desk) -> None:
        self.lab = lab
        self.failed: list[sqlite3.Connection] = []

    def fail(self) -> None:
        """The next commit does: nobody can see it, and its log is on the disk nevertheless."""
        connection = self.lab.connection
        before = _copy(connection.real)

        def execute(sql, values=()):
            if sql != "COMMIT":
                return type(connection).execute(connection, sql, values)
            del connection.execute
            connection.real.execute(sql)
            self.failed.append(_copy(connection.real))
            before.backup(connection.real)
            raise sqlite3.OperationalError("disk I/O error")

        connection.execute = execute

    def cut(self, chance: random.Random) -> None:
        """The power is cut; one of the commits that failed may be there then."""
        found = chance.choice([*self.failed, None])
        self.lab.connection.__dict__.pop("execute", None)
        roll_back(self.lab.connection)
        self.lab.close()
        if found is not None:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.lab.path}{suffix}").unlink(missing_ok=True)
            there = sqlite3.connect(self.lab.path)
            found.backup(there)
            there.execute("PRAGMA journal_mode = WAL")
            there.close()
        self.failed.clear()
        self.lab.open(sign=False)


def _copy(real: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:")
    real.backup(copy)
    return copy


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


def use_a_number(lab: Desk, chance: random.Random) -> list[int]:
    """Give, print or supply numbers; return those that somebody was shown."""
    kind = chance.randrange(6)
    if kind < 3:
        return give(lab, 1)
    if kind == 3:
        print_sheet(lab, chance.randrange(1, 6))
        return []
    cursor = chance.choice(lab.writer.store.cursors.all())
    below, above = cursor.range.start, max(cursor.cursor, cursor.range.start)
    supply(lab, chance.randint(below, above) if kind == 4 else above + chance.randint(1, 4))
    return []


@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(one, marks=pytest.mark.soak) for one in range(8, 60))]
)
def test_whatever_fails_a_desk_goes_on_and_gives_no_number_twice(clinic, tmp_path, seed):
    chance, path = random.Random(seed), tmp_path / "witness"
    lab = clinic.desk("LAB1-PC", "710000-710039")
    clinic.grant_range("LAB1-PC", "720000-720039")
    pull(lab, clinic.coordinator)
    Witness.create(path, "machine", 0)
    start(lab, path)
    disk, given = Disk(lab), []
    for _ in range(40):
        what = chance.choice(["fine", "fails", "cut before", "cut after", "ends"])
        try:
            if what == "fails":
                disk.fail()
            elif what == "cut before":
                lab.connection.fail_at_commit()
            elif what == "cut after":
                lab.connection.fail_after_commit()
            if what != "ends":
                given += use_a_number(lab, chance)
                disk.failed.clear()
        except Crash:
            if what == "cut after":
                disk.failed.clear()
            disk.cut(chance)
            start(lab, path)
        except (MrnmeshError, sqlite3.OperationalError):
            lab.connection.__dict__.pop("execute", None)
            lab.connection.heal()
        if what == "ends":
            if chance.randrange(2):
                lab.witness.settle()
            disk.cut(chance)
            start(lab, path)
        assert said(lab) == ""
        assert {cursor.closed for cursor in lab.writer.store.cursors.all()} == {None}
    assert given
    assert len(given) == len(set(given))
