"""The daily check of the database, on a replica that is open."""

import asyncio
import json
import sqlite3
from contextlib import closing

import pytest

from coordinator.cli import main as coordinator_cli
from node import daemon as node_daemon
from node.cli import main as node_cli
from sync.daemon.jobs import Jobs
from sync.engine import replica
from sync.engine.writer import Writer
from sync.errors import DiskForbidden, DiskFull, StoreDamaged
from sync.model.alarms import AlarmLevel, Alarms
from sync.storage.store import Store
from sync.upkeep import archive, checkup
from sync.upkeep.agreement import Disagreement
from sync.upkeep.archive import problems_of
from sync.upkeep.checkup import Checkup
from tests.daemons import desk_cut_off, open_hub
from tests.damage import change_record, change_row, damage_page, pages_of

HOUR_MS = 3_600_000


@pytest.fixture
def found(monkeypatch):
    """What the check finds; and how often it was made, as ``found['count']``."""
    found = {"problems": None, "count": 0}

    def look(database, stop):
        found["count"] += 1
        return problems_of(database, stop) if found["problems"] is None else found["problems"]

    monkeypatch.setattr(checkup.archive, "problems_of", look)
    return found


async def test_a_sound_database_is_said_to_be_so_and_not_checked_again_today(opened, found):
    first = Checkup(opened, "mrnmesh-node", opened.steady_s)
    assert first.status() is None
    await first.check_if_due()
    assert first.status()["ok"] is True
    assert list(first.alarms()) == []
    await first.check_if_due()
    later = Checkup(opened, "mrnmesh-node", opened.steady_s)
    await later.check_if_due()
    assert later.status() == first.status()
    assert found["count"] == 1


async def test_it_is_checked_again_after_a_day_and_when_the_clock_was_set_back(opened, found):
    check = Checkup(opened, "mrnmesh-node", opened.steady_s)
    for age_ms, checked in ((23 * HOUR_MS, 0), (24 * HOUR_MS, 1), (-HOUR_MS, 2)):
        check.at_ms = opened.now_ms - age_ms
        await check.check_if_due()
        assert found["count"] == checked


async def test_a_damaged_one_is_an_alarm_that_stays_until_it_is_good(opened, found):
    check = Checkup(opened, "mrnmesh-node", opened.steady_s)
    found["problems"] = "row 7 missing from index patients_mrn"
    await check.check_if_due()
    (alarm,) = check.alarms()
    assert alarm.level is AlarmLevel.ALERT
    assert "row 7 missing" in alarm.text
    assert "restore the last good backup" in alarm.do
    assert check.status()["ok"] is False
    assert await opened.read(lambda snapshot: snapshot.store.meta.checked_ms) is None
    found["problems"] = None
    await check.check_if_due()
    assert list(check.alarms()) == []


async def test_a_damaged_one_is_not_read_as_a_whole_every_few_seconds(opened, found):
    now_s = 0.0
    check = Checkup(opened, "mrnmesh-node", lambda: now_s)
    found["problems"] = "row 7 missing from index patients_mrn"
    for _ in range(5):
        await check.check_if_due()
    assert found["count"] == 2
    now_s = 3601.0
    await check.check_if_due()
    assert found["count"] == 3
    assert [alarm.code for alarm in check.alarms()] == ["database_damaged"]


async def test_a_daemon_that_stops_ends_the_check(opened):
    check = Checkup(opened, "mrnmesh-node", opened.steady_s)
    check.stop()
    await check.check_if_due()
    assert check.status() is None


async def test_what_cannot_be_looked_at_now_is_not_damaged(opened, monkeypatch):
    """Whoever is told of damage restores a backup, and loses what came after it."""
    check = Checkup(opened, "mrnmesh-node", opened.steady_s)
    await check.check()

    def refused(_database):
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    monkeypatch.setattr(archive, "open_read_only", refused)
    with pytest.raises(DiskForbidden):
        await check.check()
    assert list(check.alarms()) == []
    assert check.status()["ok"] is True
    assert opened.health.reading.code == "disk_forbidden"


async def test_damage_that_only_reading_everything_shows_is_damage(opened, monkeypatch):
    check = Checkup(opened, "mrnmesh-node", opened.steady_s)

    def damaged(_database, _stop):
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    monkeypatch.setattr(archive, "disagreements_of", damaged)
    await check.check()
    assert [alarm.code for alarm in check.alarms()] == ["database_damaged"]
    assert check.status()["ok"] is False


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


