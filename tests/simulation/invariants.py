"""Healing a simulated clinic, and what must hold on all replicas after that."""

from __future__ import annotations

import itertools
from collections import defaultdict

from sync.model.facts import REGISTRY, FactId
from sync.model.runs import key_id
from sync.protocol.questions import AuthorRow, SignTails, SummaryQuery
from sync.upkeep.tables import derived
from tests.clinic import Desk, pull
from tests.projection import (
    FactsRead,
    Tables,
    difference,
    fact_ids,
    facts_read,
    folded_from_nothing,
    projection,
)
from tests.simulation.deciding import check_records
from tests.simulation.forming import check_texts
from tests.simulation.ground import IN_RECOVERY
from tests.simulation.machines import Machine, unreported
from tests.simulation.pairing import check_pairs
from tests.simulation.paper import check_papers
from tests.simulation.world import World

ROUNDS_MAX = 12


def heal(world: World) -> None:
    """Everybody meets everybody, on good lines, until nothing changes any more."""
    world.log("heal")
    world.calm = True
    _meet(world)
    world.calm = False


def _meet(world: World) -> None:
    machines = list(world.machines.values())
    known = set().union(*(fact_ids(machine.desk) for machine in machines))
    _meet_without_the_coordinator(world)
    world.enrol_those_left()
    for number in range(ROUNDS_MAX):
        _expel(world)
        machines = list(world.machines.values())
        before = [machine.desk.roots for machine in machines]
        world.random.shuffle(nodes := world.nodes)
        for node in nodes:
            if number == 0:
                world.exchange(node, world.coordinator)
            else:
                _bring_all(node.desk, world.coordinator.desk)
                world.note_live(node.desk.author, node.desk.writer.identity.incarnation)
        if before == [machine.desk.roots for machine in machines] and number:
            break
    check(world, known - world.lost)
    world.put_right()


def _bring_all(one: Desk, other: Desk) -> None:
    """Both have what either has; the last rounds of a heal find nothing to bring."""
    for desk in (one, other):
        desk.answer(SignTails())
    if one.roots != other.roots:
        pull(one, other)
        pull(other, one)


def _expel(world: World) -> None:
    """What an ended terminal has reaches nobody, and nothing but the registry reaches it.

    So it is with a computer whose place another one has taken.
    """
    coordinator = world.coordinator.desk
    for machine in world.nodes:
        if not _is_out(world, machine):
            continue
        before = _beside_registry(coordinator), _beside_registry(machine.desk)
        world.exchange(machine, world.coordinator)
        if not _is_out(world, machine):
            continue  # it brought what a coordinator that was set back did not know any more
        after = _beside_registry(coordinator), _beside_registry(machine.desk)
        terminal = coordinator.writer.registry.terminals[machine.desk.author]
        if before[0] != after[0] or before[1] != after[1]:
            raise world.violated(8, f"{machine.name} synced although it is {terminal.state}")
        heard = machine.desk.writer.registry.terminals[machine.desk.author]
        if heard.state is not terminal.state:  # it may know more of the past than a coordinator
            raise world.violated(8, f"{machine.name} did not hear that it is {terminal.state}")
        del world.machines[machine.name]
        others = (fact_ids(other.desk) for other in world.machines.values())
        world.lost |= fact_ids(machine.desk).difference(*others)
        machine.desk.close()


def _is_out(world: World, machine: Machine) -> bool:
    """True when this computer may sync no more: an administrator, or the coordinator, said so."""
    registry = world.coordinator.desk.writer.registry
    author, key = machine.desk.author, machine.desk.writer.public_key
    return key_id(key) in world.ended or (
        author in registry.terminals and not registry.may_sync(author, key)
    )


def _beside_registry(desk: Desk) -> dict[str, AuthorRow]:
    """Digests of what every author but the registry has written, all of it signed."""
    desk.answer(SignTails())
    rows = desk.answer(SummaryQuery())
    return {row.author: row for row in rows if row.author != REGISTRY}


def _meet_without_the_coordinator(world: World) -> None:
    """Desks agree with one another although nobody has judged yet."""
    world.random.shuffle(nodes := world.nodes)
    for one, other in itertools.pairwise(nodes):
        world.exchange(one, other)
    same = defaultdict(list)
    for node in nodes:
        same[node.desk.roots].append(node)
    for alike in same.values():
        every = [projection(node.desk) for node in alike]
        for node, tables in zip(alike, every, strict=True):
            if apart := difference(every[0], tables):
                raise world.violated(4, f"{alike[0].name} and {node.name} disagree: {apart}")
    world.audit(world.random.choice(nodes))


