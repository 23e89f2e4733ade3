"""The rows of the registry are what its facts say, whatever a fault of the disk has made of them.

They say who has which numbers, and are read once, when a database is opened. A row that has changed
since it was written would be left out of the registry, or say something else, and its range could
be granted again. The facts themselves are sound where their links say so.
"""

from __future__ import annotations

import logging

from sync.errors import StoreDamaged
from sync.model import bodies, facts
from sync.model.facts import REGISTRY, RegistryFact
from sync.rules.registry import may_write
from sync.storage.decisions import RegistryRow
from sync.storage.shards import is_whole
from sync.storage.store import Store

log = logging.getLogger("mrnmesh.writer")


def mend(store: Store) -> None:
    """Write the rows again where they differ from the facts, and have the database looked at.

    Where facts of the registry have changed or are missing nothing is written, because then only
    the rows know what was. For the same reason a row stays whose fact nobody knows: that may be
    lost with its whole run, and who got a range must not be forgotten.
    """
    written = _written(store)
    if written is None or store.decisions.has_registry(written):
        return
    log.error("a fault of the disk had changed what the registry says; it is written again")
    store.connection.execute("BEGIN IMMEDIATE")
    store.decisions.write_registry_again(written)
    store.connection.execute("COMMIT")
    store.unreadable = True


def _written(store: Store) -> list[RegistryRow] | None:
    """The rows that the facts of the registry make, None if these are not what they were."""
    written: list[RegistryRow] = []
    try:
        for shard, run in store.shards.all_runs(REGISTRY):
            if not is_whole(store.shards, shard, run):
                return None
            for data in store.shards.facts_of(run.id, run.base):
                kind, _, hlc, _, body = envelope = facts.decode(data)
                if may_write(REGISTRY, kind) and isinstance(bodies.read(envelope), RegistryFact):
                    written.append(RegistryRow(facts.fact_id(REGISTRY, data), kind, hlc, body))
    except StoreDamaged:
        return None
    return written
