"""The facts on disk, with the runs and shards that they lie in. Every statement on them is here.

Invariants, which hold at every commit:

- The facts of a run lie at the clocks ``base`` to ``length - 1`` without a gap; those below
  ``base`` lie in its parent.
- ``link`` is the link at ``length``. A link names everything before it, so two runs with equal
  links hold equal facts.
- ``base <= signed <= length`` where there is a signature, and ``signed_link`` is the link at
  ``signed``. Only signed facts are ever sent.
- The facts of a run are never changed or removed; a run only grows at its end. Only `drop_shard`
  removes a shard of the coordinator's in which somebody else has written with its stolen key, and
  `mend` writes again what a fault of the disk has changed.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from sync.errors import BadFact, StoreDamaged
from sync.model import runs, yjs
from sync.model.facts import REGISTRY, Author, Envelope, Link, decode, fact_id
from sync.model.runs import Batch, End
from sync.rules.gate import NewFact, Segment
from sync.storage.places import Places
from sync.storage.queries import FACT_DATA

LINKS_KEPT: Final = 64
"""Runs whose links are kept in memory, at most some 100 kB each."""


class ShardRow(NamedTuple):
    """A shard under its local id."""

    id: int
    author: Author
    number: int
    facts: int
    size: int


class RunRow(NamedTuple):
    """A run or branch under its local id; see the schema for base, parent and signed."""

    id: int
    shard: int
    client: int
    yjs_client: int
    parent: int | None
    base: int
    length: int
    link: Link
    size: int
    signed: int
    signed_link: Link | None
    key: bytes | None
    signature: bytes | None
    hlc: int

    @property
    def segment(self) -> Segment:
        """The run as the gate sees it."""
        return Segment(
            self.id, self.client, self.parent, self.base, self.length, self.link, self.size
        )


_SHARD = "id, author, number, facts, bytes"
_RUN = (
    "id, shard, client, yjs_client, parent, base, count, link, bytes, signed, signed_link, key,"
    " signature, hlc"
)
_SHARD_S = ", ".join(f"s.{name.strip()}" for name in _SHARD.split(","))
_RUN_R = ", ".join(f"r.{name.strip()}" for name in _RUN.split(","))


class KnownRows:
    """The rows that one transaction has read or written: nobody else writes meanwhile."""

    def __init__(self) -> None:
        self.runs: dict[int, RunRow] = {}
        self.shards: dict[int, ShardRow] = {}
        self.named: dict[tuple[Author, int], ShardRow] = {}

    def shard(self, shard: ShardRow) -> ShardRow:
        """Keep a shard as it is now."""
        self.shards[shard.id] = self.named[shard.author, shard.number] = shard
        return shard

    def run(self, run: RunRow) -> RunRow:
        """Keep a run as it is now."""
        self.runs[run.id] = run
        return run

    def signed(self, run: int, end: End, key: bytes, signature: bytes) -> None:
        """A run has a newer signature."""
        if (row := self.runs.get(run)) is not None:
            self.runs[run] = row._replace(
                signed=end.length, signed_link=end.link, key=key, signature=signature
            )

    def grown(self, run: RunRow, facts: int, size: int) -> None:
        """A run, as it is now except for its signature, and its shard have so much more."""
        if (row := self.runs.get(run.id)) is not None:
            self.runs[run.id] = row._replace(
                length=run.length, link=run.link, size=run.size, hlc=run.hlc
            )
        if (shard := self.shards.get(run.shard)) is not None:
            self.shard(shard._replace(facts=shard.facts + facts, size=shard.size + size))

    def clear(self) -> None:
        """Forget all of them."""
        self.runs.clear()
        self.shards.clear()
        self.named.clear()


_OTHER_KIND: Final = "a value of another kind stands where it says which records it has"
"""A fault of the disk has made one value of a row another kind of value."""


class ShardTables:
    """Shards, runs and facts, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._links: OrderedDict[tuple[Link, int], list[Link]] = OrderedDict()
        self._known: KnownRows | None = None
        self.places = Places(connection)

    def remember(self) -> None:
        """Read each shard and each run once from now on: a transaction begins."""
        self._known = KnownRows()

    def remember_no_more(self) -> None:
        """Read them each time again: the transaction has ended."""
        self._known = None

    def forget(self) -> None:
        """A transaction has failed: what is in memory may never have been."""
        self.places.forget()
        if self._known is not None:
            self._known.clear()

    # shards and runs

    def find(self, author: Author, number: int) -> ShardRow | None:
        """The shard of an author with a number, if this replica holds anything of it."""
        known = self._known
        if known is not None and (found := known.named.get((author, number))) is not None:
            return found
        row = self._execute(
            f"SELECT {_SHARD} FROM shards WHERE author = ? AND number = ?", (author, number)
        ).fetchone()
        if row is None or known is None:
            return _shard(row) if row else None
        return known.shard(_shard(row))

    def by_id(self, shard: int) -> ShardRow:
        """The shard with a local id."""
        known = self._known
        if known is not None and (found := known.shards.get(shard)) is not None:
            return found
        row = self._execute(f"SELECT {_SHARD} FROM shards WHERE id = ?", (shard,)).fetchone()
        return _shard(row) if known is None else known.shard(_shard(row))

    def newest(self, author: Author) -> ShardRow | None:
        """The shard of an author with the highest number, into which that author writes."""
        row = self._execute(
            f"SELECT {_SHARD} FROM shards WHERE author = ? ORDER BY number DESC LIMIT 1",
            (author,),
        ).fetchone()
        return _shard(row) if row else None

    def add(self, author: Author, number: int) -> ShardRow:
        """A new, empty shard."""
        cursor = self._execute(
            "INSERT INTO shards (author, number) VALUES (?, ?)", (author, number)
        )
        assert cursor.lastrowid is not None
        return ShardRow(cursor.lastrowid, author, number, 0, 0)

    def authors(self) -> list[Author]:
        """All authors of facts that this replica holds, sorted."""
        rows = self._execute("SELECT DISTINCT author FROM shards ORDER BY author")
        return [author for (author,) in rows]

    def shard_ends(self, author: Author) -> list[tuple[int, list[End]]]:
        """(number, signed ends) of each shard of an author that has any, ascending."""
        rows = self._execute(
            "SELECT s.number, r.client, r.signed, r.signed_link FROM shards s JOIN runs r"
            " ON r.shard = s.id WHERE s.author = ? AND r.signed > r.base ORDER BY s.number",
            (author,),
        )
        shards: list[tuple[int, list[End]]] = []
        for number, *end in rows:
            if not isinstance(number, int):
                raise _damaged(_OTHER_KIND)
            if not shards or shards[-1][0] != number:
                shards.append((number, []))
            shards[-1][1].append(End(*end))
        return shards

    def ends_of(self, author: Author, number: int) -> list[End]:
        """The signed ends of one shard; of a crowded one so many that they crowd any replica's."""
        rows = self._execute(
            "SELECT r.client, r.signed, r.signed_link FROM shards s JOIN runs r ON r.shard = s.id"
            " WHERE s.author = ? AND s.number = ? AND r.signed > r.base ORDER BY r.client LIMIT ?",
            (author, number, runs.SHARD_RUNS_MAX + 1),
        )
        return [End(*row) for row in rows]

    def is_crowded(self, shard: ShardRow) -> bool:
        """True for a shard larger than any honest author's, which is left out of all digests."""
        if shard.facts <= runs.SHARD_RUNS_MAX and shard.size <= runs.SHARD_BYTES_MAX:
            return False  # nearly every shard; each run has a fact, so there are few of them too
        return any(shard.id == one.id for one in self.crowded(shard.id))

    def crowded(self, shard: int | None = None) -> list[ShardRow]:
        """The shards, or the one with a local id if it is such, that are left out of digests."""
        rows = self._execute(
            f"SELECT {_SHARD} FROM shards"
            " WHERE id BETWEEN coalesce(?1, 0) AND coalesce(?1, 1 << 62) AND (facts > ?2"
            " OR bytes > ?3 OR (facts > ?4 AND EXISTS"
            " (SELECT 1 FROM runs WHERE shard = shards.id LIMIT 1 OFFSET ?4)))",
            (shard, runs.SHARD_FACTS_MAX, runs.SHARD_BYTES_MAX, runs.SHARD_RUNS_MAX),
        )
        return [_shard(row) for row in rows]

    def runs_of(self, shard: int) -> list[RunRow]:
        """All runs of a shard, parents before their branches."""
        rows = self._execute(f"SELECT {_RUN} FROM runs WHERE shard = ? ORDER BY id", (shard,))
        return [_run(row) for row in rows]

    def run(self, run: int) -> RunRow:
        """The run with a local id."""
        known = self._known
        if known is not None and (found := known.runs.get(run)) is not None:
            return found
        row = self._execute(f"SELECT {_RUN} FROM runs WHERE id = ?", (run,)).fetchone()
        return _run(row) if known is None else known.run(_run(row))

    def add_run(
        self, shard: int, client: int, yjs_client: int, parent: RunRow | None, base: int, link: Link
    ) -> RunRow:
        """A new run, or a branch that leaves ``parent`` at clock ``base``; still empty.

        Args:
            client: the Yjs client id that the author signs.
            yjs_client: the id that the run is to have in this replica's Y.Doc; where the shard
                has a run with it already, the next free one is taken, see `_free_id`.
            link: the link at ``base``.
        """
        yjs_client = _free_id(self._connection, shard, yjs_client)
        size = parent.size - self.places.bytes_from(parent.id, base) if parent is not None else 0
        cursor = self._execute(
            "INSERT INTO runs (shard, client, yjs_client, parent, base, count, link, bytes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (shard, client, yjs_client, parent.id if parent else None, base, base, link, size),
        )
        assert cursor.lastrowid is not None
        return self.run(cursor.lastrowid)

    def sign_run(self, run: int, end: End, key: bytes, signature: bytes) -> None:
        """Put a newer signature in the place of that of a run."""
        self._execute(
            "UPDATE runs SET signed = ?, signed_link = ?, key = ?, signature = ? WHERE id = ?",
            (end.length, end.link, key, signature, run),
        )
        if self._known is not None:
            self._known.signed(run, end, key, signature)

    # facts

    def append_facts(
        self, run: RunRow, new: Sequence[NewFact], patients: Sequence[int | None]
    ) -> RunRow:
        """Append facts to the end of a run.

        Args:
            new: at least one, from the clock ``run.length`` on.
            patients: for each the local id of the person that it registers, if it does.

        Returns:
            The run as it is now.
        """
        self._connection.executemany(
            "INSERT INTO facts VALUES (?, ?, ?, ?)",
            [
                (run.id, fact.clock, patient, fact.data)
                for fact, patient in zip(new, patients, strict=True)
            ],
        )
        size = sum(len(fact.data) for fact in new)
        run = run._replace(
            length=new[-1].clock + 1,
            link=new[-1].link,
            size=run.size + size,
            hlc=max(run.hlc, *(fact.envelope.hlc for fact in new)),
        )
        self._execute(
            "UPDATE runs SET count = ?, link = ?, bytes = ?, hlc = ? WHERE id = ?",
            (run.length, run.link, run.size, run.hlc, run.id),
        )
        self._execute(
            "UPDATE shards SET facts = facts + ?, bytes = bytes + ? WHERE id = ?",
            (len(new), size, run.shard),
        )
        if self._known is not None:
            self._known.grown(run, len(new), size)
        self.places.keep(run.id, run.parent is not None, new)
        self.places.grown(run.shard, run.client, run.link, (run.id, run.length))
        return run

    def facts_of(self, run: int, first: int) -> list[bytes]:
        """The facts that lie in the run itself, from clock ``first`` on."""
        select = f"SELECT {FACT_DATA} FROM facts WHERE run = ? AND clock >= ? ORDER BY clock"
        return [data for (data,) in self._execute(select, (run, first))]

    def mend(self, run: int, clock: int, data: bytes) -> None:
        """Put the bytes that were written in the place of those that a fault has changed."""
        self._execute("UPDATE facts SET data = ? WHERE run = ? AND clock = ?", (data, run, clock))
        self._links.clear()
        self.places.forget()

    def envelope_at(self, run: int, clock: int) -> Envelope:
        """The envelope of one fact, see `stored_envelope`."""
        select = f"SELECT {FACT_DATA} FROM facts WHERE run = ? AND clock = ?"
        row = self._execute(select, (run, clock)).fetchone()
        return stored_envelope(row[0] if row else None)

    def stretch(self, run: RunRow, first: int, last: int) -> list[bytes]:
        """The facts ``first``..``last`` (exclusive) of a run, through the parents of a branch."""
        pieces: list[list[bytes]] = []
        # A loop instead of a recursion, because a run may be the branch of a branch a thousand
        # times over.
        while True:
            start = max(first, run.base)
            if start < last:
                pieces.append(self.facts_of(run.id, start)[: last - start])
            if first >= run.base:
                return [data for piece in reversed(pieces) for data in piece]
            if run.parent is None:
                raise _damaged("a run without the one that it leaves begins in its middle")
            last = min(last, run.base)
            run = self.run(run.parent)

    def link_at(self, author: Author, number: int, run: RunRow, clock: int) -> Link:
        """The link of a run at ``clock``, computed from its facts unless it is known."""
        if clock == run.length:
            return run.link
        if clock == run.signed and run.signed_link is not None:
            return run.signed_link
        if clock == 0:
            return runs.first_link(author, number, run.client)
        links = self._all_links(author, number, run)
        if clock >= len(links):
            raise _damaged("a record is missing in it")
        return links[clock]

    def _all_links(self, author: Author, number: int, run: RunRow) -> list[Link]:
        """All links of a run from clock 0 on; those of the last `LINKS_KEPT` runs are kept.

        What is kept is never out of date, because the link at its end names a run's whole content.
        """
        key = (run.link, run.length)
        links = self._links.get(key)
        if links is None:
            links = [runs.first_link(author, number, run.client)]
            for data in self.stretch(run, 0, run.length):
                links.append(runs.next_link(links[-1], fact_id(author, data)))
            self._links[key] = links
            if len(self._links) > LINKS_KEPT:
                self._links.popitem(last=False)
        self._links.move_to_end(key)
        return links

    def document(self, shard: int, yjs_client: int) -> list[bytes]:
        """The facts of one client of the Y.Doc of a shard, to load it from."""
        rows = self._execute(
            f"SELECT {FACT_DATA} FROM runs r JOIN facts f ON f.run = r.id"
            " WHERE r.shard = ? AND r.yjs_client = ? ORDER BY f.clock",
            (shard, yjs_client),
        )
        return [data for (data,) in rows]

    def all_runs(self, author: Author | None = None) -> Iterator[tuple[ShardRow, RunRow]]:
        """Every run with its shard, or those of an author; those of the registry come first."""
        among, authors = ("", ()) if author is None else (" WHERE s.author = ?", (author,))
        rows = self._execute(
            "SELECT s.id, s.author, s.number, s.facts, s.bytes, r.id FROM shards s"
            f" JOIN runs r ON r.shard = s.id{among} ORDER BY s.author <> ?, s.author,"
            " s.number, r.client, r.base, r.link",
            (*authors, REGISTRY),
        ).fetchall()
        for *shard, run in rows:
            yield _shard(shard), self.run(run)

    # batches

    def batch(self, run: RunRow, first: int) -> Batch:
        """What travels of a run from clock ``first`` up to its newest signature."""
        shard = self.by_id(run.shard)
        assert run.key is not None
        assert run.signature is not None
        return Batch(
            shard.author,
            shard.number,
            run.client,
            first,
            self.link_at(shard.author, shard.number, run, first),
            run.signed,
            yjs.encode_update(run.client, first, self.stretch(run, first, run.signed)),
            run.key,
            run.signature,
        )


