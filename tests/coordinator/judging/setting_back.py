"""Coordinators that are set back, for tests."""

import shutil

from coordinator.judging.recovery import begin_restored
from coordinator.registry import ranges
from sync.engine import issuing
from sync.storage.store import Store
from sync.witness.memory import BEGUN, SERIAL
from tests.clinic import pull


class Remembered:
    """A witness that is trusted and has these marks."""

    trusted = True

    def __init__(self, serial, **marks):
        self._marks = {SERIAL: serial} | marks

    def mark(self, name):
        return self._marks.get(name)

    def committed(self, name):
        return self._marks.get(name, 0)

    def objection(self, cursor, fresh, below=0):
        return None

    def burned(self, range_):
        return 0

    given = burned

    def is_of(self, number):
        return number == self.committed(BEGUN)


def online(clinic, desk):
    draft = desk.draft()
    arbiter = clinic.coordinator.arbiter
    granted = clinic.act(lambda tx: arbiter.grant(tx, draft.record, desk.author))
    pull(desk, clinic.coordinator)
    desk.register(draft, lambda tx: issuing.granted(tx, draft.record, desk.author))
    return granted.mrn


def give(coordinator):
    """An online number, whose serial no desk hears of."""
    grant = coordinator.arbiter.grant
    coordinator.writer.write(lambda tx: grant(tx, coordinator.draft().record, None))


def block_for(clinic, desk):
    return clinic.act(lambda tx: ranges.grant_next(tx, desk.author))


def note_merged(clinic, *desks):
    recovery = clinic.coordinator.arbiter.recovery
    return [
        clinic.act(lambda tx, desk=desk: recovery.note_merged(tx, desk.author)) for desk in desks
    ]


def in_recovery(clinic):
    recovery = clinic.coordinator.arbiter.recovery
    return clinic.act(recovery.is_on)


def look_back(coordinator, witness):
    recovery = coordinator.arbiter.recovery
    coordinator.writer.write(lambda tx: recovery.look_back(tx, witness))


def restore(coordinator, backup, witness):
    """As the command does, and the start after it."""
    coordinator.close()
    for suffix in ("-wal", "-shm"):
        coordinator.path.with_name(f"{coordinator.path.name}{suffix}").unlink(missing_ok=True)
    shutil.copy(backup, coordinator.path)
    store = Store.open(coordinator.path)
    begin_restored(store, "it was restored from a backup")
    store.close()
    coordinator.open()
    look_back(coordinator, witness)
