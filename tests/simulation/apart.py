"""The files of one machine, each of another time: what a wide history does with them.

The machine's daemon is stopped; its database, its write-ahead log and its witness are each as they
are now, as they were before, missing or empty; and the daemon starts. What it then lacks it must
know and say, as far as anything that is left can tell; or it does not start, and says why.
"""

from __future__ import annotations

import zipfile
from collections.abc import Set as AbstractSet
from pathlib import Path

from sync.engine.replica import DATABASE
from sync.errors import MrnmeshError, StoreError
from sync.upkeep.set_back import ASIDE
from sync.witness.memory import SERIAL
from tests.projection import fact_ids
from tests.simulation.given_out import newest_given, read_feed, read_witness, settled_marks
from tests.simulation.ground import IN_RECOVERY
from tests.simulation.machines import Machine
from tests.simulation.wide_clinic import Files
from tests.simulation.wide_ground import FAILS, WideGround, WideMachine

STATES = ("now", "now", "now", "older", "older", "older", "missing", "empty")
"""What may be at the place of a file, the more often the likelier it is."""


class Apart(WideGround):
    """Machines that start, from whatever lies in their folders."""

    def _start(self, machine: Machine) -> None:
        machine.desk.open()
        self._start_again(machine)

    def _start_again(self, machine: Machine) -> None:
        if machine is self.coordinator:
            self._start_coordinator()
        self._check_shown(machine)
        self._check_witness(machine)
        self._check_feed(machine)
        self._check_backups(machine)

    # what must hold of files

    def _check_witness(self, machine: Machine) -> None:
        desk = self._desk(machine)
        for knows in (read_witness(desk.witness_path), desk.witness.marks):
            for name, number in self.given_out.marks.get(machine.name, {}).items():
                if knows.get(name, -1) < number:
                    raise self.violated(
                        9,
                        f"{machine.name} has given {number} out, and its witness knows {knows}",
                    )

    def _check_feed(self, machine: Machine) -> None:
        if wrong := read_feed(machine.desk):
            raise self.violated(3, f"the feed of {machine.name} does not tell of {wrong}")

    def _check_backups(self, machine: Machine) -> None:
        assert isinstance(machine, WideMachine)
        for path, _ in machine.packed:
            if not path.exists() or not zipfile.is_zipfile(path):
                raise self.violated(3, f"a good backup of {machine.name} is gone: {path.name}")

    # files of several times

    def _on_files_apart(self) -> None:
        """Somebody copies files back one by one, or a disk has lost some of them."""
        machines = [*self.nodes, *self.nodes, self.coordinator]
        machine = self.random.choice(machines)
        assert isinstance(machine, WideMachine)
        desk = self._desk(machine)
        if not machine.copies or self.random.randrange(2):
            self._work_since_copying(machine)
        before = frozenset(fact_ids(machine.desk))
        if self.random.randrange(3):
            desk.kill()  # the log is not moved into the database
        else:
            desk.close()
        now = desk.files()
        older = machine.copies or [now]
        states = [self.random.choice(STATES) for _ in now]
        found = {
            "now": now,
            "older": Files(*map(self.random.choice, zip(*older, strict=True))),
            "missing": Files(None, None, None),
            "empty": Files(b"", b"", b""),
        }
        laid = Files(*(found[state][at] for at, state in enumerate(states)))
        self.log(f"  {machine.name}: database, log and witness are {', '.join(states)}")
        desk.lay(laid)
        self._die_at_start(machine)
        lies_there = desk.files()
        try:
            if not desk.is_open:
                desk.open()
        except MrnmeshError as error:
            self._refused(machine, error, lies_there, now, before)
            return
        if not laid.database:
            raise self.violated(3, f"{machine.name} goes on with a database of nothing")
        self._opened(machine, laid, now, before)

    def _work_since_copying(self, machine: WideMachine) -> None:
        """Its files are copied, and then people come, and perhaps new ranges before them."""
        if self.random.randrange(3) == 0:
            machine.back_up()
        else:
            machine.copy_files()
        if machine is not self.coordinator and self.random.randrange(3) == 0:
            self._grant_range(machine.desk.author, None)
            self.exchange(machine, self.coordinator)
        if self.random.randrange(2):  # the log begins anew, on another database file
            self._desk(machine).writer.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for _ in range(self.random.randint(0, 8)):
            if machine is self.coordinator:
                self._on_register_at_coordinator()
                self._on_register_online()
            else:
                self._register_at(machine)
        if self.random.randrange(4) == 0:
            self._on_meet_coordinator()

    def _die_at_start(self, machine: WideMachine) -> None:
        """Perhaps the power goes while its daemon looks at the files or sets some aside."""
        if self.random.randrange(3):
            return
        desk = self._desk(machine)
        desk.disk.die_at(self.random.randint(1, 60))
        try:
            desk.open()
        except FAILS as error:
            if not (desk.disk.dead or isinstance(error, MrnmeshError)):
                raise
            self.log(f"  {machine.name} does not come up: {type(error).__name__}")
        if desk.disk.dead:
            self.happened["power cut"] += 1
            desk.cut_power()
        desk.disk.heal()

    def _refused(
        self,
        machine: WideMachine,
        error: MrnmeshError,
        laid: Files,
        now: Files,
        before: AbstractSet[bytes],
    ) -> None:
        """The daemon says why it does not start, and the administrator does what it says."""
        desk = self._desk(machine)
        self.happened[f"refused: {error.code}"] += 1
        self.log(f"  it does not start: {error}")
        if not isinstance(error, StoreError) or str(desk.folder) not in str(error):
            raise self.violated(3, f"{machine.name} does not start and names no file: {error}")
        if desk.files() != laid:
            raise self.violated(3, f"{machine.name} does not start, and has changed its files")
        if machine.packed and self.random.randrange(2):
            self._open_backup(machine, before)
        else:
            self.log("  the files of before are put back")
            desk.lay(now)
            self._start(machine)
            if before - fact_ids(desk):
                raise self.violated(3, f"{machine.name}: facts are gone with no file changed")

    def _opened(
        self, machine: WideMachine, laid: Files, now: Files, before: AbstractSet[bytes]
    ) -> None:
        """It goes on; what is gone has to be known, and is then gone for the books too."""
        desk = self._desk(machine)
        gone = before - fact_ids(desk)
        lacks = self._must_know(machine, laid, now, gone) if gone else ""
        self._forgets(machine, gone)
        if laid.witness != now.witness:
            machine.was_made_to_forget = True
            self.given_out.marks.pop(machine.name, None)
        if machine.was_made_to_forget:
            self._forget_numbers(machine)
        if gone and laid.wal and laid.wal == now.wal and not _is_kept(desk.folder, laid.wal):
            raise self.violated(3, f"{machine.name} throws away what was written last")
        if gone or laid != now:
            self.given_out.answers.pop(machine.name, None)
        self._start_again(machine)
        is_known = bool(
            desk.writer.store.meta.set_back is not None
            or not read_witness(desk.witness_path)
            or desk.query(IN_RECOVERY)
        )
        self.happened["files apart, known" if is_known else "files apart, unknown"] += bool(gone)
        if lacks and not is_known:
            raise self.violated(3, f"{len(gone)} facts vanish at {machine.name}: {lacks}")

    def _must_know(
        self, machine: WideMachine, laid: Files, now: Files, gone: AbstractSet[bytes]
    ) -> str:
        """Why it can be known that something is gone; empty if nothing that is left can tell.

        Nothing tells where all files are those of one earlier moment, or where the witness is no
        newer than the database. The last number that a witness was told of is in doubt: a commit
        that never came looks the same.
        """
        desk = self._desk(machine)
        numbers = {int(mrn) for mrn in machine.claimed() if mrn.isdecimal()}
        lost = {
            int(shown.mrn)
            for shown in self.shown
            if shown.fact in gone and shown.machine == machine.name and shown.mrn.isdecimal()
        }
        marks = settled_marks(laid.witness or b"")
        for name, mark in marks.items():
            range_ = _range_of(name)
            there = max((number for number in numbers if number in range_), default=0)
            if any(number in range_ and there < number <= mark for number in lost):
                return f"its witness knows numbers of {name} up to {mark}"
        if machine is self.coordinator:
            serial = self.given_out.marks.get(machine.name, {}).get(SERIAL, 0)
            held = desk.query("SELECT 1 FROM grants WHERE serial = ?", serial)
            if serial and not held and serial <= marks.get(SERIAL, 0):
                return f"its witness knows serials up to {marks[SERIAL]}"
        elif marks.get("begun") == desk.writer.store.meta.witness:
            newest = newest_given(laid.witness or b"")
            if newest is not None and newest[1] not in fact_ids(desk):
                return f"its witness knows who got {newest[0]}"
            if marks.get("given", 0) > desk.writer.store.meta.given:
                return "its witness knows that it has given more"
        if laid.database != now.database and laid.wal and laid.wal == now.wal:
            return "its database is older than the log beside it"
        if now.wal and laid.database == now.database and laid.wal is None:
            return "the log that it was used with is missing"
        return ""

    def _forget_numbers(self, machine: Machine) -> None:
        """A machine whose witness was put back knows what that and its database say, and no more.

        What only the database knew goes with the database.
        """
        numbers = machine.claimed()
        path = self._desk(machine).witness_path
        marks = settled_marks(path.read_bytes() if path.exists() else b"")
        ranges = {name: _range_of(name) for name in marks}
        machine.issued = {
            number
            for number in machine.issued
            if str(number) in numbers
            or any(number in range_ and number <= marks[name] for name, range_ in ranges.items())
        }
        machine.granted &= {mrn for (mrn,) in machine.desk.query("SELECT mrn FROM grants")}

    # backups and restores

    def _restore(self, machine: WideMachine) -> None:
        before = fact_ids(machine.desk)
        machine.desk.close()
        self._open_backup(machine, before)

    def _open_backup(self, machine: WideMachine, before: AbstractSet[bytes]) -> None:
        """Restore one of its backups by the command.

        Args:
            before: the facts that it had.
        """
        path, there = self.random.choice(machine.packed)
        self.log(f"  {machine.name} is restored")
        desk = self._desk(machine)
        desk.restore_backup(path)
        desk.open()
        if there - fact_ids(desk):
            raise self.violated(3, f"{machine.name}: facts of a good backup are missing")
        self._forgets(machine, before - fact_ids(desk))
        self.given_out.answers.pop(machine.name, None)
        self.given_out.marks[machine.name] = {"begun": 0}  # the command gives it a new witness
        if machine is self.coordinator:
            self._start_coordinator()

    def _forgets(self, machine: Machine, gone: AbstractSet[bytes]) -> None:
        machine.forgotten |= gone
        for other in self.machines.values():
            if other is not machine:
                gone = gone - fact_ids(other.desk)
        self.lost |= gone
        if machine is self.coordinator:
            self.revoked.clear()
            self.ended.clear()
            self.came_before |= machine.forgotten


def _is_kept(folder: Path, wal: bytes) -> bool:
    """True when a log that was set aside is still there."""
    return any(path.read_bytes() == wal for path in folder.glob(f"{ASIDE}-*/{DATABASE}-wal"))


def _range_of(name: str) -> range:
    """The numbers of the range with this text; none for a mark of something else."""
    first, _, last = name.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        return range(0)
    return range(int(first), int(last) + 1)