def stored_envelope(data: bytes | None) -> Envelope:
    """The envelope of a fact of this database, None for one that is not there any more.

    Raises:
        StoreDamaged: it is none. The gate has let in no such fact, so it was changed on the disk,
            and no other computer has sent anything wrong.
    """
    if data is None:
        raise _damaged("a record is missing in it")
    try:
        return decode(data)
    except BadFact as error:
        raise _damaged(f"a record in it cannot be read: {error.facts['why']}") from error


def _shard(row: Sequence[Any]) -> ShardRow:
    """A shard from its row; without its name nothing can be read or written in it."""
    shard = ShardRow(*row)
    if (type(shard.author), type(shard.number)) != (str, int):
        raise _damaged(_OTHER_KIND)
    return shard


def _run(row: Sequence[Any] | None) -> RunRow:
    """A run from its row; without these values nothing can be read or written in it.

    The others are looked at where they are used, or are written anew with the next record.
    """
    if row is None:
        raise _damaged("a part of the register that others go on from is missing in it")
    run = RunRow(*row)
    if set(map(type, (run.client, run.base, run.length, run.signed))) != {int}:
        raise _damaged(_OTHER_KIND)
    return run


def _damaged(why: str) -> StoreDamaged:
    return StoreDamaged(path="register.db", why=why)


