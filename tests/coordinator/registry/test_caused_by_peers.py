"""What a desk or a program can make the coordinator write into the registry is bounded.

Every replica keeps the registry for good and works it out again with each fact of it. Each act of a
peer is done here again and again, with something new each time, and the facts are counted. A kind
of fact, a question of a session or a door for peers that is added to the software is missing in a
table below, and a test says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast, get_args

import pytest

from coordinator.api.patients import CoordinatorPatientsApi
from coordinator.arrivals import Arrival, take_up
from coordinator.audit.heads import HEAD_EVERY, HeadWatch
from coordinator.errors import NodeHasNumbers
from coordinator.judging.online import ConnectedDesks
from coordinator.registry import clerks, enrolments, pool, quotas, ranges, terminals
from coordinator.registry.clerks import ClerkWish
from coordinator.registry.enrolments import Asking, NewCode
from sync.engine import keys
from sync.engine.exchange import Exchange
from sync.engine.transaction import Transaction
from sync.model import bodies, facts
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import Allocator, Author, Incarnation, RecordId
from sync.model.numbers import Mrn, NumberRange
from sync.model.runs import End
from sync.protocol import questions
from sync.protocol.questions import Merge, NumberQuery, PinChangeQuery, Query
from sync.rules.registry import may_write
from sync.storage.access.audit import DONE, AuditEvent
from sync.trust import authority, certificates, codes, passwords
from sync.trust.authority import Authority
from sync.trust.certificates import Subject
from tests.clinic import Clinic, missing_batches, pull
from tests.forging import Run, person

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")
CLERKS: Final = 40
ROOT: Final = Path(__file__).resolve().parents[3]
KINDS: Final = tuple(bodies._LAYOUTS)
TIMES: Final = 150
"""So often each act is done within an hour; more often than any of them is let through."""
TLS_KEY = certificates.public_bytes(certificates.new_key())


class World:
    """A coordinator with two desks, one of which is not honest, and what a daemon does about it."""

    def __init__(self, clinic: Clinic, folder: Path) -> None:
        self.clinic = clinic
        self.hub = clinic.coordinator
        self.desk = clinic.desk(LAB, "710000-719999")
        self.other = clinic.desk(WARD, "720000-729999")
        folder.mkdir()
        authority.make(folder, bytes(32))
        self.authority = Authority(folder, bytes(32))
        online = ConnectedDesks(self.hub.arbiter)
        self.hub.exchange = Exchange(
            self.hub.writer,
            self.hub.pinned,
            keys.verify,
            granter=online.grant,
            pin_changer=online.change_pin,
        )
        self.verifier = passwords.hash_of("2468")
        for number in range(CLERKS):
            wish = ClerkWish(f"Clerk {number}", None, self.verifier)
            clinic.act(lambda tx, n=number, w=wish: clerks.add(tx, ident(n), w, "admin"))
        self.code = codes.fresh("hub", 8472, bytes(32))
        kept = NewCode(self.code.id, self.code.secret)
        clinic.act(lambda tx: enrolments.new_code(tx, "NEW-PC", None, kept, 3600))
        self.enrol(0)

    async def write(self, act: Callable[[Any], Any]) -> Any:
        """What `take_up` and watches need of a replica."""
        return self.clinic.act(act)

    def kinds(self) -> Counter[str]:
        """How many facts of each kind the registry has."""
        return Counter(kind for (kind,) in self.hub.query("SELECT kind FROM registry"))

    def ask(self, query: Query) -> None:
        """Ask what a session with the desk asks."""
        exchange = self.hub.exchange
        if isinstance(query, Merge):
            exchange.merge(query)
        elif isinstance(query, NumberQuery | PinChangeQuery):
            exchange.decide(query)
        else:
            exchange.answer(query)

    def enrol(self, number: int) -> None:
        asking = Asking(self.code.id, self.code.secret, "", b"k" * 32, TLS_KEY, incarnation(number))
        self.clinic.act(lambda tx: enrolments.use(tx, asking, self.authority))


def ident(number: int) -> bytes:
    return number.to_bytes(16)


def incarnation(number: int) -> Incarnation:
    return Incarnation(number.to_bytes(8))


# what a peer does, for the nth time


async def comes_under_another_incarnation(world: World, number: int) -> None:
    await take_up(world, world.hub.arbiter, Arrival(LAB, incarnation(number), True))


async def two_copies_come_in_turn(world: World, number: int) -> None:
    await take_up(world, world.hub.arbiter, Arrival(LAB, incarnation(number % 2), True))


async def shows_its_code_again(world: World, number: int) -> None:
    world.enrol(number)


async def renews_its_certificate(world: World, _number: int) -> None:
    subject = Subject("clinic", LAB, world.desk.writer.public_key)
    world.clinic.act(lambda tx: enrolments.renew(tx, subject, TLS_KEY, world.authority))


async def changes_the_pin_of_one_clerk(world: World, _number: int) -> None:
    world.ask(new_pin(world, 0))


async def changes_the_pins_of_all_clerks(world: World, number: int) -> None:
    world.ask(new_pin(world, number % CLERKS))


def new_pin(world: World, clerk: int) -> PinChangeQuery:
    pin = world.hub.writer.registry.clerks.all[ident(clerk)].pin + 1
    return PinChangeQuery(LAB, ClerkPin(ident(clerk), pin, world.verifier))


async def registers_the_last_number_of_each_block(world: World, number: int) -> None:
    registry = world.hub.writer.registry
    newest = [one for one in registry.blocks_of(LAB) if one.allocator is Allocator.NODE][-1]
    world.ask(registered(world, number, newest.range.end))
    connected = {(LAB, cast(Incarnation, registry.terminals[LAB].incarnation))}
    world.clinic.act(lambda tx: ranges.review(tx, connected))


def registered(world: World, number: int, mrn: int) -> Merge:
    run = Run(LAB, world.desk.signer, 1000 + number).then(person(number, str(mrn), LAB))
    return Merge((run.batch(),), world.hub.roots, LAB)


async def does_so_with_blocks_of_ten_numbers(world: World, number: int) -> None:
    if number == 0:
        small = NumberRange.parse("8000000-8999999")
        world.clinic.act(lambda tx: pool.change(tx, small, 10, None))
    await registers_the_last_number_of_each_block(world, number)


async def a_program_takes_a_block_and_supplies_its_last_number(world: World, _number: int) -> None:
    """An old program of a desk registers at the coordinator, which gives it a block of its own."""
    api = CoordinatorPatientsApi(
        cast(Any, None), cast(Any, None), world.hub.arbiter, cast(Any, None)
    )
    try:
        issued = world.clinic.act(lambda tx: api._from_own_range(tx, LAB))
    except NodeHasNumbers:
        return
    assert issued.range is not None
    mrn = Mrn(str(issued.range.end))
    world.clinic.act(lambda tx: terminals.supplied_number(tx, LAB, mrn))


async def asks_for_online_numbers(world: World, number: int) -> None:
    world.ask(NumberQuery(RecordId(ident(number)), LAB))


async def fills_the_record_of_what_was_done(world: World, _number: int) -> None:
    """As whoever signs in with wrong passwords does, or shows wrong codes."""

    def add(tx: Transaction) -> None:
        tx.begin()
        for _ in range(HEAD_EVERY):
            tx.store.audit.add(AuditEvent(tx.now_ms, "", "10.0.0.7", "sign_in", "", DONE))

    world.clinic.act(add)
    await HeadWatch(cast(Any, world), quotas.may_sign_head).look()


Act = Callable[[World, int], Awaitable[None]]

ACTS: Final[dict[Act, int]] = {
    comes_under_another_incarnation: quotas.RESTORES_AT_ONCE,
    two_copies_come_in_turn: 2,
    shows_its_code_again: 0,
    renews_its_certificate: 0,
    changes_the_pin_of_one_clerk: quotas.PINS_AT_ONCE,
    changes_the_pins_of_all_clerks: quotas.PINS_AT_ONCE,
    registers_the_last_number_of_each_block: quotas.BLOCKS_A_DAY,
    does_so_with_blocks_of_ten_numbers: quotas.BLOCKS_OF_ANY_SIZE_A_DAY,
    a_program_takes_a_block_and_supplies_its_last_number: 2 * quotas.BLOCKS_A_DAY,
    asks_for_online_numbers: 0,
    fills_the_record_of_what_was_done: quotas.HEADS_AT_ONCE,
}
"""Act -> how many facts of the registry it makes at most, however often it is done in an hour."""

NO_SHARD: Final = (LAB, 7, (End(5, 1, facts.Link(bytes(32))),))
QUESTIONS: Final[dict[type, Callable[[World, int], Query]]] = {
    questions.IdentityQuery: lambda _world, _number: questions.IdentityQuery(),
    questions.RootsQuery: lambda _world, _number: questions.RootsQuery(),
    questions.SignTails: lambda _world, _number: questions.SignTails(),
    questions.Alone: lambda _world, _number: questions.Alone(),
    questions.SummaryQuery: lambda _world, _number: questions.SummaryQuery(LAB),
    questions.ShardsQuery: lambda _world, number: questions.ShardsQuery(LAB, number),
    questions.DigestsQuery: lambda _world, number: questions.DigestsQuery(LAB, (number,)),
    questions.EndsQuery: lambda _world, number: questions.EndsQuery(((LAB, number),)),
    questions.WishesQuery: lambda _world, _number: questions.WishesQuery((NO_SHARD,)),
    questions.BatchesQuery: lambda _world, _number: questions.BatchesQuery(()),
    questions.StandingQuery: lambda _world, number: questions.StandingQuery(LAB, bytes(32)),
    questions.PinsQuery: lambda _world, number: questions.PinsQuery(LAB, (ident(number),)),
    Merge: lambda world, number: registered(world, number, 720_000 + number),
    NumberQuery: lambda _world, number: NumberQuery(RecordId(ident(number)), LAB),
    PinChangeQuery: lambda world, number: new_pin(world, number % CLERKS),
}
"""Each question that a session asks for a peer -> one with something new each time."""

DOORS: Final = {
    "/authority": "what everybody may know",
    "/prove": "no fact: it knows the code",
    "/look": "no fact: it says for whom a code is",
    "/enrol": "`shows_its_code_again`",
    "/registry": "no fact: it reads",
    "/sync": "sessions, whose questions are above",
    "coordinator.renewing.PATH": "`renews_its_certificate`",
    "coordinator.pages.links.PATH": "no fact: whom a desk is connected with stays in memory",
}
"""What is served to peers outside of sessions and of the API -> what it does to the registry."""

BY_ADMINISTRATORS: Final = {
    facts.DISBELIEF,
    facts.AUTHORITY,
    facts.CLERK_RULE,
    facts.SIGNING_KEY,
}
"""Kinds of facts of the registry that no act of a peer makes."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clinic = Clinic(tmp_path, durable=False)
    yield World(clinic, tmp_path / "authority")
    clinic.close()


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
async def test_no_act_of_a_peer_makes_facts_of_the_registry_without_limit(world, act):
    before = world.kinds()
    for number in range(TIMES):
        await act(world, number)
        world.clinic.now_ms += 3_600_000 // TIMES
    assert (world.kinds() - before).total() == ACTS[act]


