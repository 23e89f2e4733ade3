"""The fact types, their canonical bytes and their ids.

A fact is one immutable replicated record: ``msgpack([kind, record_id, hlc, incarnation, body])``,
where ``body`` is a msgpack ``bin`` that is itself a packed array whose first element is the version
of that kind. Envelopes are checked by the gate and must be canonical; a body that is wrong only
makes its own fact malformed, so that nobody's faulty or future software blocks a shard. The layouts
of the bodies are in `sync.model.bodies`.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any, Final, NamedTuple, NewType

import msgpack
import msgspec
from msgspec import Meta

from sync.errors import BadFact
from sync.model import typed
from sync.model.clerks.known import KnownBy
from sync.model.numbers import NUMBER_MAX, Mrn
from sync.model.printed.formats import NumberFormat

Bytes8 = Annotated[bytes, Meta(min_length=8, max_length=8)]
Bytes16 = Annotated[bytes, Meta(min_length=16, max_length=16)]
Bytes32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Bytes64 = Annotated[bytes, Meta(min_length=64, max_length=64)]

Author = NewType("Author", str)
"""A terminal code, or one of the two names below."""
FactId = NewType("FactId", Bytes16)
"""16-byte BLAKE2b of author and canonical bytes."""
RecordId = NewType("RecordId", bytes)
"""16 bytes of the UUIDv7 of a registered person's record; empty in registry facts."""
Incarnation = NewType("Incarnation", Bytes8)
"""8 random bytes naming one life of a replica's database."""
Link = NewType("Link", Bytes16)
"""16-byte running hash of a run."""

REGISTRY: Final = Author("@registry")
COORDINATOR: Final = Author("@coordinator")
COORDINATOR_NAMES: Final = (REGISTRY, COORDINATOR)

FACT_BYTES_MAX: Final = 16 * 1024
INCARNATION_BYTES: Final = 8
HLC_MAX: Final = (1 << 63) - 1
NO_RECORD: Final = RecordId(b"")

REGISTRATION: Final = "registration"
AMENDMENT: Final = "amendment"
TERMINAL: Final = "terminal"
RANGE: Final = "range"
SERIALS: Final = "serials"
GRANT: Final = "grant"
VERDICT: Final = "verdict"
RESOLUTION: Final = "resolution"
DISBELIEF: Final = "disbelief"
REQUEST: Final = "request"
REFUSAL: Final = "refusal"
PAIR: Final = "pair"
AUTHORITY: Final = "authority"
SHEET: Final = "sheet"
AUDIT_HEAD: Final = "audit_head"
CLERK: Final = "clerk"
CLERK_RULE: Final = "clerk_rule"
SIGNING_KEY: Final = "signing_key"

CODE_CHARACTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
CODE_LENGTH_MAX: Final = 50
SERIAL_MAX: Final = (1 << 53) - 1
LIST_MAX: Final = 1000
REASON_LENGTH_MAX: Final = 200
SHEET_NUMBERS_MAX: Final = 100
SOURCE_LENGTH_MAX: Final = 100
CLERK_DESKS_MAX: Final = 200
CERTIFICATE_BYTES_MAX: Final = 2048
ENDS_MAX: Final = 200
"""Ends that one fact vouches for: some 40 bytes each."""
FIELD_BYTES_MAX: Final = 4096
"""Of the text of one field, as UTF-8."""
NESTING_MAX: Final = 32
"""Arrays and maps within one another in a body; those that are written have at most 4."""
ELEMENTS_MAX: Final = 2 * LIST_MAX
"""Elements of one array, or entries of one map, in a body."""

