"""The replica on an event loop: shielded commits, ordered publishing, one daemon a folder."""

import asyncio
import threading
from functools import partial

import pytest

from coordinator.registry import terminals
from sync.engine import keys, replica
from sync.engine.issuing import Draft, Issued
from sync.engine.replica import Replica
from sync.errors import KeyReused, StoreLocked, StoreMissing, TerminalNotFound
from sync.model.facts import COORDINATOR, Author, RecordId
from sync.model.numbers import Mrn
from sync.protocol.questions import NumberQuery, SignTails
from tests.clinic import PERSON

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


async def test_what_was_registered_is_there_after_reopening(tmp_path, signer):
    replica.init(tmp_path, AUTHOR)
    one = await Replica.open(tmp_path, signer, signer.public_key)
    registered = await one.register(AUTHOR, draft(1), without_number)
    await one.close()
    again = await Replica.open(tmp_path, signer, signer.public_key)
    person = await again.reader.patient(registered.patient, again.registry)
    await again.close()
    assert person is not None
    assert person["full_name"] == PERSON["full_name"]


async def test_a_folder_without_a_replica_is_refused(tmp_path, signer):
    with pytest.raises(StoreMissing):
        await Replica.open(tmp_path, signer, signer.public_key)


async def test_two_daemons_cannot_share_a_folder(opened, tmp_path, signer):
    with pytest.raises(StoreLocked):
        await Replica.open(tmp_path, signer, signer.public_key)


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
    assert (await opened.reader.counts())["patients"] == 2


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


async def test_a_witness_hears_of_a_number_before_the_caller(tmp_path, signer):
    heard = []
    replica.init(tmp_path, AUTHOR)
    opened = await Replica.open(
        tmp_path,
        signer,
        signer.public_key,
        note=lambda registered: heard.append(registered.patient),
    )
    registered = await opened.register(AUTHOR, draft(1), without_number)
    assert heard == [registered.patient]
    await opened.close()


async def test_a_repeated_key_gives_the_same_person_and_another_request_an_error(opened):
    first = await opened.register(AUTHOR, draft(1, b"k" * 16, b"a"), without_number)
    assert await opened.was_answered(b"k" * 16)
    again = await opened.register(AUTHOR, draft(2, b"k" * 16, b"a"), without_number)
    assert (again.patient, again.issued) == (first.patient, None)
    with pytest.raises(KeyReused, match="the-key"):
        await opened.register(AUTHOR, draft(3, b"k" * 16, b"b"), without_number)
    assert (await opened.reader.counts())["patients"] == 1


async def test_the_newest_serial_is_remembered_before_the_caller_hears_of_it(tmp_path, signer):
    heard = []
    replica.init(tmp_path, COORDINATOR)
    opened = await Replica.open(tmp_path, signer, signer.public_key, note_serial=heard.append)
    for serial, code in enumerate(("LAB1", "LAB2"), 1):
        await opened.write(partial(terminals.add_terminal, code=code, name=""))
        assert heard[-1] == serial
    await opened.close()


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
