"""Bad forms of every message, made out of its declaration, so that new messages are covered too.

The forms are those that the declaration forbids: a value of another type, beyond a bound, missing,
or too much. `right` makes a message that keeps to the declaration.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgpack
import msgspec.inspect as declared

from sync.protocol import limits, messages

_TEXT = "LAB1-PC"
"""It keeps to every pattern and bound of the texts in messages."""
_BEYOND_INT = 1 << 63


class Bad(NamedTuple):
    """A frame that is no message: what is wrong with it, and its bytes."""

    what: str
    frame: bytes


def kinds() -> list[declared.StructType]:
    """How each message is declared."""
    union = declared.type_info(messages.Message)
    assert isinstance(union, declared.UnionType)
    return [kind for kind in union.types if isinstance(kind, declared.StructType)]


def right(kind: declared.StructType) -> list[Any]:
    """The parts of a message that keeps to its declaration."""
    return [kind.tag, *(_sample(field.type) for field in kind.fields)]


def wrong(kind: declared.StructType) -> Iterator[Bad]:
    """Every way in which one part of a message can differ from its declaration."""
    name, good = kind.cls.__name__, right(kind)
    yield Bad(f"{name} with a part too many", packed([*good, None]))
    yield Bad(f"{name} without its last part", packed(good[:-1]))
    yield Bad(f"{name} as a map", packed(dict(enumerate(good))))
    for at, field in enumerate(kind.fields, 1):
        for what, value in _wrong(field.type):
            changed = [*good[:at], value, *good[at + 1 :]]
            yield Bad(f"{name}.{field.name}: {what}", packed(changed))


def no_frames(kind: declared.StructType) -> Iterator[Bad]:
    """What is wrong with the bytes around a message, and not with what it says."""
    name, frame = kind.cls.__name__, packed(right(kind))
    for cut in range(1, len(frame), max(1, len(frame) // 6)):
        yield Bad(f"{name} cut after {cut} bytes", frame[:cut])
    yield Bad(f"{name} twice in one frame", frame + frame[1:])
    yield Bad(f"{name} packed as nothing known", b"\2" + frame[1:])
    yield Bad(f"{name} packed and cut", b"\1" + zlib.compress(frame[1:])[:-3])
    yield Bad(f"{name} packed twice", b"\1" + zlib.compress(zlib.compress(frame[1:])))
    yield Bad(f"{name} with more behind", b"\1" + zlib.compress(frame[1:]) + b"more")


def bombs() -> Iterator[Bad]:
    """Few bytes that want to become very many."""
    yield Bad("256 MB of zeros", b"\1" + zlib.compress(bytes(1 << 28), 9)[: limits.FRAME_BYTES_MAX])
    yield Bad("an array that says it is large", b"\0\x9f" + b"\xdd\xff\xff\xff\xff")
    yield Bad("arrays within one another", b"\0" + b"\x91" * 100_000)
    yield Bad("a text that says it is large", b"\0\x92\x0d\xdb\xff\xff\xff\xff")
    yield Bad("an unknown message", packed([127, 1]))
    yield Bad("a negative tag", packed([-1]))


def packed(parts: object) -> bytes:
    """A plain frame."""
    written: bytes = msgpack.packb(parts, unicode_errors="surrogatepass")
    return b"\0" + written


def _sample(kind: declared.Type) -> Any:
    match kind:
        case declared.IntType():
            return kind.ge or 0
        case declared.BytesType():
            return bytes(kind.min_length or 1)
        case declared.StrType():
            return _TEXT
        case declared.BoolType():
            return True
        case declared.EnumType():
            return next(iter(kind.cls)).value
        case declared.VarTupleType():
            return [_sample(kind.item_type)] * (kind.min_length or 1)
        case declared.NamedTupleType():
            return [_sample(field.type) for field in kind.fields]
        case declared.UnionType():
            return _sample(kind.types[0])
    raise AssertionError(f"messages have parts of a new kind: {kind}")


def _wrong(kind: declared.Type) -> Iterator[tuple[str, Any]]:
    match kind:
        case declared.IntType():
            yield "a text", _TEXT
            yield "half of it", 0.5
            yield "below", (kind.ge or 0) - 1
            yield "beyond", (kind.le or _BEYOND_INT) + 1
        case declared.BytesType():
            yield "a text", _TEXT
            yield "too long", bytes((kind.max_length or 0) + 1)
            if kind.min_length:
                yield "too short", bytes(kind.min_length - 1)
        case declared.StrType():
            yield "a number", 7
            yield "half a letter", "\ud800"
            yield "too long", "x" * ((kind.max_length or 0) + 1)
        case declared.BoolType() | declared.EnumType():
            yield "a number", 1
            yield "another word", _TEXT
        case declared.VarTupleType():
            yield "no list", 7
            sample = _sample(kind.item_type)
            yield "too many", [sample] * ((kind.max_length or 0) + 1)
            if kind.min_length:
                yield "too few", [sample] * (kind.min_length - 1)
            for what, value in _wrong(kind.item_type):
                yield f"in it {what}", [value]
        case declared.NamedTupleType():
            good = _sample(kind)
            yield "with a part too many", [*good, None]
            yield "without its last part", good[:-1]
            for at, field in enumerate(kind.fields):
                for what, value in _wrong(field.type):
                    yield f"{field.name} {what}", [*good[:at], value, *good[at + 1 :]]
        case declared.UnionType():
            yield from _wrong(kind.types[0])
