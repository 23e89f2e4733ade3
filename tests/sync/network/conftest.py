"""A coordinator that listens, in a house of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sync.network.house import WAIT_S, House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    async with asyncio.timeout(2 * WAIT_S):
        await house.start()
        try:
            yield house
        finally:
            await house.stop()