Count = Annotated[int, Meta(ge=0, le=SERIAL_MAX)]
Number = Annotated[int, Meta(ge=1, le=NUMBER_MAX)]
TerminalCode = Annotated[Author, Meta(pattern=rf"\A[A-Z0-9_-]{{1,{CODE_LENGTH_MAX}}}\Z")]
AnyAuthor = Annotated[Author, Meta(min_length=1, max_length=CODE_LENGTH_MAX)]
"""What somebody claims to be an author; whether it can be one is not decided by its type."""
PersonId = Annotated[RecordId, Meta(min_length=16, max_length=16)]
"""A record id that is not empty."""
FactIds = Annotated[tuple[FactId, ...], Meta(max_length=LIST_MAX)]
Keys = Annotated[tuple[Bytes32, ...], Meta(max_length=LIST_MAX)]
Why = Annotated[str, Meta(max_length=REASON_LENGTH_MAX)]
Name = Annotated[str, Meta(max_length=255)]
Person = Annotated[str, Meta(max_length=100)]
"""Whoever typed or decided something."""
FieldName = Annotated[str, Meta(min_length=1, max_length=64)]
FieldNames = Annotated[tuple[FieldName, ...], Meta(max_length=64)]
Fields = Annotated[
    dict[
        FieldName,
        Annotated[str, Meta(max_length=FIELD_BYTES_MAX)],
    ],
    Meta(max_length=64),
]
"""Field -> text; names that this software does not know are allowed."""
Sources = Annotated[dict[FieldName, FactId], Meta(max_length=64)]
"""Field -> the fact whose value it shows; names that this software does not know are allowed."""