async def alarms(desk):
    found = (await desk.get("/api/status/"))["alarms"]
    return {alarm["code"]: alarm for alarm in found}


async def test_what_has_changed_is_not_said_to_come_back_by_itself(alone):
    change_record(alone.config.folder, b"Zarmina", b"@@rmina")
    for _ in range(2):  # a restart forgets nothing of it
        async with alone.running(jobs=False, alone=True):
            await alone.daemon._upkeep._checkup.check_if_due()
            found = await alarms(alone)
            assert not {"set_back", "tables_differ"} & found.keys()
            alarm = found["records_changed"]
            assert "the registration of the person with the number 710002" in alarm["text"]
            assert "not as new as" not in alarm["text"]
            assert "comes back by itself" not in alarm["do"]
            assert "terminals salvage" in alarm["do"]
            assert "Zarmina" not in str(alarm)
            await alone.register(full_name="Goes On", offline=True)


_AMNA = "WHERE instr(data, CAST('Amna' AS BLOB))"
_RUN = "WHERE id = (SELECT run FROM patients WHERE mrn = '710000')"


@pytest.mark.parametrize("value", ["5", "1.5", "'text'", "CAST(x'ff41' AS TEXT)"])
async def test_a_record_that_is_a_value_of_another_kind_has_changed_as_any_other(alone, value):
    """The desk did not start any more, and all that it said was what Python calls this."""
    change_row(alone.config.folder, f"UPDATE facts SET data = {value} {_AMNA}")
    async with alone.running(jobs=False, alone=True):
        await alone.daemon._upkeep._checkup.check_if_due()
        found = await alarms(alone)
        text = found["records_changed"]["text"]
        assert "the registration of the person with the number 710000" in text
        assert not {"set_back", "database_damaged", "job_failed"} & found.keys()
        await alone.register(full_name="Goes On", offline=True)


@pytest.mark.parametrize(
    "damage",
    [
        f"UPDATE runs SET count = 'x' {_RUN}",
        f"UPDATE runs SET client = x'00' {_RUN}",
        f"UPDATE runs SET base = 'x' {_RUN}",
        f"UPDATE runs SET base = 7 {_RUN}",
        "UPDATE shards SET number = 'x' WHERE author = 'LAB1-PC'",
        "UPDATE meta SET value = 'x' WHERE key = 'commits'",
        "UPDATE meta SET value = 7 WHERE key = 'incarnation'",
    ],
)
async def test_a_start_that_other_values_of_another_kind_end_says_what_to_do(alone, damage):
    change_row(alone.config.folder, damage)
    with pytest.raises(StoreDamaged, match=r"is damaged.*`restore`.*terminals salvage"):
        async with alone.running(jobs=False, alone=True):
            pass


async def test_what_can_be_put_right_is_and_reaches_the_coordinator(its_hub, alone, caplog):
    change_record(alone.config.folder, b"Zarmina", b"Zbrmina")
    async with alone.running(jobs=False):
        await alone.in_touch()
        await its_hub.until("/api/patients/", lambda found: found["count"] == 3)
        found = await alarms(alone)
        assert "had changed 1 record in" in found["records_mended"]["text"]
        assert "records_changed" not in found
        assert "bad_peer" not in await alarms(its_hub)
    people = (await its_hub.get("/api/patients/"))["results"]
    assert {person["full_name"] for person in people} == {"Amna", "Bilqis", "Zarmina"}
    assert "has changed the registration of the person with the number 710002" in caplog.text


async def test_what_changes_while_it_runs_is_put_right_by_the_check(its_hub, alone):
    async with alone.running(jobs=False, alone=True):
        change_record(alone.config.folder, b"Amna", b"@mna")
        await alone.daemon._upkeep._checkup.check()
        assert "records_changed" not in await alarms(alone)
        assert (await alone.get("/api/status/"))["database_check"]["ok"] is True
        assert "records_mended" in await alarms(alone)
    async with alone.running(jobs=False):
        await alone.in_touch()
        await its_hub.until("/api/patients/", lambda found: found["count"] == 3)
        assert "records_mended" not in await alarms(alone)


