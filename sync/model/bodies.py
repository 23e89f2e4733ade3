"""The bodies of facts: their layouts, written and read.

A body is a packed array whose first element is the version of its kind. Reading one never fails: a
kind or version from the future is `Unknown`, a body that breaks its layout `Malformed`.

Layout of the bodies (version 1), by position; more elements may follow and are ignored:

============  ====================================================================================
registration  version, mrn | nil, terminal | nil, offline, registered_at, operator | nil,
              key_hash | nil, {field: text}. In *any* version mrn and terminal stay where they are.
amendment     version, registration, {field: text}, {field: [replaced fact ids]}, amended_at,
              operator | nil
terminal      version, serial, [replaces], code, name, state, [keys], [withdrawn keys],
              incarnation | nil, why (may be missing)
range         version, serial, [replaces], start, end, terminal, incarnation | nil, allocator,
              mark, closed, source, why (may be missing)
grant         version, serial, mrn, terminal | nil
verdict       version, author, shard, client, from, to, link, [[index, reason]]
resolution    version, serial, [replaces], registration, action, mrn | nil, holder | nil,
              holder's record | nil, holder_mrn | nil, who, why
============  ====================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sync.errors import BadFact
from sync.model import numbers
from sync.model.demographics import well_formed
from sync.model.facts import (
    AMENDMENT,
    CODE_LENGTH_MAX,
    GRANT,
    INCARNATION_BYTES,
    LIST_MAX,
    RANGE,
    REASON_LENGTH_MAX,
    REGISTRATION,
    RESOLUTION,
    SERIAL_MAX,
    SOURCE_LENGTH_MAX,
    TERMINAL,
    VERDICT,
    Action,
    Allocator,
    Amendment,
    Body,
    Envelope,
    Grant,
    Incarnation,
    Malformed,
    RangeFact,
    Reason,
    RecordId,
    Registration,
    Resolution,
    State,
    TerminalFact,
    Unknown,
    Verdict,
    is_terminal_code,
    pack,
    unpack,
)

Written = Registration | Amendment | TerminalFact | RangeFact | Grant | Verdict | Resolution


def write(fact: Written) -> bytes:
    """Body bytes of a fact, in the newest version of its kind."""
    match fact:
        case Registration():
            return pack((1, *fact[:7]))
        case Verdict():
            return pack((1, *fact[:6], sorted(fact.rejects.items())))
    return pack((1, *fact))


def read(envelope: Envelope) -> Body:
    """The body of a fact: its type, `Unknown` from the future, or `Malformed`; never raises."""
    reader = _READERS.get(envelope.kind)
    if reader is None:
        return Unknown(envelope.kind)
    try:
        parts = unpack(envelope.body)
    except BadFact as error:
        return Malformed(envelope.kind, error.facts["why"])
    if type(parts) is not list or not parts or type(parts[0]) is not int or parts[0] < 1:
        return Malformed(envelope.kind, "the body is not an array that begins with a version")
    if parts[0] != 1 and envelope.kind != REGISTRATION:
        return Unknown(envelope.kind)
    try:
        return reader(envelope, parts)
    except _Wrong as error:
        mrn = terminal = None
        if envelope.kind == REGISTRATION:
            mrn, terminal = (_legible(parts, position) for position in (1, 2))
        return Malformed(envelope.kind, str(error), mrn, terminal)


def read_kept(kind: str, record_id: RecordId, hlc: int, body: bytes) -> Body:
    """The body of a fact of which a table keeps these parts; its author's life plays no part."""
    return read(Envelope(kind, record_id, hlc, Incarnation(b""), body))


class _Wrong(ValueError):
    """Inside this module: a body element breaks its layout."""


def _legible(parts: list[Any], position: int) -> str | None:
    """A text to report; SQLite would end one that holds a NUL there, or not, as it likes."""
    text = parts[position] if len(parts) > position else None
    return text if type(text) is str and text.isprintable() else None


def _need(condition: object, why: str) -> None:
    if not condition:
        raise _Wrong(why)


