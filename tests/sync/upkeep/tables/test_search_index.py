"""A search index that cannot be used is made anew by the daemon itself."""

import sqlite3
from contextlib import closing

import pytest

from sync.engine.replica import DATABASE
from sync.upkeep import archive
from sync.upkeep.archive import Stop
from sync.upkeep.errors import BackupStopped
from sync.upkeep.tables.search_index import fault_in
from tests.damage import damage_page, pages_of

DAMAGE = (
    "UPDATE search_config SET v = 9 WHERE k = 'version'",
    "UPDATE search_data SET block = x'00ff' WHERE id > 10",
)


@pytest.fixture
async def indexed(filled):
    """The same desk, whose people are in its index."""
    async with filled.running(jobs=False, alone=True) as desk:
        while await desk.replica.index_some() is None:
            pass
    return filled


def damage(desk, statement):
    with closing(sqlite3.connect(desk.config.folder / DATABASE)) as connection:
        assert connection.execute(statement).rowcount
        connection.commit()


async def names(desk):
    status, answer = await desk.send("GET", "/api/patients/?query=zarmina")
    return [one["full_name"] for one in answer["results"]] if status == 200 else status


@pytest.mark.parametrize("statement", DAMAGE)
async def test_a_daemon_makes_it_anew_after_a_search_has_failed(indexed, statement):
    async with indexed.running(jobs=False, alone=True) as desk:
        await desk.daemon._upkeep._checkup.check()
    damage(indexed, statement)
    assert fault_in(indexed.config.folder / DATABASE)
    async with indexed.running(jobs=False, alone=True) as desk:
        before = desk.replica.commit_number
        assert await names(desk) == 503
        assert (await desk.send("GET", "/api/patients/mrn/710001/"))[0] == 200
        await desk.daemon._upkeep._checkup.check_if_due()
        assert desk.replica.commit_number > before, "so that it is filled again"
        assert await names(desk) == ["Zarmina"]
        while await desk.replica.index_some() is None:
            pass
        assert await names(desk) == ["Zarmina"]
        assert fault_in(indexed.config.folder / DATABASE) == ""
        codes = {alarm["code"] for alarm in (await desk.get("/api/status/"))["alarms"]}
        assert not {"database_damaged", "tables_differ"} & codes


async def test_nothing_is_dropped_from_a_database_that_is_damaged_elsewhere(indexed, monkeypatch):
    damage(indexed, DAMAGE[0])
    monkeypatch.setattr(archive, "problems_of", lambda *_: "Tree 7 page 9: it is of two tables")
    async with indexed.running(jobs=False, alone=True) as desk:
        await desk.daemon._upkeep._checkup.check()
        assert await names(desk) == 503
        codes = {alarm["code"] for alarm in (await desk.get("/api/status/"))["alarms"]}
        assert "database_damaged" in codes


async def test_the_look_can_be_stopped(indexed):
    stop = Stop()
    stop.set()
    with pytest.raises(BackupStopped):
        fault_in(indexed.config.folder / DATABASE, stop)


@pytest.mark.parametrize("how", ["zero", "empty"])
async def test_no_bad_page_of_it_makes_the_database_a_damaged_one(indexed, how):
    """Each of its pages: the check makes it anew, and the backup of after that is good."""
    folder = indexed.config.folder
    whole = (folder / DATABASE).read_bytes()
    for table in ("search_data", "search_idx", "search_docsize", "search_config", "sounds"):
        (folder / DATABASE).write_bytes(whole)
        damage_page(folder, pages_of(folder, table)[-1], how)
        assert archive.problems_of(folder / DATABASE) == "", table
        async with indexed.running(jobs=False, alone=True) as desk:
            await desk.daemon._upkeep._checkup.check()
            while await desk.replica.index_some() is None:
                pass
            assert await names(desk) == ["Zarmina"], table
            codes = {alarm["code"] for alarm in (await desk.get("/api/status/"))["alarms"]}
            assert "database_damaged" not in codes
        assert archive.problems_of(folder / DATABASE) == ""
        assert fault_in(folder / DATABASE) == ""
        if how == "zero":
            damage_page(folder, pages_of(folder, "patients_mrn")[0], how)
            assert archive.problems_of(folder / DATABASE), "and what else is damaged is"
