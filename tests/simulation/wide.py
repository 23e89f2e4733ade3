"""Wide histories: real data folders, real replicas, and everything that happens to their files.

`WIDE_EVENTS` is what the tests play. `KNOWN_FAULTS` are kinds of events that show a promise which
is not kept today; each says which, and comes only when it is asked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from coordinator.importing.take import take_people
from sync.engine.transaction import Transaction
from sync.errors import MrnmeshError
from sync.model.demographics import PossibleTimes
from sync.model.facts import RecordId
from sync.reading.pages import Page
from sync.upkeep import agreement
from sync.witness.memory import OF_ANOTHER_COPY
from tests.clinic import ZONE
from tests.projection import fact_ids, facts_read
from tests.simulation.apart import Apart
from tests.simulation.given_out import read_witness
from tests.simulation.ground import IN_RECOVERY
from tests.simulation.machines import Backup, Machine
from tests.simulation.wide_ground import DAY_MS, FAILS, WideMachine, no_number
from tests.simulation.world import EVENTS, FAULTS


class WideWorld(Apart):
    """A clinic of installed machines in which everything happens that `WIDE_EVENTS` names."""

    # disks and processes

    def _failing(self, machine: Machine, act: Callable[[], object]) -> None:
        """The power goes, or the process dies, at one of the writes of ``act``."""
        desk = self._desk(machine)
        # a registration makes about thirty writes, the last of them to the witness
        desk.disk.die_at(
            self.random.choice((self.random.randint(1, 50), self.random.randint(26, 34)))
        )
        try:
            act()
        except FAILS as error:
            if not desk.disk.dead:
                raise
            self.log(f"  {machine.name} dies in the middle: {type(error).__name__}")
        if desk.disk.dead:
            self._power_returns(machine)
        desk.disk.heal()

    def _power_returns(self, machine: Machine) -> None:
        desk = self._desk(machine)
        if self.random.randrange(4) == 0:
            desk.kill()
        else:
            self.happened["power cut"] += 1
            desk.cut_power()
        self._start(machine)

    def _on_restart(self) -> None:
        machine = self.random.choice(list(self.machines.values()))
        with self._nothing_put_back(machine):
            machine.desk.close()
            self._start(machine)

    def _on_power_cut(self) -> None:
        machine = self.random.choice(list(self.machines.values()))
        with self._nothing_put_back(machine):
            self._power_returns(machine)

    @contextlib.contextmanager
    def _nothing_put_back(self, machine: Machine) -> Iterator[None]:
        """No machine may find, and close its ranges for it, that its witness knows more.

        That its witness is that of another copy it finds again in each range that it gets. What was
        intended last may be in doubt after a cut.
        """
        before = self._desk(machine).writer.store.meta.noticed_behind
        yield
        found = self._desk(machine).writer.store.meta.noticed_behind - before
        found = {one for one in found if OF_ANOTHER_COPY not in one and "in doubt" not in one}
        if found and not machine.was_made_to_forget:
            raise self.violated(3, f"{machine.name} was only started again, and finds {found}")

    def _on_register_and_crash(self) -> None:
        machine = self.random.choice(self.nodes)
        self._failing(machine, lambda: self._register_at(machine))

    def _on_online_and_crash(self) -> None:
        """The desk or the coordinator dies while a number is asked for."""
        machine = self.random.choice(self.nodes)
        dying = self.random.choice((machine, self.coordinator))
        self._failing(dying, lambda: self._ask(machine, offline=False))

    def _on_merge_and_crash(self) -> None:
        machine, other = self._two()
        self._failing(machine, lambda: self.exchange(machine, other))

    def _on_back_up_and_crash(self) -> None:
        machine = self.random.choice(list(self.machines.values()))
        self._failing(machine, lambda: self._pack(machine))

    def _on_register_and_fail(self) -> None:
        """The disk is full from one of the writes on; then there is room again."""
        machine = self.random.choice(self.nodes)
        desk = self._desk(machine)
        desk.disk.fill_at(self.random.randint(1, 25))
        try:
            self._register_at(machine)
        except FAILS as error:
            self.log(f"  the disk of {machine.name} is full: {type(error).__name__}")
        desk.disk.heal()
        self._register_at(machine)

    def _on_merge_and_fail(self) -> None:
        machine, other = self._two()
        desk = self._desk(machine)
        desk.disk.fill_at(self.random.randint(1, 60))
        try:
            self.exchange(machine, other)
        except FAILS as error:
            self.log(f"  the disk of {machine.name} is full: {type(error).__name__}")
        desk.disk.heal()

    def _on_retry_after_crash(self) -> None:
        """A client whose request got no answer sends it again: the number must be witnessed."""
        machine = self.random.choice(self.nodes)
        draft = machine.desk.draft()
        key = blake2b(draft.record, digest_size=16).digest()
        draft = draft._replace(key=key, request=b"request")
        desk = self._desk(machine)
        desk.disk.die_at(self.random.randint(27, 34))
        with contextlib.suppress(FAILS):
            self._send(machine, draft, True)
        if not desk.disk.dead:
            desk.disk.heal()
            return
        self._power_returns(machine)
        if not desk.query("SELECT 1 FROM answers WHERE key = ?", key):
            return
        registered = desk.register(draft, no_number)
        ((mrn,),) = desk.query("SELECT mrn FROM patients WHERE id = ?", registered.patient)
        marks = read_witness(desk.witness_path)
        for cursor in desk.writer.store.cursors.all():
            if int(mrn) in cursor.range and marks.get(cursor.range.text, 0) < int(mrn):
                raise self.violated(9, f"a retry shows {mrn}, and the witness knows {marks}")

    # what must hold of tables

    def _check_agreement(self, machine: Machine) -> None:
        """A database agrees with itself, unless it is known to have been set back.

        A coordinator that gets its own numbers back moves no cursor before recovery is over.
        """
        store = machine.desk.writer.store
        found = agreement.everywhere(store, machine.desk.writer.identity.names).texts
        if found and store.meta.set_back is None and not machine.desk.query(IN_RECOVERY):
            raise self.violated(3, f"what {machine.name} holds does not agree: {found}")

    def _check_sent_twice(self, machine: Machine) -> None:
        """People who were registered under one key are shown to administrators as such."""
        expected = {
            key for key, records in facts_read(machine.desk).keys.items() if len(records) > 1
        }
        decided = machine.desk.query(
            "SELECT p.key_hash FROM settled s JOIN patients p ON p.id = s.patient WHERE s.counts"
        )
        expected -= {key for (key,) in decided}
        two_people = machine.desk.query(
            "SELECT p.key_hash FROM two_people t JOIN patients p ON p.fact IN (t.first, t.second)"
        )
        expected -= {key for (key,) in two_people}
        desk = self._desk(machine)
        read = desk.replica.read(lambda snapshot: snapshot.repeats.page(Page())[0])
        count = desk.clinic.run(read)
        if count < len(expected):
            raise self.violated(6, f"{machine.name} shows {count} of {len(expected)} sent twice")

    def audit(self, machine: Machine) -> None:
        super().audit(machine)
        self._check_sent_twice(machine)
        self._check_agreement(machine)
        self._check_feed(machine)
        self._check_witness(machine)

    # backups and restores

    def _pack(self, machine: Machine) -> None:
        path = self._desk(machine).make_backup()
        assert isinstance(machine, WideMachine)
        machine.packed.append((path, frozenset(fact_ids(machine.desk))))

    def _on_pack(self) -> None:
        """The nightly backup."""
        self._pack(self.random.choice(list(self.machines.values())))

    def _on_restore(self) -> None:
        able = [one for one in self.nodes if isinstance(one, WideMachine) and one.packed]
        if able:
            machine = self.random.choice(able)
            self._restore(machine)
            if self.random.randrange(3) == 0:
                self._register_at(machine)
                self._restore(machine)

    def _on_restore_coordinator(self) -> None:
        """The command, after which recovery ends when all desks have come."""
        assert isinstance(self.coordinator, WideMachine)
        if self.coordinator.packed:
            self._restore(self.coordinator)
            if self.random.randrange(3) == 0:
                self._restore(self.coordinator)

    def _on_sent_twice(self) -> None:
        """A client that hears no answer from one desk asks another one, with the same key."""
        if len(self.nodes) < 2:
            return
        one, other = self.random.sample(self.nodes, 2)
        draft = one.desk.draft()
        key = blake2b(draft.record, digest_size=16).digest()
        self._send(one, draft._replace(key=key, request=b"request"), True)
        again = other.desk.draft()._replace(key=key, request=b"request")
        self._send(other, again, True)

    def _set_back(self, machine: Machine, backup: Backup) -> None:
        super()._set_back(machine, backup)
        if machine.was_made_to_forget:
            self._forget_numbers(machine)
        self.given_out.answers.pop(machine.name, None)

    # clocks and imports

    def _on_clock(self) -> None:
        """The clock of one machine is wrong by some hours from now on."""
        machine = self.random.choice(list(self.machines.values()))
        self._desk(machine).skew_ms = self.random.randrange(-20 * 3_600_000, 20 * 3_600_000)

    def _on_wrong_year(self) -> None:
        machine = self.random.choice(list(self.machines.values()))
        years = self.random.choice((-30, 30))
        self._desk(machine).skew_ms = years * 365 * DAY_MS

    def _on_import(self) -> None:
        """Some people of an earlier system, and some of them again."""
        desk = self._desk(self.coordinator)
        first = max(0, self._imported - self.random.randrange(3))
        rows = [
            {"mrn": f"OLD-{number:04}", "full_name": f"Old {number}", "sex": "F"}
            for number in range(first, self._imported + self.random.randint(1, 4))
        ]
        now = datetime.fromtimestamp(desk.replica.now_ms / 1000, UTC).astimezone(ZONE)
        clinic = self.clinic

        def act(tx: Transaction) -> Any:
            desk.arbiter.recovery.require_over(tx)
            return take_people(
                tx,
                desk.arbiter,
                rows,
                now,
                PossibleTimes(now, now),
                lambda: RecordId(clinic.random.randbytes(16)),
                lenient=True,
            )

        try:
            taken = desk.write(act)
        except MrnmeshError as error:
            self.log(f"  refused: {error}")
            return
        self._imported = first + len(rows)
        self.happened["imported"] += taken.taken


KEYS = ("replace_key", "enrol_late")
"""The commands for these are tried elsewhere, with the same functions."""

WIDE_EVENTS = {
    **{
        name: count
        for name, count in EVENTS.items()
        if name not in ("back_up", "future", "print_sheet", "type_in", *KEYS)
    },
    "back_up": 4,
    "online_and_crash": 3,
    "merge_and_fail": 2,
    "back_up_and_crash": 2,
    "power_cut": 3,
    "retry": 4,
    "sent_twice": 2,
    "retry_after_crash": 4,
    "pack": 4,
    "restore": 2,
    "restore_coordinator": 1,
    "import": 3,
    "files_apart": 4,
    "wrong_year": 2,
}
"""Event -> how often it comes, out of all of them, in wide histories."""

WIDE_FAULTS = FAULTS - {"future", *KEYS} | {
    "online_and_crash",
    "merge_and_fail",
    "back_up_and_crash",
    "power_cut",
    "retry_after_crash",
    "restore",
    "restore_coordinator",
    "sent_twice",
    "import",
    "files_apart",
    "wrong_year",
    "one_way",
    "no answer in time",
}
"""As `FAULTS`, of wide histories."""

KNOWN_FAULTS: dict[str, int] = {}
"""Event -> how often it comes where it is asked for: each shows a promise not kept today."""
