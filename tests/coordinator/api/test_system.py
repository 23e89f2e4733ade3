"""The coordinator's status, whole, and the end of its recovery."""

import pytest

from sync.model.facts import Cause, SerialsFact

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATUS = [
    *("recovery", "sessions", "digests", "held_batches", "oversized_shards", "alarms"),
    *("backup", "database_check", "patients", "open_conflicts", "pending", "open_requests"),
]


async def test_the_status_of_a_new_coordinator(hub):
    status = await hub.get("/api/status/")
    assert sorted(status) == sorted(STATUS)
    assert status["recovery"] is None
    assert status["sessions"] == status["alarms"] == status["oversized_shards"] == []
    assert list(status["digests"]) == ["registry", "coordinator", "document"]
    assert all(len(bytes.fromhex(digest)) == 32 for digest in status["digests"].values())
    assert (status["patients"], status["open_conflicts"], status["pending"]) == (0, 0, 0)
    assert status["held_batches"] == 0
    assert status["database_check"] is None, "the first look at the database is to come"


async def test_the_counts_follow_the_register(hub):
    before = await hub.get("/api/status/")
    await hub.register()
    after = await hub.get("/api/status/")
    assert after["patients"] == before["patients"] + 1
    assert after["pending"] == before["pending"] == 0, "the coordinator judges its own at once"


async def test_a_backup_is_made_and_shown(hub):
    number = (await hub.call("POST", "/api/backups/", {}))["number"]
    making = hub.daemon._upkeep._backups._making
    if making is not None:
        await making
    status = (await hub.get("/api/status/"))["backup"]
    assert status == await hub.get("/api/backups/")
    assert list(status) == ["ended", "folder", "nightly", "last_good", "failed", "running"]
    assert (status["ended"], status["failed"], status["running"]) == (number, None, None)
    assert status["last_good"]["patients"] == 1


async def test_recovery_is_shown_with_its_reason_and_ended_once(hub):
    assert await hub.call("POST", "/api/recovery/end/") == {"ended": False}
    await hub.replica.write(lambda tx: hub.arbiter.recovery.begin(tx, "its database is old"))
    status = await hub.get("/api/status/")
    assert status["recovery"] == {
        "why": "its database is old",
        "why_fixed": None,
        "waiting_for": [],
        "missing": [],
    }
    word = {"who": "Sadia Malik", "why": "the ward burnt"}
    assert await hub.call("POST", "/api/recovery/end/", word) == {"ended": True}
    assert (await hub.get("/api/status/"))["recovery"] is None


async def test_what_is_missing_is_shown_and_given_up_by_a_word(hub):
    recovery, serial = hub.arbiter.recovery, (await hub.replica.write(lambda tx: tx.serial))
    await hub.replica.write(lambda tx: recovery.begin(tx, "its database is old", serial + 2))
    status = await hub.get("/api/status/")
    assert status["recovery"]["missing"] == [{"first": serial + 1, "last": serial + 2}]
    word = {"who": "Sadia Malik", "why": "the ward burnt"}
    assert await hub.call("POST", "/api/recovery/end/", word) == {"ended": True}
    lost = SerialsFact(serial + 1, serial + 2, Cause.LOST, "the ward burnt", "administrator")
    assert lost in hub.replica.registry.accounts
    too_long = {"why": "S" * 301}
    assert list(await hub.faults("POST", "/api/recovery/end/", too_long)) == ["why"]
