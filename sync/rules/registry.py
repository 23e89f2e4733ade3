"""The registry: coordinator facts folded to terminals, keys and ranges; who may write what.

Facts are *rivals* when none of them replaces the other: two coordinators went on from one backup. A
*withdrawn* key may sync no more, but what it signed stays verifiable; what a *revoked* one signed
(withdrawn by a fact that revokes its terminal) is not trusted either.

What holds:

1. The fold does not depend on the order of the facts.
2. What no other fact replaces, the *heads*, says what is so now: state, name, incarnation, mark.
3. Of rival heads the one counts that allows the least, and `Registry.rivals` reports them. So no
   number is issued by two, and nobody keeps a permission that one coordinator took away.
4. Keys are a union over all facts, replaced ones too: a later fact that leaves a key out makes
   nothing unverifiable, and a key that was withdrawn stays withdrawn.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from hashlib import blake2b
from itertools import accumulate
from types import MappingProxyType
from typing import Final, NamedTuple, TypeVar, cast

from sync.model import facts, runs
from sync.model.facts import (
    COORDINATOR,
    REGISTRY,
    Allocator,
    AuditHead,
    Author,
    AuthorityFact,
    ClerkFact,
    ClerkRule,
    Disbelief,
    FactId,
    Incarnation,
    RangeFact,
    RegistryFact,
    SerialsFact,
    SigningKeyFact,
    State,
    TerminalFact,
)
from sync.model.numbers import NumberRange
from sync.model.printed.formats import NumberFormat, PrintedKind
from sync.rules import clerks
from sync.rules.clerks import NO_CLERKS, ClerkEntry, Clerks
from sync.rules.succession import Succession
from sync.rules.times import Times

_STATES: Final = list(State)
_ALLOCATORS: Final = list(Allocator)
_SYNCING: Final = frozenset({State.ACTIVE, State.INACTIVE})
_WRITERS: Final = {
    facts.TERMINAL: frozenset({REGISTRY}),
    facts.RANGE: frozenset({REGISTRY}),
    facts.DISBELIEF: frozenset({REGISTRY}),
    facts.SERIALS: frozenset({REGISTRY}),
    facts.AUTHORITY: frozenset({REGISTRY}),
    facts.AUDIT_HEAD: frozenset({REGISTRY}),
    facts.CLERK: frozenset({REGISTRY}),
    facts.CLERK_RULE: frozenset({REGISTRY}),
    facts.SIGNING_KEY: frozenset({REGISTRY}),
    facts.GRANT: frozenset({COORDINATOR}),
    facts.VERDICT: frozenset({COORDINATOR}),
    facts.RESOLUTION: frozenset({COORDINATOR}),
    facts.REFUSAL: frozenset({COORDINATOR}),
    facts.PAIR: frozenset({COORDINATOR}),
}
"""Kinds that only one name of the coordinator may write."""

_ID_MIN: Final = 1 << 52
"""Above all serials; the ids from here on are still exact in programs that know only floats."""

ENDED: Final = frozenset({State.REPLACED, State.RETIRED, State.REVOKED})
"""States out of which only a new enrolment leads."""


class Terminal(NamedTuple):
    """A terminal as the registry has it now.

    ``keys`` are all that its machines ever had, ``withdrawn`` those that may sync no more,
    ``revoked`` those of them whose facts are not trusted either; ``why`` is the reason given for
    its state; ``incarnations`` are all incarnations that it ever had.

    ``id`` is what clients call it that keep numbers instead of codes: its serial. Coordinators that
    went on from one backup may have given one serial to two terminals. Then it names neither, and
    each gets a number that follows from its code and is no serial.
    """

    code: Author
    name: str
    state: State
    keys: frozenset[bytes]
    withdrawn: frozenset[bytes]
    revoked: frozenset[bytes]
    incarnation: Incarnation | None
    serial: int
    heads: tuple[FactId, ...]
    created_ms: int
    updated_ms: int
    incarnations: frozenset[Incarnation]
    why: str
    id: int

    @property
    def live_keys(self) -> frozenset[bytes]:
        """The keys with which a node may go to work as this terminal."""
        return self.keys - self.withdrawn

    @property
    def has_node(self) -> bool:
        """True while a node works under this code."""
        return bool(self.live_keys)

    @property
    def has_ended(self) -> bool:
        """True when only a new enrolment can bring this code back to work."""
        return self.state in ENDED


class Block(NamedTuple):
    """A range of numbers and who issues from it, up to ``mark`` the coordinator.

    ``serial`` is the lowest that any fact of the range carries, ``granted_ms`` the time of the
    first one in milliseconds. If ``is_dated`` is false nobody knows when that was, only that it was
    no later. ``why`` is the reason for which it was closed. ``format`` is how its numbers are
    printed: whatever other facts say, that of the first one, because cards show it.
    """

    range: NumberRange
    terminal: Author
    incarnation: Incarnation | None
    allocator: Allocator
    mark: int
    closed: bool
    serial: int
    source: str
    heads: tuple[FactId, ...]
    granted_ms: int
    why: str
    format: NumberFormat | None = None
    is_dated: bool = True


class Entry(NamedTuple):
    """A registry fact with its id and hybrid time, as the fold takes it."""

    id: FactId
    hlc: int
    fact: RegistryFact


class _Dated(NamedTuple):
    """A registry fact with the time in milliseconds at which it was written, or at the latest."""

    id: FactId
    ms: int
    is_dated: bool
    fact: RegistryFact


Histories = Mapping[object, tuple[Entry, ...]]
"""What facts of the registry are about -> those that are, in the order in which they came."""

F = TypeVar("F", bound=RegistryFact)


class Overlap(NamedTuple):
    """Two blocks that share numbers: two coordinators granted them."""

    one: Block
    other: Block


class Registry:
    """Terminals by code, blocks by number, and why serials are missing.

    ``replicas`` are the coordinator and all active terminals with a node; ``times`` says which
    times of facts are believed; ``authorities`` are the certificates (DER) of those that issue
    certificates to replicas, of which none was ever withdrawn, ``authorities_withdrawn`` of others;
    ``formats`` are the forms that ranges name.
    ``audit_heads`` are what was said of the record of acts, by number; ``succession`` are the keys
    that the coordinator had before; ``clerks`` who works where. ``histories`` are the facts that
    all this was made of, see `fold`.

    Args:
        accounts: what is known of serials that no fact carries, see `sync.rules.serials`.
    """

    def __init__(
        self,
        terminals: dict[Author, Terminal],
        blocks: list[Block],
        accounts: Iterable[SerialsFact],
        times: Times,
        authorities: Iterable[AuthorityFact] = (),
        audit_heads: Iterable[AuditHead] = (),
        clerks: Clerks = NO_CLERKS,
        former_keys: Iterable[SigningKeyFact] = (),
        histories: Histories = MappingProxyType({}),
    ) -> None:
        self.histories = histories
        self.clerks = clerks
        self.times = times
        self.succession = Succession(former_keys)
        self.audit_heads = sorted(audit_heads)
        said = list(authorities)
        self.authorities_withdrawn = frozenset(one.certificate for one in said if one.withdrawn)
        known = frozenset(one.certificate for one in said)
        self.authorities = known - self.authorities_withdrawn
        self.terminals = terminals
        self.accounts = sorted(accounts)
        active = (one for one in terminals.values() if one.state is State.ACTIVE)
        self.replicas = frozenset({COORDINATOR, *(one.code for one in active if one.has_node)})
        self.blocks = sorted(blocks, key=lambda block: (block.range, block.serial, block.terminal))
        self.formats = frozenset(one.format for one in blocks if one.format is not None)
        self._starts = [block.range.start for block in self.blocks]
        # The highest number of each block and all before it: where that is below a number, none of
        # them contains it, however they overlap.
        self._reach = list(accumulate((block.range.end for block in self.blocks), max))

    def keys_of(self, author: Author) -> frozenset[bytes]:
        """Every key that ever belonged to a terminal."""
        terminal = self.terminals.get(author)
        return terminal.keys | terminal.withdrawn if terminal else frozenset()

    def is_revoked(self, author: Author, key: bytes | None) -> bool:
        """True when what ``author`` signs is not trusted: it, or the key with this id, is revoked.

        Args:
            key: the id (`sync.model.runs.key_id`) of the key that signed, None if none has yet.
        """
        terminal = self.terminals.get(author)
        return terminal is not None and (
            terminal.state is State.REVOKED
            or any(runs.key_id(revoked) == key for revoked in terminal.revoked)
        )

    def may_sync(self, author: Author, key: bytes) -> bool:
        """True when a replica that proved ``key`` may read and write the document."""
        terminal = self.terminals.get(author)
        return terminal is not None and terminal.state in _SYNCING and key in terminal.live_keys

    def blocks_at(self, number: int) -> list[Block]:
        """The blocks that contain ``number``: one, or several after rival grants."""
        found: list[Block] = []
        index = bisect_right(self._starts, number) - 1
        while index >= 0 and self._reach[index] >= number:
            if number in self.blocks[index].range:
                found.append(self.blocks[index])
            index -= 1
        return found[::-1]

    def format_of(self, number: int) -> NumberFormat | None:
        """How a plain number is printed; where rivals granted it, as the first of them says."""
        blocks = self.blocks_at(number)
        if not blocks:
            return None
        return min(blocks, key=lambda block: (block.serial, block.range, block.terminal)).format

    def blocks_of(self, terminal: Author) -> list[Block]:
        """The blocks of a terminal, the oldest first."""
        mine = [block for block in self.blocks if block.terminal == terminal]
        return sorted(mine, key=lambda block: (block.serial, block.range))

    def covers(self, range_: NumberRange) -> list[tuple[Author, Allocator, int, int]]:
        """All of the blocks with these bounds that `cover` goes by."""
        return [
            (block.terminal, block.allocator, block.mark, block.serial)
            for block in self.blocks_at(range_.start)
            if block.range == range_
        ]

    def cover(
        self, number: int, terminal: Author | None, author: Author, on_sheet: bool = False
    ) -> int | None:
        """Serial of the block that lets ``author`` issue ``number`` for ``terminal``, else None.

        Of several blocks the lowest serial counts, which every replica finds alike.

        Args:
            on_sheet: the terminal itself has taken the number for a sheet. Then the coordinator may
                type that sheet in, because nobody issues the number by himself any more.
        """
        serials = [
            block.serial
            for block in self.blocks_at(number)
            if block.terminal == terminal
            and (author == _allocating(block, number) or (on_sheet and author == COORDINATOR))
        ]
        return min(serials, default=None)

    def rivals(self) -> list[Terminal | Block | Overlap]:
        """What two coordinators did: what has several heads, and blocks that overlap."""
        found: list[Terminal | Block | Overlap] = [
            terminal for _, terminal in sorted(self.terminals.items()) if len(terminal.heads) > 1
        ]
        for number, block in enumerate(self.blocks):
            if len(block.heads) > 1:
                found.append(block)
            for other in self.blocks[number + 1 :]:
                if other.range.start > block.range.end:  # they are sorted: none after it overlaps
                    break
                found.append(Overlap(block, other))
        return found


def is_author(author: str) -> bool:
    """True for a terminal code and the two names of the coordinator."""
    return author in (REGISTRY, COORDINATOR) or facts.is_terminal_code(author)


def may_write(author: Author, kind: str) -> bool:
    """True when a fact of ``kind`` counts under the name of ``author``."""
    writers = _WRITERS.get(kind)
    return author != REGISTRY if writers is None else author in writers


def fold(entries: Iterable[Entry], known: Registry | None = None) -> Registry:
    """The registry that all of ``entries`` make, in whatever order they come.

    Args:
        known: what earlier entries have made, none of which is among ``entries``; they count too.
            Only what the new ones are about is worked out again. But if they say which times are
            to be believed, all is.
    """
    new: dict[object, list[Entry]] = {}
    for entry in entries:
        new.setdefault(_subject(entry.fact), []).append(entry)
    before = known.histories if known is not None else {}
    histories = {**before, **{of: (*before.get(of, ()), *more) for of, more in new.items()}}
    changed = set(new)
    if known is None or Disbelief in new:
        known = Registry({}, [], (), Times(histories.get(Disbelief, ())))
        changed = set(histories)
    terminals = dict(known.terminals)
    blocks = {_subject_of(block): block for block in known.blocks}
    said: list[ClerkEntry] = []
    for of in changed:
        history = [_dated(known.times, entry) for entry in histories[of]]
        fact = history[0].fact
        if isinstance(fact, TerminalFact):
            terminals[fact.code] = _fold_terminal(fact.code, history)
        elif isinstance(fact, RangeFact):
            blocks[of] = _fold_range(history)
        elif isinstance(fact, ClerkFact | ClerkRule):
            said += [ClerkEntry(one.id, cast(ClerkFact | ClerkRule, one.fact)) for one in history]

    def every(kind: Callable[..., F]) -> list[F]:
        return [cast(F, entry.fact) for entry in histories.get(kind, ())]

    return Registry(
        _tell_apart(terminals.values()),
        list(blocks.values()),
        every(SerialsFact),
        known.times,
        every(AuthorityFact),
        every(AuditHead),
        clerks.fold(said, known.clerks),
        every(SigningKeyFact),
        histories,
    )


def _subject(fact: RegistryFact) -> object:
    """What a fact is about; two that are about different things do not touch each other."""
    if isinstance(fact, TerminalFact):
        return fact.code
    if isinstance(fact, RangeFact):
        return (NumberRange(fact.start, fact.end), fact.terminal)
    if isinstance(fact, ClerkFact):
        return fact.clerk
    return type(fact)


def _subject_of(block: Block) -> object:
    return (block.range, block.terminal)


def _dated(times: Times, entry: Entry) -> _Dated:
    is_dated = times.believes(REGISTRY, entry.hlc)
    return _Dated(entry.id, times.at(REGISTRY, entry.hlc), is_dated, entry.fact)


def _fold_terminal(code: Author, history: list[_Dated]) -> Terminal:
    newest = _heads(history)
    heads = [entry.fact for entry in newest if isinstance(entry.fact, TerminalFact)]
    every = [entry.fact for entry in history if isinstance(entry.fact, TerminalFact)]
    strictest = max(heads, key=lambda fact: _STATES.index(fact.state))  # (3)
    return Terminal(
        code,
        heads[-1].name,
        strictest.state,
        frozenset(key for fact in every for key in fact.keys),  # (4)
        frozenset(key for fact in every for key in fact.withdrawn),
        frozenset(key for fact in every if fact.state is State.REVOKED for key in fact.withdrawn),
        heads[-1].incarnation,
        min(fact.serial for fact in every),
        tuple(entry.id for entry in newest),
        min(entry.ms for entry in history),
        max(entry.ms for entry in history),
        frozenset(fact.incarnation for fact in every if fact.incarnation is not None),
        strictest.why,
        min(fact.serial for fact in every),
    )


def _tell_apart(terminals: Collection[Terminal]) -> dict[Author, Terminal]:
    """Terminals by code, no two of them with one id."""
    having = Counter(terminal.serial for terminal in terminals)
    known: dict[Author, Terminal] = {}
    for terminal in terminals:
        ident = terminal.serial
        if having[ident] > 1:
            digest = blake2b(terminal.code.encode(), digest_size=6).digest()
            ident = _ID_MIN + int.from_bytes(digest)
        same = terminal if terminal.id == ident else terminal._replace(id=ident)
        known[terminal.code] = same
    return known


def _fold_range(history: list[_Dated]) -> Block:
    newest = _heads(history)
    heads = [entry.fact for entry in newest if isinstance(entry.fact, RangeFact)]
    every = [entry.fact for entry in history if isinstance(entry.fact, RangeFact)]
    last = heads[-1]
    ordered = sorted(history, key=lambda entry: (entry.fact.serial, entry.id))
    first = next(entry.fact for entry in ordered if isinstance(entry.fact, RangeFact))
    incarnations = {fact.incarnation for fact in heads}
    return Block(
        NumberRange(last.start, last.end),
        last.terminal,
        last.incarnation,
        max((fact.allocator for fact in heads), key=_ALLOCATORS.index),
        max(fact.mark for fact in heads),
        # Rivals gave it to two databases of one desk: both could issue the same number, (3).
        any(fact.closed for fact in heads) or len(incarnations) > 1,
        min(fact.serial for fact in every),
        last.source,
        tuple(entry.id for entry in newest),
        min(entry.ms for entry in history),
        next((fact.why for fact in heads if fact.closed), ""),
        _format(first),
        ordered[0].is_dated,
    )


def _format(fact: RangeFact) -> NumberFormat | None:
    """How the numbers of a range are printed; as they are where its form is not for all of them."""
    form = fact.format
    if form is None or not form.is_for(PrintedKind.PLAIN):
        return None
    return form if form.fits(NumberRange(fact.start, fact.end)) else None


def _heads(history: list[_Dated]) -> list[_Dated]:
    """The facts that no other of ``history`` replaces, by (serial, id); never empty, (2)."""
    replaced = {
        ident
        for entry in history
        if isinstance(entry.fact, TerminalFact | RangeFact)
        for ident in entry.fact.replaces
    }
    heads = [entry for entry in history if entry.id not in replaced]
    # Facts that replace each other in a circle, which nobody honest writes, are all heads.
    return sorted(heads or history, key=lambda entry: (entry.fact.serial, entry.id))


def _allocating(block: Block, number: int) -> Author:
    """Who issues ``number`` of a block."""
    if block.allocator is Allocator.NODE and number > block.mark:
        return block.terminal
    return COORDINATOR
