"""What the dashboard shows live."""

import json

import pytest

from sync.model.alarms import Alarm, AlarmLevel
from sync.version import version
from tests.daemons import AYESHA, open_desk

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOARD = "/live/board/"


async def shown_to(hub, path=BOARD, token=None):
    """What somebody is told first who looks on."""
    headers = {"Authorization": f"Bearer {token or hub.token}"}
    async with hub.http.get(path, headers=headers) as answer:
        assert answer.status == 200
        await answer.content.readuntil(b"\n\n")
        line = await answer.content.readuntil(b"\n\n")
    return json.loads(line.removeprefix(b"data: "))


def the(board, code):
    return next(one for one in board["desks"] if one["code"] == code)


async def test_a_desk_is_shown_with_its_line_and_its_numbers(hub, tmp_path):
    async with open_desk(tmp_path, hub, "LAB1-PC", "710000-710009") as desk:
        shown = the(await shown_to(hub), "LAB1-PC")
        assert (shown["line"], shown["has_node"], shown["state"]) == ("live", True, "active")
        assert shown["address"].startswith("127.0.0.1")
        assert shown["version"] == version()
        assert abs(shown["ahead_ms"]) < 60_000
        assert (shown["usage"]["total"], shown["usage"]["percent"]) == (10, 0.0)
        assert [one["range"] for one in shown["ranges"]] == ["710000-710009"]

        desk.daemon._peering.go_offline()
        await desk.register(full_name="Amna One", offline=True)
        assert the(await shown_to(hub), "LAB1-PC")["usage"]["used"] == 0
        desk.daemon._peering.go_online()
        await desk.in_touch()
        await hub.until("/api/patients/", lambda page: page["count"] == 1)
        assert the(await shown_to(hub), "LAB1-PC")["usage"]["used"] == 1
    await hub.daemon._peering.wait_until(lambda: not hub.daemon._peering.sessions())
    away = the(await shown_to(hub), "LAB1-PC")
    assert (away["line"], away["version"], away["since"]) == ("away", "", None)


async def test_the_database_is_read_only_after_a_change(hub, monkeypatch):
    first = await shown_to(hub)
    reads = []
    read = hub.replica.read

    async def counted(look):
        reads.append(look)
        return await read(look)

    monkeypatch.setattr(hub.replica, "read", counted)
    assert await shown_to(hub) == first
    assert reads == []
    await hub.call("POST", "/api/patients/", AYESHA)
    reads.clear()
    later = await shown_to(hub)
    assert later["patients"] == first["patients"] + 1
    assert later["cursor"] > first["cursor"]
    assert len(reads) == 1


async def test_it_is_told_when_an_alarm_is_kept_and_when_somebody_looks_at_it(hub, monkeypatch):
    before = (await shown_to(hub))["alerts"]
    alarm = Alarm("backup_old", AlarmLevel.WARNING, "It is old.", "Make one.")
    monkeypatch.setattr(hub.daemon._alarms, "now", lambda: [alarm])
    assert (await shown_to(hub))["alerts"] == before
    await hub.daemon._alerts.look()
    kept = (await shown_to(hub))["alerts"]
    (alert,) = (await hub.get("/api/alerts/"))["results"]
    await hub.call("POST", f"/api/alerts/{alert['id']}/acknowledge/", {"note": "I look"})
    assert len({before, kept, (await shown_to(hub))["alerts"]}) == 3


async def test_whoever_only_reads_is_told_little(hub):
    body = {"name": "Reads", "scopes": ["read"]}
    token = (await hub.call("POST", "/api/keys/", body))["key"]
    brief = await shown_to(hub, "/live/", token)
    assert brief.keys() == {
        *("facility", "zone", "today", "version", "cursor"),
        *("asked", "open_requests", "required", "fields"),
    }
    assert await hub.refused("GET", BOARD, token=token) == (403, "forbidden")
    assert await hub.refused("GET", BOARD, token=None) == (401, "not_authorised")


async def test_a_terminal_without_a_computer_and_one_that_has_ended_are_shown(hub):
    await hub.new_terminal("WARD-3", "500-509")
    await hub.call("PATCH", "/api/terminals/WARD-3/", {"state": "retired", "reason": "closed"})
    shown = the(await shown_to(hub), "WARD-3")
    assert (shown["state"], shown["reason"], shown["usage"]) == ("retired", "closed", None)
    assert shown["has_node"] is False
