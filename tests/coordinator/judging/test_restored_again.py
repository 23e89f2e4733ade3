"""Restores of backups of before, during and after recoveries, in any order, against a plain model.

The model is never restored: it knows what was ever given, and in which past.
"""

from typing import NamedTuple

import pytest

from coordinator.errors import InRecovery, PoolClosed
from coordinator.judging.recovery import missing_entries
from coordinator.registry import pool, terminals
from sync.errors import NumberError, TerminalError
from sync.model.facts import (
    COORDINATOR,
    REGISTRY,
    Cause,
    FactId,
    Grant,
    RangeFact,
    SerialsFact,
    State,
    TerminalFact,
)
from sync.model.numbers import NumberRange
from sync.protocol.questions import Merge
from sync.rules.serials import SerialStretch
from sync.witness.memory import SERIAL
from tests.clinic import Clinic, Desk, missing_batches, pull
from tests.coordinator.judging.setting_back import (
    Remembered,
    block_for,
    give,
    in_recovery,
    note_merged,
    restore,
)

SEEDS = 16
STEPS = 40
DESKS_MAX = 5
Entry = TerminalFact | RangeFact | SerialsFact | Grant
BOTH = (REGISTRY, COORDINATOR)
POOLS = ("10000000-10000039", "20000000-20000019")
BY_HAND = ("30000000-30000009", "1500000-1500009")


def hear(desk: Desk, coordinator: Desk, *names: str) -> None:
    """A desk takes over what the coordinator has written under these names; the cable breaks."""
    batches = [one for one in missing_batches(desk, coordinator) if one.author in names]
    desk.exchange.merge(Merge(tuple(batches)))


def revoke(clinic: Clinic, desk: Desk) -> SerialStretch:
    """Say that it is stolen; return the serials of that."""

    def act(tx) -> SerialStretch:
        first = tx.serial + 1
        terminals.change_terminal(tx, desk.author, state=State.REVOKED, why="stolen")
        clinic.coordinator.arbiter.recovery.give_up(tx, desk.author)
        return SerialStretch(first, tx.serial)

    return clinic.act(act)


@pytest.fixture
def newest_only(clinic, coordinator, lab, ward):
    """After the backup a desk was revoked and a number granted; the lab knows of the number only.

    Returns the backup, and the serials of the revocation.
    """
    stolen = clinic.desk("STOLEN-PC", "730000-739999")
    backup = coordinator.back_up()
    revoked = revoke(clinic, stolen)
    give(coordinator)
    hear(lab, coordinator, COORDINATOR)
    return backup, revoked


@pytest.mark.parametrize("restores", [1, 2, 3])
def test_what_was_skipped_in_an_earlier_recovery_may_be_missing_in_a_later_one(
    clinic, coordinator, lab, ward, newest_only, restores
):
    """Each night that recovery waits for a desk, a backup is made."""
    backup, revoked = newest_only
    for _ in range(restores):
        restore(coordinator, backup, Remembered(0))
        backup = coordinator.back_up()
    pull(coordinator, ward)
    note_merged(clinic, ward)
    pull(coordinator, lab)
    stolen = clinic.desks["STOLEN-PC"]
    assert note_merged(clinic, lab, stolen) == [False, False]
    assert clinic.act(missing_entries) == [revoked]


def test_a_desk_that_is_inactive_and_comes_in_a_later_recovery_shows_what_is_missing(
    clinic, coordinator, lab, ward
):
    clinic.act(lambda tx: terminals.change_terminal(tx, lab.author, state=State.INACTIVE))
    stolen = clinic.desk("STOLEN-PC", "730000-739999")
    clinic.heal()
    backup = coordinator.back_up()
    revoked = revoke(clinic, stolen)
    give(coordinator)
    hear(lab, coordinator, COORDINATOR)
    restore(coordinator, backup, Remembered(0))
    for desk in (ward, stolen):
        pull(coordinator, desk)
    assert note_merged(clinic, ward, stolen) == [False, True]
    restore(coordinator, coordinator.back_up(), Remembered(coordinator.writer.serial))
    for desk in (lab, ward, stolen):
        pull(coordinator, desk)
    assert note_merged(clinic, lab, ward, stolen) == [False, False, False]
    assert clinic.act(missing_entries) == [revoked]


def test_a_desk_that_was_given_up_in_a_recovery_is_still_given_up_after_a_restore_of_that_time(
    clinic, coordinator, lab, ward
):
    """It may hold blocks of which nobody else knows, so the pool is closed."""
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "it was set back"))
    revoke(clinic, ward)
    restore(coordinator, coordinator.back_up(), Remembered(0))
    pull(coordinator, lab)
    assert note_merged(clinic, lab) == [True]
    with pytest.raises(PoolClosed):
        block_for(clinic, lab)


