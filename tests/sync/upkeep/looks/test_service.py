"""Who looked at whom, as a daemon keeps it."""

from __future__ import annotations

from sync.engine import keys
from sync.engine import replica as replicas
from sync.engine.replica import Replica
from sync.errors import DiskFull
from sync.http.operations import Needs
from sync.model import bodies, facts
from sync.model.clerks.known import NOBODY
from sync.model.facts import COORDINATOR, REGISTRY, SigningKeyFact
from sync.storage.access.looks import Look, LookAct
from sync.upkeep.looks.keeping import MARK, LookKeeper, check
from sync.upkeep.looks.service import Looks
from tests.sync.engine.records.test_lost_entries import Marks
from tests.sync.upkeep.looks.conftest import SIGNER, answer, say_that_the_clock_is_right


class LooksMarks(Marks):
    """A witness that knows of so many entries."""

    def __init__(self, known):
        super().__init__()
        self.known = {MARK: known}


def looks(replica, known=0, days=365):
    needs = Needs.THIS_COMPUTER
    return Looks(replica, SIGNER, LooksMarks(known), days, lambda _: NOBODY, needs)


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


async def test_what_keeps_the_last_looks_from_being_written_keeps_no_daemon_from_ending(
    replica, call, monkeypatch, caplog
):
    async def fails(_act):
        raise RuntimeError

    kept = looks(replica)
    kept.saw(call(), LookAct.OPENED, answer(1))
    monkeypatch.setattr(replica, "write", fails)
    await kept.write()
    assert "the last looks are not in the record" in caplog.text


async def test_switched_off_it_sees_nothing(replica, call, entries):
    kept = looks(replica, days=None)
    await kept.start()
    kept.saw(call(), LookAct.OPENED, answer(1))
    await kept.write()
    assert [one.act for one in await entries()] == ["switched_off"]


async def test_a_checkpoint_of_a_former_signing_key_of_the_coordinator_counts(tmp_path):
    """The key was replaced while the coordinator stood still, see `sync.rules.succession`."""
    former = keys.Signer.from_seed(b"f" * 32)
    replicas.init(tmp_path, COORDINATOR)
    replica = await Replica.open(tmp_path, former, former.public_key)

    def old(tx):
        tx.begin()
        tx.store.looks.add(Look(1, "opened"), Look(tx.now_ms, "opened"))
        fact = SigningKeyFact(former.public_key, True, (), "lost", "admin")
        tx.append(REGISTRY, facts.SIGNING_KEY, facts.NO_RECORD, bodies.write(fact))

    await replica.write(old)
    await say_that_the_clock_is_right(replica)
    await LookKeeper(replica, former, 30).remove_old()
    await replica.close()
    replica = await Replica.open(tmp_path, SIGNER, SIGNER.public_key)
    assert (await check(replica, looks(replica)._own_keys())).is_signed
    assert not (await check(replica, {SIGNER.public_key})).is_signed
    await replica.close()
