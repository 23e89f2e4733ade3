"""Digests of the document as this replica holds it, kept up to date instead of made anew.

Only signed facts of shards of an allowed size count, because only these can be sent. In memory
there are 32 bytes a shard.
"""

from __future__ import annotations

from sync.model import runs
from sync.model.facts import COORDINATOR, REGISTRY, Author
from sync.protocol.questions import AuthorRow, Roots, ShardDigest
from sync.storage.shards import ShardTables


class Digests:
    """Shard, author and root digests; call `touch` for what a commit changed."""

    def __init__(self, source: ShardTables) -> None:
        self._source = source
        self._shards: dict[Author, dict[int, bytes]] | None = None
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
        ends = self._source.ends_of(author, number)
        shards = self._shards.setdefault(author, {})
        if ends:
            shards[number] = runs.shard_digest(ends)
        else:
            shards.pop(number, None)
        if not shards:
            del self._shards[author]
        self._authors.pop(author, None)
        self._roots = None

    def roots(self) -> Roots:
        """Digests of the whole document and of the coordinator's two authors."""
        if self._roots is None:
            self._roots = Roots(
                self._author(REGISTRY),
                self._author(COORDINATOR),
                runs.root_digest((author, self._author(author)) for author in sorted(self._all())),
            )
        return self._roots

    def summary(self, author: Author | None = None) -> tuple[AuthorRow, ...]:
        """One row an author, sorted; an author without signed facts has none."""
        authors = sorted(self._all()) if author is None else [author]
        return tuple(self._row(name) for name in authors if name in self._all())

    def shards(self, author: Author) -> tuple[ShardDigest, ...]:
        """The shards of an author, ascending."""
        return tuple(ShardDigest(*item) for item in sorted(self._all().get(author, {}).items()))

    def _all(self) -> dict[Author, dict[int, bytes]]:
        if self._shards is None:
            self._shards = {}
            for author in self._source.authors():
                shards = {
                    number: runs.shard_digest(ends)
                    for number, ends in self._source.shard_ends(author)
                }
                if shards:
                    self._shards[author] = shards
        return self._shards

    def _author(self, author: Author) -> bytes:
        if author not in self._authors:
            shards = self._all().get(author, {})
            self._authors[author] = runs.author_digest(sorted(shards.items()))
        return self._authors[author]

    def _row(self, author: Author) -> AuthorRow:
        *closed, (highest, newest) = sorted(self._all()[author].items())
        return AuthorRow(author, highest, runs.author_digest(closed), newest)
