import aiohttp
import pytest

from examples.clinic import Clinic, until


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def clinic(tmp_path, http):
    """A coordinator and one desk as processes; both must end with status 0."""
    clinic = Clinic(tmp_path)
    await clinic.open({"LAB1-PC": "710000-719999"})
    await until("the desk is online", lambda: is_online(clinic, http))
    yield clinic
    statuses = await clinic.close()
    assert set(statuses.values()) == {0}


async def is_online(clinic, http):
    desk = clinic.desks["LAB1-PC"]
    return (await desk.call(http, "GET", "/api/status/"))["numbers"] == "online"
