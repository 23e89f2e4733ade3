"""All pairs of a desk's files, each of some time or of another desk, started by a real daemon.

Whatever lies beside whatever: either the daemon does not start, and says what to do, or it starts
and an alarm says what is missing, or nobody is missing. No number is given twice, and no file that
may hold somebody is gone.
"""

import asyncio
import errno
import itertools
import os
import re
import shutil
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from node import config as node_config
from node import daemon as node_daemon
from node.backups import KIND, begin_set_back
from sync.daemon.data_folder import KEY_FILE
from sync.engine.issuing import Draft
from sync.engine.replica import DATABASE
from sync.errors import MrnmeshError, StoreNoRoom
from sync.model.facts import RecordId
from sync.storage import belonging
from sync.upkeep import backup, set_back
from sync.witness.machine import machine_id
from sync.witness.memory import Witness
from tests import damage
from tests.clinic import PERSON, START_MS
from tests.daemons import new_desk, open_hub

OTHER = "LAB2-PC"
DATABASES = ("old", "new", "hot", "backup", "missing", "empty", "other")
WALS = ("old", "new", "missing", "empty", "other")
WITNESSES = ("old", "new", "missing", "empty", "other")
KEYS = ("new", "missing", "empty", "other")
SETTINGS = ("new", "missing", "empty", "other")


class Kept(NamedTuple):
    """Copies of a desk's files, by file and state; who was told which number, until when."""

    files: dict[str, dict[str, bytes]]
    shown: frozenset[str]
    shown_then: frozenset[str]
    witness: Path
    folder: Path


async def register(daemon: Any) -> str:
    """Register somebody offline; gives the number."""
    person = PERSON | {"address": "x" * 400}
    record, terminal = RecordId(os.urandom(16)), daemon._config.code
    draft = Draft(record, terminal, person, "2026-01-05T12:00:00+05:00")
    registered = await daemon._allocator.register(daemon._replica, draft, True)
    return str(registered.issued.mrn)


async def lived(folder: Path, desk: Any) -> Kept:
    """A desk that registers people, with copies of its files on the way."""
    data, witness = desk.config.folder, desk.config.witness
    files: dict[str, dict[str, bytes]] = {
        name: {"empty": b""}
        for name in ("register.db", "register.db-wal", "witness", "key", "toml")
    }
    files["key"]["new"] = (data / "signing-key.pem").read_bytes()
    files["toml"]["new"] = (data / "node.toml").read_bytes()

    def keep(state: str, *names: str) -> None:
        for name in names:
            path = witness if name == "witness" else data / name
            files[name][state] = path.read_bytes()

    shown = []
    async with node_daemon.opened(desk.config) as daemon:
        shown += [await register(daemon) for _ in range(5)]
        keep("old", "register.db-wal")
    keep("old", "register.db", "witness")
    old = frozenset(shown)
    packed = backup.make(KIND.source(desk.config), folder, START_MS).path
    with zipfile.ZipFile(packed) as content:
        files["register.db"]["backup"] = content.read("register.db")
    async with node_daemon.opened(desk.config) as daemon:
        shown += [await register(daemon) for _ in range(30)]
        checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)"
        daemon._replica._writer.store.connection.execute(checkpoint)
        shown += [await register(daemon) for _ in range(5)]
        keep("hot", "register.db")
        keep("new", "register.db-wal", "witness")
    keep("new", "register.db")
    return Kept(files, frozenset(shown), old, witness, data)


async def make(folder: Path) -> Kept:
    async with open_hub(folder) as hub:
        desks = [await new_desk(folder, hub, "LAB1-PC", "710000-719999")]
        desks.append(await new_desk(folder, hub, OTHER, "720000-729999"))
        for desk in desks:
            async with desk.running(jobs=False):
                await desk.in_touch()
    mine, other = [await lived(folder, desk) for desk in desks]
    for name, states in mine.files.items():
        theirs = other.files[name]
        states["other"] = theirs.get("hot", theirs.get("new", b""))
    return mine


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return asyncio.run(make(tmp_path_factory.mktemp("desks")))


def _in_toml(path: Path) -> str:
    return str(path).replace("\\", "\\\\")


