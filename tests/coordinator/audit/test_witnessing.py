"""A restore, and a database that was put back by hand, are entries themselves."""

import pytest

from coordinator import config
from coordinator.audit import witnessing
from coordinator.backups import KIND
from sync.rules import chains
from sync.storage.store import Store
from sync.upkeep import backup, restore
from sync.upkeep.restore import RestoreOptions
from sync.witness.machine import machine_id
from sync.witness.memory import Witness
from tests.daemons.running import Copy, new_hub

MADE_MS = 1_767_600_000_000


async def act(hub, *codes):
    for code in codes:
        await hub.call("POST", "/api/terminals/", {"code": code})


async def newest(hub):
    return (await hub.get("/api/audit/"))["results"][0]


async def test_a_database_that_was_set_back_says_which_entries_it_lacks(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        await act(hub, "A-PC")
    copy = Copy(hub)
    async with hub.running(jobs=False):
        await act(hub, "B-PC", "C-PC")
        await hub.daemon._tell_witness()
    seen = hub.config.witness.read_bytes()
    copy.put_back()
    hub.config.witness.write_bytes(seen)
    async with hub.running(jobs=False):
        entry = await newest(hub)
        assert (entry["number"], entry["act"], entry["about"]) == (
            2,
            "audit.set_back",
            "entries 2 to 3 are lost",
        )
        assert (await hub.get("/api/audit/check/"))["is_whole"]


async def test_a_start_in_order_is_no_entry(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        await act(hub, "A-PC")
        await hub.daemon._tell_witness()
        await hub.daemon._tell_witness()
    async with hub.running(jobs=False):
        assert (await newest(hub))["act"] == "terminals.add_terminal"


@pytest.mark.parametrize(
    ("known", "said"), [(7, "entries 2 to 7 are lost"), (None, "if there was anything")]
)
async def test_a_restore_is_an_entry_that_names_what_is_lost(tmp_path, known, said):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        await act(hub, "A-PC")
    file = backup.make(KIND.source(hub.config), tmp_path, MADE_MS).path
    if known is not None:
        Witness(hub.config.witness, machine_id()).note_marks({witnessing.MARK: known})
    restore.restore(file, tmp_path / "new", KIND, RestoreOptions(tmp_path / "new.witness"))
    store = Store.open(config.load(tmp_path / "new").folder / "register.db")
    first, second = store.audit.from_oldest()
    assert chains.check([first, second]).wrong is None
    assert (second.said.act, second.said.outcome) == ("console.restore", "done")
    assert second.said.who.startswith("console:")
    assert second.said.about.startswith("backup of 2026-01-05 08:00 UTC: ")
    assert second.said.about.endswith(said)
    look = list(store.looks.from_oldest())[-1]
    assert look.said.act == "restored", "what was looked at since is lost too"
    store.close()
    mark = Witness(tmp_path / "new.witness", machine_id()).mark(witnessing.MARK)
    assert mark is None, "the new witness counts the entries of the new database"
