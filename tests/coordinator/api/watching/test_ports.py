"""A coordinator and a desk have each other try their ports, over the session between them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.http.address import Address
from sync.network.connection import Connection
from tests.daemons import enrolled, new_code, new_hub


def open_to_all(config, **ports):
    """The settings of a daemon that other computers reach."""
    everywhere = {name: Address("0.0.0.0", getattr(config, name).port) for name in ports}
    return replace(config, **everywhere)


@pytest.fixture
async def clinic(tmp_path, monkeypatch):
    """Both on this computer, which counts as two for this once."""
    monkeypatch.setattr(Connection, "is_elsewhere", True)
    hub = new_hub(tmp_path)
    hub.config = open_to_all(hub.config, sync_listen=1, enrol_listen=1)
    async with hub.running(jobs=False):
        desk = await enrolled(tmp_path, await new_code(hub, "LAB1-PC", host="127.0.0.1"), "lab")
        desk.config = open_to_all(desk.config, sync_listen=1)
        async with desk.running(jobs=False):
            await desk.in_touch()
            yield hub, desk


async def test_each_hears_which_of_its_ports_the_other_reaches(clinic):
    hub, desk = clinic
    await hub.daemon._door.close()  # as when no code is open any more
    (tried,) = (await hub.call("POST", "/api/ports/try/"))["tried"]
    assert tried == {
        "by": "LAB1-PC",
        "host": "127.0.0.1",
        "ports": [
            {"use": "sync", "port": hub.config.sync_listen.port, "reach": "open"},
            {"use": "codes", "port": hub.config.enrol_listen.port, "reach": "open"},
        ],
    }
    (tried,) = (await desk.call("POST", "/api/ports/try/"))["tried"]
    port = desk.config.sync_listen.port
    assert tried["by"] == "@coordinator"
    assert tried["ports"] == [{"use": "sync", "port": port, "reach": "open"}]


async def test_without_anybody_on_another_computer_nothing_is_opened(clinic, monkeypatch):
    hub, _ = clinic
    await hub.daemon._door.close()
    monkeypatch.setattr(Connection, "is_elsewhere", False)
    assert (await hub.call("POST", "/api/ports/try/"))["tried"] == []
    assert hub.daemon._door._listener is None
