"""The database file: opening it safely, its schema, and the way from older schemas to this one.

Truth: ``meta``, ``shards``, ``runs``, ``facts``, ``cursors``, ``answers``, ``holder_changes``,
``changes``, ``webhooks``, ``reprinted``, ``users``, ``api_keys``, ``audit``, ``suggestions``,
``alerts``, ``alert_messages``, ``outages``, ``looks``, ``clerk_pins``. It is migrated by scripts.
Projection, which can be dropped and made again from the facts: all the rest. It has a version of
its own; a database with another one gets it made again when the writer opens it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from sync.errors import NotItsFile, StoreDamaged, StoreFromFuture, StoreUnsafe
from sync.storage.access.clerk_pins import CLERK_PINS
from sync.storage.access.looks import LOOKS
from sync.storage.meta import Meta
from sync.storage.places import LINKS
from sync.storage.queries import roll_back
from sync.storage.records.number_sets import NUMBER_SETS
from sync.storage.records.pairs import PAIRS
from sync.storage.records.sheets import SHEETS
from sync.storage.records.suggestions import SUGGESTIONS
from sync.storage.times.days import WRITTEN
from sync.storage.watching.alerts import TERMS, WATCHING

_TRUTH_1: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE shards (
    id INTEGER PRIMARY KEY, author TEXT NOT NULL, number INTEGER NOT NULL,
    facts INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (author, number));
-- A run, or a branch of it: the facts from clock base on, as those before lie in its parent.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, shard INTEGER NOT NULL REFERENCES shards, client INTEGER NOT NULL,
    yjs_client INTEGER NOT NULL, parent INTEGER REFERENCES runs, base INTEGER NOT NULL,
    count INTEGER NOT NULL, link BLOB NOT NULL, bytes INTEGER NOT NULL,
    signed INTEGER NOT NULL DEFAULT 0, signed_link BLOB, key BLOB, signature BLOB,
    hlc INTEGER NOT NULL DEFAULT 0);
CREATE INDEX runs_of_shard ON runs (shard, client);
CREATE INDEX runs_unsigned ON runs (shard) WHERE signed < count;
CREATE TABLE facts (
    run INTEGER NOT NULL, clock INTEGER NOT NULL, patient INTEGER, data BLOB NOT NULL,
    PRIMARY KEY (run, clock)) WITHOUT ROWID;
-- The last number issued from a range of ours. No row, no number.
CREATE TABLE cursors (
    start INTEGER PRIMARY KEY, "end" INTEGER NOT NULL, incarnation BLOB NOT NULL,
    cursor INTEGER NOT NULL, closed TEXT);
-- What was answered to an idempotency key.
CREATE TABLE answers (
    key BLOB PRIMARY KEY, request BLOB NOT NULL, patient INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE holder_changes (
    id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, mrn TEXT NOT NULL,
    former INTEGER, holder INTEGER);
"""

_TRUTH_2: Final = """
-- What clients are told of, in the order in which it became durable (sync.rules.feed).
CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, patient INTEGER NOT NULL,
    change TEXT NOT NULL, mrn TEXT, former_mrn TEXT);
-- Where changes are delivered to, and up to which one that has been done.
CREATE TABLE webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, secret TEXT NOT NULL,
    delivered INTEGER NOT NULL, created_ms INTEGER NOT NULL);
-- Cards that were printed again after a number had changed.
CREATE TABLE reprinted (
    patient INTEGER NOT NULL, mrn TEXT NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (patient, mrn)) WITHOUT ROWID;
"""

_TRUTH_3: Final = """
-- Who may call a coordinator, see sync.storage.access.
CREATE TABLE users (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, password TEXT NOT NULL,
    active INTEGER NOT NULL, created_ms INTEGER NOT NULL, created_by TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    scopes TEXT NOT NULL, created_ms INTEGER, created_by TEXT NOT NULL, expires_ms INTEGER,
    withdrawn_ms INTEGER, used_ms INTEGER);
-- Tokens of before are keys.
INSERT INTO api_keys (hash, name, scopes, created_by)
    SELECT substr(key, 7), iif(value = '@administrator', 'administrator', value),
    iif(value = '@administrator', 'administer', 'register:' || value), ''
    FROM meta WHERE key LIKE 'token:%';
DELETE FROM meta WHERE key LIKE 'token:%';
-- What was done with the coordinator, see sync.storage.access.audit.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, who TEXT NOT NULL, address TEXT NOT NULL,
    act TEXT NOT NULL, about TEXT NOT NULL, outcome TEXT NOT NULL, hash BLOB NOT NULL);
"""

