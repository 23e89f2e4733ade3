"""What administrators decide about pairs of records in a simulated clinic, and what must hold.

At each decision what both records say is remembered, beside all that the facts say.
"""

from __future__ import annotations

from coordinator.judging import pairs
from coordinator.judging.merging import Pair
from sync.engine.transaction import Transaction
from sync.model.facts import FactId
from sync.rules.pairs import WATCHED
from tests.clinic import Desk
from tests.simulation.deciding import DECIDER, Deciding, local_id
from tests.simulation.machines import Machine

_COLUMNS = ", ".join(WATCHED)  # that somebody is confirmed later ends no decision


class Pairing(Deciding):
    """A clinic whose administrators say which records are two people, and change their minds.

    ``decided_about`` has, for each such decision, what each of the two registrations said then.
    """

    def _on_two_people(self) -> None:
        self._tell_apart(*self._two_people())

    def _on_maybe_one(self) -> None:
        """Nearly always something holds by then."""
        desk = self.coordinator.desk
        if not desk.query("SELECT 1 FROM two_people"):
            self._on_two_people()
        known = desk.query("SELECT first, second FROM two_people ORDER BY first, second")
        if known:
            self._act_on_pair("maybe_one", *self.random.choice(known))

    def _on_two_coordinators_pair(self) -> None:
        """A coordinator tells two records apart, is set back unawares, and merges them."""
        one, other = self._two_people()
        if one == other:
            return
        node = self.random.choice(self.nodes)
        self.coordinator.back_up()
        backup = self.coordinator.backups[-1]
        self._tell_apart(one, other)
        self.exchange(node, self.coordinator)
        self.coordinator.forget(backup)
        self._set_back(self.coordinator, backup)
        self._start_coordinator()
        # With no field of the other record, which would end what was decided about the two.
        self._merge_people(other, one, taken_max=0)

    def _on_answer(self) -> None:
        super()._on_answer()
        self._remember()

    def _tell_apart(self, one: FactId | None, other: FactId | None) -> None:
        self._act_on_pair("two_people", one, other)

    def _act_on_pair(self, name: str, one: FactId | None, other: FactId | None) -> None:
        desk = self.coordinator.desk
        ids = [local_id(desk, fact) for fact in (one, other)]
        if None in ids:
            return
        pair, decide = Pair(ids[0] or 0, ids[1] or 0), getattr(pairs, name)

        def act(tx: Transaction) -> None:
            decide(tx, desk.arbiter, pair, DECIDER)

        if self._try_at_coordinator(act):
            self.happened[f"{name}, done"] += 1
            self.log(f"  two records: {name}")
            self._remember()

    def _remember(self) -> None:
        desk = self.coordinator.desk
        for decision, first, second in desk.query("SELECT decision, first, second FROM two_people"):
            if decision not in self.decided_about:
                said = {fact: _said(desk, fact) for fact in (first, second)}
                self.decided_about[decision] = said


def _said(desk: Desk, fact: FactId) -> tuple[str | None, ...] | None:
    rows = desk.query(f"SELECT {_COLUMNS} FROM patients WHERE fact = ?", fact)
    return rows[0] if rows else None


def check_pairs(world: Pairing, machine: Machine) -> None:
    """Who is two people says what was seen, and nobody who was merged since is hidden by it.

    Raises:
        Violation: names the promise that is not kept.
    """
    desk = machine.desk
    for decision, first, second in desk.query("SELECT decision, first, second FROM two_people"):
        world.happened["two people"] += 1
        for fact in (first, second):
            said = _said(desk, fact)
            if said is not None and said != world.decided_about[decision][fact]:
                raise world.violated(4, f"{machine.name} dismisses what nobody has seen")
        world.happened["two people, merged"] += bool(
            desk.query(
                "SELECT 1 FROM settled WHERE (fact = ?1 AND survivor = ?2)"
                " OR (fact = ?2 AND survivor = ?1)",
                first,
                second,
            )
        )
