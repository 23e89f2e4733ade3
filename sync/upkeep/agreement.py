"""What must agree in a database, because one transaction wrote it: disagreement is proof.

A database whose file, or whose write-ahead log, was exchanged for another copy can be sound for
SQLite and still lack what it has told. Cursors, runs, facts, people and the feed were written
together, so that one of them which knows more than another shows it.

A record of which only the bytes have changed is told apart from that: nothing is missing, so
nothing comes back, and numbers go on. See `sync.upkeep.records.changed`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from sync.model import facts, phrases, runs
from sync.model.facts import COORDINATOR_NAMES, Author
from sync.rules import registry
from sync.storage.shards import RunRow, ShardRow
from sync.storage.store import Store
from sync.upkeep.records import changed as changed_records
from sync.upkeep.records.changed import ChangedRecord

UNUSED_MAX: Final = 16
"""So many numbers below a cursor may have nobody, because they were given up before they were told.
"""


class Disagreement(NamedTuple):
    """What does not agree; both are empty in an honest database.

    ``lacks`` are sentences that show that the database lacks what it knew, ``changed`` are records
    that are there, but are not what was written. ``is_lasting`` says that no renewal and no
    recovery ends it: records, or rows of people, are missing among others that are there, and who
    has them does not send them, because this database says that it has them.
    """

    lacks: list[str]
    changed: list[ChangedRecord]
    is_lasting: bool = False

    @property
    def texts(self) -> list[str]:
        """All of it in words."""
        if not self.changed:
            return self.lacks
        text = changed_records.text_of(self.changed)
        return [*self.lacks, f"the disk or the memory of this computer has changed {text}"]


def at_start(store: Store, names: Sequence[Author]) -> Disagreement:
    """What disagrees in the newest part of what was written here: bounded work.

    Args:
        names: those under which this replica writes.
    """
    found: list[tuple[ShardRow, RunRow]] = []
    for name in names:
        shard = store.shards.newest(name)
        if shard is not None:
            found += [(shard, run) for run in store.shards.runs_of(shard.id)]
    lacks, changed = _runs(store, found)
    return Disagreement([*lacks, *_feed(store)], changed)


def everywhere(
    store: Store, names: Sequence[Author], going_on: Callable[[], None] = lambda: None
) -> Disagreement:
    """What disagrees anywhere in a database, in one read transaction.

    Args:
        names: those under which this replica writes.
        going_on: called again and again; whatever it raises ends this.
    """

    def all_runs() -> Iterable[tuple[ShardRow, RunRow]]:
        for found in store.shards.all_runs():
            going_on()
            yield found

    lacks, changed = _runs(store, all_runs(), going_on)
    lacks += [*_counts(store), *_people(store, changed)]
    return Disagreement(
        [*lacks, *_feed(store), *_cursors(store, names)], changed, is_lasting=bool(lacks)
    )


def _runs(
    store: Store,
    found: Iterable[tuple[ShardRow, RunRow]],
    going_on: Callable[[], None] = lambda: None,
) -> tuple[list[str], list[ChangedRecord]]:
    """Each run must hold as many facts as it says, and their links must end in its own.

    It need not be known which record has changed: all are there, so nothing is missing of what this
    replica has told, and nothing would come back or end this.
    """
    missing: Counter[Author] = Counter()
    differing: Counter[Author] = Counter()
    changed: list[ChangedRecord] = []
    broken: set[int] = set()
    for shard, run in found:
        held = store.shards.facts_of(run.id, run.base)
        if len(held) < run.length - run.base:
            missing[shard.author] += run.length - run.base - len(held)
        elif len(held) > run.length - run.base:
            differing[shard.author] += 1
        elif _link(store, shard, run, held) != run.link:
            records = _in_run(store, shard, run)
            if records:
                changed += changed_records.mended(store, records, going_on)
            # A branch is good itself where the run that it leaves, or one before that, is not.
            if records or run.parent in broken:
                broken.add(run.id)
            else:
                differing[shard.author] += 1
    lacks = [
        *(
            f"{phrases.count(number, 'record is', 'records are')} missing of those that"
            f" {phrases.writer(author)} wrote"
            for author, number in sorted(missing.items())
        ),
        *(
            f"what {phrases.writer(author)} wrote is not what it was, in"
            f" {phrases.count(number, 'place')}"
            for author, number in sorted(differing.items())
        ),
    ]
    return lacks, changed


def _in_run(store: Store, shard: ShardRow, run: RunRow) -> list[ChangedRecord]:
    """The records of a run that have changed, or of which any may be the one.

    A table has every record of a desk by its id, so one whose id is in none is not what it was.
    Of the coordinator's records there are some that no table has.
    """
    is_sure = shard.author not in COORDINATOR_NAMES
    return [
        one if is_sure or one.id is not None else one._replace(doubtful=True)
        for one in changed_records.in_run(store, shard, run)
    ]


def _link(store: Store, shard: ShardRow, run: RunRow, held: list[bytes]) -> bytes:
    """The link at the end of the facts that are there."""
    if run.base:  # a branch: its links go on from those of its parent
        held = store.shards.stretch(run, 0, run.length)
    link = runs.first_link(shard.author, shard.number, run.client)
    for data in held:
        link = runs.next_link(link, facts.fact_id(shard.author, data))
    return link


def _counts(store: Store) -> list[str]:
    """A shard counts the facts of its runs, and facts lie in a run that is there."""
    execute = store.connection.execute
    (wrong,) = execute(
        "SELECT count(*) FROM shards s WHERE s.facts !="
        " (SELECT coalesce(sum(r.count - r.base), 0) FROM runs r WHERE r.shard = s.id)"
    ).fetchone()
    (stray,) = execute(
        "SELECT count(*) FROM facts WHERE run NOT IN (SELECT id FROM runs)"
    ).fetchone()
    found = []
    if wrong:
        found.append(f"counts of records that differ from what is there: {wrong}")
    if stray:
        found.append(f"records that cannot be assigned to anybody: {stray}")
    return found


def _people(store: Store, changed: Iterable[ChangedRecord]) -> list[str]:
    """Each registration has its row in the tables, and each row its registration.

    Args:
        changed: records that are not what was written, and so differ from what they are in another
            run.
    """
    execute = store.connection.execute
    places = {(one.run, one.clock) for one in changed}
    without_row = sum(
        (run, clock) not in places and (named_run, named_clock) not in places
        for run, clock, named_run, named_clock in execute(
            # The same record may lie in several runs; the row names one of them.
            "SELECT f.run, f.clock, p.run, p.clock FROM facts f"
            " LEFT JOIN patients p ON p.id = f.patient"
            " WHERE f.patient IS NOT NULL AND NOT EXISTS (SELECT 1 FROM facts named"
            " WHERE named.run = p.run AND named.clock = p.clock AND named.data = f.data)"
        )
    )
    (without_fact,) = execute(
        "SELECT count(*) FROM patients p WHERE NOT EXISTS"
        " (SELECT 1 FROM facts f WHERE f.run = p.run AND f.clock = p.clock AND f.patient = p.id)"
    ).fetchone()
    (unknown,) = execute(
        "SELECT count(*) FROM answers WHERE patient NOT IN (SELECT id FROM patients)"
    ).fetchone()
    found = []
    if without_row:
        found.append(f"people with records who are not in the tables: {without_row}")
    if without_fact:
        found.append(f"people in the tables who have no record: {without_fact}")
    if unknown:
        found.append(f"people who were told to a program and are not there: {unknown}")
    return found


def _feed(store: Store) -> list[str]:
    """The feed ends where its counter is, and tells of people who are there."""
    execute = store.connection.execute
    row = execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
    newest = store.local.newest_change()
    found = []
    counted = row[0] if row else 0
    if not isinstance(counted, int) or newest > counted:
        found.append("the feed of changes is longer than it was said to be")
    last = execute("SELECT patient FROM changes WHERE id = ?", (newest,)).fetchone()
    if last and not execute("SELECT 1 FROM patients WHERE id = ?", last).fetchone():
        found.append("the newest change is about somebody who is not there")
    return found


def _with_nobody(store: Store, first: int, last: int) -> int:
    """How many numbers nobody claims; a cursor goes on above those that others claim.

    Whether the sets of used numbers agree with the records is another question.
    """
    (claimed,) = store.connection.execute(
        "SELECT count(*) FROM (SELECT CAST(claimed AS INTEGER) AS number FROM patients"
        " WHERE number BETWEEN ?1 AND ?2 UNION SELECT number FROM sheet_numbers"
        " WHERE number BETWEEN ?1 AND ?2)",
        (first, last),
    ).fetchone()
    return last + 1 - first - int(claimed)


def _cursors(store: Store, names: Sequence[Author]) -> list[str]:
    """The cursor of a range that is open stands at the highest number that was given from it."""
    marks = {
        block.range: block.mark
        for block in registry.fold(store.decisions.registry_entries()).blocks
    }
    found = []
    for cursor in store.cursors.all():
        if cursor.closed is not None or cursor.range not in marks:
            continue
        (given,) = store.connection.execute(
            "SELECT max(CAST(claimed AS INTEGER)) FROM patients WHERE offline"
            f" AND author IN ({', '.join('?' * len(names))})"
            " AND CAST(claimed AS INTEGER) BETWEEN ? AND ?",
            (*names, cursor.range.start, cursor.range.end),
        ).fetchone()
        given = max(given or 0, store.numbers.highest_printed(cursor.range, names))
        used = max(given, marks[cursor.range], cursor.range.start - 1)
        if given > cursor.cursor:
            found.append(f"{given} was given, and the next number would be below it")
        elif _with_nobody(store, used + 1, cursor.cursor) > UNUSED_MAX:
            found.append(f"numbers {used + 1} to {cursor.cursor} were given, and nobody has them")
    return found
