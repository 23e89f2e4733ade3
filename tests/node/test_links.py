"""A desk says with whom it is connected, and only when that has changed."""

from __future__ import annotations

import pytest

from node.links import LinksReport
from sync.model.facts import COORDINATOR
from tests.daemons import enrolled, new_code, new_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_it_is_told_again_after_a_change_or_after_the_coordinator_was_away(tmp_path):
    """Over the real port of a coordinator, with a real certificate."""
    async with new_hub(tmp_path).running(jobs=False) as hub:
        desk = await enrolled(tmp_path, await new_code(hub, "LAB1-PC"), "desk")
        async with desk.running(jobs=False):
            await desk.in_touch()
            peers = {COORDINATOR, "WARD-PC"}
            real = desk.daemon._links
            links = LinksReport(real._credentials, real._coordinator, lambda: set(peers))
            said = hub.daemon._dashboard._links

            await links.look()
            assert said.among({"LAB1-PC"}) == [("LAB1-PC", "WARD-PC")]
            assert said.among(set()) == [], "who is away says nothing of now"
            said._said.clear()
            await links.look()
            assert said.among({"LAB1-PC"}) == [], "nothing has changed"
            peers.remove(COORDINATOR)
            await links.look()
            peers.add(COORDINATOR)
            await links.look()
            assert said.among({"LAB1-PC"}) == [("LAB1-PC", "WARD-PC")]
            peers.remove("WARD-PC")
            await links.look()
            assert said.among({"LAB1-PC"}) == []
            assert desk.daemon._peers() == {COORDINATOR}


async def test_a_coordinator_that_does_not_answer_is_told_later(tmp_path):
    async with new_hub(tmp_path).running(jobs=False) as hub:
        desk = await enrolled(tmp_path, await new_code(hub, "LAB1-PC"), "desk")
        async with desk.running(jobs=False):
            where = ["wss://127.0.0.1:1/sync"]
            real = desk.daemon._links
            links = LinksReport(
                real._credentials, lambda: where[0], lambda: {COORDINATOR, "WARD-PC"}
            )
            await links.look()
            where[0] = hub.sync_url.replace("ws:", "wss:")
            await links.look()
            assert hub.daemon._dashboard._links.among({"LAB1-PC"}) == [("LAB1-PC", "WARD-PC")]
