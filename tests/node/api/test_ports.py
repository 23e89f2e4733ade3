"""Which ports of a desk others are to try: those that other computers can reach at all."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from node.api.ports import ports_api
from sync.http.address import Address
from sync.model.facts import Author
from sync.protocol.addresses import Reach, TriedPort
from sync.protocol.events import PortsArrived

pytestmark = pytest.mark.asyncio(loop_scope="module")
HERE, EVERYWHERE = "127.0.0.1", "0.0.0.0"


@pytest.mark.parametrize(
    ("sync_host", "https_host", "asked"),
    [
        (HERE, None, []),
        (EVERYWHERE, None, [8481]),
        (EVERYWHERE, HERE, [8481]),
        (HERE, EVERYWHERE, [8483]),
        ("::", "10.0.0.5", [8481, 8483]),
    ],
)
async def test_others_try_what_they_can_reach(desk, sync_host, https_host, asked):
    https = Address(https_host, 8483) if https_host else None
    config = replace(desk.config, sync_listen=Address(sync_host, 8481), https_listen=https)
    tried = []

    async def ask(_connections, ports):
        tried.extend(ports)
        found = tuple(TriedPort(port, Reach.OPEN) for port in ports)
        return [(Author("WARD-PC"), PortsArrived(1, "10.0.0.5", found))]

    trials = SimpleNamespace(able=lambda connections: connections, ask=ask)
    peering = SimpleNamespace(connections=["one"])
    answer = await ports_api(config, peering, trials).have_tried(None)
    assert tried == asked
    assert [one["port"] for trial in answer["tried"] for one in trial["ports"]] == asked


async def test_a_desk_that_only_its_own_computer_reaches_has_nothing_tried(desk):
    assert await desk.call("POST", "/api/ports/try/") == {"tried": []}
