"""The bodies of facts: their layouts, written and read.

A body is a packed array whose first element is the version of its kind. Reading one never fails: a
kind or version from the future is `Unknown`, a body that breaks its layout `Malformed`.

Layout of the bodies (version 1), by position; more elements may follow and are ignored:

============  ====================================================================================
registration  version, mrn | nil, terminal | nil, offline, registered_at, operator | nil,
              key_hash | nil, {field: text}, known. In *any* version mrn and terminal stay where
              they are.
amendment     version, registration, {field: text}, {field: [replaced fact ids]}, amended_at,
              operator | nil, known
terminal      version, serial, [replaces], code, name, state, [keys], [withdrawn keys],
              incarnation | nil, why (may be missing)
range         version, serial, [replaces], start, end, terminal, incarnation | nil, allocator,
              mark, closed, source, why, format (both may be missing)
serials       version, first, last, cause, why, who (may be missing)
grant         version, serial, mrn, terminal | nil, format (may be missing)
verdict       version, author, shard, client, from, to, link, [[index, reason]]
resolution    version, serial, [replaces], registration, action, mrn | nil, holder | nil,
              holder's record | nil, holder_mrn | nil, who, why, [taken fields],
              request | nil, known (all three may be missing, and what else stands there counts as
              nothing, because earlier versions do not look at it)
disbelief     version, serial, [replaces], author, first_ms, last_ms, who, why
request       version, act, registration, into | nil, into's record | nil, [taken fields], why,
              operator | nil, asked_at, known
refusal       version, request, who, why, known
pair          version, [replaces], one, other, other's record, two people, {field: fact id} of one,
              {field: fact id} of the other, who, why, request | nil, known
authority     version, certificate, withdrawn, why, who (may be missing)
sheet         version, [numbers, rising], printed_at, operator | nil, known
audit_head    version, number, hash, since, begun | nil
clerk         version, [replaces], clerk, name, [desks] | nil, pin, removed, who
clerk_rule    version, [replaces], typing, who
signing_key   version, key, trusted, [[author, shard, client, length, link]], why, who (may be
              missing)
============  ====================================================================================

``known`` is how the name of whoever did it is known, a word of `sync.model.clerks.known`. It may be
missing, and what else stands there counts as missing, because earlier versions do not look at it.
A format is an array: kind, prefix, width, separator, check. What else stands there counts as none,
because earlier versions do not look at it, and later ones may have others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta

from sync.errors import BadFact
from sync.model.clerks.known import KnownBy
from sync.model.facts import (
    AMENDMENT,
    AUDIT_HEAD,
    AUTHORITY,
    CLERK,
    CLERK_RULE,
    CODE_LENGTH_MAX,
    DISBELIEF,
    FIELD_BYTES_MAX,
    GRANT,
    LIST_MAX,
    PAIR,
    RANGE,
    REFUSAL,
    REGISTRATION,
    REQUEST,
    RESOLUTION,
    SERIALS,
    SHEET,
    SIGNING_KEY,
    SOURCE_LENGTH_MAX,
    TERMINAL,
    VERDICT,
    Action,
    Allocator,
    Amendment,
    AuditHead,
    Author,
    AuthorityFact,
    Body,
    ClerkFact,
    ClerkRule,
    Count,
    Disbelief,
    Envelope,
    FactId,
    FactIds,
    FieldNames,
    Grant,
    Incarnation,
    Link,
    Malformed,
    Number,
    PairFact,
    Person,
    PersonId,
    RangeFact,
    Reason,
    RecordId,
    RecordRequest,
    Registration,
    RequestRefusal,
    Resolution,
    SerialsFact,
    SheetFact,
    SigningKeyFact,
    TerminalCode,
    TerminalFact,
    Unknown,
    Verdict,
    Why,
    pack,
    unpack_body,
)
from sync.model.numbers import Mrn
from sync.model.printed.formats import NumberFormat, PrintedKind

Written = (
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
)


def write(fact: Written) -> bytes:
    """Body bytes of a fact, in the newest version of its kind."""
    match fact:
        case Registration(known=None):
            return pack((1, *fact[:7]))
        case Registration():
            return pack((1, *fact[:8]))
        case Verdict():
            return pack((1, *fact[:6], sorted(fact.rejects.items())))
        case Resolution(taken=(), asked=None, known=None):
            return pack((1, *fact[:10]))  # as before there was any
        case (
            Amendment(known=None)
            | Resolution(known=None)
            | RecordRequest(known=None)
            | RequestRefusal(known=None)
            | PairFact(known=None)
            | SheetFact(known=None)
        ):
            return pack((1, *fact[:-1]))
        case RangeFact(format=None) | Grant(format=None):
            return pack((1, *fact[:-1]))
    return pack((1, *fact))


def read(envelope: Envelope) -> Body:
    """The body of a fact: its type, `Unknown` from the future, or `Malformed`; never raises."""
    kind = envelope.kind
    layout = _LAYOUTS.get(kind)
    if layout is None:
        return Unknown(kind)
    try:
        parts = unpack_body(envelope.body)
    except BadFact as error:
        return Malformed(kind, error.facts["why"])
    if type(parts) is not list or not parts or type(parts[0]) is not int or parts[0] < 1:
        return Malformed(kind, "the body is not an array that begins with a version")
    if parts[0] != 1:
        if kind != REGISTRATION:
            return Unknown(kind)
        layout = _CLAIM
    try:
        known = layout.known
        if known and len(parts) > known and parts[known] not in _KNOWN:
            parts[known] = None
        if layout.about_a_person and len(envelope.record_id) != 16:
            raise ValueError("no record id")
        found = msgspec.convert(parts[1 : layout.end], layout.type, builtin_types=(bytes,))
        return layout.fact(found)
    except ValueError as error:  # msgspec's are such too
        mrn = terminal = None
        if kind == REGISTRATION:
            mrn, terminal = (_legible(parts, position) for position in (1, 2))
        return Malformed(kind, str(error), mrn, terminal)


def read_kept(kind: str, record_id: RecordId, hlc: int, body: bytes) -> Body:
    """The body of a fact of which a table keeps these parts; its incarnation plays no part."""
    return read(Envelope(kind, record_id, hlc, Incarnation(b""), body))


def is_zoned_time(text: str) -> bool:
    """True for an ISO 8601 time that carries its offset from UTC."""
    if len(text) > 40:
        return False
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _legible(parts: list[Any], position: int) -> str | None:
    """A text to report; SQLite would end one that holds a NUL there, or not, as it likes."""
    text = parts[position] if len(parts) > position else None
    return text if type(text) is str and text.isprintable() else None


# what is behind the version of each kind: its type, and what no type says


class _Claim(NamedTuple):
    """What a registration of any version begins with."""

    mrn: Mrn | None
    terminal: TerminalCode | None


class _Resolution(NamedTuple):
    """A resolution, with what came later as it was written."""

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
    taken: Any = ()
    asked: Any = None
    known: KnownBy | None = None


class _Range(NamedTuple):
    """A range, with what came later as it was written."""

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
    format: Any = None


class _Grant(NamedTuple):
    """A grant, with what came later as it was written."""

    serial: Count
    mrn: Mrn
    terminal: TerminalCode | None
    format: Any = None


class _Verdict(NamedTuple):
    """A verdict, with its rejects as they are written."""

    author: Annotated[Author, Meta(max_length=CODE_LENGTH_MAX)]
    shard: Count
    client: Count
    first: Count
    last: Count
    link: Link
    rejects: Annotated[list[tuple[Annotated[int, Meta(ge=0)], Reason]], Meta(max_length=LIST_MAX)]


def _make_unread_registration(claim: _Claim) -> Registration:
    return Registration(claim.mrn, claim.terminal, False, "", None, None, {}, understood=False)


def _check_registration(fact: Registration) -> Registration:
    _need_times_and_fields(fact.registered_at, fact.demographics)
    return fact


def _check_amendment(fact: Amendment) -> Amendment:
    _need_times_and_fields(fact.amended_at, fact.fields)
    return fact


def _make_range(fact: _Range) -> RangeFact:
    if fact.start > fact.end:
        raise ValueError("the range ends before it starts")
    if fact.mark > fact.end:
        raise ValueError("the mark is outside the range")
    return RangeFact(*fact[:-1], _or_else(fact.format, NumberFormat | None, None))


def _make_grant(fact: _Grant) -> Grant:
    return Grant(*fact[:-1], _or_else(fact.format, NumberFormat | None, None))


def format_of(packed: bytes, kind: PrintedKind) -> NumberFormat | None:
    """The format that a table keeps in the form of `pack`, None if it is none for such numbers."""
    form: NumberFormat | None = _or_else(unpack_body(packed), NumberFormat | None, None)
    return form if form is not None and form.is_for(kind) else None


def _check_serials(fact: SerialsFact) -> SerialsFact:
    if fact.first > fact.last:
        raise ValueError("the serials end before they begin")
    return fact


def _make_verdict(fact: _Verdict) -> Verdict:
    if fact.first >= fact.last:
        raise ValueError("the stretch is empty")
    rejects = dict(fact.rejects)
    if rejects and max(rejects) >= fact.last - fact.first:
        raise ValueError("a reject lies outside the stretch")
    return Verdict(*fact[:6], rejects)


def _make_resolution(fact: _Resolution) -> Resolution:
    if (fact.holder is None) != (fact.holder_record is None):
        raise ValueError("a holder has a fact id and a record id")
    taken: FieldNames = _or_else(fact.taken, FieldNames, ())
    return Resolution(*fact[:10], taken, _or_else(fact.asked, FactId | None, None), fact.known)


def _or_else(value: object, kind: Any, otherwise: Any) -> Any:
    """An element that earlier versions ignore, so that no value makes its fact malformed."""
    try:
        return msgspec.convert(value, kind, builtin_types=(bytes,))
    except ValueError:
        return otherwise


def _check_request(fact: RecordRequest) -> RecordRequest:
    if (fact.into is None) != (fact.into_record is None):
        raise ValueError("a registration has a fact id and a record id")
    _need_times_and_fields(fact.asked_at, {})
    return fact


def _check_pair(fact: PairFact) -> PairFact:
    if fact.one == fact.other:
        raise ValueError("both are the same registration")
    return fact


def _check_sheet(fact: SheetFact) -> SheetFact:
    _need_times_and_fields(fact.printed_at, {})
    if any(one >= after for one, after in pairwise(fact.numbers)):
        raise ValueError("the numbers do not rise")
    return fact


def _check_disbelief(fact: Disbelief) -> Disbelief:
    if fact.first_ms > fact.last_ms:
        raise ValueError("the stretch ends before it begins")
    return fact


def _as_it_is(fact: Written) -> Written:
    return fact


def _need_times_and_fields(at: str, fields: Mapping[str, str]) -> None:
    if not is_zoned_time(at):
        raise ValueError("it does not say when, with a time zone")
    for text in fields.values():  # the type limits the characters, what counts are the bytes
        if 4 * len(text) > FIELD_BYTES_MAX and len(text.encode()) > FIELD_BYTES_MAX:
            raise ValueError("a field is too long")


class _Layout(NamedTuple):
    """How a kind of body is read: elements 1 to ``end`` as a ``type``, which becomes the fact.

    ``known`` is where it says how a name is known, 0 for nowhere.
    """

    type: type[tuple[Any, ...]]
    end: int
    about_a_person: bool
    fact: Callable[[Any], Written]
    known: int = 0


_KNOWN: Final = tuple(map(str, KnownBy))
_CLAIM: Final = _Layout(_Claim, 3, True, _make_unread_registration)
_LAYOUTS: Final = {
    REGISTRATION: _Layout(Registration, 9, True, _check_registration, known=8),
    AMENDMENT: _Layout(Amendment, 7, True, _check_amendment, known=6),
    TERMINAL: _Layout(TerminalFact, 10, False, _as_it_is),
    RANGE: _Layout(_Range, 13, False, _make_range),
    SERIALS: _Layout(SerialsFact, 6, False, _check_serials),
    GRANT: _Layout(_Grant, 5, True, _make_grant),
    VERDICT: _Layout(_Verdict, 8, False, _make_verdict),
    RESOLUTION: _Layout(_Resolution, 14, True, _make_resolution, known=13),
    DISBELIEF: _Layout(Disbelief, 8, False, _check_disbelief),
    REQUEST: _Layout(RecordRequest, 10, True, _check_request, known=9),
    REFUSAL: _Layout(RequestRefusal, 5, True, _as_it_is, known=4),
    PAIR: _Layout(PairFact, 12, True, _check_pair, known=11),
    AUTHORITY: _Layout(AuthorityFact, 5, False, _as_it_is),
    SHEET: _Layout(SheetFact, 5, False, _check_sheet, known=4),
    AUDIT_HEAD: _Layout(AuditHead, 5, False, _as_it_is),
    CLERK: _Layout(ClerkFact, 8, False, _as_it_is),
    CLERK_RULE: _Layout(ClerkRule, 4, False, _as_it_is),
    SIGNING_KEY: _Layout(SigningKeyFact, 6, False, _as_it_is),
}
