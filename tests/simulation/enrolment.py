"""Terminals of a simulated clinic that come, go, and come back with other computers."""

from __future__ import annotations

from coordinator.registry import pool, ranges, terminals
from sync.engine.transaction import Transaction
from sync.model.facts import Author, State
from sync.model.numbers import NUMBER_MAX, NumberRange
from sync.model.runs import key_id
from sync.rules.registry import ENDED, Block
from tests.clinic import pull
from tests.projection import fact_ids
from tests.simulation.desks import Desks
from tests.simulation.ground import CODES, FRONT, IN_RECOVERY, MACHINES_MAX, OLD
from tests.simulation.machines import Machine

POOLS = 10_000_000
"""How many numbers each pool of the simulated clinic has."""


class Enrolment(Desks):
    """What an administrator does with terminals, their computers and the pool."""

    def _on_inactive(self) -> None:
        code = self.random.choice(CODES)
        state = self.random.choice((State.ACTIVE, State.ACTIVE, State.INACTIVE))
        self._change_state(code, state)

    def _on_end(self) -> None:
        """A terminal, with all copies of it, is to take part no longer."""
        codes = sorted({machine.desk.author for machine in self.nodes})
        if len(codes) < 3:
            return
        code = self.random.choice(codes)
        state = self.random.choice(sorted(ENDED))
        keys = self._keys_of(code)
        if self._change_state(code, state):
            self.log(f"  {code} is {state}")
            self.ended.update(keys)
            if state is State.REVOKED:
                held = frozenset(fact_ids(self.coordinator.desk))
                for key in keys:
                    self.revoked.setdefault(key, held)
            if self.random.randrange(2):
                self._enrol(code)  # at once, while the old computers are still about

    def _keys_of(self, code: Author) -> list[bytes]:
        terminal = self.coordinator.desk.writer.registry.terminals.get(code)
        return [key_id(key) for key in terminal.keys] if terminal else []

    def _change_state(self, code: str, state: State) -> bool:
        def act(tx: Transaction) -> None:
            self.coordinator.desk.arbiter.recovery.require_over(tx)
            terminals.change_terminal(tx, code, state=state)

        return self._try_at_coordinator(act)

    def put_right(self) -> None:
        """An administrator sees to it that a long history goes on: desks, and numbers for them.

        Copies of a desk are scrapped when all that they have is everywhere.
        """
        for machine in self.nodes:
            alike = [one for one in self.nodes if one.desk.author == machine.desk.author]
            is_full = len(self.machines) == MACHINES_MAX
            # Copies that go on close each other's ranges, and nobody has numbers.
            if len(alike) > 1 and (is_full or self.random.randrange(3)):
                self.log(f"  {machine.name} is scrapped")
                self.happened["scrapped"] += 1
                del self.machines[machine.name]
                machine.desk.close()
        if self.coordinator.desk.query(IN_RECOVERY):
            # Whoever it waits for may be gone for good, and so would be everybody in the end.
            if self.nodes and self.random.randrange(2):
                return
            self._end_recovery_early()
        registry = self.coordinator.desk.writer.registry
        for terminal in registry.terminals.values():
            if terminal.has_ended and all(one.desk.author != terminal.code for one in self.nodes):
                self._enrol(terminal.code)
            elif terminal.state is State.INACTIVE:
                self._change_state(terminal.code, State.ACTIVE)
        for machine in self.nodes:
            self._grant_if_used_up(machine, machine.desk.author)
        self._grant_if_used_up(self.coordinator, OLD)

    def _end_recovery_early(self) -> None:
        """An administrator gives up what no desk has brought back."""
        recovery = self.coordinator.desk.arbiter.recovery

        def act(tx: Transaction) -> None:
            if recovery.is_on(tx):
                recovery.end(tx)

        self._at_coordinator(act)
        self.coordinator.desk.judge_pending()

    def _grant_if_used_up(self, machine: Machine, code: Author) -> None:
        blocks = machine.desk.writer.registry.blocks_of(code)
        if all(self._is_used_up(machine, block) for block in blocks):
            self._grant_range(code, None)

    def _is_used_up(self, machine: Machine, block: Block) -> bool:
        mine = machine.desk.writer.identity.incarnation
        if machine is not self.coordinator and block.incarnation != mine:
            return True
        cursors = {one.range: one for one in machine.desk.writer.store.cursors.all()}
        cursor = cursors.get(block.range)
        return cursor is not None and (
            cursor.closed is not None or cursor.cursor >= block.range.end
        )

    def _on_join(self) -> None:
        """A node goes to work at the front desk and takes over what is left of its range."""
        if all(machine.desk.author != FRONT for machine in self.nodes):
            self._enrol(FRONT)

    def _on_enrol_again(self) -> None:
        """Another computer goes to work under the code of one that was replaced or revoked."""
        terminals_ = self.coordinator.desk.writer.registry.terminals.values()
        ended = sorted(terminal.code for terminal in terminals_ if terminal.has_ended)
        if ended:
            self._enrol(self.random.choice(ended))

    def _enrol(self, code: Author) -> None:
        """A new computer with a new key joins."""
        if len(self.machines) >= MACHINES_MAX:
            return
        # What was given out is kept under the name, so no two computers ever share one.
        self.happened["new computers"] += 1
        name = f"{code}+{self.happened['new computers']}"
        desk = self.clinic.new_desk(name, code, self.clinic.new_signer())
        key, incarnation = desk.writer.public_key, desk.writer.identity.incarnation

        def act(tx: Transaction) -> None:
            self.coordinator.desk.arbiter.recovery.require_over(tx)
            terminals.join_node(tx, code, key, incarnation)

        if self._try_at_coordinator(act):
            self.log(f"  {name} goes to work")
            self.machines[name] = self._new_machine(name, desk)
            self._first_meeting(self.machines[name])
        else:
            desk.close()

    def _first_meeting(self, machine: Machine) -> None:
        self.exchange(machine, self.coordinator)

    def _on_salvage(self) -> None:
        """What a computer has that may not sync any more is brought in by hand."""
        registry = self.coordinator.desk.writer.registry
        out = [
            machine
            for machine in self.nodes
            if not registry.may_sync(machine.desk.author, machine.desk.writer.public_key)
        ]
        if out:
            machine = self.random.choice(out)
            self.log(f"  {machine.name}")
            pull(self.coordinator.desk, machine.desk)

    def _on_extend(self) -> None:
        """Whoever needs a block and is connected gets the next one of the pool."""
        desk = self.coordinator.desk
        connected = {
            (machine.desk.author, machine.desk.writer.identity.incarnation)
            for machine in self.nodes
            if self.random.randrange(2)
        }

        def act(tx: Transaction) -> None:
            desk.arbiter.recovery.require_over(tx)
            known = pool.read(tx.store)
            if known.range == pool.RANGE or known.is_closed:
                # Once the coordinator was set back, above all that was ever planned.
                word = tx.store.meta.ranges_forgotten
                planned = self.planned if word else 0
                start = max(1_000_000, -(-(planned + 1) // POOLS) * POOLS)
                named = NumberRange(start, min(start + POOLS - 1, NUMBER_MAX))
                pool.change(tx, named, 10, None, word)
                self.planned = max(self.planned, named.end)
            for extended in ranges.review(tx, connected).extended:
                self.log(f"  {extended.range.text} for {extended.terminal}: {extended.why}")

        self._try_at_coordinator(act)