def test_an_early_end_gives_up_nothing_that_nobody_knew_to_be_missing(
    clinic, coordinator, lab, ward
):
    """What lies between two things that are missing may be what an earlier recovery skipped."""
    front = clinic.desk("FRONT-PC", "740000-749999")
    backup = coordinator.back_up()

    def forget_one(desk: Desk) -> int:
        """A block of which nobody hears, then a number of which a desk hears."""
        block_for(clinic, lab)
        give(coordinator)
        hear(desk, coordinator, COORDINATOR)
        return coordinator.writer.serial - 1

    first, second = forget_one(ward), forget_one(front)
    restore(coordinator, backup, Remembered(0))
    night = coordinator.back_up()
    recovery = coordinator.arbiter.recovery
    clinic.act(recovery.end)
    clinic.act(lambda tx: pool.change(tx, NumberRange(10**7, 2 * 10**7), None, None, True))
    third = forget_one(lab)
    restore(coordinator, night, Remembered(0))
    for desk in (lab, ward):
        pull(coordinator, desk)
    assert clinic.act(missing_entries) == [SerialStretch(one, one) for one in (first, third)]
    clinic.act(coordinator.arbiter.recovery.end)
    pull(coordinator, front)
    assert in_recovery(clinic)
    assert clinic.act(missing_entries) == [SerialStretch(second, second)]


def test_a_witness_of_another_past_shows_that_what_was_skipped_here_was_given_there(
    clinic, coordinator, lab, ward
):
    backup = coordinator.back_up()
    first = coordinator.writer.serial + 1
    restore(coordinator, backup, Remembered(0))
    revoked = revoke(clinic, ward).last
    while coordinator.writer.serial <= revoked:  # how much is skipped is chance
        restore(coordinator, backup, Remembered(0))
        night = coordinator.back_up()
    restore(coordinator, night, Remembered(revoked))
    assert clinic.act(missing_entries) == [SerialStretch(first, revoked)]
    assert coordinator.writer.serial > revoked


class Given(NamedTuple):
    """An entry that the coordinator has written, and all that it had then.

    ``cause`` is why serials are missing, None for an entry with a serial of its own.
    """

    serial: int

    before: frozenset[FactId]
    cause: Cause | None


