"""A witness of issued numbers, kept outside the data folder.

A database that was put back to an older copy does not know what it issued since. The witness does:
it remembers the mark of each range and the machine, and a database that is behind it, or used and
without one, issues nothing from that range.

It is told of a number before the commit that stores it, as an *intent*: what the database knew
before, the number, and the id of the registration. So nobody can see a number that the witness
does not know. A process that dies between the two leaves an intent of which the database knows
nothing. Whether the number was shown cannot be known afterwards, so the next process never issues
it and goes on above it. A database that lacks more than that was set back.

A witness that was lost is begun anew, and knows nothing of what was given before. So it has a
number, by which the database knows its own: an older copy of the database names another one. See
also `sync.witness.steps`.

Marks alone do not tell two pasts of one database apart: a whole disk was put back, with the
witness, and work went on; then a copy of the data folder from before is put back, and has come just
as far or further. So the witness also remembers who got the newest number. A database has given its
numbers one after the other. If it knows that person, it knows all that the witness knows, whatever
it has given since; if not, it is older than the witness or went on apart from it.

Ranges do not say either that people got other numbers, or corrections, ids and answers: online
numbers, those of a sheet, those that a program brings. So a node's database and its witness also
have a number that goes up by a random step with whatever the node gives by itself, see
`sync.witness.steps`. A database below it was set back, and so was one between what is committed and
what was intended last. One that is above it is ahead of an older witness, or of another past.
Changes that came from others only are noted after their commit, without waiting for the disk: the
cursor of the newest one.

`sync.witness.file` has the file, `sync.witness.packing` how thousands of marks fit into it. What it
says after its sequence is the machine and the marks; intents are among the marks under the name
``intents``, where version 0.2.0 of the software, which has none, keeps them and does not look at
them.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sync.errors import BadRange, StoreError, WitnessUnwritable
from sync.model import causes, reasons
from sync.model.facts import FactId
from sync.model.numbers import NumberRange
from sync.storage.cursors import Cursor
from sync.storage.meta import Meta
from sync.witness import packing
from sync.witness.file import WitnessFile

SERIAL: Final = "serial"
"""The name of a coordinator's newest serial."""

BEGUN: Final = "begun"
"""The name of a witness's own number; 0 in one that has none, as version 0.2.0 begins them."""

GIVEN: Final = "given"
"""The name of the number that goes up with whatever a node gives; `BEGUN` does at a coordinator."""

CHANGES: Final = "changes"
"""The name of the cursor of the newest change in the feed."""

OF_ANOTHER_COPY: Final = "the witness was begun for another copy of this database"

_INTENTS: Final = "intents"
_NEWEST: Final = "newest"
"""Among the intents, this is whatever carries the newest number. It is intended no more."""
_FACTS_MAX: Final = 16
_NUMBER_BYTES: Final = 7


log = logging.getLogger("mrnmesh.witness")


class Intent(NamedTuple):
    """A number that the witness was told of before its commit.

    ``before`` is what the database knew. ``facts`` are the registrations that were to carry the
    number: more than one where a commit failed and the range was used again. ``given`` is the
    highest number that the desk itself has picked and no commit is known of, 0 if there is none.
    """

    number: int
    before: int
    facts: tuple[FactId, ...] = ()
    given: int = 0

    def or_failed(self, failed: Intent) -> Intent:
        """The same where an earlier commit has failed: what carries the number may be its facts."""
        return self._replace(facts=(*failed.facts, *self.facts)[-_FACTS_MAX:])


class Carried(NamedTuple):
    """A number, and the registration or sheet that carries it."""

    number: int
    fact: FactId


class Agreement(Enum):
    """How a node's database stands to its witness in what the node has given by itself."""

    IN_STEP = "knows all that was given"
    IN_DOUBT = "lacks what was intended last, which may have been given or not"
    SET_BACK = "lacks what was certainly given"
    AHEAD = "has given more than the witness knows of, which is older or of another past"
    FORGETFUL = "has forgotten changes that came from others"


