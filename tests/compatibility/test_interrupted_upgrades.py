"""An upgrade from version 0.1.0 whose computer loses its power at any of its writes.

The next start finishes it. Then the register says what one says that was upgraded undisturbed, and
the next number is the next one. What a power cut takes is decided by `tests.simulation.disk`.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from coordinator import config as coordinator_config
from node import config as node_config
from sync.engine import issuing
from sync.engine.issuing import Draft
from sync.model.facts import COORDINATOR, Allocator, Author, RecordId
from sync.storage import schema
from sync.trust import authority
from sync.trust.authority import Issuer
from sync.trust.credentials import Credentials, TrustedAuthorities
from tests.clinic import PERSON, START_MS
from tests.compatibility.kept import CLINIC, Kept
from tests.faults import Crash
from tests.projection import difference, projection
from tests.simulation import wide_clinic
from tests.simulation.ground import IN_RECOVERY
from tests.simulation.layer import layer, why_unavailable
from tests.simulation.wide_clinic import Turns, WideDesk

WHY = why_unavailable()
pytestmark = pytest.mark.skipif(WHY is not None, reason=f"no layer below the files: {WHY}")

OLD_PC = Author("OLD-PC")
NEXT = {"node": "1000005", "coordinator": "500122"}
"""The next number out of a range that each of the two gives."""

SPREAD = 6
"""So many moments of each upgrade are tried in the quick run."""

TRUTH = (
    "shards",
    "runs",
    "facts",
    "cursors",
    "answers",
    "holder_changes",
    "changes",
    "webhooks",
    "reprinted",
    "users",
    "api_keys",
    "audit",
)
"""The tables that are not made again from facts, and that version 0.1.0 had in some form."""


class Owner(NamedTuple):
    """What `WideDesk` needs of a clinic."""

    folder: Path
    random: random.Random
    coordinator_key: Any
    now_ms: int
    run: Any


class OldComputer(WideDesk):
    """A computer with what a daemon of version 0.1.0 kept, on a disk that is watched."""

    def __init__(self, kind: str, folder: Path, seed: int) -> None:
        kept = Kept(kind, folder / "kept")
        load = coordinator_config.load if kind == "coordinator" else node_config.load
        config: Any = load(kept.folder)
        signer = config.signer()
        key = signer if kind == "coordinator" else _Key(config.coordinator_key)
        author = COORDINATOR if kind == "coordinator" else config.code
        owner: Any = Owner(folder, random.Random(seed), key, START_MS, Turns().wait_for)
        self.is_open = False
        self.place(owner, kind, author, signer)
        shutil.copytree(kept.folder, self.folder)
        self.witness_path.parent.mkdir()
        shutil.copy(kept.witness, self.witness_path)
        self.disk.settle(self.home)

    def start(self) -> None:
        """What the daemon does at its start."""
        self.open()
        if self.is_coordinator:
            authority.make(self.folder, self.signer.public_key)
            self.write(lambda tx: self.arbiter.recovery.look_back(tx, self.witness))
            self.judge_pending()

    def start_and_die(self, write: int) -> bool:
        """Start, while the power goes at the n-th write; False if there are not so many."""
        self.disk.die_at(write)
        with contextlib.suppress(Crash, sqlite3.Error, OSError):
            self.start()
        if not self.disk.dead:
            self.disk.heal()
            return False
        self.cut_power()
        return True

    def says(self) -> dict[str, Any]:
        """All that is in the register, with the ids by which clients know people."""
        found: dict[str, Any] = {table: self.query(f"SELECT * FROM {table}") for table in TRUTH}
        found["ids"] = self.query("SELECT id, fact FROM patients ORDER BY id")
        found["set back"] = self.writer.store.meta.set_back
        found["recovery"] = self.query(IN_RECOVERY)
        found["schema"] = self.query("PRAGMA user_version")
        found["sound"] = self.query("PRAGMA integrity_check")
        found["incarnation"] = self.writer.identity.incarnation
        found["feed epoch"] = self.writer.store.local.feed_epoch
        return found

    def next_number(self) -> str:
        """Register somebody, out of a range."""
        terminal = OLD_PC if self.is_coordinator else self.author
        allocator = Allocator.COORDINATOR if self.is_coordinator else Allocator.NODE
        draft = Draft(RecordId(bytes(16)), terminal, PERSON, "2026-01-05T12:00:00+05:00")
        registered = self.clinic.run(
            self.replica.register(
                self.author,
                draft,
                lambda tx: issuing.from_range(tx, terminal, allocator, self.witness),
            )
        )
        assert registered.issued is not None
        return str(registered.issued.mrn)

    def require_certificates(self) -> None:
        """Fail unless a coordinator's authority is whole."""
        issuer = Issuer(self.folder, self.signer.public_key)
        standing = TrustedAuthorities(frozenset(), frozenset())
        Credentials(self.folder, issuer.current.facility, lambda: standing)


class _Key(NamedTuple):
    public_key: bytes


@pytest.fixture(autouse=True)
def watched(monkeypatch):
    monkeypatch.setattr(wide_clinic, "machine_id", lambda: CLINIC["computer"])
    with wide_clinic.installed():
        yield


class Undisturbed(NamedTuple):
    """How many writes an upgrade makes, and what the register says after it."""

    writes: int
    says: dict[str, Any]
    tables: Any


def undisturbed(kind: str, folder: Path) -> Undisturbed:
    computer = OldComputer(kind, folder, seed=0)
    computer.disk.die_at(0)
    computer.start()
    writes = computer.disk.writes
    found = Undisturbed(writes, computer.says(), projection(computer))
    assert found.says["schema"] == [(schema.VERSION,)]
    assert (found.says["set back"], found.says["recovery"]) == (None, [])
    assert computer.next_number() == NEXT[kind]
    computer.close()
    return found


def check(kind: str, folder: Path, expected: Undisturbed, write: int) -> None:
    """The power goes at a write of the upgrade, and for every third once more at the next start."""
    computer = OldComputer(kind, folder, seed=write)
    try:
        assert computer.start_and_die(write)
        if write % 3 == 0:
            computer.start_and_die(1 + write // 3)
            computer.close()
        computer.start()
        said = computer.says()
        for what, rows in expected.says.items():
            assert said[what] == rows, f"{what}, write {write}"
        assert not difference(expected.tables, projection(computer)), f"write {write}"
        if kind == "coordinator":
            computer.require_certificates()
        assert computer.next_number() == NEXT[kind]
        computer.close()
    finally:
        layer().disks.clear()
        shutil.rmtree(folder)


@pytest.mark.parametrize("kind", ["coordinator", "node"])
def test_an_upgrade_without_power_is_finished_at_the_next_start(kind, tmp_path):
    expected = undisturbed(kind, tmp_path / "undisturbed")
    step = max(1, expected.writes // SPREAD)
    for write in {*range(1, expected.writes, step), expected.writes}:
        check(kind, tmp_path / str(write), expected, write)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["coordinator", "node"])
def test_an_upgrade_without_power_at_any_write_is_finished_at_the_next_start(kind, tmp_path):
    expected = undisturbed(kind, tmp_path / "undisturbed")
    for write in range(1, expected.writes + 1):
        check(kind, tmp_path / str(write), expected, write)
