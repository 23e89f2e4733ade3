"""The ground of a simulated clinic: its machines, its network, what people were given."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from coordinator.judging.recovery import confirm, known_marks
from coordinator.registry import terminals
from sync.engine.transaction import Transaction
from sync.errors import MrnmeshError
from sync.model import facts, runs
from sync.model.facts import Allocator, Author, FactId
from sync.model.numbers import Mrn, NumberRange
from sync.protocol.events import LiveNow
from sync.protocol.questions import Merge
from tests.clinic import Clinic, Desk, missing_batches
from tests.forging import Run, person
from tests.projection import fact_ids
from tests.simulation.machines import Machine, Shown
from tests.sync.protocol.session_line import Line

FRONT = Author("FRONT")
OLD = Author("OLD-PC")
"""A terminal that never gets a node; `FRONT` may get one."""
CODES = ("LAB1-PC", "WARD-PC", "ER-PC")
MACHINES_MAX = 6
MINUTES_MAX = 20

FACTS_OF_EVENT = 4
"""What looks at every fact comes again after an event for so many facts, at the earliest.

Else each event of a history would take longer, the longer the history is.
"""

T = TypeVar("T")

IN_RECOVERY = "SELECT value FROM meta WHERE key = 'recovery' AND value IS NOT NULL"
"""Has a row while the coordinator waits for the others to bring back what it has forgotten."""


class Violation(AssertionError):
    """Something happened that must never happen; ``number`` is that of the promise."""

    def __init__(self, number: int, seed: int, what: str) -> None:
        super().__init__(f"invariant {number}, seed {seed}: {what}")
        self.number = number
        self.step = 0


class Ground:
    """A clinic, its machines, and what it has given out to people."""

    def __init__(self, folder: Path, seed: int, log: Callable[[str], None]) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.clinic = self._new_clinic(folder)
        self.log = log
        self.happened: Counter[str] = Counter()
        self.calm = False
        self.events = 0
        self.passed_ms = 0
        self._came: dict[str, int] = {}
        self.shown: list[Shown] = []
        self.lost: set[bytes] = set()
        self.judged: dict[bytes, frozenset[FactId]] = {}
        self.revoked: dict[bytes, frozenset[bytes]] = {}
        self.ended: set[bytes] = set()
        self.came_before: set[bytes] = set()
        self.planned = 0  # the highest number of a range or pool that the administrator has named
        self.strays: dict[FactId, Mrn] = {}
        self.own_strays: set[tuple[str, str]] = set()
        self.stolen: set[bytes] = set()
        self.papers: dict[FactId, Any] = {}
        self.typed_in: set[FactId] = set()
        self.decided_about: dict[FactId, dict[FactId, tuple[str | None, ...] | None]] = {}
        self.coordinator = self._new_machine("coordinator", self.clinic.coordinator)
        self.machines = {"coordinator": self.coordinator}
        for code in (FRONT, OLD):
            self.clinic.act(lambda tx, code=code: terminals.add_terminal(tx, code, code))
            self._grant_range(code, Allocator.COORDINATOR)
        for code in CODES[: self.random.randint(2, 3)]:
            self.machines[code] = self._new_machine(code, self.clinic.desk(code))
            self._grant_range(code, None)
            self.exchange(self.machines[code], self.coordinator)

    def _new_clinic(self, folder: Path) -> Clinic:
        return Clinic(folder, self.seed, durable=False)

    def _new_machine(self, name: str, desk: Desk) -> Machine:
        return Machine(name, desk)

    @property
    def nodes(self) -> list[Machine]:
        return [machine for machine in self.machines.values() if machine is not self.coordinator]

    @property
    def facts(self) -> int:
        """How many facts the coordinator holds."""
        count: int = self.coordinator.desk.query("SELECT total(facts) FROM shards")[0][0]
        return int(count)

    def is_due(self, what: str) -> bool:
        """True when what looks at every fact may come again; then it counts as come."""
        came = self._came.get(what)
        due = came is None or self.events >= came + self.facts // FACTS_OF_EVENT
        if due:
            self._came[what] = self.events
        return due

    def _pass_time(self) -> None:
        """An event takes some minutes, so a day of the clinic has about 140."""
        passed = self.random.randrange(MINUTES_MAX * 60_000)
        self.passed_ms += passed
        self.clinic.now_ms += passed

    def violated(self, number: int, what: str) -> Violation:
        return Violation(number, self.seed, what)

    def close(self) -> None:
        for machine in self.machines.values():
            machine.desk.close()

    # the network

    def _two(self) -> tuple[Machine, Machine]:
        one, other = self.random.sample(list(self.machines.values()), 2)
        return one, other

    def _on_meet(self) -> None:
        """Two machines connect; the cable may be pulled at any message."""
        one, other = self._two()
        self.exchange(one, other, steps_max=self.random.choice((3, 10, 20, 40, 50_000)))

    def _on_meet_coordinator(self) -> None:
        self.exchange(self.random.choice(self.nodes), self.coordinator)

    def _on_three_meet(self) -> None:
        """A line of machines: what one brings is passed on to the next."""
        if len(self.machines) < 3:
            return
        one, middle, other = self.random.sample(list(self.machines.values()), 3)
        line = self._line()
        self._forget_commits()
        line.connect(one.desk, middle.desk)
        line.run(self.random.choice((10, 30, 50_000)))
        line.connect(middle.desk, other.desk)
        line.run(self.random.choice((10, 30, 50_000)))
        self._after(line)

    def exchange(self, one: Machine, other: Machine, steps_max: int = 50_000) -> None:
        self.log(f"  {one.name} <-> {other.name}, at most {steps_max} messages")
        line = self._line()
        self._forget_commits()
        line.connect(one.desk, other.desk)
        line.run(steps_max)
        self._after(line)

    def _line(self) -> Line:
        return Line(self.random.randrange(1 << 30))

    def _forget_commits(self) -> None:
        for machine in self.machines.values():
            machine.desk.commits.clear()

    def _after(self, line: Line) -> None:
        """What the coordinator's daemon does when a peer has sent all that it has."""
        for port in line.ports:
            peer = port.session.peer
            if port.desk is self.coordinator.desk and port.events_of(LiveNow) and peer is not None:
                self.note_live(peer.author, peer.incarnation)

    def check_granted(self, mrn: Mrn | None) -> None:
        """A number was granted that may never have been granted before, and not in recovery."""
        if self.coordinator.desk.query(IN_RECOVERY):
            raise self.violated(10, f"the coordinator granted {mrn} in recovery")
        if mrn in self.coordinator.granted:
            raise self.violated(2, f"the coordinator granted {mrn} again")
        if mrn is not None:
            self.coordinator.granted.add(mrn)

    def note_live(self, author: Author, incarnation: facts.Incarnation) -> None:
        """A terminal has brought all that it has; it may have begun a new life."""
        recovery = self.coordinator.desk.arbiter.recovery

        def act(tx: Transaction) -> None:
            if recovery.note_merged(tx, author):
                self.log("  recovery is over")
            if not recovery.is_on(tx):
                terminals.adopt_incarnation(tx, author, incarnation)

        self._at_coordinator(act)
        self.coordinator.desk.judge_pending()

    def _on_forged(self) -> None:
        """Somebody sends a fact under a name whose key did not sign it."""
        machine, victim = self._two()
        author, key = victim.desk.author, victim.desk.writer.public_key
        if key not in machine.desk.writer.registry.keys_of(author):
            return
        signer = self.clinic.new_signer()
        if self.random.randrange(2):
            # With a good key, which is that of another desk.
            signer, key = machine.desk.signer, machine.desk.writer.public_key
            if key in machine.desk.writer.registry.keys_of(author):
                return  # a copy of the same desk
        run = Run(author, signer, self.random.randrange(1 << 40))
        run = run.then(person(self.events, str(self.random.randint(700_000, 700_100)), author))
        batch = run.batch()._replace(key=runs.key_id(key))
        machine.desk.exchange.merge(Merge((batch,)))
        if facts.fact_id(author, run.facts[0]) in fact_ids(machine.desk):
            raise self.violated(8, f"{machine.name} took a fact that {victim.name} did not sign")

    def _on_merge_some(self) -> None:
        self._merge_some(*self._two())

    def _merge_some(self, machine: Machine, source: Machine, everything: bool = False) -> None:
        """Some of the batches that a machine lacks reach it, in any order."""
        batches = missing_batches(machine.desk, source.desk)
        if not everything:
            batches = self.random.sample(batches, self.random.randint(0, len(batches)))
        roots, author = source.desk.roots, source.desk.author
        machine.desk.exchange.merge(Merge(tuple(batches), roots, author))

    # the coordinator

    def _grant_range(self, code: str, allocator: Allocator | None) -> None:
        """The next block above all that the coordinator knows of; or one that shares a number.

        Once the coordinator was set back that is refused, and most often the administrator then
        says that nobody was ever given them, of numbers above all that were ever planned. Else
        nobody had numbers for the rest of a long history.
        """
        desk = self.coordinator.desk
        size = self.random.randint(3, 12)

        def act(tx: Transaction) -> None:
            desk.arbiter.recovery.require_over(tx)
            blocks = tx.registry.blocks
            shares = bool(blocks) and self.random.randrange(6) == 0
            start = max((block.range.end for block in blocks), default=700_000) + (not shares)
            forgotten = tx.store.meta.ranges_forgotten
            word = forgotten and not shares and bool(self.random.randrange(4))
            if word:
                start = max(start, self.planned + 1)
            range_ = NumberRange(start, start + size - 1)
            terminals.grant_range(tx, code, range_, allocator, never_granted=word)
            if shares:
                raise self.violated(2, f"{range_.text} was granted, and its first number before")
            if forgotten and not word:
                raise self.violated(2, f"{range_.text} was granted, and may be forgotten")
            self.planned = max(self.planned, range_.end)
            self.log(f"  {range_.text} for {code}")

        self._try_at_coordinator(act)

    def _start_coordinator(self) -> None:
        """What its daemon does at start."""
        desk, witness = self.coordinator.desk, self.coordinator.witness

        desk.writer.write(lambda tx: desk.arbiter.recovery.look_back(tx, witness))
        if witness.trusted:
            confirm(witness, desk.writer.write(known_marks))
        if desk.writer.write(desk.arbiter.recovery.is_on):
            self.log("  the coordinator is in recovery")
        desk.judge_pending()

    def _at_coordinator(self, act: Callable[[Transaction], T]) -> T:
        return self.coordinator.desk.write(act)

    def _try_at_coordinator(self, act: Callable[[Transaction], None]) -> bool:
        try:
            self._at_coordinator(act)
        except MrnmeshError as error:
            self.log(f"  refused: {error}")
            return False
        return True
