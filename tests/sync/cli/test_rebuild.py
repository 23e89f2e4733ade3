"""``rebuild``: all tables again from what was recorded, while the daemon is stopped."""

import json

import pytest

from sync.cli.rebuild import rebuild
from sync.engine.replica import shell
from sync.engine.writer import Writer
from sync.storage.store import Store
from sync.upkeep.errors import RecordsUnproven
from tests.clinic import Clinic


class Settings:
    """A data folder with people in it, as the command sees it."""

    def __init__(self, folder, signer):
        self.folder = folder
        self.region = "PK"
        self._signer = signer

    def signer(self):
        return self._signer


@pytest.fixture
def desk(tmp_path):
    """A desk that has stopped, and its coordinator's key."""
    clinic = Clinic(tmp_path)
    desk = clinic.desk("LAB1-PC", "710000-719999")
    for number in range(3):
        desk.register_offline(full_name=f"Person {number}")
    facts = desk.query("SELECT count(*) FROM facts")[0][0]
    clinic.close()
    folder = tmp_path / "desk"
    folder.mkdir()
    desk.path.rename(folder / "register.db")
    return Settings(folder, desk.signer), clinic.coordinator_key.public_key, facts


def test_tables_that_were_lost_are_there_again_with_the_same_ids(desk):
    settings, key, facts = desk
    store = Store.open(settings.folder / "register.db")
    before = store.connection.execute("SELECT id, mrn FROM patients ORDER BY id").fetchall()
    store.connection.execute("UPDATE patients SET mrn = 'wrong'")
    store.close()
    steps = []
    assert rebuild(settings, key, lambda done, total: steps.append((done, total))) == (facts, 3)
    assert steps[-1] == (facts, facts)
    store = Store.open(settings.folder / "register.db")
    after = store.connection.execute("SELECT id, mrn FROM patients ORDER BY id").fetchall()
    found = store.connection.execute("SELECT count(*) FROM search").fetchone()[0]
    store.close()
    assert after == before
    assert found == 3, "and all can be searched for"


def change_person(settings, change):
    """Change the record of one person on the disk."""
    store = Store.open(settings.folder / "register.db")
    ((run, clock, data),) = store.connection.execute(
        "SELECT run, clock, data FROM facts WHERE instr(data, ?)", (b"Person 1",)
    ).fetchall()
    store.shards.mend(run, clock, change(data))
    store.close()


def test_what_a_fault_has_changed_is_put_right_before_it_is_made_a_table(desk):
    settings, key, _ = desk
    change_person(settings, lambda data: data.replace(b"Person", b"Berson"))
    rebuild(settings, key, lambda *_: None)
    store = Store.open(settings.folder / "register.db")
    names = store.connection.execute("SELECT full_name FROM patients ORDER BY id").fetchall()
    store.close()
    assert names == [("Person 0",), ("Person 1",), ("Person 2",)]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"Person", b"@@rson"),
        lambda data: b"\0\0" + data[2:],
        None,
    ],
)
def test_tables_that_alone_know_what_was_written_are_kept(desk, change):
    """From other tables nobody could tell any more which record it is, and salvage the others."""
    settings, key, _ = desk
    if change is not None:
        change_person(settings, change)
    else:
        store = Store.open(settings.folder / "register.db")
        store.connection.execute("DELETE FROM facts WHERE instr(data, ?)", (b"Person 1",))
        store.close()
    with pytest.raises(RecordsUnproven, match="of the person with the number 710001") as raised:
        rebuild(settings, key, lambda *_: None)
    assert "docs backup" in str(raised.value)
    store = Store.open(settings.folder / "register.db")
    names = store.connection.execute("SELECT full_name FROM patients ORDER BY id").fetchall()
    store.close()
    assert names == [("Person 0",), ("Person 1",), ("Person 2",)]


def test_tables_that_were_made_from_what_had_changed_may_be_made_again(desk):
    settings, key, _ = desk
    change_person(settings, lambda data: data.replace(b"Person", b"@@rson"))
    store = Store.open(settings.folder / "register.db")
    store.meta.projection_version = 1
    Writer(store, settings.signer(), shell())
    store.close()
    assert rebuild(settings, key, lambda *_: None)[1] == 3


def test_an_interrupt_leaves_everything_as_it_was(desk):
    settings, key, _ = desk

    def interrupt(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(settings, key, interrupt)
    store = Store.open(settings.folder / "register.db")
    assert store.connection.execute("SELECT count(*) FROM patients").fetchone()[0] == 3
    store.close()
    assert rebuild(settings, key, lambda *_: None)[1] == 3, "the lock was released"


def test_the_commands_of_both_daemons_report_what_they_did(live, capsys):
    refused = [live.node("rebuild"), live.hub("rebuild")]
    assert {done.status for done in refused} == {1}
    assert all("Another daemon is using" in done.err for done in refused)
    person = live.register()
    assert person["mrn"]
    live.in_step()
    with live.coordinator.away(), live.desk.away():
        done = live.node("rebuild")
        assert done.status == 0
        assert "record" in done.out
        assert done.out.endswith(f"again: `mrnmesh-node --data {live.desk.folder} run`.\n")
        shown = json.loads(live.hub("rebuild", "--json").out)
        assert shown["people"] >= 1
        assert shown["facts"] > shown["people"]
    live.in_step()