class State(StrEnum):
    """What a terminal may do, from the most to the least; the stricter one wins among rivals."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    REPLACED = "replaced"
    RETIRED = "retired"
    REVOKED = "revoked"


class Allocator(StrEnum):
    """Who issues from a range."""

    COORDINATOR = "coordinator"
    CLIENT = "client"
    NODE = "node"


class Cause(StrEnum):
    """Why no fact of this register carries some serials, see `SerialsFact`."""

    BEGIN = "begin"
    """Whatever was missing below was missing before serials were accounted for."""
    SKIPPED = "skipped"
    """The coordinator left them out, so that none is given twice."""
    LOST = "lost"
    """They were given, and an administrator has given up what they were given to."""


class Action(StrEnum):
    """What an administrator may decide about a registration."""

    ASSIGN = "assign"
    AWARD = "award"
    MERGE = "merge"
    VOID = "void"
    REOPEN = "reopen"


class RecordAct(StrEnum):
    """What a desk may ask for, and an administrator decides about a record."""

    MERGE = "merge"
    UNMERGE = "unmerge"
    VOID = "void"
    UNVOID = "unvoid"
    TWO_PEOPLE = "two_people"
    MAYBE_ONE = "maybe_one"


class Reason(StrEnum):
    """Why the number of a registration was refused."""

    DUPLICATE_MRN = "duplicate_mrn"
    OUTSIDE_RANGE = "outside_range"
    DUPLICATE_RECORD = "duplicate_record"
    REVOKED = "revoked"
    MALFORMED = "malformed"


class Envelope(NamedTuple):
    """The outer five elements of a fact."""

    kind: Annotated[str, Meta(min_length=1, max_length=32)]
    record_id: Annotated[RecordId, Meta(max_length=16)]
    hlc: Annotated[int, Meta(ge=0, le=HLC_MAX)]
    incarnation: Incarnation
    body: bytes


class Registration(NamedTuple):
    """A person was registered. ``understood`` is false for a version from the future.

    ``known``, here and in other facts, is how the name of whoever did it is known; facts of before
    do not say so.
    """

    mrn: Mrn | None
    terminal: TerminalCode | None
    offline: bool
    registered_at: str
    operator: Person | None
    key_hash: Bytes16 | None
    demographics: Fields
    known: KnownBy | None = None
    understood: bool = True


class Amendment(NamedTuple):
    """Fields of a registration were corrected."""

    registration: FactId
    fields: Fields
    replaces: dict[str, Annotated[list[FactId], Meta(max_length=LIST_MAX)]]
    amended_at: str
    operator: Person | None
    known: KnownBy | None = None


class TerminalFact(NamedTuple):
    """A terminal's name, state and keys, as the coordinator decided.

    ``withdrawn`` are keys that may sync no more from now on; if ``state`` is revoked, what they
    signed is not trusted either. ``why`` is the reason that was given for the state.
    """

    serial: Count
    replaces: FactIds
    code: TerminalCode
    name: Name
    state: State
    keys: Keys
    withdrawn: Keys
    incarnation: Incarnation | None
    why: Why = ""


class RangeFact(NamedTuple):
    """A block of numbers and who issues from it.

    ``mark``: the last number in it that its present allocator did not issue. ``source``: who
    granted it and what for. ``why``: the reason for which it was closed. ``format``: how its
    numbers are printed, None for as they are; of several facts of a range the first one says so.
    """

    serial: Count
    replaces: FactIds
    start: Number
    end: Number
    terminal: TerminalCode
    incarnation: Incarnation | None
    allocator: Allocator
    mark: Annotated[int, Meta(ge=0)]
    closed: bool
    source: Annotated[str, Meta(max_length=SOURCE_LENGTH_MAX)]
    why: Why = ""
    format: NumberFormat | None = None


class SerialsFact(NamedTuple):
    """Why serials from ``first`` to ``last`` may be missing; it takes no serial of its own.

    ``who`` is the administrator who said so, empty where the coordinator did it by itself.
    """

    first: Count
    last: Count
    cause: Cause
    why: Why
    who: Person = ""

    @property
    def serial(self) -> int:
        """The highest serial that counts as given from here on."""
        return self.last


class Grant(NamedTuple):
    """One number for one record of one terminal; ``format``: how it is printed, see `RangeFact`."""

    serial: Count
    mrn: Mrn
    terminal: TerminalCode | None
    format: NumberFormat | None = None


class Verdict(NamedTuple):
    """The coordinator's judgement of the facts ``first``..``last`` (exclusive) of a run.

    ``link`` is the run's link at ``last``, which names the branch. ``rejects`` maps an index,
    counted from ``first``, to the reason; all else that the coordinator understood is admitted.
    """

    author: Author
    shard: int
    client: int
    first: int
    last: int
    link: Link
    rejects: dict[int, Reason]


class Resolution(NamedTuple):
    """An administrator's decision about one registration.

    With `Action.MERGE` it counts as one with the registration ``holder``, of the record
    ``holder_record``, and ``taken`` names the fields whose values the surviving record takes from
    it. ``asked`` is the request that it carries out.
    """

    serial: Count
    replaces: FactIds
    registration: FactId
    action: Action
    mrn: Mrn | None
    holder: FactId | None
    holder_record: PersonId | None
    holder_mrn: Mrn | None
    who: Person
    why: Annotated[str, Meta(max_length=1000)]
    taken: FieldNames = ()
    asked: FactId | None = None
    known: KnownBy | None = None


class RecordRequest(NamedTuple):
    """A desk asks the coordinator to decide about the record of one registration.

    ``into`` and ``into_record`` name the registration to merge it into, or the other one of a pair;
    ``taken`` are the fields that the surviving record takes from it.
    """

    act: RecordAct
    registration: FactId
    into: FactId | None
    into_record: PersonId | None
    taken: FieldNames
    why: Annotated[str, Meta(max_length=1000)]
    operator: Person | None
    asked_at: str
    known: KnownBy | None = None


class RequestRefusal(NamedTuple):
    """A request is not carried out. It takes no serial, so earlier versions miss none."""

    request: FactId
    who: Person
    why: Annotated[str, Meta(max_length=1000)]
    known: KnownBy | None = None


class PairFact(NamedTuple):
    """Whether two registrations are two people, as an administrator has decided.

    ``one`` is of the record that the fact is about, ``other`` of ``other_record``. ``seen_one`` and
    ``seen_other`` name what both said then: for each field that was corrected or taken from another
    record the fact whose value it shows. ``asked`` is the request that it carries out. It takes no
    serial, so earlier versions miss none.
    """

    replaces: FactIds
    one: FactId
    other: FactId
    other_record: PersonId
    two_people: bool
    seen_one: Sources
    seen_other: Sources
    who: Person
    why: Annotated[str, Meta(max_length=1000)]
    asked: FactId | None
    known: KnownBy | None = None


class Disbelief(NamedTuple):
    """The times of what ``author`` wrote are not to be believed where they lie in a stretch.

    ``first_ms`` and ``last_ms``, both included, are milliseconds since 1970 as the facts themselves
    say them. What is said of one name of the coordinator holds for both. An empty one, from 0 to 0,
    takes back those that it replaces.
    """

    serial: Count
    replaces: FactIds
    author: AnyAuthor
    first_ms: Count
    last_ms: Count
    who: Person
    why: Why


class AuthorityFact(NamedTuple):
    """The coordinator vouches for an authority that issues certificates, or takes that back.

    ``certificate`` is that of the authority, X.509 in DER. Once it is ``withdrawn`` nothing that
    it has issued lets anybody in, whatever other facts say of it.
    """

    certificate: Annotated[bytes, Meta(min_length=1, max_length=CERTIFICATE_BYTES_MAX)]
    withdrawn: bool
    why: Why
    who: Person = ""

    @property
    def serial(self) -> int:
        """None of its own, see `SerialsFact`: earlier versions would miss it."""
        return 0


class SheetFact(NamedTuple):
    """A desk has taken numbers of its own to print them ahead, for when its computer is gone.

    They rise. Nobody issues one of them by himself again: each belongs to the person beside whom it
    is written on the paper, and is registered when somebody types that paper in.
    """

    numbers: Annotated[tuple[Number, ...], Meta(min_length=1, max_length=SHEET_NUMBERS_MAX)]
    printed_at: str
    operator: Person | None
    known: KnownBy | None = None


EntryHash = Annotated[bytes, Meta(min_length=32, max_length=32)]
"""The hash of an entry of the record of acts, see `sync.storage.access.audit`."""


class AuditHead(NamedTuple):
    """The coordinator's record of acts has an entry of this number, with this hash.

    The hash stands for all entries before it too. From entry ``since`` on the record was begun
    anew, after a restore or another loss, with ``begun`` as the hash of that entry; 0 and nothing
    (None) say that it never was.
    """

    number: Count
    hash: EntryHash
    since: Count
    begun: EntryHash | None

    @property
    def serial(self) -> int:
        """None of its own, see `SerialsFact`: earlier versions would miss it."""
        return 0


ClerkId = Annotated[bytes, Meta(min_length=16, max_length=16)]
"""Names a clerk for good, whatever they are called: a UUIDv7."""


class ClerkFact(NamedTuple):
    """A clerk's name, and at which desks they work.

    ``desks`` is None for all desks. ``pin`` counts the PINs that they were given, 0 for none now:
    the fact says which one is good, and nothing of the PIN itself.
    """

    replaces: FactIds
    clerk: ClerkId
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    desks: Annotated[tuple[TerminalCode, ...], Meta(max_length=CLERK_DESKS_MAX)] | None
    pin: Count
    removed: bool
    who: Person

    @property
    def serial(self) -> int:
        """None of its own, see `SerialsFact`: earlier versions would miss it."""
        return 0


class ClerkRule(NamedTuple):
    """Whether names may be typed at desks that have clerks to choose from."""

    replaces: FactIds
    typing: bool
    who: Person

    @property
    def serial(self) -> int:
        """None of its own, see `SerialsFact`: earlier versions would miss it."""
        return 0


class VouchedEnd(NamedTuple):
    """A run of the coordinator's up to ``length``, which ``link`` names with all that is before."""

    author: Annotated[Author, Meta(pattern=r"\A@(registry|coordinator)\Z")]
    shard: Count
    client: Count
    length: Count
    link: Link


