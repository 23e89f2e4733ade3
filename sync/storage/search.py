"""Searching people: what the index holds of a person, and how a clerk's words become a query.

Besides the words there are keys in it, by which people are found who may be one person
(`sync.matching.keys`). The index is filled behind the registrations. A person whose words were
corrected is entered once more under a new revision, so the old name still finds them. Whoever is
not in the index yet is held against a query directly, with the same words (`words_of`).
"""

from __future__ import annotations

import functools
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final, ParamSpec, TypeVar

from sync.matching import keys, query
from sync.matching.person import Person
from sync.matching.query import Part
from sync.matching.sounds import sound
from sync.model import telephones, typed
from sync.model.demographics import normal_cnic
from sync.model.person import more
from sync.storage import schema
from sync.storage.meta import Meta
from sync.storage.queries import chunks, roll_back

REVISION_BITS: Final = 20
REVISION_MAX: Final = (1 << REVISION_BITS) - 1
"""Of the words of one person. Beyond it they are entered under the same revision again."""
PIECE: Final = 200
"""People in one transaction: a few milliseconds, for which a registration may have to wait."""
PIECE_LETTERS: Final = 30_000
"""Letters of all texts of these people after which the transaction ends earlier. So many have 200
people of whom everything is known."""

PEOPLE_KEPT: Final = 2048
"""People whose words are kept in memory, for those not in the index are looked at again."""
PERSON_LETTERS_MAX: Final = 400
"""Of a person with longer texts nothing is kept in memory: somebody may write hundreds of times as
much. Of most people some 100 letters are known."""

COMPARED: Final = (
    *("full_name", "father_name", "phone", "cnic", "dob"),
    *("dob_estimated", "sex", "address", "name_placeholder", "identifiers"),
)
"""The columns of ``patients`` by which two people are compared."""

COLUMNS: Final = ("id", "mrn", "claimed", *COMPARED)
"""The columns in which a search looks, behind the local id."""

BLOCK_MAX: Final = 300
"""A key that so many people have says nothing of who somebody is."""

EVERYBODY: Final = ""
"""Stands for all people where their sounds are counted."""

