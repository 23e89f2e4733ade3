"""The coordinator's next signing key says which one it had before, and what of that one counts."""

from __future__ import annotations

from typing import Final, NamedTuple

from coordinator.registry import authorities, enrolments
from sync.engine.transaction import Transaction
from sync.model import bodies, facts, runs
from sync.model.facts import ENDS_MAX, NO_RECORD, REGISTRY, SigningKeyFact, VouchedEnd
from sync.storage.store import Store

AUTHORITY_ENDED: Final = "the signing key was replaced, and the authority with it"


class Replaced(NamedTuple):
    """Signing keys that count no more: were they only lost (``trusted``), why, and who says so."""

    keys: tuple[bytes, ...]
    trusted: bool
    why: str
    who: str


def take_over(tx: Transaction, former: Replaced, own: bytes) -> None:
    """Say what counts of former keys; no code and no certificate of before lets anybody in.

    What was said before is not written again, but a key that was lost may be said to be stolen.

    Args:
        own: the key (32 bytes) that signs from now on.
    """
    known = tx.registry.succession
    enough = known.former if former.trusted else known.former - known.trusted
    unsaid = [key for key in former.keys if key not in enough]
    if not unsaid:
        return
    # The ends are those of all that is held here, so they stand beside one key and not beside each.
    pieces = [()] if former.trusted else _pieces(_vouched(tx.store, own))
    for key, ends in [(unsaid[0], piece) for piece in pieces] + [(key, ()) for key in unsaid[1:]]:
        fact = SigningKeyFact(key, former.trusted, ends, former.why, former.who)
        tx.append(REGISTRY, facts.SIGNING_KEY, NO_RECORD, bodies.write(fact))
    end_authorities(tx, AUTHORITY_ENDED)
    tx.flush()


def end_authorities(tx: Transaction, why: str) -> None:
    """Let no certificate that was ever issued count any more, and no code that was ever given."""
    for certificate in sorted(tx.registry.authorities):
        authorities.withdraw(tx, certificate, why)
    enrolments.end_all_codes(tx)


def may_be_former(store: Store, key: bytes) -> bool:
    """True for a key that has signed something of the registry here, or where nobody has yet."""
    signed = any(shard.author == REGISTRY and run.key for shard, run in store.shards.all_runs())
    return not signed or is_used(store, key)


def is_used(store: Store, key: bytes) -> bool:
    """True where something of the registry here is signed with a key (32 bytes)."""
    ident = runs.key_id(key)
    return any(
        shard.author == REGISTRY and run.key == ident for shard, run in store.shards.all_runs()
    )


def _vouched(store: Store, own: bytes) -> list[VouchedEnd]:
    """Where the coordinator's runs end here that other keys have signed."""
    ident = runs.key_id(own)
    return [
        VouchedEnd(shard.author, shard.number, run.client, run.signed, run.signed_link)
        for shard, run in store.shards.all_runs()
        if shard.author in facts.COORDINATOR_NAMES
        and run.signed_link is not None
        and run.signed > run.base
        and run.key != ident
    ]


def _pieces(ends: list[VouchedEnd]) -> list[tuple[VouchedEnd, ...]]:
    """As many as one fact holds, at least one piece."""
    return [tuple(ends[first : first + ENDS_MAX]) for first in range(0, len(ends) or 1, ENDS_MAX)]
