"""Which authorities issue certificates that count: facts, so that every desk knows them."""

from __future__ import annotations

from sync.engine.transaction import Transaction
from sync.model import bodies, facts
from sync.model.facts import NO_RECORD, REGISTRY, AuthorityFact


def vouch(tx: Transaction, certificate: bytes) -> None:
    """Let every replica trust an authority; nothing is written if that was said before.

    Args:
        certificate: of the authority, DER.
    """
    if certificate not in tx.registry.authorities_ever:
        why = "the coordinator issues certificates by it"
        fact = AuthorityFact(certificate, False, why)
        tx.append(REGISTRY, facts.AUTHORITY, NO_RECORD, bodies.write(fact))
        tx.flush()
