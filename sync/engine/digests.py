"""Digests of the document as this replica holds it, kept up to date instead of made anew.

Only signed facts count, because only these can be sent. In memory there are 36 bytes a shard.

A shard larger than any honest author's is *crowded*: it is left out of the digests of its author
and of the document, so that replicas that hold different parts of it are in step all the same. Its
own digest is the same everywhere. So a replica on which it is not crowded yet asks for what it
lacks of it, until it is.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from sync.model import runs
from sync.model.facts import COORDINATOR, REGISTRY, Author
from sync.model.runs import CROWDED, SHARD_ROW_BYTES
from sync.protocol.questions import AuthorRow, Roots, ShardDigest
from sync.storage.shards import ShardTables


class AuthorDigests:
    """The digests of one author's shards, ascending, as the bytes that its own digest is of."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.rows = bytearray()
        self.crowded: list[int] = []

    def put(self, number: int, value: bytes) -> None:
        """Write the digest of a shard, which may be `CROWDED`."""
        if value == CROWDED:
            self.remove(number)
            if number not in self.crowded:
                insort(self.crowded, number)
            return
        index = bisect_left(self.numbers, number)
        first = index * SHARD_ROW_BYTES
        held = index < len(self.numbers) and self.numbers[index] == number
        self.rows[first : first + held * SHARD_ROW_BYTES] = runs.shard_row(number, value)
        if not held:
            self.numbers.insert(index, number)

    def remove(self, number: int) -> None:
        """Remove a shard of which nothing counts."""
        index = bisect_left(self.numbers, number)
        if index < len(self.numbers) and self.numbers[index] == number:
            del self.numbers[index]
            del self.rows[index * SHARD_ROW_BYTES : (index + 1) * SHARD_ROW_BYTES]

    def some(self, start: int, most: int) -> list[ShardDigest]:
        """The digests of the next shards from number ``start`` on, of crowded ones too."""
        first = bisect_left(self.numbers, start)
        last = min(first + most, len(self.numbers))
        counted = [ShardDigest(self.numbers[at], self._digest(at)) for at in range(first, last)]
        from_ = bisect_left(self.crowded, start)
        crowded = self.crowded[from_ : from_ + most]
        return sorted([*counted, *(ShardDigest(number, CROWDED) for number in crowded)])[:most]

    def get(self, number: int) -> bytes | None:
        """The digest of a shard, None where nothing of it counts."""
        index = bisect_left(self.numbers, number)
        if index < len(self.numbers) and self.numbers[index] == number:
            return self._digest(index)
        index = bisect_left(self.crowded, number)
        return CROWDED if self.crowded[index : index + 1] == [number] else None

    def _digest(self, index: int) -> bytes:
        first = index * SHARD_ROW_BYTES
        return bytes(self.rows[first + 4 : first + SHARD_ROW_BYTES])


class Digests:
    """Shard, author and root digests; call `touch` for what a commit changed."""

    def __init__(self, source: ShardTables) -> None:
        self._source = source
        self._shards: dict[Author, AuthorDigests] | None = None
        self._authors: dict[Author, bytes] = {}
        self._roots: Roots | None = None

    def forget(self) -> None:
        """Make all digests anew when they are next asked for."""
        self._shards = None
        self._authors.clear()
        self._roots = None

    def touch(self, author: Author, number: int) -> None:
        """The signed ends of a shard have changed."""
        if self._shards is None:
            return
        shard = self._source.find(author, number)
        digests = self._shards.setdefault(author, AuthorDigests())
        if shard is not None and self._source.is_crowded(shard):
            digests.put(number, CROWDED)
        elif ends := self._source.ends_of(author, number):
            digests.put(number, runs.shard_digest(ends))
        else:
            digests.remove(number)
        if not digests.numbers and not digests.crowded:
            del self._shards[author]
        self._authors.pop(author, None)
        self._roots = None

    def roots(self) -> Roots:
        """Digests of the whole document and of the coordinator's two authors."""
        if self._roots is None:
            counted = sorted(author for author, shards in self._all().items() if shards.numbers)
            self._roots = Roots(
                self._author(REGISTRY),
                self._author(COORDINATOR),
                runs.root_digest((author, self._author(author)) for author in counted),
            )
        return self._roots

    def summary(self, author: Author | None = None) -> tuple[AuthorRow, ...]:
        """One row an author, sorted; an author without signed facts has none."""
        authors = sorted(self._all()) if author is None else [author]
        return tuple(self._row(name) for name in authors if name in self._all())

    def shards(self, author: Author, start: int, most: int) -> tuple[ShardDigest, ...]:
        """The next shards of an author from number ``start`` on, ascending."""
        held = self._all().get(author)
        return tuple(held.some(start, most)) if held is not None else ()

    def of_shards(self, author: Author, numbers: Iterable[int]) -> tuple[bytes | None, ...]:
        """The digest of each of some shards of an author, None where nothing of it counts."""
        held = self._all().get(author)
        return tuple(held.get(number) if held is not None else None for number in numbers)

    def _all(self) -> dict[Author, AuthorDigests]:
        if self._shards is None:
            self._shards = {}
            for author in self._source.authors():
                for number, ends in self._source.shard_ends(author):
                    digests = self._shards.setdefault(author, AuthorDigests())
                    digests.put(number, runs.shard_digest(ends))
            for shard in self._source.crowded():
                self._shards.setdefault(shard.author, AuthorDigests()).put(shard.number, CROWDED)
        return self._shards

    def _author(self, author: Author) -> bytes:
        if author not in self._authors:
            held = self._all().get(author)
            self._authors[author] = runs.author_digest(held.rows if held is not None else b"")
        return self._authors[author]

    def _row(self, author: Author) -> AuthorRow:
        held = self._all()[author]
        if not held.numbers:  # so that whoever is not as far yet hears of it
            return AuthorRow(author, held.crowded[0], runs.author_digest(b""), CROWDED)
        closed = runs.author_digest(held.rows[:-SHARD_ROW_BYTES])
        return AuthorRow(author, held.numbers[-1], closed, bytes(held.rows[-32:]))