async def test_newer_software_puts_right_what_has_changed_before_it_makes_its_tables(
    its_hub, alone
):
    change_record(alone.config.folder, b"Amna", b"@mna")
    with closing(sqlite3.connect(alone.config.folder / "register.db")) as connection:
        connection.execute("UPDATE meta SET value = 1 WHERE key = 'projection'")
        assert connection.total_changes == 1
        connection.commit()
    async with alone.running(jobs=False):
        await alone.in_touch()
        await its_hub.until("/api/patients/", lambda found: found["count"] == 3)
    people = (await its_hub.get("/api/patients/"))["results"]
    assert {person["full_name"] for person in people} == {"Amna", "Bilqis", "Zarmina"}


@pytest.mark.parametrize("is_set_back", [False, True])
@pytest.mark.parametrize(
    "is_there",
    [True, False],
)
async def test_newer_software_remembers_what_was_written_where_it_makes_its_tables_of_other_bytes(
    its_hub, alone, monkeypatch, capsys, is_there, is_set_back
):
    """Or nobody could tell any more which record it is, and nobody beside it could be salvaged."""
    folder = alone.config.folder
    if is_there:
        change_record(folder, b"Amna", b"@@na")
    else:
        change_row(folder, "DELETE FROM facts WHERE instr(data, CAST('Amna' AS BLOB))")
    change_row(folder, "UPDATE meta SET value = 1 WHERE key = 'projection'")
    if is_set_back:  # the log that was in use is not there any more
        change_row(folder, "UPDATE meta SET value = 1 WHERE key = 'commits in use'")
    async with alone.running(jobs=False, alone=True):
        await alone.daemon._upkeep._checkup.check_if_due()
        assert (folder / "set-aside-1").exists() == is_set_back
        if is_there:
            text = (await alarms(alone))["records_changed"]["text"]
            assert "the registration of the person with the number 710000" in text
    monkeypatch.setenv("MRNMESH_TOKEN", its_hub.token)
    salvage = ["--data", str(its_hub.config.folder), "terminals", "salvage", "LAB1-PC", str(folder)]
    assert await asyncio.to_thread(coordinator_cli.main, [*salvage, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["new_people"] == {"LAB1-PC": 2}
    (lost,) = report["lost"]
    assert (lost["mrn"], lost["full_name"]) == ("710000", "Amna")
    people = (await its_hub.get("/api/patients/"))["results"]
    assert {person["full_name"] for person in people} == {"Bilqis", "Zarmina"}


async def test_a_coordinator_is_told_to_restore(hub):
    await hub.new_terminal("LAB1-PC", "710000-719999")
    check = hub.daemon._upkeep._checkup
    check.changed = [checkup.ChangedRecord("LAB1-PC", 0, 1, 2, None)]
    (alarm,) = check.alarms()
    assert "a record of LAB1-PC at the place 1/2" in alarm.text
    assert "restore the last good backup" in alarm.do


def rebuilt(desk):
    assert node_cli.main(["--data", str(desk.config.folder), "rebuild"]) == 0


async def codes(desk):
    return {alarm["code"] for alarm in (await desk.get("/api/status/"))["alarms"]}


async def test_a_row_with_another_name_is_an_alarm_until_the_tables_are_made_again(filled):
    """The record is as it was; the name that clerks see is another one."""
    change_row(
        filled.config.folder, "UPDATE patients SET full_name = 'Nilqis' WHERE mrn = '710001'"
    )
    for _ in range(2):  # a daemon that starts again without a rebuild knows it again
        async with filled.running(jobs=False, alone=True) as desk:
            await desk.daemon._upkeep._checkup.check_if_due()
            status = await desk.get("/api/status/")
            (alarm,) = [one for one in status["alarms"] if one["code"] == "tables_differ"]
            assert "patients: 1" in alarm["text"]
            assert "mrnmesh-node" in alarm["do"]
            assert "rebuild" in alarm["do"]
            assert not {"database_damaged", "set_back"} & await codes(desk)
    rebuilt(filled)
    async with filled.running(jobs=False, alone=True) as desk:
        await desk.daemon._upkeep._checkup.check_if_due()
        assert "tables_differ" not in await codes(desk)
        names = [one["full_name"] for one in (await desk.get("/api/patients/"))["results"]]
        assert sorted(names) == ["Amna", "Bilqis", "Zarmina"]


async def test_tables_that_know_of_missing_records_are_not_said_to_differ(filled):
    """A rebuild would forget whom only the tables know."""
    change_row(
        filled.config.folder,
        "DELETE FROM facts WHERE (run, clock) ="
        " (SELECT run, clock FROM patients WHERE mrn = '710001')",
    )
    async with filled.running(jobs=False, alone=True) as desk:
        await desk.daemon._upkeep._checkup.check()
        assert await codes(desk) >= {"set_back"}
        assert "tables_differ" not in await codes(desk)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM facts WHERE instr(data, CAST('Amna' AS BLOB))",
        "UPDATE shards SET facts = facts + 1 WHERE author = 'LAB1-PC'",
        "UPDATE patients SET clock = clock + 100 WHERE mrn = '710001'",
    ],
)
async def test_what_no_renewal_ends_is_said_to_need_a_new_folder(filled, damage):
    """An administrator renewed it day after day, and each time it needed another range."""
    change_row(filled.config.folder, damage)
    for _ in range(2):
        async with filled.running(jobs=False, alone=True) as desk:
            await desk.daemon._upkeep._checkup.check_if_due()
            (alarm,) = (await desk.get("/api/status/"))["alarms"]
        assert alarm["code"] == "set_back"
        assert "`renew` does not end this" in alarm["do"]
        assert "terminals salvage" in alarm["do"]
        assert "in a new one" in alarm["do"]
        assert node_cli.main(["--data", str(filled.config.folder), "renew"]) == 0


