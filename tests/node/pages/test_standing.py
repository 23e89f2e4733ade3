"""How a desk stands, as its page tells it."""

import json

import pytest

from tests.daemons import AYESHA, new_desk, online

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def standing(desk):
    """What the page is told first."""
    async with desk.http.get("/live/") as answer:
        await answer.content.readuntil(b"\n\n")
        line = await answer.content.readuntil(b"\n\n")
    return json.loads(line.removeprefix(b"data: "))


async def test_a_desk_in_touch_is_online(hub, desk):
    await desk.until("/api/status/", lambda now: now["numbers"] == "online")
    now = await standing(desk)
    assert (now["terminal"], now["numbers"], now["left"]) == ("LAB1-PC", "online", 10000)
    assert (now["waiting"], now["cards"], now["desks"]) == (0, 0, [])
    assert now["required"] == ["full_name", "sex", "phone", "dob"]
    assert now["since"].endswith("Z")
    assert (now["zone"], now["clerks"]) == ("Asia/Karachi", [])


async def test_a_desk_alone_says_since_when_and_how_many_wait(hub, tmp_path):
    desk = await new_desk(tmp_path, hub, "WARD-PC", "720000-729999")
    async with desk.running(jobs=False):
        await desk.in_touch()
        assert await online(desk)()
        before = await standing(desk)
        desk.daemon._peering.go_offline()
        now = await standing(desk)
        assert (before["numbers"], now["numbers"]) == ("online", "offline")
        assert now["since"] >= before["since"]
        await desk.call("POST", "/api/patients/", AYESHA)
        later = await standing(desk)
        assert later["since"] == now["since"]
        assert (later["waiting"], later["left"]) == (1, now["left"] - 1)
        assert later["cursor"] > now["cursor"]


async def test_alarms_are_told_with_their_codes(hub, tmp_path):
    desk = await new_desk(tmp_path, hub, "BARE-PC")
    async with desk.running(jobs=False):
        await desk.in_touch()
        await desk.daemon._numbers.look()
        (alarm,) = [one for one in (await standing(desk))["alarms"] if one["code"] == "no_range"]
        assert alarm["level"] == "warning"
        assert alarm["text"]
