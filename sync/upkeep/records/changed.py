"""Records whose bytes are not those that were written: a fault that SQLite does not see.

A database without checksums takes a changed byte for what it is, as long as the page around it can
be read. But the links of a run name all its records, and the tables hold the ids of most of them,
because they were made when the records were written. So a run shows that something has changed,
and the ids show which record it is. What has the id that the tables know is the record itself:
no other bytes have it.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.model import facts, phrases, runs
from sync.model.facts import COORDINATOR_NAMES, Author, FactId, Link
from sync.storage import schema
from sync.storage.shards import RunRow, ShardRow, by_clock, is_whole
from sync.storage.store import Store
from sync.upkeep.records import kept
from sync.upkeep.records.kept import InTables, ShownPerson

MENDED_BYTES_MAX: Final = 2048
"""A longer record is not mended: to try every byte of it takes seconds."""
MENDED_MAX: Final = 64
"""So many records of a database are tried; where more have changed, it was not a byte of each."""
NAMED_MAX: Final = 10
"""So many records are named in a text; there may be thousands."""

_KEPT: Final = "".join(
    f" OR EXISTS (SELECT 1 FROM {table} WHERE fact = ?1)"
    for table in ("requests", "resolutions", "registry")
)
_KNOWN: Final = f"SELECT EXISTS (SELECT 1 FROM sheets WHERE fact = ?1){_KEPT}"

log = logging.getLogger("mrnmesh.changed")


class ChangedRecord(NamedTuple):
    """A record that is not what its author wrote, or is not there.

    ``id`` is that of what was written, None if no table knows it; ``mended`` are the bytes with
    that id, if they could be found. ``mrn`` is the number of the person whom it is about, and
    ``patient`` the local id; ``registers`` says that it is the registration itself. ``doubtful``
    says that it is one of several records of which any may be the one that has changed.
    """

    author: Author
    shard: int
    run: int
    clock: int
    id: FactId | None
    mended: bytes | None = None
    patient: int | None = None
    mrn: str | None = None
    registers: bool = False
    doubtful: bool = False


class GoodEnd(NamedTuple):
    """The records of a run from clock ``first`` on are good; ``link`` is the link before them.

    It names all records before these, so whoever takes them has what was written in the place of
    those that have changed.
    """

    first: int
    link: Link


def in_run(store: Store, shard: ShardRow, run: RunRow) -> list[ChangedRecord]:
    """The records that lie in a run itself and are not what was written, by their places.

    Where tables know the ids of all that has changed, the links prove that the others are good.
    Where they do not, every record of which no table knows the id may be the one. If there is none,
    the tables were made again from what had changed, and prove nothing: any record may be the one.
    """
    data = by_clock(store.connection, run.id)
    tables = _in_tables(store, run.id)
    ids = {clock: facts.fact_id(shard.author, one) for clock, one in data.items()}
    clocks = range(run.base, run.length)
    changed = [
        clock
        for clock in clocks
        if clock not in ids or (clock in tables and tables[clock].id != ids[clock])
    ]
    written = ids | {clock: tables[clock].id for clock in changed if clock in tables}
    if _links(store, shard, run, written) is None:
        unproven = {
            clock
            for clock in clocks
            if (not tables[clock].id if clock in tables else not _is_kept(store, ids.get(clock)))
        }
        # Of a branch it may be the run that it leaves.
        if not unproven and run.parent is None:
            return [
                _record(shard, run, clock, tables.get(clock))._replace(id=None, doubtful=True)
                for clock in clocks
            ]
        changed = [clock for clock in clocks if clock in changed or clock in unproven]
    return [_record(shard, run, clock, tables.get(clock)) for clock in changed]


def good_end(
    store: Store, shard: ShardRow, run: RunRow, found: Iterable[ChangedRecord]
) -> GoodEnd | None:
    """What stands behind the last record of a run that has changed; None if that is not known.

    Args:
        found: those of the run itself; none, if it is a branch of a run with such records.
    """
    written = {one.clock: one.id for one in found}
    ids = {
        clock: facts.fact_id(shard.author, one)
        for clock, one in by_clock(store.connection, run.id).items()
    } | {clock: ident for clock, ident in written.items() if ident is not None}
    first = max(written, default=run.base - 1) + 1
    links = _links(store, shard, run, ids) if first < run.length else None
    return GoodEnd(first, links[first]) if links else None


def mended(
    store: Store,
    found: Iterable[ChangedRecord],
    going_on: Callable[[], None] = lambda: None,
) -> list[ChangedRecord]:
    """The same, with the bytes of those that can be mended.

    One byte may be any other one. Only what has the very id that tables know is taken, so nothing
    is guessed.
    """
    records, tried = [], 0
    for one in found:
        going_on()
        right = None
        if one.id is not None and tried < MENDED_MAX:
            tried += 1
            data = by_clock(store.connection, one.run).get(one.clock, b"")
            right = _mended(one.author, data, one.id)
        records.append(one._replace(mended=right))
    return records


def mend_all(store: Store) -> int:
    """Mend what can be mended in a database that nobody else uses; return how many records it was.

    To be called before tables are made again, because after that they prove nothing any more.
    """
    done = 0
    for shard, run in store.shards.all_runs():
        if not is_whole(store.shards, shard, run):
            for one in mended(store, in_run(store, shard, run)):
                if one.mended is not None:
                    store.shards.mend(one.run, one.clock, one.mended)
                    done += 1
    return done


def known_to_tables(store: Store) -> list[ChangedRecord]:
    """Records that are not what was written, as only the tables can tell.

    Tables that are made again from them would tell it no more: then any record of such a run may
    be the one, and none could be brought in elsewhere. Where the tables prove nothing, there is
    nothing of that kind.
    """
    known: list[ChangedRecord] = []
    for shard, run in store.shards.all_runs():
        if is_whole(store.shards, shard, run):
            continue
        found = in_run(store, shard, run)
        if len(found) < run.length - run.base or any(one.id is not None for one in found):
            known += found
    return known


def keep_known(store: Store) -> None:
    """Keep what only the tables know beside them, because they are going to be made again.

    Of some records they know no more than that all others are good. Of the coordinator's that may
    be thousands, and no more can be done where it is kept.
    """
    store.connection.execute("BEGIN IMMEDIATE")
    for one in known_to_tables(store):
        if one.id is not None or one.author not in COORDINATOR_NAMES:
            known = InTables(one.id or FactId(b""), one.patient, one.mrn, one.registers)
            packed = kept.write(known, person_of(store, one))
            store.meta.keep_written(one.run, one.clock, packed)
    store.connection.execute("COMMIT")


def tables_would_forget(store: Store) -> bool:
    """Whether the next writer makes the tables again, in part from what has changed."""
    return store.meta.projection_version != schema.PROJECTION_VERSION and not all(
        is_whole(store.shards, shard, run) for shard, run in store.shards.all_runs()
    )


def keep_before_tables_change(store: Store) -> None:
    """Put right what can be, if the next writer makes the tables again, and keep what they know.

    They know what was written, and after that they would know what a fault has made of it. To be
    called before there is a writer, where an earlier version may have been the last one.
    """
    if tables_would_forget(store):
        log.warning("%d records were put right", mend_all(store))
        keep_known(store)


def person_of(store: Store, one: ChangedRecord) -> ShownPerson:
    """Whom tables show for a record, or have shown before they were made of what has changed."""
    with contextlib.suppress(sqlite3.DatabaseError):
        packed = store.meta.written_at(one.run, one.clock)
        found = kept.read(packed) if packed is not None else None
        if found is not None:
            return found[1]
    with contextlib.suppress(sqlite3.DatabaseError):
        row = store.connection.execute(
            "SELECT full_name, father_name, record FROM patients WHERE id = ?", (one.patient,)
        ).fetchone()
        return ShownPerson(*row) if row else kept.NOBODY
    return kept.NOBODY


async def put_right(replica: Replica, found: Sequence[ChangedRecord]) -> None:
    """Write again what could be mended; the tables were made from that, and stay."""
    places = [(one.run, one.clock, one.mended) for one in found if one.mended is not None]

    def act(tx: Transaction) -> None:
        for run, clock, data in places:
            tx.begin()
            tx.store.shards.mend(run, clock, data)

    log.error("the disk or the memory of this computer has changed %s", text_of(found))
    await replica.write(act)
    replica.health.mended += len(places)
    if places:
        log.warning("%d of these records were put right", len(places))


def text_of(found: Iterable[ChangedRecord]) -> str:
    """Which records have changed, in words, and without anybody's name."""
    parts: dict[str, None] = {}
    for one in found:
        of = f"with the number {one.mrn}" if one.mrn else f"at the place {one.run}/{one.clock}"
        if one.doubtful:
            parts[f"a record of {phrases.writer(one.author)} (which one is not known)"] = None
        elif one.patient is not None and one.mrn:
            what = "the registration" if one.registers else "a correction"
            parts[f"{what} of the person {of}"] = None
        else:
            parts[f"a record of {phrases.writer(one.author)} {of}"] = None
    shown = list(parts)[:NAMED_MAX]
    if len(parts) > len(shown):
        shown.append(f"and {len(parts) - len(shown)} more")
    return ", ".join(shown)


