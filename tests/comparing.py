"""The list of probable duplicates, made at once instead of by the jobs of a daemon."""

from __future__ import annotations

from sync.engine.records.comparing import DuplicateList
from sync.engine.replica import Replica


async def compare_all(replica: Replica, known: DuplicateList | None = None) -> None:
    """Bring everybody into the search index, and compare all who are waiting for it.

    Args:
        known: keeps the list; by default another one, which goes on where one has written.
    """
    known = known or DuplicateList(replica)
    while await replica.index_some() is None:
        pass
    newest = await replica.read(lambda snapshot: snapshot.changes.newest())
    while await known.cursor() < newest:
        await known.compare_some()
