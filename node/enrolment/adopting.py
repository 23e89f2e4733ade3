"""A desk comes to trust the next signing key of its coordinator, and keeps all that still counts.

Nothing of this is done unless the new key itself says that the one which the desk has pinned was
the coordinator's before. Facts that a thief has written with that one go; if some of the
coordinator's own lie in the same part, they come again at once, or with the next sync.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from node.errors import OtherCoordinator
from sync.daemon.data_folder import KEY_FILE
from sync.engine import keys, replica
from sync.engine.exchange import Exchange, slices
from sync.engine.writer import Writer
from sync.errors import BadCertificate
from sync.model import bodies
from sync.model.facts import REGISTRY, Author, Link, SigningKeyFact
from sync.model.runs import Batch
from sync.protocol.questions import Merge
from sync.rules import gate, registry
from sync.rules.gate import Accepted, Segment
from sync.rules.succession import Succession
from sync.storage.shards import drop_shard
from sync.storage.store import Store
from sync.trust import registry_copy
from sync.trust.registry_copy import RegistryCopy, ShownEnds
from sync.upkeep.records import changed

NOT_PROJECTED: Final = 0
"""The version of a projection that the next writer makes again."""


def shown(folder: Path) -> ShownEnds:
    """What the desk of a data folder shows of the coordinator's facts; its caller has locked it."""
    store = Store.open(folder / replica.DATABASE)
    try:
        return registry_copy.shown_of(store)
    finally:
        store.close()


def adopt(
    folder: Path, code: Author, pinned: bytes, key: bytes, copy: RegistryCopy, authority: bytes
) -> None:
    """Take the registry into the database of a desk, whose folder its caller has locked.

    It can be done again, if it was interrupted.

    Args:
        pinned: the key of the coordinator that the desk trusts, the same as ``key`` for a desk that
            is new or has it already.
        key: the coordinator's key of now.
        authority: the one that has issued the desk's certificate, DER.

    Raises:
        BadCertificate: the desk knows that the authority counts no more; nothing was changed.
        OtherCoordinator: the one of now does not say that it had the pinned one; nothing was
            changed.
    """
    succession = said_by(copy.batches, key)
    if pinned not in succession.former | {key}:
        raise OtherCoordinator(terminal=code, key=pinned.hex())
    store = Store.open(folder / replica.DATABASE)
    try:
        if pinned not in succession.trusted | {key}:
            _drop(store, copy)  # and with it what a thief may have said of authorities
        elif authority in registry.fold(store.decisions.registry_entries()).authorities_withdrawn:
            raise BadCertificate(why="its authority counts no more")
        changed.keep_before_tables_change(store)
        writer = Writer(store, keys.Signer.load(folder / KEY_FILE), replica.shell())
        exchange = Exchange(writer, key, keys.verify, succession)
        for _, part in slices(Merge(copy.batches)):
            exchange.merge(part)
    finally:
        store.close()


def said_by(batches: Sequence[Batch], key: bytes) -> Succession:
    """What a key says of those before it, in batches of the registry that nobody has looked at."""
    found = Succession()
    while True:
        said = [fact for batch in batches for fact in _said_in(batch, key, found)]
        if len(said) == len(found.said):
            return found
        # A former key may have said the same of one before it.
        found = Succession(said)


def _said_in(batch: Batch, key: bytes, known: Succession) -> list[SigningKeyFact]:
    """What a batch says of former keys, if it counts as far as is ``known``."""
    if batch.author != REGISTRY:
        return []
    trusted = known.trusted | {key}
    answer = gate.examine(batch, _Anywhere(), trusted, keys.verify, known.vouches_for)
    if not isinstance(answer, Accepted):
        return []
    read = (bodies.read(fact.envelope) for fact in answer.facts)
    return [fact for fact in read if isinstance(fact, SigningKeyFact)]


class _Anywhere:
    """A shard of which nothing is held, and of which nothing has to be: see `gate.Shard`."""

    previous_held = True

    def reaches(self, client: int, clock: int) -> bool:
        """Nothing does."""
        return False

    def place(self, client: int, first: int, links: Sequence[Link]) -> tuple[Segment, int] | None:
        """Nothing has a place."""
        return None

    def bytes_from(self, segment: Segment, clock: int) -> int:
        """Nothing is there."""
        return 0


def _drop(store: Store, copy: RegistryCopy) -> None:
    """Forget the shards with what the coordinator does not know, in one transaction.

    That is also what was not shown to it: what came to a desk since it has asked with a file.
    """
    shards = {(end.author, end.shard) for end in set(registry_copy.all_ends(store)) - {*copy.known}}
    if not shards:
        return
    shell = replica.shell()
    store.connection.execute("BEGIN IMMEDIATE")
    for author, number in sorted(shards):
        drop_shard(store.connection, store.shards, author, number)
    # What comes again gets ids of its own, and none that stood for somebody else.
    store.local.go_on_above(shell.random, shell.now_ms())
    store.meta.projection_version = NOT_PROJECTED
    store.connection.execute("COMMIT")