def lay(kept: Kept, states: dict[str, str], where: Path) -> Path:
    """A data folder with its files in these states; gives the folder."""
    data = where / "data"
    data.mkdir(parents=True)
    paths = {
        "register.db": data / "register.db",
        "register.db-wal": data / "register.db-wal",
        "witness": where / "witness",
        "key": data / "signing-key.pem",
        "toml": data / "node.toml",
    }
    for name, path in paths.items():
        state = states.get(name, "new")
        if state != "missing":
            path.write_bytes(kept.files[name][state])
    toml = paths["toml"]
    if toml.exists():
        text = toml.read_text(encoding="utf-8")
        theirs = kept.witness.with_name(f"{OTHER}.witness")
        for witness in (kept.witness, theirs):
            text = text.replace(_in_toml(witness), _in_toml(paths["witness"]))
        toml.write_text(text, encoding="utf-8")
    return data


async def start(data: Path) -> tuple[set[str], list[str], str]:
    """(numbers of everybody, alarms, number given or why none) of a daemon that is started."""
    config = node_config.load(data)
    async with node_daemon.opened(config) as daemon:
        await daemon._numbers.look()
        await daemon._upkeep._checkup.check_if_due()
        alarms = [alarm.code for alarm in daemon._alarms.now()]
        rows = await daemon._replica.read(
            lambda snapshot: snapshot.store.connection.execute(
                "SELECT claimed FROM patients"
            ).fetchall()
        )
        try:
            given = await register(daemon)
        except MrnmeshError as error:
            given = error.code
        return {mrn for (mrn,) in rows}, alarms, given


def holds(folder: Path, content: bytes) -> bool:
    return any(
        path.is_file() and path.read_bytes() == content for path in folder.rglob("register.db*")
    )


def check(kept: Kept, states: dict[str, str], where: Path) -> None:
    data = lay(kept, states, where)
    wal = states.get("register.db-wal", "missing")
    refusal, there, alarms, given = None, kept.shown, [], ""
    try:
        there, alarms, given = asyncio.run(start(data))
    except MrnmeshError as error:
        refusal = str(error)
    gone = kept.shown - there
    if refusal is not None:
        assert str(data) in refusal, f"it names no file: {refusal}"
    elif gone:
        assert {"set_back", "database_damaged"} & set(alarms), f"{len(gone)} vanish"
    assert given not in kept.shown, f"{given} is given again"
    if wal not in ("missing", "empty") and (refusal is not None or (gone and wal == "new")):
        assert holds(data, kept.files["register.db-wal"][wal]), "the WAL is gone"


NOBODY_KNOWS = [
    # Nothing outside the files knows better: they are those of one and the same earlier moment.
    {
        "register.db": database,
        "register.db-wal": wal,
        "witness": "old",
        "key": "new",
        "toml": "new",
    }
    for database in ("old", "backup")
    for wal in ("missing", "empty", "old")
]


CHOICES = {
    "register.db": DATABASES,
    "register.db-wal": WALS,
    "witness": WITNESSES,
    "key": KEYS,
    "toml": SETTINGS,
}


def pairs() -> list[dict[str, str]]:
    """States of all files, in which up to two are not as they should be."""
    base = dict.fromkeys(CHOICES, "new") | {"register.db": "hot"}
    seen = []
    for one, other in itertools.combinations(CHOICES, 2):
        for state, other_state in itertools.product(CHOICES[one], CHOICES[other]):
            states = base | {one: state, other: other_state}
            if states not in seen:
                seen.append(states)
    return seen


def threes() -> list[Any]:
    """And those in which none of the three files that belong together are as they should be.

    What is empty is so beside each single other file, too.
    """
    three = itertools.product(DATABASES, WALS, WITNESSES)
    found = [
        dict.fromkeys(CHOICES, "new") | dict(zip(CHOICES, states, strict=False)) for states in three
    ]
    return [
        pytest.param(states, marks=pytest.mark.soak if "empty" in states.values() else [])
        for states in found
        if states not in pairs() and states not in NOBODY_KNOWS
    ]


def name_of(states: dict[str, str]) -> str:
    return "-".join(states.values())


@pytest.mark.parametrize(
    "states",
    [
        {"register.db": "hot", "register.db-wal": "new"},
        {"register.db": "new", "register.db-wal": "missing"},
        {"register.db": "new", "register.db-wal": "empty"},
        {"register.db": "old", "register.db-wal": "missing", "witness": "old"},
    ],
    ids=name_of,
)
def test_files_that_belong_together_raise_no_alarm_and_give_the_next_number(kept, states, tmp_path):
    there, alarms, given = asyncio.run(start(lay(kept, states, tmp_path)))
    shown = kept.shown_then if states.get("witness") == "old" else kept.shown
    assert there == shown
    assert "set_back" not in alarms
    assert int(given) == max(map(int, shown)) + 1