async def test_what_a_renewal_ends_is_said_to_be_ended_by_it(filled):
    change_row(filled.config.folder, "UPDATE cursors SET cursor = cursor + 100")
    async with filled.running(jobs=False, alone=True) as desk:
        await desk.daemon._upkeep._checkup.check_if_due()
        (alarm,) = (await desk.get("/api/status/"))["alarms"]
    assert alarm["code"] == "set_back"
    assert "does not end" not in alarm["do"]
    assert "renew`, which ends this" in alarm["do"]
    assert node_cli.main(["--data", str(filled.config.folder), "renew"]) == 0
    async with filled.running(jobs=False, alone=True) as desk:
        await desk.daemon._upkeep._checkup.check()
        assert "set_back" not in await codes(desk)


async def test_a_coordinator_that_lacks_records_is_told_that_no_recovery_brings_them(hub):
    await hub.new_terminal("LAB1-PC", "710000-719999")
    newest = "(SELECT run, max(clock) FROM facts GROUP BY run LIMIT 1)"
    change_row(hub.config.folder, f"DELETE FROM facts WHERE (run, clock) = {newest}")
    check = hub.daemon._upkeep._checkup
    await check.check()
    (alarm,) = check.alarms()
    assert alarm.code == "set_back"
    assert "a recovery does not end this" in alarm.do
    assert "restore the last good backup" in alarm.do


async def test_reading_what_is_missing_asks_for_no_older_backup(filled):
    change_row(filled.config.folder, "DELETE FROM facts WHERE instr(data, CAST('Amna' AS BLOB))")
    async with filled.running(jobs=False, alone=True) as desk:
        await desk.daemon._upkeep._checkup.check()
        desk.daemon._replica.health.damaged = StoreDamaged(path="register.db", why="missing")
        assert await codes(desk) == {"set_back"}


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("UPDATE facts SET data = zeroblob(length(data))", "records_changed"),
        ("DELETE FROM facts", "set_back"),
    ],
)
async def test_nobody_is_told_to_rebuild_from_records_of_which_only_the_tables_know(
    filled, damage, code
):
    """Also where the tables were known to differ before."""
    change_row(
        filled.config.folder, "UPDATE patients SET full_name = 'Nilqis' WHERE mrn = '710001'"
    )
    async with filled.running(jobs=False, alone=True) as desk:
        check = desk.daemon._upkeep._checkup
        await check.check()
        assert "tables_differ" in await codes(desk)
        change_row(filled.config.folder, f"{damage} WHERE instr(data, CAST('Zarmina' AS BLOB))")
        await check.check()
        assert code in await codes(desk)
        assert "tables_differ" not in await codes(desk)


async def test_whose_record_is_none_any_more_is_salvaged_and_not_only_restored(filled):
    change_row(
        filled.config.folder,
        "UPDATE facts SET data = zeroblob(length(data)) WHERE instr(data, CAST('Zarmina' AS BLOB))",
    )
    async with filled.running(jobs=False, alone=True) as desk:
        await desk.daemon._upkeep._checkup.check_if_due()
        (person,) = (await desk.get("/api/patients/mrn/710002/"))["results"]
        refused = await desk.send("GET", f"/api/patients/{person['record_id']}/history/")
        assert refused[1]["code"] == "store_damaged"
        found = await codes(desk)
        assert "records_changed" in found
        assert "database_damaged" not in found


