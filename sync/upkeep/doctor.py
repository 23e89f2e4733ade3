"""Looking at a daemon and its data, whether it runs or not; nothing is changed."""

from __future__ import annotations

import contextlib
import sqlite3
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic

from sync.daemon.daemon_settings import DaemonSettings, S
from sync.daemon.data_folder import KEY_FILE
from sync.engine import issuing
from sync.engine.replica import DATABASE
from sync.errors import (
    BadConfig,
    MrnmeshError,
    StoreDamaged,
    StoreEmpty,
    StoreError,
    StoreMissing,
)
from sync.model import causes, phrases
from sync.model.facts import Author
from sync.reading.faults import fault_of
from sync.reading.view import StoredView, identity_of
from sync.storage import belonging, lock, schema
from sync.storage.store import Store
from sync.upkeep import agreement, archive, computer, database_alarms, findings
from sync.upkeep.archive import open_read_only
from sync.upkeep.findings import Finding, FindingLevel
from sync.upkeep.records import changed
from sync.upkeep.restore import DaemonKind
from sync.witness.machine import machine_id
from sync.witness.memory import Known, Witness, is_lacking, lacking


@dataclass(frozen=True)
class Checks(Generic[S]):
    """What the doctor looks at in one of the two daemons only.

    Args:
        subjects: what is looked at, for the help of the command; ``examples`` are more of them.
        status: what the running daemon says of itself, None if it does not answer.
        database: findings about what is in the database.
        others: findings about the clock and about those that this daemon talks to; it gets the
            status, and the latest time known from the coordinator (ms since 1970, 0 if none is).
        without_witness: what to do when the witness is missing.
    """

    subjects: str
    examples: str
    status: Callable[[S], dict[str, Any] | None]
    database: Callable[[S, Store], list[Finding]]
    others: Callable[[S, dict[str, Any] | None, int], list[Finding]]
    without_witness: str


def examine(folder: Path, kind: DaemonKind[S], checks: Checks[S]) -> list[Finding]:
    """All findings about a daemon's data folder and the computer that it is on."""
    found = computer.software()
    try:
        settings = kind.load(folder)
    except MrnmeshError as error:
        return [*found, _unusable(error)]
    running = lock.is_held(settings.folder)
    status = checks.status(settings) if running else None
    found += computer.disk(settings)
    found += _signing_key(settings)
    found.append(_daemon(running, status, f"{kind.daemon.command} run"))
    found += computer.ports(settings, running)
    known_ms, known = 0, None
    witness = Witness(settings.witness, machine_id())
    found += _files(settings.folder / DATABASE, running)
    try:
        with glance(settings.folder) as opened:
            known_ms = opened.meta.kept_time.ms
            # A running daemon goes on between the two looks, and compared them itself at its start.
            known = None if running else _known_to(opened, witness)
            found += _database(opened, kind.author(settings))
            if _is_current(opened):
                found += checks.database(settings, opened)
    except (sqlite3.Error, StoreError) as error:
        found.append(_unreadable(error, settings.folder))
    except Exception as error:
        # A fault of the disk may leave a value of any kind, and reading it may fail in any way.
        found.append(_unforeseen(error))
    found.append(_time_zone(settings))
    found += _others(settings, checks, status, known_ms)
    found.append(_witness(witness, known, checks.without_witness))
    return found + _alarms(status)


def _unusable(error: MrnmeshError) -> Finding:
    """The settings cannot be read, so that little else can be looked at."""
    return Finding("settings", FindingLevel.PROBLEM, str(error), "mend that, and run this again")


def _signing_key(settings: DaemonSettings) -> list[Finding]:
    """Whether the key can be used, and who may read it."""
    try:
        settings.signer()
    except BadConfig as error:
        return [_file_unusable("private key", error)]
    return computer.key(settings.folder / KEY_FILE)


def _others(
    settings: S, checks: Checks[S], status: dict[str, Any] | None, known_ms: int
) -> list[Finding]:
    """What is found of others; without a file that is needed to talk to them only the clock."""
    try:
        return checks.others(settings, status, known_ms)
    except BadConfig as error:
        alone = findings.clock(time.time(), known_ms / 1000, None)
        return [alone, _file_unusable("certificate", error)]


def _file_unusable(check: str, error: BadConfig) -> Finding:
    """A file of the data folder is missing or holds something else."""
    do = (
        "take that file out of a backup, or stop the daemon, rename the folder and keep it, and"
        " restore the newest good backup"
    )
    return Finding(check, FindingLevel.PROBLEM, str(error), do)


