"""What administrators decide about records in a simulated clinic, and what must hold of it.

Who counts for whom is worked out here a second time, one merge after the other, and out of the
resolutions alone.
"""

from __future__ import annotations

from datetime import date

from coordinator.judging import merging, requests
from coordinator.judging.merging import Decider, Pair
from node.asking import RecordWish, ask
from sync.engine.amending import CorrectionRequest, amend
from sync.engine.transaction import Transaction
from sync.errors import MrnmeshError
from sync.model.clerks.known import Doer, KnownBy
from sync.model.facts import FactId, RecordAct
from sync.reading.people import PeopleReader
from sync.rules import admission
from sync.rules.merging import CHOOSABLE, RecordMerge, merge_of
from tests.clinic import Desk
from tests.simulation.hostile import Hostile
from tests.simulation.machines import Machine

TODAY = date(2026, 1, 5)
DECIDER = Decider("Admin", "decided")
ABOUT_TWO = (RecordAct.MERGE, RecordAct.TWO_PEOPLE, RecordAct.MAYBE_ONE)
NUMBERS_SEARCHED = 12
"""Of all numbers, at each look: to search for one takes a query of its own."""


class Deciding(Hostile):
    """A clinic whose administrators merge records, void them, and change their minds."""

    def _on_merge_people(self) -> None:
        self._merge_people(*self._two_people())

    def _on_unmerge_people(self) -> None:
        self._decide("unmerge", "action = 'merge'")

    def _on_void_people(self) -> None:
        self._decide("void", "0")

    def _on_unvoid_people(self) -> None:
        """Nearly always somebody is void by then."""
        if not self.coordinator.desk.query("SELECT 1 FROM settled WHERE action = 'void'"):
            self._on_void_people()
        self._decide("unvoid", "action = 'void'")

    def _on_two_coordinators_merge(self) -> None:
        """A coordinator merges, is set back unawares, and merges the other way round."""
        former, survivor = self._two_people()
        if former == survivor:
            return
        node = self.random.choice(self.nodes)
        self.coordinator.back_up()
        backup = self.coordinator.backups[-1]
        self._merge_people(former, survivor)
        self.exchange(node, self.coordinator)
        self.coordinator.forget(backup)
        self._set_back(self.coordinator, backup)
        self._start_coordinator()
        self._merge_people(survivor, former)

    def _on_correct(self) -> None:
        """A clerk corrects what is shown, at a desk that may have heard of merges or not."""
        machine = self.random.choice(self.nodes)
        known = machine.desk.query("SELECT fact, id FROM patients ORDER BY fact")
        if not known:
            return
        _, patient = self.random.choice(known)
        self._correct(
            machine,
            patient,
            {self.random.choice(("phone", "address")): f"0300{self.random.randrange(10**7):07}"},
        )

    def _on_confirm(self) -> None:
        """Somebody says who a person is, or that this is not known after all."""
        machine = self.random.choice(list(self.machines.values()))
        known = machine.desk.query("SELECT fact, id, identity FROM patients ORDER BY fact")
        if not known:
            return
        _, patient, unconfirmed = self.random.choice(known)
        given: dict[str, object] = {"identity": "unconfirmed", "name_placeholder": True}
        if unconfirmed:
            name = f"Known {self.random.randrange(1000)}"
            given = {"identity": "confirmed", "full_name": name}
        self._correct(machine, patient, given)

    def _correct(self, machine: Machine, patient: int, given: dict[str, object]) -> None:
        correction = CorrectionRequest(given, "clerk", "2026-01-05T13:00:00+05:00", TODAY, ())
        try:
            machine.desk.write(lambda tx: amend(tx, machine.desk.author, patient, correction))
            self.happened["corrected"] += 1
        except MrnmeshError as error:
            self.log(f"  refused: {error.code}")
            self.happened[f"corrections refused: {error.code}"] += 1

    def _on_ask(self) -> None:
        """A desk asks for a decision, whether the coordinator is in reach or not."""
        self._ask_at(self.random.choice(self.nodes))

    def _ask_at(self, machine: Machine) -> None:
        desk = machine.desk
        known = [row[0] for row in desk.query("SELECT id FROM patients ORDER BY fact")]
        if len(known) < 2:
            return
        one, other = self.random.sample(known, 2)
        act = self.random.choice((RecordAct.MERGE, RecordAct.MERGE, *RecordAct))
        into = other if act in ABOUT_TWO else None
        wish = RecordWish(
            act, one, "seen", Doer("clerk", KnownBy.TYPED), "2026-01-05T13:00:00+05:00", into
        )
        try:
            desk.write(lambda tx: ask(tx, desk.author, wish))
        except MrnmeshError as error:
            self.log(f"  refused: {error.code}")
            return
        self.happened["asked"] += 1

    def _on_answer(self) -> None:
        """An administrator answers what has waited longest, as far as the coordinator knows."""
        desk = self.coordinator.desk
        if not desk.writer.store.requests.count(True):
            machine = self.random.choice(self.nodes)
            self._ask_at(machine)
            self.exchange(machine, self.coordinator)
        waiting = desk.writer.store.requests.page(True, 50, 0)
        if not waiting:
            return
        answer = self.random.choice((requests.carry_out, requests.carry_out, requests.refuse))

        def act(tx: Transaction) -> None:
            answer(tx, desk.arbiter, waiting[-1].id, DECIDER)

        if self._try_at_coordinator(act):
            self.happened["answered"] += 1

    def _two_people(self) -> tuple[FactId | None, FactId | None]:
        known = self.coordinator.desk.query("SELECT fact FROM patients ORDER BY fact")
        if len(known) < 2:
            return None, None
        (one,), (other,) = self.random.sample(known, 2)
        return one, other

    def _merge_people(
        self, former: FactId | None, survivor: FactId | None, taken_max: int = 3
    ) -> None:
        desk = self.coordinator.desk
        ids = [local_id(desk, fact) for fact in (former, survivor)]
        taken = self.random.sample(CHOOSABLE, self.random.randrange(taken_max + 1))
        if None in ids:
            return
        pair = Pair(ids[0] or 0, ids[1] or 0, tuple(taken))

        def act(tx: Transaction) -> None:
            merging.merge(tx, desk.arbiter, pair, DECIDER)

        if self._try_at_coordinator(act):
            self.happened["merged, done"] += 1
            self.log(f"  two records are merged, {', '.join(taken) or 'nothing'} is taken")

    def _decide(self, name: str, settled: str) -> None:
        """Decide about somebody who is settled like this, or now and then about anybody."""
        desk = self.coordinator.desk
        known = desk.query(f"SELECT fact FROM settled WHERE {settled} ORDER BY fact")
        if not known or self.random.randrange(8) == 0:
            known = desk.query("SELECT fact FROM patients ORDER BY fact")
        if not known:
            return
        ident = local_id(desk, self.random.choice(known)[0])
        decide = getattr(merging, name)

        def act(tx: Transaction) -> None:
            decide(tx, desk.arbiter, ident, DECIDER)

        if self._try_at_coordinator(act):
            self.happened[f"{name}, done"] += 1


