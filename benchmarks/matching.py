"""Finding who is registered already, beside two other ways of doing it in the same run."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import thread_time
from typing import Final, NamedTuple

from rapidfuzz import fuzz, process

from benchmarks import splinking
from benchmarks.figures import Bench, Figure, Samples
from benchmarks.households import Asked, Fields, Households, asked
from sync.engine import replica
from sync.matching.scoring import FIXED, Logs, logs
from sync.model.demographics import FIELDS
from sync.model.facts import Author
from sync.reading.connection import FoldedRegistry, ReadConnection
from sync.reading.matching import BEST
from sync.reading.sampling.estimate import estimate
from sync.storage import schema, search

BENCH: Final = "matching"
AGAIN: Final = 1000
AGAIN_QUICK: Final = 200
OVERRATED_FROM: Final = 0.2
"""A score that is too high for somebody who is new, whatever the grade. Chosen."""

ESTIMATED_FROM: Final = 3000
"""People of the register whom the estimate looks at."""

PLAIN_ALARM: Final = 85.0
"""A plain score of 0 to 100 from which it tells of somebody. Chosen."""

AMONG_MIN: Final = 98.0
FIRST_MIN: Final = 99.0
ALARMS_MAX: Final = 2.0
OVERRATED_MAX: Final = 1.0
"""What has to be reached, in percent: of those who come again, and of those who are new."""


class Answer(NamedTuple):
    """The places in the register of those who are told, the most probable first.

    ``alarm``: somebody is graded above *possible*; ``score``: the highest, 0 if nobody is told.
    """

    found: list[int]
    alarm: bool
    score: float


@dataclass
class Tally:
    """What came of all that was asked."""

    again: int = 0
    among: int = 0
    first: int = 0
    new: int = 0
    alarms: int = 0
    overrated: int = 0
    times: Samples = field(default_factory=Samples)

    def add(self, one: Asked, answer: Answer) -> None:
        """Count one answer."""
        if one.person < 0:
            self.new += 1
            self.alarms += answer.alarm
            self.overrated += answer.score >= OVERRATED_FROM
        else:
            self.again += 1
            self.among += one.person in answer.found[:BEST]
            self.first += answer.found[:1] == [one.person]

    def shortfalls(self) -> list[str]:
        """Which of the aims was missed.

        A grade is held at *possible* for other given names, and a score is not: it must not
        take relatives for one person by itself either.
        """
        checks = {
            "among the first": self.among >= self.again * AMONG_MIN / 100,
            "first": self.first >= self.among * FIRST_MIN / 100,
            "alarms": self.alarms <= self.new * ALARMS_MAX / 100,
            "scores": self.overrated <= self.new * OVERRATED_MAX / 100,
        }
        return [name for name, good in checks.items() if not good]

    def figures(self, label: str) -> Iterator[Figure]:
        """The figures of it, shares in percent."""
        yield Figure(BENCH, f"{label}: among the first {BEST}", 100 * self.among / self.again, "%")
        yield Figure(BENCH, f"{label}: first of those", 100 * self.first / self.among, "%")
        yield Figure(BENCH, f"{label}: new, and an alarm", 100 * self.alarms / self.new, "%")


def run(bench: Bench) -> Iterator[Figure]:
    """Each number of people; the other ways with the smallest only: they look at everybody."""
    again = AGAIN_QUICK if bench.quick else AGAIN
    for count in bench.people:
        makes = Households()
        bench.say(f"making a register of {count:,} people")
        people = makes.people(count)
        register = [makes.written(person) for person in people]
        questions = list(asked(makes, people, min(again, count), min(again, count)))
        label = f"{count:,} people"
        path = fill(bench.folder / f"matching-{count}", register)
        tally = ask(path, questions)
        yield from tally.figures(label)
        yield tally.times.figure(BENCH, f"{label}: CPU an answer", "ms")
        keys = bench.folder / f"matching-keys-{count}.db"
        yield Figure(BENCH, f"{label}: keys in the index", keys_bytes(keys, register), "B a person")
        if count == bench.smallest:
            if not bench.quick:
                bench.say("estimating the weights")
                folder = bench.folder / f"matching-estimated-{count}"
                table = estimated(folder, register, [one.fields for one in questions])
                yield from ask(path, questions, table).figures(f"{label}, estimated weights")
            yield from plain(register, questions).figures(f"{label}, rapidfuzz alone")
            bench.say("splink")
            yield from _splink(register, questions).figures(f"{label}, splink")


def fill(folder: Path, register: Sequence[Fields]) -> Path:
    """Make a database with these people, their local ids counted from 1, and index them."""
    replica.init(folder, Author("A"))
    path = folder / replica.DATABASE
    with closing(schema.open_for_writing(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO patients (run, clock, record, fact, author, offline, status, well_formed,"
            f" understood, admitted, resolved, {', '.join(FIELDS)})"
            f" VALUES (1, ?1, ?2, ?2, 'A', 0, 'admitted', 1, 1, 1, 0{', ?' * len(FIELDS)})",
            (
                (number, number.to_bytes(16), *map(fields.get, FIELDS))
                for number, fields in enumerate(register)
            ),
        )
        connection.execute("COMMIT")
        while search.index_some(connection):
            pass
    return path


def ask(path: Path, questions: Sequence[Asked], table: Logs = FIXED) -> Tally:
    """What the register answers, with the fixed weights or with others."""
    tally = Tally()
    connection = ReadConnection(path.absolute(), date.today, FoldedRegistry())
    for one in questions:
        with connection.snapshot() as snapshot:
            began = thread_time()
            found = snapshot.matching.best(one.fields, table=table)
            tally.times.add(thread_time() - began)
        alarm = any(match.grade != "possible" for match in found)
        score = max((match.score.same for match in found), default=0.0)
        tally.add(one, Answer([match.patient - 1 for match in found], alarm, score))
    connection.close()
    return tally


def estimated(folder: Path, register: Sequence[Fields], more: Sequence[Fields]) -> Logs:
    """The weights that are estimated from a register and further registrations, nobody named.

    Args:
        more: people who are in the register already, and others.
    """
    path = fill(folder, [*register, *more])
    with closing(ReadConnection(path.absolute(), date.today, FoldedRegistry())) as connection:
        return logs(estimate(connection, lambda *_: None, ESTIMATED_FROM).fields)


def keys_bytes(path: Path, register: Sequence[Fields]) -> float:
    """Bytes that keys and counts take on disk for each person, in an index of nothing else."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE search USING fts5"
            " (text, content='', detail='none', tokenize='ascii')"
        )
        connection.execute("CREATE TABLE sounds (sound TEXT PRIMARY KEY, people INTEGER)")
        sounds: Counter[str] = Counter()
        for number, fields in enumerate(register):
            values = [fields.get(name) for name in search.COMPARED]
            sounds.update(search.sounds_of(search.compared(*values)))
            row = number << search.REVISION_BITS, " ".join(search.keys_of(*values))
            connection.execute("INSERT INTO search (rowid, text) VALUES (?, ?)", row)
            if number % search.PIECE == 0:
                connection.commit()
        connection.executemany("INSERT INTO sounds VALUES (?, ?)", sounds.items())
        connection.commit()
        connection.execute("VACUUM")
    return path.stat().st_size / len(register)


