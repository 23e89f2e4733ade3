"""Who looked at whom, as a daemon keeps it."""

from __future__ import annotations

from sync.errors import DiskFull
from sync.http.operations import Needs
from sync.model.clerks.known import NOBODY
from sync.storage.access.looks import LookAct
from sync.upkeep.looks.keeping import MARK
from sync.upkeep.looks.service import Looks
from tests.sync.engine.records.test_lost_entries import Marks
from tests.sync.upkeep.looks.conftest import SIGNER, answer


class LooksMarks(Marks):
    """A witness that knows of so many entries."""

    def __init__(self, known):
        super().__init__()
        self.known = {MARK: known}


def looks(replica, known=0, days=365):
    return Looks(replica, SIGNER, LooksMarks(known), days, lambda _: NOBODY, Needs.THIS_COMPUTER)


async def test_it_begins_with_what_is_lost_and_ends_with_what_waits(replica, call, entries):
    kept = looks(replica, known=7)
    await kept.start()
    kept.saw(call(), LookAct.OPENED, answer(1))
    await kept.write()
    assert [(one.act, one.about) for one in await entries()] == [
        ("set_back", "entries 1 to 7 are lost"),
        ("switched_on", "kept for 365 days"),
        ("opened", ""),
    ]


async def test_a_full_disk_keeps_no_daemon_down(replica, monkeypatch, caplog):
    async def full(_act):
        raise DiskFull(path="/data", why="no space is left")

    monkeypatch.setattr(replica, "write", full)
    await looks(replica).start()
    assert "the record lacks an entry" in caplog.text


async def test_switched_off_it_sees_nothing(replica, call, entries):
    kept = looks(replica, days=None)
    await kept.start()
    kept.saw(call(), LookAct.OPENED, answer(1))
    await kept.write()
    assert [one.act for one in await entries()] == ["switched_off"]
