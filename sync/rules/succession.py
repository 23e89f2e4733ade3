"""The keys that the coordinator had before the one that a replica has pinned, and what they count.

The facts about them are signed by the pinned key, or by one that it vouches for, so nobody else can
say whom the coordinator was before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from sync.model.facts import Author, SigningKeyFact, VouchedEnd
from sync.model.runs import End


class FormerSigner(NamedTuple):
    """A signing key of before: whether all that it signed counts, why it was replaced, who did."""

    key: bytes
    trusted: bool
    why: str
    who: str


class Succession:
    """What the coordinator's former keys count.

    ``former`` are all of them, ``trusted`` those whose signatures are as good as those of the
    pinned one.
    """

    def __init__(self, said: Iterable[SigningKeyFact] = ()) -> None:
        self.said = sorted(said)
        self.former = frozenset(fact.key for fact in self.said)
        # It may have been lost at first, and found with somebody else later.
        distrusted = frozenset(fact.key for fact in self.said if not fact.trusted)
        self.trusted = self.former - distrusted
        self._ends = frozenset(end for fact in self.said for end in fact.ends)

    def vouches_for(self, author: Author, shard: int, end: End) -> bool:
        """True where a run of the coordinator's up to this end counts, whoever has signed it."""
        return VouchedEnd(author, shard, *end) in self._ends

    @property
    def summary(self) -> list[FormerSigner]:
        """Each former key once, with what was said of it."""
        found = {
            fact.key: FormerSigner(fact.key, fact.key in self.trusted, fact.why, fact.who)
            for fact in sorted(self.said, key=lambda fact: not fact.trusted)  # the stricter last
        }
        return [*found.values()]

    def joined(self, said: Iterable[SigningKeyFact]) -> Succession:
        """What holds when more has been said."""
        return Succession([*self.said, *said])


NO_SUCCESSION: Final = Succession()
"""Of a coordinator that has had one key. It is never changed."""
