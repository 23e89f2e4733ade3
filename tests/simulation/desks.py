"""Registering people in a simulated clinic, with processes that fail and die at any statement."""

from __future__ import annotations

from collections.abc import Callable

from coordinator.errors import InRecovery
from coordinator.registry import terminals
from sync.engine import issuing
from sync.engine.issuing import Draft, Issue, Issued, Registered
from sync.engine.transaction import Transaction
from sync.errors import MrnmeshError, NumberError, TerminalError
from sync.model import facts
from sync.model.facts import Allocator
from sync.model.numbers import Mrn
from tests.faults import Crash
from tests.projection import fact_ids
from tests.simulation.ground import FRONT, OLD, Ground
from tests.simulation.machines import Machine, Shown


class Desks(Ground):
    """What clerks do, and what their machines do to them."""

    def _on_register(self) -> None:
        self._register_at(self.random.choice(self.nodes))

    def _register_at(self, machine: Machine) -> None:
        self._register(machine, machine.desk.draft(), self._own_range(machine))

    def _on_supply(self) -> None:
        """A program at a desk brings a number of the desk's ranges along, in any order."""
        machine = self.random.choice(self.nodes)
        author = machine.desk.author
        blocks = machine.desk.writer.registry.blocks_of(author)
        if not blocks:
            return
        range_ = self.random.choice(blocks).range
        mrn = Mrn(str(self.random.randint(range_.start, range_.end)))
        self._register(
            machine,
            machine.desk.draft(),
            lambda tx: issuing.supplied(tx, author, mrn, machine.witness),
        )

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
            machine.issue([int(mrn)])
        self.happened["shown"] += 1
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
        cursors = {one.range: one.cursor for one in machine.desk.writer.store.cursors.all()}
        counted = [block for block in blocks if block.allocator is not Allocator.CLIENT]
        cursor = cursors.get(issued.range, 0)
        if counted and cursor < number:
            raise self.violated(2, f"{machine.name} issued {mrn}, which its cursor does not know")
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
        self.check_granted(granted.mrn)
        self.log(f"  {granted.mrn} is granted to {machine.name}")
        if self.random.randrange(4) == 0:
            again = self._at_coordinator(
                lambda tx: arbiter.grant(tx, draft.record, machine.desk.author)
            )
            if again.mrn != granted.mrn:
                raise self.violated(10, f"{granted.mrn} and {again.mrn} are granted to one person")
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
        terminal, witness = self.random.choice((FRONT, OLD)), self.coordinator.witness

        def issue(tx: Transaction) -> Issued:
            desk.arbiter.recovery.require_over(tx)
            ranges = [block.range for block in tx.registry.blocks_of(terminal)]
            if supplied and ranges:
                range_ = self.random.choice(ranges)
                number = self.random.randint(range_.start, range_.end)
                return terminals.supplied_number(tx, terminal, Mrn(str(number)), witness)
            return issuing.from_range(tx, terminal, Allocator.COORDINATOR, witness)

        self._register(self.coordinator, desk.draft()._replace(terminal=terminal), issue)

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

        desk.write(act)

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
        machine.read_witness()
        if machine is self.coordinator:
            self._start_coordinator()
        self._check_shown(machine)

    def _check_shown(self, machine: Machine) -> None:
        held = fact_ids(machine.desk)
        for shown in self.shown:
            if shown.machine == machine.name and not (
                shown.fact in held or shown.fact in machine.forgotten
            ):
                raise self.violated(1, f"{shown.mrn} is missing at {machine.name} after a crash")
