"""The files and the streams of the dashboard, as a running coordinator has them."""

import asyncio
import re

import pytest

from coordinator.pages.dashboard import BOARD
from tests.daemons import new_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_everybody_may_fetch_the_page_which_loads_nothing_from_elsewhere(hub):
    async with hub.http.get("/") as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert re.search('<script type="module" src="/static/[0-9a-f]+/board/board.js">', page)
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


async def test_streams_end_with_the_coordinator(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running():
        headers = {"Authorization": f"Bearer {hub.token}"}
        async with hub.http.get(BOARD, headers=headers) as answer:
            await answer.content.readuntil(b"data: ")
            hub.daemon._dashboard._live[1].stop()
            await asyncio.wait_for(answer.read(), 60)