class History:
    """A clinic to which anything happens, and what is known of it.

    ``given`` are the entries of all pasts, ``excused`` those that an administrator gave up,
    ``remembered`` those that the witness of the last restore knows of.
    """

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.random = clinic.random
        self.hub = clinic.coordinator
        self.trace: list[str] = []
        self.given: dict[FactId, Given] = {}
        self.granted: list[NumberRange] = []
        self.online: set[str] = set()
        self.excused: frozenset[FactId] = frozenset()
        self.remembered: frozenset[FactId] = frozenset()
        for code, numbers in (("LAB1-PC", "710000-719999"), ("WARD-PC", "720000-729999")):
            clinic.desk(code, numbers)
        clinic.desk("STOLEN-PC", "730000-739999")
        self.note()
        self.backups = [self.hub.back_up()]

    # the model

    def entries(self, desk: Desk) -> dict[FactId, Entry]:
        """What a replica has of the coordinator's entries, as its tables say."""
        registry = desk.writer.store.decisions.registry_entries()
        found: dict[FactId, Entry] = {
            entry.id: entry.fact
            for entry in registry
            if isinstance(entry.fact, TerminalFact | RangeFact | SerialsFact)
        }
        for fact, serial, mrn in desk.query("SELECT fact, serial, mrn FROM grants"):
            found[FactId(fact)] = Grant(serial, mrn, None)
        return found

    def note(self) -> None:
        """Note what the coordinator has just given, and that nobody was given it before."""
        here = self.entries(self.hub)
        before = frozenset(here.keys() & self.given.keys())
        for fact, entry in here.items():
            if fact in before:
                continue
            cause = entry.cause if isinstance(entry, SerialsFact) else None
            witnessed = self.remembered if cause is Cause.SKIPPED else frozenset[FactId]()
            self.given[fact] = Given(entry.serial, before | witnessed, cause)
            if isinstance(entry, Grant):
                assert entry.mrn not in self.online, f"{entry.mrn} was given twice"
                self.online.add(entry.mrn)
            if isinstance(entry, RangeFact) and not entry.replaces:
                range_ = NumberRange(entry.start, entry.end)
                twice = [one.text for one in self.granted if one.overlaps(range_)]
                assert not twice, f"{range_.text} was granted, and before {twice}"
                self.granted.append(range_)

    def missing(self, *, accounts: bool = False) -> frozenset[FactId]:
        """What was given before something of which the coordinator knows, and is not there.

        That something was given up says nothing of what there was before.

        Args:
            accounts: with what says why serials are missing.
        """
        here = self.entries(self.hub).keys()
        known = [self.given[fact] for fact in here if self.given[fact].cause is not Cause.LOST]
        needed = frozenset[FactId]().union(*(one.before for one in known)) - here
        return frozenset(one for one in needed if accounts or self.given[one].cause is None)

    def check(self) -> None:
        if not in_recovery(self.clinic):
            forgotten = self.missing() - self.excused
            assert not forgotten, f"nobody looks for {len(forgotten)} entries"

    # what happens

    def step(self) -> None:
        acts = [self.give, self.give, self.block, self.block, self.by_hand, self.by_hand]
        acts += [self.pool, self.pool, self.revoke, self.join, self.hear, self.hear, self.back_up]
        acts += [self.meet, self.meet, self.meet, self.everybody, self.restore, self.restore]
        acts += [self.end]
        act = self.random.choice(acts)
        self.trace.append(act.__name__)
        try:
            act()
        except (NumberError, TerminalError, InRecovery) as error:
            self.trace[-1] += f": {type(error).__name__}"
        self.note()
        self.check()

    def desk(self) -> Desk:
        return self.random.choice([*self.clinic.desks.values()])

    def over(self, tx) -> None:
        self.hub.arbiter.recovery.require_over(tx)

    def give(self) -> None:
        self.clinic.act(self.over)
        give(self.hub)

    def block(self) -> None:
        self.clinic.act(self.over)
        block_for(self.clinic, self.desk())

    def by_hand(self) -> None:
        """An administrator has a plan of numbers, and gives her word only for what is true."""
        self.clinic.act(self.over)
        range_, desk = NumberRange.parse(self.random.choice(BY_HAND)), self.desk()
        word = self.word(range_)
        self.clinic.act(
            lambda tx: terminals.grant_range(tx, desk.author, range_, never_granted=word)
        )

    def pool(self) -> None:
        self.clinic.act(self.over)
        range_ = NumberRange.parse(self.random.choice(POOLS))
        word = self.word(range_)
        self.clinic.act(lambda tx: pool.change(tx, range_, 10, None, word))

    def word(self, range_: NumberRange) -> bool:
        return not any(one.overlaps(range_) for one in self.granted) and self.chance(3)

    def chance(self, of: int) -> bool:
        return self.random.randrange(of) == 0

    def revoke(self) -> None:
        revoke(self.clinic, self.clinic.desks["STOLEN-PC"])

    def join(self) -> None:
        self.clinic.act(self.over)
        if len(self.clinic.desks) < DESKS_MAX:
            self.clinic.desk(f"DESK{len(self.clinic.desks)}-PC")

    def hear(self) -> None:
        """The cable breaks after what the coordinator has written under one of its names."""
        hear(self.desk(), self.hub, self.random.choice(BOTH))

    def meet(self) -> None:
        desk = self.desk()
        pull(self.hub, desk)
        self.note()
        if self.chance(4):
            return  # the cable breaks
        pull(desk, self.hub)
        note_merged(self.clinic, desk)

    def everybody(self) -> None:
        self.clinic.heal()
        note_merged(self.clinic, *self.clinic.desks.values())

    def back_up(self) -> None:
        self.backups.append(self.hub.back_up())

    def restore(self) -> None:
        """With or without the witness, on the same computer or on another one."""
        backup, known = self.random.choice(self.backups), Remembered(0)
        self.remembered = frozenset()
        if self.chance(2):
            here = self.entries(self.hub)
            newest = max(
                (fact for fact in here if self.given[fact].cause is None),
                key=lambda fact: here[fact].serial,
            )
            self.remembered = self.given[newest].before | {newest}  # it knows one serial
            known = Remembered(here[newest].serial)
        restore(self.hub, backup, known)
        self.trace[-1] += f" {self.backups.index(backup)}, {known.mark(SERIAL)}"

    def end(self) -> None:
        """Now and then an administrator has no more patience."""
        if in_recovery(self.clinic) and self.chance(2):
            self.trace[-1] += ": done"
            # Her word names serials from one to another; where it is not known any more which of
            # them were skipped, that may be many.
            lost = [self.given[fact].serial for fact in self.missing(accounts=True)]
            first = min(lost, default=0)
            known = (one.serial for one in self.entries(self.hub).values() if one.serial < first)
            span = range(max(known, default=0) + 1, max(lost, default=-1) + 1)
            self.excused |= {fact for fact, one in self.given.items() if one.serial in span}
            self.clinic.act(self.hub.arbiter.recovery.end)


def play(clinic: Clinic, steps: int) -> None:
    history = History(clinic)
    try:
        for _ in range(steps):
            history.step()
        history.everybody()
        history.note()
        history.check()
        if not history.excused and not history.missing(accounts=True):
            stolen = clinic.act(lambda tx: tx.store.meta.recovery)
            assert stolen is None, f"nothing is missing, but {stolen}"
    except AssertionError:
        print("\n".join(history.trace))
        raise


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_is_given_twice_and_nothing_that_is_known_to_be_missing_is_forgotten(
    tmp_path, seed
):
    clinic = Clinic(tmp_path, seed, durable=False)
    play(clinic, STEPS)
    clinic.close()
