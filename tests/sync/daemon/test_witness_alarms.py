"""The alarm of a witness that cannot be told, and how it ends by itself."""

import pytest

from coordinator.registry import terminals
from sync.daemon.witness_alarms import WitnessWatch
from sync.engine import keys, replica
from sync.engine.replica import Replica
from sync.errors import WitnessShared, WitnessUnwritable
from sync.model.alarms import AlarmLevel
from sync.model.facts import COORDINATOR
from sync.witness.memory import Intent, Witness


@pytest.fixture
def witness(tmp_path):
    return Witness.create(tmp_path / "witness", "machine", 0)


@pytest.fixture
async def hub(tmp_path, witness):
    signer = keys.Signer.from_seed(b"s" * 32)
    replica.init(tmp_path / "hub", COORDINATOR)
    hub = await Replica.open(tmp_path / "hub", signer, signer.public_key, witness=witness)
    yield hub
    await hub.close()


async def test_a_full_disk_is_an_alarm_that_ends_when_there_is_room(hub, witness, monkeypatch):
    watch = WitnessWatch(hub, witness)

    def full(*_) -> None:
        raise OSError(28, "the disk is full on device")

    monkeypatch.setattr(witness.file, "_write", full)
    assert watch.alarms() == []
    with pytest.raises(WitnessUnwritable):
        await hub.write(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    await watch.look()
    (alarm,) = watch.alarms()
    assert (alarm.code, alarm.level) == ("witness_unwritable", AlarmLevel.ALERT)
    assert "the disk is full" in alarm.text
    monkeypatch.undo()
    await watch.look()
    assert watch.alarms() == [], "nobody has to register for that"


async def test_a_second_copy_is_an_alarm_that_stays(hub, witness, tmp_path):
    watch = WitnessWatch(hub, witness)
    await hub.write(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    Witness(tmp_path / "witness", "machine").intend({"710000-719999": Intent(710000, 709999)})
    with pytest.raises(WitnessShared):
        await hub.write(lambda tx: terminals.add_terminal(tx, "WARD", ""))
    for _ in range(2):
        await watch.look()
        (alarm,) = watch.alarms()
        assert alarm.code == "witness_shared"
        assert str(tmp_path) in alarm.text