def is_whole(shards: ShardTables, shard: ShardRow, run: RunRow) -> bool:
    """Whether the records of a run, from its first one on, are those that its links name."""
    held = shards.stretch(run, 0, run.length)
    link = runs.first_link(shard.author, shard.number, run.client)
    for data in held:
        link = runs.next_link(link, fact_id(shard.author, data))
    return link == run.link and len(held) == run.length


def by_clock(connection: sqlite3.Connection, run: int) -> dict[int, bytes]:
    """The facts that lie in a run itself, each at its clock, whichever are there."""
    return dict(connection.execute(f"SELECT clock, {FACT_DATA} FROM facts WHERE run = ?", (run,)))


def patient_ids(connection: sqlite3.Connection, run: int) -> list[int | None]:
    """For each fact that lies in a run itself, in order, the local id of its person."""
    rows = connection.execute("SELECT patient FROM facts WHERE run = ? ORDER BY clock", (run,))
    return [patient for (patient,) in rows]


def _free_id(connection: sqlite3.Connection, shard: int, yjs_client: int) -> int:
    """The first id from ``yjs_client`` on that no run of a shard has in its Y.Doc.

    Whoever writes runs chooses their ids, so it looks at no more of them than a shard in step has.
    Where all of these are taken the shard is crowded, no Y.Doc has anything of it, and any id does.
    """
    while True:
        rows = connection.execute(
            "SELECT DISTINCT yjs_client FROM runs WHERE shard = ? AND yjs_client >= ?"
            " ORDER BY yjs_client LIMIT ?",
            (shard, yjs_client, runs.SHARD_RUNS_MAX + 1),
        )
        free = yjs_client
        for (taken,) in rows:
            if taken != free:
                return free
            free += 1
        if free <= runs.CLIENT_MAX:
            return free
        yjs_client = 0  # beyond the last id comes the first