_INDEXED_COLUMNS: Final = ", ".join(f"p.{name}" for name in COLUMNS)
_ENTRIES: Final = f"SELECT rowid >> {REVISION_BITS} FROM search WHERE search MATCH ? LIMIT ?"
_PEOPLE: Final = _ENTRIES.replace("SELECT", "SELECT DISTINCT")
_INDEXED: Final = "SELECT value FROM meta WHERE key = 'indexed'"


Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def _kept(make: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Keep what is made of the texts of `PEOPLE_KEPT` people, none of whom has very long ones."""
    remembered: Any = functools.lru_cache(PEOPLE_KEPT)(make)

    @functools.wraps(remembered)
    def answer(*values: Given.args, **named: Given.kwargs) -> Answer:
        letters = sum(len(value) for value in values if isinstance(value, str))
        found: Answer = (remembered if letters <= PERSON_LETTERS_MAX else make)(*values, **named)
        return found

    return answer


def index_some(connection: sqlite3.Connection, region: str = telephones.REGION) -> int:
    """Bring up to `PIECE` people into the index, in a transaction of its own; return how many.

    When all are in it nothing is written.
    """
    done = connection.execute(_INDEXED).fetchone()
    new = connection.execute(
        f"SELECT 0, {_INDEXED_COLUMNS} FROM patients p WHERE id > ? ORDER BY id LIMIT ?",
        (done[0] if done else 0, PIECE),
    )
    rows, letters = within(new, PIECE_LETTERS)
    changed = connection.execute(
        f"SELECT s.revision, {_INDEXED_COLUMNS}"
        " FROM search_again s JOIN patients p ON p.id = s.patient LIMIT ?",
        (PIECE - len(rows),),
    )
    again, _ = within(changed, letters)
    if not rows and not again:
        return 0
    formers = _words_of_formers(connection, region, [row[1] for row in rows + again])
    people = {row[1]: compared(*row[4:]) for row in rows + again}
    entries = [
        (
            patient << REVISION_BITS | revision,
            " ".join(_entry(region, people[patient], *values) + formers.get(patient, [])),
        )
        for revision, patient, *values in rows + again
    ]
    # Who is entered once more was counted before, with what was known of them then.
    sounds = Counter(one for row in rows for one in sounds_of(people[row[1]]))
    connection.execute("BEGIN IMMEDIATE")
    try:
        if rows:
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('indexed', ?)", (rows[-1][1],))
        connection.executemany("DELETE FROM search_again WHERE patient = ?", _ids(again))
        connection.executemany("INSERT INTO search (rowid, text) VALUES (?, ?)", entries)
        connection.executemany(
            "INSERT INTO sounds VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET people = people + excluded.people",
            sounds.items(),
        )
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise
    return len(entries)


def keep_to_rule(store: Meta, region: str) -> None:
    """Make the index empty when it was filled by another rule, so that it is filled again.

    Call it before the first search: words of two rules do not find each other.
    """
    rule = typed.rule(telephones.RULE, region, str(keys.RULE), str(query.RULE))
    if store.search_rule == rule:
        return
    execute = store.connection.execute
    execute("BEGIN IMMEDIATE")
    try:
        # A table without content forgets nothing one by one.
        execute("INSERT INTO search (search) VALUES ('delete-all')")
        execute("DELETE FROM search_again")
        execute("DELETE FROM sounds")
        store.indexed = 0
        store.search_rule = rule
        execute("COMMIT")
    except BaseException:
        roll_back(store.connection)
        raise


def make_anew(store: Meta) -> None:
    """Make an empty index, which is filled again from the people; inside a transaction."""
    schema.recreate_search(store.connection)
    store.indexed = 0


def match(parts: Sequence[Part]) -> str:
    """The full-text query of people who fit all parts of what was typed."""
    return " AND ".join(
        "(" + " OR ".join(f'"{fit.text}"' + "*" * (not fit.whole) for fit in part) + ")"
        for part in parts
    )


@_kept
def words_of(region: str, *values: str | None) -> str:
    """The words under which the index finds a person, a space before and behind each.

    Args:
        region: where telephone numbers without a country code are from.
        values: those of `COLUMNS` except the first.
    """
    return " ".join(["", *_words(region, compared(*values[2:]), *values), ""])


def exactly(number: str) -> str | None:
    """The query of people who have a number, as a whole word; None if it is empty."""
    return f'"{number}"' if number else None


@_kept
def compared(*values: str | None) -> Person:
    """A person as they are compared with others, from the values of `COMPARED`."""
    return Person(dict(zip(COMPARED, values, strict=True)))


@_kept
def keys_of(*values: str | None) -> tuple[str, ...]:
    """The keys under which somebody with the values of `COMPARED` is in the index."""
    return tuple(keys.kept(compared(*values)))


def sounds_of(someone: Person) -> list[str]:
    """The sounds for which somebody is counted."""
    return [EVERYBODY, *dict.fromkeys(map(sound, someone.name + someone.father))]


def under(connection: sqlite3.Connection, asked: Collection[str]) -> Iterator[Collection[int]]:
    """The people in the index under each key, except where more than `BLOCK_MAX` are."""
    for key in asked:
        match = f'"{key}"', BLOCK_MAX + 1
        rows = connection.execute(_ENTRIES, match).fetchall()
        people = set(rows)
        if len(rows) > BLOCK_MAX >= len(people):
            # Some were entered again, so there may be others behind these entries.
            people = set(connection.execute(_PEOPLE, match))
        if len(people) <= BLOCK_MAX:
            yield {patient for (patient,) in people}


def is_shared(connection: sqlite3.Connection, word: str, by: int = BLOCK_MAX) -> bool:
    """True for a whole word of the index that more than so many people have."""
    (people,) = connection.execute(
        f"SELECT count(DISTINCT rowid >> {REVISION_BITS}) FROM"
        " (SELECT rowid FROM search WHERE search MATCH ? LIMIT ?)",
        (f'"{word}"', 2 * by + 1),
    ).fetchone()
    return bool(people > by)


def having(connection: sqlite3.Connection, sounds: Sequence[str]) -> dict[str, int]:
    """Sound -> how many of the people in the index have it; one that nobody has is left out."""
    found: dict[str, int] = {}
    for chunk, marks in chunks(sounds):
        found |= connection.execute(
            f"SELECT sound, people FROM sounds WHERE sound IN ({marks})", chunk
        )
    return found


def within(rows: sqlite3.Cursor, letters: int) -> tuple[list[tuple[Any, ...]], int]:
    """The first rows, until their texts reach so many letters, and how many letters are left.

    Args:
        letters: none for no rows at all; as long as there are some, the next row is taken.
    """
    found: list[tuple[Any, ...]] = []
    while letters > 0 and (row := rows.fetchone()) is not None:
        found.append(row)
        letters -= sum(_letters(value) for value in row if isinstance(value, str))
    rows.close()  # or it would hold what is read until it is collected
    return found, letters


def _letters(text: str) -> int:
    """How many letters there are to read in a text, at most."""
    # To bring a long one into NFKC would take as long as all the rest.
    return len(text) * (1 if unicodedata.is_normalized("NFKC", text) else typed.GROWTH)


def _words(
    region: str, someone: Person, mrn: str | None, claimed: str | None, *values: str | None
) -> list[str]:
    _, _, phone, cnic, dob, *_ = values
    found = [word for name in someone.names if name for word in typed.words(name)]
    for number in (mrn, claimed):
        if number:
            tokens = typed.tokens(typed.key(number))
            digits = typed.digits(number)
            found += [*tokens, "".join(tokens), digits, digits.lstrip("0")]
    for number in someone.numbers:
        tokens = typed.tokens(typed.key(number))
        found += [*tokens, "".join(tokens), typed.digits(number)]
    if phone:
        found += [*telephones.spellings(phone, region), someone.phone]
    if someone.phone:
        found.append(query.PHONE_END + someone.phone[::-1])
    if cnic:
        digits = normal_cnic(cnic)
        found += [digits, query.CNIC_END + digits[::-1]]
    if dob:
        found += [query.BORN + typed.digits(dob), query.BORN + dob[:4]]
    spoken = map(sound, someone.name + someone.father)
    found += [query.SOUND + one for one in spoken]
    found += [query.PLACE + one for one in (someone.number, *sorted(someone.place)) if one]
    return list(dict.fromkeys(filter(None, found)))


def _entry(region: str, someone: Person, *values: str | None) -> list[str]:
    """All that the index holds of a person: the words, and the keys."""
    return [*_words(region, someone, *values), *keys.kept(someone)]


def _words_of_formers(
    connection: sqlite3.Connection, region: str, patients: Sequence[int]
) -> dict[int, list[str]]:
    """By what else some people are found, by local id.

    That are the words of those for whom they stand, and their own that merges hide.
    """
    found: dict[int, list[str]] = {}
    columns = ", ".join(f"p.{name}" for name in COLUMNS[1:])
    for chunk, marks in chunks(patients):
        rows = connection.execute(
            f"SELECT g.id, {columns} FROM patients g JOIN settled s ON s.survivor = g.fact"
            f" JOIN patients p ON p.id = s.patient WHERE g.id IN ({marks})",
            chunk,
        )
        for patient, *values in rows:
            found.setdefault(patient, []).extend(_words(region, compared(*values[2:]), *values))
        rows = connection.execute(
            f"SELECT patient, field, text FROM hidden WHERE patient IN ({marks})", chunk
        )
        hidden: dict[int, dict[str, str]] = {}
        for patient, field, text in rows:
            hidden.setdefault(patient, {})[field] = text
        for patient, own in hidden.items():
            identifiers, _ = more.packed(own)
            values = [
                identifiers if name == more.IDENTIFIERS else own.get(name) for name in COLUMNS[1:]
            ]
            found.setdefault(patient, []).extend(_words(region, compared(*values[2:]), *values))
    return found


def _ids(rows: Sequence[Sequence[int]]) -> list[tuple[int]]:
    return [(row[1],) for row in rows]
