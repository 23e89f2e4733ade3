"""Facts from the disk of a dead or retired desk: copied, what is unsigned signed, in pieces.

What a fault of the disk has changed is put right where that can be proven, and otherwise left out
and named, so that it keeps back nobody who was written down beside it. Indexes and tables that are
made from the records are not trusted: they are made anew in the copy, from what can be read.

The folder itself is never written to, so it may be read-only, and all of this can be done again.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sync.daemon.data_folder import KEY_FILE
from sync.engine import keys, replica
from sync.engine.writer import Writer
from sync.errors import BadConfig, NotItsFile, StoreDamaged, StoreFromFuture
from sync.model import causes, phrases, runs, yjs
from sync.model.facts import COORDINATOR, COORDINATOR_NAMES, REGISTRY, Author, fact_id
from sync.model.runs import Batch, End
from sync.protocol import limits
from sync.protocol.pieces import batch_bytes
from sync.reading.faults import fault_of
from sync.storage import belonging, schema
from sync.storage.lock import FolderLock
from sync.storage.records import remaking
from sync.storage.shards import RunRow, ShardRow, by_clock, is_whole
from sync.storage.store import Store
from sync.upkeep import agreement, archive
from sync.upkeep.archive import PIECE_BYTES, Tell
from sync.upkeep.errors import SalvageFails
from sync.upkeep.records import changed, saving
from sync.upkeep.records.changed import ChangedRecord, GoodEnd


class Unreadable(NamedTuple):
    """A run that cannot be read completely from the disk, and how many records it has."""

    author: Author
    shard: int
    why: str
    records: int


class LostRecord(NamedTuple):
    """A record that is not what it was, or not there, and the person whom tables show for it.

    ``registers`` says that it is the registration itself, and no correction of it.
    """

    author: Author
    shard: int
    mrn: str | None
    full_name: str | None
    father_name: str | None
    record: bytes | None
    registers: bool


class Shortcoming(NamedTuple):
    """Why something may be missing on a disk.

    ``objection`` is why its files do not belong together, None if they do; ``unread`` are the
    tables of which not every row could be read.
    """

    objection: str | None
    unread: set[str]


class ChangesOnDisk(NamedTuple):
    """What of a database is not what it was, before anything was done with it.

    ``mended`` is how many records were put right. ``changed`` has the others by the local ids of
    their runs, also an empty list for a branch of such a run, and ``lost`` says whose they are.
    ``good_ends`` are what stands behind them, where that is known. ``without_record`` is how many
    people and corrections the database knows whose records are nowhere in it.
    """

    mended: int
    changed: dict[int, list[ChangedRecord]]
    lost: dict[int, list[LostRecord]]
    good_ends: dict[int, GoodEnd]
    without_record: int


class GoodPart(NamedTuple):
    """The good end of a run, as its author has signed it; ``run`` is its local id."""

    run: int
    batch: Batch


class Piece(NamedTuple):
    """Batches that fit into one message; ``done`` of ``total`` facts are in it or before it."""

    batches: tuple[Batch, ...]
    done: int
    total: int


class Salvage:
    """A copy of a desk's database that was opened with the desk's own key, all of it signed.

    ``objection`` is why its files do not belong together, so that something may be missing; None
    if they do. ``mended`` is how many records that a fault of the disk has changed were put right.
    ``stray`` is how many records are there that nobody can be sent, because it is not known where
    they belong, or because their author has not signed them. ``doubts`` are sentences that show
    that there were more records than can be read now, nobody knows which.
    """

    def __init__(
        self, writer: Writer, signer: keys.Signer, disk: Shortcoming, found: ChangesOnDisk
    ) -> None:
        self.author = writer.identity.author
        self.public_key = writer.public_key
        self.objection = disk.objection
        self.unreadable: list[Unreadable] = []
        self.mended, self._changed, self._lost, self._good_ends, _ = found
        self._names = writer.identity.names
        self._held: set[int] = set()
        self._earlier_keys = {
            runs.key_id(key)
            for key in writer.registry.keys_of(self.author)
            if key != signer.public_key
        }
        self._signer = signer
        self._store = writer.store
        writer.sign_tails()
        self.stray = _stray(writer.store)
        self.doubts = _doubts(self._store, self._names, disk.unread, found)

    @property
    def patients(self) -> int:
        """How many people have records on it that can be read."""
        (count,) = self._store.connection.execute("SELECT count(*) FROM patients").fetchone()
        return int(count)

    @property
    def lost(self) -> list[LostRecord]:
        """Those that a fault of the disk has changed, and that are not known to be held."""
        return [one for run, found in self._lost.items() if run not in self._held for one in found]

    def good_parts(self) -> Iterator[GoodPart]:
        """What stands behind records that have changed: whoever takes it has these as well.

        Of a run of which that is not known it is all of it, as it was signed: if its signature
        holds, its records are what was written, and only what the database says of them is not.
        """
        for shard, run in self._runs():
            if run.id not in self._changed:
                continue
            if run.id not in self._good_ends:
                yield GoodPart(run.id, self._store.shards.batch(run, 0))
                continue
            first, link = self._good_ends[run.id]
            data = by_clock(self._store.connection, run.id)
            good = [data[clock] for clock in range(first, run.length)]
            update = yjs.encode_update(run.client, first, good)
            end = Batch(
                *(shard.author, shard.number, run.client, first, link, run.length),
                *(update, run.key or b"", run.signature or b""),
            )
            yield GoodPart(run.id, end)

    def leave_out(self, run: int) -> None:
        """Whoever takes all this has that run: nobody of it is lost, and it need not be sent."""
        self._held.add(run)

    def pieces(self, only: Collection[Author] = ()) -> Iterator[Piece]:
        """All signed facts: the coordinator's own first, then the desk's, then those of others.

        Args:
            only: leave out those of all other authors, where any are named.
        """
        wanted = [one for one in self._runs() if not only or one[0].author in only]
        total = sum(run.signed - run.base for _, run in wanted)
        done = size = 0
        batches: list[Batch] = []
        for shard, run in wanted:
            for batch in self._batches(shard, run):
                grown = size + batch_bytes(batch)
                if batches and (
                    grown > limits.PIECE_BYTES_MAX or len(batches) == limits.BATCHES_MAX
                ):
                    yield Piece(tuple(batches), done, total)
                    batches, grown = [], batch_bytes(batch)
                batches.append(batch)
                size = grown
            done += run.signed - run.base
        if batches:
            yield Piece(tuple(batches), done, total)

    def _runs(self) -> list[tuple[ShardRow, RunRow]]:
        first = {REGISTRY: 0, COORDINATOR: 1, self.author: 2}
        signed = [
            (shard, run) for shard, run in self._store.shards.all_runs() if run.signed > run.base
        ]
        return sorted(signed, key=lambda found: first.get(found[0].author, 3))

    def _batches(self, shard: ShardRow, run: RunRow) -> list[Batch]:
        """What can be sent of a run, as a whole where nothing of it has changed."""
        if run.id in self._held:
            return []
        if run.id not in self._changed:
            batch = self._store.shards.batch(run, 0)
            return [self._signed(batch, run) if shard.author in self._names else batch]
        if shard.author in self._names:
            clocks = [one.clock for one in self._changed[run.id]]
            return saving.batches(self._store, shard, run, clocks, self._signer)
        why = "a record of it is not what it was, and only its author could sign the others anew"
        size = run.length - run.base
        self.unreadable.append(Unreadable(shard.author, shard.number, why, size))
        return []

    def _signed(self, batch: Batch, run: RunRow) -> Batch:
        """The same, signed once more: its records are whole, but its signature may have changed.

        What an earlier computer of this terminal has signed stays as it is.
        """
        if batch.key in self._earlier_keys:
            return batch
        link = self._store.shards.link_at(batch.author, batch.shard, run, batch.length)
        end = End(batch.client, batch.length, link)
        return batch._replace(
            key=runs.key_id(self._signer.public_key),
            signature=self._signer.sign(runs.signed_bytes(batch.author, batch.shard, end)),
        )


def _look(store: Store) -> ChangesOnDisk:
    """Which records are not what they were; what can be proven is put right in this copy."""
    mended = 0
    broken: dict[int, list[ChangedRecord]] = {}
    not_whole = [one for one in store.shards.all_runs() if not is_whole(store.shards, *one)]
    for shard, run in not_whole:
        broken[run.id] = changed.mended(store, changed.in_run(store, shard, run))
        for one in broken[run.id]:
            if one.mended is not None:
                store.shards.mend(one.run, one.clock, one.mended)
                mended += 1
    # Only now, because a branch is whole again when the run is that it leaves.
    left, good_ends = {}, {}
    for shard, run in not_whole:
        if is_whole(store.shards, shard, run):
            continue
        left[run.id] = [one for one in broken[run.id] if one.mended is None]
        good_end = changed.good_end(store, shard, run, left[run.id])
        if good_end is not None:
            good_ends[run.id] = good_end
    lost = {run: [_lost(store, one) for one in found] for run, found in left.items()}
    without_record = _without_record(store, left)
    _remove_unreadable(store, left)
    return ChangesOnDisk(mended, left, lost, good_ends, without_record)


def _give_runs(store: Store, names: Collection[Author]) -> None:
    """Put records whose run is lost into runs of their own, if they were written here.

    The row of a run is small, and says no more than where it lies and what of it is signed. Whose
    records they are is proved by the ids of people, which name the author.
    """
    execute = store.connection.execute
    for lost in remaking.without_run(store.connection):
        data = by_clock(store.connection, lost)
        authors = {
            author
            for clock, author, ident in execute(
                "SELECT clock, author, fact FROM patients WHERE run = ?", (lost,)
            )
            if clock in data and fact_id(author, data[clock]) == ident
        }
        clocks = [clock for clock in sorted(data) if saving.is_record(data[clock])]
        if len(authors) == 1 and authors <= set(names):
            (author,) = authors
            shard = store.shards.newest(author) or store.shards.add(author, 0)
            start = runs.first_link(author, shard.number, 0)
            client = runs.branch_client(start, fact_id(author, data[clocks[0]]))
            link = runs.first_link(author, shard.number, client)
            remaking.give_run(store.connection, lost, clocks, (shard.id, client, link))


def _go_to_ends(store: Store, names: Collection[Author]) -> None:
    """Let runs that were written here end where their records end, which are signed after this.

    Their rows may have lost a write that the records have not.
    """
    for shard, run in [one for name in names for one in store.shards.all_runs(name)]:
        data = by_clock(store.connection, run.id)
        length, link = run.length, run.link
        while length in data and saving.is_record(data[length]):
            link = runs.next_link(link, fact_id(shard.author, data[length]))
            length += 1
        if length > run.length:
            remaking.lengthen(store.connection, run.id, length, link)


def _without_record(store: Store, left: Mapping[int, Iterable[ChangedRecord]]) -> int:
    """How many people and corrections the tables know whose records are nowhere.

    Args:
        left: records that are known to have changed or to be missing, by their runs.
    """
    known = {(one.run, one.clock) for found in left.values() for one in found}
    people = {one.patient for found in left.values() for one in found}
    execute = store.connection.execute
    with contextlib.suppress(sqlite3.OperationalError):  # an earlier version has no such tables
        places = execute(
            "SELECT run, clock FROM patients UNION SELECT run, clock FROM amendments"
            " EXCEPT SELECT run, clock FROM facts"
        ).fetchall()
        answered = execute(
            "SELECT patient FROM answers UNION"
            " SELECT patient FROM changes WHERE id = (SELECT max(id) FROM changes)"
            " EXCEPT SELECT patient FROM facts"
        ).fetchall()
        return len(set(places) - known) + len({patient for (patient,) in answered} - people)
    return 0


def _stray(store: Store) -> int:
    """How many records lie in no run that can be sent, or beyond what their author has signed."""
    (count,) = store.connection.execute(
        "SELECT count(*) FROM facts f WHERE NOT EXISTS (SELECT 1 FROM runs r"
        " JOIN shards s ON s.id = r.shard"
        " WHERE r.id = f.run AND f.clock >= r.base AND f.clock < r.signed)"
    ).fetchone()
    return int(count)


def _doubts(
    store: Store, names: Sequence[Author], unread: Collection[str], found: ChangesOnDisk
) -> list[str]:
    """Sentences that show that there were more records than can be read."""
    doubts = []
    if "shards" in unread or "runs" in unread:
        doubts.append("a part of what says which records there are cannot be read")
    if found.without_record:
        count = phrases.count(found.without_record, "person or correction", "people or corrections")
        doubts.append(f"{count} in the tables have no record")
    if not found.changed:  # or what does not agree is what these keep back
        doubts += agreement.everywhere(store, names).lacks
    return doubts


def _remove_unreadable(store: Store, left: Mapping[int, Iterable[ChangedRecord]]) -> None:
    """Leave out of this copy what is no record any more, or no tables could be made again."""
    for run, found in left.items():
        data = by_clock(store.connection, run)
        for one in found:
            if one.clock in data and not saving.is_record(data[one.clock]):
                place = run, one.clock
                store.connection.execute("DELETE FROM facts WHERE run = ? AND clock = ?", place)


def _lost(store: Store, one: ChangedRecord) -> LostRecord:
    person = changed.person_of(store, one)
    return LostRecord(one.author, one.shard, one.mrn, *person, one.registers)


@contextlib.contextmanager
def opened(source: Path, code: str, scratch: Path, tell: Tell) -> Iterator[Salvage]:
    """The data folder of a desk, or a backup of one, copied into the folder ``scratch``.

    Raises:
        SalvageFails, StoreLocked: it is not that of ``code``, is not whole, or is in use.
        StoreLinked: what belongs to its database may lie elsewhere.
        StoreFromFuture: newer software wrote it.
        BackupDamaged: it is a backup file and not good.
    """
    copy = scratch / "copy"
    if source.is_file():
        archive.unpack(source, copy, tell)
    else:
        copy.mkdir(mode=0o700)
        _copy(source, copy, tell)
    signer = _signer(source, copy)
    why = belonging.objection(copy / replica.DATABASE)
    with _readable(source), contextlib.ExitStack() as stack:
        if why is not None and belonging.mend(copy / replica.DATABASE):
            # With what lies behind a fault in the log comes the page that has the fault.
            try:
                read = f"{why}; what is sound of it was read all the same"
                found = stack.enter_context(_signed(source, copy, code, signer, read, tell))
            except (sqlite3.Error, StoreDamaged):
                copy = scratch / "up to the fault"
                copy.mkdir(mode=0o700)
                _copy(source, copy, tell)
                found = stack.enter_context(_signed(source, copy, code, signer, why, tell))
        else:
            found = stack.enter_context(_signed(source, copy, code, signer, why, tell))
        yield found


@contextlib.contextmanager
def _signed(
    source: Path, copy: Path, code: str, signer: keys.Signer, why: str | None, tell: Tell
) -> Iterator[Salvage]:
    """All that SQLite reads of a copy, signed; ``why`` is the objection to its files."""
    store, unread = _open(source, copy)
    try:
        _require_author(source, store, code)
        tell("signing", 0, 1)
        with _of_known_kinds(source):
            names = COORDINATOR_NAMES if code == COORDINATOR else (Author(code),)
            _give_runs(store, names)
            _go_to_ends(store, names)
            found = _look(store)  # before tables are made again from what has changed
            schema.recreate_projection(store.connection)
            store.meta.projection_version = 0  # they are filled again
            writer = Writer(store, signer, replica.shell())
            salvage = Salvage(writer, signer, Shortcoming(why, unread), found)
        tell("signing", 1, 1)
        yield salvage
    finally:
        store.close()


@contextlib.contextmanager
def _readable(source: Path) -> Iterator[None]:
    """Name what cannot be read as damage of the disk, or as a fault of the copy made here.

    Raises:
        SalvageFails: something could not be read.
    """
    try:
        yield
    except sqlite3.Error as error:
        said = causes.without_value(error)
        why = f"its database is damaged ({said}); try its backups one by one"
        if not _is_damage(error):
            why = f"the copy of it that was made here cannot be used ({said})"
        raise SalvageFails(path=source, why=why) from error
    except StoreDamaged as error:
        why = f"its database is damaged ({error.facts['why']}); try its backups one by one"
        raise SalvageFails(path=source, why=why) from error


@contextlib.contextmanager
def _of_known_kinds(source: Path) -> Iterator[None]:
    """A fault of the disk may have put a value of another kind into a row, which is damage.

    Raises:
        StoreDamaged: something could not be read for that.
    """
    try:
        yield
    except (AttributeError, TypeError, ValueError) as error:
        why = f"a value in it is of another kind: {type(error).__name__}"
        raise StoreDamaged(path=source, why=why) from error


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether an error is about what was salvaged, and not about the disk that it was copied to."""
    return isinstance(fault_of(error, Path()), StoreDamaged)


