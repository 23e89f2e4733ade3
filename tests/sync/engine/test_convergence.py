"""Replicas that have the same facts say the same, however the facts came to them.

A history is written by hand: two desks and a coordinator, with rivals for every number,
corrections, verdicts, resolutions, and Yjs clients that two copies of one machine went on with. Its
batches reach several replicas in any order, grouping and repetition.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.engine import keys
from sync.model import bodies, facts
from sync.model.facts import (
    COORDINATOR,
    REGISTRY,
    Action,
    Allocator,
    Amendment,
    Author,
    Envelope,
    FactId,
    Grant,
    RangeFact,
    Reason,
    RecordId,
    Registration,
    Resolution,
    State,
    TerminalFact,
    Verdict,
)
from sync.model.numbers import Mrn
from sync.model.runs import Batch
from sync.protocol.questions import Admittance, Merge
from tests.clinic import Clinic, Desk, pull
from tests.forging import ELSEWHERE, Run, note, odd_fields
from tests.projection import difference, folded_from_nothing, projection

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")
MRNS = ["710005", "720005", "990005", "PAT-20260105-0007", "PAT-20260105-10007", "L/55"]
LAB_KEY, WARD_KEY = (keys.Signer.from_seed(bytes([seed]) * 32) for seed in (1, 2))


class History:
    """Facts of two desks and of a coordinator that changes its mind, in runs with branches."""

    def __init__(self, random: Random, coordinator_key: keys.Signer) -> None:
        self.random = random
        self.signers = {LAB: LAB_KEY, WARD: WARD_KEY}
        self.coordinator_key = coordinator_key
        self.times = 0
        self.serial = 10
        self.registrations: list[tuple[RecordId, FactId]] = []
        self.decided: list[FactId] = []
        registry = [self._terminal(LAB, LAB_KEY), self._terminal(WARD, WARD_KEY)]
        registry += [self._range(710000, 710009, LAB), self._range(720000, 720009, WARD)]
        self.runs = [Run(REGISTRY, coordinator_key, 50).then(*registry)]
        desks = [self._desk(author, client) for author, client in ((LAB, 1), (WARD, 2), (LAB, 3))]
        self.runs += [run for branches in desks for run in branches]
        self.runs.append(Run(COORDINATOR, coordinator_key, 60).then(*self._decisions()))
        self.runs.append(Run(COORDINATOR, coordinator_key, 61).then(*self._decisions()))
        # What a desk corrects that has heard of some merges, and a third coordinator of one backup.
        aware = [self._amendment() for _ in range(random.randint(0, 4)) if self.registrations]
        self.runs.append(Run(WARD, WARD_KEY, 4).then(note(1), *aware))
        merges = [self._merge() for _ in range(random.randint(0, 6)) if self.registrations]
        self.runs.append(Run(COORDINATOR, coordinator_key, 62).then(note(2), *merges))

    def batches(self) -> list[Batch]:
        """Every run in one piece or in several that follow on one another."""
        found = []
        for run in self.runs:
            cuts = {0, *(self.random.randrange(len(run.facts)) for _ in range(2))}
            for first in sorted(cuts):
                later = [cut for cut in sorted(cuts) if cut > first] + [len(run.facts)]
                found.append(run.cut(self.random.choice(later)).batch(first))
            found.append(run.batch())
        return found

    def _fact(self, kind: str, body: bytes, record: RecordId = facts.NO_RECORD) -> bytes:
        self.times += self.random.choice((0, 1))
        hlc = (1_767_600_000_000 + self.times) << 15
        return facts.encode(Envelope(kind, record, hlc, ELSEWHERE, body))

    def _terminal(self, code: Author, signer: keys.Signer) -> bytes:
        self.serial += 1
        fact = TerminalFact(
            self.serial, (), code, code, State.ACTIVE, (signer.public_key,), (), ELSEWHERE
        )
        return self._fact(facts.TERMINAL, bodies.write(fact))

    def _range(self, start: int, end: int, code: Author) -> bytes:
        self.serial += 1
        fact = RangeFact(
            self.serial, (), start, end, code, ELSEWHERE, Allocator.NODE, 0, False, "test"
        )
        return self._fact(facts.RANGE, bodies.write(fact))

    def _desk(self, author: Author, client: int) -> list[Run]:
        """A run, and with luck where copies of the machine went on with the same Yjs client."""
        trunk = Run(author, self.signers[author], client)
        trunk = trunk.then(*(self._work(author) for _ in range(self.random.randint(1, 5))))
        branches = [trunk]
        for _ in range(self.random.choice((0, 0, 1, 3))):
            parent = self.random.choice(branches)
            at = self.random.randrange(len(parent.facts) + 1)
            branches.append(parent.cut(at).then(self._work(author), self._work(author)))
        return branches

    def _work(self, author: Author) -> bytes:
        choice = self.random.randrange(10)
        if choice == 0:
            return note(self.random.randrange(1000))
        if choice <= 3 and self.registrations:
            return self._amendment()
        return self._registration(author)

    def _registration(self, author: Author) -> bytes:
        record = RecordId(self.random.randrange(1, 7).to_bytes(16))
        mrn = self.random.choice([*MRNS, MRNS[0], MRNS[0], None])
        terminal = self.random.choice((author, author, LAB, None))
        body = bodies.write(
            Registration(
                Mrn(mrn) if mrn else None,
                terminal,
                True,
                "2026-01-05T12:00:00+05:00",
                None,
                None,
                {**odd_fields(self.random), "full_name": f"Person {self.random.randrange(100)}"},
            )
        )
        if self.random.randrange(12) == 0:
            body = facts.pack([1, mrn, terminal, "not a boolean"])
        if self.random.randrange(12) == 0:
            body = facts.pack([2, mrn, terminal, "from the future"])
        data = self._fact(facts.REGISTRATION, body, record)
        self.registrations.append((record, facts.fact_id(author, data)))
        return data

    def _amendment(self) -> bytes:
        record, registration = self.random.choice(self.registrations)
        fields = {
            name: f"{name} {self.random.randrange(100)}"
            for name in self.random.sample(["full_name", "address"], self.random.randint(1, 2))
        }
        fields |= odd_fields(self.random) if self.random.randrange(3) == 0 else {}
        known = self.decided and self.random.randrange(2)
        replaces = {name: [self.random.choice(self.decided)] for name in fields if known}
        amendment = Amendment(registration, fields, replaces, "2026-01-06T12:00:00+05:00", None)
        return self._fact(facts.AMENDMENT, bodies.write(amendment), record)

    def _decisions(self) -> list[bytes]:
        kinds = [self._verdict] * 4 + [self._grant, self._resolution]
        return [self.random.choice(kinds)() for _ in range(self.random.randint(1, 5))]

    def _verdict(self) -> bytes:
        run = self.random.choice([run for run in self.runs if run.author != REGISTRY])
        first = self.random.randrange(len(run.facts))
        last = self.random.randint(first + 1, len(run.facts))
        rejects = {
            index: self.random.choice(list(Reason))
            for index in range(last - first)
            if self.random.randrange(3) == 0
        }
        verdict = Verdict(Author(run.author), 0, run.client, first, last, run.link(last), rejects)
        return self._fact(facts.VERDICT, bodies.write(verdict))

    def _grant(self) -> bytes:
        self.serial += 1
        record = RecordId(self.random.randrange(1, 7).to_bytes(16))
        mrn = Mrn(self.random.choice(MRNS[3:]))
        grant = Grant(self.serial, mrn, self.random.choice((LAB, WARD, None)))
        return self._fact(facts.GRANT, bodies.write(grant), record)

    def _merge(self) -> bytes:
        """As two coordinators of one backup may decide, which can close a ring."""
        self.serial -= self.random.choice((0, 0, 1))
        return self._resolution(Action.MERGE)

    def _resolution(self, wanted: Action | None = None) -> bytes:
        """Whatever an administrator may decide, with numbers as they would be given."""
        if not self.registrations:
            return self._grant()
        self.serial += 1
        record, registration = self.random.choice(self.registrations)
        holder_record, holder = self.random.choice(self.registrations)
        action = wanted or self.random.choice(list(Action))
        awards = action is Action.AWARD and holder != registration
        number = Mrn(self.random.choice(MRNS)) if action is Action.AWARD else None
        if action is Action.ASSIGN:
            number = Mrn(f"PAT-20260107-{self.serial:04d}")
        named = awards or action is Action.MERGE
        fields = ["full_name", "address", "sex"]
        resolution = Resolution(
            self.serial,
            tuple(self.random.sample(self.decided, min(len(self.decided), 1))),
            registration,
            action,
            number,
            holder if named else None,
            holder_record if named else None,
            Mrn(f"PAT-20260108-{self.serial:04d}") if awards else None,
            "Admin",
            "a reason",
            tuple(self.random.sample(fields, self.random.randrange(4))) if named else (),
        )
        data = self._fact(facts.RESOLUTION, bodies.write(resolution), record)
        self.decided.append(facts.fact_id(COORDINATOR, data))
        return data


MANY = settings.get_current_profile_name() == "soak"
"""`make soak` plays more histories."""


def deliver(desk: Desk, batches: Sequence[Batch], random: Random) -> None:
    """Bring all batches, some of them often, in any order and grouping, until all are in."""
    waiting = list(batches)
    random.shuffle(waiting)
    while waiting:
        size = random.choice((1, 1, 2, 5, len(waiting)))
        piece, waiting = waiting[:size], waiting[size:]
        outcomes = desk.exchange.merge(Merge(tuple(piece))).outcomes
        assert all(outcome.entry is not Admittance.INVALID for outcome in outcomes)
        if random.randrange(3) == 0:
            waiting += random.sample(piece, 1)
        if random.randrange(6) == 0:
            desk.reopen()
            waiting += random.sample(batches, len(batches) // 3)
            random.shuffle(waiting)
    # All of them once more; what waited for one behind it comes again.
    waiting = list(batches)
    while waiting:
        outcomes = desk.exchange.merge(Merge(tuple(waiting))).outcomes
        early = [
            batch
            for batch, outcome in zip(waiting, outcomes, strict=True)
            if outcome.entry is Admittance.NOT_YET
        ]
        assert len(early) < len(waiting)
        waiting = early


def assert_say_the_same(replicas: Sequence[Desk]) -> None:
    first = projection(replicas[0])
    for desk in replicas:
        assert desk.roots == replicas[0].roots
        assert difference(first, projection(desk)) == {}
        assert difference(projection(desk), folded_from_nothing(desk)) == {}


@settings(max_examples=60 if MANY else 20)
@given(st.integers(0, 2**32), st.integers(2, 3))
def test_any_order_of_any_history_says_the_same(seed: int, replicas: int) -> None:
    random = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        clinic = Clinic(Path(folder), seed, durable=False)
        history = History(random, clinic.coordinator_key)
        desks = [clinic.bare_desk(f"DESK-{number}") for number in range(replicas)]
        for desk in desks:
            deliver(desk, history.batches(), random)
        assert_say_the_same(desks)
        clinic.close()


@settings(max_examples=25 if MANY else 10)
@given(st.integers(0, 2**32))
def test_a_machine_that_was_resumed_twice_converges(seed: int) -> None:
    """Two copies of one desk go on with the same Yjs client, each with people of its own."""
    random = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        clinic = Clinic(Path(folder), seed, durable=False)
        desk = clinic.desk("LAB1-PC", "710000-710999")
        for _ in range(random.randrange(3)):
            desk.register_offline()
        copy = desk.clone("copy", same_client=True)
        clinic.desks["copy"] = copy
        for _ in range(random.randrange(8)):
            random.choice((desk, copy)).register_offline()
            if random.randrange(3) == 0:
                pull(clinic.coordinator, random.choice((desk, copy)))
        clinic.heal()
        assert_say_the_same(clinic.replicas)
        given_out = [mrn for mrn in desk.mrns() if mrn is not None]
        twice = len(given_out) - len(set(given_out))
        assert desk.conflicts() == [] or twice
        assert len(desk.conflicts()) == twice
        clinic.close()
