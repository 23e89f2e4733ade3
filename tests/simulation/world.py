"""What happens in a simulated clinic, and how often."""

from __future__ import annotations

from collections.abc import Mapping

from coordinator.judging.cases import Order, Seen
from coordinator.judging.resolving import resolve
from sync.engine.transaction import Transaction
from sync.engine.writer import Writer
from sync.model.facts import Action, FactId
from tests.projection import difference, fact_ids, folded_from_nothing, projection
from tests.simulation.forming import Forming
from tests.simulation.ground import CODES, FRONT, MACHINES_MAX, OLD
from tests.simulation.machines import Backup, Machine, unreported

DECISIONS_MAX = 8
"""About one conflict, because nobody decides about the same two people for years."""

EVENTS = {
    "register": 30,
    "register_online": 6,
    "register_at_coordinator": 6,
    "register_and_crash": 4,
    "register_and_fail": 2,
    "merge_and_crash": 3,
    "supply": 8,
    "print_sheet": 4,
    "type_in": 8,
    "future": 1,
    "audit": 6,
    "restart": 2,
    "amend": 5,
    "resolve": 6,
    "merge_people": 6,
    "unmerge_people": 3,
    "void_people": 2,
    "unvoid_people": 1,
    "correct": 4,
    "confirm": 3,
    "ask": 3,
    "answer": 3,
    "two_coordinators_merge": 2,
    "two_people": 4,
    "maybe_one": 3,
    "two_coordinators_pair": 3,
    "grant_range": 8,
    "inactive": 2,
    "end": 2,
    "enrol_again": 2,
    "salvage": 2,
    "extend": 10,
    "switch_form": 3,
    "clock": 2,
    "join": 2,
    "meet": 10,
    "meet_coordinator": 4,
    "three_meet": 2,
    "merge_some": 8,
    "back_up": 5,
    "set_back": 3,
    "renew": 4,
    "renew_and_set_back": 2,
    "set_coordinator_back": 2,
    "two_coordinators": 2,
    "clone": 6,
    "forged": 2,
    "stray": 4,
    "worthless": 1,
    "late_registry": 6,
    "end_recovery_early": 1,
    "go_on_too_early": 2,
    "replace_key": 2,
    "enrol_late": 4,
}
"""Event -> how often it comes, out of all of them."""

FAULTS = {
    "register_and_crash",
    "register_and_fail",
    "merge_and_crash",
    "supply",
    "future",
    "restart",
    "inactive",
    "end",
    "enrol_again",
    "salvage",
    "clock",
    "join",
    "merge_some",
    "set_back",
    "renew",
    "renew_and_set_back",
    "set_coordinator_back",
    "two_coordinators",
    "two_coordinators_merge",
    "two_coordinators_pair",
    "clone",
    "forged",
    "stray",
    "worthless",
    "late_registry",
    "end_recovery_early",
    "go_on_too_early",
    "replace_key",
}
"""The events that are trouble, so that it is told which pairs of them met in one history."""


