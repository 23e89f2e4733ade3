"""The search index is filled beside the registrations, in pieces and in time."""

import asyncio

import pytest

from sync.daemon import search_filling
from sync.daemon.jobs import Jobs
from sync.daemon.search_filling import SearchFilling
from sync.engine import keys, replica
from sync.engine.replica import Replica
from sync.storage import search
from tests.sync.engine.test_replica import AUTHOR, draft, without_number

MISSING = "SELECT 1 FROM patients WHERE id > (SELECT value FROM meta WHERE key = 'indexed')"


@pytest.fixture
async def opened(tmp_path):
    replica.init(tmp_path, AUTHOR)
    signer = keys.Signer.from_seed(b"s" * 32)
    one = await Replica.open(tmp_path, signer, signer.public_key)
    yield one
    await one.close()


async def test_others_write_between_two_pieces(opened, monkeypatch):
    monkeypatch.setattr(search, "PIECE", 2)
    for number in range(1, 6):
        await opened.register(AUTHOR, draft(number), without_number)
    pieces = []
    real = search.index_some

    def index_some(*arguments):
        done = real(*arguments)
        pieces.append(done)
        return done

    monkeypatch.setattr(search, "index_some", index_some)
    filling = SearchFilling(opened)
    filled = asyncio.create_task(filling.fill())
    await opened.register(AUTHOR, draft(9), without_number)
    assert len(pieces) < 3, "the registration did not wait for all of them"
    await filled
    assert sum(pieces) == 6
    count = len(pieces)
    await filling.fill()
    assert len(pieces) == count, "nothing was committed since"


async def test_many_registrations_fill_the_index_before_its_time(opened, monkeypatch):
    monkeypatch.setattr(search_filling, "FILL_S", 3600)
    monkeypatch.setattr(search_filling, "FILL_CHANGES", 3)
    filling = SearchFilling(opened)
    filled = asyncio.create_task(filling.fill_in_time())
    for number in range(3):
        assert not filled.done()
        await opened.register(AUTHOR, draft(number), without_number)
    await filled
    assert await opened.read(lambda view: view.store.connection.execute(MISSING).fetchall()) == []


async def test_a_single_registration_is_in_the_index_a_little_later(opened, monkeypatch):
    monkeypatch.setattr(search_filling, "FILL_S", 0.01)
    await opened.register(AUTHOR, draft(1), without_number)
    await SearchFilling(opened).fill_in_time()
    assert await opened.read(lambda view: view.store.connection.execute(MISSING).fetchall()) == []


@pytest.mark.parametrize("turns", range(8))
async def test_the_daemon_stops_at_whatever_moment_it_is_told(opened, monkeypatch, turns):
    """Also in the moment in which many changes have come: after most starts that is the first."""
    monkeypatch.setattr(search_filling, "FILL_S", 3600)
    monkeypatch.setattr(search_filling, "FILL_CHANGES", 1)
    await opened.register(AUTHOR, draft(1), without_number)
    jobs = Jobs()
    jobs.every(0.0, "filling the search index", SearchFilling(opened).fill_in_time)
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await jobs.stop()