@pytest.mark.parametrize(
    "value", ["status = 'bdmitted'", "full_name = CAST(x'ff' AS TEXT)", "extra = '{'"]
)
async def test_a_list_with_a_row_that_cannot_be_read_says_what_to_do(filled, value):
    """It leaves nobody out, and is no fault inside the program."""
    change_row(filled.config.folder, f"UPDATE patients SET {value} WHERE mrn = '710001'")
    async with filled.running(jobs=False, alone=True) as desk:
        await desk.send("GET", "/api/patients/")
        await desk.daemon._upkeep._checkup.check_if_due()
        for _ in range(2):
            status, answer = await desk.send("GET", "/api/patients/")
            assert (status, answer["code"]) == (503, "tables_differ")
            assert "rebuild" in answer["detail"]
            assert "tables_differ" in await codes(desk)
            assert "database_damaged" not in await codes(desk)
            await desk.daemon._upkeep._checkup.check()
        assert (await desk.send("GET", "/api/patients/mrn/710000/"))[0] == 200


async def test_tables_that_cannot_be_compared_now_are_not_said_to_differ(opened, monkeypatch):
    def full(_database, _stop):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkup.derived, "differences", full)
    check = Checkup(opened, "mrnmesh-node", opened.steady_s)
    await check.check()
    assert list(check.alarms()) == []
    assert check.status()["ok"] is True


async def test_tables_that_differ_stay_so_until_they_could_be_compared_again(filled, monkeypatch):
    """A disk that has become full does not make a wrong name right."""

    def full(_database, _stop):
        raise OSError(28, "No space left on device")

    change_row(
        filled.config.folder, "UPDATE patients SET full_name = 'Nilqis' WHERE mrn = '710001'"
    )
    async with filled.running(jobs=False, alone=True) as desk:
        check = desk.daemon._upkeep._checkup
        await check.check()
        monkeypatch.setattr(checkup.derived, "differences", full)
        await check.check()
        assert "tables_differ" in await codes(desk)
        assert await check._replica.read(lambda snapshot: snapshot.store.meta.checked_ms) is None


async def test_a_record_that_is_none_any_more_is_said_where_nothing_proves_it(hub):
    """One of the coordinator, which no table has by its id: nothing is made of it either."""
    await hub.new_terminal("LAB1-PC", "710000-719999")
    change_row(
        hub.config.folder,
        "UPDATE facts SET data = CAST(x'00' || substr(data, 2) AS BLOB)"
        " WHERE (run, clock) IN (SELECT run, clock FROM facts LIMIT 1)",
    )
    check = hub.daemon._upkeep._checkup
    await check.check()
    (alarm,) = check.alarms()
    assert alarm.code == "records_changed"
    assert "a record of the coordinator (which one is not known)" in alarm.text
    assert "restore the last good backup" in alarm.do


async def test_what_tables_were_made_from_closes_no_range_that_no_renewal_would_open(alone):
    """As earlier versions did at their first start."""
    change_record(alone.config.folder, b"Amna", b"@@na")
    change_row(alone.config.folder, "UPDATE meta SET value = 1 WHERE key = 'projection'")
    store = Store.open(alone.config.folder / "register.db")
    Writer(store, alone.config.signer(), replica.shell())
    store.close()
    async with alone.running(jobs=False, alone=True):
        await alone.daemon._upkeep._checkup.check_if_due()
        found = await alarms(alone)
        assert "set_back" not in found
        assert "a record of LAB1-PC (which one is not known)" in found["records_changed"]["text"]
        await alone.register(full_name="Goes On", offline=True)


async def test_what_cannot_be_put_right_now_is_tried_again_after_an_hour(
    opened, found, monkeypatch
):
    """And not every few seconds, because each time the whole database is read."""

    async def full(_replica, _found):
        raise DiskFull(path="register.db", why="full")

    now_s = 0.0
    lost, mended = (
        checkup.ChangedRecord("LAB1-PC", 0, 1, 2, None, data) for data in (None, b"right")
    )
    monkeypatch.setattr(
        checkup.archive, "disagreements_of", lambda *_: Disagreement([], [lost, mended])
    )
    monkeypatch.setattr(checkup.changed, "put_right", full)
    check = Checkup(opened, "mrnmesh-node", lambda: now_s)
    with pytest.raises(DiskFull):
        await check.check_if_due()
    assert check.changed == [lost]
    now_s = 3599.0
    await check.check_if_due()
    assert found["count"] == 1
    now_s = 3601.0
    with pytest.raises(DiskFull):
        await check.check_if_due()
    assert found["count"] == 2


