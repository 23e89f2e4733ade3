"""The replica on an event loop: shielded commits, ordered publishing, one daemon a folder."""

import asyncio
import os
import sys
import threading
import time
from datetime import UTC
from functools import partial

import pytest

from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import Recovery
from coordinator.registry import terminals
from sync.engine import keys, replica
from sync.engine.issuing import Draft, Issued
from sync.engine.replica import Replica
from sync.errors import (
    KeyReused,
    StoreLocked,
    StoreMissing,
    TerminalNotFound,
    WitnessBehind,
    WitnessUnwritable,
)
from sync.model.facts import COORDINATOR, REGISTRY, Author, RecordId
from sync.model.numbers import Mrn
from sync.protocol.questions import BatchesQuery, Merge, NumberQuery, SignTails
from sync.storage import search
from sync.witness.memory import SERIAL, Witness
from tests.clinic import PERSON
from tests.forging import Run, note

AUTHOR = Author("LAB1-PC")


def draft(number: int, key: bytes | None = None, request: bytes = b"") -> Draft:
    record = RecordId(number.to_bytes(16))
    return Draft(record, None, PERSON, "2026-01-05T12:00:00+05:00", None, key, request, "the-key")


def without_number(_tx) -> Issued:
    return Issued(None, True)


@pytest.fixture
def signer():
    return keys.Signer.from_seed(b"s" * 32)


@pytest.fixture
async def opened(tmp_path, signer):
    replica.init(tmp_path, AUTHOR)
    one = await Replica.open(tmp_path, signer, signer.public_key)
    yield one
    await one.close()


async def people(opened) -> int:
    counts = await opened.read(lambda snapshot: snapshot.counts.register())
    return counts["patients"]


async def test_what_was_registered_is_there_after_reopening(tmp_path, signer):
    replica.init(tmp_path, AUTHOR)
    one = await Replica.open(tmp_path, signer, signer.public_key)
    registered = await one.register(AUTHOR, draft(1), without_number)
    await one.close()
    again = await Replica.open(tmp_path, signer, signer.public_key)
    person = await again.read(lambda snapshot: snapshot.people.by_id(registered.patient))
    await again.close()
    assert person is not None
    assert person["full_name"] == PERSON["full_name"]


async def test_a_folder_without_a_replica_is_refused(tmp_path, signer):
    with pytest.raises(StoreMissing):
        await Replica.open(tmp_path, signer, signer.public_key)


async def test_two_daemons_cannot_share_a_folder(opened, tmp_path, signer):
    with pytest.raises(StoreLocked):
        await Replica.open(tmp_path, signer, signer.public_key)


async def test_a_record_that_was_passed_over_lets_the_database_be_looked_at(opened):
    assert not opened.health.doubted
    opened._writer.store.unreadable = True
    await opened.write(lambda tx: tx.begin())
    assert opened.health.doubted
    opened.health.sound()
    await opened.write(lambda tx: tx.begin())
    assert not opened.health.doubted


async def test_a_cancelled_caller_does_not_undo_its_commit(opened):
    begun, go_on = threading.Event(), threading.Event()

    def slow(_tx) -> Issued:
        begun.set()
        go_on.wait()
        return Issued(None, True)

    task = asyncio.create_task(opened.register(AUTHOR, draft(1), slow))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await opened.register(AUTHOR, draft(2), without_number)
    assert await people(opened) == 2


async def test_commits_are_published_in_order_and_before_their_answer(opened):
    await opened.answer(SignTails())
    heard = []
    stop = opened.subscribe(lambda commit: heard.append(commit.batches[0].length))
    for number in range(1, 4):
        await opened.register(AUTHOR, draft(number), without_number)
        assert heard == list(range(1, number + 1))
    stop()
    await opened.register(AUTHOR, draft(9), without_number)
    assert heard == [1, 2, 3]


@pytest.fixture
async def hub(tmp_path, signer):
    """A coordinator with a witness."""
    replica.init(tmp_path / "hub", COORDINATOR)
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    hub = await Replica.open(tmp_path / "hub", signer, signer.public_key, witness=witness)
    yield hub, witness
    await hub.close()


