"""Which desks are connected with each other: only enrolled ones say so, and briefly."""

import json

import aiohttp
import pytest
from yarl import URL

from coordinator.pages.links import DESKS_MAX, Links
from tests.daemons import enrolled, new_code, new_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_each_pair_is_shown_once_whoever_says_it():
    links = Links.__new__(Links)
    links._said = {"A": ["B", "C", "A"], "B": ["A"], "D": ["A"]}
    assert links.among({"A", "B"}) == [("A", "B"), ("A", "C")]


async def test_what_is_no_list_of_terminals_is_refused(tmp_path):
    async with new_hub(tmp_path).running(jobs=False) as hub:
        desk = await enrolled(tmp_path, await new_code(hub, "LAB1-PC"), "desk")
        async with desk.running(jobs=False):
            context = desk.daemon._links._credentials.client
            url = URL(hub.sync_url.replace("ws:", "https:")).with_path("/links")
            async with aiohttp.ClientSession() as http:
                for sent in (b"{}", b"[1]", b"[", b'["' + b"x" * 20_000 + b'"]', many()):
                    async with http.post(url, ssl=context, data=sent) as answer:
                        assert answer.status == 400
                async with http.post(url, ssl=context, data=b'["WARD-PC"]') as answer:
                    assert answer.status == 204
            said = hub.daemon._dashboard._links
            assert said.among({"LAB1-PC"}) == [("LAB1-PC", "WARD-PC")]


def many():
    return json.dumps(["X"] * (DESKS_MAX + 1)).encode()