@pytest.mark.parametrize("kind", QUESTIONS, ids=lambda kind: kind.__name__)
def test_of_the_questions_of_a_session_only_a_change_of_a_pin_makes_any(world, kind):
    before = world.kinds()
    for number in range(TIMES):
        world.ask(QUESTIONS[kind](world, number))
    made = quotas.PINS_AT_ONCE if kind is PinChangeQuery else 0
    assert (world.kinds() - before).total() == made


def test_what_the_coordinator_lost_and_gets_back_makes_at_most_one_fact_each(world):
    """A peer has nothing else of its coordinator than what that has signed."""
    hub = world.hub
    backup = hub.back_up()
    for number in range(20):
        world.clinic.act(lambda tx, n=number: terminals.add_terminal(tx, f"PC-{n}", "lost"))
        pull(world.desk, hub)
    hub.restore(backup)
    before = world.kinds()
    lost = [batch for batch in missing_batches(hub, world.desk) if batch.author == facts.REGISTRY]
    for _ in range(3):
        for batch in lost:
            hub.exchange.merge(Merge((batch,), hub.roots, LAB))
    made = world.kinds() - before
    assert made[facts.TERMINAL] == 20
    assert 0 < made[facts.SERIALS] <= 20


async def test_every_question_every_door_and_every_kind_of_fact_is_in_a_table_above(world):
    assert set(QUESTIONS) == set(get_args(Query))
    served = {
        path if quote else f"{module}.{path}"
        for package in ("sync", "coordinator")
        for module, source in sources(package)
        for quote, path in re.findall(r'web\.(?:get|post|put|patch|delete)\(("?)([^",]+)', source)
    }
    assert served == set(DOORS)
    before = world.kinds()
    for act in ACTS:
        for number in range(3):
            await act(world, number)
    made = {facts.SERIALS, *(world.kinds() - before)}
    assert {kind for kind in KINDS if may_write(facts.REGISTRY, kind)} == BY_ADMINISTRATORS | made
    assert not BY_ADMINISTRATORS & made


def sources(package: str) -> Iterator[tuple[str, str]]:
    """The name and the text of each module of a package."""
    for path in (ROOT / package).rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield name, path.read_text(encoding="utf-8")