class Intents(dict[str, Intent]):
    """What one transaction issues, by the names under which the witness keeps it.

    ``carried`` is what carries it; None if no registration or sheet does. ``gives``: it says
    something by itself, numbers or not. A verdict only says what follows from what others have
    brought, and they bring that again. ``in_use_at_once``: it is not enough to leave it out if the
    commit is in doubt, because it is used without being issued again. So nobody hears of it before
    the witness knows that it was committed.
    """

    carried: Carried | None = None
    gives = in_use_at_once = False

    def issue(self, name: str, number: int, before: int, *, is_own: bool = False) -> None:
        """Note that a number is issued.

        Args:
            name: for a number out of a range, the text of that range.
            before: what the database knew under that name when the transaction began.
            is_own: the desk itself has picked the number, no client has brought it.
        """
        self[name] = Intent(number, before, given=number if is_own else 0)

    def carry(self, fact: FactId, number: int | None) -> None:
        """The numbers that were issued so far are carried by this registration or sheet.

        Args:
            number: that of the registration, or the highest one of the sheet.
        """
        for name, intent in self.items():
            self[name] = intent._replace(facts=(fact,))
        if self and number is not None:
            self.carried = Carried(number, fact)


class Used(NamedTuple):
    """How far a database has used a range.

    ``below`` is how many numbers below the cursor clients supplied, ``facts`` are the
    registrations and sheets of this replica's own that carry the number at the cursor.
    """

    cursor: Cursor
    below: int
    facts: frozenset[FactId]


class Known(NamedTuple):
    """What a database says to its witness: the number of that one, and how far ranges are used.

    ``carriers`` are the registrations and sheets of its own that carry the numbers of which it was
    asked, see `Witness.asked`. ``given`` and ``changes`` are what it has under `GIVEN` and
    `CHANGES`.
    """

    witness: int
    used: Sequence[Used]
    carriers: Mapping[int, Collection[FactId]] = MappingProxyType({})
    given: int = 0
    changes: int = 0

    def has(self, carried: Carried) -> bool | None:
        """Whether it knows who got a number; None if it was not asked."""
        found = self.carriers.get(carried.number)
        return None if found is None else carried.fact in found


class AtStart(NamedTuple):
    """How a database compared with its witness when the process began.

    ``belongs`` is false where the database names another witness as its own. ``strange`` are the
    ranges of which it knows another registration under the very number that was intended. ``lacks``
    is what carries a number that was given, of which it does not know: it was set back, or is of
    another past than the witness.
    """

    belongs: bool = True
    strange: frozenset[str] = frozenset()
    lacks: Carried | None = None
    agreement: Agreement = Agreement.IN_STEP


class WitnessMarks(NamedTuple):
    """What a witness remembered at one moment; ``trusted`` as `Witness.trusted` has it.

    ``marks`` are numbers that an honest database knows. ``left`` are intents of earlier processes,
    which it may lack. The others are those of `AtStart`.
    """

    trusted: bool
    marks: Mapping[str, int]
    left: Mapping[str, Intent]
    belongs: bool
    strange: frozenset[str]
    lacks: Carried | None
    agreement: Agreement

    def objection(self, cursor: Cursor, fresh: bool, below: int = 0) -> str | None:
        """Why nothing may be issued from a range whose cursor stands there, None if it may.

        Args:
            cursor: what the database says.
            fresh: the database says that nothing was ever issued from the range.
            below: how many numbers below its cursor the database says that clients supplied.
        """
        if not self.trusted:
            return "this database was moved or copied here; run `mrnmesh-node renew`"
        if not self.belongs:
            return f"{OF_ANOTHER_COPY}; run `mrnmesh-node renew`"
        name = cursor.range.text
        mark = self.marks.get(name)
        if mark is None and not fresh:
            return "it was used, and there is no witness of how far"
        if mark is not None and mark > cursor.cursor:
            known = max(mark, self.burned(cursor.range))
            return f"numbers up to {known} were issued that this database does not know"
        if self.marks.get(below_name(cursor.range), 0) > below:
            return "clients supplied numbers of it that this database does not know"
        if name in self.strange:
            return f"another copy of this database has issued {cursor.cursor}"
        return None

    @property
    def ranges(self) -> list[NumberRange]:
        """Those that numbers were issued from, as far as it remembers."""
        found = []
        for name in self.marks:
            with contextlib.suppress(BadRange):  # other marks have names in words
                found.append(NumberRange.parse(name))
        return sorted(found)

    def burned(self, range_: NumberRange) -> int:
        """The number up to which an earlier process may have issued, 0 if none is in doubt."""
        left = self.left.get(range_.text)
        return left.number if left is not None else 0

    def given(self, range_: NumberRange) -> int:
        """The same of numbers that the desk itself picked; clients know which they have brought."""
        left = self.left.get(range_.text)
        return left.given if left is not None else 0