async def test_what_the_witness_cannot_be_told_is_not_committed_and_nobody_hears_of_it(
    hub, tmp_path, monkeypatch
):
    hub, witness = hub
    await hub.answer(SignTails())
    published = []
    hub.subscribe(published.append)
    before = hub.changed.newest

    def full(*_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(witness.file, "_write", full)
    with pytest.raises(WitnessUnwritable, match="Nothing was changed"):
        await hub.write(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    assert await hub.read(lambda snapshot: list(snapshot.registry.terminals)) == []
    assert (published, hub.changed.newest) == ([], before)
    monkeypatch.undo()
    await hub.write(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    assert await hub.read(lambda snapshot: list(snapshot.registry.terminals)) == ["FRONT"]
    assert Witness(tmp_path / "witness", "machine").mark(SERIAL) == 1, "no serial was lost"
    assert len(published) == 1


async def test_what_is_for_desks_is_published_when_the_witness_knows_that_it_is_committed(
    hub, monkeypatch
):
    hub, witness = hub
    await hub.answer(SignTails())
    published, real, writes = [], witness.file._write, []
    hub.subscribe(published.append)

    def full_later(*args, **more) -> None:
        writes.append(args)
        if len(writes) > 1:
            raise OSError(28, "No space left on device")
        real(*args, **more)

    monkeypatch.setattr(witness.file, "_write", full_later)
    with pytest.raises(WitnessBehind):
        await hub.write(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    assert await hub.read(lambda snapshot: list(snapshot.registry.terminals)) == ["FRONT"]
    with pytest.raises(WitnessBehind):
        await hub.answer(BatchesQuery(()))
    await hub.write(lambda tx: tx.begin())
    assert published == []
    monkeypatch.undo()
    await hub.write(lambda tx: None)
    assert len(published) == 1
    assert await hub.answer(BatchesQuery(())) == ()


async def test_a_witness_that_fails_is_no_fault_of_the_database(hub, tmp_path, monkeypatch):
    hub, witness = hub
    monkeypatch.setattr(witness.file, "path", tmp_path)  # a folder
    with pytest.raises(WitnessUnwritable):
        await hub.write(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    assert hub.health.writing is None


async def test_a_read_sees_the_registry_and_the_tables_of_one_commit(tmp_path, signer):
    replica.init(tmp_path, COORDINATOR)
    hub = await Replica.open(tmp_path, signer, signer.public_key)
    await hub.write(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    begun, go_on = threading.Event(), threading.Event()

    def both(snapshot):
        entries = list(snapshot.store.decisions.registry_entries())
        return len(entries), sorted(snapshot.registry.terminals)

    def slow(snapshot):
        begun.set()
        go_on.wait()
        return both(snapshot)

    reading = asyncio.create_task(hub.read(slow))
    await asyncio.to_thread(begun.wait)
    await hub.write(lambda tx: terminals.add_terminal(tx, "WARD", ""))
    assert await hub.read(both) == (3, ["FRONT", "WARD"])
    go_on.set()
    assert await reading == (2, ["FRONT"])
    await hub.close()


async def test_what_is_kept_in_memory_follows_commits_and_no_others(opened):
    seen = []
    await opened.follow("topic", lambda store: seen.append(store.meta.recovery))
    assert seen == [None]

    def change(tx, value, topic):
        tx.begin()
        tx.store.meta.recovery = value
        tx.announce(topic)
        if value == "failed":
            raise ValueError("undone")

    await opened.write(lambda tx: change(tx, "a", "topic"))
    assert seen == [None, "a"]
    with pytest.raises(ValueError, match="undone"):
        await opened.write(lambda tx: change(tx, "failed", "topic"))
    await opened.write(lambda tx: change(tx, "b", "other"))
    assert seen == [None, "a"]


async def test_changes_from_before_the_start_are_known_at_the_start(tmp_path, signer):
    replica.init(tmp_path, AUTHOR)
    one = await Replica.open(tmp_path, signer, signer.public_key)
    await one.register(AUTHOR, draft(1), without_number)
    newest = one.changed.newest
    await one.close()
    again = await Replica.open(tmp_path, signer, signer.public_key)
    assert again.changed.newest == newest > 0
    await again.close()


async def test_a_piece_of_the_search_index_is_a_transaction_of_its_own(opened, monkeypatch):
    monkeypatch.setattr(search, "PIECE", 2)
    for number in range(1, 4):
        await opened.register(AUTHOR, draft(number), without_number)
    assert [await opened.index_some() for _ in range(3)] == [None, None, opened.commit_number]


async def test_a_repeated_key_gives_the_same_person_and_another_request_an_error(opened):
    first = await opened.register(AUTHOR, draft(1, b"k" * 16, b"a"), without_number)
    assert await opened.was_answered(b"k" * 16)
    again = await opened.register(AUTHOR, draft(2, b"k" * 16, b"a"), without_number)
    assert (again.patient, again.issued) == (first.patient, None)
    with pytest.raises(KeyReused, match="the-key"):
        await opened.register(AUTHOR, draft(3, b"k" * 16, b"b"), without_number)
    assert await people(opened) == 1


async def test_what_changes_the_registry_is_beyond_doubt_before_the_caller_hears_of_it(
    hub, tmp_path
):
    hub, _ = hub
    for serial, code in enumerate(("LAB1", "LAB2"), 1):
        await hub.write(partial(terminals.add_terminal, code=code, name=""))
        known = Witness(tmp_path / "witness", "machine")
        assert (known.mark(SERIAL), known.committed(SERIAL)) == (serial, serial)


async def test_a_number_is_granted_by_whom_it_was_opened_with(tmp_path, signer):
    replica.init(tmp_path, COORDINATOR)

    def granter(_tx, record, terminal) -> Issued:
        if terminal != AUTHOR:
            raise TerminalNotFound(terminal=terminal)
        return Issued(Mrn(f"PAT-20260105-000{record[0]}"), False)

    opened = await Replica.open(tmp_path, signer, signer.public_key, granter=granter)
    record = RecordId(bytes([7]) * 16)
    assert await opened.answer(NumberQuery(record, AUTHOR)) == ("PAT-20260105-0007", "")
    refused = await opened.answer(NumberQuery(record, Author("ANOTHER")))
    assert refused == (None, "terminal_not_found")
    await opened.close()


async def test_a_node_grants_nothing(opened):
    granted = await opened.answer(NumberQuery(RecordId(b"r" * 16), AUTHOR))
    assert granted == (None, "not_a_coordinator")


async def test_a_registration_gets_in_between_the_parts_of_a_large_merge(tmp_path, signer):
    """The merge was asked for first, and is one message of a peer."""
    replica.init(tmp_path, COORDINATOR)
    arbiter = Arbiter(Recovery(os.urandom, UTC))
    hub = await Replica.open(tmp_path, signer, signer.public_key, arbiter)
    desk = keys.Signer.from_seed(b"d" * 32)
    incarnation = hub.identity.incarnation
    await hub.write(lambda tx: terminals.add_terminal(tx, AUTHOR, AUTHOR))
    await hub.write(lambda tx: terminals.join_node(tx, AUTHOR, desk.public_key, incarnation))
    runs = [Run(AUTHOR, desk, client).then(*map(note, range(200))) for client in range(8)]
    order: list[str] = []
    hub.subscribe(lambda commit: order.extend({batch.author for batch in commit.batches}))
    await hub.answer(SignTails())
    merging = asyncio.create_task(hub.merge(Merge(tuple(run.batch() for run in runs)), "peer"))
    await asyncio.sleep(0)  # its first part is queued
    await hub.register(COORDINATOR, draft(1), without_number)
    assert not merging.done()
    merged = await merging
    await hub.close()
    assert merged.facts == 1600
    assert {outcome.entry for outcome in merged.outcomes} == {"accepted"}
    assert order.count(AUTHOR) == 8
    assert order.index(COORDINATOR) < 4


async def test_the_outcomes_of_a_merge_in_parts_are_in_the_order_of_its_batches(opened):
    nobody = keys.Signer.from_seed(b"n" * 32)
    unsigned = Run(AUTHOR, nobody, 5).then(note(1)).batch()
    wrong = Run("@nobody", nobody, 5).then(note(1)).batch()
    batches = (unsigned, wrong, unsigned._replace(author=REGISTRY))
    merged = await opened.merge(Merge(batches), "peer")
    assert [outcome.entry for outcome in merged.outcomes] == ["not_yet", "invalid", "invalid"]
    assert (await opened.merge(Merge(()), "peer")) == ((), 0)


@pytest.mark.parametrize(
    ("system", "there", "counts"),
    [
        ("linux", {"CLOCK_BOOTTIME": 7, "CLOCK_MONOTONIC": 1}, 70),
        ("darwin", {"CLOCK_BOOTTIME": None, "CLOCK_MONOTONIC": 6}, 60),
        ("win32", {"CLOCK_BOOTTIME": None, "CLOCK_MONOTONIC": None}, 5),
    ],
)
def test_the_steady_clock_is_one_that_goes_on_in_sleep(monkeypatch, system, there, counts):
    for name, number in there.items():
        if number is None:
            monkeypatch.delattr(time, name, raising=False)
        else:
            monkeypatch.setattr(time, name, number, raising=False)
    monkeypatch.setattr(sys, "platform", system)
    read = {7: 70_000_000, 6: 60_000_000, 1: 0}.__getitem__
    monkeypatch.setattr(time, "clock_gettime_ns", read, raising=False)
    monkeypatch.setattr(time, "monotonic_ns", lambda: 5_000_000)
    assert replica.shell().steady_ms() == counts