class SigningKeyFact(NamedTuple):
    """The coordinator had this key (Ed25519) before the one that signs this fact.

    Whoever has pinned the key of now takes it from here what else counts. Where the former key is
    ``trusted``, because it was only lost, all that it has signed. Where it is not, because somebody
    else may have it, only the runs up to ``ends``, of which one fact may not hold all. A key that
    any fact does not trust is not trusted.
    """

    key: Bytes32
    trusted: bool
    ends: Annotated[tuple[VouchedEnd, ...], Meta(max_length=ENDS_MAX)]
    why: Why
    who: Person = ""

    @property
    def serial(self) -> int:
        """None of its own, see `SerialsFact`: earlier versions would miss it."""
        return 0


RegistryFact = (
    TerminalFact
    | RangeFact
    | SerialsFact
    | Disbelief
    | AuthorityFact
    | AuditHead
    | ClerkFact
    | ClerkRule
    | SigningKeyFact
)
"""What only `@registry` writes."""


class Unknown(NamedTuple):
    """A kind or version that this software does not know."""

    kind: str


class Malformed(NamedTuple):
    """A body that breaks its layout; whatever could be read of its claim is kept for reports."""

    kind: str
    why: str
    mrn: str | None = None
    terminal: str | None = None


Body = (
    Registration
    | Amendment
    | TerminalFact
    | RangeFact
    | SerialsFact
    | Grant
    | Verdict
    | Resolution
    | Disbelief
    | RecordRequest
    | RequestRefusal
    | PairFact
    | AuthorityFact
    | SheetFact
    | AuditHead
    | ClerkFact
    | ClerkRule
    | SigningKeyFact
    | Unknown
    | Malformed
)