def _open(source: Path, copy: Path) -> tuple[Store, set[str]]:
    """What can be read of the copy, in a database of its own, and what cannot be.

    Whatever its files are to each other: the gate looks at all that is in them.
    """
    folder = copy / "remade"
    folder.mkdir(mode=0o700)
    unread = remaking.remake(copy / replica.DATABASE, folder / replica.DATABASE)
    try:
        return Store(schema.open_for_writing(folder / replica.DATABASE)), unread
    except (StoreFromFuture, NotItsFile) as error:
        raise type(error)(**error.facts | {"path": source}) from error


def _signer(source: Path, folder: Path) -> keys.Signer:
    try:
        return keys.Signer.load(folder / KEY_FILE)
    except BadConfig as error:
        raise SalvageFails(path=source, why=error.facts["why"]) from error


def _copy(source: Path, copy: Path, tell: Tell) -> None:
    belonging.require_own_files(source / replica.DATABASE)
    for name in (replica.DATABASE, KEY_FILE):
        if not (source / name).is_file():
            raise SalvageFails(
                path=source,
                why=f"{name} is not in it. Name the data folder of the desk, or a backup of it",
            )
    wal = f"{replica.DATABASE}-wal"
    with _not_in_use(source):
        for name in (replica.DATABASE, wal, KEY_FILE):
            if (source / name).is_file():
                _copy_file(source / name, copy / name, tell)