class Witness:
    """The marks of one replica's ranges, in the file at ``path``.

    The file is read when it is first asked about, or by `read`. So a witness can be named before
    the data folder is locked, and read after that, when no other daemon writes it any more.

    ``holds_back``: it must be written before other computers hear of what is committed.

    Args:
        machine: what names this computer, see `machine_id`; empty if nothing does.
    """

    def __init__(self, path: Path, machine: str) -> None:
        self.file = WitnessFile(path)
        self.holds_back = False
        self._machine = machine
        self._moved = False
        self._is_read = False
        self._is_settled = True
        self._marks: Mapping[str, int] = {}
        self._left: Mapping[str, Intent] = {}
        self._open: Mapping[str, Intent] = {}
        self._failed: Mapping[str, Intent] = {}
        self._newest: Carried | None = None
        self._carried: Carried | None = None
        self._at_start = AtStart()

    @classmethod
    def create(cls, path: Path, machine: str, number: int) -> Witness:
        """A witness for a new incarnation of a database; one that is there is replaced.

        Args:
            number: see `number_for`.

        Raises:
            WitnessUnwritable: the file cannot be replaced.
        """
        witness = cls(path, machine)
        witness.begin_anew(number)
        return witness

    def begin_anew(self, number: int) -> None:
        """Forget everything, and go on as the witness of this computer; replaces the file.

        Args:
            number: see `number_for`.

        Raises:
            WitnessUnwritable: the file cannot be replaced.
        """
        self.file.remove()
        self._take(None)
        self.note_marks({BEGUN: number})

    # one process at a time

    def hold(self) -> None:
        """Keep other processes from using it until `release`, then read the file.

        Raises:
            WitnessInUse: another process holds it.
            WitnessUnwritable: it is there and cannot be read.
        """
        self.file.hold()
        try:
            self.read()
        except OSError as error:
            self.file.release()
            raise WitnessUnwritable(path=self.file.path, why=causes.why(error)) from error

    def release(self) -> None:
        """Note what was committed as such, if it can be written, and let others use it."""
        try:
            with contextlib.suppress(StoreError):
                self.settle()
        finally:
            self.file.release()

    def read(self) -> None:
        """Read the file now.

        Raises:
            OSError: it is there and cannot be read.
        """
        self._take(self.file.read())

    def _take(self, content: list[Any] | None) -> None:
        """Know what the file says, and nothing else."""
        machine, written = content if content is not None else (self._machine, {})
        marks = packing.unpacked(written)
        intents = _intents_of(marks.pop(_INTENTS, ()))
        newest = intents.pop(_NEWEST, None)
        self._newest = Carried(newest.number, newest.facts[0]) if newest is not None else None
        # Version 0.2.0 raises a mark and leaves the intent as it was: then it is long settled.
        # And one that raised nothing says nothing of who carries the number.
        self._left = {
            name: one for name, one in intents.items() if marks.get(name) == one.number > one.before
        }
        self._marks = marks | {name: one.before for name, one in self._left.items()}
        self._open, self._failed = {}, {}
        self._carried, self._at_start = None, AtStart()
        self._moved = machine != self._machine
        self._is_read = self._is_settled = True

    # what it knows

    @property
    def marks(self) -> Mapping[str, int]:
        """Everything that it was told, by its name; that of a range is its text."""
        return _raised(self.seen().marks, self._intents())

    def mark(self, name: str) -> int | None:
        """What it was told under a name."""
        return self.marks.get(name)

    def committed(self, name: str) -> int:
        """What an honest database knows under a name; it may lack what lies above, see `mark`."""
        return self.seen().marks.get(name, 0)

    @property
    def trusted(self) -> bool:
        """True when there is a witness, and it was written on this computer."""
        return self.seen().trusted

    def seen(self) -> WitnessMarks:
        """What it remembers now; that does not change any more."""
        if not self._is_read:
            self.read()
        trusted = BEGUN in self._marks and not self._moved
        return WitnessMarks(trusted, self._marks, self._left, *self._at_start)

    @property
    def asked(self) -> list[int]:
        """The numbers of which the database has to say, at start, who got them."""
        left = [one.number for one in self.seen().left.values() if one.facts]
        return left if self._newest is None else [*left, self._newest.number]

    def is_of(self, number: int) -> bool:
        """True when it is trusted, and the one that a database has under this number.

        A number that was only intended is as good: its commit may have come to pass, or not.
        """
        return self.trusted and number in (self.committed(BEGUN), self.mark(BEGUN))

    def objection(self, cursor: Cursor, fresh: bool, below: int = 0) -> str | None:
        """Why nothing may be issued from a range now, see `WitnessMarks.objection`."""
        return self.seen().objection(cursor, fresh, below)

    def burned(self, range_: NumberRange) -> int:
        """See `WitnessMarks.burned`."""
        return self.seen().burned(range_)

    def given(self, range_: NumberRange) -> int:
        """See `WitnessMarks.given`."""
        return self.seen().given(range_)

    # what it is told

    def catch_up(self, known: Known) -> None:
        """Compare with a database at start, and remember what only the database knows.

        Version 0.2.0 told its witness after the commit, so one of its databases may be ahead; and
        somebody may have put back an older copy of the witness alone. To be called before anybody
        can be shown those numbers. It answers no objection, except where the database knows who got
        the newest number that the witness knows of: then that is merely older, also where it knows
        nothing of a range. If it cannot be written, `failure` of its file says so; none is given.

        Raises:
            WitnessFull, WitnessShared: see `note_marks`.
        """
        self._at_start = AtStart(belongs=self.is_of(known.witness))
        found = _compared(self.seen(), self._newest, known)
        self._at_start = found.at_start
        self.note_changes(known.changes, write=False)
        if found.marks:
            self._newest = found.newest
            log.info("the witness is older than the database, brought up to it: %s", found.marks)
            with contextlib.suppress(WitnessUnwritable):
                self.note_marks(found.marks)

    def intend(self, numbers: Mapping[str, Intent], carried: Carried | None = None) -> None:
        """Remember, on disk before this returns, that a transaction is about to issue numbers.

        `took` or `withdraw` says how it ended. A witness that is not trusted stays as it is:
        written to, one from another computer would look as if it were of this one at the next
        start.

        Args:
            carried: what carries them, if that is known.

        Raises:
            WitnessFull, WitnessUnwritable, WitnessShared: see `note_marks`.
        """
        if not self.trusted:
            return
        intents = dict(numbers)
        for name, failed in self._failed.items():
            # A commit that failed may still come to light after a power cut. So either may be what
            # the database has of that range, also with another number: a sheet takes several.
            if name in intents:
                intents[name] = intents[name].or_failed(failed)
        self._open, self._carried = intents, carried
        self._store()

    def took(self) -> None:
        """What was intended last is committed."""
        if not self._open:
            return
        # New mappings, for another thread may look at those that `seen` has given.
        self._marks = _raised(self._marks, self._open)
        self._left = _above(self._left, self._marks)
        if self._carried is not None or self._open.keys() != {GIVEN}:
            self._newest = self._carried
        self._open, self._failed, self._is_settled = {}, {}, False

    def settle(self) -> None:
        """Note as committed what was, so that a database that lacks it was certainly set back.

        Otherwise the next intent says so, which spares each registration a second write.

        Raises:
            WitnessFull, WitnessUnwritable, WitnessShared: see `note_marks`; it stays as it is.
        """
        if not self._is_settled:
            self._store()

    def note_changes(self, cursor: int, *, write: bool) -> None:
        """Remember the cursor of the newest change that is committed.

        This does not wait for the disk: a power cut may take it away. Where it cannot be written,
        `failure` of its file says so.

        Args:
            write: now, and not only with whatever is written next.
        """
        seen = self.seen()
        if not (seen.trusted and seen.belongs) or cursor <= seen.marks.get(CHANGES, 0):
            return
        self._marks = {**self._marks, CHANGES: cursor}
        if write:
            with contextlib.suppress(StoreError):
                self._store(sync=False)
        else:
            self._is_settled = False

    def withdraw(self) -> None:
        """What was intended last is not committed, and nobody has heard of it.

        After a power cut it may come to light all the same, so it is in doubt until a later one is.
        """
        if self._open:
            self._failed = {**self._failed, **self._open}
            self._open, self._is_settled = {}, False

    def note_marks(self, numbers: Mapping[str, int]) -> None:
        """Remember numbers under names, the highest of each, on disk before this returns.

        Raises:
            WitnessFull: the marks do not fit into a slot.
            WitnessUnwritable: the file cannot be written.
            WitnessShared: another process has written it.
        """
        known = self.seen().marks
        self._marks = {
            **known,
            **{name: max(n, known.get(name, n)) for name, n in numbers.items()},
        }
        # What was intended above that stays in doubt.
        self._left = _above(self._left, self._marks)
        self._failed = _above(self._failed, self._marks)
        self._is_settled = False
        self._store()

    def try_again(self) -> None:
        """Write what could not be written the last time, so that its failure is what is so now.

        Raises:
            WitnessFull, WitnessUnwritable, WitnessShared: see `note_marks`.
        """
        if self.file.failure is not None:
            self._store()

    def _intents(self) -> dict[str, Intent]:
        """What the database may lack: a number left over may lie above one that is intended now."""
        now = {**self._failed, **self._open}
        with_left = {
            name: _with_highest(one, self._left.get(name, one)) for name, one in now.items()
        }
        return {**self._left, **with_left}

    def _store(self, *, sync: bool = True) -> None:
        intents = self._intents()
        content = packing.packed(_raised(self.seen().marks, intents))
        if self._newest is not None:
            number, fact = self._newest
            intents |= {_NEWEST: Intent(number, number, (fact,))}
        if intents:
            content[_INTENTS] = [(name, *one) for name, one in intents.items()]
        self.file.write(self._machine, content, sync=sync)
        self._is_settled = sync and not self._open