_LATEST_S: Final = 253_402_200_000
"""In the year 9999, beyond which SQLite tells no time."""


def _believed(own: str) -> str:
    """When something was done, as a column that follows from what is kept of its `OwnTime`.

    That is its own time if that is believed. Otherwise it is that of the first verdict, which the
    fold has dated by what is believed of the coordinator's clock, and until there is one the latest
    time at which it can have been done.

    Args:
        own: the column with its own time.
    """
    seconds = f"min(coalesce(judged_ms, doubted_ms) / 1000, {_LATEST_S})"
    return (
        f"TEXT AS (coalesce({own},"
        f" strftime('%Y-%m-%dT%H:%M:%S', {seconds}, 'unixepoch', zone) || zone))"
    )


PROJECTION: Final = f"""{PAIRS}{SHEETS}{NUMBER_SETS}{WRITTEN}{LINKS}
-- On a table of the truth. They are made with the projection, so that older databases get them too.
CREATE INDEX IF NOT EXISTS runs_in_document ON runs (shard, yjs_client);
CREATE INDEX IF NOT EXISTS branches_by_link ON runs (shard, client, link) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS branches_by_length ON runs (shard, client, count)
    WHERE parent IS NOT NULL;
CREATE TABLE registry (
    fact BLOB PRIMARY KEY, kind TEXT NOT NULL, hlc INTEGER NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE grants (
    record BLOB NOT NULL, serial INTEGER NOT NULL, mrn TEXT NOT NULL, terminal TEXT,
    fact BLOB NOT NULL, format BLOB, PRIMARY KEY (record, serial, mrn, fact)) WITHOUT ROWID;
CREATE INDEX grants_mrn ON grants (mrn);
CREATE INDEX grants_format ON grants (format) WHERE format IS NOT NULL;
CREATE TABLE verdicts (
    author TEXT NOT NULL, shard INTEGER NOT NULL, client INTEGER NOT NULL, last INTEGER NOT NULL,
    first INTEGER NOT NULL, link BLOB NOT NULL, at_ms INTEGER NOT NULL, rejects BLOB NOT NULL,
    PRIMARY KEY (author, shard, client, last, link, first, at_ms, rejects)) WITHOUT ROWID;
CREATE TABLE resolutions (
    fact BLOB PRIMARY KEY, registration BLOB NOT NULL, holder BLOB, hlc INTEGER NOT NULL,
    record BLOB NOT NULL, body BLOB NOT NULL, mrn TEXT, holder_record BLOB, holder_mrn TEXT,
    asked BLOB) WITHOUT ROWID;
CREATE INDEX resolutions_asked ON resolutions (asked) WHERE asked IS NOT NULL;
CREATE INDEX resolutions_of ON resolutions (registration);
CREATE INDEX resolutions_displacing ON resolutions (holder) WHERE holder IS NOT NULL;
CREATE TABLE amendments (
    record BLOB NOT NULL, fact BLOB NOT NULL, registration BLOB NOT NULL, author TEXT NOT NULL,
    hlc INTEGER NOT NULL, run INTEGER NOT NULL, clock INTEGER NOT NULL, body BLOB NOT NULL,
    admitted INTEGER NOT NULL, rejected TEXT, judged_ms INTEGER,
    PRIMARY KEY (record, fact, run, clock)) WITHOUT ROWID;
CREATE INDEX amendments_at ON amendments (run, clock);
CREATE INDEX amendments_unjudged ON amendments (run, clock) WHERE judged_ms IS NULL;
-- Each amendment once, in however many runs it lies, with what all verdicts on it say together.
CREATE TABLE corrections (
    record BLOB NOT NULL, fact BLOB NOT NULL, admitted INTEGER NOT NULL, rejected TEXT,
    judged_ms INTEGER, applied INTEGER NOT NULL,
    amended_at TEXT, doubted_ms INTEGER, zone TEXT, made_at {_believed("amended_at")},
    PRIMARY KEY (record, fact)) WITHOUT ROWID;
-- What each correction that applies says of a field, and whether another one takes its place.
CREATE TABLE corrected (
    record BLOB NOT NULL, registration BLOB NOT NULL, field TEXT NOT NULL,
    replaced INTEGER NOT NULL, hlc INTEGER NOT NULL, author TEXT NOT NULL, fact BLOB NOT NULL,
    text TEXT NOT NULL, PRIMARY KEY (record, registration, field, fact)) WITHOUT ROWID;
CREATE INDEX corrected_latest ON corrected (
    record, registration, field, replaced, hlc DESC, author DESC, fact DESC);
-- Which identifiers and own fields the corrections of a registration name, and the value in force.
CREATE TABLE added (
    record BLOB NOT NULL, registration BLOB NOT NULL, field TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (record, registration, field)) WITHOUT ROWID;
CREATE INDEX added_given ON added (record, registration, field) WHERE text != '';
CREATE TABLE replacing (
    record BLOB NOT NULL, registration BLOB NOT NULL, field TEXT NOT NULL, replaced BLOB NOT NULL,
    fact BLOB NOT NULL, PRIMARY KEY (record, registration, field, replaced, fact)) WITHOUT ROWID;
CREATE TABLE amended (
    record BLOB NOT NULL, registration BLOB NOT NULL, applied INTEGER NOT NULL,
    PRIMARY KEY (record, registration)) WITHOUT ROWID;
-- What one claims that is not numbered was granted to it, or is any text of a malformed one.
-- Readers know only created_at and updated_at, never the parts of which they are made.
CREATE TABLE patients (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, clock INTEGER NOT NULL, record BLOB NOT NULL,
    fact BLOB NOT NULL, author TEXT NOT NULL, terminal TEXT, offline INTEGER NOT NULL,
    claimed TEXT, numbered INTEGER NOT NULL DEFAULT 0, mrn TEXT, status TEXT NOT NULL,
    well_formed INTEGER NOT NULL,
    understood INTEGER NOT NULL, admitted INTEGER NOT NULL, rejected TEXT,
    judged_ms INTEGER, resolved INTEGER NOT NULL,
    registered_at TEXT, doubted_ms INTEGER, zone TEXT, created_at {_believed("registered_at")},
    corrected_at TEXT, updated_at TEXT AS (coalesce(corrected_at, created_at)),
    operator TEXT, operator_known TEXT, key_hash BLOB,
    full_name TEXT, father_name TEXT, dob TEXT, dob_estimated TEXT, sex TEXT, phone TEXT,
    cnic TEXT, address TEXT,
    identity TEXT, name_placeholder TEXT, mother TEXT, birth_order TEXT,
    identifiers TEXT, extra TEXT);
CREATE INDEX patients_unconfirmed ON patients (id) WHERE identity IS NOT NULL;
CREATE INDEX patients_mother ON patients (mother) WHERE mother IS NOT NULL;
CREATE INDEX patients_record ON patients (record, fact);
CREATE INDEX patients_mrn ON patients (mrn) WHERE mrn IS NOT NULL;
CREATE INDEX patients_key ON patients (key_hash, record) WHERE key_hash IS NOT NULL;
CREATE INDEX patients_former ON patients (claimed) WHERE claimed IS NOT mrn;
-- Of a later version no registration is judged here, so none is looked at again and again.
CREATE INDEX patients_unjudged ON patients (run, clock) WHERE judged_ms IS NULL AND understood;
CREATE INDEX patients_beyond ON patients (run) WHERE judged_ms IS NULL AND NOT understood;
-- A legacy number that somebody claims, under the number that it could be taken for.
CREATE TABLE twins (
    twin TEXT NOT NULL, mrn TEXT NOT NULL, PRIMARY KEY (twin, mrn)) WITHOUT ROWID;
-- Who holds an MRN now. The primary key is what makes two holders impossible.
CREATE TABLE held (
    mrn TEXT PRIMARY KEY, patient INTEGER NOT NULL REFERENCES patients) WITHOUT ROWID;
CREATE TABLE conflicts (
    patient INTEGER PRIMARY KEY REFERENCES patients, mrn TEXT, reason TEXT NOT NULL,
    decision BLOB, open INTEGER NOT NULL);
-- Registrations that are merged or void, and who stands for those that are merged.
CREATE TABLE settled (
    patient INTEGER PRIMARY KEY REFERENCES patients, fact BLOB NOT NULL, decision BLOB NOT NULL,
    serial INTEGER NOT NULL, action TEXT NOT NULL, into_record BLOB, into_fact BLOB,
    taken TEXT NOT NULL, counts INTEGER NOT NULL, record BLOB, survivor BLOB);
-- Values of a registration that a merge hides behind those of another one. It is found by them too.
CREATE TABLE hidden (
    patient INTEGER NOT NULL REFERENCES patients, field TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (patient, field)) WITHOUT ROWID;
-- What desks ask for, and what of it is refused. What is carried out stands in the resolutions.
CREATE TABLE requests (
    fact BLOB PRIMARY KEY, author TEXT NOT NULL, hlc INTEGER NOT NULL, record BLOB NOT NULL,
    body BLOB NOT NULL, into_record BLOB, made_at TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX requests_about ON requests (record);
CREATE INDEX requests_into ON requests (into_record) WHERE into_record IS NOT NULL;
CREATE TABLE refusals (
    request BLOB NOT NULL, fact BLOB NOT NULL, hlc INTEGER NOT NULL, record BLOB NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (request, fact)) WITHOUT ROWID;
CREATE INDEX settled_fact ON settled (fact);
CREATE INDEX settled_into ON settled (into_fact) WHERE into_fact IS NOT NULL;
CREATE INDEX settled_survivor ON settled (survivor) WHERE survivor IS NOT NULL;
-- All claims on each number that several registrations claim, with the parts of their rank. Those
-- that a sheet of a desk may cover name that desk.
CREATE TABLE rivals (
    patient INTEGER PRIMARY KEY REFERENCES patients, mrn TEXT NOT NULL, number INTEGER,
    excluded INTEGER NOT NULL, resolved INTEGER NOT NULL, unjudged INTEGER NOT NULL,
    serial INTEGER NOT NULL, fact BLOB NOT NULL, desk TEXT);
CREATE INDEX rivals_first ON rivals (
    mrn, excluded, resolved, unjudged, serial, fact, patient);
CREATE INDEX rivals_admitted ON rivals (mrn) WHERE NOT unjudged;
CREATE INDEX rivals_within ON rivals (number) WHERE number IS NOT NULL;
CREATE INDEX rivals_typed_in ON rivals (desk, number) WHERE desk IS NOT NULL;
-- The highest counter seen of a facility day, and the highest number seen used in a range.
CREATE TABLE day_marks (day TEXT PRIMARY KEY, highest INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE range_marks (
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, highest INTEGER NOT NULL,
    PRIMARY KEY (start, "end")) WITHOUT ROWID;
-- How often an author claims numbers of a range of which it may issue none.
CREATE TABLE strays (
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, terminal TEXT NOT NULL, author TEXT NOT NULL,
    claims INTEGER NOT NULL, PRIMARY KEY (start, "end", terminal, author)) WITHOUT ROWID;
-- The words are keys already (sync.model.typed), which an older Unicode would split otherwise.
CREATE VIRTUAL TABLE search USING fts5 (
    text, content='', detail='none', tokenize='ascii');
CREATE TABLE search_again (patient INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
-- How many of the people in the index have a word of this sound in their name or their father's;
-- the empty sound stands for all people.
CREATE TABLE sounds (sound TEXT PRIMARY KEY, people INTEGER NOT NULL) WITHOUT ROWID;
"""

