"""Sheets in a simulated clinic: numbers printed ahead, and typed in wherever that is allowed.

What stands on paper is remembered here, as it was read from the raw fact when it was printed.
"""

from __future__ import annotations

from typing import NamedTuple

from coordinator.errors import InRecovery
from sync.engine.issuing import Issued
from sync.engine.records import sheets
from sync.engine.transaction import Transaction
from sync.errors import NotOnSheet, NumberError, TerminalError
from sync.model.clerks.known import NOBODY
from sync.model.facts import Author, Reason
from sync.model.numbers import Mrn
from tests.projection import facts_read
from tests.simulation.machines import Machine, Shown
from tests.simulation.pairing import Pairing

AT = "2026-01-05T12:00:00+05:00"


class Paper(NamedTuple):
    """A sheet that was printed, by which machine, and what stands on it."""

    machine: str
    desk: Author
    numbers: tuple[int, ...]


class Papers(Pairing):
    """A clinic that prints numbers ahead."""

    def _on_print_sheet(self) -> None:
        machine = self.random.choice(self.nodes)
        author, another = machine.desk.author, self.random.randrange(2) == 0
        count = self.random.randint(1, 5)
        seen = {int(mrn) for mrn in machine.claimed() if mrn.isdecimal()}
        before = facts_read(machine.desk).sheets.copy()
        on_paper = {number for _, numbers in before.values() for number in numbers}
        try:
            sheet = machine.desk.write(
                lambda tx: sheets.take(tx, author, machine.witness, AT, NOBODY, another, count)
            )
        except (NumberError, TerminalError) as error:
            self.log(f"  {machine.name} prints no sheet: {error}")
            return
        _, numbers = facts_read(machine.desk).sheets[sheet]
        if sheet in before:
            self.log(f"  {machine.name} prints a sheet again")
            self.happened["printed again"] += 1
            if set(numbers) & seen:
                raise self.violated(2, f"{machine.name} prints again what somebody has")
            return
        if wrong := set(numbers) & (seen | on_paper | machine.issued):
            raise self.violated(2, f"{machine.name} prints {wrong}, which it had given or seen")
        self._check_own(machine, numbers)
        machine.issue(numbers)
        self.papers[sheet] = Paper(machine.name, author, numbers)
        self.log(f"  {machine.name} prints {numbers}")

    def _check_own(self, machine: Machine, numbers: tuple[int, ...]) -> None:
        store, registry = machine.desk.writer.store, machine.desk.writer.registry
        cursors = {one.range: one.cursor for one in store.cursors.all()}
        for number in numbers:
            mine = [
                block.range
                for block in registry.blocks_at(number)
                if block.terminal == machine.desk.author
            ]
            if not any(cursors.get(range_, 0) >= number for range_ in mine):
                raise self.violated(2, f"{machine.name} prints {number}, not its own to give")
            if not any((machine.witness.mark(range_.text) or 0) >= number for range_ in mine):
                raise self.violated(9, f"{machine.name} prints {number}, unknown to the witness")

    def _on_type_in(self) -> None:
        """Somebody types a line of a sheet in, at the desk, its replacement or the coordinator."""
        if not self.papers:
            self._on_print_sheet()
        if not self.papers:
            return
        paper = self.random.choice(list(self.papers.values()))
        mrn = Mrn(str(self.random.choice(paper.numbers)))
        able = [one for one in self.nodes if one.desk.author == paper.desk]
        self._type_in(self.random.choice([*able, self.coordinator]), paper.desk, mrn)

    def _type_in(self, machine: Machine, desk: Author, mrn: Mrn) -> None:
        seen = machine.claimed()
        draft = machine.desk.draft()._replace(terminal=desk, from_paper=True)

        def issue(tx: Transaction) -> Issued:
            if machine is self.coordinator:
                machine.desk.arbiter.recovery.require_over(tx)
            return sheets.typed_in(tx, desk, mrn) or Issued(mrn, True)

        try:
            registered = machine.desk.register(draft, issue)
        except (NumberError, TerminalError, NotOnSheet, InRecovery) as error:
            self.log(f"  {mrn} is not typed in at {machine.name}: {error}")
            return
        if mrn in seen:
            raise self.violated(2, f"{mrn} is typed in at {machine.name}, which knew its holder")
        if not any(
            int(mrn) in numbers and author == desk
            for author, numbers in facts_read(machine.desk).sheets.values()
        ):
            raise self.violated(2, f"{mrn} is typed in at {machine.name}, which knows no sheet")
        fact = machine.desk.fact_of(registered)
        self.happened[f"typed in {'there' if machine is self.coordinator else 'here'}"] += 1
        self.shown.append(Shown(machine.name, fact, mrn))
        self.typed_in.add(fact)
        self.log(f"  {mrn} is typed in at {machine.name}")


def check_papers(world: Papers, machine: Machine) -> None:
    """Whoever was typed in from a sheet that is known here has their number, or a rival for it.

    Raises:
        Violation: names the promise that is not kept.
    """
    printed = {
        (author, number)
        for author, numbers in facts_read(machine.desk).sheets.values()
        for number in numbers
    }
    for fact, claimed, terminal, rejected in machine.desk.query(
        "SELECT fact, claimed, terminal, rejected FROM patients WHERE claimed NOT GLOB '*[^0-9]*'"
    ):
        if (terminal, int(claimed)) not in printed:
            continue
        world.happened["on a sheet"] += 1
        if fact in world.typed_in and rejected == Reason.OUTSIDE_RANGE:
            raise world.violated(5, f"{claimed} stands on a sheet and counts as nobody's to give")
