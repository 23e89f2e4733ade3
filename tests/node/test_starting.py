"""Daemons that start while the disk of their witness is full."""

import errno

import pytest

from sync.witness.file import WitnessFile
from tests.daemons import new_desk, new_hub


@pytest.mark.parametrize("who", ["desk", "hub"])
async def test_who_was_killed_starts_and_can_be_read_while_the_disk_of_the_witness_is_full(
    tmp_path, monkeypatch, who
):
    hub = new_hub(tmp_path)
    async with hub.running():
        desk = await new_desk(tmp_path, hub, "LAB1-PC", "710000-719999")
        async with desk.running():
            await desk.until("/api/status/", lambda status: bool(status["ranges"]))
            await desk.register(offline=True)
            await desk.register(offline=True)
            killed = desk.config.witness.read_bytes()
        await hub.call(
            "POST",
            "/api/terminals/",
            {"code": "OLD-PC", "offline_range_start": 500, "offline_range_end": 599},
        )
        for _ in range(2):
            await hub.register(offline=True, origin_terminal_code="OLD-PC")
        killed_hub = hub.config.witness.read_bytes()
    desk.config.witness.write_bytes(killed)
    hub.config.witness.write_bytes(killed_hub)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(WitnessFile, "_write", full)
    daemon = desk if who == "desk" else hub
    async with daemon.running():
        people = (await daemon.get("/api/patients/"))["results"]
        assert len(people) >= 2, "the hub may have those of the desk too"
        assert "witness_unwritable" in [
            alarm["code"] for alarm in (await daemon.get("/api/status/"))["alarms"]
        ]
        assert hub.witness.holds_back is (who == "hub"), "desks hear of nothing that is in doubt"
