"""Desks whose software claims numbers that are not theirs, and facts that come in a bad order."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress

import msgpack

from sync.engine import issuing
from sync.engine.issuing import Issued
from sync.engine.transaction import Transaction
from sync.errors import MrnmeshError
from sync.model import bodies, facts
from sync.model.facts import COORDINATOR, REGISTRY, FactId, RecordId
from sync.model.numbers import Mrn
from sync.protocol.questions import Merge
from tests.clinic import PERSON, missing_batches
from tests.projection import facts_read
from tests.simulation.machines import Machine
from tests.simulation.replacing import Replacing

WORTHLESS = (facts.GRANT, facts.VERDICT, facts.RESOLUTION, facts.RANGE, facts.TERMINAL)
"""Kinds that only the coordinator writes: under another name they are worth nothing."""


class Hostile(Replacing):
    """What desks do that are faulty or in bad hands, with keys that are good.

    ``strays`` are the registrations that claim a number which their author may not issue;
    ``own_strays`` are (number, author) of those that do it under the author's own name.
    """

    strays: dict[FactId, Mrn]
    own_strays: set[tuple[str, str]]

    def _on_stray(self) -> None:
        """A desk claims a number of another's range, or one that was granted to somebody."""
        machine = self.random.choice(self.nodes)
        desk = machine.desk
        blocks = [block for block in desk.writer.registry.blocks if block.terminal != desk.author]
        granted = desk.query("SELECT mrn FROM grants ORDER BY mrn DESC LIMIT 5")
        if granted and self.random.randrange(3) == 0:
            (mrn,) = self.random.choice(granted)
            self._stray(machine, Mrn(mrn), desk.author)
        elif blocks:
            block = self.random.choice(blocks)
            last = min(block.range.end, block.range.start + 12)
            mrn = Mrn(str(self.random.randint(block.range.start, last)))
            self._stray(machine, mrn, self.random.choice((desk.author, block.terminal)))

    def _stray(self, machine: Machine, mrn: Mrn, terminal: str) -> None:
        desk = machine.desk
        own = desk.writer.registry.blocks_of(desk.author)
        if mrn.isdecimal() and any(int(mrn) in block.range for block in own):
            return  # two coordinators from one backup have granted it here, too
        self.log(f"  {machine.name} claims {mrn} under the name of {terminal}")
        records = desk.query("SELECT record FROM patients ORDER BY fact LIMIT 20")
        record = RecordId(self.clinic.random.randbytes(16))
        if records and self.random.randrange(8) == 0:
            record = RecordId(self.random.choice(records)[0])  # of somebody else
        body = facts.Registration(
            mrn, facts.Author(terminal), True, "2026-01-05T12:00:00+05:00", None, None, PERSON
        )

        def act(tx: Transaction) -> FactId:
            return tx.append(desk.author, facts.REGISTRATION, record, bodies.write(body))

        self.strays[desk.write(act)] = mrn
        if terminal == desk.author:
            self.own_strays.add((str(mrn), terminal))

    def _on_worthless(self) -> None:
        """A desk writes what only the coordinator may write, with the coordinator's own words."""
        machine = self.random.choice(self.nodes)
        kind = self.random.choice(WORTHLESS)
        tables = {facts.GRANT: ("record", "grants"), facts.RESOLUTION: ("record", "resolutions")}
        column, table = tables.get(kind, ("''", "registry"))
        found = machine.desk.query(f"SELECT {column} FROM {table} LIMIT 1")
        record = RecordId(found[0][0]) if found and found[0][0] else facts.NO_RECORD
        words = {
            facts.GRANT: [1, 1, "PAT-20260105-0001", machine.desk.author],
            facts.VERDICT: [1, "LAB1-PC", 0, 1, 0, 1, bytes(16), []],
            facts.RESOLUTION: [1, 1, [], bytes(16), "void", None, None, None, None, "A", "b"],
            facts.RANGE: [1, 1, [], 1, 999_999, machine.desk.author, None, "node", 0, False, "me"],
            facts.TERMINAL: [1, 1, [], machine.desk.author, "Mine", "active", [], [], None],
        }
        body = facts.pack(words[kind])
        machine.desk.write(lambda tx: tx.append(machine.desk.author, kind, record, body))

    def _on_late_registry(self) -> None:
        """Rivals for a new number reach a desk before the range or the grant that decides."""
        if len({machine.desk.author for machine in self.nodes}) < 3:
            return
        by_author = {machine.desk.author: machine for machine in self.nodes}
        owner, stray, other = self.random.sample(sorted(by_author.values(), key=_name), 3)
        mrn = self._new_number(owner)
        if mrn is None:
            return
        number, issued = mrn
        self._stray(stray, number, self.random.choice((owner.desk.author, stray.desk.author)))
        if issued is None and self.random.randrange(3) == 0:
            self._merge_some(owner, stray, everything=True)  # it has seen the number now
        draft = owner.desk.draft()._replace(record=self._record)

        def issue(tx: Transaction) -> Issued:
            if issued is None:
                own = self._own_range(owner)
                return issuing.granted(tx, draft.record, owner.desk.author) or own(tx)
            return issuing.supplied(tx, owner.desk.author, number, owner.witness)

        self._register(owner, draft, issue)
        audits = self.is_due("late audit")
        for of_coordinator in (False, True):
            for source in self.random.sample((owner, stray), 2):
                batches = [
                    batch
                    for batch in missing_batches(other.desk, source.desk)
                    if of_coordinator or batch.author not in (REGISTRY, COORDINATOR)
                ]
                roots, author = source.desk.roots, source.desk.author
                other.desk.exchange.merge(Merge(tuple(batches), roots, author))
            if audits:
                self.audit(other)

    def _new_number(self, owner: Machine) -> tuple[Mrn, bool | None] | None:
        """A number that only its owner knows of: (number, None if it was granted); or none."""
        self._record = owner.desk.draft().record
        arbiter = self.coordinator.desk.arbiter
        granted = self.random.randrange(2) == 0
        with suppress(MrnmeshError):
            if granted:
                number = self._at_coordinator(
                    lambda tx: arbiter.grant(tx, self._record, owner.desk.author)
                ).mrn
                self.check_granted(number)
            else:
                self._grant_range(owner.desk.author, None)
            self._merge_some(owner, self.coordinator, everything=True)
            if granted:
                return number, None
            blocks = owner.desk.writer.registry.blocks_of(owner.desk.author)
            if blocks:
                newest = max(blocks, key=lambda block: block.range.start)
                return Mrn(str(newest.range.start)), True
        return None

    def _check_marks(self, machine: Machine) -> None:
        """What somebody claims who may not issue it uses up nothing of a range."""
        read = facts_read(machine.desk)
        claimed = {mrn for fact, (mrn, _) in read.registered.items() if fact not in self.strays}
        printed = {str(number) for _, numbers in read.sheets.values() for number in numbers}
        stray = set(self.strays.values()) - claimed - printed
        ranges = [
            msgpack.unpackb(body)
            for (body,) in machine.desk.query("SELECT body FROM registry WHERE kind = 'range'")
        ]
        given = {range_[8] for range_ in ranges}
        # A coordinator that was set back together with its witness may grant the number to the very
        # desk that claims it, which then may issue it.
        stray -= {
            mrn
            for mrn, desk in self.own_strays
            if mrn.isdecimal()
            and any(
                desk == terminal and first <= int(mrn) <= last
                for _, _, _, first, last, terminal, *_ in ranges
            )
        }
        for start, highest in machine.desk.query("SELECT start, highest FROM range_marks"):
            if str(highest) in stray and highest not in given:
                raise self.violated(10, f"a stray claim used up {start} to {highest}")

    def check_serials(self) -> None:
        """Each serial was given once, unless the coordinator was made to forget its past."""
        if self.coordinator.was_made_to_forget:
            return
        desk = self.coordinator.desk
        given = defaultdict(set)
        for serial, fact in desk.query("SELECT serial, fact FROM grants"):
            given[serial].add(fact)
        for body, fact in desk.query("SELECT body, fact FROM registry WHERE kind != 'serials'"):
            given[msgpack.unpackb(body)[1]].add(fact)
        if twice := sorted(serial for serial, known in given.items() if len(known) > 1):
            raise self.violated(10, f"serials {twice} were given twice")


def _name(machine: Machine) -> str:
    return machine.name
