"""Shards in memory: one Y.Doc each, a bounded number of them. The only importer of pycrdt.

Inside a Y.Doc each Yjs client appends to a root ``Array`` of its own, named by its client id in
decimal, so no item depends on another client's, and a client is loaded only when it is needed: what
one author has put into a shard makes nobody read all of it. The store is the truth and a Y.Doc only
a cache of it: whoever fails in the middle of a write calls `Documents.drop`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pycrdt import Array, Doc

from sync.errors import DocumentBroken
from sync.model import yjs

LOADED_MAX = 64
LOADED_BYTES_MAX = 16 * 1024 * 1024
"""Of the facts in all shards that are loaded, beside those of the last one. So many of the largest
of an honest author are half of it; somebody may send others, sixteen times as large."""

Load = Callable[[int, int], Sequence[bytes]]
"""(local shard id, Yjs client id) -> the facts of that client, none for one that is new."""


@dataclass
class _Shard:
    """A loaded shard: the arrays of its clients, and how many bytes their facts have."""

    doc: Doc[Array[Any]]
    arrays: dict[int, Array[Any]] = field(default_factory=dict)
    size: int = 0


class Documents:
    """The loaded Y.Docs by local shard id, the least recently used leaves first."""

    def __init__(
        self,
        load: Load,
        client: int,
        loaded_max: int = LOADED_MAX,
        bytes_max: int = LOADED_BYTES_MAX,
    ) -> None:
        self._load = load
        self._client = client
        self._loaded_max = loaded_max
        self._bytes_max = bytes_max
        self._shards: OrderedDict[int, _Shard] = OrderedDict()
        self._held = 0

    @property
    def client(self) -> int:
        """The Yjs client id under which this process writes now."""
        return self._client

    def __len__(self) -> int:
        return len(self._shards)

    def drop(self, client: int) -> None:
        """Forget everything in memory and go on under a fresh client id."""
        self._shards.clear()
        self._held = 0
        self._client = client

    def apply(self, shard: int, client: int, first: int, facts: Sequence[bytes]) -> None:
        """Merge new facts of a client: our own, or those of others that have passed the gate.

        Our own are merged too instead of being appended by Yrs: what it would emit then is the same
        encoding, in three times the time.

        Args:
            first: the clock where the run of that client stands.

        Raises:
            DocumentBroken: what is held of the client did not grow by exactly these facts.
        """
        loaded = self._loaded(shard, client)
        array = loaded.arrays[client]
        try:
            before = len(array)
            loaded.doc.apply_update(yjs.encode_update(client, first, facts))
            length = len(array)
        except BaseException as error:
            raise _named(error) from error
        # The array of a client holds its items and nothing else, so it is as long as its clock is
        # high. To read the clock itself would read those of all other clients too. Yrs passes over
        # what it has at a clock already, whatever that is, so the length before counts too.
        if before != first or length != first + len(facts):
            raise DocumentBroken(why="a merge did not grow its client by exactly its records")
        self._hold(loaded, facts)

    def facts(self, shard: int, client: int) -> list[bytes]:
        """The facts of one client as the Y.Doc holds them."""
        return [bytes(fact) for fact in self._loaded(shard, client).arrays[client]]

    def _loaded(self, shard: int, client: int) -> _Shard:
        """A shard with all that the store has of a client."""
        if shard not in self._shards:
            self._shards[shard] = _Shard(Doc(client_id=self._client))
        self._shards.move_to_end(shard)
        loaded = self._shards[shard]
        if client not in loaded.arrays:
            facts = self._load(shard, client)
            try:
                if facts:
                    loaded.doc.apply_update(yjs.encode_update(client, 0, facts))
                loaded.arrays[client] = loaded.doc.get(str(client), type=Array)
            except BaseException as error:
                raise _named(error) from error
            self._hold(loaded, facts)
        return loaded

    def _hold(self, loaded: _Shard, facts: Sequence[bytes]) -> None:
        """Note what a shard has more, and forget those not used lately, if it is too much."""
        more = sum(map(len, facts))
        loaded.size += more
        self._held += more
        while len(self._shards) > self._loaded_max or (
            self._held > self._bytes_max and len(self._shards) > 1
        ):
            _, left = self._shards.popitem(last=False)
            self._held -= left.size


def _named(error: BaseException) -> BaseException:
    """What to raise: a panic of Yrs is a ``BaseException``, which nothing else would catch."""
    if isinstance(error, Exception) or type(error).__name__ == "PanicException":
        return DocumentBroken(why=f"Yrs: {error}")
    return error