def plain(register: Sequence[Fields], questions: Sequence[Asked]) -> Tally:
    """What one text for each person and a ratio of letters find, looking at everybody."""
    choices = [_text(fields) for fields in register]

    def answer(fields: Fields) -> Answer:
        found = process.extract(_text(fields), choices, scorer=fuzz.token_sort_ratio, limit=BEST)
        best = found[0][1]
        return Answer([place for _, _, place in found], best >= PLAIN_ALARM, best / 100)

    return _all(questions, answer)


def _splink(register: Sequence[Fields], questions: Sequence[Asked]) -> Tally:
    found = splinking.link(register, [one.fields for one in questions])
    answers = iter(range(len(questions)))

    def answer(_fields: Fields) -> Answer:
        pairs = sorted(found.get(next(answers), ()), reverse=True)
        best = pairs[0][0] if pairs else 0.0
        return Answer([place for _, place in pairs[:BEST]], best >= splinking.ALARM, best)

    return _all(questions, answer)


def _all(questions: Sequence[Asked], answer: Callable[[Fields], Answer]) -> Tally:
    tally = Tally()
    for one in questions:
        tally.add(one, answer(one.fields))
    return tally


def _text(fields: Fields) -> str:
    return " ".join(
        fields[name] for name in ("full_name", "father_name", "dob", "phone") if name in fields
    ).casefold()