def _intents_of(written: Iterable[Sequence[Any]]) -> dict[str, Intent]:
    return {
        name: Intent(number, before, tuple(map(FactId, facts)), *given)
        for name, number, before, facts, *given in written
    }


class _Compared(NamedTuple):
    """How a database compares, what only it knows, and who has the newest number then."""

    at_start: AtStart
    marks: Mapping[str, int]
    newest: Carried | None


def _compared(seen: WitnessMarks, newest: Carried | None, known: Known) -> _Compared:
    """Compare a database with what was read of its witness; ``seen`` says whether it belongs."""
    is_continued = newest is not None and known.has(newest) is True
    lacks = _lacking(seen, newest, known)
    agreement = _agreement(seen, known) if seen.belongs else Agreement.IN_STEP
    marks: dict[str, int] = {}
    if seen.belongs and agreement is not Agreement.SET_BACK:
        marks |= {GIVEN: known.given} if known.given > seen.marks.get(GIVEN, 0) else {}
    strange, newer = set(), newest
    for used in known.used:
        cursor, below, facts = used
        text, name = cursor.range.text, below_name(cursor.range)
        left, committed = seen.left.get(text), seen.marks
        if left is not None and _went_apart(left, used, known):
            strange.add(text)
            continue
        is_open = is_continued and cursor.closed is None and bool(facts)
        if (text in committed or is_open) and seen.objection(cursor, is_open, below) is None:
            mark = committed.get(text, cursor.range.start - 1)
            if cursor.cursor > mark:
                marks[text] = cursor.cursor
                # That of the youngest range, which is used last.
                newer = Carried(cursor.cursor, min(facts)) if facts else newer
            marks |= {name: below} if below > committed.get(name, 0) else {}
    at_start = AtStart(seen.belongs, frozenset(strange), lacks, agreement)
    return _Compared(at_start, marks, newer if lacks is None else newest)