async def test_what_is_missing_is_noted_within_the_hour_where_it_cannot_be_now(
    opened, found, monkeypatch
):
    """A disk that is full for a moment lets nobody give numbers for a day that others may have."""

    async def full(_replica, _lacks):
        raise DiskFull(path="register.db", why="full")

    now_s = 0.0
    lacks = Disagreement(["1 record is missing"], [])
    monkeypatch.setattr(checkup.archive, "disagreements_of", lambda *_: lacks)
    check = Checkup(opened, "mrnmesh-node", lambda: now_s)
    with monkeypatch.context() as disk:
        disk.setattr(checkup.set_back, "note", full)
        with pytest.raises(DiskFull):
            await check.check_if_due()
    assert check.set_back is None
    now_s = 3601.0
    await check.check_if_due()
    assert "1 record is missing" in check.set_back
    now_s = 7202.0
    await check.check_if_due()
    assert found["count"] == 2, "and then once a day"


async def test_a_check_that_fails_unforeseen_is_an_alarm_until_one_has_gone_well(
    opened, found, monkeypatch
):
    """A value of another kind in a table; the next look that is not due has not gone well."""

    def broken(*_):
        raise TypeError("'<=' not supported between instances of 'int' and 'str'")

    now_s = 0.0
    check = Checkup(opened, "mrnmesh-node", lambda: now_s)
    with monkeypatch.context() as disk:
        disk.setattr(checkup.archive, "disagreements_of", broken)
        for _ in range(3):
            await check.check_if_due()
            (alarm,) = check.alarms()
            assert alarm.code == "job_failed"
            assert "check of the database" in alarm.text
            assert found["count"] == 1, "each reads the whole database"
    now_s = 3601.0
    await check.check_if_due()
    assert found["count"] == 2
    assert list(check.alarms()) == []


async def test_a_check_that_fails_in_two_ways_is_one_alarm(opened, found, monkeypatch):
    """In itself, and later before it could even begin, which whoever calls it notices."""

    def broken(*_):
        raise TypeError("'<=' not supported between instances of 'int' and 'str'")

    paused = asyncio.Queue()

    async def pause(seconds):
        end = asyncio.Event()
        paused.put_nowait(end)
        await end.wait()

    check, jobs, alarms = Checkup(opened, "mrnmesh-node", opened.steady_s), Jobs(pause), Alarms()
    alarms.add(jobs.alarms)
    alarms.add(check.alarms)
    monkeypatch.setattr(checkup.archive, "disagreements_of", broken)
    jobs.every(10.0, checkup.NAME, check.check_if_due)
    end = await asyncio.wait_for(paused.get(), 60)
    assert [alarm.code for alarm in alarms.now()] == ["job_failed"]
    monkeypatch.setattr(opened, "read", broken)
    end.set()
    await asyncio.wait_for(paused.get(), 60)
    assert [alarm.code for alarm in jobs.alarms()] == ["job_failed"]
    assert [alarm.code for alarm in alarms.now()] == ["job_failed"]
    monkeypatch.undo()
    await jobs.stop()


@pytest.mark.parametrize("index", ["runs_of_shard", "sqlite_autoindex_shards_1", "runs_unsigned"])
async def test_an_index_that_hides_what_others_lack_is_an_alarm_from_the_start(tmp_path, index):
    async with open_hub(tmp_path) as hub:
        desk = await desk_cut_off(tmp_path, hub)
    damage_page(desk.config.folder, pages_of(desk.config.folder, index)[0], "empty")
    async with node_daemon.opened(desk.config) as daemon:
        check = Checkup(daemon._replica, "mrnmesh-node", daemon._replica.steady_s)
        (alarm,) = check.alarms()
        assert (alarm.code, daemon._replica.health.doubted) == ("database_damaged", True)
        assert "mrnmesh-coordinator terminals salvage" in alarm.do
        await check.check_if_due()
        assert check.problems