_SEARCH: Final = "search"
_SEARCH_TABLES: Final = (_SEARCH, "search_again", "sounds")
PROJECTION_TABLES: Final = (
    "registry",
    "grants",
    "verdicts",
    "resolutions",
    "amendments",
    "corrections",
    "corrected",
    "added",
    "replacing",
    "amended",
    "patients",
    "twins",
    "held",
    "conflicts",
    "settled",
    "hidden",
    "requests",
    "refusals",
    "pairs",
    "two_people",
    "sheets",
    "sheet_numbers",
    "rivals",
    "day_marks",
    "range_marks",
    "strays",
    "number_sets",
    "written",
    "links",
    "search",
    "search_again",
    "sounds",
)

MIGRATIONS: Final = (
    *(_TRUTH_1, _TRUTH_2, _TRUTH_3, SUGGESTIONS, WATCHING, TERMS, LOOKS, CLERK_PINS),
)
"""Script n leads from schema n of the truth to n + 1; a released one is never edited."""

VERSION: Final = len(MIGRATIONS)

PROJECTION_VERSION: Final = 14
"""Raised whenever a projection table, or what the fold writes into it, changes."""

STATEMENTS_KEPT: Final = 512
"""A writer has some 350 different statements. Python keeps 128 unless it is told otherwise, and to
compile one again takes several times as long as to execute it."""

