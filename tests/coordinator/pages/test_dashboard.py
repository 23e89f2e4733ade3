"""The files and the streams of the dashboard, as a running coordinator has them."""

import asyncio
import re
from pathlib import Path

import pytest

from coordinator.pages.dashboard import BOARD
from tests.daemons import new_hub

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_everybody_may_fetch_the_page_which_loads_nothing_from_elsewhere(hub):
    async with hub.http.get("/") as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert re.search('<script type="module" src="/static/[0-9a-f]+/board/board.js">', page)
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


async def test_all_acts_can_be_chosen_in_the_list_of_what_was_done(hub):
    """An act is named by what its operation is about; a few stand in the code by themselves."""
    page = (ROOT / "coordinator/pages/static/watching/audit.js").read_text(encoding="utf-8")
    groups = set(re.findall(r'"(\w+)"', page[page.index("const GROUPS") : page.index("];")]))
    own = {
        act.partition(".")[0]
        for path in (ROOT / "coordinator").rglob("*.py")
        for act in re.findall(r': Final = "([a-z]+\.[a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert groups == {one.about for one in hub.daemon.operations()} - {""} | own


async def test_streams_end_with_the_coordinator(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running():
        headers = {"Authorization": f"Bearer {hub.token}"}
        async with hub.http.get(BOARD, headers=headers) as answer:
            await answer.content.readuntil(b"data: ")
            hub.daemon._dashboard._live[1].stop()
            await asyncio.wait_for(answer.read(), 60)