def check(world: World, known: set[bytes]) -> None:
    """Every invariant, on all replicas.

    Raises:
        Violation: names the invariant and the seed.
    """
    machines = list(world.machines.values())
    roots = {machine.desk.roots for machine in machines}
    if len(roots) > 1:
        raise world.violated(3, f"{len(roots)} different documents after all have synced")
    for machine in machines:
        _nothing_is_missing(world, machine, known)
    by_name = {machine.name: projection(machine.desk) for machine in machines}
    first = by_name[machines[0].name]
    for name, tables in by_name.items():
        if apart := difference(first, tables):
            raise world.violated(4, f"{machines[0].name} and {name} disagree: {apart}")
    machine = world.random.choice(machines)
    if apart := difference(by_name[machine.name], folded_from_nothing(machine.desk)):
        raise world.violated(4, f"{machine.name} is not a fold of its facts: {apart}")
    if differing := derived.differences(machine.desk.path):
        raise world.violated(4, f"{machine.name} would be said to differ: {differing}")
    _incarnations(world)
    _revoked(world)
    _numbers(world, machines[0], first)
    _waiting(world)
    world.check_serials()
    _without_a_number(world, machines[0])
    check_records(world, machines[0])
    check_pairs(world, machines[0])
    check_papers(world, machines[0])
    check_texts(world, machines[0])


def _without_a_number(world: World, machine: Machine) -> None:
    """Whoever does not hold what they claim has an open conflict, or is merged or void."""
    rows = machine.desk.query(
        "SELECT p.mrn FROM patients p LEFT JOIN conflicts c ON c.patient = p.id"
        " WHERE p.mrn IS NOT NULL AND (c.patient IS NULL OR NOT c.open)"
        " AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.patient = p.id AND s.counts)"
        " AND NOT EXISTS (SELECT 1 FROM held h JOIN patients k ON k.id = h.patient"
        " WHERE h.mrn = p.mrn AND k.fact = p.fact)"
    )
    if rows:
        raise world.violated(6, f"nobody looks at who claims {rows} and does not hold it")


def _issued_as(author: str, known: list[tuple[str, str | None]]) -> set[int]:
    """The plain numbers that registrations of an author claim."""
    return {int(mrn) for name, mrn in known if name == author and mrn and mrn.isdecimal()}


def _incarnations(world: World) -> None:
    """Of copies that issued different numbers no two still lead the same life.

    A number whose person was lost with a disk before anybody heard of it tells nobody anything.
    """
    known = world.coordinator.desk.query("SELECT author, claimed FROM patients")
    for one, other in itertools.combinations(world.nodes, 2):
        mine, yours = one.desk.writer.identity, other.desk.writer.identity
        if (mine.author, mine.incarnation) == (yours.author, yours.incarnation) and (
            one.issued_under.get(mine.incarnation, set()) & _issued_as(mine.author, known)
            != other.issued_under.get(mine.incarnation, set()) & _issued_as(mine.author, known)
        ):
            raise world.violated(2, f"{one.name} and {other.name} issue from the same ranges")


def _revoked(world: World) -> None:
    """What a revoked key signed and came after its revocation is admitted by no verdict.

    A verdict that a coordinator lost when it was set back was given before, and comes back.
    """
    for fact, key, admitted in world.coordinator.desk.query(
        "SELECT p.fact, r.key, p.admitted FROM patients p JOIN runs r ON r.id = p.run"
    ):
        before = world.revoked.get(key)
        if before is None or fact in before or fact in world.came_before:
            continue
        world.happened["came after a revocation"] += 1
        if admitted:
            raise world.violated(5, "what came after its key was revoked is admitted")


def _nothing_is_missing(world: World, machine: Machine, known: set[bytes]) -> None:
    held = facts_read(machine.desk, counts_all=True).ids
    if known - held:
        raise world.violated(3, f"{len(known - held)} facts are missing at {machine.name}")
    for shown in world.shown:
        if shown.fact not in held and shown.fact not in world.lost:
            raise world.violated(1, f"{shown.mrn} of {shown.machine} is not at {machine.name}")


