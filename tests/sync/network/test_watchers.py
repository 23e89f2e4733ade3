"""Whoever waits goes on at the change that brought what he waits for."""

import asyncio

from sync.network.watchers import Watchers


async def test_whoever_waits_is_asked_again_after_each_change():
    watchers, count = Watchers(), []
    await watchers.until(lambda: True)
    waits = asyncio.create_task(watchers.until(lambda: len(count) == 2))
    await asyncio.sleep(0)
    for _ in range(2):
        assert not waits.done()
        count.append(1)
        watchers.changed()
    await waits


async def test_whoever_gave_up_disturbs_nobody():
    watchers, there = Watchers(), []
    gone, waits = (asyncio.create_task(watchers.until(lambda: bool(there))) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    there.append(1)
    watchers.changed()
    await waits
