"""Codes that let a desk in once, and the certificates that were issued for them.

A code is for one terminal and holds for some time. The first key that uses it has it: the same key
gets the same certificate when it asks again, because the answer may have been lost, and any other
key is refused. Only the hash of its secret is stored.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final, NamedTuple

from coordinator.errors import (
    CertificateNotRenewed,
    EnrolCodeExpired,
    EnrolCodeUnknown,
    EnrolCodeUsed,
    EnrolledElsewhere,
    EnrolTerminalTaken,
)
from coordinator.registry import pool, ranges, terminals
from sync.engine.transaction import Transaction
from sync.errors import NumberError
from sync.model import facts
from sync.model.believed import BelievedSpan
from sync.model.facts import Allocator, Author, Incarnation
from sync.reading.view import View
from sync.rules.registry import Registry, Terminal
from sync.storage.store import Store
from sync.trust import certificates, codes
from sync.trust.authority import Authority
from sync.trust.certificates import Subject

CHANGED: Final = "enrolments"
"""Announced by a transaction that changes codes or certificates, see `Replica.follow`."""

VALID_S: Final = 3600
VALID_S_MAX: Final = 7 * 24 * 3600
CODES_MAX: Final = 1000
"""Codes that are kept; the ones that end first go first."""
FIRST_BLOCK: Final = "pool: its first block"


class Enrolment(NamedTuple):
    """A code as it is stored: ``secret`` is `sync.trust.codes.digest` of the secret.

    It holds from ``made_ms`` until ``until_ms``, in milliseconds since 1970. ``key``, ``tls_key``
    and ``certificate`` are empty until it has been used. ``proving`` is that of a short code
    (`sync.trust.codes.Stretched`), and empty for others. ``made_ms`` is 0 where an earlier version
    made it.
    """

    terminal: Author
    secret: bytes
    until_ms: int
    key: bytes = b""
    tls_key: bytes = b""
    certificate: bytes = b""
    proving: bytes = b""
    made_ms: int = 0

    @property
    def span(self) -> BelievedSpan:
        """When it holds."""
        return BelievedSpan(self.made_ms, self.until_ms)


class Asking(NamedTuple):
    """What a desk says that wants to be let in.

    ``terminal`` is who it is already, empty for a new one; ``key`` its Ed25519 key (32 bytes),
    ``tls_key`` its public TLS key, ``incarnation`` that of its database.
    """

    id: bytes
    secret: bytes
    terminal: str
    key: bytes
    tls_key: bytes
    incarnation: Incarnation

    def signed(self) -> bytes:
        """What the desk signs, to prove that the key is its own."""
        parts = self.id, self.terminal, self.key, self.tls_key, self.incarnation
        return codes.asking_bytes(*parts)


class NewCode(NamedTuple):
    """A code that is to be kept.

    ``id`` names it, ``secret`` is what the desk has to send; ``proving`` as in `Enrolment`.
    """

    id: bytes
    secret: bytes
    proving: bytes = b""


def new_code(tx: Transaction, code: str, name: str | None, made: NewCode, valid_s: int) -> int:
    """Keep a code for a terminal, and return until when it holds, in milliseconds since 1970.

    The terminal is made if there is none. Earlier codes of it that nobody has used end.

    Args:
        name: what people call the terminal, if it is made.

    Raises:
        BadTerminalCode: there can be no terminal of this code.
    """
    if Author(code) not in tx.registry.terminals:
        terminals.add_terminal(tx, code, name or code)
    store = _changing(tx)
    kept = []
    for ident, one in all_codes(store).items():
        if not one.span.holds(tx.now_ms) or (one.terminal == code and not one.key):
            store.meta.drop_enrolment(ident)
        else:
            kept.append((one.until_ms, ident))
    for _, ident in sorted(kept)[: max(0, len(kept) - CODES_MAX + 1)]:
        store.meta.drop_enrolment(ident)
    until_ms = tx.now_ms + valid_s * 1000
    secret = codes.digest(made.secret)
    kept_as = Enrolment(Author(code), secret, until_ms, proving=made.proving, made_ms=tx.now_ms)
    _keep(store, made.id, kept_as)
    return until_ms


def end_codes(tx: Transaction, code: str) -> None:
    """Let no code of a terminal let anybody in any more, also not the key that has used it.

    A terminal that has ended is let in again by a new code, so what was given before must end.
    """
    for ident, one in all_codes(tx.store).items():
        if one.terminal == code:
            _changing(tx).meta.drop_enrolment(ident)


def end_all_codes(tx: Transaction) -> None:
    """Let no code that was ever given let anybody in any more."""
    for ident in all_codes(tx.store):
        _changing(tx).meta.drop_enrolment(ident)


def all_codes(store: Store) -> dict[bytes, Enrolment]:
    """Id of each code that is kept -> what is known of it."""
    return {
        ident: Enrolment(*facts.unpack(packed)) for ident, packed in store.meta.enrolments().items()
    }


def renew(tx: Transaction, subject: Subject, tls_key: bytes, authority: Authority) -> bytes:
    """A certificate (DER) of an authority for a desk that has shown one of another.

    Args:
        tls_key: its public TLS key, the same as before.

    Raises:
        CertificateNotRenewed: the desk may not sync.
    """
    if not tx.registry.may_sync(subject.author, subject.key):
        raise CertificateNotRenewed(terminal=subject.author)
    certificate = authority.issue(subject.author, subject.key, tls_key)
    _changing(tx).meta.keep_certified(subject.key, authority.fingerprint)
    return certificate


def left(view: View, authority: Authority) -> list[Author]:
    """The terminals whose computers may sync and have no certificate of an authority yet."""
    return left_of(view.registry, view.store.meta.certified(), authority)


def left_of(
    registry: Registry, certified: Mapping[bytes, bytes], authority: Authority
) -> list[Author]:
    """The same, of what was read before.

    Args:
        certified: see `sync.storage.meta.Meta.certified`.
    """
    return sorted(
        terminal.code
        for terminal in registry.terminals.values()
        if not terminal.has_ended
        and any(certified.get(key) != authority.fingerprint for key in terminal.live_keys)
    )


def to_enrol_again(
    registry: Registry, certified: Mapping[bytes, bytes], authority: Authority
) -> list[Author]:
    """The terminals whose computers cannot come in any more, until they are enrolled again.

    After the signing key was replaced these are all that have no certificate of the authority in
    use. Else they are those whose certificate is of one that was withdrawn.
    """
    if registry.succession.former:
        return left_of(registry, certified, authority)
    withdrawn = {certificates.fingerprint(one) for one in registry.authorities_withdrawn}
    return sorted(
        terminal.code
        for terminal in registry.terminals.values()
        if not terminal.has_ended
        and any(certified.get(key) in withdrawn for key in terminal.live_keys)
    )


def short(view: View, ident: bytes) -> Enrolment:
    """The short code of this name, also one whose time is over: the desk that has it is told so.

    Raises:
        EnrolCodeUnknown: there is none.
    """
    found = all_codes(view.store).get(ident)
    if found is None or not found.proving:
        raise EnrolCodeUnknown()
    return found


def by_secret(view: View, ident: bytes, secret: bytes) -> Enrolment:
    """The code that somebody has.

    Raises:
        EnrolCodeUnknown: there is no such code, or the secret is wrong.
    """
    found = all_codes(view.store).get(ident)
    if found is None or not hmac.compare_digest(found.secret, codes.digest(secret)):
        raise EnrolCodeUnknown()
    return found


def require_running(found: Enrolment, now_ms: int) -> None:
    """Pass a code whose time is not over.

    Raises:
        EnrolCodeExpired: it is.
    """
    if not found.span.holds(now_ms):
        raise EnrolCodeExpired(terminal=found.terminal)


def is_at_work(view: View, terminal: str, key: bytes | None = None) -> bool:
    """True where a computer works under a terminal, with a key if one is named.

    It only needs a certificate, so it can be let in again also while nothing is given.
    """
    known = view.registry.terminals.get(Author(terminal))
    if known is None or known.has_ended:
        return False
    return known.has_node if key is None else key in known.live_keys


def use(
    tx: Transaction, asking: Asking, authority: Authority, only_certify: bool = False
) -> Enrolment:
    """Let the desk in that has a code, or answer again what it was answered.

    Args:
        only_certify: it `is_at_work`, and nothing else can be given now.

    Raises:
        EnrolCodeUnknown, EnrolCodeExpired: see `by_secret` and `require_running`.
        EnrolCodeUsed: another key has used it.
        EnrolledElsewhere: the desk is another terminal than the one that the code is for.
        EnrolTerminalTaken: the terminal has a node with another key.
        KeyWithdrawn: see `coordinator.registry.terminals.join_node`.
        BadCertificate: its TLS key is none.
    """
    found = by_secret(tx, asking.id, asking.secret)
    keys = asking.key, asking.tls_key
    if found.key and keys != (found.key, found.tls_key):
        raise EnrolCodeUsed(terminal=found.terminal)
    # A desk whose answer was lost may ask again, as long as the code is kept.
    if not found.key:
        require_running(found, tx.now_ms)
    if asking.terminal not in ("", found.terminal):
        raise EnrolledElsewhere(here=asking.terminal, terminal=found.terminal)
    # Its joining was written with the key, and is not written again however often it asks. Another
    # incarnation it shows when it connects.
    if found.key and is_at_work(tx, found.terminal, found.key):
        return found
    _join(tx, found.terminal, asking, only_certify)
    if found.key:
        return found
    certificate = _issue(tx, found.terminal, asking, authority)
    used = found._replace(key=asking.key, tls_key=asking.tls_key, certificate=certificate)
    _keep(tx.store, asking.id, used)
    return used


def certify(
    tx: Transaction, asking: Asking, name: str | None, authority: Authority, only_certify: bool
) -> bytes:
    """Let the desk in that has asked with a file; returns its certificate (DER).

    Args:
        name: what people call the terminal, if it is made.
        only_certify: see `use`.

    Raises:
        BadTerminalCode: there can be no terminal of this code.
        EnrolTerminalTaken, KeyWithdrawn, BadCertificate: see `use`.
    """
    code = Author(asking.terminal)
    if code not in tx.registry.terminals:
        terminals.add_terminal(tx, code, name or code)
    _join(tx, code, asking, only_certify)
    return _issue(tx, code, asking, authority)


def _join(tx: Transaction, code: Author, asking: Asking, only_certify: bool) -> None:
    """Let a node be a terminal, with a range to begin with, if it is not so already."""
    if terminals.known(tx, code).live_keys - {asking.key}:
        raise EnrolTerminalTaken(terminal=code)
    if not only_certify:
        terminals.join_node(tx, code, asking.key, asking.incarnation)
        _first_block(tx, terminals.known(tx, code))


def _issue(tx: Transaction, code: Author, asking: Asking, authority: Authority) -> bytes:
    certificate = authority.issue(code, asking.key, asking.tls_key)
    _changing(tx).meta.keep_certified(asking.key, authority.fingerprint)
    return certificate


def _first_block(tx: Transaction, terminal: Terminal) -> None:
    """Give a desk without numbers of its own the next block of the pool, if there is one."""
    for block in tx.registry.blocks_of(terminal.code):
        is_own = block.allocator is Allocator.NODE and block.incarnation == terminal.incarnation
        if is_own and not block.closed:
            return
    try:
        pool.require_on(tx)
        ranges.grant_next(tx, terminal.code, source=FIRST_BLOCK)
    except NumberError:
        return  # the desk can be let in without; an alarm says that it needs a range


def _changing(tx: Transaction) -> Store:
    tx.begin()
    tx.announce(CHANGED)
    return tx.store


def _keep(store: Store, ident: bytes, found: Enrolment) -> None:
    store.meta.keep_enrolment(ident, facts.pack(tuple(found)))
