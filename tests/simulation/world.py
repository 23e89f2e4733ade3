"""What happens in a simulated clinic."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from coordinator import terminals
from coordinator.daemon import SERIAL
from sync import facts, issuing, numbers
from sync.errors import InRecovery, MrnmeshError, NumberError, TerminalError
from sync.events import LiveNow
from sync.facts import COORDINATOR, Action, Allocator, Author, Resolution, State
from sync.issuing import Draft, Issue, Issued, Registered
from sync.numbers import Mrn, NumberRange
from sync.queries import Merge
from sync.transaction import Transaction
from sync.writer import Writer
from tests.clinic import Clinic, missing_batches
from tests.faults import Crash
from tests.projection import difference, fact_ids, folded_from_nothing, projection
from tests.simulation.machines import Backup, Machine, OutsideMemory, Shown
from tests.sync.session_line import Line

FRONT = Author("FRONT")
CODES = ("LAB1-PC", "WARD-PC", "ER-PC")
MACHINES_MAX = 6


class Violation(AssertionError):
    """Something happened that must never happen."""


class World:
    """A clinic, its machines, and what people outside it were told.

    While it is ``settling`` the coordinator takes no note of new lives: two copies of one terminal
    that are connected in turn would make it write for ever.
    """

    def __init__(self, folder: Path, seed: int, log: Callable[[str], None]) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.clinic = Clinic(folder, seed, durable=False)
        self.log = log
        self.happened: Counter[str] = Counter()
        self.shown: list[Shown] = []
        self.lost: set[bytes] = set()
        self.judged: dict[bytes, str | None] = {}
        self.pad = 900_000
        self.settling = False
        self.coordinator = Machine("coordinator", self.clinic.coordinator)
        self.machines = {"coordinator": self.coordinator}
        self.clinic.act(lambda tx: terminals.add(tx, FRONT, "Front desk"))
        self._grant_range(FRONT, Allocator.COORDINATOR)
        for code in CODES[: self.random.randint(2, 3)]:
            self.machines[code] = Machine(code, self.clinic.desk(code))
            self._grant_range(code, None)
            self._exchange(self.machines[code], self.coordinator)

    @property
    def nodes(self) -> list[Machine]:
        return [machine for machine in self.machines.values() if machine is not self.coordinator]

    def violated(self, number: int, what: str) -> Violation:
        return Violation(f"invariant {number}, seed {self.seed}: {what}")

    def step(self) -> None:
        """One event; which ones come often says the table."""
        names, weights = zip(*EVENTS.items(), strict=True)
        (name,) = self.random.choices(names, weights)
        self.happened[name] += 1
        self.log(name)
        getattr(self, f"_on_{name}")()

    def close(self) -> None:
        for machine in self.machines.values():
            machine.desk.close()

    # registering

    def _on_register(self) -> None:
        self._register_at(self.random.choice(self.nodes))

    def _register_at(self, machine: Machine) -> None:
        self._register(machine, machine.desk.draft(), self._own_range(machine))

    def _own_range(self, machine: Machine) -> Issue:
        return lambda tx: issuing.from_range(
            tx, machine.desk.author, Allocator.NODE, machine.witness
        )

    def _register(self, machine: Machine, draft: Draft, issue: Issue) -> Mrn | None:
        """Register, and tell the number to a person, if there is one."""
        seen = machine.claimed()
        self.happened["asked for a number"] += 1
        try:
            registered = machine.desk.register(draft, issue)
        except (NumberError, TerminalError, InRecovery) as error:
            self.log(f"  {machine.name} gives no number: {error}")
            return None
        return self._tell(machine, draft, registered, seen)

    def _tell(
        self, machine: Machine, draft: Draft, registered: Registered, seen: set[str]
    ) -> Mrn | None:
        issued = registered.issued
        if issued is None or issued.mrn is None:
            self.log(f"  {machine.name} registers without a number of its own")
            return None
        mrn = issued.mrn
        self._check_issued(machine, draft, issued, seen)
        if issued.range is not None:
            machine.issued.add(int(mrn))
            machine.witness.note(issued.range, int(mrn))
        self.shown.append(Shown(machine.name, machine.desk.fact_of(registered), mrn))
        self.log(f"  {machine.name} shows {mrn}")
        return mrn

    def _check_issued(self, machine: Machine, draft: Draft, issued: Issued, seen: set[str]) -> None:
        mrn = issued.mrn
        assert mrn is not None
        if mrn in seen:
            raise self.violated(2, f"{machine.name} issued {mrn}, which it had seen")
        if issued.range is None:
            return
        number = int(mrn)
        if number in machine.issued:
            raise self.violated(2, f"{machine.name} issued {mrn} again")
        blocks = [
            block
            for block in machine.desk.writer.registry.blocks_at(number)
            if block.terminal == draft.terminal and block.range == issued.range
        ]
        if not blocks:
            raise self.violated(2, f"{machine.name} issued {mrn}, outside its ranges")

    def _on_register_online(self) -> None:
        """The coordinator grants, its answer comes or does not, and the node registers."""
        machine = self.random.choice(self.nodes)
        draft = machine.desk.draft()
        arbiter = self.coordinator.desk.arbiter
        try:
            granted = self._at_coordinator(
                lambda tx: arbiter.grant(tx, draft.record, machine.desk.author)
            )
        except MrnmeshError as error:
            self.log(f"  no online number: {error}")
            self._register_at(machine)
            return
        self.log(f"  {granted.mrn} is granted to {machine.name}")
        if self.random.randrange(3) == 0:
            self.log("  the answer is lost")
            self._register_at(machine)
            return
        self._merge_some(machine, self.coordinator, everything=True)

        def issue(tx: Transaction) -> Issued:
            own = self._own_range(machine)
            return issuing.granted(tx, draft.record, machine.desk.author) or own(tx)

        self._register(machine, draft, issue)

    def _on_register_at_coordinator(self) -> None:
        """For a terminal without a node, from a range or with a number that the client supplies."""
        desk = self.coordinator.desk
        supplied = self.random.randrange(3) == 0
        terminal = FRONT
        self.pad += 1

        def issue(tx: Transaction) -> Issued:
            desk.arbiter.recovery.require_over(tx)
            if supplied and self._client_range(tx):
                return terminals.supplied(tx, terminal, Mrn(str(self.pad)))
            return issuing.from_range(tx, terminal, Allocator.COORDINATOR, None)

        self._register(self.coordinator, desk.draft()._replace(terminal=terminal), issue)
        self._note_serial()

    def _client_range(self, tx: Transaction) -> bool:
        return any(block.terminal == FRONT for block in tx.registry.blocks_at(self.pad))

    def _on_register_and_crash(self) -> None:
        machine = self.random.choice(self.nodes)
        connection = machine.desk.connection
        if self.random.randrange(3) == 0:
            connection.fail_after_commit()
        else:
            connection.fail_at(self.random.randint(1, 40))
        self._crash_during(machine, lambda: self._register_at(machine))

    def _on_register_and_fail(self) -> None:
        """A statement fails, and the same process goes on."""
        machine = self.random.choice(self.nodes)
        machine.desk.connection.fail_at(self.random.randint(1, 40), OSError)
        try:
            self._register_at(machine)
        except OSError:
            self.log(f"  {machine.name} fails")
        machine.desk.connection.heal()
        self._register_at(machine)

    def _on_future(self) -> None:
        """A desk with newer software registers, and writes what nobody knows yet."""
        machine = self.random.choice(self.nodes)
        desk = machine.desk
        number = self.random.choice(["700001", "700002", None])
        body = facts.pack([2, number, desk.author, "whatever"])
        record = desk.draft().record

        def act(tx: Transaction) -> None:
            tx.append(desk.author, "future", facts.NO_RECORD, b"whatever")
            tx.append(desk.author, facts.REGISTRATION, record, body)

        desk.writer.write(act)

    def _on_audit(self) -> None:
        """Whatever has reached it so far, a machine's tables are a fold of its facts."""
        machine = self.random.choice(list(self.machines.values()))
        if apart := difference(projection(machine.desk), folded_from_nothing(machine.desk)):
            raise self.violated(4, f"{machine.name} is not a fold of its facts: {apart}")

    def _on_renew(self) -> None:
        """Somebody goes on after the witness was lost: a new life with new ranges."""
        machine = self.random.choice(self.nodes)
        if not machine.witness.trusted:
            Writer.renew(machine.desk.writer.store, self.random.randbytes)
            machine.witness = OutsideMemory()
            machine.desk.reopen()

    def _on_merge_and_crash(self) -> None:
        machine, other = self._two()
        machine.desk.connection.fail_at(self.random.randint(1, 120))
        self._crash_during(machine, lambda: self._merge_some(machine, other))

    def _crash_during(self, machine: Machine, act: Callable[[], None]) -> None:
        try:
            act()
        except Crash:
            self.log(f"  {machine.name} dies")
            self._restart(machine)
        machine.desk.connection.heal()

    def _on_restart(self) -> None:
        self._restart(self.random.choice(list(self.machines.values())))

    def _restart(self, machine: Machine) -> None:
        machine.desk.reopen()
        if machine is self.coordinator:
            self._start_coordinator()
        self._check_shown(machine)

    def _check_shown(self, machine: Machine) -> None:
        held = fact_ids(machine.desk)
        for shown in self.shown:
            if shown.machine == machine.name and shown.fact not in held | machine.forgotten:
                raise self.violated(1, f"{shown.mrn} is missing at {machine.name} after a crash")

    # other work

    def _on_amend(self) -> None:
        machine = self.random.choice(list(self.machines.values()))
        known = machine.desk.query("SELECT fact FROM patients ORDER BY fact")
        if known and machine is not self.coordinator:
            (fact,) = self.random.choice(known)
            machine.desk.amend(fact, full_name=f"Name {self.random.randrange(1000)}")

    def _on_resolve(self) -> None:
        """An administrator decides about an open conflict."""
        desk = self.coordinator.desk
        rows = desk.query(
            "SELECT p.fact, p.record, p.mrn, h.fact, h.record FROM conflicts c"
            " JOIN patients p ON p.id = c.patient LEFT JOIN patients h ON h.id = c.holder"
            " WHERE c.open ORDER BY p.fact"
        )
        if not rows:
            return
        fact, record, mrn, holder, holder_record = self.random.choice(rows)
        action = self.random.choice((Action.ASSIGN, Action.AWARD, Action.MERGE, Action.VOID))
        if action is Action.AWARD and (holder is None or mrn is None):
            action = Action.ASSIGN

        def act(tx: Transaction) -> None:
            desk.arbiter.recovery.require_over(tx)
            fresh = None
            if action is Action.ASSIGN:
                fresh = self._fresh_number(tx, record)
            elif action is Action.AWARD:
                fresh = self._fresh_number(tx, holder_record)
            awards = action is Action.AWARD
            resolution = Resolution(
                tx.new_serial(),
                tuple(decision.id for decision in tx.tables.decisions_about(fact)),
                fact,
                action,
                Mrn(mrn) if awards else fresh,
                holder if awards else None,
                holder_record if awards else None,
                fresh if awards else None,
                "Admin",
                "decided",
            )
            body = facts.resolution_body(resolution)
            tx.append(COORDINATOR, facts.RESOLUTION, record, body)

        self._try_at_coordinator(act)
        self.log(f"  {action} about {mrn}")

    def _fresh_number(self, tx: Transaction, record: facts.RecordId) -> Mrn:
        recovery = self.coordinator.desk.arbiter.recovery
        day = recovery.day(tx.now_ms)
        mrn = numbers.online_mrn(day, max(tx.tables.day_mark(day), recovery.day_floor(tx, day)) + 1)
        grant = facts.Grant(tx.new_serial(), mrn, None)
        tx.append(COORDINATOR, facts.GRANT, record, facts.grant_body(grant))
        tx.flush()
        return mrn

    def _on_grant_range(self) -> None:
        self._grant_range(self.random.choice([*CODES, FRONT]), None)

    def _grant_range(self, code: str, allocator: Allocator | None) -> None:
        """The next block above all that the coordinator knows of."""
        desk = self.coordinator.desk
        size = self.random.randint(3, 12)

        def act(tx: Transaction) -> None:
            desk.arbiter.recovery.require_over(tx)
            start = max((block.range.end for block in tx.registry.blocks), default=700_000) + 1
            range_ = NumberRange(start, start + size - 1)
            terminals.grant_range(tx, code, range_, allocator)
            self.log(f"  {range_.text} for {code}")

        self._try_at_coordinator(act)

    def _on_inactive(self) -> None:
        code = self.random.choice(CODES)
        state = self.random.choice((State.ACTIVE, State.ACTIVE, State.INACTIVE))

        def act(tx: Transaction) -> None:
            self.coordinator.desk.arbiter.recovery.require_over(tx)
            terminals.change(tx, code, state=state)

        self._try_at_coordinator(act)

    def _on_clock(self) -> None:
        self.clinic.now_ms += self.random.choice((-1, 1)) * self.random.randrange(20 * 3_600_000)

    def _on_join(self) -> None:
        """A node goes to work at the front desk and takes over what is left of its range."""
        if FRONT in self.machines or len(self.machines) >= MACHINES_MAX:
            return
        desk = self.clinic.bare_desk(FRONT)
        key, life = desk.writer.public_key, desk.writer.self.incarnation

        def act(tx: Transaction) -> None:
            self.coordinator.desk.arbiter.recovery.require_over(tx)
            terminals.join(tx, FRONT, key, life)

        if self._try_at_coordinator(act):
            self.machines[FRONT] = Machine(FRONT, desk)
            self._exchange(self.machines[FRONT], self.coordinator)
        else:
            desk.close()

    # the network

    def _two(self) -> tuple[Machine, Machine]:
        one, other = self.random.sample(list(self.machines.values()), 2)
        return one, other

    def _on_meet(self) -> None:
        """Two machines connect; the cable may be pulled at any message."""
        one, other = self._two()
        self._exchange(one, other, steps_max=self.random.choice((3, 10, 20, 40, 50_000)))

    def _on_meet_coordinator(self) -> None:
        self._exchange(self.random.choice(self.nodes), self.coordinator)

    def _on_three_meet(self) -> None:
        """A line of machines: what one brings is passed on to the next."""
        if len(self.machines) < 3:
            return
        one, middle, other = self.random.sample(list(self.machines.values()), 3)
        line = Line(self.random.randrange(1 << 30))
        self._forget_commits()
        line.connect(one.desk, middle.desk)
        line.run(self.random.choice((10, 30, 50_000)))
        line.connect(middle.desk, other.desk)
        line.run(self.random.choice((10, 30, 50_000)))
        self._after(line)

    def _exchange(self, one: Machine, other: Machine, steps_max: int = 50_000) -> None:
        self.log(f"  {one.name} <-> {other.name}, at most {steps_max} messages")
        line = Line(self.random.randrange(1 << 30))
        self._forget_commits()
        line.connect(one.desk, other.desk)
        line.run(steps_max)
        self._after(line)

    def _forget_commits(self) -> None:
        for machine in self.machines.values():
            machine.desk.writer.commits.clear()

    def _after(self, line: Line) -> None:
        """What the coordinator's daemon does when a peer has told all that it has."""
        self._note_serial()
        for port in line.ports:
            peer = port.session.peer
            if port.desk is self.coordinator.desk and port.events_of(LiveNow) and peer is not None:
                self.note_live(peer.author, peer.incarnation)

    def note_live(self, author: Author, incarnation: facts.Incarnation) -> None:
        """A terminal has brought all that it has; it may have begun a new life."""
        recovery = self.coordinator.desk.arbiter.recovery

        def act(tx: Transaction) -> None:
            if recovery.note_merged(tx, author):
                self.log("  recovery is over")
            terminal = tx.registry.terminals.get(author)
            reborn = terminal is not None and terminal.incarnation != incarnation
            if reborn and not self.settling and not recovery.is_on(tx):
                terminals.change(tx, author, incarnation=incarnation)

        self._at_coordinator(act)
        self.coordinator.desk.judge_pending()
        self._note_serial()

    def _on_merge_some(self) -> None:
        self._merge_some(*self._two())

    def _merge_some(self, machine: Machine, source: Machine, everything: bool = False) -> None:
        """Some of the batches that a machine lacks reach it, in any order."""
        batches = missing_batches(machine.desk, source.desk)
        if not everything:
            batches = self.random.sample(batches, self.random.randint(0, len(batches)))
        roots, author = source.desk.roots, source.desk.author
        machine.desk.writer.merge(Merge(tuple(batches), roots, author))
        if machine is self.coordinator:
            self._note_serial()

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
                machine.witness = OutsideMemory({})
            elif fate == "back":
                machine.witness = OutsideMemory(backup.marks)
                machine.issued = set(backup.issued)
            self._set_back(machine, backup)

    def _on_set_coordinator_back(self) -> None:
        if self.coordinator.backups:
            backup = self.random.choice(self.coordinator.backups)
            if self.random.randrange(2) == 0:
                self.log("  and its witness with it")
                self.coordinator.witness = OutsideMemory(backup.marks)
            self.coordinator.issued = set(backup.issued)
            self._set_back(self.coordinator, backup)
            self._start_coordinator()

    def _set_back(self, machine: Machine, backup: Backup) -> None:
        self.log(f"  {machine.name} is set back")
        gone = fact_ids(machine.desk) - backup.facts
        machine.forgotten |= gone
        for other in self.machines.values():
            if other is not machine:
                gone -= fact_ids(other.desk)
        self.lost |= gone
        machine.desk.restore(backup.path)

    def _on_clone(self) -> None:
        """A disk is copied, or a whole machine with its memory, and both go on."""
        if len(self.machines) >= MACHINES_MAX:
            return
        machine = self.random.choice(self.nodes)
        name = f"{machine.name}~{len(self.machines)}"
        with_memory = self.random.randrange(2) == 0
        self.log(f"  {machine.name} becomes {name} too, with its memory: {with_memory}")
        desk = machine.desk.clone(name, same_client=with_memory)
        marks = OutsideMemory(machine.witness.marks)
        self.machines[name] = Machine(name, desk, marks, set(machine.issued))

    # the coordinator

    def _start_coordinator(self) -> None:
        """What its daemon does at start."""
        desk, witness = self.coordinator.desk, self.coordinator.witness

        def check(tx: Transaction) -> None:
            if (witness.mark(SERIAL) or 0) > tx.serial:
                desk.arbiter.recovery.begin(tx, "its database is older than what it has issued")
                self.log("  the coordinator begins recovery")

        desk.writer.write(check)
        desk.judge_pending()
        self._note_serial()

    def _at_coordinator(self, act):
        result = self.coordinator.desk.writer.write(act)
        self._note_serial()
        return result

    def _try_at_coordinator(self, act: Callable[[Transaction], None]) -> bool:
        try:
            self._at_coordinator(act)
        except MrnmeshError as error:
            self.log(f"  refused: {error}")
            return False
        return True

    def _note_serial(self) -> None:
        self.coordinator.witness.note_mark(SERIAL, self.coordinator.desk.writer.serial)

    def _on_end_recovery_early(self) -> None:
        recovery = self.coordinator.desk.arbiter.recovery

        def act(tx: Transaction) -> None:
            if recovery.is_on(tx):
                recovery.end(tx)

        self._at_coordinator(act)
        self.coordinator.desk.judge_pending()
        self._note_serial()


EVENTS = {
    "register": 26,
    "register_online": 6,
    "register_at_coordinator": 6,
    "register_and_crash": 4,
    "register_and_fail": 2,
    "merge_and_crash": 3,
    "future": 1,
    "audit": 6,
    "restart": 3,
    "amend": 5,
    "resolve": 2,
    "grant_range": 6,
    "inactive": 1,
    "clock": 2,
    "join": 1,
    "meet": 12,
    "meet_coordinator": 4,
    "three_meet": 2,
    "merge_some": 8,
    "back_up": 5,
    "set_back": 3,
    "renew": 1,
    "set_coordinator_back": 2,
    "clone": 4,
    "end_recovery_early": 1,
}
"""Event -> how often it comes, out of all of them."""