_PRAGMAS: Final = {"journal_mode": "wal", "synchronous": 2}


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The one writing connection, durable and brought to this schema.

    Raises:
        StoreFromFuture: a newer version of the software wrote it; it is left unchanged.
        NotItsFile, StoreDamaged: see `_require_own`; it is left unchanged.
        StoreUnsafe: the file system does not offer what durability needs.
    """
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_KEPT
    )
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise StoreFromFuture(path=path, version=version, known=VERSION)
        require_readable(connection)
        _require_own(connection, path, version)
        for pragma, wanted in _PRAGMAS.items():
            connection.execute(f"PRAGMA {pragma} = {wanted}")
            found = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
            if found != wanted:
                raise StoreUnsafe(path=path, pragma=pragma, wanted=wanted, found=found)
        connection.execute("PRAGMA cache_size = -32000")
        connection.execute("PRAGMA temp_store = MEMORY")
        _migrate(connection, version)
    except BaseException:
        connection.close()
        raise
    return connection


def require_readable(connection: sqlite3.Connection) -> None:
    """Pass only if SQLite can read what tables there are, which it does once for a connection.

    It names what it cannot read. Python takes that for UTF-8, which a changed byte need not be, and
    then raises an error that is none of the database.

    Raises:
        sqlite3.Error: it cannot.
    """
    try:
        connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    except UnicodeDecodeError as error:
        damaged = sqlite3.DatabaseError(error.object.decode("utf-8", "replace"))
        damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        damaged.sqlite_errorname = "SQLITE_CORRUPT"
        raise damaged from error


def _require_own(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Pass if there are no tables yet, or those that this software makes.

    Raises:
        NotItsFile: another program has made them, and ours would be made among them.
        StoreDamaged: they are ours, and the file does not say of which version, as that of a dump.
    """
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if tables and "meta" not in tables:
        raise NotItsFile(path=path.parent, why=f"{path.name} is that of another program")
    if tables and version == 0:
        why = f"{path.name} does not say of which version its tables are"
        raise StoreDamaged(path=path.parent, why=why)


