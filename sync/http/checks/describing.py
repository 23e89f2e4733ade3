"""Bodies with the identifiers and own fields in the settings, for the description of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

from sync.model.demographics import Demographics
from sync.model.person import more
from sync.model.person.more import Kind, More, MoreField

D = TypeVar("D", bound=Demographics)

_FORMATS: Final[Mapping[Kind, str]] = {"date": "date", "email": "email"}


def described(body: type[D], known: More) -> type[D]:
    """Return the type of a body with the fields in the settings, for the description of the API."""
    groups: list[tuple[str, Any, None]] = []
    for group in more.FIELDS:
        fields = [(one.name, _type(one), None) for one in known if one.group == group]
        if fields:
            kind = msgspec.defstruct(f"{body.__name__}_{group}", fields, kw_only=True)
            groups.append((group, kind | None, None))
    if not groups:
        return body
    found: Any = msgspec.defstruct(body.__name__, groups, bases=(body,), kw_only=True)
    found.__doc__ = body.__doc__
    described_body: type[D] = found
    return described_body


def _type(field: MoreField) -> Any:
    how: dict[str, Any] = {"max_length": more.TEXT_MAX}
    if field.pattern is not None:
        how["pattern"] = f"^(?:{field.pattern.pattern})$"
    if field.choices:
        how["extra_json_schema"] = {"enum": [*field.choices, None]}
    elif field.kind in _FORMATS:
        how["extra_json_schema"] = {"format": _FORMATS[field.kind]}
    return Annotated[str, Meta(**how)] | None
