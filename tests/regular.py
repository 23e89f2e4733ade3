"""How much work a regular expression may be: what a backtracking matcher does for a hostile text.

Python's `re` tries one way through a pattern after the other. Where a text can be read in two ways
again and again, it tries every combination before it gives up. After Weber and Seidl (On the Degree
of Ambiguity of Finite Automata, 1991) that can be seen in the pattern itself, without any text:

- *exponential*: a part that is repeated leads back to itself in two ways by the same characters, as
  in ``(a|[a-z])*`` and ``(a+)+``;
- *polynomial*: two repeats can divide the same characters between them, as in ``a*a*b``. Two such
  take steps by the square of the length, three by its cube.

A pattern is taken for the set of its characters and what may follow each of them. What `re` knows
beyond that (lookaround, references to groups, ``\b``) is taken for something that may always fail,
so the answer may be too high and is never too low.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import inf
from re import _constants as op
from re import _parser as parser
from typing import Any, Final, NamedTuple, TypeVar

Node = TypeVar("Node")

COPIES_MAX: Final = 16
"""Of a part that is counted, as in ``[0-9]{4}``, so many copies are looked at; where there may be
more of them it is taken for one that is repeated without end."""

_SOME: Final = "".join(map(chr, range(128))) + "éßİıſKª²اعہ١۱۲،۔\u0301\u093e\u200c\u00a0\u2028–中😀"
"""Characters by which two sets of characters are compared, besides those that a pattern names."""

_CATEGORIES: Final = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}
_REPEATS: Final = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


class Exit(NamedTuple):
    """Where a part of a pattern may end, or begin: at a position; ``sure``: nothing can fail."""

    position: int
    sure: bool


@dataclass
class Part:
    """A part of a pattern: where it begins and ends, one entry for each way.

    ``empty`` has an entry for each way to pass without a character: whether it is sure.
    """

    first: list[Exit]
    last: list[Exit]
    empty: list[bool]


@dataclass
class Automaton:
    """The positions of a pattern: the characters of each, and which ways lead to which others."""

    known: str
    flags: int
    sets: list[frozenset[str]] = field(default_factory=list)
    follow: list[list[int]] = field(default_factory=list)
    within: list[Any] = field(default_factory=list)
    """What stands in lookaround, each a pattern of its own."""
    groups: dict[int, Any] = field(default_factory=dict)

    def one_of(self, characters: frozenset[str]) -> Part:
        self.sets.append(characters)
        self.follow.append([])
        here = [Exit(len(self.sets) - 1, True)]
        return Part(here, list(here), [])

    def sequence(self, parts: Iterable[Part]) -> Part:
        whole = Part([], [], [True])
        for part in parts:
            self._join(whole.last, part.first)
            first = [
                Exit(one.position, one.sure and sure) for sure in whole.empty for one in part.first
            ]
            last = [
                Exit(one.position, one.sure and sure) for sure in part.empty for one in whole.last
            ]
            empty = [one and other for one in whole.empty for other in part.empty]
            whole = Part(whole.first + first, last + part.last, empty)
        return whole

    def _join(self, ends: Iterable[Exit], begins: Sequence[Exit]) -> None:
        for end in ends:
            self.follow[end.position] += [one.position for one in begins]

    def part(self, items: Any) -> Part:
        return self.sequence(self._item(code, value) for code, value in items)

    def _item(self, code: Any, value: Any) -> Part:
        if code in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
            return self.one_of(characters(code, value, self.flags, self.known))
        if code is op.SUBPATTERN:
            group, more, fewer, body = value
            if group is not None:
                self.groups[group] = body
            around, self.flags = self.flags, (self.flags | more) & ~fewer
            found = self.part(body)
            self.flags = around
            return found
        if code is op.ATOMIC_GROUP:
            return self.part(value)
        if code is op.BRANCH:
            branches = [self.part(one) for one in value[1]]
            return Part(*([way for one in branches for way in ways(one)] for ways in _WAYS))
        if code in _REPEATS:
            return self._repeated(*value)
        if code is op.GROUPREF:
            return self.part(self.groups[value])
        if code is op.AT:
            return Part([], [], [False])
        if code in (op.ASSERT, op.ASSERT_NOT):
            self.within.append(value[1])
            return Part([], [], [False])
        raise NotImplementedError(str(code))

    def _repeated(self, least: int, most: int, body: Any) -> Part:
        endless = most is op.MAXREPEAT or most > COPIES_MAX
        copies = [self.part(body) for _ in range(min(least, COPIES_MAX))]
        if endless:
            loop = self.part(body)
            if loop.empty and least > 1:
                raise NotImplementedError("a counted repeat of what may be empty")
            self._join(loop.last, loop.first)
            return self.sequence([*copies, Part(loop.first, loop.last, [True])])
        more = Part([], [], [True])
        for _ in range(most - least):
            # One within the other: there is one way only to take two of three.
            more = self.sequence([self.part(body), more])
            more.empty.append(True)
        return self.sequence([*copies, more])


_WAYS: Final = (lambda one: one.first, lambda one: one.last, lambda one: one.empty)


def characters(code: Any, value: Any, flags: int, known: str) -> frozenset[str]:
    """Those of the known characters that one position of a pattern takes."""
    if code is op.ANY:
        return frozenset(one for one in known if flags & re.DOTALL or one != "\n")
    items = value if code is op.IN else [(op.LITERAL, value)]
    negated = code is op.NOT_LITERAL or items[0][0] is op.NEGATE
    taken = {one for one in known if any(_takes(item, one, flags) for item in items)}
    return frozenset(known).difference(taken) if negated else frozenset(taken)


def _takes(item: tuple[Any, Any], character: str, flags: int) -> bool:
    code, value = item
    if code is op.NEGATE:
        return False
    if code is op.CATEGORY:
        return re.match(_CATEGORIES[value], character, flags & re.ASCII) is not None
    forms = {character, character.lower(), character.upper()}
    points = [ord(one) for one in (forms if flags & re.IGNORECASE else character) if len(one) == 1]
    first, last = value if code is op.RANGE else (value, value)
    return any(first <= point <= last for point in points)


def _named(items: Any) -> Iterator[int]:
    """The characters that stand in a pattern, and those beside the ranges there."""
    for code, value in items:
        if code in (op.LITERAL, op.NOT_LITERAL):
            yield value
        elif code is op.RANGE:
            yield from (max(0, value[0] - 1), value[0], value[1], min(0x10FFFF, value[1] + 1))
        elif code is op.IN:
            yield from _named(value)
        elif code is op.BRANCH:
            for one in value[1]:
                yield from _named(one)
        elif isinstance(value, tuple) and value and isinstance(value[-1], parser.SubPattern):
            yield from _named(value[-1])


def degree(pattern: str, flags: int = 0, *, anywhere: bool = True, whole: bool = False) -> float:
    """By which power of the length the steps for a text may grow; infinite if exponentially.

    Args:
        anywhere: it is looked for at each place of a text (`search`, `sub`), not at its beginning.
        whole: it must reach the end of the text (`fullmatch`).
    """
    parsed = parser.parse(pattern, flags)
    known = "".join(dict.fromkeys(_SOME + "".join(map(chr, _named(parsed)))))
    return _degree(parsed, parsed.state.flags, known, anywhere, whole)


def _degree(items: Any, flags: int, known: str, anywhere: bool, whole: bool) -> float:
    automaton = Automaton(known, flags)
    at_beginning = [op.AT_BEGINNING_STRING] + [op.AT_BEGINNING] * (not flags & re.MULTILINE)
    if anywhere and not (items and items[0][0] is op.AT and items[0][1] in at_beginning):
        before = automaton.one_of(frozenset(known))
        automaton.follow[0].append(0)
        begin = Part(before.first, before.last, [True])
        last = automaton.sequence([begin, automaton.part(items)]).last
    else:
        last = automaton.part(items).last
    within = [_degree(one, flags, known, anywhere=False, whole=False) for one in automaton.within]
    passed = frozenset() if whole else frozenset(one.position for one in last if one.sure)
    return max([_ambiguity(automaton, passed), *within])


def _ambiguity(automaton: Automaton, passed: frozenset[int]) -> float:
    """The degree for one automaton.

    Args:
        passed: positions at which the match has succeeded, so nothing is tried again.
    """
    follow = automaton.follow
    loops = _components(range(len(follow)), follow.__getitem__)
    loop_of = {position: at for at, loop in enumerate(loops) for position in loop}

    inner = {
        position: [one for one in follow[position] if loop_of.get(one) == at]
        for position, at in loop_of.items()
    }
    """The ways to go on within the loop."""

    @cache
    def meet(*positions: int) -> bool:
        """Whether there is a character that all of them take."""
        return bool(frozenset.intersection(*(automaton.sets[one] for one in positions)))

    def side_by_side(pair: tuple[int, int]) -> list[tuple[int, int]]:
        ways = itertools.product(inner[pair[0]], inner[pair[1]])
        return [both for both in ways if meet(*both)]

    if any(len(ways) > len(set(ways)) for ways in inner.values()):
        return inf
    for found in _components([(one, one) for one in loop_of], side_by_side):
        # From one position back to it in two ways that take the same characters.
        if len({one == other for one, other in found}) == 2:
            return inf

    def divide(one: int, other: int) -> bool:
        """Whether some characters lead around both positions, and from the one to the other."""

        def all_three(at: tuple[int, int, int]) -> list[tuple[int, int, int]]:
            ways = itertools.product(inner[at[0]], follow[at[1]], inner[at[2]])
            return [three for three in ways if meet(*three)]

        return (one, other, other) in _reached([(one, one, other)], all_three)

    behind: dict[int, set[int]] = {}
    for one, other in itertools.permutations(loop_of, 2):
        if loop_of[one] != loop_of[other] and other not in passed and divide(one, other):
            behind.setdefault(loop_of[one], set()).add(loop_of[other])

    def longest(loop: int) -> int:
        return max((1 + longest(one) for one in behind.get(loop, ())), default=1)

    return max(map(longest, behind), default=1)


def _reached(starts: Iterable[Node], follow: Callable[[Node], Iterable[Node]]) -> set[Node]:
    waiting = list(starts)
    seen = set(waiting)
    while waiting:
        for one in follow(waiting.pop()):
            if one not in seen:
                seen.add(one)
                waiting.append(one)
    return seen


def _components(
    starts: Iterable[Node], follow: Callable[[Node], Iterable[Node]]
) -> list[set[Node]]:
    """The strongly connected components that can be reached, those without a loop left out."""
    nodes = _reached(starts, follow)
    back: dict[Node, set[Node]] = {}
    for one in nodes:
        for other in follow(one):
            back.setdefault(other, set()).add(one)
    found: list[set[Node]] = []
    while nodes:
        one = nodes.pop()
        component = _reached([one], follow) & _reached([one], lambda node: back.get(node, ()))
        nodes -= component
        if len(component) > 1 or one in back.get(one, ()):
            found.append(component)
    return found
