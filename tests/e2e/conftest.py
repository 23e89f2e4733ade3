import sys

import aiohttp
import pytest
import pytest_asyncio

from examples.clinic import Clinic, until
from tests.e2e.lan import is_possible, open_lan


@pytest.fixture(scope="module")
def lan(tmp_path_factory):
    """A network of computers, each with addresses and a machine id of its own."""
    if why := is_possible():
        print(f"LEFT OUT: tests of real computers, because {why}", file=sys.__stderr__)
        pytest.skip(why)
    with open_lan(tmp_path_factory.mktemp("lan")) as lan:
        yield lan


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clinic(tmp_path_factory, http):
    """A coordinator and one desk as processes, for all tests of a file; they end with status 0."""
    clinic = Clinic(tmp_path_factory.mktemp("clinic"))
    try:
        await clinic.open({"LAB1-PC": "710000-719999"})
        yield clinic
    finally:
        statuses = await clinic.close()
    assert set(statuses.values()) == {0}


@pytest_asyncio.fixture(loop_scope="module")
async def desk(clinic, http):
    """The desk, in touch with the coordinator."""
    desk = clinic.desks["LAB1-PC"]

    async def is_online():
        return (await desk.call(http, "GET", "/api/status/"))["numbers"] == "online"

    await until("the desk is online", is_online)
    return desk