class World(Forming):
    """A clinic in which everything happens that `EVENTS` names."""

    table: Mapping[str, int] = EVENTS

    def step(self, number: int) -> None:
        """One event; which ones come often says the table.

        Each has randomness of its own, so that what comes later stays as it is without it.
        """
        self.random.seed(f"{self.seed}/{number}")
        self.clinic.random.seed(f"{self.seed}/{number}/clinic")
        names, weights = zip(*self.table.items(), strict=True)
        (name,) = self.random.choices(names, weights)
        self.happened[name] += 1
        self.log(name)
        self.events += 1
        self._pass_time()
        getattr(self, f"_on_{name}")()

    # administration

    def _on_amend(self) -> None:
        machine = self.random.choice(list(self.machines.values()))
        known = machine.desk.query("SELECT fact FROM patients ORDER BY fact")
        if known and machine is not self.coordinator:
            (fact,) = self.random.choice(known)
            machine.desk.amend(fact, full_name=f"Name {self.random.randrange(1000)}")

    def _on_resolve(self) -> None:
        """An administrator decides about a conflict, as often as not for another time."""
        which = self.random.choice(("c.open", "c.open", "NOT c.open"))
        known = self.coordinator.desk.query(
            "SELECT p.fact, c.decision FROM conflicts c JOIN patients p ON p.id = c.patient"
            f" WHERE {which} AND ? > (SELECT count(*) FROM resolutions WHERE registration = p.fact)"
            " ORDER BY p.fact",
            DECISIONS_MAX,
        )
        if known:
            fact, decision = self.random.choice(known)
            action = self.random.choice((*Action, Action.REOPEN) if decision else tuple(Action))
            self._resolve(fact, decision, action)

    def work_through_conflicts(self) -> bool:
        """Give an administrator a quiet hour, and return whether there was anything to do."""
        if not self.coordinator.desk.query("SELECT 1 FROM conflicts LIMIT 1"):
            return False
        for _ in range(self.random.randint(4, 12)):
            self._on_resolve()
        return True

    def _resolve(self, fact: FactId, decision: FactId | None, action: Action) -> None:
        desk = self.coordinator.desk
        records = desk.query("SELECT record FROM patients ORDER BY fact")
        into = self.random.choice(records)[0] if self.random.randrange(3) == 0 else None
        order = Order(fact, action, "Admin", "decided", into, Seen(decision))

        def act(tx: Transaction) -> None:
            before = tx.serial
            resolved = resolve(tx, desk.arbiter, order)
            for change in resolved.changes:
                self.log(f"  {change.before} became {change.after}")
            for (mrn,) in desk.query("SELECT mrn FROM grants WHERE serial > ?", before):
                self.check_granted(mrn)

        if self._try_at_coordinator(act):
            self.happened[f"{action}, done"] += 1
            self.log(f"  {action} of a conflict")

    def _on_grant_range(self) -> None:
        self._grant_range(self.random.choice([*CODES, FRONT, OLD]), None)

    def _on_clock(self) -> None:
        self.clinic.now_ms += self.random.choice((-1, 1)) * self.random.randrange(20 * 3_600_000)

    def _on_end_recovery_early(self) -> None:
        self._end_recovery_early()

    def _on_go_on_too_early(self) -> None:
        """A coordinator whose database is put back goes on before anybody has come to it."""
        self._on_back_up()
        self.coordinator.back_up()
        backup = self.coordinator.backups[-1]
        for _ in range(self.random.randint(1, 3)):
            self._on_grant_range()
            self._on_register_online()
        self._set_back(self.coordinator, backup)
        self._start_coordinator()
        self._end_recovery_early()
        self._on_grant_range()
        self._on_register_online()

    def _on_audit(self) -> None:
        machine = self.random.choice(list(self.machines.values()))
        if self.is_due("audit"):
            self.audit(machine)

    def audit(self, machine: Machine) -> None:
        """Whatever has reached it so far, a machine's tables are a fold of its facts.

        And it reports every number that it knows to have been given out twice.
        """
        self._check_marks(machine)
        if twice := unreported(machine.desk):
            raise self.violated(6, f"{machine.name} does not report {', '.join(twice)}")
        if apart := difference(projection(machine.desk), folded_from_nothing(machine.desk)):
            raise self.violated(4, f"{machine.name} is not a fold of its facts: {apart}")

    # disks

    def _on_back_up(self) -> None:
        self.random.choice(list(self.machines.values())).back_up()

    def _on_set_back(self) -> None:
        """A machine's database is put back, its witness with it or not."""
        able = [machine for machine in self.nodes if machine.backups]
        if able:
            machine = self.random.choice(able)
            backup = self.random.choice(machine.backups)
            fate = self.random.choice(("stays", "lost", "back", "back"))
            self.log(f"  its witness: {fate}")
            if fate == "lost":
                machine.put_witness({})
            elif fate == "back":
                machine.forget(backup)
            self._set_back(machine, backup)
            if self.random.randrange(2):  # before it hears of anybody
                self._register_at(machine)

    def _on_set_coordinator_back(self) -> None:
        if self.coordinator.backups:
            backup = self.random.choice(self.coordinator.backups)
            if self.random.randrange(2) == 0:
                self.log("  and its witness with it")
                self.coordinator.forget(backup)
            self._set_back(self.coordinator, backup)
            self._start_coordinator()
            self._on_register_online()
            self._on_register_at_coordinator()

    def _on_two_coordinators(self) -> None:
        """A coordinator judges, is set back unawares, and judges what another desk brings."""
        one, other = (self.random.choice(self.nodes) for _ in range(2))
        self.coordinator.back_up()
        self.exchange(one, self.coordinator)
        backup = self.coordinator.backups[-1]
        self.coordinator.forget(backup)
        self._set_back(self.coordinator, backup)
        self._start_coordinator()
        self._merge_some(self.coordinator, other, everything=True)

    def _set_back(self, machine: Machine, backup: Backup) -> None:
        self.log(f"  {machine.name} is set back")
        gone = fact_ids(machine.desk) - backup.facts
        machine.forgotten |= gone
        for other in self.machines.values():
            if other is not machine:
                gone -= fact_ids(other.desk)
        self.lost |= gone
        machine.desk.pinned = backup.pinned
        machine.desk.restore(backup.path)
        machine.read_witness()
        if machine is self.coordinator:
            self.revoked.clear()  # until it hears of it again it judges as it did before
            self.ended.clear()
            self.came_before |= machine.forgotten

    def _on_renew(self) -> None:
        """Somebody goes on after the witness was lost: a new life with new ranges."""
        stuck = [
            machine
            for machine in self.nodes
            if not machine.witness.is_of(machine.desk.writer.store.meta.witness)
        ]
        if stuck:
            self._renew(self.random.choice(stuck))

    def _renew(self, machine: Machine) -> None:
        Writer.renew(machine.desk.writer.store, self.random.randbytes, self.clinic.now_ms)
        machine.begin_witness()
        machine.desk.reopen()
        machine.read_witness()

    def _on_renew_and_set_back(self) -> None:
        """A witness is lost, a new one is begun, and then the folder is that of before both."""
        machine = self.random.choice(self.nodes)
        machine.back_up()
        backup = machine.backups[-1]
        self._register_at(machine)
        machine.put_witness({})
        machine.desk.reopen()
        machine.read_witness()
        self._renew(machine)
        self._set_back(machine, backup)
        self._register_at(machine)

    def _on_clone(self) -> None:
        """A disk is copied, or a whole machine with its memory, and both go on."""
        if len(self.machines) >= MACHINES_MAX:
            return
        machine = self.random.choice(self.nodes)
        name = f"{machine.name}~{self.happened['clone']}"
        with_memory = self.random.randrange(3) > 0
        self.log(f"  {machine.name} becomes {name} too, with its memory: {with_memory}")
        desk = machine.desk.clone(name, same_client=with_memory)
        copy = self.machines[name] = self._new_machine(name, desk)
        copy.be_copy_of(machine)
