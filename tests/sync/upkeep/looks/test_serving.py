"""Who looked at whom, over HTTP."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sync.http.app import answer_errors
from sync.http.operations import Needs, add_operations
from sync.model.facts import RecordId
from sync.storage.access.looks import Look, LookAct, note, packed
from sync.upkeep.looks.serving import LOOKS, LooksApi
from tests.sync.upkeep.looks.conftest import SIGNER, record

ONE, OTHER = RecordId(bytes(15) + b"1"), RecordId(bytes(15) + b"2")
OPENED = Look(1_767_600_000_000, "opened", "Sadia", "pin", "page", "127.0.0.1", 1, packed([ONE]))
LISTED = Look(1_767_603_600_000, "listed", "", "", "program", "127.0.0.1", 1, packed([OTHER]))
LONG = Look(1_767_607_200_000, "listed", "LIMS", "key", "program", "10.0.0.7", 200)
OFF = note(1_767_610_800_000, LookAct.SWITCHED_OFF, "")


@pytest.fixture
async def client(replica):
    def act(tx):
        tx.begin()
        tx.store.looks.add(OPENED, LISTED, LONG, OFF)

    await replica.write(act)
    app = web.Application(middlewares=[answer_errors(str)])
    api = LooksApi(replica, Needs.THIS_COMPUTER, lambda: [SIGNER.public_key])
    add_operations(app, api.operations())
    async with TestClient(TestServer(app)) as client:
        yield client


async def get(client, path):
    async with client.get(path) as response:
        return response.status, await response.json()


async def test_entries_are_listed_the_newest_first(client):
    _, found = await get(client, LOOKS)
    assert (found["count"], found["unnamed"]) == (4, 0)
    assert [one["number"] for one in found["results"]] == [4, 3, 2, 1]
    off, long, _, opened = found["results"]
    assert (off["act"], off["way"], off["records"]) == ("switched_off", None, [])
    assert (long["people"], long["records"], long["known"]) == (200, [], "key")
    assert opened["records"] == ["00000000-0000-0000-0000-000000000031"]
    assert (opened["at"], opened["known"]) == ("2026-01-05T08:00:00Z", "pin")


@pytest.mark.parametrize(
    ("query", "numbers", "unnamed"),
    [
        ("record=00000000-0000-0000-0000-000000000031", [1], 2),
        ("record=00000000-0000-0000-0000-000000000031&until=2026-01-05T09:00:00Z", [1], 0),
        (f"record={record(9)}", [], 2),
        ("who=sadia", [1], 0),
        ("act=listed", [3, 2], 0),
        ("since=2026-01-05T14:00:00%2B05:00&until=2026-01-05T15:00:00%2B05:00", [3, 2], 0),
    ],
)
async def test_those_that_are_wanted_are_found(client, query, numbers, unnamed):
    _, found = await get(client, f"{LOOKS}?{query}")
    assert [one["number"] for one in found["results"]] == numbers
    assert found["unnamed"] == unnamed


@pytest.mark.parametrize("wrong", ["record=710042", "act=seen", "since=yesterday", "name=Ayesha"])
async def test_what_is_no_filter_is_refused(client, wrong):
    status, answer = await get(client, f"{LOOKS}?{wrong}")
    assert (status, answer["code"]) == (400, "invalid_fields")
    assert wrong.partition("=")[0] in answer


async def test_it_says_whether_it_is_whole(client, replica):
    _, found = await get(client, f"{LOOKS}check/")
    assert (found["first"], found["last"], found["is_whole"]) == (1, 4, True)
    assert (found["removed_at"], found["is_signed"], found["first_wrong"]) == (None, True, None)

    def act(tx):
        tx.begin()
        tx.connection.execute("DELETE FROM looks WHERE number = 2")

    await replica.write(act)
    _, found = await get(client, f"{LOOKS}check/")
    assert (found["is_whole"], found["first_wrong"]) == (False, 2)