def _agreement(seen: WitnessMarks, known: Known) -> Agreement:
    """How a database stands to what a witness knew when it was read."""
    committed, left = seen.marks.get(GIVEN), seen.left.get(GIVEN)
    if committed is not None:  # an earlier version notes none
        intended = left.number if left is not None else committed
        if known.given > intended:
            return Agreement.AHEAD
        if known.given not in (committed, intended):
            return Agreement.SET_BACK
        if known.given < intended:
            return Agreement.IN_DOUBT
    if known.changes < seen.marks.get(CHANGES, 0):
        return Agreement.FORGETFUL
    return Agreement.IN_STEP


def lacking(witness: Witness, known: Known) -> Carried | None:
    """What carries a number that was given, of which a database does not know; or None."""
    return _lacking(witness.seen(), witness._newest, known)


def is_lacking(witness: Witness, known: Known) -> bool:
    """Whether a database certainly does not know of something that was given, number or not."""
    return _agreement(witness.seen(), known) is Agreement.SET_BACK


def _lacking(seen: WitnessMarks, newest: Carried | None, known: Known) -> Carried | None:
    if newest is not None and known.has(newest) is False:
        return newest
    for used in known.used:
        one = seen.left.get(used.cursor.range.text)
        if one is not None and _went_apart(one, used, known):
            return Carried(one.number, one.facts[-1])
    return None