def drop_shard(
    connection: sqlite3.Connection, shards: ShardTables, author: Author, number: int
) -> None:
    """Forget a shard; what honest writers have put into it comes again from others."""
    shard = shards.find(author, number)
    if shard is not None:
        execute = connection.execute
        execute("DELETE FROM facts WHERE run IN (SELECT id FROM runs WHERE shard = ?)", (shard.id,))
        execute("DELETE FROM runs WHERE shard = ?", (shard.id,))
        execute("DELETE FROM shards WHERE id = ?", (shard.id,))
        shards.forget()


def longest_of(connection: sqlite3.Connection, shard: int, client: int, most: int) -> list[RunRow]:
    """The run of a client and the longest ``most`` of its branches, however many there are."""
    rows = connection.execute(
        f"SELECT * FROM (SELECT {_RUN} FROM runs WHERE shard = ?1 AND client = ?2"
        f" ORDER BY id LIMIT 1) UNION SELECT * FROM (SELECT {_RUN} FROM runs"
        " INDEXED BY branches_by_length WHERE shard = ?1 AND client = ?2"
        " AND parent IS NOT NULL ORDER BY count DESC LIMIT ?3)",
        (shard, client, most),
    )
    return [_run(row) for row in rows]


def unsigned_runs(connection: sqlite3.Connection, author: Author) -> list[tuple[RunRow, int]]:
    """Our runs with a tail that no signature covers, with their shard numbers.

    Facts of others enter with a signature, so a tail was written over this very database.
    """
    rows = connection.execute(
        f"SELECT {_RUN_R}, s.number FROM shards s JOIN runs r ON r.shard = s.id"
        " WHERE s.author = ? AND r.signed < r.count ORDER BY s.number, r.id",
        (author,),
    )
    return [(_run(row[:-1]), row[-1]) for row in rows]