@contextlib.contextmanager
def _not_in_use(source: Path) -> Iterator[None]:
    """Hold the lock of the folder while it is copied, if its disk can be written to at all.

    Raises:
        StoreLocked: a daemon is using it.
    """
    lock = None
    if (source / "lock").exists():
        with contextlib.suppress(OSError):  # a read-only disk: no daemon can use it
            lock = FolderLock(source)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _copy_file(source: Path, target: Path, tell: Tell) -> None:
    total, done = source.stat().st_size, 0
    with source.open("rb") as content, target.open("xb") as file:
        while piece := content.read(PIECE_BYTES):
            file.write(piece)
            done += len(piece)
            tell(f"copying {source.name}", done, total)


def _require_author(source: Path, store: Store, code: str) -> None:
    """Pass if the database is that of ``code``.

    Where it does not say whose it is, because a fault of the disk has changed that, the key must be
    that of ``code``, which the coordinator asks for.
    """
    meta = store.meta
    author = meta.author
    if not (author and meta.replica and meta.incarnation) and store.shards.authors():
        author = author or Author(code)
        Writer.init(store, author, replica.shell().random)
    if author == COORDINATOR != code:
        how = "bring it in with `mrnmesh-coordinator salvage FOLDER`"
        raise SalvageFails(path=source, why=f"it is that of a coordinator, not of {code}; {how}")
    elif author != code:
        raise SalvageFails(path=source, why=f"it is that of {author}, not of {code}")