def local_id(desk: Desk, fact: FactId | None) -> int | None:
    """The local id of a registration at a replica, None if it is not there."""
    rows = desk.query("SELECT id FROM patients WHERE fact = ?", fact)
    return rows[0][0] if rows else None


def check_records(world: Deciding, machine: Machine) -> None:
    """Who counts for whom is as the facts say, and each number still leads to who counts.

    Raises:
        Violation: names the promise that is not kept.
    """
    desk = machine.desk
    merges = _merges(desk)
    expected = _one_after_the_other(merges)
    found = {
        fact: survivor
        for fact, survivor in desk.query("SELECT fact, survivor FROM settled")
        if survivor is not None
    }
    world.happened["rings"] += len(merges) - len(expected)
    world.happened["chains"] += len(set(merges) & set(expected.values()))
    if found != expected:
        raise world.violated(4, f"{machine.name} says that others count for {found.keys()}")
    people = PeopleReader(desk.writer.store.connection, desk.writer.registry, TODAY, "PK")
    numbers = desk.query(
        "SELECT claimed FROM patients WHERE claimed IS NOT NULL UNION SELECT mrn FROM resolutions"
        " WHERE mrn IS NOT NULL UNION SELECT holder_mrn FROM resolutions"
        " WHERE holder_mrn IS NOT NULL ORDER BY 1"
    )
    for (number,) in world.random.sample(numbers, min(len(numbers), NUMBERS_SEARCHED)):
        _resolves(world, machine, people, number)


def _resolves(world: Deciding, machine: Machine, people: PeopleReader, number: str) -> None:
    listed = people.of_mrn(str(people.numbers.text(number)))
    names = {one["record_id"] for one in listed}
    here = {link["record_id"] for one in listed for link in one["links"] if link["id"] is not None}
    if not listed:
        # A number may be given to somebody whose registration was lost with a disk.
        known = machine.desk.query("SELECT 1 FROM patients WHERE claimed = ?", number)
        if known:
            raise world.violated(7, f"{number} leads to nobody at {machine.name}")
        return
    for one in listed:
        if one["merged_into"] in here and one["merged_into"] not in names:
            raise world.violated(7, f"{number} does not lead to the record that counts")


def _merges(desk: Desk) -> dict[FactId, RecordMerge]:
    """The merges in force about registrations that are here, out of the resolutions."""
    found = {}
    for (fact,) in desk.query("SELECT fact FROM patients"):
        decisions = desk.writer.store.decisions.about(fact)
        merge = merge_of(fact, admission.in_force(fact, decisions)[0])
        if merge is not None:
            found[fact] = merge
    return found


def _one_after_the_other(merges: dict[FactId, RecordMerge]) -> dict[FactId, FactId]:
    """Former registration -> the one that counts."""
    above: dict[FactId, FactId] = {}

    def top(fact: FactId) -> FactId:
        while fact in above:
            fact = above[fact]
        return fact

    for merge in sorted(merges.values(), key=lambda merge: merge.order):
        if top(merge.into) != merge.former:
            above[merge.former] = merge.into
    return {fact: top(fact) for fact in above}