def _numbers(world: World, machine: Machine, tables: Tables) -> None:
    """Holders and reports, worked out from the raw facts."""
    desk = machine.desk
    reported = defaultdict(list)
    for fact, reason, decision in desk.query(
        "SELECT p.fact, c.reason, c.decision FROM conflicts c JOIN patients p ON p.id = c.patient"
    ):
        reported[fact].append((reason, decision))
    rows = {
        fact: (mrn, claimed, admitted, resolved)
        for fact, mrn, claimed, admitted, resolved in desk.query(
            "SELECT fact, mrn, claimed, admitted, resolved FROM patients"
        )
    }
    held: dict[str, bytes] = dict(tables["held"])
    judge = facts_read(world.coordinator.desk)
    _count(world, tables)
    if twice := unreported(desk):
        raise world.violated(6, f"{', '.join(twice)} was given out twice, unreported")
    for fact, (mrn, _) in facts_read(desk).registered.items():
        if fact not in rows:
            raise world.violated(3, f"a registration has no row at {machine.name}")
        now, claimed, admitted, resolved = rows[fact]
        if mrn is not None and (claimed != mrn or (now != mrn and not resolved)):
            raise world.violated(7, f"{mrn} became {now} without a resolution")
        _admitted(world, judge, fact, now, bool(admitted), held, reported[fact], resolved)


def _count(world: World, tables: Tables) -> None:
    """How much trouble there was, so that a simulation without any is noticed."""
    for _, _, reason, *_ in tables["conflicts"]:
        world.happened[reason] += 1
    runs = world.coordinator.desk.query("SELECT count(*) FROM runs WHERE parent IS NOT NULL")
    world.happened["branches"] += runs[0][0]
    noticed = {machine.desk.writer.store.meta.own_pasts_met for machine in world.nodes}
    world.happened["new lives"] += len(noticed - {0})


def _admitted(
    world: World,
    judge: FactsRead,
    fact: bytes,
    mrn: str | None,
    admitted: bool,
    held: dict[str, bytes],
    reports: list[tuple[str, bytes | None]],
    resolved: int,
) -> None:
    if not admitted:
        # A verdict is lost with the last machine that had it, and the next one may say otherwise.
        if world.judged.get(fact, frozenset()) & judge.ids:
            raise world.violated(5, f"the verdict that admitted {mrn} counts no more")
        return
    world.judged[fact] = _verdicts_on(world.coordinator, judge, fact)
    decided = resolved or any(decision is not None for _, decision in reports)
    double = any(reason == "double_verdict" for reason, _ in reports)
    if mrn is not None and held.get(mrn) != fact and not decided and not double:
        rival = world.coordinator.desk.query(
            "SELECT resolved FROM patients WHERE fact = ?", held.get(mrn, b"")
        )
        if not rival or not rival[0][0]:
            raise world.violated(5, f"{mrn} was admitted and somebody else holds it, unreported")


def _verdicts_on(machine: Machine, read: FactsRead, fact: bytes) -> frozenset[FactId]:
    """The verdicts whose stretch has a registration in it, read from the raw facts."""
    ((author, shard, client, clock),) = machine.desk.query(
        "SELECT s.author, s.number, r.client, p.clock FROM patients p JOIN runs r ON r.id = p.run"
        " JOIN shards s ON s.id = r.shard WHERE p.fact = ?",
        fact,
    )
    given = read.verdicts.get((author, shard, client), ())
    return frozenset(verdict for first, last, verdict in given if first <= clock < last)


def _waiting(world: World) -> None:
    """After a heal nothing waits for a verdict, unless the coordinator is in recovery.

    A number that nobody may have given waits for a desk that has all that the coordinator has: it
    may bring back who got it. In a long history all desks may have come to their end.
    """
    desk = world.coordinator.desk
    if desk.query(IN_RECOVERY):
        return
    understood = "well_formed AND understood"
    if desk.query(f"SELECT 1 FROM patients WHERE judged_ms IS NOT NULL AND NOT ({understood})"):
        raise world.violated(5, "a verdict was given on what the coordinator does not understand")
    pending = desk.query(f"SELECT count(*) FROM patients WHERE judged_ms IS NULL AND {understood}")[
        0
    ][0]
    if pending and world.nodes:
        raise world.violated(3, f"{pending} registrations are still without a verdict")
