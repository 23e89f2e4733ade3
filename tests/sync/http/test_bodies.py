"""How long a body may be is declared with its operation; the rest is in test_server.py."""

import pytest
from aiohttp.test_utils import TestClient, TestServer

from sync.http.app import new_application
from sync.http.operations import BODY_BYTES_MAX, Needs, Operation
from sync.http.requests import BODY


async def keep(request) -> int:
    return len(request[BODY])


@pytest.mark.parametrize("most", [10, BODY_BYTES_MAX, 3 * BODY_BYTES_MAX])
async def test_each_operation_has_its_own_bound(most):
    operation = Operation(
        "POST", "/", keep, "Keep", needs=Needs.THIS_COMPUTER, body=bytes, body_bytes_max=most
    )
    ports = []
    server = TestServer(new_application(lambda: ports, [operation]))
    async with TestClient(server) as client:
        ports.append(server.port)
        async with client.post("/", data=b"x" * most) as answer:
            assert await answer.json() == most
        async with client.post("/", data=b"x" * (most + 1)) as answer:
            assert answer.status == 413