def _time_zone(settings: DaemonSettings) -> Finding:
    here = datetime.fromtimestamp(time.time(), settings.zone).isoformat(timespec="seconds")
    found = f"{settings.zone.key}: it is {here} at the facility"
    return Finding("time zone", FindingLevel.OK, found)


@contextlib.contextmanager
def glance(folder: Path) -> Iterator[Store]:
    """A database looked at without writing, beside its daemon or without.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    store = Store(open_read_only(folder / DATABASE))
    try:
        store.connection.execute("BEGIN")  # a daemon may write beside it
        yield store
    finally:
        store.close()


def _database(store: Store, author: Author) -> list[Finding]:
    """Whether a database is whole, of this schema, and of this daemon."""
    version = store.connection.execute("PRAGMA user_version").fetchone()[0]
    found = []
    if version > schema.VERSION:
        do = "install the newer mrnmesh that wrote it; the database is unchanged"
        text = f"its schema {version} is newer than this software's {schema.VERSION}"
        return [Finding("database", FindingLevel.PROBLEM, text, do)]
    problems = archive.problems_in(store.connection)
    if problems:
        do = "stop the daemon, keep a copy of the folder, and restore the newest good backup"
        found.append(Finding("database", FindingLevel.PROBLEM, f"it is damaged: {problems}", do))
    else:
        count = store.connection.execute("SELECT count(*) FROM patients").fetchone()[0]
        text = f"whole, schema {version} of {schema.VERSION}, {phrases.people(count)}"
        is_current = _is_current(store)
        if not is_current:
            text += (
                "; an earlier version wrote it, and the daemon brings it to this one at its start"
            )
        found.append(Finding("database", FindingLevel.OK, text))
        if is_current:
            found += _agreement(store)
    mine = store.meta.author
    if mine != author:
        do = "put the settings and the database of one and the same daemon together"
        text = f"it is that of {mine or 'nobody'}, the settings are those of {author}"
        found.append(Finding("database", FindingLevel.PROBLEM, text, do))
    return found


def _is_current(store: Store) -> bool:
    """Whether its tables are those that this software makes; else the next start makes them."""
    (version,) = store.connection.execute("PRAGMA user_version").fetchone()
    is_known = version == schema.VERSION
    return is_known and store.meta.projection_version == schema.PROJECTION_VERSION


def _files(database: Path, running: bool) -> list[Finding]:
    """Whether the files of the database belong together; a running daemon has looked itself."""
    if running:
        return []
    return [*_other_names(database), *_log(database)]


def _other_names(database: Path) -> list[Finding]:
    """Whether the file of the database has another name (a hard link)."""
    if not database.exists() or database.stat().st_nlink == 1:
        return []
    do = (
        "while the daemon is stopped, remove that name, and make a copy that is a file of its own"
        " (`cp`, not `cp -l`); never start a daemon from both"
    )
    text = (
        f"{database.name} has another name elsewhere (a hard link): what looks like a copy changes"
        " together with it, and lacks what was written last"
    )
    return [Finding("files", FindingLevel.PROBLEM, text, do)]


def _log(database: Path) -> list[Finding]:
    """Whether the log of the database is whole and belongs to it."""
    try:
        mismatch = belonging.mismatch_in(database)
    except StoreError:
        return []  # what is wrong with the database is said there
    if mismatch is None:
        return [Finding("files", FindingLevel.OK, "database and log belong together")]
    if mismatch.is_behind:
        do = (
            "put another copy of the log there; if there is none, start the daemon: it sets"
            " the log aside, brings back what can be read of it, and says what is missing. Have the"
            " disk looked at"
        )
        return [Finding("files", FindingLevel.PROBLEM, mismatch.why, do)]
    do = (
        "put the right file back; if there is none, start the daemon: it sets aside what does not"
        " belong, and says what is missing"
    )
    text = f"they do not belong together: {mismatch.why}"
    return [Finding("files", FindingLevel.PROBLEM, text, do)]


def _agreement(store: Store) -> list[Finding]:
    """Whether what one transaction wrote is still together."""
    found = []
    lacks, records, _ = agreement.everywhere(store, identity_of(store).names)
    if why := store.meta.set_back:
        do = "bring back what is missing, as `docs backup` tells; then end this as it tells"
        found.append(Finding("set back", FindingLevel.PROBLEM, why, do))
    elif lacks:
        do = "start the daemon; it stops giving numbers from its ranges, and says what to do"
        text = f"what it holds does not agree: {'; '.join(lacks)}"
        found.append(Finding("set back", FindingLevel.PROBLEM, text, do))
    if records:
        do = (
            "start the daemon: it puts right what can be proven, and an alarm says what to do about"
            " the rest. Have the disk and the memory of this computer looked at"
        )
        text = f"the disk or the memory has changed {changed.text_of(records)}"
        found.append(Finding("records", FindingLevel.PROBLEM, text, do))
    return found


def _unreadable(error: sqlite3.Error | StoreError, folder: Path) -> Finding:
    """The database cannot even be read; only one that is damaged is to be replaced by a backup."""
    fault = fault_of(error, folder) if isinstance(error, sqlite3.Error) else error
    text = f"it cannot be read: {causes.without_value(error)}"
    if isinstance(fault, StoreMissing | StoreEmpty):
        return Finding("database", FindingLevel.PROBLEM, str(fault), "do what this says")
    if isinstance(fault, StoreDamaged):
        do = "stop the daemon, keep a copy of the folder, and restore the newest good backup"
        return Finding("database", FindingLevel.PROBLEM, text, do)
    do = database_alarms.alarm_of(fault).do
    return Finding("database", FindingLevel.PROBLEM, text, do[0].lower() + do[1:].rstrip("."))


def _unforeseen(error: Exception) -> Finding:
    """Something in the database is not what this software writes, or the software is at fault.

    The text of the error is left out, because it may quote what somebody entered.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    at = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
    do = (
        "keep a copy of the folder and report this; if the daemon does not start either, restore"
        " the newest good backup, and bring in what is in this folder"
    )
    text = f"something in it could not be looked at: {at}"
    return Finding("database", FindingLevel.PROBLEM, text, do)