def newest_hlc(
    connection: sqlite3.Connection, believable: int, authors: Sequence[Author] = ()
) -> int:
    """The highest hybrid time in a database, 0 for none.

    Args:
        believable: runs with a time above this one are left out: a clock was wrong.
        authors: only their facts count; by default everybody's.
    """
    among = f"s.author IN ({', '.join('?' * len(authors))})" if authors else "1"
    newest: int = connection.execute(
        "SELECT coalesce(max(r.hlc), 0) FROM runs r JOIN shards s ON s.id = r.shard"
        f" WHERE r.hlc <= ? AND {among}",
        (believable, *authors),
    ).fetchone()[0]
    return newest


def newest_with(
    connection: sqlite3.Connection, author: Author, client: int
) -> tuple[ShardRow | None, RunRow | None]:
    """An author's newest shard, and the run of a client that has its own id in our Y.Doc."""
    row = connection.execute(
        f"SELECT {_SHARD_S}, {_RUN_R} FROM shards s LEFT JOIN runs r"
        " ON r.shard = s.id AND r.client = ?2 AND r.yjs_client = ?2"
        " WHERE s.author = ?1 ORDER BY s.number DESC LIMIT 1",
        (author, client),
    ).fetchone()
    if row is None:
        return None, None
    return _shard(row[:5]), _run(row[5:]) if row[5] is not None else None