RIGHT = {"register.db": "hot", "register.db-wal": "new"}
MIXED = {"register.db": "old", "register.db-wal": "new"}


@pytest.mark.parametrize("at", [10, *range(2000, 60_000, 6000)])
def test_what_lies_behind_a_fault_in_the_log_is_set_aside_and_brought_back(kept, tmp_path, at):
    """SQLite takes it for what a power cut has left, and would overwrite it."""
    data = lay(kept, RIGHT, tmp_path)
    wal = bytearray((data / "register.db-wal").read_bytes())
    wal[at] ^= 1
    (data / "register.db-wal").write_bytes(wal)
    there, alarms, given = asyncio.run(start(data))
    assert "set_back" in alarms
    assert holds(data / "set-aside-1", bytes(wal))
    assert there - {given} == kept.shown
    assert given not in kept.shown
    assert not (data / "set-aside-2").exists()
    assert asyncio.run(start(data))[0] >= there, "it is asked once"


def test_without_room_nothing_is_set_aside_and_the_room_is_said(kept, tmp_path, monkeypatch):
    data = lay(kept, MIXED, tmp_path)
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    usage = shutil.disk_usage(data)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    copied = sum(len(before[name]) for name in ("register.db", "register.db-wal", KEY_FILE))
    needed = f"needs {(copied >> 20) + 2} MB, and 0 MB are free"
    with pytest.raises(StoreNoRoom, match=rf"{re.escape(str(data))}.*{needed}"):
        settled(data)
    for made in ("lock", "register.db-shm"):
        (data / made).unlink(missing_ok=True)
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


def settled(data: Path) -> None:
    config = node_config.load(data)
    set_back.settle(data, Witness(config.witness, machine_id()).marks, begin_set_back)


def test_what_a_crash_left_belongs_together_after_a_record_was_put_right(kept, tmp_path, caplog):
    """It is put right before the database is opened: tables of an earlier version know it."""
    data = lay(kept, {"register.db": "hot"}, tmp_path)
    with closing(belonging.keep_wal(data / DATABASE)):
        damage.change_record(data, b"710007", b"@10007")
        damage.change_row(data, "UPDATE meta SET value = 1 WHERE key = 'projection'")
    settled(data)
    assert "1 records were put right" in caplog.text
    assert belonging.objection(data / DATABASE) is None


def full_at(monkeypatch: Any, copies: int) -> None:
    """The disk is full when so many files were copied."""
    copy, done = set_back._copy, itertools.count()

    def copying(source: Path, target: Path) -> None:
        if next(done) == copies:
            raise OSError(errno.ENOSPC, "No space left on device")
        copy(source, target)

    monkeypatch.setattr(set_back, "_copy", copying)


@pytest.mark.parametrize("copies", [0, 1, 2])
@pytest.mark.parametrize("put", ["the right file", "nothing", "another wrong file"])
def test_a_start_that_was_interrupted_looks_again(kept, tmp_path, monkeypatch, copies, put):
    data = lay(kept, MIXED, tmp_path)
    with monkeypatch.context() as full:
        full_at(full, copies)
        with pytest.raises(StoreNoRoom, match="Free some space there"):
            settled(data)
    is_begun = (data / "set-aside.begun").exists()
    assert is_begun == (copies == 2), "the database and the key come first"
    if put == "nothing":
        there, alarms, _ = asyncio.run(start(data))
        assert "set_back" in alarms
        assert holds(data / "set-aside-1", kept.files["register.db-wal"]["new"])
        assert not (data / "set-aside-2").exists()
        return
    state = "hot" if put == "the right file" else "backup"
    (data / "register.db").write_bytes(kept.files["register.db"][state])
    there, alarms, given = asyncio.run(start(data))
    if put == "the right file":
        assert there == kept.shown
        assert "set_back" not in alarms
        assert int(given) == max(map(int, kept.shown)) + 1
    else:
        assert "set_back" in alarms
        newest = data / f"set-aside-{2 if is_begun else 1}"
        assert holds(newest, kept.files["register.db-wal"]["new"])
        assert holds(newest, kept.files["register.db"][state])
    if is_begun:
        assert holds(data / "set-aside-1", kept.files["register.db"]["old"])


@pytest.mark.parametrize("states", [*pairs(), *threes()], ids=name_of)
def test_whatever_lies_beside_whatever(kept, states, tmp_path):
    check(kept, states, tmp_path)