def _went_apart(left: Intent, used: Used, known: Known) -> bool:
    """Whether a database went on without what was intended last, as only another copy can.

    If it lacks that, and is the one that was to have it, it never gives that number to anybody
    else, nor one below that the desk had picked. But its newest number may be that of a commit that
    failed before, and has come to light. And what a copy of this machine has written bears the same
    name: it may have given the very number that was under way here, and has closed the range.
    """
    if not left.facts or used.cursor.closed == reasons.COPY_OF_MACHINE:
        return False
    number, cursor = left.number, used.cursor.cursor
    found = known.carriers.get(number, used.facts if number == cursor else ())
    if found:
        return not set(left.facts) & set(found)
    is_passed_over = left.given == number and left.before < cursor < number
    return is_passed_over and not set(left.facts) & used.facts


def _with_highest(intended: Intent, left: Intent) -> Intent:
    number, given = max(intended.number, left.number), max(intended.given, left.given)
    return intended._replace(number=number, given=given)


def _above(intents: Mapping[str, Intent], marks: Mapping[str, int]) -> dict[str, Intent]:
    """Those of numbers above the marks that are known to be committed."""
    return {
        name: one._replace(before=max(one.before, marks.get(name, one.before)))
        for name, one in intents.items()
        if one.number > marks.get(name, one.before)
    }


def _raised(marks: Mapping[str, int], intents: Mapping[str, Intent]) -> dict[str, int]:
    return {
        **marks,
        **{name: max(one.number, marks.get(name, 0)) for name, one in intents.items()},
    }


def number_for(meta: Meta, random: Callable[[int], bytes]) -> int:
    """Let a database have a new witness for its own, whose number is returned to begin it with.

    In this order, an interruption leaves a witness that does not belong to the database, and never
    an old one that seems to.
    """
    meta.witness = number = new_number(random)
    return number


def new_number(random: Callable[[int], bytes]) -> int:
    """By which a witness and its database know each other."""
    return int.from_bytes(random(_NUMBER_BYTES))


def below_name(range_: NumberRange) -> str:
    """The name of how many numbers below its mark were supplied."""
    return f"{range_.text}{packing.BELOW}"
