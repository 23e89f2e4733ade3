"""Checks for the fields of unpacked msgpack: each takes a value and gives it with its type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Field = Callable[[Any], Any]


class Wrong(ValueError):
    """A field breaks its layout; the text says how."""


def elements(parts: Sequence[Any], fields: Sequence[Field]) -> list[Any]:
    """As many parts as fields, each checked.

    Raises:
        Wrong: a part breaks its layout.
    """
    if len(parts) != len(fields):
        raise Wrong(f"{len(parts)} fields instead of {len(fields)}")
    return [field(part) for field, part in zip(fields, parts, strict=True)]


def exactly(length: int) -> Field:
    """Bytes of one length."""

    def field(value: Any) -> bytes:
        if type(value) is not bytes or len(value) != length:
            raise Wrong(f"a field is not {length} bytes")
        return value

    return field


def whole(low: int, high: int) -> Field:
    """A whole number within bounds, both inclusive."""

    def field(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Wrong(f"a field is not a number from {low} to {high}")
        return value

    return field


def text(length_max: int) -> Field:
    """A text of at most so many characters."""

    def field(value: Any) -> str:
        if type(value) is not str or len(value) > length_max:
            raise Wrong(f"a field is not a text of at most {length_max} characters")
        return value

    return field


def or_none(inner: Field) -> Field:
    """Nil, or what ``inner`` takes."""
    return lambda value: None if value is None else inner(value)


def many(inner: Field, low: int, high: int) -> Field:
    """An array of ``low`` to ``high`` elements, as a tuple."""

    def field(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or not low <= len(value) <= high:
            raise Wrong(f"a field is not a list of {low} to {high}")
        return tuple(map(inner, value))

    return field


def row(make: Callable[..., Any], *layout: Field) -> Field:
    """An array with one element a field, given to ``make``."""

    def field(value: Any) -> Any:
        if type(value) is not list:
            raise Wrong("a row is not an array")
        return make(*elements(value, layout))

    return field


def flag(value: Any) -> bool:
    """A boolean."""
    if type(value) is not bool:
        raise Wrong("a field is not a boolean")
    return value
