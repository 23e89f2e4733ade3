"""Operations that every API has: health, the description, and its page."""

import pytest
import pytest_asyncio

from sync.http.openapi import describe
from sync.storage import schema
from sync.version import version
from tests.sync.http.frontdesk import front_desk

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory):
    async with front_desk(tmp_path_factory.mktemp("system")) as desk:
        yield desk


async def test_a_daemon_that_can_read_its_database_is_well(desk):
    answer = await desk.get("/api/health/")
    assert answer == {
        "status": "ok",
        "version": version(),
        "schema": schema.VERSION,
        "author": desk.replica.identity.author,
        "public_key": desk.replica.public_key.hex(),
    }


async def test_a_daemon_that_cannot_read_its_database_is_not(desk):
    connection = desk.replica._writer.store.connection
    connection.execute("ALTER TABLE changes RENAME TO elsewhere")
    status, answer = await desk.call("GET", "/api/health/")
    assert (status, answer["code"]) == (503, "store_fails")
    connection.execute("ALTER TABLE elsewhere RENAME TO changes")
    assert (await desk.get("/api/health/"))["status"] == "ok"


async def test_the_description_is_of_all_operations_and_of_these_too(desk):
    document = await desk.get("/openapi.json")
    assert document["info"] == {"title": "front desk", "version": version()}
    assert document["paths"].keys() >= describe(desk.operations(), "")["paths"].keys()
    assert document["paths"].keys() >= {"/api/health/", "/openapi.json", "/api/docs/"}


async def test_the_page_is_whole_in_itself(desk):
    async with desk.http.get("/api/docs/") as answer:
        page = await answer.text()
        assert answer.content_type == "text/html"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert 'fetch("/openapi.json")' in page
    assert "https://" not in page
    assert " src=" not in page