def _record(shard: ShardRow, run: RunRow, clock: int, known: InTables | None) -> ChangedRecord:
    place = ChangedRecord(shard.author, shard.number, run.id, clock, None)
    if known is None:
        return place
    return place._replace(
        id=known.id or None, patient=known.patient, mrn=known.mrn, registers=known.registers
    )


def _links(
    store: Store, shard: ShardRow, run: RunRow, ids: Mapping[int, FactId]
) -> list[Link] | None:
    """The links of a run from clock 0 on, if its records have these ids; else None.

    Records with other ids than were written do not lead to the link at its end.
    """
    clocks = range(run.base, run.length)
    if any(clock not in ids for clock in clocks):
        return None
    chain = [ids[clock] for clock in clocks]
    end = run.base
    while run.parent is not None:  # a branch: its links go on from those of its parent
        parent = store.shards.run(run.parent)
        written = {
            clock: facts.fact_id(shard.author, data)
            for clock, data in by_clock(store.connection, parent.id).items()
        } | {clock: known.id for clock, known in _in_tables(store, parent.id).items()}
        before = range(parent.base, end)
        if any(clock not in written for clock in before):
            return None
        chain[:0] = [written[clock] for clock in before]
        run, end = parent._replace(length=run.length, link=run.link), parent.base
    links = [runs.first_link(shard.author, shard.number, run.client)]
    for ident in chain:
        links.append(runs.next_link(links[-1], ident))
    return links if links[-1] == run.link else None