def pack(value: object) -> bytes:
    """Canonical msgpack: shortest forms, ``str`` as UTF-8, ``bytes`` as ``bin``."""
    packed: bytes = msgpack.packb(value, use_bin_type=True)
    return packed


def unpack(data: bytes) -> Any:
    """The inverse of `pack`.

    Raises:
        BadFact: not msgpack, or something follows it.
    """
    try:
        return msgpack.unpackb(data, raw=False, strict_map_key=False, use_list=True)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        # TypeError: a map whose key is itself a list or a map
        raise BadFact(why=f"not msgpack ({error})") from error


def unpack_body(data: bytes) -> Any:
    """`unpack` for the body of a fact, which anybody may have written, within bounds.

    Raises:
        BadFact: not msgpack, something follows it, or it is beyond `NESTING_MAX` or
            `ELEMENTS_MAX`.
    """
    # Few bodies have so many bytes that could begin an array or a map. Only these can nest deeper.
    suspect = len(data) - len(data.translate(None, _OPENINGS)) > NESTING_MAX
    try:
        if suspect:
            # An array says first how many elements it has, and memory for them is taken before any
            # is read. A few bytes that say so again and again would take gigabytes. So it is passed
            # over once without making anything, which shows whether all elements are there.
            unpacker = msgpack.Unpacker(max_buffer_size=FACT_BYTES_MAX)
            unpacker.feed(data)
            unpacker.skip()
        value = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=False,
            use_list=True,
            max_array_len=ELEMENTS_MAX,
            max_map_len=ELEMENTS_MAX,
        )
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        raise BadFact(why=f"not msgpack ({error})") from error
    if suspect and _is_nested_deeper(value, NESTING_MAX):
        raise BadFact(why=f"more than {NESTING_MAX} arrays and maps within one another")
    return value


_OPENINGS: Final = bytes([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])
"""Each byte that begins an array or a map."""


def _is_nested_deeper(value: object, levels: int) -> bool:
    """True when ``value`` has more than so many arrays and maps within one another."""
    found: list[Any] = [value]
    for _ in range(levels + 1):
        found = [one for one in found if isinstance(one, list | dict)]
        if not found:
            return False
        found = [part for one in found for part in (one.values() if isinstance(one, dict) else one)]
    return True


def encode(envelope: Envelope) -> bytes:
    """Canonical bytes of a fact.

    Raises:
        BadFact: larger than `FACT_BYTES_MAX`.
    """
    data = pack(envelope)
    if len(data) > FACT_BYTES_MAX:
        raise BadFact(why=f"{len(data)} bytes, at most {FACT_BYTES_MAX} are allowed")
    return data


def decode(data: bytes) -> Envelope:
    """The envelope of a fact, checked to be canonical; its body stays unread.

    Raises:
        BadFact: says what is wrong with the envelope.
    """
    if len(data) > FACT_BYTES_MAX:
        raise BadFact(why=f"{len(data)} bytes, at most {FACT_BYTES_MAX} are allowed")
    try:
        envelope: Envelope = _DECODER.decode(data)
    except ValueError as error:  # msgspec's errors, and text that is no UTF-8
        raise BadFact(why=str(error)) from error
    if not envelope.kind.isascii():
        raise BadFact(why="kind is not an ASCII text")
    if len(envelope.record_id) not in (0, 16):
        raise BadFact(why="record id is not 0 or 16 bytes")
    if pack(envelope) != data:
        raise BadFact(why="not in canonical form")
    return envelope


_DECODER: Final = msgspec.msgpack.Decoder(Envelope)


def fact_id(author: Author, data: bytes) -> FactId:
    """The id of the fact with these canonical bytes, written by ``author``."""
    name = author.encode()
    return FactId(blake2b(bytes([len(name)]) + name + data, digest_size=16).digest())


def as_terminal_code(text: str) -> str:
    """What somebody typed, as the code it means: ASCII where that was meant, in capitals."""
    code = typed.code(text)
    return code.upper() if code.isascii() else code


def is_usable_code(text: str) -> bool:
    """True for what a new terminal may be called: digits alone would be taken for an id."""
    return is_terminal_code(text) and not text.isdecimal()


def is_terminal_code(text: object) -> bool:
    """True for upper-case letters, digits, ``-`` and ``_``, 1 to 50 of them."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= CODE_LENGTH_MAX
        and CODE_CHARACTERS.issuperset(text)
    )
