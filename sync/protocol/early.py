"""What came too early on one connection: only which shards, never a byte of it.

The peer still has it, and a round asks for it again when what it needs may have come. So what a
peer sends in somebody's name leaves nothing behind that would cost this replica something later.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.model.facts import Author
from sync.model.runs import Batch
from sync.protocol import limits
from sync.protocol.questions import KEY_MISSING, Admittance, Commit, Merged


class Early:
    """The (author, shard) of what came too early, at most `limits.EARLY_MAX` of them."""

    def __init__(self) -> None:
        self._shards: dict[tuple[Author, int], bool] = {}

    @property
    def shards(self) -> frozenset[tuple[Author, int]]:
        """(author, shard) of each."""
        return frozenset(self._shards)

    def clear(self) -> None:
        """All of it is asked for again, or nobody asks any more."""
        self._shards.clear()

    def note(self, batches: Sequence[Batch], merged: Merged) -> None:
        """Remember what of a merge came too early.

        Beyond the bound nothing is remembered, and the next comparison of roots finds it.
        """
        for batch, outcome in zip(batches, merged.outcomes, strict=True):
            if outcome.entry is Admittance.NOT_YET and len(self._shards) < limits.EARLY_MAX:
                needs_key = outcome.reason == KEY_MISSING
                shard = (batch.author, batch.shard)
                self._shards[shard] = needs_key and self._shards.get(shard, True)

    def may_need(self, commit: Commit) -> bool:
        """True when what was committed may be what something here needs.

        Only the registry brings a key. So nobody who sends junk in an author's name, under a key
        that is none, makes this replica look again at whatever that author writes.
        """
        if commit.registry and self._shards:
            return True
        written = {batch.author for batch in commit.batches}
        return any(
            author in written for (author, _), needs_key in self._shards.items() if not needs_key
        )