def recreate_projection(connection: sqlite3.Connection) -> None:
    """Drop all projection tables and make them again, empty; inside the caller's transaction."""
    for table in reversed(PROJECTION_TABLES):
        _drop(connection, table)
    _create_projection(connection)


def recreate_search(connection: sqlite3.Connection) -> None:
    """Make the tables of the search index again, empty; inside the caller's transaction.

    Those that are there are forgotten without being read, because pages of them may be bad, and in
    a transaction that has met one SQLite writes nothing more. Nobody uses these pages from then on.
    """
    tables = search_tables(connection)
    marks = ", ".join("?" * len(tables))
    connection.execute("PRAGMA writable_schema = ON")
    try:
        connection.execute(f"DELETE FROM sqlite_schema WHERE tbl_name IN ({marks})", tables)
    finally:
        connection.execute("PRAGMA writable_schema = RESET")
    for statement in _statements(PROJECTION):
        if any(f" TABLE {table} " in statement for table in _SEARCH_TABLES):
            connection.execute(statement)


def search_tables(connection: sqlite3.Connection) -> list[str]:
    """The tables of the search index that are there, with those that FTS5 makes for itself."""
    names = [name for (name,) in connection.execute("SELECT tbl_name FROM sqlite_schema")]
    return sorted(
        name for name in set(names) if name in _SEARCH_TABLES or name.startswith(f"{_SEARCH}_")
    )


def _drop(connection: sqlite3.Connection, table: str) -> None:
    try:
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    except sqlite3.DatabaseError:
        if table != _SEARCH:
            raise
        _drop_unusable_search(connection)


def _drop_unusable_search(connection: sqlite3.Connection) -> None:
    """Drop a search index that SQLite cannot use any more, and so cannot drop as a whole.

    It is dropped through what it has in its own tables, and without these nothing is left of it.
    """
    connection.execute("PRAGMA writable_schema = ON")
    try:
        connection.execute("DELETE FROM sqlite_schema WHERE name = ?", (_SEARCH,))
    finally:
        connection.execute("PRAGMA writable_schema = RESET")
    tables = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB ?", (f"{_SEARCH}_*",)
    ).fetchall()
    for (table,) in tables:
        if table not in PROJECTION_TABLES:  # `search_again` is one of ours
            connection.execute(f"DROP TABLE {table}")


def projection_statements(without: AbstractSet[str]) -> list[str]:
    """What makes the tables of the projection and their indexes in a database of its own.

    Args:
        without: tables that are left out, none of which has an index.
    """
    return [
        statement
        for statement in _statements(PROJECTION)
        if " ON runs " not in statement
        and not any(f" TABLE {table} " in statement for table in without)
    ]


def _create_projection(connection: sqlite3.Connection) -> None:
    for statement in _statements(PROJECTION):
        connection.execute(statement)
    Meta(connection).projection_version = PROJECTION_VERSION


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    for number in range(version, VERSION):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in _statements(MIGRATIONS[number]):
                connection.execute(statement)
            if version == 0 and number + 1 == VERSION:
                _create_projection(connection)
            connection.execute(f"PRAGMA user_version = {number + 1}")
            connection.execute("COMMIT")
        except BaseException:
            roll_back(connection)
            raise


def _statements(script: str) -> list[str]:
    """The statements of a script that has no semicolon but at their ends."""
    return [statement for statement in script.split(";") if statement.strip()]
