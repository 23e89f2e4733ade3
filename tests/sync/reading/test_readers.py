"""The threads that read: side by side, bounded, and unharmed by what fails."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from sync.reading.readers import THREADS, Readers


@pytest.fixture
async def readers(lab):
    readers = Readers(lab.path, lambda: date(2026, 1, 5))
    yield readers
    await readers.close()


async def test_one_that_takes_long_keeps_no_other_waiting(readers):
    begun, go_on = threading.Event(), threading.Event()

    def slow(snapshot):
        begun.set()
        go_on.wait()
        return snapshot.counts.newest_id()

    reading = asyncio.create_task(readers.read(slow))
    await asyncio.to_thread(begun.wait)
    assert await readers.read(lambda snapshot: snapshot.changes.newest()) == 0
    assert not reading.done()
    go_on.set()
    assert await reading == 0


async def test_never_more_at_once_than_there_are_threads(readers):
    at_once, most = 0, 0
    lock, all_there = threading.Lock(), threading.Barrier(THREADS)

    def act(_snapshot) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        all_there.wait(60)
        with lock:
            at_once -= 1

    await asyncio.gather(*(readers.read(act) for _ in range(2 * THREADS)))
    assert most == THREADS


async def test_what_an_act_raises_reaches_the_caller_and_the_next_reads_go_on(readers):
    def fails(_snapshot) -> None:
        raise LookupError("nobody")

    for _ in range(2 * THREADS):
        with pytest.raises(LookupError, match="nobody"):
            await readers.read(fails)
    assert await readers.read(lambda snapshot: snapshot.changes.newest()) == 0


async def test_closing_waits_for_what_is_being_read(lab):
    readers = Readers(lab.path, lambda: date(2026, 1, 5))
    begun, go_on = threading.Event(), threading.Event()

    def slow(snapshot):
        begun.set()
        go_on.wait()
        return snapshot.counts.newest_id()

    reading = asyncio.create_task(readers.read(slow))
    await asyncio.to_thread(begun.wait)
    closing = asyncio.create_task(readers.close())
    go_on.set()
    await closing
    assert await reading == 0


async def test_closing_needs_none_of_the_threads_that_others_may_fill(lab):
    readers = Readers(lab.path, lambda: date(2026, 1, 5))
    go_on, loop = threading.Event(), asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    filling = loop.run_in_executor(None, go_on.wait)
    try:
        async with asyncio.timeout(5):
            await readers.close()
    finally:
        go_on.set()
        await filling