def _known_to(store: Store, witness: Witness) -> Known:
    """What a database says to its witness when its daemon starts.

    A coordinator goes by serials instead, which say more: after a restore it does not know who got
    the newest number, and goes on above it.
    """
    if not _is_current(store) or identity_of(store).is_coordinator:
        return Known(store.meta.witness, ())
    try:
        asked = witness.asked
    except OSError:
        asked = []  # another finding says so
    return issuing.how_far_used(StoredView.of(store), asked)


def _witness(witness: Witness, known: Known | None, renew: str) -> Finding:
    """The memory of what was issued, outside the data folder; ``renew`` goes on without it.

    Args:
        known: what the database says to it, None if they cannot be compared.
    """
    path = witness.file.path
    try:
        trusted = witness.trusted
    except OSError as error:
        do = "let the user that runs the daemon read it"
        return Finding("witness", FindingLevel.PROBLEM, f"{path}: {causes.why(error)}", do)
    if trusted and (known is None or witness.is_of(known.witness)):
        lacks = lacking(witness, known) if known is not None else None
        is_set_back = known is not None and is_lacking(witness, known)
        if lacks is None and not is_set_back:
            return Finding("witness", FindingLevel.OK, f"{path} is of this computer")
        do = (
            "the database is older than what it has told: put the newer copy of the data folder"
            " back; if there is none, start the daemon, which says what to do"
        )
        what = "people or changes that"
        if lacks is not None:
            what = f"somebody with the number {lacks.number} whom"
        text = f"{path} knows of {what} the database lacks"
        return Finding("witness", FindingLevel.PROBLEM, text, do)
    if trusted:
        wrong = "was begun for another copy of the database"
    elif path.exists():
        wrong = "is of another computer"
    else:
        wrong = "is missing"
    return Finding("witness", FindingLevel.PROBLEM, f"{path} {wrong}", renew)


def _daemon(running: bool, status: dict[str, Any] | None, start: str) -> Finding:
    """Whether the daemon runs and answers."""
    if status is not None:
        return Finding("daemon", FindingLevel.OK, "it runs and answers")
    if running:
        do = "look at the end of its log; if it hangs, end its process and start it again"
        return Finding("daemon", FindingLevel.PROBLEM, "it runs, but does not answer", do)
    return Finding("daemon", FindingLevel.WARNING, "it does not run", f"start it: {start}")


def status_of(call: Any) -> dict[str, Any] | None:
    """The status of a running daemon, None if it does not answer."""
    try:
        answer: dict[str, Any] = call("GET", "/api/status/")
    except MrnmeshError:
        return None
    return answer


def _alarms(status: dict[str, Any] | None) -> list[Finding]:
    """What a running daemon itself raises an alarm about."""
    return [
        Finding(
            alarm["code"],
            FindingLevel.PROBLEM if alarm["level"] == "alert" else FindingLevel.WARNING,
            alarm["text"],
            alarm["do"],
        )
        for alarm in (status or {}).get("alarms", ())
    ]