def _read_registration(envelope: Envelope, parts: list[Any]) -> Registration:
    _need(len(parts) >= 3, "too few elements")
    mrn, terminal = parts[1], parts[2]
    _need(len(envelope.record_id) == 16, "no record id")
    _need(mrn is None or numbers.is_canonical(mrn), "the MRN is not in canonical form")
    _need(terminal is None or is_terminal_code(terminal), "not a terminal code")
    if parts[0] != 1:
        return Registration(mrn, terminal, False, "", None, None, {}, understood=False)
    _need(len(parts) >= 8, "too few elements")
    offline, registered_at, operator, key_hash, demographics = parts[3:8]
    _need(type(offline) is bool, "offline is not a boolean")
    _need(is_zoned_time(registered_at), "registered_at is not a time with zone")
    _need(operator is None or _is_text(operator, 100), "operator is not a short text")
    _need(
        key_hash is None or (type(key_hash) is bytes and len(key_hash) == 16),
        "key hash is not 16 bytes",
    )
    _need(well_formed(demographics), "the fields are not texts")
    return Registration(mrn, terminal, offline, registered_at, operator, key_hash, demographics)


def _read_amendment(envelope: Envelope, parts: list[Any]) -> Amendment:
    _need(len(parts) >= 6, "too few elements")
    registration, fields, replaces, amended_at, operator = parts[1:6]
    _need(len(envelope.record_id) == 16, "no record id")
    _need(_is_fact_id(registration), "the registration is not a fact id")
    _need(well_formed(fields), "the fields are not texts")
    _need(
        type(replaces) is dict
        and all(type(name) is str and _are_fact_ids(ids) for name, ids in replaces.items()),
        "what it replaces is not lists of fact ids",
    )
    _need(is_zoned_time(amended_at), "amended_at is not a time with zone")
    _need(operator is None or _is_text(operator, 100), "operator is not a short text")
    return Amendment(registration, fields, replaces, amended_at, operator)


def _read_terminal(_envelope: Envelope, parts: list[Any]) -> TerminalFact:
    _need(len(parts) >= 9, "too few elements")
    serial, replaces, code, name, state, keys, withdrawn, incarnation = parts[1:9]
    _need_registry(serial, replaces)
    _need(is_terminal_code(code), "not a terminal code")
    _need(_is_text(name, 255), "name is not a short text")
    _need(_is_one_of(State, state), "not a state")
    _need(_are_keys(keys) and _are_keys(withdrawn), "not a list of keys")
    _need(incarnation is None or _is_incarnation(incarnation), "incarnation is not 8 bytes")
    return TerminalFact(
        serial,
        tuple(replaces),
        code,
        name,
        State(state),
        tuple(keys),
        tuple(withdrawn),
        incarnation,
        _read_why(parts, 9),
    )


def _read_range(_envelope: Envelope, parts: list[Any]) -> RangeFact:
    _need(len(parts) >= 11, "too few elements")
    serial, replaces, start, end, terminal, incarnation, allocator, mark, closed, source = parts[
        1:11
    ]
    _need_registry(serial, replaces)
    _need(
        type(start) is int and type(end) is int and 1 <= start <= end <= numbers.NUMBER_MAX,
        "not a range of numbers",
    )
    _need(is_terminal_code(terminal), "not a terminal code")
    _need(incarnation is None or _is_incarnation(incarnation), "incarnation is not 8 bytes")
    _need(_is_one_of(Allocator, allocator), "not an allocator")
    _need(type(mark) is int and 0 <= mark <= end, "the mark is outside the range")
    _need(type(closed) is bool, "closed is not a boolean")
    _need(_is_text(source, SOURCE_LENGTH_MAX), "source is not a short text")
    return RangeFact(
        serial,
        tuple(replaces),
        start,
        end,
        terminal,
        incarnation,
        Allocator(allocator),
        mark,
        closed,
        source,
        _read_why(parts, 11),
    )


def _read_grant(envelope: Envelope, parts: list[Any]) -> Grant:
    _need(len(parts) >= 4, "too few elements")
    serial, mrn, terminal = parts[1:4]
    _need(len(envelope.record_id) == 16, "no record id")
    _need(_is_count(serial), "serial is not a number")
    _need(numbers.is_canonical(mrn), "the MRN is not in canonical form")
    _need(terminal is None or is_terminal_code(terminal), "not a terminal code")
    return Grant(serial, mrn, terminal)


