"""A write-ahead log that a disk has changed, and one that a power cut has torn: told apart.

The logs are real ones. What a power cut may leave is what SQLite had synced, and of the frames of
the transaction after that any part.
"""

import contextlib
import itertools
import random
import shutil
from typing import NamedTuple

import pytest

from sync.model.facts import Author
from sync.storage import belonging
from sync.storage.belonging import mismatch_in, objection, wal_of
from sync.storage.meta import Meta
from sync.storage.store import Store
from sync.storage.wal import frames as wal_frames

PAGE = 4096
HEADER, HEAD = 32, 24
FRAME = HEAD + PAGE
SALT_AT = 8
"""In the head of a frame."""


class Left(NamedTuple):
    """The files of a database as a crash has left them; ``ends`` are the frames that end a
    transaction."""

    path: object
    database: bytes
    wal: bytes
    ends: list[int]
    commits: int

    def lay(self, wal: bytes) -> None:
        for end in ("-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)
        self.path.write_bytes(self.database)
        wal_of(self.path).write_bytes(wal)

    def commits_with(self, wal: bytes) -> int:
        """How many transactions SQLite reads."""
        self.lay(wal)
        with contextlib.closing(belonging.open_to_look(self.path)) as connection:
            return Meta(connection).commits


def write(store, count, size=4_000, *, others=True):
    """Transactions as the writer makes them, each followed by one that is not counted."""
    for _ in range(count):
        number = store.meta.commits + 1
        store.connection.execute("BEGIN IMMEDIATE")
        store.meta.commits = number
        store.shards.add(Author("LAB1-PC"), number)
        store.local.keep_answer(b"key %d" % number, b"x" * size, number)
        store.connection.execute("COMMIT")
        store.note_wal(number - 1)
        if others:
            store.meta.indexed = number


def frames_of(wal):
    return [wal[at : at + FRAME] for at in range(HEADER, len(wal) - FRAME + 1, FRAME)]


def ends_in(wal):
    return [at for at, one in enumerate(frames_of(wal)) if int.from_bytes(one[4:8])]


def left_of(folder, store, path):
    (folder / "left").mkdir()
    copy = folder / "left" / path.name
    shutil.copy(path, copy)
    wal = wal_of(path).read_bytes()
    return Left(copy, copy.read_bytes(), wal, ends_in(wal), store.meta.commits)


@pytest.fixture
def made(tmp_path):
    path = tmp_path / "register.db"
    store = Store.create(path)
    store.meta.replica = b"r" * 16
    store.meta.author = Author("LAB1-PC")
    store.close()
    store = Store.open(path)
    yield path, store
    store.close()


@pytest.fixture
def left(made, tmp_path):
    """Four transactions, and none of them in the database file."""
    path, store = made
    write(store, 4)
    return left_of(tmp_path, store, path)


@pytest.fixture
def only_counted(made, tmp_path):
    """As `left`, with no other transactions between them."""
    path, store = made
    write(store, 4, others=False)
    return left_of(tmp_path, store, path)


def flipped(wal, at):
    return wal[:at] + bytes([wal[at] ^ 1]) + wal[at + 1 :]


PLACES = {
    "page": 0,
    "size": 4 + 2,
    "salt": SALT_AT + 1,
    "checksum": 16 + 3,
    "content": HEAD + 2000,
}


@pytest.mark.parametrize("place", PLACES)
def test_a_changed_bit_before_the_last_transaction_is_a_fault_of_the_disk(left, place):
    for frame in range(left.ends[-3] + 1):
        wal = flipped(left.wal, HEADER + FRAME * frame + PLACES[place])
        assert left.commits_with(wal) < left.commits
        assert mismatch_in(left.path).is_behind, f"frame {frame}"


@pytest.mark.parametrize("place", PLACES)
def test_a_changed_bit_before_the_last_of_the_writers_transactions_is_a_fault(only_counted, place):
    left = only_counted
    for frame in range(left.ends[-2] + 1):
        left.lay(flipped(left.wal, HEADER + FRAME * frame + PLACES[place]))
        is_link = place == "checksum" and frame == left.ends[-2]  # the next one does not follow
        assert mismatch_in(left.path) is not None or is_link, f"frame {frame}"


@pytest.mark.parametrize("zeroed", range(1, 5))
def test_a_part_that_is_gone_is_a_fault_of_the_disk(left, zeroed):
    at = 4096 * zeroed
    left.lay(left.wal[:at] + bytes(4096) + left.wal[at + 4096 :])
    assert mismatch_in(left.path).is_behind


@pytest.mark.parametrize("at", [0, 3, 5, 10, 14, 17, 22, 25, 31])
def test_a_changed_header_is_a_fault_of_the_disk(left, at):
    wal = flipped(left.wal, at)
    if left.commits_with(wal) == 0:
        assert mismatch_in(left.path).is_behind
    else:
        assert at == 14, "SQLite only counts with that part"


def test_the_header_of_a_log_in_the_other_order_of_bytes(left, tmp_path):
    """As a computer writes it whose words begin with their highest byte."""
    frames = frames_of(left.wal)
    header = wal_frames._HEADER.unpack(left.wal[:HEADER])
    start = wal_frames._HEADER.pack(header[0] + 1, *header[1:5], 0, 0)[:24]
    total = wal_frames._sum(">", start, wal_frames.Sum(0, 0))
    wal = start + total.first.to_bytes(4) + total.second.to_bytes(4)
    for frame in frames:
        total = wal_frames._sum(">", frame[:8] + frame[HEAD:], total)
        wal += frame[:16] + total.first.to_bytes(4) + total.second.to_bytes(4) + frame[HEAD:]
    assert left.commits_with(wal) == left.commits
    assert objection(left.path) is None
    wal = flipped(wal, HEADER + 2000)
    assert left.commits_with(wal) == 0
    assert mismatch_in(left.path).is_behind
    assert belonging.mend(left.path)


def test_what_a_crash_has_left_is_no_fault(left):
    for size in range(HEADER + 1, len(left.wal), FRAME // 3):
        left.lay(left.wal[:size])
        assert objection(left.path) is None, f"{size} bytes of {len(left.wal)}"


def torn(frames, synced, chance, before=b""):
    """What a power cut leaves: frames that were synced, and of the next ones pieces of any size.

    Args:
        before: what stood in the file where they were written.
    """
    wal = b"".join(frames[:synced])
    for at, frame in enumerate(frames[synced:], synced):
        old = before[FRAME * at : FRAME * (at + 1)].ljust(FRAME, b"\0")
        size = chance.choice((8, 64, 512, 4096, FRAME))
        wal += b"".join(
            (frame if chance.randrange(3) else old)[start : start + size]
            for start in range(0, FRAME, size)
        )
    return wal


@pytest.mark.parametrize("seed", range(20))
def test_what_a_power_cut_has_torn_is_no_fault(left, seed):
    chance = random.Random(seed)
    header, frames = left.wal[:HEADER], frames_of(left.wal)
    for last, end in itertools.pairwise([-1, *left.ends]):
        wal = header + torn(frames[: end + 1], last + 1, chance)
        left.lay(wal)
        assert objection(left.path) is None, f"frames {last + 1} to {end}"


@pytest.mark.parametrize("seed", range(20))
def test_what_a_power_cut_has_torn_over_a_log_of_before_is_no_fault(made, tmp_path, seed):
    """It was begun anew when all of it was in the database, and its end is still of before."""
    path, store = made
    write(store, 12)
    before = wal_of(path).read_bytes()
    store.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    database = path.read_bytes()
    chance = random.Random(seed)
    for _ in range(4):
        write(store, 1)
        left = Left(tmp_path / "left.db", database, wal_of(path).read_bytes(), [], 0)
        new = [one for one in frames_of(left.wal) if one[8:16] == left.wal[16:24]]
        ends = [-1, *(at for at, one in enumerate(new) if int.from_bytes(one[4:8]))]
        for last, end in itertools.pairwise(ends):
            wal = torn(new[: end + 1], last + 1, chance, before[HEADER:])
            rest = before[HEADER + len(wal) :]
            header = torn([left.wal[:HEADER].ljust(FRAME, b"\0")], 0, chance, before)[:HEADER]
            for start in (left.wal[:HEADER], header) if last < 0 else (left.wal[:HEADER],):
                left.lay(start + wal + rest)
                assert objection(left.path) is None, f"frames {last + 1} to {end}"


@pytest.mark.parametrize("seed", range(20))
def test_what_failed_transactions_have_left_is_no_fault(made, tmp_path, seed):
    """Each was written from the same place on, up to its end, and then not synced."""
    path, store = made
    write(store, 2)
    wal = wal_of(path).read_bytes()
    synced = len(frames_of(wal))
    chance = random.Random(seed)
    longest = wal
    for size in (80_000, 40_000, 12_000):
        other = tmp_path / f"{size}.db"
        shutil.copy(path, other)
        wal_of(other).write_bytes(wal)
        with contextlib.closing(Store(belonging.schema.open_for_writing(other))) as tried:
            number = tried.meta.commits + 1
            tried.connection.execute("BEGIN IMMEDIATE")
            tried.meta.commits = number + (1_000_000 if seed % 2 else 0)
            tried.local.keep_answer(b"tried %d" % size, b"y" * size, number)
            tried.connection.execute("COMMIT")
            written = wal_of(other).read_bytes()
        longest = written + longest[len(written) :]
    left = Left(tmp_path / "left.db", path.read_bytes(), longest, [], 0)
    left.lay(longest)
    assert objection(left.path) is None
    frames = frames_of(longest)
    last = ends_in(longest)[ends_in(longest).index(synced - 1) + 1]
    for _ in range(10):
        cut = torn(frames[: last + 1], synced, chance, longest[HEADER:])
        left.lay(longest[:HEADER] + cut + longest[HEADER + len(cut) :])
        assert objection(left.path) is None


def test_a_database_that_goes_on_far_above_is_no_fault_where_that_was_torn(made, tmp_path):
    path, store = made
    write(store, 2)
    before = len(frames_of(wal_of(path).read_bytes()))
    store.connection.execute("BEGIN IMMEDIATE")
    store.local.go_on_above(lambda count: b"\1" * count, 1)
    store.local.keep_answer(b"key", b"x" * 20_000, 1)
    store.connection.execute("COMMIT")
    left = left_of(tmp_path, store, path)
    for frame in range(before, left.ends[-1] + 1):
        left.lay(flipped(left.wal, HEADER + FRAME * frame + 1000))
        assert objection(left.path) is None


def test_a_fault_before_what_was_copied_into_the_database_already(made, tmp_path):
    path, store = made
    write(store, 4)
    store.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    database = path.read_bytes()
    # A reader keeps SQLite from beginning the log anew.
    with contextlib.closing(belonging.open_to_look(path)) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT 1 FROM meta").fetchone()
        write(store, 3)
        left = left_of(tmp_path, store, path)._replace(database=database)
    left.lay(flipped(left.wal, HEADER + 2000))
    assert objection(left.path) is not None
    assert belonging.mend(left.path)
    with contextlib.closing(belonging.open_to_look(left.path)) as connection:
        assert Meta(connection).commits == left.commits


@pytest.mark.parametrize("place", PLACES)
def test_what_lies_behind_a_fault_can_be_read(left, place):
    for frame in range(0, left.ends[-3] + 1, 2):
        left.lay(flipped(left.wal, HEADER + FRAME * frame + PLACES[place]))
        if not belonging.mend(left.path):
            assert place == "page"  # what is written over another page may fit nothing
            continue
        with contextlib.closing(belonging.open_to_look(left.path)) as connection:
            assert Meta(connection).commits == left.commits
        assert [one.name for one in left.path.parent.glob("*-wal*")] == ["register.db-wal"]


def test_nothing_is_mended_that_has_no_fault(left, tmp_path):
    left.lay(left.wal)
    assert not belonging.mend(left.path)
    assert wal_of(left.path).read_bytes() == left.wal
    left.lay(b"")
    assert not belonging.mend(left.path)


def test_no_checksum_is_computed_where_sqlite_reads_all(left, monkeypatch):
    left.lay(left.wal)
    monkeypatch.setattr(wal_frames, "_sum", None)
    assert objection(left.path) is None
