"""A replica of its own, and calls of somebody."""

import pytest
from aiohttp.test_utils import make_mocked_request

from sync.engine import keys
from sync.engine import replica as replicas
from sync.engine.replica import Replica
from sync.model.facts import Author

SIGNER = keys.Signer.from_seed(bytes(32))


def record(number):
    """The text of a record id."""
    return f"00000000-0000-7000-8000-{number:012d}"


def answer(*numbers):
    """An answer that shows people."""
    return {"results": [{"record_id": record(number)} for number in numbers]}


async def say_that_the_clock_is_right(replica):
    """As `clock right` does."""
    replica.believed.confirm()
    await replica.write(lambda tx: tx.begin())


@pytest.fixture
def call():
    """A call of the desk's page; ``who`` is the name that it says."""

    def make(who="Sadia", method="GET"):
        headers = {"Sec-Fetch-Site": "same-origin", "Clerk": who}
        return make_mocked_request(method, "/", headers=headers)

    return make


@pytest.fixture
async def replica(tmp_path):
    replicas.init(tmp_path, Author("LAB1-PC"))
    opened = await Replica.open(tmp_path, SIGNER, SIGNER.public_key)
    await say_that_the_clock_is_right(opened)
    yield opened
    await opened.close()


@pytest.fixture
def entries(replica):
    """What was written, the oldest first."""

    def read():
        return replica.read(
            lambda snapshot: [entry.said for entry in snapshot.store.looks.from_oldest()]
        )

    return read