def _read_verdict(_envelope: Envelope, parts: list[Any]) -> Verdict:
    _need(len(parts) >= 8, "too few elements")
    author, shard, client, first, last, link, rejects = parts[1:8]
    _need(_is_text(author, CODE_LENGTH_MAX), "author is not a short text")
    _need(all(map(_is_count, (shard, client, first, last))), "a position is not a number")
    _need(first < last, "the stretch is empty")
    _need(type(link) is bytes and len(link) == 16, "link is not 16 bytes")
    _need(type(rejects) is list and len(rejects) <= LIST_MAX, "rejects is not a list")
    for pair in rejects:
        _need(
            type(pair) is list
            and len(pair) == 2
            and type(pair[0]) is int
            and 0 <= pair[0] < last - first
            and _is_one_of(Reason, pair[1]),
            "not an index and a reason",
        )
    return Verdict(
        author, shard, client, first, last, link, {index: Reason(why) for index, why in rejects}
    )


def _read_resolution(envelope: Envelope, parts: list[Any]) -> Resolution:
    _need(len(parts) >= 11, "too few elements")
    serial, replaces, registration, action, mrn, holder, record, holder_mrn, who, why = parts[1:11]
    _need(len(envelope.record_id) == 16, "no record id")
    _need_registry(serial, replaces)
    _need(_is_fact_id(registration), "the registration is not a fact id")
    _need(_is_one_of(Action, action), "not an action")
    _need(mrn is None or numbers.is_canonical(mrn), "the MRN is not in canonical form")
    _need(holder is None or _is_fact_id(holder), "the holder is not a fact id")
    _need(record is None or _is_fact_id(record), "the holder's record is not a record id")
    _need((holder is None) == (record is None), "a holder has a fact id and a record id")
    _need(
        holder_mrn is None or numbers.is_canonical(holder_mrn),
        "the holder's MRN is not in canonical form",
    )
    _need(_is_text(who, 100) and _is_text(why, 1000), "who or why is not a text")
    return Resolution(
        serial,
        tuple(replaces),
        registration,
        Action(action),
        mrn,
        holder,
        record,
        holder_mrn,
        who,
        why,
    )


_READERS: Final[dict[str, Callable[[Envelope, list[Any]], Body]]] = {
    REGISTRATION: _read_registration,
    AMENDMENT: _read_amendment,
    TERMINAL: _read_terminal,
    RANGE: _read_range,
    GRANT: _read_grant,
    VERDICT: _read_verdict,
    RESOLUTION: _read_resolution,
}


def is_zoned_time(text: object) -> bool:
    """True for an ISO 8601 time that carries its offset from UTC."""
    if type(text) is not str or len(text) > 40:
        return False
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _read_why(parts: list[Any], position: int) -> str:
    """A reason that facts of earlier software do not give."""
    why = parts[position] if len(parts) > position else ""
    _need(_is_text(why, REASON_LENGTH_MAX), "why is not a short text")
    text: str = why
    return text


def _need_registry(serial: object, replaces: object) -> None:
    _need(_is_count(serial), "serial is not a number")
    _need(_are_fact_ids(replaces), "what it replaces is not a list of fact ids")


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= SERIAL_MAX


def _is_text(value: object, length_max: int) -> bool:
    return type(value) is str and len(value) <= length_max


def _is_one_of(names: type[StrEnum], value: object) -> bool:
    return type(value) is str and any(value == name for name in names)


def _is_fact_id(value: object) -> bool:
    return type(value) is bytes and len(value) == 16


def _are_fact_ids(value: object) -> bool:
    return type(value) is list and len(value) <= LIST_MAX and all(map(_is_fact_id, value))


def _is_incarnation(value: object) -> bool:
    return type(value) is bytes and len(value) == INCARNATION_BYTES


def _are_keys(value: object) -> bool:
    return (
        type(value) is list
        and len(value) <= LIST_MAX
        and all(type(key) is bytes and len(key) == 32 for key in value)
    )
