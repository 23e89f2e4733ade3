"""A desk's status, whole, in touch with the coordinator and cut off."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/status/"
STATUS = [
    *("terminal", "state", "numbers", "coordinator_live", "sessions", "ranges", "digests"),
    *("incarnation", "copies_noticed", "held_batches", "oversized_shards", "refused"),
    *("clock_behind_s", "alarms", "drill", "backup", "database_check", "patients"),
    *("open_conflicts", "open_requests", "pending", "conflicts", "cards_to_reprint"),
]
RANGE = {"range": "710000-719999", "last_issued": None, "remaining": 10000, "closed": None}


async def test_the_status_of_a_desk_in_touch(hub, desk):
    status = await desk.get(PATH)
    assert sorted(status) == sorted(STATUS)
    assert (status["terminal"], status["state"]) == ("LAB1-PC", "active")
    assert (status["numbers"], status["coordinator_live"]) == ("online", True)
    (session,) = status["sessions"]
    assert list(session) == [
        *("author", "address", "state", "since", "live", "version", "ahead_ms"),
    ]
    assert (session["author"], session["live"]) == ("@coordinator", True)
    assert status["ranges"] == [RANGE]
    assert status["digests"] == (await hub.get(PATH))["digests"], "both have the same"
    assert (status["refused"], status["held_batches"], status["copies_noticed"]) == (None, 0, 0)
    assert status["incarnation"] == desk.replica.identity.incarnation.hex()
    assert status["conflicts"] == status["cards_to_reprint"] == {"count": 0, "results": []}


async def test_the_coordinator_sees_the_desk(hub, desk):
    (session,) = (await hub.get(PATH))["sessions"]
    assert (session["author"], session["live"]) == ("LAB1-PC", True)


async def test_a_range_says_how_far_it_is_used(desk):
    person = await desk.register(offline=True)
    (range_,) = (await desk.get(PATH))["ranges"]
    assert range_ == RANGE | {"last_issued": int(person["mrn"]), "remaining": 9999}


async def test_the_status_of_a_desk_that_is_cut_off(desk):
    await desk.call("POST", "/api/drill/", {"minutes": 5})
    status = await desk.get(PATH)
    assert (status["numbers"], status["coordinator_live"]) == ("offline", False)
    assert status["sessions"] == []
    assert status["drill"]["on"] is True
    await desk.call("DELETE", "/api/drill/")