def _in_tables(store: Store, run: int) -> dict[int, InTables]:
    """What tables know of the records of a run, by clock; nothing where they cannot be read.

    The same record may lie in several runs, so people are found by the records too.
    """
    execute = store.connection.execute
    try:
        rows = execute(
            "SELECT clock, fact, id, coalesce(mrn, claimed), 1 FROM patients WHERE run = ?1"
            " UNION SELECT f.clock, p.fact, p.id, coalesce(p.mrn, p.claimed), 1"
            " FROM facts f JOIN patients p ON p.id = f.patient WHERE f.run = ?1"
            " UNION SELECT a.clock, a.fact, p.id, coalesce(p.mrn, p.claimed), 0 FROM amendments a"
            " LEFT JOIN patients p ON p.record = a.record AND p.fact = a.registration"
            " WHERE a.run = ?1",
            (run,),
        ).fetchall()
    except sqlite3.DatabaseError:
        return {}
    known = {
        clock: InTables(FactId(ident), patient, mrn, bool(registers))
        for clock, ident, patient, mrn, registers in rows
    }
    return known | _kept(store, run)


def _kept(store: Store, run: int) -> dict[int, InTables]:
    """What is kept of earlier tables, by clock; they knew what was written, and these do not."""
    try:
        stored = store.meta.written(run)
    except sqlite3.DatabaseError:
        return {}
    found = {clock: kept.read(packed) for clock, packed in stored.items()}
    return {clock: one[0] for clock, one in found.items() if one is not None}


def _is_kept(store: Store, ident: FactId | None) -> bool:
    """Whether a table has a record by its id alone; None for one that is not there."""
    try:
        (kept,) = store.connection.execute(_KNOWN, (ident,)).fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(kept)


def _mended(author: Author, data: bytes, wanted: FactId) -> bytes | None:
    """The bytes with an id that differ from ``data`` in one byte, if there are such."""
    if len(data) > MENDED_BYTES_MAX:
        return None
    one = bytearray(data)
    for at, before in enumerate(data):
        for value in range(256):
            one[at] = value
            if facts.fact_id(author, bytes(one)) == wanted:
                return bytes(one)
        one[at] = before
    return None
