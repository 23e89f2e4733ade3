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
    known = tx.registry.authorities | tx.registry.authorities_withdrawn
    if certificate not in known:
        _write(tx, AuthorityFact(certificate, False, "the coordinator issues certificates by it"))


def withdraw(tx: Transaction, certificate: bytes, why: str) -> None:
    """Let no certificate of an authority count any more, for good."""
    if certificate not in tx.registry.authorities_withdrawn:
        _write(tx, AuthorityFact(certificate, True, why))


def _write(tx: Transaction, fact: AuthorityFact) -> None:
    tx.append(REGISTRY, facts.AUTHORITY, NO_RECORD, bodies.write(fact))
    tx.flush()
