"""A coordinator whose signing key is replaced, and desks that are enrolled again, some late."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

from coordinator.registry import registry_copies, succession
from coordinator.registry.succession import Replaced
from node.enrolment import adopting
from sync.daemon.data_folder import KEY_FILE
from sync.engine import keys, replica
from sync.engine.replica import DATABASE
from sync.engine.writer import Shell, Writer
from sync.model import facts
from sync.model.facts import COORDINATOR_NAMES, REGISTRY
from sync.model.runs import Batch
from sync.protocol.questions import Merge
from sync.storage import schema
from sync.storage.store import Store
from sync.trust import registry_copy
from sync.trust.registry_copy import RegistryCopy
from tests.clinic import Desk, missing_batches
from tests.forging import Run, note
from tests.projection import fact_ids
from tests.simulation.enrolment import Enrolment
from tests.simulation.ground import IN_RECOVERY
from tests.simulation.machines import Machine

NO_AUTHORITY = b""


class Replacing(Enrolment):
    """What people do when the signing key was lost or stolen: once there, once at each desk."""

    def _on_replace_key(self) -> None:
        """The key of now is as good as before if it was only lost; a thief may have a stolen one.

        What of the coordinator's own is at desks only is brought in first, where the key was
        stolen: nobody vouches for it later.
        """
        if not self.is_due("another key"):
            return
        thief = self.clinic.coordinator_key
        former = thief.public_key
        trusted = self.random.randrange(3) > 0 or not self._has_all_of_its_own()
        key = self.clinic.new_signer()
        desk = self.coordinator.desk
        desk.close()
        store = Store(schema.open_for_writing(desk.path))
        try:
            writer = Writer(store, key, self._shell(desk))
            writer.live = True
            said = Replaced((former,), trusted, "a test", "Admin")
            writer.write(lambda tx: succession.take_over(tx, said, key.public_key))
        finally:
            store.close()
        desk.signer = self.clinic.coordinator_key = key
        desk.pinned = key.public_key
        desk.open()
        self.coordinator.read_witness()
        self._start_coordinator()
        # Whoever puts one of them back names the key of now, which is no matter of this history.
        self.coordinator.backups.clear()
        self.happened["lost keys" if trusted else "stolen keys"] += 1
        self.log(f"  the signing key is another, the former one counts: {trusted}")
        if not trusted:
            self._write_as_thief(thief)

    def _write_as_thief(self, thief: keys.Signer) -> None:
        """Whoever has stolen the key writes in the coordinator's name, at a desk that is left."""
        machine = self.random.choice(self.nodes)
        run = Run(REGISTRY, thief, self.random.randrange(1 << 40)).then(note(self.events))
        machine.desk.exchange.merge(Merge((run.batch(),)))
        self.stolen.add(facts.fact_id(REGISTRY, run.facts[0]))
        self.lost |= self.stolen  # nobody is to keep it
        self.happened["a thief's facts"] += bool(self.stolen & fact_ids(machine.desk))

    def _has_all_of_its_own(self) -> bool:
        """Bring in what desks have of the coordinator's; True where nothing of it is left out."""
        hub = self.coordinator.desk
        for machine in self.nodes:
            hub.exchange.merge(Merge(tuple(_own(missing_batches(hub, machine.desk)))))
        if hub.query(IN_RECOVERY):
            return False
        return not any(_own(missing_batches(hub, machine.desk)) for machine in self.nodes)

    def _on_enrol_late(self) -> None:
        """A technician comes to one of the desks that are left."""
        if left := self._left():
            self._enrol_anew(self.random.choice(left))

    def enrol_those_left(self) -> None:
        """All desks that do not trust the key of now are enrolled again."""
        for machine in self._left():
            self._enrol_anew(machine)

    def _left(self) -> list[Machine]:
        key = self.clinic.coordinator_key.public_key
        return [machine for machine in self.nodes if machine.desk.pinned != key]

    def _enrol_anew(self, machine: Machine) -> None:
        self.log(f"  {machine.name} is enrolled again")
        self.happened["enrolled again"] += 1
        self._adopt(machine)

    def _first_meeting(self, machine: Machine) -> None:
        if self.coordinator.desk.writer.registry.succession.former:
            self._adopt(machine)
        super()._first_meeting(machine)

    def _adopt(self, machine: Machine) -> None:
        """What `mrnmesh-node enrol` does, by the functions that it does it with."""
        desk, key = machine.desk, self.clinic.coordinator_key.public_key
        copy = self._copy_for(desk)
        folder = desk.path.with_suffix(".enrolling")
        folder.mkdir()
        desk.close()
        desk.path.rename(folder / DATABASE)
        desk.signer.save(folder / KEY_FILE)
        with mock.patch.object(replica, "shell", return_value=self._shell(desk)):
            adopting.adopt(folder, desk.author, desk.pinned, key, copy, NO_AUTHORITY)
        (folder / DATABASE).rename(desk.path)
        (folder / KEY_FILE).unlink()
        folder.rmdir()
        desk.pinned = key
        desk.open()
        machine.read_witness()
        self._check_shown(machine)
        if self.stolen & fact_ids(desk):
            raise self.violated(8, f"{machine.name} keeps what was signed with a stolen key")

    def _copy_for(self, desk: Desk) -> RegistryCopy:
        hub = self.coordinator.desk

        async def answer(query: Any) -> Any:
            return hub.answer(query)

        async def read(act: Any) -> Any:
            return act(SimpleNamespace(store=hub.writer.store))

        asked = cast(replica.Replica, SimpleNamespace(answer=answer, read=read))
        shown = registry_copy.shown_of(desk.writer.store)
        return asyncio.run(registry_copies.copy_for(asked, shown))

    def _shell(self, desk: Desk) -> Shell:
        now_ms = self.clinic.now_ms + desk.skew_ms
        return Shell(lambda: now_ms, self.clinic.random.randbytes, lambda: self.clinic.now_ms)


def _own(batches: list[Batch]) -> list[Batch]:
    """Those that the coordinator has written."""
    return [batch for batch in batches if batch.author in COORDINATOR_NAMES]
