"""Alarms over HTTP: what there is, what was, and who looks at it."""

from tests.daemons import open_hub


async def test_alarms_are_listed_and_acknowledged_by_whoever_calls(tmp_path):
    async with open_hub(tmp_path) as hub:
        hub.daemon._upkeep._backups._looked = True
        hub.daemon._conflicts._open = 2
        await hub.daemon._alerts.look()
        (alert,) = (await hub.get("/api/alerts/?open=true"))["results"]
        assert (alert["code"], alert["text"]) == ("conflicts_open", "2 conflicts are open.")
        assert alert["acknowledged"] is alert["ended"] is None
        path = f"/api/alerts/{alert['id']}/acknowledge/"
        seen = await hub.call("POST", path, {"note": "I ring the desks"})
        assert seen["acknowledged"]["who"] == "administrator"
        assert seen["acknowledged"]["note"] == "I ring the desks"
        assert await hub.refused("POST", "/api/alerts/99/acknowledge/", {}) == (404, "not_found")
        assert (await hub.get("/api/alerts/?open=false"))["count"] == 0
        entries = (await hub.get("/api/audit/"))["results"]
        assert any("acknowledge" in entry["act"] for entry in entries)


async def test_a_trial_says_by_which_ways_it_went(tmp_path):
    async with open_hub(tmp_path) as hub:
        assert (await hub.call("POST", "/api/alerts/try/"))["results"] == []
